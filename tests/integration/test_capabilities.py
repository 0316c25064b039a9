"""Sixteen sets of capabilities on real Dovecots, all watched by one daemon (THREATS F18)."""

from __future__ import annotations

import contextlib
import imaplib
import itertools
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from maild import filing
from maild.config import load
from maild.store import migrate
from maild.store.engine import open_engine
from tests import servers
from tests.conftest import need
from tests.desks import SUPPORT, ask, mail, running, sections
from tests.sink import Sink

OPTIONAL = ("IDLE", "MOVE", "UIDPLUS", "ID")
SETS = [frozenset(itertools.compress(OPTIONAL, bits)) for bits in itertools.product((0, 1), repeat=len(OPTIONAL))]


def name_of(words: frozenset[str]) -> str:
    return "_".join(["with", *sorted(word.lower() for word in words)])


@pytest.fixture
def dovecots(tmp_path: Path) -> Iterator[dict[str, servers.Dovecot]]:
    """One Dovecot for each set, which advertises these words and no others of the four."""
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    with contextlib.ExitStack() as stack:
        made = {
            name_of(words): servers.Dovecot(
                tmp_path / name_of(words), {SUPPORT: "pw"}, separator=".",
                capabilities=" ".join(["IMAP4rev1", "NAMESPACE", *sorted(words)]),
            )
            for words in SETS
        }  # fmt: skip
        for server in made.values():
            stack.callback(server.close)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(servers.Dovecot.start, made.values()))
        yield made


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> dict[int, list[bytes]]:
    """Every line that any IMAP client of this process sends, by the server's port."""
    heard: dict[int, list[bytes]] = defaultdict(list)
    real = imaplib.IMAP4.send

    def send(self: imaplib.IMAP4, data: bytes) -> None:
        heard[self.port].append(bytes(data))
        real(self, data)

    monkeypatch.setattr(imaplib.IMAP4, "send", send)
    return heard


def decided(engine: Engine, count: int) -> bool:
    return ask(engine, "SELECT count(*) FROM inbound WHERE fate = 'ticketed'") == [(count,)]


def filed(engine: Engine) -> bool:
    return ask(engine, "SELECT count(*) FROM inbound WHERE filed IS NULL") == [(0,)]


@pytest.mark.timeout(180)
def test_f18_with_every_set_of_capabilities_each_mail_is_one_ticket_and_only_what_is_advertised_is_used(
    tmp_path: Path, dovecots: dict[str, servers.Dovecot], sink: Sink, sent: dict[int, list[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Also G1: nothing is lost and nothing comes twice, and no mail that another client has marked is deleted."""
    monkeypatch.setattr(filing, "BUSY_PAUSE", filing.AGAIN_EVERY * 0)
    tables = sections(tmp_path / "desk", 1, sink.port)
    (like,) = tables["mailbox"]
    tables["mailbox"] = [{**like, "name": name, "port": box.imap_port} for name, box in dovecots.items()]
    settings = load(None, tables)
    engine = open_engine(settings.database.url)
    migrate.upgrade(engine)
    for name, box in dovecots.items():
        box.deliver_many(SUPPORT, [mail(f"{name}-{n}") for n in range(3)])
        # Another client has marked a mail of its own as deleted; that is not maild's to carry out.
        box.deliver(SUPPORT, mail(f"{name}-theirs"))
        box.doveadm("flags", "add", "-u", SUPPORT, r"\Deleted", "mailbox", "INBOX", "uid", "4")
    with running(settings):
        servers.wait_until(partial(decided, engine, 4 * len(SETS)), "four tickets from each", 60)
        for name, box in dovecots.items():
            box.deliver(SUPPORT, mail(f"{name}-later"))
        servers.wait_until(partial(decided, engine, 5 * len(SETS)), "the later mail of each", 60)
        servers.wait_until(partial(filed, engine), "all filed away", 60)
    assert ask(engine, "SELECT count(DISTINCT subject), count(*) FROM ticket") == [(5 * len(SETS), 5 * len(SETS))]
    engine.dispose()
    for words in SETS:
        box = dovecots[name_of(words)]
        commands = b"".join(sent[box.imap_port])
        check(words, box, commands)


def check(words: frozenset[str], box: servers.Dovecot, commands: bytes) -> None:
    used: dict[str, Any] = {
        "IDLE": b" IDLE\r\n" in commands, "MOVE": b" UID MOVE " in commands, "ID": b" ID (" in commands,
        "UIDPLUS": b" UID EXPUNGE " in commands,
    }  # fmt: skip
    expected = {word: word in words for word in OPTIONAL}
    # With MOVE nobody needs UID EXPUNGE.
    expected["UIDPLUS"] = "UIDPLUS" in words and "MOVE" not in words
    assert used == expected, words
    # A bare EXPUNGE would delete what others have marked, and a CLOSE too.
    assert b" EXPUNGE\r\n" not in commands and b" CLOSE" not in commands
    moves = bool(words & {"MOVE", "UIDPLUS"})
    assert box.count(SUPPORT) == (0 if moves else 5), words
    assert box.count(SUPPORT) + box.count(SUPPORT, "maild.Processed") == 5, words
