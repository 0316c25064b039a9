"""The courier against a relay that misbehaves in every way that relays do, and against a real Postfix."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from maild.outbound.smtp import Courier, Parcel, Relay, Result, judge, on_the_wire
from tests import servers
from tests.servers import DROP, STALL, Sink

DESK, LI, WANG = "desk@corp.example", "li.lei@corp.example", "wang.wei@corp.example"
RAW = b"From: desk@corp.example\r\nTo: li.lei@corp.example\r\nSubject: test\r\n\r\ntext\r\n"


def relay(port: int, **changed: Any) -> Relay:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "connect_timeout_s": 5.0,
        "reply_timeout_s": 5.0,
        "dot_timeout_s": 5.0,
        "helo": "desk.corp.example",
    }
    return Relay(**{**values, **changed})


class Carried:
    """A courier and what it reported."""

    def __init__(self, where: Relay) -> None:
        self.courier = Courier(where)
        self.results: list[Result] = []

    def send(self, *parcels: Parcel) -> dict[int, Result]:
        self.results.clear()
        self.courier.send(parcels, self.results.append)
        assert sorted(result.id for result in self.results) == sorted(parcel.id for parcel in parcels)
        return {result.id: result for result in self.results}

    def one(self, recipient: str = LI, sender: str = DESK, raw: bytes = RAW) -> Result:
        return self.send(Parcel(1, sender, recipient, raw))[1]


Maker = Callable[..., Carried]


@pytest.fixture
def carry() -> Iterator[Maker]:
    made: list[Carried] = []

    def make(port: int, **changed: Any) -> Carried:
        made.append(Carried(relay(port, **changed)))
        return made[-1]

    yield make
    for carried in made:
        carried.courier.close()


# ---------------------------------------------------------------------- replies by stage


@pytest.mark.parametrize(
    ("stage", "reply", "kind", "code"),
    [
        ("connect", "421 4.3.2 too busy", "relay", 421),
        ("connect", "554 5.7.1 go away", "relay", 554),
        ("MAIL", "450 4.7.1 slow down", "deferred", 450),
        ("MAIL", "452 4.3.1 out of storage", "deferred", 452),
        ("MAIL", "550 5.7.60 not allowed to send as this sender", "refused", 550),
        ("MAIL", "530 5.7.0 authentication required", "relay", 530),
        ("MAIL", "421 4.4.2 closing", "relay", 421),
        ("MAIL", "432 4.3.2 concurrent connections limit exceeded", "relay", 432),
        ("RCPT", "450 4.2.0 greylisted", "deferred", 450),
        ("RCPT", "550 5.1.1 no such user", "refused", 550),
        ("RCPT", "421 4.7.0 too many errors", "relay", 421),
        ("DATA", "451 4.3.0 not now", "deferred", 451),
        ("DATA", "554 5.5.1 no valid recipients", "refused", 554),
        ("dot", "451 4.7.1 try later", "deferred", 451),
        ("dot", "550 5.7.1 looks like spam", "refused", 550),
        ("dot", "552 5.3.4 too big", "refused", 552),
        ("dot", "421 4.3.2 shutting down", "relay", 421),
        ("dot", "432 4.3.2 concurrent connections limit exceeded", "relay", 432),
    ],
)  # fmt: skip
def test_f08_each_reply_at_each_stage_is_judged(
    sink: Sink, carry: Maker, stage: Any, reply: str, kind: str, code: int
) -> None:
    carried = carry(sink.port)
    sink.trick(stage, reply)
    result = carried.one()
    assert (result.kind, result.code) == (kind, code), result
    assert reply[4:20] in result.text
    assert not sink.mails
    sink.forgive()
    assert carried.one().kind == "sent" and len(sink.mails) == 1


@pytest.mark.parametrize(
    ("stage", "trouble", "kind"),
    [
        ("connect", DROP, "relay"),
        ("EHLO", DROP, "relay"),
        ("MAIL", DROP, "relay"),
        ("RCPT", DROP, "deferred"),
        ("DATA", DROP, "deferred"),
        ("dot", DROP, "unknown"),
        ("connect", STALL, "relay"),
        ("MAIL", STALL, "relay"),
        ("RCPT", STALL, "deferred"),
        ("DATA", STALL, "deferred"),
        ("dot", STALL, "unknown"),
        ("MAIL", "what?", "relay"),
        ("RCPT", "250-" + "x" * 20_000, "deferred"),
        ("dot", "what?", "unknown"),
    ],
)
def test_f02_a_lost_answer_is_unknown_only_after_the_final_dot(
    sink: Sink, carry: Maker, stage: Any, trouble: str, kind: str
) -> None:
    carried = carry(sink.port, connect_timeout_s=0.3, reply_timeout_s=0.3, dot_timeout_s=0.3)
    sink.trick(stage, trouble)
    result = carried.one()
    assert (result.kind, result.code) == (kind, 0), result
    sink.forgive()
    assert carried.one().kind == "sent"


def test_c06_what_happens_after_the_250_changes_nothing(sink: Sink, carry: Maker) -> None:
    carried = carry(sink.port)
    sink.trick("accepted", DROP, times=1)
    sink.trick("QUIT", DROP)
    assert carried.one().kind == "sent"
    assert carried.one().kind == "sent"
    carried.courier.rest()
    assert len(sink.mails) == 2


def test_f08_a_relay_that_is_not_there_blames_no_mail(carry: Maker) -> None:
    results = carry(servers.free_port()).send(*(Parcel(n, "", LI, RAW) for n in range(20)))
    assert {result.kind for result in results.values()} == {"relay"}
    assert "127.0.0.1" in results[0].text
    assert carry(25, host="relay.invalid", security="tls").one().text.endswith("check `host` and the DNS")


def test_f08_a_greylisted_mail_is_delivered_once_the_second_time(sink: Sink, carry: Maker) -> None:
    carried = carry(sink.port)
    sink.trick("RCPT", "450 4.7.1 greylisted", times=1)
    assert [carried.one().kind, carried.one().kind] == ["deferred", "sent"]
    assert len(sink.mails) == 1 and sink.connections == 1


def test_f08_one_refused_recipient_does_not_touch_the_others(sink: Sink, carry: Maker) -> None:
    sink.trick("RCPT", "550 5.1.1 no such user", match=lambda argument: "nobody" in argument)
    results = carry(sink.port).send(*(Parcel(n, "", "nobody@corp.example" if n == 3 else LI, RAW) for n in range(9)))
    assert [n for n, result in results.items() if result.kind != "sent"] == [3]
    assert results[3].kind == "refused" and len(sink.mails) == 8


# ---------------------------------------------------------------------- connections


def test_f08_connections_are_kept_and_never_more_than_allowed(sink: Sink, carry: Maker) -> None:
    carried = carry(sink.port, connections=4)
    for _ in range(3):
        assert {result.kind for result in carried.send(*(Parcel(n, "", LI, RAW) for n in range(40))).values()} == {
            "sent"
        }
    assert len(sink.mails) == 120 and sink.connections == sink.most_open == 4


def test_f08_one_mail_opens_one_connection(sink: Sink, carry: Maker) -> None:
    carry(sink.port).one()
    assert sink.connections == 1


def test_g8_a_kept_connection_that_the_relay_closed_is_replaced_unseen(sink: Sink, carry: Maker) -> None:
    carried = carry(sink.port)
    assert carried.one().kind == "sent"
    sink.stop()
    sink.start()
    assert carried.one().kind == "sent"
    sink.trick("MAIL", DROP, times=1)
    assert carried.one().kind == "sent"
    sink.trick("MAIL", "421 4.7.0 enough mails on this connection", times=1)
    assert carried.one().kind == "sent"
    assert len(sink.mails) == 4


def test_f08_a_relay_that_takes_only_two_connections_still_gets_every_mail(sink: Sink, carry: Maker) -> None:
    sink.trick("connect", "421 4.7.0 too many connections", times=6)
    results = carry(sink.port, connections=8).send(*(Parcel(n, "", LI, RAW) for n in range(30)))
    assert {result.kind for result in results.values()} == {"sent"} and len(sink.mails) == 30


def test_f07_an_error_in_the_report_stops_the_run_after_what_is_on_the_way(sink: Sink, carry: Maker) -> None:
    seen: list[int] = []

    def report(result: Result) -> None:
        seen.append(result.id)
        raise RuntimeError("the database is gone")

    carried = carry(sink.port, connections=2)
    with pytest.raises(RuntimeError, match="the database is gone"):
        carried.courier.send([Parcel(n, "", LI, RAW) for n in range(50)], report)
    assert len(seen) == len(sink.mails) <= 2
    assert carried.one().kind == "sent"


def test_f08_mails_per_minute_are_counted(sink: Sink, carry: Maker) -> None:
    carried = carry(sink.port, per_minute=30)
    assert carried.courier.room() == 30
    carried.send(*(Parcel(n, "", LI, RAW) for n in range(12)))
    assert carried.courier.room() == 18


# ---------------------------------------------------------------------- envelope and content


def test_a20_the_null_sender_and_a_sender_are_said_as_they_are(sink: Sink, carry: Maker) -> None:
    carried = carry(sink.port)
    carried.one(sender="")
    carried.one(sender=DESK)
    assert [mail.sender for mail in sink.mails] == ["", DESK]
    assert any(command.startswith("MAIL FROM:<> SIZE=") for command in sink.commands)


@pytest.mark.parametrize(
    "recipient",
    ["", "nobody", "a@b\r\nRCPT TO:<evil@x.example>", "a@b> BODY=8BITMIME", "<a@b>", "a b@c.example", "李@corp.example",
     "a@c.example\n", "a@@c.example", '"a"@c.example', "-" * 65 + "@c.example", "a@" + "b" * 300],
)  # fmt: skip
def test_a08_what_is_no_plain_address_is_refused_unsent(sink: Sink, carry: Maker, recipient: str) -> None:
    result = carry(sink.port).one(recipient=recipient)
    assert (result.kind, result.code) == ("refused", 553)
    assert not [command for command in sink.commands if command.startswith(("MAIL", "RCPT"))]


def test_a34_bytes_arrive_as_they_were_and_dots_cannot_end_a_mail(sink: Sink, carry: Maker) -> None:
    body = b".\r\n..\r\n.hidden\r\n\xe4\xb8\xad\xe6\x96\x87\r\n"
    carry(sink.port).one(raw=RAW + body)
    assert sink.mails[0].raw == RAW + body
    assert any("BODY=8BITMIME" in command for command in sink.commands)


@pytest.mark.parametrize(
    ("raw", "wire"),
    [
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b"", b"\r\n.\r\n"),
        (b".\r\nb", b"..\r\nb\r\n.\r\n"),
        (b"a\n.\nMAIL FROM:<x@y>\n", b"a\r\n..\r\nMAIL FROM:<x@y>\r\n.\r\n"),
        (b"a\r.\rb", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\n.\r\nb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\r\r\n.\r\n", b"a\r\n\r\n..\r\n.\r\n"),
    ],
)
def test_a34_no_line_end_can_smuggle_a_second_mail(raw: bytes, wire: bytes) -> None:
    assert on_the_wire(raw) == wire


def test_f08_a_mail_above_the_relays_size_is_refused_unsent(carry: Maker) -> None:
    with Sink(size=1000) as small:
        result = carry(small.port).one(raw=RAW + b"x" * 1000)
        assert (result.kind, result.code) == ("refused", 552)
        assert not [command for command in small.commands if command.startswith("MAIL")]


# ---------------------------------------------------------------------- TLS and login


@pytest.fixture(scope="module")
def certificate(certificates: servers.Certificates) -> Any:
    return certificates.make("localhost")


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a13_mail_goes_over_verified_tls_with_a_login(
    carry: Maker, certificates: servers.Certificates, certificate: Any, security: str
) -> None:
    with Sink({"desk": "s3cret"}, certificate, implicit=security == "tls") as sink:
        carried = carry(sink.port, host="localhost", security=security, login="desk", password=lambda: "s3cret",
                        ca_file=str(certificates.ca))  # fmt: skip
        assert carried.one().kind == "sent"
        found = carried.courier.probe()
        assert found.tls.startswith("TLSv1.") and found.logged_in and found.null_sender and not found.error
        assert found.size == sink.size and "sink.example" in found.greeting


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize(("host", "trusted"), [("localhost", False), ("127.0.0.1", True)])
def test_a13_a_bad_certificate_ends_it_before_the_password(
    carry: Maker, certificates: servers.Certificates, certificate: Any, security: str, host: str, trusted: bool
) -> None:
    with Sink({"desk": "s3cret"}, certificate, implicit=security == "tls") as sink:
        result = carry(sink.port, host=host, security=security, login="desk", password=lambda: "s3cret",
                       ca_file=str(certificates.ca) if trusted else "").one()  # fmt: skip
        assert result.kind == "relay" and "tls_ca" in result.text
        assert not [command for command in sink.commands if command.startswith("AUTH")]


def test_a13_a_stripped_starttls_gets_no_password(carry: Maker, certificate: Any) -> None:
    with Sink({"desk": "s3cret"}, certificate, strip_tls=True) as sink:
        result = carry(sink.port, host="localhost", security="starttls", login="desk", password=lambda: "s3cret").one()
        assert result.kind == "relay" and "no STARTTLS" in result.text
        assert not [command for command in sink.commands if command.startswith(("AUTH", "MAIL"))]


@pytest.mark.parametrize(
    ("answer", "code"), [("", 535), ("454 4.7.0 temporary authentication failure", 454), (DROP, 0)]
)
def test_f08_a_refused_login_blames_no_mail_and_shows_no_password(carry: Maker, answer: str, code: int) -> None:
    with Sink({"desk": "s3cret"}) as sink:
        if answer:
            sink.trick("AUTH", answer)
        carried = carry(sink.port, login="desk", password=lambda: "hunter2")
        result = carried.one()
        assert (result.kind, result.code) == ("relay", code) and "hunter2" not in result.text
        assert carried.courier.probe().error


def test_a20_a_null_sender_that_the_relay_does_not_take_is_found_by_the_probe(sink: Sink, carry: Maker) -> None:
    sink.trick("MAIL", "550 5.7.1 empty sender not allowed", match=lambda argument: "<>" in argument)
    found = carry(sink.port).courier.probe()
    assert not found.null_sender and not found.error and not sink.mails


def test_a13_no_clear_text_beyond_this_machine() -> None:
    with pytest.raises(ValueError, match="loopback"):
        relay(25, host="relay.corp.example")
    with pytest.raises(ValueError, match="needs a password"):
        relay(25, login="desk")


# ---------------------------------------------------------------------- real servers


def test_g3_postfix_takes_mail_for_dovecot_and_the_world_and_refuses_strangers(
    postfix: servers.Postfix, dovecot: servers.Dovecot, postfix_sink: Sink, carry: Maker
) -> None:
    before, outside = dovecot.count(WANG), len(postfix_sink.mails)
    results = carry(postfix.smtp_port).send(
        Parcel(1, "", WANG, RAW), Parcel(2, DESK, "a@elsewhere.example", RAW), Parcel(3, "", "nobody@corp.example", RAW)
    )
    assert {n: result.kind for n, result in results.items()} == {1: "sent", 2: "sent", 3: "refused"}
    assert results[3].code == 550
    servers.wait_until(lambda: dovecot.count(WANG) == before + 1, "delivered to Dovecot")
    assert postfix_sink.wait_for(outside + 1)[-1].sender == DESK


def test_f08_smtp_sink_answering_4xx_defers(carry: Maker) -> None:
    from tests.conftest import need

    need("smtp-sink", "postfix")
    with servers.SmtpSink("-r", "RCPT") as soft:
        assert carry(soft.smtp_port).one().kind == "deferred"


def test_f16_closing_is_quick_when_the_relay_no_longer_answers(sink: Sink) -> None:
    carried = Carried(relay(sink.port))
    carried.one()
    sink.trick("QUIT", STALL)
    begun = time.monotonic()
    carried.courier.close()
    assert time.monotonic() - begun < 10


def test_f17_a_port_that_never_answers_times_out(carry: Maker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = carry(silent.getsockname()[1], connect_timeout_s=0.3).one()
    assert result.kind == "relay"


# ---------------------------------------------------------------------- the judgement itself


def test_f02_only_an_answer_after_the_dot_means_sent() -> None:
    stages: tuple[Any, ...] = ("connect", "MAIL", "RCPT", "DATA", "dot")
    sent = {(stage, code) for stage in stages for code in range(-1, 600) if judge(stage, code) == "sent"}
    assert sent == {("dot", code) for code in range(200, 300)}
    unknown = {(stage, code) for stage in stages for code in range(-1, 600) if judge(stage, code) == "unknown"}
    assert unknown == {("dot", code) for code in range(-1, 600) if not (200 <= code < 300 or 400 <= code < 600)}
    assert {judge("connect", code) for code in range(-1, 600)} == {"relay"}
