"""Who is reachable for a P1 outside working hours: the rota of config.toml (PRODUCT §3.3)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from maild.model import Agent, Facts, Policy, Ticket
from maild.model.policy import Rota
from maild.workflow import business_time, routing


def called(ticket: Ticket, facts: Facts, policy: Policy, now: datetime) -> tuple[Agent, ...]:
    """Who is to be called about a ticket at this moment: nobody in working hours, and nobody for less than a P1."""
    around_the_clock = ticket.priority == "P1" and ticket.resolution.calendar == "24x7"
    if not around_the_clock or business_time.is_open(now, policy.calendar):
        return ()
    own = routing.own_address(ticket.requester, policy)
    return tuple(agent for agent in on_duty(ticket.team, facts, policy, now) if agent.address != own)


def on_duty(team: str, facts: Facts, policy: Policy, now: datetime) -> tuple[Agent, ...]:
    """Who is on call for a team: of each rota the one whose turn it is, or who stands in for them, or the next one."""
    found: dict[str, Agent] = {}
    for rota in policy.rota:
        if rota.teams and team not in rota.teams:
            continue
        for address in _from_turn_on(rota, policy.calendar.zone, now):
            listed = policy.agent(address)
            agent = routing.standing_in(listed, facts, policy) if listed is not None else None
            if agent is not None:
                found.setdefault(agent.address, agent)
                break
    return tuple(found.values())


def _from_turn_on(rota: Rota, zone: str, now: datetime) -> tuple[str, ...]:
    """The rota's agents, whose turn it is first. Before its start it counts backwards."""
    local = now.astimezone(ZoneInfo(zone))
    day = local.date() if local.time() >= rota.change else local.date() - timedelta(days=1)
    turn = (day - rota.start).days // rota.days % len(rota.agents)
    return rota.agents[turn:] + rota.agents[:turn]
