"""What happens by itself: warnings, breaches, reminders, closing by silence (PRODUCT §3.3)."""

from datetime import datetime

from maild.model import Facts, Outcome, Policy, Ticket, TimerFired, Words
from maild.workflow import approval, business_time, closure, incident_events, reconfigured, routing, sla
from maild.workflow.draft import WAITING, Draft
from maild.workflow.escalation import promise_fired

# These fire because the requester was silent; `tick` makes sure that somebody listened.
SILENCE_KINDS = frozenset((*WAITING, "approval_reminder"))

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
    handler = {
        "info_reminder": _remind_info,
        "info_close": _close_pending,
        "confirm_reminder": _remind_confirm,
        "confirm_close": _close_resolved,
        "scope_close": _close_scope,
        "hold_over": _hold_over,
        "approval_reminder": approval.remind,
        reconfigured.KIND: reconfigured.config_changed,
        "incident_reminder": incident_events.remind,
        "incident_lapse": incident_events.lapse,
        "incident_close": incident_events.close_over,
    }.get(event.kind)
    if handler is None:
        return draft.outcome(f"timer {event.kind} is unknown to this version: dropped")
    return draft.outcome(handler(draft, event))


def _remind_info(draft: Draft, event: TimerFired) -> str:
    ticket, policy = draft.ticket, draft.policy
    if ticket.state != "pending" or ticket.owes != "requester":
        return "no reminder: the requester owes nothing"
    step = int(event.data.get("step", 1))
    remaining = policy.pending_close_days - policy.reminder_days[min(step, len(policy.reminder_days)) - 1]
    closes = business_time.add_days(draft.now, max(remaining, 1), policy.calendar)
    if step < len(policy.reminder_days):
        gap = policy.reminder_days[step] - policy.reminder_days[step - 1]
        draft.timer("info_reminder", business_time.add_days(draft.now, gap, policy.calendar), step=step + 1)
    # A reminder that came late (a standstill, a clock put forward) still leaves the time to answer that it names.
    draft.timer("info_close", closes)
    draft.note("reminded", "", str(step), "the requester's details are missing")
    draft.tell_requester(
        "requester/reminder", step=step, closes="" if ticket.priority == "P1" else closes, fields=ticket.asked
    )
    return f"reminder {step} for details"


def _close_pending(draft: Draft, event: TimerFired) -> str:
    ticket = draft.ticket
    if ticket.state != "pending" or ticket.owes != "requester":
        return "not closed: the requester owes nothing"
    if ticket.priority == "P1":
        return _leave_to_people(draft)
    closure.close(draft, "unconfirmed", "no answer to the questions")
    closure.tell_closed(draft, "unconfirmed", "")
    return "closed: no answer to the questions"


def _remind_confirm(draft: Draft, event: TimerFired) -> str:
    ticket, policy = draft.ticket, draft.policy
    if ticket.state != "resolved":
        return "no reminder: nothing to confirm"
    left = policy.confirm_close_days - policy.confirm_reminder_days
    closes = business_time.add_days(draft.now, max(left, 1), policy.calendar)
    draft.timer("confirm_close", closes)
    draft.note("reminded", "", "confirmation", "the confirmation is missing")
    draft.tell_requester("requester/confirm_reminder", closes="" if ticket.priority == "P1" else closes)
    return "reminded of the confirmation"


def _close_resolved(draft: Draft, event: TimerFired) -> str:
    if draft.ticket.state != "resolved":
        return "not closed: nothing to confirm"
    if draft.ticket.priority == "P1":
        return _leave_to_people(draft)
    closure.close(draft, "unconfirmed", "no word after the solution")
    closure.tell_closed(draft, "unconfirmed", "")
    return "closed: no word after the solution"


def _close_scope(draft: Draft, event: TimerFired) -> str:
    if draft.ticket.state != "pending" or draft.ticket.owes != "requester":
        return "not closed: there was an objection"
    closure.close(draft, "out_of_scope", "no objection", tell=False)
    return "closed as out of scope: no objection"


def _hold_over(draft: Draft, event: TimerFired) -> str:
    if draft.ticket.state != "on_hold":
        return "the ticket is on hold no more"
    if draft.ticket.approver:
        draft.change("the waiting is over", hold_until=None)
        return "the waiting is over, and the approver is still to answer"
    draft.enter("open", "the waiting is over", hold_until=None, owes="desk")
    for agent in routing.responsible(draft.ticket, draft.facts, draft.policy):
        draft.tell_agent(agent, "agent/reopened", text="", note=_WAITED)
    return "the waiting is over"


def _leave_to_people(draft: Draft) -> str:
    """A P1 is never closed by silence (PRODUCT §3.1): whoever has it must ask in person."""
    for agent in routing.responsible(draft.ticket, draft.facts, draft.policy):
        draft.tell_agent(agent, "agent/reopened", text="", note=_P1_STAYS)
    return "a P1 is never closed by silence: the agent is told"
