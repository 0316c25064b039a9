"""What a mass incident means for one report of it: told that it is known, kept informed, asked, let go again."""

import re

from maild.model import Agent, Follow, Followed, Incident, MailArrived, Ticket, Words
from maild.model.secrets_mask import mask_secrets
from maild.workflow import closure, files, routing
from maild.workflow.draft import WAITING, Draft
from maild.workflow.incident_ticket import public
from maild.workflow.incident_words import words_of
from maild.workflow.incidents import JOINS, NO_FAULTS, match
from maild.workflow.wordfinder import normalise

# The button, and what people write in its stead.
DIFFERENT = "different"
_DIFFERENT = re.compile(
    r"不是同一?个(?:问题|故障|事)|不是一(?:个|回)(?:问题|故障|事)|不是这个(?:问题|故障)|不是那个(?:问题|故障)|(?:是|属于)(?:另|别的|其他)\S{0,4}(?:问题|故障)"
    r"|我的是(?:另外?一个|别的)问题|跟(?:那|这)个(?:故障|问题)(?:没|无)关"
    r"|not the same (?:problem|issue|thing|incident)|(?:is|it's|mine is) (?:a )?(?:different|another|separate)"
    r" (?:problem|issue|matter)|different (?:problem|issue) from|not related to (?:that|this|the) (?:incident|outage)"
    r"|nothing to do with (?:that|this|the) (?:incident|outage|problem)"
)
_ONLY_FIRST = 200

_OTHER = Words(
    "The requester says that it is not the mass incident: please look at it by itself.",
    "用户说与大面积故障不是同一个问题，请单独处理。",
)
_TAKEN_OUT = Words(
    "It was taken out of the mass incident: please look at it by itself.", "已移出大面积故障，请单独处理。"
)
_OPEN_AGAIN = Words("the mass incident is open again", "大面积故障又重新打开了")


def recognised(ticket: Ticket, subject: str, text: str, incidents: tuple[Incident, ...]) -> Incident | None:
    """The open incident that a new report is one of. A restricted report joins a restricted incident only."""
    if not incidents or ticket.category in NO_FAULTS:
        return None
    words = words_of(subject, text)
    likely = [
        (match(words, each.known_by), each.ticket, each)
        for each in incidents
        if each.known_by.anchor and (each.restricted or not ticket.restricted)
    ]
    best = max(likely, key=lambda row: row[:2], default=None)
    return best[2] if best is not None and best[0] >= JOINS else None


def register(draft: Draft, incident: Incident, event: MailArrived) -> None:
    """A new report of a known incident: a ticket like any other, whose reporter hears at once that it is known."""
    _belong(draft, incident.ticket, incident.restricted)
    known(draft, incident.title, event.message.message_id)


def known(draft: Draft, title: Words, answers: str = "") -> None:
    draft.tell_requester("requester/known_incident", answers=answers, title=title)


def _belong(draft: Draft, parent: int, restricted: bool = False) -> None:
    tag = f"{draft.policy.desk.prefix}-{parent}"
    draft.note("incident", "", tag, "it is one of its reports")
    draft.change("its mass incident has it", by="maild", parent=parent, assignee=None, asked=())
    if restricted:
        draft.change("its mass incident is restricted", by="maild", restricted=True)


# ── what the incident's decisions mean for it ────────────────────────────────────────────────────────────────────────


def joins(draft: Draft, event: Followed) -> str:
    ticket = draft.ticket
    if ticket.kind != "report" or ticket.merged_into is not None or ticket.state in ("resolved", "closed"):
        return "it does not join the mass incident: it is over"
    if ticket.parent is not None:
        return "it belongs to a mass incident already"
    if not ticket.internal:
        return "a stranger learns of no mass incident"
    _belong(draft, event.origin)
    if ticket.state in ("pending", "on_hold"):
        # What it waited for, an approval too, is overtaken: the reporter hears that it is being worked on.
        draft.enter("open", "its mass incident is being worked on", hold_until=None, owes="desk")
    draft.cancel(*WAITING, "hold_over")
    known(draft, Words(str(event.data["title_en"]), str(event.data["title_zh"])))
    return "it belongs to a mass incident: the reporter is told"


def _agent(draft: Draft, event: Followed) -> Agent:
    """Whose word it is; one who has left the list meanwhile is still named."""
    address = str(event.data["by"])
    draft.who = address
    return draft.policy.agent(address) or Agent(address, str(event.data["name"]), ())


def _is_mine(draft: Draft, event: Followed) -> bool:
    return draft.ticket.parent == event.origin and draft.ticket.state != "closed"


def update(draft: Draft, event: Followed) -> str:
    if not _is_mine(draft, event):
        return "no update: the report is closed, or belongs to it no more"
    agent, words = _agent(draft, event), str(event.data["text"])
    draft.keep(public(agent, words))
    draft.respond("wrote to all reporters of the mass incident")
    if draft.ticket.state == "new":
        draft.enter("open", f"{agent.name} wrote to all reporters")
    draft.tell_requester("requester/reply", automatic=False, author=agent.name, text=words)
    for reader in draft.facts.readers:
        draft.write(
            "requester/reply",
            reader,
            "requester",
            draft.ticket.language,
            automatic=False,
            author=agent.name,
            text=words,
        )
    return "the reporter got the update"


def resolved(draft: Draft, event: Followed) -> str:
    if not _is_mine(draft, event) or draft.ticket.state == "resolved":
        return "not asked: the report is over, or belongs to it no more"
    agent, summary = _agent(draft, event), str(event.data["text"])
    closure.resolve(draft, agent, summary)
    if summary:
        draft.keep(public(agent, summary))
    return "the reporter is asked whether it is solved"


def closed(draft: Draft, event: Followed) -> str:
    if not _is_mine(draft, event):
        return "it is closed, or belongs to it no more"
    _agent(draft, event)
    draft.close("by_agent", "its mass incident was closed")
    draft.tell_requester("requester/closed", by="by_agent", reason=str(event.data["text"]))
    return "closed with its mass incident"


def reopened(draft: Draft, event: Followed) -> str:
    if not _is_mine(draft, event) or draft.ticket.state != "resolved":
        return "it waits for no confirmation"
    _agent(draft, event)
    draft.enter("open", _OPEN_AGAIN.en, outcome=None, closed=None, resolved=None, owes="desk")
    draft.cancel(*WAITING)
    draft.tell_requester("requester/reopened", how="by_agent")
    return _OPEN_AGAIN.en


def leaves(draft: Draft, event: Followed) -> str:
    """An agent says that it is another matter."""
    if draft.ticket.parent is None or draft.ticket.parent != event.data["of"]:
        return "it does not belong to it"
    _agent(draft, event)
    leave(draft, _TAKEN_OUT, "")
    return "taken out of the mass incident"


# ── the way out ──────────────────────────────────────────────────────────────────────────────────────────────────────


def objects(ticket: Ticket, button: str, text: str) -> bool:
    """Whether the reporter says that theirs is another problem."""
    if ticket.parent is None or ticket.state == "closed":
        return False
    return button == DIFFERENT or _DIFFERENT.search(normalise(text[:_ONLY_FIRST])) is not None


def objected(draft: Draft, event: MailArrived, text: str) -> str:
    if changed := draft.learn(event.fields):
        draft.note("fields", "", ", ".join(changed), "read in the requester's mail")
    leave(draft, _OTHER, text, event)
    return "the requester says that it is another problem: on its own again, an agent looks"


def leave(draft: Draft, why: Words, text: str, event: MailArrived | None = None) -> None:
    """A ticket of its own again: somebody gets it, and the requester hears who and when."""
    ticket, policy = draft.ticket, draft.policy
    draft.note("incident", f"{policy.desk.prefix}-{ticket.parent}", "", why.en)
    if ticket.parent is not None:
        draft.follow.append(Follow(ticket.parent, "report_closed"))
    draft.change("", parent=None)
    if ticket.state in ("resolved", "pending"):
        draft.enter("open", why.en, resolved=None, owes="desk")
    draft.cancel(*WAITING)
    chosen = routing.choose(ticket.team, draft.facts, policy, without=ticket.requester.key)
    if chosen is not None:
        draft.change("assigned by the team's rule", by="maild", assignee=chosen.address)
    attachments = event.message.attachments if event is not None else ()
    for agent in routing.responsible(draft.ticket, draft.facts, policy):
        draft.tell_agent(
            agent,
            "agent/requester_replied",
            attach=files.carried(attachments, policy.notice_attachment_bytes),
            text=mask_secrets(text)[0],
            attachments=files.listed(attachments, draft.facts.has_files),
            note=why,
        )
    answers = event.message.message_id if event is not None else ""
    draft.tell_requester("requester/acknowledged", answers=answers, alone=True)
