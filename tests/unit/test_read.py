"""Raw mail to Message, whole."""

import random

import pytest

from maild.ingest.prescan import prescan
from maild.ingest.read import parts, read

MIXED = (
    b"From: =?gb2312?B?wO7A1w==?= <li.lei@corp.example>\r\nTo: it@corp.example\r\nCc: Han <han@corp.example>\r\n"
    b"Subject: =?gb2312?B?tPLTobv6?=\r\nMessage-ID: <m1@corp.example>\r\n"
    b"References: <a@b>\r\n <c@d>\r\nIn-Reply-To: <c@d>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n"
    b"Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\nContent-Type: text/plain; charset=gb2312\r\n\r\n"
    + "三楼打印机卡纸，镕基".encode("gbk")
    + b"\r\n--i\r\nContent-Type: text/html; charset=gb2312\r\n\r\n<p>html</p>\r\n--i--\r\n--o\r\n"
    b"Content-Type: image/png; name*=gb2312''%BD%D8%CD%BC.png\r\nContent-Transfer-Encoding: base64\r\n"
    b"Content-Disposition: attachment\r\n\r\nAAECAw==\r\n--o--\r\n"
)


def test_a_chinese_mail_with_a_screenshot() -> None:
    message = read(MIXED)
    assert (message.from_.name, message.from_.address, message.sender.identity) == (
        "李雷",
        "li.lei@corp.example",
        "li.lei@corp.example",
    )
    assert (message.subject, message.new_text, message.language) == ("打印机", "三楼打印机卡纸，镕基", "zh-CN")
    assert (message.references, message.in_reply_to) == (("<a@b>", "<c@d>"), ("<c@d>",))
    (attachment,) = message.attachments
    assert (attachment.filename, attachment.size, attachment.content_type) == ("截图.png", 4, "image/png")
    assert parts(MIXED, [0]) == [b"\0\1\2\3"]
    assert [address.address for address in message.cc] == ["han@corp.example"]


def test_an_html_mail_is_read_from_its_html() -> None:
    message = read(
        b"From: a@b.example\nContent-Type: text/html; charset=utf-8\n\n"
        b"<table><tr><td>Dept</td><td>Finance</td></tr></table>"
    )
    assert message.text.split() == ["Dept", "Finance"]
    assert not message.has_plain_text


def test_an_encrypted_mail_is_recognised() -> None:
    assert read(b"From: a@b.example\n\n-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----\n").encrypted
    assert read(b"From: a@b.example\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nabc").encrypted
    assert not read(b"From: a@b.example\n\nplain").encrypted


def test_an_invitation_is_summarised() -> None:
    message = read(
        b"From: a@b.example\nContent-Type: text/calendar; charset=utf-8\n\n"
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Printer\n"
        b" review\nLOCATION:3F\nDTSTART:20260105T090000Z\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    assert message.text.split("\n") == ["Printerreview", "When: 2026-01-05 09:00 (UTC)", "Where: 3F"]


def test_no_text_of_a_message_holds_control_characters() -> None:
    raw = b"From: a\x01 <a@b.example>\nSubject: x\x00\x07y =?utf-8?q?=00=1b=C2=85?=\n\nbody\x00\x1b[31m\x85\x0c end\n"
    message = read(raw)
    for text in (
        message.subject,
        message.from_.name,
        message.text,
        message.new_text,
        *(value for _, value in message.headers),
    ):
        assert all(
            character in "\n\t" or not (character < " " or "\x7f" <= character <= "\x9f") for character in text
        ), text
        text.encode("utf-8")


def test_entities_of_html_bring_no_control_characters_back() -> None:
    text = read(b"From: a@b.example\nContent-Type: text/html\n\n<p>a&#7;b&#27;[31m&#0;&#xD800;c&#x85;</p>").text
    assert not set(text) & {"\x07", "\x1b", "\0", "\x85", "\ud800"}
    assert text.startswith("ab[31m")


POISON = [
    b"",
    b"\n",
    b"body only",
    b"Content-Type: ; charset=utf-8\0\n\n\xff",
    b"Content-ID: =?utf-8\0?Q?x?=\n\nx",
    b"Content-Disposition: attachment; filename*=utf-8\0''x\n\nx",
    b"Content-Disposition: attachment; filename*=idna''x\n\nx",
    b"Content-Type: message/rfc822; name=x\n\nContent-Type: multipart/mixed; boundary=b\n\n",
    b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n",
    b"Content-Type: message/rfc822\n\nSubject: \xff\xfe\n\n\xff\xfe",
    b"Content-Type: multipart/mixed; boundary=\n\n--\n",
    b"Content-Type: message/delivery-status\n\n\xff: x\n",
    b"From: " + b"(" * 5_000 + b"\n\nx",
    b"Subject: =?unicode_escape?q?=5Cud800?=\n\nx",
    b"Content-Type: text/plain; charset=punycode\n\n" + b"a-" * 10_000,
    b"Content-Transfer-Encoding: base64\n\n!!!!=",
    b"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 x\n\xff\n",
    b"Content-Type: application/ms-tnef\n\n\x78\x9f\x3e\x22\0\0\2\x03\x90\6\0\xff\xff\xff\xff",
]


@pytest.mark.parametrize("raw", POISON)
def test_poison_becomes_a_message(raw: bytes) -> None:
    message = read(raw)
    repr(message).encode("utf-8")


def test_broken_mails_of_every_shape_are_read_or_refused() -> None:
    dice = random.Random(7)
    pieces = [MIXED[at : at + 40] for at in range(0, len(MIXED), 40)] + POISON
    for _ in range(400):
        raw = b"".join(dice.choice(pieces)[: dice.randrange(1, 60)] for _ in range(dice.randrange(1, 25)))
        if prescan(raw).ok:
            repr(read(raw)).encode("utf-8")


def test_an_unknown_attachment_is_an_index_error() -> None:
    with pytest.raises(IndexError, match="attachment 3"):
        parts(MIXED, [3])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("打印机坏了，请帮忙处理一下", "zh-CN"),
        ("印表機壞了，請幫忙處理，謝謝你們", "zh-TW"),
        ("プリンタが壊れました", "ja"),
        ("프린터가 고장났습니다", "ko"),
        ("The printer on the third floor is broken", "en"),
        ("Der Drucker ist kaputt und ich kann nicht drucken", "de"),
        ("Принтер не работает, помогите", "ru"),
        ("VPN 连不上", "zh-CN"),
        ("", "en"),
    ],
)
def test_the_language_of_the_new_text(text: str, expected: str) -> None:
    assert read(f"From: a@b.example\nContent-Type: text/plain; charset=utf-8\n\n{text}\n".encode()).language == expected


def test_a_mail_with_mended_line_ends_gives_nobody_rights() -> None:
    raw = b"From: a@corp.example\r\nSubject: x\r\n\r\nwords\r\n"
    assert read(raw).sender.identity == "a@corp.example"
    for mended in (raw.replace(b"\r\n", b"\r"), raw.replace(b"\r\n", b"\r\r\n")):
        message = read(mended)
        assert (message.from_.address, message.sender.identity) == ("a@corp.example", None)
        assert message.text == "words"
