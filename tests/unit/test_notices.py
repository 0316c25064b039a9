"""Notices: nothing internal where the answer goes to the requester, clocks in words, screenshots in their place."""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest

from maild.model import Address, Attachment, Deed, Mail, Ticket, Words
from maild.model.ticket import Clock
from maild.outbound import inline, samples
from maild.outbound.clocks import clock_rows
from maild.outbound.compose import Composer, Ids
from maild.outbound.letters import LETTERS
from maild.tokens import Tokens
from maild.workflow import past
from maild.workflow.clocks import clocks
from tests.policies import default_policy
from tests.stories import clients

TOKENS = Tokens([b"0123456789abcdef0123456789abcdef"], "corp.example")
COMPOSER = Composer(samples.POLICY, TOKENS)
NOW = samples.NOW
CANARY = "CANARY"
DEEDS = (
    Deed(NOW - timedelta(hours=9), "assignee", "wang.wei@corp.example", "maild"),
    Deed(NOW - timedelta(hours=8), "responded", "wang.wei@corp.example", "wang.wei@corp.example"),
    Deed(NOW - timedelta(hours=7), "note", "", "wang.wei@corp.example"),
    Deed(NOW - timedelta(hours=6), "priority", "P2", "zhao.min@corp.example"),
    Deed(NOW - timedelta(hours=5), "heard", "public", "li.lei@corp.example"),
)

# What a notice may show of which the requester is the author, or which every requester is told.
PUBLIC_BY_NATURE = {
    "agent/new_ticket": {
        "text", "attachments", "claims", "follows", "team_wide", "similar", "verdict", "approval", "topic", "guidance",
        "second", "split_from", "aside",
    },
    "agent/requester_replied": {"text", "attachments", "writer"},
    "agent/reopened": {"text", "writer"},
    "agent/sla_warning": {"clock", "due", "share"},
    "agent/sla_breach": {"clock", "due", "step", "tier"},
    "agent/closed": {"how", "text"},
    "agent/incident_open": {"by", "title", "count", "since", "rows"},
    "agent/taken": {"by"},
    "agent/escalated": {"by", "category"},
}  # fmt: skip


def composed(mail: Mail, ticket: Ticket | None, files: list[tuple[Attachment, bytes]] | None = None) -> EmailMessage:
    raw = COMPOSER.compose(mail, ticket, Ids("<a@corp.example>", "<b@corp.example>"), NOW, files or []).raw
    message = email.message_from_bytes(raw, EmailMessage, policy=email.policy.default)
    return message


def everything(message: EmailMessage) -> str:
    heads = "\n".join(f"{name}: {value}" for name, value in message.items())
    return "\n".join(
        [heads, *(str(part.get_content()) for part in message.walk() if part.get_content_type()[:5] == "text/")]
    )


def notices() -> Iterator[str]:
    yield from (name for name in LETTERS if name.startswith("agent/"))


def filled(name: str) -> dict[str, object]:
    """Every value of a letter that is not public by nature, filled with what must stay inside."""
    given: dict[str, object] = {}
    for key, default in LETTERS[name].values.items():
        if key in PUBLIC_BY_NATURE.get(name, ()):
            continue
        if isinstance(default, tuple):
            given[key] = ((NOW, f"{CANARY} {key}"),)
        elif isinstance(default, str):
            given[key] = f"{CANARY} {key}"
    return given


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("name", [each for each in notices() if each in samples.PUBLIC])
def test_a_notice_whose_answer_goes_to_the_requester_holds_nothing_internal(name: str, language: str) -> None:
    to = Address("wang.wei@corp.example", "Wang Wei")
    mail = Mail(template=name, to=to, audience="agent", language=language, reply="public", values=filled(name))
    assert CANARY not in everything(composed(mail, samples.ticket(language)))


@pytest.mark.parametrize("name", ["agent/escalated", "agent/note"])
def test_even_a_notice_that_is_internal_by_kind_holds_nothing_internal_when_it_is_public(name: str) -> None:
    to = Address("wang.wei@corp.example", "Wang Wei")
    mail = Mail(template=name, to=to, audience="agent", language="en", reply="public", values=filled(name))
    assert CANARY not in everything(composed(mail, samples.ticket("en")))
    inside = replace(mail, reply="internal")
    assert CANARY in everything(composed(inside, samples.ticket("en")))


def test_the_public_past_tells_no_note_no_hand_over_and_no_priority() -> None:
    told = past.done(DEEDS, samples.POLICY, public=True)
    words = " ".join(each.en for _, each in told)
    assert "first contact" in words and "wrote" in words
    for inside in ("note", "assigned", "moved", "priority", "escalated"):
        assert inside not in words
    everything_ = " ".join(each.en for _, each in past.done(DEEDS, samples.POLICY))
    assert all(inside in everything_ for inside in ("note", "assigned", "priority"))


@pytest.mark.parametrize("name", list(notices()))
def test_only_a_p1_is_marked_important_and_rules_find_ticket_kind_priority_and_team(name: str) -> None:
    to = Address("wang.wei@corp.example", "Wang Wei")
    for priority in ("P1", "P2", "P3", "P4"):
        ticket = replace(samples.ticket("en"), priority=priority)
        message = composed(Mail(template=name, to=to, audience="agent", language="en", values={}), ticket)
        assert message["Importance"] == ("high" if priority == "P1" else None)
        assert message["X-Maild-Ticket"] == "IT-1042" and message["X-Maild-Kind"] == name.partition("/")[2]
        assert (message["X-Maild-Priority"], message["X-Maild-Team"]) == (priority, ticket.team)
    for audience in ("requester", "stranger"):
        letter = "requester/reply" if audience == "requester" else "stranger/received"
        mail = Mail(template=letter, to=to, audience=audience, language="en", values={})
        assert not [field for field in composed(mail, ticket) if field.startswith("X-Maild-T") or field == "Importance"]


# ── clocks ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rows", "english", "chinese"),
    [
        (("response", 140, 130, True), "due 14:20, 2 h 10 min left", "14:20 前，还剩 2 小时 10 分钟"),
        (
            ("response", 140, 130, False),
            "due 14:20, 2 h 10 min of working time left",
            "14:20 前，还剩工作时间 2 小时 10 分钟",
        ),
        (
            ("resolution", 0, 480 * 2 + 61, False),
            "due 12:00, 2 days 1 h of working time left",
            "12:00 前，还剩工作时间 2 天 1 小时",
        ),
        (("response", -35, -35, True), "overdue since 11:25, by 35 min", "已超时：应在 11:25 前，超 35 分钟"),
        (("resolution", None, 320, False), "the clock stands, 5 h 20 min left", "计时暂停，还剩 5 小时 20 分钟"),
        (("resolution", None, -60, False), "the clock stands, overdue by 1 h", "计时暂停，已超 1 小时"),
        (("response", 0, 0, True), "due 12:00, 0 min left", "12:00 前，还剩 0 分钟"),
    ],
)  # fmt: skip
def test_how_a_clock_stands_is_said_in_a_few_words(
    rows: tuple[str, int | None, int, bool], english: str, chinese: str
) -> None:
    name, minutes, left, around = rows
    noon = NOW.replace(hour=12, minute=0)
    due = None if minutes is None else noon + timedelta(minutes=minutes)
    for language, words in (("en", english), ("zh-CN", chinese)):
        told = clock_rows([(name, due, left, around)], lambda moment: f"{moment:%H:%M}", 480, language)
        assert told == ((name, words),)


def test_the_clocks_are_those_of_the_ticket_in_its_own_calendar() -> None:
    rules = default_policy()
    at = NOW.astimezone(ZoneInfo("Asia/Shanghai"))
    ticket = replace(
        samples.ticket(), state="new", responded=None,
        response=Clock(240, 0, at, "business"), resolution=Clock(1440, 0, at, "24x7"),
    )  # fmt: skip
    (first, first_due, left, around), (second, due, rest, all_day) = clocks(ticket, rules, at + timedelta(minutes=20))
    assert (first, left, around, second, rest, all_day) == ("response", 220, False, "resolution", 1420, True)
    assert first_due is not None and first_due > at and due == at + timedelta(days=1)
    answered = replace(ticket, responded=at, resolution=Clock(1440, 30, None, "business"), state="pending")
    assert clocks(answered, rules, at) == (("resolution", None, 1410, False),)
    assert clocks(replace(ticket, state="closed"), rules, at) == ()


# ── pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def shot(index: int, content: bytes, kind: str = "image/png", name: str = "屏幕截图.png") -> tuple[Attachment, bytes]:
    return Attachment(index, name, kind, len(content), "0" * 64), content


def with_files(files: list[tuple[Attachment, bytes]], audience: str = "agent") -> EmailMessage:
    template = "agent/new_ticket" if audience == "agent" else "requester/reply"
    listed = tuple((each.filename, each.size, False) for each, _ in files)
    to = Address("wang.wei@corp.example", "Wang Wei")
    values = {"text": "look", "attachments": listed} if audience == "agent" else {"text": "look"}
    mail = Mail(template=template, to=to, audience=audience, language="zh-CN", values=values)  # type: ignore[arg-type]  # one of two
    return composed(mail, samples.ticket(), files)


def test_a_screenshot_stands_in_the_notice_and_travels_once_under_its_name() -> None:
    png = clients._png()
    message = with_files([shot(0, png), shot(1, b"log\n" * 9, "text/plain", "log.txt")])
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == [
        "multipart/mixed", "multipart/related", "multipart/alternative", "text/plain", "text/html", "image/png",
        "application/octet-stream",
    ]  # fmt: skip
    picture = next(part for part in message.walk() if part.get_content_type() == "image/png")
    html = next(part for part in message.walk() if part.get_content_type() == "text/html").get_content()
    assert picture.get_filename() == "屏幕截图.png" and picture.get_content() == png
    assert picture.get_content_disposition() == "inline"
    assert f'src="cid:{str(picture["Content-ID"])[1:-1]}"' in html and 'width="320"' in html
    assert 'alt="屏幕截图.png"' in html
    text = next(part for part in message.walk() if part.get_content_type() == "text/plain").get_content()
    assert "屏幕截图.png" in text and "cid:" not in text


def test_what_is_no_small_picture_stays_an_attachment() -> None:
    png = clients._png()
    big = png + b"\0" * inline.PICTURE_BYTES
    for content, kind in (
        (big, "image/png"),
        (b"no picture", "image/png"),
        (png, "image/svg+xml"),
        (png[:20], "image/png"),
    ):
        message = with_files([shot(0, content, kind)])
        assert "cid:" not in everything(message), kind
        assert [part.get_content_disposition() for part in message.walk() if part.get_filename()] == ["attachment"]
    many = with_files([shot(n, png, name=f"{n}.png") for n in range(5)])
    assert everything(many).count("cid:") == inline.PICTURES
    assert len([part for part in many.walk() if part.get_filename()]) == 5
    assert "cid:" not in everything(with_files([shot(0, png)], "requester"))


def test_the_width_of_a_picture_is_read_from_its_own_head() -> None:
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08\x00\x40\x02\x80\x01\x00"
    assert inline.size_of(jpeg) == (640, 64)
    assert inline.size_of(b"GIF89a" + b"\x20\x03\x58\x02") == (800, 600)
    assert inline.size_of(clients._png()) == (320, 320)
    for broken in (b"", b"\xff\xd8", b"\xff\xd8" + b"\xff\xe0\x00\x00" * 300, b"GIF89a\0\0\0\0", b"\x89PNG\r\n\x1a\n"):
        assert inline.size_of(broken) is None
    (shown,) = inline.pictures([shot(0, b"GIF89a" + b"\x20\x4e\x58\x02", "image/gif")], "seed")
    assert shown.width == 540


def test_a_hostile_name_of_a_picture_stays_words() -> None:
    message = with_files([shot(0, clients._png(), name='"><script>x</script>.png')])
    html = next(part for part in message.walk() if part.get_content_type() == "text/html").get_content()
    assert "<script>" not in html


def test_words_alone_are_no_internal_value() -> None:
    # The desk's own sentences are Words; what somebody wrote is text, and is what must not pass.
    to = Address("wang.wei@corp.example", "Wang Wei")
    mail = Mail(
        template="agent/reopened", to=to, audience="agent", language="en", reply="public",
        values={"note": Words("an agent reopened it", "支持人员重新打开")},
    )  # fmt: skip
    assert "gent reopened it" in everything(composed(mail, samples.ticket("en")))
