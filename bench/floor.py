"""The floor: the same bytes fetched, parsed by the bare email package and decoded, stored with 50 a commit, and two
mails composed by MIMEText and sent over 8 connections; nothing else. What maild costs is told as a ratio to it."""

import asyncio
import email
import email.policy
import os
import sqlite3
import time
from collections.abc import Iterator
from email.mime.text import MIMEText
from pathlib import Path

import aiosmtplib
from imapclient import IMAPClient  # type: ignore[import-untyped]  # ships no types

_BATCH = 50
_CONNECTIONS = 8


def run(imap_port: int, login: str, smtp_port: int, folder: Path) -> tuple[int, float, float]:
    """Mails handled, wall seconds and CPU seconds of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    database = sqlite3.connect(folder / "floor.db")
    database.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE ledger (id INTEGER PRIMARY KEY, raw BLOB);"
        "CREATE TABLE ticket (id INTEGER PRIMARY KEY, subject TEXT);"
        "CREATE TABLE entry (id INTEGER PRIMARY KEY, ticket INTEGER, text TEXT);"
    )
    count = 0
    outgoing: list[tuple[str, bytes]] = []
    for batch in _fetched(imap_port, login):
        for raw in batch:
            mail = email.message_from_bytes(raw, policy=email.policy.compat32)
            text = "".join(
                part.get_payload(decode=True).decode(part.get_content_charset("utf-8"), "replace")  # type: ignore[union-attr]  # a leaf's bytes
                for part in mail.walk()
                if part.get_content_type() == "text/plain"
            )
            database.execute("INSERT INTO ledger (raw) VALUES (?)", (raw,))
            row = database.execute("INSERT INTO ticket (subject) VALUES (?)", (str(mail["Subject"]),)).lastrowid
            database.execute("INSERT INTO entry (ticket, text) VALUES (?, ?)", (row, text))
            for to in (str(mail["From"]).rpartition("<")[2].rstrip(">"), "agent@corp.example"):
                answer = MIMEText(f"Received: {text[:500]}", "plain", "utf-8")
                answer["Subject"], answer["To"], answer["From"] = f"[IT-{row}]", to, "it@corp.example"
                outgoing.append((to, answer.as_bytes()))
            count += 1
        database.commit()
    asyncio.run(_send(smtp_port, outgoing))
    return count, time.perf_counter() - wall, time.process_time() - cpu


def _fetched(port: int, login: str) -> Iterator[list[bytes]]:
    client = IMAPClient("127.0.0.1", port, ssl=False)
    client._imap.debug = 0
    client.login(login, "pw")
    client.select_folder("INBOX", readonly=True)
    uids = client.search()
    for at in range(0, len(uids), _BATCH):
        found = client.fetch(uids[at : at + _BATCH], ["BODY.PEEK[]"])
        yield [answer[b"BODY[]"] for answer in found.values()]
    client.logout()


async def _send(port: int, mails: list[tuple[str, bytes]]) -> None:
    queue = list(reversed(mails))

    async def one() -> None:
        relay = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False, use_tls=False)
        await relay.connect()
        while queue:
            to, raw = queue.pop()
            await relay.sendmail("it@corp.example", [to], raw)
        await relay.quit()

    await asyncio.gather(*(one() for _ in range(_CONNECTIONS)))


if __name__ == "__main__":
    import sys

    print(*run(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])), os.getpid())
