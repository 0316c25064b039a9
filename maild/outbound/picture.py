"""The pictures that templates see, and what is told of a ticket in rows of (label, value)."""

from collections.abc import Mapping
from dataclasses import dataclass

from maild.model import Ticket, Words
from maild.model.labels import TIERS
from maild.model.when import lasting
from maild.outbound.actions import Button


@dataclass(frozen=True, slots=True)
class DeskView:
    """The desk as everybody knows it; `trial`: its agents get their notices, and no requester gets anything."""

    name: str
    address: str
    hotline: str
    prefix: str
    reopen_days: int
    trial: bool = False


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person: `name` is never empty, it falls back to the address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket in words. `rows` are (label, value) of what is known.

    `promise` is the spoken time of the first contact, empty when none was promised or when it lies behind and was
    kept; `overdue` tells that it was not; `promise_date` is the same with its date. `about` are (label, value) rows of
    what the report is about, `rows` behind its subject, category and priority; `facts` rows of how it stands: less for
    a requester than for an agent.
    """

    tag: str
    number: int
    subject: str
    state: str
    outcome: str
    category: str
    priority: str
    urgent: bool
    reasons: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    promise: str
    promise_date: str
    overdue: bool
    hold_until: str
    assignee: str
    team: str
    requester: PersonView
    created: str
    summary: str
    about: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class View:
    """Everything that the template of one letter can name."""

    desk: DeskView
    to: PersonView
    t: TicketView | None
    v: Mapping[str, object]
    buttons: tuple[Button, ...]
    public: bool
    kind: str
    language: str
    copies: tuple[str, ...] = ()
    done: str = ""


_FACTS: dict[str, Words] = {
    "subject": Words("Subject", "主题"),
    "priority": Words("Priority", "优先级"),
    "category": Words("Category", "分类"),
    "requester": Words("Requester", "报障人"),
    "team": Words("Team", "处理组"),
    "assignee": Words("Handled by", "受理人"),
    "state": Words("State", "状态"),
    "received": Words("Received", "收到时间"),
    "hold": Words("On hold until", "挂起到"),
    "approver": Words("Asked to approve", "审批人"),
    "promise": Words("Contact by", "首次联系时限"),
    "target": Words("Targets", "时限要求"),
    "related": Words("Linked with", "关联工单"),
    "response": Words("First contact", "首次联系"),
    "resolution": Words("Solution", "解决时限"),
}
_IN_HOURS = Words("answered in {}, solved in {} of working time", "工作时间 {}响应，{}解决")
_AROUND = Words("answered in {}, solved in {}, day and night", "{}响应，{}解决（7×24 小时）")
_NOBODY = Words("nobody yet", "待分配")
# A ticket has an approver only as long as the answer is waited for.
WAITS_FOR_APPROVAL = Words("waiting for an approval", "等待审批")
# Whoever has the mass incident has its reports, which are assigned to nobody.
IN_INCIDENT = Words("a known problem, being worked on", "已知故障，处理中")
_NO_SUBJECT = Words("(no subject)", "（无主题）")
# Two states are worded for the requester in labels.py; "waiting for your answer" would tell an agent the opposite.
_AGENT_STATES: dict[str, Words] = {
    "pending": Words("waiting for the requester", "等待报障人回复"),
    "resolved": Words("solved, waiting for the requester's word", "已解决，待报障人确认"),
}


Pairs = tuple[tuple[str, str], ...]


def labelled(pairs: Pairs, language: str) -> Pairs:
    """The rows that say something, under the labels of the reader's language."""
    return tuple((_FACTS[key].for_(language), value) for key, value in pairs if value)


def about_rows(view: TicketView, language: str) -> Pairs:
    """What a report is about; the fields follow."""
    subject = view.subject or _NO_SUBJECT.for_(language)
    return ("subject", subject), ("category", view.category), ("priority", view.priority)


def requester_facts(view: TicketView, language: str) -> Pairs:
    """How it stands, for the requester."""
    known = view.state == IN_INCIDENT.for_(language)
    return (
        ("subject", view.subject or _NO_SUBJECT.for_(language)),
        ("state", view.outcome or view.state),
        ("assignee", view.assignee or ("" if view.outcome or known else _NOBODY.for_(language))),
        ("priority", view.priority),
        ("received", view.created),
        ("hold", view.hold_until),
        ("promise", "" if view.overdue or view.outcome else view.promise_date),
    )


def agent_facts(view: TicketView, ticket: Ticket, language: str, day_minutes: int, clocks: Pairs = ()) -> Pairs:
    """How it stands, for the desk; none of it is a secret from the requester. `clocks`: how its two clocks stand, which
    says more than what was promised."""
    who = view.requester.name
    if view.requester.address not in ("", who):
        who = f"{who} <{view.requester.address}>"
    assignee = view.assignee or _NOBODY.for_(language)
    if view.assignee and ticket.tier != "L1":
        assignee += f" · {TIERS[ticket.tier].for_(language)}"
    state = _AGENT_STATES[ticket.state].for_(language) if ticket.state in _AGENT_STATES else view.state
    return (
        ("subject", view.subject or _NO_SUBJECT.for_(language)),
        ("requester", who),
        ("priority", view.priority),
        ("category", view.category),
        ("team", view.team),
        ("assignee", assignee),
        ("state", view.outcome or state),
        ("approver", ticket.approver),
        ("received", view.created),
        ("hold", view.hold_until),
        *(
            clocks
            or (
                ("promise", view.promise_date if ticket.responded is None else ""),
                ("target", _targets(ticket, day_minutes, language)),
            )
        ),
    )


def _targets(ticket: Ticket, day_minutes: int, language: str) -> str:
    """What was promised for the two clocks, in working time or around the clock."""
    if not ticket.resolution.target or ticket.outcome:
        return ""
    round_the_clock = ticket.resolution.calendar == "24x7"
    day = 24 * 60 if round_the_clock else day_minutes
    first, whole = (lasting(clock.target, day, language) for clock in (ticket.response, ticket.resolution))
    return (_AROUND if round_the_clock else _IN_HOURS).for_(language).format(first, whole)
