"""Two agents answer one requester at the same time (PRODUCT §3.4): the second answer waits for its writer's word.

It is held where a colleague has said something to the requester within the last half hour, and the mail shows no sign
that its writer knew: neither the colleague's mail nor a later letter of ours is among what it answers.
"""

from dataclasses import replace
from datetime import datetime

from maild.model import Agent, Facts, MailArrived, Outcome, Policy, Spoken, Ticket, Words
from maild.model.when import spoken as at_what_time
from maild.workflow.draft import Draft
from maild.workflow.owner_asked import COLLISION, CONFIRM_FOR

# As much of each text is shown in the question.
_SHOWN = 1_500


def with_whom(event: MailArrived, facts: Facts, worked: Draft) -> Spoken | None:
    """The colleague's newest words beside which those of this mail would stand unawares; None: it may go."""
    return None if "anyway" in event.answers else unaware(facts, worked, event.message.answered)


def unaware(facts: Facts, worked: Draft, seen: tuple[str, ...] = ()) -> Spoken | None:
    """The same of any draft; `seen`: the Message-IDs that its writer answered."""
    says = any(
        each.visibility == "public" and each.direction == "out" and (each.new_text.strip() or each.attachments)
        for each in worked.entries
    )
    if worked.ticket.kind == "incident" or not says:
        return None
    unknown = [
        each for each in facts.spoken if each.message_id not in seen and (facts.read is None or facts.read <= each.at)
    ]
    return unknown[-1] if unknown else None


def held(
    ticket: Ticket, event: MailArrived, facts: Facts, agent: Agent, other: Spoken, now: datetime, policy: Policy
) -> Outcome:
    """Nothing of the mail is done; its writer is shown what the colleague said, and asked."""
    draft = Draft(ticket, now, facts, policy, who="maild")
    name = _name(other, policy)
    draft.tell_agent(
        agent,
        COLLISION,
        reply="internal",
        answers=event.message.message_id,
        by=name,
        at=other.at,
        words=other.text[:_SHOWN],
        text=event.message.new_text[:_SHOWN],
        number=event.inbound,
    )
    draft.note("waits", "", agent.address, f"{name} answered the requester a moment before")
    outcome = draft.outcome(f"waits for {agent.address}'s word: {name} has answered the requester", "held")
    return replace(outcome, wait_until=now + CONFIRM_FOR)


def refusal(other: Spoken, ticket: Ticket, now: datetime, policy: Policy) -> Words:
    """Why an order to several tickets leaves this one alone, and how it goes out all the same."""
    name, tag = _name(other, policy), f"{policy.desk.prefix}-{ticket.key}"
    en, zh = (at_what_time(other.at, policy.desk.zone, now, language) for language in ("en", "zh-CN"))
    return Words(
        f"{name} answered the requester at {en}: to send yours all the same, write it in answer to the notice of {tag}",
        f"{name}在 {zh} 已回复报障人；仍要发送请回复 {tag} 的通知邮件",
    )


def _name(other: Spoken, policy: Policy) -> str:
    named = policy.agent(other.author.address)
    return (named.name if named is not None else other.author.name) or other.author.address
