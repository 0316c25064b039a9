"""Header values: addresses for showing, the sender's identity for trusting, ids, dates (RFC 5322 §3.3-3.6)."""

import re
from datetime import UTC, datetime, timedelta, timezone

from maild.ingest.charset import raw_header
from maild.ingest.clean import clean_line
from maild.ingest.encoded_words import decode_words, header_text
from maild.ingest.fields import Fields
from maild.model.message import Address, Sender

# Mailboxes read from one field: more are a bomb or a mistake (THREATS §2.1), and nobody looks at them.
ADDRESS_COUNT = 1000
ADDRESS_LENGTH = 254
ID_LENGTH = 998
ID_COUNT = 200

_DOT_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}){0,20}"
_DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})){0,20}"
_ADDR_SPEC = re.compile(rf"{_DOT_ATOM}@{_DOMAIN}")
# Loose: what may be shown and answered, and no more.
_LOOSE = re.compile(r"[^\s<>\"(),;:]{1,200}@[^\s<>\"(),;:@]{1,200}")
_INNER_COMMENT = re.compile(r"\([^()]{0,200}\)")
_FULL_WIDTH = str.maketrans("；，＜＞", ";,<>")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,996}>")


def subject_text(raw: bytes, hint: str | None = None) -> str:
    """A subject, decoded and cleaned."""
    return clean_line(header_text(raw, hint))


def is_addr_spec(text: str) -> bool:
    """Whether this is one clean ASCII addr-spec of at most 254 characters without an encoded word in it."""
    return len(text) <= ADDRESS_LENGTH and "=?" not in text and _ADDR_SPEC.fullmatch(text) is not None


# --- addresses ----------------------------------------------------------------------------------------------------


def parse_addresses(raw: bytes, hint: str | None = None) -> tuple[Address, ...]:
    """The mailboxes of one raw header value, in order, groups dissolved. For showing and answering, never for trust.

    Quoted strings, comments and angle brackets are told apart before encoded words are decoded, in one pass over the
    characters; a comment is the name only where no other stands.
    """
    return parse_address_text(raw_header(raw, hint), hint)


def parse_address_text(text: str, hint: str | None = None) -> tuple[Address, ...]:
    """As parse_addresses(), for a value that is text already."""
    if "<" not in text and any(mark in text for mark in "；＜＞"):
        # Typed with a Chinese keyboard.
        text = text.translate(_FULL_WIDTH)
    found: list[Address] = []
    for piece in _split_mailboxes(text):
        address = piece.address(hint)
        if address is not None:
            found.append(address)
        if len(found) >= ADDRESS_COUNT:
            break
    if "=?" in text and not any("@" in address.address for address in found):
        # Some mailers encode the whole mailbox.
        plain = decode_words(text, hint)
        if "=?" not in plain and "@" in plain:
            return parse_address_text(plain, hint)
    return tuple(found)


class _Mailbox:
    """What one mailbox gathers while the scanner walks over it."""

    __slots__ = ("angle", "comment", "phrase", "quoted")

    def __init__(self) -> None:
        self.phrase: list[str] = []
        self.comment: list[str] = []
        self.angle: str | None = None
        self.quoted = False

    def empty(self) -> bool:
        return self.angle is None and not "".join(self.phrase).strip()

    def address(self, hint: str | None) -> Address | None:
        phrase = "".join(self.phrase).strip()
        name = phrase
        if self.angle is not None:
            spec = _bare(self.angle)
            if "@" not in spec and "=?" in spec:
                spec = _bare(decode_words(spec, hint))
            if not spec and not phrase:
                return None
            if not spec or ("@" not in spec and _LOOSE.fullmatch(phrase)):
                inside = _LOOSE.search(phrase)
                spec = inside.group() if inside else spec
        else:
            match = _LOOSE.search(phrase)
            if match:
                spec = match.group()
                name = (phrase[: match.start()] + phrase[match.end() :]).strip(" <>")
            elif phrase and not any(c.isspace() for c in phrase) and phrase.isascii() and "=?" not in phrase:
                spec, name = phrase, ""
            else:
                spec = ""
        if not name:
            name = "".join(self.comment)
        name = clean_line(decode_words(name, hint), 256)
        name = _unquote(name)
        spec = clean_line(spec, ADDRESS_LENGTH + 64).replace(" ", "")
        return Address(spec, name) if spec or name else None


def _unquote(name: str) -> str:
    """The name without the quotes that a second mailer put round it."""
    for _ in range(2):
        if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
            name = name[1:-1].strip()
    return name


def _bare(angle: str) -> str:
    """An addr-spec as written between angle brackets: without route, blanks and `mailto:`."""
    spec = _INNER_COMMENT.sub("", "".join(angle.split())).strip("<>,;'")
    if spec.startswith("@") and ":" in spec:
        spec = spec.partition(":")[2]
    return spec.removeprefix("mailto:").removeprefix("MAILTO:")


def _split_mailboxes(text: str) -> list[_Mailbox]:
    boxes: list[_Mailbox] = []
    box = _Mailbox()
    at, end = 0, len(text)
    last_group, last_angle = text.rfind(";"), text.rfind(">")
    # One comment that never closes means that no later one is looked for: else the scan would be quadratic.
    comments = True
    while at < end and len(boxes) <= ADDRESS_COUNT:
        character = text[at]
        if character == '"':
            body, at = _quoted(text, at)
            box.phrase.append(body)
            box.quoted = True
            continue
        if character == "(" and comments:
            body, behind = _comment(text, at)
            comments = behind > at
            if comments:
                box.comment.append(body)
                at = behind
                continue
        if character == "<":
            close = text.find(">", at, last_angle + 1) if at < last_angle else end
            again = text.find("<", at + 1)
            if 0 <= again < close and "@" not in text[at:again]:
                # `<<a@b>>`, or a stray bracket in a name.
                at += 1
                continue
            if box.angle is not None and "@" in box.angle:
                boxes.append(box)
                box = _Mailbox()
            box.angle = text[at + 1 : close]
            at = close + 1
            continue
        if character in ",;" or (character == ":" and at < last_group and _is_group(box)):
            if character == ":":
                box = _Mailbox()
            elif not _joins(box, text, at):
                if not box.empty():
                    boxes.append(box)
                box = _Mailbox()
            else:
                box.phrase.append(character)
            at += 1
            continue
        if character == "\\" and at + 1 < end:
            box.phrase.append(text[at + 1])
            at += 2
            continue
        if character not in ">":
            box.phrase.append(character)
        at += 1
    if not box.empty() or box.comment:
        boxes.append(box)
    return boxes


def _joins(box: _Mailbox, text: str, at: int) -> bool:
    """Whether a comma stands inside an unquoted name (`Smith, John <j@x>`): no address before it, one behind."""
    if box.angle is not None or text[at] == ";":
        return False
    phrase = "".join(box.phrase)
    if "@" in phrase or not phrase.strip():
        return False
    rest = text[at + 1 : at + 200]
    angle, comma = rest.find("<"), rest.find(",")
    return angle >= 0 and (comma < 0 or comma > angle) and "@" not in rest[:angle]


def _is_group(box: _Mailbox) -> bool:
    """Whether a colon ends a group's name; names of more than 200 pieces are none."""
    if box.angle is not None or len(box.phrase) > 200:
        return False
    phrase = "".join(box.phrase).strip()
    return bool(phrase) and "@" not in phrase


def _quoted(text: str, at: int) -> tuple[str, int]:
    """The quoted string at text[at] == '"', without quotes and backslashes, and the offset behind it."""
    out: list[str] = []
    position = at + 1
    while position < len(text):
        character = text[position]
        if character == "\\" and position + 1 < len(text):
            out.append(text[position + 1])
            position += 2
            continue
        if character == '"':
            return "".join(out), position + 1
        out.append(character)
        position += 1
    # No closing quote: the quote was a character like others.
    return "", at + 1


def _comment(text: str, at: int) -> tuple[str, int]:
    """The comment at text[at] == '(', nested ones flattened (a loop, not recursion: CVE-2023-36632)."""
    depth, position = 0, at
    out: list[str] = []
    while position < len(text):
        character = text[position]
        if character == "\\" and position + 1 < len(text):
            out.append(text[position + 1])
            position += 2
            continue
        if character == "(":
            depth += 1
            if depth > 1:
                out.append(character)
        elif character == ")":
            depth -= 1
            if depth == 0:
                return "".join(out), position + 1
            out.append(character)
        else:
            out.append(character)
        position += 1
    return "", at


# --- identity -----------------------------------------------------------------------------------------------------

_PHRASE_STRUCTURE = re.compile(r"[<>@,;:()\"\\\x00-\x08\x0a-\x1f\x7f]")
_QUOTED_ONLY = re.compile(r"\"((?:[^\"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x1f\x7f])*)\"")


def judge_sender(fields: Fields) -> Sender:
    """Who the mail is from, strictly (THREATS A03): one From field, one clean mailbox, a clean header block."""
    values = fields.all("from")
    if fields.dirty:
        return Sender(None, fields.dirty)
    if len(values) != 1:
        return Sender(None, "no From field" if not values else f"{len(values)} From fields")
    return _strict_mailbox(values[0])


def _strict_mailbox(raw: bytes) -> Sender:
    flat = raw.replace(b"\r\n", b"").replace(b"\n", b"").strip(b" \t")
    if len(flat) > 2000:
        return Sender(None, "a From field of more than 2,000 bytes")
    text = flat.decode("latin-1")
    if is_addr_spec(text):
        return Sender(text)
    phrase, bracket, rest = text.rpartition("<")
    if not bracket or not rest.endswith(">"):
        return Sender(None, "From is not one clean mailbox")
    address = rest[:-1]
    phrase = phrase.strip(" \t")
    quoted = _QUOTED_ONLY.fullmatch(phrase)
    if quoted is None and _PHRASE_STRUCTURE.search(phrase):
        return Sender(None, "From has more than a name and one address")
    if not is_addr_spec(address):
        return Sender(None, "the address of From is not a plain ASCII addr-spec")
    return Sender(address)


# --- ids and dates ------------------------------------------------------------------------------------------------


def message_ids(text: str) -> tuple[str, ...]:
    """The well-formed ids of a Message-ID, In-Reply-To or References value: `<…>` without white space (RFC 5322
    §3.6.4), in order, each once, at most 200."""
    found = dict.fromkeys(
        match.group() for match in _MESSAGE_ID.finditer(text) if match.group().isascii() and match.group().isprintable()
    )
    return tuple(found)[:ID_COUNT]


_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_ZONES = {"ut": 0, "gmt": 0, "utc": 0, "z": 0, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420}
_ZONES |= {"mdt": -360, "pst": -480, "pdt": -420, "cet": 60, "cest": 120, "met": 60, "mest": 120, "jst": 540}
_ZONES |= {"kst": 540, "hkt": 480, "bst": 60, "ist": 330, "msk": 180, "wet": 0, "west": 60, "eet": 120, "eest": 180}
_DAY = re.compile(r"\b(\d{1,2})[ \t-]{1,3}([A-Za-z]{3})[A-Za-z]{0,6}[ \t,-]{1,3}(\d{2,4})\b")
_DAY_US = re.compile(
    r"\b([A-Za-z]{3})[a-z]{0,6}[ \t]{1,3}(\d{1,2})(?:,|\b)(?:[ \t]{1,3}[\d:]{5,8})?[ \t,]{1,3}(\d{4})\b"
)
_DAY_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})")
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:\.\d{1,9})?[ \t]{0,3}([AaPp][Mm]\b)?")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})\b")
_ZONE = re.compile(r"\b([A-Za-z]{1,4})\)?\s*$")


def parse_date(raw: bytes) -> datetime | None:
    """A Date value in the forms that mailers write (RFC 5322, obsolete, ISO), aware; None when there is none to read.
    Without a zone UTC is taken. For showing only (THREATS A60)."""
    text = raw_header(raw[:200])
    year = month = day = 0
    if match := _DAY.search(text):
        day, month, year = int(match[1]), _MONTHS.get(match[2].lower(), 0), int(match[3])
    elif match := _DAY_US.search(text):
        month, day, year = _MONTHS.get(match[1].lower(), 0), int(match[2]), int(match[3])
    elif match := _DAY_ISO.search(text):
        year, month, day = int(match[1]), int(match[2]), int(match[3])
    else:
        return None
    if year < 100:
        year += 2000 if year < 50 else 1900
    elif year < 1000:
        year += 1900
    rest = text[match.end() :] if _CLOCK.search(text, match.end()) else text
    clock = _CLOCK.search(rest)
    hour, minute, second = (int(clock[1]), int(clock[2]), int(clock[3] or 0)) if clock else (0, 0, 0)
    if clock and clock[4]:
        hour = hour % 12 + (12 if clock[4].lower() == "pm" else 0)
    minutes = _zone_minutes(rest[clock.end() :] if clock else "")
    try:
        zone = timezone(timedelta(minutes=minutes)) if minutes else UTC
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)
    except ValueError:
        return None


def _zone_minutes(text: str) -> int:
    if match := _OFFSET.search(text):
        minutes = int(match[2]) * 60 + int(match[3])
        return (minutes if match[1] == "+" else -minutes) if minutes < 1440 else 0
    if match := _ZONE.search(text.split("(")[0].strip()):
        return _ZONES.get(match[1].lower(), 0)
    return 0
