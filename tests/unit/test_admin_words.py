"""What admins write about mails that were put aside, line by line; and whom nobody blocks by mail."""

from dataclasses import replace

import pytest

from maild.model import Address, Agent, Desk, Policy, Words
from maild.model.aside import Aside, spoken, why_not_dropped, why_not_released
from maild.outbound import samples
from maild.workflow.admin_words import MOST, Line, read
from maild.workflow.blocking import why_not_blocked

POLICY = Policy(
    desk=Desk(
        name=Words("IT", "IT"),
        address="it@corp.example",
        own_addresses=frozenset({"it@corp.example"}),
        internal_domains=frozenset({"corp.example"}),
    ),
    agents={"anna@partner.example": Agent("anna@partner.example", "Anna", ("desk",))},
    admins=(Address("root@admins.example"),),
)


def the_line(text: str) -> Line:
    (line,) = read(text).lines
    return line


@pytest.mark.parametrize(
    ("text", "verb", "about", "why"),
    [
        ("release 4711", "release", (4711,), ""),
        ("#release 4711, #4712 and 4715", "release", (4711, 4712, 4715), ""),
        ("Release 4711!", "release", (4711,), ""),
        ("let in 4711", "release", (4711,), ""),
        ("放行4711", "release", (4711,), ""),
        ("＃放行　４７１１、４７１２。", "release", (4711, 4712), ""),
        ("放行：4711 和 4713", "release", (4711, 4713), ""),
        ("drop 4711-4713", "drop", (4711, 4712, 4713), ""),
        ("drop #4711 to #4712", "drop", (4711, 4712), ""),
        ("丢弃 4711至4712", "drop", (4711, 4712), ""),
        ("drop 4711 4711", "drop", (4711,), ""),
        ("drop 4711: a newsletter", "drop", (4711,), "a newsletter"),
        ("丢弃 4711（广告）", "drop", (4711,), "广告"),
        ("放行 4711 因为 是客户来信", "release", (4711,), "是客户来信"),
        ("block 4711", "block", (4711,), ""),
        ("block Eve@X.example", "block", ("eve@x.example",), ""),
        ("拉黑 @x.example", "block", ("@x.example",), ""),
        ("block 4711 eve@x.example", "block", (4711, "eve@x.example"), ""),
        ("unblock <eve@x.example>", "unblock", ("eve@x.example",), ""),
        ("解除拉黑 @x.example", "unblock", ("@x.example",), ""),
    ],
)
def test_a_line_is_understood(text: str, verb: str, about: tuple[int | str, ...], why: str) -> None:
    line = the_line(text)
    assert (line.verb, (*line.numbers, *line.senders), line.why, line.problem) == (verb, about, why, False)


@pytest.mark.parametrize(
    "text",
    [
        "release",
        "drop it",
        "drop 4711?",
        "release 4711 is wrong",
        "release 4711x",
        "release 4713-4711",
        "release 0",
        f"drop 1-{MOST + 1}",
        "block everybody",
        "unblock 4711",
        "release eve@x.example",
        "拉黑那个人",
    ],
)
def test_a_line_that_may_mean_something_else_is_a_problem(text: str) -> None:
    assert the_line(text).problem and not read(text).clear


@pytest.mark.parametrize(
    "text", ["", "Thanks!", "released 4711", "Please release 4711", "droppings 4", "谢谢，稍后放行 4711"]
)
def test_what_does_not_begin_with_a_verb_is_no_line(text: str) -> None:
    assert read(text).lines == ()


def test_lines_stand_on_top_and_words_may_follow_but_no_second_block_of_them() -> None:
    words = read("release 1\n\ndrop 2\nKind regards\nRoot")
    assert words.clear and [line.verb for line in words.lines] == ["release", "drop"]
    assert read("release 1\nsee below\ndrop 2").below == "drop 2"
    assert not read("release 1\nsee below\ndrop 2").clear
    # Behind the words nothing that merely begins like one counts.
    assert read("release 1\nBest\nBlock 5, Main Street").clear


@pytest.mark.parametrize(
    ("sender", "refused"),
    [
        ("eve@spam.example", False),
        ("@spam.example", False),
        ("eve@gmail.com", False),
        ("it@corp.example", True),
        ("li.lei@corp.example", True),
        ("@corp.example", True),
        ("anna@partner.example", True),
        ("@partner.example", True),
        ("other@partner.example", False),
        ("root@admins.example", True),
        ("@admins.example", True),
        ("@gmail.com", True),
        ("@qq.com", True),
        ("@com", True),
    ],
)
def test_whom_nobody_blocks_by_mail(sender: str, refused: bool) -> None:
    assert (why_not_blocked(sender, POLICY) is not None) == refused


HELD = Aside(7, "eve@x.example", "Hi", samples.NOW, False, "held", "held: x-spam-flag: YES", "spam", None)


@pytest.mark.parametrize(
    ("mail", "released", "dropped"),
    [
        (HELD, True, True),
        (replace(HELD, fate="quarantined", screening="quarantine"), True, True),
        (replace(HELD, waits=True, fate=""), False, True),
        (replace(HELD, fate="ticketed", ticket=3), False, False),
        (replace(HELD, fate="handled"), False, False),
        (replace(HELD, fate="ignored", reason="bulk: a list"), True, False),
        (replace(HELD, fate="ignored", reason="a copy of inbound 6"), False, False),
        (replace(HELD, fate="ignored", screening="own"), False, False),
    ],
)
def test_what_can_become_of_a_mail(mail: Aside, released: bool, dropped: bool) -> None:
    assert (why_not_released(mail, "IT") is None, why_not_dropped(mail, "IT") is None) == (released, dropped)


@pytest.mark.parametrize(
    ("screening", "reason", "piece"),
    [
        ("spam", "held: x-spam-flag: YES", "垃圾邮件过滤器"),
        ("spam", "held: it was put into the folder Junk", "Junk"),
        ("person", "waits for a@b's confirmation: no pass; nobody confirmed in time", "24 小时"),
        ("person", "waits for a@b's confirmation; disowned by the agent", "本人"),
        ("quarantine", "no result within 10 s", "耗时"),
        ("quarantine", "120 lines in 40 containers; at most 30 line tests", "结构异常"),
        ("quarantine", "failed 3 times, last with KeyError: 'x'", "失败"),
        ("person", "26000000 bytes: too large to be read; the sender is told", "太大"),
        ("quarantine", "something nobody thought of", "无法读取"),
    ],
)
def test_reasons_are_told_as_people_say_them(screening: str, reason: str, piece: str) -> None:
    assert piece in spoken(screening, reason).zh
