"""Resolving, asking for confirmation, closing, and opening again (PRODUCT §3.3; manual 1.4: solved means confirmed)."""

from maild.model import Address, Agent, Follow, Words
from maild.model.ticket import Close
from maild.workflow import business_time, copied, lifecycle, routing
from maild.workflow.draft import WAITING, Draft
from maild.workflow.lifecycle import Act


def resolve(draft: Draft, agent: Agent, summary: str) -> None:
    """An agent says that it is solved: the requester is asked to confirm, by button or in words."""
    draft.respond("resolving is the first contact")
    if draft.ticket.assignee is None:
        draft.change("resolved it", assignee=agent.address)
    draft.enter(
        "resolved",
        "the agent says that it is solved",
        resolved=draft.now,
        summary=summary or draft.ticket.summary,
        owes="requester",
        hold_until=None,
    )
    draft.cancel(*WAITING, "hold_over")
    calendar, policy = draft.policy.calendar, draft.policy
    closes = business_time.add_days(draft.now, policy.confirm_close_days, calendar)
    draft.timer("confirm_reminder", business_time.add_days(draft.now, policy.confirm_reminder_days, calendar))
    draft.timer("confirm_close", closes)
    draft.tell_requester(
        "requester/resolved",
        summary=draft.ticket.summary,
        agent=agent.name,
        # A P1 is never closed by silence (PRODUCT §3.1), so no date is named.
        closes="" if draft.ticket.priority == "P1" else closes,
    )
    tell_copies(draft, agent, "solved", draft.ticket.summary)


def tell_copies(draft: Draft, agent: Agent, how: str, text: str) -> None:
    """Who is in copy hears that an agent has solved or closed it, without the requester's buttons."""
    copied.tell_copies(draft, copied.WELCOME, text, how=how, by=agent.name)


def close(draft: Draft, outcome: Close, why: str, answers: str = "", tell: bool = True) -> None:
    """Close, and confirm the closing to the requester, with the rating where there is something to rate."""
    draft.close(outcome, why)
    if tell:
        draft.tell_requester("requester/closed", answers=answers, by=outcome, reason="")


def tell_closed(draft: Draft, how: str, text: str) -> None:
    """Tell whoever worked on it that it is over; nobody did: nobody is told."""
    if draft.ticket.parent is not None:
        # Of forty confirmations the agent hears when all have come: its mass incident is closed by them.
        return
    agent = draft.policy.agent(draft.ticket.assignee) if draft.ticket.assignee else None
    if agent is not None:
        draft.tell_agent(agent, "agent/closed", reply="public", how=how, text=text)


def reopen(draft: Draft, why: Words, text: str, answers: str = "", tell: bool = True, noted: str = "") -> None:
    """Back to work: the resolution clock goes on where it stood, and whoever worked on it hears of it."""
    open_again(draft, lifecycle.ACTS["contest"], why, counts=True, noted=noted)
    if tell:
        draft.tell_requester("requester/reopened", answers=answers, how="by_agent")
        for reader in draft.in_copy():
            # They have read that it was solved, as the requester has.
            draft.write("requester/reopened", reader, "requester", draft.ticket.language, how="by_agent")
    tell_open_again(draft, why, text)


def open_again(draft: Draft, act: Act, why: Words, counts: bool, noted: str = "") -> None:
    """A resolved or closed ticket is open again. `counts`: as a solution that did not hold."""
    if act.to is None:
        raise ValueError("the table names an act that leads nowhere")
    if draft.ticket.parent is not None:
        draft.follow.append(Follow(draft.ticket.parent, "report_contested"))
    draft.enter(
        act.to,
        noted or why.en,
        outcome=None,
        closed=None,
        resolved=None,
        owes="desk",
        reopened=draft.ticket.reopened + counts,
        hold_until=None,
    )
    draft.cancel(*WAITING, "hold_over")


def go_on(draft: Draft, act: Act, why: str) -> None:
    """A ticket that waited is worked on again; the desk owes the next word."""
    if act.to is None:
        raise ValueError("the table names an act that leads nowhere")
    draft.enter(act.to, why, owes="desk", hold_until=None)
    draft.cancel(*WAITING, "hold_over")


def tell_open_again(draft: Draft, why: Words, text: str, writer: str = "") -> None:
    """Whoever works on it hears that it is open again, and why; `writer` where it was not the requester."""
    for agent in routing.responsible(draft.ticket, draft.facts, draft.policy):
        draft.tell_agent(agent, "agent/reopened", text=text, note=why, writer=writer)


def rate(draft: Draft, stars: int, words: str) -> bool:
    """Store a rating, once; a low one is told to the lead. False if there was one already."""
    if draft.ticket.rating is not None:
        return False
    draft.change("rated by the requester", rating=stars)
    draft.rating = (stars, words)
    if stars <= 2:
        for lead in routing.leads(draft.ticket.team, draft.policy, draft.facts, without=draft.ticket.requester.key):
            draft.write(
                "lead/low_rating",
                Address(lead.address, lead.name),
                "lead",
                lead.language,
                reply="internal",
                rating=stars,
                text=words,
            )
    return True
