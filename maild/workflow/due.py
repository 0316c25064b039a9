"""What happens by itself: warnings, breaches, reminders, closing by silence (PRODUCT §3.3)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import cast

from maild.model import Facts, Outcome, Policy, Ticket, TimerFired, Words
from maild.workflow import business_time, closure, lifecycle, routing, sla
from maild.workflow.draft import WAITING, Draft
from maild.workflow.lifecycle import Deed

# These fire because the requester was silent; `tick` makes sure that somebody listened.
SILENCE_KINDS = frozenset(WAITING)
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
        return _promise(draft, event)
    if event.kind not in lifecycle.TABLE:
        return draft.outcome(f"timer {event.kind} is unknown to this version: dropped")
    name = lifecycle.deed(_happening(ticket, event), lifecycle.stage(ticket, now, policy))
    return draft.outcome(DOES[name](draft, event, lifecycle.DEEDS[name]))


def _happening(ticket: Ticket, event: TimerFired) -> str:
    """Which row of the table a timer is: silence says nothing while the desk owes the next word, and closes no P1."""
    if event.kind in SILENCE_KINDS and ticket.owes != "requester":
        return "owed"
    if event.kind in _CLOSING and ticket.priority == "P1":
        return "p1_silence"
    return event.kind


def _promise(draft: Draft, event: TimerFired) -> Outcome:
    """A warning at 75 %, a breach at 100 %, told again at 150 % and 200 %."""
    ticket, policy = draft.ticket, draft.policy
    clock = "response" if event.kind.startswith("response") else "resolution"
    watch = ticket.response if clock == "response" else ticket.resolution
    following = sla.next_timer(cast(sla.TimerKind, event.kind), ticket, policy, draft.now)
    draft.timers[event.kind] = following
    if watch.since is None:
        return draft.outcome(f"{event.kind}: the clock stands, nothing to tell")
    due = sla.due(watch, policy.calendar)
    step, percent = int(event.data.get("step", 1)), int(event.data.get("percent", 100))
    there = routing.responsible(ticket, draft.facts, policy)
    if event.kind.endswith("warning"):
        if due is not None and due <= draft.now:
            # After a standstill both are due at once, and one notice says it all.
            return draft.outcome(f"{clock}: the target is missed already, which is told instead")
        for agent in there:
            draft.tell_agent(agent, "agent/sla_warning", clock=clock, due=due, share=percent)
        draft.note(event.kind, "", f"{percent} %", f"the {clock} target is near")
        return draft.outcome(f"{clock}: {percent} % of the target is used")
    told = {agent.address: agent for agent in (*there, *routing.leads(ticket.team, policy))}
    for agent in told.values():
        draft.tell_agent(agent, "agent/sla_breach", clock=clock, due=due, step=step)
    draft.note(event.kind, "", f"{percent} %", f"the {clock} target is missed")
    return draft.outcome(f"{clock} target missed, {percent} %: the lead is told")


def _remind(draft: Draft, event: TimerFired, deed: Deed) -> str:
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


def _ask_again(draft: Draft, event: TimerFired, deed: Deed) -> str:
    ticket, policy = draft.ticket, draft.policy
    left = policy.confirm_close_days - policy.confirm_reminder_days
    closes = business_time.add_days(draft.now, max(left, 1), policy.calendar)
    draft.timer("confirm_close", closes)
    draft.note("reminded", "", "confirmation", "the confirmation is missing")
    draft.tell_requester("requester/confirm_reminder", closes="" if ticket.priority == "P1" else closes)
    return "reminded of the confirmation"


def _expire(draft: Draft, event: TimerFired, deed: Deed) -> str:
    """Closed by silence, as was said beforehand."""
    why = "no word after the solution" if draft.ticket.state == "resolved" else "no answer to the questions"
    closure.close(draft, deed.outcome or "unconfirmed", why)
    closure.tell_closed(draft, deed.outcome or "unconfirmed", "")
    return f"closed: {why}"


def _agree(draft: Draft, event: TimerFired, deed: Deed) -> str:
    closure.close(draft, deed.outcome or "out_of_scope", "no objection", tell=False)
    return "closed as out of scope: no objection"


def _wake(draft: Draft, event: TimerFired, deed: Deed) -> str:
    closure.go_on(draft, deed, "the waiting is over")
    for agent in routing.responsible(draft.ticket, draft.facts, draft.policy):
        draft.tell_agent(agent, "agent/reopened", text="", note=_WAITED)
    return "the waiting is over"


def _call(draft: Draft, event: TimerFired, deed: Deed) -> str:
    """A P1 is never closed by silence (PRODUCT §3.1): whoever has it must ask in person, and the lead knows. It is said
    again each time as long as nobody has."""
    policy = draft.policy
    draft.timer(event.kind, business_time.add_days(draft.now, _CALL_AGAIN_DAYS, policy.calendar))
    draft.note("silence", "", "P1", "a P1 is never closed by silence")
    told = (*routing.responsible(draft.ticket, draft.facts, policy), *routing.leads(draft.ticket.team, policy))
    for agent in {each.address: each for each in told}.values():
        draft.tell_agent(agent, "agent/reopened", text="", note=_P1_STAYS)
    return "a P1 is never closed by silence: agent and lead are told"


def _nothing(draft: Draft, event: TimerFired, deed: Deed) -> str:
    return f"{event.kind}: nothing to do, the ticket is {draft.ticket.state} and waits for {draft.ticket.owes}"


# What the deeds of lifecycle.ROWS are, for what time brings.
DOES: Mapping[str, Callable[[Draft, TimerFired, Deed], str]] = {
    "remind": _remind,
    "ask_again": _ask_again,
    "expire": _expire,
    "agree": _agree,
    "wake": _wake,
    "call": _call,
    "nothing": _nothing,
}
