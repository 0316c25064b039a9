"""The history checker (in the manner of Jepsen): what went in, what the ledger says, and every byte that came out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sqlalchemy import Engine

from maild.outbound.relay import BARE_LINE_END
from maild.store import ledger, outbox
from maild.store.engine import reading
from tests.desks import ask
from tests.sink import Accepted


@dataclass(frozen=True)
class Death:
    """One kill: how many mails the relay had by then, and the Message-IDs whose result was not yet on disk."""

    where: str
    wire: int
    in_hand: frozenset[str]


@dataclass
class Verdict:
    """What is wrong (nothing, if all is well), and how often a mail came out a second time."""

    faults: list[str] = field(default_factory=list)
    second_copies: int = 0


def message_id(raw: bytes) -> str:
    """The Message-ID of one of maild's own mails, which stands on one line."""
    for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"message-id":
            return value.strip().decode("ascii")
    return ""


def in_hand(engine: Engine) -> frozenset[str]:
    """Message-IDs of the mails that a daemon had leased: these alone may come a second time after its death."""
    return frozenset(row[0] for row in ask(engine, "SELECT message_id FROM outbox WHERE state = 'leased'"))


def settled(engine: Engine, mails: int) -> bool:
    """Whether nothing is left to do for this number of mails."""
    done = ask(engine, "SELECT count(*) FROM inbound WHERE state = 'done'")[0][0]
    due = ask(
        engine,
        "SELECT count(*) FROM outbox WHERE state IN ('queued', 'leased') OR (state = 'unknown' AND unknowns < :lost)",
        lost=outbox.LOST,
    )[0][0]
    told = ask(engine, "SELECT count(*) FROM timer WHERE kind LIKE 'delivery_failed:%'")[0][0]
    return bool(done >= mails and not due and not told)


def check(engine: Engine, sent: Mapping[str, bytes], wire: Sequence[Accepted], deaths: Sequence[Death]) -> Verdict:
    """Every mail one ledger row and one ticket; every queued mail on the wire, twice only by a kill or a lost reply."""
    verdict = Verdict()
    _incoming(engine, sent, verdict)
    _outgoing(engine, wire, deaths, verdict)
    return verdict


def _incoming(engine: Engine, sent: Mapping[str, bytes], verdict: Verdict) -> None:
    rows = defaultdict(list)
    for row in ask(engine, "SELECT id, subject, state, fate, ticket, reason FROM inbound"):
        rows[row.subject.rpartition(" ")[2]].append(row)
    subjects = Counter(row[0].rpartition(" ")[2] for row in ask(engine, "SELECT subject FROM ticket"))
    for mark, raw in sent.items():
        found = rows.pop(mark, [])
        if len(found) != 1:
            verdict.faults.append(f"{mark}: {len(found)} ledger rows")
            continue
        if (found[0].state, found[0].fate) != ("done", "ticketed"):
            verdict.faults.append(f"{mark}: {found[0].state} {found[0].fate} {found[0].reason}")
        with reading(engine) as connection:
            # Dovecot puts its own trace lines in front.
            if not ledger.raw(connection, found[0].id).endswith(raw):
                verdict.faults.append(f"{mark}: its bytes changed on the way")
        if subjects.pop(mark, 0) != 1:
            verdict.faults.append(f"{mark}: not exactly one ticket")
    for mark in rows:
        verdict.faults.append(f"{mark}: in the ledger, and never sent")
    for mark in subjects:
        verdict.faults.append(f"{mark}: a ticket without a mail")
    acknowledged = ask(
        engine,
        "SELECT ticket.id, count(outbox.id) FROM ticket LEFT JOIN outbox ON outbox.ticket = ticket.id"
        " AND outbox.template = 'requester/acknowledged' GROUP BY ticket.id",
    )
    verdict.faults += [f"ticket {number}: {count} acknowledgements" for number, count in acknowledged if count != 1]


def _outgoing(engine: Engine, wire: Sequence[Accepted], deaths: Sequence[Death], verdict: Verdict) -> None:
    at: dict[str, list[int]] = defaultdict(list)
    for n, mail in enumerate(wire):
        at[message_id(mail.raw)].append(n)
    failed = 0
    for row in ask(engine, "SELECT id, message_id, recipient, raw, state, template, unknowns FROM outbox"):
        copies = at.pop(row.message_id, [])
        name = f"outbox {row.id} ({row.template} to {row.recipient}, {row.state})"
        if row.state == "failed":
            failed += 1
            # A mail whose answer was lost once and that was refused the next time may be there nevertheless.
            if len(copies) > row.unknowns:
                verdict.faults.append(f"{name}: failed, and the relay has it")
            continue
        # What was never answered may or may not be there, once for each answer that was lost.
        if (row.state != "sent" or not copies) and row.state != "unknown":
            verdict.faults.append(f"{name}: {len(copies)} copies at the relay")
        for n in copies:
            if wire[n].raw != BARE_LINE_END.sub(b"\r\n", bytes(row.raw)) or wire[n].recipients != (row.recipient,):
                verdict.faults.append(f"{name}: the relay got other bytes than the row has")
        verdict.second_copies += len(copies) - 1 if copies else 0
        for n, (earlier, later) in enumerate(pairwise(copies), start=1):
            if n > row.unknowns and not any(
                earlier < death.wire <= later and row.message_id in death.in_hand for death in deaths
            ):
                verdict.faults.append(f"{name}: sent again, and no kill and no lost answer explains it")
    verdict.faults += [f"{message}: at the relay, and not in the outbox" for message in at]
    told = ask(engine, "SELECT ticket, count(*) FROM outbox WHERE template = 'agent/delivery_failed' GROUP BY ticket")
    lost = ask(engine, "SELECT DISTINCT ticket FROM outbox WHERE state IN ('failed', 'unknown')")
    if failed and {row[0] for row in lost} != {row[0] for row in told}:
        verdict.faults.append("a mail that failed was not told to the agents")
