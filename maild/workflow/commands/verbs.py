"""The table of commands, written down once: the parser, the help mail, docs/agent.md and the transcript follow it."""

from dataclasses import dataclass
from typing import Literal

from maild.model import Words

Argument = Literal["none", "optional", "required"]
About = Literal["ticket", "desk"]
Who = Literal["agent", "lead", "anybody"]


@dataclass(frozen=True, slots=True)
class Verb:
    """One command: its English name, its Chinese names, what it takes, and what it does.

    about    "ticket": does something on a ticket, the one of its mail or those that it names first ("#resolve IT-3
             IT-7 …"); "desk": asks or tells the desk something, in a mail on a ticket as well as in a fresh one
    names    the tickets in its argument are its own ("#merge IT-7"): in a mail on no ticket the first of them is
             the one on which it is done
    who      listed agents; leads alone; or anybody, about what is theirs
    """

    name: str
    chinese: tuple[str, ...]
    argument: Argument
    usage: str
    does: Words
    about: About = "ticket"
    names: bool = False
    who: Who = "agent"


VERBS: tuple[Verb, ...] = (
    Verb("take", ("接单",), "none", "#take", Words("the ticket is yours", "工单由您处理")),
    Verb("assign", ("转派",), "required", "#assign WHO", Words("give it to a colleague", "转给同事")),
    Verb("team", ("转组",), "required", "#team NAME", Words("give it to another team", "转给其他组")),
    Verb("priority", ("优先级",), "required", "#priority P2 [REASON]", Words("set the priority", "设定优先级")),
    Verb("category", ("分类",), "required", "#category NAME", Words("correct the category", "更正分类")),
    Verb("note", ("备注",), "optional", "#note TEXT", Words("a note that stays inside", "内部备注，用户看不到")),
    Verb("ask", ("补充",), "required", "#ask FIELD, FIELD", Words("ask the requester for details", "请用户补充信息")),
    Verb(
        "use",
        ("引用",),
        "required",
        "#use IT-87 | NAME",
        Words("send that solution, or that macro", "把该工单的处理说明或常用回复发给用户"),
        names=True,
    ),
    Verb("hold", ("挂起",), "required", "#hold 2d REASON", Words("wait for something else", "等待其他事项")),
    Verb(
        "resolve",
        ("解决",),
        "optional",
        "#resolve [SUMMARY]",
        Words("solved: the requester is asked", "已解决，请用户确认"),
    ),
    Verb("close", ("关闭",), "required", "#close REASON", Words("close without confirmation", "不经确认直接关闭")),
    Verb("reopen", ("重开",), "optional", "#reopen [REASON]", Words("open it again", "重新打开")),
    Verb("undo", ("撤销",), "none", "#undo", Words("take back your last commands", "撤销您上一封命令邮件")),
    Verb("escalate", ("升级",), "optional", "#escalate [TIER]", Words("hand it to the next tier", "升级到下一级")),
    Verb(
        "out-of-scope", ("非it", "非it职责"), "optional", "#out-of-scope [TOPIC]", Words("not IT's job", "非IT职责范围")
    ),
    Verb(
        "split",
        ("拆分",),
        "optional",
        "#split [TEXT]",
        Words("a ticket of its own for the second problem", "为第二个问题另开工单"),
    ),
    Verb(
        "approve",
        ("审批",),
        "optional",
        "#approve [WHO] [WHY]",
        Words("ask the manager, or WHO, to agree", "请主管或指定的人审批"),
    ),
    Verb(
        "not-approved",
        ("未批准", "未获批准"),
        "optional",
        "#not-approved [TEXT]",
        Words("tell the requester that it was not approved, and close", "告知用户未获批准并关闭"),
    ),
    Verb("spam", ("垃圾",), "none", "#spam", Words("rubbish: close it silently", "垃圾邮件，静默关闭")),
    Verb(
        "incident",
        ("大面积故障", "重大事件"),
        "required",
        "#incident TITLE IT-1 IT-2",
        Words("many report the same: make it one mass incident", "多人报同一故障：登记为大面积故障"),
        names=True,
    ),
    Verb(
        "update",
        ("通报", "群发"),
        "optional",
        "#update TEXT",
        Words("tell every reporter of the mass incident, each separately", "逐一通知大面积故障的所有报障人"),
    ),
    Verb(
        "accept",
        ("接受", "接纳"),
        "optional",
        "#accept [TITLE | WHO]",
        Words("it is a mass incident; or a colleague who wrote may join", "确认是大面积故障；或接纳来信的同事为参与人"),
    ),
    Verb(
        "for",
        ("代报",),
        "required",
        "#for WHO [phone|chat|visit]",
        Words(
            "register what somebody told you; on a ticket: WHO is its requester",
            "代他人登记报障；写在已有工单上则更正报障人",
        ),
    ),
    Verb(
        "called",
        ("已电话",),
        "optional",
        "#called [NOTE]",
        Words("you have talked to the requester", "已电话联系用户"),
    ),
    Verb(
        "file",
        ("附件",),
        "optional",
        "#file N",
        Words("mail me attachment N, several (1 3), or all", "把第 N 个附件发给我，可写多个或“全部”"),
        about="desk",
    ),
    Verb("decline", ("拒绝",), "optional", "#decline [REASON]", Words("it is none", "不是大面积故障")),
    Verb(
        "help",
        ("帮助",),
        "optional",
        "#help [VERB]",
        Words("what can be written, or one command explained", "查看全部命令，或某一条的说明"),
        "desk",
        who="anybody",
    ),
    Verb(
        "mine",
        ("我的", "我的工单"),
        "none",
        "#mine",
        Words("your tickets, the most urgent first", "您的工单，最紧急的在前"),
        "desk",
        who="anybody",
    ),
    Verb(
        "status",
        ("进度", "查进度"),
        "optional",
        "#status [IT-12]",
        Words("how what you have reported stands", "您报的工单的进度"),
        "desk",
        who="anybody",
    ),
    Verb(
        "queue",
        ("队列",),
        "optional",
        "#queue [TEAM]",
        Words("what your team has: up for grabs, and in work", "本组待接单和处理中的工单"),
        "desk",
    ),
    Verb("overdue", ("超时",), "optional", "#overdue [TEAM]", Words("what is late", "已超时的工单"), "desk"),
    Verb(
        "show",
        ("查看",),
        "optional",
        "#show [IT-12]",
        Words("all of a ticket, notes included, for you alone", "工单全部内容（含内部备注），只发给您"),
        "desk",
    ),
    Verb(
        "find",
        ("查找", "搜索"),
        "required",
        "#find WORDS",
        Words("tickets with these words", "查找包含这些词的工单"),
        "desk",
    ),
    Verb(
        "report",
        ("报表", "统计"),
        "optional",
        "#report [last week]",
        Words("figures of a day, a week, a month", "某天、某周或某月的统计"),
        "desk",
    ),
    Verb(
        "away",
        ("休假", "外出"),
        "required",
        "#away until 12-01 [deputy WHO]",
        Words("you are away, or back", "登记休假或返岗"),
        "desk",
    ),
    Verb(
        "reassign",
        ("移交",),
        "required",
        "#reassign WHO WHO [all]",
        Words("hand over what a colleague has", "把一位同事的工单移交给另一位"),
        "desk",
        who="lead",
    ),
)
BY_NAME = {name: verb for verb in VERBS for name in (verb.name, *verb.chinese)}
