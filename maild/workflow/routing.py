"""Who gets the work: a category's team, and within it an agent who is there (PRODUCT §3.2)."""

from datetime import UTC, datetime

from maild.model import Agent, Facts, Policy, Ticket
from maild.workflow import restricted

_NEVER = datetime.min.replace(tzinfo=UTC)


def members(team: str, facts: Facts, policy: Policy, without: str = "") -> tuple[Agent, ...]:
    """The agents of a team who are there, in the order of config; a deputy stands in for who is away.

    `without` leaves one address out: nobody works on a ticket of their own.
    """
    there: dict[str, Agent] = {}
    for agent in policy.agents.values():
        if team not in agent.teams:
            continue
        if agent.address in facts.absent:
            deputy = policy.agent(facts.absent[agent.address]) if facts.absent[agent.address] else None
            if deputy is None or deputy.address in facts.absent:
                continue
            agent = deputy
        if agent.address != without:
            there.setdefault(agent.address, agent)
    return tuple(there.values())


def choose(team: str, facts: Facts, policy: Policy, without: str = "", tier: str = "L1") -> Agent | None:
    """Whom a new ticket of this team goes to; None leaves it to be taken by reply."""
    how = policy.teams[team].assign if team in policy.teams else "take"
    if how == "take":
        return None
    there = members(team, facts, policy, without)
    fit = [agent for agent in there if agent.tier == tier] or list(there)
    if not fit:
        return None
    if how == "least_loaded":
        return min(fit, key=lambda agent: (facts.load.get(agent.address, 0), facts.turn.get(agent.address, _NEVER)))
    return min(fit, key=lambda agent: facts.turn.get(agent.address, _NEVER))


def fitting(chosen: Agent | None, ticket: Ticket, facts: Facts, policy: Policy) -> Agent | None:
    """Whom a ticket goes to when the team's rule chose somebody who may not see it, as a deputy from outside may be:
    another one of the team who is there, else nobody, so that it is taken by reply."""
    if chosen is None or restricted.may_see(chosen, ticket, policy):
        return chosen
    there = members(ticket.team, facts, policy, ticket.requester.key)
    return next((agent for agent in there if restricted.may_see(agent, ticket, policy)), None)


def responsible(ticket: Ticket, facts: Facts, policy: Policy) -> tuple[Agent, ...]:
    """Who hears of a ticket: its assignee (or their deputy), else everybody of the team who is there, else its lead."""
    if ticket.assignee is not None:
        agent = policy.agent(ticket.assignee)
        if agent is not None and agent.address not in facts.absent:
            return (agent,)
        if agent is not None:
            deputy = policy.agent(facts.absent[agent.address]) if facts.absent[agent.address] else None
            if deputy is not None and deputy.address not in facts.absent and restricted.may_see(deputy, ticket, policy):
                return (deputy,)
    there = members(ticket.team, facts, policy, without=ticket.requester.key)
    return tuple(agent for agent in there if restricted.may_see(agent, ticket, policy)) or leads(ticket.team, policy)


def leads(team: str, policy: Policy) -> tuple[Agent, ...]:
    """The lead of a team; a team without one has every agent marked as a lead."""
    found = policy.agent(policy.teams[team].lead) if team in policy.teams and policy.teams[team].lead else None
    if found is not None:
        return (found,)
    return tuple(agent for agent in policy.agents.values() if agent.lead)
