"""The table of the lifecycle is whole, and the code does what it says, in every state, for all that can happen."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.model import (
    Address,
    Before,
    Event,
    Facts,
    Followed,
    MailArrived,
    Message,
    Outcome,
    Screening,
    Sender,
    SignedId,
    Solution,
    Solved,
    Thread,
    Ticket,
    Timer,
    TimerFired,
    Trust,
    Waiting,
)
from maild.model.ticket import Priority
from maild.workflow import due, lifecycle, requester, sla
from maild.workflow.answers import Kind
from maild.workflow.commands import run
from maild.workflow.commands.verbs import VERBS
from maild.workflow.decide import decide
from maild.workflow.lifecycle import ACTS, ROWS, STAGES, STATE_OF, Stage
from tests.policies import default_policy

POLICY = default_policy()
# Wednesday, 10:00 in Shanghai.
NOW = datetime(2024, 3, 6, 2, 0, tzinfo=UTC)
LI_LEI = Address("li.lei@corp.example", "李雷")
MARY = Address("mary.jones@corp.example", "Mary Jones")
AGENT = "wang.wei@corp.example"
_SIGNED = SignedId(7, "public", "digest", NOW.date())

# An answer of each kind, as it is understood in every state, and the form of each command that does something.
SAID: dict[str, str] = {
    "solved": "可以用了，谢谢",
    "not_solved": "still the same",
    "both": "可以用了，但是很慢",
    "new_problem": "另外，我的鼠标坏了",
    "question": "Which button do you mean?",
    "content": "My extension is 8123.",
    "thanks": "谢谢！",
    "noted": "收到",
    "chaser": "any news?",
    "withdrawn": "不用处理了",
    "rating": "5 stars",
}
COMMANDS: dict[str, str] = {
    "reply": "We come at noon.",
    "note": "#note careful",
    "take": "#take",
    "assign": "#assign zhao.min",
    "team": "#team network",
    "priority": "#priority P2 because",
    "category": "#category network",
    "escalate": "#escalate",
    "accept": "#accept",
    "ask": "#ask phone",
    "hold": "#hold 2d waits for a part",
    "resolve": "#resolve replaced",
    "close": "#close done",
    "reopen": "#reopen again",
    "out-of-scope": "#out-of-scope",
    "spam": "#spam",
    "split": "#split the other thing",
    "use": "#use IT-3",
    "incident": "#incident no net",
    "update": "#update restarted",
    "decline": "#decline no",
    "approve": "#approve mary.jones@corp.example",
    "not-approved": "#not-approved sorry",
    "for": "#for mary.jones@corp.example",
    "called": "#called she will send a picture",
    "undo": "#undo",
}


def ticket_in(stage: Stage, priority: Priority = "P3") -> Ticket:
    state = STATE_OF[stage]
    closed = {"closed": NOW - timedelta(days=1), "long_closed": NOW - timedelta(days=20)}.get(stage)
    bare = Ticket(
        id=7,
        subject="printer",
        requester=LI_LEI,
        language="en",
        zone="Asia/Shanghai",
        category="out_of_scope" if stage == "sent_away" else "hardware",
        team="service_desk",
        assignee=None if stage == "new" else AGENT,
        responded=None if stage == "new" else NOW - timedelta(hours=1),
        created=NOW - timedelta(days=30 if stage == "long_closed" else 2),
        asked=("phone",) if stage == "pending" else (),
        owes="requester" if state in ("pending", "resolved", "closed") else "desk",
        outcome="confirmed" if closed else None,
        closed=closed,
        hold_until=NOW + timedelta(days=2) if state == "on_hold" else None,
    )
    ready = sla.set_targets(replace(bare, priority=priority), priority, POLICY, NOW)
    return replace(sla.run_for(ready, state, POLICY, NOW), state=state)


def mail(text: str, who: Address = LI_LEI, agent: bool = False, late: bool = False) -> MailArrived:
    colleague = who == MARY
    trust = Trust("agent" if agent else "none" if colleague else "requester", "test", True, True, colleague=colleague)
    return MailArrived(
        message=Message(
            from_=who,
            sender=Sender(who.address, ""),
            subject="Re: [IT-7] printer",
            headers=(("from", who.address),),
            message_id="<m@corp.example>",
            text=text,
            new_text=text,
        ),
        screening=Screening("person", "test"),
        thread=Thread(7, "token", _SIGNED, late=late),
        trust=trust,
        received=NOW,
        inbound=1,
    )


def event_of(what: str, at: Stage) -> tuple[Event, Facts, Ticket]:
    """The event that a row speaks of, on a ticket of that stage."""
    ticket, facts = ticket_in(at), Facts()
    row = lifecycle.TABLE[what]
    if what in SAID:
        # Words rate a closed ticket alone, and who withdraws what is solved confirms it: buttons are exact.
        button = {"rating": "rate5", "withdrawn": "withdraw"}.get(what, "")
        return mail(SAID[what]), replace(facts, button=button), ticket
    if what == "use":
        facts = replace(facts, solutions={3: Solution(Solved(3, "jam"), "turn it round")})
    if row.by == "agent":
        waiting = (Waiting(MARY, 1),) if what == "accept" else ()
        if what == "undo":
            was = replace(ticket, tier="L2")
            facts = replace(
                facts, before=Before(agent=AGENT, was=was, left=ticket, verbs=("escalate",), lines=("",), at=NOW)
            )
        return mail(COMMANDS[what], Address(AGENT, "王伟"), agent=True), replace(facts, waiting=waiting), ticket
    if what == "p1_silence":
        kind = {"pending": "info_close", "sent_away": "scope_close"}.get(at, "confirm_close")
        return TimerFired(kind), facts, replace(ticket, priority="P1")
    if what == "owed":
        return TimerFired("info_close"), facts, replace(ticket, owes="desk")
    if what == "target":
        return TimerFired("resolution_breach", {"step": 1, "percent": 100}), facts, ticket
    if what in ("hold_over_asked", "approval_reminder"):
        return TimerFired(what.removesuffix("_asked"), {"step": 1}), facts, replace(ticket, approver=MARY.key)
    if row.by == "time":
        return TimerFired(what, {"step": 1}), facts, ticket
    copied = replace(mail("", MARY), trust=Trust("requester", "in copy", True))
    said = {"solved_in_copy": SAID["solved"], "thanks_in_copy": SAID["thanks"]}.get(what, "")
    if what == "different":
        return mail("mine is a different problem"), replace(facts, button="different"), replace(ticket, parent=9)
    if row.by == "incident":
        data: dict[str, str | int] = {
            "by": AGENT,
            "name": "王伟",
            "text": "restarted",
            "of": 9,
            "title_en": "no net",
            "title_zh": "断网",
        }
        parent = None if what == "incident_joins" else 9
        return Followed(what, 9, data), facts, replace(ticket, parent=parent)
    if what == "approver":
        asked = replace(mail("yes", MARY), trust=Trust("approver", "asked", True), asked=MARY.key)
        approver = MARY.key if at == "on_hold" else ""
        return asked, replace(facts, button="agree"), replace(ticket, approver=approver, hold_until=None)
    others: dict[str, MailArrived] = {
        "empty": mail(""),
        "late": mail("the first mail", late=True),
        "colleague": mail("it is the fuse", MARY),
        "auto_reply": replace(mail("I am away"), screening=Screening("out_of_office", "test")),
        "bounce": replace(mail("undeliverable"), screening=Screening("bounce", "test")),
    }
    event = others.get(what) or replace(copied, message=replace(copied.message, text=said, new_text=said))
    return event, facts, ticket


def cases() -> Iterator[tuple[str, Stage]]:
    for row in ROWS:
        for at in STAGES:
            # A colleague's words on a closed ticket never get as far as the ticket: `consider` makes one of their own.
            if row.acts[at] != "own_ticket" and (row.what != "split" or "split" in run.DOERS):
                yield row.what, at


@pytest.mark.parametrize(("what", "at"), list(cases()))
def test_the_code_does_what_the_table_says(what: str, at: Stage) -> None:
    event, facts, ticket = event_of(what, at)
    outcome = decide(ticket, event, facts, NOW, POLICY)
    name = lifecycle.act(what, at)
    if name == "follow_up":
        assert outcome.ticket is not None
        assert outcome.ticket.id is None
        assert outcome.links == ((7, "follow-up"),)
        return
    after = outcome.ticket or ticket
    assert after.state == (ACTS[name].to or ticket.state), (name, outcome.reason)
    if ACTS[name].outcome is not None:
        assert after.outcome == ACTS[name].outcome
    # An #undo always says what it took back.
    refused = what != "undo" and any(letter.template == "agent/transcript" for letter in outcome.mails)
    assert refused == (name == "refuse"), outcome.reason


def test_everything_that_can_happen_has_a_row() -> None:
    kinds = set(get_args(Kind))
    assert kinds == SAID.keys()
    verbs = {verb.name for verb in VERBS if verb.about == "ticket"}
    # A new command needs its line in lifecycle.ROWS: what it does in each state, or why it is refused there.
    assert verbs <= lifecycle.TABLE.keys()
    assert kinds | set(lifecycle.WAITING) | {"hold_over"} <= lifecycle.TABLE.keys()
    assert {row.what for row in ROWS if row.by == "agent"} == verbs | {"reply"}
    assert len(lifecycle.TABLE) == len(ROWS)


def test_every_cell_names_an_act_and_every_act_is_named() -> None:
    named = {name for row in ROWS for name in row.acts.values()}
    assert named == ACTS.keys()
    assert all(tuple(row.acts) == STAGES for row in ROWS)
    assert all(row.why.en and row.why.zh for row in ROWS if "refuse" in row.acts.values())
    assert all(act.outcome is None or act.to == "closed" for act in ACTS.values())


def test_the_requesters_and_times_acts_have_each_a_function_and_none_is_left_over() -> None:
    elsewhere = {"follow_up", "note_inside", "own_ticket"}
    said = {name for row in ROWS if row.by == "requester" for name in row.acts.values()} - elsewhere
    assert said == requester.DOES.keys()
    timed = {name for row in ROWS if row.by == "time" and row.what != "target" for name in row.acts.values()}
    assert timed == due.DOES.keys()


def test_nothing_but_a_persons_word_or_silence_after_a_warning_closes_a_ticket() -> None:
    closing = {row.what for row in ROWS for name in row.acts.values() if ACTS[name].to == "closed"}
    assert closing == {
        *("solved", "solved_in_copy", "thanks", "withdrawn", "rating"),
        *("info_close", "confirm_close", "scope_close"),
        *("close", "not-approved", "spam", "incident_closed"),
    }
    assert all(ACTS[name].to is None for name in lifecycle.TABLE["p1_silence"].acts.values())


# ── any sequence ─────────────────────────────────────────────────────────────────────────────────────────────────────

_EDGES = {(was, becomes) for was, becomes, _ in lifecycle.transitions()}
_STEPS = st.one_of(
    st.sampled_from([*SAID.values(), "", "5", "1", "2"]).map(lambda text: ("says", text)),
    st.sampled_from([*SAID.values(), ""]).map(lambda text: ("copied", text)),
    st.sampled_from(sorted(COMMANDS[what] for what in COMMANDS if what in ("reply", *run.DOERS))).map(
        lambda text: ("agent", text)
    ),
    st.just(("agent", "#priority P1 whole company")),
    st.just(("colleague", "it is the fuse")),
    st.sampled_from(["out_of_office", "bounce"]).map(lambda text: ("machine", text)),
    st.integers(1, 9).map(lambda days: ("days", str(days))),
    st.sampled_from(["solved", "unsolved", "withdraw", "rate1", "rate5"]).map(lambda verb: ("presses", verb)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_STEPS, max_size=14), st.sampled_from(["P1", "P3"]))
def test_no_sequence_of_events_leaves_the_table(steps: list[tuple[str, str]], priority: Priority) -> None:
    """Clocks stand where others are waited for, timers of silence exist in their states alone, a P1 is closed by
    nobody's silence, and no history skips a state."""
    desk = _Played(ticket_in("new", priority))
    for how, what in steps:
        if how == "days":
            desk.wait(int(what))
        else:
            desk.mail(how, what)


class _Played:
    """One ticket with its timers, as `apply` and `tick` would keep them."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket, self.timers, self.now = ticket, dict[str, Timer](), NOW

    def mail(self, how: str, what: str) -> None:
        facts = Facts(waiting=(Waiting(MARY, 1),))
        if how == "agent":
            event = mail(what, Address(AGENT, "王伟"), agent=True)
        elif how == "presses":
            event, facts = mail(""), replace(facts, button=what)
        elif how == "colleague":
            event = mail(what, MARY)
        elif how == "copied":
            event = replace(mail(what, MARY), trust=Trust("requester", "in copy", True))
        elif how == "machine":
            event = replace(mail(""), screening=Screening("bounce" if what == "bounce" else "out_of_office", "test"))
        else:
            event = mail(what)
        if how == "colleague" and self.ticket.state == "closed":
            return
        self._take(decide(self.ticket, replace(event, received=self.now), facts, self.now, POLICY), silence=False)

    def wait(self, days: int) -> None:
        until = self.now + timedelta(days=days)
        for _ in range(200):
            due = min((each for each in self.timers.values() if each.due), key=_moment, default=None)
            if due is None or due.due is None or due.due > until:
                break
            self.now = max(self.now, due.due)
            fired = TimerFired(due.kind, due.data)
            self._take(decide(self.ticket, fired, Facts(), self.now, POLICY), silence=due.kind in lifecycle.WAITING)
        else:
            raise AssertionError("timers that never end")
        self.now = until

    def _take(self, outcome: Outcome, silence: bool) -> None:
        assert outcome.reason
        if outcome.ticket is None or outcome.ticket.id is None:
            return
        was, self.ticket = self.ticket, outcome.ticket
        for timer in outcome.timers:
            self.timers[timer.kind] = timer
        states = [(line.was, line.becomes) for line in outcome.history if line.what == "state"]
        assert all(step in _EDGES for step in states), states
        assert [was.state, *(becomes for _, becomes in states)][-1] == self.ticket.state
        assert (self.ticket.outcome is not None) == (self.ticket.state == "closed")
        if self.ticket.state in ("pending", "on_hold", "resolved", "closed"):
            assert self.ticket.resolution.since is None
        waiting = {kind for kind, each in self.timers.items() if each.due and kind in lifecycle.WAITING}
        assert all(lifecycle.WAITING[kind] == self.ticket.state for kind in waiting), waiting
        assert len(waiting & {"info_close", "confirm_close", "scope_close"}) <= 1
        assert len(waiting & {"info_reminder", "confirm_reminder"}) <= 1
        if silence and was.priority == "P1":
            assert self.ticket.state == was.state or self.ticket.state == "open"
        if self.ticket.state in ("pending", "resolved") and self.ticket.owes == "requester":
            # Nothing waits for ever: silence ends it, or reminds somebody.
            assert waiting, outcome.reason


def _moment(timer: Timer) -> datetime:
    return timer.due or datetime.max.replace(tzinfo=UTC)
