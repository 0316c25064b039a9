"""`maild inbound release` and `maild inbound drop`: a person's word on mails that were put aside."""

import getpass
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maild.cli import ends
from maild.cli.where import ConfigFile

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from maild.store.ledger_hold import Handled

Numbers = Annotated[
    list[int], typer.Argument(metavar="NUMBER", help="Numbers of mails in the ledger.", min=1, show_default=False)
]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; it stays on record.", show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", "-y", metavar="", help="Do not ask.")]


def operator() -> str:
    """Who is at the keyboard, for the record: the login, with the one behind sudo."""
    try:
        login = getpass.getuser()
    # A user id without a name (a container) has no login.
    except (KeyError, OSError):
        login = f"uid {os.getuid()}"
    behind = os.environ.get("SUDO_USER", "")
    return f"{behind} (as {login})" if behind and behind != login else login


def confirmed(question: str, yes: bool) -> None:
    """Go on only after a yes. Without a terminal nobody can say it, so --yes must be given."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ends.end(ends.USAGE, "there is no terminal to ask on: give --yes if you are sure")
    typer.confirm(question, abort=True)


def release(numbers: Numbers, reason: Reason = "", config: ConfigFile = None) -> None:
    """Let in mails that were held, quarantined or wrongly ignored: each is decided again as if nothing had held it.

    A held mail of an agent counts as confirmed; one whose authentication failed
    is taken as a stranger's. A mail that could not be read becomes a ticket
    from its header and first text. What a machine wrote gets no answer. A mail
    that made a ticket is not touched, so nothing happens twice.

    Exit code 0: all were let in. 65: some were not. 66: some do not exist.

    Example:  maild inbound release 4711 4712 --reason "a customer's newsletter"
    """
    from maild.cli.desk_open import opened
    from maild.doorbell import ring
    from maild.store import ledger_hold

    settings, engine = opened(config)
    handled = _each(engine, numbers, ledger_hold.release, reason, settings.policy.desk.prefix)
    done = [each for each in handled if each.done]
    heard = bool(done) and ring(settings.state_dir)
    when = "now" if heard else "within half a minute, or when `maild run` starts"
    for each in done:
        print(f"Mail {each.number} is let in and decided {when}; before that {each.said}")
    _refused(handled, "let in")


def drop(numbers: Numbers, reason: Reason = "", yes: Yes = False, config: ConfigFile = None) -> None:
    """Ignore mails that are held, quarantined or not decided yet. Their bytes stay, and `release` brings them back.

    Exit code 0: all were dropped. 65: some were not. 66: some do not exist.

    Example:  maild inbound drop 4711 --reason "spam" --yes
    """
    from maild.cli.desk_open import opened
    from maild.cli.terminal import shown
    from maild.store import ledger_hold, ledger_lists
    from maild.store.engine import reading

    settings, engine = opened(config)
    if not yes:
        with reading(engine) as connection:
            rows = [ledger_lists.get(connection, number) for number in numbers]
        for row in rows:
            if row is not None:
                print(f"{row.id}  {shown(row.sender)}  {shown(row.subject)}  ({shown(ledger_hold.was(row))})")
    confirmed(f"Ignore {'this mail' if len(numbers) == 1 else f'these {len(numbers)} mails'} for good?", yes)
    handled = _each(engine, numbers, ledger_hold.drop, reason, settings.policy.desk.prefix)
    for each in handled:
        if each.done:
            print(f"Mail {each.number} is dropped; before that {each.said}")
    _refused(handled, "dropped")


def _each(
    engine: Any,
    numbers: list[int],
    word: "Callable[[Connection, int, str, str, Any, str], Handled]",
    reason: str,
    prefix: str,
) -> "list[Handled]":
    """One transaction a mail, so that one that is refused leaves the others alone."""
    from datetime import UTC, datetime

    handled = []
    for number in dict.fromkeys(numbers):
        with engine.begin() as connection:
            handled.append(word(connection, number, f"the admin {operator()}", reason, datetime.now(UTC), prefix))
    return handled


def _refused(handled: "list[Handled]", what: str) -> None:
    for each in handled:
        if not each.known:
            ends.say(f"{each.said}; `maild inbound list` shows the newest")
        elif not each.done:
            ends.say(f"inbound mail {each.number} is not {what}: {each.said}")
    if not all(each.known for each in handled):
        raise typer.Exit(ends.NO_INPUT)
    if not all(each.done for each in handled):
        raise typer.Exit(ends.DATA)
