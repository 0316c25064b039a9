"""Playing a story on a stage: mails in, letters out, time, and what must stand on record."""

import email
import email.policy
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from maild.directory.table import read_table
from maild.directory.takeover import take_over
from maild.model.ticket import FIELD_NAMES
from maild.store import blocked, people, tickets
from maild.store.engine import reading
from maild.store.schema import address, alarm, entry, history, inbound, link, ticket
from maild.workflow import business_time
from tests.stories import clients, invariants
from tests.stories.script import Check, Deliver, Expect, Letter, NobodyElse, Others, Pass, Story, StoryError
from tests.stories.stage import Out, Stage

_ZONE = ZoneInfo("Asia/Shanghai")
_HOLE = re.compile(r"\$\{(message-id|subject|tag) ([a-z_/]+) (\S+?)\}")


def play(story: Story, stage: Stage) -> None:
    """Play a whole story. Raises StoryError where it goes another way, naming file and line."""
    _Play(story, stage).run()


class _Play:
    def __init__(self, story: Story, stage: Stage) -> None:
        self._story, self._stage = story, stage
        self._pen = clients.Pen(story.name)
        self._outs: list[Out] = []
        self._open: list[Out] = []
        self._last = ""

    def run(self) -> None:
        if self._story.people is not None:
            with self._stage.engine.begin() as connection:
                take_over(connection, read_table(self._story.people), "csv", 0.2, self._stage.now)
        for step in self._story.steps:
            try:
                self._step(step)
            except (AssertionError, LookupError, TimeoutError) as error:
                raise StoryError(f"{step.at}: {error}") from error
        self._nothing_left("the end")
        with reading(self._stage.engine) as connection:
            broken = invariants.check(self._outs, connection)
        if broken:
            raise StoryError(f"{self._story.name}: after the end\n  " + "\n  ".join(broken))

    def _step(self, step: object) -> None:
        match step:
            case Deliver():
                self._nothing_left(step.at)
                self._stage.deliver(self._bytes(step))
                self._collect()
            case Pass():
                self._nothing_left(step.at)
                self._stage.wait_until(self._moment(step))
                self._collect()
            case Expect():
                self._expect(step)
            case NobodyElse():
                self._nothing_left(step.at)
            case Others():
                self._open.clear()
            case Check():
                self._check(step)

    # ── mails in ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _bytes(self, step: Deliver) -> bytes:
        if step.file is not None:
            return self._from_file(step)
        now = self._stage.now.astimezone(_ZONE)
        if step.how == "writes" or step.letter is None:
            message = self._pen.fresh(step.who, step.subject, step.text, now)
        elif step.how == "presses":
            retag = (f"[IT-{self._find(step.letter).ticket}]", f"[IT-{step.tag}]") if step.tag else ("", "")
            message = self._pen.press(step.who, self._received(step.letter), step.verb, now, retag, step.text)
        else:
            message = self._pen.reply(
                step.who,
                self._received(step.letter),
                step.text,
                now,
                manner=step.manner or clients.usual_manner(step.who.lower()),
                references=step.references,
                quote=step.quote,
                subject=step.subject,
                prefix=step.prefix,
                filled=step.filled,
            )
        if step.cc:
            message["Cc"] = ", ".join(step.cc)
        for name, value in step.headers:
            message[name] = value
        clients.attach(message, step.attaches)
        return message.as_bytes()

    def _from_file(self, step: Deliver) -> bytes:
        assert step.file is not None
        raw = step.file.read_bytes().replace(b"\r\n", b"\n")
        if b"${" in raw:
            # What our letters are called is known only now: a delivery report names the mail that failed.
            raw = _HOLE.sub(lambda hole: self._fill(*hole.groups()), raw.decode("utf-8")).encode("utf-8")
        return raw.replace(b"\n", b"\r\n")

    def _fill(self, what: str, template: str, to: str) -> str:
        out = self._find(Letter(template, to))
        return {"message-id": out.message_id, "subject": str(invariants.parsed(out.raw)["Subject"])}.get(
            what, f"[IT-{out.ticket}]"
        )

    def _find(self, letter: Letter) -> Out:
        for out in reversed(self._outs):
            fits = out.template == letter.template and out.recipient == letter.to
            if fits and letter.ticket in (0, out.ticket) and out.state == "sent":
                return out
        raise LookupError(
            f"{letter.to} has had no {letter.template}{f' about IT-{letter.ticket}' if letter.ticket else ''}"
        )

    def _received(self, letter: Letter) -> clients.Sent:
        out = self._find(letter)
        message = email.message_from_bytes(out.raw, policy=email.policy.default)
        return clients.Sent(
            out.message_id,
            tuple(str(message["References"] or "").split()),
            str(message["Subject"]),
            invariants.text_of(message),
            invariants.text_of(message, "html"),
            out.at.astimezone(_ZONE),
        )

    def _moment(self, step: Pass) -> datetime:
        now, calendar = self._stage.now, self._stage.settings.policy.calendar
        match step.unit:
            case "minutes":
                return now + timedelta(minutes=step.amount)
            case "days":
                return now + timedelta(days=step.amount)
            case "business_minutes":
                return business_time.add(now, step.amount, calendar)
            case "business_days":
                return business_time.add_days(now, int(step.amount), calendar)
            case _:
                target = datetime.fromisoformat(step.until).replace(tzinfo=_ZONE)
                assert target > now, f"{step.until} is past: it is {now.astimezone(_ZONE):%Y-%m-%d %H:%M}"
                return target

    # ── letters out ──────────────────────────────────────────────────────────────────────────────────────────────

    def _collect(self) -> None:
        outs = self._stage.letters()
        self._outs += outs
        self._open = [out for out in outs if out.state == "sent"]

    def _nothing_left(self, at: str) -> None:
        if self._open:
            lines = "\n  ".join(f"> to {out.recipient} [IT-{out.ticket}] {out.template}" for out in self._open)
            raise StoryError(f"{at}: before this line, mails left that the story does not expect:\n  {lines}")

    def _expect(self, step: Expect) -> None:
        wanted = step.letter
        fits = [
            out
            for out in self._open
            if out.template == wanted.template and out.recipient == wanted.to and wanted.ticket in (0, out.ticket or 0)
        ]
        if not fits:
            there = "\n  ".join(f"> to {out.recipient} [IT-{out.ticket}] {out.template}" for out in self._open)
            raise AssertionError(f"no {wanted.template} to {wanted.to}; there left:\n  {there or 'nothing'}")
        out = fits[0]
        self._open.remove(out)
        message = invariants.parsed(out.raw)
        text, html = invariants.text_of(message), invariants.text_of(message, "html")
        # The plain text is broken at 78 columns, English at a blank, Chinese anywhere; what is looked for is the words.
        unbroken = "\n".join((text, text.replace("\n", " "), text.replace("\n", "")))
        for words in step.contains:
            assert words in unbroken, f"{words!r} does not stand in it:\n{text}"
        for words in step.lacks:
            assert words not in unbroken and words not in html, f"{words!r} stands in it:\n{text}"
        if step.sender:
            name = message["From"].addresses[0].display_name
            assert name == step.sender, f"it comes from {name!r}"
        names = [part.get_filename() for part in message.walk() if part.get_filename()]
        for name in step.attached:
            assert name in names, f"{name!r} is not attached, only {names}"

    # ── what stands on record ────────────────────────────────────────────────────────────────────────────────────

    def _check(self, step: Check) -> None:
        with reading(self._stage.engine) as connection:
            for pattern, check in _CHECKS:
                if len(pattern) <= len(step.words) and all(
                    not part or part == word for part, word in zip(pattern, step.words, strict=False)
                ):
                    check(connection, step.words[len(pattern) :], _ticket_in(pattern, step))
                    return
        raise StoryError(
            f"{step.at}: nothing on record is called {' '.join(step.words)!r}; README.md lists what there is"
        )


def _ticket_in(pattern: Sequence[str], step: Check) -> int:
    for part, word in zip(pattern, step.words, strict=False):
        if not part:
            found = re.fullmatch(r"\[?IT-(\d+)\]?", word)
            if found is None:
                raise StoryError(f"{step.at}: {word!r} is no ticket")
            return int(found[1])
    return 0


_Words = tuple[str, ...]


def _state(connection: Connection, words: _Words, number: int) -> None:
    """`= IT-1 open priority P2 assignee wang.wei@…`: the state, then attribute and value by turns."""
    row = connection.execute(select(ticket).where(ticket.c.id == number)).one_or_none()
    assert row is not None, f"there is no IT-{number}"
    rest = list(words)
    if len(rest) % 2:
        assert row.state == rest[0], f"IT-{number} is {row.state}"
        rest.pop(0)
    for name, value in zip(rest[::2], rest[1::2], strict=True):
        found = getattr(row, name, "no such attribute")
        shown = "nobody" if found is None else str(found)
        assert shown == value, f"{name} of IT-{number} is {shown!r}"


def _fields(connection: Connection, words: _Words, number: int) -> None:
    """`= fields of IT-1 phone "8123" location "3F"`; the value "" stands for none."""
    known = tickets.fields_of(connection, number)
    for name, value in zip(words[::2], words[1::2], strict=True):
        assert name in FIELD_NAMES, f"there is no field {name}"
        found = known[name].value if name in known else ""
        assert found == value, f"{name} is {found!r}"


def _asks(connection: Connection, words: _Words, number: int) -> None:
    row = connection.execute(select(ticket.c.asked).where(ticket.c.id == number)).one()
    assert list(row.asked) == list(words), f"it asks for {', '.join(row.asked) or 'nothing'}"


def _history(connection: Connection, words: _Words, number: int) -> None:
    """`= history of IT-1 has "a" "b" lacks "c"`: each in one line of `what: was → becomes by who because why`."""
    rows = connection.execute(select(history).where(history.c.ticket == number).order_by(history.c.id)).all()
    lines = [f"{row.what}: {row.was} → {row.becomes} by {row.who} because {row.why}" for row in rows]
    wanted = True
    for word in words:
        if word in ("has", "lacks"):
            wanted = word == "has"
            continue
        found = any(word in line for line in lines)
        assert found == wanted, f"{word!r} {'stands' if found else 'does not stand'} in\n  " + "\n  ".join(lines)


def _entries(connection: Connection, words: _Words, number: int) -> None:
    """`= entries of IT-1 internal "words"`: something that was said, and whether the requester may see it."""
    rows = connection.execute(select(entry).where(entry.c.ticket == number)).all()
    visibility = ""
    for word in words:
        if word in ("public", "internal", "lack"):
            visibility = word
            continue
        found = {row.visibility for row in rows if word in row.new_text}
        wanted = set() if visibility == "lack" else {visibility}
        assert found == wanted, f"{word!r} is {', '.join(found) or 'nowhere'}"


def _ledger(connection: Connection, words: _Words, number: int) -> None:
    """`= ledger ignored "reason"`: what became of the last mail."""
    row = connection.execute(select(inbound).order_by(inbound.c.id.desc()).limit(1)).one()
    assert row.fate == words[0], f"it was {row.fate}: {row.reason}"
    for part in words[1:]:
        told = f"{row.reason} · {row.screening} · {row.trust}: {row.trust_reason} · by {row.thread_by}"
        assert part in told, f"the ledger says {told!r}"


def _count(connection: Connection, words: _Words, number: int) -> None:
    rows = connection.execute(select(ticket.c.id)).all()
    assert len(rows) == int(words[0]), f"there are {len(rows)} tickets"


def _linked(connection: Connection, words: _Words, number: int) -> None:
    """`= IT-2 linked to IT-1 as claims`."""
    rows = connection.execute(select(link).where(link.c.source == number)).all()
    found = [f"IT-{row.target} as {row.kind}" for row in rows]
    assert " ".join(words) in found, f"it is linked to {found}"


def _away(connection: Connection, words: _Words, number: int) -> None:
    """`= away zhao.min@corp.example until 2024-03-11`, a local date; `= away ADDRESS until never` if not away."""
    row = people.agents(connection).get(words[0])
    until = None if row is None else row.away_until
    shown = "never" if until is None else until.astimezone(_ZONE).date().isoformat()
    assert shown == words[2], f"{words[0]} is away until {shown}"


def _undeliverable(connection: Connection, words: _Words, number: int) -> None:
    row = connection.execute(select(address.c.bounced).where(address.c.address == words[0])).one_or_none()
    assert row is not None and row.bounced == words[1], f"it is marked {row.bounced if row else None!r}"


def _blocked(connection: Connection, words: _Words, number: int) -> None:
    """`= blocked @x.example …`: whom an admin has blocked, and nobody else; `= blocked nobody`."""
    found = sorted(row.sender for row in blocked.listing(connection))
    assert found == sorted(word for word in words if word != "nobody"), f"blocked are {found}"


def _alarm(connection: Connection, words: _Words, number: int) -> None:
    rows = [f"{row.kind}: {row.detail}" for row in connection.execute(select(alarm))]
    assert any(words[0] in row for row in rows), f"the alarms are {rows}"


# An empty part stands for a ticket.
_CHECKS: tuple[tuple[_Words, Callable[[Connection, _Words, int], None]], ...] = (
    (("history", "of", ""), _history),
    (("fields", "of", ""), _fields),
    (("entries", "of", ""), _entries),
    (("", "asks", "for"), _asks),
    (("", "linked", "to"), _linked),
    (("ledger",), _ledger),
    (("tickets",), _count),
    (("away",), _away),
    (("undeliverable",), _undeliverable),
    (("blocked",), _blocked),
    (("alarm",), _alarm),
    (("",), _state),
)
