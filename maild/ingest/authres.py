"""What the site's own mail server found out about a mail's sender: Authentication-Results, read strictly (RFC 8601).

Anybody can write such a header. Only the one whose authserv-id is the configured one counts, and none if there are two
of that id (THREATS A02, R2): a border server that does not strip forged ones cannot be trusted.

Fields stand in the order in which servers put them on top (RFC 5321 §4.4), so what stands below the line of a server
that had the mail before the border did was there before. Whether a server writes its results above or below its own
Received line differs (RFC 8601 §4 leaves it open); `strict` is for those who know that theirs writes them above it.
"""

import re
from collections.abc import Set
from dataclasses import dataclass
from typing import Literal

from maild.model import Message

# Real ones have some hundred bytes; one that is longer is an attack on its reader (THREATS A02).
_MAX_CHARS = 4096

Verdict = Literal["pass", "fail", "none"]


@dataclass(frozen=True, slots=True)
class Authentication:
    """Whether the From domain is authenticated, with the reason."""

    verdict: Verdict
    reason: str


def authenticate(
    message: Message, authserv_id: str, servers: Set[str] = frozenset(), strict: bool = False
) -> Authentication:
    """DMARC pass, or DKIM or SPF pass aligned with the domain of the one clean From.

    servers  names under which the border stands in its Received lines, in lower case; the authserv-id is always one
    strict   the border writes its results above its own Received line
    """
    if not authserv_id:
        return Authentication("none", "no authserv-id is configured")
    if message.sender.identity is None:
        return Authentication("none", f"no clean sender: {message.sender.defect}")
    ours = [
        value for value in message.header_all("authentication-results") if _authserv_id(value) == authserv_id.lower()
    ]
    if not ours:
        return Authentication("none", f"no Authentication-Results of {authserv_id}")
    if len(ours) > 1:
        return Authentication("none", f"{len(ours)} Authentication-Results of {authserv_id}: one of them is forged")
    if not _of_the_border(message, authserv_id.lower(), servers, strict):
        return Authentication(
            "none", f"the Authentication-Results of {authserv_id} was there before {authserv_id} had it"
        )
    results = _results(ours[0])
    if results is None:
        return Authentication("none", f"the Authentication-Results of {authserv_id} cannot be read")
    return _judge(results, message.sender.identity.lower().rpartition("@")[2])


def _of_the_border(message: Message, authserv_id: str, servers: Set[str], strict: bool) -> bool:
    """Whether the results stand where the border can have put them: above the first Received line that an earlier
    server wrote. Where no line names the border nothing can be known of that."""
    border = {authserv_id, *servers}
    passed = False
    for name, value in message.headers:
        if name == "authentication-results" and _authserv_id(value) == authserv_id:
            return True
        if name != "received":
            continue
        by = _BY.search(value[:_MAX_CHARS])
        here = by is not None and by[1].lower().rstrip(".") in border
        if (here and strict) or (passed and not here):
            return False
        passed = passed or here
    return False


# Which server wrote a Received line (RFC 5321 §4.4): the word behind "by".
_BY = re.compile(r"(?:^|\s)by\s+([^\s;()]+)", re.IGNORECASE)


def _judge(results: list[tuple[str, str, dict[str, str]]], domain: str) -> Authentication:
    dmarc = [(result, props) for method, result, props in results if method == "dmarc"]
    if len(dmarc) > 1:
        return Authentication("none", "two DMARC results in one header")
    if dmarc:
        result, props = dmarc[0]
        claimed = props.get("header.from", "").lower()
        if result == "pass" and claimed == domain:
            return Authentication("pass", f"DMARC pass for {domain}")
        if result == "fail":
            return Authentication("fail", f"DMARC fail for {claimed or domain}")
        if result == "pass":
            return Authentication("none", f"DMARC pass is for {claimed or 'nobody'}, the mail is from {domain}")
    failed = False
    for method, result, props in results:
        if method == "dkim" and result == "pass":
            signer = (props.get("header.d") or props.get("header.i", "").rpartition("@")[2]).lower()
            if _aligned(domain, signer):
                return Authentication("pass", f"DKIM pass by {signer}")
        if method == "spf" and result == "pass":
            sender = props.get("smtp.mailfrom", "").rpartition("@")[2].lower()
            if _aligned(domain, sender):
                return Authentication("pass", f"SPF pass for {sender}")
        if method == "spf" and result == "fail":
            sender = props.get("smtp.mailfrom", "").rpartition("@")[2].lower()
            failed = failed or not sender or _aligned(domain, sender)
    if failed:
        return Authentication("fail", f"SPF fail for {domain}")
    return Authentication("none", f"nothing vouches for {domain}")


def _aligned(domain: str, other: str) -> bool:
    """Strict alignment, or the From domain lying below the other one; never the other way round."""
    return bool(other) and (domain == other or (domain.endswith("." + other) and "." in other))


def _authserv_id(value: str) -> str:
    """The first token, read literally: a quoted or commented one is not ours."""
    head = value.lstrip()[:300]
    end = next((i for i, c in enumerate(head) if c in "; \t\r\n("), len(head))
    rest = head[end:].lstrip()
    # Behind the id stands an optional version number and then the semicolon.
    if rest and rest[0] not in ";0123456789":
        return ""
    return head[:end].lower()


def _results(value: str) -> list[tuple[str, str, dict[str, str]]] | None:
    """(method, result, properties) in order; None if the header is too long or broken."""
    if len(value) > _MAX_CHARS:
        return None
    plain = _without_comments(value)
    if plain is None:
        return None
    results: list[tuple[str, str, dict[str, str]]] = []
    for part in plain.split(";")[1:]:
        words = part.split()
        if not words or words == ["none"]:
            continue
        method, equals, result = words[0].partition("=")
        if not equals:
            return None
        props = {name.lower(): text for name, equals, text in (word.partition("=") for word in words[1:]) if equals}
        results.append((method.partition("/")[0].lower(), result.lower(), props))
    return results


def _without_comments(value: str) -> str | None:
    """The value without comments and with quoted strings emptied of what could mislead; one pass."""
    out: list[str] = []
    depth, quoted, escaped = 0, False, False
    for char in value:
        if escaped:
            escaped = False
            continue
        if char == "\\" and (quoted or depth):
            escaped = True
        elif quoted:
            if char == '"':
                quoted = False
            elif char.isalnum() or char in "@.-_+":
                out.append(char)
        elif depth:
            depth += (char == "(") - (char == ")")
        elif char == "(":
            depth = 1
        elif char == '"':
            quoted = True
        else:
            out.append(char)
    return None if depth or quoted else "".join(out)
