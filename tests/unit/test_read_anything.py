"""Any bytes in, a Message or a quarantine out: never an exception, within limits, storable, in linear time."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, text

from maild.ingest.prescan import prescan
from maild.ingest.read import parts, read
from tests import servers
from tests.fuzz.grow import CHARSETS, ENCODINGS, NAMES, TOKENS, TYPES
from tests.fuzz.judge import judge_mail, values

# The same examples in every run: what is new is looked for by the fuzzer.
quiet = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

words = st.one_of(st.sampled_from([*TOKENS, *CHARSETS]), st.binary(max_size=12))
content = st.lists(words, max_size=12).map(b"".join)
field = st.tuples(st.sampled_from(NAMES), content).map(lambda pair: pair[0] + b": " + pair[1] + b"\r\n")
leaf = st.tuples(
    st.sampled_from(TYPES), st.sampled_from(CHARSETS), st.sampled_from(ENCODINGS), st.lists(field, max_size=2), content
).map(
    lambda part: (
        b"Content-Type: " + part[0] + b"; boundary=b; charset=" + part[1] + b"\r\nContent-Transfer-Encoding: "
        + part[2] + b"\r\n" + b"".join(part[3]) + b"\r\n" + part[4]
    )
)  # fmt: skip
container = st.lists(leaf, max_size=3).map(
    lambda parts: (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + b"\r\n--b\r\n".join(parts) + b"\r\n--b--"
    )
)
mail = st.tuples(st.lists(field, max_size=5).map(b"".join), st.one_of(leaf, container)).map(b"".join)


@quiet
@given(st.binary(max_size=2000))
def test_any_bytes_are_a_message_or_a_quarantine(raw: bytes) -> None:
    assert judge_mail(raw) is None


@quiet
@given(mail)
def test_anything_that_looks_like_a_mail_is_a_message_or_a_quarantine(raw: bytes) -> None:
    assert judge_mail(raw) is None


@settings(quiet, max_examples=60)
@given(st.binary(max_size=300), st.sampled_from(CHARSETS))
def test_words_stay_readable_whatever_bytes_stand_behind_them(data: bytes, charset: bytes) -> None:
    """Under any label, unless the charset switches by escapes or is two bytes wide."""
    raw = b"Content-Type: text/plain; charset=" + charset.replace(b"\0", b"") + b"\r\n\r\n\r\nBEGIN words END\r\n"
    found = read(raw + data.replace(b"\x1b", b"").replace(b"\x0e", b"").replace(b"~", b"")).text
    if not charset.startswith((b"utf-16", b"utf-32")):
        assert "BEGIN words END" in found


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def database(request: pytest.FixtureRequest) -> Iterator[Engine]:
    url = "sqlite://"
    if request.param == "postgresql":
        server: servers.Postgres = request.getfixturevalue("postgres")
        url = server.database()
    engine = create_engine(url)
    yield engine
    engine.dispose()


def test_everything_that_is_read_can_be_stored_and_printed(database: Engine) -> None:
    """Both databases take every text of some hundred wild mails and give it back; JSON is plain ASCII."""
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS kept (n INTEGER, value TEXT)"))

        @settings(quiet, max_examples=100)
        @given(mail)
        def store(raw: bytes) -> None:
            if not prescan(raw).ok:
                return
            message = read(raw)
            texts = [value for _, value in values(message) if isinstance(value, str)]
            rows = [{"n": n, "value": value} for n, value in enumerate(texts)]
            connection.execute(text("INSERT INTO kept VALUES (:n, :value)"), rows)
            back = connection.execute(text("SELECT value FROM kept ORDER BY n")).scalars().all()
            assert back == texts
            connection.execute(text("DELETE FROM kept"))
            assert json.dumps(dataclasses.asdict(message), default=str).isascii()

        store()


def test_the_store_of_this_test_would_refuse_what_may_not_be_there() -> None:
    with pytest.raises(UnicodeEncodeError):
        sqlite3.connect(":memory:").execute("SELECT ?", ("\ud800",))


HEAD = b"From: a@corp.example\r\nSubject: x\r\n"
HTML = HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n"
FLOWED = HEAD + b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n"
CALENDAR = HEAD + b"Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"
RTF = HEAD + b"Content-Type: text/rtf\r\n\r\n{\\rtf1 "
BASE64 = HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n"

# name: (what stands before, what is repeated, what stands behind, how many bytes)
BOMBS: dict[str, tuple[bytes, bytes, bytes, int]] = {
    "one line of ASCII and one byte that is none": (HEAD + b"\r\n", b"a", b"\xff", 300_000),
    "rows of high bytes": (HEAD + b"\r\n", b"\xff\xfe\xfd", b"", 300_000),
    "broken UTF-8 on every line": (HEAD + b"\r\n", "打印".encode() + b"\xff\n", b"", 300_000),
    "half of each character": (HEAD + b"Content-Type: text/plain; charset=gb2312\r\n\r\n", b"\xb4\xff\n", b"", 300_000),
    "escapes": (HEAD + b"\r\n", b"\x1b$B", b"", 300_000),
    "escapes that are lost": (
        HEAD + b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n", b"$B!!", b"(B", 300_000
    ),
    "tildes": (HEAD + b"\r\n", b"~{", b"~}", 300_000),
    "encoded words": (HEAD + b"X-A: ", b"=?utf-8?q?a?= ", b"\r\n\r\n", 40_000),
    "encoded words without an end": (HEAD + b"Cc: ", b"=?a?q?", b"\r\n\r\n", 20_000),
    "question marks": (b"Subject: =?a?q?", b"?", b"\r\n\r\n", 120_000),
    "charsets that nobody knows": (b"Subject: ", b"=?x-%d?q?=FF=FE?= x " % 1, b"\r\n\r\n", 20_000),
    "angles": (b"From: ", b"<", b"\r\n\r\n", 120_000),
    "quotes": (b"To: ", b'"', b"\r\n\r\n", 120_000),
    "backslashes and quotes": (b"To: ", b'\\"', b"\r\n\r\n", 120_000),
    "parentheses": (b"From: ", b"(", b"\r\n\r\n", 120_000),
    "commas": (b"Cc: ", b"a,", b"\r\n\r\n", 120_000),
    "colons": (b"Cc: ", b"a:", b";\r\n\r\n", 120_000),
    "addresses": (b"Cc: ", b'"Li, Lei" <a@corp.example>, ', b"\r\n\r\n", 120_000),
    "one long word": (b"From: ", b"a", b"\r\n\r\n", 120_000),
    "references": (b"References: ", b"<a@b> ", b"\r\n\r\n", 120_000),
    "percent signs": (HEAD + b"Content-Disposition: attachment; filename*=utf-8''", b"%E6", b"\r\n\r\n", 4_000),
    "base64 with junk": (BASE64, b"YW!\n", b"", 300_000),
    "base64 of equal signs": (BASE64, b"YQ==", b"", 300_000),
    "base64 of words": (BASE64, b"a b. ", b"", 300_000),
    "soft breaks": (HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n", b"= \t", b"", 300_000),
    "begins": (HEAD + b"\r\n", b"begin 644 a\n", b"end\n", 300_000),
    "uuencoded without an end": (HEAD + b"\r\nbegin 644 a\n", b"#0V%T\n", b"", 300_000),
    "quote marks": (FLOWED, b">", b"", 300_000),
    "flowed lines": (FLOWED, b"a \n", b"", 300_000),
    "dashes": (HEAD + b"\r\n", b"-----BEGIN PGP SIGNED MESSAGE-----\n", b"", 300_000),
    "angles in HTML": (HTML, b"<a ", b"", 30_000),
    "blocks in HTML": (HTML, b"<div>", b"", 95_000),
    "comments in HTML": (HTML, b"<!--", b"", 78_000),
    "CDATA in HTML": (HTML, b"<![CDATA[", b"", 170_000),
    "ends in HTML": (HTML, b"</", b"", 38_000),
    "entities": (HTML, b"&#x6253;", b"", 300_000),
    "styles": (HTML, b'<p style="display:none;color:#fff">', b"", 300_000),
    "lists with numbers": (HTML, b"<ol start=3><li>", b"", 100_000),
    "many links": (HTML, b'<a href="http://a.example/">x</a>', b"", 300_000),
    "tables": (HTML, b"<table><tr><td><p>a</p>", b"", 100_000),
    "labels": (HTML, b"<label><button><object>", b"", 60_000),
    "calendar lines": (CALENDAR, b"ATTENDEE;CN=\"a:b\":mailto:a@b\r\n", b"", 300_000),
    "calendar parameters": (CALENDAR + b"SUMMARY", b";A=\"b", b":x\r\n", 300_000),
    "calendars in calendars": (CALENDAR, b"BEGIN:VALARM\r\n", b"", 300_000),
    "backslashes in a calendar": (CALENDAR + b"SUMMARY:", b"\\", b"\r\n", 300_000),
    "RTF groups": (RTF, b"{", b"", 300_000),
    "RTF words": (RTF, b"\\u-1\\'b4 ", b"", 300_000),
    "enriched tags": (HEAD + b"Content-Type: text/enriched\r\n\r\n", b"<param>", b"", 300_000),
    "enriched angles": (HEAD + b"Content-Type: text/enriched\r\n\r\n", b"<<a", b"", 300_000),
    "a container that opens and opens": (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n", b"--b--\r\n--b\r\n\r\nx\r\n", b"", 6_000
    ),
    "mails in mails in base64": (HEAD + b"\r\n", b"Content-Type: message/rfc822\r\n\r\n", b"", 3_000),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a22_nothing_repeated_a_hundred_thousand_times_takes_more_than_two_seconds(name: str) -> None:
    """Also A24, A25. Linear work on these sizes is below 0.4 s of CPU: the limit has a margin of five."""
    before, repeated, behind, size = BOMBS[name]
    raw = before + repeated * (size // len(repeated)) + behind
    started = time.process_time()
    if prescan(raw).ok:
        message = read(raw)
        parts(raw, range(len(message.attachments)))
    used = time.process_time() - started
    assert used < 2.0
