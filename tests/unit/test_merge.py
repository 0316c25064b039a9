"""`#merge`, `#link`, `#cc` as decisions: what is done, what is refused and with which remedy, for any two tickets."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from maild.model import Address, Facts, Followed, Other, Outcome, Participant, Person, Ticket
from maild.workflow.commands import cc, tags
from maild.workflow.commands.grammar import parse
from maild.workflow.commands.merge import first
from maild.workflow.commands.run import carry_out
from maild.workflow.decide import decide
from maild.workflow.draft import Draft
from tests.policies import default_policy

POLICY = default_policy()
NOW = datetime(2024, 3, 6, 2, 0, tzinfo=UTC)
TOM, MARY = Address("tom.reed@corp.example", "Tom Reed"), Address("mary.jones@corp.example", "Mary Jones")
BOB = Address("bob@vendor.example", "Bob")
WEI, MIN = "wang.wei@corp.example", "zhao.min@corp.example"
CLOSED: dict[str, Any] = {"state": "closed", "outcome": "confirmed", "closed": NOW - timedelta(days=1)}


def ticket(number: int, requester: Address = TOM, **more: Any) -> Ticket:
    values: dict[str, Any] = {
        "subject": f"matter {number}", "requester": requester, "team": "service_desk", "category": "hardware",
        "state": "open", "created": NOW - timedelta(hours=2), "internal": requester.key.endswith("corp.example"),
    }  # fmt: skip
    return Ticket(id=number, **{**values, **more})


def ordered(
    text: str, source: Ticket, others: tuple[Other, ...] = (), who: str = WEI, **facts: Any
) -> tuple[Outcome | None, str]:
    """What an agent's commands do to a ticket: the outcome, or None and why not."""
    agent = POLICY.agents[who]
    known = Facts(others={each.ticket.key: each for each in others}, **facts)
    worked, lines = carry_out(Draft(source, NOW, known, POLICY, who=who), replace(agent, language="en"), parse(text))
    return (worked.outcome("test"), "") if worked is not None else (None, lines[0][2])


def other(one: Ticket, same: bool = True, **more: Any) -> Other:
    return Other(ticket=one, same=same, **more)


SECURITY: dict[str, Any] = {"restricted": True, "team": "security"}

# (what it is, source, target, same person, agent, remedy named in the refusal; empty: done)
MERGES: tuple[tuple[str, Ticket, Ticket, bool, str, str], ...] = (
    ("the same person", ticket(3), ticket(7), True, WEI, ""),
    ("another person of the house", ticket(3), ticket(7, MARY), False, WEI, ""),
    ("the same person from outside", ticket(3, BOB), ticket(7, BOB), True, WEI, ""),
    ("an outsider into a colleague's", ticket(3, BOB), ticket(7), False, WEI, "#link IT-7"),
    ("a colleague's into an outsider's", ticket(3), ticket(7, BOB), False, WEI, "#link IT-7"),
    ("two outsiders", ticket(3, BOB), ticket(7, Address("eve@x.example")), False, WEI, "#link IT-7"),
    ("restricted, its own team, the same person", ticket(3, **SECURITY), ticket(7, **SECURITY), True, MIN, ""),
    ("restricted into open", ticket(3, **SECURITY), ticket(7), True, MIN, "merge IT-7 into IT-3"),
    ("open into restricted, by its team", ticket(3), ticket(7, **SECURITY), True, MIN, ""),
    ("open into restricted, by others", ticket(3), ticket(7, **SECURITY), True, WEI, "restricted to the team Security"),
    ("restricted, another person", ticket(3, **SECURITY), ticket(7, MARY, **SECURITY), False, MIN, "#link IT-7"),
    ("open into another's restricted", ticket(3), ticket(7, MARY, **SECURITY), False, MIN, "#link IT-7"),
    ("into a closed one", ticket(3), ticket(7, **CLOSED), True, WEI, "#reopen IT-7 first"),
    ("into a solved one", ticket(3), ticket(7, state="resolved"), True, WEI, "#reopen IT-7 first"),
    ("a solved one", ticket(3, state="resolved"), ticket(7), True, WEI, ""),
    ("a closed one", ticket(3, **CLOSED), ticket(7), True, WEI, "closed already"),
    ("one that waits for details", ticket(3, state="pending"), ticket(7), True, WEI, ""),
    ("one that waits for an approval", ticket(3, state="on_hold", approver=MARY.key), ticket(7), True, WEI, ""),
    ("into one that waits for an approval", ticket(3), ticket(7, state="on_hold", approver=MARY.key), True, WEI, ""),
    ("into a mass incident", ticket(3), ticket(7, Address(""), kind="incident"), False, WEI, "#incident IT-3"),
    ("out of a mass incident", ticket(3, parent=9), ticket(7), True, WEI, "#incident remove IT-3"),
    ("within a mass incident", ticket(3, parent=9), ticket(7, MARY, parent=9), False, WEI, ""),
    ("into a report of a mass incident", ticket(3), ticket(7, parent=9), True, WEI, ""),
)


@pytest.mark.parametrize(("what", "source", "target", "same", "who", "remedy"), MERGES, ids=lambda v: str(v)[:40])
def test_which_tickets_can_be_merged(
    what: str, source: Ticket, target: Ticket, same: bool, who: str, remedy: str
) -> None:
    done, why = ordered("#merge IT-7", source, (other(target, same),), who)
    if remedy:
        assert done is None and remedy in why, why
        return
    assert done is not None and done.ticket is not None, why
    assert (done.ticket.state, done.ticket.outcome, done.ticket.merged_into) == ("closed", "duplicate", 7)
    assert [(each.ticket, each.what) for each in done.follow if each.what == "merged_in"] == [(7, "merged_in")]
    # Everything that would have happened by itself is over, and its clocks stand.
    assert all(timer.due is None for timer in done.timers)
    assert done.ticket.resolution.since is None and done.ticket.response.since is None
    assert not done.ticket.approver
    told = [mail for mail in done.mails if mail.to.key == source.requester.key]
    assert [mail.template for mail in told] == ["requester/merged"]
    # Whoever else reported it is no more than "somebody else", and their subject is theirs.
    shown = str(told[0].values)
    assert target.requester.key not in shown and target.subject not in shown and target.requester.name not in shown
    overs = [mail.to.key for mail in done.mails if mail.template == "approver/over"]
    assert overs == ([source.approver] if source.approver else [])


def test_a_number_leads_on_to_where_it_was_merged_and_never_back() -> None:
    chain = (other(ticket(7, merged_into=9, **CLOSED)), other(ticket(9)))
    done, _ = ordered("#merge IT-7", ticket(3), chain)
    assert done is not None and done.ticket is not None and done.ticket.merged_into == 9
    ring = (other(ticket(7, merged_into=9, **CLOSED)), other(ticket(9, merged_into=3, **CLOSED)))
    for text, found, why in (
        ("#merge IT-7", ring, "merged into this ticket already"),
        ("#merge IT-3", (other(ticket(3)),), "IT-3 is this ticket itself"),
        ("#merge IT-8", (), "there is no IT-8"),
        ("#merge IT-7 IT-9", (other(ticket(7)), other(ticket(9))), "one ticket at a time"),
        ("#merge tomorrow", (), "is no ticket"),
        ("#merge IT-7 because", (other(ticket(7)),), "is no ticket"),
    ):
        done, said = ordered(text, ticket(3), found)
        assert done is None and why in said, (text, said)


def followed(target: Ticket, source: Other, what: str = "merged_in", **facts: Any) -> Outcome:
    event = Followed(what, source.ticket.key, {"by": WEI, "name": "王伟"})
    return decide(target, event, Facts(others={source.ticket.key: source}, **facts), NOW, POLICY)


def gone(requester: Address = TOM, **more: Any) -> Ticket:
    return ticket(3, requester, state="closed", outcome="duplicate", merged_into=7, closed=NOW, **more)


def test_the_people_of_a_merged_ticket_come_along_once() -> None:
    on = (
        Participant(address=Address("carol@corp.example"), reads=True, same=frozenset({"carol@corp.example"})),
        Participant(address=Address("dan@corp.example"), same=frozenset({"dan@corp.example"})),
        Participant(address=Address("gone@corp.example"), writes=False, same=frozenset({"gone@corp.example"})),
        Participant(address=TOM, reads=True, same=frozenset({TOM.key})),
    )
    out = followed(ticket(7), other(gone(MARY), same=False, participants=on, report="it jams"))
    assert [each.key for each in out.readers] == [MARY.key, "carol@corp.example"]
    assert [each.key for each in out.writers] == ["dan@corp.example"]
    assert not out.gone
    # Somebody whom an agent took off the target is not brought back by what is merged into it.
    off = (Participant(address=Address("carol@corp.example"), writes=False, same=frozenset({"carol@corp.example"})),)
    out = followed(ticket(7), other(gone(MARY), same=False, participants=on), participants=off)
    assert [each.key for each in out.readers] == [MARY.key]


def test_the_more_urgent_word_holds_unless_a_lead_has_fixed_it() -> None:
    out = followed(ticket(7, priority="P3"), other(gone(priority="P1")))
    assert out.ticket is not None and out.ticket.priority == "P1"
    out = followed(ticket(7, priority="P2"), other(gone(priority="P4")))
    assert out.ticket is not None and out.ticket.priority == "P2"
    out = followed(ticket(7, priority="P4", priority_locked=True), other(gone(priority="P1")))
    assert out.ticket is not None and out.ticket.priority == "P4"


@pytest.mark.parametrize("state", ["new", "open", "pending", "on_hold"])
def test_a_merge_changes_no_state_of_the_ticket_that_goes_on(state: str) -> None:
    out = followed(ticket(7, state=state), other(gone()))
    assert out.ticket is not None and out.ticket.state == state
    assert [line.what for line in out.history if line.what == "merged in"]


def test_what_was_solved_meanwhile_is_open_again() -> None:
    out = followed(ticket(7, **CLOSED), other(gone()))
    assert out.ticket is not None and (out.ticket.state, out.ticket.outcome) == ("open", None)


def test_two_agents_merge_two_tickets_into_one_another_at_once() -> None:
    """Each decision saw the other ticket open (two daemons): the older one counts, and the other leads to it."""
    three, seven = gone(), ticket(7, merged_into=3, **CLOSED)
    out = followed(three, other(seven))
    assert out.ticket is not None and (out.ticket.merged_into, out.ticket.state) == (None, "open")
    out = followed(seven, other(three))
    assert out.ticket is not None and (out.ticket.merged_into, out.ticket.state) == (3, "closed")


def test_news_of_a_merge_follow_the_ticket_that_was_merged_on() -> None:
    out = followed(ticket(7, merged_into=9, **CLOSED), other(gone()))
    (passed,) = out.follow
    assert (passed.ticket, passed.what) == (9, "merged_in")
    assert first(Followed(passed.what, 7, passed.data)) == 3


@pytest.mark.parametrize("line", ["#take", "#resolve done", "#note x", "#merge IT-9", "#close x", "#cc mary", "#spam"])
def test_nothing_is_done_on_a_merged_ticket_but_to_take_it_out(line: str) -> None:
    done, why = ordered(line, gone(), (other(ticket(9)),))
    assert done is None and "IT-3 was merged into IT-7" in why and "#reopen IT-3" in why


def test_taken_out_it_stands_on_its_own_and_the_other_reporter_leaves() -> None:
    done, _ = ordered("#reopen they differ", gone())
    assert done is not None and done.ticket is not None
    assert (done.ticket.state, done.ticket.merged_into) == ("open", None)
    assert [(each.ticket, each.what) for each in done.follow] == [(7, "merged_out")]
    assert done.unlinked == (7,)
    there = (Participant(address=MARY, reads=True, same=frozenset({MARY.key})),)
    out = followed(ticket(7), other(ticket(3, MARY), same=False), "merged_out", participants=there)
    assert [each.key for each in out.gone] == [MARY.key]


# ── links and copies ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("argument", "numbers", "away"),
    [
        ("IT-7", (7,), False),
        ("it-7，IT-9", (7, 9), False),
        ("［ＩＴ－７］", (7,), False),
        ("-IT-7", (7,), True),
        ("－ IT-7", (7,), True),
        ("取消 IT-7", (7,), True),
        ("IT-7 -", (7,), True),
    ],
)
def test_the_tickets_behind_a_link(argument: str, numbers: tuple[int, ...], away: bool) -> None:
    assert tags.takes_away(argument) == away
    assert tags.others_named(f"#link {argument}", POLICY) == numbers


@pytest.mark.parametrize(
    ("line", "related", "why"),
    [
        ("#link IT-7", (), ""),
        ("#link -IT-7", (7,), ""),
        ("#link IT-7", (7,), "already"),
        ("#link -IT-7", (), "not linked"),
        ("#link IT-3", (), "this ticket itself"),
        ("#link IT-8", (), "there is no IT-8"),
        ("#link IT-9", (), "restricted to the team Security"),
    ],
)
def test_links_are_made_and_ended(line: str, related: tuple[int, ...], why: str) -> None:
    known = (other(ticket(3)), other(ticket(7)), other(ticket(9, **SECURITY)))
    done, said = ordered(line, ticket(3), known, related=related)
    if why:
        assert done is None and why in said
        return
    assert done is not None
    assert (done.links, done.unlinked) == (((7, "related"),), ()) if not related else ((), (7,))
    assert [(each.ticket, each.what) for each in done.follow] == [(7, "link_removed" if related else "linked")]
    assert not done.mails


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#cc mary.jones", ("mary.jones",)),
        ("#cc Mary Jones", ("mary jones",)),
        ("#cc Mary Jones <Mary@Corp.Example>", ("mary@corp.example",)),
        ("#cc mary@corp.example bob@vendor.example", ("mary@corp.example", "bob@vendor.example")),
        ("#抄送 韩梅梅、张强，bob@vendor.example", ("韩梅梅", "张强", "bob@vendor.example")),
        ("#抄送 ｍａｒｙ@corp.example", ("mary@corp.example",)),
        ("#cc -bob@vendor.example, -mary", ("bob@vendor.example", "mary")),
        ("#cc @mary", ("mary",)),
        ("no command", ()),
    ],
)
def test_whom_a_copy_names(text: str, words: tuple[str, ...]) -> None:
    assert cc.called(text) == words


_MARY = Person(key="1", addresses=(MARY.key, "mj@corp.example"), name=MARY.name)
_ON = (Participant(address=MARY, reads=True, same=frozenset({MARY.key, "mj@corp.example"})),)


@pytest.mark.parametrize(
    ("line", "facts", "why"),
    [
        ("#cc bob@vendor.example", {}, ""),
        ("#cc mary jones", {"called": {"mary jones": (_MARY,)}}, ""),
        ("#cc mary jones", {}, "write the whole address"),
        ("#cc mary", {"called": {"mary": (_MARY, replace(_MARY, key="2"))}}, "may be one of these"),
        ("#cc mj@corp.example", {"called": {"mj@corp.example": (_MARY,)}, "participants": _ON}, "in copy already"),
        ("#cc mary.jones+x@corp.example", {"participants": _ON}, "in copy already"),
        ("#cc tom.reed@corp.example", {}, "is the requester"),
        ("#cc tr@corp.example", {"same": frozenset({"tr@corp.example"})}, "is the requester"),
        ("#cc it@corp.example", {}, "nobody who reads mail"),
        ("#cc bob@vendor", {}, "is no mail address"),
        ("#cc bob@vendor.example, bob@vendor.example", {}, ""),
        ("#cc ,", {}, "something is missing: #cc WHO"),
        ("#cc -mary.jones", {"participants": _ON}, ""),
        ("#cc -mj@corp.example", {"participants": _ON}, ""),
        ("#cc -bob", {"participants": _ON}, "mary.jones@corp.example"),
        ("#cc -bob", {}, "nobody is in copy"),
    ],
)
def test_who_can_be_put_in_copy(line: str, facts: dict[str, Any], why: str) -> None:
    done, said = ordered(line, ticket(3), **facts)
    if why:
        assert done is None and why in said, said
        return
    assert done is not None
    if "-" in line.partition(" ")[2][:1]:
        assert [each.key for each in done.gone] == [MARY.key] and not done.mails
        return
    assert len(done.readers) == 1
    assert [(mail.template, mail.to.key) for mail in done.mails] == [("requester/in_copy", done.readers[0].key)]


def test_an_agent_of_another_team_is_not_put_in_copy_of_a_restricted_ticket() -> None:
    done, why = ordered("#cc wang.wei", ticket(3, **SECURITY), who=MIN)
    assert done is None and "restricted" in why
