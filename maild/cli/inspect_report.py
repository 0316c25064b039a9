"""What maild would do with a mail, as the object of PRODUCT §6; pure. The verdicts are the daemon's own."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from maild.cli.inspect_read import Looked
from maild.consider import behalf_of, event_of
from maild.ingest import thread, trust
from maild.ingest.screen import screen
from maild.model import (
    Address,
    Facts,
    MailArrived,
    Message,
    Outcome,
    Policy,
    Screening,
    Thread,
    Ticket,
)
from maild.outbound.subject import subject_for
from maild.workflow import reported_for
from maild.workflow.decide import decide
from maild.workflow.register import register

Report = dict[str, Any]


def report(looked: Looked, policy: Policy, now: datetime) -> Report:
    """Every key of PRODUCT §6; `ms` is the time that reading took. Limits, duplicates and history are not applied."""
    if looked.message is not None:
        return _read(looked, looked.message, policy, now)
    return _blank(looked)


def quarantined(looked: Looked, why: str) -> Report:
    """The report about a mail that was read, and then could not be decided about."""
    return _blank(replace(looked, message=None, quarantine=why))


def _blank(looked: Looked) -> Report:
    """A mail that would be quarantined, or a file that cannot be opened."""
    scan, why = looked.scan, looked.quarantine or looked.error or ""
    # A scan that found nothing wrong kept no text; the whole one is there then.
    text = (scan.text or (looked.message.text if looked.message else "")) if scan else ""
    return {
        "file": looked.file,
        "error": looked.error,
        "ms": round(looked.ms, 1),
        "from": _address(scan.from_ if scan else Address("")),
        "to": [],
        "cc": [],
        "subject": scan.subject if scan else "",
        "date": scan.date.isoformat() if scan and scan.date else None,
        "message_id": scan.message_id if scan else "",
        "language": "",
        "text": text,
        "new_text": text,
        "signature": "",
        "attachments": [],
        "forwarded": None,
        "screening": {"verdict": "quarantine", "reason": why},
        "bounce": None,
        "trust": {"verdict": "none", "reason": "not read, so nobody was judged"},
        "thread": {"ticket": None, "by": "none"},
        "fields": {},
        "category": None,
        "urgency": None,
        "impact": None,
        "importance": None,
        "priority": None,
        "reasons": [],
        "missing": [],
        "outcome": f"quarantined with its bytes, and the admins told: {why}" if looked.error is None else why,
        "would_send": [],
    }


def _read(looked: Looked, message: Message, policy: Policy, now: datetime) -> Report:
    keys = thread.keys(message, None, policy)
    claim = thread.choose(keys, thread.Known({}, frozenset(), {}))
    screening = screen(message, policy)
    verdict = trust.judge(message, claim, keys.signed, frozenset(), policy, None, now)
    event = event_of(message, screening, claim, verdict, None, now)
    wish = reported_for.wish(message, policy) if verdict.verdict == "agent" and screening.verdict == "person" else None
    if wish is not None and claim.ticket is None:
        event = replace(event, behalf=behalf_of(message, wish, {}, policy))
    outcome = decide(None, event, Facts(), now, policy)
    ticket = outcome.ticket or _as_if_a_person_wrote(event, policy, now)
    claimed = keys.tags[0] if keys.tags else None
    return {
        "file": looked.file,
        "error": None,
        "ms": round(looked.ms, 1),
        "from": _address(message.from_),
        "to": [_address(each) for each in message.to],
        "cc": [_address(each) for each in message.cc],
        "subject": message.subject,
        "date": message.date.isoformat() if message.date else None,
        "message_id": message.message_id,
        "language": message.language,
        "text": message.text,
        "new_text": message.new_text,
        "signature": message.signature,
        "attachments": [
            {
                "filename": each.filename,
                "content_type": each.content_type,
                "size": each.size,
                "inline": each.inline,
                "decoration": each.decoration,
            }
            for each in message.attachments
        ],
        "forwarded": {"from": _address(message.forwarded.from_), "subject": message.forwarded.subject}
        if message.forwarded
        else None,
        "screening": {"verdict": screening.verdict, "reason": screening.reason},
        "bounce": _bounce(message),
        # A listed agent without evidence has no more rights than anybody: the ledger's own word for it is not of §6.
        "trust": {
            "verdict": "none" if verdict.verdict in ("unverified", "approver") else verdict.verdict,
            "reason": verdict.reason,
        },
        "thread": {"ticket": f"{policy.desk.prefix}-{claimed}", "by": "tag"}
        if claimed is not None
        else {"ticket": None, "by": "none"},
        "fields": {
            each.name: {"value": each.value, "source": "label" if each.source == "form" else each.source}
            for each in event.fields
        },
        "category": ticket.category,
        "urgency": ticket.urgency,
        "impact": ticket.impact,
        "importance": ticket.importance,
        "priority": ticket.priority,
        "reasons": _reasons(ticket),
        "missing": list(ticket.asked),
        "outcome": _sentence(outcome, event, policy, claimed, bool(keys.ids)),
        "would_send": [
            {"to": mail.to.address, "template": mail.template, "subject": _subject(mail, outcome.ticket, policy)}
            for mail in outcome.mails
        ],
    }


def _as_if_a_person_wrote(event: MailArrived, policy: Policy, now: datetime) -> Ticket:
    """The classification of a mail that makes no ticket: PRODUCT §6 wants it for every verdict."""
    person = replace(event, screening=Screening("person", "as if"), thread=Thread())
    made = register(person, Facts(), now, policy).ticket
    return made if made is not None else Ticket()


def _bounce(message: Message) -> Report | None:
    if message.bounce is None:
        return None
    return {
        "recipients": [
            {"address": each.address, "action": each.action, "status": each.status, "permanent": each.permanent}
            for each in message.bounce.recipients
        ],
        "message_id": message.bounce.message_id,
    }


def _reasons(ticket: Ticket) -> list[str]:
    reasons = [reason.en for reason in ticket.reasons]
    if reasons and not reasons[-1].startswith(ticket.priority):
        reasons.append(f"{ticket.priority}: words alone of somebody unknown raise no alarm")
    return reasons


def _sentence(outcome: Outcome, event: MailArrived, policy: Policy, claimed: int | None, answers: bool) -> str:
    text = f"{outcome.fate or 'ignored'}: {outcome.reason}"
    if event.screening.verdict == "person":
        if claimed is not None:
            text += f"; if {policy.desk.prefix}-{claimed} exists and the writer may write on it, it joins that ticket"
        elif answers:
            text += "; if it answers a mail on record, and the writer may, it joins that ticket"
    if outcome.mails and policy.mode != "live":
        held = "nothing leaves" if policy.mode == "observe" else "only notices to the desk's own people leave"
        text += f"; mode {policy.mode}: {held}"
    return text


def _subject(mail: Any, ticket: Ticket | None, policy: Policy) -> str:
    """The subject with `?` for the number that only the database gives."""
    if ticket is None or ticket.id is not None:
        return subject_for(mail, ticket, policy)
    prefix = policy.desk.prefix
    return subject_for(mail, replace(ticket, id=0), policy).replace(f"[{prefix}-0]", f"[{prefix}-?]", 1)


def _address(address: Address) -> Mapping[str, str]:
    return {"name": address.name, "address": address.address}
