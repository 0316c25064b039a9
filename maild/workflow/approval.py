"""Approval by a colleague, by default the requester's manager (主管审批, PRODUCT §3.2).

The ticket is on hold while somebody is asked, and no clock runs. Whoever is asked may answer this one question and do
nothing else on the ticket: their other words are a note for the agents.
"""

from datetime import datetime

from maild.model import Address, Agent, Colleague, Entry, Facts, MailArrived, Outcome, Policy, Ticket, TimerFired, Words
from maild.model.secrets_mask import mask_secrets
from maild.workflow import business_time, routing, sla
from maild.workflow.approval_words import read_answer
from maild.workflow.commands.arguments import Refused, a_colleague
from maild.workflow.commands.grammar import Command, parse
from maild.workflow.draft import WAITING, Draft
from maild.workflow.persons import is_requester

VERBS = frozenset({"agree", "disagree"})
MANAGER = "manager"

# Working days between the reminders: to the approver, then to whoever has the ticket, then to the lead, and so on.
_REMINDER_DAYS = 1
_AGAIN_DAYS = 5
_TO_LEAD = 3

_MANAGER_WORDS = frozenset({"manager", "boss", "supervisor", "主管", "经理", "上级", "领导", "直属主管"})
# What the buttons write into the body: no reason of anybody's.
_BARE = frozenset({"同意。", "不同意。原因：", "i agree.", "i do not agree. reason:", "i do not agree because:"})
_WORDS_CHARS = 4_000
# From so many mails to and from an approver on, no word of theirs is answered any more by itself: it may be a robot, or
# forged (THREATS A20, A21). The agents read it all the same.
_ENOUGH_MAILS = 6
# A ticket that waits for somebody who never gets the question would wait for ever.
_NOT_LIVE = Words(
    "an approval cannot be asked for: in agents mode no mail leaves to anybody else; ask in person, #note the answer",
    "当前为 agents 模式，邮件只发给支持人员，无法请求审批；请当面询问，并用 #备注 记录",
)


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def wanted(policy: Policy) -> tuple[str, ...]:
    """The addresses that the categories of this policy name as approvers."""
    return tuple(dict.fromkeys(one.approval for one in policy.categories.values() if "@" in one.approval))


def named(text: str) -> tuple[str, ...]:
    """The addresses that `#approve` names in an agent's mail."""
    return tuple(
        word
        for each in parse(text).commands
        if each.verb == "approve"
        for word in (_who(each.argument)[0],)
        if "@" in word
    )


def _who(argument: str) -> tuple[str, str]:
    """`zhao.min@corp.example why` → (address or name in lower case, the rest)."""
    first, _, rest = argument.strip().partition(" ")
    return first.strip("<>,，。:：;；").lower(), rest.strip()


def by_category(draft: Draft) -> Colleague | Words | None:
    """Who must agree by the ticket's category; None if nobody; or why nobody can be asked."""
    category = draft.policy.categories.get(draft.ticket.category)
    if category is None or not category.approval or draft.ticket.kind == "incident":
        return None
    if draft.policy.mode == "agents":
        return _NOT_LIVE
    if not draft.ticket.internal:
        # A stranger cannot make a manager get mail (PRODUCT §2.5).
        return Words("needs an approval, and comes from outside: ask somebody by #approve WHO, or close it",
                     "此类申请需要审批，但发件人是外部人员：请用 #审批 指定审批人，或关闭工单")  # fmt: skip
    who = _colleague(draft, category.approval) if category.approval != MANAGER else draft.facts.manager
    if who is None:
        return Words("needs the manager's approval, and nobody is on record as the manager: #approve WHO",
                     "此类申请需要主管审批，但目录里没有登记主管：请用 #审批 邮箱 指定审批人")  # fmt: skip
    why = _unfit(draft, who)
    return who if why is None else Words(
        f"needs an approval by {_name(who)}, who cannot be asked ({why.en}): #approve WHO",
        f"此类申请需要{_name(who)}审批，但无法发起（{why.zh}）：请用 #审批 邮箱 指定审批人",
    )  # fmt: skip


def _colleague(draft: Draft, address: str) -> Colleague:
    agent = draft.policy.agent(address)
    if agent is not None:
        return Colleague(Address(agent.address, agent.name), agent.language)
    return draft.facts.colleagues.get(address, Colleague(Address(address)))


def _name(who: Colleague) -> str:
    return who.address.name or who.address.address


def _unfit(draft: Draft, who: Colleague) -> Words | None:
    """Why this colleague cannot be the one who agrees."""
    key, policy = who.address.key, draft.policy
    unmanned = {key, policy.plain(key)} & {*policy.desk.own_addresses, *policy.machines}
    if not policy.is_internal(key) or unmanned:
        return Words(
            "only a colleague of an internal domain can approve: #approve WHO", "审批人必须是公司内部同事：#审批 邮箱"
        )
    if _is_their_own(draft, who.address):
        return Words(
            "nobody approves their own request; name somebody else: #approve WHO",
            "不能由报障人自己审批，请用 #审批 另行指定审批人",
        )
    agent = policy.agent(key)
    if agent is not None and agent.address in draft.facts.absent:
        return Words(
            f"{agent.name} is away; name somebody else: #approve WHO", f"{agent.name} 不在，请用 #审批 另行指定"
        )
    return None


def _is_their_own(draft: Draft, who: Address) -> bool:
    """Whether the request is this person's own, from whichever of their addresses, or through a shared mailbox."""
    ticket, facts, policy = draft.ticket, draft.facts, draft.policy
    if is_requester(ticket, who, facts, policy):
        return True
    own = {policy.plain(writer) for _, writer in draft.members}
    # Of a new ticket the directory's record of its writer tells their addresses.
    theirs = {policy.plain(each) for each in facts.person.addresses} if facts.person is not None else set()
    if policy.plain(ticket.requester.key) in theirs:
        own |= theirs
    return policy.plain(who.key) in own


def ask(draft: Draft, who: Colleague, report: str, why: str, by: str = "", words: str = "", tell: bool = True) -> None:
    """Put the question to a colleague: the ticket is on hold, and no clock runs, until they answer.

    `report` is what was reported, `words` an agent's own to the approver, `by` the agent's name; `tell` lets the
    requester know who is asked.
    """
    before = draft.ticket.approver
    if before and before != who.address.key:
        earlier = draft.facts.colleagues.get(before, Colleague(Address(before)))
        draft.tell_approver(earlier, "approver/over")
    draft.change(why, approver=who.address.key)
    draft.enter("on_hold", f"waits for the approval of {who.address.key}", hold_until=None, owes="desk")
    # A promise counts from the answer on.
    draft.change("", promise=None if draft.ticket.responded is None else draft.ticket.promise)
    draft.cancel(*WAITING, "hold_over")
    draft.timer("approval_reminder", _days(draft, _REMINDER_DAYS), step=1)
    _put(draft, who, report, words, by)
    if tell:
        draft.tell_requester("requester/approval", how="asked", who=_name(who))


def _days(draft: Draft, days: int) -> datetime:
    return business_time.add_days(draft.now, days, draft.policy.calendar)


def _put(draft: Draft, who: Colleague, report: str, words: str = "", by: str = "", again: bool = False) -> None:
    text = mask_secrets(report[:_WORDS_CHARS])[0]
    draft.tell_approver(who, "approver/asked", text=text, words=words, by=by, again=again)


def ask_again(draft: Draft, who: Colleague) -> None:
    """Put the question once more: they were told that nobody waits for their answer, which was a mistake."""
    draft.timer("approval_reminder", _days(draft, _REMINDER_DAYS), step=1)
    _put(draft, who, draft.facts.report, again=True)


def command(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """`#approve [WHO] [why]`: by default the requester's manager; the words go to the approver alone."""
    if draft.policy.mode == "agents":
        raise Refused(_NOT_LIVE)
    first, rest = _who(command.argument)
    who: Colleague | None
    if not first or first in _MANAGER_WORDS:
        who = draft.facts.manager
        if who is None:
            raise Refused(
                Words(
                    "nobody is on record as the requester's manager; say whom to ask: #approve name@company",
                    "目录里没有登记报障人的主管，请写明审批人：#审批 邮箱地址",
                )
            )
    elif "@" in first:
        who = _colleague(draft, first)
    else:
        found = a_colleague(first, draft.policy)
        who = Colleague(Address(found.address, found.name), found.language)
    why = _unfit(draft, who)
    if why is None and who.address.key == agent.address:
        why = Words(
            "whoever asks cannot be the one who answers: #approve WHO",
            "发起审批的人不能自己审批，请另行指定：#审批 邮箱",
        )
    if why is not None:
        raise Refused(why)
    words = "\n".join(part for part in (rest, text) if part)
    ask(draft, who, draft.facts.report, f"asked by {agent.name}", agent.name, words)


def decline(draft: Draft, agent: Agent, command: Command, text: str) -> None:
    """`#not-approved [WORDS]`: tell the requester kindly that it was not approved, and close. What the approver wrote
    stays inside; what the requester reads is the agent's to say."""
    words = "\n".join(part for part in (command.argument, text) if part)
    draft.respond("told that it was not approved")
    draft.close("by_agent", "not approved")
    draft.tell_requester("requester/approval", how="declined", text=words)


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def approver_wrote(ticket: Ticket, event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """Whoever was asked answers, by button or in words; or a colleague answers a question that was not theirs."""
    message = event.message
    writer = message.from_.key
    draft = Draft(ticket, now, facts, policy, who=writer)
    text = "" if message.only_quoted else message.new_text
    draft.keep(_entry(event, text))
    if event.asked != writer:
        draft.note("not an answer", "", writer, f"{event.asked} was asked, not {writer}")
        _tell(draft, "forwarded", _own(draft, message.from_), text)
        return draft.outcome(f"a question to {event.asked}, answered by {writer}: noted, nothing done", "ticketed")
    if event.trust.verdict == "none":
        return _without_evidence(draft, event, text)
    verdict = facts.button if facts.button in VERBS else read_answer(text)
    who = facts.colleagues.get(writer) or Colleague(message.from_)
    who = who if who.address.name else Colleague(message.from_, who.language)
    words = _reason(text)
    # What was asked on a ticket that was merged into this one is no answer to this one's question.
    if event.thread.via or ticket.approver != writer or ticket.state != "on_hold":
        if words:
            draft.note("late answer", "", verdict, "nobody waits for it any more")
            _tell(draft, "late", who, words)
        if verdict in VERBS and _may_be_answered(draft, who):
            draft.tell_approver(who, "approver/over", answers=message.message_id)
        return draft.outcome("the approver writes, and no answer is waited for: noted", "ticketed")
    if verdict == "unclear":
        if not text and not message.attachments:
            return draft.outcome("an approver's mail without a word of its own: nothing to do", "ticketed")
        draft.note("approval", "", "unclear", "neither yes nor no can be read in the answer")
        answered = _may_be_answered(draft, who)
        _tell(draft, "unclear", who, text, answered=answered)
        if answered:
            draft.tell_approver(who, "approver/unclear", answers=message.message_id)
        return draft.outcome("the approver writes something else: told to the agents", "ticketed")
    _answered(draft, who, verdict == "agree", words)
    return draft.outcome(f"the approver {verdict}s", "ticketed")


def _without_evidence(draft: Draft, event: MailArrived, text: str) -> Outcome:
    """In the approver's name, and naming the ticket, but answering no letter of ours, as some phones do: no answer. The
    question is put to the approver again, and the agents get to read what was written."""
    who = _own(draft, event.message.from_)
    draft.note("not an answer", "", who.address.key, "it answers no letter that was sent to them")
    again = draft.ticket.state == "on_hold" and _may_be_answered(draft, who)
    if again:
        _put(draft, who, draft.facts.report)
    _tell(draft, "unproved", who, text, answered=again)
    return draft.outcome("in the approver's name without evidence: asked again, nothing done", "ticketed")


def _may_be_answered(draft: Draft, who: Colleague) -> bool:
    return len(draft.facts.threads.get(who.address.key, ())) < _ENOUGH_MAILS


def _entry(event: MailArrived, text: str) -> Entry:
    return Entry(
        direction="in",
        visibility="internal",
        author=event.message.from_,
        role="approver",
        text=event.message.text,
        new_text=text,
        message_id=event.message.message_id,
        attachments=bool(event.message.attachments),
    )


def _own(draft: Draft, writer: Address) -> Colleague:
    return draft.facts.colleagues.get(writer.key) or Colleague(writer)


def _reason(text: str) -> str:
    """The words beside a bare answer, if there are any."""
    bare = text.strip()
    return "" if bare.lower() in _BARE or len(bare) <= 3 else bare


def _answered(draft: Draft, who: Colleague, agreed: bool, words: str) -> None:
    ticket = draft.ticket
    draft.note("approval", ticket.approver, "agreed" if agreed else "disagreed", words[:500])
    draft.change("answered", approver="")
    draft.cancel("approval_reminder")
    waits = ticket.hold_until is not None and ticket.hold_until > draft.now
    if not waits:
        draft.enter("open", f"{'agreed' if agreed else 'disagreed'}: {who.address.key}", hold_until=None, owes="desk")
    if not agreed:
        _tell(draft, "disagreed", who, words)
        return
    draft.change("", promise=draft.ticket.promise or sla.promise(draft.ticket, draft.policy))
    if _told_nobody(draft):
        _hand_out(draft, who)
        if words:
            _tell(draft, "agreed", who, words, report=False)
    else:
        _tell(draft, "agreed", who, words)
    draft.tell_requester("requester/approval", how="agreed", who=_name(who))


def _told_nobody(draft: Draft) -> bool:
    """Whether no agent knows the ticket yet: its category asked for the approval before anybody was told."""
    there = routing.responsible(draft.ticket, draft.facts, draft.policy)
    return draft.ticket.responded is None and not any(
        agent.address in draft.facts.threads for agent in there if agent.address != draft.who
    )


def _hand_out(draft: Draft, who: Colleague) -> None:
    """Route what was agreed to, as a new ticket is: to whom the team's rule says, and with its notice."""
    ticket = draft.ticket
    if ticket.assignee is None:
        chosen = routing.choose(ticket.team, draft.facts, draft.policy, ticket.requester.key)
        chosen = routing.fitting(chosen, ticket, draft.facts, draft.policy)
        if chosen is not None:
            draft.change("assigned by the team's rule", by="maild", assignee=chosen.address)
    there = routing.responsible(draft.ticket, draft.facts, draft.policy)
    approved = Words(f"Approved by {_name(who)}.", f"{_name(who)}{' ' if _name(who).isascii() else ''}已同意。")
    for agent in there:
        draft.tell_agent(
            agent,
            "agent/new_ticket",
            text=mask_secrets(draft.facts.report)[0],
            team_wide=draft.ticket.assignee is None and len(there) > 1,
            approval=approved,
        )


def _tell(draft: Draft, how: str, who: Colleague, words: str, *, report: bool = True, answered: bool = True) -> None:
    """The assignee, else the team, hears what became of the question; `report`: and of what, where it is news;
    `answered`: and so did the approver."""
    shown = mask_secrets(draft.with_report(words) if report else words)[0]
    for agent in routing.responsible(draft.ticket, draft.facts, draft.policy):
        draft.tell_agent(
            agent, "agent/approval", reply="internal", how=how, who=_name(who), text=shown, answered=answered
        )


# ── time, and machines ───────────────────────────────────────────────────────────────────────────────────────────────


def remind(draft: Draft, event: TimerFired) -> str:
    """After one business day the approver is reminded, then the assignee is told, then the lead, who hears of it again
    every week, so that nothing lies forgotten."""
    ticket = draft.ticket
    if not ticket.approver or ticket.state != "on_hold":
        return "no reminder: no approval is waited for"
    step = int(event.data.get("step", 1))
    who = draft.facts.colleagues.get(ticket.approver, Colleague(Address(ticket.approver)))
    draft.note("reminded", "", f"approval {step}", "the approver has not answered")
    draft.timer("approval_reminder", _days(draft, _REMINDER_DAYS if step < _TO_LEAD else _AGAIN_DAYS), step=step + 1)
    if step == 1:
        _put(draft, who, draft.facts.report, again=True)
        return "the approver is reminded"
    there = list(routing.responsible(ticket, draft.facts, draft.policy))
    if step >= _TO_LEAD:
        there += [lead for lead in routing.leads(ticket.team, draft.policy) if lead not in there]
    for agent in there:
        text = mask_secrets(draft.with_report(""))[0]
        draft.tell_agent(agent, "agent/approval", reply="internal", how="silent", who=_name(who), text=text)
    return "no answer of the approver: " + ("the lead is told" if step >= _TO_LEAD else "the agents are told")


def away(draft: Draft, event: MailArrived) -> None:
    """The approver's out-of-office: no answer, but the agents may want to ask somebody else."""
    if draft.ticket.approver == event.message.from_.key and event.screening.verdict == "out_of_office":
        _tell(draft, "away", _own(draft, event.message.from_), event.message.new_text)


def with_command(text: str) -> bool:
    """Whether a listed agent who was asked gives a command instead of an answer."""
    return bool(parse(text).commands or parse(text).problems)
