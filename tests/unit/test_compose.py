"""Letters on the wire: the fields that were meant and no other, the same facts in both bodies, nothing that leaks."""

import ast
import email
import email.policy
import random
import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest

import maild.data
import maild.outbound.compose
from maild.model import Address, Attachment, Field, Mail, Ticket, Words
from maild.outbound import samples
from maild.outbound.compose import Composed, Composer, Ids, TemplateMistake
from maild.outbound.headers import HeaderError, check_wire, encoded, mailbox, message_ids, references
from maild.outbound.letters import LETTERS
from maild.outbound.mime import build
from maild.outbound.style import inline, parse_style
from maild.tokens import Tokens

TOKENS = Tokens([b"0123456789abcdef0123456789abcdef"], "corp.example")
COMPOSER = Composer(samples.POLICY, TOKENS)
LANGUAGES = ("zh-CN", "en")
NOW = samples.NOW


def ids() -> Ids:
    own, other = (TOKENS.message_id(1042, "public", "li.lei@corp.example", NOW) for _ in range(2))
    return Ids(own, other)


def example(template: str, language: str = "zh-CN") -> tuple[Mail, Ticket | None]:
    return next(pair for pair in samples.letters(language) if pair[0].template == template)


def composed(template: str, language: str = "zh-CN", **changes: object) -> Composed:
    mail, ticket = example(template, language)
    return COMPOSER.compose(replace(mail, **changes), ticket, ids(), NOW)  # type: ignore[arg-type] # any field of Mail


def read(one: Composed) -> EmailMessage:
    parsed = email.message_from_bytes(one.raw, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


def bodies(one: Composed) -> tuple[str, str]:
    """Text and HTML, as a client decodes them."""
    found = []
    for kind in ("plain", "html"):
        part = read(one).get_body((kind,))
        assert part is not None
        found.append(str(part.get_content()).replace("\r\n", "\n"))
    return found[0], found[1]


def head(raw: bytes) -> list[str]:
    """The names of the fields on the wire, in order, whatever they fold."""
    lines = raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    return [line.split(b":")[0].decode() for line in lines if line[:1] not in b" \t"]


class _Seen(HTMLParser):
    """What a reader sees of the HTML, word by word; the hidden preheader and the head are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "title") or dict(attrs).get("class") == "preheader":
            self._hidden += 1
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "title", "div") and self._hidden:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def seen(html: str) -> _Seen:
    parser = _Seen()
    parser.feed(html)
    return parser


def bare(text: str) -> str:
    """Letters and digits alone: what both bodies share, whatever signs stand between label and value."""
    return "".join(filter(str.isalnum, text))


EVERY_LETTER = [(name, language) for name in LETTERS for language in LANGUAGES]


@pytest.mark.parametrize(("template", "language"), EVERY_LETTER)
def test_every_letter_says_the_same_in_text_and_html(template: str, language: str) -> None:
    text, html = bodies(composed(template, language))
    buttons = {str(label) for label in re.findall(r'<a class="button[^>]*>([^<]*)</a>', html)}
    visible = [bare(word) for word in seen(html).words if word not in buttons]
    over = bare(f"{samples.POLICY.desk.name.for_(language)} · IT-1042")
    # The small line over a requester's letter is its sender and tag again.
    missing = [piece for piece in visible if piece not in bare(text) and piece != over]
    assert missing == []
    assert [line for line in text.split("\n") if bare(line) not in "".join(visible)] == []


@pytest.mark.parametrize(("template", "language"), EVERY_LETTER)
def test_every_letter_survives_with_no_values_at_all(template: str, language: str) -> None:
    text, html = bodies(composed(template, language, values={}))
    assert text.strip()
    assert "<body" in html


@pytest.mark.parametrize(("template", "language"), EVERY_LETTER)
def test_no_letter_loads_anything_or_runs_anything(template: str, language: str) -> None:
    _, html = bodies(composed(template, language))
    assert not re.search(r"<(img|script|link|iframe|object|form|video)\b|url\(|src=|@import|https?:", html)
    assert all(link.startswith("mailto:it@corp.example?subject=") for link in seen(html).links)


def test_only_folders_of_languages_hold_letters(tmp_path: Path) -> None:
    (tmp_path / "zh-TW").mkdir()
    (tmp_path / "notes").mkdir()
    assert Composer(samples.POLICY, TOKENS, tmp_path).languages() == ("en", "zh-CN", "zh-TW")


def test_check_templates_finds_nothing_wrong_with_the_shipped_letters() -> None:
    assert COMPOSER.check_templates() == []


def test_an_acknowledgement_states_all_that_is_promised() -> None:
    told = {"hint": "先关机", "outside_hours": True, "missing": ("phone", "asset"), "second_problem": "邮箱满了"}
    text, html = bodies(composed("requester/acknowledged", values=told))
    facts = ("IT-1042", "3 楼打印机卡纸", "硬件故障", "P3", "影响范围部门", "今天 14:30", "财务部", "8000", "邮箱满了")
    for fact in (*facts, "11月23日（周一）14:30", "先关机"):
        assert fact in text
        assert fact in html
    assert re.search("^电话/分机：", text, re.MULTILINE)
    assert re.search("^设备：", text, re.MULTILINE)
    assert "回复“不用处理了”" in text
    assert "%23withdraw%20" in html


def test_a_promise_that_has_passed_is_not_promised_again() -> None:
    mail, ticket = example("requester/acknowledged")
    assert ticket is not None
    late = COMPOSER.compose(mail, replace(ticket, promise=NOW - timedelta(minutes=1)), ids(), NOW)
    assert bodies(late)[0].startswith("已收到 IT-1042，王伟会尽快联系您\n")
    nobody = COMPOSER.compose(mail, replace(ticket, assignee=None), ids(), NOW)
    assert bodies(nobody)[0].startswith("已收到 IT-1042，我们今天 14:30 前联系您\n")


@pytest.mark.parametrize("by", ["confirmed", "unconfirmed", "by_agent", "withdrawn", "out_of_scope", "duplicate"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rating_is_asked_for_only_where_there_was_service(by: str, language: str) -> None:
    text, html = bodies(composed("requester/closed", language, values={"by": by}))
    rated = by in ("confirmed", "unconfirmed", "by_agent")
    assert ("5＝" in text or "5 = " in text) is rated
    assert [f"%23rate{n}%20" in html for n in range(1, 6)] == [rated] * 5


@pytest.mark.parametrize(
    ("language", "public", "internal"),
    [
        ("zh-CN", "回复 → 李雷（报障人）", "回复 → 内部备注"),
        ("en", "Reply → Li Lei (requester)", "Reply → internal note"),
    ],
)
def test_a_notice_says_first_where_a_reply_goes_below_the_line_that_quotes_are_cut_at(
    language: str, public: str, internal: str
) -> None:
    for reply, line in (("public", public), ("internal", internal)):
        text, html = bodies(composed("agent/requester_replied", language, reply=reply))
        assert text.split("\n")[:2] == ["## 请在此线以上回复 · Please reply above this line ##", line]
        assert line in html
        assert "##" not in re.search(r'<div class="preheader"[^>]*>([^<]*)</div>', html)[1]  # type: ignore[index] # no match fails the test as well


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_whose_reply_is_public_carries_no_internal_note(language: str) -> None:
    for template in ("agent/requester_replied", "agent/reopened"):
        values = {"text": "still broken", "attachments": (), "note": "SECRET-NOTE"}
        public = composed(template, language, values=values, reply="public")
        assert not any("SECRET-NOTE" in body for body in bodies(public))
        internal = composed(template, language, values=values, reply="internal")
        assert all("SECRET-NOTE" in body for body in bodies(internal))


@pytest.mark.parametrize(
    ("by", "line"),
    [("Anna Berg", "这张工单由 Anna Berg 处理"), ("赵敏", "这张工单由赵敏处理"), ("A<b", "这张工单由 A<b 处理")],
)
def test_a_latin_name_stands_apart_from_the_chinese_around_it(by: str, line: str) -> None:
    text, html = bodies(composed("agent/taken", values={"by": by}))
    assert line in text
    assert line.replace("<", "&lt;") in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_notice_of_a_reopened_ticket_tells_its_reason_once_and_claims_nothing_else(language: str) -> None:
    why = Words("the requester wrote again after closing", "关闭之后用户又来信了")
    shown = "The requester wrote again after closing" if language == "en" else why.zh
    for body in bodies(composed("agent/reopened", language, values={"text": "Where is the old one?", "note": why})):
        assert body.count(shown) == 1
        assert "not solved" not in body
        assert "没解决" not in body


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_requester_or_stranger_sees_anything_internal(language: str) -> None:
    for mail, ticket in samples.letters(language):
        if mail.audience not in ("requester", "stranger") or ticket is None:
            continue
        hidden = {"note": "SECRET-NOTE", "similar": ((87, "SECRET-NOTE"),), "claims": "SECRET-NOTE"}
        one = COMPOSER.compose(replace(mail, values={**mail.values, **hidden}), ticket, ids(), NOW)
        everything = one.raw.decode() + "".join(bodies(one))
        for word in ("SECRET-NOTE", "X-Maild-Team", "X-Maild-Priority", "wang.wei@corp.example", "%23take", "#take"):
            assert word not in everything, mail.template


def test_a_stranger_gets_one_fixed_text_without_a_byte_of_theirs() -> None:
    mail, ticket = example("stranger/received")
    assert ticket is not None
    shown = set()
    for subject, name in (("buy <b>now</b>", "Eve"), ("urgent", "Mallory")):
        other = replace(ticket, subject=subject, requester=Address("eve@elsewhere.example", name), fields={})
        shown.add(bodies(COMPOSER.compose(mail, other, ids(), NOW)))
    assert len(shown) == 1


def test_the_fields_of_an_acknowledgement_are_exactly_these() -> None:
    raw = composed("requester/acknowledged").raw
    assert head(raw) == [
        "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
        "X-Auto-Response-Suppress", "X-Maild-Loop", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    mail = read(composed("requester/acknowledged"))
    assert mail["From"] == "IT服务台 <it@corp.example>"
    assert mail["To"] == "李雷 <li.lei@corp.example>"
    assert mail["Subject"] == "Re: [IT-1042] 3 楼打印机卡纸"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["X-Maild-Loop"] == "it@corp.example"
    assert mail["In-Reply-To"] == "<first@corp.example>"


def test_a_person_s_own_words_are_no_automatic_mail() -> None:
    mail = read(composed("requester/reply", author="Wang Wei (IT)"))
    assert "Auto-Submitted" not in mail
    assert "Precedence" not in mail
    assert mail["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert mail["X-Maild-Loop"] == "it@corp.example"
    assert mail["From"] == '"Wang Wei (IT)" <it@corp.example>'


def test_a_mail_that_answers_nothing_is_generated_and_strangers_answers_are_bulk() -> None:
    assert read(composed("requester/reminder", answers=""))["Auto-Submitted"] == "auto-generated"
    assert read(composed("stranger/received"))["Precedence"] == "bulk"
    assert "Precedence" not in read(composed("requester/acknowledged"))


def test_an_agent_s_client_can_sort_by_ticket_kind_priority_and_team() -> None:
    mail, ticket = example("agent/new_ticket")
    assert ticket is not None
    plain = read(COMPOSER.compose(mail, ticket, ids(), NOW))
    shown = [plain[f"X-Maild-{name}"] for name in ("Ticket", "Kind", "Priority", "Team")]
    assert shown == ["IT-1042", "new_ticket", "P3", "desk"]
    assert "Importance" not in plain
    urgent = read(COMPOSER.compose(mail, replace(ticket, priority="P1"), ids(), NOW))
    assert urgent["Importance"] == "high"


def test_references_end_with_the_parent_hold_our_second_id_and_are_never_encoded() -> None:
    older = tuple(f"<{'x' * 180}.{n}@mail.gmail.com>" for n in range(100))
    pair = ids()
    mail, ticket = example("requester/acknowledged")
    raw = COMPOSER.compose(replace(mail, references=older, answers=older[-1]), ticket, pair, NOW).raw
    field = str(email.message_from_bytes(raw)["References"]).split()
    assert field[0] == older[0]
    assert field[-2:] == [pair.reference, older[-1]]
    assert len(field) <= 42
    assert b"=?" not in raw.split(b"References:")[1].split(b"Auto-Submitted")[0]
    assert max(map(len, raw.split(b"\r\n"))) <= 998


_POISON = (
    "\r\nBcc: evil@x.example", "\nBcc: evil@x.example\n\nbody", "=?utf-8?q?hi=0ABcc=3A_evil=40x.example?=",
    "=?utf-8?b?PT91dGYtOD9xP2hpPTBBQmNjPTNBX2V2aWw/PQ==?=", "<=?utf-8?q?hi=0ABcc=3A?=@x>", "\x00", "\ud800", "\u2028",
    "\x85Bcc: e", "\x0bX: y", "\x0cX: y", "\x1eX: y", "‮gpj.exe", "\ufeff", '"', "\\", "<evil@x.example>",
    ", evil@x.example",
    "(", ")", ";", ":", "字", "é", "😀", "a" * 300, " ", "\t", "{{7*7}}", "Re:", "[IT-1]", "\r", "\n ", "=?", "?=", "@",
)  # fmt: skip


def hostile(dice: random.Random) -> str:
    return "".join(dice.choice(_POISON) for _ in range(dice.randint(1, 6)))


def test_ten_thousand_hostile_values_add_no_field_and_raise_nothing() -> None:
    dice = random.Random(20261123)
    pair = ids()
    mail, ticket = example("requester/reply")
    assert ticket is not None
    for _ in range(10_000):
        one = replace(
            mail,
            audience="agent",
            values={"text": hostile(dice)},
            to=Address(dice.choice(("li.lei@corp.example", hostile(dice))), hostile(dice)),
            author=hostile(dice),
            answers=dice.choice((f"<{hostile(dice)}@x>", hostile(dice), "<a@b>")),
            references=(hostile(dice), f"<{hostile(dice)}>"),
        )
        other = replace(ticket, subject=hostile(dice), team=hostile(dice), priority="P1")
        kind = dice.choice(("image/png", "text/html", hostile(dice)))
        raw = COMPOSER.compose(one, other, pair, NOW, [(Attachment(0, hostile(dice), kind, 1, ""), b"1")]).raw
        wanted = ["From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References"]
        wanted += ["X-Auto-Response-Suppress", "X-Maild-Loop", "X-Maild-Ticket", "X-Maild-Kind", "X-Maild-Priority"]
        wanted += ["X-Maild-Team", "Importance", "MIME-Version", "Content-Type"]
        # A field is left out when nothing of its value was clean.
        left_out = {"In-Reply-To"} if not message_ids((one.answers,)) else set()
        left_out |= {"X-Maild-Team"} if not encoded(other.team) else set()
        wanted = [name for name in wanted if name not in left_out]
        assert head(raw) == wanted
        assert raw.isascii()
        parsed = email.message_from_bytes(raw, policy=email.policy.compat32)
        assert parsed.keys() == wanted
        assert [part.get_content_type() for part in parsed.walk()][:4] == [
            "multipart/mixed", "multipart/alternative", "text/plain", "text/html",
        ]  # fmt: skip
        assert len(list(parsed.walk())) == 5
        assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_hostile_words_stay_literal_in_every_letter() -> None:
    nasty = "{{7*7}} {% raw %} {0.__class__} %(x)s ${x} <script>alert(1)</script> <img src=x> <a href='http://e'> &amp;"
    for mail, ticket in samples.letters("en"):
        values = {key: nasty if isinstance(value, str) else value for key, value in mail.values.items()}
        if ticket is not None:
            ticket = replace(
                ticket, subject=nasty, requester=Address("a@b.example", nasty), summary=nasty,
                reasons=(Words(nasty, nasty),), fields={"error": Field("error", nasty, "text")},
            )  # fmt: skip
        if mail.template == "requester/reply":
            continue
        text, html = bodies(COMPOSER.compose(replace(mail, values=values), ticket, ids(), NOW))
        assert "49" not in text.replace(nasty, "")
        assert not re.search(r"<(script|img)\b|<a href='", html)
        if nasty in text:
            assert "&lt;script&gt;" in html
            assert "{{7*7}}" in html


def test_mail_text_is_never_made_into_a_template() -> None:
    tree = ast.parse(Path(maild.outbound.compose.__file__).read_text(encoding="utf-8"))
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert "get_template" in names
    assert not names & {"from_string", "format", "format_map"}


def test_a_password_in_the_quoted_words_is_masked_for_agents() -> None:
    text, html = bodies(composed("agent/new_ticket", values={"text": "我的密码：Tr0ub4dor 忘了"}))
    assert "Tr0ub4dor" not in text + html
    assert "密码" in text


def test_an_agent_s_web_address_becomes_a_link_to_itself_and_a_requester_s_does_not() -> None:
    words = "请看 https://wiki.corp.example/vpn?a=1&b=2。谢谢"
    _, html = bodies(composed("requester/reply", values={"text": words}))
    address = "https://wiki.corp.example/vpn?a=1&amp;b=2"
    assert f'<a href="{address}">{address}</a>。谢谢' in html
    _, notice = bodies(composed("agent/new_ticket", values={"text": words}))
    assert not any(link.startswith("http") for link in seen(notice).links)


def test_attachments_travel_as_opaque_bytes_with_their_names() -> None:
    files = [
        (Attachment(0, "截图 1.png", "image/png", 3, ""), b"\x89PN"),
        (Attachment(1, "evil.html", "text/html", 4, ""), b"<b>\n"),
        (Attachment(2, "../../etc/passwd", "message/rfc822", 2, ""), b"\r\n"),
        (Attachment(3, None, "image/svg+xml", 1, ""), b"x"),
        (Attachment(4, "长" * 200 + ".docx", "application/msword", 1, ""), b"y"),
    ]
    mail, ticket = example("requester/reply")
    one = COMPOSER.compose(mail, ticket, ids(), NOW, files)
    parts = list(read(one).iter_attachments())
    assert [part.get_content_type() for part in parts] == ["image/png"] + ["application/octet-stream"] * 4
    assert [part.get_payload(decode=True) for part in parts] == [content for _, content in files]
    names = [part.get_filename() for part in parts]
    assert names[:4] == ["截图 1.png", "evil.html", "_.._etc_passwd", "attachment-4"]
    assert names[4] is not None
    assert names[4].endswith("长.docx")
    assert one.left_out == ()


def test_what_does_not_fit_is_left_out_and_named_pictures_first_and_the_notice_tells_the_truth() -> None:
    files = [
        (Attachment(0, "log.zip", "application/zip", 1_500_000, ""), b"z" * 1_500_000),
        (Attachment(1, "shot.png", "image/png", 900_000, ""), b"p" * 900_000),
        (Attachment(2, "small.txt", "text/plain", 10, ""), b"0123456789"),
    ]
    mail, ticket = example("agent/new_ticket")
    listed = tuple((item.filename, item.size, True) for item, _ in files)
    one = COMPOSER.compose(replace(mail, values={"text": "x", "attachments": listed}), ticket, ids(), NOW, files)
    assert one.left_out == ("log.zip",)
    assert [part.get_filename() for part in read(one).iter_attachments()] == ["shot.png", "small.txt"]
    text, _ = bodies(one)
    assert re.findall(r"^- (\S+)（.*）(.*)$", text, re.MULTILINE) == [
        ("log.zip", "：未随信附上"), ("shot.png", ""), ("small.txt", ""),
    ]  # fmt: skip


def test_a_notice_to_a_team_address_carries_no_buttons() -> None:
    _, html = bodies(composed("agent/new_ticket", to=Address("desk-team@corp.example")))
    assert "mailto:" not in html
    _, html = bodies(composed("agent/new_ticket"))
    assert "mailto:" in html


def test_an_agent_who_has_answered_already_is_not_asked_to_take_the_ticket() -> None:
    mail, ticket = example("agent/sla_warning")
    assert ticket is not None
    _, html = bodies(COMPOSER.compose(mail, replace(ticket, responded=NOW), ids(), NOW))
    assert "%23take%20" not in html
    assert "%23resolve%20" in html


@pytest.mark.parametrize(("wanted", "first"), [("zh-TW", "已收到 IT-1042"), ("fr", "IT-1042: 王伟 answers by")])
def test_a_language_without_letters_gets_its_nearest_kin_or_english(wanted: str, first: str) -> None:
    assert bodies(composed("requester/acknowledged", language=wanted))[0].startswith(first)


def test_times_are_on_the_reader_s_clock_and_the_zone_is_named_when_it_differs() -> None:
    mail, ticket = example("requester/acknowledged", "en")
    assert ticket is not None
    text, _ = bodies(COMPOSER.compose(mail, replace(ticket, zone="Europe/Berlin"), ids(), NOW))
    assert "by 07:30 today (Berlin, UTC+1)" in text.split("\n")[0]


def test_a_site_replaces_a_letter_file_by_file_and_mistakes_are_named(tmp_path: Path) -> None:
    own = tmp_path / "en" / "requester" / "reopened.txt"
    own.parent.mkdir(parents=True)
    own.write_text("\ufeffHello {{ to.name }}, {{ t.tag }} lives.", encoding="utf-8")
    composer = Composer(samples.POLICY, TOKENS, tmp_path)
    mail, ticket = example("requester/reopened", "en")
    text, html = bodies(composer.compose(mail, ticket, ids(), NOW))
    assert text == "Hello 李雷, IT-1042 lives.\n"
    assert "open again" in html
    assert composer.check_templates() == []

    own.write_text("{{ t.tagg }}", encoding="utf-8")
    (own.parent / "reopend.html").write_text("x", encoding="utf-8")
    (own.parent / "progress.html").write_text("{% if %}", encoding="utf-8")
    (own.parent / "started.txt").write_text("{{ t.tag.__class__.__mro__ }}", encoding="utf-8")
    (own.parent / "reply.txt").write_bytes("回复".encode("gbk"))
    composer = Composer(samples.POLICY, TOKENS, tmp_path)
    mistakes = "\n".join(composer.check_templates())
    for name in ("reopened", "reopend.html", "progress", "started", "reply"):
        assert name in mistakes, name
    with pytest.raises(TemplateMistake, match=r"reopened.*tagg"):
        composer.compose(mail, ticket, ids(), NOW)


def test_a_letter_that_does_not_exist_is_refused_by_name() -> None:
    mail, ticket = example("requester/reply")
    with pytest.raises(TemplateMistake, match="requester/nothing"):
        COMPOSER.compose(replace(mail, template="requester/nothing"), ticket, ids(), NOW)


def test_every_letter_has_both_forms_in_both_languages_and_no_other_file_lies_there() -> None:
    root = maild.data.data_dir() / "templates"
    for language in LANGUAGES:
        files = [path for path in (root / language).rglob("*") if path.is_file()]
        there = {path.relative_to(root / language).as_posix() for path in files}
        letters = {f"{name}.{ending}" for name in LETTERS for ending in ("txt", "html")}
        layouts = {f"_{kind}.{ending}" for kind in ("requester", "agent") for ending in ("txt", "html")}
        pieces = {f"_{kind}.{ending}" for kind in ("attachments", "done") for ending in ("txt", "html")}
        # What the parts of an answer look like in HTML is the same in every language.
        pieces.add("_parts.txt")
        names = {"_names.txt", "_names.html"} if language == "zh-CN" else set()
        assert there == letters | layouts | pieces | names


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (("<a@b>", "<a@b>", "<C+x_1=y$z@mail.gmail.com>"), ["<a@b>", "<C+x_1=y$z@mail.gmail.com>"]),
        (("", "a@b", "<a b@c>", "<a@b>\n", "<a\r\nBcc: x@y>", "<字@b>", "<=?utf-8?q?x?=@y>"), []),
        (("<" + "x" * 999 + ">",), []),
        (("<[1.2]/{3}!#%&'*@[10.0.0.1]>", "<no-at-sign>"), ["<[1.2]/{3}!#%&'*@[10.0.0.1]>", "<no-at-sign>"]),
    ],
)
def test_only_clean_message_ids_are_repeated(given: tuple[str, ...], kept: list[str]) -> None:
    assert message_ids(given) == kept


def test_references_name_each_id_once_and_the_parent_last() -> None:
    assert references(("<a@x>", "<b@x>", "<c@x>"), "<ours@x>", "<b@x>") == "<a@x> <c@x> <ours@x> <b@x>"
    assert references((), "<ours@x>", "") == "<ours@x>"


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("Re: [IT-1] plain", "Re: [IT-1] plain"),
        ("Re: [IT-1] 打印机", "Re: [IT-1] =?utf-8?b?5omT5Y2w5py6?="),
        ("a =?utf-8?q?x?= b", "a =?utf-8?b?PT91dGYtOD9xP3g/PSBi?="),
    ],
)
def test_a_subject_stays_plain_up_to_the_first_word_that_needs_encoding(text: str, wire: str) -> None:
    assert encoded(text) == wire


def test_display_names_are_quoted_or_encoded_as_they_need() -> None:
    assert mailbox("a@b", "Li Lei") == "Li Lei <a@b>"
    assert mailbox("a@b", 'Wei "W" (IT), x') == '"Wei \\"W\\" (IT), x" <a@b>'
    assert mailbox("a@b", "李雷") == "=?utf-8?b?5p2O6Zu3?= <a@b>"
    assert mailbox("a@b", "") == "a@b"


def test_the_last_guard_refuses_a_head_that_is_not_as_meant() -> None:
    mail = email.message.Message()
    mail["Subject"] = "x"
    check_wire(b"Subject: x\r\n\r\nbody: y", mail)
    for raw in (b"Subject: x\r\nBcc: y\r\n\r\n", b"Subject: x\nBcc: y\r\n\r\n", b"Subject: x\rBcc: y\r\n\r\n"):
        with pytest.raises(HeaderError):
            check_wire(raw, mail)
    with pytest.raises(HeaderError, match="line break"):
        build([("Subject", "x\r\nBcc: y")], "", "", (), "seed")


def test_styles_go_into_the_tags_by_tag_and_by_class_and_leave_jinja_alone() -> None:
    rules = parse_style("/* c */ p { margin: 0; color: red } .small { color: grey }\np.small, b { top: 1px; }")
    assert inline('<p>{{ a }}</p><p class="small">{% if x < y %}<b>', rules) == (
        '<p style="margin: 0; color: red">{{ a }}</p>'
        '<p class="small" style="margin: 0; color: red; color: grey; top: 1px">{% if x < y %}<b style="top: 1px">'
    )


@pytest.mark.parametrize(("language", "sorry"), [("zh-CN", "没有做到，很抱歉"), ("en", "We are sorry")])
def test_a_chaser_after_a_broken_promise_gets_an_apology_and_no_new_promise(language: str, sorry: str) -> None:
    mail, ticket = example("requester/progress", language)
    assert ticket is not None
    late = replace(ticket, promise=NOW - timedelta(minutes=5))
    for one, broken in ((ticket, False), (late, True), (replace(late, responded=NOW - timedelta(hours=1)), False)):
        text, _ = bodies(COMPOSER.compose(mail, one, ids(), NOW))
        assert (sorry in text) is broken
        assert ("14:30" in text) is (one is ticket)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_public_escalation_or_note_keeps_the_desk_s_own_words_back(language: str) -> None:
    hidden = {
        "agent/escalated": {"by": "赵敏", "reason": "SECRET-NOTE", "text": "SECRET-NOTE"},
        "agent/note": {"author": "赵敏", "text": "SECRET-NOTE"},
    }
    for template, values in hidden.items():
        assert "SECRET-NOTE" not in "".join(bodies(composed(template, language, values=values, reply="public")))
        assert "SECRET-NOTE" in bodies(composed(template, language, values=values, reply="internal"))[0]


def test_codes_are_told_in_words() -> None:
    for verdict, told in (("stranger", "身份未经核实"), ("failed", "冒充"), ("requester", ""), ("none", "")):
        text, _ = bodies(composed("agent/new_ticket", values={"text": "x", "verdict": verdict}))
        assert ("发件人核验：" in text) is bool(told)
        assert told in text
        assert verdict not in text
    assert "用户确认已解决" in bodies(composed("agent/closed", values={"how": "confirmed"}))[0]
    failed = {"address": "a@b.example", "template": "requester/acknowledged"}
    assert "受理通知" in bodies(composed("agent/delivery_failed", values=failed))[0]


def test_similar_tickets_are_named_by_their_tag_once() -> None:
    text, _ = bodies(composed("agent/new_ticket", values={"similar": ((87, "a"), ("IT-91", "b"))}))
    assert "- IT-87 a\n- IT-91 b\n" in text


def test_what_the_desk_itself_notes_in_words_may_stand_in_a_public_notice() -> None:
    values = {"text": "进展如何？", "note": Words("asks again", "又在催")}
    assert "又在催" in bodies(composed("agent/requester_replied", values=values, reply="public"))[0]
    values = {"text": "进展如何？", "note": "asks how it stands"}
    assert "对方在催进度" in bodies(composed("agent/requester_replied", values=values, reply="public"))[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "template",
    [
        "requester/cannot_read",
        "stranger/received",
        "agent/transcript",
        "agent/confirm_command",
        "agent/delivery_failed",
    ],
)
def test_letters_about_no_ticket_can_be_written(template: str, language: str) -> None:
    mail, _ = example(template, language)
    one = COMPOSER.compose(mail, None, ids(), NOW)
    text, html = bodies(one)
    assert "None" not in text + html
    assert "IT-" not in one.subject
    # The only button that needs no ticket says whose mail it is.
    assert ("mailto:" in html) == (template == "agent/confirm_command")
