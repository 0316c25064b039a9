"""`#cc WHO`: somebody reads along and may write; `#cc -WHO` ends it (PRODUCT §3.4).

Who is in copy gets what the desk writes to the requester, each a mail of their own, and nothing that is internal.
"""

import re
import unicodedata

from maild.model import Address, Agent, Participant, Person, Policy, Words
from maild.model.secrets_mask import mask_secrets
from maild.workflow import restricted
from maild.workflow.commands.arguments import Refused
from maild.workflow.commands.grammar import Command, parse
from maild.workflow.commands.tags import takes_away
from maild.workflow.draft import Draft
from maild.workflow.persons import is_requester
from maild.workflow.reported_for import is_clean

_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"']{1,64}@[a-z0-9.-]{1,190}\.[a-z0-9-]{2,60}", re.ASCII)
_AWAY = re.compile(r"^\s*(?:[-－−–—]|remove\b|移除|取消)\s*", re.IGNORECASE)
_MOST = 10
_REPORT_CHARACTERS = 4_000


def called(text: str) -> tuple[str, ...]:
    """Whom the #cc lines of an agent's mail name, in lower case."""
    return tuple(word for each in parse(text).commands if each.verb == "cc" for word in _words(each.argument))


def _words(argument: str) -> tuple[str, ...]:
    """`Mary Jones, bob@corp.example` → ("mary jones", "bob@corp.example"); minus signs are left out."""
    found: list[str] = []
    for part in re.split(r"[,，、;；]", unicodedata.normalize("NFKC", argument)):
        part = _AWAY.sub("", part).strip().lower()
        addresses = _ADDRESS.findall(part)
        if len(addresses) > 1 or (addresses and " " in part):
            # "Mary Jones <mary@corp.example>", or several addresses without a comma.
            found.extend(addresses)
        elif part:
            found.append(part.strip("<>").removeprefix("@"))
    return tuple(dict.fromkeys(found))[:_MOST]


def cc(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """Put people in copy, or take them off."""
    away = takes_away(command.argument)
    words = _words(command.argument)
    if not words:
        raise Refused(Words("whom? #cc WHO", "抄送给谁？请写 #抄送 同事"))
    for word in words:
        if away:
            _take_off(draft, agent, word)
        else:
            _put_in(draft, agent, word)


def _put_in(draft: Draft, agent: Agent, word: str) -> None:
    who, every, language = _who(draft, word)
    _check(draft, who, every)
    draft.readers.append(who)
    draft.note("participant", "", who.key, f"put in copy by {agent.name}")
    draft.write(
        "requester/in_copy",
        who,
        "requester",
        language if language in draft.policy.desk.languages else draft.ticket.language,
        by=agent.name,
        requester=_called(draft.ticket.requester),
        text=mask_secrets(draft.facts.report)[0][:_REPORT_CHARACTERS],
    )


def _called(who: Address) -> str:
    """A person by name: their address is nobody else's to have."""
    return who.name or who.address.partition("@")[0]


def _who(draft: Draft, word: str) -> tuple[Address, frozenset[str], str]:
    """Whom an agent means: (where they get mail, all of their addresses, their language)."""
    policy = draft.policy
    agent = policy.agent(word) or _agent_called(word, policy)
    if agent is not None:
        return Address(agent.address, agent.name), frozenset({agent.address, *agent.aliases}), agent.language
    found = draft.facts.called.get(word, ())
    if "@" in word:
        if not _ADDRESS.fullmatch(word) or not is_clean(word):
            raise Refused(
                Words(
                    f"{word!r} is no mail address: write #cc name@example.com", f"“{word}”不是邮箱地址，请写完整的邮箱"
                )
            )
        person = found[0] if found else None
        every = frozenset({word, policy.plain(word), *(person.addresses if person is not None else ())})
        return Address(word, person.name if person else ""), every, person.language if person else ""
    if len(found) > 1:
        names = ", ".join(_shown(each) for each in found)
        raise Refused(
            Words(f"{word!r} may be one of these, write the address: {names}", f"“{word}”有几位：{names}，请写邮箱")
        )
    if not found:
        raise Refused(
            Words(
                f"the directory knows nobody called {word!r}; write the whole address",
                f"目录里没有“{word}”，请写完整的邮箱地址",
            )
        )
    return Address(found[0].address, found[0].name), frozenset(found[0].addresses), found[0].language


def _agent_called(word: str, policy: Policy) -> Agent | None:
    found = [each for each in policy.agents.values() if word in (each.address.partition("@")[0], each.name.lower())]
    return found[0] if len(found) == 1 else None


def _shown(person: Person) -> str:
    return f"{person.name} <{person.address}>" if person.name else person.address


def _check(draft: Draft, who: Address, every: frozenset[str]) -> None:
    policy, ticket = draft.policy, draft.ticket
    name = who.name or who.address
    if {who.key, policy.plain(who.key)} & {*policy.desk.own_addresses, *policy.machines}:
        raise Refused(
            Words(
                f"{who.address} is nobody who reads mail: name a person",
                f"{who.address} 不是收信的人，请写同事的姓名或邮箱",
            )
        )
    if is_requester(ticket, who, draft.facts, policy):
        raise Refused(
            Words(
                f"{name} is the requester and gets all of it, so nothing is to be done",
                f"{name} 就是报障人，本来就会收到，无需抄送",
            )
        )
    agent = policy.agent(who.address)
    if agent is not None and not restricted.may_see(agent, ticket, policy):
        raise Refused(restricted.refused(ticket, policy))
    plain = {policy.plain(each) for each in every}
    new = {policy.plain(each.key) for each in draft.readers}
    if plain & new or any(each.reads and each.same & plain for each in draft.facts.participants):
        raise Refused(Words(f"{name} is in copy already, so nothing is to be done", f"{name} 已经在抄送中，无需再加"))


def _take_off(draft: Draft, agent: Agent, word: str) -> None:
    """All rows of that person: what they read and write ends, whichever address they use."""
    fit = [each for each in draft.facts.participants if (each.reads or each.writes) and _is(each, word, draft)]
    people = {frozenset(each.same) for each in fit}
    if len(people) != 1:
        there = ", ".join(each.address.key for each in draft.facts.participants if each.reads or each.writes)
        raise Refused(
            Words(f"whom? name one of those in copy: {there}", f"移除哪一位？请写其中一位：{there}")
            if there
            else Words("nobody is in copy, so nothing is to be done", "目前没有抄送任何人，无需移除")
        )
    for each in fit:
        draft.gone.append(each.address)
        draft.note("participant", each.address.key, "", f"taken out of the copy by {agent.name}")


def _is(each: Participant, word: str, draft: Draft) -> bool:
    policy = draft.policy
    named = policy.agent(word) or _agent_called(word, policy)
    found = {policy.plain(one) for person in draft.facts.called.get(word, ()) for one in person.addresses}
    if named is not None:
        found.add(policy.plain(named.address))
    return (
        policy.plain(word) in each.same
        or bool(found & each.same)
        or word in (each.address.name.lower(), each.address.key.partition("@")[0])
    )
