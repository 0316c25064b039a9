"""Periodic work, each piece done by one daemon only: alarms, digests, summaries, expiry (DESIGN §5).

`schedule` is the metronome; a row in `chore` says whether this period is done. Its clock is naive local time, which
jumps (summer time, a clock set by hand): when it has, each chore is done once and the plan is made anew.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import schedule
from sqlalchemy import Connection, Engine

from maild import daily
from maild.alarm import raise_alarm
from maild.apply import Writer, post
from maild.directory.keeper import CHORE as DIRECTORY
from maild.directory.keeper import Failed, Keeper
from maild.expired import expired_mails
from maild.model import Address, Agent, Mail, Policy
from maild.outbound.budget import COLLAPSED, OVER_BUDGET, UNANSWERED
from maild.store import awaited, ledger_waits, outbox, outbox_lists, tickets, timers, upkeep
from maild.store.engine import reading
from maild.teach import Teacher
from maild.watch import Watch
from maild.workflow import restricted

log = logging.getLogger("maild.chores")

_ROWS = 100
# The wall clock may drift against the monotonic one (NTP slews it); more than this between two steps is a jump.
_JUMP_S = 5.0
_EPOCH = datetime(2000, 1, 1)
_GONE_AFTER = timedelta(days=1)
_LEARNING_S = 0.5


@dataclass(frozen=True, slots=True)
class Health:
    """What the loops know of the world outside: since when something has been failing, and why. None: all is well.

    patience   how long it may fail before anybody is told; None: as long as the desk's settings say

    `by_mail` False: while it lasts no mail leaves, so the admins get one mail when it is over, with the whole story.
    """

    name: str
    failing_since: datetime | None
    detail: str
    remedy: str
    patience: timedelta | None = None
    by_mail: bool = True


def _local_offset() -> float:
    """Naive local time, the metronome's, against the monotonic clock (seconds)."""
    return (datetime.now() - _EPOCH).total_seconds() - time.monotonic()


class Chores:
    """Does what is due. Used by one thread (the tick loop)."""

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        clock: Callable[[], datetime],
        health: Callable[[], list[Health]],
        patience: timedelta,
        alarm_program: str = "",
        place: str = "",
        directory: Keeper | None = None,
    ) -> None:
        """`place`: where this daemon runs, if several may share the database; it stands in its alarms (" on PLACE").
        `directory`: who keeps the people as the company's directory has them."""
        self._engine, self._writer, self._clock, self._health, self._patience = engine, writer, clock, health, patience
        self.alarm_program, self._place = alarm_program, place
        self._directory = directory
        self._teacher = Teacher(engine)
        self._plan = schedule.Scheduler()
        self._offset = 0.0
        self._watch = Watch(engine, clock)
        self._make_plan()

    def _make_plan(self) -> None:
        self._offset = _local_offset()
        self._plan.clear()
        self._plan.every(5).seconds.do(self.watch_health)
        self._plan.every(1).minutes.do(self.tell_set_aside)
        self._plan.every(1).minutes.do(self.digest)
        self._plan.every(1).minutes.do(self.summarise)
        self._plan.every(1).minutes.do(self.watch_incidents)
        self._plan.every(5).minutes.do(self.expire)
        self._plan.every(10).minutes.do(self.observed)
        self._plan.every(5).seconds.do(self.keep_directory)
        self._plan.every(10).seconds.do(self.learn)

    def use(self, writer: Writer) -> None:
        """Work by another policy from now on (a reload)."""
        self._writer = writer

    def step(self) -> None:
        """Do what the metronome says, each chore once, however long ago it was due."""
        if abs(_local_offset() - self._offset) > _JUMP_S:
            log.info("the clock was put forward or back, or this machine slept: periodic work is planned anew")
            self._make_plan()
            self._plan.run_all()
        self._plan.run_pending()

    def watch_incidents(self) -> None:
        """Look for many who report the same (PRODUCT §3.2); without new tickets nothing is written."""
        self._watch.step(self._writer)

    def watch_health(self) -> None:
        """One alarm when something has failed for longer than `patience`, and one word when it is well again."""
        now = self._clock()
        for each in self._health():
            patience = self._patience if each.patience is None else each.patience
            failing = each.failing_since is not None and now - each.failing_since >= patience
            if failing:
                self.alarm(each.name, each.detail, each.remedy, each.by_mail)
            elif each.failing_since is None:
                self._recovered(each.name, now)

    def alarm(self, name: str, detail: str, remedy: str, by_mail: bool = True) -> None:
        """Tell the admins, once until it is over."""
        now = self._clock()
        with self._engine.begin() as connection:
            if not upkeep.open_alarm(connection, name, detail, now):
                return
            if by_mail:
                post(connection, self._to_admins("alarm", what=name, detail=detail, remedy=remedy), self._writer, now)
        log.error("alarm: %s: %s", name, detail)
        raise_alarm(self.alarm_program, name, detail)

    def _recovered(self, name: str, now: datetime) -> None:
        with reading(self._engine) as connection:
            was = next((row for row in upkeep.open_alarms(connection) if row.kind == name), None)
        if was is None:
            return
        with self._engine.begin() as connection:
            if upkeep.close_alarm(connection, name, now):
                told = self._to_admins("recovered", what=name, detail=was.detail, since=was.opened)
                post(connection, told, self._writer, now)
                log.warning("recovered: %s", name)

    def tell_set_aside(self) -> None:
        """Tell the admins what was quarantined or held since the last time, in one mail."""
        daily.tell_set_aside(self._engine, self._writer, self._clock())

    def digest(self) -> None:
        """Each working morning to agents and leads what is on their plate; each week to the admins what still lies."""
        daily.digests(self._engine, self._writer, self._clock())
        daily.still_aside(self._engine, self._writer, self._clock())

    def summarise(self) -> None:
        """What a budget held back is gathered into one mail (PRODUCT §2.3): to agents after ten minutes, to requesters
        after an hour. Mail to strangers, and to an address that may be a robot, is not made up for."""
        now = self._clock()
        self._gather(COLLAPSED, now - timedelta(minutes=10), now)
        self._gather(OVER_BUDGET, now - timedelta(hours=1), now)
        with reading(self._engine) as connection:
            robots = {row.recipient for row in outbox_lists.held_since(connection, UNANSWERED, now)}
        for address in sorted(robots):
            self.alarm(
                f"silent address {address}",
                f"{address} writes again and again and nobody has answered it yet: it gets no automatic mail for a day",
                "answer one of its tickets, or list it under [screening] blocked",
            )

    def _gather(self, reason: str, before: datetime, now: datetime) -> None:
        with reading(self._engine) as connection:
            rows = [row for row in outbox_lists.held_since(connection, reason, before) if row.audience != "stranger"]
        by_person = defaultdict(list)
        for row in rows:
            by_person[row.recipient].append(row)
        for recipient, held in by_person.items():
            policy = self._writer.policy
            agent = policy.agent(recipient)
            language = agent.language if agent else policy.desk.languages[0]
            with self._engine.begin() as connection:
                # A requester gets one summary a day: a mailbox that answers everything must not be kept going by them.
                if not agent and not upkeep.claim_chore(
                    connection, f"summary {recipient}", now.date().isoformat(), now
                ):
                    continue
                mine = outbox.mark(connection, [row.id for row in held], "cancelled", "gathered into a summary")
                held = [row for row in held if row.id in mine]
                if not held:
                    continue
                mail = Mail(
                    template="agent/summary" if agent else "requester/summary",
                    to=Address(recipient, agent.name if agent else ""),
                    audience="agent" if agent else "requester",
                    language=language,
                    reply="internal",
                    values={
                        "rows": tuple((row.created, _subject(connection, row, agent, policy)) for row in held[:_ROWS]),
                        "count": len(held),
                    },
                )
                post(connection, [mail], self._writer, now)

    def expire(self) -> None:
        """Confirmations and mails that never came; chores of long ago; mails dated by a clock that was ahead."""
        now = self._clock()
        with self._engine.begin() as connection:
            expired = ledger_waits.expire(connection, now)
            post(connection, expired_mails(connection, expired, self._writer.policy), self._writer, now)
            upkeep.forget_chores(connection, now - timedelta(days=60))
            # A letter that others have seen could else prove something for 90 days.
            upkeep.forget_tokens(connection, now - timedelta(days=120))
            awaited.forget(connection, now - timedelta(days=60))
            self._end_alarms_of_the_gone(connection, now)
            brought = outbox.bring_back(connection, now) + timers.bring_back(connection, now)
        if brought:
            log.warning("the clock was put back: %d mails and notices that were dated ahead of it are due now", brought)
        if expired:
            log.info("%d agents' mails expired without confirmation", len(expired))

    def _end_alarms_of_the_gone(self, connection: Connection, now: datetime) -> None:
        """A daemon that is not coming back cannot say that its trouble is over."""
        if not self._place:
            return
        upkeep.note_daemon(connection, self._place, now)
        gone = tuple(f" on {place}" for place in upkeep.places_gone(connection, now - _GONE_AFTER))
        for row in upkeep.open_alarms(connection):
            if row.kind.endswith(gone) and upkeep.close_alarm(connection, row.kind, now):
                log.warning("alarm ended, its daemon has not been seen for a day: %s", row.kind)

    def keep_directory(self) -> None:
        """Read the company's directory when it is due; what keeps it from being taken over is one alarm."""
        if self._directory is None:
            return
        now = self._clock()
        with reading(self._engine) as connection:
            failing = any(row.kind == DIRECTORY for row in upkeep.open_alarms(connection))
        ended = self._directory.step(now, failing)
        if isinstance(ended, Failed):
            self.alarm(DIRECTORY, ended.detail, ended.remedy)
        elif ended is not None and failing:
            self._recovered(DIRECTORY, now)

    def observed(self) -> None:
        """In observe mode: once a day, what would have been sent, and why (PRODUCT §3.3)."""
        if self._writer.policy.mode != "observe":
            return
        now = self._clock()
        with self._engine.begin() as connection:
            if not upkeep.claim_chore(connection, "observed", now.date().isoformat(), now):
                return
            rows = outbox_lists.held_since(connection, "mode observe", now)
            shown = tuple((row.created, row.template, row.recipient, row.subject, row.why) for row in rows[-_ROWS:])
            if shown:
                outbox.mark(connection, [row.id for row in rows], "held", "mode observe, told")
                post(connection, self._to_admins("observed", rows=shown), self._writer, now)

    def learn(self) -> None:
        """Learn from the agents' corrections when it is time to, a little at each step: timers wait no longer for it
        than this."""
        self._teacher.step(self._writer.policy, self._clock(), _LEARNING_S)

    def _to_admins(self, name: str, **values: object) -> list[Mail]:
        policy = self._writer.policy
        return [
            Mail(
                template=f"admin/{name}",
                to=admin,
                audience="admin",
                language=policy.admin_languages.get(admin.key, "en"),
                reply="internal",
                values=values,
                subject=f"[maild] {values.get('what', name)}",
            )
            for admin in policy.admins
        ]


def _subject(connection: Connection, row: Any, agent: Agent | None, policy: Policy) -> str:
    """The subject of a mail that was held back, as it may be told now: the ticket may have become restricted since."""
    ticket = tickets.load(connection, row.ticket) if agent is not None and row.ticket is not None else None
    if agent is None or ticket is None or restricted.may_see(agent, ticket, policy):
        return str(row.subject)
    return f"[{policy.desk.prefix}-{ticket.key}] {restricted.SUBJECT.for_(agent.language)}"
