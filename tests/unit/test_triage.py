"""Category and priority of a report by the shipped rules."""

import time
from collections.abc import Mapping
from dataclasses import replace

import pytest

from maild.config.triage_tables import build, shipped_tables
from maild.model import Address, Field, SystemName, Triage, Words
from maild.model.ticket import FIELD_NAMES, Impact, Level
from maild.workflow.triage import missing, triage
from tests.policies import default_policy

POLICY = default_policy()
LI_LEI = Address("li.lei@corp.example", "李雷")


def of(subject: str, text: str = "", fields: Mapping[str, Field] | None = None) -> Triage:
    language = "zh-CN" if any("一" <= char <= "鿿" for char in subject + text) else "en"
    return triage(subject, text, language, fields or {}, LI_LEI, POLICY)


@pytest.mark.parametrize(
    ("subject", "text", "category"),
    [
        ("打印机卡纸", "三楼的打印机又卡纸了，取不出来。", "hardware"),
        ("电脑蓝屏", "开机就蓝屏，重启三次都一样。", "hardware"),
        ("显示器不亮", "早上来显示器没有信号。", "hardware"),
        ("笔记本电池鼓包", "", "hardware"),
        ("VPN连不上", "在家连VPN提示超时。", "network"),
        ("会议室没有wifi", "连不上无线网", "network"),
        ("断网了", "整个办公室上不了网", "network"),
        ("Excel打不开", "打开Excel就闪退", "software"),
        ("OA系统登录后页面空白", "审批页面一直加载", "software"),
        ("邮箱客户端报错", "Outlook 提示无法打开数据文件", "software"),
        ("忘记密码", "域账号被锁定，请帮忙解锁并重置密码。", "account"),
        ("申请共享文件夹权限", "需要财务共享文件夹的只读权限", "account"),
        ("误删文件", "昨天误删了共享盘上的报表，请帮忙恢复。", "data"),
        ("库存数据不一致", "系统里的库存和台账对不上", "data"),
        ("申请安装Visio", "请帮忙安装Visio", "request"),
        ("新员工领用电脑", "申请配一台电脑", "request"),
        ("收到钓鱼邮件", "同事点了链接，怕中毒。", "security"),
        ("电脑中毒", "文件被勒索病毒加密了", "security"),
        ("食堂太冷", "食堂的空调坏了", "out_of_scope"),
        ("请假", "明天请假一天", "out_of_scope"),
        ("你好", "有事想说", "other"),
        ("Printer out of toner", "The printer on the second floor needs toner.", "hardware"),
        ("Laptop does not boot", "black screen when I turn on my laptop", "hardware"),
        ("Keyboard broken", "Two keys of my keyboard are stuck", "hardware"),
        ("VPN down", "I cannot connect to the VPN from home.", "network"),
        ("No wifi", "There is no wifi in the meeting room.", "network"),
        ("Outlook keeps crashing", "It freezes when I open an attachment", "software"),
        ("Excel macro error", "The macro stops with an error", "software"),
        ("Account locked", "I am locked out, please unlock my account", "account"),
        ("Password reset", "please reset my password", "account"),
        ("Need access to the finance share", "read access please", "account"),
        ("Restore deleted files", "I accidentally deleted a folder, please restore it", "data"),
        ("Wrong price in sales order", "The price does not match", "data"),
        ("Please install Visio", "I need it for my project", "request"),
        ("New laptop for a new employee", "", "request"),
        ("Suspicious email", "I clicked a link in a phishing mail", "security"),
        ("Stolen laptop", "My laptop was stolen on the train", "security"),
        ("Air conditioning too cold", "Please turn down the air conditioning", "out_of_scope"),
        ("Hello", "I wanted to say something", "other"),
    ],
)
def test_a_report_finds_its_category(subject: str, text: str, category: str) -> None:
    assert of(subject, text).category == category


@pytest.mark.parametrize(
    ("subject", "category"),
    [
        ("食堂门口的屏幕不亮", "hardware"),
        ("电梯口的显示屏不亮", "hardware"),
        ("食堂的空调坏了", "out_of_scope"),
        ("电梯坏了", "out_of_scope"),
        ("The USB socket next to the canteen is loose", "hardware"),
        ("The cable near the coffee machine is loose", "hardware"),
        ("The canteen is cold", "out_of_scope"),
        ("The coffee machine is broken", "out_of_scope"),
    ],
)
def test_where_something_stands_is_not_what_it_is_about(subject: str, category: str) -> None:
    assert of(subject).category == category
    assert bool(of(subject).topic) == (category == "out_of_scope")


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("很急，请尽快处理", "high"),
        ("紧急！客户在等", "high"),
        ("急！打印机坏了", "high"),
        ("不急，有空处理就行", "low"),
        ("这个不紧急", "low"),
        ("如何设置邮件签名？", "low"),
        ("怎么在手机上收邮件", "low"),
        ("打印机坏了怎么办", "medium"),
        ("电脑连不上网怎么回事", "medium"),
        ("应急灯旁边的打印机坏了", "medium"),
        ("紧急程度：高", "high"),
        ("优先级：低", "low"),
        ("打印机坏了", "medium"),
        ("This is urgent, please help asap", "high"),
        ("I cannot work at all", "high"),
        ("Urgency: high", "high"),
        ("It is not urgent", "low"),
        ("No rush, whenever you have time", "low"),
        ("How do I set up a signature?", "low"),
        ("The printer is broken", "medium"),
        ("The insurgent module fails", "medium"),
    ],
)
def test_urgency_comes_from_explicit_words_or_a_question(text: str, urgency: str) -> None:
    assert of("report", text).urgency == urgency


@pytest.mark.parametrize(
    ("text", "impact"),
    [
        ("全公司都上不了网", "company"),
        ("所有人都登录不了", "company"),
        ("整个部门都打不开ERP", "department"),
        ("财务部所有人都打不开", "department"),
        ("我们组都连不上", "department"),
        ("有5个人登录不了", "department"),
        ("大约200人受影响", "company"),
        ("三个同事都这样", "department"),
        ("只有我登录不了，其他人都正常", "person"),
        ("大家好，我的鼠标坏了", "person"),
        ("2016年10月5日人事系统打不开", "person"),
        ("my mouse is broken", "person"),
        ("The whole company is offline", "company"),
        ("everyone is affected", "company"),
        ("Hi all, my mouse is broken", "person"),
        ("Everyone else can log in, it is only me", "person"),
        ("Our whole team cannot print", "department"),
        ("12 users cannot log in", "department"),
        ("about 120 users cannot log in", "company"),
        ("four users cannot log in", "department"),
        ("No of users affected - 15+", "department"),
        ("1 user cannot log in", "person"),
    ],
)
def test_impact_comes_from_words_and_counts_of_people(text: str, impact: str) -> None:
    assert of("report", text).impact == impact


def test_the_impact_field_of_a_form_counts_like_the_text() -> None:
    told = {"impact": Field("impact", "全公司", "form")}
    assert of("打印机", "坏了", told).impact == "company"


@pytest.mark.parametrize(
    ("text", "priority"),
    [
        ("urgent: the whole company is offline", "P1"),
        ("urgent: our whole team is offline", "P2"),
        ("the whole company is offline", "P2"),
        ("our whole team is offline", "P3"),
        ("urgent, my mouse is broken", "P3"),
        ("my mouse is broken", "P3"),
        ("not urgent: my mouse is broken", "P4"),
    ],
)
def test_the_matrix_gives_the_priority(text: str, priority: str) -> None:
    assert of("report", text).priority == priority


def test_a_vip_raises_the_priority_by_one_and_says_so() -> None:
    policy = replace(POLICY, vips=frozenset({LI_LEI.key}))
    verdict = triage("Mouse", "my mouse is broken", "en", {}, LI_LEI, policy)
    assert (verdict.importance, verdict.priority) == ("high", "P2")
    assert "+1 VIP requester" in verdict.reasons[-1].en


def test_a_critical_system_raises_the_priority_and_is_named() -> None:
    policy = replace(POLICY, systems=(SystemName("ERP", ("erp", "用友")),))
    verdict = triage("用友打不开", "很急，我们部门都打不开", "zh-CN", {}, LI_LEI, policy)
    assert verdict.priority == "P1"
    assert verdict.reasons[-1] == Words(
        "P1: high urgency × department, +1 critical system ERP", "P1：紧急程度高 × 影响范围部门，+1 关键系统 ERP"
    )


def test_a_p1_cannot_be_raised() -> None:
    policy = replace(POLICY, vips=frozenset({LI_LEI.key}))
    assert triage("urgent", "whole company is down", "en", {}, LI_LEI, policy).priority == "P1"


def test_every_verdict_has_five_reasons_in_both_languages() -> None:
    reasons = of("打印机坏了", "很急").reasons
    assert len(reasons) == 5
    assert all(reason.en and reason.zh for reason in reasons)
    assert "打印机" in reasons[0].zh
    assert "很急" in reasons[1].zh


def test_a_topic_is_named_only_when_the_report_is_out_of_scope() -> None:
    assert of("空调坏了", "办公室空调不制冷").topic == "facilities"
    it = of("电脑蓝屏", "空调旁边的电脑开机蓝屏，黑屏，无法开机")
    assert (it.category, it.topic) == ("hardware", "")


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("请假系统登录报错", "提交请假时系统报错"),
        ("工资系统打不开", "页面一直加载"),
        ("报销单提交失败", "费用报销系统提示错误"),
        ("Annual leave portal: cannot log in", "The portal shows an error when I log in"),
    ],
)
def test_a_fault_of_a_system_for_other_matters_stays_with_it(subject: str, text: str) -> None:
    verdict = of(subject, text)
    assert verdict.category in ("software", "account")
    assert verdict.topic == ""


def test_a_longer_phrase_hides_the_words_in_it() -> None:
    assert of("not urgent").urgency == "low"
    assert of("密码箱").category != "account"


def test_width_and_case_do_not_matter() -> None:
    assert of("ＶＰＮ　ＤＯＷＮ").category == of("vpn down").category == "network"


def test_required_fields_that_nobody_told_are_missing_in_the_order_of_the_category() -> None:
    verdict = of("打印机卡纸")
    assert missing(verdict, {}, POLICY) == POLICY.categories["hardware"].required
    told = {"phone": Field("phone", "8123", "label"), "name": Field("name", "", "label")}
    assert missing(verdict, told, POLICY) == ("name", "location", "asset")


def test_a_p1_is_never_held_up_by_missing_fields() -> None:
    verdict = of("urgent", "network outage, the whole company is offline")
    assert verdict.priority == "P1"
    assert missing(verdict, {}, POLICY) == ()


def test_two_policies_do_not_share_their_words() -> None:
    other = replace(POLICY, urgency_words={"high": ("blimey",)})
    assert triage("blimey", "urgent", "en", {}, LI_LEI, other).reasons[1].en.endswith("“blimey”")
    assert of("urgent").urgency == "high"


def test_every_shipped_category_is_whole_in_both_languages() -> None:
    codes = {"hardware", "software", "network", "account", "data", "security", "request", "out_of_scope", "other"}
    assert POLICY.categories.keys() == codes
    for category in POLICY.categories.values():
        assert category.title.en and category.title.zh
        assert bool(category.hint.en) == bool(category.hint.zh)
        assert set(category.required) <= set(FIELD_NAMES)
        assert category.team in POLICY.teams
        assert category.keywords.keys() == {"zh", "en"}
        assert all(keyword.word for words in category.keywords.values() for keyword in words)
    assert [category.code for category in POLICY.categories.values() if category.restricted] == ["security"]


def test_every_shipped_topic_has_guidance_in_both_languages() -> None:
    for topic in POLICY.topics:
        assert topic.words and topic.guidance.en and topic.guidance.zh


def test_the_shipped_matrix_is_total_and_never_lower_for_more() -> None:
    levels: tuple[Level, ...] = ("low", "medium", "high")
    impacts: tuple[Impact, ...] = ("person", "department", "company")
    assert len(POLICY.matrix) == 9
    for row in levels:
        line = [POLICY.matrix[row, column] for column in impacts]
        assert line == sorted(line, reverse=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"matrix": {"high": {"company": "P1"}}}, "matrix.high.department"),
        ({"matrix": {"huge": {"company": "P1"}}}, "'huge' is not known"),
        ({"matrix": {"high": {"company": "P9"}}}, "'P9' is not known"),
        ({"urgency_words": {"sometimes": ["x"]}}, "'sometimes' is not known"),
        (
            {"categories": {"x": {"title": {"en": "X", "zh": "X"}, "team": "t", "required": ["shoe"]}}},
            "no field is called 'shoe'",
        ),
    ],
)
def test_a_wrong_table_is_refused_with_its_key(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build({**shipped_tables(), **change})


def test_a_hostile_mail_costs_no_more_than_its_first_part() -> None:
    for text in ("x" * 1_000_000, "not " * 250_000, "不" * 1_000_000, "1" * 1_000_000, "全公司" * 300_000):
        begin = time.process_time()
        of(text[:500], text)
        assert time.process_time() - begin < 1.0
