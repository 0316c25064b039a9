"""The courier against relays that break off, dawdle or answer out of turn, down to the byte."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from maild.outbound.relay import Parcel, Result
from maild.outbound.smtp import Courier
from maild.outbound.smtp_dial import by_turns
from tests.crooked import Crooked, Talk, black_hole, resolver
from tests.integration.test_smtp import DESK, LI, RAW, relay
from tests.sink import DROP, STALL, Sink

LONG = RAW + (b"y" * 990 + b"\r\n") * 8_000


def carried(port: int, raw: bytes = RAW, host: str = "127.0.0.1", **changed: Any) -> Result:
    """What became of one mail."""
    results: list[Result] = []
    courier = Courier(relay(port, host=host, **changed))
    try:
        courier.send([Parcel(1, DESK, LI, raw)], results.append)
    finally:
        courier.close()
    (result,) = results
    return result


def _greets_forever(talk: Talk) -> None:
    while True:
        talk.say("220-" + "x" * 500)


def _answers_forever(talk: Talk) -> None:
    talk.hello()
    talk.line()
    while True:
        talk.say("250-" + "x" * 500)


def _says_what_is_no_smtp(talk: Talk) -> None:
    talk.say("HTTP/1.1 400 Bad Request")
    talk.sleep()


def _refuses_ehlo(talk: Talk) -> None:
    talk.say("220 crooked.example")
    talk.line()
    talk.say("502 5.5.2 not implemented")
    talk.sleep()


def _answers_the_dot_with_a_second_354(talk: Talk) -> None:
    talk.until_data()
    talk.take(10)
    talk.say("354 go on")
    talk.sleep()


def _answers_the_dot_with_what_is_no_smtp(talk: Talk) -> None:
    talk.until_data()
    talk.take(10)
    talk.say("thank you")
    talk.sleep()


def _hangs_up_after_354(talk: Talk) -> None:
    talk.until_data()


def _hangs_up_after_the_dot(talk: Talk) -> None:
    talk.until_data()
    talk.take(1_000_000)


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (_greets_forever, "relay"),
        (_answers_forever, "relay"),
        (_says_what_is_no_smtp, "relay"),
        (_refuses_ehlo, "relay"),
        (_answers_the_dot_with_a_second_354, "unknown"),
        (_answers_the_dot_with_what_is_no_smtp, "unknown"),
        (_hangs_up_after_the_dot, "unknown"),
    ],
)
def test_f08_replies_that_are_none_are_bounded_and_unknown_only_after_the_dot(
    script: Callable[[Talk], None], kind: str
) -> None:
    """Also F02."""
    with Crooked(script) as crooked:
        assert carried(crooked.port).kind == kind


def _reads_some_and_hangs_up(talk: Talk) -> None:
    talk.until_data()
    talk.take(100_000)


def _reads_some_and_sleeps(talk: Talk) -> None:
    talk.until_data()
    talk.take(100_000)
    talk.sleep()


@pytest.mark.parametrize("script", [_reads_some_and_hangs_up, _reads_some_and_sleeps])
def test_f02_a_long_mail_that_breaks_off_before_its_dot_has_surely_not_been_delivered(
    script: Callable[[Talk], None],
) -> None:
    """Also F17: however it stalls, a mail has a time limit as a whole."""
    with Crooked(script) as crooked:
        begun = time.monotonic()
        result = carried(crooked.port, LONG, mail_timeout_s=1.0, dot_timeout_s=60.0)
        assert time.monotonic() - begun < 20
        assert (result.kind, result.stage) == ("deferred", "DATA"), result
        assert not crooked.talks[0].mail.endswith(b"\r\n.\r\n")


def test_f08_a_relay_that_refuses_a_long_mail_in_the_middle_is_heard() -> None:
    def script(talk: Talk) -> None:
        talk.until_data()
        talk.take(100_000)
        talk.say("552 5.3.4 too big")
        talk.sleep()

    with Crooked(script) as crooked:
        result = carried(crooked.port, LONG)
    assert (result.kind, result.code) == ("refused", 552)


def test_f02_a_lost_answer_to_a_long_mail_is_unknown(sink: Sink) -> None:
    sink.trick("dot", DROP, times=1)
    assert carried(sink.port, LONG).kind == "unknown"
    sink.trick("dot", STALL, times=1)
    assert carried(sink.port, LONG, dot_timeout_s=1.0).kind == "unknown"
    result = carried(sink.port, LONG)
    assert result.kind == "sent", result
    assert [mail.raw for mail in sink.mails] == [LONG] * 3


@pytest.mark.parametrize("drip", ["greeting", "MAIL", "RCPT", "dot"])
def test_f17_a_relay_that_answers_a_byte_at_a_time_holds_a_mail_only_for_its_time_limit(drip: str) -> None:
    def script(talk: Talk) -> None:
        if drip == "greeting":
            talk.drip("220 crooked.example", 30)
        talk.hello()
        for stage, reply in (("MAIL", "250 ok"), ("RCPT", "250 ok"), ("DATA", "354 go on"), ("dot", "250 ok")):
            talk.take(10) if stage == "dot" else talk.line()
            if stage == drip:
                talk.drip(reply, 30)
            talk.say(reply)

    with Crooked(script) as crooked:
        begun = time.monotonic()
        result = carried(
            crooked.port, connect_timeout_s=0.5, reply_timeout_s=60.0, dot_timeout_s=60.0, mail_timeout_s=0.5
        )
        assert time.monotonic() - begun < 10
    assert result.kind == {"greeting": "relay", "MAIL": "relay", "RCPT": "deferred", "dot": "unknown"}[drip]


def test_f17_a_whole_mail_takes_ten_minutes_at_most_and_its_dot_may_use_them_all() -> None:
    """RFC 5321 §4.5.3.2.6: ten minutes for the dot; a reply before it has the shorter limit of the settings."""
    made = relay(25)
    defaults = type(made)(host="127.0.0.1", port=25, security="none")
    assert (defaults.dot_timeout_s, defaults.mail_timeout_s, defaults.connect_timeout_s) == (600.0, 600.0, 20.0)


def test_f17_a_port_that_swallows_connections_is_left_after_the_time_limit() -> None:
    with black_hole() as port:
        begun = time.monotonic()
        result = carried(port, connect_timeout_s=0.5)
        assert time.monotonic() - begun < 10
    assert result.kind == "relay" and "no answer in time" in result.text


def test_f17_a_host_of_which_one_address_leads_nowhere_is_reached_by_the_other(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    with black_hole() as port:
        monkeypatch.setattr(socket, "getaddrinfo", resolver(("127.0.0.1", port), ("127.0.0.1", sink.port)))
        begun = time.monotonic()
        assert carried(25, host="localhost").kind == "sent"
        assert time.monotonic() - begun < 5


def test_f17_a_host_whose_ipv6_is_dead_is_reached_by_ipv4(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    # 100::/64 is where packets are thrown away (RFC 6666); a machine without IPv6 says so at once.
    monkeypatch.setattr(socket, "getaddrinfo", resolver(("100::1", 25), ("127.0.0.1", sink.port)))
    assert carried(25, host="localhost").kind == "sent"


def test_f17_the_families_of_a_host_are_tried_by_turns() -> None:
    six, four = socket.AF_INET6, socket.AF_INET
    given: Any = [(six, ("a", 1)), (six, ("b", 1)), (six, ("c", 1)), (four, ("d", 1))]
    assert [where[0] for _, where in by_turns(given)] == ["a", "d", "b", "c"]


def test_f08_a_relay_that_offers_nothing_gets_the_mail_in_plain_smtp() -> None:
    def script(talk: Talk) -> None:
        talk.until_data()
        talk.take(10)
        talk.say("250 2.0.0 queued")
        talk.line()

    with Crooked(script) as crooked:
        assert carried(crooked.port).kind == "sent"
        (talk,) = crooked.talks
    assert talk.heard[1:3] == [f"MAIL FROM:<{DESK}>", f"RCPT TO:<{LI}>"] and talk.mail == RAW + b".\r\n"


def test_f08_eight_bit_bytes_are_never_given_to_a_relay_that_may_cut_them() -> None:
    """RFC 6152 §3. maild composes 7-bit mail (see test_compose), so this refuses only what nobody has made."""

    def script(talk: Talk) -> None:
        talk.hello("SIZE 1000000")
        talk.line()

    with Crooked(script) as crooked:
        result = carried(crooked.port, RAW + "中文".encode())
    assert (result.kind, result.code) == ("refused", 554) and "8BITMIME" in result.text


def test_f08_a_login_that_stalls_blames_no_mail() -> None:
    def script(talk: Talk) -> None:
        talk.hello("AUTH PLAIN")
        talk.line()
        talk.sleep()

    with Crooked(script) as crooked:
        result = carried(crooked.port, login="desk", password=lambda: "s3cret", reply_timeout_s=0.3)
    assert result.kind == "relay" and "s3cret" not in result.text
