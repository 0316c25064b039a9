"""For whom an agent's mail is a report: `#for WHO`, or the sender of what is forwarded (PRODUCT §3.4). All pure.

Only the command and the forwarded mail's own sender name anybody; an address elsewhere in the text never does.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace

from maild.model import Address, Behalf, MailArrived, Message, Person, Policy, Sender, Wish
from maild.model.robots import is_robot
from maild.model.ticket import Channel
from maild.workflow.commands.grammar import Command, Parsed, from_subject, parse
from maild.workflow.commands.spread import leading
from maild.workflow.commands.two_forms import in_both_forms

VERB = "for"

# How a report came that was no mail (manual 2.1.2), by every word that agents use for it.
CHANNELS: Mapping[str, Channel] = {
    **dict.fromkeys(("phone", "call", "called", "tel", "telephone", "电话", "来电", "热线"), "phone"),
    **dict.fromkeys(("chat", "im", "message", "即时消息", "即时通讯", "聊天", "微信", "企业微信", "钉钉"), "chat"),
    **dict.fromkeys(("visit", "walk-in", "walkin", "person", "desk", "当面", "现场", "上门", "到访", "面谈"), "visit"),
    **dict.fromkeys(("mail", "email", "e-mail", "邮件", "转发"), "mail"),
}  # fmt: skip

_ATOM = r"a-z0-9.!#$%&'*+/=?^_`{|}~-"
_ADDRESS = re.compile(rf"(?<![@{_ATOM}])[{_ATOM}]{{1,64}}@[a-z0-9.-]{{1,190}}(?![@{_ATOM}])", re.IGNORECASE | re.ASCII)
_CLEAN = re.compile(rf"[{_ATOM}]{{1,64}}@[a-z0-9-]{{1,63}}(?:\.[a-z0-9-]{{1,63}}){{1,8}}")
_BETWEEN = re.compile(r"[\s　,，;；:：、]+")
_AROUND = " \t　,，;；:：、。.<>()（）[]【】\"'“”"
# A name has at most so many words; what follows is the report.
_NAME_WORDS = 4
_NAME_CHARS = 60


def wish(message: Message, policy: Policy) -> Wish | None:
    """For whom an agent's mail on no ticket is; None where it is their own. A command counts more than a forward."""
    agent = policy.agent(message.from_.address)
    if agent is None:
        return None
    command = next((each for each in commands_of(message, policy).commands if _registers(each, policy)), None)
    if command is not None:
        return read(command.argument)
    if message.forwarded is None or not _stands_for_somebody(message.forwarded.from_, policy):
        return None
    sender = message.forwarded.from_
    if policy.agent(sender.address) is agent:
        return None
    return Wish("forward", sender.key or sender.name, sender.key, "mail")


def sets_right(message: Message, policy: Policy) -> bool:
    """Whether a mail on a ticket says whose it is."""
    own = "" if message.only_quoted else message.new_text
    first = from_subject(message, policy)
    return any(each.verb == VERB for each in parse(f"{first}\n{own}" if first else own).commands)


def _registers(command: Command, policy: Policy) -> bool:
    """Whether it is a new report; a command that names a ticket sets that one's requester right."""
    return command.verb == VERB and not leading(command.argument, policy)[0]


def _stands_for_somebody(sender: Address, policy: Policy) -> bool:
    """Whether a forwarded mail's sender can be a requester: neither the desk itself nor a machine."""
    key = sender.key
    if not key:
        return bool(sender.name.strip())
    return is_clean(key) and not (key in policy.desk.own_addresses or key in policy.machines or is_robot(key))


def is_clean(address: str) -> bool:
    """Whether this is one plain ASCII addr-spec that a mail can be sent to."""
    return len(address) <= 254 and _CLEAN.fullmatch(address) is not None


def commands_of(message: Message, policy: Policy, answers: frozenset[str] = frozenset()) -> Parsed:
    """The commands of a mail on no ticket, with the text under them: of what is forwarded no line commands anything."""
    own = "" if message.only_quoted else message.new_text
    if message.forwarded is not None:
        own = message.forwarded.own
    first = from_subject(message, policy)
    parsed = parse(f"{first}\n{own}" if first else own, unknown="text" if "as_text" in answers else "wrong")
    return parsed if message.forwarded is not None else in_both_forms(parsed, message, own)


def read(argument: str) -> Wish:
    """`李雷 电话`, `li.lei@corp.example phone`, `Li Lei <li.lei@corp.example>`: whom, and how it was reported."""
    text = unicodedata.normalize("NFKC", argument).strip()
    found = _ADDRESS.search(text[:200])
    if found is not None:
        before, after = text[: found.start()].strip(_AROUND), text[found.end() :].strip(_AROUND)
        second = _ADDRESS.match(after)
        if second is not None:
            # Two people, of whom only one would hear of it.
            return Wish("command", f"{found[0]},{second[0]}", "", "phone")
        how, rest = _channel(after)
        if not how:
            how, before = _channel(before)
        address = found[0].strip(".").lower()
        name = before if len(before) <= _NAME_CHARS else ""
        return Wish("command", f"{name} {address} {rest}".strip(), address, how or "phone")
    words = [word for word in _BETWEEN.split(text) if word]
    how = next((CHANNELS[word.lower()] for word in words if word.lower() in CHANNELS), None)
    at = next((n for n, word in enumerate(words) if word.lower() in CHANNELS), -1)
    if at >= 0:
        words.pop(at)
    return Wish("command", " ".join(words), "", how or "phone")


def _channel(text: str) -> tuple[Channel | None, str]:
    """The channel with which a text begins, if it does, and what follows it."""
    word, *rest = _BETWEEN.split(text, maxsplit=1)
    channel = CHANNELS.get(word.strip(_AROUND).lower())
    return (channel, rest[0].strip(_AROUND) if rest else "") if channel is not None else (None, text)


def names(wish: Wish) -> tuple[str, ...]:
    """What the desk is asked about, the longest first: a name has up to four words, and a report may follow it."""
    if wish.address:
        return (wish.address,)
    words = wish.words.split()
    if wish.how == "forward":
        return (" ".join(words),)
    return tuple(" ".join(words[:n]) for n in range(min(len(words), _NAME_WORDS), 0, -1))


def called(parsed: Parsed, policy: Policy) -> tuple[str, ...]:
    """What the desk is asked about for the commands of a mail on a ticket."""
    found: dict[str, None] = {}
    for each in parsed.commands:
        if each.verb == VERB:
            found.update(dict.fromkeys(names(read(leading(each.argument, policy)[1]))))
    return tuple(found)


def people(wish: Wish, known: Mapping[str, Iterable[Person]], policy: Policy) -> tuple[tuple[Person, ...], str]:
    """Whom the desk knows by what is written, from the directory and the list of agents, and the words behind it."""
    if wish.address:
        found = tuple(known.get(wish.address, ())) or _agents(wish.address, policy)
        name, _, rest = wish.words.partition(wish.address)
        stranger = Person(key=wish.address, addresses=(wish.address,), name=name.strip())
        return (found or ((stranger,) if is_clean(wish.address) else ())), rest.strip()
    for each in names(wish):
        directory = tuple(known.get(each, ()))
        listed = {address for person in directory for address in person.addresses}
        agents = tuple(one for one in _agents(each, policy) if not listed.intersection(one.addresses))
        if directory or agents:
            return (*directory, *agents), wish.words[len(each) :].strip()
    return (), ""


def _agents(words: str, policy: Policy) -> tuple[Person, ...]:
    wanted = words.lower()
    return tuple(
        Person(key=one.address, addresses=(one.address, *one.aliases), name=one.name, language=one.language)
        for one in policy.agents.values()
        if wanted in (one.address, *one.aliases, one.address.partition("@")[0], one.name.lower())
    )


def address_of(wish: Wish, person: Person) -> Address:
    """The address at which somebody is the requester: the one that was written, else their main one."""
    return Address(wish.address if wish.address in person.addresses else person.address, person.name)


def behalf(message: Message, wish: Wish, known: Mapping[str, Iterable[Person]], policy: Policy) -> Behalf:
    """An agent's mail as the report that it is, with no fields read yet."""
    found, rest = people(wish, known, policy)
    who = address_of(wish, found[0]) if len(found) == 1 else Address("")
    forwarded = message.forwarded
    subject = "" if from_subject(message, policy) else message.subject
    if forwarded is not None:
        text, new, signature = forwarded.text, forwarded.new_text or forwarded.text, forwarded.signature
        name = who.name or forwarded.from_.name
        # A command names somebody else than the sender, whose name it is not.
        who = replace(who, name=name if wish.how == "forward" else who.name)
        subject = subject or forwarded.subject
    else:
        text = new = "\n".join(part for part in (rest, commands_of(message, policy).text) if part)
        signature = ""
    report = replace(
        message,
        from_=who,
        sender=Sender(who.address or None),
        subject=subject,
        text=text,
        new_text=new,
        signature=signature,
        forwarded=None,
        in_reply_to=(),
        references=(),
        notes=(),
    )
    own = commands_of(message, policy).text if forwarded is not None else ""
    return Behalf(wish=wish, found=found, report=report, own=own)


def theirs(event: MailArrived) -> MailArrived:
    """The event as if the person reported for had written it; as it is, where it is nobody else's."""
    behalf = event.behalf
    if behalf is None or not behalf.certain:
        return event
    return replace(event, message=behalf.report, fields=behalf.fields, sent_by="")
