"""What a requester asks: #status and #mine, about their own tickets only (PRODUCT §3.4)."""

from datetime import datetime

from maild.model import AnswerPart, AnswerRow, Policy, Ticket, Words
from maild.model.labels import OUTCOMES, STATES
from maild.model.when import dated, spoken
from maild.workflow.commands.grammar import Command
from maild.workflow.errand import Errand
from maild.workflow.questions import asks
from maild.workflow.questions.wording import counted, spaced

_YOURS = Words("What you have reported yourself", "您自己报的工单")
# One answer for a ticket that is somebody else's and for one that there is not.
_NOT_YOURS = Words("{tag}: no ticket of yours has this number", "{tag}：您名下没有这个编号的工单")


def of(errand: Errand, who: str) -> AnswerPart | None:
    """What an agent has reported themselves and is not over; None: nothing."""
    found = errand.facts.matches[asks.own(who)]
    if not found.tickets:
        return None
    rows = tuple(row(each, errand.now, errand.policy) for each in found.tickets)
    return AnswerPart(_YOURS, rows=rows, more=found.more)


def status(errand: Errand, command: Command, text: str) -> None:
    """How an agent's own reports stand."""
    answer(errand, errand.asking.address, asks.numbers_in(command.argument, errand.policy))


def answer(errand: Errand, who: str, numbers: tuple[int, ...]) -> None:
    """How somebody's tickets stand: those that they name, else all that are open and what was closed last."""
    matches, now, policy = errand.facts.matches, errand.now, errand.policy
    if numbers:
        _named(errand, who, numbers)
        return
    open_, over = (matches[query] for query in (asks.own(who), asks.lately(who)))
    count = len(open_.tickets) + open_.more
    headline = (
        Words(
            f"{counted(count, 'ticket of yours is', 'tickets of yours are')} open",
            f"您有 {count} 张未完成的工单",
        )
        if count
        else Words("No ticket of yours is open", "您没有未完成的工单")
    )
    errand.parts.append(
        AnswerPart(headline, rows=tuple(row(each, now, policy) for each in open_.tickets), more=open_.more)
    )
    if over.tickets:
        errand.parts.append(
            AnswerPart(
                Words("Closed lately", "最近关闭的"), rows=tuple(row(each, now, policy) for each in over.tickets)
            )
        )


def _named(errand: Errand, who: str, numbers: tuple[int, ...]) -> None:
    found = {each.key: each for each in errand.facts.matches[asks.named(who, numbers)].tickets}
    for number in numbers[: asks.OWN]:
        tag = f"{errand.policy.desk.prefix}-{number}"
        if number not in found:
            errand.parts.append(AnswerPart(Words(_NOT_YOURS.en.format(tag=tag), _NOT_YOURS.zh.format(tag=tag))))
            continue
        shown = row(found[number], errand.now, errand.policy)
        said = shown.lines[0]
        errand.parts.append(AnswerPart(Words(f"{tag}: {said.en}", f"{tag}：{said.zh}"), rows=(shown,)))


def row(ticket: Ticket, now: datetime, policy: Policy) -> AnswerRow:
    """How one ticket stands, in words for its requester: nothing in it is the desk's own."""
    return AnswerRow(
        ticket.key,
        ticket.subject,
        tuple(line for line in (_stands(ticket, policy), _next(ticket, now, policy)) if line),
    )


def _stands(ticket: Ticket, policy: Policy) -> Words:
    if ticket.state == "closed" and ticket.merged_into is not None:
        into = f"{policy.desk.prefix}-{ticket.merged_into}"
        return Words(f"goes on as {into}", f"已并入 {into} 处理")
    if ticket.state == "closed" and ticket.outcome:
        said = OUTCOMES[ticket.outcome]
        return Words(f"closed: {said.en}", f"已关闭：{said.zh}")
    if ticket.approver:
        return Words("waiting for an approval", "等待审批")
    if ticket.parent is not None and ticket.state in ("new", "open"):
        return Words("a known problem, being worked on", "已知故障，处理中")
    return STATES[ticket.state]


def _next(ticket: Ticket, now: datetime, policy: Policy) -> Words:
    """Who has it and what comes next."""

    def on(moment: datetime, language: str) -> str:
        return dated(moment, ticket.zone, now, language, ticket.zone != policy.desk.zone)

    if ticket.state == "closed":
        if ticket.closed is None:
            return Words("", "")
        return Words(on(ticket.closed, "en"), on(ticket.closed, "zh-CN"))
    agent = policy.agent(ticket.assignee) if ticket.assignee else None
    has = Words(f"{agent.name} has it", f"由{spaced(agent.name)}处理") if agent is not None else _NOBODY
    if ticket.state == "on_hold" and ticket.hold_until is not None:
        after = Words(f"until {on(ticket.hold_until, 'en')}", f"等到{on(ticket.hold_until, 'zh-CN')}")
    elif ticket.responded is None and ticket.promise is not None and ticket.promise > now:
        en, zh = (
            spoken(ticket.promise, ticket.zone, now, language, ticket.zone != policy.desk.zone)
            for language in ("en", "zh-CN")
        )
        after = Words(f"first answer by {en}", f"{zh} 前联系您")
    elif ticket.responded is None and ticket.promise is not None and ticket.state in ("new", "open"):
        after = Words("sorry for the wait, we have not answered in time", "抱歉让您久等，我们没有按时联系您")
    else:
        after = Words("", "")
    return Words(f"{has.en}; {after.en}", f"{has.zh}，{after.zh}") if after else has


_NOBODY = Words("we are finding somebody for it", "正在安排人处理")
