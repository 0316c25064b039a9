"""Raw mail to Message: parse, decode, cut, recognise; pure, and the only way in for the rest of maild."""

import re
from collections.abc import Sequence
from dataclasses import replace

from maild.ingest.automated import judge_automatic
from maild.ingest.body import Body, read_body
from maild.ingest.bounce import read_bounce
from maild.ingest.charset import decode_named, raw_header
from maild.ingest.clean import clean_line, clean_text
from maild.ingest.fields import Fields
from maild.ingest.forward import read_forward, says_forward
from maild.ingest.headers import judge_sender, message_ids, parse_addresses, parse_date, subject_text
from maild.ingest.html import html_text
from maild.ingest.language import language_of
from maild.ingest.parse import Parsed, parse
from maild.ingest.quotes import NewText, new_text
from maild.model.message import (
    BETWEEN_QUOTES,
    NO_ORIGINAL,
    ONLY_QUOTED,
    ONLY_SIGNED,
    Address,
    Forwarded,
    Message,
)

HEADERS = 400
HEADER_CHARACTERS = 16_384
LANGUAGE_CHARACTERS = 20


def read(raw: bytes) -> Message:
    """A whole mail as a Message. For any bytes that prescan accepts; what it raises is a bug, and quarantined."""
    lines = _unix_lines(raw)
    parsed = parse(lines)
    body = read_body(parsed.root)
    hint = _charset_hint(parsed)
    fields = parsed.fields
    subject = subject_text(fields.first("subject") or b"", hint)
    from_ = _author(fields, hint)
    text = body.text
    cut = new_text(body.lines, body.marks)
    headers = _headers(fields, hint)
    bounce = read_bounce(parsed, text, subject, from_)
    answer = cut.text
    forwarded = read_forward(parsed, body, subject, cut)
    return Message(
        from_=from_,
        # Where line ends were mended another server may have seen another header.
        sender=judge_sender(fields if lines is raw else replace(fields, dirty="line ends that are none")),
        subject=subject,
        to=_addresses(fields, "to", hint),
        cc=_addresses(fields, "cc", hint),
        reply_to=_addresses(fields, "reply-to", hint),
        date=parse_date(fields.first("date") or b""),
        message_id=next(iter(_ids(fields, "message-id")), ""),
        in_reply_to=_ids(fields, "in-reply-to"),
        references=_ids(fields, "references"),
        headers=headers,
        language=language_of(answer if len(answer) >= LANGUAGE_CHARACTERS else f"{answer}\n{subject}", subject),
        text=text,
        new_text=answer or text,
        html_text=_html_form(body, cut),
        signature=cut.signature,
        attachments=tuple(body.attachments),
        forwarded=forwarded,
        automatic=judge_automatic(headers, from_, subject, answer, bounce is not None, parsed),
        bounce=bounce,
        encrypted=_is_encrypted(parsed, body),
        has_plain_text=body.has_plain,
        notes=(*body.notes, *parsed.defects[:10], *_emptiness(cut, body), *_missing(subject, forwarded)),
    )


def parts(raw: bytes, indices: Sequence[int]) -> list[bytes]:
    """The decoded bytes of attachments by Attachment.index, in the order asked for. IndexError for an unknown one."""
    leaves = read_body(parse(_unix_lines(raw)).root).leaves
    found: list[bytes] = []
    for index in indices:
        if not 0 <= index < len(leaves):
            raise IndexError(f"attachment {index} of a mail with {len(leaves)} attachments")
        found.append(leaves[index][1])
    return found


def _charset_hint(parsed: Parsed) -> str | None:
    """The charset for raw 8-bit header values: one that a part declares, else the one that its first text was read in,
    else what the header's values make together."""
    declared = parsed.root.charset or next((part.charset for part in parsed.root.walk() if part.charset), None)
    raw = b"\n".join(value for _, value in parsed.fields.items if not value.isascii())
    if declared or not raw:
        return declared
    texts = (part.data() for part in parsed.root.walk() if part.maintype == "text" and not part.children)
    sample = next((data for data in texts if not data.isascii()), b"")
    return decode_named(sample[:100_000] + b"\n" + raw)[1]


# A line of commands begins with one of these, in HTML perhaps as a reference to the character.
_HASH = re.compile(r"(?<!&)#|[＃﹟]|&#0{0,9}35;|&#[xX]0{0,9}23;|&num;|&#0{0,9}65283;|&#[xX]0{0,9}[fF]{2}03;")
_MARKUP = re.compile(r"<style\b[^<>]*>[^<]*</style>|<[^<>]*>", re.IGNORECASE)
_HTML_FORM = 20_000


def _html_form(body: Body, cut: NewText) -> str | None:
    """The new text of the HTML form, where the text form was read and one of the two may hold commands: who wrote the
    mail saw one of them (THREATS A54)."""
    if not body.unread:
        return None
    if not (_HASH.search(cut.text) or any(_HASH.search(_MARKUP.sub("", source)) for source in body.unread)):
        return None
    forms: list[str] = []
    for source in body.unread:
        rendered = html_text(source)
        form = new_text(list(rendered.lines), list(rendered.marks))
        whole = "\n".join(rendered.lines).strip()
        only_quoted = form.history_at is not None and form.forward_at is None and form.text == whole
        forms.append("" if only_quoted else form.text)
    return "\n\n".join(forms)[:_HTML_FORM]


def _emptiness(cut: NewText, body: Body) -> tuple[str, ...]:
    """Whether the cutting left nothing and gave back everything; what is forwarded was meant to be read."""
    whole = "\n".join(body.lines).strip()
    if cut.history_at is not None and cut.forward_at is None and cut.text == whole:
        return (ONLY_QUOTED,)
    if cut.nothing and whole and cut.forward_at is None:
        return (ONLY_SIGNED,)
    return (BETWEEN_QUOTES,) if cut.between else ()


def _missing(subject: str, forwarded: Forwarded | None) -> tuple[str, ...]:
    return (NO_ORIGINAL,) if forwarded is None and says_forward(subject) else ()


def _unix_lines(raw: bytes) -> bytes:
    """A mail whose lines end in CR alone (old Macs) or in CR CR LF (gateways) gets ordinary ones; every other mail
    stays as it is."""
    if b"\n" not in raw and b"\r" in raw:
        return raw.replace(b"\r", b"\n")
    if b"\r\r\n" in raw and raw.count(b"\r\r\n") * 2 > raw.count(b"\n"):
        return raw.replace(b"\r\r\n", b"\r\n")
    return raw


def _author(fields: Fields, hint: str | None) -> Address:
    """Who is shown and answered: the first From with an address, else Reply-To, Sender, Return-Path."""
    nameless = Address("")
    for name in ("from", "reply-to", "sender", "return-path", "x-sender", "apparently-from"):
        found = parse_addresses(fields.first(name) or b"", hint)
        for address in found[:1]:
            if "@" in address.address:
                return address
            nameless = nameless if nameless.address or nameless.name else address
        if name == "from" and found:
            return next((a for a in found if "@" in a.address), nameless)
    return nameless


def _addresses(fields: Fields, name: str, hint: str | None) -> tuple[Address, ...]:
    return tuple(a for value in fields.all(name) for a in parse_addresses(value, hint) if "@" in a.address)


def _ids(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for value in fields.all(name) for i in message_ids(raw_header(_spaced(value)))))


def _spaced(value: bytes) -> bytes:
    """Folds keep their blank, so that ids on two lines stay two."""
    return value.replace(b"\r\n", b" ").replace(b"\n", b" ")


def _headers(fields: Fields, hint: str | None) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, clean_line(raw_header(value, hint), HEADER_CHARACTERS)) for name, value in fields.items[:HEADERS]
    )


def _is_encrypted(parsed: Parsed, body: Body) -> bool:
    if body.encrypted:
        return True
    text = clean_text("\n".join(body.lines[:50]))
    return "-----BEGIN PGP MESSAGE-----" in text
