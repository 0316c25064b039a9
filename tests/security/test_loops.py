"""No mail makes mails for ever, and no forged mail makes many: A20, A21, A29 of the threats."""

from datetime import timedelta

import pytest

from tests.security.conftest import (
    ANNA,
    DESK,
    EVE,
    MARY,
    TOM,
    ZHAO,
    Desk,
    Headers,
    MakeDesk,
    raw_mail,
    received,
    with_ticket,
)
from tests.stories.stage import Out

MARKS: dict[str, Headers] = {
    "auto-replied": [("Auto-Submitted", "auto-replied")],
    "auto-replied with a comment": [("auto-submitted", "Auto-Replied (vacation); owner-email=x@y")],
    "auto-generated": [("AUTO-SUBMITTED", "auto-generated")],
    "auto-notified": [("Auto-Submitted", "auto-notified")],
    "bulk": [("Precedence", "bulk")],
    "junk": [("Precedence", " Junk ")],
    "a list": [("List-Id", "<x.corp.example>")],
    "auto_reply": [("Precedence", "auto_reply")],
    "no envelope sender": [("Return-Path", "<>")],
    "another autoresponder": [("X-Autoreply", "yes")],
    "our own loop mark": [("X-Maild-Loop", DESK)],
    "our own loop mark with more": [("X-Maild-Loop", f"{DESK.upper()}; hops=1")],
    "many hops": [("Received", "from a by b; Mon, 4 Mar 2024 10:00:00 +0800")] * 51,
    "a mailer daemon": [("From", "MAILER-DAEMON@corp.example")],
    "a noreply": [("From", "no-reply@corp.example")],
    "another desk": [("X-RT-Originator", "x"), ("X-OTRS-Loop", "yes")],
}


@pytest.mark.parametrize("mark", MARKS)
def test_a20_a_marked_mail_is_answered_by_nobody(working: Desk, mark: str) -> None:
    ack = working.letter("requester/acknowledged", TOM)
    state = working.rows("SELECT * FROM ticket")
    for subject, more in (("Hello", []), ("Re: [IT-1] VPN", [("In-Reply-To", ack.message_id)])):
        assert working.write(TOM, subject, "This mail was written by a machine.", [*MARKS[mark], *more]) == []
    assert working.rows("SELECT * FROM ticket") == state


def _last_sent(letters: list[Out], to: str) -> Out | None:
    return next((each for each in reversed(letters) if each.recipient == to and each.state == "sent"), None)


ROBOT_WORDS = (
    "We have received your request.",
    "您的邮件已收到。",
    "Thank you for your message.",
    "OK",
    "any news?",
    "催一下，请问进展如何",
    "still not working",
    "works now, thanks",
    "1",
    "2",
    "5",
    "",
)


@pytest.mark.parametrize("domain", ["corp.example", "stranger.example"])
@pytest.mark.parametrize("fresh", [True, False])
def test_a20_a_robot_that_answers_everything_without_a_mark_gets_few_mails(
    desk: Desk, domain: str, fresh: bool
) -> None:
    """Also G6."""
    for number, said in enumerate(ROBOT_WORDS):
        who = f"robot{number}@{domain}"
        letters = desk.write(who, "Robot", f"{said} My VPN is slow.")
        for turn in range(12):
            last = _last_sent(letters, who)
            if last is None:
                break
            again = f"{said}\r\n{turn}"
            letters = desk.write(who, f"Your mail {turn}", again) if fresh else desk.reply(last, said)
        assert len(desk.sent_to(who)) <= 4, (said, [each.template for each in desk.sent_to(who)])


@pytest.mark.parametrize("names", ["plus", "case", "plus and case"])
def test_a21_the_spelling_of_an_address_opens_no_second_budget(desk: Desk, names: str) -> None:
    for turn in range(15):
        plus = f"+{turn}" if "plus" in names else ""
        local = f"tom.reed{plus}"
        if "case" in names:
            local = "".join(c.upper() if turn >> (at % 4) & 1 else c for at, c in enumerate(local))
        desk.write(f"{local}@corp.example", f"Matter {turn}", f"The printer number {turn} eats paper.")
    sent = [each for each in desk.outs if each.audience == "requester" and each.state == "sent"]
    assert len(sent) <= 3


def test_a21_strangers_together_get_no_more_than_their_budget(desk: Desk) -> None:
    """Also G6."""
    for turn in range(70):
        desk.write(f"victim{turn}@{turn}.example", "CANARY buy now", "CANARY https://spam.example")
        desk.stage.now -= timedelta(seconds=30)
    answers = [each for each in desk.outs if each.audience == "stranger" and each.state == "sent"]
    assert len(answers) <= 60
    assert all(b"CANARY" not in each.raw and b"spam.example" not in each.raw for each in answers)
    # Nothing is made up for afterwards.
    desk.after(timedelta(hours=2))
    assert not [each for each in desk.outs if each.template == "requester/summary"]


def test_a21_summaries_of_what_was_held_are_no_new_flood(make_desk: MakeDesk) -> None:
    desk = make_desk(budgets={"internal_per_hour": 2, "unanswered_limit": 1000})
    for turn in range(60):
        desk.write(TOM, f"Matter {turn}", f"The printer number {turn} eats paper.")
        desk.after(timedelta(minutes=1))
    hours = desk.stage.now - desk.outs[0].at
    summaries = [each for each in desk.sent_to(TOM) if each.template == "requester/summary"]
    assert len(summaries) <= hours / timedelta(hours=1) + 1


def dsn(letter: Out, to: str, status: str, final: str, sender: str = "MAILER-DAEMON@corp.example") -> bytes:
    """A delivery report (RFC 3464) about a letter."""
    return raw_mail(
        [
            ("From", sender),
            ("To", DESK),
            ("Subject", "Undelivered Mail Returned to Sender"),
            ("Message-ID", f"<{abs(hash((letter.message_id, to, status)))}@dsn.example>"),
            ("Auto-Submitted", "auto-replied"),
            ("MIME-Version", "1.0"),
            ("Content-Type", 'multipart/report; report-type=delivery-status; boundary="b"'),
        ],
        "--b\r\nContent-Type: text/plain\r\n\r\nThis is the mail system. I could not deliver.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.corp.example\r\n\r\n"
        f"Final-Recipient: rfc822; {to}\r\nAction: failed\r\nStatus: {status}\r\nDiagnostic-Code: smtp; {final}\r\n\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\n"
        f"From: {DESK}\r\nTo: {to}\r\nSubject: x\r\nMessage-ID: {letter.message_id}\r\n\r\nx\r\n--b--\r\n",
    )


def test_a29_a_forged_report_marks_nobody_dead_and_changes_nothing(working: Desk) -> None:
    before = working.picture(1)
    notice, ack = working.letter("agent/new_ticket", ANNA), working.letter("requester/acknowledged", TOM)
    invented = Out(0, "", "", "", None, True, "<invented@corp.example>", "", "", ack.at, b"")
    for letter, to in ((invented, TOM), (ack, MARY), (ack, ANNA), (notice, TOM), (ack, f"x{TOM}"), (notice, ZHAO)):
        for sender in ("MAILER-DAEMON@corp.example", EVE, TOM, ANNA):
            assert working.deliver(dsn(letter, to, "5.1.1", "550 no such user", sender)) == []
    assert working.picture(1) == before
    assert working.rows("SELECT * FROM address WHERE bounced != ''") == []


def test_a20_reports_about_reports_come_to_an_end(make_desk: MakeDesk) -> None:
    # Nobody has taken the ticket, and the mailboxes of all who hear of it are full.
    desk = make_desk()
    pending = desk.write(TOM, "Help", "Please send me what you know.")
    assert len({each.recipient for each in pending if each.audience == "agent"}) > 1
    made = 0
    while pending and made < 60:
        letter = pending.pop(0)
        made += 1
        pending += desk.deliver(dsn(letter, letter.recipient, "5.2.2", "552 mailbox full"))
    assert made < 20, "the reports go on for ever"


def test_a20_our_own_letters_coming_back_are_answered_by_nobody(working: Desk) -> None:
    working.reply(working.letter("agent/new_ticket", ANNA), "I look into it.")
    before = working.rows("SELECT * FROM ticket")
    for letter in list(working.outs):
        assert working.deliver(letter.raw) == []
        # A forwarder that puts itself in front.
        forwarded = letter.raw.replace(b"From: ", b"From: Forwarder <fwd@stranger.example>\r\nX-Old-From: ", 1)
        assert working.deliver(forwarded) == []
    assert working.rows("SELECT * FROM ticket") == before


def test_a20_two_desks_do_not_talk_to_each_other_for_ever(make_desk: MakeDesk) -> None:
    """Also G6."""
    other = make_desk(desk={"address": "helpdesk@other.example", "internal_domains": ["other.example"]})
    ours = make_desk()
    first = with_ticket(ours).letter("requester/acknowledged", TOM)
    # Somebody made the other desk our requester by writing from its address.
    letters = ours.write("helpdesk@other.example", "Hello", "Your mail has come to us, thank you.")
    assert first and letters
    for _ in range(5):
        answer = _last_sent(letters, "helpdesk@other.example")
        if answer is None:
            break
        back = other.deliver(answer.raw)
        answer = _last_sent(back, DESK)
        letters = ours.deliver(answer.raw) if answer is not None else []
    else:
        pytest.fail("they are still talking")


VACATIONS = (
    "I am out of the office until Monday and will answer when I am back.",
    "我正在休假，3月11日回来后回复您的邮件。",
    "您好，我目前不在办公室，邮件会在回来后处理。紧急事项请联系同事。",
)


@pytest.mark.parametrize("text", VACATIONS)
@pytest.mark.parametrize("subject", ["Automatic reply: ", "自动回复：", "自动答复: "])
def test_a20_an_agents_vacation_answer_is_not_relayed(working: Desk, text: str, subject: str) -> None:
    notice = working.letter("agent/new_ticket", ANNA)
    out = working.reply(notice, text, subject=subject + received(notice).subject, quote=False)
    assert [each for each in out if each.recipient == TOM] == []
