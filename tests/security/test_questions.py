"""Questions tell nobody what is not theirs: restricted tickets (the word MAGPIE), other people's, and to strangers
nothing at all (PRODUCT §2.5, §3.4; THREATS A01, A12)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.security.conftest import ANNA, LEAD, MX, TOM, ZHAO, Desk, MakeDesk, words

WEI = "wang.wei@corp.example"
MARY = "mary.jones@corp.example"
VOUCHED = [("Authentication-Results", f"{MX}; dmarc=pass header.from=corp.example")]
FAILED = [("Authentication-Results", f"{MX}; dmarc=fail header.from=corp.example")]
OUTSIDE = (WEI, ANNA, MARY)


@pytest.fixture
def desk(make_desk: MakeDesk) -> Iterator[Desk]:
    made = make_desk(trust={"authserv_id": MX})
    made.write(TOM, "Phishing MAGPIE", "I clicked a link in a phishing mail: MAGPIE, there is malware.", VOUCHED)
    yield made
    assert [out for out in made.outs if out.recipient in OUTSIDE and "MAGPIE" in words(out)] == []
    made.check()


@pytest.mark.parametrize(
    "question",
    ["#find phishing", "#查找 malware", "#queue security", "#overdue security", "#show IT-1", "#report week", "#mine"],
)
def test_a12_no_question_tells_an_outsider_of_a_restricted_ticket(desk: Desk, question: str) -> None:
    desk.after(timedelta(days=20))
    del desk.outs[:]
    (answer,) = desk.write(WEI, "hello", question, VOUCHED)
    assert (answer.template, answer.recipient) == ("agent/answer", WEI)
    assert TOM not in words(answer) and "Phishing" not in words(answer)
    # Its own people are told.
    told = desk.write(ZHAO, "hello", question, VOUCHED)
    if question not in ("#mine", "#report week"):
        assert any("MAGPIE" in words(out) for out in told)


def test_restricted_solutions_and_links_stay_out_of_a_shown_ticket(desk: Desk) -> None:
    desk.write(MARY, "Re: [IT-1] my printer", "The printer is out of toner. See below.", VOUCHED)
    desk.reply(desk.letter("agent/new_ticket", ZHAO), "#category hardware")
    assert desk.rows("SELECT count(*) AS n FROM link")[0].n == 1
    got = desk.write(WEI, "#show IT-2", "", VOUCHED)
    assert "MAGPIE" not in words(got[0])


@pytest.mark.parametrize("question", ["#status", "#mine", "#status IT-1", "#help"])
def test_a01_a_stranger_s_question_is_a_stranger_s_mail_like_any_other(desk: Desk, question: str) -> None:
    (plain, *_) = desk.write("eve@elsewhere.example", "hello", "Please help me.")
    (asked, *_) = desk.write("mallory@elsewhere.example", "hello", question)
    assert (asked.template, asked.recipient) == ("stranger/received", "mallory@elsewhere.example")
    assert words(asked).replace("IT-3", "IT-2") == words(plain)


def test_a_forged_question_is_not_answered(desk: Desk) -> None:
    got = desk.write(TOM, "#status", "", FAILED)
    assert [out for out in got if out.recipient == TOM] == []


def test_a_colleague_learns_the_same_of_a_ticket_that_is_there_and_of_one_that_is_not(desk: Desk) -> None:
    (there,) = desk.write(MARY, "hello", "#status IT-1", VOUCHED)
    (not_there,) = desk.write(MARY, "hello", "#status IT-77", VOUCHED)
    assert words(there).replace("IT-1:", "IT-77:") == words(not_there)
    (tagged,) = desk.write(MARY, "[IT-1] #status", "", VOUCHED)
    assert words(tagged) == words(there)
    assert desk.rows("SELECT count(*) AS n FROM ticket")[0].n == 1


@pytest.mark.parametrize("question", ["#find phishing", "#mine", "#away until Friday", "#reassign zhao.min chen.jing"])
def test_an_agent_s_name_alone_asks_and_moves_nothing(desk: Desk, question: str) -> None:
    (asked,) = desk.write(LEAD, "hello", question)
    assert (asked.template, asked.recipient) == ("agent/confirm_command", LEAD)
    assert desk.rows("SELECT away_until FROM agent_state WHERE away_until IS NOT NULL") == []


def test_words_under_a_question_reach_nobody(desk: Desk) -> None:
    """In an answer to a public notice: the agent is told, the requester hears nothing (PRODUCT §3.4)."""
    got = desk.reply(desk.letter("agent/new_ticket", ZHAO), "#mine", "Dear Tom, please do not touch the laptop.")
    assert [(out.template, out.recipient) for out in got] == [("agent/answer", ZHAO)]
    assert "没有发给任何人" in words(got[0]) and "do not touch" in words(got[0])
    # An answer to the list hangs on the ticket's public notice, and is for the desk all the same.
    got = desk.reply(got[0], "Dear Tom, never mind.")
    assert {out.recipient for out in got} == {ZHAO}
