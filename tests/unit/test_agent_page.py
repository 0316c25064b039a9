"""The page for agents names what there is: shipped teams, categories and topics, every field, tier and command."""

import re
import tomllib
from pathlib import Path

from maild.model.ticket import FIELD_NAMES
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


def test_the_page_for_agents_names_every_command_in_both_languages() -> None:
    for verb in VERBS:
        assert f"`#{verb.name}" in PAGE
        assert any(f"`#{name}" in PAGE.lower() for name in verb.chinese), verb.name
