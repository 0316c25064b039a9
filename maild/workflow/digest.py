"""The morning's digests: to each agent what is on their plate, to each lead how their teams stand (PRODUCT §3.5).

Pure: tickets and what happened to them in, letters out. Whoever has nothing gets none. A breach beyond the last share
that is told of by itself stands here alone (PRODUCT §3.3).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from maild.model import Address, Agent, Facts, Mail, Policy, Ticket, Words
from maild.model.when import dated
from maild.workflow import restricted, routing, sla

# A section that is longer is counted: on a phone nobody reads more, and `#mine` shows all.
_SHOWN = 12
# So few stars are a low rating, as in closure.py.
LOW = 2

_SUBJECT = Words("Your tickets this morning", "今日工单一览")
_LEAD_SUBJECT = Words("Your team this morning", "今日团队一览")

Row = tuple[str, str, Words]
Section = tuple[Words, tuple[Row, ...], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """What is known for one letter: tickets newest first, and of these the numbers that came back since the last
    digest, and that missed a promise since then."""

    tickets: Sequence[Ticket] = ()
    returned: Collection[int] = frozenset()
    breached: Collection[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """Who is away, until when, and what is urgent of theirs for whoever stands in."""

    agent: Agent
    until: datetime
    urgent: Sequence[Ticket] = field(default=())


def happened(lines: Iterable[tuple[int, str, str, str]]) -> tuple[frozenset[int], frozenset[int]]:
    """(came back, missed a promise) of lines of history as (ticket, what, was, becomes)."""
    returned: set[int] = set()
    breached: set[int] = set()
    for number, what, was, becomes in lines:
        if what.endswith("breach"):
            breached.add(number)
        elif becomes == "open" and was in ("pending", "on_hold", "resolved", "closed"):
            returned.add(number)
        else:
            returned.discard(number)
    return frozenset(returned), frozenset(breached)


def agent_digest(agent: Agent, plate: Plate, away: Sequence[Away], now: datetime, policy: Policy) -> Mail | None:
    """An agent's digest; None where there is nothing to say. `away`: those for whom they stand in."""
    mine = _Sorted(plate, now, policy)
    sections = [
        _section(_OVERDUE, mine.overdue, agent, now, policy),
        _section(_TODAY, mine.today, agent, now, policy),
        _section(_BACK, mine.returned, agent, now, policy),
        _section(_REST, mine.rest, agent, now, policy),
        _section(_WAITING, mine.waiting, agent, now, policy),
    ]
    for one in away:
        title = Words(f"Urgent, for {one.agent.name}, who is away", f"{one.agent.name} 不在，请代为关注")
        seen = [ticket for ticket in one.urgent if restricted.may_see(agent, ticket, policy)]
        sections.append(_section(title, seen, agent, now, policy))
    full = tuple(each for each in sections if each[1])
    if not full:
        return None
    return _mail("agent/digest", agent, _SUBJECT, now, policy, {"sections": full, "count": len(mine.all)})


def lead_digest(
    lead: Agent,
    plates: Mapping[str, Plate],
    incidents: Sequence[Ticket],
    low: Sequence[tuple[Ticket, int]],
    away: Sequence[Away],
    now: datetime,
    policy: Policy,
) -> Mail | None:
    """A lead's digest about their teams, by code; None where there is nothing to say."""
    sorted_ = {team: _Sorted(plate, now, policy) for team, plate in plates.items()}
    teams = tuple(
        (policy.teams[team].title, _counts(each)) for team, each in sorted_.items() if each.all and team in policy.teams
    )
    overdue = [ticket for each in sorted_.values() for ticket in each.overdue]
    every = [ticket for each in sorted_.values() for ticket in each.all]
    breached = {number for plate in plates.values() for number in plate.breached}
    missed = [ticket for ticket in every if ticket.key in breached and ticket not in overdue]
    alone = [ticket for ticket in every if ticket.assignee is None and ticket.state in ("new", "open")]
    stars = {ticket.key: Words(f"{count} of 5 stars", f"{count} 星") for ticket, count in low}
    sections = [
        _section(_OVERDUE, overdue, lead, now, policy, names=True),
        _section(_MISSED, missed, lead, now, policy, names=True),
        _section(_UNASSIGNED, [each for each in alone if each not in overdue], lead, now, policy),
        _section(_APPROVALS, [each for each in every if each.approver], lead, now, policy, names=True),
        _section(_INCIDENTS, incidents, lead, now, policy),
        _section(_LOW, [ticket for ticket, _ in low], lead, now, policy, notes=stars),
    ]
    full = tuple(each for each in sections if each[1])
    gone = tuple((one.agent.name, one.until) for one in away)
    if not (teams or full):
        return None
    values: dict[str, object] = {"teams": teams, "sections": full, "away": gone, "overdue": len(overdue)}
    return _mail("lead/digest", lead, _LEAD_SUBJECT, now, policy, values)


def teams_of(lead: Agent, absent: Mapping[str, str], policy: Policy) -> tuple[str, ...]:
    """The teams whose digest somebody gets: their lead's, or whoever stands in for one who is away."""
    facts = Facts(absent=absent)
    return tuple(
        code
        for code in policy.teams
        if any(each.address == lead.address for each in routing.leads(code, policy, facts))
    )


_OVERDUE = Words("Overdue", "已超时")
_TODAY = Words("Due today", "今天到期")
_BACK = Words("Came back", "重新打开或恢复处理")
_REST = Words("Also in your hands", "其他处理中")
_WAITING = Words("Waiting for somebody else", "等待对方")
_MISSED = Words("Missed a target since yesterday", "上次一览之后超时过")
_UNASSIGNED = Words("Nobody has it", "无人接单")
_APPROVALS = Words("Waiting for an approval", "等待审批")
_INCIDENTS = Words("Mass incidents", "大面积故障")
_LOW = Words("Rated low", "评分较低")


class _Sorted:
    """Tickets by what is to be done about them; each in one list only, the most pressing first."""

    def __init__(self, plate: Plate, now: datetime, policy: Policy) -> None:
        self.all = [ticket for ticket in plate.tickets if ticket.kind == "report" and ticket.parent is None]
        self.overdue: list[Ticket] = []
        self.today: list[Ticket] = []
        self.returned: list[Ticket] = []
        self.rest: list[Ticket] = []
        self.waiting: list[Ticket] = []
        zone = ZoneInfo(policy.desk.zone)
        for ticket in self.all:
            due = _due(ticket, policy)
            if due is not None and due <= now:
                self.overdue.append(ticket)
            elif ticket.state not in ("new", "open"):
                self.waiting.append(ticket)
            elif due is not None and due.astimezone(zone).date() == now.astimezone(zone).date():
                self.today.append(ticket)
            elif ticket.key in plate.returned:
                self.returned.append(ticket)
            else:
                self.rest.append(ticket)
        for each in (self.overdue, self.today):
            each.sort(key=lambda ticket: (_due(ticket, policy) or now, ticket.key))
        self.rest.sort(key=lambda ticket: (ticket.priority, ticket.key))


def _due(ticket: Ticket, policy: Policy) -> datetime | None:
    """When the next promise of a ticket falls due, or fell due."""
    moments = (sla.due(ticket.response, policy.calendar), sla.due(ticket.resolution, policy.calendar))
    return min((each for each in moments if each is not None), default=None)


def _section(
    title: Words,
    tickets: Sequence[Ticket],
    reader: Agent,
    now: datetime,
    policy: Policy,
    names: bool = False,
    notes: Mapping[int, Words] | None = None,
) -> Section:
    rows = tuple(
        (
            f"{policy.desk.prefix}-{ticket.key}",
            ticket.subject if restricted.may_see(reader, ticket, policy) else restricted.SUBJECT.for_(reader.language),
            (notes or {}).get(ticket.key) or _note(ticket, now, policy, names),
        )
        for ticket in tickets[:_SHOWN]
    )
    return title, rows, max(len(tickets) - _SHOWN, 0)


def _note(ticket: Ticket, now: datetime, policy: Policy, names: bool) -> Words:
    """Priority, how it stands or by when it is due, and for leads whose it is."""
    parts = [Words(ticket.priority, ticket.priority)]
    due = _due(ticket, policy)
    if ticket.state == "on_hold" and ticket.approver:
        parts.append(Words("waits for an approval", "等待审批"))
    elif ticket.state == "on_hold" and ticket.hold_until is not None:
        en, zh = (dated(ticket.hold_until, policy.desk.zone, now, language) for language in ("en", "zh-CN"))
        parts.append(Words(f"on hold until {en}", f"挂起至 {zh}"))
    elif ticket.state == "pending":
        parts.append(Words("waits for the requester", "等待用户补充"))
    elif ticket.state == "resolved":
        parts.append(Words("waits for a confirmation", "等待用户确认"))
    elif due is not None:
        en, zh = (dated(due, policy.desk.zone, now, language) for language in ("en", "zh-CN"))
        first = ticket.responded is None and due == sla.due(ticket.response, policy.calendar)
        what = Words("first contact", "首次联系") if first else Words("solution", "解决")
        was = "was " if due <= now else ""
        parts.append(
            Words(f"{what.en} {was}due {en}", f"{what.zh}{'应在' if was else '期限'} {zh}{'之前' if was else ''}")
        )
    if names:
        agent = policy.agent(ticket.assignee) if ticket.assignee else None
        name = agent.name if agent is not None else ""
        parts.append(Words(name, name) if name else Words("nobody has it", "无人接单"))
    return Words(", ".join(part.en for part in parts), "，".join(part.zh for part in parts))


def _counts(each: _Sorted) -> Words:
    alone = sum(ticket.assignee is None and ticket.state in ("new", "open") for ticket in each.all)
    working = sum(ticket.state in ("new", "open") for ticket in each.all)
    waiting = len(each.all) - working
    return Words(
        f"{working} in work, {len(each.overdue)} overdue, {alone} with nobody, {waiting} waiting",
        f"处理中 {working}，超时 {len(each.overdue)}，无人接单 {alone}，等待 {waiting}",
    )


def _mail(
    template: str, to: Agent, subject: Words, now: datetime, policy: Policy, values: Mapping[str, object]
) -> Mail:
    local = now.astimezone(ZoneInfo(policy.desk.zone))
    return Mail(
        template=template,
        to=Address(to.address, to.name),
        audience="lead" if template.startswith("lead/") else "agent",
        language=to.language,
        reply="internal",
        values=values,
        subject=f"{subject.for_(to.language)} ({local:%Y-%m-%d})",
        desk=True,
    )
