"""The parts of an answer as a letter shows them: in the reader's words, each ticket of an agent's list with links."""

from dataclasses import dataclass
from datetime import datetime

from maild.model import AnswerPart, AnswerRow, Mail, Policy, Words
from maild.outbound.actions import mailto
from maild.outbound.headers import one_line
from maild.outbound.subject import bare_subject
from maild.tokens import Tokens

_NO_SUBJECT = Words("(no subject)", "（无主题）")
# A row of a list is read at a glance; the whole subject stands in the ticket.
_TITLE_CHARS = 80
_LINE_CHARS = 300


@dataclass(frozen=True, slots=True)
class RowView:
    """One row. `show` and `take` are links that write the command for the reader; empty where there is none."""

    tag: str
    title: str
    lines: tuple[str, ...]
    show: str
    take: str


@dataclass(frozen=True, slots=True)
class PartView:
    headline: str
    lines: tuple[str, ...]
    rows: tuple[RowView, ...]
    more: int


def parts(mail: Mail, policy: Policy, tokens: Tokens, now: datetime) -> tuple[PartView, ...]:
    """The parts of an answer for its reader."""
    given = mail.values.get("parts")
    if not isinstance(given, tuple):
        return ()
    return tuple(_part(each, mail, policy, tokens, now) for each in given if isinstance(each, AnswerPart))


def _part(part: AnswerPart, mail: Mail, policy: Policy, tokens: Tokens, now: datetime) -> PartView:
    language = mail.language
    return PartView(
        one_line(part.headline.for_(language), _LINE_CHARS),
        tuple(one_line(line.for_(language), _LINE_CHARS) for line in part.lines),
        tuple(_row(row, mail, policy, tokens, now) for row in part.rows),
        part.more,
    )


def _row(row: AnswerRow, mail: Mail, policy: Policy, tokens: Tokens, now: datetime) -> RowView:
    title = one_line(row.title, _TITLE_CHARS)
    show = take = ""
    if row.number:
        title = one_line(bare_subject(row.title, policy), _TITLE_CHARS) or _NO_SUBJECT.for_(mail.language)
        if mail.audience == "agent" and policy.agent(mail.to.address) is not None and "+" not in policy.desk.address:
            show = _link("show", row.number, mail, policy, tokens, now)
            take = _link("take", row.number, mail, policy, tokens, now) if row.take else ""
    return RowView(
        f"{policy.desk.prefix}-{row.number}" if row.number else "",
        title,
        tuple(one_line(line.for_(mail.language), _LINE_CHARS) for line in row.lines),
        show,
        take,
    )


def _link(verb: str, number: int, mail: Mail, policy: Policy, tokens: Tokens, now: datetime) -> str:
    """A command on one ticket, good for this reader alone."""
    token = tokens.button(mail.to.address, number, verb, now)
    return mailto(policy.desk.address, f"[{policy.desk.prefix}-{number}] #{verb} {token}", "")
