"""The fields of manual 2.1.3 read from one mail: labels, form answers, free text, signature, From."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from maild.ingest import field_signature, field_text, field_things, field_work
from maild.ingest.field_corrections import corrected
from maild.ingest.field_labels import blank_labelled, label_of, labelled
from maild.model import Field, Message
from maild.model.ticket import FIELD_NAMES

# What is read of a very long mail: a log pasted below the report holds no more fields.
_LIMIT = 24_000
_FREE_LIMIT = 8_000

# How sure a reading is, by where it was read.
_LABEL, _FORM, _FORM_QUOTED = 0.95, 0.95, 0.9
_CORRECTED = 0.8
_TEXT, _INLINE, _BARE, _SIGNATURE = 0.7, 0.65, 0.6, 0.6
_FORWARDED, _HEADER = 0.5, 0.4
_RANK = {"form": 5, "label": 4, "text": 3, "signature": 2, "header": 1}

_HEADER_LINE = re.compile(
    r"^[ \t>*]{0,4}(?:from|sent|to|cc|subject|发件人|发送时间|收件人|抄送|主题|von|gesendet|an|betreff)\*?\s?[:：]",
    re.I,
)
_FROM_LINE = re.compile(r"^[ \t>*]{0,4}(?:from|发件人)\*?\s?[:：]\s{0,3}([^<\[\n(]{2,60})", re.I)
_ROLE = re.compile(
    r"(?:^|[\s._-])(?:it|helpdesk|help ?desk|support|service ?desk|info|admin(?:istrator)?|no-?reply|team|mailbox"
    r"|postmaster|office|"
    r"reception|notification|alerts?|system|service)(?:$|[\s._-])|[@<>]|服务台|邮箱|系统|管理员|客服|通知",
    re.I,
)
# What is as long as that is nobody's shortened answer but our shortened line.
_LONG = 20
# "采购部（不是财务部）": what it is not is no part of the name.
_NOT_THAT = re.compile(r"\s{0,3}[（(](?:不是|非|原|以前|not |was |formerly )[^（）()]{1,40}[)）]$")
_DIGITS_LINE = re.compile(r"^[+\d][\d \-()转#x.]{2,22}$")


def extract(
    message: Message, asked: tuple[str, ...] = (), known: Mapping[str, Field] = MappingProxyType({})
) -> tuple[Field, ...]:
    """The fields that a mail tells, at most one of each name, in the order of FIELD_NAMES; values verbatim.

    The better source wins (form, label, text, signature, header), then the higher confidence, then what comes first.
    With `asked` (the fields of the form that was sent) the mail is an answer: those are also read inside the quoted
    lines of `message.text`, in any order, and what is labelled has the source "form"; unchanged lines are no answers,
    and neither is what our letters showed of `known`, now or before it was corrected.
    `reproducible` is yes, no or intermittent. Pure, and linear in the length of the text.
    """
    best: dict[str, Field] = {}
    for found in _all(message, asked, known):
        better = best.get(found.name)
        if better is None or (_RANK[found.source], found.confidence) > (_RANK[better.source], better.confidence):
            best[found.name] = found
    return tuple(best[name] for name in FIELD_NAMES if name in best)


def _all(message: Message, asked: tuple[str, ...], shown: Mapping[str, Field]) -> Iterator[Field]:
    # An answer without a word of its own may still hold answers inside the quoted form.
    own = "" if asked and message.only_quoted else (message.new_text or message.text)[:_LIMIT]
    whole = message.text[:_LIMIT]
    first = not message.in_reply_to and not message.references
    if asked:
        yield from _form(own, whole, asked, shown)
    else:
        yield from _labels(own, _LABEL)
        if first and whole != own:
            yield from _labels(whole, _LABEL - 0.15)
    yield from (each for each in _said(message, own, first) if not asked or _is_news(each.name, shown))


def _is_news(name: str, shown: Mapping[str, Field]) -> bool:
    """Whether nothing is known of it yet. An answer is no new report: what stands between its lines makes no new value
    of a field that has one ("I am waiting for your phone call" is no telephone that is broken)."""
    return name not in shown or not shown[name].value


def _said(message: Message, own: str, first: bool) -> Iterator[Field]:
    """What is read between the lines: in prose, in the signature, in the header."""
    free = _free(own)
    yield from _text(message.subject if first else "", free, message)
    person = field_signature.signed(_without_headers(own), message.signature)
    for name in ("name", "department", "phone", "location"):
        value = getattr(person, name)
        if value:
            yield Field(name, value, "signature", _SIGNATURE)
    yield from _header(message, own)


# "联系人：程野 5088": the number behind a name is how to reach that person.
_NUMBER_BEHIND = re.compile(r"^[^\d]{2,30}[，,\s]\s{0,2}([+\d][\d -]{2,16}\d)$")
# "Location: Warehouse 2. You can reach me …": a value ends where the next sentence begins.
_SENTENCE_END = re.compile(r"(?<=[\w)])[.。!！] (?=[A-Z\u4e00-\u9fff])|[。！](?=.)")


def _labels(text: str, confidence: float) -> Iterator[Field]:
    for found in labelled(text):
        if found.name in ("name", "department", "location", "asset", "software", "when"):
            reached = _NUMBER_BEHIND.match(found.value) if found.name == "name" else None
            if reached:
                yield Field("phone", reached[1], "text", _INLINE)
            found = replace(found, value=_SENTENCE_END.split(found.value, maxsplit=1)[0])
        value = _value(found.name, found.value)
        if value and found.inline:
            yield Field(found.name, value, "text", _INLINE)
        elif value:
            yield Field(found.name, value, "label", confidence)


def _form(own: str, whole: str, asked: tuple[str, ...], shown: Mapping[str, Field]) -> Iterator[Field]:
    """The answers to a form: labelled in the new text, then inside the quoted one, then a bare one."""
    answered: set[str] = set()
    for text, quotes, confidence in ((own, False, _FORM), (own, True, _FORM), (whole, True, _FORM_QUOTED)):
        for found in labelled(text, quotes):
            value = _value(found.name, found.value)
            # Below the new text stand our own words, with or without `>`: there only what was asked is an answer.
            ours = found.quoted or text is not own
            # A line of the form has its label in front; one inside a quoted sentence is part of what was said before.
            if ours and found.inline:
                continue
            if ours and found.name in shown and _echoes(value, shown[found.name]):
                continue
            if value and found.name not in answered and (found.name in asked or not ours):
                answered.add(found.name)
                yield Field(found.name, value, "form", confidence)
    for name, said in corrected(own):
        value = _value(name, said)
        if value and name not in answered:
            answered.add(name)
            yield Field(name, value, "form", _CORRECTED)
    left = [name for name in asked if name not in answered]
    lines = [line.strip() for line in own.split("\n") if line.strip() and line.strip()[:1] not in (">", "＞")]
    for line in lines:
        name, said = blank_labelled(line)
        value = _value(name, said) if name in left else ""
        if value:
            left.remove(name)
            yield Field(name, value, "form", _CORRECTED)
    if "phone" in left:
        number = next((line for line in lines if _DIGITS_LINE.match(line) and sum(map(str.isdigit, line)) >= 3), "")
        if number:
            left.remove("phone")
            yield Field("phone", number, "form", _BARE)
    if len(left) == 1 and len(asked) == 1 and len(lines) == 1 and len(lines[0]) <= 80 and lines[0][-1] not in "?？":
        value = _value(left[0], lines[0])
        if value and label_of(lines[0]) is None and left[0] not in ("phone", "name", "steps", "tried"):
            yield Field(left[0], value, "form", _BARE)


def _echoes(value: str, known: Field) -> bool:
    """Whether a line of our own letter stands there as it was: the value as it is or was, whole or shortened."""
    said = "".join(value.split())
    for each in (known.value, *known.former):
        before = "".join(each.split())
        # Of several lines only the first is read back, and of a long value the letter shows its beginning.
        if said in (before, "".join(each.strip().split("\n")[0].split())):
            return True
        if (said.endswith("[…]") or len(said) > _LONG) and before.startswith(said.removesuffix("[…]")):
            return True
    return False


def _value(name: str, value: str) -> str:
    """A labelled value as it may stand in that field; empty when it cannot be one."""
    if name == "reproducible":
        return field_work.reproducible(value, labelled=True)
    if name == "phone":
        digits = sum(char.isdigit() for char in value)
        if digits < 3 or (digits == 3 and len(value) > 3 and not value.lower().startswith(("x", "ext", "分机"))):
            return ""
        found = field_text.phone(value)
        if found and len(value) > 40:
            return found
        return value[:60] if digits > 3 or len(value) == digits else ""
    if name == "name":
        value = re.split(r"[,，;；(（<\[/|]", value)[0].strip()
        words = value.split()
        while words and any(char.isdigit() for char in words[-1]):
            words.pop()
        value = " ".join(words)
        foreign = "@" in value or label_of(value) is not None or value.lower().startswith(("not ", "see ", "no "))
        return value if 2 <= len(value) <= 60 and len(words) <= 5 and not foreign else ""
    if name == "version" and ("/" in value or not any(char.isdigit() for char in value)):
        return ""
    if name == "department":
        value = _NOT_THAT.sub("", value)
        if len(value) > 60 or "@" in value:
            return ""
    if name == "error" and value[0] in '"“「' and len(quoted := re.split('["”」]', value[1:], maxsplit=1)[0]) >= 3:
        return quoted
    if name == "software" and value.lower().startswith("other"):
        return ""
    if name in ("when", "location", "software", "asset") and len(value) > 160:
        return ""
    return value


def _free(text: str) -> str:
    """The prose of a text: without quoted lines, header lines, addresses and links."""
    lines = [
        line
        for line in text[:_FREE_LIMIT].split("\n")
        if line.lstrip()[:1] not in (">", "＞") and not _HEADER_LINE.match(line)
    ]
    return _LINK.sub(" ", "\n".join(lines))


_LINK = re.compile(
    r"(?:https?|file)://[^\s<>\"”]{1,300}|<mailto:[^>]{1,200}>|\[cid:[^\]]{1,120}\]|[\w.+-]{1,64}@[\w.-]{1,120}"
)


def _without_headers(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not _HEADER_LINE.match(line))


_READERS = (
    ("phone", field_text.phone),
    ("location", field_text.location),
    ("when", field_text.when),
    ("asset", field_things.asset),
    ("software", field_things.software),
    ("version", field_text.version),
    ("error", field_text.error),
    ("steps", field_work.steps),
    ("reproducible", field_work.reproducible),
    ("impact", field_work.impact),
    ("tried", field_work.tried),
)


def _text(subject: str, free: str, message: Message) -> Iterator[Field]:
    title = _LINK.sub(" ", subject[:400])
    for name, reader in _READERS:
        # The signature's number is the signature's: here only the prose is read.
        value = reader(free)
        confidence = _TEXT
        if not value and title and name not in ("steps", "phone"):
            value, confidence = reader(title), _TEXT - 0.1
        if value:
            yield Field(name, value, "text", confidence)
    person = field_signature.introduced(free)
    if person.name:
        yield Field("name", person.name, "text", _TEXT)
    if person.location:
        yield Field("location", person.location, "text", _TEXT)
    unit = person.department or field_signature.mentioned_unit(free)
    if unit:
        yield Field("department", unit, "text", _TEXT)


def _header(message: Message, own: str) -> Iterator[Field]:
    """The name from a forwarded mail's sender, a header block at the top of the text, or the From field."""
    if message.forwarded is not None and message.forwarded.from_.name:
        yield Field("name", message.forwarded.from_.name, "header", _FORWARDED)
    for line in own.split("\n", 6)[:6]:
        match = _FROM_LINE.match(line)
        if match:
            name = match[1].strip(" \"'")
            if name and not _ROLE.search(name):
                yield Field("name", name, "header", _FORWARDED - 0.05)
            break
    name = message.from_.name.strip(" \"'")
    if 2 <= len(name) <= 60 and not _ROLE.search(name) and name.lower() != message.from_.key.partition("@")[0]:
        yield Field("name", name, "header", _HEADER)
