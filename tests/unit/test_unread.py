"""Mails that no parser may read: what is told of them is bounded, and never fails."""

import time

import pytest

from maild.ingest.prescan import content_hash, glance, message_id_of
from maild.ingest.unread import unread

HEADER = (
    b"From: =?utf-8?b?5p2O6Zu3?= <li.lei@corp.example>\r\nTo: it@corp.example\r\nSubject: =?utf-8?b?5omT5Y2w5py6?=\r\n"
    b"Message-ID: <a@corp.example>\r\nReferences: <b@corp.example> <c@corp.example>\r\n"
)


def test_f10_header_and_first_text_of_an_unreadable_mail_are_told_with_where_the_rest_is() -> None:
    message = unread(HEADER + b"\r\n" + "三楼的打印机坏了。".encode() * 9000, 7, True)
    assert (message.from_.address, message.from_.name) == ("li.lei@corp.example", "李雷")
    assert message.sender.identity == "li.lei@corp.example"
    assert message.subject == "打印机" and message.language == "zh-CN"
    assert message.references == ("<b@corp.example>", "<c@corp.example>")
    assert message.text.startswith("三楼的打印机坏了") and "`maild inbound show 7 --raw FILE`" in message.text
    assert 20_000 < len(message.text) < 40_000
    assert message.automatic.verdict == "person"
    header_only = unread(HEADER, 7, False)
    assert "its header only" in header_only.text and header_only.attachments == ()


@pytest.mark.parametrize(
    ("extra", "sign"),
    [
        (b"Auto-Submitted: auto-generated\r\n", "Auto-Submitted"),
        (b"List-Id: <x.example>\r\n", "list-id"),
        (b"Return-Path: <>\r\n", "empty Return-Path"),
        (b"X-Autoreply: yes\r\n", "x-autoreply"),
    ],
)
def test_f10_a_machine_is_known_by_its_header_alone(extra: bytes, sign: str) -> None:
    automatic = unread(extra + HEADER + b"\r\nhello", 1, True).automatic
    assert automatic.verdict == "auto_generated" and sign in automatic.reason


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 300_000,
        b"no header at all",
        b"From: " + b"(" * 200_000,
        b"From: " + b'"\\' * 100_000 + b"\r\n\r\n",
        b"Subject: " + b"=?utf-8?b?" * 20_000 + b"\r\n\r\n",
        b"References: " + b"<a@b> " * 40_000 + b"\r\n\r\n",
        b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + b"\r\nx",
        b"From: a@b.c\r\n" * 10_000 + b"\r\nx",
        b"\r\n\r\n" + b"\xff\xfe" * 130_000,
    ],
)
def test_f10_whatever_was_quarantined_can_be_looked_at_in_a_moment(raw: bytes) -> None:
    begun = time.perf_counter()
    message = unread(raw, 1, True)
    glance(raw)
    assert time.perf_counter() - begun < 2.0
    assert len(message.text) < 100_000 and len(message.headers) <= 100 and len(message.references) < 1000
    assert "maild inbound show 1" in message.text


def test_f10_of_a_header_with_too_many_fields_nobody_is_believed_to_be_the_writer() -> None:
    many = b"".join(b"X-%d: y\r\n" % n for n in range(500))
    assert unread(HEADER + many + b"\r\nx", 1, True).sender.identity is None


def test_f13_one_glance_tells_what_the_ledger_notes() -> None:
    raw = HEADER + b"\r\nhello\r\n"
    seen = glance(raw)
    assert (seen.message_id, seen.content_hash) == (message_id_of(raw), content_hash(raw))
    assert (seen.sender, seen.subject) == ("li.lei@corp.example", "打印机")
    assert glance(HEADER, 99).content_hash == f"large 99 {content_hash(HEADER)}"
    empty = glance(b"")
    assert (empty.sender, empty.subject, empty.message_id) == ("", "", "")
