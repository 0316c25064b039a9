"""The page for agents names what there is: shipped teams, categories and topics, every field, tier and command."""

import re
import tomllib
from pathlib import Path

from maild.model.ticket import FIELD_NAMES
from maild.workflow.commands import guide
from maild.workflow.commands.verbs import VERBS
from tests.policies import default_policy

SETTINGS = Path(__file__).parents[2] / "config.toml"
PAGE = (Path(__file__).parents[2] / "docs" / "agent.md").read_text(encoding="utf-8")


def _codes(row: str) -> list[str]:
    """The words in code type of the row that begins so."""
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| {row}"))
    return re.findall(r"`([^`]+)`", line)


def test_the_page_for_agents_names_the_shipped_codes_and_no_other() -> None:
    policy = default_policy()
    assert _codes("NAME of a team") == list(tomllib.loads(SETTINGS.read_text(encoding="utf-8"))["teams"])
    assert _codes("NAME of a category") == list(policy.categories)
    assert _codes("FIELD") == list(FIELD_NAMES)
    assert _codes("TOPIC") == [topic.code for topic in policy.topics]
    assert _codes("TIER") == ["L1", "L2", "expert"]


def test_every_verb_has_a_heading_and_words_in_both_languages() -> None:
    told = [verb for _, verbs in guide.grouped() for verb in verbs]
    assert sorted(told, key=lambda verb: verb.name) == sorted(VERBS, key=lambda verb: verb.name)
    for verb in VERBS:
        assert verb.chinese, f"#{verb.name} has no Chinese name"
        says = guide.explained(verb)
        assert says.en and says.zh, verb.name
        # Nothing in capitals is left in English but what is a name.
        assert not re.search(r"\b(?!IT\b)[A-Z]{2,}\b", guide.usage(verb, "zh-CN").partition(" ")[2]), verb.name


def test_longer_words_and_headings_are_of_verbs_that_there_are() -> None:
    assert set(guide.MORE) <= {verb.name for verb in VERBS}
