"""Questions are answered by the books of both databases: words in any language, hostile signs, whose ticket it is."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from maild.model import Address, Entry, Field, Query, Ticket, Word
from maild.store import questions, tickets
from maild.workflow.questions.seek import sought
from tests.policies import default_policy

NOW = datetime(2024, 3, 4, 2, 0, tzinfo=UTC)
REPORTS = (
    ("Printer JAMS", "The printer on 3F jams 100% of the time_x", "tom@corp.example", False),
    ("三楼打印机", "三楼的打印机又卡纸了", "li.lei@corp.example", False),
    ("Phishing", "打印机卡纸 printer jams", "mary@corp.example", True),
    ("VPN", "back\\slash and it's down", "tom@corp.example", False),
)


@pytest.fixture
def books(engine: Engine) -> Engine:
    with engine.begin() as connection:
        for number, (subject, text, who, restricted) in enumerate(REPORTS, 1):
            made = Ticket(
                subject=subject,
                requester=Address(who, who.partition("@")[0].title()),
                restricted=restricted,
                team="security" if restricted else "service_desk",
                created=NOW - timedelta(days=number),
            )
            saved = tickets.save(connection, made)
            entry = Entry(
                direction="in", visibility="public", author=saved.requester, role="requester", text=text, new_text=text
            )
            tickets.add_entries(connection, saved.key, [entry], (), None, NOW, True)
            tickets.put_fields(connection, saved.key, [Field("location", f"Room {300 + number}", "label")], NOW)
        tickets.add_writers(connection, 1, [Address("li.lei@corp.example")])
    return engine


def _found(books: Engine, text: str, sees: tuple[str, ...] = ()) -> list[int]:
    wanted = sought(text, default_policy())
    query = Query(words=wanted.words, numbers=wanted.numbers, states=wanted.states, sees=sees)
    with books.connect() as connection:
        return [each.key for each in questions.matches(connection, query).tickets]


SOUGHT: tuple[tuple[str, list[int]], ...] = (
    ("PRINTER jams", [1]),
    ("打印机老是卡纸", [2]),
    ("卡纸", [2]),
    ("room 304", [4]),
    ("tom", [4, 1]),
    ("IT-2", [2]),
    ("100%", [1]),
    ("time_x", [1]),
    ("%", [1]),
    ("_", [1]),
    ("back\\slash", [4]),
    ("it's", [4]),
    ("'; DROP TABLE ticket; --", []),
    ("globex", []),
    ("printer closed", []),
    ("a\x00b", []),
    ("打" * 5_000, []),
)


def test_words_are_found_and_no_sign_is_a_pattern(books: Engine) -> None:
    assert {text: _found(books, text) for text, _ in SOUGHT} == dict(SOUGHT)


def test_what_is_restricted_is_found_by_its_team_alone(books: Engine) -> None:
    assert _found(books, "printer jams", ("security",)) == [3, 1]
    assert _found(books, "IT-3") == []


def test_somebody_s_own_are_those_they_reported_or_take_part_in(books: Engine) -> None:
    with books.connect() as connection:
        own = questions.matches(connection, Query(people="li.lei@corp.example", sees=None))
        assert [each.key for each in own.tickets] == [2, 1]
        named = Query(people="li.lei@corp.example", numbers=(3, 2), sees=None)
        assert [each.key for each in questions.matches(connection, named).tickets] == [2]


def test_only_so_many_are_listed_and_the_others_counted(books: Engine) -> None:
    with books.connect() as connection:
        found = questions.matches(connection, Query(sees=("security",), limit=3))
        assert [each.key for each in found.tickets] == [4, 3, 2] and found.more == 1
        assert questions.matches(connection, Query(words=(Word("nothing"),))).more == 0
        since = Query(since=NOW - timedelta(days=2, hours=1), until=NOW, sees=())
        assert [each.key for each in questions.matches(connection, since).tickets] == [2, 1]
