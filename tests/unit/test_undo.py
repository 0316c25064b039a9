"""`#undo` takes back what a command mail did to a ticket: every command, in every state, and nothing but that."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from maild.model import (
    Address,
    Before,
    Clock,
    Facts,
    Mail,
    Outcome,
    Since,
    Solution,
    Solved,
    Ticket,
    Timer,
    Waiting,
    Words,
)
from maild.workflow import lifecycle, sla
from maild.workflow.commands import run, undo
from maild.workflow.decide import decide
from maild.workflow.lifecycle import STAGES, Stage
from tests.unit.test_lifecycle import AGENT, COMMANDS, LI_LEI, MARY, NOW, POLICY, mail, ticket_in

FACTS = Facts(waiting=(Waiting(MARY, 1),), solutions={3: Solution(Solved(3, "jam"), "turn it round")})
LATER = NOW + timedelta(minutes=20)
WANG = Address(AGENT, "王伟")


def command(ticket: Ticket, text: str, facts: Facts = FACTS) -> Outcome:
    return decide(ticket, mail(text, WANG, agent=True), facts, NOW, POLICY)


def kept(outcome: Outcome, timers: tuple[Timer, ...] = ()) -> Before:
    """What stands on record of it: its number, its moment, and the timers that there were before."""
    assert outcome.before is not None
    had = {each.kind: each for each in timers}
    kinds = {kind: had.get(kind) for kind in outcome.before.timers}
    return replace(outcome.before, inbound=1, at=NOW, timers=kinds)


def taken_back(outcome: Outcome, before: Before, text: str = "#undo") -> Outcome:
    assert outcome.ticket is not None
    event = replace(mail(text, WANG, agent=True), received=LATER)
    return decide(outcome.ticket, event, Facts(before=before), LATER, POLICY)


def bare(ticket: Ticket | None) -> Ticket:
    """Without what a clock has told: who was warned is not warned twice."""
    assert ticket is not None
    return replace(ticket, response=replace(ticket.response, told=0.0), resolution=replace(ticket.resolution, told=0.0))


def transcript(outcome: Outcome) -> tuple[tuple[str, bool, str], ...]:
    (letter,) = [each for each in outcome.mails if each.template == "agent/transcript"]
    lines = letter.values["lines"]
    assert isinstance(lines, tuple)
    return lines


def to_requester(outcome: Outcome) -> list[Mail]:
    return [each for each in outcome.mails if each.audience == "requester"]


def cases() -> Iterator[tuple[str, Stage]]:
    for verb in sorted(run.DOERS.keys() - {"undo"}):
        for at in STAGES:
            if lifecycle.TABLE[verb].acts[at] != "refuse":
                yield verb, at


@pytest.mark.parametrize(("verb", "at"), list(cases()))
def test_every_command_is_taken_back_whole_or_refused_with_what_to_do_instead(verb: str, at: Stage) -> None:
    ticket = ticket_in(at)
    timers = tuple(
        Timer(kind, NOW + timedelta(days=4)) for kind, state in lifecycle.WAITING.items() if state == ticket.state
    )
    done = command(ticket, COMMANDS[verb])
    if done.before is None:
        # Nothing was done, and the transcript said so.
        assert not any(line[1] for line in transcript(done))
        return
    undone = taken_back(done, kept(done, timers))
    ((line, went, why),) = transcript(undone)
    assert line == "#undo"
    if not went:
        assert verb in {"split", "accept", "incident", "take", "assign", "team", "hold"}, why
        assert not undone.undone
        assert undone.ticket == done.ticket
        return
    assert undone.undone == 1
    assert bare(undone.ticket) == bare(ticket)
    # Timers that the command set are gone, those that it cancelled are back, and no sooner than a working day ahead.
    set_now = {each.kind: each.due for each in done.timers}
    for each in undone.timers:
        set_now[each.kind] = each.due
    before = {each.kind for each in timers}
    for kind in (*lifecycle.WAITING, "hold_over", "approval_reminder"):
        if kind in set_now:
            assert (set_now[kind] is not None) == (kind in before), kind
    letters = [each.template for each in to_requester(undone)]
    assert letters == (["requester/corrected"] if to_requester(done) else [])
    assert all(each.to.key == (MARY if verb in ("for", "cc") else LI_LEI).key for each in to_requester(undone))


# ── when it is refused ───────────────────────────────────────────────────────────────────────────────────────────────

RESOLVED = command(ticket_in("open"), "#resolve replaced the fuse")


@pytest.mark.parametrize(
    ("changes", "says", "says_in_chinese"),
    [
        ({"used": True}, "undone already", "已经撤销过了"),
        ({"agent": "zhao.min@corp.example"}, "Zhao Min's, who alone can undo them", "只能由本人撤销"),
        ({"at": LATER - timedelta(hours=24, minutes=1)}, "more than 24 hours ago", "已超过 24 小时"),
        ({"since": Since(NOW, "wrote", LI_LEI.key)}, "李雷 has written since", "此后李雷已来信"),
        ({"since": Since(NOW, "worked", "zhao.min@corp.example")}, "Zhao Min has worked on", "此后Zhao Min处理过"),
        ({"since": Since(NOW, "worked", "maild")}, "moved the ticket on by itself", "系统已自动推进"),
        ({"verbs": ("split",)}, "#close REASON", "#关闭 原因"),
        ({"verbs": ("accept",)}, "#note", "#备注"),
        ({"reaches": True}, "other tickets were told", "已影响到其他工单"),
    ],
)
def test_it_is_refused_in_both_languages_with_a_remedy(
    changes: dict[str, Any], says: str, says_in_chinese: str
) -> None:
    undone = taken_back(RESOLVED, replace(kept(RESOLVED), **changes))
    ((_, went, why),) = transcript(undone)
    assert not went
    assert says_in_chinese in why
    assert not undone.undone
    assert undone.ticket == RESOLVED.ticket
    assert not to_requester(undone)
    english = replace(POLICY, agents={**POLICY.agents, AGENT: replace(POLICY.agents[AGENT], language="en")})
    assert RESOLVED.ticket is not None
    event = replace(mail("#undo", WANG, agent=True), received=LATER)
    said = decide(RESOLVED.ticket, event, Facts(before=replace(kept(RESOLVED), **changes)), LATER, english)
    assert says in transcript(said)[0][2]


def test_without_commands_of_ones_own_there_is_nothing_to_undo() -> None:
    undone = decide(ticket_in("open"), mail("#撤销", WANG, agent=True), Facts(), NOW, POLICY)
    ((_, went, why),) = transcript(undone)
    assert not went
    assert "无可撤销" in why


@pytest.mark.parametrize("text", ["#undo\n#take", "#priority P1 now\n#undo"])
def test_it_stands_alone_in_its_mail(text: str) -> None:
    undone = taken_back(RESOLVED, kept(RESOLVED), text)
    assert not undone.undone
    assert undone.ticket == RESOLVED.ticket
    assert any("单独发送" in why for _, _, why in transcript(undone))


def test_an_undo_leaves_nothing_that_could_be_undone() -> None:
    assert RESOLVED.before is not None
    assert taken_back(RESOLVED, kept(RESOLVED)).before is None


# ── what stays ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_clock_goes_on_from_its_old_beginning_so_that_a_solution_called_too_early_buys_no_time() -> None:
    ticket = ticket_in("open")
    undone = taken_back(RESOLVED, kept(RESOLVED))
    assert RESOLVED.ticket is not None
    assert RESOLVED.ticket.resolution.since is None
    assert undone.ticket is not None
    assert undone.ticket.resolution == ticket.resolution
    assert sla.elapsed(undone.ticket.resolution, LATER, POLICY.calendar) == 20
    assert {each.kind for each in undone.timers if each.due} >= {"resolution_warning", "resolution_breach"}


def test_who_was_warned_meanwhile_is_not_warned_of_the_same_again() -> None:
    priority = command(ticket_in("open"), "#assign zhao.min")
    assert priority.ticket is not None
    warned = replace(priority.ticket, resolution=replace(priority.ticket.resolution, told=0.75))
    undone = taken_back(replace(priority, ticket=warned), kept(priority))
    assert undone.ticket is not None
    assert undone.ticket.resolution.told == 0.75
    assert undone.ticket.assignee == AGENT


def test_a_first_contact_that_was_a_mistake_does_not_count() -> None:
    taken = command(ticket_in("new"), "#take")
    assert taken.ticket is not None
    assert taken.ticket.responded == NOW
    undone = taken_back(taken, kept(taken)).ticket
    assert undone is not None
    assert undone.responded is None
    assert undone.response.since == ticket_in("new").response.since


def test_words_of_the_agents_own_stand_and_so_does_what_they_did() -> None:
    answered = command(ticket_in("new"), "#priority P2 the whole floor\nI am on my way.")
    assert answered.before is not None
    assert answered.before.said
    undone = taken_back(answered, kept(answered))
    assert undone.ticket is not None
    assert (undone.ticket.priority, undone.ticket.state, undone.ticket.assignee) == ("P3", "open", AGENT)
    assert undone.ticket.responded == NOW
    assert "您写给用户的正文无法撤回" in transcript(undone)[0][2]
    assert undone.ticket.response.since is None


def test_words_beside_take_leave_it_in_work() -> None:
    answered = command(ticket_in("new"), "#take\nI am on my way.")
    undone = taken_back(answered, kept(answered))
    assert undone.ticket is not None
    assert (undone.ticket.state, undone.ticket.assignee, undone.ticket.responded) == ("open", AGENT, NOW)


def test_what_the_agents_own_words_changed_since_stays() -> None:
    priority = command(ticket_in("new"), "#priority P2 the whole floor")
    assert priority.ticket is not None
    wrote = decide(priority.ticket, mail("On my way.", WANG, agent=True), Facts(), NOW + timedelta(minutes=5), POLICY)
    undone = taken_back(wrote, kept(priority)).ticket
    assert undone is not None
    assert (undone.priority, undone.state, undone.assignee) == ("P3", "open", AGENT)
    assert undone.responded == NOW + timedelta(minutes=5)
    assert undone.response.since is None


def test_a_note_cannot_be_unsaid_and_is_marked() -> None:
    noted = command(ticket_in("open"), "#note CANARY never mind")
    undone = taken_back(noted, kept(noted))
    assert "备注仍保留在记录里" in transcript(undone)[0][2]
    assert any(line.what == "note withdrawn" for line in undone.history)


def test_the_colleagues_who_were_told_hear_of_it_once() -> None:
    given = command(ticket_in("open"), "#assign zhao.min\n#note CANARY please look")
    undone = taken_back(given, kept(given))
    told = [each for each in undone.mails if each.template == "agent/undone"]
    assert [each.to.key for each in told] == ["zhao.min@corp.example"]
    assert told[0].values["did"] == (Words("#assign", "#转派"), Words("#note", "#备注"))
    assert told[0].reply == "internal"
    assert "已告知先前收到通知的同事" in transcript(undone)[0][2]


def test_an_approver_who_was_asked_by_mistake_hears_that_no_answer_is_needed() -> None:
    asked = command(ticket_in("open"), "#approve mary.jones@corp.example")
    undone = taken_back(asked, kept(asked))
    assert [each.to.key for each in undone.mails if each.template == "approver/over"] == [MARY.key]
    assert undone.ticket is not None
    assert (undone.ticket.state, undone.ticket.approver) == ("open", "")


def test_an_approver_who_was_told_too_early_is_asked_again() -> None:
    waits = replace(ticket_in("on_hold"), approver=MARY.key, hold_until=None)
    solved = command(waits, "#resolve it works")
    assert solved.ticket is not None
    assert solved.ticket.approver == ""
    undone = taken_back(solved, kept(solved))
    assert undone.ticket is not None
    assert (undone.ticket.state, undone.ticket.approver) == ("on_hold", MARY.key)
    assert [each.template for each in undone.mails if each.to.key == MARY.key] == ["approver/asked"]
    assert any(each.kind == "approval_reminder" and each.due for each in undone.timers)


def test_who_has_left_the_list_gets_nothing_back() -> None:
    given = command(replace(ticket_in("open"), assignee="gone@corp.example"), "#take")
    undone = taken_back(given, kept(given)).ticket
    assert undone is not None
    assert undone.assignee is None


def test_a_ticket_that_becomes_restricted_again_is_told_to_nobody_outside() -> None:
    restricted = replace(ticket_in("open"), category="security", restricted=True, team="security", assignee=None)
    zhao = "zhao.min@corp.example"
    agents = {
        **POLICY.agents,
        AGENT: replace(POLICY.agents[AGENT], teams=("service_desk", "security")),
        zhao: replace(POLICY.agents[zhao], teams=("network",)),
    }
    policy = replace(POLICY, agents=agents)
    opened = decide(restricted, mail("#category hardware", WANG, agent=True), FACTS, NOW, policy)
    assert opened.ticket is not None
    assert not opened.ticket.restricted
    event = replace(mail("#undo", WANG, agent=True), received=LATER)
    facts = Facts(before=kept(opened), threads={zhao: ("<a@b>",)})
    undone = decide(opened.ticket, event, facts, LATER, policy)
    assert undone.ticket is not None
    assert (undone.ticket.restricted, undone.ticket.team, undone.ticket.category) == (True, "security", "security")
    outside = [each for each in undone.mails if each.to.key == zhao]
    assert [each.template for each in outside] == ["agent/restricted"]


def test_whoever_put_it_out_of_their_own_sight_cannot_bring_it_back() -> None:
    gone = command(replace(ticket_in("open"), assignee=None), "#category security")
    assert gone.ticket is not None
    assert gone.ticket.restricted
    undone = taken_back(gone, kept(gone))
    assert undone.ticket == gone.ticket
    assert [each.template for each in undone.mails] == ["agent/restricted"]


def test_a_mail_that_only_asks_is_kept_for_no_undo() -> None:
    assert command(ticket_in("open"), "We come at noon.").before is None
    assert undo.did(("take", "priority", "take")) == ("#take", "#priority")


def test_two_clocks_are_the_same_but_for_what_they_told() -> None:
    assert bare(replace(ticket_in("open"), resolution=Clock(told=1.0))).resolution == Clock()
