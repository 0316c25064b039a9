"""Words of one ticket in another: by #use, by a macro's name, by what is split off, by a mail that only claims."""

import pytest

from tests.security.conftest import ANNA, MARY, MX, TOM, ZHAO, Desk, MakeDesk, words

VOUCHED = [("Authentication-Results", f"{MX}; dmarc=pass header.from=corp.example")]


@pytest.fixture
def vouched(make_desk: MakeDesk) -> Desk:
    return make_desk(trust={"authserv_id": MX})


@pytest.mark.parametrize(
    "name",
    ["../../../../etc/passwd", "/etc/passwd", "..\\..\\config", "%2e%2e/x", "vpn\x00.en", "_macros/vpn", "x" * 5000],
)
def test_a26_a_macro_is_a_name_and_never_a_path(vouched: Desk, name: str) -> None:
    vouched.write(TOM, "VPN keeps dropping", "My VPN connection drops every ten minutes.", VOUCHED)
    got = vouched.reply(vouched.letter("agent/new_ticket", ANNA), f"#use {name}", headers=VOUCHED)
    assert {out.template for out in got} == {"agent/transcript"}
    assert "root:" not in words(got[0]) and len(got[0].raw) < 40_000


def test_a04_a_colleague_who_names_somebody_s_ticket_gets_no_word_of_it(vouched: Desk) -> None:
    vouched.write(TOM, "My salary MAGPIE", "The MAGPIE sheet does not open in Excel.", VOUCHED)
    before = len(vouched.outs)
    for subject in ("Re: [IT-1] My question", "Re: [IT-1][IT-2] x", "【it－１】 x"):
        vouched.write(MARY, subject, "What is this about? Please close it. #use IT-1\n#show IT-1", VOUCHED)
    assert not any(
        "MAGPIE" in words(out) for out in vouched.outs[before:] if out.recipient != ANNA and out.audience == "requester"
    )
    assert vouched.state(1) == "new"
    vouched.check()


def test_what_a_restricted_ticket_says_reaches_nobody_by_use_or_as_similar(vouched: Desk) -> None:
    vouched.write(TOM, "Phishing MAGPIE", "I clicked a link in a phishing mail: MAGPIE, and there is malware.", VOUCHED)
    vouched.reply(vouched.letter("agent/new_ticket", ZHAO), "#resolve MAGPIE reset the account", headers=VOUCHED)
    vouched.reply(vouched.letter("requester/resolved", TOM), "1", headers=VOUCHED)
    vouched.write(MARY, "VPN keeps dropping", "My VPN connection drops every ten minutes.", VOUCHED)
    for who in (ANNA, ZHAO):
        vouched.write(who, "Re: [IT-2]", "#use IT-1", VOUCHED)
        vouched.write(who, "Re: [IT-2]", "#resolve\n#use IT-1", VOUCHED)
    assert not any("MAGPIE" in words(out) for out in vouched.outs if out.recipient in (MARY, ANNA))
    vouched.check()
