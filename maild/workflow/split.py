"""`#split`: a second problem in one mail gets a ticket of its own (PRODUCT §3.1)."""

from dataclasses import replace

from maild.model import Address, Agent, Colleague, Entry, Ticket, Words
from maild.model.secrets_mask import mask_secrets
from maild.workflow import approval, business_time, routing, sla
from maild.workflow.commands.arguments import Refused
from maild.workflow.commands.grammar import Command
from maild.workflow.draft import Draft
from maild.workflow.register import classify
from maild.workflow.several import several
from maild.workflow.triage import missing

# What an earlier report says of the person and the place holds for the second problem too; the rest is about the first.
_SHARED_FIELDS = ("name", "department", "phone", "location")
_TITLE_CHARS = 120


def command(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """`#split [TEXT]`: TEXT, else the part of the mail that reports something else, becomes a linked ticket, sorted by
    its own words, with the clock of the mail that both came in. Its requester hears of both tags."""
    ticket, policy = draft.ticket, draft.policy
    if ticket.kind == "incident":
        raise Refused(
            Words(
                "an incident's own ticket has no report to split; do it on one of its reports",
                "大面积故障本身没有可拆分的内容，请在具体的报障工单上操作",
            )
        )
    words = "\n".join(part for part in (command.argument, text) if part)
    found = several(ticket.subject, draft.facts.report, ticket.language, policy)
    if not words and draft.facts.was_split:
        raise Refused(
            Words(
                "it was split already; for one more write #split and its words",
                "已经拆分过；如需再拆，请写 #拆分 加说明",
            )
        )
    if not words and found is None:
        raise Refused(
            Words(
                "no second problem was recognised in the mail; write it behind the command: #split TEXT",
                "没有从邮件里认出第二个问题，请写在命令后面：#拆分 说明",
            )
        )
    part = words or (found.second if found is not None else "")
    new = _blank(draft, part)
    new.links.append((ticket.key, "split"))
    new.note("link", "", str(ticket.key), "split")
    new.readers.extend(draft.facts.readers)
    _ask_or_assign(new, draft, agent, part)
    draft.also.append(new.outcome(f"split off from {ticket.key}"))
    draft.note("split", "", mask_secrets(part)[0][:200], f"a ticket of its own, opened by {agent.name}")


def _blank(draft: Draft, part: str) -> Draft:
    """The new ticket, registered and sorted by its own words."""
    ticket = draft.ticket
    title = mask_secrets(next((line.strip() for line in part.splitlines() if line.strip()), part))[0]
    received = ticket.created or draft.now
    new = Draft(
        Ticket(
            requester=ticket.requester,
            internal=ticket.internal,
            language=ticket.language,
            zone=ticket.zone,
            subject=title[:_TITLE_CHARS],
            created=received,
        ),
        draft.now,
        # Nobody has seen anything of it yet: its mails are a conversation of their own.
        replace(draft.facts, threads={}, wrote=frozenset(), button=""),
        draft.policy,
        who=draft.who,
    )
    new.learn(tuple(row for name, row in ticket.fields.items() if name in _SHARED_FIELDS))
    found = classify(new, "", part, received, stranger=not ticket.internal)
    new.ticket = replace(
        new.ticket, asked=missing(replace(found, priority=new.ticket.priority), new.ticket.fields, draft.policy)
    )
    new.note("registered", "", "new", f"split off from ticket {ticket.key}")
    if ticket.restricted and not new.ticket.restricted:
        # What comes of a restricted report is everybody's only when its own team says so.
        new.change("it came of a restricted ticket", by="maild", restricted=True, team=ticket.team)
    new.keep(
        Entry(
            direction="in",
            visibility="public",
            author=ticket.requester,
            role="requester" if ticket.internal else "stranger",
            text=part,
            new_text=part,
        )
    )
    return new


def _ask_or_assign(new: Draft, old: Draft, agent: Agent, part: str) -> None:
    approver = approval.by_category(new)
    if isinstance(approver, Colleague):
        approval.ask(new, approver, part, "its category wants an approval", tell=False)
        _acknowledge(new, old, part, approver.address.name or approver.address.address)
        return
    chosen = routing.choose(new.ticket.team, new.facts, new.policy, new.ticket.requester.key)
    chosen = routing.fitting(chosen, new.ticket, new.facts, new.policy)
    if chosen is not None:
        new.change("assigned by the team's rule", by="maild", assignee=chosen.address)
    promise = sla.promise(new.ticket, new.policy)
    new.change("", promise=promise if promise is not None and promise > new.now else None)
    _acknowledge(new, old, part, "")
    there = routing.responsible(new.ticket, new.facts, new.policy)
    for each in there:
        # Whoever split it needs its notice too: only an answer to that one reaches the requester.
        new.write(
            "agent/new_ticket",
            Address(each.address, each.name),
            "agent",
            each.language,
            urgent=new.ticket.priority == "P1",
            text=mask_secrets(part)[0],
            team_wide=new.ticket.assignee is None and len(there) > 1,
            approval=approver or "",
            split_from=_tag(old),
        )


def _tag(old: Draft) -> str:
    return f"{old.policy.desk.prefix}-{old.ticket.key}"


def _acknowledge(new: Draft, old: Draft, part: str, approver: str) -> None:
    if not new.ticket.internal:
        # Strangers get one fixed text, and they had it for the first ticket.
        return
    category = new.policy.categories.get(new.ticket.category)
    new.tell_requester(
        "requester/acknowledged",
        hint=category.hint.for_(new.ticket.language) if category else "",
        outside_hours=not business_time.is_open(new.now, new.policy.calendar),
        missing=new.ticket.asked,
        approver=approver,
        split_from=_tag(old),
        split_part=mask_secrets(part)[0],
    )
