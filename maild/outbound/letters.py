"""Which letters there are: what each may say beside its ticket, with the value that stands for "nothing said", and its
buttons. A letter that is not listed here cannot be written; a value that the sender of a letter leaves out has its
default, so that a letter never fails for want of a word.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from maild.model import Words


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter. `verbs` are its buttons; view.py leaves out those that make no sense now. `title` is what people
    call it, for those that can fail to reach somebody."""

    values: Mapping[str, object] = field(default_factory=dict)
    verbs: tuple[str, ...] = ()
    title: Words = field(default=Words("", ""))


RATES = ("rate5", "rate4", "rate3", "rate2", "rate1")
# Closings after which the desk asks how it was; the others leave nothing to rate.
RATED_CLOSINGS = frozenset({"confirmed", "unconfirmed", "by_agent"})

_WORK = ("take", "resolve", "escalate")

LETTERS: Mapping[str, Letter] = {
    "requester/acknowledged": Letter(
        {
            "hint": "",
            "outside_hours": False,
            "missing": (),
            "secret": False,
            "second_problem": "",
            "picture": False,
            "known": (),
            "approver": "",
        },
        ("withdraw",),
        Words("the acknowledgement", "受理通知"),
    ),
    "requester/info_requested": Letter(
        {"fields": (), "text": "", "agent": ""}, title=Words("the question for details", "补充信息的请求")
    ),
    "requester/reminder": Letter({"step": 1, "closes": "", "fields": ()}, title=Words("a reminder", "提醒")),
    "requester/reply": Letter({"text": ""}, title=Words("an agent's reply", "支持人员的回复")),
    "requester/out_of_scope": Letter({"guidance": "", "closes": ""}, title=Words("where to turn", "非IT职责的说明")),
    "requester/resolved": Letter(
        {"summary": "", "agent": "", "closes": ""}, ("solved", "unsolved"), Words("the solution", "解决通知")
    ),
    "requester/confirm_reminder": Letter(
        {"closes": ""}, ("solved", "unsolved"), Words("the question whether it is solved", "确认提醒")
    ),
    "requester/closed": Letter({"by": "confirmed", "reason": ""}, RATES, Words("the closing", "关闭通知")),
    "requester/reopened": Letter(title=Words("that it is open again", "重新打开的通知")),
    "requester/progress": Letter(title=Words("how it stands", "进度说明")),
    "requester/joined": Letter({"by": ""}, title=Words("that a mail has joined a ticket", "邮件并入工单的通知")),
    "requester/started": Letter({"agent": ""}, title=Words("that work has begun", "开始处理的通知")),
    "requester/cannot_read": Letter({"cause": "unreadable"}, title=Words("that we cannot read it", "无法读取的通知")),
    "requester/summary": Letter({"rows": (), "count": 0}, title=Words("many messages in one mail", "合并的自动消息")),
    "requester/approval": Letter({"how": "asked", "who": "", "text": ""}, title=Words("about an approval", "审批说明")),
    "requester/secret": Letter(title=Words("to change a password", "修改密码的提醒")),
    "stranger/received": Letter(title=Words("the answer to a stranger", "对外部来信的答复")),
    "approver/asked": Letter(
        {"text": "", "words": "", "by": "", "again": False},
        ("agree", "disagree"),
        Words("the question for approval", "审批请求"),
    ),
    "approver/unclear": Letter(
        verbs=("agree", "disagree"), title=Words("the question what an answer meant", "审批回复的确认")
    ),
    "approver/over": Letter(title=Words("that no approval is needed", "无需审批的通知")),
    "agent/new_ticket": Letter(
        {
            "text": "",
            "attachments": (),
            "claims": "",
            "team_wide": False,
            "similar": (),
            "verdict": "",
            "approval": "",
            "topic": "",
            "guidance": "",
            "second": "",
        },
        (*_WORK, "out-of-scope", "split"),
        Words("a new ticket", "新工单通知"),
    ),
    "agent/requester_replied": Letter(
        {"text": "", "attachments": (), "note": ""},
        ("resolve", "escalate"),
        Words("that the requester replied", "报障人回复通知"),
    ),
    "agent/reopened": Letter({"text": "", "note": ""}, _WORK, Words("that it is open again", "重新打开通知")),
    "agent/note": Letter({"author": "", "text": ""}, ("resolve", "escalate"), Words("an internal note", "内部备注")),
    "agent/sla_warning": Letter(
        {"clock": "response", "due": "", "share": 75}, _WORK, Words("that a target is near", "时限预警")
    ),
    "agent/sla_breach": Letter(
        {"clock": "response", "due": "", "step": 1}, _WORK, Words("that a target is missed", "超时通知")
    ),
    "agent/escalated": Letter(
        {"by": "", "escalated": False, "reason": "", "category": "", "text": ""},
        _WORK,
        Words("a ticket handed over", "转派或升级通知"),
    ),
    "agent/taken": Letter({"by": ""}, title=Words("that a colleague took it", "已被接单的通知")),
    "agent/transcript": Letter({"lines": (), "text": ""}, title=Words("what became of the commands", "命令执行结果")),
    "agent/confirm_command": Letter(
        {"commands": (), "text": "", "number": 0}, ("confirm",), Words("the question who wrote a mail", "命令确认")
    ),
    "agent/delivery_failed": Letter(
        {"address": "", "detail": "", "permanent": True, "unknown": False, "template": ""},
        title=Words("that a mail did not arrive", "投递失败通知"),
    ),
    "agent/approval": Letter(
        {"how": "agreed", "who": "", "text": ""},
        (*_WORK, "not-approved"),
        Words("the answer to an approval", "审批结果通知"),
    ),
    "agent/restricted": Letter(
        {"news": False, "closed_to": ""}, title=Words("about a restricted ticket", "受限工单的通知")
    ),
    "agent/closed": Letter({"how": "", "text": ""}, title=Words("that it is closed", "已关闭的通知")),
    "agent/summary": Letter({"rows": (), "count": 0}, title=Words("many notices in one mail", "合并的通知")),
    "lead/low_rating": Letter({"rating": 1, "text": ""}, title=Words("a low rating", "低分评价")),
    "admin/alarm": Letter({"what": "", "detail": "", "remedy": ""}, title=Words("an alarm", "告警")),
    "admin/recovered": Letter({"what": "", "detail": "", "since": ""}, title=Words("that it works again", "恢复通知")),
    "admin/quarantined": Letter({"rows": ()}, title=Words("mails that were put aside", "被隔离的邮件")),
    "admin/observed": Letter({"rows": ()}, title=Words("what observe mode held back", "观察模式的日报")),
}
