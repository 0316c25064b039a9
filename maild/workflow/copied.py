"""People in To and Cc of a mail: who has it already, and who may write on a ticket because of it (PRODUCT §3.4)."""

from dataclasses import replace
from typing import Any

from maild.model import Address, Attachment, Message, Participant, Policy, Words
from maild.workflow.draft import Draft
from maild.workflow.persons import is_requester

_REQUESTER = Words(
    "the requester stands in To or Cc of your mail and has it already, quoted notice included; it was not sent again",
    "您的邮件已直接抄送用户（包括引用的通知内容），系统没有再次转发",
)
_NOT_INSIDE = Words(
    "the requester stands in To or Cc of your mail, so the note was not internal: they have it, quoted notice included",
    "您的邮件同时直接发给了用户（包括引用的通知内容），这条备注已不是内部信息",
)
_READER = Words(
    "{who}, in copy of the ticket, stands in To or Cc of your mail and has it already; it was not sent again",
    "{who} 在工单抄送中，您的邮件已直接发给对方，系统没有再次转发",
)
_OUTSIDER = Words(
    "{who} is from outside the company and has your mail directly, quoted notice included. Answers will come to you,"
    " not to the ticket; #cc {who} puts them in copy",
    "{who} 是公司外部人员，您的邮件（包括引用的通知内容）已直接发给对方，回信只会到您这里；需要其参与请用 #抄送 {who}",
)


# What tells somebody that they are in copy from now on.
WELCOME = "requester/in_copy"


def have_it(draft: Draft, message: Message) -> frozenset[str]:
    """The addresses in To and Cc of an agent's mail, as `policy.plain` makes them."""
    return frozenset(draft.policy.plain(each.key) for each in (*message.to, *message.cc))


def requester_has_it(draft: Draft, message: Message) -> bool:
    return any(is_requester(draft.ticket, each, draft.facts, draft.policy) for each in (*message.to, *message.cc))


def reader_has_it(draft: Draft, reader: Address, message: Message) -> bool:
    """Whether somebody in copy of the ticket stands in To or Cc, at any of their addresses."""
    copied, plain = have_it(draft, message), draft.policy.plain
    own = next((each.same for each in draft.facts.participants if each.address.key == reader.key), frozenset[str]())
    return bool(copied & {plain(reader.key), *(plain(each) for each in own)})


def warnings(draft: Draft, message: Message, language: str, internal: bool) -> tuple[str, ...]:
    """What an agent should know of whom they have written to beside the desk; empty for nobody of interest."""
    policy = draft.policy
    found: list[str] = []
    if requester_has_it(draft, message):
        found.append((_NOT_INSIDE if internal else _REQUESTER).for_(language))
    readers = [each for each in draft.in_copy() if reader_has_it(draft, each, message)]
    found += [_READER.for_(language).format(who=each.name or each.address) for each in readers if not internal]
    known = {policy.plain(each.key) for each in readers}
    for each in {each.key: each for each in (*message.to, *message.cc)}.values():
        outside = not policy.is_internal(each.address) and policy.agent(each.address) is None
        mine = each.key in policy.desk.own_addresses or is_requester(draft.ticket, each, draft.facts, policy)
        if outside and not mine and policy.plain(each.key) not in known:
            found.append(_OUTSIDER.for_(language).format(who=each.address))
    return tuple(found)


def may_write(message: Message, policy: Policy, there: tuple[Participant, ...] = ()) -> list[Address]:
    """Who may write on a ticket because its requester has put them into To or Cc: people of the house, no agents, and
    nobody who is or was on it already (`there`)."""
    copied = {each.key: each for each in (*message.to, *message.cc)}
    return [
        each
        for each in copied.values()
        if policy.is_internal(each.address)
        and each.key not in policy.desk.own_addresses
        and each.key != message.from_.key
        and policy.agent(each.address) is None
        and not any(policy.plain(each.key) in one.same for one in there)
    ]


def tell_copies(
    draft: Draft,
    letter: str,
    words: str,
    without: Message | None = None,
    attach: tuple[Attachment, ...] = (),
    **options: Any,
) -> None:
    """What the desk writes to the requester, to everybody in copy: a letter each. `without` leaves out who has that
    mail already. Who has just been put in copy gets the words in the letter that says so: one mail, not two."""
    for reader in draft.in_copy():
        if without is not None and reader_has_it(draft, reader, without):
            continue
        new = next(
            (at for at, mail in enumerate(draft.mails) if (mail.template, mail.to.key) == (WELCOME, reader.key)), None
        )
        if new is None:
            draft.write(letter, reader, "requester", draft.ticket.language, attach=attach, text=words, **options)
            continue
        mail = draft.mails[new]
        draft.mails[new] = replace(mail, values={**mail.values, "words": words}, attach=(*mail.attach, *attach))
