"""The language of stories: `story.txt` becomes steps. A mistake in a script is named with its file and line.

`<` a mail arrives · `>` mails that must have left since · `~` time passes · `=` what is on record · `@` a setting of
the desk that differs from config.toml. README.md in this folder shows them all.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

Manner = Literal[
    "outlook", "gmail", "qq", "foxmail", "apple", "netease", "thunderbird", "outlook-web", "outlook-mac", "outlook-ios",
    "iphone", "android",
]  # fmt: skip
MANNERS: tuple[Manner, ...] = get_args(Manner)


class StoryError(Exception):
    """A script that cannot be read, or a story that went another way; the text begins with file and line."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter of ours as scripts name it: its template, to whom it went, about which ticket. The last one counts."""

    template: str
    to: str = ""
    ticket: int = 0


@dataclass(slots=True, kw_only=True)
class Deliver:
    """`<`: a mail arrives. Either a file, or somebody writes, replies to a letter of ours, or presses its button."""

    at: str
    file: Path | None = None
    who: str = ""
    how: Literal["writes", "replies", "presses"] = "writes"
    letter: Letter | None = None
    verb: str = ""
    subject: str = ""
    prefix: str = ""
    manner: Manner | None = None
    references: bool = True
    quote: bool = True
    tag: int = 0
    cc: list[str] = field(default_factory=list)
    attaches: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    filled: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """`>`: one letter that must have left since the last mail or the last time that passed."""

    at: str
    letter: Letter
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    sender: str = ""
    attached: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NobodyElse:
    """`> nobody` and `> nobody else`: nothing more has left. So it is after every step anyway; this says it aloud."""

    at: str


@dataclass(frozen=True, slots=True)
class Others:
    """`> others`: what else has left since is of no interest here."""

    at: str


@dataclass(frozen=True, slots=True)
class Pass:
    """`~`: time passes. `unit` is minutes, business_minutes, days, business_days, or until (a local wall clock)."""

    at: str
    unit: Literal["minutes", "business_minutes", "days", "business_days", "until"]
    amount: float = 0
    until: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """`=`: something that must stand on record. `words` is the line's tokens, quotes taken off; play.py reads them."""

    at: str
    words: tuple[str, ...]


Step = Deliver | Expect | NobodyElse | Others | Pass | Check


@dataclass(frozen=True, slots=True)
class Story:
    """A whole script: its title (the first comment), the desk's own settings, the steps, and the company's directory
    if there is one beside it."""

    name: str
    title: str
    settings: dict[str, dict[str, Any]]
    steps: tuple[Step, ...]
    people: Path | None = None


_TOKEN = re.compile(r'"([^"]*)"|(\S+)')
_TAG = re.compile(r"\[?IT-(\d+)\]?")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
_TEMPLATE = re.compile(r"(requester|agent|lead|admin|stranger|approver)/[a-z_]+")
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(min|minutes?|h|hours?|days?)")


def read(folder: Path) -> Story:
    """The story in this folder. Raises StoryError for a line that makes no sense."""
    path = folder / "story.txt"
    title = ""
    settings: dict[str, Any] = {}
    steps: list[Step] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        at = f"{folder.name}/{path.name}:{number}"
        stripped = line.strip()
        mark, rest = stripped[:1], stripped[1:].strip()
        if not stripped:
            continue
        if mark == "#":
            title = title or rest
        elif mark in "|+:":
            _belongs(steps[-1] if steps else None, mark, line, at)
        elif mark == "@":
            _setting(settings, rest, at)
        elif mark == "<":
            steps.append(_deliver(_tokens(rest), folder, at))
        elif mark == ">":
            steps.append(_expect(_tokens(rest), at))
        elif mark == "~":
            steps.append(_pass(rest, at))
        elif mark == "=":
            steps.append(Check(at, tuple(token for token, _ in _tokens(rest))))
        else:
            raise StoryError(
                f"{at}: a line begins with one of # @ < > ~ = or, below a mail, with | + :, not with {mark!r}"
            )
    if not title:
        raise StoryError(f"{folder.name}/{path.name}:1: the first line is the title: # What this story tells")
    if not steps:
        raise StoryError(f"{folder.name}/{path.name}:1: the story has no steps")
    people = folder / "people.csv"
    return Story(folder.name, title, settings, tuple(steps), people if people.exists() else None)


def _tokens(text: str) -> list[tuple[str, bool]]:
    """Words, and quoted strings as one; each with whether it was quoted."""
    return [(match[1], True) if match[1] is not None else (match[2], False) for match in _TOKEN.finditer(text)]


def _belongs(step: Step | None, mark: str, line: str, at: str) -> None:
    """A line of the mail above: `|` its text, `+` a header field, `:` a line of the quoted form that is filled in."""
    if not isinstance(step, Deliver) or step.file is not None:
        raise StoryError(f"{at}: a line with {mark} belongs below a mail that is written here (< somebody writes …)")
    body = line.lstrip()[1:]
    if mark == "|":
        step.text.append(body.removeprefix(" "))
        return
    name, colon, value = body.partition(":" if mark == "+" else "=")
    if not colon:
        wanted = "+ Header: value" if mark == "+" else ": label = value"
        raise StoryError(f"{at}: write {wanted}")
    (step.headers if mark == "+" else step.filled).append((name.strip(), value.strip()))


def _setting(settings: dict[str, Any], rest: str, at: str) -> None:
    try:
        made = tomllib.loads(rest)
    except tomllib.TOMLDecodeError as error:
        raise StoryError(f'{at}: a setting reads like @ desk.mode = "agents": {error}') from error
    for section, values in made.items():
        if isinstance(values, list):
            settings.setdefault(section, []).extend(values)
            continue
        if not isinstance(values, dict):
            raise StoryError(f'{at}: name the section too, like @ desk.mode = "agents"')
        settings.setdefault(section, {}).update(values)


class _Words:
    """The tokens of one line, taken one by one."""

    def __init__(self, tokens: list[tuple[str, bool]], at: str) -> None:
        self._tokens, self._at = tokens, at
        self._next = 0

    def __bool__(self) -> bool:
        return self._next < len(self._tokens)

    def peek(self) -> str:
        return self._tokens[self._next][0] if self and not self._tokens[self._next][1] else ""

    def take(self, what: str) -> str:
        if not self:
            raise self.wrong(f"{what} is missing at the end")
        self._next += 1
        return self._tokens[self._next - 1][0]

    def skip(self, *words: str) -> bool:
        """Go past these words if they come next."""
        there = [token for token, quoted in self._tokens[self._next : self._next + len(words)] if not quoted]
        if there != list(words):
            return False
        self._next += len(words)
        return True

    def quoted(self, what: str) -> Iterator[str]:
        """One quoted string or more."""
        if not self or not self._tokens[self._next][1]:
            raise self.wrong(f"{what} stands in quotation marks")
        while self and self._tokens[self._next][1]:
            yield self.take(what)

    def matching(self, pattern: re.Pattern[str], what: str) -> str:
        token = self.take(what)
        if not pattern.fullmatch(token):
            raise self.wrong(f"{token!r} is no {what}")
        return token

    def wrong(self, why: str) -> StoryError:
        return StoryError(f"{self._at}: {why}")


def _letter(words: _Words, to: str) -> Letter:
    """`agent/new_ticket [of somebody@…] [IT-2]`: somebody else's letter, or one about a certain ticket."""
    template = words.matching(_TEMPLATE, "letter (like agent/new_ticket)")
    ticket = 0
    while words:
        if words.skip("of"):
            to = words.matching(_ADDRESS, "address").lower()
        elif words.peek().startswith("["):
            ticket = _number(words)
        else:
            break
    return Letter(template, to, ticket)


def _number(words: _Words) -> int:
    found = _TAG.fullmatch(words.take("tag"))
    if found is None:
        raise words.wrong("a tag reads like [IT-1]")
    return int(found[1])


def _deliver(tokens: list[tuple[str, bool]], folder: Path, at: str) -> Deliver:
    words = _Words(tokens, at)
    first = words.take("who writes, or a file")
    if first.endswith(".eml"):
        path = folder / first
        if not path.is_file():
            raise StoryError(f"{at}: there is no {first} beside the script")
        if words:
            raise words.wrong("nothing stands behind a file")
        return Deliver(at=at, file=path)
    if not _ADDRESS.fullmatch(first):
        raise StoryError(f"{at}: < is followed by a file.eml or by the address of who writes, not by {first!r}")
    step = Deliver(at=at, who=first)
    if words.skip("writes"):
        step.subject = next(words.quoted("the subject"))
    elif words.skip("replies", "to"):
        step.how, step.letter = "replies", _letter(words, first.lower())
    elif words.skip("presses"):
        step.how, step.verb = "presses", words.take("the button's verb")
        if not words.skip("in"):
            raise words.wrong("a button is pressed in a letter: presses take in agent/new_ticket")
        step.letter = _letter(words, first.lower())
    else:
        raise words.wrong('somebody writes "subject", replies to LETTER, or presses VERB in LETTER')
    _options(step, words)
    return step


def _options(step: Deliver, words: _Words) -> None:
    while words:
        if words.skip("without", "references"):
            step.references = False
        elif words.skip("without", "quote"):
            step.quote = False
        elif words.skip("in", "the", "manner", "of"):
            manner = words.take("client")
            found = next((each for each in MANNERS if each == manner), None)
            if found is None:
                raise words.wrong(f"{manner!r} is no client here; there are: {', '.join(MANNERS)}")
            step.manner = found
        elif words.skip("with", "subject"):
            step.subject = next(words.quoted("the subject"))
        elif words.skip("with", "prefix"):
            step.prefix = next(words.quoted("the prefix"))
        elif words.skip("with", "the", "tag"):
            step.tag = _number(words)
        elif words.skip("cc"):
            step.cc.append(words.matching(_ADDRESS, "address"))
        elif words.skip("attaches"):
            step.attaches.extend(words.quoted("a file name"))
        else:
            raise words.wrong(f"{words.take('')!r} says nothing here")


def _expect(tokens: list[tuple[str, bool]], at: str) -> Step:
    words = _Words(tokens, at)
    if words.skip("nobody"):
        words.skip("else")
        if words:
            raise words.wrong("nothing stands behind > nobody else")
        return NobodyElse(at)
    if words.skip("others"):
        return Others(at)
    if not words.skip("to"):
        raise words.wrong("> to ADDRESS [IT-1] LETTER …, > nobody else, or > others")
    to = words.matching(_ADDRESS, "address").lower()
    ticket = _number(words) if words.peek().startswith("[") else 0
    template = words.matching(_TEMPLATE, "letter (like requester/acknowledged)")
    contains: list[str] = []
    lacks: list[str] = []
    attached: list[str] = []
    sender = ""
    while words:
        if words.skip("contains"):
            contains.extend(words.quoted("what it contains"))
        elif words.skip("not"):
            lacks.extend(words.quoted("what it does not contain"))
        elif words.skip("from"):
            sender = next(words.quoted("the name that it comes from"))
        elif words.skip("attaches"):
            attached.extend(words.quoted("a file name"))
        else:
            raise words.wrong(f'a letter contains "…", not "…", from "…" or attaches "…"; not {words.peek()!r}')
    return Expect(
        at=at,
        letter=Letter(template, to, ticket),
        contains=tuple(contains),
        lacks=tuple(lacks),
        sender=sender,
        attached=tuple(attached),
    )


def _pass(rest: str, at: str) -> Pass:
    if rest.startswith("until "):
        return Pass(at, "until", until=rest.removeprefix("until ").strip())
    business = "business" in rest.split()
    found = _LENGTH.fullmatch(" ".join(word for word in rest.split() if word != "business"))
    if found is None:
        raise StoryError(
            f"{at}: time reads like ~ 30 min, ~ 3h business, ~ 2 business days or ~ until 2024-03-05 09:00"
        )
    amount, unit = float(found[1]), found[2]
    if unit.startswith("day"):
        return Pass(at, "business_days" if business else "days", amount)
    return Pass(at, "business_minutes" if business else "minutes", amount * (60 if unit.startswith("h") else 1))
