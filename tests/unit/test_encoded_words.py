"""Subjects and senders as mailers write them: encoded words, raw bytes, quotes and commas (RFC 2047, 5322)."""

import pytest

from maild.ingest.headers import parse_addresses, subject_text


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(raw, expected, id=name)
        for name, raw, expected in (
            ("split-b-utf8", b" =?utf-8?B?5omT5Y2w5g==?=\r\n =?utf-8?B?nLrlnY/kuoY=?=", "打印机坏了"),
            (
                "split-q-utf8",
                b" =?UTF-8?Q?=E6=89=93=E5=8D=B0=E6?=\r\n =?utf-8?Q?=9C=BA=E5=9D=8F=E4=BA=86?=",
                "打印机坏了",
            ),
            ("split-b-q", b" =?utf-8?B?5omT5Y2w5g==?= =?utf-8?Q?=9C=BA=E5=9D=8F=E4=BA=86?=", "打印机坏了"),
            ("split-gbk", b" =?gb2312?B?tPLTobs=?= =?gb2312?B?+ru1wcs=?=", "打印机坏了"),
            ("split-across-labels", b" =?gb2312?B?tPLTobs=?= =?gbk?B?+ru1wcs=?=", "打印机坏了"),
            ("split-utf8-utf-8", b" =?utf8?B?5omT5Y2w5g==?= =?UTF-8?B?nLrlnY/kuoY=?=", "打印机坏了"),
            ("no-space-between", b" =?utf-8?B?5omT5Y2w?==?utf-8?B?5py65Z2P5LqG?=", "打印机坏了"),
            ("no-space-split", b" =?utf-8?B?5omT5Y2w5g==?==?utf-8?B?nLrlnY/kuoY=?=", "打印机坏了"),
            ("text-touching", b" IT-12:=?utf-8?B?5omT5Y2w5py65Z2P5LqG?=[urgent]", "IT-12:打印机坏了[urgent]"),
            ("quoted", b' "=?utf-8?B?5omT5Y2w5py65Z2P5LqG?="', '"打印机坏了"'),
            ("q-raw-spaces", b" =?iso-8859-1?Q?Der Drucker ist gr=F6=DFer?=", "Der Drucker ist größer"),
            ("q-raw-spaces-folded", b" =?iso-8859-1?Q?Der Drucker\r\n ist gr=F6=DFer?=", "Der Drucker ist größer"),
            ("q-lower-hex", b" =?utf-8?q?gr=c3=b6=c3=9fer?=", "größer"),
            ("q-bad-hex", b" =?utf-8?q?100=25_=ZZ_gr=c3=b6?=", "100% =ZZ grö"),
            ("q-underscore", b" =?utf-8?q?a_b=5Fc?=", "a b_c"),
            ("q-raw-8bit", b" =?utf-8?q?\xe6\x89\x93\xe5\x8d\xb0\xe6\x9c\xba\xe5\x9d\x8f\xe4\xba\x86?=", "打印机坏了"),
            ("q-question-mark-inside", b" =?utf-8?Q?why?_gr=C3=B6?=", "why? grö"),
            ("b-spaces-inside", b" =?utf-8?B?5omT5Y2w 5py65Z2P5LqG?=", "打印机坏了"),
            ("b-folded-inside", b" =?utf-8?B?5omT5Y2w\r\n 5py65Z2P5LqG?=", "打印机坏了"),
            ("b-no-padding", b" =?utf-8?B?5omT5Y2w5py65Z2PeA?=", "打印机坏x"),
            ("b-too-much-padding", b" =?utf-8?B?5omT5Y2w5py65Z2P5LqG=====?=", "打印机坏了"),
            ("b-urlsafe", b" =?utf-8?B?5omT5Y2w5py65Z2P5LqGPz8-Pn5-?=", "打印机坏了??>>~~"),
            ("unclosed", b" =?utf-8?B?5omT5Y2w5py65Z2P5LqG", "打印机坏了"),
            ("unclosed-one-mark", b" =?utf-8?B?5omT5Y2w5py65Z2P5LqG?", "打印机坏了"),
            ("unclosed-q", b" =?utf-8?Q?gr=C3=B6=C3=9Fer_und", "größer und"),
            ("truncated-gbk", b" =?gb2312?B?tPLTobv6u7XB?=", "打印机坏�"),
            ("truncated-utf8", b" =?utf-8?B?5omT5Y2w5py65Z2P5Lo=?=", "打印机坏�"),
            ("language-tag", b" =?utf-8*zh-CN?B?5omT5Y2w5py65Z2P5LqG?=", "打印机坏了"),
            ("charset-space", b" =? utf-8 ?B?5omT5Y2w5py65Z2P5LqG?=", "打印机坏了"),
            ("charset-empty", b" =??B?5omT5Y2w5py65Z2P5LqG?=", "打印机坏了"),
            ("charset-unknown", b" =?x-unknown?B?tPLTobv6u7XByw==?=", "打印机坏了"),
            ("charset-unknown-utf8", b" =?foo?B?5omT5Y2w5py65Z2P5LqG?=", "打印机坏了"),
            ("charset-wrong", b" =?gb2312?B?5omT5Y2w5py65Z2P5LqG?=", "打印机坏了"),
            ("charset-utf8-is-gbk", b" =?utf-8?B?tPLTobv6u7XBy6Osx+u/tL+0?=", "打印机坏了，请看看"),
            ("charset-quoted", b' =?"utf-8"?B?5omT5Y2w5py65Z2P5LqG?=', "打印机坏了"),
            ("iso2022jp", b" =?iso-2022-jp?B?GyRCJVclaiVzJT8hPBsoQg==?=", "プリンター"),
            (
                "iso2022jp-split",
                (b" =?ISO-2022-JP?B?GyRCJVclaiVzJT8hPCQsRjAbKEI=?=\r\n =?ISO-2022-JP?B?GyRCJC0kXiQ7JHMbKEI=?="),
                "プリンターが動きません",
            ),
            (
                "iso2022jp-split-without-escape",
                b" =?iso-2022-jp?B?GyRCJVclag==?= =?iso-2022-jp?B?JXMlPyE8GyhC?=",
                "プリンター",
            ),
            ("iso2022jp-q", b" =?iso-2022-jp?Q?=1B$B%W%j%s%?!<=1B(B?=", "プリンター"),
            ("iso2022jp-raw", b" \x1b$B%W%j%s%?!<\x1b(B", "プリンター"),
            ("iso2022kr-word", b" =?iso-2022-kr?B?GyQpQw5HQTgwRU0P?=", "프린터"),
            ("hz-word", b" =?hz-gb-2312?Q?~{4rS!;z~}?=", "打印机"),
            ("gb18030-b", b" =?gb18030?B?lTSyNdKw?=", "𠮷野"),
            ("euckr", b" =?ks_c_5601-1987?B?x8G4sMXN?=", "프린터"),
            ("utf16-word", b" =?utf-16?B?//5TYnBTOmc=?=", "打印机"),
            ("utf7-word", b" =?utf-7?Q?+ZeVnLA-?=", "+ZeVnLA-"),
            ("encoded-twice", b" =?utf-8?B?PT91dGYtOD9CPzVvbVQ1WTJ3NXB5NjVaMlA1THFHPz0=?=", "打印机坏了"),
            ("crlf-inside", b" =?utf-8?Q?a=0D=0ABcc=3A_evil?=", "a Bcc: evil"),
            ("nul-inside", b" =?utf-8?Q?a=00b?=", "ab"),
            ("bidi", b" =?utf-8?B?YeKArmV4ZS5kb2M=?=", "aexe.doc"),
            ("fold-tab", b" one\r\n\ttwo", "one two"),
            ("fold-cjk-raw", b" \xe6\x89\x93\xe5\x8d\xb0\xe6\x9c\xba\r\n \xe5\x9d\x8f\xe4\xba\x86", "打印机 坏了"),
            ("empty", b" ", ""),
            ("only-blanks", b"    ", ""),
            ("emoji", b" =?utf-8?B?8J+WqO+4jyBrYXB1dHQ=?=", "🖨️ kaputt"),
            ("percent-encoded", b" =?utf-8?q?50%_mehr?=", "50% mehr"),
            ("mixed-word-charset", b" =?gb2312?B?tPLTobv6?= =?utf-8?B?5Z2P5LqG?=", "打印机坏了"),
            ("lowercase-b", b" =?UTF-8?b?5omT5Y2w5py65Z2P5LqG?=", "打印机坏了"),
            ("equals-question-in-text", b" is 1=?2 a bug?=", "is 1=?2 a bug?="),
            ("q-trailing-equals", b" =?utf-8?q?abc=?=", "abc="),
            ("raw-after-word", b" =?utf-8?B?5omT5Y2w5py65Z2P5LqG?= \xe4\xba\x86", "打印机坏了 了"),
            ("word-in-parens", b" (=?utf-8?B?5omT5Y2w5py65Z2P5LqG?=)", "(打印机坏了)"),
            ("nfd", b" Drucker gro\xcc\x88\xc3\x9fer", "Drucker größer"),
        )
    ],
)
def test_a_subject_is_read_as_it_was_meant(raw: bytes, expected: str) -> None:
    assert subject_text(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(raw, expected, id=name)
        for name, raw, expected in (
            ("word", b" =?utf-8?B?5p2O6Zu3?= <li@corp.example>", "李雷 <li@corp.example>"),
            ("word-no-space", b" =?utf-8?B?5p2O6Zu3?=<li@corp.example>", "李雷 <li@corp.example>"),
            ("word-quoted", b' "=?gbk?B?wO7A1w==?=" <li@corp.example>', "李雷 <li@corp.example>"),
            ("word-with-comma-inside", b" =?utf-8?B?TGksIExlaQ==?= <li@corp.example>", "Li, Lei <li@corp.example>"),
            (
                "word-with-at-inside",
                b" =?utf-8?B?bGlAZXZpbC5leGFtcGxl?= <li@corp.example>",
                "li@evil.example <li@corp.example>",
            ),
            (
                "word-with-brackets-inside",
                b" =?utf-8?B?TGkgPGxpQGV2aWwuZXhhbXBsZT4=?= <li@corp.example>",
                "Li <li@evil.example> <li@corp.example>",
            ),
            ("words-two", b" =?utf-8?B?TGk=?= =?utf-8?B?TGVp?= <li@corp.example>", "LiLei <li@corp.example>"),
            (
                "words-between-atoms",
                b" Dr. =?utf-8?B?SsO2cmc=?= Maier <j@corp.example>",
                "Dr. Jörg Maier <j@corp.example>",
            ),
            ("comma-unquoted", b" Smith, John <j@corp.example>", "Smith, John <j@corp.example>"),
            ("comma-raw-utf8", b" M\xc3\xbcller, J\xc3\xb6rg <j@corp.example>", "Müller, Jörg <j@corp.example>"),
            (
                "fullwidth",
                (
                    b" \xe6\x9d\x8e\xe9\x9b\xb7\xef\xbc\x88\xe4\xbf\xa1\xe6\x81\xaf\xe9\x83\xa8"
                    b"\xef\xbc\x89 <li@corp.example>"
                ),
                "李雷（信息部） <li@corp.example>",
            ),
            ("comment-name", b" li@corp.example (Li Lei)", "Li Lei <li@corp.example>"),
            ("comment-word", b" li@corp.example (=?gbk?B?wO7A1w==?=)", "李雷 <li@corp.example>"),
            ("escaped-quote", b' "Li \\"Leo\\" Lei" <li@corp.example>', 'Li "Leo" Lei <li@corp.example>'),
            ("single-quotes", b" 'Li Lei' <li@corp.example>", "Li Lei <li@corp.example>"),
            ("exchange-quote", b" \"'li@corp.example'\" <li@corp.example>", "li@corp.example <li@corp.example>"),
            ("address-only", b" li@corp.example", " <li@corp.example>"),
            ("no-brackets-name", b" Li Lei li@corp.example", "Li Lei <li@corp.example>"),
            ("whole-encoded", b" =?utf-8?B?5p2O6Zu3IDxsaUBjb3JwLmV4YW1wbGU+?=", "李雷 <li@corp.example>"),
            ("idn", b" \xe6\x9d\x8e\xe9\x9b\xb7 <li@\xe5\x85\xac\xe5\x8f\xb8.example>", "李雷 <li@公司.example>"),
            ("no-address", b" Li Lei", "Li Lei <>"),
            ("mailto", b" <mailto:li@corp.example>", " <li@corp.example>"),
            ("folded", b" =?utf-8?B?5p2O6Zu3?=\r\n <li@corp.example>", "李雷 <li@corp.example>"),
            ("split-name", b" =?utf-8?B?5p0=?=\r\n =?utf-8?B?jumbtw==?= <li@corp.example>", "李雷 <li@corp.example>"),
            ("group", b" IT Staff: li@corp.example, han@corp.example;", " <li@corp.example>"),
            ("unclosed-quote", b' "Li Lei <li@corp.example>', "Li Lei <li@corp.example>"),
            ("semicolon", b" Li Lei <li@corp.example>; Han <h@corp.example>", "Li Lei <li@corp.example>"),
            (
                "fullwidth-brackets",
                b" \xe6\x9d\x8e\xe9\x9b\xb7 \xef\xbc\x9cli@corp.example\xef\xbc\x9e",
                "李雷 <li@corp.example>",
            ),
            ("tab", b" \tLi Lei\t<li@corp.example>", "Li Lei <li@corp.example>"),
            ("spaces-in-angle", b" Li Lei < li@corp.example >", "Li Lei <li@corp.example>"),
            ("double-angle", b" Li Lei <<li@corp.example>>", "Li Lei <li@corp.example>"),
            (
                "raw-gbk-comma",
                b' "\xcd\xf5\xce\xb0,\xd0\xc5\xcf\xa2\xb2\xbf" <w@corp.example>',
                "王伟,信息部 <w@corp.example>",
            ),
            ("big5-5c-quoted", b' "\xb3\\\xa5\\\xbb\\" <w@corp.example>', "許功蓋 <w@corp.example>"),
            ("sjis-5c-quoted", b' "\x95\\\x8e\xa6\x83\\\x83t\x83g" <w@corp.example>', "表示ソフト <w@corp.example>"),
        )
    ],
)
def test_a_sender_is_shown_as_it_was_meant(raw: bytes, expected: str) -> None:
    first = parse_addresses(raw)[0]
    assert f"{first.name} <{first.address}>" == expected
