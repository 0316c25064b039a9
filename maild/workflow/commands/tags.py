"""Tickets that stand behind a command: `#merge IT-7`, `#link IT-7, IT-9`, `#link -IT-7`."""

import re

from maild.model import Policy, Words
from maild.workflow.commands.arguments import Refused
from maild.workflow.commands.grammar import parse
from maild.workflow.commands.spread import anywhere

# Verbs whose argument names other tickets, of which the decision wants to know everything.
_NAME_OTHERS = frozenset({"merge", "link"})
_AWAY = re.compile(r"\s*(?:[-−－–—]|remove\b|移除|取消|解除)", re.IGNORECASE)


def others_named(text: str, policy: Policy) -> tuple[int, ...]:
    """The tickets that #merge and #link in an agent's mail name."""
    return tuple(
        number
        for each in parse(text).commands
        if each.verb in _NAME_OTHERS
        for number in anywhere(each.argument, policy)[0]
    )


def some_tickets(argument: str, usage: Words, policy: Policy) -> tuple[int, ...]:
    """The tickets that an argument names; Refused where it names none, or holds something else."""
    numbers, rest = anywhere(argument, policy)
    rest = rest.strip(" \t-−－–—,，、;；.。!！")
    if not numbers or rest:
        shown = argument.strip()[:60]
        raise Refused(Words(f"“{shown}” is no ticket; write {usage.en}", f"“{shown}”不是工单编号，请写 {usage.zh}"))
    return numbers


def takes_away(argument: str) -> bool:
    """Whether a minus sign, or a word for it, stands before what is named."""
    return _AWAY.match(argument) is not None or argument.rstrip().endswith("-")
