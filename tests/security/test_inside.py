"""What is internal stays inside: notes, commands, tokens, other people's tickets (A04, A06, A07; PRODUCT §3.4)."""

import re

import pytest

from tests.security.conftest import (
    ANNA,
    EVE,
    MARY,
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
from tests.stories.stage import Out

SECRET = "CANARY Tom breaks everything that he touches"
# An agent's button in any spelling that a mail program may quote it in.
_TOKEN = re.compile(
    r"#(?:take|resolve|escalate|out-of-scope|confirm|ask|use)(?: |%20)+(?:\S+(?: |%20)+)?[a-z2-7]{22}"
    r"|%23(?:take|resolve|escalate|ask|use)"
)


def outside(letters: list[Out]) -> list[Out]:
    return [
        each for each in letters if each.audience in ("requester", "stranger") or each.recipient in (TOM, EVE, MARY)
    ]


def note_to_anna(desk: Desk) -> Out:
    """An internal notice: Zhao has written a note on Anna's ticket."""
    desk.write(
        ZHAO,
        "Re: [IT-1] x",
        f"#note {SECRET}",
        [("Authentication-Results", f"{MX}; dmarc=pass header.from=corp.example")],
    )
    return desk.letter("agent/note", ANNA)


@pytest.fixture
def vouched(make_desk: MakeDesk) -> Desk:
    return with_ticket(make_desk(trust={"authserv_id": MX}))


@pytest.mark.parametrize(
    ("manner", "quote"), [("outlook", True), ("gmail", True), ("qq", True), ("apple", True), ("gmail", False)]
)
@pytest.mark.parametrize("copied", [(), (("Cc", TOM),), (("To", f"{TOM}, it@corp.example"),), (("Cc", EVE),)])
def test_a_reply_to_an_internal_notice_reaches_nobody_outside(
    vouched: Desk, manner: str, quote: bool, copied: Headers
) -> None:
    note = note_to_anna(vouched)
    out = vouched.reply(note, "I agree, CANARY.", manner=manner, quote=quote, headers=copied)  # type: ignore[arg-type]
    assert outside(out) == []
    assert vouched.rows("SELECT visibility FROM entry ORDER BY id DESC LIMIT 1")[0].visibility == "internal"
    vouched.check()


def test_a_reply_to_an_internal_notice_whose_id_a_relay_rewrote_stays_inside(vouched: Desk) -> None:
    note = note_to_anna(vouched)
    seen = received(note)
    rewritten = "<VI1PR09MB@eurprd09.prod.outlook.example>"
    shapes: tuple[Headers, ...] = (
        [("In-Reply-To", rewritten), ("References", " ".join((*seen.references, rewritten)))],
        [("In-Reply-To", rewritten), ("References", " ".join(seen.references))],
        [("References", " ".join((*seen.references, rewritten)))],
    )
    for headers in shapes:
        out = vouched.write(ANNA, seen.subject, "I agree, CANARY.", headers)
        assert vouched.ledger().trust == "agent"
        assert outside(out) == []
    vouched.check()


def test_a_reply_to_a_public_notice_whose_id_a_relay_rewrote_still_reaches_the_requester(vouched: Desk) -> None:
    note_to_anna(vouched)
    vouched.reply(vouched.letter("requester/acknowledged", TOM), "It also happens over the cable.")
    seen = received(vouched.letter("agent/requester_replied", ANNA))
    rewritten = "<VI1PR09MB@eurprd09.prod.outlook.example>"
    headers = [("In-Reply-To", rewritten), ("References", " ".join((*seen.references, rewritten)))]
    out = vouched.write(ANNA, seen.subject, "I am coming to you.", headers)
    assert [each.recipient for each in outside(out)] == [TOM]


def test_an_agent_who_answers_the_requesters_own_copy_writes_a_note(vouched: Desk) -> None:
    # Tom forwarded his acknowledgement to Anna; she answers the desk about him.
    ack = vouched.letter("requester/acknowledged", TOM)
    passed = [("Authentication-Results", f"{MX}; dmarc=pass header.from=corp.example")]
    out = vouched.reply(ack, SECRET, who=ANNA, headers=passed)
    assert vouched.ledger().trust == "agent"
    assert outside(out) == []
    vouched.check()


def test_a_note_above_other_words_takes_them_all_inside(vouched: Desk) -> None:
    notice = vouched.letter("agent/new_ticket", ANNA)
    for text in (
        f"#note\n{SECRET}",
        f"#note {SECRET}\n{SECRET} again",
        f"#take\n#note {SECRET}\n{SECRET}",
        f"#note {SECRET}\n#take\nCANARY more",
        f"#unknown\n{SECRET}",
        f"#hold 2d\n#note\n{SECRET}",
        f"#merge IT-1\n{SECRET}",
        f"CANARY text\n#note {SECRET}",
        f"#take\n{SECRET}\n#note x",
        f"＃备注 {SECRET}",
        f"#Note: {SECRET}",
    ):
        assert outside(vouched.reply(notice, *text.split("\n"))) == [], text
    vouched.check()


@pytest.mark.parametrize("verb", ["#resolve", "#resolve it works again", "#ask phone", "#out-of-scope"])
@pytest.mark.parametrize("note_first", [True, False])
def test_a_note_beside_a_public_command_keeps_the_text_inside(vouched: Desk, verb: str, note_first: bool) -> None:
    notice = vouched.letter("agent/new_ticket", ANNA)
    heads = ("#note", verb) if note_first else (verb, "#note")
    for each in outside(vouched.reply(notice, *heads, SECRET)):
        assert "CANARY" not in words(each)
    assert vouched.ledger().fate == "ticketed"
    vouched.check()


# How mail programs quote without any mark that is known everywhere: the agent's words stand above, below or between.
def _quoted(notice: Out, how: str) -> str:
    text, html = received(notice).text, received(notice).html
    lines = text.splitlines()
    links = re.findall(r'href="(mailto:[^"]+)"', html)
    with_links = "\n".join([*lines, *(f"Take it<{link.replace('&amp;', '&')}>" for link in links)])
    marked = "\n".join(f"> {line}" for line in with_links.splitlines())
    return {
        "naked below": f"ANSWER\n\n{with_links}",
        "naked above": f"{with_links}\n\nANSWER",
        "unknown attribution": f"ANSWER\n\nKirjoitti IT Service Desk 4.3.:\n{with_links}",
        "marked above": f"{marked}\n\nANSWER",
        "between": f"{marked}\nANSWER\n{marked}",
        "marked by another sign": "ANSWER\n\n" + "\n".join(f"| {line}" for line in with_links.splitlines()),
        "cut line torn": "ANSWER\n\n" + with_links.replace("Please reply", "Please\nreply"),
        "one paragraph": "ANSWER " + " ".join(with_links.split()),
        "banner on top": f"[EXTERNAL] be careful\n\nANSWER\n\n{with_links}",
    }[how]


@pytest.mark.parametrize(
    "how",
    [
        "naked below", "naked above", "unknown attribution", "marked above", "between", "marked by another sign",
        "cut line torn", "one paragraph", "banner on top",
    ],
)  # fmt: skip
def test_a07_no_token_of_an_agent_reaches_a_requester_however_a_notice_is_quoted(working: Desk, how: str) -> None:
    notice = working.letter("agent/new_ticket", ANNA)
    out = working.write(ANNA, received(notice).subject, _quoted(notice, how), [("In-Reply-To", notice.message_id)])
    for each in outside(out):
        assert not _TOKEN.search(words(each)), words(each)
    for signed in (notice.message_id, *received(notice).references[-1:]):
        assert all(signed not in each.raw.decode("latin-1") for each in outside(working.outs))


def test_what_requesters_get_names_nobody_elses_ticket(make_desk: MakeDesk) -> None:
    desk = make_desk()
    desk.write(MARY, "VPN keeps dropping CANARY-Mary", "My VPN connection drops every ten minutes.")
    desk.reply(desk.letter("agent/new_ticket", ANNA), "#resolve restarted the router CANARY-Mary")
    desk.reply(desk.letter("requester/resolved", MARY), "works now")
    desk.write(TOM, "VPN keeps dropping", "My VPN connection drops every ten minutes, too. See [IT-1].")
    for each in desk.sent_to(TOM):
        assert (
            "CANARY" not in words(each)
            and MARY not in words(each)
            and "IT-1]" not in words(each).replace("See [IT-1]", "")
        )
