"""A mail that orders something on several tickets, cut off between them: each ticket is done once, one transcript."""

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from maild import desk, failpoint
from maild.store.engine import open_engine, reading
from maild.store.schema import history, outbox, ticket
from tests.stories.stage import Memory, copy_template, settings_for, sqlite_template

REPORTERS = ("tom.reed@corp.example", "mary.jones@corp.example", "li.lei@corp.example")


class Killed(BaseException):
    """No error that anybody handles: the power is gone."""


def letter(sender: str, subject: str, text: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "it@corp.example", subject
    mail["Message-ID"] = f"<{len(subject)}.{len(text)}.{sender}>"
    mail["Date"] = "Mon, 04 Mar 2024 10:00:00 +0800"
    mail["Authentication-Results"] = f"mx.corp.example; dmarc=pass header.from={sender.partition('@')[2]}"
    mail.set_content(text)
    return mail.as_bytes()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sqlite_template(tmp_path_factory.mktemp("orders"))


@pytest.fixture
def stage(template: Path, tmp_path: Path) -> Iterator[Memory]:
    settings = settings_for({"trust": {"authserv_id": "mx.corp.example"}}, daemon={"state_dir": str(tmp_path)})
    writer = desk.writer(settings, desk.tokens(settings))
    made = Memory(settings, open_engine(copy_template(template, tmp_path / "maild.db")), writer)
    yield made
    made.close()


def cut(stage: Memory, raw: bytes, at: str, after: int, patch: pytest.MonkeyPatch) -> bool:
    """Hand a mail in, with the power gone at that place on its `after`th passing, and start again; whether it was."""
    left = after

    def reach(name: str) -> None:
        nonlocal left
        left -= name == at
        if name == at and left == 0:
            raise Killed

    gone = False
    with patch.context() as within:
        within.setattr(failpoint, "reach", reach)
        try:
            stage.deliver(raw)
        except Killed:
            gone = True
    stage.settle()
    return gone


@pytest.mark.parametrize("at", ["timer-applied", "timer-decided"])
@pytest.mark.parametrize("after", [1, 2, 3])
def test_each_ticket_of_an_order_and_of_its_undo_is_done_once_and_told_once(
    stage: Memory, at: str, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n, reporter in enumerate(REPORTERS):
        stage.deliver(letter(reporter, f"Fault {n}: the machine in room {n}0{n} does not start", "It does not start."))
    order = letter("anna.berg@corp.example", "Orders", "#resolve IT-1 IT-2 IT-3 the fuse was changed")
    assert cut(stage, order, at, after, monkeypatch)
    assert states(stage) == ["resolved"] * 3
    assert told(stage, "requester/resolved") == sorted(REPORTERS)
    assert told(stage, "agent/transcript") == ["anna.berg@corp.example"]
    assert cut(stage, letter("anna.berg@corp.example", "#undo", ""), at, after, monkeypatch)
    assert states(stage) == ["new"] * 3
    assert told(stage, "requester/corrected") == sorted(REPORTERS)
    assert told(stage, "agent/transcript") == ["anna.berg@corp.example"] * 2
    with reading(stage.engine) as connection:
        undone = connection.execute(select(history.c.ticket).where(history.c.what == "undone")).scalars().all()
    assert sorted(undone) == [1, 2, 3]


def states(stage: Memory) -> list[str]:
    with reading(stage.engine) as connection:
        return list(connection.execute(select(ticket.c.state).order_by(ticket.c.id)).scalars())


def told(stage: Memory, template: str) -> list[str]:
    with reading(stage.engine) as connection:
        return sorted(connection.execute(select(outbox.c.recipient).where(outbox.c.template == template)).scalars())
