"""A folder whose mails have other numbers than before (THREATS F03): nothing comes twice, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.desks import Box, Clock, Steps, mail, prepared
from tests.integration.test_faults_mailbox import grow_old
from tests.maildir import fill, small
from tests.sink import Sink

KNOWN, NEW = 1000, 50
MINUTE_S = 60.0


def update(value: str) -> Callable[[Box], None]:
    """Another UIDVALIDITY, as an administrator sets it after a repair."""

    def act(box: Box) -> None:
        box.dovecot.doveadm("mailbox", "update", "-u", box.login, "--uid-validity", value, "INBOX")

    return act


def made_anew(box: Box) -> None:
    """The server has lost its list of numbers: all mails get new ones, in another order."""
    folder = box.dovecot.folder / "mail" / box.login / "Maildir"
    for path in [*folder.glob("dovecot*index*"), *folder.glob("dovecot-uid*")]:
        path.unlink()


def epochs(desk: Steps) -> list[tuple[int, int]]:
    """(UIDVALIDITY, rows) of the ledger."""
    return [tuple(row) for row in desk.rows("SELECT uidvalidity, count(*) FROM inbound GROUP BY uidvalidity")]


def test_f03_a_thousand_known_mails_under_new_numbers_and_fifty_new_ones_make_fifty_tickets(
    tmp_path: Path, box: Box, sink: Sink
) -> None:
    """No automatic mail for an old one; the rows of the old numbering stay; the database remembers the change."""
    fill(box, [small(f"known{n:04d}") for n in range(KNOWN)], age_s=MINUTE_S)
    with Steps(prepared(tmp_path, box, sink.port, mailbox={"file_away": False})) as desk:
        assert desk.fetch() == KNOWN
        desk.receive()
        ((mails,),) = desk.rows("SELECT count(*) FROM outbox WHERE audience = 'requester'")
        assert mails == KNOWN
        (old,) = epochs(desk)
        # Older file names, so that every known mail gets a higher number than it had.
        fill(box, [small(f"new{n:04d}") for n in range(NEW)], age_s=2 * MINUTE_S)
        made_anew(box)
        desk.fetcher.mailbox.close()
        assert desk.fetch() == KNOWN + NEW
        desk.receive()
        assert desk.rows("SELECT count(*) FROM ticket") == [(KNOWN + NEW,)]
        after = "SELECT fate, count(*) FROM inbound WHERE uidvalidity <> :old GROUP BY fate ORDER BY fate"
        assert desk.rows(after, old=old[0]) == [("ignored", KNOWN), ("ticketed", NEW)]
        assert old in epochs(desk)
        written = "SELECT recipient FROM outbox WHERE audience = 'requester' ORDER BY id"
        later = [row[0] for row in desk.rows(written)[mails:]]
        assert sorted(later) == [f"u-new{n:04d}@corp.example" for n in range(NEW)]
        ((kind, detail),) = desk.rows("SELECT kind, detail FROM alarm")
        assert kind == "mailbox main numbered anew" and f"UIDVALIDITY changed from {old[0]} to " in detail
        assert desk.fetch() == 0


@pytest.mark.parametrize("change", [update("4711"), update("4294967290")], ids=["down", "up"])
def test_f03_a_uidvalidity_that_goes_down_is_another_numbering_too(
    tmp_path: Path, box: Box, sink: Sink, change: Callable[[Box], None]
) -> None:
    box.deliver(mail("one"), mail("two"))
    with Steps(prepared(tmp_path, box, sink.port, mailbox={"file_away": False})) as desk:
        desk.cycle()
        ((before,),) = desk.rows("SELECT uidvalidity FROM mailbox_state")
        change(box)
        box.deliver(mail("three"))
        desk.cycle()
        ((after,),) = desk.rows("SELECT uidvalidity FROM mailbox_state")
        assert after in (4711, 4294967290) and before not in (4711, 4294967290)
        assert desk.rows("SELECT count(*) FROM ticket") == [(3,)]
        assert len(desk.rows("SELECT 1 FROM inbound WHERE reason LIKE 'a copy of inbound %'")) == 2
        assert len([each for each in sink.mails if any("u-one@" in to for to in each.recipients)]) == 1


def test_f03_a_new_uidvalidity_brings_nothing_twice_and_of_the_time_before_nothing_at_all(
    tmp_path: Path, box: Box, sink: Sink
) -> None:
    settings = prepared(tmp_path, box, sink.port, mailbox={"backlog": "new", "file_away": False})
    box.deliver(mail("before"))
    grow_old()
    with Steps(settings) as desk:
        assert desk.fetch() == 0
        box.deliver(mail("one"), mail("two"), mail("nameless").replace(b"Message-ID", b"X-None"))
        desk.cycle()
        assert desk.rows("SELECT count(*) FROM ticket") == [(3,)]
        wire = len(sink.mails)
        update("4711")(box)
        box.deliver(mail("three"))
        desk.cycle()
        # The mail from before the first start stays where it is; the known ones are copies; the new one is a ticket.
        assert desk.rows("SELECT fate, count(*) FROM inbound GROUP BY fate ORDER BY fate") == [
            ("ignored", 3), ("ticketed", 4),
        ]  # fmt: skip
        assert {mail.raw.count(b"three") > 0 for mail in sink.mails[wire:]} == {True}
        # What a person moves into the folder later keeps its old receive time, and is new all the same.
        box.dovecot.deliver(box.login, mail("moved"), "Elsewhere")
        box.dovecot.doveadm("copy", "-u", box.login, "INBOX", "mailbox", "INBOX", "header", "message-id", "<before@")
        assert desk.fetch() == 1


def test_f03_a_folder_that_was_deleted_and_made_anew_is_watched_again_and_what_was_known_stays_known(
    tmp_path: Path, box: Box, sink: Sink
) -> None:
    known, new = mail("known"), mail("new")
    box.dovecot.deliver(box.login, known, "Desk")
    with Steps(prepared(tmp_path, box, sink.port, mailbox={"folder": "Desk", "file_away": False})) as desk:
        desk.cycle()
        box.dovecot.doveadm("mailbox", "delete", "-u", box.login, "Desk")
        box.dovecot.deliver(box.login, known, "Desk")
        box.dovecot.deliver(box.login, new, "Desk")
        desk.fetcher.mailbox.close()
        desk.cycle()
        assert desk.rows("SELECT message_id, fate FROM inbound ORDER BY id") == [
            ("<known@corp.example>", "ticketed"), ("<known@corp.example>", "ignored"),
            ("<new@corp.example>", "ticketed"),
        ]  # fmt: skip


def test_f03_a_restored_backup_that_hands_out_numbers_again_loses_no_mail(tmp_path: Path, box: Box, sink: Sink) -> None:
    """The same UIDVALIDITY with a lower UIDNEXT breaks RFC 3501, and happens: the next mails bear known numbers."""
    folder = box.dovecot.folder / "mail" / box.login / "Maildir"
    box.deliver(mail("one"), mail("two"))
    box.count()
    backup = {path: path.read_bytes() for path in folder.glob("dovecot-uidlist")}
    with Steps(prepared(tmp_path, box, sink.port, mailbox={"file_away": False})) as desk:
        box.deliver(mail("three"), mail("four"))
        desk.cycle()
        desk.fetcher.mailbox.close()
        box.dovecot.doveadm("expunge", "-u", box.login, "mailbox", "INBOX", "uid", "3:4")
        for path in folder.glob("dovecot*index*"):
            path.unlink()
        for path, saved in backup.items():
            path.write_bytes(saved)
        assert desk.fetch() == 0
        box.deliver(mail("five"), mail("six"))
        desk.cycle()
        assert desk.rows("SELECT message_id, uid FROM inbound WHERE uid IS NOT NULL ORDER BY id") == [
            ("<one@corp.example>", 1), ("<two@corp.example>", 2), ("<five@corp.example>", 3), ("<six@corp.example>", 4),
        ]  # fmt: skip
        assert desk.rows("SELECT count(*) FROM ticket") == [(6,)]
        ((detail,),) = desk.rows("SELECT detail FROM alarm")
        assert detail == "UIDNEXT went back to 3: 2 mails keep their rows and lose their UIDs"


def test_f03_mails_that_were_put_aside_are_copies_too_under_new_numbers(tmp_path: Path, box: Box, sink: Sink) -> None:
    """The admins are not told again, and neither is the sender of a mail that was too large."""
    poison = (
        b"From: u-poison@corp.example\r\nMessage-ID: <poison@corp.example>\r\n" + b"X: y\r\n" * 1000 + b"\r\nhi\r\n"
    )
    large = mail("large", body="x\r\n" * 60_000)
    box.deliver(poison, large)
    limits = {"parse_bytes": 100_000}
    clock = Clock()
    with Steps(prepared(tmp_path, box, sink.port, mailbox={"file_away": False}, limits=limits), clock) as desk:
        desk.cycle()
        told = len(sink.mails)
        assert desk.rows("SELECT fate FROM inbound ORDER BY id") == [("quarantined",), ("quarantined",)] and told == 1
        update("4711")(box)
        clock.ahead = timedelta(days=1)
        desk.cycle()
        assert desk.rows("SELECT reason FROM inbound WHERE id > 2 ORDER BY id") == [
            ("a copy of inbound 1",), ("a copy of inbound 2",),
        ]  # fmt: skip
        assert len(sink.mails) == told
