"""HTML to readable text, with marks where its structure says quote, history or signature.

resiliparse is linear on nested bombs where other parsers are not (LIBRARIES.md); what it still dies of, many
attributes in one tag, is looked for first, and such HTML is stripped of its tags by hand, bounded.
"""

import html as entities
import re
from dataclasses import dataclass
from typing import Literal

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import ElementNode, HTMLTree

from maild.ingest.clean import clean_text

HTML_CHARACTERS = 2_000_000
# A newsletter may have 7,412 (THREATS A24).
TAGS = 20_000
ATTRIBUTES = 1_000
CRUDE_CHARACTERS = 256_000
MARKED = 300
# Elements with a style of their own that are looked at; a page of Word has hundreds.
STYLED = 3_000

Mark = Literal["", "quote", "history", "signature"]

_OPEN_QUOTE, _CLOSE_QUOTE, _HISTORY, _OPEN_SIGNATURE, _CLOSE_SIGNATURE = (
    "\ue901",
    "\ue902",
    "\ue903",
    "\ue904",
    "\ue905",
)
_SENTINELS = dict.fromkeys(map(ord, (_OPEN_QUOTE, _CLOSE_QUOTE, _HISTORY, _OPEN_SIGNATURE, _CLOSE_SIGNATURE, "\ue906")))
_NO_TARGET = "\ue906"
_SENTINEL = re.compile("[\ue901-\ue906]")

# What mail programs wrap around the mail that is answered.
_QUOTES = (
    "blockquote, .gmail_attr, .gmail_extra, .gmail_quote, .moz-cite-prefix, .yahoo_quoted, .protonmail_quote, "
    ".zmail_extra, "
    ".tutanota_quote, .qt, #isReplyContent, .ntes-quote, .quote, .moz-email-headers-table, .cite, "
    ".ntes-mailmaster-quote, [name='messageReplySection'], .x_gmail_quote, .x_moz-cite-prefix, .x_gmail_attr"
)
# What stands before a history that goes to the end of the mail.
_HISTORIES = (
    "#appendonsend, #divRplyFwdMsg, #x_divRplyFwdMsg, #mail-editor-reference-message-container, .OutlookMessageHeader, "
    "#OLK_SRC_BODY_SECTION, .ms-outlook-mobile-reference-message, #reply-intro, .foxmail-quote, #x_appendonsend, #zwchr"
)
_SIGNATURES = (
    ".gmail_signature, .moz-signature, #Signature, #ms-outlook-mobile-signature, .protonmail_signature_block, "
    ".gmail_signature_prefix, #AppleMailSignature, .signature"
)
_HIDDEN = ("[hidden]", "[style*='display:none']", "[style*='display: none']", "script", "style", "title", "head > *")
_TAG_PIECE = re.compile(r"[^\s/]+")
_COMMENT = re.compile(r"<!--(?:(?!-->).)*-->", re.S)
_BREAKING = re.compile(r"<(?:br|p|div|tr|li|h[1-6]|table|ul|ol|blockquote)\b", re.I)


@dataclass(frozen=True, slots=True)
class HtmlText:
    """The text of an HTML body as lines, and beside each line what the HTML says about it."""

    lines: tuple[str, ...]
    marks: tuple[Mark, ...]
    crude: bool = False

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def html_text(source: str) -> HtmlText:
    """Readable text: a line for each block and table row, list bullets, link targets behind links that differ.

    Never raises on hostile HTML; beyond the limits (THREATS A24) tags are stripped by hand from the first 256,000
    characters and `crude` is set.
    """
    source = clean_text(source).translate(_SENTINELS)
    if _UNREAD.search(source):
        source = _UNREAD.sub(_read_as, source)
    if over_limits(source):
        crude = _tidy(clean_text(_crude(source[:CRUDE_CHARACTERS])))
        plain: list[Mark] = [""] * len(crude)
        return HtmlText(tuple(crude), tuple(plain), crude=True)
    tree = HTMLTree.parse(source)
    body = tree.body
    if not isinstance(body, ElementNode):
        return HtmlText((), ())
    _hide(body)
    _mark(tree, body)
    _flatten_cells(tree, body)
    _number(tree, body)
    _pictures(tree, body)
    for anchor in body.query_selector_all("a")[:ANCHORS]:
        # The extraction would write `()`, scripts, and targets within the page.
        if not _TARGET.match(anchor.getattr("href") or ""):
            anchor.set_attribute("href", _NO_TARGET)
    lines = _tidy(_links(_extracted(tree, alt_texts=False)))
    if not lines and "alt" in source:
        # A mail that is one picture says what it says in the picture's stead.
        lines = _tidy(_links(_extracted(tree, alt_texts=True)))
    return _read_marks(lines)


def _extracted(tree: HTMLTree, alt_texts: bool) -> str:
    text = extract_plain_text(
        tree, links=True, alt_texts=alt_texts, preserve_formatting=True, skip_elements=list(_HIDDEN)
    )
    return clean_text(text).replace(f" ({_NO_TARGET})", "")


# Elements whose words the extraction leaves out, as on a page they are for pressing.
_UNREAD = re.compile(r"<(/?)(label|button|textarea|object|figure|figcaption|legend|summary)(?=[\s/>])", re.I)
_INLINE = ("label", "button")
_TARGET = re.compile(r"\s{0,20}(?:https?|ftp|mailto|tel|file|sip|callto|skype|onenote|notes|outlook|\\\\)", re.I)
ANCHORS = 2_000


def _read_as(match: re.Match[str]) -> str:
    return f"<{match[1]}{'span' if match[2].lower() in _INLINE else 'div'}"


def _number(tree: HTMLTree, body: ElementNode) -> None:
    """Numbered lists that do not begin at one (an answer stood between) keep their numbers."""
    for ordered in body.query_selector_all("ol[start]")[:MARKED]:
        start = ordered.getattr("start") or ""
        items = [child for child in list(ordered.child_nodes)[:1000] if isinstance(child, ElementNode)]
        if not start.isascii() or not start.isdigit() or len(start) > 6 or start == "1":
            continue
        for number, item in enumerate((item for item in items if item.tag == "li"), int(start)):
            line = _text_element(tree, "div", f"{number}. ")
            if line is not None:
                for child in list(item.child_nodes)[:1000]:
                    line.append_child(child)
                ordered.insert_before(line, item)
                item.decompose()


def _pictures(tree: HTMLTree, body: ElementNode) -> None:
    """Emoji that are pictures; the alternative texts of logos and screenshots are mostly made by machines."""
    for picture in body.query_selector_all("img[alt]")[:MARKED]:
        alt = (picture.getattr("alt") or "").strip()
        if 0 < len(alt) <= 8 and not any(character.isalnum() for character in alt) and not alt.isascii():
            shown = _text_element(tree, "span", alt)
            if shown is not None and picture.parent is not None:
                picture.before(shown)


def over_limits(source: str) -> bool:
    """Whether HTML is a bomb to a parser: too long, too many tags, or too many attributes in one tag."""
    if len(source) > HTML_CHARACTERS or source.count("<") > TAGS:
        return True
    for piece in source.split(">"):
        at = piece.find("<")
        inside = piece[at:] if at >= 0 else piece
        if len(inside) > 2 * ATTRIBUTES and sum(1 for _ in _TAG_PIECE.finditer(inside)) > ATTRIBUTES:
            return at >= 0 or not piece.isspace()
    return False


def _wrap(tree: HTMLTree, node: ElementNode, before: str, after: str) -> None:
    """Put lines of sentinels before and behind a node."""
    if node.parent is None:
        return
    opening = _sentinel_line(tree, before)
    if opening is not None:
        node.before(opening)
    closing = _sentinel_line(tree, after) if after else None
    if closing is not None:
        node.after(closing)


def _sentinel_line(tree: HTMLTree, sentinel: str) -> ElementNode | None:
    return _text_element(tree, "div", sentinel)


def _text_element(tree: HTMLTree, tag: str, text: str) -> ElementNode | None:
    element = tree.create_element(tag)
    if not isinstance(element, ElementNode):
        return None
    element.text = text
    return element


def _hide(body: ElementNode) -> None:
    """Mark as hidden what no reader sees: an agent's client must not carry orders that the agent cannot see."""
    for node in body.query_selector_all("[style]")[:STYLED]:
        style = {
            name.strip().lower(): "".join(value.lower().replace("!important", "").split())
            for name, _, value in (part.partition(":") for part in (node.getattr("style") or "")[:2_000].split(";"))
        }
        shown = _colour(style.get("color") or node.getattr("color") or "")
        behind = _colour(style.get("background-color") or style.get("background") or "")
        if (
            style.get("display") == "none"
            or style.get("visibility") in ("hidden", "collapse")
            or style.get("mso-hide") == "all"
            or style.get("opacity") in ("0", "0.0")
            or style.get("color") == "transparent"
            or _TINY.fullmatch(style.get("font-size", "")) is not None
            or _OFF_PAGE.fullmatch(style.get("text-indent", "")) is not None
            or (
                style.get("overflow") == "hidden"
                and any(_ZERO.fullmatch(style.get(side, "")) for side in ("max-height", "height", "max-width", "width"))
            )
            or (shown and shown == behind)
        ):
            node.set_attribute("hidden", "")


_ZERO = re.compile(r"0{1,5}(?:\.0{0,5})?[a-z%]{0,4}")
_TINY = re.compile(r"(?:0{1,5}(?:\.[0-9]{0,5})?|1(?:\.0{0,5})?(?=px|pt))(?:[a-z%]{0,4})")
_OFF_PAGE = re.compile(r"-[0-9]{3,6}(?:px|pt|em)")
_NAMED = {"white": "#ffffff", "black": "#000000", "rgb(255,255,255)": "#ffffff", "rgb(0,0,0)": "#000000"}


def _colour(value: str) -> str:
    """A colour in one spelling, so far as two are compared: #fff, #FFFFFF, white."""
    value = value.strip().lower()
    if len(value) == 4 and value[0] == "#":
        value = "#" + "".join(2 * digit for digit in value[1:])
    return _NAMED.get(value, value)


def _mark(tree: HTMLTree, body: ElementNode) -> None:
    """Put sentinel lines around what the mail program marked as quoted, historic or a signature."""
    # Slices, never a loop over the collection: each step of that asks the tree again, which is quadratic.
    for node in body.query_selector_all(_QUOTES)[:MARKED]:
        classes = node.class_name or ""
        holds_quotes = "gmail_quote" in classes or "gmail_extra" in classes or "zmail_extra" in classes
        if node.tag != "blockquote" and holds_quotes and node.query_selector("blockquote") is not None:
            # Inline answers stand inside this container, between the blockquotes: only these are quoted.
            continue
        if "gmail_extra" in classes:
            continue
        _wrap(tree, node, _OPEN_QUOTE, _CLOSE_QUOTE)
    for node in body.query_selector_all(_HISTORIES)[:MARKED]:
        _wrap(tree, node, _HISTORY, "")
    for node in body.query_selector_all(_SIGNATURES)[:MARKED]:
        _wrap(tree, node, _OPEN_SIGNATURE, _CLOSE_SIGNATURE)


def _flatten_cells(tree: HTMLTree, body: ElementNode) -> None:
    """Rows of small cells that hold one block each stay rows: the block's line break would tear the row apart."""
    for cell in body.query_selector_all("td, th")[:3000]:
        children = list(cell.child_nodes)
        blocks = [child for child in children if isinstance(child, ElementNode) and child.tag in ("div", "p")]
        if len(blocks) == 1 and not any((child.text or "").strip() for child in children if child is not blocks[0]):
            block = blocks[0]
            text = (block.text or "").strip()
            if "\n" not in text and len(text) < 200 and block.query_selector("br, div, p, table, ul, ol, a") is None:
                cell.text = text


def _links(text: str) -> str:
    """`http://x (http://x)` says it twice: the target goes where the word before it shows the same."""
    out: list[str] = []
    end = 0
    for match in _LINK.finditer(text):
        shown = text[max(end, match.start() - 500) : match.start()].split()[-1:]
        out.append(text[end : match.start()])
        if not (shown and _same_link(shown[0], match[1])):
            out.append(match[0])
        end = match.end()
    out.append(text[end:])
    return "".join(out)


_LINK = re.compile(r" \(((?:https?://|mailto:|tel:)[^\s()]{1,2000})\)")


def _same_link(shown: str, target: str) -> bool:
    return _bare_link(shown) == _bare_link(target)


def _bare_link(link: str) -> str:
    bare = link.strip("/<>.,;:()\"'").lower()
    for prefix in ("mailto:", "tel:", "https://", "http://", "www."):
        bare = bare.removeprefix(prefix)
    return bare.partition("?")[0].rstrip("/") if link.lower().startswith("mailto:") else bare.rstrip("/")


def _crude(source: str) -> str:
    pieces: list[str] = []
    for piece in _BREAKING.sub("\n<", source).split("<"):
        tag, closed, text = piece.partition(">")
        pieces.append(text if closed else ("" if pieces else tag))
    return entities.unescape("".join(pieces))


def _tidy(text: str) -> list[str]:
    """Lines without trailing blanks, and never more than one empty line in a row."""
    lines: list[str] = []
    for line in text.replace("\u00a0", " ").split("\n"):
        line = line.rstrip()
        if line.strip() or (lines and lines[-1]):
            lines.append(line)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _read_marks(lines: list[str]) -> HtmlText:
    """Take the sentinels out again and tell of each line what it stood inside of."""
    out: list[str] = []
    marks: list[Mark] = []
    depth = signature = 0
    history = False
    for line in lines:
        found = _SENTINEL.findall(line)
        if found:
            line = _SENTINEL.sub("", line).rstrip()
        before = depth, signature
        for sentinel in found:
            if sentinel == _OPEN_QUOTE:
                depth += 1
            elif sentinel == _CLOSE_QUOTE:
                depth = max(0, depth - 1)
            elif sentinel == _HISTORY:
                history = True
            elif sentinel == _OPEN_SIGNATURE:
                signature += 1
            else:
                signature = max(0, signature - 1)
        if found and not line.strip():
            if out and out[-1]:
                out.append("")
                marks.append("quote" if depth else "")
            continue
        mark: Mark = ""
        if depth or before[0]:
            mark = "quote"
        elif history:
            mark = "history"
        elif signature or before[1]:
            mark = "signature"
        if not line and out and not out[-1]:
            continue
        out.append(line)
        marks.append(mark)
    return HtmlText(tuple(out), tuple(marks))
