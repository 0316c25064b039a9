"""Complaints 21, 22 of PEERS: an agent answers from any mail program; the requester gets those words and no other."""

import email
import email.policy
from email.message import EmailMessage

import pytest

from tests.security.conftest import ANNA, DESK, TOM, Desk, received
from tests.stories import canaries, clients
from tests.stories.clients import attach
from tests.stories.script import MANNERS, Manner
from tests.stories.stage import Out

WEI = "wang.wei@corp.example"
WORDS = {
    ANNA: ["Hi Tom,", "", "please restart the router on the shelf, then tell me the colour of its light.", "", "Anna"],
    WEI: ["您好：", "", "请先重启书架上的路由器，然后告诉我指示灯的颜色。", "", "王伟"],
}
# Programs that mark every quoted line: only there an answer below or between can be told from what is quoted.
MARKED: tuple[Manner, ...] = ("gmail", "apple", "thunderbird")
NOTE = "CANARY he never listens, last time it took an hour"


@pytest.fixture
def waiting(desk: Desk) -> Desk:
    """Ticket 1 is Tom's, and the agents of its team have been told."""
    desk.write(TOM, "Keyboard is broken", "Three keys of my keyboard are broken, I need a new keyboard.")
    return desk


def _mail(desk: Desk, who: str, manner: Manner, where: str) -> bytes:
    letter = received(desk.letter("agent/new_ticket", who))
    quoted = clients._MANNERS[manner](letter, who, clients.chinese(who))[1]
    own = WORDS[who]
    if where == "above":
        lines = [*own, "", *quoted]
    elif where == "below":
        lines = [*quoted, "", *own]
    elif where == "between":
        marks = [at for at, line in enumerate(quoted) if line.startswith("> ")]
        middle = marks[len(marks) // 2]
        lines = [*quoted[:middle], "", *own, "", *quoted[middle:]]
    else:
        lines = list(own)
    message = desk._pen.reply(who, letter, lines, desk.stage.now.astimezone(), manner=manner, quote=False)
    attach(message, ["log.txt"])
    return message.as_bytes()


def _said(letter: Out) -> str:
    """The words of the agent in a relayed answer: what stands above the desk's own foot."""
    text = received(letter).text
    return canaries.squeezed(text)


def _files(letter: Out) -> list[str | None]:
    message = email.message_from_bytes(letter.raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return [part.get_filename() for part in message.iter_attachments()]


def _one_answer(desk: Desk, raw: bytes, who: str) -> None:
    """The requester gets one letter, with the agent's words and file and nothing of the notice."""
    answers = [out for out in desk.deliver(raw) if out.recipient == TOM]
    assert [out.template for out in answers] == ["requester/reply"]
    said = _said(answers[0])
    assert canaries.squeezed("".join(WORDS[who])) in said
    for foreign in (
        "#take",
        "Replyabove",
        "以上回复",
        "Reply→",
        "回复→",
        "发自",
        "Sentfrom",
        "Outlookfor",
        "wrote:",
        "写道",
    ):
        assert foreign not in said, foreign
    assert _files(answers[0]) == ["log.txt"]


@pytest.mark.parametrize("who", [ANNA, WEI])
@pytest.mark.parametrize("where", ["above", "no quote"])
@pytest.mark.parametrize("manner", MANNERS)
def test_the_requester_gets_the_agents_words_and_nothing_else(
    waiting: Desk, who: str, where: str, manner: Manner
) -> None:
    _one_answer(waiting, _mail(waiting, who, manner, where), who)
    waiting.check()


@pytest.mark.parametrize("who", [ANNA, WEI])
@pytest.mark.parametrize("manner", ["gmail", "thunderbird"])
def test_words_below_a_marked_quote_are_the_agents_too(waiting: Desk, who: str, manner: Manner) -> None:
    _one_answer(waiting, _mail(waiting, who, manner, "below"), who)


@pytest.mark.parametrize("who", [ANNA, WEI])
@pytest.mark.parametrize("manner", [each for each in MANNERS if each not in MARKED])
def test_words_below_a_quote_without_marks_are_sent_to_nobody_and_the_agent_hears_it(
    waiting: Desk, who: str, manner: Manner
) -> None:
    out = waiting.deliver(_mail(waiting, who, manner, "below"))
    assert [each for each in out if each.recipient == TOM] == []
    assert [(each.recipient, each.template) for each in out] == [(who, "agent/transcript")]
    assert waiting.state(1) == "new"


@pytest.mark.parametrize("who", [ANNA, WEI])
@pytest.mark.parametrize("manner", MARKED)
def test_words_between_quoted_lines_stay_inside_and_the_agent_hears_it(waiting: Desk, who: str, manner: Manner) -> None:
    out = waiting.deliver(_mail(waiting, who, manner, "between"))
    assert [each for each in out if each.recipient == TOM] == []
    assert (who, "agent/transcript") in [(each.recipient, each.template) for each in out]
    (noted,) = waiting.rows("SELECT visibility, new_text FROM entry WHERE ticket = 1 AND role = 'agent'")
    assert noted.visibility == "internal"
    assert canaries.squeezed("".join(WORDS[who])) in canaries.squeezed(noted.new_text)


@pytest.mark.parametrize("manner", MANNERS)
def test_an_answer_to_an_internal_notice_stays_inside(waiting: Desk, manner: Manner) -> None:
    waiting.reply(waiting.letter("agent/new_ticket", ANNA), "#take")
    waiting.reply(waiting.letter("agent/new_ticket", WEI), f"#note {NOTE}")
    note = waiting.letter("agent/note", ANNA)
    out = waiting.reply(note, "CANARY I know, let me handle it.", manner=manner)
    assert [each for each in out if each.recipient == TOM] == []
    waiting.check()


def test_a_reply_to_all_with_the_requester_in_to_is_relayed_to_nobody(waiting: Desk) -> None:
    notice = waiting.letter("agent/new_ticket", ANNA)
    out = waiting.reply(notice, *WORDS[ANNA], headers=(("To", TOM), ("Cc", DESK)))
    assert [each for each in out if each.recipient == TOM] == []
    assert "To or Cc" in received(waiting.letter("agent/transcript", ANNA)).text


def test_a_forwarded_notice_answered_by_a_colleague_stays_inside(waiting: Desk) -> None:
    # Anna has passed her notice on to Wang Wei, who answers it: it was never his to answer.
    notice = waiting.letter("agent/new_ticket", ANNA)
    out = waiting.reply(notice, "CANARY let her wait", who=WEI)
    assert [each for each in out if each.recipient == TOM] == []
    waiting.check()


def test_an_old_public_notice_of_a_ticket_that_was_restricted_since(waiting: Desk) -> None:
    notice = waiting.letter("agent/new_ticket", WEI)
    waiting.reply(waiting.letter("agent/new_ticket", ANNA), "#category security")
    before = waiting.rows("SELECT * FROM entry WHERE ticket = 1 AND visibility = 'public'")
    out = waiting.reply(notice, *WORDS[WEI])
    assert [each for each in out if each.recipient == TOM] == []
    assert waiting.rows("SELECT * FROM entry WHERE ticket = 1 AND visibility = 'public'") == before
