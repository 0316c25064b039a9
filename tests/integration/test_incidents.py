"""Mass incidents on real databases: proposed once by several daemons, told to each, nothing written when idle."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, func, select

from maild import desk
from maild.apply import Writer, apply
from maild.model import Address, Agent, Entry, Facts, Found, History, Outcome, Signature, Ticket, Words
from maild.store import incidents, tickets
from maild.store.engine import reading
from maild.store.schema import address, incident, outbox, person, ticket, timer
from maild.tick import Ticker
from maild.watch import Watch
from maild.workflow import incident_ticket
from maild.workflow.draft import Draft
from tests.stories.stage import settings_for

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SAID = ("VPN连不上", "cannot connect to the VPN", "vpn掉线", "VPN times out", "VPN 无法连接", "VPN connection lost")


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    settings = settings_for({}, daemon={"state_dir": str(tmp_path)})
    return desk.writer(settings, desk.tokens(settings))


def report(engine: Engine, writer: Writer, subject: str, requester: str, at: datetime = NOW, **more: object) -> int:
    """A ticket as registering leaves it."""
    made = Ticket(
        subject=subject, requester=Address(requester), created=at, category="network", team="network",
        internal="elsewhere" not in requester,
    )  # fmt: skip
    made = replace(made, **more)  # type: ignore[arg-type]
    said = Entry(
        direction="in", visibility="public", author=made.requester, role="requester", text=subject, new_text=subject,
        message_id=f"<{requester}.{subject}.{at.isoformat()}@corp.example>".replace(" ", ""),
    )  # fmt: skip
    first = History("registered", "", "new", requester, "a mail")
    with engine.begin() as connection:
        applied = apply(connection, Outcome(reason="", ticket=made, entries=(said,), history=(first,)), writer, at)
    assert applied.ticket is not None
    return applied.ticket.key


def count(engine: Engine, table: object, *where: object) -> int:
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one())  # type: ignore[arg-type]


def test_daemons_that_look_at_the_same_moment_propose_it_once(engine: Engine, writer: Writer) -> None:
    for n, said in enumerate(SAID):
        report(engine, writer, said, f"p{n}@corp.example", NOW + timedelta(minutes=n))
    later = NOW + timedelta(minutes=10)
    # On SQLite one daemon is alone; two looks of it are one after the other.
    many = 4 if engine.dialect.name == "postgresql" else 1
    watches = [Watch(engine, lambda: later) for _ in range(4)]
    with ThreadPoolExecutor(many) as pool:
        list(pool.map(lambda watch: watch.step(writer), watches))
    assert count(engine, incident) == 1
    assert count(engine, outbox, outbox.c.template == "lead/mass_incident") == 1
    assert count(engine, ticket, ticket.c.parent.is_not(None)) == 0


def test_without_new_tickets_nothing_is_written_and_one_row_is_read(engine: Engine, writer: Writer) -> None:
    for n, said in enumerate(SAID[:4]):
        report(engine, writer, said, f"p{n}@corp.example")
    watch = Watch(engine, lambda: NOW + timedelta(minutes=5))
    watch.step(writer)
    said_to_it: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *what: said_to_it.append(what[2]))
    assert watch.step(writer) == 0
    asked = [one for one in said_to_it if not one.startswith(("SET", "BEGIN", "PRAGMA", "SHOW"))]
    assert len(asked) == 1 and asked[0].startswith("SELECT max(")


def test_addresses_that_the_directory_gives_to_one_person_count_once(engine: Engine, writer: Writer) -> None:
    with engine.begin() as connection:
        key = connection.execute(person.insert().values(name="Li Lei")).inserted_primary_key
        assert key is not None
        for n in range(5):
            connection.execute(address.insert().values(address=f"li{n}@corp.example", person=key[0]))
    for n in range(5):
        report(engine, writer, SAID[n], f"li{n}@corp.example")
    watch = Watch(engine, lambda: NOW + timedelta(minutes=5))
    assert watch.step(writer) == 0
    for n in range(4):
        report(engine, writer, SAID[n], f"other{n}@corp.example")
    assert watch.step(writer) == 1


def test_switched_off_nothing_is_looked_for(engine: Engine, writer: Writer) -> None:
    for n, said in enumerate(SAID):
        report(engine, writer, said, f"p{n}@corp.example")
    policy = replace(writer.policy, incidents=replace(writer.policy.incidents, on=False))
    assert Watch(engine, lambda: NOW).step(replace(writer, policy=policy)) == 0
    assert count(engine, incident) == 0


def test_an_update_reaches_every_reporter_once_also_through_a_restart(engine: Engine, writer: Writer) -> None:
    """Five hundred of them: `python -m tests.soak incidents`."""
    tell_all(engine, writer, 30)


def tell_all(engine: Engine, writer: Writer, many: int) -> None:
    """A mass incident of so many reports is accepted and told of, and each reporter hears it once."""
    numbers = [report(engine, writer, SAID[n % 6], f"p{n}@corp.example") for n in range(many)]
    policy = writer.policy
    agent = Agent("chen.jing@corp.example", "陈静", ("network",))
    found = Found(
        reports=tuple(numbers), people=many, since=NOW, expected=0.1, known_by=Signature("=vpn"),
        title=Words("VPN", "VPN"), category="network", team="network", restricted=False,
    )  # fmt: skip
    with engine.begin() as connection:
        proposed = apply(connection, incident_ticket.propose(found, Facts(), NOW, policy), writer, NOW).ticket
    assert proposed is not None

    def draft(now: datetime) -> Draft:
        with reading(engine) as connection:
            current = tickets.load(connection, proposed.key)
            record = incidents.load(connection, proposed.key)
            assert current is not None and record is not None
            waits = record.state == "proposed"
            members = incidents.members(connection, record.reports) if waits else ()
            facts = Facts(incident=record, members=members or incidents.members_of(connection, proposed.key))
        return Draft(current, now, facts, policy, who=agent.address)

    def carry_out(made: Draft, now: datetime) -> None:
        with engine.begin() as connection:
            apply(connection, made.outcome("by hand"), writer, now)

    def run(now: datetime, rounds: int) -> None:
        # A daemon that ends and one that begins: the rows stand in the database.
        for _ in range(rounds):
            Ticker(engine, writer, lambda: now).step(lambda: None)

    accepted = draft(NOW)
    incident_ticket.accept(accepted, agent, "")
    carry_out(accepted, NOW)
    run(NOW, 2)
    assert count(engine, ticket, ticket.c.parent == proposed.key) == many
    later = NOW + timedelta(minutes=1)
    told = draft(later)
    incident_ticket.update(told, agent, "The gateway is being restarted.")
    carry_out(told, later)
    assert count(engine, timer, timer.c.kind.startswith("followed:")) == many
    run(later, 3)
    assert count(engine, timer, timer.c.kind.startswith("followed:")) == 0
    with reading(engine) as connection:
        rows = connection.execute(
            select(outbox.c.recipient, outbox.c.state).where(outbox.c.template == "requester/reply")
        ).all()
    assert sorted(row.recipient for row in rows) == sorted(f"p{n}@corp.example" for n in range(many))
    # A person's words are under no budget.
    assert {row.state for row in rows} == {"queued"}
