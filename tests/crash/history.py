"""The history checker (in the manner of Jepsen): what went in, what the books say, and every byte that came out.

`read` takes the books out of the database, `examine` compares them as pure values, so that forged histories can show
that it finds each fault (tests/crash/test_history.py).
"""

from __future__ import annotations

import base64
import email
import email.policy
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sqlalchemy import Engine

from maild.outbound.relay import BARE_LINE_END
from maild.store import outbox
from tests.crash.books import Books, In, Out, read
from tests.desks import ask
from tests.sink import Accepted


@dataclass(frozen=True)
class Death:
    """One kill: how many mails the relay had by then, and the Message-IDs whose result was not yet on disk."""

    where: str
    wire: int
    in_hand: frozenset[str]


@dataclass(frozen=True)
class Sent:
    """One mail as it went in. Its subject ends with its mark.

    answers   mark of the mail whose ticket it belongs to; empty: it opens one of its own
    copies    how often it was handed over, the same bytes each time
    fate      what must become of (one copy of) it
    secret    whether it is an internal note, which no requester may ever read
    """

    raw: bytes
    answers: str = ""
    copies: int = 1
    fate: str = "ticketed"
    secret: bool = False


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


def in_hand(engine: Engine, process: int | None = None) -> frozenset[str]:
    """Message-IDs of the mails that a daemon (that process alone, if given) had leased.

    These alone may come a second time after its death.
    """
    return frozenset(
        row[0]
        for row in ask(engine, "SELECT message_id, lease_owner FROM outbox WHERE state = 'leased'")
        if process is None or f":{process}:" in str(row[1])
    )


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


def check(
    engine: Engine,
    sent: Mapping[str, bytes | Sent],
    wire: Sequence[Accepted],
    deaths: Sequence[Death],
    folders: Mapping[str, Sequence[str]] | None = None,
) -> Verdict:
    """Every mail one ledger row, one ticket, one acknowledgement; every queued mail on the wire, twice by a kill alone.

    `folders`: the marks of the mails that the mailbox's folders hold at the end, if that is to be compared too.
    """
    return examine(read(engine), sent, wire, deaths, folders)


def examine(
    books: Books,
    sent: Mapping[str, bytes | Sent],
    wire: Sequence[Accepted],
    deaths: Sequence[Death],
    folders: Mapping[str, Sequence[str]] | None = None,
) -> Verdict:
    """The comparison itself, without any database."""
    mails = {mark: each if isinstance(each, Sent) else Sent(each) for mark, each in sent.items()}
    verdict = Verdict(list(books.damage))
    verdict.faults += _incoming(books, mails)
    verdict.faults += _tickets(books, mails)
    verdict.faults += _notices(books)
    verdict.faults += _quarantine_told(books)
    verdict.faults += _failures_told(books)
    verdict.faults += _secrets(books, mails)
    _outgoing(books, wire, deaths, verdict)
    if folders is not None:
        verdict.faults += _mailbox(books, mails, folders)
    return verdict


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _incoming(books: Books, sent: Mapping[str, Sent]) -> list[str]:
    """One row a mail handed over, with its bytes; one of them has the fate, the others are copies."""
    faults: list[str] = []
    rows = _by_mark(books)
    for mark, mail in sent.items():
        found = rows.pop(mark, [])
        if len(found) != mail.copies:
            faults.append(f"{mark}: {len(found)} ledger rows for {mail.copies} mails")
        faults += [f"{mark}: inbound {row.id} is {row.state!r} still" for row in found if row.state != "done"]
        done = [row for row in found if row.state == "done"]
        chief = [row for row in done if row.fate == mail.fate]
        others = [row for row in done if row.fate != mail.fate]
        if done and len(chief) != 1:
            faults.append(f"{mark}: {len(chief)} times {mail.fate}: {[(row.fate, row.reason) for row in done]}")
        faults += [
            f"{mark}: inbound {row.id} is {row.fate}, and no copy: {row.reason}"
            for row in others
            if (row.fate, row.reason[:17]) != ("ignored", "a copy of inbound")
        ]
        for row in found:
            # Dovecot puts its own trace lines in front.
            if not row.raw.endswith(mail.raw):
                faults.append(f"{mark}: its bytes changed on the way")
            if row.complete and len(row.raw) != row.size:
                faults.append(f"{mark}: inbound {row.id} has {len(row.raw)} of {row.size} bytes")
    return faults + [f"{mark}: in the ledger, and never sent" for mark in rows]


def _tickets(books: Books, sent: Mapping[str, Sent]) -> list[str]:
    """One ticket a mail that opens one, replies where they belong; one entry a mail, one acknowledgement a ticket."""
    faults: list[str] = []
    subjects = Counter(mark for _, mark in books.tickets)
    place = {mark: row.ticket for mark, rows in _by_mark(books).items() for row in rows if row.fate == "ticketed"}
    for mark, mail in sent.items():
        wanted = 1 if mail.fate == "ticketed" and not mail.answers else 0
        if (made := subjects.pop(mark, 0)) != wanted:
            faults.append(f"{mark}: {made} tickets, not {wanted}")
        if mail.answers and place.get(mark) != place.get(mail.answers, 0):
            faults.append(f"{mark}: answers {mail.answers} on {place.get(mail.answers)}, and is on {place.get(mark)}")
    faults += [f"{mark}: a ticket without a mail" for mark in subjects]
    entries = defaultdict(list)
    for each in books.entries:
        if each.direction == "in":
            entries[each.inbound].append(each)
    for row in books.inbound:
        found = entries.pop(row.id, [])
        wanted = 1 if row.fate == "ticketed" else 0
        if len(found) != wanted:
            faults.append(f"{row.mark}: {len(found)} entries, not {wanted}")
        faults += [f"{row.mark}: on ticket {row.ticket}, its words on {each.ticket}" for each in found
                   if each.ticket != row.ticket]  # fmt: skip
    faults += [f"an entry of inbound {number}, which is not in the ledger" for number in entries]
    acknowledged = Counter(out.ticket for out in books.outbox if out.template == "requester/acknowledged")
    return faults + [
        f"{mark}: ticket {number} has {acknowledged[number]} acknowledgements"
        for number, mark in books.tickets
        if acknowledged[number] != 1
    ]


def _by_mark(books: Books) -> dict[str, list[In]]:
    rows = defaultdict(list)
    for row in books.inbound:
        rows[row.mark].append(row)
    return rows


# ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _notices(books: Books) -> list[str]:
    """What one mail caused, nobody hears twice."""
    told = Counter((out.inbound, out.ticket, out.template, out.recipient) for out in books.outbox if out.inbound)
    return [f"{each}: told {count} times" for each, count in told.items() if count > 1]


def _quarantine_told(books: Books) -> list[str]:
    """Each mail that was put aside is told to each admin once."""
    letters = [(out.recipient, text_of(out.raw)) for out in books.outbox if out.template == "admin/quarantined"]
    admins = {recipient for recipient, _ in letters}
    aside = [row for row in books.inbound if row.fate == "quarantined"]
    faults = [f"{row.mark}: put aside, and nobody was told" for row in aside if not admins]
    for row in aside:
        for admin in admins:
            times = sum(row.mark in text for recipient, text in letters if recipient == admin)
            if times != 1:
                faults.append(f"{row.mark}: put aside, and told to {admin} {times} times")
    return faults


def _failures_told(books: Books) -> list[str]:
    """The agents hear of each mail that will never arrive, once."""
    failed = Counter(out.ticket for out in books.outbox if (out.state == "failed" or _given_up(out)) and out.ticket)
    told: dict[int, Counter[str]] = defaultdict(Counter)
    for out in books.outbox:
        if out.template == "agent/delivery_failed" and out.ticket:
            told[out.ticket][out.recipient] += 1
    faults = [f"ticket {number}: a mail failed, and the agents were not told" for number in failed.keys() - told.keys()]
    for number, recipients in told.items():
        faults += [
            f"ticket {number}: {times} times told to {whom} of {failed[number]} mails that failed"
            for whom, times in recipients.items()
            if times != failed[number]
        ]
    return faults


def _secrets(books: Books, sent: Mapping[str, Sent]) -> list[str]:
    """No internal note in anything that a requester may read."""
    secret = {mark for mark, mail in sent.items() if mail.secret}
    internal = {row.id for row in books.inbound if row.mark in secret}
    faults = [
        f"entry {each.id}: a note meant for agents is {each.visibility}"
        for each in books.entries
        if each.inbound in internal and each.visibility != "internal"
    ]
    if not secret:
        return faults
    for out in books.outbox:
        if out.audience not in ("agent", "admin"):
            text = text_of(out.raw)
            faults += [f"{_name(out)}: holds the internal note {mark}" for mark in secret if mark in text]
    return faults


def text_of(raw: bytes) -> str:
    """Subject and all text of a mail, decoded."""
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    parts = [str(part.get_content()) for part in parsed.walk() if part.get_content_maintype() == "text"]
    return "\n".join([str(parsed["Subject"]), *parts])


def _outgoing(books: Books, wire: Sequence[Accepted], deaths: Sequence[Death], verdict: Verdict) -> None:
    """Every row its mail, every mail its row, the same bytes; twice only what was in hand at a death between."""
    at: dict[str, list[int]] = defaultdict(list)
    for n, mail in enumerate(wire):
        at[message_id(mail.raw)].append(n)
    for out in books.outbox:
        copies = at.pop(out.message_id, [])
        if out.state == "failed":
            # What was refused after an answer was lost may be there nevertheless.
            if len(copies) > out.unknowns:
                verdict.faults.append(f"{_name(out)}: failed, and the relay has it")
            continue
        # What was never answered may or may not be there, once for each answer that was lost.
        if (out.state != "sent" or not copies) and not _given_up(out):
            verdict.faults.append(f"{_name(out)}: {len(copies)} copies at the relay")
        for n in copies:
            if wire[n].raw != BARE_LINE_END.sub(b"\r\n", out.raw) or wire[n].recipients != (out.recipient,):
                verdict.faults.append(f"{_name(out)}: the relay got other bytes than the row has")
        verdict.second_copies += len(copies) - 1 if copies else 0
        for n, (earlier, later) in enumerate(pairwise(copies), 1):
            struck = any(earlier < death.wire <= later and out.message_id in death.in_hand for death in deaths)
            if n > out.unknowns and not struck:
                verdict.faults.append(f"{_name(out)}: sent again, and no kill and no lost answer explains it")
    verdict.faults += [f"{message}: at the relay, and not in the outbox" for message in at]


def _given_up(out: Out) -> bool:
    """Whether the relay's answer was lost as often as a mail is tried: nobody will ever know."""
    return out.state == "unknown" and out.unknowns >= outbox.LOST


def _name(out: Out) -> str:
    return f"outbox {out.id} ({out.template} to {out.recipient}, {out.state})"


# ── the mailbox ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _mailbox(books: Books, sent: Mapping[str, Sent], folders: Mapping[str, Sequence[str]]) -> list[str]:
    """Everything that was handed over is still on the server, once, and lies where the ledger says."""
    faults: list[str] = []
    lies: dict[str, Counter[str]] = {name: Counter(marks) for name, marks in folders.items()}
    total = sum(lies.values(), Counter())
    for mark, mail in sent.items():
        if (count := total.pop(mark, 0)) != mail.copies:
            faults.append(f"{mark}: {count} times in the mailbox, and handed over {mail.copies} times")
    faults += [f"{mark}: in the mailbox, and never sent" for mark in total]
    for mark, rows in _by_mark(books).items():
        for name in folders:
            wanted = sum((row.filed or "INBOX") == name for row in rows)
            if lies[name][mark] != wanted:
                faults.append(f"{mark}: {lies[name][mark]} times in {name}, where the ledger says {wanted}")
    return faults


def marks_of(subjects: Collection[str]) -> list[str]:
    """The marks at the end of subjects as a server shows them."""
    return [decoded(each).split()[-1] for each in subjects if each.split()]


def decoded(subject: str) -> str:
    """A subject out of its RFC 2047 form, UTF-8 and base64 only, as test mails are."""
    return re.sub(r"=\?utf-8\?b\?([^?]*)\?=", lambda word: base64.b64decode(word[1]).decode(), subject, flags=re.I)
