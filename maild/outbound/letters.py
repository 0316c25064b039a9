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


DIFFERENT = "different"
RATES = ("rate5", "rate4", "rate3", "rate2", "rate1")
# Closings after which the desk asks how it was; the others leave nothing to rate.
RATED_CLOSINGS = frozenset({"confirmed", "unconfirmed", "by_agent"})

_WORK = ("take", "ask", "resolve", "escalate")

LETTERS: Mapping[str, Letter] = {
    "requester/acknowledged": Letter(
        {
            "hint": "",
            "outside_hours": False,
            "missing": (),
            "secret": False,
            "second_problem": "",
            "picture": False,
            "alone": False,
            "known": (),
            "follows": "",
            "approver": "",
            "split_from": "",
            "split_part": "",
            "registered": "",
        },
        ("withdraw",),
        Words("the acknowledgement", "受理通知"),
    ),
    "requester/info_requested": Letter(
        {"fields": (), "text": "", "agent": "", "reminds": "", "closes": "", "registered": ""},
        title=Words("the question for details", "补充信息的请求"),
    ),
    "requester/reminder": Letter(
        {"step": 1, "last": False, "closes": "", "fields": ()}, title=Words("a reminder", "提醒")
    ),
    "requester/reply": Letter({"text": ""}, title=Words("an agent's reply", "支持人员的回复")),
    "requester/out_of_scope": Letter(
        {"guidance": "", "closes": "", "registered": ""}, title=Words("where to turn", "非IT职责的说明")
    ),
    "requester/resolved": Letter(
        {"summary": "", "agent": "", "closes": "", "registered": ""},
        ("solved", "unsolved"),
        Words("the solution", "解决通知"),
    ),
    "requester/confirm_reminder": Letter(
        {"closes": ""}, ("solved", "unsolved"), Words("the question whether it is solved", "确认提醒")
    ),
    "requester/closed": Letter(
        {"by": "confirmed", "reason": "", "who": "", "registered": ""}, RATES, Words("the closing", "关闭通知")
    ),
    "requester/reopened": Letter(
        {"how": "contested", "who": ""}, title=Words("that it is open again", "重新打开的通知")
    ),
    "requester/corrected": Letter(
        {"at": "", "agent": "", "how": "open", "fields": (), "stands": False, "own": True},
        ("solved", "unsolved"),
        Words("that a mail is to be disregarded", "更正通知"),
    ),
    "requester/known_incident": Letter(
        {"title": "", "registered": ""}, (DIFFERENT,), Words("that it is a known incident", "已知故障的通知")
    ),
    "requester/progress": Letter({"incident": "", "approver": ""}, title=Words("how it stands", "进度说明")),
    "requester/joined": Letter({"by": ""}, title=Words("that a mail has joined a ticket", "邮件并入工单的通知")),
    "requester/passed_on": Letter({"accepted": False}, title=Words("that a mail was passed on", "邮件已转交的通知")),
    "requester/merged": Letter(
        {"into": "", "same": False, "copied": False}, title=Words("which number counts now", "工单合并的通知")
    ),
    "requester/in_copy": Letter(
        {"how": "added", "by": "", "requester": "", "text": "", "words": ""},
        title=Words("that one is in copy", "抄送通知"),
    ),
    "requester/new_promise": Letter(
        {"reason": "", "was": ""}, title=Words("that the time of the first contact has changed", "联系时间变更的通知")
    ),
    "requester/started": Letter({"agent": ""}, title=Words("that work has begun", "开始处理的通知")),
    "requester/cannot_read": Letter({"cause": "unreadable"}, title=Words("that we cannot read it", "无法读取的通知")),
    "requester/summary": Letter({"rows": (), "count": 0}),
    "requester/approval": Letter({"how": "asked", "who": "", "text": ""}, title=Words("about an approval", "审批说明")),
    "requester/secret": Letter(title=Words("to change a password", "修改密码的提醒")),
    "requester/answer": Letter({"parts": (), "text": ""}, title=Words("how your tickets stand", "进度查询结果")),
    "stranger/received": Letter(),
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
            "follows": "",
            "team_wide": False,
            "similar": (),
            "verdict": "",
            "approval": "",
            "topic": "",
            "guidance": "",
            "second": "",
            "split_from": "",
            "aside": "",
            "registered": "",
        },
        (*_WORK, "out-of-scope", "split", "use"),
    ),
    "agent/registered": Letter({"how": "", "text": "", "sender": "", "candidates": ()}, _WORK),
    "agent/files": Letter({"tag": "", "attachments": (), "gone": (), "limit": 0}),
    "agent/requester_replied": Letter(
        {"text": "", "attachments": (), "note": "", "writer": "", "done": ()}, ("ask", "resolve", "escalate")
    ),
    "agent/colleague_wrote": Letter(
        {"text": "", "attachments": (), "writer": "", "address": "", "number": 0}, ("accept",)
    ),
    "agent/reopened": Letter({"text": "", "note": "", "writer": "", "done": ()}, _WORK),
    "agent/note": Letter({"author": "", "text": ""}, ("resolve", "escalate")),
    "agent/sla_warning": Letter({"clock": "response", "due": "", "share": 75, "done": ()}, _WORK),
    "agent/sla_breach": Letter({"clock": "response", "due": "", "step": 1, "tier": "", "done": ()}, _WORK),
    "agent/escalated": Letter(
        {"by": "", "escalated": False, "reason": "", "back": False, "category": "", "text": "", "done": ()}, _WORK
    ),
    "agent/taken": Letter({"by": ""}),
    "agent/undone": Letter({"by": "", "at": "", "did": ()}, _WORK),
    "agent/transcript": Letter({"lines": (), "text": ""}),
    "agent/confirm_command": Letter({"commands": (), "text": "", "number": 0}, ("confirm",)),
    "agent/no_more_questions": Letter({"asked": 3, "admin": False}),
    "agent/did_you_mean": Letter({"rows": (), "text": "", "goes": "internal", "number": 0}, ("correct", "as-text")),
    "agent/collision": Letter({"by": "", "at": "", "words": "", "text": "", "number": 0}, ("anyway", "discard")),
    "agent/expired": Letter({"rows": (), "count": 0}),
    "agent/delivery_failed": Letter({"address": "", "detail": "", "permanent": True, "unknown": False, "template": ""}),
    "agent/approval": Letter({"how": "agreed", "who": "", "text": "", "answered": True}, (*_WORK, "not-approved")),
    "agent/answer": Letter({"parts": (), "text": ""}),
    "agent/ticket": Letter(
        {"waits": "", "said": (), "done": (), "similar": (), "links": (), "files": (), "people": ()},
        ("take", "resolve", "escalate"),
    ),
    "agent/restricted": Letter({"news": False, "closed_to": ""}),
    "agent/closed": Letter({"how": "", "text": ""}),
    "agent/merged": Letter({"into": "", "source": "", "by": "", "same": False, "writer": "", "text": ""}),
    "agent/summary": Letter({"rows": (), "count": 0}),
    "agent/digest": Letter({"sections": (), "count": 0}, title=Words("the morning's digest", "今日工单一览")),
    "lead/digest": Letter(
        {"teams": (), "sections": (), "away": (), "overdue": 0}, title=Words("the team's digest", "今日团队一览")
    ),
    "agent/incident_open": Letter(
        {"by": "", "title": "", "count": 0, "since": "", "rows": ()}, ("take", "update", "resolve", "escalate")
    ),
    "lead/mass_incident": Letter(
        {"why": "new", "title": "", "count": 0, "since": "", "rows": (), "more": 0, "departments": ()},
        ("accept", "decline"),
    ),
    "lead/incident_contested": Letter({"title": "", "count": 0, "left": 0}, ("reopen", "update")),
    "lead/low_rating": Letter({"rating": 1, "text": ""}),
    "admin/alarm": Letter({"what": "", "detail": "", "remedy": ""}),
    "admin/recovered": Letter({"what": "", "detail": "", "since": ""}),
    "admin/unattended": Letter(),
    # Its buttons stand under each of its rows.
    "admin/quarantined": Letter({"rows": (), "more": 0, "again": False}, ("release", "drop", "block")),
    "admin/answer": Letter({"how": "done", "lines": ()}),
    "admin/observed": Letter({"rows": ()}),
}
