"""An attacker's day: 200 mails against a desk with ten tickets in hand, and nothing but their own waste shows it.

The same day is played twice, with and without the attacker. What stands on record about the ten tickets, and every
letter about them, must be the same; the attacker must have learned nothing.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from tests.security.conftest import ANNA, DESK, EVE, MARY, MX, TOM, Desk, Headers, MakeDesk, received
from tests.security.forgeries import EVIL, VOUCHED, Forger, Forgery
from tests.security.test_loops import MARKS, dsn
from tests.security.test_words import HOSTILE, word
from tests.stories import invariants
from tests.stories.stage import Out

LI, HAN, SUN, ZHOU = (f"{name}@corp.example" for name in ("li.lei", "han.meimei", "sun.li", "zhou.tao"))
WANG = "wang.wei@corp.example"
MALLORY = "mallory@corp.example"
FAILED: Headers = [("Authentication-Results", f"{MX}; dmarc=fail header.from=corp.example")]
SECRETS = ("CANARY", "PRIVATE")

REPORTS = (
    (TOM, "VPN keeps dropping", "My VPN drops every ten minutes since 9 am, room 3F-12, phone 8123. PRIVATEApple"),
    (LI, "VPN连不上", "早上九点开始 VPN 一直连不上，重启过电脑也不行，房间 3F-15，电话 8125。PRIVATEBirch"),
    (MARY, "Printer on floor 3", "The printer on floor 3 eats the paper, room 3F-14, phone 8124. PRIVATECedar"),
    (HAN, "打印机卡纸", "三楼的打印机一直卡纸，重启过，还是不行，电话 8126。PRIVATEDogwood"),
    (SUN, "ERP 打不开", "ERP 系统登录后一直报错 E-1234，从早上开始，电话 8127。PRIVATEElm"),
    (ZHOU, "申请一台显示器", "因工作需要申请一台显示器，部门：市场部，电话 8128。PRIVATEFir"),
    (TOM, "New mouse", "The left key of my mouse is broken, I would like a new one, room 3F-12. PRIVATEGorse"),
    (LI, "电脑很慢", "我的电脑开机要十分钟，运行很慢，房间 3F-15。PRIVATEHazel"),
    (MARY, "Outlook shows an error", "Outlook shows error 0x800CCC0E when I send mail, since this morning. PRIVATEIvy"),
    (SUN, "邮箱满了", "我的邮箱满了，收不到新邮件，请帮忙清理或者扩容。PRIVATEJuniper"),
)  # fmt: skip


class Day:
    """A desk and its real people, all of whose mails their own mail server vouches for."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        for number, (who, subject, text) in enumerate(REPORTS):
            desk.write(who, subject, text, [*VOUCHED, ("Message-ID", f"<day-{number}@corp.example>")])
        assert desk.rows("SELECT count(*) AS n FROM ticket")[0].n == len(REPORTS)
        self.start = desk.stage.now

    def letter(self, template: str, to: str, number: int) -> Out:
        return next(
            out for out in reversed(self.desk.outs)
            if (out.template, out.recipient, out.ticket) == (template, to, number)
        )  # fmt: skip

    def notice(self, number: int) -> Out:
        return next(
            out for out in self.desk.outs
            if out.template == "agent/new_ticket" and out.ticket == number
            and out.recipient in (self.assignee(number) or out.recipient)
        )  # fmt: skip

    def assignee(self, number: int) -> str:
        return str(self.desk.rows("SELECT assignee FROM ticket WHERE id = :n", n=number)[0].assignee or "")

    def agent(self, number: int, *lines: str) -> None:
        self.desk.reply(self.notice(number), *lines, headers=VOUCHED)

    def tap(self, number: int, verb: str) -> None:
        self.desk.press(self.notice(number), verb, Authentication_Results=VOUCHED[0][1])

    def says(self, template: str, who: str, number: int, *lines: str) -> None:
        self.desk.reply(self.letter(template, who, number), *lines, headers=VOUCHED)

    def steps(self) -> tuple[Callable[[], None], ...]:
        """What the real people do, half an hour apart."""
        return (
            lambda: self.agent(1, "Which network are you in, Tom?"),
            lambda: self.tap(3, "take"),
            lambda: self.says("requester/reply", TOM, 1, "In the office network, over the cable."),
            lambda: self.agent(2, "您好，请问是在公司还是在家里？"),
            lambda: self.says("requester/reply", LI, 2, "在家里，用的是公司的电脑。"),
            lambda: self.agent(4, "#接单", "我马上过来看一下。"),
            lambda: self.agent(1, "#note CANARYKapok Tom's switch port is bad"),
            lambda: self.agent(5, "#备注 CANARYLarch 数据库连接数满了"),
            lambda: self.agent(1, "#resolve The switch port was bad, you are on another one. PRIVATEMaple"),
            lambda: self.says("requester/resolved", TOM, 1, "Works now, thanks!"),
            lambda: self.agent(4, "#解决 更换了搓纸轮，测试打印正常。PRIVATENutmeg"),
            lambda: self.says("requester/resolved", HAN, 4, "还是不行，又卡住了。"),
            lambda: self.tap(3, "resolve"),
            lambda: self.agent(7, "#ask phone"),
            lambda: self.says("requester/info_requested", TOM, 7, "Phone: 8123"),
            lambda: self.agent(4, "#解决 换了新的进纸器。"),
            lambda: self.says("requester/resolved", HAN, 4, "可以了，谢谢！"),
            lambda: self.agent(10, "#priority P2"),
            lambda: self.says("requester/acknowledged", SUN, 10, "请问进展如何？"),
            lambda: self.agent(9, "#hold 2d waiting for the provider"),
        )


def attacks(day: Day) -> list[Forgery]:
    """200 mails and more, of every kind that the other tests know."""
    desk, forger = day.desk, Forger(day.desk, "-day")
    ack, notice = day.letter("requester/acknowledged", MARY, 3), day.notice(1)
    stolen = {"a requester": ack.message_id, "their second id": received(ack).references[-1]}
    found = [*forger.all(stolen), *forger.pressed(notice, "resolve")]
    for number in range(1, 21):
        found.append(forger.mail("a guessed tag", EVE, f"Re: [IT-{number}] hello", body="What is the state of it?"))
    for body in (
        "#status IT-2",
        "#mine",
        "release 3",
        "drop 3",
        "block tom.reed@corp.example",
        "1",
        "2",
        "5",
        "withdraw",
    ):
        found.append(forger.mail("a question", EVE, f"[IT-2] {body}", [("In-Reply-To", ack.message_id)], body))
        found.append(forger.mail("a fresh question", EVIL, body, body=body))
    for number, who in enumerate((TOM, LI, MARY, HAN, SUN, ZHOU), 2):
        for body in ("Works now, thanks!", "#status", "please withdraw it", "还是不行", "Phone: 6666"):
            found.append(forger.mail(f"as {who}", who, f"Re: [IT-{number}] x", [*FAILED, ("Cc", EVE)], body))
    for body in (
        "Works now, thanks!",
        "#close",
        "#mine",
        "#status IT-1",
        "#find printer",
        "请问进展如何",
        "1",
        "release 3",
    ):
        # Whoever was shown a letter and is vouched for would be noted inside (PRODUCT §2.4); she was shown none.
        headers = [*VOUCHED, ("In-Reply-To", "<day-2@corp.example>"), ("Cc", TOM), ("Reply-To", EVE)]
        found.append(forger.mail("a colleague", MALLORY, "Re: [IT-3] Printer", headers, body))
    fields = (("Cc", EVE), ("Reply-To", EVE), ("Sender", EVE), ("Return-Path", f"<{EVE}>"), ("Bcc", EVE))
    for field in fields:
        found.append(forger.mail(f"by {field[0]}", EVIL, "[IT-1] hello", [field], "Let me in, please."))
    for mark, marks in MARKS.items():
        found.append(forger.mail(f"a loop: {mark}", EVIL, "Re: [IT-1] x", marks, "This is automatic."))
    for value in HOSTILE:
        found.append(forger.mail("hostile words", f"{word(value[:60])} <{EVIL}>", word(value[:300]), (), value[:500]))
    for status in ("5.1.1", "5.2.2", "4.2.2"):
        for letter, to in ((ack, TOM), (notice, MARY)):
            found.append(Forgery("a forged report", dsn(letter, to, status, "550 no such user", EVIL)))
    for subject in ("Automatic reply: [IT-1] x", "自动回复：[IT-1] x"):
        found.append(forger.mail("a forged vacation", ANNA, subject, body="I am away until 2029-12-31."))
    assert desk.rows("SELECT count(*) AS n FROM inbound")[0].n == len(REPORTS)
    return found


def play(desk: Desk, attacked: bool) -> Day:
    """Twenty things happen, half an hour apart; between them the attacker writes, if there is one."""
    day = Day(desk)
    todo = attacks(day) if attacked else []
    assert not attacked or len(todo) >= 200
    steps = day.steps()
    for number, step in enumerate(steps, 1):
        share = todo[len(todo) * (number - 1) // len(steps) : len(todo) * number // len(steps)]
        for forgery in share:
            desk.deliver(forgery.raw)
            assert desk.ledger().trust != "agent", forgery.how
        due = day.start + timedelta(minutes=30 * number)
        assert desk.stage.now < due
        desk.after(due - desk.stage.now)
        step()
    desk.after(day.start + timedelta(hours=12) - desk.stage.now)
    return day


def standing(desk: Desk) -> Iterator[tuple[str, list[Any]]]:
    """What is on record about the ten tickets, without numbers that count all mails of the desk."""
    for table, column, left_out in (
        ("ticket", "id", {"version"}),
        ("entry", "ticket", {"id", "inbound", "message_id"}),
        ("field", "ticket", {"id"}),
        ("history", "ticket", {"id", "inbound", "chain"}),
        ("participant", "ticket", set()),
        ("link", "source", set()),
        ("timer", "ticket", {"id"}),
    ):
        rows = desk.rows(f"SELECT * FROM {table} WHERE {column} <= 10 ORDER BY 1, 2")
        kept = [{name: value for name, value in row._mapping.items() if name not in left_out} for row in rows]
        # That somebody was asked whether a mail is theirs may be told; nothing else.
        yield table, [row for row in kept if row.get("what") != "waits"]


def told(day: Day) -> list[tuple[object, ...]]:
    """Every letter about the ten tickets as its reader sees it, but the questions that the attacker's mails caused."""
    rows = []
    for out in day.desk.outs:
        if out.ticket is None or out.ticket > len(REPORTS) or out.template == "agent/confirm_command":
            continue
        message = invariants.parsed(out.raw)
        text, html = invariants.text_of(message), invariants.text_of(message, "html")
        rows.append((out.at, out.recipient, out.template, out.state, str(message["Subject"]), text, html))
    return sorted(rows, key=lambda row: tuple(map(str, row)))


def _unlike(one: list[Any], other: list[Any]) -> tuple[list[Any], list[Any]]:
    """What stands in one of two lists alone."""
    return [each for each in one if each not in other], [each for each in other if each not in one]


def test_an_attackers_day_of_two_hundred_mails_has_no_effect_and_tells_nothing(make_desk: MakeDesk) -> None:
    """Also A01, A04, A06, A20, G5."""
    quiet = play(make_desk(trust={"authserv_id": MX}), attacked=False)
    loud = play(make_desk(trust={"authserv_id": MX}), attacked=True)
    assert quiet.start == loud.start
    for (table, calm), (_, attacked) in zip(standing(quiet.desk), standing(loud.desk), strict=True):
        assert _unlike(calm, attacked) == ([], []), table
    assert _unlike(told(quiet), told(loud)) == ([], [])
    states = {row.state for row in loud.desk.rows("SELECT state FROM ticket WHERE id <= 10")}
    assert {"closed", "resolved", "open", "on_hold"} <= states, "the day is worth comparing"
    insiders = {TOM, LI, MARY, HAN, SUN, ZHOU, *loud.desk.stage.settings.policy.agents}
    insiders |= {each.key for each in loud.desk.stage.settings.policy.admins}
    outside = [out for out in loud.desk.outs if out.recipient not in insiders]
    assert outside, "the attacker is answered like anybody else"
    for out in outside:
        seen = invariants.parsed(out.raw)
        shown = [str(seen[name] or "") for name in ("From", "To", "Cc", "Reply-To", "Subject")]
        words = "\n".join((*shown, invariants.text_of(seen), invariants.text_of(seen, "html")))
        assert not any(secret in words for secret in SECRETS)
        # No address but the desk's own and the reader's, and no ticket but the reader's own new one.
        assert set(re.findall(r"[\w.+-]+@[\w-]+\.example[\w.-]*", words)) <= {DESK, out.recipient}
        own = {str(row.id) for row in loud.desk.rows("SELECT id FROM ticket WHERE requester = :who", who=out.recipient)}
        assert not own & {str(number + 1) for number in range(len(REPORTS))}
        # What they have asked for by its number is none of theirs; and IT-12 shows how numbers look.
        answered = re.sub(r"IT-\d+: no ticket of yours has this number", "", words.replace("[IT-12]", ""))
        assert set(re.findall(r"IT-(\d+)", answered)) <= own
        assert out.template in ("stranger/received", "requester/acknowledged", "requester/summary", "requester/answer")
    assert len([out for out in loud.desk.sent_to(EVE) if out.automatic]) <= 3
    assert {out.template for out in loud.desk.sent_to(ANNA)} - {out.template for out in quiet.desk.sent_to(ANNA)} <= {
        "agent/confirm_command",
        "agent/no_more_questions",
        # What bears her address in a From that is no clean one is a stranger's, and answered there.
        "stranger/received",
    }
    quiet.desk.check()


def test_the_two_days_differ_where_the_attacker_is_let_in(make_desk: MakeDesk) -> None:
    # The comparison would be worth nothing if it could not fail.
    one, other = Day(make_desk(trust={"authserv_id": MX})), Day(make_desk(trust={"authserv_id": MX}))
    assert dict(standing(one.desk)) == dict(standing(other.desk)) and told(one) == told(other)
    other.agent(1, "#resolve CANARY")
    assert dict(standing(one.desk)) != dict(standing(other.desk)) and told(one) != told(other)
