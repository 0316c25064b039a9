"""Mails that nobody would write: the project's own test mails changed, and others grown from a small grammar."""

import base64
import random
import re
from pathlib import Path

from maild.ingest.transfer import decode_transfer

SEEDS = Path(__file__).resolve().parent.parent / "corpus"
SIZE = 200_000

CHARSETS = (
    b"utf-8 gb2312 gbk gb18030 big5 iso-8859-1 us-ascii iso-2022-jp iso-2022-kr iso-2022-cn shift_jis euc-jp euc-kr "
    b"koi8-r windows-1251 utf-16 utf-16le utf-32 hz-gb-2312 utf-7 x-unknown punycode idna unicode_escape rot13 base64 "
    b"utf-8\0 cp65001 johab"
).split(b" ")
ENCODINGS = b"base64 quoted-printable 7bit 8bit binary x-uuencode BASE64; 7-bit (base64) quoted-printible".split(b" ")
TYPES = (
    b"text/plain text/html text/calendar text/enriched text/rtf text/rfc822-headers multipart/mixed "
    b"multipart/alternative multipart/related multipart/digest multipart/report multipart/signed multipart/encrypted "
    b"message/rfc822 message/partial message/delivery-status message/external-body application/ms-tnef image/png "
    b"application/pkcs7-mime application/octet-stream application/pgp-encrypted application/rtf text multipart ;;;"
).split(b" ")
NAMES = (
    b"From To Cc Subject Date Message-ID References In-Reply-To Reply-To Sender Return-Path Content-Type "
    b"Content-Transfer-Encoding Content-Disposition Content-ID Auto-Submitted Precedence List-Id X-Failed-Recipients "
    b"X-Autoreply Received MIME-Version"
).split(b" ")
TOKENS = [
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\0", b"\x1b$B", b"\x1b(B", b"\x1b$)C\x0e", b"\x1b$)A\x0e", b"~{", b"~}",
    b"=?", b"?=", b"=?utf-8?B?", b"=?gb2312?Q?=B4=F2?=", b"=?utf-8?q?=00=ED=A0=80?=", b"\xff\xfe", b"\xed\xa0\x80",
    b"\xef\xbb\xbf", b"--b", b"--b--", b"--=_b1\r\n", b"; boundary=b", b'; boundary="', b"; charset=", b"filename*0*=",
    b"filename*=utf-8''%E6", b'name="', b"\\", b'"', b"(", b")", b"<", b">", b"<a@b.example>", b",", b";", b":", b"@",
    b"begin 644 a\r\n", b"\r\nend\r\n", b"#0V%T\r\n", b"-----BEGIN PGP SIGNED MESSAGE-----\r\n", b"-- \r\n", b"> ",
    b"-----BEGIN PGP MESSAGE-----\r\n", b"On Mon, 5 Jan 2026 a@b.example wrote:\r\n", b"-----Original Message-----\r\n",
    "在 2026年1月5日，李雷 写道：\r\n".encode(), "发件人: a@b.example\r\n发送时间: x\r\n主题: y\r\n".encode(),
    b"<div>", b"</div>", b"<table><tr><td>", b"<!--", b"-->", b"<![CDATA[", b"<blockquote>", b'<a href="http://x.y/">',
    b"<style>", b"<script>", b"&#0;", b"&#xD800;", b"&nbsp;", b'<p style="display:none">', b"<ol start=3><li>",
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", b"DTSTART:99991399T", b"DTEND;TZID=\"a:b\":20260105T090000\r\n",
    b"RRULE:FREQ=;INTERVAL=\r\n", b"DURATION:P9999W\r\n", b"END:VEVENT\r\n", b"{\\rtf1\\ansicpg936 ", b"\\'b4\\'f2",
    b"\\u-1?", b"{\\*\\htmltag84 ", b"\\bin9999 ", b"\x78\x9f\x3e\x22", b"\x30\x80\x06\x09", b"\xff\xff\xff\xff",
    b"Status: 5.1.1\r\n", b"Final-Recipient: rfc822; a@b.example\r\n", b"Date: 31 Feb 99999 99:99:99 +9999\r\n",
    b"\xb4\xf2\xd3\xa1\xbb\xfa", b"\x83v\x83\x8a", b"\xe6\x89\x93\xe5\x8d", b"\xc7\xc1\xb8\xb0", b"\xf0\x9f\x98\x80",
]  # fmt: skip
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4,76}={0,2}\r?\n){1,400}")


def seeds() -> list[bytes]:
    """The mails of tests/corpus."""
    return [path.read_bytes() for path in sorted(SEEDS.glob("*.eml"))]


def mutated(dice: random.Random, stock: list[bytes]) -> bytes:
    """A seed with a few changes, or a mail grown anew."""
    raw = grown(dice) if dice.random() < 0.25 else dice.choice(stock)
    for _ in range(1 + int(dice.expovariate(0.5))):
        raw = dice.choice(_CHANGES)(dice, raw, stock)[:SIZE]
    return raw


def changed_bytes(dice: random.Random, raw: bytes, _stock: list[bytes]) -> bytes:
    data = bytearray(raw or b" ")
    for _ in range(1 + dice.randrange(4)):
        at = dice.randrange(len(data))
        what = dice.randrange(4)
        if what == 0:
            data[at] = dice.randrange(256)
        elif what == 1:
            data[at] ^= 1 << dice.randrange(8)
        elif what == 2:
            del data[at : at + 1 + dice.randrange(20)]
            data = data or bytearray(b" ")
        else:
            data[at:at] = dice.choice(TOKENS)
    return bytes(data)


def _lines(dice: random.Random, raw: bytes, _stock: list[bytes]) -> bytes:
    lines = raw.split(b"\n")
    at = dice.randrange(len(lines))
    what = dice.randrange(6)
    if what == 0:
        lines[at:at] = [lines[dice.randrange(len(lines))]]
    elif what == 1:
        del lines[at]
    elif what == 2:
        lines[at : at + 1] = [lines[at]] * dice.choice((2, 10, 500))
    elif what == 3:
        lines[at] = lines[at] * dice.choice((2, 30, 500))
    elif what == 4:
        lines[at] += dice.choice(TOKENS)
    else:
        other = dice.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    return b"\n".join(lines)


def _labels(dice: random.Random, raw: bytes, _stock: list[bytes]) -> bytes:
    """Another charset, encoding or type where one is declared."""
    kind = dice.randrange(3)
    if kind == 0:
        return re.sub(
            rb"(?i)charset=\"?[^\s;\"]*",
            lambda _: b"charset=" + dice.choice(CHARSETS),
            raw,
            count=1 + dice.randrange(3),
        )
    if kind == 1:
        return re.sub(
            rb"(?i)(transfer-encoding:)[^\r\n]*", lambda match: match[1] + b" " + dice.choice(ENCODINGS), raw, count=2
        )
    return re.sub(rb"(?i)(content-type:)\s*[^\s;]*", lambda match: match[1] + b" " + dice.choice(TYPES), raw, count=1)


def _splice(dice: random.Random, raw: bytes, stock: list[bytes]) -> bytes:
    other = dice.choice(stock)
    return raw[: dice.randrange(len(raw) + 1)] + other[dice.randrange(len(other) + 1) :]


def _inside(dice: random.Random, raw: bytes, stock: list[bytes]) -> bytes:
    """What stands in base64 is changed inside, so that the change is no noise: TNEF, HTML, CMS, attached mails."""
    blocks = list(_BASE64.finditer(raw))
    if not blocks:
        return _lines(dice, raw, stock)
    block = dice.choice(blocks)
    inner = changed_bytes(dice, decode_transfer(block.group(), "base64"), stock)
    return raw[: block.start()] + base64.encodebytes(inner) + raw[block.end() :]


def _head(dice: random.Random, raw: bytes, _stock: list[bytes]) -> bytes:
    value = b"".join(dice.choice((*TOKENS, *NAMES, b"a", b" ", b"word")) for _ in range(dice.randrange(1, 12)))
    return dice.choice(NAMES) + b": " + value + b"\r\n" + raw


_CHANGES = (changed_bytes, changed_bytes, _lines, _lines, _labels, _splice, _inside, _head)


def grown(dice: random.Random, depth: int = 0) -> bytes:
    """A mail (or, deeper, an entity) of the grammar: header fields, and a body that more or less fits its type."""
    fields = [dice.choice(NAMES) + b": " + _value(dice) for _ in range(dice.randrange(5))] if depth == 0 else []
    kind = dice.choice(TYPES)
    boundary = dice.choice((b"b", b"=_b1", b"b b", b"b%d" % depth))
    fields.append(b"Content-Type: " + kind + b"; boundary=" + boundary + b"; charset=" + dice.choice(CHARSETS))
    encoding = dice.choice(ENCODINGS) if dice.random() < 0.6 else b""
    if encoding:
        fields.append(b"Content-Transfer-Encoding: " + encoding)
    if dice.random() < 0.3:
        fields.append(b'Content-Disposition: attachment; filename="' + _value(dice) + b'"')
    if kind.startswith(b"multipart") and depth < 4:
        pieces = [b"--" + boundary + b"\r\n" + grown(dice, depth + 1) for _ in range(dice.randrange(4))]
        body = b"\r\n".join(pieces) + (b"\r\n--" + boundary + b"--\r\n" if dice.random() < 0.8 else b"")
    elif kind == b"message/rfc822" and depth < 4:
        body = grown(dice, depth + 1)
    else:
        body = b"".join(dice.choice(TOKENS) for _ in range(dice.randrange(30)))
    if b"base64" in encoding.lower() and dice.random() < 0.8:
        body = base64.encodebytes(body)
    return b"\r\n".join(fields) + b"\r\n\r\n" + body


def _value(dice: random.Random) -> bytes:
    return b"".join(dice.choice(TOKENS) for _ in range(dice.randrange(6)))


def piece(dice: random.Random, stock: list[bytes]) -> bytes:
    """Bytes for one target alone: tokens, bytes out of a seed's body, or out of its base64."""
    what = dice.randrange(3)
    if what == 0:
        data = b"".join(dice.choice(TOKENS) for _ in range(dice.randrange(1, 60)))
    else:
        raw = dice.choice(stock)
        data = raw.partition(b"\r\n\r\n")[2] or raw
        block = _BASE64.search(data) if what == 2 else None
        if block:
            data = decode_transfer(block.group(), "base64")
    for _ in range(dice.randrange(4)):
        data = dice.choice((changed_bytes, _lines))(dice, data, stock)[:SIZE]
    return data
