"""The one decision: what an event means for a ticket (DESIGN §1). What stands before it reads, what follows acts."""

from dataclasses import replace
from datetime import datetime

from maild.model import DeliveryFailed, Event, Facts, Followed, History, MailArrived, Outcome, Policy, Ticket
from maild.workflow import admin_mail, approval, desk_mail, on_behalf, pressed, restricted, sla
from maild.workflow.agent import agent_wrote, outsider_wrote, unverified_agent_wrote
from maild.workflow.colleague import colleague_wrote
from maild.workflow.due import timer_fired
from maild.workflow.followed import followed
from maild.workflow.machine import delivery_failed, machine_wrote
from maild.workflow.owner_asked import said
from maild.workflow.persons import is_requester
from maild.workflow.questions import requesters
from maild.workflow.register import register
from maild.workflow.requester import requester_wrote
from maild.workflow.too_large import too_large


def decide(ticket: Ticket | None, event: Event, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """One event on one ticket → what is to be done. Total: every mail and every timer has an answer in every state.

    `ticket` is the one that a mail may join, as `trust` has judged; None leaves it to become a new one. `now` is UTC.
    """
    if isinstance(event, MailArrived):
        return _by_hand(event, _mail(ticket, event, facts, now, policy))
    if ticket is None:
        return Outcome(reason="the ticket is gone")
    if isinstance(event, DeliveryFailed):
        return delivery_failed(ticket, event, facts, now, policy)
    if isinstance(event, Followed):
        return followed(ticket, event, facts, now, policy)
    return timer_fired(ticket, event, facts, now, policy)


def _mail(ticket: Ticket | None, event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    if event.too_large:
        return too_large(event, facts, policy)
    if event.screening.verdict != "person":
        return machine_wrote(ticket, event, facts, now, policy)
    if pressed.by_nobody(event, policy) or admin_mail.pressed_in_vain(event, policy):
        return Outcome(reason=pressed.NO_EVIDENCE, fate="ignored")
    if ticket is not None:
        if event.asked and _answers_an_approver(event, facts):
            return approval.approver_wrote(ticket, event, facts, now, policy)
        if _is_outsider(ticket, event, facts, policy):
            return outsider_wrote(ticket, event, facts, now, policy)
        if event.trust.verdict == "agent" and not _is_requester(ticket, event, facts, policy):
            return agent_wrote(ticket, event, facts, now, policy)
        if event.trust.verdict == "unverified":
            return unverified_agent_wrote(ticket, event, facts, now, policy)
        if event.trust.colleague:
            asked = requesters.asked(ticket, event, facts, now, policy)
            return asked or colleague_wrote(ticket, event, facts, now, policy)
        return _requester(ticket, event, facts, now, policy)
    told = admin_mail.admin_wrote(event, facts, now, policy)
    if told is not None:
        return told
    if facts.claimed is None and event.trust.verdict == "unverified":
        if admin_mail.wanted(event.message, policy):
            return admin_mail.unverified_admin_asked(event, facts, now, policy)
        return unverified_agent_wrote(None, event, facts, now, policy)
    if facts.claimed is None and event.behalf is not None and said(facts, event.message) is None:
        return on_behalf.registered(event, facts, now, policy)
    if facts.claimed is None and event.trust.verdict == "agent":
        asked = desk_mail.agent_asked(event, facts, now, policy)
        if asked is not None:
            return asked
        if on_behalf.lacks_its_sender(event, policy):
            return on_behalf.kept_as_their_own(event, facts, now, policy)
    asked = requesters.asked(None, event, facts, now, policy) or requesters.thanked(event)
    if asked is not None:
        return asked
    links = ((facts.claimed.key, "claims"),) if facts.claimed is not None else ()
    return register(event, facts, now, policy, links, facts.claimed)


def _requester(ticket: Ticket, event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """What the requester's side writes. A question changes nothing; what stands under it may, as in any mail."""
    if facts.button:
        return requester_wrote(ticket, event, facts, now, policy)
    if event.trust.verdict == "agent" and desk_mail.only_asks(event.message, policy):
        # An agent on a ticket of their own asks the desk as from anywhere else.
        own = desk_mail.agent_asked(event, facts, now, policy)
        if own is not None:
            return own
    asked = requesters.asked(ticket, event, facts, now, policy)
    if asked is not None:
        return asked
    said, answer = requesters.besides(ticket, event, facts, now, policy)
    outcome = requester_wrote(ticket, said, facts, now, policy)
    return answer.finish(outcome) if answer is not None else outcome


def _answers_an_approver(event: MailArrived, facts: Facts) -> bool:
    """Whether the mail is about an approver's question. A listed agent who was asked may give commands instead."""
    if facts.button in approval.VERBS or event.trust.verdict in ("approver", "none"):
        return True
    own = event.asked == event.message.from_.key
    return event.trust.verdict == "agent" and own and not approval.with_command(event.message.new_text)


def _by_hand(event: MailArrived, outcome: Outcome) -> Outcome:
    """The outcome without the mails that this event is not to cause, and with a line for what a person did."""
    history = outcome.history
    if event.let_in and outcome.ticket is not None:
        history = (*history, History("let in", "", "", "admin", event.let_in))
    mails, timers = outcome.mails, outcome.timers
    if event.quiet == "all":
        mails = ()
        # The clocks of an old ticket have run out long ago: nobody is warned of it before somebody takes it up.
        if outcome.ticket is not None and outcome.ticket.id is None:
            outcome, timers = replace(outcome, ticket=sla.hushed(outcome.ticket)), ()
    elif event.quiet == "writer":
        mails = tuple(each for each in mails if each.to.key != event.message.from_.key)
    if len(mails) < len(outcome.mails) and outcome.ticket is not None:
        why = "an imported mail causes none" if event.quiet == "all" else "what wrote it bears the marks of a machine"
        left_out = [f"{each.template} to {each.to.address}" for each in outcome.mails if each not in mails]
        history = (*history, History("not written", "", ", ".join(left_out)[:300], "maild", why))
    return replace(outcome, mails=mails, timers=timers, history=history)


def _is_outsider(ticket: Ticket, event: MailArrived, facts: Facts, policy: Policy) -> bool:
    """Whether an agent writes on a ticket that is restricted to another team (PRODUCT §3.2)."""
    agent = policy.agent(event.message.from_.address)
    if agent is None or event.trust.verdict != "agent" or _is_requester(ticket, event, facts, policy):
        return False
    return not restricted.may_see(agent, ticket, policy)


def _is_requester(ticket: Ticket, event: MailArrived, facts: Facts, policy: Policy) -> bool:
    """An agent is a plain requester on their own ticket, unless they answer a notice of it."""
    return is_requester(ticket, event.message.from_, facts, policy) and (
        event.thread.signed is None or event.thread.signed.audience == "public"
    )
