"""The original mail inside a forward: from an attached message, or the header block under the forward line."""

import re
from collections.abc import Sequence

from maild.ingest.body import Body, read_body
from maild.ingest.charset import raw_header
from maild.ingest.clean import clean_line, clean_text
from maild.ingest.header_block import HeaderBlock, block_at, label_of
from maild.ingest.headers import message_ids, parse_address_text, parse_addresses, subject_text
from maild.ingest.parse import Parsed
from maild.ingest.phrases import phrases
from maild.ingest.quote_words import LABEL_KIND, fold, seen
from maild.ingest.quotes import NewText, is_separator, new_text, strip_separator
from maild.model.message import Address, Forwarded

_SUBJECT_PREFIXES = phrases(
    "fw:|fwd:|fw：|fwd：|转发|轉寄|wg:|tr:|rv:|enc:|i:|vs:|vb:|doorst:|転送|전달|[fwd|fwd |pd:|vl:|továbbítás:|"
    "ilt:|转:|转：|轉發|tr :|fs:|videresendt:|vidarebefordrat:|пересл|fwd.|转发:|轉寄:|轉寄：|轉寄 |轉發:|i：|vl：|"
    "ilt：|iletme:|yml:|yönlendirme:|προωθ:|fw -|reenv:|továbbítás"
)
_REPLIES = phrases(
    "re:|re：|re[|re(|aw:|antw:|antwort:|sv:|odp:|ref:|rif:|r:|res:|rép:|rép :|re :|回复|回覆|答复|答覆|返信|회신|"
    "답장|ynt:|yan:|vá:|отв:|ответ:|відп:|bls:|atb:|σχετ:|απ:|odpov"
)
_ROW = re.compile(r"^[\s*>]{0,8}\|\s{0,8}([^|]{1,30}?)\s{0,8}\|\s{0,8}([^|]{0,900}?)\s{0,8}\|?\s{0,8}$")
_COLUMNS = re.compile(r"^[\s*>]{0,8}([^\s:：|][^\t:：|]{0,28}?)(?:[ \t]{2,20}|\t)(\S.{0,900})$")
_QUOTED_NAME = re.compile(r"^[\s*>]{0,8}(\w{2,12}) ([\"<].{0,900}|\S.{0,900})$")
LINES = 400


def read_forward(parsed: Parsed, body: Body, subject: str, cut: NewText) -> Forwarded | None:
    """The forwarded mail: the topmost one, as it lies right under the forward line or is attached; None when this is
    no forward. Never an address from elsewhere."""
    says = says_forward(subject)
    inner = _attached(parsed, body, cut)
    if inner is not None:
        return inner
    lines = [seen(line) for line in body.lines[:LINES]]
    at = cut.forward_at
    if at is None and says:
        at = 0
    if at is None:
        at = next(
            (n for n, line in enumerate(lines) if line.strip() and is_separator(line.lstrip("> ")) == "forward"), None
        )
        if at is not None and cut.history_at is not None and cut.history_at < at:
            # Somebody forwarded it long ago; this mail answers.
            return None
    if at is None and not fold(subject).startswith(_REPLIES):
        at = _alone(lines)
    if at is None:
        return None
    found = _first_block(lines, at)
    if found is None:
        return None
    block, begins = found
    below = begins + block.end
    author = parse_address_text(_decorated(block.values.get("from", "")))
    address = next((a for a in author if "@" in a.address), None)
    if address is None:
        name = clean_line(block.values.get("from", ""), 250)
        address = Address("", name.strip("*_ "))
    original = _unquoted(body.lines[below:])
    inside = new_text(original)
    return Forwarded(
        address,
        clean_line(block.values.get("subject", "").strip("* _")),
        text=clean_text("\n".join(original).strip()),
        new_text=clean_text(inside.text),
        signature=inside.signature,
        own=_above(body.lines[:begins]),
    )


def says_forward(subject: str) -> bool:
    """Whether a subject begins with what a mail program writes before a forwarded one's."""
    return fold(subject).startswith(_SUBJECT_PREFIXES)


def _above(lines: Sequence[str]) -> str:
    """What somebody wrote above a forwarded mail, without the forward line and their signature."""
    cut = new_text(lines)
    words = lines[: cut.history_at] if cut.history_at is not None else lines
    return clean_text(cut.text) if any(line.strip() for line in words) else ""


def _unquoted(lines: Sequence[str]) -> Sequence[str]:
    """The lines without the marks of quoting, where the whole of it was quoted, as Apple Mail forwards."""
    said = [line for line in lines if line.strip()]
    if said and all(line.lstrip().startswith(">") for line in said):
        return [line.lstrip()[1:].removeprefix(" ") if line.strip() else "" for line in lines]
    return lines


def _attached(parsed: Parsed, body: Body, cut: NewText) -> Forwarded | None:
    if parsed.root.content_type == "multipart/report":
        return None
    for part in parsed.root.walk():
        if part.inner is not None:
            found = parse_addresses(part.inner.fields.first("from") or b"")
            author = next((a for a in found if "@" in a.address), found[0] if found else None)
            if author is not None:
                original = read_body(part.inner)
                inside = new_text(original.lines, original.marks)
                return Forwarded(
                    author,
                    subject_text(part.inner.fields.first("subject") or b""),
                    text=original.text,
                    new_text=inside.text,
                    signature=inside.signature,
                    own=cut.text if any(line.strip() for line in body.lines) else "",
                    message_id=next(iter(message_ids(raw_header(part.inner.fields.first("message-id") or b""))), ""),
                )
    return None


def _alone(lines: list[str]) -> int | None:
    """A mail that begins with a header block is a forward without a word, whatever its subject."""
    for number, line in enumerate(lines[:5]):
        if line.strip(" >*_-="):
            return number if label_of(line.lstrip("> ")) is not None and block_at(lines, number) is not None else None
    return None


def _first_block(lines: list[str], at: int) -> tuple[HeaderBlock, int] | None:
    """The header block that comes first from line `at` on, and the line that it begins in."""
    for number in range(at, min(len(lines), at + 200)):
        if lines[number].strip():
            below = [strip_separator(lines[number]), *lines[number + 1 : number + 20]]
            block = block_at(below, 0) or block_at([_as_label(line) for line in below], 0)
            if block is not None and "from" in block.values:
                return block, number
    return None


def _as_label(line: str) -> str:
    """A row of a table, or a label without its colon, as `label: value`: NetEase and eM Client write blocks so."""
    for form in (_ROW, _COLUMNS, _QUOTED_NAME):
        match = form.match(line)
        if match is not None and LABEL_KIND.get(fold(match.group(1)).replace(" ", "")) is not None:
            return f"{match.group(1)}: {match.group(2)}"
    return line


def _decorated(value: str) -> str:
    """`Name [mailto:a@b]` and `Name (a@b)` as `Name <a@b>`; links behind addresses taken off."""
    for opening, closing in (
        ("[mailto:", "]"),
        ("(mailto:", ")"),
        ("<mailto:", ">"),
        ("[", "]"),
        ("(", ")"),
        ("（", "）"),
        ("＜", "＞"),
        ("«", "»"),
    ):
        start = value.find(opening)
        end = value.find(closing, start + 1) if start >= 0 else -1
        if 0 <= start < end and "@" in value[start:end]:
            inside = value[start + len(opening) : end]
            head = value[:start].strip()
            if "<" not in head:
                return f"{head.replace(inside, '').strip()} <{inside.strip()}>"
            return head
    return value
