"""More examples of the letters that have several faces: one for each that a template can show. What a letter says on
an ordinary day stands in samples.py; here are the night, the long subject, the missing answer and their like.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from maild.model import Address, Clock, Done, Field, Mail, Policy, Ticket, Words
from maild.outbound import sample_answers as answered
from maild.outbound import samples

# Monday 23:01 in Shanghai, and the Saturday after.
_NIGHT = datetime(2026, 11, 23, 15, 1, tzinfo=UTC)
_SATURDAY = datetime(2026, 11, 28, 3, 20, tzinfo=UTC)
_NEXT_MORNING = datetime(2026, 11, 30, 5, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """One example: the mail, its ticket, and the moment at which it is written; `name` is empty for the first one."""

    name: str
    mail: Mail
    ticket: Ticket | None
    now: datetime


@dataclass(frozen=True, slots=True)
class _Face:
    """How a case differs from the ordinary one. `Words` stand for a text in the reader's language."""

    name: str
    values: Mapping[str, object] = field(default_factory=dict)
    ticket: Mapping[str, object] = field(default_factory=dict)
    mail: Mapping[str, object] = field(default_factory=dict)
    now: datetime = samples.NOW
    without_ticket: bool = False


_P1: Mapping[str, object] = {
    "subject": Words("ERP is down for everybody, month-end closing stopped", "全公司 ERP 打不开，月结做不下去"),
    "category": "software",
    "urgency": "high",
    "impact": "company",
    "importance": "high",
    "priority": "P1",
    "assignee": None,
    "reasons": (
        Words("category Software: “ERP”", "分类“软件问题”：“ERP”"),
        Words("high urgency: “stopped”", "紧急程度高：“做不下去”"),
        Words("affects the company: “everybody”", "影响范围全公司：“全公司”"),
        Words("critical system ERP", "关键系统 ERP"),
        Words("P1: high urgency × company, +1 critical system ERP", "P1：紧急程度高 × 影响范围全公司，+1 关键系统 ERP"),
    ),
    "created": _NIGHT - timedelta(minutes=1),
    "promise": _NIGHT + timedelta(minutes=14),
    "response": Clock(15, 1, _NIGHT, "24x7"),
    "resolution": Clock(240, 1, _NIGHT, "24x7"),
}
_LONG_SUBJECT = Words(
    "Printer HP LaserJet Pro M404dn in the corridor of the 3rd floor prints blank pages since the update this morning",
    "三楼走廊的 HP LaserJet Pro M404dn 打印机今早更新以后只出白纸，财务部和人力资源部都打不了报销单和合同，重启也没用",
)
_LONG_TEXT = Words(
    "Dear colleagues,\n\nsince this morning Excel shows the following when I open the report from the share:\n\n"
    "    Run-time error '1004': Method 'Open' of object 'Workbooks' failed\n"
    "    \\\\fileserver01\\finance\\2026\\11\\reports\\consolidated\\Closing_November_2026_final_v3_checked.xlsx\n\n"
    "https://intranet.corp.example/sites/finance/_layouts/15/viewlsts.aspx?view=14&path=%2Freports%2F2026%2F11\n\n"
    "I restarted twice and a colleague has the same. The closing is due tomorrow.\n\nThank you\nLi Lei",
    "各位老师好：\n\n今天早上开始，从共享盘打开报表时 Excel 提示：\n\n"
    "    运行时错误“1004”：类 Workbooks 的 Open 方法无效\n"
    "    \\\\fileserver01\\finance\\2026\\11\\reports\\consolidated\\Closing_November_2026_final_v3_checked.xlsx\n\n"
    "https://intranet.corp.example/sites/finance/_layouts/15/viewlsts.aspx?view=14&path=%2Freports%2F2026%2F11\n\n"
    "重启过两次了，隔壁同事也一样，明天就要交月报，麻烦尽快帮忙看一下。\n\n谢谢！\n李雷",
)
_ALL_FIELDS: Mapping[str, Words] = {
    "name": Words("Li Lei (for Han Meimei)", "韩梅梅（李雷代报）"),
    "department": Words("Finance, accounts payable", "财务部应付组"),
    "phone": Words("8123, mobile +86 138 0013 8000", "8123，手机 138 0013 8000"),
    "location": Words("Building B, 3rd floor, room 305, desk 12", "B 座 3 楼 305 室 12 号工位"),
    "when": Words("since this morning, about 8:50", "今天早上 8:50 左右开始"),
    "asset": Words("HP LaserJet Pro M404dn, sticker PRN-00317", "HP LaserJet Pro M404dn，资产编号 PRN-00317"),
    "software": Words("SAP GUI, Excel", "用友 U8、Excel"),
    "version": Words("7.70, patch level 12", "16.5 补丁 3"),
    "error": Words(
        "0x80070035 The network path was not found: \\\\printserver02.corp.example\\PRN-3F-EAST-LASERJET-M404DN",
        "0x80070035 找不到网络路径：\\\\printserver02.corp.example\\PRN-3F-EAST-LASERJET-M404DN",
    ),
    "steps": Words("opened the report, pressed Ctrl+P, chose the printer", "打开报表，按 Ctrl+P，选打印机，点打印"),
    "reproducible": Words("every time", "每次都会"),
    "impact": Words("eight people cannot print contracts", "八个人打不了合同，下午要签字"),
    "tried": Words("restarted printer and computer, no change", "打印机和电脑都重启过，没有用"),
}
_NO_WORD = Words("category other: no known word", "分类“其他”：没有命中关键词")
_LATIN: Mapping[str, object] = {"requester": Address("anna.berg@corp.example", "Anna Berg")}
_NOBODY: Mapping[str, object] = {"assignee": None}
_ENOUGH: Mapping[str, object] = {"missing": (), "secret": False, "second_problem": "", "hint": ""}
_PLAIN: Mapping[str, object] = {
    "claims": "",
    "verdict": "",
    "team_wide": False,
    "approval": "",
    "topic": "",
    "guidance": "",
    "second": "",
    "aside": "",
}
_FILES = (
    ("screenshot.png", 183_000, True),
    ("2026年11月合并报表（终稿）v3-财务部-李雷-已核对.xlsx", 1_204_000, True),
    ("crashdump-explorer.exe-pid-18244-20261123-085107-with-full-memory.zip", 48_300_000, False),
    ("log.txt", 840, True),
)

_FACES: Mapping[str, tuple[_Face, ...]] = {
    "requester/acknowledged": (
        _Face(
            "P1 at night",
            {**_ENOUGH, "outside_hours": True},
            {**_P1, "fields": {}},
            now=_NIGHT,
        ),
        _Face(
            "at the weekend",
            {**_ENOUGH, "outside_hours": True},
            {**_NOBODY, "created": _SATURDAY, "promise": _NEXT_MORNING},
            now=_SATURDAY,
        ),
        _Face("all told, long subject", _ENOUGH, {"subject": _LONG_SUBJECT, "fields": _ALL_FIELDS, **_LATIN}),
        _Face(
            "a picture alone",
            {**_ENOUGH, "picture": True},
            {"subject": "", "fields": {}, "category": "other", "reasons": (_NO_WORD,)},
        ),
        _Face(
            "a password, a second problem",
            {"hint": "", "missing": (), "secret": True, "second_problem": Words("my mailbox is full", "邮箱满了")},
        ),
        _Face("elsewhere", _ENOUGH, {"zone": "Europe/Berlin", **_LATIN}),
        _Face("approval asked", {**_ENOUGH, "approver": Words("Zhao Min", "赵敏")}),
        _Face("another problem than the incident", {**_ENOUGH, "alone": True}),
        _Face("a promise that has passed", _ENOUGH, {"promise": samples.NOW - timedelta(minutes=1)}),
    ),
    "requester/info_requested": (
        _Face("a question alone", {"fields": ()}),
        _Face("fields alone", {"text": "", "fields": ("phone", "version", "error", "steps", "reproducible")}),
    ),
    "requester/reminder": (_Face("the last", {"step": 2}),),
    "requester/reply": (_Face("long", {"text": _LONG_TEXT}),),
    "requester/out_of_scope": (_Face("nobody to name", {"guidance": ""}),),
    "requester/resolved": (
        _Face("without a word", {"summary": ""}),
        _Face("long, a Latin name", {"summary": _LONG_TEXT, "agent": "Anna Berg"}, {"subject": _LONG_SUBJECT}),
    ),
    "requester/confirm_reminder": (_Face("without a word", {}, {"summary": ""}),),
    "requester/closed": (
        _Face("no answer", {"by": "unconfirmed"}),
        _Face("by an agent", {"by": "by_agent", "reason": Words("The machine was replaced.", "机器已经换新。")}),
        _Face("withdrawn", {"by": "withdrawn"}),
        _Face("out of scope", {"by": "out_of_scope"}),
        _Face("a duplicate", {"by": "duplicate"}),
        _Face("spam", {"by": "spam"}),
    ),
    "requester/reopened": (_Face("nobody yet", {}, {**_NOBODY, "promise": None, "subject": _LONG_SUBJECT}),),
    "requester/progress": (
        _Face("late", {}, {"promise": samples.NOW - timedelta(minutes=40)}),
        _Face("on hold", {}, {"state": "on_hold", "hold_until": samples.NOW + timedelta(days=9), "promise": None}),
        _Face("closed", {}, {"state": "closed", "outcome": "confirmed"}),
        _Face("P1, nobody yet", {}, _P1, now=_NIGHT),
        _Face("a known incident", {"incident": Words("VPN does not connect", "VPN 连不上")}),
        _Face("waits for an approval", {"approver": "韩梅梅"}, {"state": "on_hold", "promise": None}),
    ),
    "requester/approval": (
        _Face("agreed", {"how": "agreed"}),
        _Face(
            "not approved",
            {"how": "declined", "text": Words("The budget of this year is used up.", "今年的预算已经用完。")},
        ),
    ),
    "requester/joined": (_Face("nobody yet", {"by": "Anna Berg"}, _NOBODY),),
    "requester/started": (_Face("P1, a Latin name", {"agent": "Anna Berg"}, _P1, now=_NIGHT),),
    "requester/cannot_read": (
        _Face("too big", {"cause": "too_big"}),
        _Face("damaged, no ticket", {"cause": "unreadable"}, without_ticket=True),
    ),
    "agent/new_ticket": (
        _Face(
            "all told",
            {**_PLAIN, "text": _LONG_TEXT, "attachments": _FILES, "verdict": "requester"},
            {"subject": _LONG_SUBJECT, "fields": _ALL_FIELDS, "internal": True},
        ),
        _Face(
            "P1 at night",
            {**_PLAIN, "team_wide": True, "attachments": (), "similar": ()},
            {**_P1, "fields": {}},
            {"urgent": True},
            now=_NIGHT,
        ),
        _Face(
            "hardly a word",
            {**_PLAIN, "text": "", "attachments": (), "verdict": "failed", "similar": ()},
            {"subject": "", "fields": {}, "reasons": (), **_LATIN},
        ),
    ),
    "agent/registered": (
        _Face("whose is it", {"how": "whose", "sender": "monitor@corp.example"}, {}, {"reply": "internal"}),
        _Face(
            "several of that name",
            {"how": "whose", "sender": "李雷", "candidates": ("李雷 <li.lei@corp.example>", "李雷 <l2@corp.example>")},
            {},
            {"reply": "internal"},
        ),
        _Face("restricted", {"how": "closed", "text": ""}, {}, {"reply": "internal"}),
        _Face("long", {"text": _LONG_TEXT}, {"subject": _LONG_SUBJECT, "fields": _ALL_FIELDS, **_LATIN}),
    ),
    "agent/files": (
        _Face("one is gone", {"attachments": (("log.zip", 3_400_000, False, 2),), "gone": (2,)}, without_ticket=True),
        _Face("all there", {"attachments": (("screen.png", 183_000, True, 1),)}, without_ticket=True),
    ),
    "agent/requester_replied": (
        _Face("asks again", {"note": "asks how it stands, again", "attachments": ()}),
        _Face("long", {"text": _LONG_TEXT, "note": "", "attachments": _FILES}, _LATIN),
    ),
    "agent/reopened": (
        _Face("the waiting is over", {"text": "", "note": "the waiting is over"}, {}, {"reply": "internal"}),
    ),
    "agent/note": (_Face("long, a Latin name", {"text": _LONG_TEXT, "author": "Anna Berg"}),),
    "agent/sla_warning": (
        _Face("the solution", {"clock": "resolution"}, {**_LATIN, "responded": samples.NOW}),
        _Face("after commands", mail={"done": Done(samples.NOW - timedelta(hours=2), ("#take", "#priority P2"), True)}),
    ),
    "agent/sla_breach": (
        _Face("the first answer, P1", {"clock": "response", "due": _NIGHT, "step": 1}, _P1, now=_NIGHT),
    ),
    "agent/escalated": (
        _Face("handed over", {"by": "Anna Berg", "escalated": False, "reason": "", "text": ""}),
        _Face("another category", {"escalated": False, "reason": "", "text": "", "category": Words("Network", "网络")}),
    ),
    "agent/approval": (
        _Face("agreed", {"how": "agreed", "text": ""}),
        _Face("no answer", {"how": "silent", "text": ""}),
        _Face("away", {"how": "away", "text": ""}),
        _Face("unclear", {"how": "unclear"}),
        _Face("unclear again", {"how": "unclear", "answered": False}),
        _Face("unproved again", {"how": "unproved", "answered": False}),
        _Face("too late", {"how": "late"}),
    ),
    "agent/restricted": (
        _Face("nobody there", {"news": True, "closed_to": ""}),
        _Face("from now on", {"news": False, "closed_to": ""}),
    ),
    "agent/taken": (_Face("a Latin name", {"by": "Anna Berg"}),),
    "requester/corrected": (
        _Face("solved", {"how": "resolved"}, {"state": "resolved"}),
        _Face("waits for details", {"how": "pending", "fields": ("phone", "asset")}, {"state": "pending"}),
        _Face("on hold", {"how": "on_hold"}, {"state": "on_hold", "hold_until": _SATURDAY}),
        _Face("out of scope", {"how": "sent_away"}, {"state": "pending", "category": "out_of_scope"}),
        _Face("closed", {"how": "closed", "stands": True}, {"state": "closed", "outcome": "confirmed"}),
        _Face("not begun", {"how": "new"}, {"state": "new", "assignee": None}),
        _Face("who reads along", {"how": "resolved", "own": False}, {"state": "resolved"}),
    ),
    "agent/transcript": (
        _Face("all done", {"lines": (("#take", True, ""), ("#priority P2", True, "")), "text": ""}),
        _Face(
            "one of two",
            {
                "lines": (("IT-3: #take", True, ""), ("IT-7: #take", False, Words("it is closed", "工单已关闭"))),
                "text": "",
            },
        ),
        _Face(
            "a remark alone", {"lines": (("", False, Words("kept as an internal note", "已存为内部备注")),), "text": ""}
        ),
    ),
    "agent/answer": (
        _Face("figures", {"parts": answered.figures()}, without_ticket=True),
        _Face("commands", {"parts": answered.commands()}, without_ticket=True),
        _Face("words that went to nobody", {"parts": (), "text": _LONG_TEXT}, without_ticket=True),
    ),
    "agent/ticket": (
        _Face(
            "bare",
            {**dict.fromkeys(answered.ticket("en", ""), ()), "waits": Words("new", "新建")},
            {"subject": "", "fields": {}, "reasons": (), "summary": ""},
        ),
    ),
    "requester/answer": (_Face("a second matter", {"text": _LONG_TEXT}, without_ticket=True),),
    "agent/confirm_command": (_Face("no command", {"commands": (), "text": _LONG_TEXT}),),
    "agent/no_more_questions": (_Face("an admin", {"admin": True}, without_ticket=True),),
    "agent/did_you_mean": (
        _Face("kept inside", {"goes": "internal", "text": ""}),
        _Face("no ticket", {"goes": "report"}, without_ticket=True),
        _Face("two lines", {"rows": (("#tkae", "#take"), ("#P2 urgent", "#priority P2 urgent"))}),
    ),
    "agent/expired": (
        _Face("no ticket", {"rows": ((samples.NOW, ""), (samples.NOW, "IT-7")), "count": 2}, without_ticket=True),
    ),
    "agent/collision": (_Face("nothing but a command", {"text": ""}), _Face("long", {"words": _LONG_TEXT})),
    "agent/delivery_failed": (
        _Face("given up", {"permanent": False, "detail": "451 4.7.1 try again later"}),
        _Face("unknown", {"permanent": False, "unknown": True, "detail": ""}),
        _Face("no ticket", {}, without_ticket=True),
    ),
    "requester/merged": (
        _Face("the same person", {"same": True}),
        _Face("in copy", {"copied": True}),
    ),
    "requester/in_copy": (
        _Face("solved", {"how": "solved", "text": Words("The fuser was replaced.", "已更换定影组件。")}),
        _Face("closed", {"how": "closed", "text": ""}),
    ),
    "agent/merged": (
        _Face("the same person", {"same": True}),
        _Face("merged into another", {"source": "", "into": "IT-1007", "text": ""}, {"outcome": "duplicate"}),
    ),
    "agent/closed": (_Face("withdrawn", {"how": "withdrawn", "text": ""}, {"outcome": "withdrawn"}),),
    "lead/low_rating": (_Face("without a word", {"rating": 1, "text": ""}, {"summary": ""}),),
    "lead/mass_incident": (
        _Face("more of them", {"why": "more", "count": 31, "more": 28}),
        _Face("a reminder", {"why": "reminder"}),
        _Face("nobody answers", {"why": "nobody", "departments": (), "title": ""}),
    ),
    "approver/asked": (
        _Face("the first time", {"again": False, "words": _LONG_TEXT, "by": "Anna Berg"}, {"subject": _LONG_SUBJECT}),
    ),
    "admin/alarm": (_Face("bare", {"detail": "", "remedy": ""}),),
    "admin/quarantined": (_Face("still there", {"again": True, "more": 0}),),
    "admin/answer": (_Face("nothing done", {"how": "nothing"}), _Face("plain words", {"how": "words", "lines": ()})),
}


def policy(language: str) -> Policy:
    """The desk of the examples, its agents named as its readers would write them."""
    if language.lower().startswith("zh"):
        return samples.POLICY
    names = {"wang.wei@corp.example": "Wang Wei", "zhao.min@corp.example": "Zhao Min"}
    agents = {address: replace(agent, name=names[address]) for address, agent in samples.POLICY.agents.items()}
    return replace(samples.POLICY, agents=agents)


def cases(language: str) -> Iterator[Case]:
    """Every letter with all its examples, as it would be written to a reader of that language."""
    for mail, ticket in samples.letters(language):
        yield Case("", mail, ticket, samples.NOW)
        for face in _FACES.get(mail.template, ()):
            yield _case(face, mail, ticket, language)


def _case(face: _Face, mail: Mail, ticket: Ticket | None, language: str) -> Case:
    values = {**mail.values, **{key: _said(value, language) for key, value in face.values.items()}}
    told = replace(mail, values=values, **{key: value for key, value in face.mail.items()})  # type: ignore[arg-type] # any field of Mail
    if ticket is None or face.without_ticket:
        return Case(face.name, told, None, face.now)
    changes = {key: _said(value, language) for key, value in face.ticket.items()}
    fields = face.ticket.get("fields")
    if isinstance(fields, Mapping):
        changes["fields"] = {name: Field(name, words.for_(language), "text") for name, words in fields.items()}
    return Case(face.name, told, replace(ticket, **changes), face.now)  # type: ignore[arg-type] # any field of Ticket


def _said(value: object, language: str) -> object:
    return value.for_(language) if isinstance(value, Words) else value
