"""Learning on a real database: what agents settled is read, learned once, used from the next mail on, and forgotten."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from maild import experience, teach
from maild.model import Address, Entry, Learning, Policy, Ticket
from maild.model.ticket import Close
from maild.store import knowledge, learned, migrate, tickets
from maild.store.engine import open_engine, reading
from maild.teach import Taught, Teacher
from tests import servers
from tests.policies import default_policy
from tests.unit.test_learn import done

# Ten in the morning at the desk, so that nothing is learned because it is night.
NOW = datetime(2024, 3, 4, 2, 0, tzinfo=UTC)
NIGHT = NOW + timedelta(hours=16)
POLICY = replace(default_policy(), learning=Learning(least=4, after=4))
WANG = "wang.wei@corp.example"


def _migrated(url: str) -> None:
    made = open_engine(url)
    migrate.upgrade(made)
    made.dispose()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the schema, to be copied for each test."""
    made = tmp_path_factory.mktemp("learning") / "template.db"
    _migrated(f"sqlite:///{made}")
    return made


@pytest.fixture(scope="module")
def migrated(postgres: servers.Postgres) -> str:
    """A PostgreSQL template with the schema."""
    return postgres.template("learning", _migrated)


@pytest.fixture(params=["sqlite", "postgresql"])
def engines(request: pytest.FixtureRequest, tmp_path: Path, file: Path) -> Callable[[], Engine]:
    """Opens the same database again and again, as several daemons do."""
    if request.param == "sqlite":
        shutil.copyfile(file, tmp_path / "maild.db")
        url = f"sqlite:///{tmp_path / 'maild.db'}"
    else:
        url = request.getfixturevalue("postgres").database(request.getfixturevalue("migrated"))

    def opened() -> Engine:
        made = open_engine(url)
        request.addfinalizer(made.dispose)
        return made

    return opened


@pytest.fixture
def engine(engines: Callable[[], Engine]) -> Engine:
    return engines()


def ticket(
    engine: Engine,
    n: int,
    *,
    category: str = "other",
    becomes: str = "",
    outcome: Close | None = None,
    worked: bool = True,
    at: datetime = NOW,
    subject: str = "Carousel",
    words: str = "The visitor carousel is stuck, again.",
    internal: bool = True,
    who: str = WANG,
) -> int:
    """A ticket of its own person: corrected by an agent (`becomes`) or closed (`outcome`), after work by one."""
    requester = Address(f"p{n}@corp.example")
    blank = Ticket(
        subject=subject, requester=requester, internal=internal, category=becomes or category, team="service_desk",
        created=at, state="closed" if outcome else "open", outcome=outcome, closed=at if outcome else None,
        responded=at if worked else None, resolved=at if worked else None,
    )  # fmt: skip
    entry = Entry(
        direction="in", visibility="public", author=requester, role="requester" if internal else "stranger",
        text=words, new_text=words,
    )  # fmt: skip
    with engine.begin() as connection:
        number = tickets.save(connection, blank).key
        tickets.add_entries(connection, number, [entry], (), None, at, True)
        if becomes:
            knowledge.keep_corrections(connection, number, [("category", category, becomes)], who, at)
    return number


def taught(engine: Engine, policy: Policy = POLICY, now: datetime = NOW) -> Taught | None:
    return Teacher(engine).step(policy, now, 60)


def in_force(engine: Engine, now: datetime) -> bool:
    with reading(engine) as connection:
        return experience.learned(connection, now) is not None


def test_enough_corrections_are_learned_and_the_next_mail_is_judged_by_them(engine: Engine) -> None:
    assert taught(engine) is None
    assert not in_force(engine, NOW)
    for n in range(4):
        ticket(engine, n, becomes="hardware")
    found = taught(engine)
    assert found is not None and found.in_use, found
    assert (found.tickets, found.figures.better, found.figures.worse) == (4, 4, 0)
    # Looked at once a minute, not for each mail.
    assert not in_force(engine, NOW + timedelta(seconds=30))
    assert in_force(engine, NOW + timedelta(seconds=90))
    with reading(engine) as connection:
        now = learned.standing(connection)
        model = learned.load(connection, found.number)
    assert now is not None
    assert (now.in_use, now.since, now.corrections, now.tickets, now.who) == (True, NOW, 4, 4, "maild")
    assert model.words["carousel"].weights["hardware"] > 0 > model.words["carousel"].weights["other"]


def test_what_was_learned_is_the_same_from_the_database_as_it_was_trained(engine: Engine) -> None:
    for n in range(4):
        ticket(engine, n, becomes="hardware", words=f"叫号机取不了号 {n}")
    first, second = taught(engine), done(teach.training(engine, POLICY, NOW, "again"))
    assert first is not None
    with reading(engine) as connection:
        again = learned.load(connection, second.number)
        # Only the newest keeps its words, so that the table stays small.
        assert learned.load(connection, first.number).words == {}
    assert again.words["叫号"].weights and again.tickets == 4


def test_fewer_corrections_wait_for_the_night(engine: Engine) -> None:
    for n in range(3):
        ticket(engine, n, becomes="hardware")
    assert taught(engine) is None
    found = taught(engine, now=NIGHT)
    assert found is not None
    assert "not enough tickets" in found.why
    # Once a night.
    assert taught(engine, now=NIGHT + timedelta(minutes=5)) is None


def test_a_night_without_corrections_has_nothing_to_learn(engine: Engine) -> None:
    ticket(engine, 1, category="hardware", outcome="confirmed")
    assert taught(engine, now=NIGHT) is None


def test_several_daemons_learn_once(engines: Callable[[], Engine]) -> None:
    one, two = engines(), engines()
    for n in range(4):
        ticket(one, n, becomes="hardware")
    # The first has begun and is not done yet when the second looks.
    first, second = Teacher(one), Teacher(two)
    assert first.step(POLICY, NOW, 0) is None
    assert second.step(POLICY, NOW, 60) is None
    assert first.step(POLICY, NOW, 60) is not None
    with reading(two) as connection:
        assert len(learned.history(connection, 10)) == 1


def test_learning_goes_on_in_small_pieces(engine: Engine) -> None:
    for n in range(20):
        ticket(engine, n, becomes="hardware", who=f"a{n % 4}@corp.example")
    teacher, steps = Teacher(engine), 0
    while (found := teacher.step(POLICY, NOW, 0.0001)) is None:
        steps += 1
        assert steps < 10_000
    assert steps > 5 and found.tickets == 20


def test_switched_off_nothing_is_learned(engine: Engine) -> None:
    for n in range(4):
        ticket(engine, n, becomes="hardware")
    assert taught(engine, replace(POLICY, learning=replace(POLICY.learning, on=False))) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"internal": False},
        {"outcome": "spam"},
    ],
)
def test_strangers_and_spam_teach_nothing(engine: Engine, changes: dict[str, object]) -> None:
    for n in range(6):
        ticket(engine, n, becomes="hardware", **changes)  # type: ignore[arg-type]  # by name
    found = taught(engine)
    assert found is not None and (found.tickets, found.in_use) == (0, False)


@pytest.mark.parametrize(
    ("outcome", "worked", "teaches"),
    [
        ("confirmed", True, 1),
        ("unconfirmed", True, 0),
        ("by_agent", True, 0),
        ("withdrawn", True, 0),
        ("confirmed", False, 0),
        (None, True, 0),
    ],
)
def test_an_uncorrected_ticket_teaches_when_an_agent_solved_it_and_the_requester_confirmed(
    engine: Engine, outcome: Close | None, worked: bool, teaches: int
) -> None:
    ticket(engine, 1, category="hardware", outcome=outcome, worked=worked)
    with reading(engine) as connection:
        rows, _ = learned.lessons(connection, learned.BEGINNING, 10)
    assert len(rows) == teaches


def test_only_the_last_correction_of_a_ticket_counts(engine: Engine) -> None:
    number = ticket(engine, 1, becomes="hardware")
    with engine.begin() as connection:
        knowledge.keep_corrections(connection, number, [("category", "hardware", "network")], "zhao.min@x", NOW)
        knowledge.keep_corrections(connection, number, [("priority", "P3", "P2")], WANG, NOW)
        rows, _ = learned.lessons(connection, learned.BEGINNING, 10)
    assert [(row.category, row.agent, row.corrected) for row in rows] == [("network", "zhao.min@x", True)]


def test_confirmed_tickets_stand_for_the_solved_ones_that_nobody_confirmed(engine: Engine) -> None:
    for n in range(2):
        ticket(engine, n, category="hardware", outcome="confirmed")
    for n in range(4):
        ticket(engine, n, category="hardware", outcome="unconfirmed")
    with reading(engine) as connection:
        assert learned.lessons(connection, learned.BEGINNING, 10)[1] == 3.0


def test_it_gives_back_to_the_rules_when_it_is_no_better_any_more(engine: Engine) -> None:
    numbers = [ticket(engine, n, becomes="hardware") for n in range(4)]
    first = taught(engine)
    assert first is not None and first.in_use
    assert in_force(engine, NOW + timedelta(minutes=2))
    # The agents think better of it: what the rules said had been right.
    later = NOW + timedelta(days=1)
    with engine.begin() as connection:
        for number in numbers:
            knowledge.keep_corrections(connection, number, [("category", "hardware", "other")], WANG, later)
    second = taught(engine, now=later)
    assert second is not None and not second.in_use
    assert "no better than the rules any more" in second.why
    assert not in_force(engine, later + timedelta(minutes=2))
    with reading(engine) as connection:
        told = connection.execute(text("SELECT detail FROM alarm WHERE kind = 'learner' ORDER BY id")).scalars().all()
    assert [each.partition(": ")[0] for each in told] == ["takes over", "gives back to the rules"]


def test_what_was_forgotten_teaches_no_more(engine: Engine) -> None:
    for n in range(4):
        ticket(engine, n, becomes="hardware")
    assert taught(engine) is not None
    assert in_force(engine, NOW + timedelta(minutes=5))
    teach.forget(engine, "the admin root", "the teams were reorganised", NOW + timedelta(minutes=6))
    assert not in_force(engine, NOW + timedelta(minutes=8))
    assert taught(engine, now=NIGHT) is None
    after = NOW + timedelta(days=1)
    for n in range(10, 14):
        ticket(engine, n, becomes="network", at=after)
    found = taught(engine, now=after)
    assert found is not None and (found.tickets, found.in_use) == (4, True)
    with reading(engine) as connection:
        history = [(row.kind, row.who, row.why) for row in learned.history(connection, 10)]
    assert history[1] == ("reset", "the admin root", "the teams were reorganised")


def test_what_is_forgotten_while_it_is_being_learned_does_not_come_back(engine: Engine) -> None:
    for n in range(4):
        ticket(engine, n, becomes="hardware")
    teacher = Teacher(engine)
    assert teacher.step(POLICY, NOW, 0) is None
    teach.forget(engine, "the admin root", "", NOW)
    found = teacher.step(POLICY, NOW, 60)
    # It had read nothing yet, or what it read is thrown away.
    assert found is not None and not found.in_use
    assert not in_force(engine, NOW + timedelta(minutes=5))
