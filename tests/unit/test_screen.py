"""The verdicts of screening, in the order of the specification."""

from dataclasses import replace

import pytest

from maild.ingest.read import read
from maild.ingest.screen import screen
from maild.model.message import Message
from maild.model.policy import Desk, Policy
from maild.model.words import Words

POLICY = Policy(
    desk=Desk(
        Words("服务台", "IT Desk"), "it@corp.example", own_addresses=frozenset({"it@corp.example", "old@corp.example"})
    ),
    blocked=frozenset({"spammer@x.example", "@bad.example"}),
    machines=frozenset({"monitor@corp.example"}),
    spam_header="X-Spam-Flag",
    spam_values=("YES",),
)


def mail(headers: str, body: str = "hello") -> Message:
    return read(f"Subject: x\n{headers}\n\n{body}\n".encode())


CASES = [
    ("From: li@corp.example", "person"),
    ("From: IT@corp.example", "own"),
    ("From: old@corp.example", "own"),
    ("From: li@corp.example\nX-Maild-Loop: it@corp.example", "own"),
    ("From: li@corp.example\nX-Maild-Loop: other@desk.example", "person"),
    ("From: li@corp.example\n" + "\n".join(["Received: by x"] * 51), "own"),
    ("From: li@corp.example\nAuto-Submitted: auto-replied", "auto_reply"),
    ("From: monitor@corp.example\nAuto-Submitted: auto-generated", "person"),
    ("From: other@corp.example\nAuto-Submitted: auto-generated", "auto_generated"),
    ("From: li@corp.example\nList-Id: <x.y>", "bulk"),
    ("From: li@corp.example\nX-Spam-Flag: YES", "spam"),
    ("From: li@corp.example\nX-Spam-Flag: NO", "person"),
    ("From: Spammer@x.example", "blocked"),
    ("From: any@bad.example", "blocked"),
    ("From: any@notbad.example", "person"),
    ("From: spammer@x.example\nX-Spam-Flag: YES\nAuto-Submitted: auto-replied", "auto_reply"),
    ("From: spammer@x.example\nX-Spam-Flag: YES", "spam"),
]


@pytest.mark.parametrize(("headers", "expected"), CASES)
def test_the_first_match_decides(headers: str, expected: str) -> None:
    found = screen(mail(headers), POLICY)
    assert found.verdict == expected
    assert found.reason


def test_without_a_spam_header_in_the_policy_nothing_is_spam() -> None:
    assert screen(mail("From: a@b.example\nX-Spam-Flag: YES"), replace(POLICY, spam_header="")).verdict == "person"
