"""What a decision wants to know before it thinks (DESIGN §1): `gather` reads it in the same transaction."""

from dataclasses import replace

from maild.model import Event, Followed, MailArrived, Message, Needs, Policy, Ticket, TimerFired
from maild.model.secrets_mask import mask_secrets
from maild.workflow import admin_mail, approval, desk_mail, reported_for
from maild.workflow.commands import cc, fetch, incident, merge
from maild.workflow.commands.grammar import Parsed, parse
from maild.workflow.commands.spread import spread, tickets_of
from maild.workflow.commands.tags import others_named
from maild.workflow.commands.use import tickets_named
from maild.workflow.errand import ORDER
from maild.workflow.questions import asks, requesters

# What happens to the ticket that another one was merged into, or leaves again.
MERGES = frozenset({"merged_in", "merged_out"})
# Of a report its first words are compared with the solved tickets.
_WORDS = 400


def needs(event: Event, ticket: Ticket | None, policy: Policy) -> Needs:
    """What `decide` must know for this event on this ticket (None: a mail that joins none)."""
    return _with_questions(_needs(event, ticket, policy), event, ticket, policy)


def _with_questions(wanted: Needs, event: Event, ticket: Ticket | None, policy: Policy) -> Needs:
    """And what the questions of a person's mail ask of the books."""
    if not isinstance(event, MailArrived) or event.screening.verdict != "person" or event.too_large:
        return wanted
    on = ticket.key if ticket is not None else None
    agent = policy.agent(event.message.from_.address)
    if agent is None or event.trust.verdict != "agent":
        return replace(wanted, queries=requesters.queries(event, on, policy))
    commands = desk_mail.commands_of(event.message, policy).commands
    return replace(
        wanted,
        queries=(
            *asks.of_agent(commands, agent, event.received, policy),
            *requesters.queries(event, on, policy),
        ),
        dossiers=(on,) if on is not None and event.press.verb == "show" else asks.shown(commands, on, policy),
        asker=event.message.from_.key,
        urgent_of=asks.leaves(commands, agent, event.received, policy) or wanted.urgent_of,
    )


def _needs(event: Event, ticket: Ticket | None, policy: Policy) -> Needs:
    approver = (ticket.approver,) if ticket is not None and ticket.approver else ()
    if ticket is not None and isinstance(event, Followed) and event.what == ORDER:
        wanted = _of_agent(Needs(team="*", colleagues=approver), str(event.data["body"]), ticket, policy)
        parsed = parse(str(event.data["body"]))
        whom = reported_for.called(parsed, policy)
        undo = _undo(parsed, str(event.data["by"]), policy, int(event.data.get("undo", 0)))
        return replace(
            wanted,
            errand=int(event.data["inbound"]),
            called=(*wanted.called, *whom),
            undo=undo,
            spoken=str(event.data["by"]),
        )
    if not isinstance(event, MailArrived):
        breached = isinstance(event, TimerFired) and event.kind.endswith(("_breach", "_warning", "hold_over"))
        # What one of five hundred reports tells its mass incident needs no list of the others.
        told = isinstance(event, Followed) and event.what.startswith("report_")
        members = ticket is not None and ticket.kind == "incident" and not told
        others = (merge.first(event),) if isinstance(event, Followed) and event.what in MERGES else ()
        if ticket is not None and ticket.merged_into is not None:
            others = (*others, ticket.merged_into)
        return Needs(
            team="*", colleagues=approver, report=bool(approver), past=breached, members=members, others=others
        )
    if event.too_large:
        return Needs(person=event.message.from_.key)
    if event.screening.verdict == "bounce":
        bounce = event.message.bounce
        return Needs(team="*", bounced=(bounce.message_id or "") if bounce else "")
    if event.screening.verdict != "person":
        agent = policy.agent(event.message.from_.address)
        away = agent.address if agent is not None else ""
        return Needs(team="*" if approver or away else "", colleagues=approver, report=bool(approver), urgent_of=away)
    if ticket is None:
        return _of_admin(event, _of_fresh(event, policy))
    return _of_mail(event, ticket, approver, policy)


def _of_admin(event: MailArrived, wanted: Needs) -> Needs:
    """What an admin's mail names."""
    if not event.trust.admin:
        return wanted
    asides, senders = admin_mail.named(event)
    return replace(wanted, admin=True, asides=asides, senders=senders)


def _of_fresh(event: MailArrived, policy: Policy) -> Needs:
    """What a person's mail on no ticket makes worth knowing."""
    theirs = reported_for.theirs(event)
    message, requester = theirs.message, theirs.message.from_.key
    commands = reported_for.commands_of(event.message, policy).commands if event.behalf is not None else ()
    orders = "\n".join(each.line for each in commands)
    return Needs(
        # Of a From that is known to be forged nothing is looked up.
        person=requester if event.trust.verdict != "failed" else "",
        behind=theirs.sent_by,
        team="*",
        similar=_report(message),
        learned=policy.learning.on,
        manager=requester,
        colleagues=(*approval.wanted(policy), *approval.named(orders)),
        solutions=tickets_named(orders, policy),
        incidents=policy.incidents.on,
        named=desk_mail.tickets_named(message, policy) if event.trust.verdict == "agent" else (),
        filed=_asked_for(event, None, policy) if event.trust.verdict == "agent" else (),
        undo=_undo(desk_mail.commands_of(message, policy), message.from_.address, policy),
    )


def _of_mail(event: MailArrived, ticket: Ticket, approver: tuple[str, ...], policy: Policy) -> Needs:
    """What a person's mail on a ticket makes worth knowing."""
    writer, text = event.message.from_.key, event.message.new_text
    via = (event.thread.via,) if event.thread.via else ()
    wanted = Needs(team="*", colleagues=approver, warned=mask_secrets(text)[1], past=True, others=via)
    if event.trust.verdict == "agent" and not event.asked:
        ordered = f"{event.press.line}\n{text}" if event.press.verb and not event.press.denied else text
        agent = policy.agent(writer)
        wanted = _of_agent(wanted, ordered, ticket, policy)
        wanted = replace(wanted, spoken=agent.address if agent is not None else "")
        commands = desk_mail.commands_of(event.message, policy, event.answers)
        jobs = spread(commands, ticket.key, policy).jobs
        whom = (*wanted.called, *reported_for.called(commands, policy))
        filed = _asked_for(event, ticket.key, policy)
        undo = _undo(commands, event.message.from_.address, policy)
        return replace(wanted, named=(*wanted.named, *tickets_of(jobs)), called=whom, filed=filed, undo=undo)
    if event.trust.verdict != "agent":
        scope = ticket.state == "pending" and ticket.category == "out_of_scope"
        report = scope or ticket.responded is None
        wanted = replace(wanted, person=writer, behind=event.sent_by, report=report)
    if event.asked:
        return replace(wanted, colleagues=(*approver, writer), report=True)
    if ticket.state == "closed":
        # A late answer may become a report of its own.
        return replace(
            wanted,
            manager=ticket.requester.key,
            similar=_report(event.message),
            learned=policy.learning.on,
            incidents=policy.incidents.on,
        )
    return wanted


def _of_agent(wanted: Needs, text: str, ticket: Ticket, policy: Policy) -> Needs:
    """What an agent's commands on a ticket make worth knowing."""
    return replace(
        wanted,
        colleagues=(*wanted.colleagues, *approval.named(text)),
        report=True,
        manager=ticket.requester.key,
        solutions=tickets_named(text, policy),
        # An agent may hand it on, with what was done so far.
        past=True,
        waiting=True,
        members=ticket.kind == "incident",
        named=incident.named(text, policy),
        others=(*wanted.others, *others_named(text, policy)),
        called=cc.called(text),
    )


def _asked_for(event: MailArrived, on: int | None, policy: Policy) -> tuple[int, ...]:
    """The tickets whose attachments an agent's mail asks for."""
    parsed = (
        reported_for.commands_of(event.message, policy) if on is None else desk_mail.commands_of(event.message, policy)
    )
    return fetch.tickets_asked(parsed, on, policy)


def _undo(parsed: Parsed, writer: str, policy: Policy, inbound: int = 0) -> tuple[str, int]:
    """The agent who takes back what they had done, and the command mail that is meant, where that is known."""
    agent = policy.agent(writer)
    wanted = agent is not None and any(each.verb == "undo" for each in parsed.commands)
    return (agent.address, inbound) if agent is not None and wanted else ("", 0)


def _report(message: Message) -> str:
    """What is compared with solved tickets; empty for a mail without a word."""
    report = f"{' '.join(message.subject.split())}\n{message.new_text[:_WORDS]}"
    return report if report.strip() else ""
