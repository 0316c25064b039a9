"""The whole ticket's clocks against an oracle that knows nothing but minutes (PRODUCT §3.3)."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from maild.model import Address, Agent, Facts, Outcome, Team, Ticket, TimerFired, Words
from maild.model.policy import Calendar, Desk, Policy, Target
from maild.model.ticket import Priority, State, Timer
from maild.workflow import sla
from maild.workflow.draft import Draft
from maild.workflow.due import timer_fired
from maild.workflow.reconfigured import KIND
from tests.unit.clock_oracle import MINUTE, RUNNING, Oracle, Told

DAYS_WITH_WOUNDS = (
    # Clocks change in Berlin and in New York, both ways; the swapped Saturday before the Chinese new year of 2026.
    ("Europe/Berlin", date(2026, 3, 27)),
    ("Europe/Berlin", date(2026, 10, 23)),
    ("America/New_York", date(2026, 3, 6)),
    ("America/New_York", date(2026, 10, 30)),
    ("Asia/Shanghai", date(2026, 2, 12)),
    ("Australia/Lord_Howe", date(2026, 4, 3)),
    ("Asia/Kathmandu", date(2026, 5, 1)),
)
HOURS = (
    ((time(9), time(12)), (time(13), time(18))),
    ((time(0), time(6)), (time(22), time(23, 59))),
    ((time(8, 30), time(12, 15)), (time(12, 45), time(17, 10))),
    ((time(6), time(22)),),
)
PRIORITIES: tuple[Priority, ...] = ("P1", "P2", "P3", "P4")
AGENTS = {
    each.address: each
    for each in (
        Agent("wang.wei@corp.example", "王伟", ("desk",)),
        Agent("chen.jing@corp.example", "陈静", ("desk",), tier="L2", lead=True),
    )
}


def calendar(dice: random.Random, zone: str, first: date) -> Calendar:
    """Random hours, and holidays and swapped days around `first`."""
    near = [first + timedelta(days=n) for n in range(-1, 12)]
    return Calendar(
        zone=zone,
        hours=dice.choice(HOURS),
        weekdays=frozenset(range(5)) if dice.random() < 0.8 else frozenset({0, 2, 5}),
        holidays=frozenset(dice.sample(near, dice.randrange(4))),
        workdays=frozenset(dice.sample(near, dice.randrange(4))),
    )


def policy(dice: random.Random, zone: str, first: date) -> Policy:
    """Random targets (in fours, so that each share is a whole minute), shares and calendar."""
    return Policy(
        desk=Desk(name=Words("IT desk", "IT 服务台"), address="it@corp.example"),
        calendar=calendar(dice, zone, first),
        teams={"desk": Team("desk", Words("Desk", "服务台"), lead="chen.jing@corp.example")},
        agents=AGENTS,
        targets={
            each: Target(
                4 * dice.randrange(1, 60), 4 * dice.randrange(1, 300), "24x7" if dice.random() < 0.4 else "business"
            )
            for each in PRIORITIES
        },
        on_call=dice.random() < 0.7,
        repeat_at=dice.choice(((1.5, 2.0), (2.0, 1.5), (1.25,), (1.5, 2.0, 3.0))),
    )


class Desk1:
    """maild's side: one ticket, its timer rows, and what was told."""

    def __init__(self, rules: Policy, priority: Priority, now: datetime) -> None:
        self.rules, self.rows = rules, dict[str, Timer]()
        self.told: list[Told] = []
        ticket = Ticket(team="desk", assignee="wang.wei@corp.example", requester=Address("li.lei@corp.example"))
        ticket = sla.run_for(sla.set_targets(ticket, priority, rules, now), "new", rules, now)
        self.ticket = replace(ticket, created=now)
        draft = Draft(self.ticket, now, Facts(), rules, who="test")
        self._take(draft.outcome("registered"))
        self.ticket = replace(self.ticket, id=1)

    def draft(self, now: datetime) -> Draft:
        return Draft(self.ticket, now, Facts(), self.rules, who="test")

    def do(self, draft: Draft) -> None:
        self._take(draft.outcome("test"))

    def fire(self, now: datetime) -> None:
        """Everything that is due, as `tick` does it."""
        while due := sorted(kind for kind, row in self.rows.items() if row.due is not None and row.due <= now):
            row = self.rows.pop(due[0])
            outcome = timer_fired(self.ticket, TimerFired(row.kind, row.data), Facts(), now, self.rules)
            self.told += [
                (now, line.what, int(line.becomes.split()[0]))
                for line in outcome.history
                if line.what in sla.TIMER_KINDS
            ]
            assert self.ticket.state not in ("resolved", "closed") or not outcome.mails
            self._take(outcome)

    def _take(self, outcome: Outcome) -> None:
        assert outcome.ticket is not None
        self.ticket = outcome.ticket
        for row in outcome.timers:
            self.rows.pop(row.kind, None)
            if row.due is not None:
                self.rows[row.kind] = row


def something_happens(dice: random.Random, desk: Desk1, oracle: Oracle, rules: list[Policy], now: datetime) -> str:
    what = dice.choice(("state", "state", "state", "priority", "priority", "respond", "reload"))
    draft = desk.draft(now)
    if what == "state":
        states: tuple[State, ...] = ("open", "pending", "on_hold", "resolved", "closed")
        state = dice.choice([each for each in states if each != desk.ticket.state])
        if desk.ticket.state in ("resolved", "closed"):
            state = "open"
        if state == "closed":
            draft.close("by_agent", "test")
        else:
            draft.enter(state, "test")
        desk.do(draft)
        oracle.enter(state)
        return state
    if what == "priority":
        priority = dice.choice(PRIORITIES)
        draft.reprioritise("test", priority=priority)
        desk.do(draft)
        oracle.priority(priority)
        return priority
    if what == "respond":
        draft.respond("test")
        desk.do(draft)
        oracle.respond()
        return what
    desk.rules = oracle.policy = dice.choice(rules)
    if desk.ticket.state != "closed":
        desk.rows[KIND] = Timer(KIND, now)
        desk.fire(now)
    return what


@pytest.mark.parametrize("seed", range(100))
def test_clocks_spend_warn_and_breach_as_the_minutes_say(seed: int) -> None:
    dice = random.Random(seed)
    zone, first = dice.choice(DAYS_WITH_WOUNDS)
    rules = [policy(dice, zone, first) for _ in range(3)]
    now = datetime(first.year, first.month, first.day, dice.randrange(24), dice.randrange(60), tzinfo=UTC)
    priority = dice.choice(PRIORITIES)
    desk, oracle = Desk1(rules[0], priority, now), Oracle(rules[0], priority)
    told: list[Told] = []
    log: list[str] = []
    for _ in range(dice.randrange(2, 6) * 24 * 60):
        desk.fire(now)
        told += oracle.tells(now, ending=True)
        if dice.random() < 0.003:
            log.append(f"{now:%d %H:%M} {something_happens(dice, desk, oracle, rules, now)}")
            desk.fire(now)
            told += oracle.tells(now, ending=False)
            for watch, clock in ((oracle.response, desk.ticket.response), (oracle.resolution, desk.ticket.resolution)):
                assert sla.elapsed(clock, now, desk.rules.calendar) == watch.spent(oracle.policy.calendar), log
        assert desk.told == told, log
        oracle.minute_passed(now)
        now += MINUTE
    calendar_ = desk.rules.calendar
    for watch, clock in ((oracle.response, desk.ticket.response), (oracle.resolution, desk.ticket.resolution)):
        assert sla.elapsed(clock, now, calendar_) == watch.spent(calendar_), log
        due, expected = sla.due(clock, calendar_), oracle.due(watch, now, timedelta(days=9))
        if expected is not None and expected > now and due is not None:
            assert due == expected, log
    if desk.ticket.state not in RUNNING:
        assert not {kind for kind in desk.rows if kind.startswith("resolution")}
