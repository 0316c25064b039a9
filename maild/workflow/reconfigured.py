"""What another config.toml means for a ticket that is being worked on (PRODUCT §3.3, §5)."""

from maild.model import TimerFired, Words
from maild.workflow import routing, sla
from maild.workflow.commands import work
from maild.workflow.draft import Draft

KIND = "config_changed"


def config_changed(draft: Draft, event: TimerFired) -> str:
    """Take over new names of codes, give back what a removed agent had, and reckon the promises by the new calendar."""
    if draft.ticket.state == "closed":
        return "closed already: nothing to take over"
    did = [*_renamed(draft), *_agent_gone(draft), *_reckoned(draft)]
    return "; ".join(did) or "the new settings change nothing here"


def _renamed(draft: Draft) -> list[str]:
    policy, did = draft.policy, []
    for what, known in (("category", policy.categories), ("team", policy.teams)):
        was = getattr(draft.ticket, what)
        becomes = policy.renamed.get(was, "")
        if was not in known and becomes in known:
            draft.change("renamed in the settings", **{what: becomes})
            did.append(f"{what} {was} is called {becomes} now")
    return did


def _agent_gone(draft: Draft) -> list[str]:
    ticket, policy = draft.ticket, draft.policy
    gone = ticket.assignee
    if gone is None or policy.agent(gone) is not None:
        return []
    work.hand_over(draft, ticket.team, f"{gone} is listed no more")
    name = gone.partition("@")[0]
    why = Words(
        f"{name} is no longer listed as an agent, so this ticket is back with the team",
        f"{name} 已不在支持人员名单中，工单退回本组",
    )
    for agent in routing.responsible(draft.ticket, draft.facts, policy):
        draft.tell_agent(agent, "agent/escalated", reply="internal", by="maild", back=True, reason=why)
    return [f"{gone} is listed no more: back to the team {ticket.team}"]


def _reckoned(draft: Draft) -> list[str]:
    """The timers of both clocks as the calendar now wants them, and the promise with them."""
    ticket = draft.ticket
    for timer in sla.timers(ticket, draft.policy, draft.now):
        draft.timers[timer.kind] = timer
    due = sla.promise(ticket, draft.policy)
    if due is None or ticket.promise is None or due == ticket.promise:
        return []
    draft.note("promise", ticket.promise.isoformat(), due.isoformat(), "reckoned by the new calendar", by="maild")
    draft.change("", promise=due)
    return ["the promise is reckoned by the new calendar"]
