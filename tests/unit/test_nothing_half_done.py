"""All of a mail's commands or none: every command before one that is refused leaves nothing behind (PRODUCT §3.4)."""

from copy import deepcopy
from dataclasses import replace
from typing import Any, Literal

import pytest

from maild.model import Address, Attachment, Facts, MailArrived, Outcome, SignedId, Solution, Solved, Ticket, Waiting
from maild.workflow.commands import run
from maild.workflow.commands.grammar import parse
from maild.workflow.decide import decide
from maild.workflow.draft import Draft
from tests.unit.test_lifecycle import AGENT, COMMANDS, MARY, NOW, POLICY, mail, ticket_in

WANG = Address(AGENT, "王伟")
FACTS = Facts(waiting=(Waiting(MARY, 1),), solutions={3: Solution(Solved(3, "jam"), "turn it round")})
VERBS = sorted(run.DOERS.keys() - {"undo"})
# Refused on any ticket, each for another reason: a wrong name, another ticket's command, a word too many.
REFUSED = (
    *("#assign nobody.at.all", "#team nowhere", "#priority P9", "#category nothing", "#ask colour", "#hold soon"),
    *("#out-of-scope nowhere", "#use nothing", "#update restarted", "#nonsense", "#take at once"),
)
STAGES = ("new", "open", "pending", "on_hold", "resolved", "closed")


def said(text: str) -> MailArrived:
    return mail(text, WANG, agent=True)


def only_told(outcome: Outcome, ticket: Ticket) -> None:
    """Nothing came of it but the transcript, the line that says so, and the mail on record."""
    assert outcome.ticket == ticket
    assert [each.template for each in outcome.mails] == ["agent/transcript"]
    assert [line.what for line in outcome.history] == ["commands refused"]
    assert [(each.visibility, each.role) for each in outcome.entries] == [("internal", "agent")]
    assert outcome.before is None
    for name in ("fields", "timers", "links", "writers", "readers", "published", "members", "corrections", "commands"):
        assert not getattr(outcome, name), name
    for name in ("follow", "also", "undeliverable", "rating", "incident", "away", "undone", "release", "drop"):
        assert not getattr(outcome, name), name


@pytest.mark.parametrize("refused", REFUSED)
@pytest.mark.parametrize("verb", VERBS)
def test_nothing_of_a_command_remains_beside_one_that_is_refused(verb: str, refused: str) -> None:
    for at in STAGES:
        for text in (
            f"{COMMANDS[verb]}\n{refused}",
            f"{refused}\n{COMMANDS[verb]}",
            f"{COMMANDS[verb]}\n{refused}\nand words",
        ):
            ticket = ticket_in(at)  # type: ignore[arg-type]  # the stages above are some of them
            outcome = decide(ticket, said(text), FACTS, NOW, POLICY)
            only_told(outcome, ticket)
            (letter,) = outcome.mails
            lines = letter.values["lines"]
            assert isinstance(lines, tuple)
            assert not any(done for _, done, _ in lines)
            assert all(why for _, _, why in lines)
            assert {line for line, _, _ in lines} >= {COMMANDS[verb], refused}


@pytest.mark.parametrize("first", VERBS)
def test_of_any_two_commands_both_are_done_or_nothing_is(first: str) -> None:
    for second in VERBS:
        for at in STAGES:
            ticket = ticket_in(at)  # type: ignore[arg-type]  # the stages above are some of them
            outcome = decide(ticket, said(f"{COMMANDS[first]}\n{COMMANDS[second]}"), FACTS, NOW, POLICY)
            if any(line.what == "commands refused" for line in outcome.history):
                only_told(outcome, ticket)
            else:
                # Done as a whole, and kept so that both can be taken back.
                assert outcome.before is not None
                assert outcome.before.verbs == (first, second)


@pytest.mark.parametrize("verb", VERBS)
def test_a_refused_trial_leaves_its_draft_as_it_was(verb: str) -> None:
    """Whatever a draft learns to carry, a trial must not write on it: every list and table of it is looked at."""
    for at in STAGES:
        ticket = ticket_in(at)  # type: ignore[arg-type]  # the stages above are some of them
        draft = Draft(ticket, NOW, FACTS, POLICY, who=AGENT)
        before = _carried(draft)
        worked, lines = run.carry_out(draft, POLICY.agents[AGENT], parse(f"{COMMANDS[verb]}\n#team nowhere"))
        assert worked is None
        assert len(lines) == 2
        assert _carried(draft) == before


def _carried(draft: Draft) -> dict[str, Any]:
    return {name: deepcopy(value) for name, value in vars(draft).items() if name not in ("facts", "policy")}


@pytest.mark.parametrize("refused", ["#close", "#resolve IT-999 gone", "#team nowhere"])
def test_orders_to_other_tickets_are_given_as_a_whole_or_not_at_all(refused: str) -> None:
    ticket = ticket_in("open")
    outcome = decide(ticket, said(f"#take\n#resolve IT-7 done\n{refused}"), FACTS, NOW, POLICY)
    assert not outcome.follow
    assert outcome.ticket == ticket
    assert not any(row.done for row in outcome.commands)
    assert [each.template for each in outcome.mails] == ["agent/transcript"]


# ── the text below the commands ──────────────────────────────────────────────────────────────────────────────────────

TEXT = "CANARY the fuse was blown."


@pytest.mark.parametrize(
    ("commands", "public", "internal"),
    [
        # The reply, by the notice's kind.
        ("#take", "requester/reply", "note"),
        ("#priority P2 now", "requester/reply", "note"),
        ("#assign zhao.min", "requester/reply", "note"),
        ("#hold 2d a part", "requester/reply", "note"),
        ("#take\n#hold 2d a part", "requester/reply", "note"),
        # The summary, part of the request, words beside a solution, a kind notice: whatever it answers.
        ("#resolve", "requester/resolved", "requester/resolved"),
        ("#take\n#resolve", "requester/resolved", "requester/resolved"),
        ("#ask phone", "requester/info_requested", "requester/info_requested"),
        ("#use IT-3", "requester/reply", "requester/reply"),
        ("#use IT-3\n#resolve", "requester/resolved", "requester/resolved"),
        ("#out-of-scope", "requester/out_of_scope", "requester/out_of_scope"),
        ("#not-approved", "requester/approval", "requester/approval"),
        # A note is for colleagues, and takes the text whatever stands beside it.
        ("#note", "note", "note"),
        ("#note\n#resolve", "note", "note"),
        ("#resolve\n#note", "note", "note"),
        ("#note\n#ask phone", "note", "note"),
        ("#note\n#use IT-3", "note", "note"),
        ("#note careful\n#take", "note", "note"),
    ],
)
@pytest.mark.parametrize("answered", ["public", "internal"])
def test_where_the_text_below_the_commands_goes(
    commands: str, public: str, internal: str, answered: Literal["public", "internal"]
) -> None:
    event = said(f"{commands}\n{TEXT}")
    signed = SignedId(7, answered, "digest", NOW.date())
    event = replace(event, thread=replace(event.thread, signed=signed))
    outcome = decide(ticket_in("open"), event, FACTS, NOW, POLICY)
    assert not any(line.what == "commands refused" for line in outcome.history)
    heard = {each.template for each in outcome.mails if each.audience == "requester" and TEXT in str(each.values)}
    wanted = public if answered == "public" else internal
    assert heard == ({wanted} if wanted != "note" else set())
    where = {each.visibility for each in outcome.entries if TEXT in each.new_text}
    # What goes into the words of a kind letter need not be an entry of its own; a note is nothing but one.
    assert where <= (
        {"internal"} if wanted == "note" else {"public"} | ({"internal"} if not heard & _SPOKEN else set())
    )
    assert wanted != "note" or where == {"internal"}


# Letters whose text is an entry that the requester may see.
_SPOKEN = frozenset({"requester/reply", "requester/resolved", "requester/info_requested", "requester/out_of_scope"})


PICTURE = Attachment(2, "screen.png", "image/png", 40_000, "5ha")


@pytest.mark.parametrize(
    ("text", "answered", "goes_to", "on_record"),
    [
        # Where the words go, whoever says them.
        ("Please look at the picture.", "public", "requester/reply", "public"),
        ("#take\nPlease look at the picture.", "public", "requester/reply", "public"),
        ("#resolve as the picture shows", "public", "requester/resolved", "public"),
        ("#resolve as the picture shows", "internal", "requester/resolved", "public"),
        ("#resolve", "public", "requester/resolved", "internal"),
        ("#ask phone\nas the picture shows", "public", "requester/info_requested", "public"),
        ("#use IT-3", "public", "requester/reply", "public"),
        ("#out-of-scope\nas the picture shows", "public", "requester/out_of_scope", "public"),
        # A note is for colleagues, and so is what comes with it.
        ("#note CANARY look", "public", "agent/note", "internal"),
        ("#note CANARY look\n#resolve", "public", "agent/note", "internal"),
        ("CANARY look", "internal", "agent/note", "internal"),
        # Without a word it stays inside, and the agent is told.
        ("#take", "public", "agent/transcript", "internal"),
        ("#hold 2d a part", "public", "agent/transcript", "internal"),
    ],
)
def test_where_attachments_beside_commands_go(
    text: str, answered: Literal["public", "internal"], goes_to: str, on_record: str
) -> None:
    event = said(text)
    signed = SignedId(7, answered, "digest", NOW.date())
    event = replace(
        event,
        message=replace(event.message, attachments=(PICTURE,)),
        thread=replace(event.thread, signed=signed),
    )
    ticket = replace(ticket_in("open"), assignee="zhao.min@corp.example")
    outcome = decide(ticket, event, FACTS, NOW, POLICY)
    carriers = {each.template for each in outcome.mails if each.attach}
    if goes_to == "agent/transcript":
        assert not carriers
        (letter,) = [each for each in outcome.mails if each.template == goes_to]
        assert "附件已留在内部" in str(letter.values)
    else:
        assert carriers == {goes_to}
        assert all(each.attach == (PICTURE,) for each in outcome.mails if each.attach)
    (kept,) = [each for each in outcome.entries if each.attachments]
    assert kept.visibility == on_record


@pytest.mark.parametrize("verb", VERBS)
def test_a_mail_with_commands_only_posts_nothing_but_what_they_say(verb: str) -> None:
    outcome = decide(ticket_in("open"), said("#take" if verb == "take" else COMMANDS[verb]), FACTS, NOW, POLICY)
    relayed = [each for each in outcome.mails if each.template == "requester/reply" and verb != "use"]
    assert not relayed
    assert not any(
        each.text == COMMANDS[verb] and each.visibility == "public" for each in outcome.entries if verb != "ask"
    )
