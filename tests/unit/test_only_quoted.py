"""A mail with no word of its own is known as such: what it quotes was not said by its writer now."""

import pytest

from maild.ingest.read import read
from maild.ingest.ticket_fields import extract

HEAD = (
    b"From: Li Lei <li.lei@corp.example>\nSubject: Re: [IT-1] x\nIn-Reply-To: <a@b>\n"
    b"Content-Type: text/plain; charset=utf-8\n\n"
)
GMAIL = "On Mon, Mar 4, 2024 at 10:01 AM IT Service Desk <it@corp.example>\nwrote:\n\n> Hello\n> Phone:   (where)\n"
OUTLOOK = (
    "\nFrom: IT Service Desk <it@corp.example>\nSent: Monday, March 4, 2024 10:01 AM\nTo: Li Lei\n"
    "Subject: Re: [IT-1] x\n\nHello\nImpact: one person\nPhone:   (where)\n"
)
FORWARD = (
    "---------- Forwarded message ---------\nFrom: Mary <mary@corp.example>\nDate: Mon, Mar 4, 2024 at 9:40 AM\n"
    "Subject: x\nTo: Li Lei <li.lei@corp.example>\n\nMy screen is black.\n"
)


@pytest.mark.parametrize(
    ("text", "only_quoted"),
    [
        (GMAIL, True),
        (OUTLOOK, True),
        ("yes\n\n" + GMAIL, False),
        ("yes\n\n" + OUTLOOK, False),
        (FORWARD, False),
        ("Hello", False),
        ("", False),
    ],
)
def test_an_answer_that_holds_nothing_but_history_says_so(text: str, only_quoted: bool) -> None:
    assert read(HEAD + text.encode()).only_quoted is only_quoted


def test_only_what_was_asked_is_read_in_an_answer_without_a_word_of_its_own() -> None:
    filled = OUTLOOK.replace("Phone:   (where)", "Phone: 8123")
    found = {field.name: field.value for field in extract(read(HEAD + filled.encode()), ("phone",))}
    assert found["phone"] == "8123"
    assert "impact" not in found
