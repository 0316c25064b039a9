"""What can go wrong between maild and an IMAP server, each with its remedy in one line."""

from __future__ import annotations

import imaplib
import socket
import ssl

# How much of a server's own words an error repeats; they are shown to people and may be hostile.
QUOTED_CHARACTERS = 200


class MailboxError(Exception):
    """Something that the mailbox could not do; `str()` names the mailbox, what happened and the remedy in one line.

    broken      the connection is gone and must be made anew; False: the connection is still good
    permanent   trying again soon cannot help (a refused login, a bad certificate): back off for minutes, tell a person
    """

    broken = True
    permanent = False


class HostUnreachable(MailboxError):
    """No TCP connection, or no greeting."""


class CertificateBad(MailboxError):
    """TLS failed, or the certificate is not for this host, has expired or is signed by nobody we trust."""

    permanent = True


class TlsMissing(MailboxError):
    """The server offers no STARTTLS, so the password must not be sent. Nothing was sent."""

    permanent = True


class LoginRefused(MailboxError):
    """The server does not take login and password (or takes them and then denies the mailbox: NetEase)."""

    permanent = True


class FolderMissing(MailboxError):
    """SELECT said NO. A folder that was renamed may be back at any time, and looking for it locks no account."""


class NoUidValidity(MailboxError):
    """The folder has no UIDVALIDITY (RFC 3501 §2.3.1.1), so its mails have no lasting names."""

    permanent = True


class Throttled(MailboxError):
    """The server asks for fewer connections or commands."""


class Unavailable(MailboxError):
    """The server says that it is temporarily unable (RFC 5530 UNAVAILABLE, INUSE, SERVERBUG)."""


class ConnectionLost(MailboxError):
    """The connection ended, timed out or was never made."""


class ProtocolBroken(ConnectionLost):
    """The server said something that is not IMAP, or too big to be true; the connection was dropped."""


class Refused(MailboxError):
    """The server said NO to one command (filing away, for instance: quota, access rights); the connection is good."""

    broken = False


def said(words: object) -> str:
    """A server's words on one printable line of at most QUOTED_CHARACTERS characters."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    # imaplib puts the repr() of bytes into its exceptions.
    if text[:2] in ("b'", 'b"') and text[-1:] == text[1]:
        text = text[2:-1]
    clean = "".join(c if c.isprintable() else " " for c in text[: 4 * QUOTED_CHARACTERS])
    clean = " ".join(clean.split())
    return clean if len(clean) <= QUOTED_CHARACTERS else clean[: QUOTED_CHARACTERS - 1] + "…"


# Signs in a NO or BYE, lower case, first match wins: RFC 5530 response codes, then the words of servers that use none.
THROTTLE_SIGNS = ("[limit]", "throttl", "too many", "rate limit", "exceeded", "too frequent", "frequency limit")
UNAVAILABLE_SIGNS = ("[unavailable]", "[inuse]", "[serverbug]", "temporar", "try again later", "server busy")
NOT_IMAP_REMEDY = "this is not IMAP: look for a proxy or a defect of the server"
UNSAFE_LOGIN_REMEDY = (
    "NetEase lets only known clients in: switch IMAP on in the web mail, use its authorisation code (授权码) as the "
    "password, and let maild send ID (it does when the server advertises it)"
)
# Microsoft 365 says so at SELECT, after a login that it has accepted.
NOT_CONNECTED_REMEDY = (
    "Exchange says so while it is busy; if it lasts, the login is good, but not for this mailbox: give the application"
    " or user the right to it (Add-MailboxPermission), switch IMAP on for it, and check `login`"
)


def from_no(words: object, otherwise: type[MailboxError], remedy: str) -> tuple[type[MailboxError], str]:
    """Class and remedy for a NO, BAD or BYE by its response code or words, else `otherwise` and `remedy`."""
    text = said(words).lower()
    if "unsafe login" in text:
        return LoginRefused, UNSAFE_LOGIN_REMEDY
    if "authenticated but not connected" in text:
        return Unavailable, NOT_CONNECTED_REMEDY
    if any(sign in text for sign in THROTTLE_SIGNS) and "[overquota]" not in text:
        return Throttled, "maild tries again later; lower the number of clients on this account if it lasts"
    if any(sign in text for sign in UNAVAILABLE_SIGNS):
        return Unavailable, "maild tries again by itself"
    return otherwise, remedy


def from_exception(error: BaseException) -> tuple[type[MailboxError], str]:
    """Class and remedy for whatever imaplib, imapclient, ssl or socket raised in a conversation that had begun.

    A NO to one command leaves the connection good (Refused); all else ends it, and what is not even an I/O error
    (MemoryError from a literal of 2^40 bytes, RecursionError from 500 parentheses, ValueError, OverflowError) is
    the server's broken protocol.
    """
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return ConnectionLost, "TLS broke down; maild connects again by itself"
    if isinstance(error, imaplib.IMAP4.abort):
        kind, remedy = from_no(error, ConnectionLost, "maild connects again by itself")
        if kind is ConnectionLost and "EOF" not in str(error) and "BYE" not in str(error).upper():
            return ProtocolBroken, NOT_IMAP_REMEDY
        return kind, remedy
    if isinstance(error, TimeoutError | OSError):
        return ConnectionLost, "maild connects again by itself"
    if isinstance(error, imaplib.IMAP4.error):
        if "got more than" in str(error):
            return ProtocolBroken, "the server's answer is too long to be true"
        return from_no(error, Refused, "look at the server's own log for the reason")
    return ProtocolBroken, NOT_IMAP_REMEDY


def from_connect(error: BaseException, host: str, port: int) -> tuple[type[MailboxError], str]:
    """Class and remedy for a failure before the greeting was read."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = said(error.verify_message)
        return CertificateBad, f"{why}; set `host` to the name in the certificate, or `tls_ca` to the CA that signed it"
    if isinstance(error, ssl.SSLError):
        return CertificateBad, 'no TLS is spoken there; `security = "starttls"` if that is the port for it (143)'
    if isinstance(error, socket.gaierror):
        return HostUnreachable, f"the name {host} has no address: check `host` and the DNS"
    if isinstance(error, ConnectionRefusedError):
        return HostUnreachable, f"nothing listens on port {port}: check `port` and the firewall"
    if isinstance(error, TimeoutError):
        return (
            HostUnreachable,
            'no answer: check the firewall, and `security` (a "tls" port keeps silent to plain text)',
        )
    if isinstance(error, OSError):
        return HostUnreachable, f"check `host`, `port` {port} and the network"
    kind, remedy = from_no(
        error, HostUnreachable, "the greeting was not that of an IMAP server: check `host` and `port`"
    )
    return (HostUnreachable, remedy) if kind is Refused else (kind, remedy)
