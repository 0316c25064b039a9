"""Buttons are links that any mail program can open, and each is good for one person, one ticket and one verb."""

from dataclasses import replace
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from maild.model.labels import FIELD_LABELS
from maild.outbound import samples
from maild.outbound.actions import LABELS, URI_CHARS, buttons, mailto
from maild.outbound.letters import LETTERS
from maild.outbound.wrap import columns
from maild.tokens import Tokens
from maild.workflow.answers import understand
from maild.workflow.commands.grammar import parse

TOKENS = Tokens([b"0123456789abcdef0123456789abcdef"], "corp.example")
READER = "li.lei@corp.example"


def opened(link: str) -> tuple[str, str, str]:
    """What a mail program makes of the link: recipient, subject, body."""
    parts = urlsplit(link)
    asked = parse_qs(parts.query, keep_blank_values=True)
    return unquote(parts.path), asked["subject"][0], asked.get("body", [""])[0]


def test_a_link_opens_with_the_very_words_in_chinese_and_with_signs() -> None:
    link = mailto("it@corp.example", "[IT-1] #solved abc & 好+?", "第一行\n第二行 a+b=c&d")
    assert link.isascii()
    assert " " not in link
    assert "+" not in link
    assert "%0D%0A" in link
    assert opened(link) == ("it@corp.example", "[IT-1] #solved abc & 好+?", "第一行\r\n第二行 a+b=c&d")


@pytest.mark.parametrize("body", ["字" * 5000, "a" * 5000, "\n" * 5000, "😀" * 5000])
def test_a_long_body_is_cut_between_characters_so_that_the_link_stays_under_1600(body: str) -> None:
    link = mailto("it@corp.example", "[IT-1] #solved", body)
    assert 1500 < len(link) <= URI_CHARS
    assert "\ufffd" not in opened(link)[2]


def test_an_address_with_a_plus_sign_and_an_endless_subject_are_refused() -> None:
    with pytest.raises(ValueError, match="plus"):
        mailto("it+1@corp.example", "x", "")
    with pytest.raises(ValueError, match="too long"):
        mailto("it@corp.example", "字" * 500, "")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_button_carries_its_verb_and_a_token_for_this_reader_ticket_and_verb(language: str) -> None:
    ticket = samples.ticket(language)
    made = buttons(LABELS, READER, ticket, samples.POLICY, TOKENS, language, samples.NOW)
    assert [button.verb for button in made] == list(LABELS)
    for button in made:
        to, subject, body = opened(button.link)
        tag, verb, token = subject.split(" ")
        assert (to, tag, verb) == ("it@corp.example", "[IT-1042]", f"#{button.verb}")
        assert "\n" not in body
        assert len(button.link) < 400
        assert button.label == LABELS[button.verb].for_(language)
        assert TOKENS.button_holds(token, READER, 1042, button.verb, samples.NOW)
        assert not TOKENS.button_holds(token, READER, 1043, button.verb, samples.NOW)
        assert not TOKENS.button_holds(token, "wang.wei@corp.example", 1042, button.verb, samples.NOW)


def test_a_button_of_an_agent_writes_no_word_into_the_body_that_could_reach_the_requester() -> None:
    verbs = (
        "take",
        "resolve",
        "escalate",
        "out-of-scope",
        "confirm",
        "accept",
        "decline",
        "use IT-87",
        "ask phone,asset",
    )
    for language in ("en", "zh-CN"):
        made = buttons(verbs, "wang.wei@corp.example", samples.ticket(), samples.POLICY, TOKENS, language, samples.NOW)
        for button in made:
            parsed = parse(opened(button.link)[2].strip())
            assert [each.verb for each in parsed.commands] in ([], [button.verb])
            assert not parsed.text and not parsed.problems
            assert all(not each.argument for each in parsed.commands)


def test_the_longest_button_is_short_enough_for_any_mail_program() -> None:
    fields = f"ask {','.join(sorted(FIELD_LABELS, key=len)[-4:])}"
    ticket = replace(samples.ticket(), id=10**12)
    made = buttons([*LABELS, fields, "use IT-1000000"], READER, ticket, samples.POLICY, TOKENS, "zh-CN", samples.NOW)
    assert max(len(button.link) for button in made) < 456
    assert max(columns(button.label) for button in made) <= 30


def test_every_verb_that_a_letter_offers_has_words_on_its_button() -> None:
    assert {verb for one in LETTERS.values() for verb in one.verbs} == set(LABELS)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(
    ("verb", "state", "meaning"),
    [("solved", "resolved", "solved"), ("unsolved", "resolved", "not_solved"), ("withdraw", "open", "withdrawn")]
    + [(f"rate{stars}", "closed", "rating") for stars in range(1, 6)],
)
def test_a_requester_s_button_is_understood_by_its_body_alone(
    verb: str, state: str, meaning: str, language: str
) -> None:
    (button,) = buttons([verb], READER, samples.ticket(), samples.POLICY, TOKENS, language, samples.NOW)
    assert understand(opened(button.link)[2], state).kind == meaning


@pytest.mark.parametrize(
    ("promised", "state", "meaning"),
    [
        ("1", "resolved", "solved"),
        ("2", "resolved", "not_solved"),
        ("4", "closed", "rating"),
        ("不用处理了", "open", "withdrawn"),
        ("不用处理了", "pending", "withdrawn"),
        ("withdraw", "open", "withdrawn"),
        ("withdraw", "pending", "withdrawn"),
    ],
)
def test_what_the_letters_tell_people_to_reply_is_understood(promised: str, state: str, meaning: str) -> None:
    assert understand(promised, state).kind == meaning
