"""What a check says."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Level = Literal["ok", "warn", "fail", "skip"]

UNAVAILABLE, CONFIG = 69, 78


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `maild check`.

    detail    what was found
    remedy    what to do about it; empty when all is well
    code      the sysexits number of a failure: 78 for what stands in files, 69 for what does not answer
    loud      a warning that is about safety
    """

    level: Level
    what: str
    detail: str
    remedy: str = ""
    code: int = UNAVAILABLE
    loud: bool = False


def exit_code(findings: list[Finding]) -> int:
    """0 without a failure; else 78 if a file is to be mended, or 69."""
    codes = {each.code for each in findings if each.level == "fail"}
    return 0 if not codes else CONFIG if CONFIG in codes else UNAVAILABLE


def unit_program() -> Path:
    """The program that runs now, by its whole path; else the one that the shipped unit starts."""
    program = Path(sys.argv[0])
    return program.absolute() if program.name == "maild" and program.is_file() else Path("/opt/maild/bin/maild")


def unit_check(config: Path, credentials: Iterable[str]) -> str:
    """The command with which root runs `maild check` as the unit does: its user, and its credentials (systemd.exec(5))
    from files beside config.toml."""
    folder = config.absolute().parent
    loads = " ".join(f"-p LoadCredential={name}:{folder / name}" for name in credentials)
    return f"systemd-run --pipe --wait --uid=maild {loads} {unit_program()} --config {config.absolute()} check"
