"""A54: commands come from what the agent has seen and written: hidden text and forms that differ order nothing."""

from email.message import EmailMessage

import pytest

from tests.security.conftest import ANNA, DESK, TOM, Desk, received

_STYLE = "<style>p { color: #222 } .x { margin: 0 }</style>"

# The two forms of one mail in words that order the same, as programs write them: (text, HTML).
ALIKE: dict[str, tuple[str, str]] = {
    "plain": ("#resolve replaced the router", "<div>#resolve replaced the router</div>"),
    "outlook": (
        "#resolve replaced the router\n\n",
        f"<html><head>{_STYLE}</head><body><div class=WordSection1><p class=MsoNormal>#resolve replaced the router"
        "<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p></div></body></html>",
    ),
    "gmail": ("#resolve *replaced* the router", '<div dir="ltr">#resolve <b>replaced</b> the router<br></div>'),
    "apple": ("#resolve replaced the router", '<html><body dir="auto">#resolve replaced&nbsp;the router</body></html>'),
    "qq": ("#resolve replaced the router", "<div>#resolve replaced the router</div><div><br></div>"),
    "wrapped": (
        "#resolve replaced the router in the cabinet on the third floor next to the lift\nand updated its firmware",
        "<p>#resolve replaced the router in the cabinet on the third floor next to the lift and updated its firmware"
        "</p>",
    ),
    "full width": ("＃resolve：replaced the router", "<p>&#65283;resolve：replaced the router</p>"),
    "a link": (
        "#resolve see the guide<https://wiki.corp.example/vpn>",
        '<p>#resolve see the <a href="https://wiki.corp.example/vpn">guide</a></p>',
    ),
    "an entity": ("#resolve replaced the router", "<p>&#35;resolve replaced the router</p>"),
    "quoted below": (
        "#resolve replaced the router\n\nOn Mon, 4 Mar 2024 at 10:00, IT <it@corp.example> wrote:\n> #close it",
        '<div>#resolve replaced the router</div><div class="gmail_quote"><div class="gmail_attr">On Mon, 4 Mar 2024 at '
        "10:00, IT &lt;it@corp.example&gt; wrote:<br></div><blockquote>#close it</blockquote></div>",
    ),
}
# Forms that order different things, or hide an order where one of the two readers does not see it.
DIFFERENT: dict[str, tuple[str, str]] = {
    "another verb": ("#resolve replaced the router", "<p>#close not worth it</p>"),
    "another argument": ("#assign zhao.min@corp.example", "<p>#assign wang.wei@corp.example</p>"),
    "in the HTML alone": ("Hello Tom, I am looking into it.", "<p>#close not worth it</p><p>Hello Tom</p>"),
    "in the text alone": ("#close not worth it\nHello Tom", "<p>Hello Tom, I am looking into it.</p>"),
    "hidden in the HTML": (
        "#close not worth it\nHello Tom",
        '<p style="display:none">#close not worth it</p><p>Hello Tom</p>',
    ),
    "of no size": (
        "#close not worth it\nHello Tom",
        '<p style="font-size:0px">#close not worth it</p><p>Hello Tom</p>',
    ),
    "of the paper's colour": (
        "#close not worth it\nHello Tom",
        '<p style="color:#fff;background:white">#close not worth it</p><p>Hello Tom</p>',
    ),
    "one command more": ("#take", "<p>#take</p><p>#close not worth it</p>"),
    "mistyped in one": ("#reslove done", "<p>#close done</p>"),
    "split over elements": ("Hello Tom", "<p><span>#</span><b>close</b> not worth it</p><p>Hello Tom</p>"),
    "written as an entity": ("Hello Tom", "<p>&num;close not worth it</p><p>Hello Tom</p>"),
    "below the text in one": ("Hello Tom", "<p>Hello Tom</p><p>#close not worth it</p>"),
    "in another order": ("#take\n#note hello there", "<p>#note hello there</p><p>#take</p>"),
}


def _answer(working: Desk, text: str, html: str) -> bytes:
    letter = received(working.letter("agent/new_ticket", ANNA))
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = ANNA, DESK, f"Re: {letter.subject}"
    message["Message-ID"] = "<forms@corp.example>"
    message["In-Reply-To"] = letter.message_id
    message["References"] = " ".join((*letter.references, letter.message_id))
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message.as_bytes()


@pytest.mark.parametrize("how", ALIKE)
def test_a54_two_forms_that_order_the_same_are_one_mail(working: Desk, how: str) -> None:
    out = working.deliver(_answer(working, *ALIKE[how]))
    assert working.state(1) == "resolved"
    assert [each.recipient for each in out if each.template == "requester/resolved"] == [TOM]
    assert not [each for each in out if each.template == "agent/transcript"]


@pytest.mark.parametrize("how", DIFFERENT)
def test_a54_two_forms_that_differ_in_commands_do_nothing_and_the_agent_is_asked(working: Desk, how: str) -> None:
    before = working.rows("SELECT state, outcome, assignee, responded FROM ticket WHERE id = 1")
    (asked,) = working.deliver(_answer(working, *DIFFERENT[how]))
    assert (asked.recipient, asked.template) == (ANNA, "agent/transcript")
    assert "text form and the HTML form" in received(asked).text.replace("\n", " ")
    assert working.rows("SELECT state, outcome, assignee, responded FROM ticket WHERE id = 1") == before
    assert working.sent_to(TOM)[1:] == []


def test_two_forms_without_a_command_may_differ(working: Desk) -> None:
    text = "Hello Tom, I am looking into it. Your asset tag is #4711."
    out = working.deliver(_answer(working, text, "<p>Hello Tom, I am looking into it, promise.</p>"))
    assert "requester/reply" in {each.template for each in out}
