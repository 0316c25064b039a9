"""Floods and enumerations are answered within their budgets, and tell nothing: A04, A20, A21, A29."""

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from maild.apply import _over_budget
from maild.consider import consider
from maild.ingest.read import read
from maild.model import Address, Mail
from maild.outbound.compose import Ids
from maild.store.schema import outbox, ticket
from tests.security.conftest import ANNA, DESK, EVE, MARY, TOM, Desk, Headers, MakeDesk, raw_mail, received, with_ticket
from tests.security.test_loops import MARKS

# ── A04: what a stranger can learn by asking ─────────────────────────────────────────────────────────────────────────


def _states(make_desk: MakeDesk) -> Desk:
    """Ticket 1 is new, 2 open, 3 resolved, 4 closed, 5 merged, 6 restricted, 7 on hold."""
    desk = make_desk(budgets={name: 100_000 for name in ("internal_per_hour", "internal_per_day", "unanswered_limit")})
    for number in range(7):
        matter = (
            "I clicked on a phishing link and typed my password" if number == 5 else "My VPN drops every ten minutes"
        )
        desk.write(TOM, f"Matter {number}", f"{matter}, room 3F-{number}, phone 812{number}.")
    for number, order in ((2, "#take"), (3, "#resolve done"), (4, "#resolve done"), (7, "#hold 2d x")):
        notice = next(out for out in desk.outs if out.template == "agent/new_ticket" and out.ticket == number)
        desk.reply(notice, order)
    with desk.stage.engine.begin() as connection:
        connection.execute(update(ticket).where(ticket.c.id == 5).values(state="closed", merged_into=1))
    desk.reply(
        next(out for out in desk.outs if out.template == "requester/resolved" and out.ticket == 4), "Works, thanks"
    )
    made = {row.id: row.state for row in desk.rows("SELECT id, state FROM ticket")}
    assert (made[1], made[2], made[3], made[4], made[7]) == ("new", "open", "resolved", "closed", "on_hold")
    assert desk.rows("SELECT restricted FROM ticket WHERE id = 6")[0].restricted
    return desk


def _bare(raw: bytes, named: int) -> bytes:
    raw = re.sub(rb"(?m)^References:[^\n]*\n([ \t][^\n]*\n)*", b"", raw)
    return re.sub(rb"IT-%d(?!\d)" % named, b"IT-N", raw) if named else raw


def _answers(
    desk: Desk, who: str, subject: str, body: str, headers: Headers = (), written: bool = True, named: int = 0
) -> tuple[object, ...]:
    """What a mail would be answered with, without doing it; as it would be `written`, or what is to be in it.

    What the mail itself brought, the ticket that it `named` and the ids that it answers, may stand in its answer.
    """
    fields = [("From", who), ("To", DESK), ("Subject", subject), ("Message-ID", "<1@a.example>")]
    message = read(raw_mail([*headers, *fields], body))
    writer, now = desk.stage.writer, desk.stage.now
    with desk.stage.engine.connect() as connection:
        found = consider(connection, message, writer.policy, writer.tokens, received=now, now=now)
    made = found.outcome.ticket
    shown = replace(made, id=999) if made is not None and made.id is None else made
    return tuple(
        (
            mail.template,
            mail.to,
            _bare(writer.composer.compose(mail, shown, _IDS, now).raw, named) if written else repr(mail),
        )
        for mail in found.outcome.mails
        if mail.to.key == found.event.message.from_.key
    )


# Whatever else differs in a letter is the answer's own.
_IDS = Ids("<mail@corp.example>", "<reference@corp.example>")


def test_a04_a_thousand_tags_get_a_stranger_one_and_the_same_answer(make_desk: MakeDesk) -> None:
    desk = _states(make_desk)
    tags = [f"Re: [IT-{number}] hello" for number in range(1, 1001)]
    found = Counter(_answers(desk, EVE, tag, "What is the state of it?", written=False) for tag in tags)
    assert len(found) == 1, "0 bits"
    assert "stranger/received" in repr(found)


def test_a04_the_limit_bites_whatever_the_tags_name(make_desk: MakeDesk) -> None:
    desk = _states(make_desk)
    for number in (1, 4000, 2, 4001, 5, 4002, 6, 4003):
        desk.write(EVE, f"Re: [IT-{number}] hello", "What is the state of it?")
    assert [each.state for each in desk.outs if each.recipient == EVE] == ["sent"] * 3 + ["held"] * 5


@pytest.mark.parametrize("who", [EVE, "mallory@corp.example"])
@pytest.mark.parametrize(
    "body", ["#status IT-{n}", "#mine", "release {n}", "1", "请问进展如何", "works now, thanks", "#close"]
)
def test_a04_no_question_about_somebody_elses_ticket_tells_whether_there_is_one(
    make_desk: MakeDesk, who: str, body: str
) -> None:
    desk = _states(make_desk)
    nothing = _answers(
        desk, who, "Re: [IT-4000] hello", body.format(n=4000 if body.startswith("#") else "N"), named=4000
    )
    for number in range(1, 8):
        # What is no question is repeated to a colleague, so its words are the same each time.
        said = body.format(n=number if body.startswith("#") else "N")
        letter = next(out for out in desk.outs if out.recipient == TOM and out.ticket == number)
        for way in ((), (("In-Reply-To", letter.message_id),), (("References", received(letter).references[-1]),)):
            found = _answers(desk, who, f"Re: [IT-{number}] hello", said, way, named=number)
            assert found == nothing, (number, way)


def test_a04_commands_that_name_a_ticket_are_answered_alike_for_each_that_is_not_theirs(make_desk: MakeDesk) -> None:
    desk = _states(make_desk)
    for who in (EVE, "mallory@corp.example"):
        # What a colleague reports is repeated to them; a stranger's words never are.
        for text in ("#status IT-{}", "#show IT-{}", "#resolve IT-{}", *(("release {}",) if who == EVE else ())):
            numbers = (1001, 1002, *range(1, 8))
            found = Counter(_answers(desk, who, "hello", text.format(each), named=each) for each in numbers)
            assert len(found) == 1, (who, text)


# ── A20: loops ───────────────────────────────────────────────────────────────────────────────────────────────────────

ECHO = "We have received your request and will answer as soon as we can."
# Twelve shapes, and how many mails each gets in a day, whatever it answers.
SHAPES: dict[str, tuple[Headers, int]] = {
    "Auto-Submitted with a comment": (MARKS["auto-replied with a comment"], 0),
    "Precedence: bulk": (MARKS["bulk"], 0),
    "Precedence: junk": (MARKS["junk"], 0),
    "List-Id": (MARKS["a list"], 0),
    "an empty Return-Path": (MARKS["no envelope sender"], 0),
    "mailer-daemon": ([("From", "MAILER-DAEMON@other.example")], 0),
    "multipart/report": (
        [
            ("MIME-Version", "1.0"),
            ("Content-Type", "multipart/report; report-type=disposition-notification; boundary=b"),
        ],
        0,
    ),
    "X-Auto-Response-Suppress": ([("X-Auto-Response-Suppress", "All"), ("Auto-Submitted", "auto-generated")], 0),
    "our own loop mark": (MARKS["our own loop mark"], 0),
    "our own address": ([("From", DESK)], 0),
    "more than 50 hops": (MARKS["many hops"], 0),
    "no mark at all": ((), 3),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("domain", ["corp.example", "other.example"])
def test_a20_each_of_twelve_loops_ends_by_itself(desk: Desk, shape: str, domain: str) -> None:
    """Also G6."""
    headers, most = SHAPES[shape]
    robot = next((value for name, value in headers if name == "From"), f"robot@{domain}")
    letters = desk.write(robot, "Hello", ECHO, headers)
    for turn in range(20):
        mine = [each for each in letters if each.recipient == robot.lower() and each.state == "sent"]
        if not mine:
            # It goes on by itself all the same, as a broken one does.
            letters = desk.write(robot, f"Your mail {turn}", ECHO, headers)
            continue
        letters = desk.reply(mine[-1], ECHO, str(turn), who=robot, headers=headers, quote=turn % 2 == 0)
    assert len(desk.sent_to(robot.lower())) <= most, [each.template for each in desk.sent_to(robot.lower())]
    assert all(each.automatic for each in desk.sent_to(robot.lower()))


# ── A21: mail bombs in other people's names ──────────────────────────────────────────────────────────────────────────


def test_a21_ten_thousand_forged_senders_in_ten_minutes_get_the_desks_budget_and_no_more(desk: Desk) -> None:
    """The budget as it is asked for each letter, on the outbox as it fills: composing 10,000 tickets takes minutes."""
    policy, start = desk.stage.settings.policy, desk.stage.now
    let_out: Counter[str] = Counter()
    with desk.stage.engine.begin() as connection:
        for number in range(10_000):
            now = start + timedelta(milliseconds=60 * number)
            # A tenth writes twice, and some number themselves behind a plus sign.
            victim = f"victim{number % 9000}@{number % 700}.example" if number % 5 else f"one+{number}@victim.example"
            mail = Mail(
                template="stranger/received", to=Address(victim), audience="stranger", language="en", reply="public"
            )
            if _over_budget(connection, mail, policy, now, False, True, {}):
                continue
            let_out[victim] += 1
            connection.execute(
                insert(outbox).values(
                    template=mail.template, audience="stranger", reply="public", recipient=victim, automatic=True,
                    message_id=f"<{number}@x>", reference=f"<r{number}@x>", raw=b"", state="queued",
                    created=now, due=now,
                )
            )  # fmt: skip
    assert sum(let_out.values()) == policy.budgets.strangers_hour == 60
    assert sum(count for victim, count in let_out.items() if victim.startswith("one+")) <= policy.budgets.stranger_day


def test_a21_a_bombed_strangers_letter_holds_no_word_of_the_attackers_and_real_mail_is_served(desk: Desk) -> None:
    for number in range(80):
        desk.write(
            f'"CANARY buy" <victim{number}@{number}.example>',
            "CANARY buy now https://spam.example",
            "CANARY https://spam.example Name: CANARY Phone: 5550100",
            [("Reply-To", "CANARY@spam.example"), ("Content-Language", "CANARY")],
        )
        desk.stage.now -= timedelta(seconds=53)
    sent = [each for each in desk.outs if each.audience == "stranger" and each.state == "sent"]
    assert len(sent) == 60 and len({each.recipient for each in sent}) == 60
    for each in sent:
        seen = received(each)
        words = "\n".join((each.raw.decode("ascii"), seen.subject, seen.text, seen.html))
        assert "CANARY" not in words and "spam.example" not in words and "5550100" not in words
        assert b"Content-Disposition: attachment" not in each.raw
    out = with_ticket(desk).outs[-5:]
    assert [each.template for each in out if each.recipient == TOM and each.state == "sent"] == [
        "requester/acknowledged"
    ]


# ── A29: forged reports of failure ───────────────────────────────────────────────────────────────────────────────────


def _report(message_id: str, to: str, how: str) -> bytes:
    kind = (
        "Multipart/REPORT; Report-Type=Delivery-Status"
        if how == "capitals"
        else "multipart/report; report-type=delivery-status"
    )
    status = "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n" + (
        f"Original-Recipient: rfc822; {to}\r\nFinal-Recipient: rfc822; {to}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
    )
    part = "message/rfc822" if how != "headers" else "text/rfc822-headers"
    original = (
        f"--b\r\nContent-Type: {part}\r\n\r\nFrom: {DESK}\r\nTo: {to}\r\nMessage-ID: {message_id}\r\n\r\nx\r\n--b--\r\n"
    )
    fields = [("From", "MAILER-DAEMON@mx.example"), ("To", DESK), ("Subject", "Undelivered Mail Returned to Sender"),
              ("Message-ID", f"<{abs(hash((message_id, to, how)))}@dsn.example>"), ("MIME-Version", "1.0"),
              ("Content-Type", f'{kind}; boundary="b"')]  # fmt: skip
    if how == "plain":
        fields[-1] = ("Content-Type", "text/plain")
        return raw_mail(
            fields, f"Your message to {to} could not be delivered: 550 5.1.1 no such user.\r\nMessage-ID: {message_id}"
        )
    return raw_mail(fields, f"--b\r\nContent-Type: text/plain\r\n\r\n#close CANARY [IT-1]\r\n{status}{original}")


def test_a29_eight_forged_reports_touch_nothing(working: Desk) -> None:
    ack, notice = working.letter("requester/acknowledged", TOM), working.letter("agent/new_ticket", ANNA)
    forms = {
        "an invented id": ("<nothing@corp.example>", TOM, "usual"),
        "an id of the requester's": ("<1@attack.example>", TOM, "usual"),
        "a letter to somebody else": (notice.message_id, TOM, "usual"),
        "somebody else in a true letter": (ack.message_id, MARY, "usual"),
        "no id": ("", TOM, "usual"),
        "in plain words": ("<nothing@corp.example>", TOM, "plain"),
        "in capitals": (ack.message_id, ANNA, "capitals"),
        "with the header alone": (notice.message_id, MARY, "headers"),
    }
    before, tickets = working.picture(1), working.rows("SELECT count(*) AS n FROM ticket")
    for how, (message_id, to, kind) in forms.items():
        assert working.deliver(_report(message_id, to, kind)) == [], how
        assert working.ledger().fate == "ignored" and working.ledger().screening == "bounce", how
        assert working.picture(1) == before, how
    assert working.rows("SELECT * FROM address WHERE bounced != ''") == []
    assert working.rows("SELECT count(*) AS n FROM ticket") == tickets
    # A true one, in whatever case its types are written, is heard.
    for kind, letter in (("capitals", ack), ("headers", notice)):
        working.deliver(_report(letter.message_id, letter.recipient, kind))
        assert working.rows("SELECT * FROM address WHERE address = :a AND bounced != ''", a=letter.recipient), kind
