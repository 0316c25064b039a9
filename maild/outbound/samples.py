"""One example of every letter: what `maild check` renders in every language before a template is trusted."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from maild.model import (
    Address,
    Agent,
    Category,
    Clock,
    Desk,
    Field,
    Mail,
    Policy,
    Team,
    Ticket,
    Triage,
    Words,
)
from maild.model.aside import spoken
from maild.model.mail import Audience
from maild.outbound import sample_answers as answered
from maild.outbound.letters import LETTERS

# Monday morning in Shanghai.
NOW = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)
_DUE = NOW + timedelta(hours=4, minutes=25)
_LATER = NOW + timedelta(days=5)

POLICY = Policy(
    desk=Desk(
        name=Words("IT Service Desk", "IT服务台"),
        address="it@corp.example",
        hotline="8000",
        own_addresses=frozenset({"it@corp.example"}),
        internal_domains=frozenset({"corp.example"}),
    ),
    categories={
        "hardware": Category("hardware", Words("Hardware", "硬件故障"), "desk", ("phone", "asset")),
        "software": Category("software", Words("Software", "软件问题"), "desk"),
        "other": Category("other", Words("Other", "其他"), "desk"),
    },
    teams={"desk": Team("desk", Words("Front desk", "一线支持组"), lead="zhao.min@corp.example")},
    agents={
        "wang.wei@corp.example": Agent("wang.wei@corp.example", "王伟", ("desk",), language="zh-CN"),
        "zhao.min@corp.example": Agent("zhao.min@corp.example", "赵敏", ("desk",), lead=True, language="zh-CN"),
    },
)

_DONE = (
    (NOW - timedelta(hours=3), Words("assigned to Wang Wei", "分派给王伟")),
    (NOW - timedelta(hours=2), Words("first contact by Wang Wei", "王伟首次联系用户")),
    (NOW - timedelta(hours=1), Words("Wang Wei left a note", "王伟写了备注")),
)

TRIAGE = Triage(
    category="hardware",
    urgency="medium",
    impact="department",
    importance="normal",
    priority="P3",
    reasons=(
        Words("category Hardware: “printer”, “paper jam”", "分类“硬件故障”：“打印机”“卡纸”"),
        Words("medium urgency: nothing said about it", "紧急程度中：未说明"),
        Words("affects the department: “all of us”", "影响范围部门：“我们部门”"),
        Words("normal importance", "业务重要性一般"),
        Words("P3: medium urgency × department", "P3：紧急程度中 × 影响范围部门"),
    ),
)


def ticket(language: str = "zh-CN") -> Ticket:
    """A printer that jams, as known a few minutes after it was reported."""
    chinese = language.startswith("zh")
    known = (
        ("name", "李雷" if chinese else "Li Lei"),
        ("department", "财务部" if chinese else "Finance"),
        ("location", "3 楼 305" if chinese else "3rd floor, room 305"),
        ("error", "E3-7 卡纸" if chinese else "E3-7 paper jam"),
    )
    return Ticket(
        id=1042,
        state="open",
        subject="3 楼打印机卡纸" if chinese else "The printer on the 3rd floor jams",
        requester=Address("li.lei@corp.example", "李雷" if chinese else "Li Lei"),
        language=language,
        zone="Asia/Shanghai",
        category=TRIAGE.category,
        urgency=TRIAGE.urgency,
        impact=TRIAGE.impact,
        importance=TRIAGE.importance,
        priority=TRIAGE.priority,
        reasons=TRIAGE.reasons,
        team="desk",
        assignee="wang.wei@corp.example",
        created=NOW - timedelta(minutes=2),
        promise=_DUE,
        response=Clock(240, 2, NOW),
        resolution=Clock(3 * 480, 2, NOW),
        summary="换了搓纸轮，测试打印正常。" if chinese else "Replaced the pickup roller; test page is fine.",
        fields={name: Field(name, value, "text") for name, value in known},
    )


def values(letter: str, language: str) -> Mapping[str, object]:
    """Example values of one letter, every key of it set."""
    chinese = language.startswith("zh")
    text = (
        "3 楼的打印机一直卡纸，已经重启过了，还是不行。\n下午要打报表，麻烦尽快看看。"
        if chinese
        else "The printer on the 3rd floor keeps jamming; we restarted it, no change.\nReports are due this afternoon."
    )
    agent, lead = ("王伟", "赵敏") if chinese else ("Wang Wei", "Zhao Min")
    attachments = (("screenshot.png", 183_000, True, 1), ("log.zip", 3_400_000, False, 2))
    subject = ticket(language).subject
    rows = ((NOW, f"Re: [IT-1042] {subject}"), (NOW + timedelta(minutes=7), "Re: [IT-1043] VPN"))
    examples: Mapping[str, Mapping[str, object]] = {
        "requester/acknowledged": {
            "hint": "先关机，打开后盖，顺着纸的方向取出卡纸。"
            if chinese
            else "Switch it off, open the rear cover, and pull the paper out in its direction of travel.",
            "missing": ("phone", "asset"),
            "follows": "",
            "approver": "",
            "alone": False,
            "split_from": "",
            "split_part": "",
            "registered": "王伟根据您的来电，代您提交了这次报障。"
            if chinese
            else "Wang Wei has registered this for you from your call.",
        },
        "requester/info_requested": {
            "fields": ("phone", "version"),
            "text": "请问是哪一台打印机？" if chinese else "Which printer is it?",
            "agent": agent,
            "reminds": _LATER - timedelta(days=4),
            "closes": _LATER,
        },
        "requester/reminder": {"step": 1, "last": False, "closes": _LATER, "fields": ("phone",)},
        "requester/reply": {"text": text},
        "requester/out_of_scope": {
            "guidance": "请找行政部，分机 6600。" if chinese else "Please ask Facilities, extension 6600.",
            "closes": _LATER,
        },
        "requester/resolved": {"summary": ticket(language).summary, "agent": agent, "closes": _LATER},
        "requester/confirm_reminder": {"closes": _LATER},
        "requester/closed": {"by": "confirmed", "reason": "", "who": ""},
        "requester/reopened": {"how": "both"},
        "requester/passed_on": {"accepted": True},
        "requester/joined": {"by": "韩梅梅" if chinese else "Han Meimei"},
        "requester/merged": {"into": "IT-1007", "same": False, "copied": False},
        "requester/in_copy": {
            "how": "added",
            "by": agent,
            "requester": "韩梅梅" if chinese else "Han Meimei",
            "text": text,
            "words": "厂商明天到场。" if chinese else "The supplier will come tomorrow.",
        },
        "requester/new_promise": {
            "reason": Words("affects the department: “whole floor”", "影响范围部门：“整层”"),
            "was": _LATER,
        },
        "requester/known_incident": {"title": _incident(chinese)},
        "requester/progress": {"incident": "", "approver": ""},
        "agent/incident_open": {
            "by": lead,
            "title": _incident(chinese),
            "count": 12,
            "since": NOW - timedelta(minutes=25),
            "rows": _reports(chinese),
        },
        "lead/mass_incident": {
            "why": "new",
            "title": _incident(chinese),
            "count": 12,
            "since": NOW - timedelta(minutes=25),
            "rows": _reports(chinese),
            "more": 9,
            "departments": ("财务部", "采购部", "市场部") if chinese else ("Finance", "Purchasing", "Sales"),
        },
        "lead/incident_contested": {"title": _incident(chinese), "count": 3, "left": 5},
        "requester/started": {"agent": agent},
        "requester/approval": {"how": "asked", "who": lead, "text": ""},
        "approver/asked": {
            "text": text,
            "words": "需要您确认预算。" if chinese else "Please check the budget.",
            "by": agent,
            "again": True,
        },
        "requester/cannot_read": {"cause": "encrypted"},
        "agent/new_ticket": {
            "text": text,
            "attachments": attachments,
            "claims": "IT-7",
            "follows": "IT-987",
            "team_wide": True,
            "similar": ((87, "打印机卡纸" if chinese else "paper jam"), ("IT-91", "E3-7")),
            "verdict": "stranger",
            "approval": "赵敏 已同意。" if chinese else "Approved by Zhao Min.",
            "topic": "facilities",
            "guidance": "空调请找行政部，分机 6600。" if chinese else "For air conditioning: Facilities, 6600.",
            "second": "邮箱满了" if chinese else "my mailbox is full",
            "split_from": "IT-1041",
            "aside": (
                "与本台以往归为非IT职责的来信相似：“门禁卡”。如确非IT职责，请回复 #非IT。"
                if chinese
                else "Like tickets here that were not an IT matter: “badge”. If so, answer #out-of-scope."
            ),
        },
        "agent/registered": {"how": "", "text": text, "sender": "", "candidates": ()},
        "agent/files": {"tag": "IT-1042", "attachments": attachments, "gone": (), "limit": 20_000_000},
        "agent/requester_replied": {"text": text, "attachments": attachments, "note": "asks how it stands"},
        "agent/colleague_wrote": {
            "text": text,
            "attachments": attachments,
            "writer": "韩梅梅" if chinese else "Mary Jones",
            "address": "han.meimei@corp.example" if chinese else "mary.jones@corp.example",
            "number": 4711,
        },
        "agent/reopened": {
            "text": text,
            "note": Words("The requester wrote again after closing.", "关闭之后用户又来信了。"),
        },
        "agent/note": {"author": lead, "text": text},
        "agent/sla_warning": {"clock": "response", "due": _DUE, "share": 75},
        "agent/sla_breach": {
            "clock": "resolution",
            "due": _DUE,
            "step": 2,
            "tier": Words("second line", "二线支持"),
            "done": _DONE,
        },
        "agent/escalated": {
            "by": lead,
            "escalated": True,
            "reason": "没有备件" if chinese else "no spare parts",
            "category": "",
            "text": text,
            "done": _DONE,
        },
        "agent/approval": {"how": "disagreed", "who": lead, "text": "预算不够。" if chinese else "No budget."},
        "agent/answer": {"parts": answered.mine(), "text": ""},
        "agent/ticket": answered.ticket(language, text),
        "requester/answer": {"parts": answered.own(), "text": ""},
        "agent/restricted": {"news": False, "closed_to": "#take"},
        "agent/taken": {"by": agent},
        "agent/undone": {
            "by": lead,
            "at": NOW - timedelta(minutes=3),
            "did": (Words("#resolve", "#解决"), Words("#priority", "#优先级")),
        },
        "requester/corrected": {"at": NOW - timedelta(minutes=3), "agent": agent, "how": "open"},
        "agent/transcript": {
            "lines": (
                (
                    ("#接单", False, "因另一行有误，未执行"),
                    ("#优先级 P9", False, "“P9”不是优先级，请写 P1 到 P4，或 自动"),
                )
                if chinese
                else (
                    ("#take", False, "not done, because of the other line"),
                    ("#priority P9", False, "'P9' is no priority; write P1 to P4, or auto"),
                )
            ),
            "text": text,
        },
        "agent/confirm_command": {"commands": ("#resolve",), "text": text},
        "agent/no_more_questions": {"asked": 3},
        "agent/did_you_mean": {
            "rows": (("#接但", "#接单"),) if chinese else (("#reslove new toner", "#resolve new toner"),),
            "text": text,
            "goes": "public",
        },
        "agent/collision": {
            "by": lead,
            "at": NOW - timedelta(minutes=3),
            "words": "我这边看过了，是硒鼓的问题。" if chinese else "I had a look: it is the drum.",
            "text": text,
        },
        "agent/expired": {"rows": ((NOW - timedelta(hours=24), "IT-1042"),), "count": 1},
        "agent/delivery_failed": {
            "address": "li.lei@corp.example",
            "detail": "550 5.1.1 no such user",
            "permanent": True,
            "unknown": False,
            "template": "requester/acknowledged",
        },
        "agent/merged": {
            "source": "IT-1007",
            "into": "",
            "by": lead,
            "same": False,
            "writer": "韩梅梅" if chinese else "Mary Jones",
            "text": text,
        },
        "agent/closed": {"how": "confirmed", "text": text},
        "lead/low_rating": {"rating": 2, "text": text},
        "admin/alarm": {
            "what": "邮箱登录失败" if chinese else "the mailbox refuses the login",
            "detail": "NO Unsafe Login",
            "remedy": "在邮箱设置里生成授权码" if chinese else "make an app password",
        },
        "admin/recovered": {
            "what": "收信" if chinese else "fetching mail",
            "detail": "NO Unsafe Login",
            "since": NOW,
        },
        "agent/summary": {"rows": rows, "count": len(rows)},
        "requester/summary": {"rows": rows, "count": len(rows)},
        "admin/quarantined": {
            "rows": (
                (4711, "li.lei@corp.example", subject, spoken("quarantine", "no result within 10 s"), NOW, False),
                (4712, "eve@stranger.example", "", spoken("spam", "x-spam-flag: YES"), NOW, True),
            ),
            "more": 3,
        },
        "agent/digest": {"sections": _sections(subject), "count": 14},
        "lead/digest": {
            "teams": (
                (
                    Words("IT Service Desk", "服务台"),
                    Words("9 in work, 1 overdue, 2 with nobody, 4 waiting", "处理中 9，超时 1，无人接单 2，等待 4"),
                ),
            ),
            "sections": _sections(subject),
            "away": (("王伟" if chinese else "Wang Wei", _LATER),),
            "overdue": 1,
        },
        "admin/answer": {
            "lines": (
                ("放行 4711", True, "已放行，对应工单 IT-1042")
                if chinese
                else ("release 4711", True, "let in: it is IT-1042 now"),
                ("丢弃 4712", False, "没有这个编号的邮件")
                if chinese
                else ("drop 4712", False, "there is no mail of this number"),
            )
        },
        "admin/observed": {
            "rows": (
                (NOW, "requester/acknowledged", "li.lei@corp.example", f"Re: [IT-1042] {subject}", "new ticket"),
                (NOW, "agent/new_ticket", "wang.wei@corp.example", f"Re: [IT-1042] {subject}", "new ticket"),
            )
        },
    }
    return examples.get(letter, {})


def _sections(subject: str) -> tuple[object, ...]:
    late = Words("P2, was due Mon 23 Nov, 09:00", "P2，应于 11月23日（周一）09:00 之前完成")
    waits = Words("P3, waits for the requester", "P3，等待用户补充")
    return (
        (Words("Overdue", "已超时"), (("IT-1042", subject, late),), 0),
        (Words("Waiting for somebody else", "等待对方"), (("IT-1043", subject, waits), ("IT-1050", subject, waits)), 3),
    )


def _incident(chinese: bool) -> str:
    return "VPN：连不上" if chinese else "VPN: cannot connect"


def _reports(chinese: bool) -> tuple[tuple[str, str, str, datetime], ...]:
    """What a mass incident's letters list: tag, subject, department, when."""
    titles = (
        ("VPN连不上", "远程办公连不了公司", "vpn 掉线")
        if chinese
        else ("VPN down?", "Can't work from home", "vpn error")
    )
    departments = ("财务部", "", "市场部") if chinese else ("Finance", "", "Sales")
    return tuple(
        (f"IT-{1040 + n}", title, department, NOW - timedelta(minutes=25 - 8 * n))
        for n, (title, department) in enumerate(zip(titles, departments, strict=True))
    )


def letters(language: str) -> Iterator[tuple[Mail, Ticket | None]]:
    """Every letter with its example, as it would be written to a reader of that language."""
    for name in LETTERS:
        audience: Audience = next(one for one in _AUDIENCES if name.startswith(one + "/"))
        reader = _READERS[audience]
        mail = Mail(
            template=name,
            to=reader,
            audience=audience,
            language=language,
            reply="public" if name in PUBLIC or audience in ("requester", "stranger") else "internal",
            automatic=name != "requester/reply",
            answers="<first@corp.example>",
            values={**_NOW_AND_THEN, **values(name, language)}
            if audience in ("agent", "lead")
            else values(name, language),
            subject="maild" if audience == "admin" else "",
        )
        bare = name in OF_THE_DESK or (audience == "admin" and name not in ABOUT_A_TICKET)
        yield mail, None if bare else ticket(language)


# Answers that belong to no ticket.
OF_THE_DESK = frozenset({"agent/answer", "agent/no_more_questions", "requester/answer", "agent/digest", "lead/digest"})
# How the clocks of an ordinary ticket stand, and what was done on it.
_NOW_AND_THEN: Mapping[str, object] = {
    "clocks": (("response", _DUE, 190, False), ("resolution", NOW + timedelta(days=3), 1360, False)),
    "done": (
        (NOW - timedelta(hours=20), Words("first contact by Wang Wei", "王伟首次联系用户")),
        (NOW - timedelta(hours=2), Words("the requester wrote", "用户来信")),
    ),
}
# Letters to the admins that speak of one ticket.
ABOUT_A_TICKET = frozenset({"admin/unattended"})
# The notices whose answers go to the requester.
PUBLIC = frozenset(
    {
        "agent/new_ticket",
        "agent/registered",
        "agent/requester_replied",
        "agent/reopened",
        "agent/sla_warning",
        "agent/sla_breach",
        "agent/closed",
    }
)

_AUDIENCES: tuple[Audience, ...] = ("requester", "stranger", "agent", "lead", "admin", "approver")
_READERS: Mapping[Audience, Address] = {
    "requester": Address("li.lei@corp.example", "李雷"),
    "stranger": Address("someone@elsewhere.example"),
    "agent": Address("wang.wei@corp.example", "王伟"),
    "lead": Address("zhao.min@corp.example", "赵敏"),
    "approver": Address("zhao.min@corp.example", "赵敏"),
    "admin": Address("root@corp.example"),
}
