"""Every button of every letter, tapped in every mail program: the right verb arrives with its token, no stray word."""

from collections.abc import Iterator
from functools import cache

import pytest

from maild.ingest.read import read
from maild.ingest.thread import keys
from maild.model import MailArrived, Message, Press, Screening, Thread, Trust
from maild.outbound import samples
from maild.outbound.actions import LABELS
from maild.outbound.compose import Composer, Ids
from maild.outbound.letters import LETTERS
from maild.outbound.preview import bodies
from maild.outbound.sample_cases import cases, policy
from maild.tokens import Tokens
from maild.workflow import desk_mail, pressed
from maild.workflow.answers import understand
from maild.workflow.commands.verbs import BY_NAME
from tests import tapped

TOKENS = Tokens([b"0123456789abcdef0123456789abcdef"], "corp.example")
NOW = samples.NOW
# In which state somebody answers with a button of theirs, by the letter that has it.
ASKED_IN = {"solved": "resolved", "unsolved": "resolved", "withdraw": "open", "different": "open"}


@cache
def buttons(language: str) -> tuple[tuple[str, str, str], ...]:
    """(letter, its reader, link) of every button of every face, each link once."""
    composer = Composer(policy(language), TOKENS)
    found: dict[str, tuple[str, str, str]] = {}
    for case in cases(language):
        raw = composer.compose(case.mail, case.ticket, Ids("<a@corp.example>", "<b@corp.example>"), case.now).raw
        for link in tapped.links(bodies(raw)[1]):
            found.setdefault(f"{case.mail.to.key} {link}", (case.mail.template, case.mail.to.address, link))
    return tuple(found.values())


def taps(language: str, client: tapped.Client, written: str = "") -> Iterator[tuple[str, str, str, Message]]:
    for letter, reader, link in buttons(language):
        yield letter, reader, link, read(client.open(link, reader, written))


def arrived(message: Message, press: Press) -> MailArrived:
    trust = Trust("agent", "pressed", evidence="button")
    return MailArrived(
        message=message, screening=Screening("person", ""), thread=Thread(1042, "tag"), trust=trust, received=NOW,
        press=press,
    )  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("client", tapped.CLIENTS, ids=lambda client: client.name)
def test_a_tap_brings_verb_argument_and_token_and_nothing_else(client: tapped.Client, language: str) -> None:
    seen = set()
    for letter, reader, link, message in taps(language, client):
        found = keys(message, TOKENS, samples.POLICY)
        assert found.button is not None, (letter, link)
        verb, token = found.button
        seen.add(verb)
        said = tapped.read(link).subject
        assert said.endswith(f"#{verb} {found.argument} {token}".replace("  ", " ")), said
        ticket = found.tags[0] if found.tags else 0
        assert TOKENS.button_made(token, reader, ticket, f"{verb} {found.argument}".rstrip()) or verb in (
            "confirm",
            "accept",
        )
        if verb not in BY_NAME:
            continue
        parsed = desk_mail.commands_of(message, samples.POLICY)
        whole = pressed.with_press(parsed, arrived(message, Press(verb, found.argument)), samples.POLICY)
        assert [each.verb for each in whole.commands] == [verb], (letter, verb, parsed)
        assert whole.commands[0].argument == found.argument
        assert not whole.text and not whole.problems, (letter, verb, message.text)
    assert seen == set(LABELS)
    assert {verb for one in LETTERS.values() for verb in one.verbs} == seen


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("client", tapped.CLIENTS, ids=lambda client: client.name)
def test_what_an_agent_writes_behind_it_is_the_summary_in_the_very_words(client: tapped.Client, language: str) -> None:
    words = "换了墨盒，已打印测试页。" if language == "zh-CN" else "Replaced the toner, test page printed."
    for letter, _, link, message in taps(language, client, words):
        found = keys(message, TOKENS, samples.POLICY)
        if found.button is None or found.button[0] != "resolve":
            continue
        parsed = desk_mail.commands_of(message, samples.POLICY)
        whole = pressed.with_press(parsed, arrived(message, Press("resolve")), samples.POLICY)
        summary = "\n".join(part for part in (whole.commands[0].argument, whole.text) if part)
        assert summary == words and not whole.problems, (letter, link, message.text)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("client", [each for each in tapped.CLIENTS if each.body("x")], ids=lambda client: client.name)
def test_a_requesters_tap_is_understood_by_its_body_too(client: tapped.Client, language: str) -> None:
    meant = {"solved": "solved", "unsolved": "not_solved", "withdraw": "withdrawn"}
    for _, _, link, message in taps(language, client):
        verb = str(keys(message, None, samples.POLICY).button).split("'")[1]
        if verb in meant:
            assert understand(message.new_text, ASKED_IN[verb]).kind == meant[verb], (verb, link)


def test_a_program_that_cuts_links_at_456_characters_still_opens_all_of_it() -> None:
    for language in ("en", "zh-CN"):
        assert max(len(link) for _, _, link in buttons(language)) <= 456
