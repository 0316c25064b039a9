"""`approval` of a category in config.toml: who must agree first, and each mistake named with its remedy."""

from pathlib import Path

import pytest

from maild.config import ConfigError, load

SMALL = '[desk]\naddress = "it@corp.example"\ninternal_domains = ["corp.example"]\n'


def _read(tmp_path: Path, line: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(f"{SMALL}\n[categories.request]\n{line}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("who", ["", "manager", "Zhao.Min@corp.example"])
def test_who_agrees_is_the_manager_or_one_colleague(tmp_path: Path, who: str) -> None:
    policy = load(_read(tmp_path, f'approval = "{who}"')).policy
    assert policy.categories["request"].approval == who.lower()
    assert policy.categories["hardware"].approval == ""


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ('approval = "boss"', "categories.request.approval: 'boss' is nobody; write \"manager\""),
        ("approval = true", "categories.request.approval: True is nobody"),
        ('approval = "eve@elsewhere.example"', "eve@elsewhere.example is no colleague: it is of no internal domain"),
    ],
)
def test_a_mistake_is_named_with_what_it_may_be(tmp_path: Path, line: str, mistake: str) -> None:
    with pytest.raises(ConfigError, match="approval") as caught:
        load(_read(tmp_path, line))
    assert any(mistake in each for each in caught.value.mistakes)
