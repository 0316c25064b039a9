"""Commands about mass incidents (PRODUCT §3.2): #incident, #update, the answer to a proposal; and what the others mean
on a mass incident's own ticket."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from maild.model import Agent, Facts, Follow, Member, Policy, Words
from maild.workflow import incident_ticket, restricted
from maild.workflow.commands.arguments import Refused
from maild.workflow.commands.grammar import Command, Parsed
from maild.workflow.draft import Draft

_REMOVE = re.compile(r"(?:remove|移出)(?![a-z])", re.IGNORECASE)
_MENTIONS = ("incident", "大面积故障", "重大事件")
_TITLE_CHARACTERS = 120
_QUOTES = frozenset(('""', "''", "“”", "‘’", "「」", "『』", "《》", "【】"))


def named(text: str, policy: Policy) -> tuple[int, ...]:
    """The tickets that an #incident in this text names; empty without one."""
    lines = (line for line in unicodedata.normalize("NFKC", text[:4000]).splitlines() if line.lstrip().startswith("#"))
    return tuple(
        number
        for line in lines
        if any(word in line.lower() for word in _MENTIONS)
        for number in _numbers(line, policy)[0]
    )


def _numbers(text: str, policy: Policy) -> tuple[tuple[int, ...], str]:
    """`VPN down IT-1 IT-2` → ((1, 2), "VPN down")."""
    prefixes = "|".join(re.escape(each) for each in (policy.desk.prefix, *policy.desk.former_prefixes))
    tag = re.compile(rf"\[?\b(?:{prefixes})-?(\d{{1,9}})(?!\d)\]?", re.IGNORECASE | re.ASCII)
    text = unicodedata.normalize("NFKC", text)
    numbers = tuple(dict.fromkeys(int(found[1]) for found in tag.finditer(text)))
    title = " ".join(tag.sub(" ", text).strip(" ,，、;；").split())
    # Many put a title in quotes, which the letters bring themselves.
    if len(title) > 2 and title[0] + title[-1] in _QUOTES:
        title = title[1:-1].strip()
    return numbers, title[:_TITLE_CHARACTERS]


def declare(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """`#incident TITLE IT-1 IT-2`: on a report it declares one, on a proposal it accepts it under that title, on an
    open one it adds reports. `#incident remove [IT-5]` takes reports out."""
    numbers, title = _numbers(command.argument, draft.policy)
    removing = _REMOVE.match(title)
    if removing:
        _take_out(draft, agent, numbers)
        return
    ticket = draft.ticket
    members = _reports(draft.facts, numbers, agent, draft.policy)
    if ticket.kind == "incident":
        if draft.facts.incident is not None and draft.facts.incident.state == "proposed":
            incident_ticket.accept(draft, agent, title, members)
        elif members:
            incident_ticket.add(draft, agent, members)
        else:
            raise Refused(Words("name the reports: #incident IT-1 IT-2", "请写明工单：#大面积故障 IT-1 IT-2"))
        return
    own = _own(draft)
    together = tuple({each.ticket: each for each in (own, *members)}.values())
    _check(own, agent, draft.policy)
    if not title:
        raise Refused(
            Words(
                "it needs a title, which every reporter gets to read: #incident TITLE IT-1 IT-2",
                "请写标题（所有报障人都会看到）：#大面积故障 标题 IT-1 IT-2",
            )
        )
    made = incident_ticket.by_hand(draft, agent, title, together, ticket.category, ticket.team)
    draft.also.append(made)
    draft.note("incident", "", title, f"declared by {agent.name}")


def _own(draft: Draft) -> Member:
    ticket, department = draft.ticket, draft.ticket.fields.get("department")
    return Member(
        ticket=ticket.key,
        title=ticket.subject,
        department=department.value if department else "",
        at=ticket.created or draft.now,
        state=ticket.state,
        restricted=ticket.restricted,
        team=ticket.team,
        parent=ticket.parent,
        kind=ticket.kind,
        merged=ticket.merged_into is not None,
        internal=ticket.internal,
    )


def _reports(facts: Facts, numbers: Sequence[int], agent: Agent, policy: Policy) -> tuple[Member, ...]:
    """The reports of these numbers, each fit to belong to an incident. Refused otherwise, and says which."""
    known = {each.ticket: each for each in facts.named}
    for number in numbers:
        if number not in known:
            tag = f"{policy.desk.prefix}-{number}"
            raise Refused(
                Words(f"there is no {tag}; the number stands in the subject", f"没有 {tag} 这张工单，编号见邮件主题")
            )
        _check(known[number], agent, policy)
    return tuple(known[number] for number in numbers)


def _check(report: Member, agent: Agent, policy: Policy) -> None:
    tag = f"{policy.desk.prefix}-{report.ticket}"
    if report.restricted and not restricted.belongs(agent, report.team, policy):
        raise Refused(
            Words(
                f"{tag} belongs to another team alone; ask that team, or leave it out",
                f"{tag} 仅限其所属组处理，请联系该组，或不要写上它",
            )
        )
    if not report.internal:
        raise Refused(
            Words(
                f"{tag} is a stranger's, who may not learn of it; leave it out",
                f"{tag} 是外部人员的工单，不能让其了解内部故障，请不要写上它",
            )
        )
    if report.kind != "report" or report.merged:
        raise Refused(Words(f"{tag} is no report of its own; leave it out", f"{tag} 不是独立的报障工单，请不要写上它"))
    if report.parent is not None:
        raise Refused(
            Words(
                f"{tag} belongs to a mass incident already; leave it out", f"{tag} 已经属于一个大面积故障，请不要写上它"
            )
        )
    if report.state in ("resolved", "closed"):
        raise Refused(
            Words(
                f"{tag} is solved or closed already; #reopen it first, or leave it out",
                f"{tag} 已经解决或关闭，请先 #重开，或不要写上它",
            )
        )


def _take_out(draft: Draft, agent: Agent, numbers: Sequence[int]) -> None:
    parent = draft.ticket.key if draft.ticket.kind == "incident" else draft.ticket.parent
    if draft.ticket.kind != "incident" and not numbers:
        numbers = (draft.ticket.key,)
    inside = {each.ticket for each in draft.facts.members} | (
        {draft.ticket.key} if draft.ticket.parent is not None else set()
    )
    for number in numbers:
        tag = f"{draft.policy.desk.prefix}-{number}"
        if number not in inside:
            raise Refused(
                Words(f"{tag} does not belong to it; leave it out", f"{tag} 不属于这个大面积故障，请不要写上它")
            )
    if parent is None or not numbers:
        raise Refused(Words("name the reports: #incident remove IT-5", "请写明工单：#大面积故障 移出 IT-5"))
    draft.note("reports", ", ".join(str(number) for number in numbers), "", f"taken out by {agent.name}")
    for number in numbers:
        # Decided on by itself, as if the incident had said so: each report is asked for its parent's word only.
        draft.follow.append(Follow(number, "incident_leaves", {"of": parent, "by": agent.address, "name": agent.name}))


def update(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    _incident_only(draft)
    incident_ticket.update(draft, agent, _words(command, text))


def accept(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    _incident_only(draft)
    incident_ticket.accept(draft, agent, command.argument.strip()[:_TITLE_CHARACTERS])


def decline(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    _incident_only(draft)
    incident_ticket.decline(draft, agent, command.argument.strip())


def _resolve(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    incident_ticket.resolve(draft, agent, _words(command, text))


def _close(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    incident_ticket.close(draft, agent, command.argument)


def _reopen(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    incident_ticket.reopen(draft, agent, command.argument)


def _refuse(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    raise Refused(
        Words(
            f"#{command.verb} needs a requester, and a mass incident has none; do it on one of its reports",
            f"#{command.verb} 需要有报障人，大面积故障本身没有；请在具体的报障工单上操作",
        )
    )


def _words(command: Command, text: str) -> str:
    return "\n".join(part for part in (command.argument, text) if part)


def _incident_only(draft: Draft) -> None:
    if draft.ticket.kind != "incident":
        raise Refused(
            Words(
                "this ticket is no mass incident; write it on the incident's own ticket",
                "这张工单不是大面积故障，请在大面积故障的工单上操作",
            )
        )


_Doer = Callable[[Draft, Agent, Command, str], None]

DOERS: Mapping[str, _Doer] = {"incident": declare, "update": update, "accept": accept, "decline": decline}
# What these mean on a mass incident's own ticket; the others mean what they mean on any.
ON_INCIDENT: Mapping[str, _Doer] = {
    "accept": accept,
    "resolve": _resolve,
    "close": _close,
    "reopen": _reopen,
    **dict.fromkeys(("ask", "out-of-scope", "spam", "merge", "split", "approve", "cc", "use"), _refuse),
}

# On its own ticket these follow its own rules; the others those of any ticket.
OWN = frozenset({*DOERS, *ON_INCIDENT})

_YES = frozenset({"1", "１", "yes", "y", "ok", "accept", "是", "是的", "接受", "同意", "确认", "好"})
_NO = frozenset({"0", "０", "no", "n", "decline", "否", "不是", "拒绝", "不接受", "不同意"})


def answered(parsed: Parsed, facts: Facts) -> Parsed:
    """A lead's plain word to a proposal ("1", "接受", "0", "拒绝") as the command that it is."""
    if facts.incident is None or facts.incident.state != "proposed" or parsed.commands or parsed.problems:
        return parsed
    word = parsed.text.strip().strip(".!。！ ").lower()
    verb = "accept" if word in _YES else "decline" if word in _NO else ""
    return Parsed((Command(verb, "", parsed.text.strip()[:200]),), "", ()) if verb else parsed
