"""A colleague answers a letter of ours that somebody passed on to them (PRODUCT §2.4).

They are of our house and the mail server vouches for them, and their mail hangs on a letter to the requester; still
nobody on the ticket has asked for them. So their words stay inside until an agent accepts them, and then they may write
like anybody in copy. Nothing of the ticket is told to them that they had not in hand already.
"""

from datetime import datetime

from maild.model import Agent, Entry, Facts, MailArrived, Outcome, Policy, Ticket, Words
from maild.model.secrets_mask import mask_secrets
from maild.workflow import files, routing
from maild.workflow.commands.arguments import Refused
from maild.workflow.commands.grammar import Command
from maild.workflow.draft import Draft


def colleague_wrote(ticket: Ticket, event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """Noted inside, told to whoever works on the ticket, with a button that lets the colleague in."""
    message = event.message
    text = "" if message.only_quoted else message.new_text or message.text
    draft = Draft(ticket, now, facts, policy, who=message.from_.key)
    wrote_before = message.from_.key in facts.threads
    draft.keep(
        Entry(
            direction="in",
            visibility="internal",
            author=message.from_,
            role="colleague",
            text=message.text,
            new_text=text,
            message_id=message.message_id,
            attachments=bool(message.attachments),
        )
    )
    draft.note("colleague", "", message.from_.key, "answers a letter that was passed on to them")
    for agent in routing.responsible(ticket, facts, policy):
        draft.tell_agent(
            agent,
            "agent/colleague_wrote",
            reply="internal",
            attach=files.carried(message.attachments, policy.notice_attachment_bytes),
            attachments=files.listed(message.attachments, draft.facts.has_files),
            text=mask_secrets(text)[0],
            writer=message.from_.name or message.from_.key,
            address=message.from_.key,
            number=event.inbound,
        )
    if not wrote_before and not event.backlog:
        draft.write("requester/passed_on", message.from_, "requester", ticket.language, answers=message.message_id)
    return draft.outcome("a colleague who is not on the ticket answers a letter of ours: noted inside", "ticketed")


def accept(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """Let a colleague in whose words were noted inside: a participant from now on, their words public."""
    waiting = draft.facts.waiting
    wanted = command.argument.strip().lower().removeprefix("@")
    if draft.facts.accepts:
        chosen = {each.author.key for each in waiting if each.inbound == draft.facts.accepts}
    elif wanted:
        chosen = {
            each.author.key
            for each in waiting
            if wanted in (each.author.key, each.author.key.partition("@")[0], each.author.name.lower())
        }
    else:
        chosen = {each.author.key for each in waiting}
    if len(chosen) != 1:
        names = ", ".join(sorted({each.author.key for each in waiting}))
        raise Refused(
            Words(f"whom? these have written: {names}", f"接纳哪一位？来信的有：{names}") if names else _NOBODY
        )
    (address,) = chosen
    words = [each for each in waiting if each.author.key == address]
    colleague = words[-1].author
    draft.published.extend(each.inbound for each in words)
    draft.writers.append(colleague)
    draft.readers.append(colleague)
    draft.note("participant", "", address, f"accepted by {agent.name}")
    draft.change("", owes="desk")
    draft.write("requester/passed_on", colleague, "requester", draft.ticket.language, accepted=True)


_NOBODY = Words("no colleague's words wait on this ticket", "这张工单上没有待接纳的同事来信")
