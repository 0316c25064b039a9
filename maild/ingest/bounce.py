"""Delivery reports: RFC 3464 parts, and the zoo of programs that write none (qmail, exim, Exchange, QQ, NetEase)."""

import re
from collections.abc import Iterator

from maild.ingest.away_words import ASKS
from maild.ingest.bounce_text import (
    ADDRESS,
    NOTICE,
    RECIPIENTS,
    STATUS,
    failed_id,
    recipients_of,
    returned_fields,
    status_in,
    status_near,
)
from maild.ingest.bounce_words import DELAYED, RETURNED, ROLES, SENDERS, SUBJECTS, TEXTS
from maild.ingest.charset import raw_header
from maild.ingest.clean import clean_line
from maild.ingest.fields import split_fields
from maild.ingest.headers import message_ids, parse_addresses
from maild.ingest.parse import DELIVERY_STATUS, Parsed, Part
from maild.ingest.quote_words import fold
from maild.model.message import Address, Bounce, FailedRecipient

_TRANSCRIPT = re.compile(r"^\W{0,12}(?:rcpt to:|failed recipient)", re.I | re.M)
_FIELD_IN_TEXT = re.compile(r"^(?:Final|Original)-Recipient:", re.I | re.M)
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_FAILED_ACTIONS = ("failed", "failure", "fail", "error")
_DELAYED_ACTIONS = ("delayed", "delay", "deferred")


def read_bounce(parsed: Parsed, text: str, subject: str, from_: Address) -> Bounce | None:
    """The delivery report that this mail is, failed recipients first, or None. `text` is the whole body."""
    status_parts = [part for part in _own_parts(parsed.root) if part.content_type in DELIVERY_STATUS]
    machine = _machine_sender(parsed, from_)
    reporting = parsed.root.content_type == "multipart/report"
    notice = _notice(text)
    if status_parts and (reporting or machine or _subject_says(subject)):
        found, successes = _from_status(status_parts)
        if not found and successes:
            return None
        found = _complete(found, parsed, notice, from_)
        if found or reporting:
            return Bounce(_ordered(found), failed_id(parsed, text))
    at = _report_in_text(text) if machine or reporting or _subject_says(subject) else -1
    if at >= 0:
        # A report whose parts lost their boundary: its fields stand in the text.
        found, successes = _from_groups(_groups(text[at : at + NOTICE].encode("utf-8")))
        if found:
            return Bounce(_ordered(_complete(found, parsed, notice, from_)), failed_id(parsed, text))
        if successes:
            return None
    if reporting and (parsed.root.type_params.get("report-type") or "").lower() not in ("", "delivery-status"):
        return None
    if not _looks_like_bounce(parsed, subject, notice, text, machine, from_):
        return None
    delayed = any(words in fold(f"{subject}\n{notice[:3000]}") for words in DELAYED)
    codes = status_in(notice) or status_in(text[:NOTICE])
    status = codes or ("4.0.0" if delayed else "5.0.0")
    if codes.startswith("5"):
        delayed = False
    recipients = [
        FailedRecipient(
            address,
            "delayed" if delayed else "failed",
            status_near(notice, address) or status,
            not delayed and not status.startswith("4"),
        )
        for address in recipients_of(parsed, notice, text, from_)
    ]
    if machine and not codes:
        inner = _inner_report(parsed.root)
        if inner is not None:
            # A filter put its own letter round the report of another server.
            return inner
    if not recipients and not _subject_says(subject):
        # Words about quotas and mailboxes alone are a warning to a person, not a report.
        return None
    return Bounce(_ordered(recipients), failed_id(parsed, text))


def _inner_report(root: Part) -> Bounce | None:
    """What a report says that is attached to a report, for which no recipient's status is told outside."""
    for part in root.children:
        inner = part.inner
        if inner is not None and inner.content_type == "multipart/report":
            status_parts = [below for below in _own_parts(inner) if below.content_type in DELIVERY_STATUS]
            found, _ = _from_status(status_parts)
            if found and all(one.address for one in found):
                return Bounce(_ordered(found), _id_below(inner))
    return None


def _id_below(report: Part) -> str | None:
    for part in report.walk():
        if part.inner is not None and part is not report:
            ids = message_ids(raw_header(part.inner.fields.first("message-id") or b""))
            return ids[0] if ids else None
    return None


def _own_parts(part: Part) -> Iterator[Part]:
    """All parts but those inside attached messages."""
    yield part
    for child in part.children:
        if part.content_type not in DELIVERY_STATUS:
            yield from _own_parts(child)


def _machine_sender(parsed: Parsed, from_: Address) -> bool:
    who = fold(f"{from_.name} {from_.address}")
    if any(name in who for name in SENDERS):
        return True
    if (parsed.fields.first("from") or b"").strip().endswith(b"<>"):
        return True
    path = parsed.fields.first("return-path")
    return (path is not None and b"".join(path.split()) == b"<>") or parsed.fields.first(
        "x-failed-recipients"
    ) is not None


def _subject_says(subject: str) -> bool:
    title = fold(subject)
    return not title.startswith(("re:", "aw:", "fwd:", "fw:", "回复", "答复", "转发")) and any(
        w in title for w in SUBJECTS
    )


def _notice(text: str) -> str:
    """The beginning of a report up to the returned mail."""
    lines: list[str] = []
    size = 0
    for line in text[:NOTICE].split("\n"):
        if lines and size > 60 and RETURNED.match(line):
            break
        lines.append(line)
        # A short notice that names somebody is one.
        size += len(line) + (60 if "@" in line else 0)
    return "\n".join(lines)


def _looks_like_bounce(parsed: Parsed, subject: str, notice: str, text: str, machine: bool, from_: Address) -> bool:
    if parsed.fields.first("x-failed-recipients") is not None:
        return True
    says = _subject_says(subject)
    head = fold(notice[:4000])
    words = sum(phrase in head for phrase in TEXTS)
    submitted = fold(raw_header(parsed.fields.first("auto-submitted") or b""))
    if submitted.startswith("auto-replied") and not says and not machine:
        return False
    if machine and (parsed.fields.first("from") or b"").strip() == b"<>":
        # Nobody but a mail server writes without a sender.
        return says or words >= 1
    answers = parsed.fields.first("in-reply-to") is not None
    if machine:
        if (says and (words >= 1 or ADDRESS.search(notice) is not None)) or words >= 2:
            return True
        # In a language that is not known here the code tells; a transcript tells even of an answer.
        named = ADDRESS.search(notice) is not None
        return named and (
            (not answers and _bad_status(notice)) or (words >= 1 and _TRANSCRIPT.search(notice) is not None)
        )
    if not says or words < 2 or answers or parsed.fields.first("list-id") is not None:
        return False
    # `退信求助` is how people ask for help with a report: without a machine's name its form must be one's.
    if submitted.startswith("auto-") or any(role in from_.key.partition("@")[0] for role in ROLES):
        return True
    return ASKS.search(head[:400]) is None and bool(returned_fields(parsed, text)) and not _attaches_report(parsed)


def _attaches_report(parsed: Parsed) -> bool:
    return any(part.inner is not None and part.inner.content_type == "multipart/report" for part in parsed.root.walk())


def _bad_status(text: str) -> bool:
    return any(match.group(1) in "45" for match in STATUS.finditer(text[:NOTICE]))


def _blocks(part: Part) -> list[dict[str, bytes]]:
    """The field groups of a message/delivery-status part (RFC 3464 §2.1)."""
    sources = [child.header_bytes() + b"\n\n" + child.data() for child in part.children] or [part.data()]
    return [group for source in sources[: RECIPIENTS * 2] for group in _groups(source)]


def _groups(source: bytes) -> list[dict[str, bytes]]:
    """Groups of fields between empty lines; a group that names a second recipient is two."""
    groups: list[dict[str, bytes]] = []
    at = 0
    while at < len(source) and len(groups) < RECIPIENTS * 2:
        fields = split_fields(source, at)
        if not fields.items:
            break
        group: dict[str, bytes] = {}
        for name, value in fields.items:
            if name in ("final-recipient", "original-recipient") and name in group and "action" in group:
                groups.append(group)
                group = {}
            group.setdefault(name, value)
        groups.append(group)
        if fields.body_at <= at:
            break
        at = fields.body_at
    return groups


def _report_in_text(text: str) -> int:
    """Where the fields of a report stand in a text, as an offset; -1 when they do not."""
    match = _FIELD_IN_TEXT.search(text[:NOTICE])
    return match.start() if match else -1


def _from_status(status_parts: list[Part]) -> tuple[list[FailedRecipient], int]:
    return _from_groups([group for part in status_parts for group in _blocks(part)])


def _from_groups(groups: list[dict[str, bytes]]) -> tuple[list[FailedRecipient], int]:
    """Failed and delayed recipients of field groups, and how many were reached."""
    found: list[FailedRecipient] = []
    successes = 0
    for group in groups:
        if not ({"final-recipient", "original-recipient", "action", "status"} & group.keys()):
            continue
        action = fold(raw_header(group.get("action", b""))).partition(" ")[0].strip(";,.()")
        code = STATUS.search(raw_header(group.get("status", b"")))
        status = code.group() if code else ""
        if action in ("delivered", "relayed", "expanded"):
            successes += 1
            continue
        if status.startswith("2") and action not in _FAILED_ACTIONS:
            successes += 1
            continue
        delayed = action in _DELAYED_ACTIONS or (action not in _FAILED_ACTIONS and status.startswith("4"))
        if not status:
            found_code = STATUS.search(raw_header(group.get("diagnostic-code", b"")))
            status = found_code.group() if found_code else ("4.0.0" if delayed else "5.0.0")
        address = _status_address(group.get("final-recipient")) or _status_address(group.get("original-recipient"))
        found.append(
            FailedRecipient(
                address, "delayed" if delayed else "failed", status, not delayed and not status.startswith("4")
            )
        )
    return found, successes


def _status_address(value: bytes | None) -> str:
    """The address of `rfc822; a@b`, in any of its broken forms; empty when there is none."""
    if value is None:
        return ""
    text = clean_line(raw_header(value))
    kind, semicolon, rest = text.partition(";")
    text = rest if semicolon else text
    if "+" in text and kind.strip().lower() in ("x-xtext", "xtext"):
        text = _XTEXT.sub(lambda m: chr(int(m[1], 16)), text)
    match = ADDRESS.search(text)
    if match:
        return match.group()
    found = parse_addresses(text.encode("utf-8"))
    return next((a.address for a in found if "@" in a.address), "")


def _complete(found: list[FailedRecipient], parsed: Parsed, notice: str, from_: Address) -> list[FailedRecipient]:
    """Recipients that the report's fields leave without an address get one from elsewhere."""
    if all(one.address for one in found) and found:
        return list(dict.fromkeys(found))
    others = recipients_of(parsed, notice, notice, from_)
    named = [one for one in found if one.address]
    blank = [one for one in found if not one.address]
    status = blank[0].status if blank else (status_in(notice) or "5.0.0")
    action = blank[0].action if blank else "failed"
    permanent = blank[0].permanent if blank else not status.startswith("4")
    known = {one.address.lower() for one in named}
    for address in others[: max(1, len(blank))]:
        if address.lower() not in known:
            named.append(FailedRecipient(address, action, status, permanent))
    return named or blank[:1]


def _ordered(found: list[FailedRecipient]) -> tuple[FailedRecipient, ...]:
    unique = list(dict.fromkeys(found))[:RECIPIENTS]
    return tuple([one for one in unique if one.action == "failed"] + [one for one in unique if one.action != "failed"])
