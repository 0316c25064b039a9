"""#away and #reassign: an agent leaves or comes back, and what is theirs goes to somebody else (PRODUCT §3.4)."""

from maild.model import Absence, Agent, AnswerPart, Follow, Followed, Mail, Policy, Ticket, Words
from maild.model.when import dated
from maild.workflow import away, restricted
from maild.workflow.commands.arguments import Refused
from maild.workflow.commands.grammar import Command
from maild.workflow.draft import Draft
from maild.workflow.errand import ANSWER, Errand
from maild.workflow.questions import asks, days
from maild.workflow.questions.lists import found_for
from maild.workflow.questions.wording import by_urgency, counted, part, row

# What a ticket is told that goes from one agent to another.
HANDED_OVER = "handed_over"


def leave(errand: Errand, command: Command, text: str) -> None:
    """An agent is away until a day, or back; for leads also of a colleague, who is told."""
    agent, policy, now = errand.asking, errand.policy, errand.now
    wanted = days.a_leave(command.argument, errand.event.received, agent, policy)
    who, until = wanted.who, wanted.until
    own = who.address == agent.address
    if until is None:
        errand.away.append(Absence(who.address, None))
        said = Words("You are back: new work comes to you again", "您已返岗，新工单会重新分给您")
        if not own:
            said = Words(f"{who.name} is back: new work comes again", f"{who.name} 已返岗，新工单会重新分派")
        errand.say(said)
    else:
        errand.away.append(Absence(who.address, until, wanted.deputy.address if wanted.deputy is not None else ""))
        errand.follow.extend(away.follows(errand.facts, who.address, until))
        en, zh = (dated(until, policy.desk.zone, now, language) for language in ("en", "zh-CN"))
        said = Words(f"You are away until {en}", f"您休假，{zh} 返岗")
        if not own:
            said = Words(f"{who.name} is away until {en}", f"{who.name} 休假，{zh} 返岗")
        errand.say(said, *_meanwhile(errand, wanted, own))
    if not own:
        told = (
            Words(f"{agent.name} has noted: you are back", f"{agent.name} 已登记您返岗")
            if until is None
            else Words(f"{agent.name} has noted: you are away until {en}", f"{agent.name} 为您登记了休假，{zh} 返岗")
        )
        _tell(errand, who, AnswerPart(told, (_WRONG,)), Words("your absence", "休假登记"))


_WRONG = Words(
    "Not right? Write #away back, or #away with another day.", "如有不对，请写 #休假 回来，或 #休假 加上新的日期。"
)


def _meanwhile(errand: Errand, wanted: days.Leave, own: bool) -> tuple[Words, ...]:
    """Who stands in, and what happens to the work."""
    who, facts, policy = wanted.who, errand.facts, errand.policy
    named = wanted.deputy or (policy.agent(who.deputy) if who.deputy else None)
    lines = []
    if named is not None:
        gone = named.address in facts.absent
        lines.append(
            Words(
                f"{named.name} stands in" + (", but is away too at the moment" if gone else ""),
                f"由 {named.name} 代理" + ("，不过目前也不在" if gone else ""),
            )
        )
    else:
        lines.append(Words("Nobody was named to stand in: the team does", "没有指定代理人，由本组同事代为处理"))
    urgent = len(facts.urgent)
    if urgent:
        lines.append(
            Words(
                f"They are told at once of {counted(urgent, 'urgent ticket', 'urgent tickets')};"
                " of the others when something happens",
                f"其中 {urgent} 张紧急工单已马上通知他们，其余的有动静时再通知",
            )
        )
    short = "" if own else f"{who.address.partition('@')[0]} "
    lines.append(Words(f"Back earlier? Write #away {short}back", f"提前返岗请写 #休假 {short}回来"))
    return tuple(lines)


def reassign(errand: Errand, command: Command, text: str) -> None:
    """Leads give what one colleague has to another: each ticket is decided by itself, each person gets one mail."""
    agent, policy, now = errand.asking, errand.policy, errand.now
    giver, taker, everything = days.who_to_whom(command.argument, policy)
    if not days.leads(agent, policy):
        raise Refused(Words("only a lead can hand over a colleague's tickets", "只有主管可以移交同事的工单"))
    if taker.address in errand.facts.absent:
        raise Refused(Words(f"{taker.name} is away", f"{taker.name} 不在"))
    found = by_urgency(found_for(errand, asks.handed_over(giver, everything)).tickets, policy)
    may = tuple(each for each in found if _may_go(each, agent, taker, policy))
    if not may:
        errand.say(
            Words(f"{giver.name} has nothing to hand over", f"{giver.name} 没有可移交的工单"), *_stay(found, may, taker)
        )
        return
    for each in may:
        data: dict[str, str | int] = {"from": giver.address, "to": taker.address, "by": agent.address}
        errand.follow.append(Follow(each.key, HANDED_OVER, data))
    one = len(may) == 1
    count = Words(counted(len(may), "ticket", "tickets"), f"{len(may)} 张工单")
    headline = Words(
        f"{count.en} of {giver.name} {'goes' if one else 'go'} to {taker.name}",
        f"{giver.name} 的 {count.zh}移交给 {taker.name}",
    )
    errand.parts.append(
        part(headline, may, lambda each: row(each, now, policy, who=False), lines=_stay(found, may, taker))
    )
    subject = Words("tickets handed over", "工单移交")
    news = Words(
        f"{count.en} of {giver.name} {'is' if one else 'are'} yours now", f"{giver.name} 的 {count.zh}现在由您处理"
    )
    lines = (
        Words(
            f"{agent.name} has handed this over to you. Thank you for taking it on!",
            f"由 {agent.name} 移交，辛苦您接手。",
        ),
    )
    if taker.address != agent.address:
        _tell(errand, taker, part(news, may, lambda each: row(each, now, policy, who=False), lines=lines), subject)
    if giver.address != agent.address:
        told = Words(f"{count.en} of yours went to {taker.name}", f"您的 {count.zh}已移交给 {taker.name}")
        lines = (
            Words(
                f"{agent.name} has arranged it; nothing is left to do for you.", f"由 {agent.name} 安排，您无需再处理。"
            ),
        )
        _tell(
            errand,
            giver,
            part(told, _visible_to(giver, may, policy), lambda each: row(each, now, policy, who=False), lines=lines),
            subject,
        )


def _may_go(ticket: Ticket, lead: Agent, taker: Agent, policy: Policy) -> bool:
    """What is restricted is handed over by its own people to its own people alone; nobody works on their own report."""
    own = policy.agent(ticket.requester.address)
    if own is not None and own.address == taker.address:
        return False
    return restricted.may_see(lead, ticket, policy) and restricted.may_see(taker, ticket, policy)


def _visible_to(agent: Agent, tickets: tuple[Ticket, ...], policy: Policy) -> tuple[Ticket, ...]:
    return tuple(each for each in tickets if restricted.may_see(agent, each, policy))


def _stay(found: tuple[Ticket, ...], may: tuple[Ticket, ...], taker: Agent) -> tuple[Words, ...]:
    left = len(found) - len(may)
    if not left:
        return ()
    return (
        Words(
            f"{counted(left, 'ticket stays', 'tickets stay')}: restricted to another team, or their own report",
            f"{left} 张不能移交：仅限其他组处理，或是 {taker.name} 自己报的",
        ),
    )


def _tell(errand: Errand, to: Agent, answer: AnswerPart, subject: Words) -> None:
    """One letter to a colleague whom it concerns."""
    errand.mails.append(
        Mail(
            template=ANSWER,
            to=to.as_address,
            audience="agent",
            language=to.language,
            reply="internal",
            values={"parts": (answer,)},
            subject=subject.for_(to.language),
            desk=True,
        )
    )


def handed_over(draft: Draft, event: Followed) -> str:
    """One ticket goes from one agent to another; both have been told of all of them in one mail."""
    giver, taker, by = (str(event.data[key]) for key in ("from", "to", "by"))
    ticket, policy = draft.ticket, draft.policy
    to, lead = policy.agent(taker), policy.agent(by)
    if ticket.assignee != giver or ticket.state == "closed":
        return f"{giver} has it no more"
    if to is None or lead is None or not _may_go(ticket, lead, to, policy):
        return f"not handed over to {taker}: they may not have it"
    team = ticket.team if ticket.restricted or ticket.team in to.teams else to.teams[0]
    draft.change(f"handed over by {lead.name}", by=by, assignee=to.address, team=team)
    return f"handed over from {giver} to {taker}"
