"""Who stands in, who knows what, who is on call, what is called otherwise now: what these say of one another."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any


def check_duty(parsed: Mapping[str, Any], categories: Collection[str]) -> Iterator[str]:
    """The mistakes in skills, deputies, [[on_call]] and [renamed], each with its key and what to write."""
    agents = parsed["agents"]
    listed = {address.lower() for agent in agents for address in (agent.address, *agent.aliases)}
    skills, teams = parsed["skills"], parsed["teams"]
    for at, agent in enumerate(agents, 1):
        for skill in agent.skills:
            if skill not in skills:
                yield f"agents.{at}.skills: there is no [skills.{skill}]; say there which words or categories want it"
        if agent.deputy and agent.deputy.lower() not in listed:
            yield f"agents.{at}.deputy: {agent.deputy} is not in [[agents]]; list the deputy as an agent"
        if agent.deputy and agent.deputy.lower() in (agent.address.lower(), *map(str.lower, agent.aliases)):
            yield f"agents.{at}.deputy: {agent.deputy} cannot stand in for themselves; name somebody else"
    for code, skill in skills.items():
        if not skill.words and not skill.categories:
            yield f"skills.{code}: names no words and no categories, so no report would ever want it"
        for category in skill.categories:
            if category not in categories:
                yield f"skills.{code}.categories: there is no [categories.{category}]"
    for at, rota in enumerate(parsed["on_call"], 1):
        for address in rota.agents:
            if address.lower() not in listed:
                yield f"on_call.{at}.agents: {address} is not in [[agents]]; list them as an agent"
        for team in rota.teams:
            if team not in teams:
                yield f"on_call.{at}.teams: there is no [teams.{team}]"
    known = {*categories, *teams}
    for old, new in parsed["renamed"].items():
        if new not in known:
            yield f"renamed.{old}: there is no category or team {new}; name the one that took its place"
        elif old in categories and old in teams:
            yield f"renamed.{old}: {old} is still there, as category and as team; take this line out"


def renamed_codes(table: object, mistakes: list[str]) -> dict[str, str]:
    """[renamed]: codes that are gone, each with its successor."""
    if isinstance(table, Mapping) and all(isinstance(each, str) for each in table.values()):
        return dict(table)
    mistakes.append('renamed: must be a table of codes in quotes, like [renamed] old = "new"')
    return {}
