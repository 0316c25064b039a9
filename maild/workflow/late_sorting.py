"""A report that came without a word (a picture alone) is sorted by the first words that follow (PRODUCT §3.1)."""

from maild.workflow.commands.work import hand_over, tell_outsiders
from maild.workflow.draft import Draft
from maild.workflow.triage import OTHER, triage


def sort(draft: Draft, text: str) -> None:
    """Classify a wordless report by what its requester writes now, as long as nobody has begun; what a person has set
    stays."""
    ticket, policy = draft.ticket, draft.policy
    wordless = ticket.category == OTHER and ticket.responded is None and not draft.facts.report.strip()
    if not wordless or not text.strip() or ticket.id is None:
        return
    found = triage("", text, ticket.language, ticket.fields, ticket.requester, policy)
    category = policy.categories.get(found.category)
    if found.category == OTHER or category is None:
        return
    why = found.reasons[0].en
    draft.change(
        why, "maild", category=found.category, urgency=found.urgency, impact=found.impact, importance=found.importance,
        restricted=category.restricted, reasons=found.reasons,
    )  # fmt: skip
    if not (ticket.priority_locked or ticket.priority_by) and ticket.internal:
        draft.reprioritise(found.reasons[-1].en, priority=found.priority)
    if category.team and category.team != ticket.team:
        hand_over(draft, category.team, why)
    if category.restricted:
        tell_outsiders(draft)
