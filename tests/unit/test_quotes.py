"""The new text: what the sender typed, cut from history and signature."""

import time

import pytest

from maild.ingest.html import html_text
from maild.ingest.quotes import new_text

CASES = {
    "english attribution": (
        "Works now.\n\nOn Mon, 5 Jan 2026 at 09:00, IT Desk <it@corp.example> wrote:\n> try again\n",
        "Works now.",
    ),
    "wrapped attribution": (
        "Fine.\n\nOn Mon, 5 Jan 2026 at 09:00, IT Desk\n<it@corp.example>\nwrote:\n> try again\n",
        "Fine.",
    ),
    "chinese attribution": (
        "可以了，谢谢\n\n在 2026年1月5日，09:00，IT服务台 <it@corp.example> 写道：\n> 请重试",
        "可以了，谢谢",
    ),
    "an address in the words above a chinese attribution": (
        "#抄送 bob@vendor.example\n请看一下\n\nIT服务台 <it@corp.example> 于2026年1月5日周一 09:00写道：\n\n> 请重试",
        "#抄送 bob@vendor.example\n请看一下",
    ),
    "german attribution": ("Geht.\n\nAm 05.01.2026 um 09:00 schrieb IT <it@corp.example>:\n> bitte", "Geht."),
    "attribution without marks": ("Ja.\n\nLe 5 janv. 2026 à 09:00, IT <it@corp.example> a écrit :\n\nbonjour", "Ja."),
    "outlook block": (
        "Danke\n\nFrom: IT <it@corp.example>\nSent: Monday, 5 January 2026 09:00\nTo: Li\nSubject: x\n\nold",
        "Danke",
    ),
    "chinese block": ("还是不行\n\n发件人: IT\n发送时间: 2026年1月5日\n收件人: 李雷\n主题: 打印机\n\n旧文", "还是不行"),
    "qq separator": ("好的\n\n------------------ 原始邮件 ------------------\n发件人: x\n旧文", "好的"),
    "original message": ("ok\n-----Original Message-----\nold", "ok"),
    "signature": ("Hello\n\nRegards,\nLi Lei\n-- \nCorp Ltd\n", "Hello\n\nRegards,\nLi Lei"),
    "phone footer": ("Broken again\n\nSent from my iPhone\n", "Broken again"),
    "chinese phone footer": ("又坏了\n\n发自我的iPhone", "又坏了"),
    "bottom posting": (
        "On Mon, 5 Jan 2026, IT <it@corp.example> wrote:\n> does it work?\n\nYes, it does.\n",
        "Yes, it does.",
    ),
    "inline answers": ("> floor?\nthird\n> room?\n312\n", "third\n312"),
    "forward comment": (
        "Please look\n\n---------- Forwarded message ---------\nFrom: a@b.example\n\nold",
        "Please look",
    ),
    "ticket cut line": ("new\n## Please type your reply above this line. ##\nold", "new"),
    "rules in the text stay": ("one\n----\ntwo\n====\nthree", "one\n----\ntwo\n====\nthree"),
    "a sentence with On stays": (
        "On Monday I was told to write:\nnobody wrote.",
        "On Monday I was told to write:\nnobody wrote.",
    ),
    "a sentence about sending stays": (
        "Sent from my desk, is much easier for me to do",
        "Sent from my desk, is much easier for me to do",
    ),
    "form lines stay": ("姓名：李雷\n部门：财务部\n电话：8123", "姓名：李雷\n部门：财务部\n电话：8123"),
    "nothing left is everything": ("> only\n> quoted", "> only\n> quoted"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_new_text_is_cut_at(name: str) -> None:
    text, expected = CASES[name]
    found = [line for line in new_text(text.split("\n")).text.split("\n") if line.strip()]
    assert found == [line for line in expected.split("\n") if line.strip()]


def test_the_signature_is_kept_apart() -> None:
    assert new_text(["Hello", "-- ", "Li Lei", "Ext. 8123", "", "> old"]).signature == "Li Lei\nExt. 8123"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "<div>New</div><div class='gmail_quote'>"
            "<div class='gmail_attr'>On … wrote:</div><blockquote>old</blockquote></div>",
            "New",
        ),
        ("<p>New</p><div id='appendonsend'></div><hr><p>old text</p>", "New"),
        ("<p>New</p><blockquote type='cite'>old</blockquote><p>below</p>", "New\nbelow"),
        ("<p>Yes</p><div id='divRplyFwdMsg'>From: x</div><div>old</div>", "Yes"),
    ],
)
def test_the_structure_of_html_is_evidence(source: str, expected: str) -> None:
    rendered = html_text(source)
    found = [line for line in new_text(rendered.lines, rendered.marks).text.split("\n") if line.strip()]
    assert found == expected.split("\n")


def test_tables_become_rows_and_links_show_their_target() -> None:
    rendered = html_text(
        "<table><tr><td>电话</td><td><div>8123</div></td></tr></table><a href='http://x.example/'>here</a>"
    )
    assert [line.split() for line in rendered.lines] == [["电话", "8123"], ["here", "(http://x.example/)"]]


@pytest.mark.parametrize(
    "source",
    [
        "<a " * 10_000,
        "<!--" * 50_000,
        "<div>" * 200_000,
        "<blockquote>" * 15_000,
        "</" * 200_000,
        "<a x='>' " + "b " * 50_000 + ">",
    ],
)
def test_html_bombs_end_as_text(source: str) -> None:
    assert isinstance(html_text(source + "end").text, str)


@pytest.mark.parametrize(
    "line",
    [
        "On On On ",
        "On a wrote ",
        "-",
        ">",
        "From: ",
        "a@b ",
        " ",
        "2026-01-05 ",
        "写道 ",
        "Sent from my ",
        "发件人：",
        "|",
        "From: a To: b ",
        "5 Jan 2026 09:00 <a@b> ",
        ">>> 09:00 a@b ",
        "*From:* ",
        "---- On ",
        "get outlook ",
        "\u200b",
        "&nbsp;",
        "\u00a0",
        "schrieb ",
        "[[",
    ],
)
def test_the_cutter_is_linear_on_repetitions(line: str) -> None:
    # One long line, many short ones, many of the longest that are looked at: seconds of CPU mean a pattern that
    # turns back; a mail may take two, and the tenth of that is usual.
    shapes = ([line * (60_000 // len(line))], [line] * 8_000, [line * (390 // len(line))] * 1_000)
    for shape in shapes:
        started = time.process_time()
        assert new_text(shape).text is not None
        assert time.process_time() - started < 5
