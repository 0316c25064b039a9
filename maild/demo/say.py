"""`maild demo say`: a visitor writes as one of the cast."""

import json
from collections.abc import Mapping

from maild.demo import cast, letters, stage
from maild.ingest.mailbox import Account, Mailbox


class NoDemo(Exception):
    """No demo is running, or nobody is called that; the text says what to do."""


def say(who: str, text: str, subject: str = "") -> str:
    """Write to the running demo: a fresh mail with a subject, else an answer to the newest mail that `who` got.

    `who` is an address of the cast or the part before its @. Gives one line that says what was sent.
    """
    ports = _ports()
    address = next((each for each in cast.PEOPLE if who.lower() in (each, each.partition("@")[0])), None)
    if address is None or address == cast.DESK:
        names = ", ".join(each.partition("@")[0] for each in cast.PEOPLE if each != cast.DESK)
        raise NoDemo(f"nobody is called {who!r} here; there are: {names}")
    name = cast.PEOPLE[address]
    if subject:
        mail = letters.fresh(address, name, cast.DESK, subject, text)
    else:
        newest = _newest(address, ports["imap"])
        if newest is None:
            raise NoDemo(f"{name} has no mail to answer yet: give --subject to write a fresh one")
        mail = letters.reply(address, name, cast.DESK, text, newest)
    letters.post(ports["smtp"], mail, address, cast.DESK)
    return f"{name} → {cast.DESK}: {mail['Subject']}"


def _ports() -> Mapping[str, int]:
    try:
        ports: Mapping[str, int] = json.loads(stage.place().read_text())
    except (OSError, ValueError):
        raise NoDemo("no demo is running: start one with `maild demo` in another terminal") from None
    return ports


def _newest(address: str, port: int) -> letters.Received | None:
    """The newest mail in a mailbox of the cast."""
    mailbox = Mailbox(
        Account(
            name=address, host="127.0.0.1", port=port, security="none", login=address, password=lambda: cast.PASSWORD
        )
    )
    mailbox.connect()
    try:
        uids = mailbox.uids()
        mails = list(mailbox.fetch(uids[-1:])) if uids else []
    finally:
        mailbox.close()
    return letters.opened(mails[0].raw) if mails else None
