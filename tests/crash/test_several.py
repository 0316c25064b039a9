"""Two real daemons on one PostgreSQL: one is killed, ended, cut off or stands still; the other does its work."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from maild.store import migrate
from maild.store.engine import open_engine
from tests import servers
from tests.conftest import USERS, need
from tests.crash.history import Sent
from tests.crash.nemesis import play
from tests.crash.several import Several
from tests.desks import SUPPORT, mail

LEASE_S = 3.0


@pytest.fixture
def two(tmp_path: Path, postgres: servers.Postgres) -> Iterator[Several]:
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    url = postgres.database()
    engine = open_engine(url)
    migrate.upgrade(engine)
    engine.dispose()
    with (
        servers.Dovecot(tmp_path / "dovecot", USERS) as dovecot,
        servers.Sink() as sink,
        Several(tmp_path, dovecot, sink, url, 2, "1", LEASE_S) as several,
    ):
        yield several
    postgres.drop(url)


@pytest.mark.timeout(180)
def test_f11_two_daemons_killed_ended_and_cut_off_under_load_make_one_ticket_and_one_answer_of_each_mail(
    two: Several,
) -> None:
    """Also F01, F07, F16, G1, G2, G3, C5."""
    verdict = play(two, 60, per_second=8, pause_s=1.2, what=("kill", "term", "cut"), seed="1", burst=6)
    assert verdict.faults == []
    assert two.figures.blows, "nothing befell the daemons"


# The places where a daemon stands still, and whether what it has in hand may have left already.
@pytest.mark.parametrize(
    ("point", "twice"),
    [("applied", False), ("content", False), ("dot", True)],
)
@pytest.mark.timeout(120)
def test_f11_what_a_daemon_that_stands_still_has_in_hand_is_done_by_the_other_and_not_again_when_it_wakes(
    two: Several, point: str, twice: bool
) -> None:
    """Also G2, G3, G8."""
    asleep, awake = two.daemons
    two.start(asleep, f"{point}:1:stop")
    two.ready(asleep)
    two.sent |= {mark: Sent(mail(mark)) for mark in ("m0", "m1", "m2")}
    two.dovecot.deliver_many(SUPPORT, [each.raw for each in two.sent.values()])
    two.stands_still(asleep)
    two.start(awake)
    two.ready(awake)
    two.rest(4 * LEASE_S + 20)
    assert asleep.process is not None
    asleep.process.send_signal(signal.SIGCONT)
    _works_again(two)
    two.end()
    two.put_away()
    verdict = two.check()
    assert verdict.faults == []
    assert twice or verdict.second_copies == 0


def _works_again(two: Several) -> None:
    """One more mail after the sleeper woke: when it is answered and both have looked about, nothing more will come."""
    two.sent["m9"] = Sent(mail("m9"))
    two.dovecot.deliver_many(SUPPORT, [two.sent["m9"].raw])
    two.rest(60)
