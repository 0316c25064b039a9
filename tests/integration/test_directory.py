"""Taking the directory over, on both databases: who comes, changes, goes, and what never happens to anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from maild import desk
from maild.chores import Chores
from maild.config import DirectorySection
from maild.directory.failure import DirectoryError
from maild.directory.keeper import Keeper
from maild.directory.roll import Roll
from maild.directory.takeover import Taken, take_over
from maild.model import Person
from maild.store import people, people_directory, upkeep
from tests import desks

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
LI = Person(key="1", addresses=("li@corp.example", "lily@corp.example"), name="李雷", department="财务部")
HAN = Person(key="2", addresses=("han@corp.example",), name="韩梅梅")
TOM = Person(key="3", addresses=("tom@corp.example",), name="Tom Read")
FINANCE = Person(key="4", addresses=("finance@corp.example",), name="财务部公共邮箱", shared=True)
ALL = (LI, HAN, TOM, FINANCE)


def take(engine: Engine, *everybody: Person, now: datetime = NOW, sure: bool = False) -> Taken:
    with engine.begin() as connection:
        return take_over(connection, Roll(everybody), "csv", 0.2, now, sure)


def found(engine: Engine, address: str) -> Person | None:
    with engine.begin() as connection:
        row = people_directory.person_of(connection, address)
    return row[0] if row is not None else None


def changed(engine: Engine, address: str) -> datetime | None:
    with engine.begin() as connection:
        row = people_directory.person_of(connection, address)
    return row[1] if row is not None else None


def test_people_come_and_every_address_of_theirs_finds_them(engine: Engine) -> None:
    assert take(engine, *ALL) == Taken(4, 0, 0, 4)
    assert found(engine, "li@corp.example") == found(engine, "lily@corp.example") == LI
    assert found(engine, "nobody@corp.example") is None
    with engine.begin() as connection:
        assert people_directory.same(connection, {"lily@corp.example"}) == set(LI.addresses)


def test_the_same_directory_again_changes_nothing(engine: Engine) -> None:
    take(engine, *ALL)
    assert take(engine, *ALL, now=LATER) == Taken(0, 0, 0, 4)
    assert changed(engine, "li@corp.example") == NOW


def test_what_changes_is_changed_and_a_new_alias_is_no_news_of_the_person(engine: Engine) -> None:
    take(engine, *ALL)
    moved = replace(LI, department="采购部")
    assert take(engine, moved, HAN, TOM, FINANCE, now=LATER) == Taken(0, 1, 0, 4)
    assert found(engine, "li@corp.example") == moved and changed(engine, "li@corp.example") == LATER
    more = replace(moved, addresses=("lily@corp.example", "ll@corp.example"))
    assert take(engine, more, HAN, TOM, FINANCE, now=LATER + timedelta(hours=1)).changed == 1
    assert found(engine, "ll@corp.example") == more and changed(engine, "ll@corp.example") == LATER
    assert found(engine, "li@corp.example") is None


def test_an_address_that_passes_from_one_to_another_is_the_other_s(engine: Engine) -> None:
    take(engine, *ALL)
    take(
        engine,
        replace(LI, addresses=("li@corp.example",)),
        replace(HAN, addresses=("lily@corp.example",)),
        TOM,
        FINANCE,
    )
    assert found(engine, "lily@corp.example") == replace(HAN, addresses=("lily@corp.example",))


def test_whoever_leaves_goes_and_what_is_known_of_their_address_stays(engine: Engine) -> None:
    take(engine, *ALL)
    with engine.begin() as connection:
        people.mark_bounced(connection, "tom@corp.example", "5.1.1", NOW)
    assert take(engine, LI, HAN, FINANCE) == Taken(0, 0, 1, 3)
    assert found(engine, "tom@corp.example") is None
    with engine.begin() as connection:
        assert people.state_of(connection, ["tom@corp.example"])["tom@corp.example"][0] == "5.1.1"
    take(engine, *ALL)
    assert found(engine, "tom@corp.example") == TOM
    with engine.begin() as connection:
        assert people.state_of(connection, ["tom@corp.example"])["tom@corp.example"][0] == "5.1.1"


def test_another_source_knows_the_same_people_by_their_addresses(engine: Engine) -> None:
    take(engine, *ALL)
    with engine.begin() as connection:
        people_directory.add_member(connection, "finance@corp.example", "li@corp.example", NOW)
    assert take(engine, *(replace(each, key=f"uuid-{each.key}") for each in ALL)) == Taken(0, 4, 0, 4)
    with engine.begin() as connection:
        assert people_directory.members(connection, ["finance@corp.example"]) == {"li@corp.example"}


@pytest.mark.parametrize("left", [(), (LI,), (LI, HAN)], ids=["nobody", "one of four", "half"])
def test_a_directory_that_has_lost_too_many_is_not_taken_over(engine: Engine, left: tuple[Person, ...]) -> None:
    take(engine, *ALL)
    with pytest.raises(DirectoryError, match="of the 4 people whom we know") as caught:
        take(engine, *left)
    assert "--sure" in caught.value.remedy
    assert found(engine, "tom@corp.example") == TOM
    assert take(engine, *left, sure=True).there == len(left)


def test_members_of_a_shared_mailbox_are_noted_once_and_go_with_it(engine: Engine) -> None:
    take(engine, *ALL)
    with engine.begin() as connection:
        for _ in range(2):
            people_directory.add_member(connection, "finance@corp.example", "li@corp.example", NOW)
        people_directory.add_member(connection, "nobody@corp.example", "li@corp.example", NOW)
        assert people_directory.members(connection, ["finance@corp.example"]) == {"li@corp.example"}
    assert take(engine, LI, HAN, TOM).went == 1
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM member")).scalar() == 0


class Kept:
    """Two daemons' chores that keep one directory, whose source the test sets."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.now = engine, NOW
        self.source: Roll | Exception = Roll(ALL)
        self.reads = 0
        tables = desks.sections(folder, 1, 2, desk={"mode": "live"})
        settings = desks.prepare({**tables, "admins": [{"address": "root@corp.example"}]})
        writer = desk.writer(settings, desk.tokens(settings))
        section = DirectorySection(source="csv", csv="people.csv", most_gone=0.2)
        self.keepers = [Keeper(engine, section, self._read) for _ in range(2)]
        self.chores = [
            Chores(engine, writer, lambda: self.now, list, timedelta(minutes=15), directory=each)
            for each in self.keepers
        ]

    def _read(self, section: DirectorySection) -> Roll:
        self.reads += 1
        if isinstance(self.source, Exception):
            raise self.source
        return self.source

    def turn(self, **later: float) -> None:
        """Time passes, and both look after the directory until nothing is left to do."""
        self.now += timedelta(**later)
        for chores, keeper in zip(self.chores, self.keepers, strict=True):
            chores.keep_directory()
            if keeper._thread is not None:
                keeper._thread.join(10)
                chores.keep_directory()

    def alarms(self) -> list[str]:
        with self.engine.begin() as connection:
            return [row.detail for row in upkeep.open_alarms(connection)]


def test_one_daemon_reads_it_once_a_period(engine: Engine, tmp_path: Path) -> None:
    kept = Kept(engine, tmp_path)
    kept.turn()
    assert kept.reads == 1 and found(engine, "li@corp.example") == LI
    kept.turn(minutes=5)
    assert kept.reads == 1
    kept.turn(hours=1)
    assert kept.reads == 2


def test_a_source_that_fails_is_one_alarm_tried_again_soon_and_one_recovery(engine: Engine, tmp_path: Path) -> None:
    kept = Kept(engine, tmp_path)
    kept.turn()
    kept.source = DirectoryError("ldap.corp.example:636 is away", "see that it runs")
    kept.turn(hours=1)
    kept.turn(minutes=5)
    kept.turn(minutes=5)
    # The other daemon tried at once: it may stand elsewhere in the network.
    assert kept.reads == 5 and kept.alarms() == ["ldap.corp.example:636 is away"]
    kept.source = Roll(ALL)
    kept.turn(minutes=5)
    assert kept.alarms() == []
    with engine.begin() as connection:
        sent = connection.execute(text("SELECT template FROM outbox ORDER BY id")).scalars().all()
    assert list(sent) == ["admin/alarm", "admin/recovered"]


def test_an_emptied_source_wipes_nobody_and_is_an_alarm(engine: Engine, tmp_path: Path) -> None:
    kept = Kept(engine, tmp_path)
    kept.turn()
    kept.source = Roll(())
    kept.turn(hours=1)
    assert "4 of the 4 people" in kept.alarms()[0]
    assert found(engine, "li@corp.example") == LI


def test_an_error_of_our_own_making_is_an_alarm_and_ends_no_loop(engine: Engine, tmp_path: Path) -> None:
    kept = Kept(engine, tmp_path)
    kept.source = ZeroDivisionError("a mistake")
    kept.turn()
    assert "ZeroDivisionError" in kept.alarms()[0]
