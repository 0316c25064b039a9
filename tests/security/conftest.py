"""A desk in memory for attackers: the real steps from raw bytes to the outbox, on SQLite in a folder of its own."""

import email
import email.policy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from maild import desk as desks
from maild.apply import Writer
from maild.config import Settings
from maild.model import Person
from maild.store import people_directory
from maild.store.engine import open_engine, reading
from maild.store.schema import entry, field, history, ticket
from tests.stories import clients, invariants
from tests.stories.script import Manner
from tests.stories.stage import Memory, Out, copy_template, settings_for, sqlite_template

DESK = clients.DESK
TOM, MARY, EVE = "tom.reed@corp.example", "mary.jones@corp.example", "eve@stranger.example"
ANNA, ZHAO, LEAD = "anna.berg@corp.example", "zhao.min@corp.example", "chen.jing@corp.example"
MX = "mx.corp.example"

Headers = Sequence[tuple[str, str]]


def raw_mail(headers: Headers, body: str = "Please help me with this thing on my desk.\r\n") -> bytes:
    """A mail as an attacker writes it: every byte of the head as given, in this order."""
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{head}\r\n{body}".encode("utf-8", "surrogateescape")


class Desk:
    """A desk under attack: mails go in, letters come out, and what stands on record can be compared."""

    def __init__(self, stage: Memory) -> None:
        self.stage = stage
        self.outs: list[Out] = []
        self._pen = clients.Pen("security")
        self._count = 0

    # ── mails in ─────────────────────────────────────────────────────────────────────────────────────────────────

    def deliver(self, raw: bytes) -> list[Out]:
        """A mail arrives; gives every letter that was written because of it, held ones too."""
        self.stage.deliver(raw)
        return self._collect()

    def write(
        self, who: str, subject: str, body: str = "The printer on floor 3 eats the paper.", headers: Headers = ()
    ) -> list[Out]:
        """A fresh mail; `who` is the whole From field. `headers` stand on top, as a mail server puts them."""
        self._count += 1
        given = {name.lower() for name, _ in headers}
        own = [
            ("From", who),
            ("To", DESK),
            ("Date", self.stage.now.strftime("%a, %d %b %Y %H:%M:%S +0000")),
            ("Message-ID", f"<{self._count}@attack.example>"),
            ("Subject", subject),
        ]
        return self.deliver(raw_mail([*headers, *(pair for pair in own if pair[0].lower() not in given)], body))

    def reply(
        self,
        letter: Out,
        *lines: str,
        who: str = "",
        manner: Manner = "gmail",
        quote: bool = True,
        headers: Headers = (),
        subject: str = "",
    ) -> list[Out]:
        """An answer to a letter of ours, in the manner of a mail program."""
        message = self._pen.reply(
            who or letter.recipient,
            received(letter),
            lines,
            self.stage.now.astimezone(),
            manner=manner,
            quote=quote,
            subject=subject,
        )
        for name, value in headers:
            if name in message:
                message.replace_header(name, value)
            else:
                message[name] = value
        return self.deliver(message.as_bytes())

    def press(self, letter: Out, verb: str, who: str = "", retag: tuple[str, str] = ("", ""), **more: str) -> list[Out]:
        """A button of a letter of ours is pressed."""
        message = self._pen.press(who or letter.recipient, received(letter), verb, self.stage.now.astimezone(), retag)
        for name, value in more.items():
            message[name.replace("_", "-")] = value
        return self.deliver(message.as_bytes())

    def after(self, time: timedelta) -> list[Out]:
        """Time passes."""
        self.stage.wait_until(self.stage.now + time)
        return self._collect()

    def _collect(self) -> list[Out]:
        new = self.stage.letters()
        self.outs += new
        return new

    # ── what there is ────────────────────────────────────────────────────────────────────────────────────────────

    def letter(self, template: str, to: str) -> Out:
        """The last letter of that kind to that address."""
        return next(out for out in reversed(self.outs) if out.template == template and out.recipient == to)

    def sent_to(self, address: str) -> list[Out]:
        return [out for out in self.outs if out.recipient == address and out.state == "sent"]

    def rows(self, statement: str, **values: object) -> list[Any]:
        with reading(self.stage.engine) as connection:
            return list(connection.execute(text(statement), values).all())

    def ledger(self) -> Any:
        """The last mail's row."""
        return self.rows("SELECT * FROM inbound ORDER BY id DESC LIMIT 1")[0]

    def picture(self, number: int) -> list[Any]:
        """Everything on record about one ticket: equal pictures mean that nothing has happened to it."""
        with reading(self.stage.engine) as connection:
            return [
                list(connection.execute(select(table).where(column == number)).all())
                for table, column in (
                    (ticket, ticket.c.id),
                    (entry, entry.c.ticket),
                    (field, field.c.ticket),
                    (history, history.c.ticket),
                )
            ] + [self.rows("SELECT address, writes, reads FROM participant WHERE ticket = :n", n=number)]

    def state(self, number: int) -> str:
        return str(self.rows("SELECT state FROM ticket WHERE id = :n", n=number)[0].state)

    def told(self, number: int) -> str:
        """The history of a ticket as text."""
        rows = self.rows("SELECT * FROM history WHERE ticket = :n ORDER BY id", n=number)
        return "\n".join(f"{row.what}: {row.was} → {row.becomes} by {row.who}: {row.why}" for row in rows)

    # ── what an admin does ───────────────────────────────────────────────────────────────────────────────────────

    def dismiss(self, agent: str) -> None:
        """Somebody is listed as an agent no more, from the next mail on."""
        writer = self.stage.writer
        agents = {key: each for key, each in writer.policy.agents.items() if key != agent}
        self.stage.use(replace(writer, policy=replace(writer.policy, agents=agents)))

    def share(self, address: str, department: str) -> None:
        """The directory names a shared mailbox."""
        with self.stage.engine.begin() as connection:
            person = Person(key=department, addresses=(address,), name=department, department=department, shared=True)
            number = people_directory.add(connection, [person], "csv", self.stage.now)[person.key]
            people_directory.give(connection, {address: (number, 0)})

    def check(self) -> None:
        """The rules that every story keeps, over all that has left."""
        with reading(self.stage.engine) as connection:
            assert invariants.check(self.outs, connection) == []


def received(letter: Out) -> clients.Sent:
    """A letter of ours as it came to its reader."""
    message = invariants.parsed(letter.raw)
    return clients.Sent(
        letter.message_id,
        tuple(str(message["References"] or "").split()),
        str(message["Subject"]),
        invariants.text_of(message),
        invariants.text_of(message, "html"),
        letter.at.astimezone(),
    )


def words(letter: Out) -> str:
    """All that a reader of a letter can see."""
    message = email.message_from_bytes(letter.raw, policy=email.policy.default)
    seen = received(letter)
    return "\n".join((str(message["From"]), seen.subject, seen.text, seen.html))


MakeDesk = Callable[..., Desk]
_MADE: dict[str, tuple[Settings, Writer]] = {}


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sqlite_template(tmp_path_factory.mktemp("security"))


@pytest.fixture(scope="session")
def _state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture
def make_desk(_template: Path, _state: Path, tmp_path: Path) -> Iterator[MakeDesk]:
    """Makes desks; `make_desk(trust={"authserv_id": …})` lays settings over config.toml."""
    made: list[Memory] = []

    def make(**settings: dict[str, Any]) -> Desk:
        key = repr(settings)
        if key not in _MADE:
            read = settings_for(settings, daemon={"state_dir": str(_state)})
            _MADE[key] = read, desks.writer(read, desks.tokens(read))
        rules, writer = _MADE[key]
        stage = Memory(rules, open_engine(copy_template(_template, tmp_path / f"{len(made)}.db")), writer)
        made.append(stage)
        return Desk(stage)

    yield make
    for stage in made:
        stage.close()


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    """The shipped desk: nobody is vouched for."""
    return make_desk()


@pytest.fixture
def working(desk: Desk) -> Desk:
    """Ticket 1 is Tom's, in the hands of Anna."""
    return with_ticket(desk)


def with_ticket(desk: Desk, subject: str = "VPN keeps dropping") -> Desk:
    desk.write(TOM, subject, "Since 9 am my VPN connection drops every ten minutes, room 3F-12, phone 8123.")
    return desk
