"""Which parts of a mail are its body, and which are attachments (PRODUCT §2.2, RFC 2046 §5.1)."""

import hashlib
import re
from dataclasses import dataclass, field, replace

from maild.ingest.charset import decode
from maild.ingest.clean import clean_line, clean_text
from maild.ingest.headers import subject_text
from maild.ingest.html import HtmlText, Mark, html_text
from maild.ingest.parse import DELIVERY_STATUS, Part
from maild.ingest.tnef import TnefFile, open_tnef
from maild.model.message import Attachment

# Attached messages whose text is appended to ours, and how deep.
INNER_MESSAGES = 20
INNER_DEPTH = 5
_LOGO_BYTES = 20_000
_CALENDAR_LINE = re.compile(
    r"^(SUMMARY|LOCATION|DTSTART|DTEND|DESCRIPTION|ORGANIZER)[^:\n]{0,300}:([^\n]{0,2000})", re.M
)
_CALENDAR_FOLD = re.compile(r"\n[ \t]")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9_:.-]{2,40})", re.I)


@dataclass(slots=True)
class Body:
    """What is gathered while walking over the tree: text lines with marks, leaves, attached messages' texts."""

    lines: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    attached: list[str] = field(default_factory=list)
    leaves: list[tuple[Part, bytes | TnefFile]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    has_plain: bool = False
    has_text: bool = False
    encrypted: bool = False
    notes: list[str] = field(default_factory=list)
    messages: int = 0

    @property
    def text(self) -> str:
        """The whole body, with the texts of attached messages at its end."""
        return "\n".join(["\n".join(self.lines).strip("\n"), *self.attached]).strip("\n")

    def add(self, lines: list[str], marks: list[Mark]) -> None:
        if self.lines and lines:
            self.lines.append("")
            self.marks.append("")
        self.lines += lines
        self.marks += marks


def read_body(root: Part) -> Body:
    """Walk the tree of a parsed mail once and gather body and attachments."""
    body = Body()
    _walk(body, root, None, top=True)
    return body


def plain_lines(part: Part, data: bytes) -> list[str]:
    """A text/plain part as lines, format=flowed joined again (RFC 3676)."""
    text = clean_text(decode(data, part.charset))
    lines = text.split("\n")
    if (part.type_params.get("format") or "").lower() == "flowed":
        lines = _unflow(lines, (part.type_params.get("delsp") or "").lower() == "yes")
    return [line.rstrip("\r") for line in lines]


def _unflow(lines: list[str], delsp: bool) -> list[str]:
    out: list[str] = []
    open_depth = -1
    for line in lines:
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:]
        if content.startswith(" "):
            content = content[1:]
        soft = content.endswith(" ") and content != "-- "
        if open_depth == depth and out:
            out[-1] += content
        else:
            out.append((">" * depth + " " if depth else "") + content)
        if soft and delsp:
            out[-1] = out[-1][:-1]
        open_depth = depth if soft else -1
    return out


def html_source(part: Part, data: bytes) -> str:
    """The HTML of a part: its declared charset, or the one that its meta tag names."""
    label = part.charset
    if label is None:
        match = _META_CHARSET.search(data[:4096])
        label = match.group(1).decode("ascii") if match else None
    return decode(data, label)


def _is_text(part: Part) -> bool:
    return part.content_type in ("text/plain", "text/html", "text/enriched", "text/calendar", "text/x-amp-html")


def _walk(body: Body, part: Part, parent: Part | None, top: bool = False) -> None:
    kind = part.content_type
    if part.inner is not None:
        _attached_message(body, part)
    elif kind == "multipart/alternative" and part.children:
        _alternative(body, part)
    elif kind == "multipart/encrypted" or (kind == "application/pkcs7-mime" and _is_enveloped(part)):
        body.encrypted = True
        for child in part.children:
            _walk(body, child, part)
        if not part.children:
            _leaf(body, part, parent)
    elif kind.startswith("multipart/") and part.children:
        for child in part.children:
            _walk(body, child, part)
    else:
        _leaf(body, part, parent)


def _is_enveloped(part: Part) -> bool:
    return "signed" not in (part.type_params.get("smime-type") or "enveloped-data")


def _alternative(body: Body, part: Part) -> None:
    """One form of the text: plain if it has any, else HTML; calendars and attachments inside stay what they are."""
    texts = [leaf for child in part.children for leaf in _texts(child)]
    plain = [leaf for leaf in texts if leaf.content_type == "text/plain" and leaf.data().strip()]
    chosen = plain or [leaf for leaf in texts if leaf.content_type == "text/html"] or texts[:1]
    if plain:
        plain_with_words = [leaf for leaf in plain if clean_text(decode(leaf.data(), leaf.charset)).strip()]
        chosen = plain_with_words or [leaf for leaf in texts if leaf.content_type == "text/html"]
    keep = {id(leaf) for leaf in chosen}
    drop = {id(leaf) for leaf in texts if id(leaf) not in keep and leaf.content_type != "text/calendar"}
    if any(leaf.content_type == "text/plain" for leaf in chosen):
        drop |= {id(leaf) for leaf in texts if leaf.content_type == "text/calendar"}
    for child in part.children:
        _walk_except(body, child, part, drop)


def _texts(part: Part) -> list[Part]:
    """The text leaves of one alternative that are no attachments."""
    if part.children:
        return [leaf for child in part.children for leaf in _texts(child)]
    if part.inner is None and _is_text(part) and part.disposition.head != "attachment":
        return [part]
    return []


def _walk_except(body: Body, part: Part, parent: Part, drop: set[int]) -> None:
    if id(part) in drop:
        if part.filename or part.content_type == "text/calendar":
            _attach(body, part, part.data(), inline=True)
        return
    if part.children and part.inner is None and part.content_type != "multipart/alternative":
        for child in part.children:
            _walk_except(body, child, part, drop)
        return
    _walk(body, part, parent)


def _leaf(body: Body, part: Part, parent: Part | None) -> None:
    data = part.data()
    shown = False
    if part.disposition.head != "attachment" or (parent is None and _is_text(part) and not part.filename):
        shown = _show(body, part, parent, data)
    if part.content_type == "application/pkcs7-mime" and not part.children:
        body.notes.append("S/MIME envelope")
    if shown and not part.filename and part.content_type not in ("text/calendar", *DELIVERY_STATUS):
        return
    if parent is None and not data.strip():
        return
    _attach(body, part, data, inline=part.disposition.head != "attachment" and (shown or part.content_id is not None))
    if _is_tnef(part):
        _tnef(body, part, data)


def _show(body: Body, part: Part, parent: Part | None, data: bytes) -> bool:
    """Add a text leaf to the body, if it is one. False when it is none."""
    kind = part.content_type
    if kind == "text/html":
        rendered = html_text(html_source(part, data))
        body.add(list(rendered.lines), list(rendered.marks))
        if rendered.crude:
            body.notes.append("HTML over the limits: tags stripped from its beginning")
        body.has_text = True
    elif kind == "text/calendar":
        lines = calendar_lines(clean_text(decode(data, part.charset)))
        if not lines:
            return False
        body.add(lines, [""] * len(lines))
    elif kind.startswith("multipart/") and (lines := plain_lines(part, data)):
        # A container whose boundary is nowhere: its bytes are all the text there is.
        body.add(lines, [""] * len(lines))
        body.has_plain = body.has_text = True
    elif kind in ("text/plain", "text/enriched", "text/rfc822-headers", *DELIVERY_STATUS) or (
        part.maintype == "text" and not part.filename
    ):
        if kind == "text/rfc822-headers" and parent is not None:
            return False
        if kind in DELIVERY_STATUS and any(child.fields.items for child in part.children):
            return False
        lines = plain_lines(part, data)
        body.add(lines, [""] * len(lines))
        body.has_plain = body.has_plain or any(line.strip() for line in lines)
        body.has_text = True
    else:
        return False
    return True


def calendar_lines(text: str) -> list[str]:
    """An invitation in a few lines: what, where, when (RFC 5545)."""
    event = _CALENDAR_FOLD.sub("", text).partition("BEGIN:VEVENT")[2]
    names = {"SUMMARY": "", "LOCATION": "", "DTSTART": "", "DTEND": "", "DESCRIPTION": "", "ORGANIZER": ""}
    for match in _CALENDAR_LINE.finditer(event.partition("BEGIN:VALARM")[0]):
        value = match[2].replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";").strip()
        names[match[1]] = names[match[1]] or value
    return [line for value in names.values() if value for line in value.split("\n")]


def _attached_message(body: Body, part: Part) -> None:
    data = part.data()
    inner = part.inner
    if inner is None:
        return
    subject = subject_text(inner.fields.first("subject") or b"")
    _attach(body, part, data, inline=False)
    body.messages += 1
    if body.messages > INNER_MESSAGES:
        return
    below = Body(messages=body.messages)
    _walk(below, inner, None)
    body.messages = below.messages
    for leaf, attachment in zip(below.leaves, below.attachments, strict=True):
        body.leaves.append(leaf)
        body.attachments.append(_numbered(attachment, len(body.attachments)))
    text = below.text
    body.attached.append(f"----- attached message: {subject} -----\n{text}".rstrip())


def _numbered(attachment: Attachment, index: int) -> Attachment:
    return replace(attachment, index=index)


def _attach(body: Body, part: Part, data: bytes, inline: bool) -> None:
    filename = part.filename
    body.leaves.append((part, data))
    body.attachments.append(
        Attachment(
            index=len(body.attachments),
            filename=clean_line(filename, 300) or None if filename else None,
            content_type=clean_line(part.content_type, 100),
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            inline=inline,
            decoration=_is_decoration(part, data, inline),
            content_id=clean_line(part.content_id, 250) if part.content_id else None,
        )
    )


def _is_decoration(part: Part, data: bytes, inline: bool) -> bool:
    """Logos of signatures: small inline images; screenshots are larger (PNG of a window begins at about 20 kB)."""
    return part.maintype == "image" and inline and part.content_id is not None and len(data) < _LOGO_BYTES


def _is_tnef(part: Part) -> bool:
    return part.content_type in ("application/ms-tnef", "application/vnd.ms-tnef") or (
        (part.filename or "").lower() == "winmail.dat"
    )


def _tnef(body: Body, part: Part, data: bytes) -> None:
    opened = open_tnef(data)
    if opened is None:
        body.notes.append("a winmail.dat that cannot be opened")
        return
    for file in opened.files:
        body.leaves.append((part, file))
        body.attachments.append(
            Attachment(
                index=len(body.attachments),
                filename=clean_line(file.name, 300) or None,
                content_type="application/octet-stream",
                size=len(file.data),
                sha256=hashlib.sha256(file.data).hexdigest(),
            )
        )
    if not body.has_text or not "".join(body.lines).strip():
        if opened.text.strip():
            lines = clean_text(opened.text).split("\n")
            body.add(lines, [""] * len(lines))
        elif opened.html.strip():
            rendered: HtmlText = html_text(opened.html)
            body.add(list(rendered.lines), list(rendered.marks))
