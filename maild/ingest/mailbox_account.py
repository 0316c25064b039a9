"""Where a mailbox is, and what one sees there: the values that the IMAP door takes and gives."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Account:
    """Where a mailbox is and how to get in.

    security     "tls" (port 993), "starttls" (143), or "none", which only a loopback host may have
    login        may differ from the address (`DOM\\user\\alias`); password is asked anew for each connection
    processed, quarantine   where handled mails are filed; "/" stands for the server's own separator
    ca_file      PEM file of the only authority to trust; empty: the system's
    timeout_s    seconds that one answer may take
    """

    name: str
    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    login: str
    password: Callable[[], str]
    folder: str = "INBOX"
    processed: str = "maild/Processed"
    quarantine: str = "maild/Quarantine"
    ca_file: str = ""
    timeout_s: float = 60.0

    def __post_init__(self) -> None:
        if self.security not in ("tls", "starttls", "none"):
            raise ValueError(f'mailbox {self.name}: security is "tls", "starttls" or "none", not {self.security!r}')
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError(
                f'mailbox {self.name}: security = "none" would send the password in clear text to {self.host};'
                ' use "tls" or "starttls"'
            )
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
