"""Mail put straight into a Dovecot's Maildir: a hundred thousand of them in seconds, with the day of their coming."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

from tests import servers
from tests.desks import SUPPORT, Box

# Older than [limits] backlog_age: no automatic answer.
TEN_DAYS_S = 10 * 86_400


def small(mark: str, words: str = "The printer on floor 3 eats the paper.") -> bytes:
    """A small mail of long ago whose marks stand in its subject, its body and its Message-ID."""
    return (
        f"From: u-{mark}@corp.example\r\nTo: {SUPPORT}\r\nSubject: Printer broken {mark}\r\n"
        f"Date: Mon, 2 Mar 2026 10:00:00 +0800\r\nMessage-ID: <{mark}@corp.example>\r\n\r\n{words}\r\n{mark}\r\n"
    ).encode()


def fill(box: Box, mails: Iterable[bytes], age_s: float = TEN_DAYS_S) -> int:
    """Put mails into the INBOX as if they had come `age_s` seconds ago; Dovecot numbers them as it finds them.

    Dovecot takes a file's time of change for the time of receipt (INTERNALDATE).
    """
    return fill_folder(box.dovecot.folder / "mail" / box.login / "Maildir", mails, age_s)


def fill_folder(maildir: Path, mails: Iterable[bytes], age_s: float = TEN_DAYS_S) -> int:
    for name in ("", "cur", "new", "tmp"):
        (maildir / name).mkdir(parents=True, exist_ok=True)
    came = time.time() - age_s
    count = 0
    for count, raw in enumerate(mails, 1):
        path = maildir / "new" / f"{int(came)}.M{count:07d}.maild,S={len(raw)},W={len(raw)}"
        path.write_bytes(raw)
        os.utime(path, (came, came))
        if servers.ROOT:
            os.chown(path, servers.MAIL_OWNER, servers.MAIL_OWNER)
    if servers.ROOT:
        for folder in (maildir.parent, maildir, maildir / "cur", maildir / "new", maildir / "tmp"):
            os.chown(folder, servers.MAIL_OWNER, servers.MAIL_OWNER)
    return count
