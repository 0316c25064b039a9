"""A mail becomes a ticket (manual 2.2.1–2.3.2): fields, classification, priority, promise, acknowledgement, notice."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from maild.model import (
    Address,
    Agent,
    Colleague,
    Entry,
    Facts,
    MailArrived,
    Message,
    Outcome,
    Policy,
    Ticket,
    Topic,
    Triage,
    Words,
)
from maild.model.secrets_mask import mask_secrets
from maild.workflow import approval, business_time, files, incident_child, on_call, restricted, routing, sla
from maild.workflow.draft import UNATTENDED, WARNED, Draft
from maild.workflow.persons import about_another, member, without_the_writer_s
from maild.workflow.several import several
from maild.workflow.similar import SHOWN, ranked
from maild.workflow.triage import OUT_OF_SCOPE, missing, triage

# A text shorter than this does not show its language reliably (PRODUCT §3.5).
_LANGUAGE_CHARS = 20
_SUBJECT_CHARS = 120
_NOTHING = Words("", "")
# What is written to a requester in the place of the acknowledgement.
_INSTEAD = frozenset(
    f"requester/{each}" for each in ("resolved", "closed", "info_requested", "out_of_scope", "approval")
)
_WRITERS_FIELDS = ("from", "sender", "reply-to", "subject", "to", "cc", "date", "message-id")


def register(
    event: MailArrived,
    facts: Facts,
    now: datetime,
    policy: Policy,
    links: tuple[tuple[int, str], ...] = (),
    of: Ticket | None = None,
) -> Outcome:
    """A new ticket from a mail that joins none. `links` names tickets that it has to do with, and how; `of` is the one
    that it follows or claims: what is restricted there may be quoted here."""
    if _is_no_mail(event.message):
        return Outcome(reason="nobody to answer: no From, and no other field that makes it a mail", fate="quarantined")
    return settled(opened(event, facts, now, policy, links, of), event)


def opened(
    event: MailArrived,
    facts: Facts,
    now: datetime,
    policy: Policy,
    links: tuple[tuple[int, str], ...] = (),
    of: Ticket | None = None,
    by: str = "",
    why: str = "",
) -> Draft:
    """A report as a blank ticket: fields, classification, priority; nobody has it yet, and nobody has heard of it. `by`
    registers it for whom it is from, and `why` says how it came."""
    message = event.message
    requester = Address(message.from_.key, message.from_.name)
    stranger = event.trust.verdict in ("stranger", "failed")
    language = _language(message, facts, policy)
    text = message.new_text or message.text
    draft = Draft(
        Ticket(
            requester=requester,
            internal=not stranger,
            language=language,
            zone=facts.zone or policy.desk.zone,
            subject=mask_secrets(_subject(message))[0],
            created=event.received,
        ),
        now,
        facts,
        policy,
        who=by or requester.key,
    )
    told = {row.name: row for row in event.fields}
    if facts.person is not None and facts.person.shared and "name" in told and told["name"].source == "header":
        # A shared mailbox's display name is nobody's name.
        told.pop("name")
    another = about_another(told, facts.person, requester)
    draft.learn(without_the_writer_s(facts.known) if another else facts.known)
    draft.learn(without_the_writer_s(told) if another else told)
    if (writes_for := member(event, facts, policy)) is not None:
        draft.members.append(writes_for)
    _classify(draft, message, event.received, stranger)
    if of is not None and of.restricted and not draft.ticket.restricted:
        draft.change(f"it names ticket {of.key}, which is restricted", by="maild", restricted=True, team=of.team)
    draft.note("registered", "", "new", why or f"mail from {requester.address}, {event.trust.reason}")
    draft.keep(
        Entry(
            direction="in",
            visibility="public",
            author=message.from_,
            role="stranger" if stranger else "requester",
            text=message.text,
            new_text=text,
            message_id="" if by else message.message_id,
            attachments=bool(message.attachments),
        )
    )
    draft.links.extend(links)
    for number, kind in links:
        draft.note("link", "", str(number), kind)
    draft.writers.extend(_writers(message, stranger, policy))
    return draft


def settled(draft: Draft, event: MailArrived) -> Outcome:
    """Who works on an opened report, and who hears of it: the requester, the approver, the agents.

    What an agent has done on it already, who registers it for somebody, goes before what the desk would do by itself.
    """
    message, facts, policy = event.message, draft.facts, draft.policy
    stranger, now = event.trust.verdict in ("stranger", "failed"), draft.now
    text = message.new_text or message.text
    untouched = draft.ticket.state == "new"
    incident = (
        None
        if stranger or event.backlog or not untouched
        else incident_child.recognised(draft.ticket, message.subject, text, facts.incidents)
    )
    if incident is not None:
        promised = sla.promise(draft.ticket, policy)
        draft.change("", promise=promised if promised is not None and promised > now else None)
        incident_child.register(draft, incident, event)
        return draft.outcome(f"new ticket: a report of the mass incident {incident.ticket}", "ticketed")
    topic = _notice_topic(draft, stranger) if untouched else None
    if topic is not None and not event.backlog:
        _out_of_scope(draft, topic, message)
        return draft.outcome(f"new ticket: out of scope, topic {topic.code}, requester told where to turn", "ticketed")
    author = policy.agent(message.from_.address)
    approver = None if event.backlog or not untouched else approval.by_category(draft)
    if isinstance(approver, Colleague):
        approval.ask(draft, approver, text, "its category wants an approval", tell=False)
        _answer(draft, event, stranger, text, approver.address.name or approver.address.address)
        if draft.ticket.priority in ("P1", "P2"):
            notice(draft, event, text, author)
        return draft.outcome(f"{_reason(draft, event, stranger)}; waits for {approver.address.key}", "ticketed")
    over = draft.ticket.state in ("resolved", "closed")
    if draft.ticket.assignee is None and not over:
        _assign(draft, author, text)
    promise = sla.promise(draft.ticket, policy)
    # What is past already (the desk was away) cannot be promised any more.
    draft.change("", promise=promise if promise is not None and promise > now else None)
    # Whoever hears what was done about it needs no word that it was received.
    if not any(mail.template in _INSTEAD for mail in draft.mails):
        _answer(draft, event, stranger, text)
    if not over:
        notice(draft, event, text, author, approver or _NOTHING)
    return draft.outcome(_reason(draft, event, stranger), "ticketed")


def _assign(draft: Draft, author: Agent | None, text: str) -> None:
    """To whoever is on call for a P1 at night, else to whom the team's rule says."""
    ticket, facts, policy = draft.ticket, draft.facts, draft.policy
    called = on_call.called(ticket, facts, policy, draft.now)
    if called and restricted.may_see(called[0], ticket, policy):
        draft.change("on call", by="maild", assignee=called[0].address)
        return
    wanted = routing.skills_wanted(ticket, text, policy)
    without = author.address if author else ""
    chosen = routing.choose(ticket.team, facts, policy, without, ticket.tier, wanted)
    chosen = routing.fitting(chosen, ticket, facts, policy)
    if chosen is not None:
        knows = ", ".join(sorted(wanted.intersection(chosen.skills)))
        why = "assigned by the team's rule" + (f", knows {knows}" if knows else "")
        draft.change(why, by="maild", assignee=chosen.address)


def notice(draft: Draft, event: MailArrived, text: str, author: Agent | None, wants: Words = _NOTHING) -> None:
    """Tell who will work on it: the assignee, else each present agent of the team, else the lead. `wants` says that it
    needs an approval for which nobody could be asked."""
    shown, _ = mask_secrets(text)
    found = (
        *routing.responsible(draft.ticket, draft.facts, draft.policy),
        *on_call.called(draft.ticket, draft.facts, draft.policy, draft.now),
    )
    there = tuple({agent.address: agent for agent in found}.values())
    if routing.unattended(draft.ticket, draft.facts, draft.policy):
        draft.tell_admins("admin/unattended", UNATTENDED)
    claims, second = draft.facts.claimed, second_problem(draft, text)
    for agent in there:
        if author is not None and agent.address == author.address:
            continue
        draft.tell_agent(
            agent,
            "agent/new_ticket",
            attach=files.carried(event.message.attachments, draft.policy.notice_attachment_bytes),
            text=shown,
            attachments=files.listed(event.message.attachments),
            claims=f"{draft.policy.desk.prefix}-{claims.key}" if claims is not None else "",
            follows=_follows(draft),
            team_wide=draft.ticket.assignee is None and len(there) > 1,
            similar=_similar(draft, agent),
            verdict=event.trust.verdict,
            approval=wants,
            second=second,
            **_proposal(draft),
            aside=draft.aside.for_(agent.language),
        )


def _similar(draft: Draft, agent: Agent) -> tuple[tuple[int, str], ...]:
    """(number, title) of the solved tickets most like this one, of those that the agent may see.

    The notice's answer goes to the requester and may quote it, so a restricted one shows its category for a title.
    """
    rows = []
    for each in ranked(draft.facts.similar, draft.ticket.category):
        if each.restricted_to and not restricted.belongs(agent, each.restricted_to, draft.policy):
            continue
        category = draft.policy.categories.get(each.category)
        kind = category.title.for_(agent.language) if category is not None else each.category
        rows.append((each.ticket, kind if each.restricted_to else each.title))
    return tuple(rows[:SHOWN])


def second_problem(draft: Draft, text: str) -> str:
    """The second problem of a report in one line, masked; empty where there is none beyond doubt."""
    ticket = draft.ticket
    found = several(ticket.subject, text, ticket.language, draft.policy)
    return mask_secrets(found.title)[0] if found is not None else ""


def _proposal(draft: Draft) -> dict[str, str]:
    """The topic that the words of a report belong to, where it is none of IT's, and what its requester would be told:
    proposed to the agents, who send it by one tap (PRODUCT §3.2)."""
    topic = next((each for each in draft.policy.topics if each.code == draft.topic), None)
    if topic is None or not draft.ticket.internal:
        return {}
    return {"topic": topic.code, "guidance": topic.guidance.for_(draft.ticket.language)}


def _is_no_mail(message: Message) -> bool:
    """Whether nobody wrote this as a mail: none of the fields that a writer's program sets (RFC 5322 §3.6).

    What servers put on top (Return-Path, Received, Delivered-To) makes no mail of bytes that are none.
    """
    return not any(message.header(name).strip() for name in _WRITERS_FIELDS)


def _language(message: Message, facts: Facts, policy: Policy) -> str:
    """A directory setting, else the new text's language if it is long enough to tell, else whatever else is known."""
    set_ = facts.person.language if facts.person is not None else ""
    if set_ in policy.desk.languages:
        return set_
    own = "zh-CN" if message.language.startswith("zh") else "en"
    if len(message.new_text) < _LANGUAGE_CHARS and facts.language:
        own = facts.language
    return own if own in policy.desk.languages else policy.desk.languages[0]


def _subject(message: Message) -> str:
    """The mail's subject, else the first line that says something; empty for a mail without a word."""
    if message.subject.strip():
        return message.subject
    lines = (line.strip() for line in (message.new_text or message.text).splitlines())
    return next((line[:_SUBJECT_CHARS] for line in lines if line), "")


def _classify(draft: Draft, message: Message, received: datetime, stranger: bool) -> None:
    found = classify(draft, message.subject, message.new_text or message.text, received, stranger)
    ticket, policy = draft.ticket, draft.policy
    asked = _to_ask(missing(replace(found, priority=ticket.priority), ticket.fields, policy), message)
    draft.ticket = replace(ticket, asked=asked)
    if not ticket.subject:
        # A picture alone: what is known of it is its category and its day (PRODUCT §3.1).
        category = policy.categories.get(found.category)
        title = category.title.for_(ticket.language) if category else found.category
        day = received.astimezone(ZoneInfo(ticket.zone)).date()
        draft.ticket = replace(draft.ticket, subject=f"{title} {day.isoformat()}")


def classify(draft: Draft, subject: str, text: str, received: datetime, stranger: bool) -> Triage:
    """Sort a blank ticket by its words: category with its team, priority with its targets, the clocks from `received`
    on; what is to be asked for is the caller's."""
    ticket, policy = draft.ticket, draft.policy
    facts = draft.facts
    found = triage(subject, text, ticket.language, ticket.fields, ticket.requester, policy, facts.person, facts.learned)
    priority = found.priority
    if stranger and priority in ("P1", "P2"):
        # Words alone of somebody unknown never raise an alarm (PRODUCT §2.5).
        priority = "P3"
    category = policy.categories.get(found.category)
    draft.ticket = replace(
        ticket,
        category=found.category,
        urgency=found.urgency,
        impact=found.impact,
        importance=found.importance,
        reasons=found.reasons,
        restricted=category.restricted if category else False,
        team=category.team if category else next(iter(policy.teams), ""),
    )
    # The clocks count from the server's receipt, however late it was read (manual 1.4).
    begun = sla.whole_minute(received)
    draft.ticket = sla.set_targets(draft.ticket, priority, policy, begun)
    draft.ticket = sla.run_for(draft.ticket, "new", policy, begun)
    draft.note("category", "", found.category, _because(found.reasons, 0), by="maild")
    draft.note("priority", "", priority, _because(found.reasons, -1), by="maild")
    if found.aside:
        draft.note("proposed", "", OUT_OF_SCOPE, found.aside.en, by="maild")
    draft.topic, draft.aside = found.topic, found.aside
    return found


def _pictured(message: Message) -> bool:
    return any(each.content_type.startswith("image/") and not each.decoration for each in message.attachments)


def _picture_alone(message: Message) -> bool:
    """A picture and not a word: answered with one question, not with a form (PRODUCT §3.1)."""
    return _pictured(message) and not (message.new_text or message.text).strip()


def _to_ask(names: tuple[str, ...], message: Message) -> tuple[str, ...]:
    """A screenshot counts as the error text; a picture alone leads to no form (PRODUCT §3.1)."""
    if _picture_alone(message):
        return ()
    pictured = _pictured(message)
    return tuple(name for name in names if not (pictured and name == "error"))


def _because(reasons: tuple[object, ...], at: int) -> str:
    if not reasons:
        return ""
    reason = reasons[at]
    return str(getattr(reason, "en", reason))


def _writers(message: Message, stranger: bool, policy: Policy) -> list[Address]:
    """People copied in the first mail may write on the ticket if they are of an internal domain (PRODUCT §3.4)."""
    if stranger:
        return []
    copied = {each.key: each for each in (*message.to, *message.cc)}
    return [
        each
        for each in copied.values()
        if policy.is_internal(each.address)
        and each.key not in policy.desk.own_addresses
        and each.key != message.from_.key
        and policy.agent(each.address) is None
    ]


def _notice_topic(draft: Draft, stranger: bool) -> Topic | None:
    """The topic whose out-of-scope notice may go out by itself, if any (PRODUCT §3.2)."""
    ticket = draft.ticket
    if ticket.category != "out_of_scope" or stranger or ticket.importance == "high" or ticket.priority in ("P1", "P2"):
        return None
    topic = next((each for each in draft.policy.topics if each.code == draft.topic), None)
    return topic if topic is not None and topic.automatic else None


def _out_of_scope(draft: Draft, topic: Topic, message: Message) -> None:
    closes = business_time.add_days(draft.now, draft.policy.scope_close_days, draft.policy.calendar)
    draft.enter("pending", f"out of scope: topic {topic.code}", owes="requester", asked=())
    draft.timer("scope_close", closes)
    draft.tell_requester(
        "requester/out_of_scope",
        answers=message.message_id,
        guidance=topic.guidance.for_(draft.ticket.language),
        closes=closes,
    )


def _answer(draft: Draft, event: MailArrived, stranger: bool, text: str, approver: str = "") -> None:
    """The acknowledgement; strangers get one fixed text, a failed authentication and old mail get none. `approver`: the
    name of who is asked first."""
    ticket, policy, message = draft.ticket, draft.policy, event.message
    if event.backlog:
        draft.note("no answer", "", "", "the mail was old when the desk started")
        return
    if event.trust.verdict == "failed":
        draft.note("no answer", "", "", "authentication failed, so the From may be forged")
        return
    if stranger:
        if policy.stranger_answer:
            # Not even the name: it may be a victim's mail that this goes to, and an attacker's words (THREATS A21).
            to = Address(ticket.requester.address)
            draft.write("stranger/received", to, "stranger", ticket.language, answers=message.message_id)
        return
    if message.encrypted:
        draft.tell_requester("requester/cannot_read", answers=message.message_id, cause="encrypted")
        return
    category = policy.categories.get(ticket.category)
    secret = mask_secrets(text)[1] or mask_secrets(message.subject)[1]
    if secret:
        draft.note(WARNED, "", "", "the mail holds a password or a code")
    draft.tell_requester(
        "requester/acknowledged",
        answers=message.message_id,
        hint=category.hint.for_(ticket.language) if category else "",
        outside_hours=not business_time.is_open(draft.now, policy.calendar),
        missing=ticket.asked,
        secret=secret,
        second_problem=second_problem(draft, text),
        follows=_follows(draft),
        picture=_picture_alone(message),
        approver=approver,
    )


def _follows(draft: Draft) -> str:
    """The tag of the closed ticket that this one follows, if it does."""
    old = next((number for number, kind in draft.links if kind == "follow-up"), None)
    return f"{draft.policy.desk.prefix}-{old}" if old is not None else ""


def _reason(draft: Draft, event: MailArrived, stranger: bool) -> str:
    ticket = draft.ticket
    who = "a stranger" if stranger else "the requester"
    what = f"new ticket: {ticket.category}, {ticket.priority}, team {ticket.team or 'none'}"
    if event.thread.ticket is not None:
        what += f"; {who} has no right to {draft.policy.desk.prefix}-{event.thread.ticket}"
    return what
