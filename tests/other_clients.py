"""Other people's mail programs on the same mailbox: reading, flagging, moving, copying, expunging, appending."""

from __future__ import annotations

import imaplib
import itertools
import random
import re
import threading
import time
from collections import Counter

from sqlalchemy import Engine

from tests.desks import ask, mail

FOLDERS = ("People", "Elsewhere")
_MARK = re.compile(r"<([^@>]+)@corp\.example>")


class OtherClients:
    """Threads of other people on one INBOX. `appended` names all mails that they put there, `taken` those that they
    took away (expunged, or moved to a folder of theirs); everything is decided by `seed` and the threads' luck."""

    def __init__(self, port: int, login: str, seed: str, threads: int = 4) -> None:
        self._port, self._login = port, login
        self.appended: set[str] = set()
        self.taken: set[str] = set()
        self.did: Counter[str] = Counter()
        self.errors: list[str] = []
        self._over = threading.Event()
        self._numbers = itertools.count()
        self._threads = [
            threading.Thread(target=self._run, args=(random.Random(f"{seed} {n}"),)) for n in range(threads)
        ]

    def work(self, seconds: float) -> None:
        """Let them do what they like for so long."""
        for thread in self._threads:
            thread.start()
        time.sleep(seconds)
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, dice: random.Random) -> None:
        client = imaplib.IMAP4("127.0.0.1", self._port)
        client.login(self._login, "pw")
        for folder in FOLDERS:
            # There already, by another of these threads.
            client.create(folder)
        acts = (self._append, self._read, self._flag, self._move, self._copy, self._duplicate, self._expunge)
        while not self._over.is_set():
            client.select("INBOX")
            act = self._append if dice.random() < 0.3 else dice.choice(acts)
            try:
                act(client, dice)
                self.did[act.__name__] += 1
            except imaplib.IMAP4.error as error:
                # Another client was quicker: what a real mail program shows as a warning.
                self.errors.append(str(error))
        client.logout()

    def _append(self, client: imaplib.IMAP4, dice: random.Random) -> None:
        mark = f"c{next(self._numbers):05d}"
        self.appended.add(mark)
        flags = dice.choice(("", r"(\Seen)", r"(\Flagged \Seen)", r"(\Answered)"))
        kind, _ = client.append("INBOX", flags, imaplib.Time2Internaldate(time.time()), mail(mark))
        assert kind == "OK"

    def _one(self, client: imaplib.IMAP4, dice: random.Random) -> tuple[str, str]:
        """A UID with its mark; empty when there is nothing."""
        _, (found,) = client.uid("SEARCH", "ALL")
        uids = (found or b"").split()
        if not uids:
            return "", ""
        uid = dice.choice(uids).decode()
        _, told = client.uid("FETCH", uid, "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
        text = b"".join(part for item in told if isinstance(item, tuple) for part in item).decode()
        mark = _MARK.search(text)
        return (uid, mark[1]) if mark else ("", "")

    def _read(self, client: imaplib.IMAP4, dice: random.Random) -> None:
        uid, _ = self._one(client, dice)
        if uid:
            client.uid("FETCH", uid, "(BODY[])")

    def _flag(self, client: imaplib.IMAP4, dice: random.Random) -> None:
        uid, _ = self._one(client, dice)
        if uid:
            client.uid(
                "STORE", uid, dice.choice("+-") + "FLAGS", dice.choice((r"(\Seen)", r"(\Flagged)", r"(\Answered)"))
            )

    def _move(self, client: imaplib.IMAP4, dice: random.Random) -> None:
        uid, mark = self._one(client, dice)
        if not uid:
            return
        self.taken.add(mark)
        client.uid("MOVE", uid, dice.choice(FOLDERS))

    def _copy(self, client: imaplib.IMAP4, dice: random.Random) -> None:
        uid, _ = self._one(client, dice)
        if uid:
            client.uid("COPY", uid, dice.choice(FOLDERS))

    def _duplicate(self, client: imaplib.IMAP4, dice: random.Random) -> None:
        """The same mail once more, under a new number."""
        uid, _ = self._one(client, dice)
        if uid:
            client.uid("COPY", uid, "INBOX")

    def _expunge(self, client: imaplib.IMAP4, dice: random.Random) -> None:
        uid, mark = self._one(client, dice)
        if not uid:
            return
        self.taken.add(mark)
        client.uid("STORE", uid, "+FLAGS", r"(\Deleted)")
        # Bare, as old programs do: whatever anybody marked goes.
        client.expunge()


def kept(clients: OtherClients) -> set[str]:
    """Marks of the mails that nobody but maild has taken out of the INBOX."""
    return clients.appended - clients.taken


def all_decided(engine: Engine, clients: OtherClients) -> bool:
    rows = ask(engine, "SELECT message_id FROM inbound WHERE fate = 'ticketed'")
    there = {row[0].strip("<>").partition("@")[0] for row in rows}
    waits = ask(engine, "SELECT count(*) FROM inbound WHERE state = 'received'")[0][0]
    return not waits and kept(clients) <= there


def faults(engine: Engine, clients: OtherClients) -> list[str]:
    """What is wrong: a mail without a ticket, or with two; a row that is neither a ticket nor a copy."""
    tickets = Counter(row[0].rpartition(" ")[2] for row in ask(engine, "SELECT subject FROM ticket"))
    wrong = [f"{mark}: {tickets[mark]} tickets" for mark in sorted(kept(clients)) if tickets[mark] != 1]
    wrong += [f"{mark}: {count} tickets, though taken away" for mark, count in tickets.items() if count > 1]
    other = "SELECT id, fate, reason FROM inbound WHERE fate <> 'ticketed' AND reason NOT LIKE 'a copy of inbound %'"
    wrong += [f"inbound {row.id}: {row.fate}, {row.reason}" for row in ask(engine, other)]
    rows = ask(engine, "SELECT message_id, count(*) FROM inbound WHERE fate = 'ticketed' GROUP BY message_id")
    wrong += [f"{name}: {count} rows are tickets" for name, count in rows if count != 1]
    return wrong
