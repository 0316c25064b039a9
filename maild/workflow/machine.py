"""Mails that no person wrote: noted or set aside, never answered, and no state changes for them (PRODUCT §2.3)."""

from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from maild.model import DeliveryFailed, Entry, Facts, MailArrived, Outcome, Policy, Ticket
from maild.workflow import business_time, routing
from maild.workflow.draft import Draft

# How long an agent is taken for away when their out-of-office names no date, in working days.
_AWAY_DAYS = 1
_OWN_NOTICE = "agent/delivery_failed"


def machine_wrote(ticket: Ticket | None, event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """A mail with any verdict but person."""
    screening = event.screening
    if screening.verdict == "bounce":
        return _bounced(ticket, event, facts, now, policy)
    if screening.verdict in ("auto_reply", "out_of_office"):
        return _automatic_answer(ticket, event, facts, now, policy)
    if screening.verdict == "spam":
        return Outcome(reason=f"held: {screening.reason}", fate="held")
    return Outcome(reason=f"{screening.verdict}: {screening.reason}", fate="ignored")


def delivery_failed(ticket: Ticket, event: DeliveryFailed, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """The relay refused a mail for good: whoever works on the ticket is told, never the address that fails."""
    draft = Draft(ticket, now, facts, policy, who="maild")
    _tell_failure(draft, event)
    return draft.outcome(f"mail to {event.recipient.address} failed: {event.status}")


def _bounced(ticket: Ticket | None, event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    if ticket is None or not facts.failed:
        return Outcome(reason=f"bounce: {event.screening.reason}; not of a mail that is on record", fate="ignored")
    draft = Draft(ticket, now, facts, policy, who="maild")
    for failed in facts.failed:
        if failed.permanent:
            _tell_failure(draft, failed)
        else:
            draft.note("delayed", "", failed.recipient.address, f"{failed.status} {failed.detail}"[:200])
    return draft.outcome(f"bounce: {event.screening.reason}", "ticketed")


def _tell_failure(draft: Draft, event: DeliveryFailed) -> None:
    draft.note("not delivered", "", event.recipient.address, f"{event.status} {event.detail}"[:200])
    if event.permanent and event.status.startswith("5.1"):
        # A mailbox that does not exist gets no more mail; a full one or a policy may change.
        draft.undeliverable.append((event.recipient.key, event.status))
    if event.template == _OWN_NOTICE:
        # The news of a failure has failed, too: two full mailboxes would tell each other for ever.
        return
    for agent in routing.responsible(draft.ticket, draft.facts, draft.policy):
        if agent.address != event.recipient.key:
            draft.tell_agent(
                agent,
                _OWN_NOTICE,
                reply="internal",
                address=event.recipient.address,
                detail=f"{event.status} {event.detail}".strip()[:300],
                permanent=event.permanent,
                template=event.template,
            )


def _automatic_answer(
    ticket: Ticket | None, event: MailArrived, facts: Facts, now: datetime, policy: Policy
) -> Outcome:
    """Noted on its ticket; an agent's own out-of-office marks them away until its date."""
    message = event.message
    away = _away(event, policy)
    reason = f"{event.screening.verdict}: {event.screening.reason}"
    if ticket is None or event.trust.verdict not in ("requester", "agent", "unverified"):
        return Outcome(reason=reason, fate="ignored", away=away)
    draft = Draft(ticket, now, facts, policy, who="maild")
    draft.keep(
        Entry(
            direction="in",
            visibility="internal",
            author=message.from_,
            role="agent" if policy.agent(message.from_.address) else "requester",
            text=message.text,
            new_text=message.new_text,
            message_id=message.message_id,
        )
    )
    draft.note(event.screening.verdict, "", message.from_.address, event.screening.reason)
    return replace(draft.outcome(reason, "ticketed"), away=away)


def _away(event: MailArrived, policy: Policy) -> tuple[str, datetime] | None:
    agent = policy.agent(event.message.from_.address)
    # Taking an agent off duty is a right like others: without evidence anybody could do it to the whole team.
    if agent is None or event.screening.verdict != "out_of_office" or event.trust.verdict != "agent":
        return None
    until = event.message.automatic.until
    if until is None:
        return agent.address, business_time.add_days(event.received, _AWAY_DAYS, policy.calendar)
    # The return date is the first day back, so they are away until it begins.
    return agent.address, datetime.combine(until, time(0), ZoneInfo(policy.desk.zone))
