"""Who gets the work: a category's team, and within it an agent who is there (PRODUCT §3.2)."""

from collections.abc import Iterable
from datetime import UTC, datetime

from maild.model import Address, Agent, Facts, Policy, Ticket
from maild.model.ticket import Tier
from maild.workflow import restricted
from maild.workflow.wordfinder import WordFinder, normalise

_NEVER = datetime.min.replace(tzinfo=UTC)
_NOBODY_AWAY = Facts()
TIERS: tuple[Tier, ...] = ("L1", "L2", "expert")


def standing_in(agent: Agent, facts: Facts, policy: Policy) -> Agent | None:
    """The agent if they are there, else their deputy, or the deputy's deputy; None where the chain ends or runs in a
    ring. The deputy is whom they named when they left, else the one of config.toml."""
    asked: set[str] = set()
    found: Agent | None = agent
    while found is not None and found.address in facts.absent and found.address not in asked:
        asked.add(found.address)
        deputy = facts.absent[found.address] or found.deputy
        found = policy.agent(deputy) if deputy else None
    return found if found is not None and found.address not in facts.absent else None


def members(team: str, facts: Facts, policy: Policy, without: str = "") -> tuple[Agent, ...]:
    """The agents of a team who are there, in the order of config; a deputy stands in for who is away.

    `without` leaves out whoever writes from this address: nobody works on a ticket of their own.
    """
    return _there((agent for agent in policy.agents.values() if team in agent.teams), facts, policy, without)


def choose(
    team: str, facts: Facts, policy: Policy, without: str = "", tier: str = "L1", wanted: frozenset[str] = frozenset()
) -> Agent | None:
    """Whom a ticket of this team goes to; None leaves it to be taken by reply.

    Of those who are there, the ones with the most of the `wanted` skills come into question, of these the ones of the
    ticket's tier; a skill that nobody there has is wanted in vain.
    """
    how = policy.teams[team].assign if team in policy.teams else "take"
    there = members(team, facts, policy, without)
    if how == "take" or not there:
        return None
    most = max(len(wanted.intersection(agent.skills)) for agent in there)
    fit = [agent for agent in there if len(wanted.intersection(agent.skills)) == most]
    fit = [agent for agent in fit if agent.tier == tier] or fit
    return next_in_turn(fit, facts, by_load=how == "least_loaded")


def next_in_turn(agents: Iterable[Agent], facts: Facts, by_load: bool = True) -> Agent | None:
    """The one with the fewest open tickets (where these were counted), of several the one who waited longest."""
    return min(
        agents,
        key=lambda agent: (facts.load.get(agent.address, 0) if by_load else 0, facts.turn.get(agent.address, _NEVER)),
        default=None,
    )


def skills_wanted(ticket: Ticket, text: str, policy: Policy) -> frozenset[str]:
    """The skills that a report wants, by its category and by the words in its subject, its fields and `text`."""
    if not policy.skills:
        return frozenset()
    words = "\n".join(
        normalise(part) for part in (ticket.subject, text, *(row.value for row in ticket.fields.values()))
    )
    finder = WordFinder((word, skill.code) for skill in policy.skills.values() for word in skill.words)
    found = {code for _, code in finder.find(words)}
    return frozenset(found | {code for code, skill in policy.skills.items() if ticket.category in skill.categories})


def fitting(chosen: Agent | None, ticket: Ticket, facts: Facts, policy: Policy) -> Agent | None:
    """Whom a ticket goes to when the team's rule chose somebody who may not see it, as a deputy from outside may be:
    another one of the team who is there, else nobody, so that it is taken by reply."""
    if chosen is None or restricted.may_see(chosen, ticket, policy):
        return chosen
    return next(iter(_workers(ticket, facts, policy)), None)


def responsible(ticket: Ticket, facts: Facts, policy: Policy) -> tuple[Agent, ...]:
    """Who hears of a ticket: its assignee (or who stands in for them), else everybody of the team who is there, else
    the lead, else every agent marked as one.

    Where even these are away it is the team's lead all the same, who reads it on coming back; `unattended` says so.
    """
    own = ticket.requester.key
    if ticket.parent is not None and facts.parent is not None:
        # A report of a mass incident is in the hands of whoever has the incident.
        ticket = facts.parent
    if ticket.assignee is not None:
        agent = policy.agent(ticket.assignee)
        there = standing_in(agent, facts, policy) if agent is not None else None
        if there is not None and not _is(there, own, policy) and restricted.may_see(there, ticket, policy):
            return (there,)
    found = _workers(ticket, facts, policy) or leads(ticket.team, policy, facts, without=own)
    return found or tuple(agent for agent in _listed_leads(ticket.team, policy) if not _is(agent, own, policy))


def _workers(ticket: Ticket, facts: Facts, policy: Policy) -> tuple[Agent, ...]:
    """Those of the ticket's team who are there and may see it: a deputy from another team may not see all."""
    there = members(ticket.team, facts, policy, without=ticket.requester.key)
    return tuple(agent for agent in there if restricted.may_see(agent, ticket, policy))


def unattended(ticket: Ticket, facts: Facts, policy: Policy) -> bool:
    """Whether nobody who could work on a ticket is there: then the admins are told too."""
    own = ticket.requester.key
    agent = policy.agent(ticket.assignee) if ticket.assignee is not None else None
    there = standing_in(agent, facts, policy) if agent is not None else None
    if there is not None and not _is(there, own, policy) and restricted.may_see(there, ticket, policy):
        return False
    return not (_workers(ticket, facts, policy) or leads(ticket.team, policy, facts, without=own))


def leads(team: str, policy: Policy, facts: Facts = _NOBODY_AWAY, without: str = "") -> tuple[Agent, ...]:
    """The lead of a team (or who stands in for them). Where there is none, or none who is there, or the ticket is their
    own: every agent marked as a lead who is there."""
    found = _there(_listed_leads(team, policy), facts, policy, without)
    return found or _there((agent for agent in policy.agents.values() if agent.lead), facts, policy, without)


def of_tier(tier: Tier, ticket: Ticket, facts: Facts, policy: Policy) -> tuple[Agent, ...]:
    """The agents of a tier who are there and may see the ticket: the team's, else those of the other teams."""
    own = ticket.requester.key
    there = [
        agent
        for agent in policy.agents.values()
        if agent.tier == tier
        and agent.address not in facts.absent
        and not _is(agent, own, policy)
        and restricted.may_see(agent, ticket, policy)
    ]
    return tuple(agent for agent in there if ticket.team in agent.teams) or tuple(there)


def tiers_above(tier: Tier) -> tuple[Tier, ...]:
    """The tiers above this one, the next one first (manual 1.4: L1 → L2 → expert)."""
    return TIERS[TIERS.index(tier) + 1 :]


def own_address(requester: Address, policy: Policy) -> str:
    """The address by which a requester who is an agent is listed; else the one that they wrote from."""
    agent = policy.agent(requester.address)
    return agent.address if agent is not None else requester.key


def _listed_leads(team: str, policy: Policy) -> tuple[Agent, ...]:
    found = policy.agent(policy.teams[team].lead) if team in policy.teams and policy.teams[team].lead else None
    return (found,) if found is not None else tuple(agent for agent in policy.agents.values() if agent.lead)


def _there(agents: Iterable[Agent], facts: Facts, policy: Policy, without: str) -> tuple[Agent, ...]:
    found: dict[str, Agent] = {}
    for agent in agents:
        there = standing_in(agent, facts, policy)
        if there is not None and not _is(there, without, policy):
            found.setdefault(there.address, there)
    return tuple(found.values())


def _is(agent: Agent, address: str, policy: Policy) -> bool:
    """Whether the agent writes from this address."""
    return bool(address) and agent.address == own_address(Address(address), policy)
