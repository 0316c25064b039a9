"""Mails in an agent's name that are none of theirs (A01): what an attacker can write who knows the desk well.

The attacker knows every address, every number, every Message-ID that is not a secret between the desk and the forged
agent alone, and all letters that were sent to other people.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.security.conftest import ANNA, DESK, EVE, MARY, MX, TOM, ZHAO, Desk, Headers, raw_mail, received
from tests.security.test_agents import BARE_FORGERIES, FORGED_RESULTS, FROMS
from tests.stories import clients
from tests.stories.stage import Out

EVIL = "evil@attacker.example"
ORDERS = (
    "#close CANARY",
    "#resolve CANARY pay the invoice at attacker.example",
    "#spam",
    "#assign zhao.min",
    "#cc eve@stranger.example",
    "#merge IT-2",
    "＃关闭 CANARY",
    "#转派 赵敏",
    "#hold 30d CANARY",
    "#priority P1",
    "#note CANARY",
    "#for eve@stranger.example",
)


@dataclass(frozen=True, slots=True)
class Forgery:
    """One mail; `how` names the trick."""

    how: str
    raw: bytes


class Forger:
    """Writes forged mails about ticket 1 (Tom's) and ticket 2 (Mary's)."""

    def __init__(self, desk: Desk, seed: str = "") -> None:
        self._desk, self._count, self._seed = desk, 0, seed
        self._pen = clients.Pen(f"forger{seed}")

    def mail(self, how: str, who: str, subject: str, headers: Headers = (), body: str = "") -> Forgery:
        self._count += 1
        given = {name.lower() for name, _ in headers}
        own = (
            ("From", who),
            ("To", DESK),
            ("Date", f"Mon, 4 Mar 2024 10:{self._count // 60 % 60:02}:{self._count % 60:02} +0800"),
            ("Message-ID", f"<{self._count}{self._seed}@attacker.example>"),
            ("Subject", subject),
        )
        text = body or ORDERS[self._count % len(ORDERS)]
        return Forgery(how, raw_mail([*headers, *(each for each in own if each[0].lower() not in given)], text))

    def all(self, stolen: dict[str, str]) -> Iterator[Forgery]:
        """Every trick. `stolen`: Message-IDs by whom they were sent to."""
        tagged = "Re: [IT-1] VPN keeps dropping"
        for value in FROMS:
            yield self.mail(f"From {value[:60]!r}", value, tagged)
        for how, headers in BARE_FORGERIES.items():
            yield self.mail(how, f"Anna Berg <{ANNA}>", tagged, headers)
        for how, headers in FORGED_RESULTS.items():
            yield self.mail(f"results: {how}", ANNA, tagged, headers)
        for owner, one in stolen.items():
            yield self.mail(f"a letter to {owner}", ANNA, tagged, [("In-Reply-To", one)])
            yield self.mail(f"a letter to {owner}, beside", ANNA, tagged, [("References", f"<a@b> {one} <c@d>")])
        yield self.mail("command in the subject", ANNA, "#close IT-1 CANARY", body="Thanks")
        yield self.mail("command in a tagged subject", ANNA, "[IT-1] #close CANARY", body="Thanks")
        yield self.mail("several tickets", ANNA, "hello", body="#resolve IT-1 IT-2 CANARY")
        yield self.mail("several tickets in Chinese", ANNA, "你好", body="＃解决 IT-1 IT-2 CANARY")
        yield self.mail("on behalf", ANNA, "hello", body=f"#for {TOM} CANARY the printer is broken")
        yield self.mail("an agent's Sender", EVIL, tagged, [("Sender", ANNA), ("Reply-To", ANNA)])
        by_list = [("List-Id", "<team.lists.example>"), ("Reply-To", ANNA), ("X-Original-From", ANNA)]
        yield self.mail("forwarded by a list", f"Anna via list <{EVIL}>", tagged, by_list)
        yield self.mail("a plus address", "anna.berg+it@corp.example", tagged)
        yield self.mail("capitals", "ANNA.BERG@CORP.EXAMPLE", tagged)
        html = [("MIME-Version", "1.0"), ("Content-Type", "text/html; charset=utf-8")]
        yield self.mail("in HTML alone", ANNA, tagged, html, "<p>#close CANARY</p>")
        inner = [("MIME-Version", "1.0"), ("Content-Type", "multipart/mixed; boundary=b")]
        body = (
            f"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: {ANNA}\r\nTo: {DESK}\r\n\r\n#close CANARY\r\n--b--\r\n"
        )
        yield self.mail("an attached mail of the agent's", EVIL, tagged, inner, body)
        body = f"---------- Forwarded message ---------\r\nFrom: {ANNA}\r\nSubject: x\r\n\r\n#close CANARY"
        yield self.mail("a forward of the agent's", EVIL, tagged, body=body)

    def pressed(self, letter: Out, button: str) -> Iterator[Forgery]:
        """A button of a letter in other people's hands, and what an attacker makes of it who knows its owner too."""
        notice, owner = received(letter), letter.recipient
        tag, other = f"[IT-{letter.ticket}]", "[IT-1]" if letter.ticket == 2 else "[IT-2]"
        others = (EVE, ZHAO, MARY if letter.ticket == 1 else TOM)
        now = self._desk.stage.now.astimezone()
        for who, retag in (
            *((each, ("", "")) for each in others),
            (owner, (tag, other)),
            (owner, (f"#{button}", "#spam")),
            (owner, (f"#{button}", "#confirm")),
        ):
            message = self._pen.press(who, notice, button, now, retag)
            yield Forgery(f"button of {owner} by {who} {retag}", message.as_bytes())


VOUCHED: Headers = [("Authentication-Results", f"{MX}; dmarc=pass header.from=corp.example")]
