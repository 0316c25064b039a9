"""What happens by itself: warnings, breaches, reminders, closing by silence (PRODUCT §3.3)."""

from collections.abc import Callable, Mapping
from datetime import datetime

from maild.model import Facts, Outcome, Policy, Ticket, TimerFired, Words
from maild.workflow import approval, business_time, closure, incident_events, lifecycle, reconfigured, routing, sla
from maild.workflow.draft import WAITING, Draft
from maild.workflow.escalation import promise_fired
from maild.workflow.lifecycle import Act

# These fire because the requester was silent; `tick` makes sure that somebody listened.
SILENCE_KINDS = frozenset((*WAITING, "approval_reminder"))
_CLOSING = frozenset({"info_close", "confirm_close", "scope_close"})
# How long a P1 without a word from its requester is left in peace before it is said again, in working days.
_CALL_AGAIN_DAYS = 5

_WAITED = Words("The date that it waited for has come.", "挂起的时间到了。")
_P1_STAYS = Words(
    "No word from the requester, and a P1 is never closed by itself: please ask in person.",
    "用户一直没有回复；P1 工单不会自动关闭，请直接联系用户确认。",
)


def timer_fired(ticket: Ticket, event: TimerFired, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """One timer of a ticket fell due. A timer that no longer fits the ticket's state does nothing, and says so."""
    draft = Draft(ticket, now, facts, policy, who="maild")
    # The row that fired is done with, unless what follows sets it anew.
    draft.cancel(event.kind)
    if event.kind in sla.TIMER_KINDS:
        return promise_fired(draft, event)
    if event.kind in _OTHERS:
        return draft.outcome(_OTHERS[event.kind](draft, event))
    if event.kind not in lifecycle.TABLE:
        return draft.outcome(f"timer {event.kind} is unknown to this version: dropped")
    name = lifecycle.act(_happening(ticket, event), lifecycle.stage(ticket, now, policy))
    return draft.outcome(DOES[name](draft, event, lifecycle.ACTS[name]))


def _happening(ticket: Ticket, event: TimerFired) -> str:
    """Which row of the table a timer is: silence says nothing while the desk owes the next word, and closes no P1."""
    if event.kind in WAITING and ticket.owes != "requester":
        return "owed"
    if event.kind in _CLOSING and ticket.priority == "P1":
        return "p1_silence"
    if event.kind == "hold_over" and ticket.approver:
        return "hold_over_asked"
    return event.kind


def _remind(draft: Draft, event: TimerFired, act: Act) -> str:
    ticket, policy = draft.ticket, draft.policy
    step = int(event.data.get("step", 1))
    remaining = policy.pending_close_days - policy.reminder_days[min(step, len(policy.reminder_days)) - 1]
    closes = business_time.add_days(draft.now, max(remaining, 1), policy.calendar)
    last = step >= len(policy.reminder_days)
    if not last:
        gap = policy.reminder_days[step] - policy.reminder_days[step - 1]
        draft.timer("info_reminder", business_time.add_days(draft.now, gap, policy.calendar), step=step + 1)
    # A reminder that came late (a standstill, a clock put forward) still leaves the time to answer that it names.
    draft.timer("info_close", closes)
    draft.note("reminded", "", str(step), "the requester's details are missing")
    draft.tell_requester(
        "requester/reminder",
        step=step,
        last=last,
        closes="" if ticket.priority == "P1" else closes,
        fields=ticket.asked,
    )
    return f"reminder {step} for details"


def _ask_again(draft: Draft, event: TimerFired, act: Act) -> str:
    ticket, policy = draft.ticket, draft.policy
    left = policy.confirm_close_days - policy.confirm_reminder_days
    closes = business_time.add_days(draft.now, max(left, 1), policy.calendar)
    draft.timer("confirm_close", closes)
    draft.note("reminded", "", "confirmation", "the confirmation is missing")
    draft.tell_requester("requester/confirm_reminder", closes="" if ticket.priority == "P1" else closes)
    return "reminded of the confirmation"


def _expire(draft: Draft, event: TimerFired, act: Act) -> str:
    """Closed by silence, as was said beforehand."""
    why = "no word after the solution" if draft.ticket.state == "resolved" else "no answer to the questions"
    closure.close(draft, act.outcome or "unconfirmed", why)
    closure.tell_closed(draft, act.outcome or "unconfirmed", "")
    return f"closed: {why}"


def _agree(draft: Draft, event: TimerFired, act: Act) -> str:
    closure.close(draft, act.outcome or "out_of_scope", "no objection", tell=False)
    return "closed as out of scope: no objection"


def _wake(draft: Draft, event: TimerFired, act: Act) -> str:
    closure.go_on(draft, act, "the waiting is over")
    for agent in routing.responsible(draft.ticket, draft.facts, draft.policy):
        draft.tell_agent(agent, "agent/reopened", text="", note=_WAITED)
    return "the waiting is over"


def _wait_on(draft: Draft, event: TimerFired, act: Act) -> str:
    draft.change("the waiting is over", hold_until=None)
    return "the waiting is over, and the approver is still to answer"


def _remind_approver(draft: Draft, event: TimerFired, act: Act) -> str:
    return approval.remind(draft, event)


def _call(draft: Draft, event: TimerFired, act: Act) -> str:
    """A P1 is never closed by silence (PRODUCT §3.1): whoever has it must ask in person, and the lead knows. It is said
    again each time as long as nobody has."""
    policy = draft.policy
    draft.timer(event.kind, business_time.add_days(draft.now, _CALL_AGAIN_DAYS, policy.calendar))
    draft.note("silence", "", "P1", "a P1 is never closed by silence")
    told = (
        *routing.responsible(draft.ticket, draft.facts, policy),
        *routing.leads(draft.ticket.team, policy, draft.facts),
    )
    for agent in {each.address: each for each in told}.values():
        draft.tell_agent(agent, "agent/reopened", text="", note=_P1_STAYS)
    return "a P1 is never closed by silence: agent and lead are told"


def _nothing(draft: Draft, event: TimerFired, act: Act) -> str:
    return f"{event.kind}: nothing to do, the ticket is {draft.ticket.state} and waits for {draft.ticket.owes}"


# Timers of a mass incident's own ticket, and of the settings: not of a report's life.
_OTHERS: Mapping[str, Callable[[Draft, TimerFired], str]] = {
    reconfigured.KIND: reconfigured.config_changed,
    "incident_reminder": incident_events.remind,
    "incident_lapse": incident_events.lapse,
    "incident_close": incident_events.close_over,
}

# What the acts of lifecycle.ROWS are, for what time brings.
DOES: Mapping[str, Callable[[Draft, TimerFired, Act], str]] = {
    "remind": _remind,
    "ask_again": _ask_again,
    "expire": _expire,
    "agree": _agree,
    "wake": _wake,
    "wait_on": _wait_on,
    "remind_approver": _remind_approver,
    "call": _call,
    "nothing": _nothing,
}
