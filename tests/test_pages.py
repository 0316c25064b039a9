"""docs/promises.md is true: every fault, promise and complaint has its row and its test, and the page names them."""

from tests import pages

# Ids that no test shows yet. Nothing may come in here again.
NOT_YET: frozenset[str] = frozenset()


def test_every_promise_has_a_test_that_is_named_for_it() -> None:
    shown = pages.by_id()
    missing = [one for one in pages.IDS if one not in shown and one not in NOT_YET]
    assert not missing, f"no test is named for {' '.join(missing)}"


def test_no_test_is_named_for_something_that_nobody_promised() -> None:
    unknown = {one: each.sentence for one, all_ in pages.by_id().items() if one not in pages.IDS for each in all_}
    assert unknown == {}


def test_the_page_of_promises_has_a_row_for_each_and_names_the_tests_of_today() -> None:
    page = pages.PAGE.read_text("utf-8")
    assert pages.rows(page) == list(pages.IDS)
    assert page == pages.written(page), "run `python -m tests.pages`"
