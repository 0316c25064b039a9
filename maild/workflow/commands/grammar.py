"""Reading commands: from the head of a mail's new text, or the subject of a fresh one, by the table in verbs.py.

A command is a line at the top of the new text that begins with `#` (or `＃`) directly followed by a letter or a Chinese
character; `#1` and `# x` are text. Case and width do not matter, nor does punctuation that a phone adds (`#Take!`).
"""

import difflib
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from maild.model import Message, Policy, Words
from maild.model.button import PRESSED
from maild.workflow.commands.nearest import nearest
from maild.workflow.commands.verbs import BY_NAME, VERBS

__all__ = ["Command", "Parsed", "corrected", "from_subject", "only_signed", "parse"]

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
    """A mail's commands, the text under them, and what is wrong: (line, reason). With problems nothing may be done.

    `corrections` are those of the wrong lines that were clearly meant to be a certain command: (line, what was meant).
    """

    commands: tuple[Command, ...] = ()
    text: str = ""
    problems: tuple[tuple[str, Words], ...] = ()
    corrections: tuple[tuple[str, str], ...] = ()

    @property
    def correctable(self) -> bool:
        """Whether nothing is wrong but names of commands, each clearly meant to be a certain one."""
        return bool(self.corrections) and len(self.corrections) == len(self.problems)


def parse(text: str, unknown: Literal["wrong", "text"] = "wrong") -> Parsed:
    """Commands from the head of a mail's new text; linear in its length.

    `unknown`: what a line is that looks like a command and is none: wrong, or the beginning of the text, where its
    writer has said so.
    """
    commands: list[Command] = []
    problems: list[tuple[str, Words]] = []
    corrections: list[tuple[str, str]] = []
    said: list[str] = []
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        line = visible(lines[at])
        if line and not _looks_like_command(line):
            break
        if line:
            command, problem = _command(lines[at].strip())
            if command is not None:
                commands.append(command)
            elif unknown == "text" and _split(lines[at])[0] not in BY_NAME:
                said.append(lines[at].strip())
            elif problem is not None:
                problems.append((lines[at].strip()[:200], problem))
                meant = _meant(lines[at])
                # What would be wrong all the same is not proposed.
                if meant and _command(meant)[0] is not None:
                    corrections.append((lines[at].strip()[:200], meant[:200]))
        at += 1
    if len(corrections) > MAX_COMMANDS:
        # A pasted list: to ask about each of its lines would be a letter that nobody reads.
        corrections.clear()
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
        if _looks_like_command(visible(line)) and _split(line)[0] in BY_NAME:
            problems.append((line.strip()[:200], Words("commands must stand above the text", "命令要写在正文上面")))
        elif _nearly_a_note(line):
            problems.append((line.strip()[:200], _NOTE))
    return Parsed(tuple(commands), "\n".join([*said, *rest]).strip(), tuple(problems), tuple(corrections))


def corrected(text: str) -> str:
    """A mail's new text with each mistyped command at its head as it was clearly meant to be."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        shown = visible(line)
        if shown and not _looks_like_command(shown):
            break
        lines[at] = _meant(line) or line
    return "\n".join(lines)


def from_subject(message: Message, policy: Policy) -> str:
    """The command that the subject of a fresh mail is (`#mine`, `[IT-12] #take`); empty for any other subject.

    A mail that answers another one bears a subject that somebody else wrote, who must not command in its writer's name;
    and what a button writes there is a token's.
    """
    if message.answered:
        return ""
    prefixes = "|".join(re.escape(each) for each in (policy.desk.prefix, *policy.desk.former_prefixes))
    tag = rf"[\[【]\s{{0,3}}(?:{prefixes})\s{{0,3}}-\s{{0,3}}\d{{1,15}}\s{{0,3}}[\]】]\s*"
    line = re.sub(rf"^(?:{tag}){{1,3}}", "", visible(message.subject)[:500], flags=re.IGNORECASE)
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


# What the eye does not see and a phone or a program puts in: joiners, marks of direction, the form of an emoji.
_UNSEEN = dict.fromkeys(
    [0xAD, 0x34F, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070),
     *range(0xFE00, 0xFE10), 0xFEFF]
)  # fmt: skip
_QUOTES = "“”„\"'‘’「」『』"
# What may stand between a command and what is behind it.
_BETWEEN = " \t\u3000\u00a0:：,，、;；。！!."
# What a polite hand adds in Chinese.
_PARTICLES = frozenset("了 啦 吧 喽 咯 哈 啊 哦 呀 谢谢 谢了 多谢".split())
_LATIN = re.compile(r"[a-z][a-z_-]*")
_SHORT_PRIORITY = re.compile(r"p\s?([1-4])(?![a-z0-9])(.*)", re.DOTALL | re.IGNORECASE)


def visible(line: str) -> str:
    """A line as the eye sees it, without the quotation marks around a whole command."""
    line = unicodedata.normalize("NFC", line.translate(_UNSEEN)).strip()
    if len(line) > 2 and line[0] in _QUOTES and line[-1] in _QUOTES and unicodedata.normalize("NFKC", line[1]) == "#":
        return line[1:-1].strip()
    return line


def _looks_like_command(line: str) -> bool:
    folded = unicodedata.normalize("NFKC", line[:3])
    return len(folded) > 1 and folded[0] == "#" and folded[1].isalpha()


def _split(line: str) -> tuple[str, str]:
    """`#Take!` → ("take", ""); `#优先级P2` → ("优先级", "P2"); `#resolve换墨盒` → ("resolve", "换墨盒").

    The name is folded, the argument stays as written.
    """
    shown = visible(line)
    name, length = _name(shown[1:200])
    return name, _behind(line, shown, 1 + length)


def _name(body: str) -> tuple[str, int]:
    """The name of a command with which a text begins, else the word that stands there; and its length as written."""
    word, ends = "", [0]
    for character in body:
        folded = unicodedata.normalize("NFKC", character).lower()
        if not all(c.isalpha() or c in "-_" for c in folded):
            break
        word += folded
        ends.append(len(word))
    for name in _CHINESE:
        if word.startswith(name) and len(name) in ends:
            return name, ends.index(len(name))
    latin = _LATIN.match(word)
    if latin is not None:
        name = latin[0].replace("_", "-").strip("-")
        behind = word[latin.end() : latin.end() + 1]
        if name in BY_NAME and latin.end() in ends and (not behind or behind >= "\u2e80"):
            return name, ends.index(latin.end())
    spoken = unicodedata.normalize("NFKC", body[:40]).lower().split()
    for count in (3, 2):
        # "#out of scope": its name with blanks in it.
        name = "-".join(spoken[:count]).rstrip(".,!:;。，！：；")
        if name in BY_NAME and "-" in name:
            return name, _length_of_words(body, count)
    return word.replace("_", "-").strip("-"), len(ends) - 1


def _length_of_words(body: str, count: int) -> int:
    found = re.match(rf"\s*\S+(?:\s+\S+){{{count - 1}}}", body)
    return found.end() if found is not None else len(body)


def _behind(line: str, shown: str, length: int) -> str:
    """What stands behind the first characters that the eye sees of a line: as written, but for what the eye does not
    see before it."""
    if not shown[length:].strip(_BETWEEN):
        return ""
    written = unicodedata.normalize("NFC", line).strip()
    if len(written.translate(_UNSEEN).strip()) != len(shown):
        # It stood in quotation marks, or what was not seen kept its letters apart.
        return shown[length:].strip().lstrip(_BETWEEN)
    at = 0
    for at, character in enumerate(written):  # noqa: B007 - where the loop ends is what is wanted
        if ord(character) in _UNSEEN:
            continue
        if not length:
            break
        length -= 1
    return written[at:].strip().lstrip(_BETWEEN)


# What lists, headings, bold type and pasted text put around the sign of a command, and what other desks use for it.
_DISGUISE = re.compile(r"[\s\\*_•·–—.\d)、+-]{0,12}[#♯/][\s\\*_#-]{0,6}")
_NOTE = Words(
    "a note for colleagues? Write #note at the very beginning of its line; if the requester is to read it, begin the"
    " line in another way",
    "这是内部备注吗？请把 #备注 写在行首，前面不要有其他符号；如果是写给用户的正文，请换个写法开头",
)


def _nearly_a_note(line: str) -> bool:
    """Whether a line of text is nearly a #note (`# note …`, `**#note** …`, `- #备注 …`): it must not go out as a reply,
    in doubt it stays inside (PRODUCT §3.4). Other commands so written are text, which shows nothing internal."""
    shown = unicodedata.normalize("NFKC", visible(line)[:200])
    sign = _DISGUISE.match(shown)
    if sign is None or _looks_like_command(shown):
        return False
    verb = BY_NAME.get(_name(shown[sign.end() :])[0])
    return verb is not None and verb.name == "note"


def _meant(line: str) -> str:
    """What a line with an unknown command was clearly meant to be; empty where that is not clear, or nothing is
    unknown."""
    name = _split(line)[0]
    if name in BY_NAME:
        return ""
    shown = visible(line)
    short = _SHORT_PRIORITY.fullmatch(unicodedata.normalize("NFKC", shown[1:4]) + shown[4:])
    if short is not None:
        return f"#priority P{short[1]} {short[2].strip(_BETWEEN)}".rstrip()
    near, length = nearest(name)
    if not near:
        return ""
    return f"#{near} {_behind(line, shown, 1 + length)}".rstrip()


def _command(line: str) -> tuple[Command | None, Words | None]:
    word, argument = _split(line)
    verb = BY_NAME.get(word)
    if verb is None:
        meant = _meant(line)
        near = [meant[1:].split()[0]] if meant else difflib.get_close_matches(word, list(BY_NAME), 1, 0.6)
        hint = f" #{near[0]}" if near else ""
        return None, Words(
            f"unknown command; did you mean{hint}?" if near else "unknown command; #help lists those that there are",
            f"没有这个命令，您是不是想写{hint}？" if near else "没有这个命令；#帮助 可查看全部命令",
        )
    if verb.argument == "none":
        # What a phone or a polite hand adds behind a plain command (`#Take!`, `#接单。👍`) is no argument.
        bare = _TAGS.sub("", argument)
        if any(c.isalnum() for c in bare) and bare.strip(_BETWEEN) not in _PARTICLES:
            return None, Words(f"{verb.usage} takes nothing behind it", f"{verb.usage} 后面不需要内容")
        argument = argument if bare != argument else ""
    if verb.argument == "required" and not argument.strip(_BETWEEN):
        return None, Words(f"something is missing: {verb.usage}", f"缺少内容：{verb.usage}")
    return Command(verb.name, argument, line[:200]), None
