"""Every internal text of a desk is a canary: gathered from what stands on record, looked for in every byte that left.

Not only where a script wrote CANARY: notes and refused commands, the reasons of the history, the requesters of other
tickets with their titles, macros that nobody sent.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from email.message import EmailMessage, Message
from functools import lru_cache
from html import unescape

from sqlalchemy import Connection, select

from maild.config.macros import read_macros
from maild.store.schema import entry, history, link, ticket
from maild.workflow.commands.grammar import parse
from tests.stories.stage import Out

# What is shorter may stand in a public mail by chance: so many characters, or half as many where they are Chinese.
_TELLING = 12
_UNDERSTOOD = ("category", "priority", "urgency", "impact", "importance")
_BLANKS = re.compile(r"\s+")


class Inside:
    """What is internal, by ticket: text → what it is."""

    def __init__(self) -> None:
        self.everywhere: dict[str, str] = {}
        self.but_to_approvers: dict[str, str] = {}
        self.of: dict[int, dict[str, str]] = defaultdict(dict)
        self.public: dict[int, str] = {}
        self.requester: dict[int, str] = {}
        self.said = ""

    def for_(self, out: Out) -> Iterator[tuple[str, str]]:
        """(text, what it is) of all that must not stand in this letter."""
        yield from self.everywhere.items()
        if out.audience != "approver":
            yield from self.but_to_approvers.items()
        own = self.public.get(out.ticket or 0, "")
        for number, words in self.of.items():
            if out.recipient in (self.requester[number], "") or number == out.ticket:
                continue
            for text, what in words.items():
                # Two people may well report in the same words, and an agent may send one what another was sent.
                if text not in own:
                    yield text, f"{what} of IT-{number}"


def internal(connection: Connection) -> Inside:
    """Gather what is internal at the end of a story."""
    inside = Inside()
    said: list[str] = []
    related: dict[int, set[int]] = defaultdict(set)
    for one in connection.execute(select(link)):
        related[one.source].add(one.target)
        related[one.target].add(one.source)
    own: dict[int, list[str]] = defaultdict(list)
    private: list[tuple[str, str, bool]] = []
    for row in connection.execute(select(entry.c.ticket, entry.c.visibility, entry.c.new_text)):
        if row.visibility == "public":
            own[row.ticket].append(squeezed(row.new_text))
            said.append(squeezed(row.new_text))
            continue
        # An agent's words to an approver, and those that answer them, stand in mails that are kept inside.
        approval = any(each.verb == "approve" for each in parse(row.new_text).commands)
        private += [(line, "an internal entry", approval) for line in row.new_text.splitlines()]
    for row in connection.execute(select(ticket)):
        inside.requester[row.id] = row.requester.lower()
        own[row.id] += [squeezed(row.subject), squeezed(row.summary)]
        if row.parent:
            related[row.id].add(row.parent)
        if row.kind != "incident":
            # What a mass incident is called is told to all who report it.
            inside.of[row.id][squeezed(row.subject)] = "the title"
    for row in connection.execute(select(history)):
        # How a report was understood, and why it was closed, is told to whoever reported it.
        told = (row.who == "maild" and row.what in _UNDERSTOOD) or row.becomes == "closed" or row.what == "outcome"
        if not told:
            private.append((row.why, "a reason of the history", False))
    inside.said = "\n".join(said)
    inside.public = {
        number: "\n".join([*own[number], *(text for other in related[number] for text in own[other])])
        for number in set(own) | set(related)
    }
    everything = "\n".join(text for texts in own.values() for text in texts)
    for line, what, approval in private:
        text = squeezed(line)
        if _tells(text) and text not in everything and not text.startswith(("#", "＃", ">")):
            (inside.but_to_approvers if approval else inside.everywhere)[text] = what
        elif text.startswith(("#", "＃")):
            # What an agent ordered is said in the desk's words, if at all; the words behind a note in nobody's.
            for each in parse(line).commands:
                behind = squeezed(each.argument)
                if each.verb == "note" and _tells(behind) and behind not in everything:
                    inside.everywhere[behind] = "a note"
    for number, words in inside.of.items():
        inside.of[number] = {text: what for text, what in words.items() if _tells(text)}
    for name, text in _macros():
        if text not in inside.said:
            inside.everywhere[text] = f"the macro {name}, which nobody sent"
    return inside


@lru_cache(maxsize=1)
def _macros() -> tuple[tuple[str, str], ...]:
    """(name, its longest line) of every shipped macro."""
    found = []
    for name, texts in read_macros("", []).items():
        for text in texts.values():
            line = max((squeezed(each) for each in text.splitlines()), key=len)
            found.append((name, line))
    return tuple(found)


def squeezed(text: str) -> str:
    """A text without blanks: letters are broken at 78 columns, each in its own way."""
    return _BLANKS.sub("", text)


def _tells(text: str) -> bool:
    return sum(1 if c.isascii() else 2 for c in text) >= _TELLING


def shown(mail: EmailMessage) -> str:
    """All of a mail that somebody could read, decoded and without blanks: every field, every text part, the names of
    files, and the letters of attached messages."""
    pieces: list[str] = []
    _gather(mail, pieces)
    return squeezed("\n".join(pieces))


def _gather(mail: Message, pieces: list[str]) -> None:
    pieces += [f"{name}: {value}" for name, value in mail.items()]
    for part in mail.walk():
        pieces += [str(part.get(name, "")) for name in ("Content-Disposition", "Content-Type", "Content-Description")]
        if part.get_content_maintype() == "text" and isinstance(part, EmailMessage):
            content = str(part.get_content())
            pieces.append(content)
            if part.get_content_subtype() == "html":
                # What stands between tags, and what stands in links.
                pieces += [unescape(re.sub(r"<[^>]*>", "", content)), unescape(content)]


def marked(connection: Connection, word: str) -> tuple[tuple[str, str], ...]:
    """The internal lines that a script has marked, as a letter would show them."""
    public, inside = set[str](), set[str]()
    for row in connection.execute(select(entry.c.visibility, entry.c.new_text)):
        lines = {line.strip() for line in row.new_text.splitlines()}
        (inside if row.visibility == "internal" else public).update(lines)
    hits = [line for line in inside - public if word in line]
    said = [line.split(maxsplit=1)[-1] if line.startswith(("#", "＃")) else line for line in hits]
    return tuple((squeezed(line), "a marked line") for line in said)
