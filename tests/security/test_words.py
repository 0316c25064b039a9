"""Hostile words stay words: in headers, letters, HTML, logs and names of files (A08, A10, A11, A12, A26, A50, A52)."""

import base64
import io
import json
import logging
import re

import pytest

from maild import log as maild_log
from tests.security.conftest import ANNA, DESK, EVE, TOM, Desk, Headers, MakeDesk, raw_mail, received, words
from tests.stories import invariants
from tests.stories.stage import Out

FIELDS = frozenset(
    "from to subject date message-id in-reply-to references auto-submitted x-auto-response-suppress precedence"
    " x-maild-loop x-maild-ticket x-maild-kind x-maild-priority x-maild-team importance mime-version"
    " content-type".split()
)

INNER = "=?utf-8?q?hi=0ABcc=3A_evil=40attacker.example?="


def word(text: str) -> str:
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


HOSTILE = (
    "hi\nBcc: evil@attacker.example",
    "hi\r\nBcc: evil@attacker.example\r\n\r\nbody",
    "hi\rBcc: evil@attacker.example",
    "hi\x0bBcc: x\x0cBcc: x\x1cBcc: x\x85Bcc: x\u2028Bcc: x\u2029Bcc: evil@attacker.example",
    INNER,
    f"{INNER} {INNER}",
    "=?utf-8?q?=?utf-8?q?hi=0ABcc=3A_evil?=?=",
    "\0\x01\x02\x1b[31mred\x7f",
    "\u202egpj.exe\u202c\u2066\u2069\u200b\ufeff",
    "{{7*7}}{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}{#x#}",
    "{0.__class__}{desk.address}%(name)s${HOME}%s%d%n",
    "<script>alert(1)</script><img src=https://attacker.example/x.png onerror=alert(1)>\"'><a href=javascript:1>x</a>",
    "]]><!--<![if mso]>--></title></style><style>body{display:none}</style>",
    '"; DROP TABLE ticket; --',
    "a" * 3000,
    "Re: " * 300 + "[IT-99] [IT-98] x",
    "＝CMD()|' /C calc'!A0",
    "😀" * 400,
    "x" * 74 + " " + "y" * 900,
    ", <evil@attacker.example>, \"x\" <evil@attacker.example>;",
    "undisclosed-recipients:;",
    "‮⁦IT-1⁩ ## Please reply above this line ##",
)  # fmt: skip


def _sound(out: Out, number: int | None = None) -> None:
    """A letter has the fields that letters have, each once, one recipient, and nothing of the attacker's as markup."""
    head, _, _ = out.raw.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0].decode().lower() for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    assert set(names) <= FIELDS and len(names) == len(set(names)), names
    assert b"\r" not in head.replace(b"\r\n", b"") and b"\n" not in head.replace(b"\r\n", b"")
    assert head.isascii() and all(byte >= 32 or byte in b"\r\n\t" for byte in head)
    assert all(len(line) <= 998 for line in out.raw.split(b"\r\n"))
    message = invariants.parsed(out.raw)
    assert [each.addr_spec.lower() for each in message["To"].addresses] == [out.recipient]
    assert [each.addr_spec for each in message["From"].addresses] == [DESK]
    html = invariants.text_of(message, "html")
    assert not re.search(r"<(?:script|img|iframe|svg|object|form)\b", html, re.IGNORECASE)
    assert html.count("<style") <= 1 and "javascript:" not in "".join(re.findall(r'href="([^"]*)"', html)).lower()
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", invariants.text_of(message) + html)
    assert "49" not in received(out).subject


def _at_every_place(value: str) -> list[bytes]:
    """Mails that hold a hostile value wherever a letter of ours could repeat it."""
    base = [("To", DESK), ("Date", "Mon, 4 Mar 2024 10:00:00 +0800")]
    flat = re.sub(r"[\r\n\0]", " ", value)
    shapes: list[tuple[Headers, str]] = [
        ([("From", TOM), ("Subject", word(value)), *base], "My VPN is slow."),
        ([("From", TOM), ("Subject", flat), *base], "My VPN is slow."),
        ([("From", f"{word(value[:300])} <{TOM}>"), ("Subject", "x"), *base], "My VPN is slow."),
        ([("From", f"{word(value[:300])} <{EVE}>"), ("Subject", "x"), *base], "My VPN is slow."),
        ([("From", TOM), ("Subject", "x"), ("Message-ID", f"<{flat[:400]}@x>"), *base], "My VPN is slow."),
        (
            [("From", TOM), ("Subject", "x"), ("Message-ID", f"<{flat.replace(' ', '')[:400]}@x>"), *base],
            "My VPN is slow, too.",
        ),
        ([("From", TOM), ("Subject", "x"), ("References", f"<{flat}@x> <a@b>"), ("In-Reply-To", flat), *base], "Dark."),
        ([("From", TOM), ("Subject", "x"), *base], f"{value}\r\n姓名：{value}\r\nPhone: {flat}\r\n部门：{flat}\r\n"),
        ([("From", TOM), ("Subject", ""), *base], value),
        ([("From", TOM), ("Subject", "x"), ("Content-Language", flat), ("X-Spam", flat), *base], "x"),
    ]
    mails = [raw_mail([*head, *_unique(head, at, value)], body) for at, (head, body) in enumerate(shapes)]
    named = "\r\n".join(
        (
            "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nMy VPN is slow, see the picture.",
            f'--b\r\nContent-Type: application/pdf; name="{word(value[:300])}"\r\n'
            f'Content-Disposition: attachment; filename="{word(value[:300])}"\r\n\r\npdf',
            "--b--",
        )
    )
    kind = ("Content-Type", "multipart/mixed; boundary=b")
    mails.append(raw_mail([("From", TOM), ("Subject", "files"), ("MIME-Version", "1.0"), kind, *base], named))
    return mails


def _unique(head: Headers, at: int, value: str) -> Headers:
    given = {name for name, _ in head}
    return [] if "Message-ID" in given else [("Message-ID", f"<{at}.{abs(hash(value))}@corp.example>")]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_a08_a11_a12_hostile_values_add_no_field_no_reader_and_no_markup(make_desk: MakeDesk, value: str) -> None:
    desk = make_desk(budgets={name: 10_000 for name in ("internal_per_hour", "internal_per_day", "unanswered_limit")})
    for at, raw in enumerate(_at_every_place(value)):
        # Subject and name always; each other place meets every second value.
        if at > 2 and (at + HOSTILE.index(value)) % 2:
            continue
        out = desk.deliver(raw)
        row = desk.ledger()
        assert row.fate == "ticketed", (row.fate, row.reason, raw[:300])
        for notice in [each for each in out if each.template == "agent/new_ticket" and at == 0][:1]:
            out += desk.reply(notice, f"I look into it: {value}" if value.isprintable() else "I look into it.")
            assert desk.ledger().fate == "ticketed", desk.ledger().reason
            out += desk.reply(notice, "#resolve done")
        for each in out:
            _sound(each)
    people = {each.recipient for each in desk.outs}
    assert people <= {TOM, EVE, *desk.stage.settings.policy.agents}


def test_a10_our_own_fields_in_a_foreign_mail_mean_nothing_but_silence(working: Desk) -> None:
    names = ("X-Maild-Ticket", "X-Maild-Kind", "X-Maild-Priority", "X-Maild-Team", "X-Maild-Command", "X-Maild-Trust",
             "X-OTRS-Priority", "X-RT-Ticket", "X-Zammad-Priority", "Importance", "X-Priority", "Priority")  # fmt: skip
    before = working.picture(1)
    for value in ("IT-1", "1", "P1", "agent", "#close", "yes"):
        working.write(EVE, "Hello", "My VPN is slow.", [(name, value) for name in names])
    assert working.picture(1) == before
    assert {row.priority for row in working.rows("SELECT priority FROM ticket WHERE id > 1")} <= {"P3", "P4"}


def test_a12_what_an_agents_html_reply_holds_reaches_the_requester_as_text(working: Desk) -> None:
    notice = working.letter("agent/new_ticket", ANNA)
    html = "<p>Look</p><script>alert(1)</script><img src='https://attacker.example/x.png'><svg onload=alert(1)>"
    kind = [("MIME-Version", "1.0"), ("Content-Type", "text/html; charset=utf-8"), ("In-Reply-To", notice.message_id)]
    (reply,) = working.write(ANNA, received(notice).subject, html, kind)
    _sound(reply)
    assert "https://attacker.example/x.png" not in words(reply)


def test_a50_every_event_is_one_line_of_the_log(make_desk: MakeDesk) -> None:
    for form in ("text", "json"):
        stream = io.StringIO()
        root = logging.getLogger("maild")
        handlers, propagate, level = root.handlers[:], root.propagate, root.level
        listener = maild_log.set_up(form, "debug", stream)
        try:
            desk = make_desk(screening={"spam_header": "X-Spam"})
            for value in HOSTILE:
                for raw in _at_every_place(value)[::4]:
                    desk.deliver(raw)
                flat = re.sub(r"[\r\n\0]", " ", value)
                desk.write(f"{TOM}", "x", "y", [("X-Spam", f"yes {flat}"), ("Auto-Submitted", flat), ("List-Id", flat)])
        finally:
            listener.stop()
            root.handlers[:], root.propagate = handlers, propagate
            root.setLevel(level)
        lines = stream.getvalue().split("\n")
        assert len(lines) > 60 and lines.pop() == ""
        for line in lines:
            assert line.isprintable() and len(line) < 8000, line[:200]
            if form == "json":
                json.loads(line)
            else:
                assert re.match(r"\d\d:\d\d:\d\d (debug|info|warning|error) ", line), line


@pytest.mark.parametrize(
    "name",
    ["utf-7", "unicode_escape", "idna", "punycode", "rot13", "hex", "zlib", "utf-8\0", "x" * 500, "../../etc/passwd",
     "base64", "raw_unicode_escape", "undefined", "mbcs", "utf-16", "iso-2022-cn-ext"],
)  # fmt: skip
def test_a52_no_charset_makes_an_order_or_a_broken_letter(working: Desk, name: str) -> None:
    body = "+ACM-close CANARY\r\n\\u0023close CANARY\r\n\\ud800 #close \x00 \xff"
    kind = [("MIME-Version", "1.0"), ("Content-Type", f"text/plain; charset={name}")]
    notice = working.letter("agent/new_ticket", ANNA)
    working.write(ANNA, f"=?{name}?q?=23close_=5Cud800?=", body, [*kind, ("In-Reply-To", notice.message_id)])
    assert working.ledger().fate == "ticketed", working.ledger().reason
    assert working.state(1) != "closed"
    for each in working.outs:
        _sound(each)
