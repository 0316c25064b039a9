"""What people get: every letter with all its faces, in each language, as a reader on any screen meets it."""

import re
from dataclasses import dataclass
from functools import cache
from html import unescape
from html.parser import HTMLParser

import pytest

from maild.data import data_dir
from maild.outbound import samples
from maild.outbound.compose import Composer, Ids
from maild.outbound.letters import LETTERS
from maild.outbound.preview import bodies
from maild.outbound.sample_cases import Case, cases, policy
from maild.outbound.style import parse_style
from maild.outbound.subject import tag
from maild.outbound.wrap import COLUMNS, columns
from maild.tokens import Tokens

LANGUAGES = ("zh-CN", "en")
TOKENS = Tokens([b"0123456789abcdef0123456789abcdef"], "corp.example")
LAYOUT = data_dir() / "templates" / "_layout"
# Gmail shows no more of a mail than this, and then a link to the rest.
GMAIL_CLIPS = 102_000
# What a lock screen shows of Chinese, in columns; the names of people, a date or a zone may go beyond it.
LOCK_SCREEN = 40
LONGEST_FIRST_LINE = 78


@dataclass(frozen=True)
class Letter:
    """One example as it would be sent."""

    case: Case
    language: str
    text: str
    html: str

    @property
    def name(self) -> str:
        return f"{self.language}/{self.case.mail.template}" + (f" ({self.case.name})" if self.case.name else "")

    @property
    def desk_s(self) -> bool:
        """Whether it is the desk that speaks; an agent's reply holds the agent's words alone."""
        return self.case.mail.template != "requester/reply"

    @property
    def said(self) -> list[str]:
        """The long lines that are somebody's own."""
        texts = [value for value in self.case.mail.values.values() if isinstance(value, str)]
        if self.case.ticket is not None:
            texts += [self.case.ticket.summary, *(field.value for field in self.case.ticket.fields.values())]
        return [line.rstrip() for text in texts for line in text.split("\n") if len(line) > 40]

    @property
    def first_line(self) -> str:
        """What the letter says first, behind the line that replies go above and the line that says where to."""
        lines = self.text.split("\n")
        return lines[3] if lines[0].startswith("##") else lines[0]


@cache
def letters() -> tuple[Letter, ...]:
    made = []
    for language in LANGUAGES:
        composer = Composer(policy(language), TOKENS)
        for case in cases(language):
            raw = composer.compose(case.mail, case.ticket, Ids("<a@corp.example>", "<b@corp.example>"), case.now).raw
            made.append(Letter(case, language, *bodies(raw)))
    return tuple(made)


class _Page(HTMLParser):
    """The words of a page in their order, hidden ones too, as a mail program gathers them for its preview."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.buttons: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._open: list[str] = []
        self._skipped = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        self._skipped += tag in ("style", "title")
        self._open.append("button" if "button" in self.tags[-1][1].get("class", "").split() else "")

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in ("style", "title")
        if tag == "a" and self._open:
            self._open[-1] = ""

    def handle_data(self, data: str) -> None:
        if not self._skipped and data.strip():
            (self.buttons if self._open and self._open[-1] else self.words).append(data.strip())


@cache
def page(html: str) -> _Page:
    return _Page(html)


def wrong(check: object, some: list[str]) -> None:
    assert not some, f"{check}:\n" + "\n".join(some[:20])


def test_every_face_of_every_letter_is_there_in_both_languages() -> None:
    seen = {(letter.language, letter.case.mail.template, letter.case.name) for letter in letters()}
    assert {name for _, name, _ in seen} == set(LETTERS)
    assert {(name, face) for language, name, face in seen if language == "en"} == {
        (name, face) for language, name, face in seen if language == "zh-CN"
    }


def test_the_first_line_is_short_and_is_what_a_phone_shows_of_the_html() -> None:
    for letter in letters():
        if letter.desk_s:
            assert page(letter.html).words[0] == letter.first_line, letter.name
            assert columns(letter.first_line) <= LONGEST_FIRST_LINE, f"{letter.name}: {letter.first_line}"


def test_the_first_line_names_the_ticket_where_a_lock_screen_still_shows_it() -> None:
    unnamed = []
    for letter in letters():
        mail, ticket = letter.case.mail, letter.case.ticket
        # Many tickets in one mail, or none; a stranger learns no number but by the subject.
        if ticket is None or not letter.desk_s or mail.template.endswith("/summary") or mail.audience == "stranger":
            continue
        before = letter.first_line.partition(tag(ticket, samples.POLICY))
        if not before[1] or columns(before[0] + before[1]) > LOCK_SCREEN:
            unnamed.append(f"{letter.name}: {letter.first_line}")
    wrong("these say too late which ticket they are about", unnamed)


@pytest.mark.parametrize(
    ("name", "chinese", "english"),
    [
        (
            "requester/acknowledged",
            "已收到 IT-1042，王伟今天 14:30 前联系您",
            "IT-1042: Wang Wei answers by 14:30 today",
        ),
        (
            "requester/info_requested",
            "IT-1042 需要您补充几项信息，请直接回复",
            "IT-1042: we need a few details from you",
        ),
        ("requester/out_of_scope", "IT-1042 不归 IT 管，这里告诉您该找谁", "IT-1042 is not an IT matter: who can help"),
        (
            "requester/resolved",
            "IT-1042 已处理：回复 1＝已解决，2＝未解决",
            "IT-1042 done. Reply 1 = solved, 2 = not solved",
        ),
        ("requester/closed", "IT-1042 已确认解决并关闭，谢谢您", "IT-1042 solved and closed. Thank you!"),
        (
            "requester/reopened",
            "IT-1042 已重新打开，王伟今天 14:30 前联系您",
            "IT-1042 is open again: answer by 14:30 today",
        ),
        ("requester/progress", "IT-1042 由王伟处理，今天 14:30 前联系您", "IT-1042: Wang Wei answers by 14:30 today"),
        ("requester/started", "IT-1042 王伟已经开始处理", "IT-1042: Wang Wei has started work on it"),
        (
            "agent/new_ticket",
            "待接单 IT-1042（P3 一般）：3 楼打印机卡纸",
            "Up for grabs IT-1042, P3 normal: The printer",
        ),
        ("agent/sla_warning", "IT-1042 响应时限已用 75%，今天 14:30 到期", "IT-1042: first answer due 14:30 today"),
    ],
)
def test_what_an_employee_reads_on_a_lock_screen(name: str, chinese: str, english: str) -> None:
    first = {one.language: one.first_line for one in letters() if one.case.mail.template == name and not one.case.name}
    assert first["zh-CN"].startswith(chinese)
    assert first["en"].startswith(english)
    # 40 columns say it; "-ish" where the last word is a courtesy or the second answer.
    assert columns(chinese) <= LOCK_SCREEN + 4
    assert columns(english) <= LOCK_SCREEN + 7


def test_no_line_of_the_desk_s_own_is_longer_than_a_terminal_is_wide() -> None:
    long = [
        f"{letter.name}: {line}"
        for letter in letters()
        for line in letter.text.split("\n")
        if columns(line) > COLUMNS and not any(line.endswith(own) for own in letter.said)
    ]
    wrong("longer than 78 columns", long)


def test_what_somebody_wrote_stands_in_the_text_line_by_line() -> None:
    path = "    \\\\fileserver01\\finance\\2026\\11\\reports\\consolidated\\Closing_November_2026_final_v3_checked.xlsx"
    shown = [letter for letter in letters() if path.strip() in letter.html]
    assert len(shown) >= 8
    assert all(f"\n{path}\n" in letter.text for letter in shown)


_LEFT_OVER = {
    "a value that is none": re.compile(r"\bNone\b|\bTrue\b|\bFalse\b|\bUndefined\b"),
    "a piece of a template": re.compile(r"\{[{%#]|[%#}]\}"),
    "a piece of HTML": re.compile(r"&(?:nbsp|amp|lt|gt|quot|#\d+);|</?(?:p|b|br|li|div|td|a)(?:\s[^>]*)?>"),
    "a moment that only machines read": re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\+00:00"),
    "a code of ours": re.compile(r"\b(?:by_agent|on_hold|out_of_scope|team_wide|requester/\w+|agent/\w+|L[12]\b)"),
    "a ragged gap": re.compile(r"\n\n\n|(?<!\n--)[ \t]+\n"),
    "an empty bullet": re.compile(r"^\s*[-•·]\s*$", re.MULTILINE),
    "an empty word": re.compile(r"“”|\"\"|（）|\(\)|【】|: ;|，，|。。"),
}


@pytest.mark.parametrize("what", _LEFT_OVER)
def test_nothing_is_left_over_in_a_text(what: str) -> None:
    found = [
        f"{letter.name}: {match.group()!r} in {letter.text[max(0, match.start() - 30) : match.end() + 30]!r}"
        for letter in letters()
        if (match := _LEFT_OVER[what].search(letter.text))
    ]
    wrong(what, found)


def bare(text: str) -> str:
    """Letters and digits alone: what both forms share, whatever signs stand between label and value."""
    return "".join(filter(str.isalnum, text))


def test_text_and_html_tell_the_same() -> None:
    differing = []
    for letter in letters():
        text, words = bare(letter.text), page(letter.html).words
        html = bare("".join(words))
        over = bare(f"{policy(letter.language).desk.name.for_(letter.language)} IT-1042")
        differing += [f"{letter.name}: not in the text: {w}" for w in words if bare(w) not in text and bare(w) != over]
        differing += [f"{letter.name}: not in the HTML: {r}" for r in letter.text.split("\n") if bare(r) not in html]
    wrong("told in one form only", differing)


@pytest.mark.parametrize("name", ["requester/resolved", "requester/confirm_reminder", "requester/closed"])
def test_the_plain_way_to_answer_stands_before_the_buttons(name: str) -> None:
    for letter in letters():
        if letter.case.mail.template != name or "mailto:" not in letter.html:
            continue
        way = re.search("1＝|5＝|1 = |5 = ", unescape(letter.html))
        assert way is not None, letter.name
        assert way.start() < unescape(letter.html).index("mailto:"), letter.name
        assert way.group() in letter.text, letter.name


def test_gmail_clips_no_letter_of_an_ordinary_length() -> None:
    sizes = {letter.name: len(letter.html.encode()) for letter in letters()}
    assert max(sizes.values()) < GMAIL_CLIPS / 4, max(sizes, key=lambda name: sizes[name])


def test_a_screen_reader_knows_the_language_and_what_each_table_is() -> None:
    for letter in letters():
        tags = page(letter.html).tags
        assert ("html", {"lang": letter.language}) in tags, letter.name
        for tag_, attributes in tags:
            if tag_ == "table":
                assert attributes.get("role") == "presentation" or attributes.get("class") == "rows", letter.name
            if tag_ == "th":
                assert attributes.get("scope") == "row", letter.name
            # Nothing that Outlook does not know or that other programs throw away.
            assert not re.search(r"flex|grid|position:|float:|url\(|var\(", attributes.get("style", "")), letter.name
        assert re.search(r"<title>[^<]+</title>", letter.html), letter.name


# ── colours and sizes ────────────────────────────────────────────────────────────────────────────────────────────────


def declared(css: str) -> dict[str, dict[str, str]]:
    """selector → property → value of a flat style sheet."""
    return {
        name: {key.strip(): value.replace("!important", "").strip() for key, _, value in
               (one.partition(":") for one in body.split(";"))}
        for name, body in parse_style(css).items()
    }  # fmt: skip


def light() -> dict[str, dict[str, str]]:
    return declared((LAYOUT / "style.css").read_text(encoding="utf-8"))


def dark() -> dict[str, dict[str, str]]:
    layout = (LAYOUT / "letter.html").read_text(encoding="utf-8")
    block = layout.partition("@media (prefers-color-scheme: dark) {")[2].partition("</style>")[0]
    return declared(block.rstrip().removesuffix("}"))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2.1 counts it: 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("look", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(look: str) -> None:
    rules = light() if look == "light" else dark()
    card, said = rules[".card"]["background-color"], rules[".said" if look == "dark" else "div.said"]
    texts = [
        (name, rule["color"], rule.get("background-color", card)) for name, rule in rules.items() if "color" in rule
    ]
    assert len(texts) >= 12
    texts += [(f"{name} on quoted words", colour, said["background-color"]) for name, colour, _ in texts
              if name in (".inside", ".said a")]  # fmt: skip
    if look == "light":
        texts.append((".said a", "#1d57ad", said["background-color"]))
    told = {name: contrast(colour, behind) for name, colour, behind in texts}
    wrong("less than 4.5 to 1", [f"{name}: {seen:.2f}" for name, seen in told.items() if seen < 4.5])


def test_the_two_looks_speak_of_the_same_things() -> None:
    """A coloured box that the dark look forgets would be a bright hole with bright letters."""
    last = {name.rpartition(".")[2] for name in dark()}
    boxes = {name.rpartition(".")[2] for name, rule in light().items() if "background-color" in rule}
    assert boxes <= last


def test_a_thumb_hits_a_button() -> None:
    rule = light()["a.button"]
    height = int(rule["line-height"].removesuffix("px")) + 2 * int(rule["padding"].split()[0].removesuffix("px"))
    assert height >= 44
    narrow = (LAYOUT / "letter.html").read_text(encoding="utf-8")
    assert not re.search(r"\.button \{[^}]*padding-(?:top|bottom)", narrow)
