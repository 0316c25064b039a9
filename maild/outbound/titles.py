"""What people call each letter: in the preview, in the daily mail of observe mode, and when one did not arrive."""

from collections.abc import Mapping

from maild.model import Words
from maild.outbound.letters import LETTERS

# Those that letters.py gives no title, since no requester waits for them.
_NOTICES: Mapping[str, Words] = {
    "requester/summary": Words("many messages in one mail", "合并的自动消息"),
    "stranger/received": Words("the answer to a stranger", "对外部来信的答复"),
    "agent/new_ticket": Words("a new ticket", "新工单通知"),
    "agent/registered": Words("that a ticket was registered for somebody", "代报登记通知"),
    "agent/files": Words("attachments that were asked for", "索取的附件"),
    "agent/requester_replied": Words("that the requester replied", "报障人回复通知"),
    "agent/colleague_wrote": Words("that a colleague answered", "同事代为回复的通知"),
    "agent/reopened": Words("that it is open again", "重新打开通知"),
    "agent/note": Words("an internal note", "内部备注"),
    "agent/sla_warning": Words("that a target is near", "时限预警"),
    "agent/sla_breach": Words("that a target is missed", "超时通知"),
    "agent/escalated": Words("a ticket handed over", "转派或升级通知"),
    "agent/taken": Words("that a colleague took it", "已被接单的通知"),
    "agent/undone": Words("that commands were taken back", "命令撤销通知"),
    "agent/transcript": Words("what became of the commands", "命令执行结果"),
    "agent/confirm_command": Words("the question who wrote a mail", "命令确认"),
    "agent/no_more_questions": Words("that no more questions come today", "今天不再逐封询问的提示"),
    "agent/did_you_mean": Words("the question what a command meant", "命令写错时的确认"),
    "agent/collision": Words("that a colleague has answered already", "同事已先回复的提示"),
    "agent/expired": Words("that mails waited in vain", "等待确认的邮件已作废"),
    "agent/delivery_failed": Words("that a mail did not arrive", "投递失败通知"),
    "agent/approval": Words("the answer to an approval", "审批结果通知"),
    "agent/answer": Words("the answer to a question", "查询结果"),
    "agent/ticket": Words("all of a ticket", "工单全部内容"),
    "agent/restricted": Words("about a restricted ticket", "受限工单的通知"),
    "agent/closed": Words("that it is closed", "已关闭的通知"),
    "agent/merged": Words("that tickets were merged", "工单合并的通知"),
    "agent/summary": Words("many notices in one mail", "合并的通知"),
    "agent/incident_open": Words("a mass incident", "大面积故障通知"),
    "lead/low_rating": Words("a low rating", "低分评价"),
    "lead/mass_incident": Words("the proposal of a mass incident", "大面积故障的提议"),
    "lead/incident_contested": Words("an incident that is not over", "故障未解决的反馈"),
    "admin/alarm": Words("an alarm", "告警"),
    "admin/recovered": Words("that it works again", "恢复通知"),
    "admin/unattended": Words("a ticket that nobody looks after", "无人处理的工单"),
    "admin/quarantined": Words("mails that were put aside", "被隔离的邮件"),
    "admin/observed": Words("what observe mode held back", "观察模式的日报"),
}


def title(letter: str) -> Words:
    """The name of a letter in both languages; its path where it has none."""
    own = LETTERS[letter].title if letter in LETTERS else Words("", "")
    return own or _NOTICES.get(letter) or Words(letter, letter)
