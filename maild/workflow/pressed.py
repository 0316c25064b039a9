"""What a pressed button orders, and what an agent is told whose button does not hold (PRODUCT §3.3; THREATS A07).

The token is bound to one verb. Where nothing else proves who wrote, it is good for that verb and for no other line of
the mail: whoever has a copy of a notice must not get more out of its buttons than they say.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from maild.model import MailArrived, Policy, Press, Words
from maild.model.when import spoken
from maild.workflow.commands.grammar import Command, Parsed, parse
from maild.workflow.commands.spread import spread
from maild.workflow.commands.verbs import BY_NAME

NO_EVIDENCE = "a button that does not hold, and nothing else proves who pressed it: nothing is done, nobody is told"

# What somebody may add to these in the body: their own words about the very thing that the button does.
_WITH_WORDS = frozenset({"resolve", "escalate", "out-of-scope", "not-approved", "split", "update", "reopen"})
_ALONE = Words(
    "a button stands for its own command alone: please send the other ones as a reply to the notice",
    "按钮只执行它自己的命令：其他命令请直接回复通知，或另发一封",
)
_WHY: Mapping[str, Words] = {
    "used": Words("that button was used at {at} and serves once", "该按钮已在{at}用过，只能用一次"),
    "expired": Words("that button is older than 30 days", "该按钮已超过 30 天"),
    "foreign": Words(
        "that button was made for somebody else or for another ticket, or its mail was cut short",
        "该按钮不是为您或这张工单生成的，或者邮件内容不完整",
    ),
}
_INSTEAD = Words("; write {line} in a reply to the notice instead", "；请直接回复通知，写 {line}")


def by_nobody(event: MailArrived, policy: Policy) -> bool:
    """Whether a mail in a listed agent's name holds a button that is used up, or nothing but one that does not hold,
    and nothing proves whose press it was: then nothing is done, and nobody is told (THREATS A07)."""
    press, message = event.press, event.message
    if not press.denied or event.trust.verdict == "agent" or policy.agent(message.from_.address) is None:
        return False
    if press.denied == "used":
        # It has done what it was for; the same mail once more is worth no question.
        return True
    if message.attachments or message.own_text:
        parsed = parse(message.own_text)
        bare = all(each.verb == press.verb and not each.argument for each in parsed.commands)
        return bare and not parsed.text and not parsed.problems and not message.attachments
    return True


def with_press(parsed: Parsed, event: MailArrived, policy: Policy) -> Parsed:
    """The commands of a mail with the one that its button stands for in front, and what is wrong about it."""
    press = event.press
    if press.denied:
        return replace(parsed, problems=(*parsed.problems, (press.line, why_not(press, policy, event.received))))
    if press.verb not in BY_NAME:
        return parsed
    own = next((each for each in parsed.commands if each.verb == press.verb), None)
    rest = tuple(each for each in parsed.commands if each.verb != press.verb)
    command = Command(press.verb, press.argument, press.line)
    if own is not None and not press.argument:
        command = own
    if event.trust.evidence == "button":
        others = [each.line for each in rest]
        if own is not None and not _says_no_more(own, press, event, policy):
            others.append(own.line)
        if others:
            return replace(parsed, problems=(*parsed.problems, *((line, _ALONE) for line in others)))
    return replace(parsed, commands=(command, *rest))


def _says_no_more(own: Command, press: Press, event: MailArrived, policy: Policy) -> bool:
    """Whether the same command in the body adds nothing to the button's but the writer's words about it."""
    if not own.argument or own.argument.lower() == press.argument.lower():
        return True
    elsewhere = spread(Parsed((own,)), event.thread.ticket, policy)
    return press.verb in _WITH_WORDS and not elsewhere.jobs and not elsewhere.problems


def refusals(press: Press, policy: Policy, now: datetime, language: str) -> tuple[tuple[str, bool, str], ...]:
    """The transcript of a press that does not hold."""
    return ((press.line, False, why_not(press, policy, now).for_(language)),)


def why_not(press: Press, policy: Policy, now: datetime) -> Words:
    """Why a press does nothing, and what to write instead."""
    why = _WHY[press.denied or "foreign"]
    at = [spoken(press.used, policy.desk.zone, now, each) if press.used else "" for each in ("en", "zh-CN")]
    instead = _INSTEAD if press.verb in BY_NAME else Words("", "")
    chinese = BY_NAME[press.verb].chinese[0] if press.verb in BY_NAME else press.verb
    return Words(
        why.en.format(at=at[0]) + instead.en.format(line=press.line),
        why.zh.format(at=at[1]) + instead.zh.format(line=f"#{chinese} {press.argument}".rstrip()),
    )
