"""What the SMTP door takes and gives as values, and what a relay's reply means: pure, no network.

RFC 5321 §4.2.1 and §4.3.2 (replies), §4.5.2 (transparency), §4.5.3 (limits and time-outs).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from maild.model.login import is_loopback

Kind = Literal["sent", "deferred", "refused", "unknown", "relay"]
Stage = Literal["connect", "MAIL", "RCPT", "DATA", "dot"]

# How much of a relay's own words a result repeats.
QUOTED_CHARACTERS = 300
# RFC 5321 §4.5.3.1.1 and .2: 64 octets before the @, 255 after it; only what can never need quoting or SMTPUTF8.
ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-][A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{0,253}"
)
# A bare CR or LF, which some relays would take for a line end and others not (SMTP smuggling).
BARE_LINE_END = re.compile(rb"\r(?!\n)|(?<!\r)\n")
LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
# Replies that speak of the relay or of our standing with it, whatever mail they answer: service not available,
# Exchange's "concurrent connections limit exceeded", authentication missing, refused or temporarily broken.
RELAY_CODES = frozenset({421, 432, 454, 530, 534, 535, 538})
# Commands that it does not know or did not expect: maild and the relay do not understand each other.
CONFUSED_CODES = frozenset({500, 502, 503, 504})


@dataclass(frozen=True)
class Relay:
    """The one relay that takes maild's mail.

    security         "tls" (port 465), "starttls" (587), or "none", which only a loopback host may have
    password         asked anew for each login; needs `login`
    token            in its place, an access token for XOAUTH2 or OAUTHBEARER: given the one that was just refused (""
                     at first), or the same again if there is no better one
    connections      most connections at a time; per_minute: most mails in any 60 s (0: no limit)
    *_timeout_s      seconds for the connection with its greeting, for one reply, for the reply to the final dot
                     (RFC 5321 §4.5.3.2.6: 10 minutes), and for a whole mail, however slowly the relay talks
    helo             our own name in EHLO; empty: the machine's
    """

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    login: str = ""
    password: Callable[[], str] | None = None
    ca_file: str = ""
    connections: int = 8
    per_minute: int = 0
    connect_timeout_s: float = 20.0
    reply_timeout_s: float = 120.0
    dot_timeout_s: float = 600.0
    mail_timeout_s: float = 600.0
    helo: str = ""
    token: Callable[[str], str] | None = None

    def __post_init__(self) -> None:
        if self.security not in ("tls", "starttls", "none"):
            raise ValueError(f'relay {self.host}: security is "tls", "starttls" or "none", not {self.security!r}')
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError(f'relay {self.host}: security = "none" is for loopback only; use "tls" or "starttls"')
        if bool(self.login) != (self.password is not None or self.token is not None):
            raise ValueError(f"relay {self.host}: a login needs a password, and a password a login")
        if self.password is not None and self.token is not None:
            raise ValueError(f"relay {self.host}: either a password or a token logs in")
        if self.connections < 1 or self.per_minute < 0:
            raise ValueError(f"relay {self.host}: connections must be 1 or more, per_minute 0 or more")


@dataclass(slots=True)
class Parcel:
    """One mail to one recipient: its final bytes. `sender` is the envelope's, "" the null sender `<>`."""

    id: int
    sender: str
    recipient: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a parcel.

    sent      the relay answered 2xx to the final dot; whatever happened later changes nothing
    deferred  not now (4xx for this mail or recipient): try this one again later
    refused   never (5xx for this mail or recipient)
    unknown   the answer to the final dot was lost: the relay may have it
    relay     the relay as a whole: not reached, not logged in, 421 …; the mail is not to blame and was not taken
    code      the reply's three digits, 0 if there was none; text: the relay's words, one printable line
    stage     where in the conversation that was said
    """

    id: int
    kind: Kind
    code: int
    text: str
    stage: Stage = "connect"


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What `maild check` tells about the relay. `error` is empty if all went well, else what failed at which stage.

    size is the relay's limit in bytes (0: none said); null_sender: whether it takes MAIL FROM:<> (bounce-safe mail);
    undecided: what it said instead of yes or no to that (4xx), to be asked again later
    """

    greeting: str = ""
    tls: str = ""
    logged_in: bool = False
    size: int = 0
    null_sender: bool = False
    undecided: str = ""
    error: str = ""


def judge(stage: Stage, code: int) -> Kind:
    """What a reply means; code 0 stands for no reply (connection lost or time-out), -1 for one that is not SMTP.

    Before the final dot nothing has been handed over. A lost connection at MAIL says something of the relay; at RCPT
    or DATA it may be this mail that it cannot stand, so the mail waits alone rather than the whole queue behind it.
    """
    if stage == "connect":
        return "relay"
    if stage == "dot" and not (200 <= code <= 299 or 400 <= code <= 599):
        # Nothing that RFC 5321 knows as an answer to a mail, such as a 354 too many: the relay may have it.
        return "unknown"
    if code in RELAY_CODES or code in CONFUSED_CODES:
        return "relay"
    if code <= 0:
        return "relay" if stage == "MAIL" else "deferred"
    if 200 <= code <= 299 and stage == "dot":
        return "sent"
    if 500 <= code <= 599:
        return "refused"
    return "deferred"


def on_the_wire(raw: bytes) -> bytes:
    """The mail as DATA wants it: CRLF line ends only, leading dots doubled, and the final dot (RFC 5321 §4.5.2)."""
    # Counting is fifty times as fast as searching, and nearly every mail has nothing to mend.
    if not raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n"):
        raw = BARE_LINE_END.sub(b"\r\n", raw)
    if not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    if raw.startswith(b".") or b"\n." in raw:
        raw = LEADING_DOT.sub(b"..", raw)
    return raw + b".\r\n"


def one_line(text: str) -> str:
    """A relay's words on one printable line of at most QUOTED_CHARACTERS characters."""
    clean = "".join(c if c.isprintable() else " " for c in text[: 4 * QUOTED_CHARACTERS])
    return " ".join(clean.split())[:QUOTED_CHARACTERS]
