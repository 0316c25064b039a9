"""`maild check`: what is missing, and what to do about it."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from maild.cli import ends
from maild.cli.where import ConfigFile, find

if TYPE_CHECKING:
    from maild.doctor.finding import Finding

_MARKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "bold red"), "skip": ("skip", "dim")}


def check(
    offline: Annotated[bool, typer.Option("--offline", metavar="", help="Leave the mail servers alone.")] = False,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON array.")] = False,
    config: ConfigFile = None,
) -> None:
    """Check config, letters, keys, database, mailbox, relay and clock; each line ok, warn or FAIL with the remedy.

    Nothing is sent, moved or changed. Exit code 0 without a FAIL, 78 if a file
    is to be mended, else 69.

    Example:  maild --config /etc/maild/config.toml check
    """
    from datetime import UTC, datetime

    from maild.doctor.examine import examine
    from maild.doctor.finding import exit_code

    path = find(config)
    if path is None:
        raise ends.end(
            ends.CONFIG, "there is no config.toml here and no /etc/maild/config.toml: make one with `maild init`"
        )
    findings = examine(path, datetime.now(UTC), doors=not offline)
    if as_json:
        from maild.cli.terminal import print_json

        made = list(findings)
        print_json([asdict(each) for each in made])
    else:
        made = show(findings)
    code = exit_code(made)
    if code:
        raise typer.Exit(code)


def count(number: int, noun: str) -> str:
    """`1 check`, `2 checks`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def show(findings: "Iterable[Finding]") -> "list[Finding]":
    """Print findings as they come, and give them all."""
    from rich.text import Text

    from maild.cli.terminal import console, text

    out, made = console(), []
    for each in findings:
        made.append(each)
        mark, style = _MARKS[each.level]
        style = "bold red" if each.loud else style
        out.print(
            Text.assemble(
                (mark, style), "  ", (f"{each.what}: ", "bold"), text(each.detail, "red" if each.loud else "")
            ),
            soft_wrap=True,
        )
        if each.remedy:
            out.print(Text.assemble("      → ", text(each.remedy, "cyan")), soft_wrap=True)
    fails, warns = (sum(each.level == level for each in made) for level in ("fail", "warn"))
    out.print(
        text(
            f"{count(len(made), 'check')}: {fails} failed, {count(warns, 'warning')}.",
            "red" if fails else "yellow" if warns else "green",
        )
    )
    return made
