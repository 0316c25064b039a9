"""What is said of the commands to people: headings, usage in both languages, longer words; `#help` and docs/agent.md.

A verb needs nothing here: its `usage` and `does` are enough, and it stands under "work", the desk's under "questions".
`MORE` holds what needs more words than a line, `GROUPS` what stands under another heading.
"""

import re
from collections.abc import Mapping

from maild.model import Words
from maild.workflow.commands.verbs import VERBS, Verb

GROUPS: Mapping[str, tuple[Words, frozenset[str]]] = {
    "work": (Words("Working on a ticket", "处理工单"), frozenset({"undo", "file"})),
    "words": (
        Words("What the requester hears", "与用户沟通"),
        frozenset({"ask", "use", "resolve", "close", "reopen", "out-of-scope", "approve", "not-approved", "called"}),
    ),
    "several": (
        Words("Other tickets and people", "其他工单与相关人员"),
        frozenset({"split", "merge", "link", "for", "cc", "accept", "reassign"}),
    ),
    "incident": (
        Words("Many people report the same", "多人报同一故障（大面积故障）"),
        frozenset({"incident", "update", "decline"}),
    ),
    "questions": (Words("Questions to the desk, in any mail", "查询，任何邮件里都可以问"), frozenset()),
    "admin": (Words("For admins", "管理员专用"), frozenset({"release", "drop", "block", "unblock"})),
}

# What stands in capitals in a usage, in Chinese.
_CAPITALS = {
    "WHO": "同事",
    "NAME": "名称",
    "TEAM": "组名",
    "REASON": "原因",
    "WHY": "原因",
    "FIELD": "项目",
    "TEXT": "内容",
    "NOTE": "说明",
    "SUMMARY": "处理说明",
    "TIER": "级别",
    "TOPIC": "主题",
    "TITLE": "标题",
    "WORDS": "关键词",
    "VERB": "命令",
    "DATE": "日期",
    "MACRO": "常用回复",
    "N": "编号",
    "NUMBER": "编号",
    "CHANNEL": "渠道",
    "PHONE": "电话",
    "ADDRESS": "邮箱",
    "until": "到",
    "deputy": "代理",
    "all": "全部",
    "week": "本周",
    "month": "本月",
    "today": "今天",
    "last week": "上周",
}

MORE: Mapping[str, Words] = {
    "show": Words(
        "all of a ticket: conversation and notes, who has it, similar solutions, files by number; without a number, of"
        " the ticket that the mail is on; a reply to it stays inside",
        "工单的全部内容：往来和备注、谁在处理、类似问题的处理说明、附件编号；在工单的邮件里可以不写编号；回复它只留在内部",
    ),
    "mine": Words(
        "your tickets, the most urgent first; answer the list with `#resolve IT-3 IT-7 …`",
        "您的工单，最紧急的在前；可以直接回复，写 `#解决 IT-3 IT-7 …`",
    ),
    "status": Words(
        "how what you have reported stands; whoever is no agent has this, `#mine` and `#help`",
        "您报的工单的进度；普通用户也可以用，还有 `#我的` 和 `#帮助`",
    ),
    "overdue": Words("what is late in your teams, for leads in all", "本组已超时的工单；主管可看全部组"),
    "find": Words(
        "tickets that hold all of these words, newest first; `open` `closed` `P1` narrow it",
        "包含全部这些词的工单，最近的在前；可加 `未关闭` `已关闭` `P1` 筛选",
    ),
    "report": Words(
        "figures of `today` `yesterday` `week` `last week` `month` `last month`: in and out, promises kept, ratings",
        "`今天` `昨天` `本周` `上周` `本月` `上月` 的统计：新增与关闭、达标率、满意度",
    ),
    "away": Words(
        "until the day you are back: `12-01`, `Friday`, `3d`; `#away back` ends it; a deputy gets what is urgent; leads"
        " write `#away WHO until …`",
        "登记休假：`到周五`（含当天）、`到12月1日`、`3天`；`#休假 回来` 结束；紧急工单转给代理人；"
        "主管可写 `#休假 同事 到…`",
    ),
    "reassign": Words(
        "what the first one has in new and open goes to the second, `all` takes the waiting ones too; each is told in"
        " one mail",
        "把前一位同事新建和处理中的工单移交给后一位，加 `全部` 则包括等待中的；双方各收到一封通知",
    ),
    "take": Words("the ticket is yours; counts as response", "由您处理，计为已响应"),
    "priority": Words(
        "lowering needs a reason; a lead's word is locked; `auto`: back to what the report says",
        "降级需要原因；主管设定后锁定；`自动`：恢复为按报障内容判定",
    ),
    "category": Words("correct it; goes to that category's team", "更正分类，并转到对应的组"),
    "ask": Words(
        "asks the requester for these, with your text below; reminded, then closed by silence",
        "请用户补充，可在下面写正文；系统会自动催，一直没有回音则关闭",
    ),
    "use": Words(
        "sends that ticket's solution, or a text of the desk's own, below your words; beside `#resolve` it is the"
        " summary; a notice names what was solved before",
        "把该工单的处理说明或常用回复发给用户，放在您写的话后面；和 `#解决` 写在一起就作为本工单的处理说明；"
        "新工单通知里会列出以前解决过的类似问题",
    ),
    "undo": Words(
        "takes back what your last command mail did, within 24 hours and if nothing has followed: on this ticket, in a"
        " fresh mail on all of its tickets; mails are not recalled, the requester gets one correction",
        "24 小时内且之后没有新进展时，撤销您上一封命令邮件：回复工单通知时撤销该工单上的，"
        "另写新邮件则撤销其涉及的所有工单；已发出的邮件无法收回，会给用户发一封更正",
    ),
    "hold": Words("waits until a date; the clock stands", "挂起到某天，期间不计时"),
    "close": Words("without confirmation; the requester is told", "不经确认直接关闭，并告知用户"),
    "out-of-scope": Words("a kind notice with where to turn", "礼貌告知用户应找谁"),
    "accept": Words(
        "a colleague who wrote on somebody's ticket may join, their words become public; on a mass incident: yes, it is"
        " one, every reporter gets to read the title",
        "接纳来信的同事为参与人，其来信公开；在大面积故障的提议上：确认，标题所有报障人可见",
    ),
    "decline": Words("these reports are no mass incident", "这些报障不是大面积故障"),
    "approve": Words(
        "asks the requester's manager, or WHO (an address of any colleague), to agree; on hold until then; WHY goes to"
        " them alone",
        "请报障人的主管或指定的人（任何同事的邮箱）审批，期间挂起；说明只发给审批人",
    ),
    "split": Words(
        "a ticket of its own for the second problem, in TEXT or as the mail says it",
        "为第二个问题另开工单，用您写的内容或邮件里的原话",
    ),
    "incident": Words(
        "makes one by hand, of these and of the report you write on; on a mass incident it adds reports,"
        " `#incident remove IT-5` takes one out",
        "手工登记（含当前工单）；在大面积故障上可再加入，`#大面积故障 移出 IT-5` 移出",
    ),
    "update": Words(
        "on its ticket: a word to every reporter, each separately", "在其工单上：逐一通知所有报障人，互不可见"
    ),
}


def grouped() -> list[tuple[Words, tuple[Verb, ...]]]:
    """Every heading that has verbs, with them, in the order of the tables."""
    rows = [(title, tuple(verb for verb in VERBS if _group(verb) == code)) for code, (title, _) in GROUPS.items()]
    return [row for row in rows if row[1]]


def _group(verb: Verb) -> str:
    """The heading under which a verb is explained."""
    usual = "questions" if verb.about == "desk" else "work"
    return next((code for code, (_, names) in GROUPS.items() if verb.name in names), usual)


def usage(verb: Verb, language: str) -> str:
    """`#assign WHO`, in Chinese `#转派 同事`."""
    if not language.startswith("zh"):
        return verb.usage
    _, gap, arguments = verb.usage.partition(" ")
    arguments = re.sub(r"last week|[A-Za-z]+(?!-?\d)", lambda word: _CAPITALS.get(word[0], word[0]), arguments)
    # The table keeps names folded, since letters of any case are understood.
    return f"#{verb.chinese[0].upper()}{gap}{arguments}" if verb.chinese else verb.usage


def explained(verb: Verb) -> Words:
    """A verb in a sentence or two."""
    return MORE.get(verb.name, verb.does)
