"""The grammar of commands, written down once: the parser, the transcript and the help come from this table.

A command is a line at the top of the new text that begins with `#` (or `＃`) directly followed by a letter or a Chinese
character; `#1` and `# x` are text. Case and width do not matter, nor does punctuation that a phone adds (`#Take!`).
"""

import difflib
import unicodedata
from dataclasses import dataclass
from typing import Literal

from maild.model import Words

Argument = Literal["none", "optional", "required"]


@dataclass(frozen=True, slots=True)
class Verb:
    """One command: its English name, its Chinese names, what it takes, and what it does."""

    name: str
    chinese: tuple[str, ...]
    argument: Argument
    usage: str
    does: Words


VERBS: tuple[Verb, ...] = (
    Verb("take", ("接单",), "none", "#take", Words("the ticket is yours", "工单由您处理")),
    Verb("assign", ("转派",), "required", "#assign WHO", Words("give it to a colleague", "转给同事")),
    Verb("team", ("转组",), "required", "#team NAME", Words("give it to another team", "转给其他组")),
    Verb("priority", ("优先级",), "required", "#priority P2 [REASON]", Words("set the priority", "设定优先级")),
    Verb("category", ("分类",), "required", "#category NAME", Words("correct the category", "更正分类")),
    Verb("note", ("备注",), "optional", "#note TEXT", Words("a note that stays inside", "内部备注，用户看不到")),
    Verb("ask", ("补充",), "required", "#ask FIELD, FIELD", Words("ask the requester for details", "请用户补充信息")),
    Verb(
        "use",
        ("引用",),
        "required",
        "#use IT-87 | NAME",
        Words("send that solution, or that macro", "把该工单的处理说明或常用回复发给用户"),
    ),
    Verb("hold", ("挂起",), "required", "#hold 2d REASON", Words("wait for something else", "等待其他事项")),
    Verb(
        "resolve",
        ("解决",),
        "optional",
        "#resolve [SUMMARY]",
        Words("solved: the requester is asked", "已解决，请用户确认"),
    ),
    Verb("close", ("关闭",), "required", "#close REASON", Words("close without confirmation", "不经确认直接关闭")),
    Verb("reopen", ("重开",), "optional", "#reopen [REASON]", Words("open it again", "重新打开")),
    Verb("escalate", ("升级",), "optional", "#escalate [TIER]", Words("hand it to the next tier", "升级到下一级")),
    Verb(
        "out-of-scope", ("非it", "非it职责"), "optional", "#out-of-scope [TOPIC]", Words("not IT's job", "非IT职责范围")
    ),
    Verb(
        "split",
        ("拆分",),
        "optional",
        "#split [TEXT]",
        Words("a ticket of its own for the second problem", "为第二个问题另开工单"),
    ),
    Verb(
        "approve",
        ("审批",),
        "optional",
        "#approve [WHO] [WHY]",
        Words("ask the manager, or WHO, to agree", "请主管或指定的人审批"),
    ),
    Verb(
        "not-approved",
        ("未批准", "未获批准"),
        "optional",
        "#not-approved [TEXT]",
        Words("tell the requester that it was not approved, and close", "告知用户未获批准并关闭"),
    ),
    Verb("spam", ("垃圾",), "none", "#spam", Words("rubbish: close it silently", "垃圾邮件，静默关闭")),
    Verb(
        "incident",
        ("大面积故障", "重大事件"),
        "required",
        "#incident TITLE IT-1 IT-2",
        Words("many report the same: make it one mass incident", "多人报同一故障：登记为大面积故障"),
    ),
    Verb(
        "update",
        ("通报", "群发"),
        "optional",
        "#update TEXT",
        Words("tell every reporter of the mass incident, each separately", "逐一通知大面积故障的所有报障人"),
    ),
    Verb(
        "accept",
        ("接受", "接纳"),
        "optional",
        "#accept [TITLE | WHO]",
        Words("it is a mass incident; or a colleague who wrote may join", "确认是大面积故障；或接纳来信的同事为参与人"),
    ),
    Verb("decline", ("拒绝",), "optional", "#decline [REASON]", Words("it is none", "不是大面积故障")),
)
_BY_NAME = {name: verb for verb in VERBS for name in (verb.name, *verb.chinese)}
_CHINESE = sorted((name for verb in VERBS for name in verb.chinese), key=len, reverse=True)

# More commands than this in one mail are a paste, not a wish.
MAX_COMMANDS = 10


@dataclass(frozen=True, slots=True)
class Command:
    """One command as written: `line` for the transcript, `verb` and `argument` for doing it."""

    verb: str
    argument: str
    line: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A mail's commands, the text under them, and what is wrong: (line, reason). With problems nothing may be done."""

    commands: tuple[Command, ...] = ()
    text: str = ""
    problems: tuple[tuple[str, Words], ...] = ()


def parse(text: str) -> Parsed:
    """Commands from the head of a mail's new text; linear in its length."""
    commands: list[Command] = []
    problems: list[tuple[str, Words]] = []
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if line and not _looks_like_command(line):
            break
        if line:
            command, problem = _command(line)
            if command is not None:
                commands.append(command)
            if problem is not None:
                problems.append((line[:200], problem))
        at += 1
    if len(commands) > MAX_COMMANDS:
        problems.append(
            (commands[MAX_COMMANDS].line, Words("more than ten commands in one mail", "一封邮件里的命令超过十条"))
        )
    rest = lines[at:]
    for line in rest:
        # Site banners put lines on top of what the agent wrote: then it is unclear what was meant.
        if _looks_like_command(line.strip()) and _split(line.strip())[0] in _BY_NAME:
            problems.append((line.strip()[:200], Words("commands must stand above the text", "命令要写在正文上面")))
    return Parsed(tuple(commands), "\n".join(rest).strip(), tuple(problems))


def _looks_like_command(line: str) -> bool:
    folded = unicodedata.normalize("NFKC", line[:3])
    return len(folded) > 1 and folded[0] == "#" and folded[1].isalpha()


def _split(line: str) -> tuple[str, str]:
    """`#Take!` → ("take", ""); `#优先级P2` → ("优先级", "P2"); the verb folded, the argument as written."""
    body = line[1:]
    folded = unicodedata.normalize("NFKC", body).lower()
    for name in _CHINESE:
        if folded.startswith(name) and len(unicodedata.normalize("NFKC", body[: len(name)])) == len(name):
            return name, body[len(name) :].strip(" \t　:：。！!.")
    end = next((i for i, c in enumerate(folded) if not (c.isalpha() or c in "-_")), len(folded))
    word = folded[:end].replace("_", "-").strip("-")
    rest = body[end:] if len(folded) == len(body) else folded[end:]
    return word, rest.strip(" \t　:：").strip()


def _command(line: str) -> tuple[Command | None, Words | None]:
    word, argument = _split(line)
    verb = _BY_NAME.get(word)
    if verb is None:
        near = difflib.get_close_matches(word, list(_BY_NAME), 1, 0.6)
        hint = f" #{near[0]}" if near else ""
        return None, Words(
            f"unknown command; did you mean{hint}?" if near else "unknown command",
            f"没有这个命令，您是不是想写{hint}？" if near else "没有这个命令",
        )
    if verb.argument == "none":
        # What a phone or a polite hand adds behind a plain command (`#Take!`, `#接单。👍`) is no argument.
        if any(c.isalnum() for c in argument):
            return None, Words(f"{verb.usage} takes nothing behind it", f"{verb.usage} 后面不需要内容")
        argument = ""
    if verb.argument == "required" and not argument.strip(".!。！"):
        return None, Words(f"something is missing: {verb.usage}", f"缺少内容：{verb.usage}")
    return Command(verb.name, argument, line[:200]), None
