"""Mails that a server lists and does not hand over: those behind them are served, and a gap that stays is an alarm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from maild import missing
from maild.chores import Chores, Health
from maild.fetch import gap_told
from tests import servers
from tests.desks import Box, Clock, Steps, ask, looking, mail, prepare, prepared, running, sections
from tests.fake_mailbox import CUT, NIL, REFUSED, SHORT, SILENT, STALLED, FakeMailbox
from tests.sink import Sink

Lines = Callable[[str], list[str]]
SICKNESSES = (NIL, SILENT, REFUSED, CUT, STALLED)


def fake_desk(tmp_path: Path, box: FakeMailbox, sink: Sink, clock: Clock | None = None) -> Steps:
    mailbox = {"file_away": False, "timeout": "1s"}
    return Steps(prepare(sections(tmp_path / "desk", box.imap.port, sink.port, mailbox=mailbox)), clock)


def look(desk: Steps) -> int:
    """One look; a connection that breaks is made anew by the next."""
    from maild.ingest.mailbox import MailboxError

    try:
        return desk.fetch()
    except MailboxError:
        desk.fetcher.mailbox.close()
        return 0


@pytest.mark.parametrize("sickness", SICKNESSES)
def test_f05_a_mail_that_cannot_be_had_stops_none_of_those_around_it(tmp_path: Path, sink: Sink, sickness: str) -> None:
    """Also G1, C1: one un-ingestable mail stalls no channel, and is asked for ever more seldom."""
    mails = {uid: mail(f"m{uid}") for uid in range(1, 8)}
    with FakeMailbox(mails) as box, fake_desk(tmp_path, box, sink) as desk:
        box.sick[4] = sickness
        for _ in range(5):
            look(desk)
        assert [row[0] for row in desk.rows("SELECT uid FROM inbound ORDER BY uid")] == [1, 2, 3, 5, 6, 7]
        box.add(8, mail("m8"))
        look(desk)
        assert desk.rows("SELECT uid FROM inbound WHERE uid = 8") == [(8,)]
        asked = box.count("FETCH")
        for _ in range(10):
            look(desk)
        # What breaks the line or is refused is asked for by the minute, the rest at a few looks more, then seldom.
        assert box.count("FETCH") - asked <= 4
        assert box.imap.conversations <= 5
        # The server has got over it.
        box.sick.clear()
        for entry in desk.fetcher._missing._entries.values():
            entry.not_before = 0.0
        look(desk)
        assert desk.rows("SELECT count(*) FROM inbound") == [(8,)]


def test_f05_a_body_that_is_too_short_twice_is_taken_as_it_is(tmp_path: Path, sink: Sink) -> None:
    with FakeMailbox({1: mail("m1")}) as box, fake_desk(tmp_path, box, sink) as desk:
        box.sick[1] = SHORT
        assert desk.fetch() == 1
        assert sum("BODY.PEEK[]" in line for line in box.imap.heard) == 2


def test_g1_a_gap_that_lasts_more_than_two_looks_is_told_with_its_numbers_and_again_when_it_is_over(
    tmp_path: Path, sink: Sink
) -> None:
    clock = Clock()
    with (
        FakeMailbox({uid: mail(f"m{uid}") for uid in range(1, 11)}) as box,
        fake_desk(tmp_path, box, sink, clock) as desk,
    ):
        assert desk.fetcher.gap is None
        box.sick = {uid: SILENT for uid in range(3, 10)}
        desk.cycle()
        desk.cycle()
        assert desk.fetcher.gap == missing.Gap()
        clock.ahead = timedelta(minutes=3)
        desk.cycle()
        gap = desk.fetcher.gap
        assert gap is not None and (gap.count, gap.lowest) == (7, (3, 4, 5, 6, 7))
        assert gap_told(gap, "INBOX")[0].endswith("does not hand them over: UID 3, 4, 5, 6, 7 and 2 more")
        box.sick.clear()
        for entry in desk.fetcher._missing._entries.values():
            entry.not_before = 0.0
        desk.cycle()
        assert desk.fetcher.gap == missing.Gap() and desk.rows("SELECT count(*) FROM ticket") == [(10,)]


def test_g1_the_alarm_of_a_gap_leaves_once_and_one_word_follows_when_it_is_over(
    tmp_path: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the real daemon, from the server that lists a mail and keeps it to the admin's mailbox."""
    monkeypatch.setattr(missing, "GAP_AFTER", timedelta(0))
    monkeypatch.setattr(missing, "FIRST_PAUSE_S", 0.5)
    monkeypatch.setattr(Chores, "step", Chores.watch_health)
    with FakeMailbox({1: mail("m1"), 2: mail("m2"), 3: mail("m3")}) as box:
        box.sick[2] = NIL
        mailbox = {"file_away": False}
        settings = prepare(sections(tmp_path / "desk", box.imap.port, sink.port, mailbox=mailbox))
        with looking(settings.database.url) as engine, running(settings):
            told = "SELECT count(*) FROM outbox WHERE template = :name"
            servers.wait_until(lambda: ask(engine, told, name="admin/alarm")[0][0] > 0, "the alarm")
            admins = ask(engine, told, name="admin/alarm")[0][0]
            ((kind, detail),) = ask(engine, "SELECT kind, detail FROM alarm")
            assert kind == "ledger gap in mailbox main"
            assert detail == "the server lists 1 mail in INBOX and does not hand them over: UID 2"
            box.sick.clear()
            servers.wait_until(lambda: ask(engine, told, name="admin/recovered")[0][0] > 0, "all is well")
            assert ask(engine, "SELECT count(*) FROM ticket") == [(3,)]
            assert ask(engine, told, name="admin/alarm") == ask(engine, told, name="admin/recovered") == [(admins,)]
    assert Health("x", None, "", "").patience is None


def test_f05_mails_that_another_client_takes_away_are_no_gap_and_no_loop(
    tmp_path: Path, sink: Sink, box: Box, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also C1: expunged between the list of UIDs and the fetch, and between the sizes and the bodies."""
    clock = Clock()
    box.deliver(*[mail(f"m{n}") for n in range(6)])
    with Steps(prepared(tmp_path, box, sink.port, mailbox={"file_away": False}), clock) as desk:
        mailbox = desk.fetcher.mailbox
        sizes, bodies = mailbox.sizes, mailbox._bodies

        def expunge(*uids: int) -> None:
            for uid in uids:
                box.dovecot.doveadm("expunge", "-u", box.login, "mailbox", "INBOX", "uid", str(uid))

        def sizes_late(uids: list[int]) -> object:
            expunge(2)
            return sizes(uids)

        def bodies_late(uids: list[int], largest: int) -> object:
            expunge(4, 5)
            return bodies(uids, largest)

        monkeypatch.setattr(mailbox, "sizes", sizes_late)
        monkeypatch.setattr(mailbox, "_bodies", bodies_late)
        desk.fetch()
        monkeypatch.undo()
        for _ in range(3):
            clock.ahead += timedelta(minutes=2)
            desk.fetch()
        assert [row[0] for row in desk.rows("SELECT uid FROM inbound ORDER BY uid")] == [1, 3, 6]
        assert desk.fetcher.gap == missing.Gap() and not len(desk.fetcher._missing)
        assert not desk.fetcher.restless


def test_g1_a_mail_that_comes_into_sight_under_an_old_number_is_taken(tmp_path: Path, sink: Sink) -> None:
    """Some servers show a mail later than one with a higher UID."""
    with FakeMailbox({1: mail("m1"), 3: mail("m3")}) as box, fake_desk(tmp_path, box, sink) as desk:
        assert desk.fetch() == 2
        box.add(2, mail("m2"))
        assert desk.fetch() == 1
