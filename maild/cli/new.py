"""`maild new`: a report that came by phone, in a chat or in person, entered at the terminal."""

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maild.cli import ends
from maild.cli.hold import operator
from maild.cli.where import ConfigFile

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from maild.model import Address, Agent, Person, Policy

# So long is waited for a running daemon, to tell the number of the ticket.
_WAIT_S = 5.0
_LOOK_S = 0.1


def new(
    subject: Annotated[str, typer.Argument(metavar="[SUBJECT]", help="The subject.", show_default=False)] = "",
    who: Annotated[
        str,
        typer.Option("--for", metavar="WHO", help="Who has the problem: an address or a name.", show_default=False),
    ] = "",
    channel: Annotated[str, typer.Option(metavar="phone|chat|visit|mail", help="How it was reported.")] = "phone",
    agent: Annotated[
        str,
        typer.Option(
            "--as", metavar="AGENT", help="The agent who takes the report; else the desk.", show_default=False
        ),
    ] = "",
    config: ConfigFile = None,
) -> None:
    """Register a report for somebody who called, wrote in a chat, or came by.

    The text is read from standard input; at a terminal what is missing is asked
    for. The person gets the acknowledgement, the agents their notice, as if the
    person had sent a mail. WHO is anybody of the directory, an agent, or a full
    address. With --as, commands may stand on top of the text (#take, #priority
    P2, #resolve SUMMARY): they are done on the new ticket, as in that agent's
    own mail.

    Exit code 0: it is in the ledger. 64: something is missing. 65: WHO, AGENT
    or a command is not understood, and nothing was written.

    Example:  echo "Paper jam on floor 3" | maild new --for li.lei@corp.example "Printer"
    """
    from datetime import UTC, datetime

    from maild import entered
    from maild.cli.desk_open import opened
    from maild.doorbell import ring
    from maild.store import ledger
    from maild.workflow.reported_for import CHANNELS

    settings, engine = opened(config)
    policy = settings.policy
    how = CHANNELS.get(channel.strip().lower())
    if how is None:
        raise ends.end(ends.USAGE, f"--channel {channel}: give phone, chat, visit or mail")
    person = _wanted(engine, who, policy)
    taker = _agent(agent, policy) if agent else None
    if not subject and sys.stdin.isatty():
        subject = typer.prompt("Subject", default="", show_default=False)
    text = _text()
    if not text.strip() and not subject.strip():
        raise ends.end(ends.DATA, "there is neither a subject nor a text: nothing was registered")
    _check(text, taker is not None)
    arrival = entered.arrival(person, taker, how, subject, text, operator(), policy.desk.address, datetime.now(UTC))
    with engine.begin() as connection:
        (number,) = ledger.add(connection, [arrival])
    _tell(engine, number, person, policy, heard=ring(settings.state_dir))


def _asked(question: str, missing: str) -> str:
    if not sys.stdin.isatty():
        raise ends.end(ends.USAGE, f"{missing}, and there is no terminal to ask on. Try `maild new --help`.")
    return str(typer.prompt(question)).strip()


def _text() -> str:
    """What was reported, from standard input to its end."""
    if sys.stdin.isatty():
        print("What was reported? End with Ctrl-D on a line of its own.")
    return sys.stdin.buffer.read().decode("utf-8", "replace").strip("\n")


def _wanted(engine: "Engine", who: str, policy: "Policy") -> "Address":
    """Whose problem it is: as the option says, else asked for until it fits; a slip of the keyboard ends nothing."""
    from maild.store.engine import reading
    from maild.workflow.commands.arguments import Refused

    while True:
        words = who or _asked("Who has the problem (name or address)", "--for WHO is missing")
        try:
            with reading(engine) as connection:
                return _person(connection, words, policy)
        except Refused as refusal:
            if who:
                raise ends.end(ends.DATA, f"--for {who}: {refusal.why.en}") from None
            ends.say(refusal.why.en)


def _person(connection: "Connection", who: str, policy: "Policy") -> "Address":
    """The one person who is meant, with the address that they will be written to. Raises Refused."""
    from maild.store import people_directory
    from maild.workflow import reported_for
    from maild.workflow.commands.arguments import Refused
    from maild.workflow.commands.contact import one_of, unfit_requester

    wish = reported_for.read(who)
    # The whole option is a name: nothing of a report follows it here.
    asked = reported_for.names(wish)[:1]
    known: dict[str, tuple[Person, ...]] = people_directory.called(connection, asked)
    found, rest = reported_for.people(wish, known, policy)
    if rest:
        found = ()
    person = one_of(found, who)
    address = reported_for.address_of(wish, person)
    unfit = unfit_requester(address.key, policy)
    if unfit is not None:
        raise Refused(unfit)
    return address


def _agent(words: str, policy: "Policy") -> "Address":
    from maild.model import Address
    from maild.workflow.commands.arguments import Refused, a_colleague

    try:
        found: Agent = a_colleague(words, policy)
    except Refused as refusal:
        raise ends.end(ends.DATA, f"--as: {refusal.why.en}") from None
    return Address(found.address, found.name)


def _check(text: str, agent: bool) -> None:
    """Say at once what a mail's transcript would say later."""
    from maild.workflow.commands.grammar import parse

    parsed = parse(text)
    for line, why in parsed.problems:
        ends.say(f"{line}: {why.en}")
    if parsed.problems:
        raise ends.end(ends.DATA, "nothing was registered")
    if parsed.commands and not agent:
        raise ends.end(
            ends.DATA,
            f"{parsed.commands[0].line}: a command needs an agent, give --as AGENT; nothing was registered",
        )


def _tell(engine: "Engine", number: int, person: "Address", policy: "Policy", heard: bool) -> None:
    """What became of it, where a daemon runs and says so soon; else when it will be decided."""
    from maild.cli.terminal import shown
    from maild.store import ledger_lists
    from maild.store.engine import reading

    name = shown(f"{person.name} <{person.address}>" if person.name else person.address)
    until = time.monotonic() + _WAIT_S
    row: Any = None
    while heard and time.monotonic() < until:
        with reading(engine) as connection:
            row = ledger_lists.get(connection, number)
        if row is None or row.state == "done":
            break
        time.sleep(_LOOK_S)
    if row is None or row.state != "done":
        when = "within half a minute" if heard else "when `maild run` runs"
        print(f"Registered for {name}: mail {number} of the ledger, which becomes a ticket {when}")
    elif row.ticket is not None:
        print(f"{policy.desk.prefix}-{row.ticket} is registered for {name}")
    else:
        raise ends.end(ends.DATA, f"mail {number} of the ledger made no ticket: {row.reason}")
