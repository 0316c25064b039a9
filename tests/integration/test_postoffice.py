"""The demo's post office serves what the real mailbox and courier ask of it."""

from __future__ import annotations

import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

pytest.importorskip("pymap", reason="pymap is missing: pip install 'maild[demo]'")

from maild.demo.postoffice import DemoUnavailable, Letter, PostOffice
from maild.ingest.mailbox import Account, LoginRefused, Mailbox
from maild.outbound.smtp import Courier, Parcel, Relay, Result

DESK, LI = "desk@demo.localhost", "li.lei@demo.localhost"


@pytest.fixture
def letters() -> list[Letter]:
    return []


@pytest.fixture
def office(letters: list[Letter]) -> Iterator[PostOffice]:
    with PostOffice({DESK: "pw", LI: "pw2"}, on_mail=letters.append) as opened:
        yield opened


@pytest.fixture
def mailbox(office: PostOffice) -> Iterator[Mailbox]:
    box = Mailbox(Account("demo", "127.0.0.1", office.imap_port, "none", DESK, lambda: "pw"))
    box.connect()
    yield box
    box.close()


def mail(number: int, body: bytes = b"text\r\n") -> bytes:
    return b"From: li.lei@demo.localhost\r\nSubject: mail %d\r\n\r\n" % number + body


def test_mails_put_in_are_fetched_with_their_bytes_and_dates(office: PostOffice, mailbox: Mailbox) -> None:
    when = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    uids = [office.put(DESK, mail(n), when=when) for n in range(120)]
    assert mailbox.uids() == uids
    fetched = list(mailbox.fetch(uids))
    assert [f.raw for f in fetched] == [mail(n) for n in range(120)]
    assert {f.internaldate for f in fetched} == {when}
    assert mailbox.uids(uids[3], uids[5]) == uids[3:6]


def test_a_large_mail_is_fetched_in_pieces_and_its_header_alone(office: PostOffice, mailbox: Mailbox) -> None:
    raw = mail(1, b"0123456789abcde\r\n" * 40_000)
    uid = office.put(DESK, raw)
    assert mailbox.uids() == [uid]
    pieces = list(mailbox.fetch_large(uid, len(raw), chunk=100_000))
    assert b"".join(pieces) == raw and max(map(len, pieces)) == 100_000
    assert mailbox.header(uid).startswith(b"From: li.lei@demo.localhost\r\nSubject: mail 1\r\n")


def test_mail_over_smtp_wakes_the_idling_mailbox_and_the_onlooker(
    office: PostOffice, mailbox: Mailbox, letters: list[Letter]
) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", office.smtp_port) as smtp:
            smtp.login(LI, "pw2")
            smtp.sendmail(LI, [DESK], mail(7))

    sender = threading.Thread(target=send)
    begun = time.monotonic()
    sender.start()
    while not mailbox.uids():
        assert mailbox.wait(30) or time.monotonic() < begun + 20
    sender.join()
    assert letters[0].recipients == (DESK,) and letters[0].raw == mail(7)
    assert office.mails(DESK)[0].endswith(mail(7))


def test_the_wake_socket_ends_the_wait_at_once(mailbox: Mailbox) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"x")
        assert mailbox.wait(60, ours) is True


def test_mail_is_filed_into_folders_that_are_made_for_it(office: PostOffice, mailbox: Mailbox) -> None:
    uids = [office.put(DESK, mail(n)) for n in range(3)]
    assert mailbox.uids() == uids
    assert mailbox.file_away(uids[:2], "maild/Processed") == "moved"
    assert mailbox.file_away(uids[2:], "maild/Quarantine", mode="copy") == "copied"
    assert mailbox.uids() == uids[2:]
    assert office.mails(DESK, "maild/Processed") == [mail(0), mail(1)]
    assert {"maild/Processed", "maild/Quarantine"} <= set(office.folders(DESK))


def test_the_courier_delivers_and_strangers_are_refused(office: PostOffice, mailbox: Mailbox) -> None:
    results: list[Result] = []
    courier = Courier(Relay("127.0.0.1", office.smtp_port, "none", DESK, lambda: "pw"))
    courier.send([Parcel(1, "", LI, mail(1)), Parcel(2, "", "nobody@elsewhere.example", mail(2))], results.append)
    courier.close()
    assert {r.id: r.kind for r in results} == {1: "sent", 2: "refused"}
    assert office.mails(LI)[0].endswith(mail(1))


def test_a_wrong_password_is_refused(office: PostOffice) -> None:
    with pytest.raises(LoginRefused, match="check `login` and the password"):
        Mailbox(Account("demo", "127.0.0.1", office.imap_port, "none", DESK, lambda: "wrong")).connect()


def test_a_wrong_smtp_password_is_refused(office: PostOffice) -> None:
    with smtplib.SMTP("127.0.0.1", office.smtp_port) as smtp, pytest.raises(smtplib.SMTPAuthenticationError):
        smtp.login(LI, "wrong")


def test_an_onlooker_that_fails_does_not_lose_the_mail(caplog: pytest.LogCaptureFixture) -> None:
    def broken(letter: Letter) -> None:
        raise ValueError("broken onlooker")

    with PostOffice({DESK: "pw"}, on_mail=broken) as office:
        with smtplib.SMTP("127.0.0.1", office.smtp_port) as smtp:
            smtp.sendmail(LI, [DESK], mail(1))
        assert len(office.mails(DESK)) == 1
    assert "onlooker failed" in caplog.text


def test_a_taken_port_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(DemoUnavailable, match="cannot listen"):
            PostOffice({DESK: "pw"}, imap_port=taken.getsockname()[1]).start()


def test_closing_ends_the_conversations(office: PostOffice, mailbox: Mailbox) -> None:
    from maild.ingest.mailbox import ConnectionLost

    office.close()
    with pytest.raises(ConnectionLost):
        mailbox.wait(30)
