"""The pages are true: every fault, promise and complaint has its row and its test, and the page names them."""

import pytest

from tests import agent_page, lifecycle_page, pages
from tests.soak import __main__ as soak_runner


def test_every_promise_has_a_test_that_is_named_for_it() -> None:
    shown = pages.by_id()
    missing = [one for one in pages.IDS if one not in shown]
    assert not missing, f"no test is named for {' '.join(missing)}"


def test_no_test_is_named_for_something_that_nobody_promised() -> None:
    unknown = {one: each.sentence for one, all_ in pages.by_id().items() if one not in pages.IDS for each in all_}
    assert unknown == {}


def test_the_page_of_promises_has_a_row_for_each_and_names_the_tests_of_today() -> None:
    page = pages.PAGE.read_text("utf-8")
    assert pages.rows(page) == list(pages.IDS)
    assert page == pages.written(page), "run `python -m tests.pages`"


def test_the_page_of_the_lifecycle_is_the_table_of_today() -> None:
    assert lifecycle_page.PAGE.read_text("utf-8") == lifecycle_page.written(), "run `python -m tests.pages`"


def test_the_page_for_agents_has_the_commands_of_today() -> None:
    page = agent_page.PAGE.read_text("utf-8")
    assert page == agent_page.written(page), "run `python -m tests.pages`"


def test_the_page_of_the_stories_lists_those_of_today() -> None:
    page = pages.STORIES.read_text("utf-8")
    assert page == pages.stories_written(page), "run `python -m tests.pages`"


def test_every_long_test_is_listed_with_what_it_does() -> None:
    known = soak_runner.entries()
    assert {"crash", "daemons", "restarts"} <= known.keys()
    assert [name for name, entry in known.items() if not entry.says.endswith((".", ")."))] == []


def test_a_long_test_that_finds_something_ends_with_1_and_says_how_to_play_it_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def bad(size: int | None, seed: str) -> None:
        raise AssertionError(f"{size} mails lost")

    assert not soak_runner.run("x", soak_runner.Entry("It fails.", bad), 7, "42")
    assert "again: python -m tests.soak x 7 42" in capsys.readouterr().out
    assert soak_runner.run("x", soak_runner.Entry("It works.", lambda size, seed: None), None, "42")


def test_every_room_of_the_ground_floor_stands_in_the_way_of_a_mail() -> None:
    page = (pages.ROOT / "docs" / "flow.md").read_text("utf-8")
    rooms = {path.name for path in pages.PACKAGE.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert [name for name in sorted(rooms) if f"`{name}`" not in page] == []
