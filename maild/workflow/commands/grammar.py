"""Reading commands: from the head of a mail's new text, or the subject of a fresh one, by the table in verbs.py.

A command is a line at the top of the new text that begins with `#` (or `＃`) directly followed by a letter or a Chinese
character; `#1` and `# x` are text. Case and width do not matter, nor does punctuation that a phone adds (`#Take!`).
"""

import difflib
import re
import unicodedata
from dataclasses import dataclass

from maild.model import Message, Policy, Words
from maild.model.button import PRESSED
from maild.workflow.commands.verbs import BY_NAME, VERBS

__all__ = ["Command", "Parsed", "from_subject", "only_signed", "parse"]

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
            (
                commands[MAX_COMMANDS].line,
                Words(
                    "more than ten commands in one mail; send them in several", "一封邮件里的命令超过十条，请分几封发送"
                ),
            )
        )
    rest = lines[at:]
    for line in rest:
        # Site banners put lines on top of what the agent wrote: then it is unclear what was meant.
        if _looks_like_command(line.strip()) and _split(line.strip())[0] in BY_NAME:
            problems.append((line.strip()[:200], Words("commands must stand above the text", "命令要写在正文上面")))
    return Parsed(tuple(commands), "\n".join(rest).strip(), tuple(problems))


def from_subject(message: Message, policy: Policy) -> str:
    """The command that the subject of a fresh mail is (`#mine`, `[IT-12] #take`); empty for any other subject.

    A mail that answers another one bears a subject that somebody else wrote, who must not command in its writer's name;
    and what a button writes there is a token's.
    """
    if message.answered:
        return ""
    prefixes = "|".join(re.escape(each) for each in (policy.desk.prefix, *policy.desk.former_prefixes))
    tag = rf"[\[【]\s{{0,3}}(?:{prefixes})\s{{0,3}}-\s{{0,3}}\d{{1,15}}\s{{0,3}}[\]】]\s*"
    line = re.sub(rf"^(?:{tag}){{1,3}}", "", message.subject.strip()[:500], flags=re.IGNORECASE)
    return line if _looks_like_command(line) and not PRESSED.search(line) else ""


# What stands in so few and so short lines below a question is a name, a number or a word of thanks; a sentence or a
# field of the form is none.
_SIGNED_LINES, _SIGNED_COLUMNS = 5, 40
_SENTENCE = re.compile(r"[。？！?!；;=]|[.,，:：]\s?\S{6}|\w{2}\.\s*$")


def only_signed(text: str) -> bool:
    """Whether the words under a question are no more than a signature."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return len(lines) <= _SIGNED_LINES and all(
        len(line) <= _SIGNED_COLUMNS and not _SENTENCE.search(line) for line in lines
    )


# Tickets, whatever their prefix: which of them there are is for others to say.
_TAGS = re.compile(r"[a-z][a-z0-9]{0,15}[-－—]\d{1,10}(?!\w)", re.IGNORECASE | re.ASCII)


def _looks_like_command(line: str) -> bool:
    folded = unicodedata.normalize("NFKC", line[:3])
    return len(folded) > 1 and folded[0] == "#" and folded[1].isalpha()


def _split(line: str) -> tuple[str, str]:
    """`#Take!` → ("take", ""); `#优先级P2` → ("优先级", "P2"); the verb folded, the argument as written."""
    body = line[1:]
    folded = unicodedata.normalize("NFKC", body).lower()
    for name in _CHINESE:
        if folded.startswith(name) and len(unicodedata.normalize("NFKC", body[: len(name)])) == len(name):
            return name, body[len(name) :].lstrip(" \t　:：。！!.").rstrip()
    end = next((i for i, c in enumerate(folded) if not (c.isalpha() or c in "-_")), len(folded))
    word = folded[:end].replace("_", "-").strip("-")
    rest = body[end:] if len(folded) == len(body) else folded[end:]
    return word, rest.strip(" \t　:：").strip()


def _command(line: str) -> tuple[Command | None, Words | None]:
    word, argument = _split(line)
    verb = BY_NAME.get(word)
    if verb is None:
        near = difflib.get_close_matches(word, list(BY_NAME), 1, 0.6)
        hint = f" #{near[0]}" if near else ""
        return None, Words(
            f"unknown command; did you mean{hint}?" if near else "unknown command; #help lists those that there are",
            f"没有这个命令，您是不是想写{hint}？" if near else "没有这个命令；#帮助 可查看全部命令",
        )
    if verb.argument == "none":
        # What a phone or a polite hand adds behind a plain command (`#Take!`, `#接单。👍`) is no argument.
        bare = _TAGS.sub("", argument)
        if any(c.isalnum() for c in bare):
            return None, Words(f"{verb.usage} takes nothing behind it", f"{verb.usage} 后面不需要内容")
        argument = argument if bare != argument else ""
    if verb.argument == "required" and not argument.strip(".!。！"):
        return None, Words(f"something is missing: {verb.usage}", f"缺少内容：{verb.usage}")
    return Command(verb.name, argument, line[:200]), None
