"""Names of attachments as mailers write them: RFC 2231 in every form, encoded words, raw bytes, broken quotes."""

import pytest

from maild.ingest.read import read

BYTES = b"Content-Type: application/octet-stream\r\nContent-Disposition: "


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param(header, expected, id=name)
        for name, header, expected in (
            ("2231", b"attachment; filename*=utf-8''%E6%8A%A5%E8%A1%A8.xls", "报表.xls"),
            ("2231-lang", b"attachment; filename*=UTF-8'zh-cn'%E6%8A%A5%E8%A1%A8.xls", "报表.xls"),
            ("2231-gbk", b"attachment; filename*=gb2312''%B1%A8%B1%ED.xls", "报表.xls"),
            (
                "2231-continued",
                (b"attachment;\r\n filename*0*=utf-8''%E6%8A%A5;\r\n filename*1*=%E8%A1%A8;\r\n filename*2=.xls"),
                "报表.xls",
            ),
            (
                "2231-split-character",
                b"attachment;\r\n filename*0*=utf-8''%E6%8A;\r\n filename*1*=%A5%E8%A1%A8.xls",
                "报表.xls",
            ),
            ("2231-wrong-order", b"attachment; filename*1*=%E8%A1%A8.xls; filename*0*=utf-8''%E6%8A%A5", "报表.xls"),
            (
                "2231-mixed",
                (b"attachment; filename*0*=utf-8''%E6%8A%A5; filename*1=\" plain \"; filename*2*=%E8%A1%A8.xls"),
                "报 plain 表.xls",
            ),
            (
                "2231-percent-in-plain-piece",
                b"attachment; filename*0*=utf-8''%E6%8A%A5; filename*1=\"50%25.xls\"",
                "报50%25.xls",
            ),
            ("2231-no-charset", b"attachment; filename*=''%E6%8A%A5%E8%A1%A8.xls", "报表.xls"),
            ("2231-no-quotes", b"attachment; filename*=%E6%8A%A5%E8%A1%A8.xls", "报表.xls"),
            ("2231-no-star", b"attachment; filename=utf-8''%E6%8A%A5%E8%A1%A8.xls", "报表.xls"),
            ("2231-missing-zero", b"attachment; filename*1*=utf-8''%E6%8A%A5; filename*2*=%E8%A1%A8.xls", "报表.xls"),
            ("2231-quoted", b"attachment; filename*=\"utf-8''%E6%8A%A5%E8%A1%A8.xls\"", "报表.xls"),
            ("2231-both", b"attachment; filename=\"baobiao.xls\"; filename*=utf-8''%E6%8A%A5%E8%A1%A8.xls", "报表.xls"),
            (
                "2231-continued-plain",
                b'attachment; filename*0="very long"; filename*1=" name.xls"',
                "very long name.xls",
            ),
            ("2231-broken-percent", b"attachment; filename*=utf-8''100%.xls", "100%.xls"),
            ("2231-raw-8bit", b"attachment; filename*=utf-8''\xe6\x8a\xa5\xe8\xa1\xa8.xls", "报表.xls"),
            (
                "2231-leading-zeros",
                b"attachment; filename*00*=utf-8''%E6%8A%A5; filename*01*=%E8%A1%A8.xls",
                "报表.xls",
            ),
            ("2231-wrong-charset", b"attachment; filename*=iso-8859-1''%E6%8A%A5%E8%A1%A8.xls", "报表.xls"),
            ("percent-without-star", b'attachment; filename="%E6%8A%A5%E8%A1%A8.xls"', "报表.xls"),
            ("percent-literal", b'attachment; filename="50%20off%2.xls"', "50%20off%2.xls"),
            ("word", b'attachment; filename="=?utf-8?B?5oql6KGoLnhscw==?="', "报表.xls"),
            ("word-unquoted", b"attachment; filename==?utf-8?B?5oql6KGoLnhscw==?=", "报表.xls"),
            ("word-in-name", b'Content-Type: application/octet-stream; name="=?gb2312?B?saix7S54bHM=?="', "报表.xls"),
            ("word-split", b'attachment; filename="=?utf-8?B?5oql6KE=?=\r\n =?utf-8?B?qC54bHM=?="', "报表.xls"),
            (
                "words-in-continuations",
                b'attachment; filename*0="=?utf-8?B?5oql6KE=?="; filename*1="=?utf-8?B?qC54bHM=?="',
                "报表.xls",
            ),
            ("raw-gbk", b'attachment; filename="\xb1\xa8\xb1\xed.xls"', "报表.xls"),
            ("raw-gbk-unquoted", b"attachment; filename=\xb1\xbe\xd4\xc2 \xb1\xa8\xb1\xed.xls", "本月 报表.xls"),
            ("raw-utf8", b'attachment; filename="\xe6\x8a\xa5\xe8\xa1\xa8.xls"', "报表.xls"),
            (
                "raw-big5",
                b'attachment; filename="\xa6\xa8\xa5\\\xb3\xf8\xaa\xed\xbb\xa1\xa9\xfa.xls"',
                "成功報表說明.xls",
            ),
            (
                "raw-big5-5c",
                b'attachment; filename="\xb3\\\xa5\\\xbb\\\xb3\xf8\xaa\xed\xbb\xa1\xa9\xfa.xls"',
                "許功蓋報表說明.xls",
            ),
            (
                "raw-sjis",
                (b'attachment; filename="\x83v\x83\x8a\x83\x93\x83^\x81[\x82\xcc\x95\xf1\x8d\x90\x8f\x91.xls"'),
                "プリンターの報告書.xls",
            ),
            (
                "raw-sjis-5c",
                (b'attachment; filename="\x83v\x83\x8a\x83\x93\x83^\x81[\x82\xcc\x97\\\x92\xe8\x95\\.xls"'),
                "プリンターの予定表.xls",
            ),
            (
                "raw-euckr",
                (b'attachment; filename="\xc7\xc1\xb8\xb0\xc5\xcd \xba\xb8\xb0\xed\xbc\xad \xb9\xae\xbc\xad.xls"'),
                "프린터 보고서 문서.xls",
            ),
            (
                "raw-1251",
                (b'attachment; filename="\xce\xf2\xf7\xb8\xf2 \xef\xee \xef\xf0\xe8\xed\xf2\xe5\xf0\xf3.xls"'),
                "Отчёт по принтеру.xls",
            ),
            ("raw-latin1", b'attachment; filename="\xdcbersicht f\xfcr M\xfcller.xls"', "Übersicht für Müller.xls"),
            ("iso2022jp-raw", b'attachment; filename="\x1b$BJs9p=q\x1b(B.xls"', "報告書.xls"),
            ("nested-quotes", b'attachment; filename="the \\"final\\" one.xls"', 'the "final" one.xls'),
            ("backslashes", b'attachment; filename="C:\\Users\\li\\report.xls"', "C:\\Users\\li\\report.xls"),
            ("unquoted-spaces", b"attachment; filename=my monthly report.xls", "my monthly report.xls"),
            ("semicolon-inside", b'attachment; filename="a;b.xls"', "a;b.xls"),
            ("no-name", b"attachment", ""),
            ("empty-name", b'attachment; filename=""', ""),
            ("single-quotes", b"attachment; filename='report.xls'", "report.xls"),
            (
                "name-twice",
                (
                    b"Content-Type: application/octet-stream; "
                    b'name="b.xls"\r\nContent-Disposition: attac'
                    b'hment; filename="a.xls"'
                ),
                "a.xls",
            ),
            ("no-closing-quote", b'attachment; filename="report.xls', "report.xls"),
            ("missing-semicolon", b'attachment filename="report.xls"', "report.xls"),
            ("capital", b'ATTACHMENT; FILENAME="report.xls"', "report.xls"),
            ("spaces-around", b'attachment; filename = "report.xls" ; size = 3', "report.xls"),
            ("crlf-encoded", b"attachment; filename*=utf-8''a%0D%0ABcc%3A%20x.xls", "a Bcc: x.xls"),
            ("nul-charset", b"attachment; filename*=utf-8\x00''x.xls", "x.xls"),
            ("idna-charset", b"attachment; filename*=idna''x.xls", "x.xls"),
            ("zero-width", b'attachment; filename="a\xe2\x80\x8b.htaccess"', "a.htaccess"),
            ("html-entity", b'attachment; filename="&#25253;&#34920;.xls"', "报表.xls"),
            ("description-only", b"Content-Type: application/octet-stream\r\nContent-Description: report.xls", ""),
            ("unicode-nfd", b'attachment; filename="u\xcc\x88ber.xls"', "über.xls"),
        )
    ],
)
def test_a_file_is_called_what_its_sender_called_it(header: bytes, expected: str) -> None:
    """`header` is the part's own header, or only the value of its Content-Disposition."""
    header = header if header.startswith(b"Content-") else BYTES + header
    raw = (
        b"From: a@corp.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
        b"Content-Transfer-Encoding: base64\r\n" + header + b"\r\n\r\nAAECAw==\r\n--b--\r\n"
    )
    (attachment,) = read(raw).attachments
    assert (attachment.filename or "", attachment.size) == (expected, 4)
