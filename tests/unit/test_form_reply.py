"""The form by reply (PRODUCT §3.1): answers are read wherever people write them, and nothing else is taken for one."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from maild.ingest.ticket_fields import extract
from maild.model import Field, Message
from tests.unit.form_replies import ASKED, KNOWN, filled_html, filled_text, letter, reply, wrapped

LANGUAGES = ("zh-CN", "en")
CLIENTS = ("outlook", "outlook web", "gmail", "apple", "qq", "netease", "phone")
LETTERS = {language: letter(language) for language in LANGUAGES}
ANSWERS = {"location": "3楼302", "when": "今天早上9点", "error": "0x00000057 内存不足"}


def changes(message: Message, known: Mapping[str, Field] = KNOWN) -> dict[str, str]:
    """What an answer changes on a ticket that knows `known` and has asked for ASKED."""
    found = extract(message, (*ASKED, *known), known)
    return {each.name: each.value for each in found if each.name not in known or known[each.name].value != each.value}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("beside", [False, True], ids=["over the hint", "beside the hint"])
def test_cells_of_the_quoted_form_are_answers(client: str, language: str, beside: bool) -> None:
    html = filled_html(LETTERS[language][1], language, ANSWERS, beside)
    assert changes(reply(html=wrapped(client, "已填好，见下。", html))) == ANSWERS


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("client", CLIENTS)
def test_what_was_known_is_corrected_in_its_cell(client: str, language: str) -> None:
    html = filled_html(LETTERS[language][1], language, {"department": "采购部", "phone": "8200"})
    assert changes(reply(html=wrapped(client, "", html))) == {"department": "采购部", "phone": "8200"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_form_sent_back_as_it_was_changes_nothing(client: str, language: str) -> None:
    assert changes(reply(html=wrapped(client, "好的，谢谢", LETTERS[language][1]))) == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", [*KNOWN, *ASKED])
def test_an_emptied_cell_deletes_nothing_and_takes_nothing_from_below(client: str, language: str, name: str) -> None:
    html = filled_html(LETTERS[language][1], language, {name: ""})
    assert changes(reply(html=wrapped(client, "收到", html))) == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [*KNOWN, *ASKED])
@pytest.mark.parametrize("mark", ["", "> "], ids=["plain", "marked"])
def test_an_emptied_line_deletes_nothing_and_takes_nothing_from_below(language: str, name: str, mark: str) -> None:
    lines = filled_text(LETTERS[language][0], language, {name: ""}).splitlines()
    assert (
        changes(reply("收到\n\n在 2026年11月23日，10:06，IT服务台 写道：\n" + "\n".join(mark + line for line in lines)))
        == {}
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("client", ["gmail", "outlook"])
def test_an_old_letter_that_is_quoted_takes_no_correction_back(client: str, language: str) -> None:
    """The letter shows 财务部 and 8123; both have been corrected since."""
    now = {
        **KNOWN,
        "department": Field("department", "采购部", "form", 0.95, ("财务部",)),
        "phone": Field("phone", "8200", "form", 0.95, ("8123",)),
    }
    message = reply(html=wrapped(client, "请尽快处理，谢谢", LETTERS[language][1]))
    assert changes(message, now) == {}
    # What is written above the quote is meant, even if it was so once before.
    again = reply(html=wrapped(client, "部门：财务部", LETTERS[language][1]))
    assert changes(again, now) == {"department": "财务部"}


def test_a_value_that_the_letter_showed_in_part_is_not_cut_to_that_part() -> None:
    known = {**KNOWN, "error": Field("error", "第一行\n第二行", "label"), "steps": Field("steps", "点" * 600, "label")}
    quoted = "> 错误提示：第一行\n> 第二行\n> 操作步骤：" + "点" * 400 + " […]\n"
    assert changes(reply(f"好的\n\n在 2026年11月23日，10:06，IT服务台 写道：\n{quoted}"), known) == {}


@pytest.mark.parametrize("broken_at", [0, 30, 70], ids=["whole", "broken early", "broken late"])
def test_a_long_line_that_a_mail_program_breaks_is_still_our_own(broken_at: int) -> None:
    """Inside it stands what looks like a label ("error: access is denied"), and mail programs break quoted lines."""
    said = "The printer spooler could not be started because of the following error: access is denied by the server"
    known = {**KNOWN, "error": Field("error", said, "label")}
    line = f"{said[:broken_at]}\n> {said[broken_at:]}" if broken_at else said
    quoted = f"> Device: 惠普 LaserJet 1020\n> Error message: {line}\n"
    assert changes(reply(f"ok\n\nOn Mon, Nov 23, 2026 at 10:06 AM IT Service Desk wrote:\n{quoted}"), known) == {}


GMAIL = "IT服务台 <it@corp.example> 于2026年11月23日周一 10:06写道："
OUTLOOK = (
    "发件人: IT服务台 <it@corp.example>\n发送时间: 2026年11月23日 10:06\n收件人: 李雷 <li.lei@corp.example>\n"
    "主题: Re: [IT-1042] 打印机卡纸\n"
)


def marked(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


ZH, EN = LETTERS["zh-CN"][0], LETTERS["en"][0]
PLACE = {"location": "3楼302"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(f"见下\n\n{GMAIL}\n\n{marked(filled_text(ZH, 'zh-CN', ANSWERS))}", ANSWERS, id="behind > marks"),
        pytest.param(f"见下\n\n{OUTLOOK}\n{filled_text(ZH, 'zh-CN', ANSWERS)}", ANSWERS, id="quoted without marks"),
        pytest.param(f"\n\n{OUTLOOK}\n{filled_text(ZH, 'zh-CN', ANSWERS)}", ANSWERS, id="nothing above"),
        pytest.param(
            f"See below\n\nOn Mon, Nov 23, 2026 at 10:06 AM IT Service Desk <it@corp.example> wrote:\n\n"
            f"{marked(filled_text(EN, 'en', ANSWERS, True))}", ANSWERS, id="before the hints",
        ),
        pytest.param(
            f"地点：3楼302\n发生时间：今天早上9点\n错误提示：0x00000057 内存不足\n\n{OUTLOOK}\n{ZH}", ANSWERS,
            id="above",
        ),
        pytest.param(
            f"{GMAIL}\n{marked(ZH)}\n\n地点：3楼302\n发生时间：今天早上9点\n", {**PLACE, "when": "今天早上9点"},
            id="below",
        ),
        pytest.param(
            "地点：3楼302，发生时间：今天早上9点，电话：8200", {**PLACE, "when": "今天早上9点", "phone": "8200"},
            id="several on a line",
        ),
        pytest.param("地点：3楼302；部门：采购部", {**PLACE, "department": "采购部"}, id="semicolons"),
        pytest.param("地点＝3楼302\n电话／分机：8200", {**PLACE, "phone": "8200"}, id="full width"),
        pytest.param("Place: Room 302, Phone: 8200", {"location": "Room 302", "phone": "8200"}, id="English on a line"),
        pytest.param("Location - Room 302\nExt. 8200", {"location": "Room 302", "phone": "8200"}, id="dash and dot"),
        pytest.param("**地点**：3楼302\n*电话*: 8200", {**PLACE, "phone": "8200"}, id="stars around labels"),
        pytest.param("| 地点 | 3楼302 |\n| 电话 | 8200 |", {**PLACE, "phone": "8200"}, id="a table of bars"),
        pytest.param(
            "地点 3楼302\n电话 8200\n发生时间 今天早上9点", {**PLACE, "phone": "8200", "when": "今天早上9点"},
            id="blanks",
        ),
        pytest.param("地点：（3楼302）\n电话/分机：【8200】", {**PLACE, "phone": "8200"}, id="inside the brackets"),
        pytest.param(
            "地点：\n3楼302\n\n发生时间：\n今天早上9点", {**PLACE, "when": "今天早上9点"}, id="under the labels"
        ),
        pytest.param(
            f"{GMAIL}\n> 地点：（楼、层、房间或工位）\n3楼302\n> 发生时间：（日期和时间）\n今天早上9点\n> 错误提示：\n",
            {**PLACE, "when": "今天早上9点"}, id="between the quoted lines",
        ),
        pytest.param("发生时间：11月20日 9:05 左右", {"when": "11月20日 9:05 左右"}, id="a colon in the value"),
        pytest.param("地点：不清楚\n错误提示：无\n电话：-", {}, id="not known"),
        pytest.param(
            "我在3楼302，今天早上9点开始的，提示“内存不足”。",
            {**PLACE, "when": "今天早上9点", "error": "内存不足"}, id="prose",
        ),
        pytest.param(
            'It is in room 302, since this morning, and it says "out of memory".',
            {"location": "room 302", "when": "since this morning", "error": "out of memory"}, id="English prose",
        ),
        pytest.param("部门写错了，应该是采购部。", {"department": "采购部"}, id="a correction in a sentence"),
        pytest.param("电话不对，改成8200，谢谢", {"phone": "8200"}, id="a number corrected in a sentence"),
        pytest.param("我的部门是采购部，不是财务部", {"department": "采购部"}, id="this and not that"),
        pytest.param("My department should be Purchasing, not Finance.", {"department": "Purchasing"}, id="should be"),
        pytest.param("The phone number has changed to 8200.", {"phone": "8200"}, id="has changed to"),
        pytest.param("設備：惠普 M1136\n地點：3樓302", {"location": "3樓302", "asset": "惠普 M1136"}, id="traditional"),
        pytest.param("部门：采购部（不是财务部）", {"department": "采购部"}, id="a remark behind the value"),
        pytest.param("1、地点：3楼302\n2、电话：8200", {**PLACE, "phone": "8200"}, id="numbered"),
        pytest.param(
            "地点:3楼302 电话:8200 部门:采购部", {**PLACE, "phone": "8200", "department": "采购部"},
            id="blanks between",
        ),
        pytest.param("部门还没问到，我问好再告诉你们", {}, id="no answer yet"),
        pytest.param("谢谢，等你们的电话", {}, id="a word that is a label too"),
    ],
)  # fmt: skip
def test_answers_in_text(text: str, expected: dict[str, str]) -> None:
    assert changes(reply(text)) == expected


def test_outlooks_own_text_of_the_table_has_each_cell_on_a_line_of_its_own() -> None:
    lines = [
        "地点：", "", "3楼302", "", "发生时间：", "", "今天早上9点", "",
        "错误提示：", "", "（提示的原文，或附上截图）", "", "要补充情况或截图，直接回复这封邮件。",
    ]  # fmt: skip
    assert changes(reply(f"见下\n\n{OUTLOOK}\n" + "\n".join(lines))) == {**PLACE, "when": "今天早上9点"}


def test_a_second_answer_is_another_value_and_not_another_field() -> None:
    first = {**KNOWN, "location": Field("location", "3楼302", "form", 0.95)}
    assert changes(reply("地点：5楼501"), first) == {"location": "5楼501"}
    assert changes(reply("地点：3楼302"), first) == {}


def test_both_bodies_of_one_mail_say_the_same_and_count_once() -> None:
    text, html = LETTERS["zh-CN"]
    message = reply(
        f"见下\n\n{GMAIL}\n\n{marked(filled_text(text, 'zh-CN', PLACE))}",
        wrapped("gmail", "见下", filled_html(html, "zh-CN", PLACE)),
    )
    assert changes(message) == PLACE


def test_a_signature_under_the_answer_does_not_beat_it() -> None:
    message = reply("电话：8200\n\n-- \n李雷\n财务部\n电话：8123")
    assert changes(message) == {"phone": "8200"}


def test_an_answer_to_the_reminder_needs_no_quoted_form() -> None:
    found = extract(replace(reply("地点是3楼302"), in_reply_to=("<reminder@corp.example>",)), (*ASKED, *KNOWN), KNOWN)
    assert {each.name: each.value for each in found if each.name in ASKED} == PLACE
