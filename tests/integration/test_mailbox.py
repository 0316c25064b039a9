"""The IMAP door against a real Dovecot, and against a fake server for what no real one does."""

from __future__ import annotations

import socket
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from maild.ingest.mailbox import (
    Account,
    CertificateBad,
    ConnectionLost,
    FolderMissing,
    HostUnreachable,
    LoginRefused,
    Mailbox,
    MailboxError,
    MailboxState,
    NoUidValidity,
    ProtocolBroken,
    Refused,
    Throttled,
    TlsMissing,
    Unavailable,
)
from tests import servers
from tests.conftest import need
from tests.fake_imap import HANG_UP, ORDINARY, FakeImap

SUPPORT = "support@corp.example"


def mail(number: int, body: str = "text\r\n") -> bytes:
    return f"From: li.lei@corp.example\r\nSubject: mail {number}\r\n\r\n{body}".encode()


def account(port: int, **changed: Any) -> Account:
    values: dict[str, Any] = {
        "name": "test", "host": "127.0.0.1", "port": port, "security": "none", "login": SUPPORT,
        "password": lambda: "pw", "timeout_s": 10.0,
    }  # fmt: skip
    return Account(**{**values, **changed})


Opener = Callable[..., Mailbox]


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Connect a mailbox to a port; closed when the test is over."""
    boxes: list[Mailbox] = []

    def connect(port: int, **changed: Any) -> Mailbox:
        box = Mailbox(account(port, **changed))
        boxes.append(box)
        box.connect()
        return box

    yield connect
    for box in boxes:
        box.close()


@pytest.fixture
def dovecot(fresh_dovecot: servers.Dovecot) -> servers.Dovecot:
    return fresh_dovecot


# ---------------------------------------------------------------------- fetching


def test_g1_mails_come_with_bytes_dates_and_sizes_and_stay_unseen(dovecot: servers.Dovecot, opened: Opener) -> None:
    dovecot.deliver_many(SUPPORT, [mail(n) for n in range(120)])
    box = opened(dovecot.imap_port)
    uids = box.uids()
    assert uids == list(range(1, 121)) and box.uids(5, 9) == [5, 6, 7, 8, 9] and box.uids(121, 500) == []
    sizes = box.sizes([*uids, 4711])
    assert set(sizes) == set(uids)
    fetched = list(box.fetch([*uids, 4711], sizes))
    assert [f.uid for f in fetched] == uids
    assert all(f.raw.endswith(mail(n)) and len(f.raw) == f.size for n, f in enumerate(fetched))
    age = datetime.now(UTC) - fetched[0].internaldate
    assert fetched[0].internaldate.utcoffset() == timedelta(0) and timedelta(seconds=-2) < age < timedelta(minutes=1)
    assert "SEEN" not in dovecot.doveadm("-f", "flow", "fetch", "-u", SUPPORT, "flags", "mailbox", "INBOX", "1").upper()


def test_f13_a_large_mail_comes_in_pieces_and_its_header_alone(dovecot: servers.Dovecot, opened: Opener) -> None:
    dovecot.deliver(SUPPORT, mail(1, "0123456789abcde\r\n" * 60_000))
    box = opened(dovecot.imap_port)
    size = box.sizes([1])[1][0]
    pieces = list(box.fetch_large(1, size))
    assert sum(map(len, pieces)) == size and max(map(len, pieces)) == 256 * 1024 and len(pieces) == 4
    assert b"".join(pieces) == next(box.fetch([1])).raw
    assert b"Subject: mail 1\r\n" in box.header(1) and len(box.header(1, 20)) == 20
    assert list(box.fetch_large(99, 1000)) == [] and box.header(99) == b""


def test_f03_a_new_uidvalidity_shows_in_the_state(dovecot: servers.Dovecot, opened: Opener) -> None:
    dovecot.deliver(SUPPORT, mail(1))
    box = opened(dovecot.imap_port)
    before = box.state()
    assert (before.uidnext, before.exists) == (2, 1)
    dovecot.doveadm("mailbox", "update", "--uid-validity", "999", "-u", SUPPORT, "INBOX")
    box.connect()
    assert box.state().uidvalidity == 999 != before.uidvalidity


class Sparse:
    """A folder with many mails whose UIDs lie far apart; it answers SEARCH as RFC 3501 says."""

    def __init__(self, uids: list[int]) -> None:
        self.uids, self.longest = uids, 0

    def search(self, line: str) -> str:
        which = line.rpartition(" ")[2]
        found = self.uids[-1:] if which == "*" else self._between(which)
        answer = f"* SEARCH {' '.join(map(str, found))}\r\n"
        self.longest = max(self.longest, len(answer))
        return answer + "{tag} OK done\r\n"

    def fetch(self, line: str) -> str:
        lines = [f"* 1 FETCH (UID {uid})\r\n" for uid in self._between(line.split(" ")[3])]
        return "".join(lines) + "{tag} OK done\r\n"

    def _between(self, which: str) -> list[int]:
        low, _, high = which.partition(":")
        return self.uids[bisect_left(self.uids, int(low)) : bisect_right(self.uids, int(high))]

    def fake(self) -> FakeImap:
        select = (
            f"* {len(self.uids)} EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT {self.uids[-1] + 1}] ok\r\n"
            "{tag} OK [READ-WRITE] ok\r\n"
        )
        return FakeImap(SEARCH=self.search, FETCH=self.fetch, SELECT=select)


@pytest.mark.parametrize(
    ("uids", "searches"),
    [
        ([3, 40_000, 90_000], 15),
        (list(range(1, 4_294_900_000, 42_949)), 900),
        (list(range(4_200_000_000, 4_200_100_000)), 100),
        ([*range(1, 50_001), *range(4_294_900_000, 4_294_950_000)], 200),
        (list(range(1, 100_001)), 200),
    ],
    ids=["few", "100,000 far apart", "100,000 at the end", "two heaps", "100,000 in a row"],
)
def test_f12_no_answer_is_longer_than_imaplib_takes_however_the_uids_lie(
    opened: Opener, uids: list[int], searches: int
) -> None:
    """One giant SEARCH of 100,000 UIDs of ten digits is 1.1 MB in one line, which imaplib refuses (§2.5)."""
    folder = Sparse(uids)
    with folder.fake() as fake:
        box = opened(fake.port)
        assert box.uids() == uids
        assert folder.longest < 900_000
        assert fake.commands().count("SEARCH") + fake.commands().count("FETCH") < searches
        assert not any("ALL" in line for line in fake.heard if "SEARCH" in line)
        box.close()


# ---------------------------------------------------------------------- filing away, by capability


def test_c19_id_is_sent_only_where_it_is_advertised(opened: Opener) -> None:
    for words, expected in (("IMAP4rev1", 0), ("IMAP4rev1 ID", 1)):
        with FakeImap(
            CAPABILITY=f"* CAPABILITY {words}\r\n{{tag}} OK done\r\n", ID="* ID NIL\r\n{tag} OK done\r\n"
        ) as fake:
            box = opened(fake.port)
            commands = fake.commands()
            assert commands.count("ID") == expected
            if expected:
                assert commands.index("LOGIN") < commands.index("ID") < commands.index("SELECT")
            box.close()


def test_f19_copy_leaves_the_mail_where_it_was(dovecot: servers.Dovecot, opened: Opener) -> None:
    dovecot.deliver(SUPPORT, mail(1))
    box = opened(dovecot.imap_port)
    assert box.file_away([1], "maild/Quarantine", mode="copy") == "copied"
    assert box.uids() == [1] and dovecot.count(SUPPORT, "maild/Quarantine") == 1


def test_c01_filing_away_what_is_gone_is_harmless(dovecot: servers.Dovecot, opened: Opener) -> None:
    dovecot.deliver(SUPPORT, mail(1))
    box = opened(dovecot.imap_port)
    assert [box.file_away([1, 7], "maild/Processed") for _ in range(2)] == ["moved", "moved"]
    assert dovecot.count(SUPPORT, "maild/Processed") == 1


def test_f18_a_folder_that_somebody_made_meanwhile_is_as_good_as_one_that_we_made(opened: Opener) -> None:
    moves = iter(["{tag} NO [TRYCREATE] no such mailbox\r\n", "{tag} OK moved\r\n"])
    listed = FakeImap(
        LIST=lambda line: ORDINARY["LIST"] if line.endswith('"" ""') else "{tag} OK none\r\n",
        MOVE=lambda _: next(moves),
        CREATE="{tag} NO [ALREADYEXISTS] Mailbox already exists\r\n",
        SUBSCRIBE="{tag} OK done\r\n",
    )
    with listed as fake:
        assert opened(fake.port).file_away([11], "maild/Processed") == "moved"
        assert [each for each in fake.commands() if each in ("MOVE", "CREATE")] == ["MOVE", "CREATE", "CREATE", "MOVE"]


def test_f18_a_namespace_prefix_is_put_before_our_folders(tmp_path: Path, opened: Opener) -> None:
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    with servers.Dovecot(tmp_path, {SUPPORT: "pw"}, separator=".", prefix="INBOX.") as dovecot:
        dovecot.deliver(SUPPORT, mail(1))
        box = opened(dovecot.imap_port)
        assert box.file_away([1], "maild/Processed") == "moved"
        assert dovecot.count(SUPPORT, "INBOX.maild.Processed") == 1
        assert opened(dovecot.imap_port, folder="maild/Processed").uids() == [1]


def test_f19_quota_is_a_refusal_and_the_connection_stays(opened: Opener) -> None:
    with FakeImap(
        MOVE="{tag} NO [OVERQUOTA] too many mails\r\n", LIST='* LIST () "/" "x"\r\n{tag} OK done\r\n'
    ) as fake:
        box = opened(fake.port)
        with pytest.raises(Refused, match="OVERQUOTA"):
            box.file_away([11], "maild/Processed")
        assert box.connected and box.uids() == [11, 12]
        box.close()


def test_f18_a_read_only_folder_is_watched_and_left_alone(opened: Opener) -> None:
    select = "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 13] ok\r\n{tag} OK [READ-ONLY] selected\r\n"
    with FakeImap(SELECT=select, EXAMINE=select) as fake:
        box = opened(fake.port)
        assert box.read_only and box.uids() == [11, 12]
        assert box.file_away([11], "maild/Processed") == "left"
        assert "MOVE" not in fake.commands()
        box.close()


# ---------------------------------------------------------------------- waiting


@pytest.mark.parametrize("idle", [True, False])
def test_f04_a_push_ends_the_wait(tmp_path: Path, opened: Opener, idle: bool) -> None:
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    words = "IMAP4rev1 IDLE" if idle else "IMAP4rev1"
    with servers.Dovecot(tmp_path, {SUPPORT: "pw"}, capabilities=words) as dovecot:
        box = opened(dovecot.imap_port)
        threading.Timer(0.2, dovecot.deliver, [SUPPORT, mail(1)]).start()
        begun = time.monotonic()
        assert box.wait(30, poll_s=0.3) is True
        assert time.monotonic() - begun < 10 and box.uids() == [1]
        assert box.wait(0.2, poll_s=0.1) is False


def test_f04_the_wake_socket_ends_the_wait(dovecot: servers.Dovecot, opened: Opener) -> None:
    box = opened(dovecot.imap_port)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"x")
        assert box.wait(60, ours) is True
        ours.recv(1)
        assert box.wait(0.1, ours) is False


def test_f04_news_before_the_plus_of_idle_are_heard(opened: Opener) -> None:
    with FakeImap(IDLE="* 3 EXISTS\r\n+ idling\r\n") as fake:
        box = opened(fake.port)
        assert box.wait(1) is True
        assert box.connected
        box.close()


def test_f04_idle_that_is_advertised_but_refused_becomes_polling(opened: Opener) -> None:
    with FakeImap(IDLE="{tag} BAD no\r\n", NOOP="* 3 EXISTS\r\n{tag} OK done\r\n") as fake:
        box = opened(fake.port)
        assert box.wait(10, poll_s=0.05) is True
        assert box.wait(10, poll_s=0.05) is True and fake.commands().count("IDLE") == 1
        box.close()


def test_f04_a_server_that_goes_away_in_idle_is_noticed_and_can_come_back(
    dovecot: servers.Dovecot, opened: Opener
) -> None:
    dovecot.deliver(SUPPORT, mail(1))
    box = opened(dovecot.imap_port)
    stopping = threading.Timer(0.2, dovecot.stop)
    stopping.start()
    with pytest.raises(ConnectionLost):
        box.wait(30)
    assert not box.connected
    stopping.join()
    servers.wait_until(lambda: not servers.answers(dovecot.imap_port), "dovecot gone")
    with pytest.raises(HostUnreachable, match="check `port` and the firewall"):
        box.connect()
    dovecot.start()
    assert box.connect().exists == 1


@pytest.mark.parametrize("idle", ["+ idling\r\n" + HANG_UP, "+ idling\r\n* BYE shutting down\r\n" + HANG_UP])
def test_f04_the_end_of_the_line_in_idle_is_an_error_and_no_busy_loop(opened: Opener, idle: str) -> None:
    with FakeImap(IDLE=idle) as fake:
        box = opened(fake.port)
        with pytest.raises(ConnectionLost, match="connects again by itself"):
            box.wait(30)
        assert not box.connected and fake.commands().count("IDLE") == 1


def test_f04_a_dead_peer_in_idle_is_found_when_done_is_not_answered(opened: Opener) -> None:
    with FakeImap(DONE="") as fake:
        box = opened(fake.port, timeout_s=0.3)
        with pytest.raises(ConnectionLost):
            box.wait(0.1)
        assert not box.connected


def test_f04_idle_chatter_is_no_mail(opened: Opener) -> None:
    with FakeImap(IDLE="+ idling\r\n* OK Still here\r\n") as fake:
        box = opened(fake.port)
        assert box.wait(0.3) is False
        box.close()


# ---------------------------------------------------------------------- getting in


def test_f09_a_wrong_password_is_a_lasting_refusal_that_does_not_show_it(dovecot: servers.Dovecot) -> None:
    box = Mailbox(account(dovecot.imap_port, password=lambda: "hunter2"))
    with pytest.raises(LoginRefused, match="check `login` and the password") as caught:
        box.connect()
    assert caught.value.permanent and "hunter2" not in str(caught.value) and not box.connected


def test_logins_and_passwords_with_odd_characters_get_in(tmp_path: Path, opened: Opener) -> None:
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    users = {"corp\\support\\shared": 'p"w\\ {x}', "with space": "ä密码", "plain@corp.example": "*"}
    with servers.Dovecot(tmp_path, users) as dovecot:
        for login, password in users.items():
            assert opened(dovecot.imap_port, login=login, password=lambda p=password: p).state().exists == 0


def test_f19_a_missing_folder_is_named(dovecot: servers.Dovecot) -> None:
    with pytest.raises(FolderMissing, match=r"No/Such.*check `folder`"):
        Mailbox(account(dovecot.imap_port, folder="No/Such")).connect()


def test_a_host_without_an_address_is_named() -> None:
    with pytest.raises(HostUnreachable, match="has no address"):
        Mailbox(account(993, host="imap.invalid", security="tls")).connect()


def test_c19_unsafe_login_is_explained() -> None:
    with (
        FakeImap(SELECT="{tag} NO SELECT Unsafe Login. Please contact kefu@188.com for help\r\n") as fake,
        pytest.raises(LoginRefused, match=r"Unsafe Login.*授权码"),
    ):
        Mailbox(account(fake.port)).connect()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("{tag} NO [UNAVAILABLE] Temporary authentication failure.\r\n", Unavailable),
        ("{tag} NO [LIMIT] Too many simultaneous connections.\r\n", Throttled),
        ("{tag} NO [AUTHENTICATIONFAILED] Authentication failed.\r\n", LoginRefused),
        ("{tag} BAD Command Error. 12\r\n", LoginRefused),
        ("* BYE Too many connections\r\n" + HANG_UP, Throttled),
        (HANG_UP, ConnectionLost),
    ],
)
def test_a_login_that_fails_is_told_apart(answer: str, kind: type[MailboxError]) -> None:
    with FakeImap(LOGIN=answer) as fake, pytest.raises(MailboxError) as caught:
        Mailbox(account(fake.port)).connect()
    assert type(caught.value) is kind


def test_f18_a_folder_without_uidvalidity_is_refused() -> None:
    with FakeImap(SELECT="* 2 EXISTS\r\n{tag} OK [READ-WRITE] ok\r\n") as fake, pytest.raises(NoUidValidity):
        Mailbox(account(fake.port)).connect()


def test_f18_a_folder_without_uidnext_is_asked_for_its_highest_uid(opened: Opener) -> None:
    with FakeImap(SELECT="* 2 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n{tag} OK [READ-WRITE] ok\r\n") as fake:
        box = opened(fake.port)
        assert box.state() == MailboxState(7, 13, 2, tells_uidnext=False)
        box.close()


# ---------------------------------------------------------------------- TLS


@pytest.fixture(scope="module")
def tls_dovecot(
    certificates: servers.Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[servers.Dovecot]:
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    made = certificates.make("localhost")
    with servers.Dovecot(tmp_path_factory.mktemp("tls"), {SUPPORT: "pw"}, certificate=made) as server:
        yield server


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a13_tls_with_a_certificate_that_we_trust(
    tls_dovecot: servers.Dovecot, certificates: servers.Certificates, opened: Opener, security: str
) -> None:
    port = tls_dovecot.imaps_port if security == "tls" else tls_dovecot.imap_port
    box = opened(port, host="localhost", security=security, ca_file=str(certificates.ca))
    threading.Timer(0.2, tls_dovecot.deliver, [SUPPORT, mail(1)]).start()
    assert box.wait(30) is True
    assert next(box.fetch(box.uids())).raw.endswith(mail(1))


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize(("host", "trusted"), [("localhost", False), ("127.0.0.1", True)])
def test_a13_a_bad_certificate_ends_it_before_the_password(
    tls_dovecot: servers.Dovecot, certificates: servers.Certificates, security: str, host: str, trusted: bool
) -> None:
    asked: list[str] = []

    def password() -> str:
        asked.append("asked")
        return "pw"

    port = tls_dovecot.imaps_port if security == "tls" else tls_dovecot.imap_port
    box = Mailbox(account(port, host=host, security=security, ca_file=str(certificates.ca) if trusted else "",
                          password=password))  # fmt: skip
    with pytest.raises(CertificateBad, match="tls_ca"):
        box.connect()
    assert asked == [] and not box.connected


def test_a13_a_stripped_starttls_gets_no_password() -> None:
    with (
        FakeImap() as fake,
        pytest.raises(TlsMissing, match="the password was not sent"),
    ):
        Mailbox(account(fake.port, security="starttls")).connect()
    assert "LOGIN" not in fake.commands() and "AUTHENTICATE" not in fake.commands()


def test_a13_preauth_before_starttls_gets_no_password() -> None:
    with FakeImap(greeting="* PREAUTH hello\r\n") as fake, pytest.raises(MailboxError):
        Mailbox(account(fake.port, security="starttls")).connect()
    assert "LOGIN" not in fake.commands()


def test_a13_a_plain_port_is_not_taken_for_tls(dovecot: servers.Dovecot) -> None:
    with pytest.raises(CertificateBad, match=r"no TLS is spoken there.*starttls"):
        Mailbox(account(dovecot.imap_port, security="tls")).connect()


def test_a13_no_password_in_clear_text_beyond_this_machine() -> None:
    with pytest.raises(ValueError, match=r"clear text to imap\.corp\.example"):
        account(143, host="imap.corp.example")
    assert account(143, host="::1").security == "none" and account(143, host="localhost").security == "none"


# ---------------------------------------------------------------------- servers that are not to be believed


FETCH = '* 1 FETCH (UID 11 RFC822.SIZE {size} INTERNALDATE "01-Mar-2026 08:00:00 +0800"{body})\r\n{{tag}} OK done\r\n'


def fetch_answer(size: int = 4, body: str = " BODY[] {4}\r\nabcd") -> Callable[[str], str]:
    return lambda line: FETCH.format(size=size, body=body if "BODY" in line else "")


@pytest.mark.parametrize("literal", ["{8000000000}", "{1099511627776}", "{1" + "0" * 30 + "}"])
def test_a33_a_giant_literal_drops_the_connection(opened: Opener, literal: str) -> None:
    with FakeImap(FETCH=fetch_answer(body=f" BODY[] {literal}\r\nabcd")) as fake:
        box = opened(fake.port)
        with pytest.raises(ProtocolBroken):
            list(box.fetch([11]))
        assert not box.connected


@pytest.mark.parametrize(
    "answer",
    [
        "* 1 FETCH (UID 11 RFC822.SIZE 4 INTERNALDATE " + "(" * 600 + ")" * 600 + ")\r\n{tag} OK done\r\n",
        '* 1 FETCH (UID 11 RFC822.SIZE -4 INTERNALDATE "01-Mar-2026 08:00:00 +0800")\r\n{tag} OK done\r\n',
        '* 1 FETCH (UID 11 RFC822.SIZE 4 INTERNALDATE "yesterday")\r\n{tag} OK done\r\n',
        "* 1 FETCH (UID 11 RFC822.SIZE\r\n{tag} OK done\r\n",
        "* 1 FETCH (" + "x" * 1_100_000 + ")\r\n{tag} OK done\r\n",
        "nonsense\r\n",
    ],
)  # fmt: skip
def test_a33_nonsense_drops_the_connection(opened: Opener, answer: str) -> None:
    with FakeImap(FETCH=answer) as fake:
        box = opened(fake.port)
        with pytest.raises(ProtocolBroken):
            box.sizes([11])
        assert not box.connected


@pytest.mark.parametrize("uids", ["0", "4294967296", "-3", "x"])
def test_a33_uids_that_cannot_be_drop_the_connection(opened: Opener, uids: str) -> None:
    with FakeImap(SEARCH=f"* SEARCH {uids}\r\n{{tag}} OK done\r\n") as fake:
        box = opened(fake.port)
        with pytest.raises(ProtocolBroken):
            box.uids()
        assert not box.connected


def test_f05_nothing_partial_is_handed_over_when_the_line_breaks_in_a_body(opened: Opener) -> None:
    with FakeImap(FETCH=lambda line: FETCH.format(size=400, body="") if "BODY" not in line
                  else "* 1 FETCH (UID 11 BODY[] {400}\r\nabcd" + HANG_UP) as fake:  # fmt: skip
        box = opened(fake.port)
        with pytest.raises(ConnectionLost):
            list(box.fetch([11]))


def test_f05_a_body_that_is_nil_is_not_handed_over(opened: Opener) -> None:
    with FakeImap(FETCH=fetch_answer(body=" BODY[] NIL")) as fake:
        box = opened(fake.port)
        assert list(box.fetch([11])) == []
        box.close()


def test_f05_a_length_that_contradicts_is_fetched_again_and_then_taken(opened: Opener) -> None:
    with FakeImap(FETCH=fetch_answer(size=9)) as fake:
        box = opened(fake.port)
        (got,) = box.fetch([11])
        assert (got.raw, got.size) == (b"abcd", 9)
        assert sum("BODY.PEEK[]" in line for line in fake.heard) == 2
        box.close()


@pytest.mark.parametrize("answer", ["* 11 FETCH (BODY[] {4}\r\nabcd)\r\n", "* 2 FETCH (UID 12 BODY[] {4}\r\nabcd)\r\n"])
def test_f05_a_body_without_our_uid_is_not_taken_for_ours(opened: Opener, answer: str) -> None:
    with FakeImap(
        FETCH=lambda line: answer + "{tag} OK done\r\n" if "BODY" in line else FETCH.format(size=4, body="")
    ) as fake:
        box = opened(fake.port)
        assert list(box.fetch([11])) == []
        box.close()


def test_a33_a_mail_without_an_end_is_given_up(opened: Opener) -> None:
    def endless(line: str) -> str:
        offset = line.partition("<")[2].partition(".")[0]
        return f"* 1 FETCH (UID 11 BODY[]<{offset}> {{262144}}\r\n{'x' * 262144})\r\n{{tag}} OK done\r\n"

    with FakeImap(FETCH=endless) as fake:
        box = opened(fake.port)
        with pytest.raises(ProtocolBroken, match="has no end"):
            for _piece in box.fetch_large(11, 1000):
                pass


def test_f05_a_silent_server_times_out(opened: Opener) -> None:
    with FakeImap(SEARCH="") as fake:
        box = opened(fake.port, timeout_s=0.2)
        with pytest.raises(ConnectionLost):
            box.uids()
        assert not box.connected


# ---------------------------------------------------------------------- guards


def test_imaplib_does_not_write_bodies_into_a_log(dovecot: servers.Dovecot, opened: Opener) -> None:
    box = opened(dovecot.imap_port)
    assert box._client is not None and box._client._imap.debug == 0
    sock = box._client.socket()
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) and sock.gettimeout() == 10.0
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_f04_a_goodbye_is_told_as_what_it_is_and_not_as_a_broken_protocol(opened: Opener) -> None:
    with FakeImap(SEARCH="* BYE Session invalidated - AccessTokenExpired\r\n" + HANG_UP) as fake:
        box = opened(fake.port)
        with pytest.raises(ConnectionLost, match=r"AccessTokenExpired.*connects again by itself") as caught:
            box.uids()
        assert type(caught.value) is ConnectionLost and not box.connected
