"""A Message of a mail that no parser may read: its header and its first text, by a look that is bounded everywhere."""

from maild.ingest.automated import header_sign
from maild.ingest.charset import decode, raw_header
from maild.ingest.clean import clean_line, clean_text
from maild.ingest.fields import Fields, split_fields
from maild.ingest.headers import judge_sender, message_ids, parse_addresses, parse_date, subject_text
from maild.ingest.language import language_of
from maild.ingest.prescan import HEADER_COUNT, SCAN_BYTES
from maild.model.message import Address, Automatic, Message, Sender

_FIELDS = 100
_VALUE_BYTES = 4096
_LANGUAGE_CHARACTERS = 2000


def unread(head: bytes, number: int, whole: bool) -> Message:
    """What can be told of inbound mail `number` from its first bytes, with a last line that says where the rest is.

    `whole` is False where the ledger has nothing but the header. Linear in `head`; never raises.
    """
    every = split_fields(head)
    fields = Fields(tuple((name, value[:_VALUE_BYTES]) for name, value in every.items[:_FIELDS]), every.body_at)
    found = parse_addresses(fields.first("from") or b"")
    from_ = found[0] if found else Address("")
    headers = tuple((name, clean_line(raw_header(value))) for name, value in fields.items)
    subject = subject_text(fields.first("subject") or b"")
    text = clean_text(decode(head[every.body_at : every.body_at + SCAN_BYTES])).strip() if whole else ""
    sign = header_sign(headers, from_)
    words = f"{text}\n\n{_note(number, whole)}".strip()
    return Message(
        from_=from_,
        # Of a header that is cut, nobody knows whether it holds a second From.
        sender=judge_sender(every) if len(every.items) <= HEADER_COUNT else Sender(None, "too many header fields"),
        subject=subject,
        to=_addresses(fields, "to"),
        cc=_addresses(fields, "cc"),
        date=parse_date(fields.first("date") or b""),
        message_id=next(iter(_ids(fields, "message-id")), ""),
        in_reply_to=_ids(fields, "in-reply-to"),
        references=_ids(fields, "references"),
        headers=headers,
        language=language_of(f"{text[:_LANGUAGE_CHARACTERS]}\n{subject}", subject),
        text=words,
        new_text=words,
        automatic=Automatic("auto_generated", sign) if sign else Automatic("person", "no sign of a machine"),
        notes=("not read by the parser",),
    )


def _note(number: int, whole: bool) -> str:
    if whole:
        return f"[maild could not read this mail whole: `maild inbound show {number} --raw FILE` has all of it.]"
    return "[This mail was too large to be kept: maild has its header only, the mail itself is in the mailbox.]"


def _addresses(fields: Fields, name: str) -> tuple[Address, ...]:
    return tuple(each for each in parse_addresses(fields.first(name) or b"") if "@" in each.address)


def _ids(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for value in fields.all(name) for each in message_ids(raw_header(value))))
