"""Nobody commands the desk in an agent's name: A01, A02, A03, A07, A54, A55 of the threats, and the waiting mails."""

from datetime import timedelta

import pytest

from tests.security.conftest import (
    ANNA,
    DESK,
    EVE,
    LEAD,
    MX,
    TOM,
    ZHAO,
    Desk,
    Headers,
    MakeDesk,
    received,
    with_ticket,
    words,
)

EVIL = "evil@attacker.example"
VOUCHED = f"{MX}; dmarc=pass header.from=corp.example"
TAGGED = "Re: [IT-1] VPN keeps dropping"
ORDER = "#resolve CANARY pay the invoice at attacker.example"

# What stands in From while the attacker wants to be Anna (THREATS §2.3).
FROMS = (
    f"{ANNA})evil@attacker.example",
    f"<{ANNA}>evil@attacker.example",
    f"{ANNA} <{EVIL}>",
    f'"{ANNA}" <{EVIL}>',
    f"{ANNA}, {EVIL}",
    f"{EVIL}, {ANNA}",
    f"group: {ANNA};, {EVIL}",
    f"group: {ANNA};",
    f"{EVIL}\rFrom: {ANNA}",
    f"{EVIL}\r\nFrom: {ANNA}",
    f"{ANNA}\r\nFrom: {EVIL}",
    f"{ANNA}\r\nFrom : {EVIL}",
    f"{EVIL}\r\n {ANNA}",
    '"anna.berg"@corp.example',
    "anna.berg@corp.example.attacker.example",
    f"=?utf-8?q?{ANNA.replace('@', '=40')}?=",
    f"=?utf-8?b?YW5uYS5iZXJnQGNvcnAuZXhhbXBsZQ==?= <{EVIL}>",
    f"({ANNA}) {EVIL}",
    f"{EVIL} ({ANNA})",
    f"<@corp.example:{EVIL}>",
    f"<@attacker.example:{ANNA}>",
    f"<{ANNA}> <{EVIL}>",
    f"<<{ANNA}>>",
    "anna.berg@corp.example\0.attacker.example",
    "anna.berg(evil)@corp.example",
    "anna.berg @corp.example",
    "anna.berg@corp.example.",
    "anna.berg@ｃorp.example",
    "аnna.berg@corp.example",
    "",
)  # fmt: skip


@pytest.mark.parametrize("vouched", [False, True])
def test_a03_no_form_of_from_makes_an_agent_of_somebody_else(make_desk: MakeDesk, vouched: bool) -> None:
    desk = with_ticket(make_desk(trust={"authserv_id": MX, "answer_strangers": False}) if vouched else make_desk())
    before = desk.picture(1)
    # Even a genuine verdict does not help: it speaks of another From than the one that stands there.
    top: Headers = [("Authentication-Results", f"{MX}; dmarc=pass header.from=attacker.example")] if vouched else []
    notice = received(desk.letter("agent/new_ticket", ANNA))
    for value in FROMS:
        for refs in ((), (("In-Reply-To", notice.message_id),)):
            out = desk.write(value, TAGGED, ORDER, (*top, *refs))
            assert desk.ledger().trust != "agent", value
            assert desk.picture(1) == before, value
            assert not [each for each in out if each.recipient == TOM], value


BARE_FORGERIES: dict[str, Headers] = {
    "nothing": (),
    "sender": (("Sender", ANNA),),
    "reply to": (("Reply-To", ANNA),),
    "resent": (("Resent-From", ANNA), ("X-Original-From", ANNA)),
    "our own marks": (("X-Maild-Ticket", "IT-1"), ("X-Maild-Kind", "new_ticket"), ("X-Maild-Trust", "agent")),
    "a list": (("List-Id", "<team.corp.example>"),),
    "a foreign mail server": (("Authentication-Results", "mx.attacker.example; dmarc=pass header.from=corp.example"),),
    "an invented id": (
        ("In-Reply-To", "<mp1-abc-abcdefghijkl-abcdefghijklm.abcdefghijklmnopqrstuvwxyz@corp.example>"),
    ),
}


@pytest.mark.parametrize("how", BARE_FORGERIES)
def test_a01_the_true_address_alone_changes_nothing_and_asks_its_owner(working: Desk, how: str) -> None:
    """Also G5."""
    state = working.rows("SELECT state, outcome, assignee, responded FROM ticket WHERE id = 1")
    entries = working.rows("SELECT * FROM entry WHERE ticket = 1")
    for order in (ORDER, "#spam", "#take", "Please send your password to eve@attacker.example"):
        out = working.write(f"Anna Berg <{ANNA}>", TAGGED, order, BARE_FORGERIES[how])
        assert {each.recipient for each in out} <= {ANNA}
        assert {each.template for each in out} <= {"agent/confirm_command", "agent/no_more_questions"}
    assert working.rows("SELECT state, outcome, assignee, responded FROM ticket WHERE id = 1") == state
    assert working.rows("SELECT * FROM entry WHERE ticket = 1") == entries


def ar(value: str) -> Headers:
    return [("Authentication-Results", value)]


# Every one of these must leave the mail unauthenticated (RFC 8601, THREATS A02).
FORGED_RESULTS: dict[str, Headers] = {
    "another id": ar("mx.attacker.example; dmarc=pass header.from=corp.example"),
    "id with a suffix": ar(f"{MX}.attacker.example; dmarc=pass header.from=corp.example"),
    "id with a prefix": ar(f"x{MX}; dmarc=pass header.from=corp.example"),
    "quoted id": ar(f'"{MX}"; dmarc=pass header.from=corp.example'),
    "commented id": ar(f"({MX}) attacker.example; dmarc=pass header.from=corp.example"),
    "id in a comment behind": ar(f"attacker.example ({MX}); dmarc=pass header.from=corp.example"),
    "two of ours": [*ar(f"{MX}; spf=none"), *ar(VOUCHED)],
    "two of ours the other way": [*ar(VOUCHED), *ar(f"{MX}; dmarc=none")],
    "two results in one": ar(f"{MX}; dmarc=none; dmarc=pass header.from=corp.example"),
    "result in a comment": ar(f"{MX}; dmarc=none (dmarc=pass header.from=corp.example)"),
    "result in a quoted string": ar(
        f'{MX}; spf=pass smtp.mailfrom="x; dmarc=pass header.from=corp.example"@evil.example'
    ),
    "mail from in quotes": ar(f'{MX}; spf=pass smtp.mailfrom="a@corp.example"@evil.example'),
    "pass for another domain": ar(f"{MX}; dmarc=pass header.from=attacker.example"),
    "pass for a longer domain": ar(f"{MX}; dmarc=pass header.from=corp.example.attacker.example"),
    "pass for a lower domain": ar(f"{MX}; dkim=pass header.d=sub.corp.example"),
    "pass for the top": ar(f"{MX}; dkim=pass header.d=example"),
    "somebody else's key": ar(f"{MX}; dkim=pass header.d=attacker.example header.i=@corp.example"),
    "softfail": ar(f"{MX}; spf=softfail smtp.mailfrom=corp.example"),
    "neutral": ar(f"{MX}; dmarc=temperror header.from=corp.example; spf=neutral smtp.mailfrom=corp.example"),
    "fail": ar(f"{MX}; dmarc=fail header.from=corp.example"),
    "fail and a key": ar(f"{MX}; dkim=pass header.d=corp.example; dmarc=fail header.from=corp.example"),
    "none": ar(f"{MX}; none"),
    "a comment that never ends": ar(f"{MX}; dmarc=pass header.from=corp.example ("),
    "a thousand brackets": ar(f"{MX}; {'(' * 1000}"),
    "four thousand brackets": ar(f"{MX} {'(' * 4500}; dmarc=pass header.from=corp.example"),
    "a long one": ar(f"{MX}; {'x=y ' * 2000}; dmarc=pass header.from=corp.example"),
    "another name": [("X-Authentication-Results", VOUCHED), ("ARC-Authentication-Results", f"i=1; {VOUCHED}")],
    "unset": [("Received-SPF", "pass (corp.example: domain designates)")],
}


def test_a02_no_forged_result_of_a_mail_server_vouches_for_anybody(make_desk: MakeDesk) -> None:
    desk = with_ticket(make_desk(trust={"authserv_id": MX}))
    for how, headers in FORGED_RESULTS.items():
        before = desk.rows("SELECT state, assignee, responded FROM ticket WHERE id = 1")
        entries = desk.rows("SELECT * FROM entry WHERE ticket = 1")
        desk.write(ANNA, TAGGED, ORDER, headers)
        assert desk.ledger().trust in ("failed", "unverified"), how
        assert desk.rows("SELECT state, assignee, responded FROM ticket WHERE id = 1") == before, how
        assert desk.rows("SELECT * FROM entry WHERE ticket = 1") == entries, how
    desk.write(ANNA, TAGGED, "#resolve true", ar(VOUCHED))
    assert desk.state(1) == "resolved", "the true agent's mail works"


def test_a02_without_a_configured_server_nobody_is_vouched_for(working: Desk) -> None:
    working.write(ANNA, TAGGED, "#resolve", [("Authentication-Results", VOUCHED)])
    assert working.ledger().trust == "unverified"
    assert working.state(1) == "new"


def test_a01_a_failed_authentication_beats_a_signed_reference(make_desk: MakeDesk) -> None:
    desk = with_ticket(make_desk(trust={"authserv_id": MX}))
    before = desk.picture(1)
    notice = desk.letter("agent/new_ticket", ANNA)
    desk.reply(notice, ORDER, headers=ar(f"{MX}; dmarc=fail header.from=corp.example"))
    assert desk.ledger().trust == "failed"
    assert desk.picture(1) == before


def test_a07_a_signed_id_serves_only_the_agent_to_whom_it_went(working: Desk) -> None:
    notice = working.letter("agent/new_ticket", ANNA)
    before = working.rows("SELECT state, assignee, responded FROM ticket WHERE id = 1")
    for thief in (ZHAO, LEAD, EVE, TOM, "mary.jones@corp.example"):
        out = working.reply(notice, ORDER, who=thief)
        assert working.ledger().trust != "agent", thief
        assert working.rows("SELECT state, assignee, responded FROM ticket WHERE id = 1") == before, thief
        if thief != TOM:
            assert not [each for each in out if each.recipient == TOM], thief


def test_a07_a_button_serves_only_its_owner_ticket_and_verb_and_thirty_days(working: Desk) -> None:
    working.write(TOM, "Second matter", "My keyboard is broken and the screen is dark.")
    notice = next(each for each in working.outs if each.template == "agent/new_ticket" and each.ticket == 1)
    before = working.picture(1), working.picture(2)
    attempts = (
        (ZHAO, ("", "")),
        (EVE, ("", "")),
        (ANNA, ("[IT-1]", "[IT-2]")),
        (ANNA, ("#take", "#resolve")),
        (ANNA, ("#take", "#spam")),
    )
    for who, retag in attempts:
        working.press(notice, "take", who, retag)
        assert working.state(1) == "new" and working.state(2) == "new", (who, retag)
    assert [each[1] for each in before] == [working.picture(n)[1] for n in (1, 2)], "and nobody is quoted"
    working.stage.now += timedelta(days=31)
    working.press(notice, "take")
    assert working.state(1) == "new"


def test_a07_a_button_pressed_twice_does_nothing_twice(working: Desk) -> None:
    notice = working.letter("agent/new_ticket", ANNA)
    assert working.press(notice, "resolve")
    assert working.state(1) == "resolved"
    working.reply(working.letter("requester/resolved", TOM), "works now, thanks")
    assert working.state(1) == "closed"
    before = working.picture(1)[0]
    for verb in ("take", "resolve"):
        out = working.press(notice, verb)
        assert working.picture(1)[0] == before
        assert {each.recipient for each in out} <= {ANNA}


def test_a07_a_requesters_button_in_an_agents_hand_breaks_nothing(desk: Desk) -> None:
    # An agent is a requester too; the button of the acknowledgement answers no notice of the desk.
    desk.write(ANNA, "My keyboard is broken", "Three keys of my keyboard are broken.")
    acknowledged = desk.letter("requester/acknowledged", ANNA)
    notice = next(each for each in desk.outs if each.template == "agent/new_ticket" and each.recipient != ANNA)
    desk.write(notice.recipient, "Re: [IT-1] x", "#assign anna.berg", [("In-Reply-To", notice.message_id)])
    internal = [each for each in desk.sent_to(ANNA) if each.template.startswith("agent/")]
    ids = " ".join(each.message_id for each in (*internal, acknowledged))
    desk.press(acknowledged, "withdraw", References=ids)
    assert desk.ledger().fate == "ticketed", desk.ledger().reason


def test_a01_a_word_under_another_notice_confirms_no_forged_mail(working: Desk) -> None:
    working.write(ANNA, TAGGED, "#close CANARY forged")
    assert working.ledger().fate == "held"
    for word in ("ok", "1", "是的", "yes."):
        out = working.reply(working.letter("agent/new_ticket", ANNA), word)
        assert working.state(1) != "closed"
        assert [each.template for each in out] == ["requester/reply"]


def test_a01_confirming_ones_own_mail_confirms_no_forged_one_beside_it(working: Desk) -> None:
    for how in ("press", "reply"):
        working.write(ANNA, TAGGED, "#close CANARY forged before")
        forged = working.ledger().id
        working.write(ANNA, TAGGED, f"#note mine, {how}")
        mine = working.ledger().id
        question = working.letter("agent/confirm_command", ANNA)
        working.write(ANNA, TAGGED, "#close CANARY forged after")
        if how == "press":
            working.press(question, "confirm")
        else:
            working.reply(question, "1")
        fates = dict(working.rows("SELECT id, fate FROM inbound"))
        assert fates[mine] == "ticketed" and fates[forged] == "held"
        assert working.state(1) != "closed"
        working.after(timedelta(hours=30))


@pytest.mark.parametrize(("authserv_id", "good", "stale"), [("", 13, 16), (MX, 89, 92)])
def test_a07_a_signed_reference_is_evidence_for_so_many_days(
    make_desk: MakeDesk, authserv_id: str, good: int, stale: int
) -> None:
    desk = with_ticket(make_desk(trust={"authserv_id": authserv_id}))
    notice, start = desk.letter("agent/new_ticket", ANNA), desk.stage.now
    for days, verdict in ((good, "agent"), (stale, "unverified")):
        desk.stage.now = start + timedelta(days=days)
        desk.reply(notice, "#note still here")
        assert desk.ledger().trust == verdict


def test_a01_a_question_not_answered_in_a_day_is_over(working: Desk) -> None:
    working.write(ANNA, TAGGED, "#close CANARY forged")
    question = working.letter("agent/confirm_command", ANNA)
    working.stage.now += timedelta(hours=25)
    for out in (working.press(question, "confirm"), working.reply(question, "1")):
        assert working.state(1) != "closed"
        assert not [each for each in out if each.recipient == TOM]


def test_a01_a_question_is_answered_once(working: Desk) -> None:
    working.write(ANNA, TAGGED, "#resolve mine")
    question = working.letter("agent/confirm_command", ANNA)
    working.press(question, "confirm")
    assert working.state(1) == "resolved"
    working.write(ANNA, TAGGED, "#close CANARY forged")
    for how in ("press", "reply"):
        out = working.press(question, "confirm") if how == "press" else working.reply(question, "1")
        assert working.state(1) == "resolved"
        assert {each.recipient for each in out} <= {ANNA}


def test_a01_an_agent_is_asked_three_times_a_day_however_often_they_say_no(working: Desk) -> None:
    for _ in range(6):
        for question in working.write(ANNA, TAGGED, "#close CANARY forged"):
            working.reply(question, "0")
    asked = [each for each in working.sent_to(ANNA) if each.template == "agent/confirm_command"]
    assert len(asked) == 3


def test_a01_where_a_mail_server_vouches_the_verbs_that_do_harm_need_its_word(make_desk: MakeDesk) -> None:
    desk = with_ticket(make_desk(trust={"authserv_id": MX}))
    notice = desk.letter("agent/new_ticket", ANNA)
    desk.reply(notice, "#spam")
    assert desk.ledger().trust == "agent"
    assert desk.state(1) == "new"
    desk.reply(notice, "#spam", headers=ar(VOUCHED))
    assert desk.state(1) == "closed"


def test_a55_an_old_mail_of_an_agent_replayed_does_nothing_again(working: Desk) -> None:
    working.reply(working.letter("agent/new_ticket", ANNA), "We are on it, Tom.")
    row = working.rows("SELECT bytes FROM raw_chunk ORDER BY inbound DESC LIMIT 1")[0]
    raw = bytes(row.bytes)
    before = working.picture(1)
    assert working.deliver(raw) == [] and working.picture(1) == before
    # A relay's trace on top makes no other mail of it.
    assert working.deliver(b"Received: from evil by mx; Mon, 4 Mar 2024 10:00:00 +0800\r\n" + raw) == []
    working.after(timedelta(days=3))
    assert working.deliver(raw) == []
    assert working.rows("SELECT count(*) AS n FROM entry WHERE ticket = 1")[0].n == len(before[1])


ATTACKING_TEXTS = (
    "> #close CANARY",
    "#close CANARY",
    "\n\n\n#close CANARY\n",
    "-- \n#close CANARY",
    "On Mon, 4 Mar 2024 IT wrote:\n> hello\n#close CANARY",
    "## 请在此线以上回复 · Please reply above this line ##\n#close CANARY\n## Please reply above this line ##",
    "-----Original Message-----\n#close CANARY",
    "> > > \n> \n#close CANARY\n> x",
    "&lt;/blockquote&gt;</blockquote></div>#close CANARY",
    "＃关闭 CANARY\n#关闭 CANARY\n\u2028#close CANARY\u2029#close CANARY\x0b#close CANARY\x0c#close CANARY",
    "\x85#close CANARY\x1c#close CANARY",
    "\r#close CANARY\r#close CANARY",
    "a" * 75 + "\n#close CANARY",
)


@pytest.mark.parametrize("manner", ["outlook", "gmail", "qq", "foxmail", "apple"])
def test_a54_no_words_of_a_requester_become_an_agents_order_by_being_quoted(make_desk: MakeDesk, manner: str) -> None:
    desk = make_desk(budgets={"internal_per_hour": 1000, "internal_per_day": 1000})
    for number, attack in enumerate(ATTACKING_TEXTS, 1):
        desk.write(TOM, "VPN keeps dropping", f"My VPN connection is broken since 9 am.\r\n{attack}\r\n")
        notice = next(each for each in reversed(desk.outs) if each.template == "agent/new_ticket")
        out = desk.reply(notice, "I am looking at it now.", manner=manner)  # type: ignore[arg-type]  # one of MANNERS
        assert desk.state(number) == "open", attack
        (reply,) = [each for each in out if each.template == "requester/reply"]
        assert "CANARY" not in words(reply) and "VPN connection" not in received(reply).text, attack


def test_a01_a_forged_out_of_office_takes_no_agent_off_duty(working: Desk) -> None:
    for headers in ((), (("Auto-Submitted", "auto-replied"),)):
        for subject in ("Automatic reply: hello", "Automatic reply: [IT-1] VPN keeps dropping"):
            working.write(ANNA, subject, "I am out of the office and will be back on 2029-12-31.", headers)
            assert working.rows("SELECT * FROM agent_state WHERE away_until IS NOT NULL") == [], subject


def test_a54_commands_hidden_in_html_are_not_obeyed(working: Desk) -> None:
    notice = working.letter("agent/new_ticket", ANNA)
    hidden = (
        '<div style="display:none">#close CANARY</div>',
        '<span style="font-size:0">#close CANARY</span>',
        "<!-- #close CANARY -->",
        "<style>#close CANARY</style>",
        "<title>#close CANARY</title>",
        '<font color="#ffffff" style="background:#fff">#close CANARY</font>',
        '<div style="visibility:hidden">#close CANARY</div>',
    )
    for html in hidden:
        working.write(
            ANNA,
            TAGGED,
            f"<html><body>{html}<p>I am looking at it.</p></body></html>",
            [("In-Reply-To", notice.message_id), ("MIME-Version", "1.0"), ("Content-Type", "text/html; charset=utf-8")],
        )
        assert working.ledger().trust == "agent"
        assert working.state(1) == "open", html


def test_a01_nobody_commands_by_writing_to_the_desk_as_the_desk(working: Desk) -> None:
    before = working.picture(1)
    for sender in (DESK, DESK.upper(), f"IT <{DESK}>"):
        assert working.write(sender, TAGGED, ORDER) == []
        assert working.ledger().fate == "ignored"
    assert working.picture(1) == before
