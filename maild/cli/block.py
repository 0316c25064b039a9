"""`maild inbound blocked`, `block` and `unblock`: senders from whom nothing comes through any more."""

from typing import Annotated

import typer

from maild.cli import ends
from maild.cli.hold import operator
from maild.cli.where import ConfigFile

Senders = Annotated[
    list[str],
    typer.Argument(metavar="SENDER", help="An address, or a domain behind an @ (@spam.example).", show_default=False),
]


def blocked(
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON array.")] = False,
    config: ConfigFile = None,
) -> None:
    """Who is blocked, since when, and by whom: by mail, by command, or by config.toml.

    Example:  maild inbound blocked
    """
    from maild.cli.desk_open import opened
    from maild.cli.terminal import moment, print_json, table
    from maild.store import blocked as store
    from maild.store.engine import reading

    settings, engine = opened(config)
    with reading(engine) as connection:
        rows = store.listing(connection)
    listed = sorted(settings.policy.blocked)
    if as_json:
        made = [{"sender": row.sender, "by": row.who, "at": row.at} for row in rows]
        print_json([*made, *({"sender": sender, "by": "config.toml", "at": None} for sender in listed)])
        return
    if not (rows or listed):
        print("Nobody is blocked.")
        return
    table(
        ("Sender", "Blocked by", "Since"),
        (*((row.sender, row.who, moment(row.at)) for row in rows), *((sender, "config.toml", "") for sender in listed)),
    )


def block(senders: Senders, config: ConfigFile = None) -> None:
    """Take nothing from these senders any more. Their mails are ignored with that reason, and `release` lets one in.

    Colleagues, agents, the desk itself and whole providers of mailboxes are
    refused; screening.blocked in config.toml may name them all the same.

    Exit code 0: all are blocked. 65: some are not.

    Example:  maild inbound block eve@spam.example @casino.example
    """
    from datetime import UTC, datetime

    from maild.cli.desk_open import opened
    from maild.store import blocked as store
    from maild.workflow.blocking import why_not_blocked

    settings, engine = opened(config)
    failed = False
    for sender in dict.fromkeys(each.strip().lower() for each in senders):
        refused = why_not_blocked(sender, settings.policy) if _is_sender(sender) else None
        if not _is_sender(sender) or refused is not None:
            why = refused.en if refused is not None else "write it like eve@spam.example or @spam.example"
            ends.say(f"{sender} is not blocked: {why}")
            failed = True
            continue
        with engine.begin() as connection:
            new = store.add(connection, sender, operator(), datetime.now(UTC))
        print(f"{sender} is blocked{'' if new else ' already'}")
    if failed:
        raise typer.Exit(ends.DATA)


def unblock(senders: Senders, config: ConfigFile = None) -> None:
    """Let mails of these senders come through again.

    Exit code 0: none of them is blocked now. 65: some were not, or config.toml blocks them.

    Example:  maild inbound unblock @casino.example
    """
    from maild.cli.desk_open import opened
    from maild.store import blocked as store

    settings, engine = opened(config)
    failed = False
    for sender in dict.fromkeys(each.strip().lower() for each in senders):
        with engine.begin() as connection:
            done = store.remove(connection, sender)
        if sender in settings.policy.blocked:
            ends.say(f"{sender} stands under [screening] blocked in config.toml: take it out there, then reload")
        elif done:
            print(f"{sender} comes through again")
        else:
            ends.say(f"{sender} was not blocked; `maild inbound blocked` shows who is")
        failed = failed or not done or sender in settings.policy.blocked
    if failed:
        raise typer.Exit(ends.DATA)


def _is_sender(text: str) -> bool:
    domain = text.rpartition("@")[2]
    return "@" in text and text.count("@") == 1 and "." in domain and not any(char.isspace() for char in text)
