"""What a requester's mail said, and who hears of it: the requester, whoever wrote for them, whoever works on it."""

from dataclasses import dataclass
from typing import Any

from maild.model import MailArrived, Words
from maild.model.secrets_mask import mask_secrets
from maild.workflow import files, routing
from maild.workflow.answers import Answer
from maild.workflow.draft import Draft
from maild.workflow.lifecycle import Act
from maild.workflow.persons import is_requester


@dataclass(frozen=True, slots=True)
class Said:
    """One mail of the requester's side: the event, what it means, its own words, and the act that the table names."""

    event: MailArrived
    answer: Answer
    text: str
    act: Act

    @property
    def answers(self) -> str:
        return self.event.message.message_id


def by(draft: Draft, said: Said, why: str) -> str:
    """The reason with who it was, where a participant wrote for the requester."""
    if _own(draft, said.event):
        return why
    return why.replace("the requester", f"{said.event.message.from_.key}, in copy,")


def tell_them(draft: Draft, said: Said, letter: str, **values: Any) -> None:
    """To the requester, and to the participant who wrote this, if it was not the requester."""
    writer = said.event.message.from_
    own = _own(draft, said.event)
    who = "" if own else writer.name or writer.address.partition("@")[0]
    draft.tell_requester(letter, answers=said.answers if own else "", who=who, **values)
    if not own:
        answer_writer(draft, said, letter, who=who, **values)


def answer_writer(draft: Draft, said: Said, letter: str, **values: Any) -> None:
    """To whoever wrote this mail."""
    writer = said.event.message.from_
    if _own(draft, said.event):
        draft.tell_requester(letter, answers=said.answers, **values)
    else:
        draft.write(letter, writer, "requester", draft.ticket.language, answers=said.answers, **values)


def tell_responsible(draft: Draft, event: MailArrived, text: str, note: Words | str) -> None:
    """A notice with the writer's words, secrets masked, to whoever has the ticket, else the team."""
    shown, _ = mask_secrets(text)
    attachments = event.message.attachments
    for agent in routing.responsible(draft.ticket, draft.facts, draft.policy):
        draft.tell_agent(
            agent,
            "agent/requester_replied",
            attach=files.carried(attachments, draft.policy.notice_attachment_bytes),
            text=shown,
            attachments=files.listed(attachments, draft.facts.has_files),
            note=note,
            writer=writer_of(draft, event),
        )


def writer_of(draft: Draft, event: MailArrived) -> str:
    """Who wrote this, for the notice, where it was not the requester."""
    from_ = event.message.from_
    return "" if _own(draft, event) else from_.name or from_.address


def _own(draft: Draft, event: MailArrived) -> bool:
    """Whether the requester wrote this, from whichever of their addresses: one person, one letter."""
    return is_requester(draft.ticket, event.message.from_, draft.facts, draft.policy)


def tell_everybody_concerned(draft: Draft, how: str, text: str) -> None:
    """The assignee hears that it is over; on a ticket that nobody has taken yet, everybody who got its notice."""
    if draft.ticket.parent is not None:
        return
    for agent in routing.responsible(draft.ticket, draft.facts, draft.policy):
        draft.tell_agent(agent, "agent/closed", how=how, text=text)
