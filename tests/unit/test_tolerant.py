"""What phones, input methods and hurried people make of commands: each line as typed, and how it is understood."""

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.model.labels import FIELD_LABELS
from maild.workflow.commands.arguments import Refused, a_colleague, a_priority, a_team, a_wait, some_fields
from maild.workflow.commands.grammar import corrected, parse
from maild.workflow.commands.verbs import VERBS
from tests.policies import default_policy

POLICY = default_policy()

# Understood as it stands: the line, the verb, the argument.
UNDERSTOOD = [
    ("#take", "take", ""),
    ("#Take", "take", ""),
    ("#TAKE", "take", ""),
    ("#Take!", "take", ""),
    ("#Take !", "take", ""),
    ("#take.", "take", ""),
    ("#take…", "take", ""),
    ("#take 👍", "take", ""),
    ("#take👍🏻", "take", ""),
    ("#take :-)", "take", ""),
    ("#take ✅", "take", ""),
    ("＃take", "take", ""),
    ("＃Ｔａｋｅ", "take", ""),
    ("﹟take", "take", ""),
    ("#\ufe0ftake", "take", ""),
    ("\ufeff#take", "take", ""),
    ("\u200b#take", "take", ""),
    ("#ta\u200bke", "take", ""),
    ("#take\u200b", "take", ""),
    ("#t\u00adake", "take", ""),
    ("\u200e#take\u200e", "take", ""),
    ("\u00a0#take\u00a0", "take", ""),
    ("\u3000#take\u3000", "take", ""),
    ("   #take", "take", ""),
    ("“#take”", "take", ""),
    ('"#take"', "take", ""),
    ("‘#take’", "take", ""),
    ("「#接单」", "take", ""),
    ("#接单", "take", ""),
    ("＃接单", "take", ""),
    ("＃接单。", "take", ""),
    ("#接单！", "take", ""),
    ("#接单～", "take", ""),
    ("#接单👌", "take", ""),
    ("#接单了", "take", ""),
    ("#接单啦！", "take", ""),
    ("#接单，谢谢", "take", ""),
    ("#接\u200b单", "take", ""),
    ("#assign wang.wei", "assign", "wang.wei"),
    ("#assign Wang Wei", "assign", "Wang Wei"),
    ("#assign: Wang Wei", "assign", "Wang Wei"),
    ("#assign  wang.wei@corp.example", "assign", "wang.wei@corp.example"),
    ("#assign\u00a0Wang Wei", "assign", "Wang Wei"),
    ("#assign王伟", "assign", "王伟"),
    ("#Assign 王伟。", "assign", "王伟。"),
    ("#转派王伟", "assign", "王伟"),
    ("#转派 王伟", "assign", "王伟"),
    ("#转派：王伟", "assign", "王伟"),
    ("#转派给王伟", "assign", "给王伟"),
    ("#转组 网络组。", "team", "网络组。"),
    ("#team network", "team", "network"),
    ("#Team Network 🙏", "team", "Network 🙏"),
    ("#priority P2", "priority", "P2"),
    ("#priority 2", "priority", "2"),
    ("#Priority p2", "priority", "p2"),
    ("#priority2", "priority", "2"),
    ("#priority Ｐ２", "priority", "Ｐ２"),
    ("#优先级P2", "priority", "P2"),
    ("#优先级 2", "priority", "2"),
    ("#优先级：P1，全公司断网", "priority", "P1，全公司断网"),
    ("#优先级２", "priority", "２"),
    ("#note called him, voicemail", "note", "called him, voicemail"),
    ("#note: called him", "note", "called him"),
    ("#note - called him", "note", "- called him"),
    ("#note “no budget” he says", "note", "“no budget” he says"),
    ("#note don’t forget", "note", "don’t forget"),
    ("#note 👍", "note", "👍"),
    ("#note4you", "note", "4you"),
    ("#备注：用户不在", "note", "用户不在"),
    ("#备注用户不在工位", "note", "用户不在工位"),
    ("#备注 “先别动”。", "note", "“先别动”。"),
    ("#ask phone, location", "ask", "phone, location"),
    ("#ask phone and location", "ask", "phone and location"),
    ("#Ask: phone", "ask", "phone"),
    ("#补充 电话、地点", "ask", "电话、地点"),
    ("#补充电话，地点。", "ask", "电话，地点。"),
    ("#补充：电话和地点", "ask", "电话和地点"),
    ("#use IT-87", "use", "IT-87"),
    ("#Use vpn.", "use", "vpn."),
    ("#引用 IT-87", "use", "IT-87"),
    ("#引用IT-87", "use", "IT-87"),
    ("#hold 2d", "hold", "2d"),
    ("#hold2d", "hold", "2d"),
    ("#Hold 2 days waiting for the part", "hold", "2 days waiting for the part"),
    ("#hold until Friday", "hold", "until Friday"),
    ("#hold till tomorrow, part comes", "hold", "till tomorrow, part comes"),
    ("#挂起到周五", "hold", "到周五"),
    ("#挂起 两天 等配件", "hold", "两天 等配件"),
    ("#挂起：2天，等配件。", "hold", "2天，等配件。"),
    ("#挂起到下周一，等配件", "hold", "到下周一，等配件"),
    ("#resolve", "resolve", ""),
    ("#Resolve.", "resolve", ""),
    ("#resolve replaced the toner", "resolve", "replaced the toner"),
    ("#resolve: replaced the toner.", "resolve", "replaced the toner."),
    ("#Resolve, replaced the toner", "resolve", "replaced the toner"),
    ("#resolve换墨盒", "resolve", "换墨盒"),
    ("#Resolve换了墨盒，好了。", "resolve", "换了墨盒，好了。"),
    ("#resolve！换墨盒", "resolve", "换墨盒"),
    ("#解决", "resolve", ""),
    ("#解决。", "resolve", ""),
    ("#解决换墨盒", "resolve", "换墨盒"),
    ("#解决：换墨盒", "resolve", "换墨盒"),
    ("#解决:换墨盒", "resolve", "换墨盒"),
    ("#解决 已更换墨盒，测试正常。", "resolve", "已更换墨盒，测试正常。"),
    ("＃解决，已更换", "resolve", "已更换"),
    ("#resolve IT-3 IT-7 new toner", "resolve", "IT-3 IT-7 new toner"),
    ("#解决 IT-3 IT-7 换墨盒", "resolve", "IT-3 IT-7 换墨盒"),
    ("#close duplicate of IT-4", "close", "duplicate of IT-4"),
    ("#关闭：重复报障。", "close", "重复报障。"),
    ("#Close - duplicate", "close", "- duplicate"),
    ("#reopen", "reopen", ""),
    ("#重开。", "reopen", ""),
    ("#escalate", "escalate", ""),
    ("#Escalate L2!", "escalate", "L2!"),
    ("#升级", "escalate", ""),
    ("#升级 L2", "escalate", "L2"),
    ("#out-of-scope", "out-of-scope", ""),
    ("#out_of_scope", "out-of-scope", ""),
    ("#out of scope", "out-of-scope", ""),
    ("#Out of scope: facilities", "out-of-scope", "facilities"),
    ("#非IT", "out-of-scope", ""),
    ("#非it职责 空调", "out-of-scope", "空调"),
    ("#spam", "spam", ""),
    ("#垃圾！", "spam", ""),
    ("#split", "split", ""),
    ("#拆分：第二件事是鼠标", "split", "第二件事是鼠标"),
    ("#approve", "approve", ""),
    ("#审批 li.lei", "approve", "li.lei"),
    ("#not-approved no budget", "not-approved", "no budget"),
    ("#Not approved, no budget", "not-approved", "no budget"),
    ("#未获批准：没有预算", "not-approved", "没有预算"),
]

# Clearly meant to be something else: asked with one tap.
MEANT = [
    ("#reslove", "#resolve"),
    ("#reslove new toner", "#resolve new toner"),
    ("#resolev", "#resolve"),
    ("#resovle: new toner", "#resolve new toner"),
    ("#Resolved new toner", "#resolve new toner"),
    ("#tkae", "#take"),
    ("#tak", "#take"),
    ("#taek!", "#take"),
    ("#taje 👍", "#take 👍"),
    ("#asign Wang Wei", "#assign Wang Wei"),
    ("#assing Wang Wei", "#assign Wang Wei"),
    ("#pirority P2", "#priority P2"),
    ("#prio P2", "#priority P2"),
    ("#P2", "#priority P2"),
    ("#p1 whole floor down", "#priority P1 whole floor down"),
    ("#Ｐ２", "#priority P2"),
    ("#categry hardware", "#category hardware"),
    ("#esclate L2", "#escalate L2"),
    ("#escalte", "#escalate"),
    ("#outofscope", "#out-of-scope"),
    ("#clsoe duplicate", "#close duplicate"),
    ("#hodl 2d", "#hold 2d"),
    ("#repoen", "#reopen"),
    ("#接但", "#接单"),
    ("#接旦", "#接单"),
    ("＃接單", "#接单"),
    ("#街单。", "#接单"),
    ("#jiedan", "#接单"),
    ("#转排 王伟", "#转派 王伟"),
    ("#zhuanpai 王伟", "#转派 王伟"),
    ("#解绝 换墨盒。", "#解决 换墨盒。"),
    ("#解決：换墨盒", "#解决 换墨盒"),
    ("#jiejue 换墨盒", "#解决 换墨盒"),
    ("#关必 重复", "#关闭 重复"),
    ("#guanbi 重复", "#关闭 重复"),
    ("#备住 用户不在", "#备注 用户不在"),
    ("#刮起 2d", "#挂起 2d"),
    ("#guaqi 2d 等配件", "#挂起 2d 等配件"),
    ("#优先及P2", "#优先级 P2"),
    ("#chaifen", "#拆分"),
    ("#shengji", "#升级"),
    ("#升及", "#升级"),
]

# Text: goes where the mail goes.
TEXT = [
    "#1 the printer", "# take", "#", "##take", "#!take", "#-take", "#42", "Hello #take", "C# compiler is missing",
    "*take", "take", "接单", "＃１ 号打印机", "#️⃣ take", "- #take", "(#take)", "@take", "“take”", "No. 3", "#？",
]  # fmt: skip

# Neither: nothing is done, the transcript says so.
WRONG = ["#qqxx bar", "#重启服务器后好了", "#take it away please", "#接单但是要明天", "#close", "#assign"]


def test_the_tables_are_large_enough() -> None:
    assert len(UNDERSTOOD) + len(MEANT) + len(TEXT) + len(WRONG) >= 150


@pytest.mark.parametrize(("line", "verb", "argument"), UNDERSTOOD)
def test_a_command_is_understood_as_it_is_typed(line: str, verb: str, argument: str) -> None:
    parsed = parse(f"{line}\nHello Tom")
    assert [(each.verb, each.argument) for each in parsed.commands] == [(verb, argument)]
    assert (parsed.problems, parsed.text) == ((), "Hello Tom")


@pytest.mark.parametrize(("line", "meant"), MEANT)
def test_a_mistyped_command_is_asked_about(line: str, meant: str) -> None:
    parsed = parse(f"{line}\nHello Tom")
    assert parsed.commands == ()
    assert parsed.correctable
    assert [each for _, each in parsed.corrections] == [meant]
    assert corrected(f"{line}\nHello Tom") == f"{meant}\nHello Tom"
    assert parse(corrected(line)).problems == ()
    assert parse(f"{line}\nHello Tom", unknown="text").text == f"{line.strip()}\nHello Tom"


@pytest.mark.parametrize("line", TEXT)
def test_what_is_no_command_is_text(line: str) -> None:
    assert parse(line) == parse(line, unknown="text")
    assert (parse(line).commands, parse(line).problems, parse(line).text) == ((), (), line)


@pytest.mark.parametrize("line", WRONG)
def test_what_is_not_clear_is_not_guessed(line: str) -> None:
    parsed = parse(line)
    assert parsed.commands == ()
    assert parsed.problems and not parsed.correctable
    assert corrected(line) == line


def test_of_two_wrong_lines_both_are_corrected_or_neither_is() -> None:
    both = parse("#tkae\n#reslove done")
    assert both.correctable and [meant for _, meant in both.corrections] == ["#take", "#resolve done"]
    assert not parse("#tkae\n#qqxx bar").correctable
    assert not parse("#tkae\n#close").correctable


def test_no_command_s_own_name_is_taken_for_another() -> None:
    for verb in VERBS:
        for name in (verb.name, *verb.chinese):
            parsed = parse(f"#{name} P2")
            assert not parsed.corrections
            assert [each.verb for each in parsed.commands] == [verb.name] or parsed.problems


_TYPED = st.text(
    alphabet=st.one_of(
        st.sampled_from("#＃takeresolvenote接单解决但绝P12 \n\t\u200b\ufeff\u00a0“”：。！👍\u0301ﬁ"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)


@settings(max_examples=400, deadline=None)
@given(_TYPED)
def test_any_text_is_read_and_reads_the_same_in_its_compatible_form(text: str) -> None:
    parsed = parse(text)
    folded = parse(unicodedata.normalize("NFKC", text))
    assert [each.verb for each in parsed.commands] == [each.verb for each in folded.commands]
    assert len(parsed.problems) == len(folded.problems)
    assert parse(corrected(text)).corrections == ()


def test_a_long_text_of_commands_is_read_in_one_pass() -> None:
    for line in ("#take\n", "#\u200b", "＃接但", "#tkae ", "“#take”\n", "#P2", "# "):
        assert parse(line * 20_000) is not None


def _at(text: str) -> tuple[str, str]:
    # A Monday morning in Shanghai.
    until, why = a_wait(text, datetime(2024, 3, 4, 2, 0, tzinfo=UTC), POLICY)
    return until.astimezone(UTC).strftime("%m-%d %H:%M"), why


@pytest.mark.parametrize(
    ("text", "until", "why"),
    [
        ("2d waiting", "03-06 02:00", "waiting"),
        ("2 days waiting", "03-06 02:00", "waiting"),
        ("２d 等配件", "03-06 02:00", "等配件"),
        ("两天 等配件", "03-06 02:00", "等配件"),
        ("2天，等配件。", "03-06 02:00", "等配件。"),
        ("3个工作日", "03-07 02:00", ""),
        ("1w", "03-11 02:00", ""),
        ("一周 等配件", "03-11 02:00", "等配件"),
        ("30 min", "03-04 02:30", ""),
        ("30分钟", "03-04 02:30", ""),
        ("2 hours lunch", "03-04 04:00", "lunch"),
        ("半小时", "03-04 02:30", ""),
        ("半天", "03-04 07:00", ""),
        ("until friday", "03-08 01:00", ""),
        ("until Friday, part comes", "03-08 01:00", "part comes"),
        ("till tomorrow", "03-05 01:00", ""),
        ("tomorrow he is back", "03-05 01:00", "he is back"),
        ("monday", "03-11 01:00", ""),
        ("next monday", "03-11 01:00", ""),
        ("next week", "03-11 01:00", ""),
        ("next friday", "03-15 01:00", ""),
        ("until Mar 20", "03-20 01:00", ""),
        ("until 20 March", "03-20 01:00", ""),
        ("到周五", "03-08 01:00", ""),
        ("至周五 等配件", "03-08 01:00", "等配件"),
        ("周五，等配件", "03-08 01:00", "等配件"),
        ("星期五", "03-08 01:00", ""),
        ("明天", "03-05 01:00", ""),
        ("到明天，用户出差", "03-05 01:00", "用户出差"),
        ("后天", "03-06 01:00", ""),
        ("下周", "03-11 01:00", ""),
        ("下周一", "03-11 01:00", ""),
        ("到下个星期三 等配件", "03-13 01:00", "等配件"),
        ("本周五", "03-08 01:00", ""),
        ("到3月20日", "03-20 01:00", ""),
        ("3月20日 等配件", "03-20 01:00", "等配件"),
        ("03-20 part", "03-20 01:00", "part"),
        ("2024-03-20", "03-20 01:00", ""),
    ],
)
def test_how_long_to_wait_is_read_as_people_say_it(text: str, until: str, why: str) -> None:
    assert _at(text) == (until, why)


@pytest.mark.parametrize(
    "text", ["today", "今天", "soon", "等配件", "on monitor", "2024-02-30", "Feb 31", "fridays maybe"]
)
def test_what_says_no_time_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        _at(text)


@pytest.mark.parametrize(
    "text",
    [
        "wang.wei", "Wang.Wei@corp.example", "Wang Wei", "wei wang", "@wang.wei", "to Wang Wei", "王伟", "王伟。",
        "给王伟", "@王伟", "“王伟”", "王伟 👍", "王伟 <wang.wei@corp.example>", " 王伟！",
    ],
)  # fmt: skip
def test_a_colleague_is_found_however_they_are_called(text: str) -> None:
    assert a_colleague(text, POLICY).address == "wang.wei@corp.example"


def test_codes_stand_with_whatever_is_around_them() -> None:
    team = next(iter(POLICY.teams.values()))
    assert a_team(f"{team.title.zh}。", POLICY) == a_team(f" “{team.code.upper()}” 🙏", POLICY) == team
    assert a_priority("Ｐ２。") == a_priority("2!") == a_priority("p2 👍") == ("P2", "")
    assert a_priority("P1，全公司断网") == ("P1", "全公司断网")
    assert (
        some_fields("phone and location")
        == some_fields("电话和地点。")
        == some_fields("电话/地点")
        == ("phone", "location")
    )
    for name, label in FIELD_LABELS.items():
        assert some_fields(label.en) == some_fields(label.zh) == (name,)
