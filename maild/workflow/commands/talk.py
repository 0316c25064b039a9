"""Commands that are a word to the requester, or about what is said: note, ask, hold, resolve, close, reopen."""

from maild.model import Address, Agent, Entry, Words
from maild.workflow import business_time, closure, routing
from maild.workflow.commands import merge
from maild.workflow.commands.arguments import Refused, a_wait, some_fields
from maild.workflow.commands.grammar import Command
from maild.workflow.draft import Draft


def note(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """An internal note: the colleagues who work on it hear of it, the requester never."""
    words = "\n".join(part for part in (command.argument, text) if part)
    if not words:
        raise Refused(Words("the note is empty: #note TEXT", "备注是空的：#备注 内容"))
    add_note(draft, agent, words)


def add_note(draft: Draft, agent: Agent, words: str, message_id: str = "") -> None:
    """Keep an internal note and tell the assignee and the agents who have written on the ticket."""
    draft.keep(
        Entry(
            direction="in",
            visibility="internal",
            author=Address(agent.address, agent.name),
            role="agent",
            text=words,
            new_text=words,
            message_id=message_id,
        )
    )
    draft.note("note", "", "", "an internal note")
    concerned = dict.fromkeys([*(each.address for each in _assigned(draft)), *sorted(draft.facts.wrote)])
    for address in concerned:
        colleague = draft.policy.agent(address)
        if colleague is not None:
            draft.tell_agent(colleague, "agent/note", reply="internal", author=agent.name, text=words)


def _assigned(draft: Draft) -> tuple[Agent, ...]:
    if draft.ticket.assignee is None:
        return ()
    return routing.responsible(draft.ticket, draft.facts, draft.policy)


def ask(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """Ask the requester for details: pending, reminded, and closed by silence (PRODUCT §3.3)."""
    wanted = some_fields(command.argument)
    draft.respond("asked for details")
    if draft.ticket.assignee is None:
        draft.change("asked for details", assignee=agent.address)
    draft.note("asked", "", ", ".join(wanted), "the requester's details are missing")
    draft.enter("pending", f"asked for {', '.join(wanted)}", asked=wanted, owes="requester", hold_until=None)
    draft.cancel("hold_over", "confirm_reminder", "confirm_close", "scope_close")
    policy = draft.policy
    closes = business_time.add_days(draft.now, policy.pending_close_days, policy.calendar)
    reminds = None
    if policy.reminder_days:
        reminds = business_time.add_days(draft.now, policy.reminder_days[0], policy.calendar)
        draft.timer("info_reminder", reminds, step=1)
    draft.timer("info_close", closes)
    draft.keep(_public(agent, text or command.line))
    draft.tell_requester(
        "requester/info_requested",
        author=agent.name,
        fields=wanted,
        text=text,
        agent=agent.name,
        reminds=reminds or closes,
        # A P1 is never closed by silence (PRODUCT §3.1), so no date is named.
        closes="" if draft.ticket.priority == "P1" else closes,
    )


def hold(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """Wait for something that is nobody's word, until a date."""
    until, why = a_wait(command.argument, draft.now, draft.policy)
    draft.enter("on_hold", why or "waits", hold_until=until, owes="desk")
    draft.cancel("info_reminder", "info_close", "scope_close")
    draft.timer("hold_over", until)


def resolve(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    summary = "\n".join(part for part in (command.argument, text, draft.used) if part)
    closure.resolve(draft, agent, summary)
    if summary:
        draft.keep(_public(agent, summary))


def close(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    draft.respond("closed it")
    draft.close("by_agent", command.argument)
    draft.tell_requester("requester/closed", by="by_agent", reason=command.argument)
    closure.tell_copies(draft, agent, "closed", command.argument)


def reopen(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    merge.comes_apart(draft, agent)
    # The notice's answer goes to the requester, so the agent's own reason stands in the history alone.
    closure.reopen(draft, Words("an agent reopened it", "支持人员重新打开"), text, noted=command.argument)


def _public(agent: Agent, words: str) -> Entry:
    return Entry(
        direction="out",
        visibility="public",
        author=Address(agent.address, agent.name),
        role="agent",
        text=words,
        new_text=words,
    )
