"""What the questions of a mail ask of the books: the same values for who reads them and for who answers."""

import re
from collections.abc import Iterable
from datetime import datetime

from maild.model import Agent, Policy, Query, Team
from maild.model.ticket import State
from maild.workflow.commands.arguments import Refused, a_team
from maild.workflow.commands.grammar import Command
from maild.workflow.commands.spread import leading
from maild.workflow.questions import days, periods
from maild.workflow.questions.seek import sought
from maild.workflow.questions.wording import sees

LIVE: tuple[State, ...] = ("new", "open", "pending", "on_hold", "resolved")
IN_WORK: tuple[State, ...] = ("new", "open", "pending")
_CLOSED: tuple[State, ...] = ("closed",)
# Lists are put in order after they were read, so all of them is read, up to what no desk has.
_ALL = 2_000
_REPORTED = 20_000
# So many are listed of what was found, and of what a requester has.
FOUND = 20
OWN = 20
_LATELY = 3


def mine(agent: Agent, policy: Policy) -> Query:
    return Query(assignee=agent.address, states=LIVE, sees=sees(agent, policy), limit=_ALL)


def own(who: str) -> Query:
    """What somebody has reported and is not over yet."""
    return Query(people=who, states=LIVE, sees=None, limit=OWN)


def lately(who: str) -> Query:
    """What of theirs was closed last."""
    return Query(people=who, states=_CLOSED, sees=None, limit=_LATELY)


def named(who: str, numbers: tuple[int, ...]) -> Query:
    """Those of the named tickets that are theirs."""
    return Query(people=who, numbers=numbers, sees=None, limit=OWN)


def teams_of(agent: Agent, argument: str, policy: Policy) -> tuple[Team, ...]:
    """The teams that a question is about: the one that it names, else the agent's own. Raises Refused."""
    if argument.strip(" .!。！"):
        return (a_team(argument, policy),)
    return tuple(policy.teams[code] for code in agent.teams if code in policy.teams)


def queue(agent: Agent, argument: str, policy: Policy) -> Query:
    codes = tuple(team.code for team in teams_of(agent, argument, policy))
    return Query(teams=codes, states=IN_WORK, sees=sees(agent, policy), limit=_ALL)


def overdue(agent: Agent, argument: str, policy: Policy) -> Query:
    """Of their own teams, for a lead of all."""
    codes = () if agent.lead and not argument.strip() else queue(agent, argument, policy).teams
    return Query(teams=codes, states=IN_WORK, sees=sees(agent, policy), limit=_ALL)


def find(agent: Agent, argument: str, policy: Policy) -> Query:
    wanted = sought(argument, policy)
    return Query(
        words=wanted.words,
        numbers=wanted.numbers,
        states=wanted.states,
        priorities=wanted.priorities,
        sees=sees(agent, policy),
        limit=FOUND,
    )


def report(agent: Agent, argument: str, when: datetime, policy: Policy) -> tuple[Query, Query]:
    """What came or went in the time, and what is open now."""
    period = periods.a_period(argument, when, policy.desk.zone)
    codes = () if agent.lead else agent.teams
    seen = sees(agent, policy)
    return (
        Query(teams=codes, since=period.since, until=period.until, sees=seen, limit=_REPORTED),
        Query(teams=codes, states=LIVE, sees=seen, limit=_REPORTED),
    )


def handed_over(giver: Agent, everything: bool) -> Query:
    """What one agent has that goes to another. Whether the other one may see each is for the decision to say."""
    return Query(assignee=giver.address, states=LIVE if everything else ("new", "open"), sees=None, limit=_ALL)


def of_agent(commands: Iterable[Command], agent: Agent, when: datetime, policy: Policy) -> tuple[Query, ...]:
    """What an agent's questions ask; one that cannot be understood asks nothing, and is refused with its reason."""
    found: list[Query] = []
    for command in commands:
        try:
            found.extend(_of(command, agent, when, policy))
        except Refused:
            continue
    return tuple(found)


def _of(command: Command, agent: Agent, when: datetime, policy: Policy) -> tuple[Query, ...]:
    argument = command.argument
    match command.verb:
        case "mine":
            return (mine(agent, policy), own(agent.address))
        case "queue":
            return (queue(agent, argument, policy),)
        case "overdue":
            return (overdue(agent, argument, policy),)
        case "find":
            return (find(agent, argument, policy),)
        case "report":
            return report(agent, argument, when, policy)
        case "reassign":
            giver, _, everything = days.who_to_whom(argument, policy)
            return (handed_over(giver, everything),)
        case "status":
            return of_requester(agent.address, numbers_in(argument, policy))
    return ()


def numbers_in(argument: str, policy: Policy) -> tuple[int, ...]:
    """The tickets that a question names: `IT-3, IT-7`, or plain numbers where nothing else is meant."""
    numbers, rest = leading(argument, policy)
    pieces = re.split(r"[\s,，、;；]+", rest.strip(" .!。！")) if not numbers else []
    if pieces and all(re.fullmatch(r"[0-9]{1,10}", piece) for piece in pieces):
        numbers = tuple(dict.fromkeys(int(piece) for piece in pieces))
    return numbers


def of_requester(who: str, numbers: tuple[int, ...]) -> tuple[Query, ...]:
    return (named(who, numbers),) if numbers else (own(who), lately(who))


def shown(commands: Iterable[Command], on: int | None, policy: Policy) -> tuple[int, ...]:
    """The tickets of which everything is asked for: those named, else the one that the mail is on."""
    found: list[int] = []
    for command in commands:
        if command.verb == "show":
            numbers = numbers_in(command.argument, policy)
            # Something else behind it names no ticket, so nothing is guessed.
            found.extend(numbers or ((on,) if on is not None and not command.argument.strip(" .!。！") else ()))
    return tuple(dict.fromkeys(found))[:MOST_SHOWN]


# Each is a letter of its own.
MOST_SHOWN = 10


def leaves(commands: Iterable[Command], agent: Agent, when: datetime, policy: Policy) -> str:
    """The agent whose absence a mail announces, whose urgent tickets are wanted; empty: nobody."""
    for command in commands:
        if command.verb == "away":
            try:
                return days.a_leave(command.argument, when, agent, policy).who.address
            except Refused:
                return ""
    return ""
