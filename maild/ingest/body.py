"""Which parts of a mail are its body, and which are attachments (PRODUCT §2.2, RFC 2046 §5.1)."""

import hashlib
import re
from dataclasses import dataclass, field, replace

from maild.ingest import plain
from maild.ingest.charset import decode, strictly
from maild.ingest.clean import clean_line, clean_text
from maild.ingest.cms import kind_of
from maild.ingest.headers import subject_text
from maild.ingest.html import Mark, html_text
from maild.ingest.invitation import invitation_lines
from maild.ingest.parse import DELIVERY_STATUS, PKCS7, Part
from maild.ingest.tnef import Tnef, is_tnef, open_tnef
from maild.model.message import Attachment

# Attached messages whose text is appended to ours.
INNER_MESSAGES = 20
_LOGO_BYTES = 20_000
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9_:.-]{2,40})", re.I)
_CLOCK = re.compile(r"\d{1,2}:\d{2}")
_CALENDAR = ("text/calendar", "application/ics")
_RTF = ("text/rtf", "application/rtf", "text/richtext")
# What text parts say that have nothing to say but that the mail is in HTML.
_PLACEHOLDER = (
    "client support display browser format view reader program 浏览器 瀏覽器 格式 显示 顯示 表示 형식".split()
)
_CARDS = ("text/vcard", "text/x-vcard", "text/directory")
# What programs add for programs: nobody wants to be sent it again.
_MACHINERY = (
    "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
    "application/applefile", "application/x-mso",
)  # fmt: skip


@dataclass(slots=True)
class Body:
    """What is gathered while walking over the tree: text lines with marks, leaves, attached messages' texts."""

    lines: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    # Lines of the text as sent that are nobody's words, by the number of the line that they stand before.
    asides: list[tuple[int, list[str]]] = field(default_factory=list)
    attached: list[str] = field(default_factory=list)
    leaves: list[tuple[Part, bytes]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    # The HTML forms of what was read as plain text.
    unread: list[str] = field(default_factory=list)
    has_plain: bool = False
    has_text: bool = False
    encrypted: bool = False
    notes: list[str] = field(default_factory=list)
    messages: int = 0

    @property
    def text(self) -> str:
        """The whole body, with the texts of attached messages at its end."""
        lines: list[str] = []
        at = 0
        for before, aside in self.asides:
            lines += [*self.lines[at:before], *aside]
            at = before
        return "\n".join(["\n".join([*lines, *self.lines[at:]]).strip("\n"), *self.attached]).strip("\n")

    def add(self, lines: list[str], marks: list[Mark]) -> None:
        if self.lines and lines:
            self.lines.append("")
            self.marks.append("")
        self.lines += lines
        self.marks += marks


def read_body(root: Part) -> Body:
    """Walk the tree of a parsed mail once and gather body and attachments."""
    body = Body()
    _walk(body, root, None)
    return body


def html_source(part: Part, data: bytes) -> str:
    """The HTML of a part: its declared charset, or the one that its meta tag names."""
    label = part.charset
    if label is None:
        match = _META_CHARSET.search(data[:4096])
        label = match.group(1).decode("ascii") if match else None
    return decode(data, label)


def _is_text(part: Part) -> bool:
    return part.content_type in ("text/plain", "text/html", "text/enriched", "text/calendar", "text/x-amp-html")


def _walk(body: Body, part: Part, parent: Part | None) -> None:
    kind = part.content_type
    if part.inner is not None:
        _attached_message(body, part)
    elif kind == "multipart/alternative" and part.children:
        _alternative(body, part)
    elif kind == "multipart/encrypted":
        body.encrypted = True
        for child in part.children:
            _walk(body, child, part)
        if not part.children:
            _leaf(body, part, parent)
    elif part.children:
        for child in part.children:
            _walk(body, child, part)
        if part.opened is not None:
            # An opaque signature: what it wraps has been read.
            _attach(body, part, part.opened, inline=False, decoration=True)
    else:
        _leaf(body, part, parent)


def _alternative(body: Body, part: Part) -> None:
    """One form of the text: plain if it has any, else HTML; calendars and attachments inside stay what they are."""
    texts = [leaf for child in part.children for leaf in _texts(child)]
    plain = [leaf for leaf in texts if leaf.content_type == "text/plain" and leaf.data().strip()]
    chosen = plain or [leaf for leaf in texts if leaf.content_type == "text/html"] or texts[:1]
    if plain:
        words = [clean_text(decode(leaf.data(), leaf.charset)).strip() for leaf in plain]
        html = [leaf for leaf in texts if leaf.content_type == "text/html"]
        chosen = [leaf for leaf, text in zip(plain, words, strict=True) if text] or html
        if html and _is_placeholder("".join(words), html[0]):
            chosen = html
    keep = {id(leaf) for leaf in chosen}
    drop = {id(leaf) for leaf in texts if id(leaf) not in keep and leaf.content_type != "text/calendar"}
    body.unread += [
        html_source(leaf, leaf.data()) for leaf in texts if id(leaf) in drop and leaf.content_type == "text/html"
    ]
    for child in part.children:
        _walk_except(body, child, part, drop)


def _is_placeholder(text: str, html: Part) -> bool:
    """Whether a text part says no more, and from its first line on, than that the mail is in HTML, which then says
    something else."""
    lower = text[:400].lower()
    if len(text) > 300 or "html" not in lower.partition("\n")[0] or not any(word in lower for word in _PLACEHOLDER):
        return False
    shown = html_text(html_source(html, html.data())).text
    return "".join(text.split()) not in "".join(shown.split())


def _texts(part: Part) -> list[Part]:
    """The text leaves of one alternative that are no attachments."""
    if part.children:
        return [leaf for child in part.children for leaf in _texts(child)]
    if part.inner is None and _is_text(part) and part.disposition.head != "attachment":
        return [part]
    return []


def _walk_except(body: Body, part: Part, parent: Part, drop: set[int]) -> None:
    if id(part) in drop:
        if part.filename:
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
    if part.content_type in PKCS7 or (part.filename or "").lower().endswith(".p7m"):
        _envelope(body, part, data)
    elif part.content_type == "application/pgp-encrypted":
        # Exchange makes an ordinary container of multipart/encrypted; this part is left of it (RFC 3156 §4).
        body.encrypted = True
    if shown and not part.filename and part.content_type not in (*_CALENDAR, *DELIVERY_STATUS):
        return
    if parent is None and not data.strip():
        return
    inline = part.disposition.head != "attachment" and (shown or part.content_id is not None)
    opened = open_tnef(data) if is_tnef(part.content_type, part.filename, data) else None
    _attach(body, part, data, inline, decoration=opened is not None and bool(opened.files or opened.rtf or opened.text))
    if opened is not None:
        _tnef(body, part, opened)
    elif part.content_type == "application/ms-tnef":
        body.notes.append("a winmail.dat that cannot be opened")


def _envelope(body: Body, part: Part, data: bytes) -> None:
    """S/MIME that was not opened: encrypted, unless it says that it is something else."""
    kind = kind_of(data)
    said = part.type_params.get("smime-type") or ("enveloped-data" if kind == "none" else "")
    body.encrypted = body.encrypted or kind == "enveloped" or "enveloped" in said
    body.notes.append("S/MIME envelope")


def _show(body: Body, part: Part, parent: Part | None, data: bytes) -> bool:
    """Add a text leaf to the body, if it is one. False when it is none."""
    kind = part.content_type
    if kind == "text/html" or (kind == "text/plain" and not part.filename and plain.is_html(data)):
        _show_html(body, html_source(part, data))
    elif kind in _CALENDAR:
        return _show_calendar(body, invitation_lines(clean_text(decode(data, part.charset))))
    elif kind in _RTF and not part.filename and data.lstrip()[:5] == b"{\\rtf":
        _show_rtf(body, data)
    elif kind in ("text/enriched", "text/richtext"):
        lines = plain.enriched_lines(part.type_params, data, simple=kind == "text/enriched")
        body.add(lines, [""] * len(lines))
        body.has_text = True
    elif kind.startswith("multipart/"):
        # A container whose boundary is nowhere: its bytes are all the text there is.
        _show_plain(body, part, data)
    elif (
        kind in ("text/plain", "text/rfc822-headers", *DELIVERY_STATUS)
        or (part.maintype == "text" and not part.filename and kind not in (*_RTF, *_CARDS))
        or (parent is None and kind == "application/octet-stream" and not part.filename and _is_words(data))
    ):
        if kind == "text/rfc822-headers" and parent is not None:
            return False
        if kind in DELIVERY_STATUS and any(child.fields.items for child in part.children):
            return False
        _show_plain(body, part, data)
    else:
        return False
    return True


def _is_words(data: bytes) -> bool:
    """Whether a mail that is labelled as bytes throughout is a text all the same."""
    return b"\0" not in data and strictly(data[:4096].rpartition(b"\n")[0] or data[:200], "utf_8") is not None


def _show_plain(body: Body, part: Part, data: bytes) -> None:
    found = plain.plain_text(part.type_params, data)
    shift = len(body.lines) + bool(body.lines and found.lines)
    body.add(found.lines, [""] * len(found.lines))
    body.asides += [(shift + before, lines) for before, lines in found.asides]
    body.has_plain = body.has_plain or any(line.strip() for line in found.lines)
    body.has_text = True
    for raw_name, inside in found.files:
        _attach_file(body, part, decode(raw_name, part.charset), inside)


def _show_html(body: Body, source: str) -> None:
    rendered = html_text(source)
    body.add(list(rendered.lines), list(rendered.marks))
    if rendered.crude:
        body.notes.append("HTML over the limits: tags stripped from its beginning")
    body.has_text = True


def _show_rtf(body: Body, data: bytes) -> None:
    text, is_source = plain.rtf_text(data)
    if is_source:
        _show_html(body, text)
    else:
        lines = text.split("\n")
        body.add(lines, [""] * len(lines))
        body.has_text = True


def _show_calendar(body: Body, lines: list[str]) -> bool:
    """An invitation is the text where there is no other; else its time and place go to its end, unless said."""
    if not lines:
        return False
    if not any(line.strip() for line in body.lines):
        body.add(lines, [""] * len(lines))
        return True
    head = lines[: lines.index("")] if "" in lines else lines
    said = "\n".join(body.lines)
    times = _CLOCK.findall(" ".join(head[1:2]))
    if not times or not all(time.lstrip("0") in said for time in times):
        body.attached.append("\n" + "\n".join(head))
    return True


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
        body.attachments.append(replace(attachment, index=len(body.attachments)))
    body.attached.append(f"----- attached message: {subject} -----\n{below.text}".rstrip())


def _attach(body: Body, part: Part, data: bytes, inline: bool, decoration: bool = False) -> None:
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
            decoration=decoration or _is_decoration(part, data, inline),
            content_id=clean_line(part.content_id, 250) if part.content_id else None,
        )
    )


def _attach_file(body: Body, part: Part, name: str, data: bytes, content_type: str = "", content_id: str = "") -> None:
    """A file that stood inside another part."""
    logo = bool(content_id) and content_type.startswith("image/") and len(data) < _LOGO_BYTES
    body.leaves.append((part, data))
    body.attachments.append(
        Attachment(
            index=len(body.attachments),
            filename=clean_line(name, 300) or None,
            content_type=clean_line(content_type, 100).lower() or "application/octet-stream",
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            inline=bool(content_id),
            decoration=logo,
            content_id=clean_line(content_id, 250) or None,
        )
    )


def _is_decoration(part: Part, data: bytes, inline: bool) -> bool:
    """Logos of signatures: small inline images (screenshots are larger: a PNG of a window begins at about 20 kB); and
    what is for programs."""
    name = (part.filename or "").lower()
    if part.content_type in _MACHINERY or name == "oledata.mso":
        return True
    if name.startswith("att0") and name.endswith((".txt", ".htm", ".html")) and len(data) < 500:
        # Exchange's cuttings of an Apple mail, without a word in them.
        return not (html_text(html_source(part, data)).text if "htm" in name else decode(data, part.charset)).strip()
    return part.maintype == "image" and inline and part.content_id is not None and len(data) < _LOGO_BYTES


def _tnef(body: Body, part: Part, opened: Tnef) -> None:
    for file in opened.files:
        _attach_file(body, part, file.name, file.data, file.content_type, file.content_id)
    if not "".join(body.lines).strip():
        if opened.text.strip():
            lines = clean_text(opened.text).split("\n")
            body.add(lines, [""] * len(lines))
            body.has_text = True
        elif opened.html.strip():
            _show_html(body, opened.html)
        elif opened.rtf:
            _show_rtf(body, opened.rtf)
    for subject, text in opened.messages:
        body.attached.append(f"----- attached message: {clean_line(subject)} -----\n{clean_text(text)}".rstrip())
