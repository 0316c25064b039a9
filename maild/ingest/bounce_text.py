"""What a delivery report's text says: who did not get the mail, with which status, and which mail came back."""

import re

from maild.ingest.bounce_words import RETURNED
from maild.ingest.charset import decode, raw_header
from maild.ingest.clean import clean_text
from maild.ingest.fields import split_fields
from maild.ingest.headers import message_ids, parse_addresses
from maild.ingest.parse import Parsed
from maild.model.message import Address

RECIPIENTS = 100
NOTICE = 16_000
STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]?\d)")
_SMTP_CODE = re.compile(r"(?<![\d.:/-])([45])[0-5]\d(?![\d.:/])(?=[ -])")
ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,200}[A-Za-z0-9])?")
_DIRECTORY = re.compile(r"^.*(?:smtp|rfc822)=", re.I)


def status_in(text: str) -> str:
    """The enhanced status code that a text names, else one from its SMTP code, else empty."""
    codes = [match.group() for match in STATUS.finditer(text[:NOTICE])]
    bad = [code for code in codes if code[0] in "45"]
    if bad:
        return bad[0]
    match = _SMTP_CODE.search(text[:NOTICE])
    return f"{match.group(1)}.0.0" if match else ""


def status_near(notice: str, address: str) -> str:
    """The code that stands between an address and the next one: reports on several recipients name one for each."""
    at = notice.find(address)
    if at < 0:
        return ""
    behind = notice[at + len(address) : at + 800]
    following = ADDRESS.search(behind)
    found = STATUS.search(behind[: following.start()] if following and following.start() > 30 else behind)
    return found.group() if found and found.group()[0] in "45" else ""


def recipients_of(parsed: Parsed, notice: str, text: str, from_: Address) -> list[str]:
    header = parsed.fields.first("x-failed-recipients")
    if header is not None:
        found = [a.address for a in parse_addresses(header) if "@" in a.address]
        if found:
            return found
    own = {
        a.key
        for name in ("to", "from", "reply-to", "sender")
        for v in parsed.fields.all(name)
        for a in parse_addresses(v)
    }
    own.add(from_.key)
    returned = returned_fields(parsed, text)
    senders = {
        a.key for value in (returned.get("from", b""), returned.get("sender", b"")) for a in parse_addresses(value)
    }
    sent_to = [
        a.address for name in ("to", "cc", "bcc") for a in parse_addresses(returned.get(name, b"")) if "@" in a.address
    ]
    ranked = _ranked(notice, own | senders)
    meant = {address.lower() for address in sent_to}
    meant |= {match.group(1).lower() for match in _FOR.finditer(raw_header(returned.get("received", b"")))}
    best = max(ranked.values(), default=0)
    both = [address for address, score in ranked.items() if address.lower() in meant and score >= best - 1]
    if both:
        return both[:RECIPIENTS]
    return list(ranked)[:1] if ranked else sent_to[:RECIPIENTS]


_RULES = re.compile(r"^(?:[ \t]{0,8}[-=_*#~+]{0,200}[ \t]{0,8}\n){1,8}")
_FOR = re.compile(r"\bfor\s{1,3}<([^\s<>@]{1,64}@[^\s<>@]{1,200})>")
_STANDS_ALONE = re.compile(
    r"^[\s*>\-'\"(\[<]{0,12}(?:mailto:|rfc822;|smtp:|to:|recipient:|user:|收件人[:：]|收件人)?[\s<\"']{0,6}$", re.I
)
_ANNOUNCING = ("following recipient", "following address", "not reach", "failed addresses", "following users")
_NEAR = (
    "recipient",
    "failed",
    "unknown",
    "rejected",
    "not deliver",
    "undeliver",
    "user",
    "mailbox",
    "address",
    "收件人",
    "地址",
    "550",
    "to:",
    "rcpt to",
)


def _ranked(notice: str, own: set[str]) -> dict[str, int]:
    """Addresses of a notice with their scores, the likeliest failed one first: those that begin a line, stand among
    such words, or below a line that announces them; the `To:` of the quoted mail is the last choice."""
    scored: dict[str, tuple[int, int]] = {}
    order = 0
    announced = False
    for line in notice.split("\n"):
        lower = line.lower()
        announced = announced or any(words in lower for words in _ANNOUNCING)
        for match in ADDRESS.finditer(line):
            # `'a@b'` in quotes, and `dda:SMTP=a@b` of X.400 reports.
            address = _DIRECTORY.sub("", match.group()).strip(".-'")
            if address.startswith("//"):
                # Part of a link.
                continue
            key = address.lower()
            if (
                key in own
                or key.partition("@")[0] in ("postmaster", "mailer-daemon", "abuse", "helpdesk")
                or "." not in key.partition("@")[2]
            ):
                continue
            if (
                "message-id" in lower
                or "esmtp" in lower
                or lower.lstrip().startswith(("from:", "received:", "reply-to:"))
            ):
                continue
            score = 0
            if _STANDS_ALONE.match(line[: match.start()]):
                score += 2
            if any(word in lower for word in _NEAR):
                score += 1
            if announced:
                score += 2
            if lower.lstrip().startswith("to:"):
                score -= 3
            order += 1
            if address not in scored or scored[address][0] < score:
                scored[address] = (score, scored.get(address, (0, order))[1])
    ordered = sorted(scored, key=lambda a: (-scored[a][0], scored[a][1]))
    return {address: scored[address][0] for address in ordered}


def returned_fields(parsed: Parsed, text: str) -> dict[str, bytes]:
    """The header of the mail that came back: attached, as text/rfc822-headers, or copied into the text."""
    for part in parsed.root.walk():
        if part.inner is not None and part is not parsed.root:
            return _as_dict(part.inner.fields.items)
        if part.content_type in ("text/rfc822-headers", "message/rfc822-headers"):
            data = part.data() or b"".join(child.header_bytes() for child in part.children)
            return _as_dict(split_fields(clean_text(decode(data)).encode("utf-8").lstrip()).items)
    lines = text.split("\n")
    for number, line in enumerate(lines[:2000]):
        if RETURNED.match(line) and (number or line.lower().startswith(("received", "return-path"))):
            below = "\n".join(
                piece.lstrip("> ") if piece.startswith(">") else piece for piece in lines[number : number + 80]
            )
            start = below if line.lower().startswith(("received:", "return-path:")) else below.partition("\n")[2]
            for offset in range(6):
                start = _RULES.sub("", start, count=1)
                fields = split_fields(start.lstrip("\n ").encode("utf-8"))
                names = {name for name, _ in fields.items}
                whole = {"from", "to", "subject", "message-id", "date"} & names and len(names) > 2
                if whole or (offset == 0 and {"received", "return-path"} <= names):
                    return _as_dict(fields.items)
                start = start.lstrip("\n ").partition("\n\n")[2] if offset == 0 else start.partition("\n")[2]
    return {}


def _as_dict(items: tuple[tuple[str, bytes], ...]) -> dict[str, bytes]:
    result: dict[str, bytes] = {}
    for name, value in items:
        result.setdefault(name, value)
    return result


def failed_id(parsed: Parsed, text: str) -> str | None:
    """The Message-ID of the mail that failed, from what came back of it, else from In-Reply-To or References."""
    value = returned_fields(parsed, text).get("message-id")
    found = message_ids(raw_header(value)) if value else ()
    if not found:
        for name in ("in-reply-to", "references"):
            for raw in parsed.fields.all(name):
                found = message_ids(raw_header(raw.replace(b"\r\n", b" ").replace(b"\n", b" ")))
                if found:
                    return found[-1]
    return found[0] if found else None
