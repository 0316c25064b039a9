"""What is kept of a solved ticket, and that nobody's name, number or secret is kept with it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.model import Address, Field, Ticket
from maild.workflow.knowledge import nameless, solution_of, title_of, worth_keeping

SOLVED = Ticket(
    id=1,
    state="closed",
    outcome="confirmed",
    requester=Address("li.lei@corp.example", "李雷"),
    subject="打印机卡纸",
    summary="更换搓纸轮",
    resolved=datetime(2024, 3, 4, 2, 0, tzinfo=UTC),
)

KEPT: tuple[tuple[str, dict[str, Any], bool], ...] = (
    ("confirmed", {}, True),
    ("confirmed without a state of solved before", {"resolved": None}, True),
    ("silence after the solution", {"outcome": "unconfirmed"}, True),
    ("silence after a question", {"outcome": "unconfirmed", "resolved": None}, False),
    ("no summary", {"summary": "  \n"}, False),
    ("solved, not confirmed yet", {"state": "resolved", "outcome": None}, False),
    ("open again", {"state": "open", "outcome": None}, False),
    ("merged", {"outcome": "duplicate"}, False),
    ("merged after it was confirmed", {"merged_into": 7}, False),
    ("withdrawn", {"outcome": "withdrawn"}, False),
    ("spam", {"outcome": "spam"}, False),
    ("out of scope", {"outcome": "out_of_scope"}, False),
    ("closed by hand", {"outcome": "by_agent"}, False),
    ("a mass incident's own ticket", {"kind": "incident"}, False),
)


@pytest.mark.parametrize(("what", "changes", "kept"), KEPT, ids=[each[0] for each in KEPT])
def test_a_solution_is_kept_that_the_requester_confirmed_or_did_not_deny(
    what: str, changes: dict[str, Any], kept: bool
) -> None:
    assert worth_keeping(replace(SOLVED, **changes)) is kept


NAMES = ("李雷", "Tom Reed")

NAMELESS = (
    ("李雷的电脑蓝屏", "…的电脑蓝屏"),
    ("Tom Reed's laptop is slow", "…'s laptop is slow"),
    ("tom reed cannot log in", "… cannot log in"),
    ("Reed cannot log in", "… cannot log in"),
    ("we read the manual, reed switch", "we read the manual, reed switch"),
    ("tom.reed@corp.example 收不到邮件", "… 收不到邮件"),
    ("请联系 13812345678", "请联系 …"),
    ("请联系 138-1234-5678 或 010-87654321", "请联系 … 或 …"),
    ("分机：8123 没有声音", "… 没有声音"),
    ("call +49 89 1234567 please", "call … please"),
    ("ext. 4711 is dead", "… is dead"),
    ("王总的投影仪没信号", "…的投影仪没信号"),
    ("给张伟经理开权限", "给…开权限"),
    ("Account of Mr. Smith locked", "Account of … locked"),
    ("密码：abc123 登录不上", "密码：•••••• 登录不上"),
    # None of these is a number of a person.
    ("错误 0x80070005，版本 10.0.19045", "错误 0x80070005，版本 10.0.19045"),
    ("2024-03-04 起 E3-7 报错 809", "2024-03-04 起 E3-7 报错 809"),
    ("KB5034441 fails on Windows 11", "KB5034441 fails on Windows 11"),
    ("打开 UDP 500 和 4500 端口", "打开 UDP 500 和 4500 端口"),
    ("王总", "…"),
    ("项目经理的报表打不开，总部网络慢", "项目经理的报表打不开，总部网络慢"),
)


@pytest.mark.parametrize(("text", "shown"), NAMELESS)
def test_names_numbers_addresses_and_secrets_are_left_out(text: str, shown: str) -> None:
    assert nameless(text, NAMES) == shown


@given(st.text(max_size=200), st.lists(st.text(max_size=12), max_size=3))
def test_doing_it_twice_changes_no_more(text: str, names: list[str]) -> None:
    once = nameless(text, names)
    assert nameless(once, names) == once


@pytest.mark.parametrize(
    ("summary", "sent"),
    [
        ("李雷您好，更换了搓纸轮。", "更换了搓纸轮。"),
        ("李雷，您好！\n更换了搓纸轮。", "您好！\n更换了搓纸轮。"),
        ("更换了搓纸轮，有问题打 13812345678。", "更换了搓纸轮，有问题打 …。"),
        ("  The roller was worn.  ", "The roller was worn."),
    ],
)
def test_a_solution_is_sent_on_without_the_person_it_was_written_to(summary: str, sent: str) -> None:
    assert solution_of(replace(SOLVED, summary=summary)) == sent


def test_the_affected_person_stands_in_no_title() -> None:
    ticket = replace(SOLVED, subject="韩梅梅的邮箱满了", fields={"name": Field("name", "韩梅梅", "label")})
    assert title_of(ticket) == "…的邮箱满了"
    assert title_of(replace(SOLVED, subject="李雷：打印机卡纸")) == "打印机卡纸"
    assert len(title_of(replace(SOLVED, subject="卡纸" * 500))) == 200
