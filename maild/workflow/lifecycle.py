"""The life of a ticket as a table: whatever can happen to it, in every state, and what is done then (PRODUCT §3.3).

`ROWS` is what the code runs on. A requester's words and the timers are dispatched by it, and what a command may not do
in a state is refused by it; docs/lifecycle.md is written from it. To add something that can happen, add a row: its
name, what it is in words, and one act for each column, or one for all. `ACTS` says what an act does and which state
it leads to.

The columns are the six states, two of them divided by what counts there: `sent_away` is pending after "this is not
IT's" (manual 2.2.2), where silence agrees; `long_closed` is closed for longer than a ticket opens again (PRODUCT §2.4).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from maild.model import Policy, Ticket, Words
from maild.model.ticket import Close, State

Stage = Literal["new", "open", "pending", "sent_away", "on_hold", "resolved", "closed", "long_closed"]

STAGES: tuple[Stage, ...] = get_args(Stage)
STATE_OF: Mapping[Stage, State] = {
    "new": "new",
    "open": "open",
    "pending": "pending",
    "sent_away": "pending",
    "on_hold": "on_hold",
    "resolved": "resolved",
    "closed": "closed",
    "long_closed": "closed",
}

# Waiting for the requester's word: any human mail of theirs stops these, and they exist only in these states.
WAITING: Mapping[str, State] = {
    "info_reminder": "pending",
    "info_close": "pending",
    "confirm_reminder": "resolved",
    "confirm_close": "resolved",
    "scope_close": "pending",
}


@dataclass(frozen=True, slots=True)
class Act:
    """What is done: in words, the state that it leads to (None: the ticket stays where it is), how it is closed."""

    does: Words
    to: State | None = None
    outcome: Close | None = None


def _act(en: str, zh: str, to: State | None = None, outcome: Close | None = None) -> Act:
    return Act(Words(en, zh), to, outcome)


ACTS: Mapping[str, Act] = {
    # The requester's word.
    "confirm": _act("closed as confirmed, asked for a rating", "按用户确认关闭，请用户评分", "closed", "confirmed"),
    "withdraw": _act("closed as withdrawn", "按撤回关闭", "closed", "withdrawn"),
    "agree": _act("closed as out of scope", "按非IT职责关闭", "closed", "out_of_scope"),
    "answer": _act("reminders stop, back to work, told to the agent", "停止提醒，继续处理，告知受理人", "open"),
    "contest": _act("open again, told to requester and agent", "重新打开，告知用户和受理人", "open"),
    "carry_on": _act("open again for what is left, told to both", "为余下的事重新打开，告知双方", "open"),
    "object": _act("not out of scope after all: a person looks", "用户有异议，转人工处理", "open"),
    "tell": _act("told to the agent, whose word is due now", "告知受理人，由服务台答复"),
    "say": _act("told to the agent", "告知受理人"),
    "hear": _act("kept on record, nothing else", "只留记录"),
    "progress": _act("answered with how it stands; the second time the lead hears", "答复进度，再次催办时告知主管"),
    "resume": _act("as above, and back to work", "同上，并继续处理", "open"),
    "ended": _act("answered with how it ended", "答复处理结果"),
    "rate": _act("kept once; a low one goes to the lead", "记录一次，低分告知主管"),
    "rate_close": _act("closed as confirmed, rated", "按用户确认关闭并记录评分", "closed", "confirmed"),
    "follow_up": _act("a new ticket, linked to this one", "新建关联工单"),
    "note_inside": _act("an internal note, which the agent may accept", "存为内部备注，受理人可接纳"),
    "own_ticket": _act("a ticket of their own, linked", "另建关联工单"),
    # Time.
    "remind": _act("reminded of the details", "提醒补充信息"),
    "ask_again": _act("reminded to confirm", "提醒确认"),
    "expire": _act("closed without confirmation", "未经确认关闭", "closed", "unconfirmed"),
    "call": _act("never closed by silence: agent and lead are asked to call", "不自动关闭，请受理人和主管联系用户"),
    "wake": _act("back to work, told to the agent", "继续处理，告知受理人", "open"),
    "warn": _act("agent warned; the lead too when it is missed", "提醒受理人，超时同时告知主管"),
    "wait_on": _act("the approver is still to answer", "继续等待审批人"),
    "remind_approver": _act("approver reminded, then agent and lead", "提醒审批人，之后告知受理人和主管"),
    "belong": _act("told that it is known", "告知是已知故障"),
    "belong_on": _act("the same, and reminders stop", "同上，停止提醒", "open"),
    "let_go": _act("on its own again, an agent looks", "单独处理，告知受理人"),
    "let_go_on": _act("the same, and open", "同上，并继续处理", "open"),
    "nothing": _act("nothing", "不处理"),
    # The agent.
    "start": _act("work has begun", "开始处理", "open"),
    "do": _act("done", "执行"),
    "ask": _act("the requester is asked; reminded, then closed by silence", "请用户补充，逾期提醒并关闭", "pending"),
    "send_away": _act("the requester is told where to turn", "告知用户应找谁", "pending"),
    "hold": _act("waits until a date", "挂起到指定日期", "on_hold"),
    "put_off": _act("on hold while somebody is asked to agree", "挂起，等待审批", "on_hold"),
    "resolve": _act("the requester is asked to confirm", "请用户确认", "resolved"),
    "close": _act("closed, the requester told why", "直接关闭并告知用户原因", "closed", "by_agent"),
    "spam": _act("closed without a word", "静默关闭", "closed", "spam"),
    "take_back": _act("as it was before the agent's last commands", "恢复到上一封命令邮件之前"),
    "refuse": _act("refused, and the transcript says why", "拒绝执行，回信说明原因"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that can happen: its code, who or what does it, what it is in words, and an act for each stage. `why`:
    what an agent is told where it is refused."""

    what: str
    by: Literal["requester", "time", "agent", "approver", "incident", "machine"]
    title: Words
    acts: Mapping[Stage, str]
    why: Words


_NO_WORDS = Words("", "")


def _row(
    what: str,
    by: Literal["requester", "time", "agent", "approver", "incident", "machine"],
    en: str,
    zh: str,
    acts: str,
    why: Words = _NO_WORDS,
) -> Row:
    names = acts.split()
    if len(names) == 1:
        names *= len(STAGES)
    return Row(what, by, Words(en, zh), dict(zip(STAGES, names, strict=True)), why)


_CLOSED = Words("the ticket is closed; #reopen it first", "工单已关闭，请先 #重开")
_CLOSED_ALREADY = Words("the ticket is closed already", "工单已经关闭")
_NOT_WORKED_ON = Words("the ticket is not being worked on; #reopen it first", "工单不在处理中，请先 #重开")
_OVER = Words("the ticket is solved or closed already", "工单已经解决或关闭")
_NO_INCIDENT = Words(
    "this ticket is no mass incident; write it on the incident's own ticket",
    "这张工单不是大面积故障，请在大面积故障的工单上操作",
)
_IS_OPEN = Words("the ticket is open", "工单没有关闭")

# fmt: off
ROWS: tuple[Row, ...] = (
    # What a requester, or a participant for them, writes.
    #    new         open        pending     sent_away   on_hold     resolved    closed      long_closed
    _row("solved", "requester", "says that it is solved", "说已解决",
        "confirm     confirm     confirm     agree       confirm     confirm     hear        hear"),
    _row("not_solved", "requester", "says that it is not solved", "说没有解决",
        "tell        tell        answer      object      tell        contest     contest     follow_up"),
    _row("both", "requester", "says that it is solved, and more", "说已解决，还有别的",
        "tell        tell        answer      object      tell        carry_on    carry_on    follow_up"),
    _row("new_problem", "requester", "tells of something else", "说另一件事",
        "tell        tell        answer      object      tell        carry_on    carry_on    follow_up"),
    _row("question", "requester", "asks", "提问",
        "tell        tell        answer      object      tell        carry_on    carry_on    follow_up"),
    _row("content", "requester", "writes anything else", "其他来信",
        "tell        tell        answer      object      tell        carry_on    carry_on    follow_up"),
    _row("thanks", "requester", "thanks, and no more", "只是道谢",
        "hear        hear        answer      agree       hear        confirm     hear        hear"),
    _row("noted", "requester", "has heard it, and no more", "只说收到",
        "hear        hear        answer      hear        hear        hear        hear        hear"),
    _row("chaser", "requester", "asks how it stands", "催办",
        "progress    progress    resume      object      progress    contest     ended       ended"),
    _row("withdrawn", "requester", "takes it back", "撤回",
        "withdraw    withdraw    withdraw    withdraw    withdraw    withdraw    hear        hear"),
    _row("rating", "requester", "rates", "评分",
        "tell        tell        answer      object      tell        rate_close  rate        rate"),
    _row("empty", "requester", "answers without a word", "空回复",
        "say         say         say         say         say         say         hear        hear"),
    _row("late", "requester", "the mail that others answered before it came", "迟到的原邮件",
        "say         say         say         say         say         say         say         say"),
    _row("solved_in_copy", "requester", "a participant says that it is solved", "参与人说已解决",
        "tell        tell        answer      object      tell        confirm     hear        hear"),
    _row("thanks_in_copy", "requester", "a participant thanks", "参与人道谢",
        "hear        hear        answer      hear        hear        hear        hear        hear"),
    _row("different", "requester", "says that theirs is not the mass incident", "说与大面积故障不是一回事",
        "let_go      let_go      let_go_on   let_go_on   let_go      let_go_on   contest     follow_up"),
    _row("colleague", "requester", "a colleague answers a letter that was passed on to them", "同事回复转发给自己的信",
        "note_inside note_inside note_inside note_inside note_inside note_inside own_ticket  own_ticket"),
    # What time brings.
    #    new         open        pending     sent_away   on_hold     resolved    closed      long_closed
    _row("info_reminder", "time", "details are missing after 1 and 3 days", "1、3 天未补充",
        "nothing     nothing     remind      nothing     nothing     nothing     nothing     nothing"),
    _row("info_close", "time", "details are missing after 5 days", "5 天未补充",
        "nothing     nothing     expire      nothing     nothing     nothing     nothing     nothing"),
    _row("confirm_reminder", "time", "no word 2 days after the solution", "解决后 2 天未确认",
        "nothing     nothing     nothing     nothing     nothing     ask_again   nothing     nothing"),
    _row("confirm_close", "time", "no word 5 days after the solution", "解决后 5 天未确认",
        "nothing     nothing     nothing     nothing     nothing     expire      nothing     nothing"),
    # Pending and not sent away: the category was set right meanwhile, so nothing is agreed to.
    _row("scope_close", "time", "no objection after 5 days", "5 天无异议",
        "nothing     nothing     wake        agree       nothing     nothing     nothing     nothing"),
    _row("p1_silence", "time", "a closing by silence falls due on a P1", "P1 到了自动关闭的时间",
        "nothing     nothing     call        call        nothing     call        nothing     nothing"),
    _row("owed", "time", "a reminder or closing falls due, but the desk owes the next word", "到了时间，但该服务台答复",
        "nothing"),
    _row("hold_over", "time", "the date of the hold has come", "挂起到期",
        "nothing     nothing     nothing     nothing     wake        nothing     nothing     nothing"),
    _row("hold_over_asked", "time", "the same, while an approver is asked", "挂起到期，但还在等审批",
        "nothing     nothing     nothing     nothing     wait_on     nothing     nothing     nothing"),
    _row("approval_reminder", "time", "the approver has not answered", "审批人没有答复",
        "nothing  nothing  nothing  nothing  remind_approver  nothing  nothing  nothing"),
    _row("target", "time", "a target is near or missed", "时限将到或已超",
        "warn        warn        warn        warn        warn        nothing     nothing     nothing"),
    # What an agent does, by reply or command.
    #    new         open        pending     sent_away   on_hold     resolved    closed      long_closed
    _row("approver", "approver", "whoever was asked agrees, or does not", "审批人答复",
        "say         say         say         say         wake        say         say         say"),
    _row("reply", "agent", "answers the requester", "回复用户",
        "start       do          do          do          do          do          do          do"),
    _row("note", "agent", "#note", "#备注",
        "do"),
    _row("take", "agent", "#take", "#接单",
        "start       do          do          do          do          do          refuse      refuse", _CLOSED),
    _row("assign", "agent", "#assign", "#转派",
        "do"),
    _row("team", "agent", "#team", "#转组",
        "do"),
    _row("priority", "agent", "#priority", "#优先级",
        "do"),
    _row("category", "agent", "#category", "#分类",
        "do"),
    _row("escalate", "agent", "#escalate", "#升级",
        "do"),
    _row("undo", "agent", "#undo", "#撤销",
        "take_back"),
    _row("accept", "agent", "#accept", "#接纳",
        "do"),
    _row("ask", "agent", "#ask", "#补充",
        "ask         ask         ask         ask         ask         ask         refuse      refuse", _CLOSED),
    _row("hold", "agent", "#hold", "#挂起",
        "hold        hold        hold        hold        hold        refuse      refuse      refuse", _NOT_WORKED_ON),
    _row("resolve", "agent", "#resolve", "#解决",
        "resolve     resolve     resolve     resolve     resolve     resolve     refuse      refuse", _CLOSED),
    _row("close", "agent", "#close", "#关闭",
        "close       close       close       close       close       close       refuse      refuse", _CLOSED_ALREADY),
    _row("reopen", "agent", "#reopen", "#重开",
        "refuse      refuse      refuse      refuse      refuse      contest     contest     contest", _IS_OPEN),
    _row("out-of-scope", "agent", "#out-of-scope", "#非IT",
        "send_away   send_away   send_away   send_away   send_away   send_away   refuse      refuse", _CLOSED_ALREADY),
    _row("use", "agent", "#use", "#引用",
        "start       do          do          do          do          do          refuse      refuse", _CLOSED),
    _row("split", "agent", "#split", "#拆分",
        "do"),
    _row("incident", "agent", "#incident", "#大面积故障",
        "do          do          do          do          do          refuse      refuse      refuse", _OVER),
    _row("update", "agent", "#update", "#通报",
        "refuse", _NO_INCIDENT),
    _row("decline", "agent", "#decline", "#拒绝",
        "refuse", _NO_INCIDENT),
    _row("approve", "agent", "#approve", "#审批",
        "put_off     put_off     put_off     put_off     put_off     refuse      refuse      refuse", _NOT_WORKED_ON),
    _row("not-approved", "agent", "#not-approved", "#未批准",
        "close       close       close       close       close       close       refuse      refuse", _CLOSED_ALREADY),
    _row("spam", "agent", "#spam", "#垃圾",
        "spam"),
    _row("for", "agent", "#for", "#代报",
        "do          do          do          do          do          refuse      refuse      refuse", _OVER),
    _row("called", "agent", "#called", "#已电话",
        "start       do          do          do          do          do          refuse      refuse", _CLOSED),
    # What a mass incident's decisions mean for one of its reports.
    #    new         open        pending     sent_away   on_hold     resolved    closed      long_closed
    _row("incident_joins", "incident", "it is one of a mass incident", "并入大面积故障",
        "belong      belong      belong_on   belong_on   belong_on   nothing     nothing     nothing"),
    _row("incident_update", "incident", "the reporters are written to", "群发通报",
        "start       do          do          do          do          do          nothing     nothing"),
    _row("incident_resolved", "incident", "the mass incident is solved", "大面积故障已解决",
        "resolve     resolve     resolve     resolve     resolve     nothing     nothing     nothing"),
    _row("incident_closed", "incident", "the mass incident is closed", "大面积故障已关闭",
        "close       close       close       close       close       close       nothing     nothing"),
    _row("incident_reopened", "incident", "the mass incident is open again", "大面积故障重新打开",
        "nothing     nothing     nothing     nothing     nothing     wake        nothing     nothing"),
    _row("incident_leaves", "incident", "it is taken out of it", "移出大面积故障",
        "let_go      let_go      let_go_on   let_go_on   let_go      let_go_on   let_go      let_go"),
    # What no person wrote.
    #    new         open        pending     sent_away   on_hold     resolved    closed      long_closed
    _row("auto_reply", "machine", "an automatic answer, out of office", "自动回复、休假",
        "hear"),
    _row("bounce", "machine", "a mail of ours was not delivered", "邮件未送达",
        "say"),
)
# fmt: on

TABLE: Mapping[str, Row] = {row.what: row for row in ROWS}


def stage(ticket: Ticket, when: datetime, policy: Policy) -> Stage:
    """The column of a ticket for something that happened at `when` (UTC)."""
    if ticket.state == "pending" and ticket.category == "out_of_scope" and not ticket.asked:
        return "sent_away"
    if ticket.state == "closed" and ticket.closed and when > ticket.closed + timedelta(days=policy.reopen_days):
        return "long_closed"
    return ticket.state


def act(what: str, at: Stage) -> str:
    """What is done when this happens there: a key of ACTS. Raises KeyError for what no row speaks of."""
    return TABLE[what].acts[at]


def refusal(verb: str, at: Stage) -> Words | None:
    """Why an agent's command is refused there, if it is. A verb without a row is refused nowhere."""
    row = TABLE.get(verb)
    return row.why if row is not None and row.acts[at] == "refuse" else None


def transitions() -> Iterator[tuple[State, State, Row]]:
    """Every change of state that the table knows of."""
    for row in ROWS:
        for at, name in row.acts.items():
            to = ACTS[name].to
            if to is not None and to != STATE_OF[at]:
                yield STATE_OF[at], to, row
