"""Mails through a relay that misbehaves at random in every way that relays do; afterwards each is accounted for."""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from maild.outbound.relay import BARE_LINE_END
from maild.outbound.smtp import Courier, Relay
from maild.send import Sender
from maild.store import migrate, outbox
from maild.store.engine import open_engine
from tests.crash.history import message_id
from tests.desks import Clock, ask
from tests.sink import DROP, STALL, Sink, Stage

DESK = "desk@corp.example"
# What a relay does wrong, how often, and what it says; the recipient's own affairs are told by the address.
TRICKS: tuple[tuple[Stage, str, int], ...] = (
    ("connect", "421 4.3.2 closing", 4),
    ("connect", "421 4.7.0 too many connections", 3),
    ("connect", "554 5.7.1 go away", 2),
    ("connect", DROP, 4),
    ("connect", STALL, 1),
    ("EHLO", "502 5.5.1 not implemented", 2),
    ("EHLO", DROP, 2),
    ("MAIL", "450 4.7.1 slow down", 4),
    ("MAIL", "550 5.7.60 not allowed to send as this sender", 3),
    ("MAIL", "432 4.3.2 concurrent connections limit exceeded", 2),
    ("MAIL", DROP, 4),
    ("MAIL", "what?", 1),
    ("RCPT", "450 4.2.0 greylisted", 8),
    ("RCPT", "421 4.3.0 closing", 3),
    ("RCPT", DROP, 4),
    ("RCPT", "250-" + "x" * 20_000, 1),
    ("DATA", "451 4.3.0 not now", 4),
    ("DATA", DROP, 3),
    ("dot", "451 4.7.1 try later", 4),
    ("dot", "421 4.3.2 shutting down", 3),
    ("dot", DROP, 6),
    ("dot", STALL, 2),
    ("accepted", DROP, 6),
    ("RSET", DROP, 2),
    ("QUIT", STALL, 1),
    ("QUIT", DROP, 3),
)
# How often a trick of weight 1 is played.
ONE_IN = 0.006
# Now and then the relay refuses everybody for a while, as when it has our address on a list.
BLOCKED = "554 5.7.1 your address is on a block list"


@dataclass
class Tally:
    """What a run came to."""

    mails: int = 0
    states: Counter[str] = field(default_factory=Counter)
    lost_answers: int = 0
    second_copies: int = 0
    rounds: int = 0
    days: float = 0.0
    faults: list[str] = field(default_factory=list)


def run(folder: Path, mails: int, seed: str) -> Tally:
    """Send `mails` mails past all tricks, letting the clock run on until each has its end, and check every row."""
    dice = random.Random(seed)
    engine = open_engine(f"sqlite:///{folder / 'relay.db'}")
    migrate.upgrade(engine)
    clock, tally = Clock(), Tally(mails)
    with Sink() as sink:
        courier = Courier(
            Relay(
                "127.0.0.1", sink.port, "none", connections=4, connect_timeout_s=0.3, reply_timeout_s=0.3,
                dot_timeout_s=0.3, mail_timeout_s=2.0, helo="desk.corp.example",
            )
        )  # fmt: skip
        sender = Sender(engine, courier, "soak", DESK, None, clock)
        # Refused for good, whatever else happens: these and no others may fail.
        sink.trick("RCPT", "550 5.1.1 no such user", match=lambda to: "nobody" in to)
        _queue(engine, clock, dice, mails)
        try:
            _send_all(sender, sink, clock, dice, engine, tally)
        finally:
            sender.close()
        _check(engine, sink, tally)
    tally.days = clock.ahead / timedelta(days=1)
    engine.dispose()
    return tally


def _queue(engine: Engine, clock: Clock, dice: random.Random, mails: int) -> None:
    letters = []
    for n in range(mails):
        who = f"nobody{n}" if dice.random() < 0.03 else f"u{n}"
        # Some are long, so that the dot is sent by itself.
        body = "z" * 900 + "\r\n" if dice.random() < 0.95 else ("z" * 900 + "\r\n") * 100
        letters.append(
            outbox.Letter(
                ticket=None, inbound=None, template="requester/acknowledged", audience="requester", reply="public",
                recipient=f"{who}@corp.example", subject="x", automatic=dice.random() < 0.8,
                message_id=f"<{n}@soak>", reference="", raw=f"Message-ID: <{n}@soak>\r\n\r\n{body}".encode(),
                state="queued", reason="", created=clock(),
            )
        )  # fmt: skip
    with engine.begin() as connection:
        outbox.add(connection, letters)


def _send_all(sender: Sender, sink: Sink, clock: Clock, dice: random.Random, engine: Engine, tally: Tally) -> None:
    for stage, what, weight in TRICKS:
        sink.trick(stage, what, match=_now_and_then(dice, weight * ONE_IN))
    blocked = 0
    while True:
        left = ask(
            engine,
            "SELECT count(*) FROM outbox WHERE state IN ('queued', 'leased')"
            " OR (state = 'unknown' AND unknowns < :lost)",
            lost=outbox.LOST,
        )[0][0]
        if not left:
            return
        tally.rounds += 1
        if tally.rounds > 20 * tally.mails + 500:
            tally.faults.append(f"{left} mails have no end after {tally.rounds} rounds")
            return
        # The first day and a half is bad; then the relay comes to its senses, as real ones do before two days are over.
        wild = clock.ahead < timedelta(hours=36)
        if not wild:
            sink.take_back(lambda trick: "no such user" not in trick.what)
        elif blocked:
            blocked -= 1
            if not blocked:
                sink.take_back(lambda trick: trick.what == BLOCKED)
        elif left > 30 and dice.random() < 0.05:
            blocked = dice.randint(2, 8)
            sink.trick("RCPT", BLOCKED, match=lambda to: "nobody" not in to)
        if not sender.step():
            due = sender.next_due()
            if due is not None:
                clock.ahead += max(due - clock(), timedelta(seconds=1))


def _now_and_then(dice: random.Random, share: float) -> Callable[[str], bool]:
    return lambda argument: dice.random() < share


def _check(engine: Engine, sink: Sink, tally: Tally) -> None:
    wire: dict[str, list[bytes]] = {}
    answered: Counter[str] = Counter()
    for mail in sink.mails:
        wire.setdefault(message_id(mail.raw), []).append(mail.raw)
        answered[message_id(mail.raw)] += mail.answered
        tally.lost_answers += not mail.answered
    for row in ask(engine, "SELECT id, message_id, recipient, raw, state, unknowns, last_text FROM outbox"):
        tally.states[row.state] += 1
        copies = wire.get(row.message_id, [])
        name = f"outbox {row.id} to {row.recipient}, {row.state}, {row.last_text!r}"
        tally.second_copies += max(0, len(copies) - 1)
        if row.state == "failed" and not row.recipient.startswith("nobody"):
            tally.faults.append(f"{name}: failed, and nobody refused it for good")
        if row.recipient.startswith("nobody") and (row.state != "failed" or copies):
            tally.faults.append(f"{name}: there is no such recipient")
        if row.state == "sent" and not copies:
            tally.faults.append(f"{name}: sent, and not on the wire")
        if row.state not in ("sent", "failed", "unknown"):
            tally.faults.append(f"{name}: it has no end")
        if answered[row.message_id] > 1:
            tally.faults.append(f"{name}: the relay said 250 to it {answered[row.message_id]} times")
        if len(copies) > 1 + row.unknowns or len(copies) > outbox.LOST:
            tally.faults.append(f"{name}: {len(copies)} copies, {row.unknowns} lost answers")
        if any(copy != BARE_LINE_END.sub(b"\r\n", bytes(row.raw)) for copy in copies):
            tally.faults.append(f"{name}: other bytes on the wire")
    if tally.second_copies > tally.lost_answers:
        tally.faults.append(f"{tally.second_copies} second copies, and only {tally.lost_answers} answers were lost")


def main(size: int | None, seed: str) -> None:
    """Mails (2,000) past a relay that misbehaves at random: each accounted for, second copies only for lost answers."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        tally = run(Path(folder), size or 2000, seed)
    print(
        f"relay: seed {seed}, {tally.mails} mails in {tally.rounds} rounds, {tally.days:.1f} days of the desk's clock,"
        f" {time.monotonic() - begun:.0f} s: {dict(tally.states)}, {tally.lost_answers} answers lost,"
        f" {tally.second_copies} second copies, {len(tally.faults)} faults"
    )
    if tally.faults:
        raise SystemExit("\n".join(tally.faults[:20]))
