"""The bounded look at raw bytes, and the dedupe key of the ledger."""

import pytest

from maild.ingest.prescan import PARSE_BYTES, content_hash, content_hash_of, message_id_of, prescan

HEAD = (
    b"From: Li Lei <li.lei@corp.example>\r\nSubject: =?gb2312?B?tPLTobv6?=\r\nDate: Mon, 5 Jan 2026 09:00:00 +0800\r\n"
)
ORDINARY = HEAD + b"Message-ID: <a1@corp.example>\r\n\r\nhello\r\n"

BOMBS = {
    "too big": ORDINARY + b"x" * PARSE_BYTES,
    "a header block without end": HEAD + b"X-A: b\r\n" * 40_000,
    "too many fields": b"".join(b"X-%d: b\n" % n for n in range(500)) + b"\nbody",
    "a field too long": b"To: " + b"a@b.example, " * 12_000 + b"\n\nbody",
    "too many encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 4_100 + b"\n\nbody",
    "semicolons": b"Content-Type: text/plain; x=" + b";" * 500 + b"\n\nbody",
    "a content header too long": b"Content-Type: text/plain; x=" + b"a" * 5_000 + b"\n\nbody",
    "too many containers": HEAD + b"\n" + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 60,
    "too many boundary lines": HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 700,
    "too many lines": HEAD + b"\n" + b"\n" * 1_100_000,
    "lines times containers": HEAD
    + b"Content-Type: multipart/mixed; boundary=b0\n\n"
    + b"".join(b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (n, n + 1) for n in range(30))
    + b"x\n" * 150_000,
}


def test_an_ordinary_mail_passes_with_its_header_facts() -> None:
    scan = prescan(ORDINARY)
    assert scan.ok and scan.reason == ""
    assert (scan.from_.address, scan.subject, scan.message_id) == ("li.lei@corp.example", "打印机", "<a1@corp.example>")
    assert scan.date is not None and scan.date.isoformat() == "2026-01-05T09:00:00+08:00"


@pytest.mark.parametrize("name", BOMBS)
def test_a_mail_over_a_limit_is_refused_with_a_reason(name: str) -> None:
    scan = prescan(BOMBS[name])
    assert not scan.ok
    assert any(character.isalpha() for character in scan.reason)
    assert len(scan.text) <= 64 * 1024


def test_a_refused_mail_still_tells_who_wrote_what() -> None:
    scan = prescan(BOMBS["too big"])
    assert (scan.from_.name, scan.subject) == ("Li Lei", "打印机")
    assert scan.text.startswith("hello")


@pytest.mark.parametrize("raw", [b"", b"\n", b"\0" * 100, b"\xff" * 1000, b"From", b"no header at all"])
def test_no_bytes_make_the_scan_raise(raw: bytes) -> None:
    assert prescan(raw).ok


def test_the_hash_is_over_date_from_and_body_only() -> None:
    other_path = ORDINARY.replace(b"From:", b"Received: by a\r\nFrom:", 1)
    other_body = ORDINARY.replace(b"hello", b"hullo")
    other_sender = ORDINARY.replace(b"li.lei@", b"han.mei@")
    assert content_hash(ORDINARY) == content_hash(other_path)
    assert len({content_hash(raw) for raw in (ORDINARY, other_body, other_sender)}) == 3


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"Message-ID: <a@b>\n\n", "<a@b>"),
        (b"message-id:\n <a@b>\n\n", "<a@b>"),
        (b"Message-ID: < >\n\n", ""),
        (b"Message-ID: <>\n\n", ""),
        (b"Subject: x\n\n", ""),
    ],
)
def test_only_a_well_formed_message_id_counts(header: bytes, expected: str) -> None:
    assert message_id_of(header) == expected


def test_a_mail_by_pipe_and_by_imap_is_one_mail() -> None:
    by_imap = ORDINARY.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    by_pipe = by_imap.replace(b"\r\n", b"\n")
    assert content_hash(by_imap) == content_hash(by_pipe) == content_hash(by_pipe + b"\n")


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n\r\n", b"\n\n\r\n", b"\r", b"\r\r\n", b"x\r"])
def test_the_hash_of_a_mail_in_pieces_is_that_of_the_whole(end: bytes) -> None:
    head = b"From: a@b.example\r\nDate: Mon, 2 Mar 2026 10:00:00 +0800\r\n\r\n"
    raw = head + b"one\r\n\r\n\r\ntwo\rthree\n\nfour\r\n" * 3 + end
    for size in (1, 2, 3, 7, 1000):
        rest = raw[len(head) :]
        pieces = [head, *(rest[at : at + size] for at in range(0, len(rest), size))]
        assert content_hash_of(pieces) == content_hash(raw), size


@pytest.mark.parametrize("before", range(-10, 2))
def test_content_headers_are_counted_wherever_a_megabyte_ends(before: int) -> None:
    filler = b"x" * (1024 * 1024 + before - len(ORDINARY))
    parts = b"\r\n".join([b"cOntent-type: multipart/mixed; boundary=b%d" % n for n in range(41)])
    assert prescan(ORDINARY + filler + b"\r\n" + parts).reason == "more than 40 containers"
    assert prescan(ORDINARY + filler + b"\r\n" + parts.partition(b"\r\n")[2]).ok
