"""Restricted tickets (PRODUCT §3.2): only their team sees them; everybody else learns no more than that they exist."""

from maild.model import Agent, Policy, Ticket, Words

# Letters that hold nothing of the ticket but its number and its team, so that anybody of the desk may get them.
NEUTRAL = frozenset({"agent/restricted", "agent/confirm_command", "agent/registered"})
# What stands behind the tag in the subject of such a letter: the ticket's own subject may not.
SUBJECT = Words("Restricted ticket", "受限工单")


def may_see(agent: Agent, ticket: Ticket, policy: Policy) -> bool:
    """Whether an agent may read a ticket: all of them may, unless it is restricted to another team than theirs.

    The team's own lead belongs to it. Whoever has an outsider's rights otherwise (a deputy, the lead of another team,
    somebody who wrote before it became restricted) has none here.
    """
    return not ticket.restricted or belongs(agent, ticket.team, policy)


def belongs(agent: Agent, code: str, policy: Policy) -> bool:
    """Whether an agent is of a team, or its own lead."""
    if code in agent.teams:
        return True
    team = policy.teams.get(code)
    return team is not None and bool(team.lead) and policy.agent(team.lead) == agent


def refused(ticket: Ticket, policy: Policy) -> Words:
    """Why an agent cannot do that."""
    team = policy.teams.get(ticket.team)
    title = team.title if team is not None else Words(ticket.team, ticket.team)
    return Words(
        f"this ticket is restricted to the team {title.en}; it stays with its own people",
        f"该工单仅限{title.zh}处理，组外人员不能操作或接手",
    )
