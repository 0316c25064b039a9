"""What both doors, IMAP and SMTP, must understand of a login."""

import ipaddress


class NoToken(Exception):
    """There is no access token to log in with; `str()` says in one line what happened and the remedy.

    permanent   trying again soon cannot help (the provider refuses the client or its grant): back off for minutes
    """

    def __init__(self, text: str, permanent: bool) -> None:
        super().__init__(text)
        self.permanent = permanent


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


# Strongest first. RFC 7628; XOAUTH2 is what Google and Microsoft had before it, and all that Microsoft speaks.
MECHANISMS = ("OAUTHBEARER", "XOAUTH2")
TOKEN_REMEDY = (
    "check `login`, that the token is for this mailbox, and that the provider lets the client use IMAP and SMTP"
    " (Microsoft 365: the permissions IMAP.AccessAsApp and SMTP.SendAsApp, and the mailbox's rights)"
)
# How much of a server's own words an error repeats.
_QUOTED_CHARACTERS = 200


def sasl_first(mechanism: str, login: str, token: str) -> bytes:
    """What the client says first (RFC 7628 §3.1; XOAUTH2 by Google's description of it)."""
    if mechanism == "OAUTHBEARER":
        # RFC 5801 §4: a comma and an equals sign would end the name.
        name = login.replace("=", "=3D").replace(",", "=2C")
        return f"n,a={name},\x01auth=Bearer {token}\x01\x01".encode()
    return f"user={login}\x01auth=Bearer {token}\x01\x01".encode()


def sasl_last(mechanism: str) -> bytes:
    """The answer to a server's reason for refusing, after which it says so (RFC 7628 §3.2.3)."""
    return b"\x01" if mechanism == "OAUTHBEARER" else b""


def sasl_reason(challenge: bytes, token: str) -> str:
    """A server's reason (JSON by RFC 7628 §3.2.2) on one printable line, without the token if it repeats it."""
    text = challenge[: 16 * _QUOTED_CHARACTERS].decode("utf-8", "replace").replace(token, "…")
    clean = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return clean if len(clean) <= _QUOTED_CHARACTERS else clean[: _QUOTED_CHARACTERS - 1] + "…"
