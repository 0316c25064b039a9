"""`#use IT-87` and `#use NAME`: what solved another ticket, or a text of the desk's own, goes to the requester."""

import re

from maild.model import Address, Agent, Entry, Policy, Words
from maild.workflow import copied, lifecycle
from maild.workflow.commands import work
from maild.workflow.commands.arguments import Refused
from maild.workflow.commands.grammar import Command, parse
from maild.workflow.draft import Draft
from maild.workflow.restricted import belongs

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")
_NAMED = {"zh-CN": Words("Chinese", "中文"), "en": Words("English", "英文")}


def tickets_named(text: str, policy: Policy) -> tuple[int, ...]:
    """The tickets whose solutions a mail's new text wants to use; empty for one without such a command."""
    if "#" not in text and "＃" not in text:
        return ()
    asked = (_ticket(each.argument, policy) for each in parse(text).commands if each.verb == "use")
    return tuple(dict.fromkeys(number for number in asked if number is not None))


def use(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """Send a solution or a macro under the agent's name, below the agent's own words (PRODUCT §3.4).

    Beside `#resolve` in the same mail it is the summary, or the end of it.
    """
    number = _ticket(command.argument, draft.policy)
    if number is None:
        what = _macro(draft, command.argument)
        why = f"sent the macro {_name(command.argument)}"
    else:
        what = _solution(draft, agent, number)
        why = f"sent the solution of {draft.policy.desk.prefix}-{number}"
        draft.links.append((number, "solution"))
    draft.note("used", "", command.argument.strip()[:60], why)
    if "resolve" in draft.verbs:
        # One letter, not two: the solution goes out as that of this ticket, with the question whether it helped.
        draft.used = "\n\n".join(part for part in (draft.used, what) if part)
        return
    say(draft, agent, "\n\n".join(part for part in (text, what) if part), why)


def say(draft: Draft, agent: Agent, words: str, why: str) -> None:
    """Words of an agent to the requester, and to who reads along: a first contact, from the desk's address."""
    author = Address(agent.address, agent.name)
    draft.keep(Entry(direction="out", visibility="public", author=author, role="agent", text=words, new_text=words))
    draft.respond(why)
    if draft.ticket.assignee is None:
        work.assign_to(draft, agent, why)
    goes = lifecycle.ACTS[lifecycle.act("reply", lifecycle.stage(draft.ticket, draft.now, draft.policy))].to
    if goes is not None:
        draft.enter(goes, why)
    draft.change("", owes="requester", chased=None)
    draft.tell_requester("requester/reply", automatic=False, author=agent.name, text=words)
    copied.tell_copies(draft, "requester/reply", words, automatic=False, author=agent.name)


def _solution(draft: Draft, agent: Agent, number: int) -> str:
    """What solved a ticket, in words that this requester may read and can."""
    tag, ticket = f"{draft.policy.desk.prefix}-{number}", draft.ticket
    found = draft.facts.solutions.get(number)
    if found is None:
        raise Refused(
            Words(
                f"{tag} has no confirmed solution; write it in your own words",
                f"{tag} 没有已确认的处理说明，请用自己的话写",
            )
        )
    team = found.solved.restricted_to
    # Somebody outside learns no more than that the ticket exists; its team may use it among its own restricted ones.
    if team and (not belongs(agent, team, draft.policy) or not ticket.restricted or ticket.team != team):
        raise Refused(
            Words(
                f"{tag} is restricted to its team and cannot be sent on; write it in your own words",
                f"{tag} 仅限其处理组查看，不能转发给用户，请用自己的话写",
            )
        )
    if _is_chinese(found.text) != ticket.language.startswith("zh"):
        other = "zh-CN" if _is_chinese(found.text) else "en"
        reads = _NAMED.get(ticket.language, _NAMED["en"])
        raise Refused(
            Words(
                f"it is written in {_NAMED[other].en}, and the requester reads {reads.en}."
                f" Please put it into your own words: {found.text}",
                f"处理说明是{_NAMED[other].zh}的，而对方使用{reads.zh}，请用自己的话转述：{found.text}",
            )
        )
    return found.text


def _macro(draft: Draft, argument: str) -> str:
    macros = draft.policy.macros
    name = _name(argument)
    texts = macros.get(name)
    if texts is None:
        known, like = ", ".join(sorted(macros)) or "-", f"{draft.policy.desk.prefix}-87"
        raise Refused(
            Words(
                f"there is no macro {name!r}; there are: {known}. A solution is named like {like}",
                f"没有叫“{name}”的常用回复；现有：{known}。引用工单请写编号，例如 {like}",
            )
        )
    text = texts.get(draft.ticket.language)
    if text is None:
        reads = _NAMED.get(draft.ticket.language, _NAMED["en"])
        raise Refused(
            Words(
                f"the macro {name!r} has no text in {reads.en}; write it in your own words",
                f"常用回复“{name}”没有{reads.zh}版本，请用自己的话写",
            )
        )
    return text


def _ticket(argument: str, policy: Policy) -> int | None:
    """`IT-87`, `[it-87]`, `87` → 87; None for anything else."""
    prefixes = "|".join(re.escape(name) for name in (policy.desk.prefix, *policy.desk.former_prefixes))
    found = re.fullmatch(
        rf"[\[【(（]?(?:(?:{prefixes})[-－]?)?(\d{{1,10}})[\]】)）]?[.!。！]?", argument.strip(), re.IGNORECASE
    )
    return int(found[1]) if found is not None else None


def _name(argument: str) -> str:
    return argument.strip().strip(".!。！\"“”'").lower()[:40]


def _is_chinese(text: str) -> bool:
    """Whether a text reads as Chinese: product names and commands in it stay Latin."""
    return len(_CHINESE.findall(text)) * 5 >= len(_LETTER.findall(text))
