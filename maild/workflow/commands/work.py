"""Commands about who does the work: take, assign, team, escalate."""

from maild.model import Agent, Words
from maild.model.ticket import Tier
from maild.workflow import routing
from maild.workflow.commands.arguments import Refused, a_colleague, a_team
from maild.workflow.commands.grammar import Command
from maild.workflow.draft import Draft

_TIERS: tuple[Tier, ...] = ("L1", "L2", "expert")


def take(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """The ticket is theirs: start of work, so it counts as response (manual 1.4)."""
    first = draft.ticket.responded is None
    assign_to(draft, agent, f"taken by {agent.name}")
    draft.respond("taken")
    if draft.ticket.state == "new":
        draft.enter("open", f"taken by {agent.name}")
    if first and draft.ticket.priority in ("P1", "P2"):
        draft.tell_requester("requester/started", agent=agent.name)


def assign_to(draft: Draft, agent: Agent, why: str) -> None:
    """Make an agent the assignee; whoever else had the notice hears once that it is taken."""
    before = draft.ticket
    if before.assignee == agent.address:
        return
    told = routing.responsible(before, draft.facts, draft.policy)
    draft.change(why, assignee=agent.address)
    for other in told:
        if other.address != agent.address:
            draft.tell_agent(other, "agent/taken", reply="internal", by=agent.name)


def assign(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    colleague = a_colleague(command.argument, draft.policy)
    if colleague.address in draft.facts.absent:
        raise Refused(Words(f"{colleague.name} is away", f"{colleague.name} 不在"))
    team = draft.ticket.team if draft.ticket.team in colleague.teams else colleague.teams[0]
    draft.change(f"assigned by {agent.name}", assignee=colleague.address, team=team)
    draft.tell_agent(colleague, "agent/escalated", reply="internal", by=agent.name, text=text)


def team(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    to = a_team(command.argument, draft.policy)
    hand_over(draft, to.code, f"moved by {agent.name}")
    tell_new_owners(draft, agent, text)


def hand_over(draft: Draft, team_code: str, why: str) -> None:
    """Give the ticket to a team, and to whom its rule says."""
    draft.change(why, team=team_code, assignee=None)
    chosen = routing.choose(team_code, draft.facts, draft.policy, draft.ticket.requester.key, draft.ticket.tier)
    if chosen is not None:
        draft.change("assigned by the team's rule", by="maild", assignee=chosen.address)


def escalate(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """To the next tier, or the one that is named (manual 1.3: L1 → L2 → expert)."""
    words = command.argument.split()
    named = next((tier for tier in _TIERS if words and words[0].lower() in (tier.lower(), _CHINESE_TIERS[tier])), None)
    reason = " ".join(words[1:] if named else words)
    raise_tier(draft, named, reason, agent.name, text)


_CHINESE_TIERS = {"L1": "一线", "L2": "二线", "expert": "专家"}


def raise_tier(draft: Draft, named: Tier | None, reason: str, by: str, text: str = "") -> None:
    """Hand the ticket to agents of a higher tier; without any, the lead hears of it. `reason`: empty when nobody gave
    one."""
    at = _TIERS.index(draft.ticket.tier)
    tier = named or (_TIERS[at + 1] if at + 1 < len(_TIERS) else None)
    if tier is None:
        raise Refused(Words("there is no tier above expert", "专家之上没有更高一级"))
    there = [
        agent
        for agent in draft.policy.agents.values()
        if agent.tier == tier and agent.address not in draft.facts.absent
    ]
    own_team = [agent for agent in there if draft.ticket.team in agent.teams]
    chosen = min(own_team or there, key=lambda agent: draft.facts.load.get(agent.address, 0), default=None)
    why = reason or f"escalated by {by}"
    draft.change(why, tier=tier, escalations=draft.ticket.escalations + 1)
    if chosen is not None:
        team_code = draft.ticket.team if draft.ticket.team in chosen.teams else chosen.teams[0]
        draft.change(why, assignee=chosen.address, team=team_code)
        _tell_escalated(draft, chosen, by, reason, text)
    else:
        draft.change(why, assignee=None)
        for lead in routing.leads(draft.ticket.team, draft.policy):
            _tell_escalated(draft, lead, by, reason, text)


def _tell_escalated(draft: Draft, to: Agent, by: str, reason: str, text: str) -> None:
    draft.tell_agent(to, "agent/escalated", reply="internal", by=by, escalated=True, reason=reason, text=text)


def tell_new_owners(draft: Draft, agent: Agent, text: str, category: Words | None = None) -> None:
    """The ticket came to a team; `category`: the name of the one that it was corrected to, where that is why."""
    for each in routing.responsible(draft.ticket, draft.facts, draft.policy):
        draft.tell_agent(
            each, "agent/escalated", reply="internal", by=agent.name, category=category or Words("", ""), text=text
        )
