"""#show: all of one ticket for those who may see it, in a letter of its own whose answers stay inside."""

from datetime import datetime

from maild.model import Dossier, Linked, Mail, Policy, Said, Words
from maild.model.labels import STATES
from maild.model.secrets_mask import mask_secrets
from maild.workflow import past, restricted
from maild.workflow.commands.arguments import Refused
from maild.workflow.commands.grammar import Command
from maild.workflow.errand import Errand
from maild.workflow.questions import asks
from maild.workflow.questions.wording import waits

# A long mail is cut here: the whole of it stands in the mailbox.
_TEXT_CHARS = 4_000
_LINKS = {
    "child": (Words("part of the mass incident", "属于大面积故障"), Words("its report", "其中的报障")),
    "duplicate": (Words("merged into", "已并入"), Words("merged in", "并入了")),
    "follow-up": (Words("follows", "接续"), Words("followed by", "后续工单")),
    "claims": (Words("names in its subject", "主题中提到"), Words("named by", "被提到于")),
    "split": (Words("split off from", "拆分自"), Words("split into", "拆分出")),
}
_RELATED = Words("related", "相关")


def show(errand: Errand, command: Command, text: str) -> None:
    """A letter for each ticket that is there and may be seen; a line in the answer for each of the others."""
    on = errand.ticket.key if errand.ticket is not None else None
    numbers = asks.shown((command,), on, errand.policy)
    if not numbers:
        tag = f"{errand.policy.desk.prefix}-12"
        raise Refused(Words(f"which ticket? Write #show {tag}", f"查看哪张工单？请写 #查看 {tag}"))
    for number in numbers:
        found = errand.facts.dossiers.get(number)
        tag = f"{errand.policy.desk.prefix}-{number}"
        if found is None:
            errand.say(Words(f"There is no {tag}", f"没有 {tag} 这张工单"))
        elif not restricted.may_see(errand.asking, found.ticket, errand.policy):
            team = errand.policy.teams.get(found.ticket.team)
            title = team.title if team is not None else Words(found.ticket.team, found.ticket.team)
            errand.say(
                Words(f"{tag} is there, for the {title.en} team alone", f"{tag} 存在，但仅限{title.zh}处理"),
            )
        else:
            errand.mails.append(_letter(errand, found))


def _letter(errand: Errand, dossier: Dossier) -> Mail:
    ticket, policy, message = dossier.ticket, errand.policy, errand.event.message
    here = errand.ticket is not None and errand.ticket.key == ticket.key
    # Its answers come back to its ticket, so it hangs on what the agent has of it, else on the question.
    seen = tuple(each for each in dossier.seen if each != message.message_id)
    answers = message.message_id if here or not seen else seen[-1]
    return Mail(
        template="agent/ticket",
        to=errand.writer,
        audience="agent",
        language=errand.language,
        reply="internal",
        answers=answers,
        references=seen if answers == message.message_id else seen[:-1],
        values=_values(dossier, errand.now, policy, errand),
        of=ticket,
    )


def _values(dossier: Dossier, now: datetime, policy: Policy, errand: Errand) -> dict[str, object]:
    asker, prefix = errand.asking, policy.desk.prefix
    similar = tuple(
        (f"{prefix}-{each.solved.ticket}", each.solved.title, each.text)
        for each in dossier.similar
        if not each.solved.restricted_to or restricted.belongs(asker, each.solved.restricted_to, policy)
    )
    linked = [each for each in dossier.links if restricted.may_see(asker, each.ticket, policy)]
    return {
        "waits": waits(dossier.ticket, now, policy),
        "said": tuple(_said(each, policy) for each in dossier.said),
        "done": past.done(dossier.past, policy),
        "similar": similar,
        "links": tuple((*_link(each), f"{prefix}-{each.ticket.key}", each.ticket.subject) for each in linked),
        "files": tuple((each.number, each.name, each.size) for each in dossier.files),
        "people": tuple(
            (who.name or who.address, who.address, Words("gets the mails", "收邮件") if reads else _WRITES)
            for who, _, reads in dossier.people
        ),
    }


_WRITES = Words("may write", "可来信")


def _said(said: Said, policy: Policy) -> tuple[datetime, str, Words, bool, str]:
    """When, who, as what, whether it stayed inside, and the words: a password in them is nobody's to read."""
    agent = policy.agent(said.author.address) if said.role == "agent" else None
    name = agent.name if agent is not None else said.author.name or said.author.address
    text = mask_secrets(said.text.strip())[0]
    text = text if len(text) <= _TEXT_CHARS else text[:_TEXT_CHARS].rstrip() + " […]"
    return said.at, name, _ROLES.get(said.role, Words("", "")), said.internal, text


_ROLES = {
    "requester": Words("requester", "用户"),
    "agent": Words("agent", "支持人员"),
    "approver": Words("approver", "审批人"),
    "colleague": Words("a colleague who is not on the ticket", "不在工单上的同事"),
    "stranger": Words("stranger", "外部人员"),
}


def _link(linked: Linked) -> tuple[Words, Words]:
    """How it has to do with it, and how that one stands."""
    kinds = _LINKS.get(linked.kind)
    return (kinds[0] if linked.ours else kinds[1]) if kinds else _RELATED, STATES[linked.ticket.state]
