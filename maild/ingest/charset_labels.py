"""Charset labels and the codecs that they stand for in practice: an allow-list.

No label of a mail reaches Python's codec registry: punycode, idna, UTF-7 and unicode_escape are slow or dangerous there
(THREATS §2.1, A52). A label means its superset, as in the WHATWG's table of encodings.
"""

import re
from functools import lru_cache

SINGLE = {
    "cp1250": "windows-1250 cp1250 x-cp1250",
    "cp1251": "windows-1251 cp1251 x-cp1251 win-1251 win1251",
    "cp1252": "windows-1252 cp1252 x-cp1252 ansi iso-8859-1 iso8859-1 iso88591 iso_8859-1 latin1 latin-1 l1 "
    "iso-8859-1-windows-3.1-latin-1 iso-8859-1:1987 iso_8859-1:1987 iso8859_1 iso-latin-1 ibm819 cp819 8859_1 western "
    "28591",
    "cp1253": "windows-1253 cp1253",
    "cp1254": "windows-1254 cp1254 iso-8859-9 iso8859-9 iso_8859-9 latin5",
    "cp1255": "windows-1255 cp1255 iso-8859-8 iso-8859-8-i iso-8859-8-e iso8859-8 logical visual",
    "cp1256": "windows-1256 cp1256",
    "cp1257": "windows-1257 cp1257",
    "cp1258": "windows-1258 cp1258",
    "cp874": "windows-874 cp874 tis-620 tis620 iso-8859-11 iso8859-11",
    "iso8859_2": "28592 iso-8859-2 iso8859-2 iso_8859-2 latin2 latin-2",
    "iso8859_3": "iso-8859-3 iso8859-3 latin3",
    "iso8859_4": "iso-8859-4 iso8859-4 latin4",
    "iso8859_5": "28595 iso-8859-5 iso8859-5 cyrillic",
    "iso8859_6": "iso-8859-6 iso8859-6 iso-8859-6-i arabic",
    "iso8859_7": "iso-8859-7 iso8859-7 greek",
    "iso8859_10": "iso-8859-10 iso8859-10 latin6",
    "iso8859_13": "iso-8859-13 iso8859-13",
    "iso8859_14": "iso-8859-14 iso8859-14",
    "iso8859_15": "28605 iso-8859-15 iso8859-15 iso_8859-15 latin9 latin-9 iso885915",
    "iso8859_16": "iso-8859-16 iso8859-16",
    "koi8_r": "koi8-r koi8r koi8 koi 20866",
    "koi8_u": "koi8-u koi8u koi8-ru 21866",
    "cp437": "cp437 ibm437 437",
    "cp850": "cp850 ibm850 850",
    "cp852": "cp852 ibm852",
    "cp855": "cp855 ibm855",
    "cp858": "cp858 ibm858",
    "cp862": "cp862 ibm862",
    "cp866": "cp866 ibm866 866 dos-866",
    "mac_roman": "macintosh mac-roman macroman x-mac-roman mac",
    "mac_cyrillic": "x-mac-cyrillic mac-cyrillic",
    "hp_roman8": "hp-roman8 roman8",
    "kz1048": "kz-1048 ptcp154 cp154",
}
MULTI = {
    "utf_8": "utf-8 utf8 unicode-1-1-utf-8 utf_8 x-utf-8 utf-8-mac cp65001 utf8mb4 unicode utf-8n 65001",
    "gb18030": "gb18030 gbk cp936 x-gbk ms936 gb2312 gb_2312-80 gb_2312 gb2312-80 euc-cn euc_cn euccn x-euc-cn "
    "csgb2312 chinese csiso58gb231280 iso-ir-58 936 windows-936 gb-2312 gb-18030 gb "
    "20936 51936 54936",
    "cp950": "big5 big-5 big5-eten cn-big5 x-x-big5 csbig5 cp950 windows-950 950 big5-hkscs big5hkscs big5hk",
    "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji windows-31j cp932 csshiftjis ms932 mskanji shiftjis "
    "x-shift-jis windows-932",
    "euc_jp": "20932 51932 euc-jp eucjp x-euc-jp ujis euc_jp cp51932 eucjp-ms "
    "extended_unix_code_packed_format_for_japanese",
    "cp949": "euc-kr euckr ks_c_5601-1987 ks_c_5601 ks_c_5601-1989 ksc5601 ksc_5601 ks-c-5601-1987 korean cp949 "
    "uhc windows-949 cseuckr iso-ir-149 20949 51949",
    "johab": "johab cp1361",
}
# 7-bit charsets that switch by escape sequences.
STATEFUL = {
    "iso2022_jp": "iso-2022-jp iso2022-jp iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-3 iso-2022-jp-2004 csiso2022jp jis "
    "iso-2022-jp-ms cp50220 cp50221 cp50222 iso2022jp",
    "iso2022_kr": "iso-2022-kr iso2022-kr csiso2022kr",
    "iso2022_cn": "iso-2022-cn iso-2022-cn-ext csiso2022cn iso2022cn",
    "hz": "hz hz-gb-2312 hzgb 52936",
}
WIDE = {
    "utf_16": "utf-16 utf16 ucs-2 iso-10646-ucs-2 1200",
    "utf_16_le": "utf-16le utf-16-le utf16le",
    "utf_16_be": "utf-16be utf-16-be utf16be",
    "utf_32": "utf-32 utf32 ucs-4",
    "utf_32_le": "utf-32le utf-32-le",
    "utf_32_be": "utf-32be utf-32-be",
}


def _squashed(label: str) -> str:
    """`cp-850`, `CP_850` and `cp 850` are one."""
    return _PUNCTUATION.sub("", label)


def _by_label() -> dict[str, str]:
    table: dict[str, str] = {}
    for group in (SINGLE, MULTI, STATEFUL, WIDE):
        for codec, labels in group.items():
            for label in labels.split():
                table.setdefault(_squashed(label), codec)
    return table


_PUNCTUATION = re.compile(r"[^a-z0-9]+")
_LABEL_JUNK = re.compile(r"[\s\"'`;,\\<>()]+")
_CODECS = _by_label()


@lru_cache(maxsize=512)
def codec_for(label: str) -> str | None:
    """The codec that a charset label means in practice, by the allow-list; None for none, unknown and refused."""
    cleaned = _LABEL_JUNK.sub("", label[:80]).lower()
    for wrapper in ("charset=", "=?"):
        cleaned = cleaned.removeprefix(wrapper)
    squashed = _squashed(cleaned)
    for prefix in ("", "x", "cs", "ibm", "cp", "windows"):
        found = _CODECS.get(squashed.removeprefix(prefix)) if squashed.startswith(prefix) else None
        if found:
            return found
    return None
