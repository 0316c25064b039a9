"""For which tickets a mail's commands are: the one that it is on, those that a command names first, or the desk."""

import pytest

from maild.model import Address, Message, Sender
from maild.workflow.commands.grammar import from_subject, parse
from maild.workflow.commands.spread import leading, spread, without_tickets
from tests.policies import default_policy

POLICY = default_policy()


@pytest.mark.parametrize(
    ("text", "on", "here", "jobs"),
    [
        ("#take", 5, [("take", "")], {}),
        ("#take IT-3", None, [], {3: [("take", "")]}),
        ("#take IT-5", 5, [("take", "")], {}),
        ("#resolve IT-3 IT-7 换墨盒", None, [], {3: [("resolve", "换墨盒")], 7: [("resolve", "换墨盒")]}),
        ("＃解决 IT-3、IT-7：换墨盒", 5, [], {3: [("resolve", "换墨盒")], 7: [("resolve", "换墨盒")]}),
        ("#resolve [IT-3], it-7 and IT-9: done", None, [], {n: [("resolve", "done")] for n in (3, 7, 9)}),
        ("#resolve fixed as in IT-3", 5, [("resolve", "fixed as in IT-3")], {}),
        ("#note IT-3 is the same", 5, [("note", "IT-3 is the same")], {}),
        ("#note IT-3 is the same", None, [], {3: [("note", "is the same")]}),
        ("#take\n#resolve IT-3 done", 5, [], {5: [("take", "")], 3: [("resolve", "done")]}),
        ("#use IT-87", 5, [("use", "IT-87")], {}),
        ("#use IT-3 IT-87", None, [], {3: [("use", "IT-87")]}),
        ("#incident VPN down IT-3", 5, [("incident", "VPN down IT-3")], {}),
        ("#incident IT-3 IT-4 VPN down", None, [], {3: [("incident", "IT-4 VPN down")]}),
        ("#incident VPN down IT-3 IT-4", None, [], {3: [("incident", "IT-4 VPN down")]}),
        ("#priority IT-3 P1", None, [], {3: [("priority", "P1")]}),
    ],
)
def test_commands_go_to_the_ticket_of_their_mail_or_to_those_that_they_name(
    text: str, on: int | None, here: list[tuple[str, str]], jobs: dict[int, list[tuple[str, str]]]
) -> None:
    found = spread(parse(text), on, POLICY)
    assert not found.problems
    assert [(each.verb, each.argument) for each in found.here] == here
    assert {job.ticket: [(each.verb, each.argument) for each in job.commands] for job in found.jobs} == jobs


@pytest.mark.parametrize(
    ("text", "on", "says"),
    [
        ("#take", None, "on which ticket? Write #take IT-12"),
        ("#resolve done", None, "on which ticket? Write #resolve IT-12"),
        ("#resolve 87", None, "on which ticket"),
        ("#take XY-3", None, "there is no ticket XY-3"),
        ("#take XY-3", 5, "there is no ticket XY-3"),
        ("#close IT-3", None, "something is missing: #close"),
        ("#close IT-3", 5, "something is missing: #close"),
        ("#note " + "".join(f"IT-{n} " for n in range(1, 62)) + "x", None, "more than 60 tickets"),
    ],
)
def test_without_a_ticket_or_with_too_many_nothing_is_done_and_the_remedy_is_named(
    text: str, on: int | None, says: str
) -> None:
    found = spread(parse(text), on, POLICY)
    assert [why.en for _, why in found.problems if says in why.en]
    assert all(why.zh for _, why in found.problems)


def test_tickets_stand_at_the_front_in_any_dress_and_their_number_ends_at_a_digit() -> None:
    assert leading("【IT-3】，ＩＴ-4 x", POLICY) == ((3, 4), "x")
    assert leading("IT-12345678901 x", POLICY) == ((), "IT-12345678901 x")
    assert leading("(IT-3) IT-3 IT－4; rest", POLICY) == ((3, 4), "rest")


def _mail(subject: str, answered: tuple[str, ...] = ()) -> Message:
    return Message(
        from_=Address("a@corp.example"), sender=Sender("a@corp.example"), subject=subject, references=answered
    )


@pytest.mark.parametrize(
    ("subject", "command"),
    [
        ("#mine", "#mine"),
        ("＃接单 IT-3", "＃接单 IT-3"),
        ("[IT-12] #take", "#take"),
        ("【it-12】#接单", "#接单"),
        # A reply prefix means that somebody else may have written what follows.
        ("Re: [IT-12] #take", ""),
        ("回复：#接单", ""),
        ("[IT-12] #take abcdefghijklmnopqrs", ""),
        ("#1 printer", ""),
        ("# take", ""),
        ("Printer #take", ""),
        ("", ""),
    ],
)
def test_the_subject_of_a_fresh_mail_may_be_a_command(subject: str, command: str) -> None:
    assert from_subject(_mail(subject), POLICY) == command
    # On an answer the subject is the one that the requester gave the ticket.
    assert from_subject(_mail(subject, ("<one@corp.example>",)), POLICY) == ""


@pytest.mark.parametrize(
    ("line", "verb", "shown"),
    [
        ("#resolve IT-3, IT-7 new ink", "resolve", "#resolve new ink"),
        ("＃关闭IT-3和IT-7：重复", "close", "＃关闭 重复"),
        ("#take IT-3", "take", "#take"),
        ("#take", "take", "#take"),
        ("#use IT-3 IT-87", "use", "#use IT-3 IT-87"),
    ],
)
def test_a_transcript_shows_a_command_without_the_tickets_that_it_was_for(line: str, verb: str, shown: str) -> None:
    assert without_tickets(line, verb, default_policy()) == shown
