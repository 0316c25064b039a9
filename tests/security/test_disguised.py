"""A note that nearly is one never goes to the requester: in doubt it stays inside (PRODUCT §3.4; THREATS A57)."""

import pytest

from maild.workflow.commands.grammar import parse
from tests.security.conftest import ANNA, Desk, words


@pytest.mark.parametrize(
    "line",
    [
        "# note MAGPIE", "## note MAGPIE", "##note MAGPIE", "＃ 备注 MAGPIE", "\\#note MAGPIE", "**#note** MAGPIE",
        "*#note MAGPIE*", "- #note MAGPIE", "• #备注 MAGPIE", "1. #note MAGPIE", "1）#备注 MAGPIE", "#-note MAGPIE",
        "#_note MAGPIE", "♯note MAGPIE", "/note MAGPIE", "#\u200b note MAGPIE",
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", [(), ("Dear Tom, I look into it.",)])
def test_a57_a_note_in_disguise_reaches_no_requester(working: Desk, line: str, before: tuple[str, ...]) -> None:
    got = working.reply(working.letter("agent/new_ticket", ANNA), *before, line)
    assert [(out.template, out.recipient) for out in got] == [("agent/transcript", ANNA)]
    assert "MAGPIE" in words(got[0])
    assert not any(out.ticket == 1 and out.recipient != ANNA and "MAGPIE" in words(out) for out in working.outs)


@pytest.mark.parametrize(
    "line",
    [
        "# notes on the printer", "#1 is the tray, #2 the roller", "- press the button", "1. close the lid",
        "/etc/hosts", "/close the lid", "3/4 of it", "note: nothing", "*please note*", "C# note", "ticket #42",
        "# take", "注意：备注一栏请填写",
    ],
)  # fmt: skip
def test_what_only_looks_alike_is_text(line: str) -> None:
    assert parse(line).text == line and not parse(line).problems
