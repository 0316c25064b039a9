"""Examples of what is answered to questions: lists, figures, commands, all of a ticket."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from maild.model import AnswerPart, AnswerRow, Words

_NOW = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)


def mine() -> tuple[AnswerPart, ...]:
    """An agent's own work, one of it late, and what they reported themselves."""
    work = (
        AnswerRow(
            1042,
            "3 楼打印机卡纸 / The printer on the 3rd floor jams",
            (
                Words("P2 · OVERDUE: first answer was due 9:30 today", "P2 · 已超时：应于 今天 9:30 前首次答复"),
                Words("Li Lei · Hardware", "李雷 · 硬件故障"),
            ),
        ),
        AnswerRow(
            1043,
            "VPN",
            (Words("P3 · waits for the requester", "P3 · 等用户回复"), Words("Mary Jones · Network", "韩梅梅 · 网络")),
            take=True,
        ),
    )
    reported = AnswerRow(987, "新显示器 / A new monitor", (Words("in progress", "处理中"),))
    return (
        AnswerPart(Words("2 open tickets are yours, 1 overdue", "您手上有 2 张未完成的工单，1 张已超时"), rows=work),
        AnswerPart(Words("What you have reported yourself", "您自己报的工单"), rows=(reported,), more=3),
    )


def own() -> tuple[AnswerPart, ...]:
    """How a requester's tickets stand."""
    rows = (
        AnswerRow(
            1042,
            "3 楼打印机卡纸 / The printer on the 3rd floor jams",
            (
                Words("in progress", "处理中"),
                Words("Wang Wei has it; first answer by 14:30 today", "由 王伟 处理，今天 14:30 前联系您"),
            ),
        ),
        AnswerRow(1043, "VPN", (Words("new", "新建"), Words("we are finding somebody for it", "正在安排人处理"))),
    )
    return (AnswerPart(Words("2 tickets of yours are open", "您有 2 张未完成的工单"), rows=rows),)


def figures() -> tuple[AnswerPart, ...]:
    lines = (
        Words("All teams, 23 Nov to 29 Nov", "全部组，11月23日至11月29日"),
        Words("By category: Hardware 12, Network 7", "按分类：硬件故障 12，网络 7"),
        Words("First contact in time: 94 % (17 of 18)", "首次响应达标：94%（17/18）"),
    )
    return (AnswerPart(Words("This week: 19 came in, 15 closed", "本周：新增 19 张，关闭 15 张"), lines),)


def commands() -> tuple[AnswerPart, ...]:
    rows = (AnswerRow(0, "#take · #接单", (Words("the ticket is yours", "工单由您处理"),)),)
    return (
        AnswerPart(Words("What you can write on top of a mail", "写在邮件最上面的命令")),
        AnswerPart(Words("Working on a ticket", "处理工单"), rows=rows),
    )


def ticket(language: str, text: str) -> Mapping[str, object]:
    """All of a ticket."""
    chinese = language.startswith("zh")
    requester, agent = ("李雷", "王伟") if chinese else ("Li Lei", "Wang Wei")
    note = "备件已到，下午去换。" if chinese else "The spare part is here, I go there in the afternoon."
    return {
        "waits": Words("solution due 14:30 today", "应于 今天 14:30 前解决"),
        "said": (
            (_NOW - timedelta(hours=3), requester, Words("requester", "用户"), False, text),
            (_NOW - timedelta(hours=1), agent, Words("agent", "支持人员"), True, note),
        ),
        "done": ((_NOW - timedelta(hours=2), Words("first contact by Wang Wei", "王伟首次联系用户")),),
        "similar": (("IT-87", "打印机卡纸" if chinese else "paper jam", note),),
        "links": ((Words("follows", "接续"), Words("closed", "已关闭"), "IT-61", "VPN"),),
        "files": ((1, "screenshot.png", 183_000), (2, "log.zip", 3_400_000)),
        "people": (("Mary Jones", "mary.jones@corp.example", Words("gets the mails", "收邮件")),),
    }
