"""`#use`: which tickets a mail names, and a site's own texts for agents."""

from pathlib import Path

import pytest

from maild.config import ConfigError, load
from maild.workflow.commands.use import tickets_named
from tests.policies import default_policy


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("#use IT-87", (87,)),
        ("＃引用 it-87。", (87,)),
        ("#引用IT-87", (87,)),
        ("#use [IT-87]", (87,)),
        ("#use 87\n#use 【IT-91】", (87, 91)),
        ("#use IT-87\n#use IT-87", (87,)),
        ("#use vpn", ()),
        ("#use ../IT-87", ()),
        ("#use HR-87", ()),
        ("I would #use IT-87", ()),
        ("Please use IT-87", ()),
        ("", ()),
    ],
)
def test_the_solutions_that_a_mail_names(text: str, numbers: tuple[int, ...]) -> None:
    assert tickets_named(text, default_policy()) == numbers


def configured(folder: Path) -> Path:
    path = folder / "config.toml"
    desk = '[desk]\naddress = "it@corp.example"\ninternal_domains = ["corp.example"]\n'
    path.write_text(f'{desk}[macros]\ndir = "{folder / "own"}"\n')
    return path


def test_a_sites_texts_lie_over_the_shipped_ones(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "VPN.zh.txt").write_text("﻿请联系网络组。\n", encoding="utf-8")
    (own / "报销.zh.txt").write_text("报销系统每月 25 日关账。", encoding="utf-8")
    macros = load(configured(tmp_path)).policy.macros
    assert macros["vpn"]["zh-CN"] == "请联系网络组。"
    assert macros["vpn"]["en"].startswith("Please try these steps")
    assert dict(macros["报销"]) == {"zh-CN": "报销系统每月 25 日关账。"}


def test_the_shipped_texts_come_in_both_languages() -> None:
    macros = load(None).policy.macros
    assert sorted(macros) == ["password", "printer", "vpn"]
    assert all(set(texts) == {"zh-CN", "en"} for texts in macros.values())


@pytest.mark.parametrize(
    ("name", "content", "mistake"),
    [
        ("vpn.txt", b"x", "is called neither NAME.zh.txt nor NAME.en.txt"),
        ("my file.en.txt", b"x", "is called neither"),
        ("vpn.en.txt", b"", "between 1 and 20,000 characters"),
        ("vpn.en.txt", b"x" * 20_001, "between 1 and 20,000 characters"),
        ("vpn.zh.txt", "密码".encode("gbk"), "cannot be read as UTF-8"),
    ],
)
def test_a_mistake_in_the_folder_is_named(tmp_path: Path, name: str, content: bytes, mistake: str) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / name).write_bytes(content)
    with pytest.raises(ConfigError, match=mistake):
        load(configured(tmp_path))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"macros\.dir: there is no folder"):
        load(configured(tmp_path))
