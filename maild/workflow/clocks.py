"""How a ticket's two clocks stand, for the notices that show them: when each is due, and how much is left."""

from datetime import datetime

from maild.model import Clock, Policy, Ticket
from maild.workflow import sla


def clocks(ticket: Ticket, policy: Policy, now: datetime) -> tuple[tuple[str, datetime | None, int, bool], ...]:
    """("response" or "resolution", when it is due, minutes left in its own calendar, day and night) for each clock that
    still matters. Minutes below zero are overdue; a clock that stands is due at no moment."""
    if ticket.state in ("resolved", "closed") or (ticket.kind == "incident" and not ticket.resolution.target):
        return ()
    rows = [("resolution", ticket.resolution)]
    if ticket.responded is None:
        rows.insert(0, ("response", ticket.response))
    return tuple(_shown(name, clock, policy, now) for name, clock in rows if clock.target > 0)


def _shown(name: str, clock: Clock, policy: Policy, now: datetime) -> tuple[str, datetime | None, int, bool]:
    left = clock.target - sla.elapsed(clock, now, policy.calendar)
    # Half a minute less is no minute less: clocks count from the minute in which a mail came.
    return name, sla.due(clock, policy.calendar), round(left), clock.calendar == "24x7"
