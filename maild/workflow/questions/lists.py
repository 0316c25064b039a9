"""Lists of tickets for agents: #mine, #queue, #overdue, #find."""

from maild.model import Agent, AnswerRow, Matches, Query, Ticket, Words
from maild.model.when import dated
from maild.workflow.commands.grammar import Command
from maild.workflow.errand import Errand
from maild.workflow.questions import asks, own
from maild.workflow.questions.wording import (
    by_urgency,
    counted,
    overdue,
    part,
    row,
    visible,
    waits,
)

# As much of what somebody looks for is said back to them.
_SAID_BACK = 24


def mine(errand: Errand, command: Command, text: str) -> None:
    """An agent's own work by urgency; what they reported themselves stands below it."""
    agent, now, policy = errand.asking, errand.now, errand.policy
    found = found_for(errand, asks.mine(agent, policy))
    tickets = by_urgency(visible(agent, found.tickets, policy), policy)
    late = sum(overdue(each, now, policy) for each in tickets)
    if not tickets:
        headline = Words("No open ticket is yours", "您手上没有未完成的工单")
    else:
        headline = Words(
            f"{counted(len(tickets), 'open ticket is', 'open tickets are')} yours"
            + (f", {late} overdue" if late else ""),
            f"您手上有 {len(tickets)} 张未完成的工单" + (f"，{late} 张已超时" if late else ""),
        )
    errand.parts.append(part(headline, tickets, lambda each: row(each, now, policy, who=False), found.more))
    reported = own.of(errand, agent.address)
    if reported:
        errand.parts.append(reported)


def queue(errand: Errand, command: Command, text: str) -> None:
    """What nobody has yet, and what is in work, of a team."""
    agent, now, policy = errand.asking, errand.now, errand.policy
    teams = asks.teams_of(agent, command.argument, policy)
    found = found_for(errand, asks.queue(agent, command.argument, policy))
    tickets = by_urgency(visible(agent, found.tickets, policy), policy)
    free = tuple(each for each in tickets if each.assignee is None)
    taken = tuple(each for each in tickets if each.assignee is not None)
    names = Words(", ".join(team.title.en for team in teams), "、".join(team.title.zh for team in teams))
    errand.parts.append(
        part(
            Words(f"{names.en}: {len(free)} up for grabs", f"{names.zh}：待接单 {len(free)} 张"),
            free,
            lambda each: row(each, now, policy, who=False),
            found.more,
        )
    )
    errand.parts.append(
        part(
            Words(f"{names.en}: {len(taken)} in work", f"{names.zh}：处理中 {len(taken)} 张"),
            taken,
            lambda each: row(each, now, policy),
        )
    )


def late(errand: Errand, command: Command, text: str) -> None:
    """Whose promise is broken: of the own teams, for a lead of all."""
    agent, now, policy = errand.asking, errand.now, errand.policy
    if command.argument.strip(" .!。！"):
        asks.teams_of(agent, command.argument, policy)
    found = found_for(errand, asks.overdue(agent, command.argument, policy))
    tickets = tuple(
        each for each in by_urgency(visible(agent, found.tickets, policy), policy) if overdue(each, now, policy)
    )
    headline = (
        Words(f"{counted(len(tickets), 'ticket is', 'tickets are')} overdue", f"{len(tickets)} 张工单已超时")
        if tickets
        else Words("Nothing is overdue", "没有超时的工单")
    )
    errand.parts.append(part(headline, tickets, lambda each: row(each, now, policy)))


def find(errand: Errand, command: Command, text: str) -> None:
    """Tickets that hold the words, newest first."""
    agent, policy = errand.asking, errand.policy
    found = found_for(errand, asks.find(agent, command.argument, policy))
    tickets = visible(agent, found.tickets, policy)
    wanted = " ".join(command.argument.split())
    wanted = wanted if len(wanted) <= _SAID_BACK else wanted[:_SAID_BACK] + "…"
    whole = len(tickets) + found.more
    headline = (
        Words(f"“{wanted}”: {counted(whole, 'ticket', 'tickets')}", f"“{wanted}”：找到 {whole} 张")
        if whole
        else Words(f"“{wanted}”: nothing found", f"“{wanted}”：没有找到")
    )
    told = any(_NOTHING in each.lines for each in errand.parts)
    lines = (_NEWEST,) if found.more else () if whole or told else (_NOTHING,)
    errand.parts.append(part(headline, tickets, lambda each: _hit(each, errand, agent), found.more, lines))


_NEWEST = Words("The newest come first. More words find fewer.", "最近的在前；多写几个词可以缩小范围。")
_NOTHING = Words(
    "Every word must stand in the ticket: in its subject, what was written, its fields, or its requester."
    " Fewer words find more; open, closed and P1 to P4 narrow it.",
    "工单的主题、往来内容、字段或报障人中要包含每个词。少写几个词可以扩大范围；“未关闭”“已关闭”和 P1～P4 可以筛选。",
)


def _hit(ticket: Ticket, errand: Errand, agent: Agent) -> AnswerRow:
    made = row(ticket, errand.now, errand.policy)
    if ticket.state != "closed" or ticket.closed is None:
        return made
    zone = errand.policy.desk.zone
    en, zh = (dated(ticket.closed, zone, errand.now, language) for language in ("en", "zh-CN"))
    how = waits(ticket, errand.now, errand.policy)
    return AnswerRow(made.number, made.title, (Words(f"{how.en}, {en}", f"{how.zh}，{zh}"), *made.lines[1:]))


def found_for(errand: Errand, query: Query) -> Matches:
    """What the books said; `needs` must have asked for it."""
    return errand.facts.matches[query]
