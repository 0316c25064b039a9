"""kill -9 at every place that docs/internals.md names, and at random moments."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from maild.store import ledger
from maild.store.engine import reading
from tests import servers
from tests.conftest import USERS, need
from tests.crash.long import play
from tests.crash.rounds import ROOT, Rounds
from tests.desks import SUPPORT, ask, looking

# Each place with the number of times that it is passed, in the order in which a mail moves.
POINTS = (
    "uids-listed",
    "fetched",
    "ledger-uncommitted",
    "received",
    "attempts",
    "applied",
    "decided",
    "leased",
    "dot",
    "dot:3",
    "answered",
    "answered:4",
    "recording",
    "recorded",
    "unfiled",
    "filed",
    "timer-applied",
    "timer-decided",
)


def contains(mark: str, argument: str) -> bool:
    return mark in argument


@pytest.fixture
def rounds(tmp_path: Path) -> Iterator[Rounds]:
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    with servers.Dovecot(tmp_path / "dovecot", USERS) as dovecot, servers.Sink() as sink:
        desk = Rounds(tmp_path / "desk", dovecot, sink)
        yield desk
        desk.close()


def test_every_named_place_is_in_the_code_and_in_the_documentation() -> None:
    named = {point.partition(":")[0] for point in POINTS} | {"parsing"}
    # An import is a process of its own: tests/integration/test_import.py kills it there.
    named |= {"import-uncommitted", "imported"}
    code = "".join(path.read_text("utf-8") for path in (ROOT / "maild").rglob("*.py"))
    assert set(re.findall(r'failpoint\.reach\("([a-z-]+)"\)', code)) == named
    table = (ROOT / "docs" / "internals.md").read_text("utf-8")
    assert {name for name in named if f"`{name}`" not in table} == set()


def test_a_kill_at_every_named_place_loses_nothing_and_repeats_nothing_but_what_was_in_hand(rounds: Rounds) -> None:
    for point in POINTS:
        if point.startswith("timer"):
            # A mail that the relay refuses for good: its ticket's agent is told by a timer that is due at once.
            (mark,) = rounds.deliver(1)
            rounds.sink.trick("RCPT", "550 5.1.1 no such user", match=partial(contains, mark))
        else:
            rounds.deliver(2)
        rounds.start(point)
        if point in ("unfiled", "filed"):
            # A look at the mailbox puts away what is done, and only news makes it look.
            rounds.dead_under_load(point)
        else:
            rounds.dead(point)
    rounds.deliver(3)
    rounds.start("parsing:2")
    servers.wait_until(lambda: rounds.said("the parsing process ended with -9"), "the parser dies")
    rounds.kill("parsing")
    rounds.start()
    rounds.settle()
    rounds.stop()
    verdict = rounds.check()
    assert verdict.faults == []
    # The relay took these and their daemon died before it knew: second copies are the promise's price, and its proof.
    assert verdict.second_copies >= 2
    # A look at the mailbox puts away what is done; the next daemon's first one does.
    rounds.start()
    servers.wait_until(lambda: rounds.dovecot.count(SUPPORT) == 0, "all mails are put away", 30)
    rounds.stop()
    assert rounds.dovecot.count(SUPPORT, "maild/Processed") == len(rounds.sent)
    assert rounds.check() == verdict


def test_a_mail_at_which_the_parser_dies_every_time_is_put_aside_with_its_bytes(rounds: Rounds) -> None:
    (mark,) = rounds.deliver(1)
    rounds.start("parsing")
    with looking(rounds.url) as engine:
        servers.wait_until(
            lambda: bool(ask(engine, "SELECT 1 FROM inbound WHERE state = 'done'")), "the third strike", 30
        )
        ((number, fate, reason),) = ask(engine, "SELECT id, fate, reason FROM inbound")
        with reading(engine) as connection:
            assert ledger.raw(connection, number).endswith(rounds.sent[mark])
    rounds.stop()
    assert (fate, reason) == ("quarantined", "the parsing process ended with -9")


def test_a_mail_at_which_the_daemon_dies_every_time_is_put_aside_and_the_others_are_handled(rounds: Rounds) -> None:
    rounds.deliver(1)
    for _ in range(4):
        rounds.start("applied")
        rounds.dead("applied")
    good = rounds.deliver(2)
    rounds.start()
    with looking(rounds.url) as engine:
        servers.wait_until(
            lambda: ask(engine, "SELECT count(*) FROM inbound WHERE state = 'done'") == [(3,)], "all are decided", 30
        )
        rows = ask(engine, "SELECT fate, reason, subject FROM inbound ORDER BY id")
    rounds.stop()
    assert rows[0][:2] == ("quarantined", "the daemon ended 4 times with it in hand")
    assert [(row[0], row[2].split()[-1]) for row in rows[1:]] == [("ticketed", mark) for mark in good]


def test_kills_at_random_moments(rounds: Rounds) -> None:
    # The short version; `make crash N=200` is the long one.
    play(rounds, int(os.environ.get("MAILD_CRASH_ROUNDS", "6")), seed=os.environ.get("MAILD_CRASH_SEED", "1"))
