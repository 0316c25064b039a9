"""Signed ids and button tokens: what they say, to whom they speak, and what is not believed."""

from datetime import UTC, datetime, timedelta

import pytest

from maild.tokens import Tokens

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OLD, NEW = b"o" * 32, b"n" * 32
TOKENS = Tokens([OLD], "corp.example")


def test_a_signed_id_says_ticket_audience_recipient_and_day() -> None:
    signed = TOKENS.read(TOKENS.message_id(1042, "internal", "Anna@corp.example", NOW))
    assert signed is not None
    assert (signed.ticket, signed.audience, signed.day) == (1042, "internal", NOW.date())
    assert TOKENS.was_sent_to(signed, "anna@CORP.example")
    assert not TOKENS.was_sent_to(signed, "anna.b@corp.example")


def test_two_ids_are_never_the_same() -> None:
    assert len({TOKENS.message_id(1, "public", "a@b", NOW) for _ in range(100)}) == 100


@pytest.mark.parametrize("at", range(1, 60, 7))
def test_an_id_with_one_character_changed_is_not_ours(at: int) -> None:
    made = TOKENS.message_id(7, "public", "a@b", NOW)
    forged = made[:at] + ("b" if made[at] != "b" else "c") + made[at + 1 :]
    assert TOKENS.read(forged) is None


def test_after_a_change_of_keys_old_ids_and_buttons_hold_and_new_ones_are_signed_anew() -> None:
    both = Tokens([NEW, OLD], "corp.example")
    earlier = TOKENS.message_id(7, "public", "a@b", NOW)
    signed = both.read(earlier)
    assert signed is not None and both.was_sent_to(signed, "a@b")
    assert both.button_holds(TOKENS.button("a@b", 7, "take", NOW), "a@b", 7, "take", NOW)
    assert TOKENS.read(both.message_id(7, "public", "a@b", NOW)) is None
    assert Tokens([NEW], "corp.example").read(earlier) is None


@pytest.mark.parametrize(
    ("address", "ticket", "verb", "after", "holds"),
    [
        ("A@b", 7, "take", timedelta(0), True),
        ("a@b", 7, "take", timedelta(days=30), True),
        ("a@b", 7, "take", timedelta(days=31), False),
        ("a@b", 7, "take", timedelta(days=-2), False),
        ("c@b", 7, "take", timedelta(0), False),
        ("a@b", 8, "take", timedelta(0), False),
        ("a@b", 7, "resolve", timedelta(0), False),
    ],
)
def test_a_button_is_for_one_person_ticket_verb_and_time(
    address: str, ticket: int, verb: str, after: timedelta, holds: bool
) -> None:
    token = TOKENS.button("a@b", 7, "take", NOW)
    assert TOKENS.button_holds(token, address, ticket, verb, NOW + after) is holds


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        Tokens([b"short"], "corp.example")
