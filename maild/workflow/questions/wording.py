"""How a ticket is worded in a list: what it waits for, by when, and in which order those come that are urgent."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from maild.model import Agent, AnswerPart, AnswerRow, Policy, Ticket, Words
from maild.model.labels import OUTCOMES, STATES
from maild.model.when import dated, spoken
from maild.workflow import restricted, sla

# More rows are not read on a phone.
SHOWN = 40
_LATEST = datetime.max.replace(tzinfo=UTC)
_NO_SUBJECT = Words("(no subject)", "（无主题）")


def due(ticket: Ticket, policy: Policy) -> tuple[datetime, str] | None:
    """The next moment that was promised and for what ("response", "resolution"); None while no clock runs."""
    moments = [
        (moment, kind)
        for kind, clock in (("response", ticket.response), ("resolution", ticket.resolution))
        if (moment := sla.due(clock, policy.calendar)) is not None
    ]
    return min(moments, default=None)


def overdue(ticket: Ticket, now: datetime, policy: Policy) -> bool:
    """Whether a promise is broken already."""
    found = due(ticket, policy)
    return found is not None and found[0] <= now


def by_urgency(tickets: Iterable[Ticket], policy: Policy) -> tuple[Ticket, ...]:
    """What falls due first stands first, then what waits for others; of equals the higher priority, then the older."""

    def place(ticket: Ticket) -> tuple[datetime, str, int]:
        found = due(ticket, policy)
        return (found[0] if found is not None else _LATEST, ticket.priority, ticket.key)

    return tuple(sorted(tickets, key=place))


def waits(ticket: Ticket, now: datetime, policy: Policy) -> Words:
    """What a ticket waits for, for the desk's own people: "solution due 14:30 today", "waits for the requester"."""
    if ticket.state == "closed":
        said = OUTCOMES[ticket.outcome] if ticket.outcome else STATES["closed"]
        return Words(f"closed: {said.en}", f"已关闭：{said.zh}")
    if ticket.state == "resolved":
        return Words("waits for the requester to confirm", "等用户确认")
    if ticket.state == "on_hold":
        return _held(ticket, now, policy)
    found = due(ticket, policy)
    waiting = Words("waits for the requester", "等用户回复") if ticket.state == "pending" else Words("", "")
    if found is None:
        return waiting or STATES[ticket.state]
    moment, kind = found
    en, zh = (spoken(moment, policy.desk.zone, now, language) for language in ("en", "zh-CN"))
    late = moment <= now
    first = kind == "response"
    was = "was due" if late else "due"
    words = Words(
        f"{'OVERDUE: ' if late else ''}{'first answer' if first else 'solution'} {was} {en}",
        f"{'已超时：' if late else ''}应于 {zh} 前{'首次答复' if first else '解决'}",
    )
    return Words(f"{waiting.en}; {words.en}", f"{waiting.zh}；{words.zh}") if waiting else words


def _held(ticket: Ticket, now: datetime, policy: Policy) -> Words:
    if ticket.approver:
        return Words(f"waits for the approval of {ticket.approver}", f"等 {ticket.approver} 审批")
    if ticket.hold_until is None:
        return Words("on hold", "已挂起")
    en, zh = (dated(ticket.hold_until, policy.desk.zone, now, language) for language in ("en", "zh-CN"))
    return Words(f"on hold until {en}", f"挂起到 {zh}")


def row(ticket: Ticket, now: datetime, policy: Policy, who: bool = True) -> AnswerRow:
    """One ticket of a list; `who` adds in whose hands it is."""
    first = waits(ticket, now, policy)
    reporter = ticket.requester.name or ticket.requester.address
    category = policy.categories.get(ticket.category)
    title = category.title if category is not None else Words(ticket.category, ticket.category)
    more = [(reporter, reporter), (title.en, title.zh)]
    if who:
        agent = policy.agent(ticket.assignee) if ticket.assignee else None
        name = agent.name if agent is not None else ticket.assignee
        more.append((name, name) if name else ("nobody has it", "还没有人接单"))
    return AnswerRow(
        ticket.key,
        ticket.subject,
        (
            Words(f"{ticket.priority} · {first.en}", f"{ticket.priority} · {first.zh}"),
            Words(*(" · ".join(pair[at] for pair in more if pair[at]) for at in (0, 1))),
        ),
        take=ticket.assignee is None and ticket.state in ("new", "open", "pending"),
    )


def part(
    headline: Words,
    tickets: Iterable[Ticket],
    make: Callable[[Ticket], AnswerRow],
    more: int = 0,
    lines: tuple[Words, ...] = (),
    shown: int = SHOWN,
) -> AnswerPart:
    """A list of tickets, cut to what is read."""
    rows = tuple(tickets)
    return AnswerPart(headline, lines, tuple(make(each) for each in rows[:shown]), len(rows[shown:]) + more)


def sees(agent: Agent, policy: Policy) -> tuple[str, ...]:
    """The teams whose restricted tickets an agent may read."""
    codes = dict.fromkeys((*policy.teams, *agent.teams))
    return tuple(code for code in codes if restricted.belongs(agent, code, policy))


def visible(agent: Agent, tickets: Iterable[Ticket], policy: Policy) -> tuple[Ticket, ...]:
    """Those of the tickets that an agent may see: the books were asked for no others, and nobody relies on that."""
    return tuple(each for each in tickets if restricted.may_see(agent, each, policy))


def counted(number: int, one: str, many: str) -> str:
    """`1 ticket`, `7 tickets`."""
    return f"{number} {one if number == 1 else many}"


def subject_of(ticket: Ticket) -> Words:
    return Words(ticket.subject, ticket.subject) if ticket.subject.strip() else _NO_SUBJECT
