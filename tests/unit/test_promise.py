"""What an acknowledgement promises is what the clock keeps, to the minute (PRODUCT §3.3)."""

import email
import email.policy
import random
import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from maild.model import Address, Facts, MailArrived, Message, Screening, Sender, Thread, Trust
from maild.model.policy import Calendar
from maild.model.when import spoken
from maild.outbound.compose import Composer, Ids
from maild.tokens import Tokens
from maild.workflow import sla
from maild.workflow.register import register
from tests.policies import default_policy

TOKENS = Tokens([b"0123456789abcdef0123456789abcdef"], "corp.example")
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
REPORTS = {
    "zh-CN": ("打印机卡纸", "三楼的打印机卡纸了，请帮忙处理一下。"),
    "en": ("Printer jams", "The printer on the third floor keeps jamming, please help."),
}


def arrival(received: datetime, language: str) -> MailArrived:
    subject, text = REPORTS[language]
    address = Address("li.lei@corp.example", "李雷")
    message = Message(
        message_id="<1@corp.example>", subject=subject, text=text, new_text=text, from_=address,
        sender=Sender(address.address), language=language, headers=(("from", address.address),),
    )  # fmt: skip
    return MailArrived(
        message=message,
        screening=Screening("person", ""),
        thread=Thread(),
        trust=Trust("none", "a person of ours", True, True),
        received=received,
    )


@pytest.mark.parametrize("seed", range(60))
def test_the_told_promise_is_the_moment_of_the_breach(seed: int) -> None:
    dice = random.Random(seed)
    desk_zone, own_zone, language = dice.choice(ZONES), dice.choice(ZONES), dice.choice(tuple(REPORTS))
    received = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=dice.randrange(365 * 86400), microseconds=7)
    near = [received.date() + timedelta(days=n) for n in range(1, 9)]
    calendar = Calendar(
        zone=desk_zone,
        hours=dice.choice((((time(9), time(12)), (time(13), time(18))), ((time(8, 15), time(16, 45)),))),
        holidays=frozenset(dice.sample(near, 3)),
        workdays=frozenset(dice.sample(near, 2)),
    )
    shipped = default_policy()
    policy = replace(shipped, calendar=calendar, desk=replace(shipped.desk, zone=desk_zone))
    now = received + timedelta(seconds=dice.randrange(90))
    outcome = register(arrival(received, language), Facts(zone=own_zone, language=language), now, policy)
    assert outcome.ticket is not None
    (breach,) = [timer for timer in outcome.timers if timer.kind == "response_breach"]
    assert outcome.ticket.promise == breach.due == sla.promise(outcome.ticket, policy)
    (letter,) = [mail for mail in outcome.mails if mail.template == "requester/acknowledged"]
    ticket = replace(outcome.ticket, id=7)
    own = TOKENS.message_id(7, "public", "li.lei@corp.example", now)
    made = Composer(policy, TOKENS).compose(letter, ticket, Ids(own, own), now)
    body = email.message_from_bytes(made.raw, policy=email.policy.default).get_body(("plain",))
    assert body is not None
    first = str(body.get_content()).splitlines()[0]
    told = re.search(r"\d\d:\d\d", first)
    assert told is not None, first
    assert breach.due is not None
    local = breach.due.astimezone(ZoneInfo(own_zone))
    assert (told[0], local.second, local.microsecond) == (f"{local:%H:%M}", 0, 0)
    assert spoken(breach.due, own_zone, now, language, own_zone != desk_zone) in first
    # The zone is named where it is not the desk's own.
    assert ("UTC" in first or "北京时间" in first) is (own_zone != desk_zone), first
