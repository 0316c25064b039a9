"""Who counts as a colleague with a passed-on letter: of our house, vouched for, the letter to one of the ticket."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from maild.ingest import trust
from maild.model import Address, Message, Sender, Thread
from maild.tokens import Tokens
from tests.policies import default_policy

NOW = datetime(2024, 3, 6, 2, 0, tzinfo=UTC)
TOKENS = Tokens([b"0123456789abcdef0123456789abcdef"], "corp.example")
POLICY = replace(default_policy(), authserv_id="mx.corp.example")
TOM, MARY = "tom.reed@corp.example", "mary.jones@corp.example"


def judged(
    writer: str = MARY, result: str = "dmarc=pass", sent_to: str = TOM, audience: str = "public", authserv: bool = True
) -> bool:
    """Whether a mail that answers our letter about ticket 7 counts as a colleague's."""
    domain = writer.partition("@")[2]
    signed = TOKENS.read(TOKENS.message_id(7, "public" if audience == "public" else "internal", sent_to, NOW))
    assert signed is not None
    results = f"mx.corp.example; {result} header.from={domain}"
    message = Message(
        from_=Address(writer), sender=Sender(writer), headers=(("authentication-results", results),), text="x"
    )
    policy = POLICY if authserv else replace(POLICY, authserv_id="")
    claim = Thread(7, "token", signed)
    verdict = trust.judge(message, claim, (signed,), frozenset({TOM}), policy, TOKENS, NOW)
    assert not verdict.colleague or verdict.verdict == "none"
    return verdict.colleague


def test_whoever_answers_a_letter_to_the_requester_is_one() -> None:
    assert judged()
    # What we answered to that is theirs to answer too.
    assert judged(sent_to=MARY)


@pytest.mark.parametrize(
    "lacks",
    [
        {"result": "dmarc=fail"},
        {"result": "dmarc=none"},
        {"authserv": False},
        {"writer": "eve@stranger.example"},
        {"audience": "internal"},
        {"sent_to": "somebody@corp.example"},
        {"sent_to": "wang.wei@corp.example"},
        {"writer": TOM},
        {"writer": "wang.wei@corp.example"},
    ],
)
def test_whoever_lacks_any_of_it_is_none(lacks: dict[str, str]) -> None:
    assert not judged(**lacks)  # type: ignore[arg-type]  # one keyword of `judged` each
