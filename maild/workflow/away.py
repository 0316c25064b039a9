"""An agent has gone away: what is urgent of theirs is told at once to whoever stands in; the rest at its next event."""

from datetime import datetime

from maild.model import Facts, Follow, Followed, Words
from maild.model.when import spoken
from maild.workflow import routing
from maild.workflow.draft import UNATTENDED, Draft

WHAT = "agent_away"


def follows(facts: Facts, agent: str, until: datetime) -> tuple[Follow, ...]:
    """One for each urgent ticket that the agent leaves behind."""
    return tuple(Follow(number, WHAT, {"agent": agent, "until": until.isoformat()}) for number in facts.urgent)


def agent_away(draft: Draft, event: Followed) -> str:
    """Their deputy, else the team, else the lead hears of it; the ticket stays the agent's until somebody takes it."""
    ticket, policy = draft.ticket, draft.policy
    gone = str(event.data["agent"])
    if ticket.assignee != gone or ticket.state not in ("new", "open") or gone not in draft.facts.absent:
        return f"{gone} has it no more, or is back"
    agent = policy.agent(gone)
    name = agent.name if agent is not None else gone
    until = datetime.fromisoformat(str(event.data["until"]))
    en, zh = (spoken(until, policy.desk.zone, draft.now, language) for language in ("en", "zh-CN"))
    why = Words(f"{name} is away until {en}, and this one is urgent", f"{name} 不在，{zh} 回来；这张工单比较紧急")
    told = [each for each in routing.responsible(ticket, draft.facts, policy) if each.address != gone]
    for each in told:
        draft.tell_agent(each, "agent/escalated", reply="internal", by="maild", back=True, reason=why)
    if routing.unattended(ticket, draft.facts, policy):
        draft.tell_admins("admin/unattended", UNATTENDED)
    names = ", ".join(each.address for each in told) or "the admins"
    draft.note("assignee away", gone, "", f"until {until.isoformat()}; told: {names}")
    return f"{gone} is away: {names} told"
