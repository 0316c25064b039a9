"""The requester tells more: words that make it worse than it first looked raise its priority (PRODUCT §3.2).

Only words raise, and they only raise: to lower a priority is for a person. A priority that a person has set stays where
it is, and so does that of a stranger's report (PRODUCT §2.5).
"""

from dataclasses import replace

from maild.model import Address, Person, Words
from maild.model.ticket import Impact, Importance, Level, Priority
from maild.workflow import escalation
from maild.workflow.draft import Draft
from maild.workflow.triage import priority_of, triage

_IMPACTS: tuple[Impact, ...] = ("person", "department", "company")


def raise_by_words(draft: Draft, text: str, impatient: bool = False) -> Words:
    """Raise the priority if the new text says that more people are hit, that it cannot wait, or which critical system
    it is. Gives the reason for whoever works on it; empty when nothing was raised.

    `impatient`: the mail asks how it stands, which alone makes nothing more urgent; whom else it hits still counts.
    """
    ticket, policy = draft.ticket, draft.policy
    if not text.strip() or not ticket.internal or is_locked(draft):
        return Words("", "")
    found = triage("", text, ticket.language, {}, ticket.requester, policy)
    urgency: Level = "high" if found.urgency == "high" and not impatient else ticket.urgency
    impact = max(ticket.impact, found.impact, key=_IMPACTS.index)
    importance: Importance = "high" if "high" in (found.importance, ticket.importance) else "normal"
    important = found.reasons[3] if ticket.importance != "high" else Words("important", "业务重要")
    priority, why = priority_of(policy, urgency, impact, importance, important)
    if priority >= ticket.priority:
        return Words("", "")
    news = [
        reason
        for reason, is_news in (
            (found.reasons[1], urgency != ticket.urgency),
            (found.reasons[2], impact != ticket.impact),
            (found.reasons[3], importance != ticket.importance),
        )
        if is_news
    ]
    told = Words("; ".join(each.en for each in news), "；".join(each.zh for each in news))
    was = ticket.priority
    draft.ticket = replace(ticket, reasons=(*ticket.reasons[:1], *found.reasons[1:4], why))
    draft.reprioritise(
        f"the requester tells more: {told.en}",
        by="maild", urgency=urgency, impact=impact, importance=importance, priority=priority,
    )  # fmt: skip
    escalation.new_promise(draft, told)
    escalation.call(draft, was)
    return Words(
        f"Priority raised from {was} to {priority}: {told.en}.", f"优先级由 {was} 升为 {priority}：{told.zh}。"
    )


def is_locked(draft: Draft) -> bool:
    """Whether a person has set the priority, so that words move it no more."""
    return draft.ticket.priority_locked or bool(draft.ticket.priority_by)


def by_the_report(draft: Draft) -> tuple[Priority, Words]:
    """The priority that the report's own urgency, impact and importance give, and why."""
    ticket, policy = draft.ticket, draft.policy
    important = ticket.reasons[3] if len(ticket.reasons) > 3 else Words("important", "业务重要")
    return priority_of(policy, ticket.urgency, ticket.impact, ticket.importance, important)


def by_person(draft: Draft, person: Person) -> None:
    """It is somebody else's than it seemed, whose matters are important: raised by that, never lowered."""
    ticket, policy = draft.ticket, draft.policy
    who = Address(person.address, person.name)
    found = triage("", "", ticket.language, {}, who, policy, person)
    if found.importance != "high" or ticket.importance == "high" or is_locked(draft):
        return
    priority, why = priority_of(policy, ticket.urgency, ticket.impact, "high", found.reasons[3])
    draft.ticket = replace(ticket, reasons=(*ticket.reasons[:3], found.reasons[3], why))
    was = ticket.priority
    draft.reprioritise(found.reasons[3].en, by="maild", importance="high", priority=min(priority, was))
    if draft.ticket.priority != was:
        escalation.new_promise(draft, found.reasons[3])
        escalation.call(draft, was)
