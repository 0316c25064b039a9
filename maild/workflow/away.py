"""An agent has gone away: what is urgent of theirs is told at once to whoever stands in; the rest at its next event.
Their first answer or command ends it."""

from dataclasses import replace
from datetime import datetime

from maild.model import Absence, Facts, Follow, Followed, MailArrived, Outcome, Policy, Words
from maild.model.when import spoken
from maild.workflow import routing
from maild.workflow.draft import UNATTENDED, Draft
from maild.workflow.errand import Errand

WHAT = "agent_away"


_WELCOME = Words(
    "welcome back: you were listed as away, and work comes to you again from now on; still away? #away until DATE",
    "欢迎回来：您之前登记为不在，从现在起恢复派单；如果还没回来，请发 #休假 到 日期",
)


def back(event: MailArrived, facts: Facts, outcome: Outcome, now: datetime, policy: Policy) -> Outcome:
    """An agent who is listed as away answers a notice or commands the desk: they are back, and hear so once.

    Not by a report of their own or by a question, which one also sends from a beach, nor by disowning a mail in their
    name: on no ticket it takes an order that names some.
    """
    agent = policy.agent(event.message.from_.address)
    if agent is None or agent.address not in facts.absent or outcome.drop:
        return outcome
    if any(each.agent == agent.address for each in outcome.away):
        # Whoever says until when they are away is not back by saying so.
        return outcome
    aside = event.thread.ticket is None and not outcome.follow
    person = event.screening.verdict == "person" and event.trust.verdict == "agent"
    if not person or aside or outcome.fate not in ("ticketed", "handled"):
        return outcome
    errand = Errand(event, facts, now, policy)
    errand.transcript(((_WELCOME.for_(agent.language), True, ""),))
    return replace(outcome, away=(*outcome.away, Absence(agent.address, None)), mails=(*outcome.mails, *errand.mails))


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
