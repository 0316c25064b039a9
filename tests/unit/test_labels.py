"""Display words are whole in both languages, and secrets are masked."""

import time
from collections.abc import Mapping
from typing import Any, get_args

import pytest

from maild.ingest.field_labels import SYNONYMS, label_of
from maild.model import Words
from maild.model.labels import (
    FIELD_HINTS,
    FIELD_LABELS,
    IMPACT,
    IMPORTANCE,
    OUTCOMES,
    PRIORITIES,
    REPRODUCIBLE,
    STATES,
    TIERS,
    URGENCY,
)
from maild.model.secrets_mask import MASK, mask_secrets
from maild.model.ticket import FIELD_NAMES, Close, Impact, Importance, Level, Priority, State, Tier

TABLES: list[tuple[Mapping[Any, Words], tuple[str, ...]]] = [
    (STATES, get_args(State)),
    (OUTCOMES, get_args(Close)),
    (URGENCY, get_args(Level)),
    (IMPACT, get_args(Impact)),
    (IMPORTANCE, get_args(Importance)),
    (PRIORITIES, get_args(Priority)),
    (TIERS, get_args(Tier)),
    (FIELD_LABELS, FIELD_NAMES),
    (FIELD_HINTS, FIELD_NAMES),
    (REPRODUCIBLE, ("yes", "no", "intermittent")),
]


@pytest.mark.parametrize(("table", "codes"), TABLES)
def test_every_code_has_words_in_both_languages(table: Mapping[Any, Words], codes: tuple[str, ...]) -> None:
    assert set(table) == set(codes)
    assert all(words.en and words.zh for words in table.values())


@pytest.mark.parametrize("name", FIELD_NAMES)
def test_every_shown_label_is_read_as_its_field(name: str) -> None:
    assert label_of(FIELD_LABELS[name].en) == name
    assert label_of(FIELD_LABELS[name].zh) == name


def test_no_label_stands_for_two_fields() -> None:
    seen: dict[str, str] = {}
    for name, labels in SYNONYMS.items():
        for label in labels:
            assert seen.setdefault(label, name) == name, label


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我的密码：abc123，请查", f"我的密码：{MASK}，请查"),
        ("密码是 Hello!23。", f"密码是 {MASK}。"),
        ("开机密码=Qwer1234", f"开机密码={MASK}"),
        ("验证码 482913", f"验证码 {MASK}"),
        ("口令：“芝麻开门”", f"口令：“{MASK}”"),
        ("password: hunter2.", f"password: {MASK}."),
        ("My password is Tr0ub4dor&3, please check", f"My password is {MASK}, please check"),
        ('the password is "correct horse"', f'the password is "{MASK}"'),
        ("Password = x1y2z3 and pwd: 998877", f"Password = {MASK} and pwd: {MASK}"),
    ],
)
def test_a_given_secret_is_masked(text: str, masked: str) -> None:
    assert mask_secrets(text) == (masked, True)


@pytest.mark.parametrize(
    "text",
    [
        "密码忘了，请重置",
        "密码错误5次被锁",
        "提示用户名或密码错误",
        "password is wrong",
        "my password is not accepted",
        "password reset please",
        "the password expired yesterday",
        "passwords: forgotten",
        "",
    ],
)
def test_a_word_about_passwords_is_no_secret(text: str) -> None:
    assert mask_secrets(text) == (text, False)


def test_masking_twice_changes_nothing() -> None:
    once, _ = mask_secrets("密码：abc123")
    assert mask_secrets(once) == (once, False)


def test_masking_a_hostile_text_is_linear() -> None:
    for text in ("password " * 50_000, "密码" * 100_000, "密码:" * 100_000, "a" * 1_000_000):
        begin = time.process_time()
        mask_secrets(text)
        assert time.process_time() - begin < 2.0
