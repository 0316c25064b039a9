"""The fields of manual 2.1.3 as read from a mail."""

import random
import time
from collections.abc import Mapping

import pytest

from maild.ingest.ticket_fields import extract
from maild.model import Address, Field, Forwarded, Message, Sender
from maild.model.ticket import FIELD_NAMES


def mail(
    text: str,
    *,
    subject: str = "",
    whole: str = "",
    signature: str = "",
    sender: str = "",
    forwarded: Forwarded | None = None,
    answer: bool = False,
) -> Message:
    address = "li.lei@corp.example"
    return Message(
        from_=Address(address, sender),
        sender=Sender(address),
        subject=subject,
        text=whole or text,
        new_text=text,
        signature=signature,
        forwarded=forwarded,
        in_reply_to=("<1@corp.example>",) if answer else (),
    )


def read(message: Message, asked: tuple[str, ...] = ()) -> dict[str, Field]:
    fields = extract(message, asked)
    names = [field.name for field in fields]
    assert names == [name for name in FIELD_NAMES if name in names]
    assert all(field.value and 0 < field.confidence <= 1 for field in fields)
    return {field.name: field for field in fields}


def values(text: str, subject: str = "") -> dict[str, str]:
    return {name: field.value for name, field in read(mail(text, subject=subject)).items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("姓名：李雷\n部门：财务部\n电话：8123", {"name": "李雷", "department": "财务部", "phone": "8123"}),
        ("姓名: 李雷  部门: 财务部  分机: 8123", {"name": "李雷", "department": "财务部", "phone": "8123"}),
        (
            "姓名：李雷；部门：财务部；手机：13800001111",
            {"name": "李雷", "department": "财务部", "phone": "13800001111"},
        ),
        ("姓名＝李雷\n部门＝财务部", {"name": "李雷", "department": "财务部"}),
        ("姓名：李雷 工号：10338 部门：财务部", {"name": "李雷", "department": "财务部"}),
        ("【部门】\n- 部门：研发中心\n- 地点：3楼会议室", {"department": "研发中心", "location": "3楼会议室"}),
        ("Name: Jane Doe\nDept: Finance\nExt: 4417", {"name": "Jane Doe", "department": "Finance", "phone": "4417"}),
        ("Name = Jane Doe; Department = Finance", {"name": "Jane Doe", "department": "Finance"}),
        (
            "* Phone/extension: 8123\n* Location: Building C, 2nd floor",
            {"phone": "8123", "location": "Building C, 2nd floor"},
        ),
        ("姓名 | 李雷\n部门 | 财务部", {"name": "李雷", "department": "财务部"}),
        ("姓名 | 部门 | 电话\n李雷 | 财务部 | 8123", {"name": "李雷", "department": "财务部", "phone": "8123"}),
        ("Name\tDepartment\nJane Doe\tFinance", {"name": "Jane Doe", "department": "Finance"}),
        ("> Requested By\nJane D.", {"name": "Jane D."}),
        ("#### Software:\nVisio", {"software": "Visio"}),
        ("service tag-abcd123", {"asset": "abcd123"}),
        ("system - payroll", {"software": "payroll"}),
        ("设备（品牌型号）：ThinkPad T14", {"asset": "ThinkPad T14"}),
        ("错误提示：无法连接服务器", {"error": "无法连接服务器"}),
        ("Error: cannot open company file", {"error": "cannot open company file"}),
        ("步骤：1.登录 2.打开报表", {"steps": "1.登录 2.打开报表"}),
        ("是否可复现：是", {"reproducible": "yes"}),
        ("Reproducible: every time", {"reproducible": "yes"}),
        ("频率：偶尔", {"reproducible": "intermittent"}),
        ("Happens every time: no", {"reproducible": "no"}),
        ("Impact: four of us cannot post invoices", {"impact": "four of us cannot post invoices"}),
        ("Tried: rebooted, new cable", {"tried": "rebooted, new cable"}),
        ("Version: 23.0", {"version": "23.0"}),
        ("发生时间：今天上午9点", {"when": "今天上午9点"}),
    ],
)
def test_labelled_lines_are_read(text: str, expected: Mapping[str, str]) -> None:
    fields = read(mail(text))
    for name, value in expected.items():
        assert (fields[name].value, fields[name].source) == (value, "label")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("姓名：\n部门：财务部", "name"),
        ("电话：-", "phone"),
        ("Phone: n/a", "phone"),
        ("电话：无", "phone"),
        ("版本：____", "version"),
        ("Version: unknown", "version"),
        ("部门：（如：财务部）", "department"),
        ("Phone: 12", "phone"),
        ("File name: report.xlsx", "name"),
        ("the file name: report.xlsx", "name"),
        ("user@corp.example: hello", "name"),
        ("会议时间 14:30 开始", "name"),
    ],
)
def test_an_unfilled_or_foreign_label_gives_no_field(text: str, name: str) -> None:
    assert name not in read(mail(text))


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("请回电 13800001111，谢谢", "phone", "13800001111"),
        ("我的分机是 8123", "phone", "8123"),
        ("please call me at 555-201-4433", "phone", "555-201-4433"),
        ("call me, x2290", "phone", "2290"),
        ("reach me on +49 89 1234567", "phone", "+49 89 1234567"),
        ("座机 010-88889999", "phone", "010-88889999"),
        ("Asset tag NB-2204, desk 5-12, phone 4720.", "phone", "4720"),
        ("Asset tag NB-2204, desk 5-12, phone 4720.", "location", "desk 5-12"),
        ("Asset tag NB-2204, desk 5-12, phone 4720.", "asset", "NB-2204"),
        ("我的显示器黑屏了", "error", "黑屏"),
        ("显示“磁盘空间不足”", "error", "磁盘空间不足"),
        ("屏幕显示找不到文件", "error", "找不到文件"),
        ("三楼财务部的打印机坏了", "department", "财务部"),
        ("3楼财务部的打印机坏了", "department", "财务部"),
        ("我是三楼财务部的李雷，打印机坏了", "department", "财务部"),
        ("客户端版本 5.3.0.128 闪退", "version", "5.3.0.128"),
        ("Outlook 2016 does not start", "version", "2016"),
        ("驱动版本是 2.10.0", "version", "2.10.0"),
        ("Chrome 121 shows nothing", "version", "121"),
        ("系统是Win11 23H2", "version", "23H2"),
        ("弹出“磁盘空间不足”的窗口", "error", "磁盘空间不足"),
        ('It says "cannot open the folder" at start', "error", "cannot open the folder"),
        ("打开时提示找不到文件，请处理", "error", "找不到文件"),
        ("it fails with 0x80070005 each day", "error", "0x80070005"),
        ("报错代码 ERR_CONNECTION_RESET", "error", "ERR_CONNECTION_RESET"),
        ("网站报502错误", "error", "502错误"),
        ("报销系统打不开，提示 502", "error", "502"),
        ("电脑报内存不足，开不了机", "error", "内存不足"),
        ("A3栋5楼会议室的投影仪坏了", "location", "A3栋5楼会议室"),
        ("二楼会议室的电视没有信号", "location", "二楼会议室"),
        ("访问共享时权限不足，请处理", "error", "权限不足"),
        ("I get access denied on the share", "error", "access denied"),
        ("两台服务器3小时前开始连不上", "when", "3小时前"),
        ("换了网线也不行", "tried", "换了网线也不行"),
        ("Tried another cable, no change", "tried", "Tried another cable"),
        ("系统宕机，客户投诉很多", "impact", "客户投诉很多"),
        ("1003会议室没有信号", "location", "1003会议室"),
        ("The printer in room 214 is broken", "location", "room 214"),
        ("No wifi in the Reno warehouse", "location", "Reno warehouse"),
        ("一车间的电脑在2号楼3层", "location", "2号楼3层"),
        ("3月10日10:30开始打不开", "when", "3月10日10:30"),
        ("昨晚8点多开始断网", "when", "昨晚8点多"),
        ("It is slow since yesterday morning", "when", "since yesterday morning"),
        ("down since 10/22/2016", "when", "since 10/22/2016"),
        ("资产编号：IT-00123", "asset", "IT-00123"),
        ("my Dell Latitude 7420 is slow", "asset", "Dell Latitude 7420"),
        ("打印机（Epson CB-X05）不工作", "asset", "Epson CB-X05"),
        ("电脑名 DESIGN-PC-17 很慢", "asset", "DESIGN-PC-17"),
        ("my keyboard is broken", "asset", "keyboard"),
        ("键盘坏了", "asset", "键盘"),
        (r"no access to \\nas2\payroll please", "asset", r"\\nas2\payroll"),
        ("打开考勤系统很慢", "software", "考勤系统"),
        ("企业微信收不到消息", "software", "企业微信"),
        ("the Traffic Portal application is slow", "software", "Traffic Portal"),
        ("Excel freezes", "software", "Excel"),
        ("已经重启过两次还是黑屏", "tried", "已经重启过两次还是黑屏"),
        ("I have rebooted the laptop. No change.", "tried", "I have rebooted the laptop"),
        ("电脑坏了，今天无法办公，请处理", "impact", "今天无法办公"),
        ("Server down, nobody can ship orders.", "impact", "nobody can ship orders"),
        ("点击新建就闪退，必现", "reproducible", "yes"),
        ("It happens every time I log in", "reproducible", "yes"),
        ("网络时好时坏", "reproducible", "intermittent"),
        ("It sometimes disconnects", "reproducible", "intermittent"),
        ("it happened once only", "reproducible", "no"),
        ("我是财务部的李雷，打印机坏了", "name", "李雷"),
        ("我是财务部的李雷，打印机坏了", "department", "财务部"),
        ("Hi, this is Jane Doe from Finance. My mouse is broken.", "name", "Jane Doe"),
        ("Hi, this is Jane Doe from Finance. My mouse is broken.", "department", "Finance"),
    ],
)
def test_free_text_is_read(text: str, name: str, value: str) -> None:
    assert values(text).get(name) == value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("会议在 2024-03-15 14:30，IP 是 192.168.10.25", "phone"),
        ("工单 20240315001 还没有处理", "phone"),
        ("服务器 10.20.30.40 连不上", "version"),
        ("5个人都打不开", "version"),
        ("全部电脑都坏了", "department"),
        ("会议室的电脑坏了", "department"),
        ("高速扫描不行", "name"),
        ("Thanks for your help", "name"),
        ("the sales report is wrong", "department"),
        ("order 4503321 is wrong", "phone"),
    ],
)
def test_what_only_looks_like_a_field_is_left_alone(text: str, name: str) -> None:
    assert name not in values(text)


@pytest.mark.parametrize(
    ("text", "name", "department", "phone"),
    [
        ("打印机坏了\n\n行政部 高洁 139-1234-5678", "高洁", "行政部", "139-1234-5678"),
        ("打不开审批页面。潘悦｜总经办｜8001", "潘悦", "总经办", "8001"),
        ("请处理\n\n谢谢\n罗军 | 华南销售部 | 0755-88889999", "罗军", "华南销售部", "0755-88889999"),
        ("电脑坏了\n\n谢婷\n人事部\nM：13911112222", "谢婷", "人事部", "13911112222"),
        ("Please help.\n\nRegards\nGreg Olsen\nPayroll Manager, Finance\next. 5108", "Greg Olsen", "Finance", "5108"),
        ("No wifi here. Call me, x2290. -Tony, Shipping\n\nSent from my iPhone", "Tony", "Shipping", "2290"),
        ("Help.\n\nThanks,\nJane Doe\nHuman Resources\nTel 555-2014", "Jane Doe", "Human Resources", "555-2014"),
    ],
)  # fmt: skip
def test_an_unmarked_signature_is_read(text: str, name: str, department: str, phone: str) -> None:
    found = values(text)
    assert (found["name"], found["department"], found["phone"]) == (name, department, phone)


def test_a_cut_off_signature_is_read() -> None:
    found = read(mail("电脑坏了", signature="--\n李雷\n财务部\n分机 8123"))
    assert (found["name"].value, found["name"].source) == ("李雷", "signature")
    assert (found["department"].value, found["phone"].value) == ("财务部", "8123")


def test_the_from_header_gives_the_name_when_nothing_else_does() -> None:
    found = read(mail("打印机坏了", sender="李雷"))
    assert (found["name"].value, found["name"].source) == ("李雷", "header")


@pytest.mark.parametrize("sender", ["", "li.lei", "li.lei@corp.example", "IT Support", "财务部邮箱", "no-reply"])
def test_a_local_part_or_a_role_is_no_name(sender: str) -> None:
    assert "name" not in read(mail("打印机坏了", sender=sender))


def test_a_label_beats_the_text_the_signature_and_the_header() -> None:
    text = "姓名：韩梅梅\n我是财务部的李雷，帮同事报修。"
    assert read(mail(text, signature="王强\n销售部", sender="Wang Qiang"))["name"].value == "韩梅梅"
    assert read(mail("我是财务部的李雷，报修。", signature="王强", sender="Wang Qiang"))["name"].value == "李雷"
    assert read(mail("报修电脑。", signature="王强", sender="Wang Qiang"))["name"].value == "王强"


def test_a_forwarded_mail_is_its_senders() -> None:
    message = mail(
        "please see below", forwarded=Forwarded(Address("jane@corp.example", "Jane Doe"), "help"), sender="Li"
    )
    assert read(message)["name"].value == "Jane Doe"


def test_header_lines_in_the_text_are_no_report() -> None:
    found = values("from: jane doe \nsent: wednesday, august 10, 2016 8:27 pm\nto: it desk\n\nmy mouse is broken")
    assert found["name"] == "jane doe"
    assert "when" not in found


FORM = "王伟您好：\n> 请补充：\n> 姓名：\n> 部门：\n> 电话/分机：\n> 地点：（楼、层、房间或工位）\n"
ASKED = ("name", "department", "phone", "location")


def test_answers_are_read_inside_the_quoted_form() -> None:
    form = FORM.replace("电话/分机：", "电话/分机： 8123").replace("姓名：", "姓名：李雷")
    found = read(mail("见下", whole="见下\n" + form, answer=True), ASKED)
    assert {name: (field.value, field.source) for name, field in found.items()} == {
        "name": ("李雷", "form"),
        "phone": ("8123", "form"),
    }


def test_an_unchanged_form_is_no_answer() -> None:
    assert read(mail("收到", whole="收到\n" + FORM, answer=True), ASKED) == {}


def test_answers_are_read_in_any_order_and_either_language() -> None:
    found = read(mail("Location: 3rd floor\n电话 8123\nDept：财务部", whole="x\n" + FORM, answer=True), ASKED)
    assert found["department"].value == "财务部"
    assert found["location"].value == "3rd floor"
    assert found["phone"].value == "8123"


def test_answers_under_the_quoted_lines_are_read() -> None:
    whole = "> 姓名：\n李雷\n> 部门：\n财务部\n> 电话/分机：\n8123\n"
    found = read(mail("李雷\n财务部\n8123", whole=whole, answer=True), ASKED)
    assert (found["name"].value, found["department"].value, found["phone"].value) == ("李雷", "财务部", "8123")


def test_the_new_text_beats_the_quoted_form() -> None:
    whole = "电话：9999\n" + FORM.replace("电话/分机：", "电话/分机： 8123")
    assert read(mail("电话：9999", whole=whole, answer=True), ASKED)["phone"].value == "9999"


def test_what_was_not_asked_is_not_read_from_a_quoted_line() -> None:
    whole = "好的\n> 版本：1.0\n" + FORM
    assert "version" not in read(mail("好的", whole=whole, answer=True), ASKED)


def test_without_a_form_quoted_lines_are_not_read() -> None:
    assert "phone" not in read(mail("见下", whole="见下\n> 电话： 8123", answer=True))


@pytest.mark.parametrize(
    ("asked", "text", "value"),
    [
        ("phone", "8123", "8123"),
        ("phone", "138 0000 1111", "138 0000 1111"),
        ("department", "财务部", "财务部"),
        ("location", "3楼 305", "3楼 305"),
        ("reproducible", "每次都会", "yes"),
        ("version", "16.0.1", "16.0.1"),
    ],
)
def test_a_bare_answer_to_the_only_question_is_taken(asked: str, text: str, value: str) -> None:
    field = read(mail(text, answer=True), (asked,))[asked]
    assert (field.value, field.source) == (value, "form")


@pytest.mark.parametrize("text", ["什么意思？", "which version do you mean?"])
def test_a_question_back_is_no_answer(text: str) -> None:
    assert "version" not in read(mail(text, answer=True), ("version",))


@pytest.mark.parametrize(
    "text",
    [
        "9" * 60_000, "9-" * 40_000, "姓名：" * 20_000, '"' * 60_000, " " * 60_000, "报错提示" * 15_000,
        "Aa Bb " * 9_000,
        "since last " * 5_000, "hp dell " * 8_000, "姓名|" * 12_000, "\\\\a" * 20_000, "1." * 30_000, "\n" * 60_000,
        "中国上海" * 10_000, "> " * 30_000, "(" * 60_000,
    ],
)  # fmt: skip
def test_a_hostile_text_is_read_in_bounded_time(text: str) -> None:
    begin = time.process_time()
    extract(mail(text, subject=text[:900], signature=text[:5_000]), FIELD_NAMES)
    assert time.process_time() - begin < 1.5


_PIECES = (
    "姓名", "：", ":", "|", "\t", "\n", ">", "> ", "李雷", "财务部", "电话",
    "8123", "Error", "error:", '"', "“", "”", "(", ")", "（",
    "-", "--\n", "谢谢", "Regards\n", "Name", "Dept", "=", "?", "5",
    "密码", "İphone", "ß", "ﷺ", "㍿", "😀",
    "步骤:", "是否可复现",
    "是", "Phone", "#", "*", "我是", "的", "http://x", "\\\\a\\b",
    "3楼", "｜", "__", "急", "！", ",", "ext.",
    "\u0301", "打印机", "(x",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_no_text_whatever_breaks_the_reading(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        text = "".join(chance.choice(_PIECES) + " " * chance.randint(0, 1) for _ in range(chance.randint(0, 25)))
        message = mail(
            text[::-1] if chance.random() < 0.3 else text, subject=text[:30], whole=text, signature=text[:40]
        )
        for asked in ((), ("phone",), ASKED):
            read(message, asked)


def test_an_empty_mail_has_no_fields() -> None:
    assert read(mail("")) == {}


@pytest.mark.parametrize(
    "text", ["The VPN is down. Phone: 8123", "VPN is down, call my mobile phone 13800138000", "phone no. 8123"]
)
def test_a_number_to_call_is_no_broken_telephone(text: str) -> None:
    mail = Message(from_=Address("a@corp.example"), sender=Sender("a@corp.example"), text=text, new_text=text)
    assert "asset" not in {field.name for field in extract(mail)}
