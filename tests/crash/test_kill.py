"""kill -9 at every place that docs/internals.md names, and at random moments."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from maild import failpoint
from maild.store import ledger
from maild.store.engine import reading
from tests import pages, servers
from tests.conftest import USERS, need
from tests.crash.books import read
from tests.crash.long import play
from tests.crash.rounds import Rounds
from tests.desks import SUPPORT, ask, looking, mail
from tests.soak import restarts

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
    "content",
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
    named = {point.partition(":")[0] for point in POINTS} | {"parsing", "chunk"}
    # An import is a process of its own: tests/integration/test_import.py kills it there.
    named |= {"import-uncommitted", "imported"}
    assert pages.places().keys() == named
    page = pages.INTERNALS.read_text("utf-8")
    assert sorted(pages.places_named(page)) == sorted(named), "each place has one row in docs/internals.md"
    assert page == pages.places_written(page), "run `python -m tests.pages`"


@pytest.mark.parametrize(
    ("table", "modules"), [("inbound", ("ledger.py", "ledger_waits.py")), ("outbox", ("outbox.py",))]
)
def test_the_documentation_names_every_state_of_a_row_and_every_statement_that_moves_it(
    table: str, modules: tuple[str, ...]
) -> None:
    page = pages.INTERNALS.read_text("utf-8")
    written: dict[str, set[str]] = {}
    for module in modules:
        written |= pages.moving(pages.PACKAGE / "store" / module)
    assert pages.moves(page, table) == written.keys()
    # The schema's own words, which name the states that come from elsewhere (apply, backoff), too.
    schema = (pages.PACKAGE / "store" / "schema.py").read_text("utf-8")
    said = {"inbound": r"# (received → done);", "outbox": r"# (queued · .+)"}[table]
    found = re.search(said, schema)
    assert found is not None
    assert pages.states(page, table) == set(re.findall(r"[a-z]+", found[1])) >= set().union(*written.values())


def test_f01_a_kill_at_every_named_place_loses_nothing_and_repeats_nothing_but_what_was_in_hand(rounds: Rounds) -> None:
    """Also G1, G2, G3, C1, C6."""
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
    servers.wait_until(lambda: rounds.said("ready"), "the daemon is ready", 30)
    servers.wait_until(lambda: rounds.dovecot.count(SUPPORT) == 0, "all mails are put away", 30)
    rounds.stop()
    assert rounds.dovecot.count(SUPPORT, "maild/Processed") == len(rounds.sent)
    assert rounds.check() == verdict


def test_f01_a_kill_amid_the_chunks_of_a_large_mail_leaves_no_half_of_it(tmp_path: Path) -> None:
    """Also F13, G1."""
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    with servers.Dovecot(tmp_path / "dovecot", USERS) as dovecot, servers.Sink() as sink:
        rounds = Rounds(tmp_path / "desk", dovecot, sink, limits={"parse_bytes": 100_000})
        large = mail("large", body="\r\n".join([f"line {n} of a long report" for n in range(40_000)]))
        dovecot.deliver(SUPPORT, large)
        rounds.start("chunk:3")
        rounds.dead("chunk")
        rounds.start()
        with looking(rounds.url) as engine:
            servers.wait_until(
                lambda: bool(ask(engine, "SELECT 1 FROM inbound WHERE state = 'done'")), "it is done", 30
            )
            rounds.stop()
            books = read(engine)
    assert books.damage == ()
    (row,) = books.inbound
    assert (row.fate, row.complete, row.size) == ("quarantined", True, len(row.raw))
    assert row.raw.endswith(large)


def test_f10_a_mail_at_which_the_parser_dies_every_time_is_put_aside_with_its_bytes(rounds: Rounds) -> None:
    """Also G4, C3."""
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


def test_f10_a_mail_at_which_the_daemon_dies_every_time_is_put_aside_and_the_others_are_handled(rounds: Rounds) -> None:
    """Also G4, C3."""
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


def test_f01_kills_at_random_moments_lose_nothing(rounds: Rounds) -> None:
    """Also F16, G1, G2, G3."""
    # The short version; `make crash N=200` is the long one.
    play(rounds, int(os.environ.get("MAILD_CRASH_ROUNDS", "6")), seed=os.environ.get("MAILD_CRASH_SEED", "1"))


def test_f16_restarts_under_load_lose_nothing_and_repeat_nothing(rounds: Rounds) -> None:
    """Also G1, G2, G3. The short version; `python -m tests.soak restarts` is the long one."""
    assert len(restarts.play(rounds, 4, seed="1")) == 4


@pytest.mark.parametrize(
    ("armed", "means"),
    [
        ("dot", {"dot": (1, signal.SIGKILL)}),
        ("dot:3", {"dot": (3, signal.SIGKILL)}),
        ("dot:stop", {"dot": (1, signal.SIGSTOP)}),
        ("dot:3:stop, leased", {"dot": (3, signal.SIGSTOP), "leased": (1, signal.SIGKILL)}),
        ("", {}),
    ],
)
def test_a_place_is_armed_by_its_name_its_count_and_what_is_to_happen(armed: str, means: dict[str, object]) -> None:
    assert failpoint.parse(armed) == means
