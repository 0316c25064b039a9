"""Which mails are leased, on both databases, and that looking for them does not mean reading every mail ever sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from maild.store import migrate, outbox, outbox_counts
from maild.store.engine import open_engine
from tests.desks import ask

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def add(engine: Engine, name: str, count: int = 1, **changed: Any) -> None:
    with engine.begin() as connection:
        outbox.add(
            connection,
            [
                outbox.Letter(
                    **{
                        "ticket": None, "inbound": None, "template": "x", "audience": "agent", "reply": "public",
                        "recipient": f"{name}{n}@corp.example", "subject": "x", "automatic": True,
                        "message_id": f"<{name}{n}@desk>", "reference": "", "raw": b"x", "state": "queued",
                        "reason": "", "created": NOW, **changed,
                    }
                )
                for n in range(count)
            ],
        )  # fmt: skip


def leased(engine: Engine, now: datetime, limit: int, **how: Any) -> list[str]:
    with engine.begin() as connection:
        rows = outbox.lease(connection, "me", now, now + timedelta(seconds=60), limit, 10_000, **how)
    return [row.recipient.partition("@")[0] for row in rows]


def test_f08_what_a_person_wrote_goes_before_a_backlog_and_what_has_waited_long_goes_with_it(engine: Engine) -> None:
    """Also F07: two at a time on PostgreSQL take different rows."""
    add(engine, "notice", 1500)
    later = NOW + timedelta(seconds=30)
    add(engine, "letter", 1, audience="requester", created=later)
    add(engine, "reply", 1, automatic=False, audience="requester", created=later)
    assert leased(engine, later, 3) == ["reply0", "letter0", "notice0"]
    add(engine, "newer", 5, automatic=False, created=later)
    aged = NOW + outbox.AGED + timedelta(seconds=1)
    assert leased(engine, aged, 2) == ["notice0", "notice1"], "one of them was leased before, too long ago"
    with engine.begin() as connection:
        assert outbox_counts.sent_lately(connection, NOW, aged) == 2, "two are being sent; two leases have run out"
        assert outbox.next_due(connection) == NOW
    assert len(leased(engine, aged, 10, orphans=False)) == 10


def test_f02_a_mail_whose_answer_was_lost_four_times_is_leased_no_more(engine: Engine) -> None:
    add(engine, "mail")
    for copy in range(outbox.LOST):
        now = NOW + timedelta(minutes=16 * copy)
        assert leased(engine, now, 5) == ["mail0"]
        with engine.begin() as connection:
            fate = outbox.Fate(
                number=1, state="unknown", code=0, text="", due=now + timedelta(minutes=15), unknown=True
            )
            outbox.record(connection, "me", [fate])
    assert leased(engine, NOW + timedelta(days=1), 5) == []
    with engine.begin() as connection:
        assert outbox.next_due(connection) is None
        assert outbox.overdue(connection, NOW + timedelta(days=1)) == (None, "")
        assert outbox.retry(connection, 1, NOW)
    assert leased(engine, NOW, 5) == ["mail0"], "by hand it goes out again"


def test_f21_looking_for_what_is_due_never_reads_all_that_was_sent(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    migrate.upgrade(engine)
    said: list[tuple[str, Any]] = []
    event.listen(
        engine, "before_cursor_execute", lambda c, cursor, statement, values, *_: said.append((statement, values))
    )
    with engine.begin() as connection:
        outbox.next_due(connection)
        outbox.lease(connection, "me", NOW, NOW, 64, 1000)
    looks = [(statement, values) for statement, values in said if statement.startswith("SELECT")]
    assert len(looks) == 4
    for statement, values in looks:
        with engine.connect() as connection:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
        assert not [line for line in plan if line.startswith("SCAN outbox")], (statement, plan)
        assert any("ix_outbox_due" in line for line in plan), (statement, plan)
    assert ask(engine, "SELECT count(*) FROM outbox") == [(0,)]
    engine.dispose()
