"""Who wrote the mail inside a forward."""

import pytest

from maild.ingest.read import read
from maild.model.message import Forwarded


def forwarded(body: str, subject: str = "Fwd: printer") -> Forwarded | None:
    return read(
        f"From: agent@corp.example\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{body}\n".encode()
    ).forwarded


BODIES = [
    (
        "FYI\n\n"
        "---------- Forwarded message ---------\n"
        "From: Li Lei <li@corp.example>\n"
        "Date: Mon, 5 Jan 2026\n"
        "Subject: printer\n"
        "To: agent@corp.example\n\n"
        "help"
    ),
    (
        "Begin forwarded message:\n\n"
        "From: Li Lei <li@corp.example>\n"
        "Subject: printer\n"
        "Date: 5 January 2026\n"
        "To: agent@corp.example\n\n"
        "help"
    ),
    (
        "请处理\n\n"
        "-------- 转发邮件信息 --------\n"
        "发件人：Li Lei <li@corp.example>\n"
        "发送日期：2026-01-05\n"
        "收件人：agent@corp.example\n"
        "主题：printer\n\n"
        "求助"
    ),
    ("From: Li Lei [mailto:li@corp.example]\nSent: Monday, 5 January 2026 09:00\nTo: agent\nSubject: printer\n\nhelp"),
    ("*Von:* Li Lei <li@corp.example>\n*Gesendet:* Montag\n*An:* agent\n*Betreff:* printer\n\nhilfe"),
]


@pytest.mark.parametrize("body", BODIES)
def test_the_header_block_under_the_forward_line_tells(body: str) -> None:
    found = forwarded(body)
    assert found is not None
    assert (found.from_.address, found.from_.name, found.subject) == ("li@corp.example", "Li Lei", "printer")


def test_an_attached_message_tells() -> None:
    raw = (
        b"From: agent@corp.example\nSubject: look\nContent-Type: multipart/mixed; boundary=o\n\n--o\n\nplease\n--o\n"
        b"Content-Type: message/rfc822\n\nFrom: Li Lei <li@corp.example>\nSubject: printer\n\nhelp\n--o--\n"
    )
    message = read(raw)
    assert message.forwarded is not None and message.forwarded.from_.address == "li@corp.example"
    assert message.text.endswith("----- attached message: printer -----\nhelp")
    assert message.new_text == "please"


def test_a_reply_is_no_forward() -> None:
    assert forwarded("thanks\n\nOn Mon, 5 Jan 2026, Li <li@corp.example> wrote:\n> help", "Re: printer") is None


def test_an_address_elsewhere_in_the_body_is_never_taken() -> None:
    assert forwarded("please answer boss@corp.example about this", "Fwd: printer") is None
