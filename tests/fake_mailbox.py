"""A mailbox with mails in it behind a FakeImap, for servers that are sick in one place and well in all others."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.fake_imap import HANG_UP, Answer, FakeImap

# What the server does when the body of a mail is asked for.
NIL, SILENT, REFUSED, CUT, STALLED, SHORT = "nil", "silent", "refused", "cut", "stalled", "short"
DATE = "02-Mar-2026 10:00:00 +0800"


class FakeMailbox:
    """Mails by UID, as a FakeImap serves them; `with FakeMailbox(...) as box` starts it.

    sick      UID → what happens instead of its body (or, with REFUSED, CUT and STALLED, of the bodies asked with it)
    surprise  untagged lines that are put before every answer, as if other clients were at work
    answers   replace whole answers, as in FakeImap; `healthy` holds its own
    """

    def __init__(self, mails: Mapping[int, bytes], surprise: str = "", **answers: Answer) -> None:
        self.mails, self.sick, self.surprise = dict(mails), dict[int, str](), surprise
        self.uidvalidity = 7
        self.healthy = {"SELECT": self._select, "SEARCH": self._search, "FETCH": self._fetch}
        self.imap = FakeImap(**{**self.healthy, **answers})

    def __enter__(self) -> FakeMailbox:
        self.imap.__enter__()
        return self

    def __exit__(self, *what: object) -> None:
        self.imap.__exit__(None, None, None)

    def add(self, uid: int, raw: bytes) -> None:
        """A new mail; whoever idles hears of it."""
        self.mails[uid] = raw
        self.imap.say(f"* {len(self.mails)} EXISTS\r\n")

    def count(self, command: str) -> int:
        return self.imap.commands().count(command)

    def _done(self, text: str) -> str:
        return f"{self.surprise}{text}{{tag}} OK done\r\n"

    def _select(self, line: str) -> str:
        uidnext = max(self.mails, default=0) + 1
        return (
            f"* {len(self.mails)} EXISTS\r\n* OK [UIDVALIDITY {self.uidvalidity}] ok\r\n* OK [UIDNEXT {uidnext}] ok\r\n"
            "{tag} OK [READ-WRITE] selected\r\n"
        )

    def _search(self, line: str) -> str:
        found = [str(uid) for uid in sorted(self._named(line.rpartition(" ")[2]))]
        return self._done(f"* SEARCH {' '.join(found)}\r\n".replace(" \r", "\r"))

    def _named(self, which: str) -> set[int]:
        if which == "*":
            return {max(self.mails)} if self.mails else set()
        found: set[int] = set()
        for part in which.split(","):
            low, _, high = part.partition(":")
            found |= {uid for uid in self.mails if int(low) <= uid <= int(high or low)}
        return found

    def _fetch(self, line: str) -> str:
        asked = re.search(r"UID FETCH (\S+) \(UID (.*)\)$", line)
        assert asked is not None, line
        uids = sorted(self._named(asked[1]))
        if "RFC822.SIZE" in asked[2]:
            return self._done("".join(self._size(uid) for uid in uids))
        ills = {self.sick.get(uid) for uid in uids}
        if REFUSED in ills:
            return "{tag} NO some of the requested messages could not be fetched\r\n"
        if STALLED in ills:
            return ""
        if CUT in ills:
            return HANG_UP
        return self._done("".join(self._body(uid, asked[2]) for uid in uids))

    def _size(self, uid: int) -> str:
        return f'* {uid} FETCH (UID {uid} RFC822.SIZE {len(self.mails[uid])} INTERNALDATE "{DATE}")\r\n'

    def _body(self, uid: int, what: str) -> str:
        raw, ill = self.mails[uid], self.sick.get(uid)
        if ill == SILENT:
            return ""
        if ill == NIL:
            return f"* {uid} FETCH (UID {uid} BODY[] NIL)\r\n"
        part = re.search(r"BODY\.PEEK\[(HEADER)?\]<(\d+)\.(\d+)>", what)
        if part is not None:
            whole = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if part[1] else raw
            raw = whole[int(part[2]) : int(part[2]) + int(part[3])]
            name = f"BODY[{part[1] or ''}]<{part[2]}>"
        else:
            name = "BODY[]"
            raw = raw[: len(raw) // 2] if ill == SHORT else raw
        # FakeImap replaces "{tag}"; a literal's braces are not that.
        return f"* {uid} FETCH (UID {uid} {name} {{{len(raw)}}}\r\n{raw.decode('ascii')})\r\n"
