"""What a check says."""

from dataclasses import dataclass
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
