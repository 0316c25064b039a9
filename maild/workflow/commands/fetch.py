"""#file: attachments of a ticket by mail, to the agent who asks (PRODUCT §3.4); large ones are left out of notices."""

import re
import unicodedata
from dataclasses import replace

from maild.model import Filed, Policy, Words
from maild.workflow import restricted
from maild.workflow.commands.arguments import Refused
from maild.workflow.commands.grammar import Command, Parsed
from maild.workflow.commands.spread import leading
from maild.workflow.errand import Errand

VERB = "file"

_ALL = frozenset({"all", "全部", "所有", "*"})
_NUMBERS = re.compile(r"\d{1,4}(?:\s?[-~－—至到]\s?\d{1,4})?")
# What stands between numbers; anything else is no number.
_BETWEEN = re.compile(r"[\s,，、;；和与&#]+|\band\b|号|no\.?", re.IGNORECASE)


def tickets_asked(parsed: Parsed, on: int | None, policy: Policy) -> tuple[int, ...]:
    """The tickets whose attachments a mail asks for; `on` is its own."""
    found: dict[int, None] = {}
    for each in parsed.commands:
        if each.verb == VERB:
            numbers, _ = leading(each.argument, policy)
            found.update(dict.fromkeys(numbers or ((on,) if on is not None else ())))
    return tuple(found)


def file(errand: Errand, command: Command, text: str) -> None:
    """`#file 2`, `#file 1 3`, `#file IT-12 all`: one mail with what fits into it; what does not is named."""
    policy = errand.policy
    numbers, rest = leading(command.argument, policy)
    own = errand.ticket.key if errand.ticket is not None else None
    if not numbers and own is None:
        like = f"#file {policy.desk.prefix}-12 1"
        raise Refused(Words(f"of which ticket? Write {like}", f"是哪张工单的附件？请写 {like.replace('file', '附件')}"))
    for number in numbers or (own or 0,):
        _send(errand, number, rest)


def _send(errand: Errand, number: int, wanted: str) -> None:
    tag = f"{errand.policy.desk.prefix}-{number}"
    ticket, there = errand.facts.filed.get(number, (None, ()))
    if ticket is None:
        raise Refused(
            Words(f"there is no {tag}; the number stands in the subject", f"没有 {tag} 这张工单，编号见邮件主题")
        )
    if errand.agent is None or not restricted.may_see(errand.agent, ticket, errand.policy):
        raise Refused(restricted.refused(ticket, errand.policy))
    chosen = _chosen(wanted, there, tag)
    errand.answer(
        "agent/files",
        Words(f"attachments of {tag}", f"{tag} 的附件"),
        tag=tag,
        attachments=tuple(
            (each.attachment.filename or each.attachment.content_type, each.attachment.size, False, each.number)
            for each in chosen
        ),
        gone=tuple(each.number for each in chosen if not each.inbound),
        limit=errand.policy.message_bytes,
    )
    errand.mails[-1] = replace(errand.mails[-1], filed=tuple(each for each in chosen if each.inbound))


def _chosen(wanted: str, there: tuple[Filed, ...], tag: str) -> tuple[Filed, ...]:
    """The attachments that are asked for, in the order of their numbers."""
    if not there:
        raise Refused(
            Words(
                f"{tag} has no attachments; ask the requester for them in a reply",
                f"{tag} 没有附件，可回复用户请其补发",
            )
        )
    said = unicodedata.normalize("NFKC", wanted).strip().strip(".。!！").lower()
    if said in _ALL or (not said and len(there) == 1):
        return there
    names = Words(_listed(there, "; "), _listed(there, "；"))
    numbers: set[int] = set()
    for each in _NUMBERS.findall(said):
        first, _, last = re.sub(r"\s?[-~－—至到]\s?", "-", each).partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    if not numbers or _BETWEEN.sub("", _NUMBERS.sub("", said)):
        raise Refused(
            Words(
                f"which attachment? Write its number, or all: {names.en}", f"哪个附件？请写编号，或“全部”：{names.zh}"
            )
        )
    unknown = sorted(numbers - {each.number for each in there})
    if unknown:
        raise Refused(
            Words(f"{tag} has no attachment {unknown[0]}; it has: {names.en}",
                  f"{tag} 没有第 {unknown[0]} 个附件；现有：{names.zh}")
        )  # fmt: skip
    return tuple(each for each in there if each.number in numbers)


def _listed(there: tuple[Filed, ...], between: str) -> str:
    shown = [f"{each.number} {each.attachment.filename or each.attachment.content_type}" for each in there[:20]]
    return between.join(shown) + (" …" if len(there) > len(shown) else "")
