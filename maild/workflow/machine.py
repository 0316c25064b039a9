"""Mails that no person wrote: noted or set aside, never answered, and no state changes for them (PRODUCT §2.3)."""

import re
from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from maild.model import (
    Absence,
    Address,
    Agent,
    Audience,
    DeliveryFailed,
    Entry,
    Facts,
    MailArrived,
    Outcome,
    Policy,
    Ticket,
)
from maild.workflow import approval, business_time, routing
from maild.workflow import away as leaving
from maild.workflow.draft import Draft

# How long an agent is taken for away when their out-of-office names no date, in working days.
_AWAY_DAYS = 1
_OWN_NOTICE = "agent/delivery_failed"
# RFC 3463: the address is wrong (but X.1.7 and X.1.8 are the sender's), the mailbox is closed, the domain is not there.
_DEAD = re.compile(r"5\.(?:1\.(?![78]$)\d+|2\.1|4\.4)")


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
    """A mail was refused, or given up, or nobody knows whether it arrived: whoever works on the ticket is told, never
    the address that fails."""
    draft = Draft(ticket, now, facts, policy, who="maild")
    _tell_failure(draft, event)
    became = "may not have arrived" if event.unknown else "failed"
    return draft.outcome(f"mail to {event.recipient.address} {became}: {event.status}")


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
    what = "perhaps not delivered" if event.unknown else "not delivered"
    draft.note(what, "", event.recipient.address, f"{event.status} {event.detail}"[:200])
    if event.permanent and _DEAD.fullmatch(event.status):
        # A mailbox that does not exist gets no more mail; a full one or a policy may change.
        draft.undeliverable.append((event.recipient.key, event.status))
    if event.recipient.key in draft.facts.dead and event.automatic:
        # It was told already that this address is dead; what a person wrote in vain is told each time.
        return
    for address, audience, language in _hearers(draft, event):
        draft.write(
            _OWN_NOTICE,
            address,
            audience,
            language,
            reply="internal",
            urgent=draft.ticket.priority == "P1",
            address=event.recipient.address,
            detail=f"{event.status} {event.detail}".strip()[:300],
            permanent=event.permanent,
            unknown=event.unknown,
            template=event.template,
        )


def _hearers(draft: Draft, event: DeliveryFailed) -> list[tuple[Address, Audience, str]]:
    """Who hears of it: always somebody of a higher rank than the address that fails (requester, agent, lead, admin), so
    that failed news of a failure end with the admins and never come round again."""
    policy, ticket, failed = draft.policy, draft.ticket, event.recipient
    if any(failed.key == admin.key for admin in policy.admins):
        return []
    leads = routing.leads(ticket.team, policy)
    agent = policy.agent(failed.address)
    told: tuple[Agent, ...]
    if agent is None:
        told = routing.responsible(ticket, draft.facts, policy) or leads
    elif agent.lead or agent in leads:
        told = ()
    else:
        told = leads
    if told:
        return [(Address(each.address, each.name), "agent", each.language) for each in told]
    return [(admin, "admin", policy.admin_languages.get(admin.key, "en")) for admin in policy.admins]


def _automatic_answer(
    ticket: Ticket | None, event: MailArrived, facts: Facts, now: datetime, policy: Policy
) -> Outcome:
    """Noted on its ticket; an agent's own out-of-office marks them away until its date."""
    message = event.message
    away = _away(event, policy)
    follow = leaving.follows(facts, *away) if away is not None else ()
    # Whom they named by command when they left stays who stands in for them.
    absent = (Absence(*away, facts.absent.get(away[0], "")),) if away is not None else ()
    reason = f"{event.screening.verdict}: {event.screening.reason}"
    # Without evidence that it is an agent's it would stand on the ticket as that agent's words.
    if ticket is None or event.trust.verdict not in ("requester", "agent", "approver"):
        return Outcome(reason=reason, fate="ignored", away=absent, follow=follow)
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
    approval.away(draft, event)
    return replace(draft.outcome(reason, "ticketed"), away=absent, follow=follow)


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
