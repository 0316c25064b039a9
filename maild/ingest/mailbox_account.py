"""Where a mailbox is, and what one sees there: the values that the IMAP door takes and gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from maild.model.login import is_loopback as is_loopback


@dataclass(frozen=True)
class Account:
    """Where a mailbox is and how to get in.

    security     "tls" (port 993), "starttls" (143), or "none", which only a loopback host may have
    login        may differ from the address (`DOM\\user\\alias`)
    password     asked anew for each connection; or, in its place, `token`: an access token for XOAUTH2 or OAUTHBEARER,
                 given the one that was just refused ("" at first), or the same again if there is no better one
    processed, quarantine   where handled mails are filed; "/" stands for the server's own separator
    ca_file      PEM file of the only authority to trust; empty: the system's
    timeout_s    seconds that one answer may take
    """

    name: str
    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    login: str
    password: Callable[[], str] | None = None
    folder: str = "INBOX"
    processed: str = "maild/Processed"
    quarantine: str = "maild/Quarantine"
    ca_file: str = ""
    timeout_s: float = 60.0
    token: Callable[[str], str] | None = None

    def __post_init__(self) -> None:
        if self.security not in ("tls", "starttls", "none"):
            raise ValueError(f'mailbox {self.name}: security is "tls", "starttls" or "none", not {self.security!r}')
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError(
                f'mailbox {self.name}: security = "none" would send the password in clear text to {self.host};'
                ' use "tls" or "starttls"'
            )
        if (self.password is None) == (self.token is None):
            raise ValueError(f"mailbox {self.name}: either a password or a token logs in")
        for key in ("login", "folder", "processed", "quarantine"):
            if not str(getattr(self, key)).isprintable():
                raise ValueError(f"mailbox {self.name}: {key} contains a control character")


@dataclass(frozen=True)
class MailboxState:
    """What SELECT says: UIDVALIDITY, the lowest UID that no mail has yet, and how many mails there are.

    tells_uidnext   the server said UIDNEXT itself; else it is one above the highest UID that is there now
    """

    uidvalidity: int
    uidnext: int
    exists: int
    tells_uidnext: bool = True


@dataclass(frozen=True)
class Fetched:
    """A mail as it lies on the server. `size` is RFC822.SIZE; where it is not len(raw), the server said so twice."""

    uid: int
    raw: bytes
    internaldate: datetime
    size: int
