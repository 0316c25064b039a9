"""What a letter gets to see: a small, explicit picture of the ticket and of the values, in words of the reader.

Templates never see a Ticket, a Policy or a Mail. A requester's picture is made of public things only, and so is that
of an agent's notice whose answer goes to the requester: agents who add a CC send its quote past maild (PRODUCT §3.4).
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from maild.model import Field, Mail, Policy, Ticket, Words
from maild.model.labels import FIELD_HINTS, FIELD_LABELS, FIELD_ORIGINS, OUTCOMES, PRIORITIES, STATES
from maild.model.secrets_mask import mask_secrets
from maild.model.ticket import FIELD_NAMES
from maild.model.when import dated, spoken
from maild.outbound import answered
from maild.outbound.actions import Button, buttons
from maild.outbound.clocks import clock_rows
from maild.outbound.headers import one_line
from maild.outbound.inline import Picture
from maild.outbound.letters import LETTERS, Letter
from maild.outbound.offered import offered
from maild.outbound.picture import (
    IN_INCIDENT,
    WAITS_FOR_APPROVAL,
    DeskView,
    PersonView,
    TicketView,
    View,
    about_rows,
    agent_facts,
    labelled,
    requester_facts,
)
from maild.outbound.subject import bare_subject, tag
from maild.outbound.titles import title
from maild.tokens import Tokens

# Shown rows and notices are cut here: the entry keeps the whole text. What goes to a requester is never cut.
_VALUE_CHARS = 400
_TEXT_CHARS = 60_000

# Values that only desk people may read; a notice whose answer goes to the requester never carries them.
_INTERNAL_VALUES: Mapping[str, tuple[str, ...]] = {
    "agent/requester_replied": ("note",),
    "agent/reopened": ("note",),
    "agent/escalated": ("reason", "text", "done"),
    "agent/sla_breach": ("done",),
    "agent/note": ("author", "text"),
    "agent/registered": ("text",),
}
# Values that quote a requester's words: what follows 密码/password is masked in notices (PRODUCT §3.1).
_MASKED = frozenset(
    {
        "agent/new_ticket", "agent/requester_replied", "agent/reopened", "agent/closed", "agent/approval",
        "agent/escalated", "agent/registered", "approver/asked", "lead/low_rating", "agent/digest", "lead/digest",
        "requester/acknowledged", "requester/in_copy", "agent/merged",
    }
)  # fmt: skip
# Letters that list reports: what reporters wrote there is shown as one plain line each (THREATS A53).
_LISTS = frozenset(
    {"lead/mass_incident", "agent/incident_open", "admin/quarantined", "admin/answer", "agent/digest", "lead/digest"}
)
# Values that are field names, and become rows of (label, hint).
_FIELD_VALUES = frozenset({"missing", "fields"})


# Values that are codes of ours, in words. An empty text means that there is nothing to tell.
_CODES: Mapping[tuple[str, str], Mapping[str, Words]] = {
    ("agent/new_ticket", "verdict"): {
        "agent": Words("", ""),
        "requester": Words("", ""),
        "none": Words("", ""),
        "stranger": Words("not one of our people; the address is not verified", "不是公司内部人员，身份未经核实"),
        "failed": Words("the sender may be forged: authentication failed", "邮件认证未通过，发件人可能是冒充的"),
        "unverified": Words("says it is an agent of ours, but nothing proves it", "自称是支持人员，但没有凭据"),
    },
    ("agent/requester_replied", "note"): {
        "asks how it stands": Words("The requester asks how it stands.", "对方在催进度。"),
        "asks how it stands, again": Words("The requester asks again how it stands.", "对方又在催进度。"),
    },
    ("agent/reopened", "note"): {
        "the waiting is over": Words("The date that it waited for has come.", "挂起的时间到了。"),
        "no word from the requester, and a P1 is not closed by itself": Words(
            "No word from the requester, and a P1 is never closed by silence. Please ask in person.",
            "一直没有对方的回音，P1 不会自动关闭，请当面或电话确认。",
        ),
    },
    ("agent/closed", "how"): {str(code): words for code, words in OUTCOMES.items()},
    ("agent/escalated", "by"): {"maild": Words("", "")},
    ("agent/delivery_failed", "template"): {name: title(name) for name in LETTERS},
}


def view_of(
    mail: Mail,
    ticket: Ticket | None,
    policy: Policy,
    tokens: Tokens,
    now: datetime,
    attached: frozenset[tuple[str, int]] | None,
    shown: Sequence[Picture] = (),
) -> View:
    """The picture for one letter. `attached`: (name, bytes) of the files that really go along, None when none were
    given. `shown`: those that the letter shows as pictures."""
    letter = LETTERS[mail.template]
    language = mail.language
    outside = mail.audience in ("requester", "stranger", "approver")
    zone = ticket.zone if outside and ticket is not None else policy.desk.zone
    limit = sys.maxsize if outside else _TEXT_CHARS
    speak = _Speech(zone, now, language, zone != policy.desk.zone, mail.template in _MASKED, limit)
    public = mail.reply == "public"
    values = _values(mail, letter, speak, public and not outside)
    if values.get("attachments"):
        values["attachments"] = _attachments(values["attachments"], attached)
    if "attachments" in values:
        values["pictures"] = tuple((each.cid, one_line(each.name), each.width) for each in shown)
    if values.get("similar") and mail.template != "agent/ticket":
        values["similar"] = _similar(values["similar"], policy)
    if mail.template == "agent/ticket":
        values |= {name: _plain_lines(values[name]) for name in ("links", "files", "people")}
    if "parts" in values:
        values["parts"] = answered.parts(mail, policy, tokens, now)
    if mail.template in _LISTS:
        values |= {
            name: _plain_lines(values[name]) for name in ("rows", "departments", "lines", "sections") if name in values
        }
    if mail.template == "admin/quarantined":
        values["rows"] = _asides(mail, values["rows"], policy, tokens, now)
    if mail.template == "admin/observed":
        values["rows"] = _observed(values["rows"], language)
    return View(
        desk=DeskView(
            name=one_line(policy.desk.name.for_(language)),
            address=policy.desk.address,
            hotline=one_line(policy.desk.hotline),
            prefix=policy.desk.prefix,
            reopen_days=policy.reopen_days,
            trial=policy.mode == "agents",
        ),
        to=PersonView(one_line(mail.to.name) or mail.to.address, mail.to.address),
        t=None if ticket is None else _ticket(ticket, policy, speak, not outside, mail),
        v=values,
        buttons=_buttons(mail, letter, ticket, policy, tokens, now),
        public=public,
        kind=mail.template.partition("/")[2],
        language=language,
        copies=tuple(one_line(each, 80) for each in mail.copies),
        done=_done(mail, speak),
    )


def _done(mail: Mail, speak: "_Speech") -> str:
    """The last line of a notice: what its reader's own commands did, and how to take them back while they can be."""
    if mail.done is None:
        return ""
    at, did = speak.time(mail.done.at), mail.done.commands
    if speak.language.startswith("zh"):
        return f"您的命令已执行（{at}）：{'、'.join(did)}" + (" · 撤销请回复 #撤销" if mail.done.undo else "")
    return f"Done at {at}: {', '.join(did)}" + (" · to take it back reply #undo" if mail.done.undo else "")


@dataclass(frozen=True, slots=True)
class _Speech:
    """How values become words for one reader."""

    zone: str
    now: datetime
    language: str
    name_zone: bool
    mask: bool
    limit: int

    def time(self, moment: datetime | None) -> str:
        return "" if moment is None else spoken(moment, self.zone, self.now, self.language, self.name_zone)

    def date(self, moment: datetime | None) -> str:
        return "" if moment is None else dated(moment, self.zone, self.now, self.language, self.name_zone)

    def text(self, text: str) -> str:
        if len(text) > self.limit:
            text = text[: self.limit] + " […]"
        return mask_secrets(text)[0] if self.mask else text

    def value(self, value: object) -> object:
        """A value as a letter shows it: times spoken, in tables with their date; words in the reader's language."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, datetime):
            return self.time(value)
        if isinstance(value, Words):
            return value.for_(self.language)
        if isinstance(value, (tuple, list)):
            return tuple(self.date(item) if isinstance(item, datetime) else self.value(item) for item in value)
        return value

    def field(self, name: str) -> tuple[str, str]:
        """(label, hint) of a field; an agent may also ask for something that is no field of ours."""
        label = FIELD_LABELS.get(name)
        if label is None:
            return one_line(name, 80), ""
        hint = FIELD_HINTS.get(name)
        return label.for_(self.language), hint.for_(self.language) if hint else ""


def _values(mail: Mail, letter: Letter, speak: _Speech, hide: bool) -> dict[str, object]:
    values: dict[str, object] = {}
    for key, default in letter.values.items():
        value = mail.values.get(key, default)
        if isinstance(value, str) and (mail.template, key) in _CODES:
            value = _CODES[mail.template, key].get(value, value)
        # Words are made by the desk's own code; a plain text may be what somebody wrote for colleagues.
        if hide and key in _INTERNAL_VALUES.get(mail.template, ()) and not isinstance(value, Words):
            value = default
        if hide and key == "done" and isinstance(value, tuple):
            value = tuple(row for row in value if not any(isinstance(each, str) for each in row))
        if key in _FIELD_VALUES and isinstance(value, (tuple, list)):
            values[key] = tuple(speak.field(str(name)) for name in value)
        else:
            values[key] = speak.value(default if value is None else value)
    return values


def _ticket(ticket: Ticket, policy: Policy, speak: _Speech, desk_eyes: bool, mail: Mail) -> TicketView:
    language = speak.language
    category = policy.categories.get(ticket.category)
    team = policy.teams.get(ticket.team)
    assignee = policy.agent(ticket.assignee) if ticket.assignee else None
    # One who has left the list has no name for requesters; the desk sees the address, to assign the ticket anew.
    left = ticket.assignee or "" if desk_eyes else ""
    assignee_name = one_line(assignee.name) if assignee else left
    requester = PersonView(one_line(ticket.requester.name) or ticket.requester.address, ticket.requester.address)
    late = ticket.promise is not None and ticket.promise < speak.now
    rows = _rows(ticket, speak)
    view = TicketView(
        tag=tag(ticket, policy),
        number=ticket.key,
        subject=bare_subject(ticket.subject, policy),
        state=_state(ticket).for_(language),
        outcome=OUTCOMES[ticket.outcome].for_(language) if ticket.outcome else "",
        category=category.title.for_(language) if category else ticket.category,
        priority=PRIORITIES[ticket.priority].for_(language),
        urgent=ticket.priority == "P1",
        reasons=tuple(one_line(reason.for_(language), 300) for reason in ticket.reasons),
        rows=rows,
        # A promise is of the first contact: once that was made, no clock keeps it.
        promise="" if ticket.responded else speak.time(ticket.promise),
        promise_date="" if ticket.responded else speak.date(ticket.promise),
        overdue=late and not ticket.responded,
        hold_until=speak.date(ticket.hold_until),
        assignee=assignee_name,
        team=team.title.for_(language) if team else ticket.team,
        requester=requester,
        created=speak.date(ticket.created),
        summary=speak.text(ticket.summary),
        about=(),
        facts=(),
    )
    day = policy.calendar.day_minutes
    clocks = clock_rows(mail.values.get("clocks"), speak.time, day, language)
    related = ", ".join(f"{policy.desk.prefix}-{number}" for number in mail.related)
    pairs = (
        (*agent_facts(view, ticket, language, day, clocks), ("related", related))
        if desk_eyes
        else requester_facts(view, language)
    )
    return replace(
        view, about=(*labelled(about_rows(view, language), language), *rows), facts=labelled(pairs, language)
    )


def _state(ticket: Ticket) -> Words:
    if ticket.approver:
        return WAITS_FOR_APPROVAL
    return IN_INCIDENT if ticket.parent is not None and ticket.state in ("new", "open") else STATES[ticket.state]


def _rows(ticket: Ticket, speak: _Speech) -> tuple[tuple[str, str], ...]:
    known = ticket.fields
    return tuple(
        (FIELD_LABELS[name].for_(speak.language), speak.text(_short(known[name].value)) + _origin(known[name], speak))
        for name in FIELD_NAMES
        if name in known and known[name].value.strip()
    )


def _origin(field: Field, speak: _Speech) -> str:
    """Where a guessed value was found, in brackets; nothing behind what somebody said on purpose (PRODUCT §3.1)."""
    origin = FIELD_ORIGINS.get(field.source)
    if origin is None:
        return ""
    return f"（{origin.zh}）" if speak.language.startswith("zh") else f" ({origin.en})"


def _short(value: str) -> str:
    value = value.strip()
    return value if len(value) <= _VALUE_CHARS else value[:_VALUE_CHARS].rstrip() + " […]"


def _attachments(
    rows: object, attached: frozenset[tuple[str, int]] | None
) -> tuple[tuple[str, object, bool, int], ...]:
    """The listed attachments with their numbers (0: none), and with the truth about which of them go along with this
    very mail."""
    if not isinstance(rows, Sequence):
        return ()
    return tuple(
        (one_line(str(name)), size, goes if attached is None else (name, size) in attached, number[0] if number else 0)
        for name, size, goes, *number in rows
    )


def _similar(rows: object, policy: Policy) -> tuple[tuple[str, str], ...]:
    """(tag, title) of solved tickets; a bare number gets the desk's prefix."""
    if not isinstance(rows, Sequence):
        return ()
    return tuple(
        (f"{policy.desk.prefix}-{key}" if isinstance(key, int) else one_line(str(key)), one_line(str(title), 120))
        for key, title in rows
    )


def _plain_lines(value: object) -> object:
    """Every text in a list of rows as one line without invisible or direction-changing characters."""
    if isinstance(value, str):
        return one_line(value, _VALUE_CHARS)
    return tuple(_plain_lines(each) for each in value) if isinstance(value, tuple) else value


def _asides(mail: Mail, rows: object, policy: Policy, tokens: Tokens, now: datetime) -> tuple[tuple[object, ...], ...]:
    """Rows of (number, sender, subject, reason, since, whether its sender may be blocked), the last one as buttons."""
    if not isinstance(rows, Sequence):
        return ()
    return tuple(
        (
            number, *shown,
            () if "+" in policy.desk.address else buttons(
                [f"{verb} {number}" for verb in ("release", "drop", "block") if block or verb != "block"],
                mail.to.address, None, policy, tokens, mail.language, now,
            ),
        )
        for number, *shown, block in rows
    )  # fmt: skip


def _observed(rows: object, language: str) -> tuple[tuple[object, ...], ...]:
    """Rows of (when, letter, recipient, subject, reason), the letter as people call it."""
    if not isinstance(rows, Sequence):
        return ()
    return tuple((when, title(str(name)).for_(language), *rest) for when, name, *rest in rows)


def _buttons(
    mail: Mail, letter: Letter, ticket: Ticket | None, policy: Policy, tokens: Tokens, now: datetime
) -> tuple[Button, ...]:
    """The letter's buttons for this reader, each with a token of its own."""
    verbs = offered(mail, letter, ticket, policy)
    number = mail.values.get("number")
    about = number if isinstance(number, int) else 0
    return buttons(verbs, mail.to.address, ticket, policy, tokens, mail.language, now, about)
