"""Delivery reports without RFC 3464 parts, by server: who did not get it, with which status, and which mail it was.

The notices stand in bounce_notices.txt. R is the address that failed, S the desk that wrote, H the reporting host.
"""

from collections.abc import Iterator
from email.header import Header
from pathlib import Path

import pytest

from maild.ingest.read import read

R, S, H = "gone@far.example", "it@corp.example", "mail.host.example"
RETURNED = (
    "Received: from desk.corp.example (desk.corp.example [192.0.2.9])\n\tby mail.host.example; "
    "Mon, 5 Jan 2026 09:00:00 +0800\nMessage-ID: <it-12@corp.example>\nDate: Mon, 5 Jan 2026 09:00:00 +0800\n"
    "From: IT <it@corp.example>\nTo: Gone <gone@far.example>\nCc: other@far.example\nSubject: printer\n"
)


def filled(text: str) -> str:
    values = {"R": R, "S": S, "H": H}
    return "".join(values[c] if c in values and _apart(text, at) else c for at, c in enumerate(text))


def _apart(text: str, at: int) -> bool:
    """Whether no Latin letter or digit stands beside this one."""
    around = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
    return not any(c.isascii() and (c.isalnum() or c in "_/&") for c in around)


def notices() -> Iterator[tuple[str, str, str, str, str]]:
    """(server, from, subject, notice, status)."""
    for section in Path(__file__).with_name("bounce_notices.txt").read_text("utf-8").split("=== ")[1:]:
        head, _, notice = section.partition("\n")
        server, author, subject, status = head.split(" | ")
        yield server, filled(author), filled(subject), filled(notice.strip("\n")), status


def mails(author: str, subject: str, notice: str) -> Iterator[tuple[str, str]]:
    """(how the mail came back, the report) in the ways in which servers give it back."""
    head = (
        f"From: {author}\nTo: {S}\nSubject: {Header(subject, 'utf-8').encode()}\nDate: Mon, 5 Jan 2026 09:01:00 +0800\n"
    )
    plain = f"{head}Content-Type: text/plain; charset=utf-8\n\n{notice}\n"
    yield "copied below a line", f"{plain}\n--- Below this line is a copy of the message.\n\n{RETURNED}\nThe text.\n"
    yield (
        "header copied",
        f"{plain}\n------ This is a copy of your message, including all the headers. ------\n\n{RETURNED}\n",
    )
    yield "original message follows", f"{plain}\nOriginal message follows.\n\n{RETURNED}\nThe text.\n"
    yield "quoted", f"{plain}\n----- Original message -----\n\n" + "".join(f"> {x}\n" for x in RETURNED.split("\n"))
    mixed = f"{head}MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
    mixed += f"Content-Type: text/plain; charset=utf-8\n\n{notice}\n\n--b\n"
    yield "attached", f"{mixed}Content-Type: message/rfc822\n\n{RETURNED}\nThe text.\n\n--b--\n"
    yield "header attached", f"{mixed}Content-Type: text/rfc822-headers\n\n{RETURNED}\n--b--\n"


@pytest.mark.parametrize(("server", "author", "subject", "notice", "status"), list(notices()))
def test_a_servers_notice_names_recipient_status_and_mail(
    server: str, author: str, subject: str, notice: str, status: str
) -> None:
    wrong = {}
    for way, raw in mails(author, subject, notice):
        found = read(raw.encode()).bounce
        seen = found and [(one.address, one.status, one.permanent) for one in found.recipients]
        if found is None or seen != [(R, status, status[0] == "5")] or found.message_id != "<it-12@corp.example>":
            wrong[way] = (seen, found and found.message_id)
    assert not wrong, wrong


@pytest.mark.parametrize(("server", "author", "subject", "notice", "status"), list(notices()))
def test_a_servers_notice_alone_is_enough(server: str, author: str, subject: str, notice: str, status: str) -> None:
    title = Header(subject, "utf-8").encode()
    raw = f"From: {author}\nTo: {S}\nSubject: {title}\nContent-Type: text/plain; charset=utf-8\n\n"
    found = read(f"{raw}{notice}\n".encode()).bounce
    assert found is not None
    assert [(one.address, one.status) for one in found.recipients] == [(R, status)]
