"""The promises of a ticket: its two stopwatches in working time, and the moments at which somebody must hear of them.

A stopwatch keeps what it has spent and the moment since which it runs; everything else is computed, so an overdue
ticket stays right through restarts, pauses and a late list of holidays (PRODUCT §3.3).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from maild.model.policy import Calendar, Policy, Target
from maild.model.ticket import Clock, Priority, State, Ticket, Timer
from maild.workflow import business_time

TimerKind = Literal["response_warning", "response_breach", "resolution_warning", "resolution_breach"]

TIMER_KINDS: tuple[TimerKind, ...] = (
    "response_warning",
    "response_breach",
    "resolution_warning",
    "resolution_breach",
)

_EPSILON_MINUTES = 1e-6
# More than any share of a target ever is.
_EVERYTHING = 1e9

# The resolution clock runs while the desk works; it stands while somebody else's word is awaited.
_RUNNING: frozenset[State] = frozenset({"new", "open"})


@dataclass(frozen=True, slots=True)
class Kept:
    """Whether a ticket's promises were kept; None while that is open or was never owed."""

    response: bool | None
    resolution: bool | None


def start(clock: Clock, now: datetime) -> Clock:
    """The clock running from `now`; one that runs already goes on unchanged."""
    return clock if clock.since is not None else replace(clock, since=now)


def stop(clock: Clock, now: datetime, calendar: Calendar) -> Clock:
    """The clock standing, with the time of its last run added; one that stands already is unchanged."""
    return clock if clock.since is None else replace(clock, spent=elapsed(clock, now, calendar), since=None)


def elapsed(clock: Clock, now: datetime, calendar: Calendar) -> float:
    """The minutes spent until `now`, in the clock's own calendar."""
    if clock.since is None:
        return clock.spent
    return clock.spent + business_time.between(clock.since, now, calendar, clock.calendar)


def due(clock: Clock, calendar: Calendar) -> datetime | None:
    """When a running clock reaches its target; None while it stands or if it has no target."""
    return moment_at(clock, 1.0, calendar)


def moment_at(clock: Clock, share: float, calendar: Calendar) -> datetime | None:
    """When a running clock reaches a share of its target (1.0 = all of it); None while it stands or has no target.

    A share that was spent before the present run began is answered with the beginning of that run.
    """
    if clock.since is None or clock.target <= 0:
        return None
    left = share * clock.target - clock.spent
    if left <= 0:
        return clock.since
    return business_time.add(clock.since, left, calendar, clock.calendar)


def set_targets(ticket: Ticket, priority: Priority, policy: Policy, now: datetime) -> Ticket:
    """The ticket with a priority and its targets; what the clocks have spent stays spent.

    A response clock is left alone once a person has responded. `ticket.promise` is left as it was told. Clocks are not
    started: see `run_for`. Raises ValueError if the policy has no target for the priority.
    """
    target = policy.targets.get(priority)
    if target is None:
        raise ValueError(f"the policy has no response and resolution target for {priority}: each priority needs one")
    kind = _calendar_of(target, policy)
    response = ticket.response
    if ticket.responded is None:
        response = _retarget(response, target.response, kind, policy, now)
    resolution = _retarget(ticket.resolution, target.resolution, kind, policy, now)
    return replace(ticket, priority=priority, response=response, resolution=resolution)


def run_for(ticket: Ticket, state: State, policy: Policy, now: datetime) -> Ticket:
    """The ticket with its clocks running or standing as they must in `state`; the state itself is not set here.

    The resolution clock runs in new and open. The response clock runs until a person has responded (a reminder or an
    automatic acknowledgement is none), whatever the desk waits for; resolving counts as a response, closing ends it.
    Only while an out-of-scope notice waits for an objection, or an approver is asked, nobody owes a first contact.
    """
    resolution = _run(ticket.resolution, state in _RUNNING, policy, now)
    sent_away = state == "pending" and ticket.category == "out_of_scope"
    asked = state == "on_hold" and bool(ticket.approver)
    owed = ticket.responded is None and state not in ("resolved", "closed") and not sent_away and not asked
    return replace(ticket, response=_run(ticket.response, owed, policy, now), resolution=resolution)


def timers(ticket: Ticket, policy: Policy, now: datetime, was: Ticket | None = None) -> tuple[Timer, ...]:
    """The timers that the ticket's clocks must have: one of each of TIMER_KINDS, cancelled if nothing is to come.

    To be asked for when a clock starts, stops, is told of or gets a new target. `was` is the ticket before: timers of a
    clock that is the same in both are left out. `data["step"]` of a breach is 1 at the target, then 2, 3 … for
    `policy.repeat_at`; `data["percent"]` is the share.
    """
    return tuple(
        next_timer(kind, ticket, policy, now)
        for kind in TIMER_KINDS
        if was is None or clock_of(kind, was) != clock_of(kind, ticket)
    )


def next_timer(kind: TimerKind, ticket: Ticket, policy: Policy, now: datetime) -> Timer:
    """The timer of one kind as it must stand now: at the next share that nobody has been told of yet.

    A share that was reached untold (a mail that lay unread through a downtime, a new target, a pause that came before
    the notice) is due now, the highest such one alone: one late notice is enough. Outside working hours only a 24x7
    clock fires; a business one waits for the next opening. After the target itself the warning is told no more.
    """
    clock = clock_of(kind, ticket)
    if clock.since is None or clock.target <= 0:
        return Timer(kind, None)
    reached = due_step(kind, ticket, policy, now)
    if reached is not None:
        moment = now if clock.calendar == "24x7" else business_time.next_open(now, policy.calendar)
        return _timer(kind, moment, *reached)
    if kind.endswith("warning") and spent_share(clock, now, policy.calendar) >= 1.0:
        return Timer(kind, None)
    step, share = next((each for each in _steps(kind, policy) if each[1] > clock.told), (0, 0.0))
    moment_ = moment_at(clock, share, policy.calendar) if step else None
    # Up to the whole second: a timer read back from a store without fractions must not fire before its share.
    return Timer(kind, None) if moment_ is None else _timer(kind, _whole_second(moment_), step, share)


def due_step(kind: TimerKind, ticket: Ticket, policy: Policy, now: datetime) -> tuple[int, float] | None:
    """The highest step of one kind that is reached and that nobody has been told of: (step, share)."""
    clock = clock_of(kind, ticket)
    if clock.since is None or clock.target <= 0:
        return None
    share = spent_share(clock, now, policy.calendar)
    if kind.endswith("warning") and share >= 1.0:
        # The breach is told instead.
        return None
    passed = [(step, at) for step, at in _steps(kind, policy) if clock.told < at <= share]
    return passed[-1] if passed else None


def mark_told(ticket: Ticket, kind: TimerKind, share: float) -> Ticket:
    """The ticket with a note that somebody has been told of this share of its target."""
    clock = clock_of(kind, ticket)
    told = replace(clock, told=max(clock.told, share))
    if kind.startswith("response"):
        return replace(ticket, response=told)
    return replace(ticket, resolution=told)


def hushed(ticket: Ticket) -> Ticket:
    """The ticket with clocks of which nobody is told: an old one that was imported. A new target makes them speak."""
    return replace(
        ticket,
        response=replace(ticket.response, told=_EVERYTHING),
        resolution=replace(ticket.resolution, told=_EVERYTHING),
    )


def promise(ticket: Ticket, policy: Policy) -> datetime | None:
    """By when a person will have answered; None if one has or if nothing is owed."""
    return due(ticket.response, policy.calendar)


def attained(ticket: Ticket) -> Kept:
    """Whether the promises were kept: the response once it was given, the resolution once the ticket is closed.

    A ticket closed without any response broke that promise only if its time was over; else it was never owed. Times
    are exact to a microsecond. Outcomes that are no solution (spam, duplicate) are for the reader to leave out.
    """
    closed = ticket.state == "closed"
    return Kept(
        response=_kept(ticket.response, ticket.responded is not None or closed, ticket.responded is not None),
        resolution=_kept(ticket.resolution, closed, True),
    )


def _calendar_of(target: Target, policy: Policy) -> business_time.Kind:
    # A promise by mail alone at night is worth nothing: without anybody on call it falls back to business time.
    return target.calendar if policy.on_call else "business"


def _retarget(clock: Clock, minutes: int, kind: business_time.Kind, policy: Policy, now: datetime) -> Clock:
    if clock.calendar == kind and clock.target == minutes:
        return clock
    if clock.calendar == kind or clock.since is None:
        return replace(clock, target=minutes, calendar=kind, told=0.0)
    # What ran in the old calendar is counted in the old one; from this minute on the new one counts. Whole minutes,
    # since promises are told in them.
    now = max(whole_minute(now), clock.since)
    return Clock(target=minutes, spent=elapsed(clock, now, policy.calendar), since=now, calendar=kind)


def whole_minute(moment: datetime) -> datetime:
    """The minute in which a moment lies: clocks count from it, so that a promise told in minutes is kept to the dot."""
    return moment.replace(second=0, microsecond=0)


def _run(clock: Clock, running: bool, policy: Policy, now: datetime) -> Clock:
    return start(clock, now) if running else stop(clock, now, policy.calendar)


def _kept(clock: Clock, over: bool, done: bool) -> bool | None:
    if not over or clock.since is not None or clock.target <= 0:
        return None
    # The sum of several runs may miss the target by the last bit of a float.
    late = clock.spent > clock.target + _EPSILON_MINUTES
    return not late if done or late else None


def clock_of(kind: TimerKind, ticket: Ticket) -> Clock:
    """The clock that a kind of timer belongs to."""
    return ticket.response if kind.startswith("response") else ticket.resolution


def _steps(kind: TimerKind, policy: Policy) -> tuple[tuple[int, float], ...]:
    if kind.endswith("warning"):
        return ((1, policy.warn_at),)
    return tuple(enumerate((1.0, *sorted(policy.repeat_at)), start=1))


def spent_share(clock: Clock, now: datetime, calendar: Calendar) -> float:
    """How much of its target a clock has spent (1.0 = all); a sum of several runs may miss the last bit of a float."""
    return (elapsed(clock, now, calendar) + _EPSILON_MINUTES) / clock.target


def _timer(kind: TimerKind, moment: datetime, step: int, share: float) -> Timer:
    return Timer(kind, moment, {"step": step, "percent": round(share * 100)})


def _whole_second(moment: datetime) -> datetime:
    return moment if moment.microsecond == 0 else moment.replace(microsecond=0) + timedelta(seconds=1)
