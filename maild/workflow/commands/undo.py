"""`#undo`: an agent takes back what their last command mail did to a ticket (PRODUCT §3.4; PEERS section 3 no. 5).

What the commands changed is put back where it still stands as they left it; what an agent's own words have changed
since stays. Clocks that ran before have run on, so the time meanwhile counts. Mails are not recalled: whoever was
written to gets one correction. Nothing is taken back once anybody else, or time, has done something on the ticket.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

from maild.model import Address, Agent, Before, Clock, Colleague, Facts, Field, Policy, Ticket, Words
from maild.model.when import spoken
from maild.workflow import approval, business_time, lifecycle, restricted, sla
from maild.workflow.commands import work
from maild.workflow.commands.arguments import Refused
from maild.workflow.commands.grammar import Command, Parsed
from maild.workflow.commands.verbs import BY_NAME
from maild.workflow.draft import WAITING, Draft

# For so long an agent may change their mind.
_FOR = timedelta(hours=24)

# What it is refused for, with what to do instead. The others are refused where other tickets were told of it.
_FINAL: Mapping[str, Words] = {
    "undo": Words(
        "it was an #undo itself; give the command once more instead", "那就是一次撤销；请重新发一次原来的命令"
    ),
    "split": Words(
        "the requester knows of the new ticket: go on there, or close it with #close REASON",
        "用户已收到新工单的通知，请在新工单上处理，或用 #关闭 原因 关闭它",
    ),
    "accept": Words("their words are public now; #note what is to be known of it", "来信已经公开；可用 #备注 说明情况"),
}
_REACHES = Words(
    "other tickets were told of it; set it right by commands on each of them",
    "已影响到其他工单，请在各工单上分别用命令更正",
)
_NOTHING = Words(
    "you have given no commands here lately, so there is nothing to undo; #help lists what there is",
    "近期您没有在这张工单上执行过命令，无可撤销；#帮助 可查看全部命令",
)
_OF_THE_DESK = Words(
    "the last thing that you had done concerns no ticket; to take back what was done on one, name it: #undo IT-12",
    "您上一条命令与工单无关；要撤销某张工单上的命令，请写明编号：#撤销 IT-12",
)
_ONCE = Words(
    "that is undone already, and #undo does not go further back; what is still wrong takes a command of its own",
    "已经撤销过了，不会再往前撤销；如仍需更正，请另发命令",
)
_ALONE = Words(
    "#undo stands alone in its mail: send the other commands afterwards", "#撤销 请单独发送，其他命令随后再发"
)
_NO_CHANGE = Words(
    "those commands had changed nothing, so there is nothing to undo", "那些命令没有改变任何内容，无需撤销"
)
_WORDS_STAY = Words("your words to the requester cannot be taken back", "您写给用户的正文无法撤回")
_NOTE_STAYS = Words("the note stays on record, marked as withdrawn", "备注仍保留在记录里，已标明撤回")
_CORRECTED = Words("whoever was written to was asked to disregard that mail", "已发信请收件人忽略那封邮件")
_TOLD = Words("the colleagues who were told know it", "已告知先前收到通知的同事")

_COLUMNS = tuple(each.name for each in fields(Ticket) if each.name not in ("id", "fields"))


def remember(
    before: Ticket,
    left: Ticket,
    worked: Draft,
    parsed: Parsed,
    agent: Agent,
    said: bool = False,
    lines: tuple[str, ...] = (),
) -> Before | None:
    """What is kept of a mail whose commands were carried out; None where it was an `#undo`.

    `left` is the ticket as the commands left it, without what the agent's own words to the requester did (`said`: there
    were some); `lines` are the commands as they were written, where `parsed` does not say.
    """
    verbs = tuple(each.verb for each in parsed.commands)
    if not verbs or "undo" in verbs:
        return None
    if left.approver and left.state != "on_hold":
        # The ticket went on without the answer, as Draft.outcome sees to.
        left = replace(left, approver="")
    told = {
        mail.to.key: mail.to
        for mail in worked.mails
        if mail.audience == "requester" and (mail.template != "requester/reply" or "use" in verbs)
    }
    heard = {mail.to.key for mail in worked.mails if mail.audience in ("agent", "lead")} - {agent.address}
    return Before(
        agent=agent.address,
        was=before,
        left=left,
        verbs=verbs,
        lines=lines or tuple(each.line for each in parsed.commands),
        fields=tuple(before.fields.get(name, Field(name, "", "agent")) for name in worked.fields),
        timers=dict.fromkeys(kind for kind in worked.timers if kind not in sla.TIMER_KINDS),
        told=tuple(told.values()),
        colleagues=tuple(sorted(heard)),
        said=said,
        noted=any(line.what == "note" for line in worked.history),
        reaches=bool(worked.follow or worked.also or worked.incident is not None),
    )


def alone(parsed: Parsed) -> Parsed:
    """An `#undo` beside other commands: nobody could say which of them it takes back."""
    line = next((each.line for each in parsed.commands if each.verb == "undo"), None)
    if line is None or all(each.verb == "undo" for each in parsed.commands):
        return parsed
    return replace(parsed, problems=(*parsed.problems, (line, _ALONE)))


def everywhere(parsed: Parsed, facts: Facts, policy: Policy) -> Parsed:
    """An `#undo` in a mail on no ticket, which names none: on every ticket of the mail that is meant."""
    bare = [each for each in parsed.commands if each.verb == "undo" and not each.argument]
    if not bare:
        return parsed
    numbers = dict.fromkeys(row.ticket for row in facts.undo_of if row.ticket and row.done is not False)
    if not numbers:
        why = _OF_THE_DESK if facts.undo_of else _NOTHING
        return replace(parsed, problems=(*parsed.problems, *((each.line, why) for each in bare)))
    tags = " ".join(f"{policy.desk.prefix}-{number}" for number in numbers)
    commands = tuple(replace(each, argument=tags) if each in bare else each for each in parsed.commands)
    return replace(parsed, commands=commands)


def undo(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """Put the ticket back to what it was before the agent's last command mail on it."""
    before = draft.facts.before
    if before is None:
        raise Refused(_NOTHING)
    _check(before, draft, agent)
    changes = _changes(before, draft.ticket, draft.policy)
    kept = [row for row in before.fields if _as_left(row.name, before, draft.ticket)]
    if not changes and not kept and not before.told and not before.colleagues and not before.noted:
        raise Refused(_NO_CHANGE)
    why = f"{agent.name} takes back {', '.join(did(before.verbs))} of {before.at:%Y-%m-%d %H:%M} UTC"
    was = draft.ticket
    draft.note("undone", ", ".join(did(before.verbs)), "", why)
    if before.noted:
        draft.note("note withdrawn", "", "", why)
    _put_back(draft, changes, kept, why)
    for kind, timer in before.timers.items():
        if timer is None:
            draft.cancel(kind)
        else:
            due = timer.due
            if due is not None and kind in WAITING:
                # Nobody is reminded, or closed by silence, on the heels of a mail that said something else.
                due = max(due, business_time.add_days(draft.now, 1, draft.policy.calendar))
            draft.timer(kind, due, **timer.data)
    _approver(draft, was.approver)
    if draft.ticket.restricted and not was.restricted:
        work.tell_outsiders(draft)
    draft.undone = before.inbound
    _tell(draft, agent, before)
    _remark(draft, before)


def _check(before: Before, draft: Draft, agent: Agent) -> None:
    """Refused where it cannot be taken back, with what can be done instead."""
    zone, now = draft.policy.desk.zone, draft.now
    if before.agent != agent.address:
        who = draft.policy.agent(before.agent)
        name = who.name if who is not None else before.agent
        raise Refused(
            Words(
                f"the last commands here are {name}'s, who alone can undo them; set it right by a command of your own",
                f"这张工单上最近的命令是{name}执行的，只能由本人撤销；请您另发命令更正",
            )
        )
    if before.used:
        raise Refused(_ONCE)
    if draft.now - before.at > _FOR:
        raise Refused(
            Words(
                f"your last commands here are of {spoken(before.at, zone, now, 'en')}, more than 24 hours ago;"
                " set it right by a command",
                f"您上一次的命令是{spoken(before.at, zone, now, 'zh-CN')}执行的，已超过 24 小时；请另发命令更正",
            )
        )
    if before.since is not None:
        raise Refused(_followed(before, draft))
    final = next((_FINAL[verb] for verb in before.verbs if verb in _FINAL), None)
    if final is not None or before.reaches:
        raise Refused(final or _REACHES)


def _followed(before: Before, draft: Draft) -> Words:
    since, zone = before.since, draft.policy.desk.zone
    if since is None:
        raise ValueError("nothing has followed")
    en, zh = (spoken(since.at, zone, draft.now, language) for language in ("en", "zh-CN"))
    then_en, then_zh = "set it right by a command", "请另发命令更正"
    agent = draft.policy.agent(since.who)
    if since.who == "maild":
        return Words(
            f"the desk has moved the ticket on by itself since ({en}); {then_en}",
            f"此后系统已自动推进工单（{zh}），无法撤销；{then_zh}",
        )
    name = agent.name if agent is not None else since.who
    if agent is None and since.who == draft.ticket.requester.key:
        name = draft.ticket.requester.name or name
    if since.what == "wrote":
        return Words(f"{name} has written since ({en}); {then_en}", f"此后{name}已来信（{zh}），无法撤销；{then_zh}")
    return Words(
        f"{name} has worked on the ticket since ({en}); {then_en}",
        f"此后{name}处理过这张工单（{zh}），无法撤销；{then_zh}",
    )


def _changes(before: Before, now: Ticket, policy: Policy) -> dict[str, Any]:
    """The columns that the commands changed and that stand as they left them, as they were."""
    found: dict[str, Any] = {}
    for name in _COLUMNS:
        was, left = getattr(before.was, name), getattr(before.left, name)
        if was == left or not _same(getattr(now, name), left):
            continue
        if isinstance(was, Clock) and was.target == left.target and was.calendar == left.calendar:
            # Who was warned meanwhile is not warned of the same again.
            was = replace(was, told=max(was.told, getattr(now, name).told))
        found[name] = was
    if before.said:
        # The words that went with it stand, and so does what they did: a first contact, by somebody who has it in work.
        for name in ("responded", "response"):
            found.pop(name, None)
        if before.was.state == "new" and found.get("state") == "new":
            found["state"] = "open"
        if found.get("assignee", now.assignee) is None:
            found.pop("assignee", None)
    assignee = found.get("assignee")
    if isinstance(assignee, str) and policy.agent(assignee) is None:
        # Who had it has left the list since.
        found["assignee"] = None
    return {name: value for name, value in found.items() if not _same(value, getattr(now, name))}


def _same(one: object, other: object) -> bool:
    """Whether two values are the same but for what a clock has told somebody."""
    if isinstance(one, Clock) and isinstance(other, Clock):
        return replace(one, told=0.0) == replace(other, told=0.0)
    return one == other


def _as_left(name: str, before: Before, now: Ticket) -> bool:
    left, has = before.left.fields.get(name), now.fields.get(name)
    return left is None or has is None or left.value == has.value


def _put_back(draft: Draft, changes: Mapping[str, Any], kept: list[Field], why: str) -> None:
    draft.change(why, **changes)
    # Where something of it stayed, the clocks follow what the ticket is now.
    draft.ticket = sla.run_for(draft.ticket, draft.ticket.state, draft.policy, draft.now)
    for row in kept:
        draft.fields[row.name] = row
        draft.note("fields", "", row.name, why)
    if kept:
        draft.ticket = replace(draft.ticket, fields={**draft.ticket.fields, **draft.fields})
    has_it = draft.policy.agent(draft.ticket.assignee) if draft.ticket.assignee else None
    if has_it is not None and not restricted.may_see(has_it, draft.ticket, draft.policy):
        work.hand_over(draft, draft.ticket.team, why)


def _approver(draft: Draft, asked: str) -> None:
    """Who was asked hears that no answer is needed; who was told so by mistake is asked again."""
    now = draft.ticket.approver
    if asked and asked != now:
        draft.cancel("approval_reminder")
        draft.tell_approver(draft.facts.colleagues.get(asked, Colleague(Address(asked))), "approver/over")
    if now and asked != now:
        approval.ask_again(draft, draft.facts.colleagues.get(now, Colleague(Address(now))))


def _tell(draft: Draft, agent: Agent, before: Before) -> None:
    """One correction to each who was written to, and a word to the colleagues who were told."""
    ticket = draft.ticket
    for reader in before.told:
        draft.write(
            "requester/corrected",
            reader,
            "requester",
            ticket.language,
            at=before.at,
            agent=agent.name,
            how=lifecycle.stage(ticket, draft.now, draft.policy),
            fields=ticket.asked if ticket.state == "pending" else (),
            stands=before.said,
            own=reader.key == ticket.requester.key,
        )
    for address in before.colleagues:
        colleague = draft.policy.agent(address)
        if colleague is not None:
            values = {"by": agent.name, "at": before.at, "did": called(before.verbs)}
            draft.tell_agent(colleague, "agent/undone", reply="internal", **values)


def did(verbs: tuple[str, ...]) -> tuple[str, ...]:
    """Commands by their names alone: what stands behind them may be for fewer eyes."""
    return tuple(dict.fromkeys(f"#{verb}" for verb in verbs))


def called(verbs: tuple[str, ...]) -> tuple[Words, ...]:
    """The same, as each reader calls them."""
    return tuple(
        Words(f"#{verb}", f"#{BY_NAME[verb].chinese[0]}" if verb in BY_NAME else f"#{verb}")
        for verb in dict.fromkeys(verbs)
    )


def _remark(draft: Draft, before: Before) -> None:
    zone, lines = draft.policy.desk.zone, ", ".join(line[:40] for line in before.lines)
    draft.remarks.append(
        Words(
            f"taken back: {lines} ({spoken(before.at, zone, draft.now, 'en')})",
            f"已撤销{spoken(before.at, zone, draft.now, 'zh-CN')} 的 {lines}",
        )
    )
    for holds, words in (
        # In agents mode nothing has left to a requester, the mail that was wrong as little as its correction.
        (before.told and draft.policy.mode == "live", _CORRECTED),
        (before.said, _WORDS_STAY),
        (before.noted, _NOTE_STAYS),
        (before.colleagues, _TOLD),
    ):
        if holds:
            draft.remarks.append(words)
