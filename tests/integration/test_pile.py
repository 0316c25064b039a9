"""The pile of the first day: all that lay in the mailbox is taken, and whoever writes meanwhile is served first."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from maild import fetch, receive
from maild.store import ledger
from tests import servers
from tests.desks import Box, Steps, ask, looking, mail, prepared, running
from tests.maildir import fill, small
from tests.sink import Accepted, Sink

PILE = 1500


def _some(engine: Engine, statement: str) -> bool:
    return bool(ask(engine, statement))


def _wrote_to(recipient: str, mails: Sequence[Accepted]) -> bool:
    return any(recipient in each.recipients for each in mails)


def test_f12_whoever_writes_while_the_pile_is_worked_off_is_served_before_the_rest_of_it(
    tmp_path: Path, box: Box, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also G1: of the pile, too, every mail is one ticket, and none gets an automatic answer."""
    monkeypatch.setattr(fetch, "GLANCE_S", 0.2)
    fill(box, [small(f"pile{n:05d}") for n in range(PILE)])
    # As shipped: of a pile an agent hears of 60 mails in ten minutes, and of the rest in one summary.
    budgets = {"notices_per_10_minutes": 60}
    settings = prepared(tmp_path, box, sink.port, mailbox={"file_away": False}, budgets=budgets)
    with looking(settings.database.url) as engine, running(settings):
        for n in range(3):
            decided = f"SELECT count(*) FROM inbound WHERE pile AND state = 'done' HAVING count(*) > {n * 250}"
            servers.wait_until(partial(_some, engine, decided), "the pile is begun", 60)
            box.deliver(mail(f"new{n}"))
        servers.wait_until(
            lambda: ask(engine, "SELECT count(*) FROM inbound WHERE state = 'done'")[0][0] == PILE + 3, "all done", 60
        )
        after = (
            "SELECT count(*) FROM inbound JOIN inbound AS new ON new.message_id = :name WHERE inbound.pile"
            " AND inbound.done > new.done"
        )
        for n in range(3):
            ((left,),) = ask(engine, after, name=f"<new{n}@corp.example>")
            print(f"new{n}: {left} of the pile were decided after it")
            assert left > 0, f"new{n} had to wait for all of the pile"
            sink.wait_for(partial(_wrote_to, f"u-new{n}@corp.example"), 30)
        assert ask(engine, "SELECT count(*) FROM ticket") == [(PILE + 3,)]
        assert ask(engine, "SELECT pile, fate, count(*) FROM inbound GROUP BY pile, fate ORDER BY pile") == [
            (0, "ticketed", 3), (1, "ticketed", PILE),
        ]  # fmt: skip
    assert not [each for each in sink.mails if any("u-pile" in to for to in each.recipients)]


def test_f12_new_uids_are_looked_for_between_the_batches_of_the_pile(
    tmp_path: Path, box: Box, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "GLANCE_S", 0.0)
    fill(box, [small(f"pile{n}") for n in range(400)])
    with Steps(prepared(tmp_path, box, sink.port, mailbox={"file_away": False})) as desk:
        commits = 0

        def committed() -> None:
            nonlocal commits
            commits += 1
            if commits in (2, 4):
                box.deliver(mail(f"between{commits}"))

        assert desk.fetcher.step(committed) == 402
        in_order = [row[0] for row in desk.rows("SELECT message_id FROM inbound ORDER BY id")]
        # 50 mails a batch: each came with the look after the batch during which it was sent.
        assert in_order.index("<between2@corp.example>") == 100
        assert in_order.index("<between4@corp.example>") == 151
        assert desk.rows("SELECT count(*) FROM inbound WHERE NOT pile") == [(2,)]
        assert desk.fetch() == 0


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_f12_the_ledger_gives_new_mail_first_then_the_pile_and_last_what_was_tried(
    tmp_path: Path, box: Box, sink: Sink, database: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres").database() if database == "postgresql" else ""
    fill(box, [small(f"pile{n}") for n in range(3)])
    with Steps(prepared(tmp_path, box, sink.port, url, mailbox={"file_away": False})) as desk:
        desk.fetch()
        box.deliver(mail("new0"), mail("new1"))
        desk.fetch()
        with desk.engine.begin() as connection:
            ledger.begin_attempt(connection, [1, 4])
        ask_ledger: Callable[..., list[ledger.Waiting]] = ledger.hold if url else ledger.waiting
        with desk.engine.connect() as connection:
            assert [row.id for row in ask_ledger(connection, 10)] == [5, 2, 3, 4, 1]
            assert [row.id for row in ask_ledger(connection, 10, {1, 3})] == [1, 3]
            assert [row.id for row in ask_ledger(connection, 2, {77})] == [5, 2]
            if url:
                ledger.let_go(connection)


def test_f12_a_round_of_the_pile_is_short_and_new_mail_gets_in_after_it(steps: Steps, box: Box) -> None:
    box.deliver(*[mail(f"pile{n}") for n in range(60)])
    steps.fetch()
    assert steps.receiver.step(lambda: None) == 24
    box.deliver(mail("new"))
    steps.fetch()
    assert steps.receiver.step(lambda: None) == 1
    assert steps.rows("SELECT fate FROM inbound WHERE NOT pile") == [("ticketed",)]
    steps.receive()
    assert steps.rows("SELECT count(*) FROM inbound WHERE fate = 'ticketed'") == [(61,)]


def test_f12_a_reply_to_a_mail_deep_in_the_pile_has_it_decided_first_and_joins_it(steps: Steps, box: Box) -> None:
    """The reply must neither overtake its original nor wait for all of the pile."""
    writer: dict[str, Any] = {"sender": "li.lei@corp.example"}
    box.deliver(
        *[mail(f"pile{n}") for n in range(40)],
        mail("first", **writer),
        mail("second", **writer, In_Reply_To="<first@corp.example>"),
        *[mail(f"more{n}") for n in range(10)],
    )
    steps.fetch()
    box.deliver(mail("third", **writer, In_Reply_To="<second@corp.example>"), mail("other"))
    steps.fetch()
    for _ in range(10):
        steps.receiver.step(lambda: None)
        rows = dict(steps.rows("SELECT message_id, ticket FROM inbound WHERE state = 'done'"))
        if "<third@corp.example>" in rows:
            break
    names = ("first", "second", "third")
    assert len({rows[f"<{name}@corp.example>"] for name in names}) == 1
    # Of the pile no more was decided meanwhile than the two mails that the reply rests on, and one round.
    assert len(rows) <= len(names) + 1 + 24
    while steps.rows("SELECT count(*) FROM inbound WHERE state = 'done'")[0][0] != 54:
        assert steps.receiver.step(lambda: None) or steps.receiver.deferred
    assert steps.rows("SELECT count(*) FROM ticket") == [(52,)]


def test_f12_a_slow_mail_of_the_pile_ends_the_round(steps: Steps, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "PILE_SECONDS", 0.0)
    monkeypatch.setattr(receive, "BATCH_SECONDS", 0.0)
    box.deliver(*[mail(f"pile{n}") for n in range(5)])
    steps.fetch()
    assert steps.receiver.step(lambda: None) == 1
    # What was read ahead and left counts as not tried.
    assert steps.rows("SELECT count(*) FROM inbound WHERE state = 'received' AND attempts = 0") == [(4,)]
    begun = time.monotonic()
    while steps.receiver.step(lambda: None):
        assert time.monotonic() - begun < 30
    assert steps.rows("SELECT count(*) FROM inbound WHERE fate = 'ticketed'") == [(5,)]
