"""The decoding ladder: each case is a way in which mailers are wrong."""

import base64

import pytest

from maild.ingest.charset import decode
from maild.ingest.charset_labels import codec_for
from maild.ingest.encoded_words import decode_words, header_text
from maild.ingest.params import parse_value

CHINESE = "打印机坏了，请帮忙看看。财务部三楼的网络也很慢。"
JAPANESE = "お世話になっております。プリンタが動きません。"


@pytest.mark.parametrize(
    ("data", "label", "expected"),
    [
        ("镕基".encode("gbk"), "gb2312", "镕基"),
        (CHINESE.encode("gb18030"), "x-gbk", CHINESE),
        (CHINESE.encode(), "iso-8859-1", CHINESE),
        (CHINESE.encode(), "us-ascii", CHINESE),
        (CHINESE.encode(), "big5", CHINESE),
        (CHINESE.encode(), "gb2312", CHINESE),
        (CHINESE.encode(), None, CHINESE),
        (CHINESE.encode("gbk"), None, CHINESE),
        (CHINESE.encode("gbk"), "utf-8", CHINESE),
        ("“smart”".encode("cp1252"), "iso-8859-1", "“smart”"),
        ("堃".encode("big5hkscs"), "big5", "堃"),
        (JAPANESE.encode("iso2022_jp"), "iso-2022-jp", JAPANESE),
        (JAPANESE.encode("iso2022_jp"), None, JAPANESE),
        (b"\x1b$B-b\x1b(B3", "iso-2022-jp", "№3"),
        ("①".encode("cp932"), "shift_jis", "①"),
        ("똠방각하".encode("cp949"), "euc-kr", "똠방각하"),
        (b"caf\xe9", "unknown-charset", "café"),
        (b"+AGE-", "utf-7", "+AGE-"),
        (b"abc", "punycode", "abc"),
        ("short".encode("utf-16"), "utf-16", "short"),
    ],
)
def test_the_ladder(data: bytes, label: str | None, expected: str) -> None:
    assert decode(data, label).removeprefix("\ufeff") == expected


@pytest.mark.parametrize(
    "label", ["utf-7", "punycode", "idna", "unicode_escape", "rot13", "zlib", "utf-8\0", "", "x" * 9000]
)
def test_codecs_outside_the_list_are_never_used(label: str) -> None:
    assert codec_for(label) in (None, "utf_8")
    assert decode(b"\\u0041 +AGE-", label) == "\\u0041 +AGE-"


def test_one_broken_byte_costs_one_character_not_the_text() -> None:
    text = decode(CHINESE.encode() + b"\xff", "utf-8")
    assert text == CHINESE + "\ufffd"


def test_a_character_split_over_two_encoded_words_survives() -> None:
    data = "打印机".encode()
    words = [f"=?utf-8?B?{base64.b64encode(piece).decode()}?=" for piece in (data[:4], data[4:])]
    assert decode_words(" ".join(words)) == "打印机"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"=?gb2312?B?tPLTobv6?= ok", "打印机 ok"),
        ("打印机".encode("gbk"), "打印机"),
        ("打印机".encode(), "打印机"),
        (b"=?utf-8?q?a_b=3D?=", "a b="),
        (b"a\r\n folded", "a folded"),
        (b"=?utf-8?B?broken", "=?utf-8?B?broken"),
        (b"=?utf-7?Q?+AGE-?=", "+AGE-"),
        (b"=?utf-8?B?5omT5Y2w?==?utf-8?B?5py6?=", "打印机"),
    ],
)
def test_header_text(raw: bytes, expected: str) -> None:
    assert header_text(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"attachment; filename*=utf-8''%E6%89%93%E5%8D%B0.txt", "打印.txt"),
        (b"attachment; filename*0*=gb2312''%B4%F2%D3; filename*1*=%A1%BB%FA.txt", "打印机.txt"),
        (b'attachment; filename="=?gbk?B?tPLTobv6?=.txt"', "打印机.txt"),
        (b"attachment; filename=a b.txt", "a b.txt"),
        (b'attachment; filename="a;b\\".txt"; size=3', 'a;b".txt'),
        ("attachment; filename=打印机.txt".encode("gbk"), "打印机.txt"),
        (b"attachment; filename=fallback.txt; filename*=utf-8''real.txt", "real.txt"),
        (b"attachment; filename*=idna''x", "x"),
        (b"attachment; filename*=utf-8\0''x", "x"),
    ],
)
def test_file_names_in_all_their_forms(raw: bytes, expected: str) -> None:
    assert parse_value(raw).get("filename") == expected
