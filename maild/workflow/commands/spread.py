"""Which tickets a mail's commands are for: the one that it is on, or those that a command names first (PRODUCT §3.4).

`#resolve IT-3 IT-7 换墨盒` is done on two tickets, each in a transaction of its own, wherever the mail itself belongs.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from maild.model import Policy, Words
from maild.workflow.commands.grammar import Command, Parsed
from maild.workflow.commands.verbs import BY_NAME

# Commands for more tickets than this in one mail are a paste, not a wish.
MAX_TICKETS = 60


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done on one ticket, in the order of the mail."""

    ticket: int
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """The commands of one mail by what they concern: `here`, the ticket that it is on; `jobs`, tickets that it names;
    `desk`, the desk itself. With problems nothing may be done."""

    here: tuple[Command, ...] = ()
    jobs: tuple[Job, ...] = ()
    desk: tuple[Command, ...] = ()
    problems: tuple[tuple[str, Words], ...] = ()


def spread(parsed: Parsed, on: int | None, policy: Policy) -> Spread:
    """Where each command goes; `on` is the ticket of the mail, None for one that belongs to none."""
    here: list[Command] = []
    desk: list[Command] = []
    jobs: dict[int, list[Command]] = {}
    problems: list[tuple[str, Words]] = []
    for command in parsed.commands:
        verb = BY_NAME[command.verb]
        if verb.about == "desk":
            desk.append(command)
            continue
        numbers, rest = _named(command, on, policy)
        if numbers:
            for number in numbers:
                jobs.setdefault(number, []).append(replace(command, argument=rest))
            if verb.argument == "required" and not rest:
                problems.append((command.line, _missing(verb.usage)))
            elif verb.argument == "none" and any(c.isalnum() for c in rest):
                problems.append((command.line, _unknown(rest)))
        elif verb.argument == "none" and command.argument:
            problems.append((command.line, _unknown(command.argument)))
        elif on is not None:
            here.append(command)
        else:
            problems.append((command.line, _which(verb.usage, policy)))
    if jobs and here and on is not None:
        # With others on other tickets, what is for this one is an order like them.
        jobs = {on: [*here, *jobs.pop(on, [])], **jobs}
        here = []
    if on is not None and list(jobs) == [on]:
        here, jobs = list(jobs[on]), {}
    if len(jobs) > MAX_TICKETS:
        problems.append(
            (parsed.commands[0].line, Words(f"more than {MAX_TICKETS} tickets", f"一次最多 {MAX_TICKETS} 张工单"))
        )
    return Spread(
        tuple(here), tuple(Job(number, tuple(each)) for number, each in jobs.items()), tuple(desk), tuple(problems)
    )


# Full-width ASCII, as an input method may write it, one character for one.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def leading(text: str, policy: Policy) -> tuple[tuple[int, ...], str]:
    """`IT-3, [IT-7]：换墨盒` → ((3, 7), "换墨盒"): the tickets with which a text begins, and what follows them."""
    found: list[int] = []
    rest = text.strip()
    pattern = _tag(policy)
    while (match := pattern.match(rest.translate(_NARROW))) is not None:
        found.append(int(match[1]))
        rest = rest[match.end() :]
    return tuple(dict.fromkeys(found)), (rest.strip() if found else text)


def _anywhere(text: str, policy: Policy) -> tuple[tuple[int, ...], str]:
    """`VPN down IT-3 IT-4` → ((3, 4), "VPN down")."""
    pattern = _tag(policy)
    found = [match for match in pattern.finditer(text.translate(_NARROW))]
    rest, at = "", 0
    for match in found:
        rest, at = rest + text[at : match.start()], match.end()
    return tuple(dict.fromkeys(int(match[1]) for match in found)), (rest + text[at:]).strip()


def _named(command: Command, on: int | None, policy: Policy) -> tuple[tuple[int, ...], str]:
    """The tickets that a command is for, and its argument without them."""
    verb = BY_NAME[command.verb]
    numbers, rest = (_anywhere if verb.names and on is None else leading)(command.argument, policy)
    if not numbers or (on is not None and (verb.names or command.verb == "note")):
        # A note that begins with the number of another ticket speaks of it.
        return (), command.argument
    if not verb.names:
        return numbers, rest
    # "#merge IT-3 IT-7" in a fresh mail: on IT-3, with IT-7.
    first = numbers[0]
    others = " ".join(f"{policy.desk.prefix}-{number}" for number in numbers[1:])
    return (first,), " ".join(part for part in (others, rest) if part)


def _tag(policy: Policy) -> re.Pattern[str]:
    names = "|".join(re.escape(each) for each in (policy.desk.prefix, *policy.desk.former_prefixes))
    return re.compile(
        rf"(?<!\w)[\[【(（]?(?:{names})\s?[-－—]\s?(\d{{1,10}})(?!\d)[\]】)）]?[\s　,，、;；:：.和与&+]*(?:and\b\s*)?",
        re.IGNORECASE,
    )


def without_tickets(line: str, verb: str, policy: Policy) -> str:
    """A command as it was written, without the tickets that it was for: "#resolve IT-3, IT-7 ink" → "#resolve ink"."""
    verb_ends = next((end for end in range(1, len(line)) if leading(line[end:], policy)[0]), None)
    if verb_ends is None or BY_NAME[verb].names:
        return line
    return f"{line[:verb_ends].rstrip()} {leading(line[verb_ends:], policy)[1]}".rstrip()


def tickets_of(jobs: Iterable[Job]) -> tuple[int, ...]:
    return tuple(each.ticket for each in jobs)


def _missing(usage: str) -> Words:
    return Words(f"something is missing: {usage}", f"缺少内容：{usage}")


def _unknown(text: str) -> Words:
    return Words(f"there is no ticket {text}", f"没有 {text} 这张工单")


def _which(usage: str, policy: Policy) -> Words:
    like = usage.replace(" ", f" {policy.desk.prefix}-12 ", 1) if " " in usage else f"{usage} {policy.desk.prefix}-12"
    return Words(f"on which ticket? Write {like}", f"是哪张工单？请写 {like}")
