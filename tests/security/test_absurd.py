"""Commands with absurd arguments: each is answered in words, at once, and nothing happens (THREATS A23, A25, A60)."""

from collections.abc import Iterator

import pytest

from maild.workflow.commands.grammar import MAX_COMMANDS, parse
from tests.security.conftest import LEAD, MX, TOM, Desk, MakeDesk, words

VOUCHED = [("Authentication-Results", f"{MX}; dmarc=pass header.from=corp.example")]


@pytest.fixture
def desk(make_desk: MakeDesk) -> Iterator[Desk]:
    made = make_desk(trust={"authserv_id": MX})
    made.write(TOM, "Printer jams", "The printer Kyocera jams in the tray.", VOUCHED)
    yield made
    made.check()


def asked(desk: Desk, body: str) -> str:
    """What the lead is told about such a mail, which must be one letter and no effect."""
    before = desk.picture(1)
    (got,) = desk.write(LEAD, "question", body, VOUCHED)
    assert got.recipient == LEAD
    assert desk.ledger().fate in ("handled", "held")
    after = desk.picture(1)
    assert after[0] == before[0] and after[1] == before[1]
    return words(got)


@pytest.mark.parametrize(
    "line",
    [
        "#away until 9999-12-31", "#休假 到 9999年12月31日", "#away through 9999-12-31", "#away until 02-30",
        "#休假 到2月30日", "#away 999999d", "#away until 0000-01-01", "#report 9999-12", "#report 02-30",
    ],
)  # fmt: skip
def test_a60_a_day_that_never_comes_is_refused_in_words(desk: Desk, line: str) -> None:
    assert "✗" in asked(desk, line)
    assert desk.rows("SELECT * FROM agent_state WHERE away_until IS NOT NULL") == []


@pytest.mark.parametrize("day", ["until 9999-12-31 x", "到 9999年12月31日 等配件", "until 02-30 x"])
def test_a60_no_ticket_is_put_off_for_thousands_of_years(desk: Desk, day: str) -> None:
    assert "✗" in asked(desk, f"#hold IT-1 {day}")
    assert desk.state(1) == "new"


def test_a23_an_undo_of_ticket_nought_is_refused_behind_a_command_to_the_desk(desk: Desk) -> None:
    asked(desk, "#away until 02-30")
    asked(desk, "#mine")
    assert "IT-0" in asked(desk, "#undo IT-0")


@pytest.mark.parametrize(
    "line",
    ["#reassign " + "a " * 5_000, "#移交 " + "张 " * 5_000, "#away until 12-01" + " ;" * 9_000 + "deputy"],
)
def test_a25_a_pasted_text_behind_a_command_costs_nothing(desk: Desk, line: str) -> None:
    # A reading that is not linear takes far longer than the test suite waits for one test.
    assert "✗" in asked(desk, line)


def test_a25_a_thousand_mistyped_lines_are_no_thousand_questions(desk: Desk) -> None:
    parsed = parse("#rezolve IT-1 x\n" * (MAX_COMMANDS + 1))
    assert parsed.problems and not parsed.correctable
    assert len(asked(desk, "#rezolve IT-1 x\n" * 1_000)) < 100_000


@pytest.mark.parametrize(
    "who", ["a@corp..example", "a@.example", "a@-corp.example.", "it@corp.example", "it+x@corp.example"]
)
def test_a06_nobody_is_put_in_copy_at_what_is_no_address_or_our_own(desk: Desk, who: str) -> None:
    assert "✗" in asked(desk, f"#cc IT-1 {who}")
    assert desk.rows("SELECT * FROM participant") == []


def test_a20_no_report_is_registered_for_the_desk_itself_whatever_stands_behind_the_plus(desk: Desk) -> None:
    assert "✗" in asked(desk, "#for it+x@corp.example\nThe scanner does not scan.")


@pytest.mark.parametrize(
    "who",
    [
        "tom.reed@corp.example, eve@stranger.example", "<tom.reed@corp.example>,<eve@stranger.example>",
        "tom.reed@corp.example@stranger.example", "tom.reed@corp.example；eve@stranger.example 电话",
    ],
)  # fmt: skip
def test_a06_a_report_for_two_addresses_at_once_is_for_nobody(desk: Desk, who: str) -> None:
    assert "✗" in asked(desk, f"#for {who}\nThe scanner does not scan.")
    assert len(desk.rows("SELECT id FROM ticket")) == 1
