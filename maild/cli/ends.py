"""How a command ends: one line an error on standard error, and an exit code of sysexits.h."""

import sys
from collections.abc import Sequence

import typer

OK, USAGE, DATA, NO_INPUT, UNAVAILABLE, INTERNAL, CANNOT_CREATE, TRY_AGAIN, CONFIG = 0, 64, 65, 66, 69, 70, 73, 75, 78


def say(*lines: str) -> None:
    """Lines to standard error, each marked as maild's."""
    from maild.log import one_line

    for line in lines:
        print(f"maild: {one_line(line)}", file=sys.stderr)


def end(code: int, *lines: str) -> typer.Exit:
    """Say why, and give the exception that ends the command with this code."""
    say(*lines)
    return typer.Exit(code)


def told(error: Exception) -> tuple[Sequence[str], int] | None:
    """Lines and exit code for an error that an operator can do something about; None for one of our own making."""
    from maild.config import ConfigError, SecretMissing

    if isinstance(error, SecretMissing):
        return [str(error)], CONFIG
    if isinstance(error, ConfigError):
        return str(error).split("\n"), CONFIG
    # Only a library that is loaded can have raised: importing one here would cost every error half a second.
    if "maild.desk" in sys.modules:
        from maild.desk import NotReady

        if isinstance(error, NotReady):
            return [str(error)], error.code
    if "sqlalchemy" in sys.modules:
        from sqlalchemy.exc import ArgumentError, DBAPIError

        if isinstance(error, DBAPIError):
            text = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
            return [f"the database is away or cannot be used: {text[0]}; `maild check` tells more"], TRY_AGAIN
        if isinstance(error, ArgumentError):
            return [f"[database] url: {error}"], CONFIG
    if isinstance(error, OSError) and error.filename is not None:
        return [f"{error.filename}: {error.strerror}"], NO_INPUT if isinstance(
            error, FileNotFoundError
        ) else UNAVAILABLE
    return None
