"""Commands about the requester: #called, they were talked to; #for, it is somebody else."""

import unicodedata

from maild.model import Address, Agent, Field, Person, Policy, Words
from maild.model.robots import is_robot
from maild.workflow import persons, reported_for, retriage
from maild.workflow.commands.arguments import Refused
from maild.workflow.commands.grammar import Command
from maild.workflow.commands.talk import add_note
from maild.workflow.commands.work import assign_to
from maild.workflow.draft import Draft

# Fields that are about a person, and stand for nobody else when they were only guessed.
_OF_A_PERSON = ("name", "department", "phone", "location")
# Beside these the text under the commands is theirs.
_TAKE_THE_TEXT = frozenset(
    {"note", "ask", "use", "resolve", "out-of-scope", "approve", "not-approved", "split", "update"}
)
_GUESSED = frozenset({"directory", "history", "header", "signature"})


def called(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """`#called [NOTE]`: the first contact was by phone (PRODUCT §3.3). What was said stays inside."""
    draft.respond("called the requester")
    if draft.ticket.assignee is None:
        assign_to(draft, agent, f"{agent.name} called the requester")
    if draft.ticket.state == "new":
        draft.enter("open", f"{agent.name} called the requester")
    draft.note("called", "", draft.ticket.requester.key, f"{agent.name} talked to the requester")
    # Whoever was talked to has no reason to ask how it stands.
    draft.change("", chased=None)
    others = draft.verbs & _TAKE_THE_TEXT
    words = "\n".join(part for part in (command.argument, "" if others else text) if part)
    if words:
        add_note(draft, agent, words)


def requester(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """`#for WHO` on a ticket: it is WHO's, whoever wrote it. They are told once; who wrote it may go on writing."""
    ticket, policy = draft.ticket, draft.policy
    wish = reported_for.read(command.argument)
    found, _ = reported_for.people(wish, draft.facts.called, policy)
    person = one_of(found, wish.words)
    to = reported_for.address_of(wish, person)
    unfit = unfit_requester(to.key, policy)
    if unfit is not None:
        raise Refused(unfit)
    before = ticket.requester
    if policy.plain(before.key) in {policy.plain(each) for each in (to.key, *person.addresses)}:
        raise Refused(
            Words(
                f"{_name(person)} is the requester already, so nothing is left to do",
                f"报障人已经是 {_name(person)}，无需更改",
            )
        )
    if ticket.assignee is not None and ticket.assignee in person.addresses:
        why = Words("they work on it; #assign it to somebody else first", "该工单正由其本人处理，请先 #转派 给其他同事")
        raise Refused(why)
    if ticket.approver and ticket.approver in person.addresses:
        raise Refused(
            Words(
                "nobody approves their own request; name somebody else: #approve WHO",
                "不能由报障人自己审批，请用 #审批 另行指定审批人",
            )
        )
    draft.note("requester", before.key, to.key, f"{agent.name} says whose it is")
    language = person.language if person.language in policy.desk.languages else ticket.language
    said = unicodedata.normalize("NFKC", command.argument).lower().split()
    if any(word in reported_for.CHANNELS for word in said):
        draft.change("", channel=wish.channel)
    draft.change("", requester=to, internal=True, language=language, zone=person.zone or ticket.zone, asked=())
    wrong = [name for name in _OF_A_PERSON if name in ticket.fields and ticket.fields[name].source in _GUESSED]
    draft.forget(*wrong)
    draft.learn({each.name: each for each in _known(person, to.name)})
    retriage.by_person(draft, person)
    if policy.is_internal(before.address) and policy.agent(before.address) is None:
        draft.writers.append(before)
    draft.tell_requester("requester/acknowledged", registered=Words(*_MADE_THEIRS).for_(language).format(by=agent.name))


_MADE_THEIRS = (
    "{by} has registered this for you. You are its contact from now on.",
    "{by}已把这张工单登记到您名下，后续进展会直接通知您。",
)


def _known(person: Person, name: str) -> tuple[Field, ...]:
    rows = persons.known(person, None, {}, None, Address(person.address, name))
    return tuple(rows.values())


def one_of(found: tuple[Person, ...], words: str) -> Person:
    """The one person that is meant. Refused, with the candidates, where it is nobody or more than one."""
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(several(found, words))
    if words.count("@") > 1:
        raise Refused(Words("one person at a time: write one address", "一次只能写一个人，请只写一个邮箱地址"))
    raise Refused(
        Words(
            f"nobody is known as “{words[:60]}”; write the full address",
            f"找不到“{words[:60]}”，请写完整的邮箱地址",
        )
    )


def several(found: tuple[Person, ...], words: str) -> Words:
    """That a name fits several people, with each of them."""
    english = "; ".join(f"{_name(each)}{_where(each, ' ({})')} {each.address}" for each in found[:8])
    chinese = "；".join(f"{_name(each)}{_where(each, '（{}）')} {each.address}" for each in found[:8])
    return Words(
        f"several people are called “{words[:60]}”, write the address: {english}",
        f"“{words[:60]}”对应多个人，请写邮箱地址：{chinese}",
    )


def unfit_requester(address: str, policy: Policy) -> Words | None:
    """Why nothing can be registered for this address; None if it can."""
    if {address, policy.plain(address)} & set(policy.desk.own_addresses):
        return Words("that is the desk itself", "这是服务台自己的邮箱")
    if address in policy.machines or is_robot(address):
        return Words(f"nobody reads what is sent to {address}", f"{address} 是系统邮箱，没有人会看")
    return None


def _name(person: Person) -> str:
    return person.name or person.address


def _where(person: Person, form: str) -> str:
    return form.format(person.department) if person.department else ""
