"""The new text of a mail: what its sender typed for it, without quoted history and signature.

Line by line, top down, no line looked at more than a few times; the conventions are those of PRODUCT §2.2.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from maild.ingest.attribution import attribution_at
from maild.ingest.header_block import block_at
from maild.ingest.html import Mark
from maild.ingest.quote_words import (
    DEVICES,
    DISCLAIMERS,
    FOOTER_ENDS,
    FOOTERS,
    FOOTERS_MORE,
    FORWARDS,
    GET_ENDS,
    GETS,
    SCANNERS,
    SEPARATOR_WORDS,
    SEPARATORS,
    TELLING,
    fold,
    seen,
)

# Decisions are made on the beginning of a text; the rest of a longer one is kept as it is (THREATS R17).
LINES = 20_000

_RULE = re.compile(r"^[\s>]{0,5}(?:[-_=*~—–]{3,200}\s{0,3})$")
# One short word is no beginning: `转发规则不起作用：` is a person's.
_FORWARD_STARTS = tuple(words for words in FORWARDS if len(words) > 3)
_DASHES = "-_=~—–*+"
_SEPARATED = re.compile(r"^\s{0,8}[-_]{3,20}\s{0,3}[^-_\n]{2,60}[-_]{3,20}(?=\s{0,3}\S{2,20}\s?:)")
_MAY_SEPARATE = re.compile(r"[-_=~—–*+:：]")
_TRACKER = "ᐧ"
_QUOTE = re.compile(r"^\s{0,4}(?:>|&gt;|﹥|＞)")
_QUOTE_MARKS = "> \t\u3000|﹥＞"
_PIPE = re.compile(r"^\s{0,2}\|")
_SIGNATURE = re.compile(r"^(?:-- ?|--\u00a0|— ?|\u2013\u2013 ?)$")
_LIST_RULE = re.compile(r"^_{20,}\s*$")
_CUT_LINE = re.compile(
    r"^\W{0,12}(?:please )?(?:type your reply|reply above this line|write above this line|please do not write below|"
    r"antworten sie oberhalb|bitte antworten sie über|vorherige antworten|to respond, reply|enter your reply above)"
    r"|^[#=*-]{1,12} ?[^#]{0,60}(?:above this line|oberhalb dieser zeile|über dieser zeile|au-dessus de cette ligne|"
    r"encima de esta línea|acima desta linha|sopra questa riga|boven deze regel|ovanför denna rad|over denne linje|"
    r"выше этой (?:строки|линии)|powyżej tej linii|此线上方|此線上方|此线以上|此行上方|此行以上|この行より上|이 줄 위)"
)
_CLOCK = re.compile(r"\d{1,2}[:.]\d{2}")
_SENTENCE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class NewText:
    """The cut text, the signature that was cut off, and where the first history began (a line number, or None).

    `nothing`: nothing was left, so the text is the whole of it. `between`: words of it stand between quoted lines.
    """

    text: str
    signature: str
    history_at: int | None
    forward_at: int | None
    nothing: bool = False
    between: bool = False


def new_text(lines: Sequence[str], marks: Sequence[Mark] | None = None) -> NewText:
    """Cut the new text out of a body's lines; `marks` are what HTML says about each. Nothing left → everything."""
    written = lines[:LINES]
    # Judged is what the eye sees; kept is what was written.
    lines = [seen(line) for line in written]
    marks = marks if marks is not None else [""] * len(lines)
    quoted = [mark == "quote" or _QUOTE.match(line) is not None for line, mark in zip(lines, marks, strict=False)]
    _pipes(lines, quoted)
    after = _quoted_after(lines, quoted)
    kept: list[str] = []
    own: list[int] = []
    signature: list[str] = []
    history: int | None = None
    forward: int | None = None
    at, end = 0, len(lines)
    while at < end:
        line = lines[at]
        if quoted[at] and not after[at] and _is_groupwise(line, at > 0 and quoted[at - 1]):
            history = at if history is None else history
            break
        if quoted[at]:
            history = at if history is None else history
            at += 1
            continue
        if marks[at] == "history":
            history = at if history is None else history
            break
        if marks[at] == "signature":
            signature.append(written[at])
            at += 1
            continue
        cut = _cut_at(lines, at)
        if cut:
            if cut == "forward":
                forward = at
            history = at if history is None else history
            break
        count = attribution_at(lines, at, after)
        if count:
            history = at if history is None else history
            at += count
            if not after[at - 1]:
                break
            continue
        if _starts_signature(lines, at):
            signature += _signature(lines, quoted, at + 1)
            break
        if (
            _is_notice(line, history is not None)
            or _is_footer(line)
            or (_LIST_RULE.match(line) and _is_list_footer(lines, at))
        ):
            break
        if not _is_torn_quote(lines, quoted, at) and line.strip() != _TRACKER:
            unseen = not line.strip() and written[at].strip() != ""
            kept.append("" if unseen else written[at])
            if line.strip():
                own.append(at)
        at += 1
    text = _trim(kept)
    nothing = not text
    if nothing:
        text = "\n".join(written).strip()
    said = [at for at, line in enumerate(lines) if quoted[at] and line.strip(_QUOTE_MARKS)]
    between = bool(said) and any(said[0] < at < said[-1] for at in own)
    return NewText(text, "\n".join(signature).strip(), history, forward, nothing, between)


def _is_torn_quote(lines: Sequence[str], quoted: Sequence[bool], at: int) -> bool:
    """The tail of a quoted line that a mailer wrapped without a new quote mark: it goes on in lower case."""
    if at == 0 or not quoted[at - 1] or len(lines[at - 1]) < 70 or not lines[at][:1].islower():
        return False
    ended = lines[at - 1].rstrip()[-1:] in ".!?:;"
    return not ended and (at + 1 == len(lines) or quoted[at + 1] or not lines[at + 1].strip())


def _is_groupwise(line: str, below_quote: bool) -> bool:
    """GroupWise marks its attribution, not what it quotes: `>>> X <a@b> 05.01.2026 09:00 >>>`, `>>> On … wrote:`."""
    if below_quote or not line.startswith(">>> ") or len(line) > 400 or _CLOCK.search(line) is None:
        return False
    bare = line.rstrip()
    return bare.endswith(">>>") or (bare.endswith(":") and "@" in bare)


def _pipes(lines: Sequence[str], quoted: list[bool]) -> None:
    """`|` marks a quote only under an attribution that ends in a colon: elsewhere it is a table."""
    inside = False
    previous = ""
    for at, line in enumerate(lines):
        if _PIPE.match(line) and not line.rstrip().endswith("|"):
            if inside or previous.rstrip().endswith(":"):
                quoted[at] = inside = True
        elif line.strip():
            inside, previous = False, line


def _quoted_after(lines: Sequence[str], quoted: Sequence[bool]) -> list[bool]:
    """For each line whether the next line with words is quoted."""
    result = [False] * len(lines)
    following = False
    for at in range(len(lines) - 1, -1, -1):
        result[at] = following
        if lines[at].strip():
            following = quoted[at]
    return result


def is_separator(line: str) -> str:
    """`history` or `forward` for a line between dashes that names the original or a forwarded message, else empty."""
    if len(line) > 1_000 or not _MAY_SEPARATE.search(line):
        return ""
    inner = fold(_between_dashes(line)).strip(" -_=*:<>")
    if inner:
        if any(inner.startswith(words) or inner.endswith(words) for words in FORWARDS):
            return "forward"
        if inner in SEPARATOR_WORDS or any(inner.startswith(words) or inner.endswith(words) for words in SEPARATORS):
            return "history"
    header = strip_separator(line)
    if header != line and is_separator(line[: line.rindex(header)].rstrip()) == "forward":
        # The header block follows on the same line.
        return "forward"
    bare = fold(line).strip(" *_>")
    if bare.endswith(":") and len(bare) < 60 and (bare.startswith(_FORWARD_STARTS) or bare.rstrip(": ") in FORWARDS):
        return "forward"
    return ""


def _between_dashes(line: str) -> str:
    """What stands between two runs of dashes and their kin; empty when it is nothing or a paragraph."""
    for around in (" \t\u3000>", " \t\u3000>*"):
        bare = line.strip(around)
        behind = bare.lstrip(_DASHES)
        inner = behind.rstrip(_DASHES)
        if len(bare) - len(behind) >= 2 and len(behind) - len(inner) >= 2:
            return inner.strip() if len(inner) <= 80 else ""
    return ""


def strip_separator(line: str) -> str:
    """A line without the separator at its beginning, where a header block follows on the same line."""
    match = _SEPARATED.match(line)
    return line[match.end() :].strip() if match and len(line) > match.end() else line


def _cut_at(lines: Sequence[str], at: int) -> str:
    """Why everything from this line on is history, if it is."""
    line = lines[at]
    if not line.strip():
        return ""
    found = is_separator(line)
    if found:
        return found
    if block_at(lines, at) is not None:
        return "block"
    if _RULE.match(line):
        following = _next_with_words(lines, at + 1)
        if following is not None and following - at <= 3:
            kind = is_separator(lines[following])
            if kind:
                return kind
            if block_at(lines, following) is not None:
                return "block"
    if len(line) < 200 and _CUT_LINE.match(fold(line)):
        return "cut line"
    return ""


def _next_with_words(lines: Sequence[str], at: int) -> int | None:
    while at < len(lines):
        if lines[at].strip():
            return at
        at += 1
    return None


def _starts_signature(lines: Sequence[str], at: int) -> bool:
    line = lines[at]
    return _SIGNATURE.match(line) is not None and (line.startswith("--") or at + 1 < len(lines))


def _signature(lines: Sequence[str], quoted: Sequence[bool], at: int) -> list[str]:
    """The lines of a signature, up to the history that may follow it."""
    out: list[str] = []
    while at < len(lines) and len(out) < 30:
        if quoted[at] or (lines[at].strip() and _cut_at(lines, at)):
            break
        out.append(lines[at])
        at += 1
    return out


def _is_notice(line: str, below_history: bool) -> bool:
    """A scanner's line, or below a history the beginning of a disclaimer."""
    bare = fold(line[:200]).strip(" *_-|~<>[](){}#=")
    return bare.startswith(SCANNERS) or (below_history and bare.startswith(DISCLAIMERS))


def _is_footer(line: str) -> bool:
    """`Sent from my iPhone` and its kin: short, alone on the line, naming a device or program, no sentence."""
    bare = fold(line.partition("<http")[0].partition("<?")[0].partition(" (http")[0].partition("[http")[0]).strip(
        " *_-<>[]()\"'|~.。!"
    )
    if not bare or len(bare) > _SENTENCE_LENGTH or any(words in f"{bare} " for words in TELLING):
        return False
    if "outlook" in bare and len(bare.split()) <= 9 and (bare.startswith(GETS) or bare.endswith(GET_ENDS)):
        return any(system in bare for system in _SYSTEMS)
    begins = bare.startswith(FOOTERS) or bare.startswith(FOOTERS_MORE)
    ends = len(bare) <= 50 and bare.endswith(FOOTER_ENDS)
    if not (begins or ends) or not any(device in bare for device in DEVICES):
        return False
    # A sentence about sending goes on behind a comma with many words.
    return not ("," in bare and len(bare.split()) > 8)


_SYSTEMS = ("ios", "android", "mac", "windows", "apple")


def _is_list_footer(lines: Sequence[str], at: int) -> bool:
    below = fold(" ".join(lines[at + 1 : at + 5]))
    return any(word in below for word in ("mailing list", "mailman", "listinfo", "unsubscribe", "邮件列表", "lists."))


def _trim(kept: list[str]) -> str:
    """Without empty lines and rules at the end, which stood between the text and what was cut off."""
    lines = list(kept)
    while lines and (not lines[-1].strip()):
        lines.pop()
    return "\n".join(lines).strip("\n").rstrip()
