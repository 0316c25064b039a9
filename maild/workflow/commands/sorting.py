"""Commands that set right what the desk made of a mail: priority, category, out of scope, spam."""

from maild.model import Agent, Words
from maild.workflow import business_time, sla
from maild.workflow.commands import work
from maild.workflow.commands.arguments import Refused, a_category, a_priority
from maild.workflow.commands.grammar import Command
from maild.workflow.draft import Draft


def priority(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """Set the priority; a lead's word is locked, and lowering needs a reason (PRODUCT §3.2)."""
    wanted, why = a_priority(command.argument)
    ticket = draft.ticket
    if ticket.priority_locked and not agent.lead:
        raise Refused(Words("a lead has set this priority", "该优先级由主管设定"))
    if wanted > ticket.priority and not why:
        raise Refused(
            Words(
                f"lowering it needs a reason: #priority {wanted} because …",
                f"降低优先级需要原因：#优先级 {wanted} 原因",
            )
        )
    if wanted == ticket.priority:
        return
    draft.corrections.append(("priority", ticket.priority, wanted))
    draft.reprioritise(
        why or f"set by {agent.name}", priority=wanted, priority_locked=ticket.priority_locked or agent.lead
    )
    draft.change("", promise=sla.promise(draft.ticket, draft.policy) or draft.ticket.promise)


def category(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """Correct the category; the ticket goes to that category's team."""
    wanted = a_category(command.argument, draft.policy)
    ticket = draft.ticket
    if wanted.code == ticket.category:
        return
    draft.corrections.append(("category", ticket.category, wanted.code))
    draft.change(f"set by {agent.name}", category=wanted.code, restricted=wanted.restricted)
    if wanted.team and wanted.team != ticket.team:
        work.hand_over(draft, wanted.team, f"the category's team, set by {agent.name}")
        work.tell_new_owners(draft, agent, text, wanted.title)


def out_of_scope(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """Tell the requester kindly where to turn; without objection it closes (PRODUCT §3.2)."""
    ticket, policy = draft.ticket, draft.policy
    code = command.argument.split()[0].lower() if command.argument else ""
    topic = next((each for each in policy.topics if code and code in (each.code, *each.words)), None)
    if command.argument and topic is None:
        names = ", ".join(each.code for each in policy.topics)
        raise Refused(Words(f"there is no topic {code!r}; there are: {names}", f"没有“{code}”这个主题；现有：{names}"))
    draft.respond("told that it is out of scope")
    if ticket.category != "out_of_scope":
        draft.corrections.append(("category", ticket.category, "out_of_scope"))
    closes = business_time.add_days(draft.now, policy.scope_close_days, policy.calendar)
    draft.enter("pending", f"out of scope, said by {agent.name}", category="out_of_scope", owes="requester", asked=())
    draft.cancel("hold_over", "info_reminder", "info_close", "confirm_reminder", "confirm_close")
    draft.timer("scope_close", closes)
    guidance = topic.guidance.for_(ticket.language) if topic else ""
    draft.tell_requester(
        "requester/out_of_scope",
        guidance="\n\n".join(part for part in (guidance, text) if part),
        # A P1 is never closed by silence (PRODUCT §3.1), so no date is named.
        closes="" if ticket.priority == "P1" else closes,
    )


def spam(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """Close it without a word to anybody."""
    draft.close("spam", f"called spam by {agent.name}")
