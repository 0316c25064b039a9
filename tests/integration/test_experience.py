"""What daemons remember of solved tickets follows the rows, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, delete, insert, update

from maild import experience
from maild.model import Address, Entry, Ticket
from maild.store import knowledge, migrate, tickets
from maild.store.engine import open_engine
from maild.store.schema import solution
from maild.store.schema import ticket as ticket_table

NOW = datetime(2024, 3, 4, 2, 0, tzinfo=UTC)
ASKED = "打印机又卡纸\n面板提示 E3-7，取出来又卡"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'maild.db'}"
    return str(request.getfixturevalue("postgres").database())


@pytest.fixture
def daemons(url: str) -> Iterator[tuple[Engine, Engine]]:
    """Two daemons' engines on one database."""
    pair = open_engine(url), open_engine(url)
    migrate.upgrade(pair[0])
    yield pair
    for each in pair:
        each.dispose()


def solve(connection: Connection, subject: str = "打印机卡纸 E3-7", summary: str = "更换搓纸轮") -> Ticket:
    made = tickets.save(
        connection,
        Ticket(
            state="closed",
            outcome="confirmed",
            requester=Address("li.lei@corp.example", "李雷"),
            subject=subject,
            summary=summary,
            category="hardware",
            team="service_desk",
            language="zh-CN",
            created=NOW,
        ),
    )
    said = "三楼的打印机一直卡纸，面板提示 E3-7。"
    entry = Entry(
        direction="in", visibility="public", author=made.requester, role="requester", text=said, new_text=said
    )
    tickets.add_entries(connection, made.key, (entry,), (), None, NOW, True)
    keep(connection, made)
    return made


def keep(connection: Connection, ticket: Ticket, anew: bool = False) -> None:
    knowledge.keep_solution(connection, ticket, ticket.subject, ticket.summary, NOW, anew)


def found(engine: Engine) -> list[int]:
    with engine.begin() as connection:
        return [each.ticket for each in experience.similar(connection, ASKED)]


def test_each_daemon_sees_what_the_other_wrote(daemons: tuple[Engine, Engine]) -> None:
    one, other = daemons
    assert found(one) == found(other) == []
    with one.begin() as connection:
        first = solve(connection)
    assert found(one) == found(other) == [first.key]
    with other.begin() as connection:
        second = solve(connection, summary="清理后盖里的碎纸")
    assert found(one) == found(other) == [second.key, first.key]


def test_what_was_withdrawn_opened_or_purged_is_not_shown(daemons: tuple[Engine, Engine]) -> None:
    one, other = daemons
    with one.begin() as connection:
        made = [solve(connection, summary=f"办法 {number} 号") for number in range(4)]
    keys = [each.key for each in made]
    assert found(one) == found(other) == keys[::-1]
    with one.begin() as connection:
        knowledge.withdraw_solution(connection, keys[0])
        connection.execute(update(ticket_table).where(ticket_table.c.id == keys[1]).values(state="open"))
        connection.execute(delete(solution).where(solution.c.ticket == keys[2]))
    assert found(one) == found(other) == [keys[3]]
    with other.begin() as connection:
        keep(connection, made[0])
    assert found(one) == found(other) == [keys[3], keys[0]]


def test_what_holds_no_more_keeps_no_other_out(daemons: tuple[Engine, Engine]) -> None:
    one, other = daemons
    with one.begin() as connection:
        keys = [solve(connection, summary=f"办法 {number} 号").key for number in range(9)]
    assert found(one) == keys[:2:-1]
    with other.begin() as connection:
        connection.execute(delete(solution).where(solution.c.ticket.in_(keys[2:])))
    assert found(one) == [keys[1], keys[0]]


def test_what_was_rolled_back_was_never_known(daemons: tuple[Engine, Engine]) -> None:
    one, other = daemons
    with one.connect() as connection:
        solve(connection)
        assert experience.similar(connection, ASKED)
        connection.rollback()
    assert found(one) == []
    # On SQLite the next row gets the very id that was rolled back.
    with other.begin() as connection:
        made = solve(connection, summary="换了新的打印机")
    assert found(one) == found(other) == [made.key]


def test_a_changed_solution_and_a_rating_are_noticed_and_the_same_again_is_not(
    daemons: tuple[Engine, Engine],
) -> None:
    one, other = daemons
    with one.begin() as connection:
        good, bad = solve(connection), solve(connection, summary="重启打印机")
        before = knowledge.newest_solution(connection)
        keep(connection, bad)
        assert knowledge.newest_solution(connection) == before
    assert found(other) == [bad.key, good.key]
    with one.begin() as connection:
        connection.execute(update(ticket_table).where(ticket_table.c.id == bad.key).values(rating=1))
        keep(connection, bad, anew=True)
    assert found(other) == [good.key, bad.key]


def test_a_restricted_solution_names_its_team(daemons: tuple[Engine, Engine]) -> None:
    one, _ = daemons
    with one.begin() as connection:
        made = solve(connection)
        connection.execute(
            update(ticket_table).where(ticket_table.c.id == made.key).values(restricted=True, team="security")
        )
        (shown,) = experience.similar(connection, ASKED)
        assert shown.restricted_to == "security"
        assert experience.solutions(connection, [made.key, 4711])[made.key].text == "更换搓纸轮"


def test_titles_kept_by_earlier_versions_lose_the_name_when_they_are_read(daemons: tuple[Engine, Engine]) -> None:
    one, _ = daemons
    with one.begin() as connection:
        solve(connection, subject="李雷：打印机卡纸 E3-7")
        (shown,) = experience.similar(connection, ASKED)
        assert shown.title == "…：打印机卡纸 E3-7"


def test_only_the_newest_are_kept_in_memory(daemons: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experience, "NEWEST", 3)
    one, other = daemons
    keys = []
    for number in range(5):
        with one.begin() as connection:
            keys.append(solve(connection, summary=f"办法 {number} 号").key)
        assert found(one) == keys[-3:][::-1]
    assert found(other) == keys[-3:][::-1]


def test_a_row_that_appears_below_one_that_was_seen_is_found(daemons: tuple[Engine, Engine]) -> None:
    """Another daemon's transaction got its id first and commits last."""
    one, _ = daemons
    with one.begin() as connection:
        early, late = solve(connection), solve(connection, summary="清理碎纸")
        row = connection.execute(solution.select().where(solution.c.ticket == early.key)).mappings().one()
        knowledge.withdraw_solution(connection, early.key)
    assert found(one) == [late.key]
    with one.begin() as connection:
        connection.execute(insert(solution).values(**row))
        newest = solve(connection, summary="更换定影组件")
    assert set(found(one)) == {newest.key, late.key, early.key}
