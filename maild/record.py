"""What the relay said → rows: results of one round, written as they arrive, each guarded by its lease (DESIGN §4)."""

import logging
import random
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Engine

from maild import failpoint
from maild.model import Timer
from maild.outbound import breaker as circuit
from maild.outbound.backoff import after
from maild.outbound.breaker import Breaker, Said
from maild.outbound.relay import Kind, Result
from maild.store import outbox, timers

log = logging.getLogger("maild.send")

# Results are written together when they come close together: at most so many, at most so late.
RECORD_MAILS = 16
RECORD_SECONDS = 0.02
# A relay without enhanced status codes says in words that there is no such mailbox (RFC 5321 §4.2.3: 550, 551, 553).
_NO_SUCH = re.compile(
    r"(?:user|mailbox|recipient|address|account)\b.{0,40}\b(?:unknown|not found|does(?:n't| not) exist|invalid)"
    r"|no such (?:user|mailbox|recipient|address|account|person)|unknown (?:user|recipient|address|mailbox)"
    r"|收件人.{0,10}不存在|用户不存在",
    re.IGNORECASE,
)


class Book:
    """Results of one round. What concerns its mail alone is written as it arrives; what may be meant for us waits for
    the end of the round (`conclude`)."""

    def __init__(
        self,
        engine: Engine,
        owner: str,
        rows: dict[int, outbox.Leased],
        clock: Callable[[], datetime],
        on_result: Callable[[], None],
        empty_sender: bool = False,
    ) -> None:
        """`empty_sender`: automatic mail is tried with an empty sender, and may have another one if that is refused."""
        self._empty_sender = empty_sender
        self._engine, self._owner, self._rows, self._clock, self._on_result = engine, owner, rows, clock, on_result
        self._unwritten: list[tuple[outbox.Leased, Result, Kind]] = []
        self._waiting: list[Said] = []
        self._lost: set[str] = set()
        self._accepted = False
        self._last_write = time.monotonic()
        # Leased, and nothing is known of them yet.
        self.unreported = set(rows)
        # The relay has said enough: no further mail of this round is to be begun.
        self.enough = False
        # An empty sender was refused.
        self.empty_refused = False

    @property
    def heard(self) -> bool:
        """Whether the relay has said anything."""
        return len(self.unreported) < len(self._rows)

    def add(self, result: Result) -> None:
        """Take one result down; the relay's 250 is on disk within some milliseconds."""
        failpoint.reach("answered")
        self._on_result()
        row = self._rows[result.id]
        self.unreported.discard(result.id)
        meaning = circuit.meaning(result)
        if meaning == "mail":
            self._unwritten.append((row, result, result.kind))
            if result.kind == "sent":
                self._accepted = True
                # Whatever the relay refused before this one, it does not refuse everybody.
                self._waiting = [replace(each, amid=True) for each in self._waiting]
            if result.kind == "unknown":
                self._lost.add(row.recipient)
        elif meaning == "ours" and result.stage == "MAIL" and row.automatic and self._empty_sender:
            self.empty_refused = True
            self._unwritten.append((row, result, "relay"))
        else:
            self._waiting.append(Said(result, row.recipient, meaning, again=row.refused))
        doubtful = {each.recipient for each in self._waiting if each.meaning == "doubtful" and not each.amid}
        self.enough = meaning in ("busy", "ours") or circuit.for_all(frozenset(doubtful | self._lost), self._accepted)
        if len(self._unwritten) >= RECORD_MAILS or time.monotonic() - self._last_write >= RECORD_SECONDS:
            self.write()

    def conclude(self, breaker: Breaker) -> Breaker:
        """The end of the round: judge what waited for it. Call it once; `write` follows."""
        found = circuit.conclude(breaker, self._waiting, frozenset(self._lost), self._accepted, self._clock())
        for said, kind in zip(self._waiting, found.verdicts, strict=True):
            self._unwritten.append((self._rows[said.result.id], said.result, kind))
        self._waiting.clear()
        return found.breaker

    def write(self) -> None:
        """Put on disk what is known. Raises sqlalchemy's errors when the database is away, and forgets nothing then."""
        if not self._unwritten:
            return
        now = self._clock()
        fates: list[outbox.Fate] = []
        failed: list[tuple[outbox.Leased, Result, Kind]] = []
        for row, result, kind in self._unwritten:
            following = after(kind, row.attempts, row.unknowns, row.created, now, random.random())
            fates.append(
                outbox.Fate(
                    number=row.id,
                    state=following.state,
                    # A code counts against the mail the next time; the relay's own trouble is kept as words alone.
                    code=0 if kind == "relay" else result.code,
                    text=f"{result.code or ''} {result.text}".strip() if kind == "relay" else result.text,
                    due=following.due,
                    sent=now if following.state == "sent" else None,
                    blame=kind != "relay",
                    unknown=kind == "unknown",
                )
            )
            if following.over and kind != "sent":
                failed.append((row, result, kind))
        with self._engine.begin() as connection:
            outbox.record(connection, self._owner, fates)
            for row, result, kind in failed:
                if row.ticket is not None:
                    timers.put(connection, row.ticket, [_told(row, result, kind, now)], new=False)
            failpoint.reach("recording")
        failpoint.reach("recorded")
        for row, result, kind in self._unwritten:
            log.info(
                "outbox %d %s to %s: %s %s", row.id, kind, row.recipient, result.code or "", result.text,
                extra={"outbox": row.id, "result": kind, "ticket": row.ticket},
            )  # fmt: skip
        for row, result, _ in failed:
            if row.ticket is None:
                # There is no agent whose ticket it is; often it is the very mail that should have told the admins.
                log.error(
                    "outbox %d to %s will not arrive: %s %s", row.id, row.recipient, result.code or "", result.text
                )
        self._unwritten.clear()
        self._last_write = time.monotonic()


def _told(row: outbox.Leased, result: Result, kind: Kind, now: datetime) -> Timer:
    """The event, due now, by which the ticket's agent hears that a mail will never arrive, or that nobody knows."""
    return Timer(
        f"{timers.DELIVERY_FAILED}{row.id}",
        now,
        {
            "recipient": row.recipient,
            "status": _status(result, kind),
            "detail": result.text[:300],
            "permanent": int(kind == "refused"),
            "unknown": int(kind == "unknown"),
            "automatic": int(row.automatic),
            "template": row.template,
        },
    )


def _status(result: Result, kind: Kind) -> str:
    """The RFC 3463 code out of the relay's words, else one made from its reply."""
    found = circuit.status(result.text)
    if found is not None:
        return ".".join(map(str, found))
    if kind != "refused":
        return "4.0.0"
    no_such = result.stage == "RCPT" and result.code in (550, 551, 553) and _NO_SUCH.search(result.text)
    return "5.1.1" if no_such else "5.0.0"
