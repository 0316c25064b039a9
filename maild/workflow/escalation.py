"""A promise comes near its end, or is missed: who hears of it, and what they are told (PRODUCT §3.3)."""

from datetime import datetime, timedelta
from typing import cast

from maild.model import Agent, Outcome, Policy, TimerFired, Words
from maild.model.labels import TIERS
from maild.model.ticket import Clock, Priority, Tier
from maild.workflow import business_time, on_call, past, routing, sla
from maild.workflow.draft import UNATTENDED, Draft

# A timer that falls due as the desk shuts fires a little after that; later than this it waits for the next opening.
_GRACE = timedelta(minutes=15)


def promise_fired(draft: Draft, event: TimerFired) -> Outcome:
    """A warning to the assignee at 75 %, a breach at 100 % to the lead too, at 150 % and 200 % to the next tiers."""
    kind = cast(sla.TimerKind, event.kind)
    watch = sla.clock_of(kind, draft.ticket)
    # The row that fired is done with; what the clock says now decides, since much may have happened meanwhile.
    draft.timers[kind] = sla.next_timer(kind, draft.ticket, draft.policy, draft.now)
    if watch.since is None:
        return draft.outcome(f"{kind}: the clock stands, nothing to tell")
    reached = sla.due_step(kind, draft.ticket, draft.policy, draft.now)
    if reached is None:
        return draft.outcome(f"{kind}: nothing to tell yet, or it is told otherwise")
    if watch.calendar == "business" and not _in_hours(draft.now, draft.policy):
        return draft.outcome(f"{kind}: nobody is there to read it, so it is told when the desk opens")
    step, share = reached
    draft.ticket = sla.mark_told(draft.ticket, kind, share)
    # What falls due next follows from what was told now.
    draft.cancel(kind)
    parent = draft.facts.parent
    if draft.ticket.parent is not None and (parent is None or parent.state not in ("resolved", "closed")):
        # Forty reports of one outage have one target that somebody can do something about: the incident's. Once that is
        # over, a report whose reporter says that it is not solved has nobody's target but its own.
        return draft.outcome(f"{kind}: told on its mass incident alone")
    if kind.endswith("warning"):
        return _warn(draft, kind, watch, share)
    return _breach(draft, kind, watch, step, share)


def _in_hours(now: datetime, policy: Policy) -> bool:
    return business_time.is_open(now, policy.calendar) or business_time.is_open(now - _GRACE, policy.calendar)


def _warn(draft: Draft, kind: sla.TimerKind, watch: Clock, share: float) -> Outcome:
    clock, percent = kind.partition("_")[0], round(share * 100)
    due = sla.due(watch, draft.policy.calendar)
    told = _there(draft)
    for agent in told.values():
        draft.tell_agent(agent, "agent/sla_warning", clock=clock, due=due, share=percent)
    draft.note(kind, "", f"{percent} %", f"the {clock} target is near; told: {', '.join(told) or 'nobody'}")
    return draft.outcome(f"{clock}: {percent} % of the target is used")


def _breach(draft: Draft, kind: sla.TimerKind, watch: Clock, step: int, share: float) -> Outcome:
    ticket, policy, facts = draft.ticket, draft.policy, draft.facts
    clock, percent = kind.partition("_")[0], round(share * 100)
    due = sla.due(watch, policy.calendar)
    leads = routing.leads(ticket.team, policy, facts, without=ticket.requester.key)
    tier = tier_for(step, draft)
    helpers = routing.of_tier(tier, ticket, facts, policy) if tier is not None else ()
    told = _there(draft)
    if step > 1 and ticket.assignee is None and ticket.priority in ("P3", "P4") and (leads or helpers):
        # A whole team was told once that nobody has it; from now on the morning's digest says so, and it goes upwards.
        told = {}
    for agent in told.values():
        draft.tell_agent(agent, "agent/sla_breach", clock=clock, due=due, step=step)
    above = {agent.address: agent for agent in (*leads, *helpers) if agent.address not in told}
    so_far = past.done(facts.past, policy)
    for agent in above.values():
        called_in = TIERS[tier] if tier is not None and agent not in leads else ""
        # What was done so far is the desk's own matter, so the answer to this one stays inside.
        draft.tell_agent(
            agent, "agent/sla_breach", reply="internal", clock=clock, due=due, step=step, tier=called_in, done=so_far
        )
    if routing.unattended(ticket, facts, policy):
        draft.tell_admins("admin/unattended", UNATTENDED)
    everybody = [*told, *above]
    draft.note(kind, "", f"{percent} %", f"the {clock} target is missed; told: {', '.join(everybody) or 'nobody'}")
    who = "the lead is told" if tier is None else f"the lead and tier {tier} are told"
    return draft.outcome(f"{clock} target missed, {percent} %: {who}")


def _there(draft: Draft) -> dict[str, Agent]:
    """Whoever has the ticket, and at night whoever is on call for it."""
    ticket, policy, facts = draft.ticket, draft.policy, draft.facts
    found = (*routing.responsible(ticket, facts, policy), *on_call.called(ticket, facts, policy, draft.now))
    return {agent.address: agent for agent in found}


def tier_for(step: int, draft: Draft) -> Tier | None:
    """Which tier a repeated breach goes to: with each step to the next one that has somebody there, each tier once.

    None at the target itself and above the highest tier."""
    ticket = draft.ticket
    assignee = draft.policy.agent(ticket.assignee) if ticket.assignee else None
    at = max(ticket.tier, assignee.tier if assignee is not None else "L1", key=routing.TIERS.index)
    manned = [
        tier for tier in routing.tiers_above(at) if routing.of_tier(tier, ticket, draft.facts, draft.policy)
    ]  # fmt: skip
    return manned[step - 2] if 2 <= step < len(manned) + 2 else None


def new_promise(draft: Draft, why: Words) -> None:
    """The priority has changed, so the first contact is due at another time: the requester hears of it.

    `why` is empty where the reason is the desk's own matter."""
    ticket = draft.ticket
    due = sla.promise(ticket, draft.policy)
    if due is None or due == ticket.promise:
        return
    draft.change("", promise=due if due > draft.now else None)
    draft.tell_requester("requester/new_promise", reason=why, was=ticket.promise)


def call(draft: Draft, was: Priority) -> None:
    """A ticket that has become a P1 at night: whoever is on call hears of it, and has it if nobody else does."""
    if was == "P1":
        return
    for agent in on_call.called(draft.ticket, draft.facts, draft.policy, draft.now):
        if draft.ticket.assignee is None:
            draft.change("on call", by="maild", assignee=agent.address)
        if agent not in routing.responsible(draft.ticket, draft.facts, draft.policy) or agent.address == draft.who:
            continue
        draft.tell_agent(agent, "agent/escalated", reply="internal", by="maild", escalated=True, reason=_BECAME_P1)


_BECAME_P1 = Words("it has become a P1, and you are on call", "已升为 P1，您正在值班")
