"""What a decision wants to know before it thinks (DESIGN §1): `gather` reads it in the same transaction."""

from dataclasses import replace

from maild.model import Event, Followed, MailArrived, Message, Needs, Policy, Ticket, TimerFired
from maild.model.secrets_mask import mask_secrets
from maild.workflow import approval, desk_mail
from maild.workflow.commands import incident
from maild.workflow.commands.spread import spread, tickets_of
from maild.workflow.commands.use import tickets_named
from maild.workflow.errand import ORDER
from maild.workflow.register import requester_of

# Of a report its first words are compared with the solved tickets.
_WORDS = 400


def needs(event: Event, ticket: Ticket | None, policy: Policy) -> Needs:
    """What `decide` must know for this event on this ticket (None: a mail that joins none)."""
    approver = (ticket.approver,) if ticket is not None and ticket.approver else ()
    if ticket is not None and isinstance(event, Followed) and event.what == ORDER:
        wanted = _of_agent(Needs(team="*", colleagues=approver), str(event.data["body"]), ticket, policy)
        return replace(wanted, errand=int(event.data["inbound"]))
    if not isinstance(event, MailArrived):
        breached = isinstance(event, TimerFired) and event.kind.endswith("_breach")
        # What one of five hundred reports tells its mass incident needs no list of the others.
        told = isinstance(event, Followed) and event.what.startswith("report_")
        members = ticket is not None and ticket.kind == "incident" and not told
        return Needs(team="*", colleagues=approver, report=bool(approver), past=breached, members=members)
    if event.too_large:
        return Needs(person=event.message.from_.key)
    if event.screening.verdict == "bounce":
        bounce = event.message.bounce
        return Needs(team="*", bounced=(bounce.message_id or "") if bounce else "")
    if event.screening.verdict != "person":
        agent = policy.agent(event.message.from_.address)
        away = agent.address if agent is not None else ""
        return Needs(team="*" if approver else "", colleagues=approver, report=bool(approver), urgent_of=away)
    if ticket is None:
        message = event.message
        return Needs(
            # Of a From that is known to be forged nothing is looked up.
            person=requester_of(event, policy).key if event.trust.verdict != "failed" else "",
            behind=event.sent_by,
            team="*",
            similar=_report(message),
            learned=policy.learning.on,
            manager=requester_of(event, policy).key,
            colleagues=approval.wanted(policy),
            incidents=policy.incidents.on,
            named=desk_mail.tickets_named(message, policy) if event.trust.verdict == "agent" else (),
        )
    return _of_mail(event, ticket, approver, policy)


def _of_mail(event: MailArrived, ticket: Ticket, approver: tuple[str, ...], policy: Policy) -> Needs:
    """What a person's mail on a ticket makes worth knowing."""
    writer, text = event.message.from_.key, event.message.new_text
    wanted = Needs(team="*", colleagues=approver, warned=mask_secrets(text)[1])
    if event.trust.verdict == "agent" and not event.asked:
        agent = policy.agent(writer)
        wanted = replace(_of_agent(wanted, text, ticket, policy), spoken=agent.address if agent is not None else "")
        jobs = spread(desk_mail.commands_of(event.message, policy), ticket.key, policy).jobs
        return replace(wanted, named=(*wanted.named, *tickets_of(jobs)))
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
    )


def _report(message: Message) -> str:
    """What is compared with solved tickets; empty for a mail without a word."""
    report = f"{' '.join(message.subject.split())}\n{message.new_text[:_WORDS]}"
    return report if report.strip() else ""
