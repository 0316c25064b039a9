"""Addresses for showing, identities for trusting, ids and dates."""

import pytest

from maild.ingest.fields import split_fields
from maild.ingest.headers import judge_sender, message_ids, parse_addresses, parse_date


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"a@b.example", [("", "a@b.example")]),
        (b'"Li, Lei" <a@b.example>, c@d.example', [("Li, Lei", "a@b.example"), ("", "c@d.example")]),
        (b"Li, Lei <a@b.example>", [("Li, Lei", "a@b.example")]),
        (b"a@b.example (Li Lei)", [("Li Lei", "a@b.example")]),
        (b"=?gb2312?B?wO7A1w==?= <a@b.example>", [("李雷", "a@b.example")]),
        ("李雷 <a@b.example>".encode("gbk"), [("李雷", "a@b.example")]),
        (b"team: a@b.example, c@d.example;", [("", "a@b.example"), ("", "c@d.example")]),
        (b"undisclosed-recipients:;", []),
        (b"<<a@b.example>>", [("", "a@b.example")]),
        (b"a@b.example <a@b.example>", [("a@b.example", "a@b.example")]),
        (b"\"'a@b.example'\" <a@b.example>", [("a@b.example", "a@b.example")]),
        (b"<mailto:a@b.example>", [("", "a@b.example")]),
    ],
)
def test_addresses_for_showing(raw: bytes, expected: list[tuple[str, str]]) -> None:
    assert [(a.name, a.address) for a in parse_addresses(raw)] == expected


CLEAN = [
    b"From: a@b.example\r\n",
    b"From: Li Lei <a@b.example>\r\n",
    b'From: "a@b.example" <a@b.example>\r\n',
    b'From: "Li, \\"L\\" Lei" <a@b.example>\r\n',
    b"From: =?gb2312?B?wO7A1w==?=\r\n <a@b.example>\r\n",
    "From: 李雷 <a@b.example>\r\n".encode("gbk"),
]
ATTACKS = [
    b"From: a@b.example)evil@x.example\r\n",
    b"From: <a@b.example>evil@x.example\r\n",
    b"From: a@b.example <evil@x.example>\r\n",
    b"From: a@b.example, evil@x.example\r\n",
    b"From: group: a@b.example;, evil@x.example\r\n",
    b"From: evil@x.example\r\nFrom: a@b.example\r\n",
    b"From: evil@x.example\rFrom: a@b.example\r\n",
    b'From: "a"@b.example\r\n',
    b"From : a@b.example\r\n",
    b"From: a@b.example\r\nX: \0\r\n",
    b"From: a@b.example (comment)\r\n",
    b"From: =?utf-8?q?a?=@b.example\r\n",
    "From: a@bé.example\r\n".encode(),
    b"From: a@b.example <a@b.example\r\n",
    b"From: <@evil.example:a@b.example>\r\n",
    b"From: " + b"a" * 300 + b"@b.example\r\n",
    b"From: " + b"(" * 600 + b"a@b.example\r\n",
    b"From:\r\n",
    b"Reply-To: a@b.example\r\n",
]


@pytest.mark.parametrize("header", CLEAN)
def test_one_clean_mailbox_is_an_identity(header: bytes) -> None:
    assert judge_sender(split_fields(header + b"\r\nbody")).identity == "a@b.example"


@pytest.mark.parametrize("header", ATTACKS)
def test_everything_else_is_nobody_and_says_why(header: bytes) -> None:
    sender = judge_sender(split_fields(header + b"\r\nbody"))
    assert sender.identity is None
    assert sender.defect


def test_ids_without_form_do_not_count() -> None:
    assert message_ids("<a@b> < > <> <c d@e> x@y <f@g>\t<a@b>") == ("<a@b>", "<f@g>")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"Mon, 5 Jan 2026 09:00:00 +0800 (CST)", "2026-01-05T09:00:00+08:00"),
        (b"5 Jan 26 09:00 GMT", "2026-01-05T09:00:00+00:00"),
        (b"Mon Jan  5 09:00:00 2026", "2026-01-05T09:00:00+00:00"),
        (b"2026-01-05T09:00:00+08:00", "2026-01-05T09:00:00+08:00"),
        (b"Mon, 45 Jan 2026 09:00:00 +0800", None),
        (b"yesterday", None),
        (b"", None),
        (b"9" * 1_000_000, None),
    ],
)
def test_dates(raw: bytes, expected: str | None) -> None:
    found = parse_date(raw)
    assert (found.isoformat() if found else None) == expected


def test_header_lines_that_are_none_do_not_end_the_header() -> None:
    fields = split_fields(b"From a@b Mon Jan 5\nSubject: one\nthis is no field\nTo: a@b\n\nbody")
    assert [name for name, _ in fields.items] == ["subject", "to"]


def test_a_body_without_a_blank_line_begins_at_its_first_line() -> None:
    raw = b"Subject: one\nHello there, my printer\nis broken\n\nbye\n"
    assert raw[split_fields(raw).body_at :].startswith(b"Hello there")
