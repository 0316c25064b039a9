"""Commands that set right what the desk made of a mail: priority, category, out of scope, spam."""

from maild.model import Address, Agent, Entry, Words
from maild.workflow import approval, business_time, escalation, restricted, retriage, sla
from maild.workflow.commands import work
from maild.workflow.commands.arguments import Refused, a_category, a_priority, is_automatic
from maild.workflow.commands.grammar import Command
from maild.workflow.draft import Draft
from maild.workflow.triage import triage


def priority(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """Set the priority; a lead's word is locked, and lowering needs a reason (PRODUCT §3.2).

    What an agent has set stays whatever the requester writes; `auto` gives it back to the report's own words.
    """
    ticket = draft.ticket
    if ticket.priority_locked and not agent.lead:
        raise Refused(
            Words("a lead has set this priority; ask the lead to change it", "该优先级由主管设定，请联系主管更改")
        )
    if is_automatic(command.argument):
        wanted, reason = retriage.by_the_report(draft)
        why, by, locked = f"by what the report says, as {agent.name} wishes", "", False
    else:
        wanted, why = a_priority(command.argument)
        by, locked = agent.address, ticket.priority_locked or agent.lead
        reason = Words(f"{wanted}: set by {agent.name}", f"{wanted}：由{agent.name}设定")
        if wanted > ticket.priority and not why:
            raise Refused(
                Words(
                    f"lowering it needs a reason: #priority {wanted} because …",
                    f"降低优先级需要原因：#优先级 {wanted} 原因",
                )
            )
    if (wanted, by, locked) == (ticket.priority, ticket.priority_by, ticket.priority_locked):
        return
    if wanted != ticket.priority:
        draft.corrections.append(("priority", ticket.priority, wanted))
        draft.change("", reasons=(*ticket.reasons[:4], reason))
    # Whoever sets what it is already has said that it is right so.
    draft.change(why or f"set by {agent.name}", priority_by=by)
    draft.reprioritise(why or f"set by {agent.name}", priority=wanted, priority_locked=locked)
    escalation.call(draft, ticket.priority)
    due = sla.promise(draft.ticket, draft.policy)
    if due is not None and ticket.promise is not None and due > ticket.promise:
        # Later than was promised: the requester is not left waiting for a word that nobody owes any more.
        escalation.new_promise(draft, Words("", ""))
    else:
        draft.change("", promise=due or draft.ticket.promise)


def category(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """Correct the category; the ticket goes to that category's team."""
    wanted = a_category(command.argument, draft.policy)
    ticket = draft.ticket
    if wanted.code == ticket.category and wanted.restricted == ticket.restricted:
        return
    if wanted.code != ticket.category:
        draft.corrections.append(("category", ticket.category, wanted.code))
    draft.change(f"set by {agent.name}", category=wanted.code, restricted=wanted.restricted)
    moved = bool(wanted.team) and wanted.team != ticket.team
    has_it = draft.policy.agent(draft.ticket.assignee) if draft.ticket.assignee else None
    if moved or (has_it is not None and not restricted.may_see(has_it, draft.ticket, draft.policy)):
        work.hand_over(draft, wanted.team or ticket.team, f"the category's team, set by {agent.name}")
        work.tell_new_owners(draft, agent, text, wanted.title)
    if draft.ticket.restricted and not ticket.restricted:
        work.tell_outsiders(draft)
    _ask_approval(draft, agent)


def _ask_approval(draft: Draft, agent: Agent) -> None:
    """The category that it is now may want an approval; where nobody can be asked, the agent is told."""
    if draft.ticket.state in ("resolved", "closed") or draft.ticket.approver:
        return
    who = approval.by_category(draft)
    if isinstance(who, Words):
        to = Address(agent.address, agent.name)
        draft.write("agent/approval", to, "agent", agent.language, reply="internal", how="nobody", text=who)
    elif who is not None:
        approval.ask(draft, who, draft.facts.report, f"its category wants an approval, set by {agent.name}")


def out_of_scope(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """Tell the requester kindly where to turn; without objection it closes (PRODUCT §3.2)."""
    ticket, policy = draft.ticket, draft.policy
    code = command.argument.split()[0].lower() if command.argument else ""
    topic = next((each for each in policy.topics if code and code in (each.code, *each.words)), None)
    if command.argument and topic is None:
        names = ", ".join(each.code for each in policy.topics)
        raise Refused(Words(f"there is no topic {code!r}; there are: {names}", f"没有“{code}”这个主题；现有：{names}"))
    if not command.argument:
        # The button sends what the notice proposed: the topic of the report's own words.
        found = triage(ticket.subject, draft.facts.report, ticket.language, ticket.fields, ticket.requester, policy)
        topic = next((each for each in policy.topics if each.code == found.topic), None)
    draft.respond("told that it is out of scope")
    if ticket.category != "out_of_scope":
        draft.corrections.append(("category", ticket.category, "out_of_scope"))
    closes = business_time.add_days(draft.now, policy.scope_close_days, policy.calendar)
    draft.enter("pending", f"out of scope, said by {agent.name}", category="out_of_scope", owes="requester", asked=())
    draft.cancel("hold_over", "info_reminder", "info_close", "confirm_reminder", "confirm_close")
    draft.timer("scope_close", closes)
    if text:
        draft.keep(
            Entry(
                direction="out",
                visibility="public",
                author=Address(agent.address, agent.name),
                role="agent",
                text=text,
                new_text=text,
            )
        )
    # Whom to turn to inside the company is nothing for a stranger.
    guidance = topic.guidance.for_(ticket.language) if topic and ticket.internal else ""
    draft.tell_requester(
        "requester/out_of_scope",
        guidance="\n\n".join(part for part in (guidance, text) if part),
        # A P1 is never closed by silence (PRODUCT §3.1), so no date is named.
        closes="" if ticket.priority == "P1" else closes,
    )


def spam(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """Close it without a word to anybody."""
    draft.close("spam", f"called spam by {agent.name}")
