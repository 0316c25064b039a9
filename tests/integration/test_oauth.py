"""Logins by OAuth2 on a real Dovecot and a relay, with tokens from an endpoint that the test runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maild.ingest.mailbox import Account, ConnectionLost, LoginRefused, Mailbox, Unavailable
from maild.ingest.oauth import OAuthLogin, TokenSource
from maild.outbound.smtp import Courier, Parcel, Relay, Result
from tests import servers
from tests.conftest import USERS, need
from tests.fake_imap import HANG_UP, ORDINARY, FakeImap
from tests.token_endpoint import CANARY, Reply, TokenEndpoint, dovecot_extra

SUPPORT = "support@corp.example"
RAW = b"From: desk@corp.example\r\nTo: li.lei@corp.example\r\nSubject: test\r\n\r\ntext\r\n"


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    with TokenEndpoint(SUPPORT) as provider:
        yield provider


class Clock:
    """Monotonic seconds, put forward at will."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(endpoint: TokenEndpoint, clock: Clock) -> TokenSource:
    login = OAuthLogin(
        name="main", flow="client_credentials", token_url=endpoint.url, client_id=endpoint.client,
        secret=lambda: endpoint.secret,
    )  # fmt: skip
    return TokenSource(login, None, clock)


def box(port: int, source: TokenSource, **changed: Any) -> Mailbox:
    values: dict[str, Any] = {
        "name": "main", "host": "127.0.0.1", "port": port, "security": "none", "login": SUPPORT, "token": source,
        "timeout_s": 10.0,
    }  # fmt: skip
    return Mailbox(Account(**{**values, **changed}))


def dovecot(folder: Path, endpoint: TokenEndpoint, mechanisms: str = "xoauth2 oauthbearer") -> servers.Dovecot:
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    server = servers.Dovecot(folder / "dovecot", USERS, extra=dovecot_extra(endpoint, folder / "dovecot", mechanisms))
    # pytest's folders are closed to Dovecot's own users, so the server may have chosen another one.
    extra = dovecot_extra(endpoint, server.folder, mechanisms)
    text = server.config.read_text("utf-8")
    server.config.write_text(text[: text.index("auth_mechanisms = plain login " + mechanisms)] + extra, "utf-8")
    return server


# ── IMAP ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("mechanisms", "used"),
    [("xoauth2 oauthbearer", "OAUTHBEARER"), ("xoauth2", "XOAUTH2"), ("oauthbearer", "OAUTHBEARER")],
)
def test_f09_a_mailbox_is_opened_by_token_with_whatever_the_server_offers(
    endpoint: TokenEndpoint, source: TokenSource, tmp_path: Path, mechanisms: str, used: str
) -> None:
    """Also F09: a token that was withdrawn before its time, and a mailbox that the token is not for."""
    with dovecot(tmp_path, endpoint, mechanisms) as server:
        mailbox = box(server.imap_port, source)
        mailbox.connect()
        server.deliver(SUPPORT, RAW)
        assert [mail.raw.endswith(RAW) for mail in mailbox.fetch(mailbox.uids())] == [True]
        mailbox.close()
        log = (server.folder / "dovecot.log").read_text("utf-8", "replace")
        assert f"user=<{SUPPORT}>, method={used}" in log

        other = box(server.imap_port, source, login="li.lei@corp.example")
        with pytest.raises(LoginRefused) as caught:
            other.connect()
        told = str(caught.value)
        assert told.startswith(f"mailbox main (127.0.0.1:{server.imap_port}): ") and "IMAP.AccessAsApp" in told
        assert CANARY not in told and told.isprintable() and not other.connected


def test_f09_a_withdrawn_token_is_replaced_at_once_and_the_mailbox_open_again(
    endpoint: TokenEndpoint, source: TokenSource, clock: Clock, tmp_path: Path
) -> None:
    with dovecot(tmp_path, endpoint) as server:
        mailbox = box(server.imap_port, source)
        mailbox.connect()
        endpoint.revoke()
        mailbox.close()
        clock.ahead = 600.0
        mailbox.connect()
        mailbox.close()
        assert len(endpoint.asked) == 2
        # Withdrawn again at once: this login fails, the next one brings another token.
        endpoint.revoke()
        clock.ahead = 1200.0
        with pytest.raises(LoginRefused):
            mailbox.connect()
        assert len(endpoint.asked) == 2
        mailbox.connect()
        mailbox.close()
        assert len(endpoint.asked) == 3


def test_c07_a_token_that_runs_out_in_the_middle_of_idle_is_renewed_for_the_next_connection(tmp_path: Path) -> None:
    """Also F09."""
    with TokenEndpoint(SUPPORT, lifetime=2) as provider, dovecot(tmp_path, provider) as server:
        login = OAuthLogin(
            name="main", flow="client_credentials", token_url=provider.url, client_id=provider.client,
            secret=lambda: provider.secret,
        )  # fmt: skip
        mailbox = box(server.imap_port, TokenSource(login, None))
        mailbox.connect()
        # Idle over the token's end; then the server ends the connection, as Exchange does.
        assert not mailbox.wait(2.5)
        server.doveadm("kick", SUPPORT)
        with pytest.raises((ConnectionLost, Unavailable)):
            mailbox.wait(10)
        mailbox.connect()
        mailbox.close()
        assert len(provider.asked) == 2


def test_f09_a_server_without_the_mechanism_gets_neither_token_nor_password(
    endpoint: TokenEndpoint, source: TokenSource, tmp_path: Path
) -> None:
    with dovecot(tmp_path, endpoint, "") as server:
        mailbox = box(server.imap_port, source)
        with pytest.raises(LoginRefused, match="neither AUTH=OAUTHBEARER nor AUTH=XOAUTH2, so no token was sent"):
            mailbox.connect()
        assert not mailbox.connected
    with FakeImap() as fake:
        mailbox = box(fake.port, source)
        with pytest.raises(LoginRefused, match="no token was sent"):
            mailbox.connect()
        assert {"AUTHENTICATE", "LOGIN"} & set(fake.commands()) == set()


BEARER = "* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n{tag} OK done\r\n"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("+ eyJzdGF0dXMiOiI0MDAifQ==\r\n", LoginRefused),
        ("{tag} NO [UNAVAILABLE] Temporary authentication failure\r\n", Unavailable),
        ("* BYE too busy\r\n" + HANG_UP, ConnectionLost),
        ("+ !!!not base64!!!\r\n", ConnectionLost),
        (HANG_UP, ConnectionLost),
    ],
)
def test_f09_what_servers_say_to_a_token(
    source: TokenSource, endpoint: TokenEndpoint, answer: str, kind: type[Exception]
) -> None:
    """Whoever gives a reason hears the mechanism's last word, never the token again."""
    calls: list[str] = []

    def reason(line: str) -> str:
        calls.append(line)
        # The tag of AUTHENTICATE, for the answer to the client's last word, which has no tag.
        return answer

    with FakeImap(CAPABILITY=BEARER, AUTHENTICATE="+ \r\n", **{"?": reason}) as fake:
        tag = ""

        def first(line: str) -> str:
            nonlocal tag
            tag = line.split()[0]
            return "+ \r\n"

        def words(line: str) -> str:
            calls.append(line)
            if len(calls) > 1:
                return f"{tag} NO [AUTHENTICATIONFAILED] go away\r\n"
            return answer.replace("{tag}", tag)

        fake.answers.update({"AUTHENTICATE": first, "?": words})
        mailbox = box(fake.port, source)
        with pytest.raises(kind) as caught:
            mailbox.connect()
        assert CANARY not in str(caught.value) and not mailbox.connected
        if kind is LoginRefused:
            assert '{"status":"400"}' in str(caught.value) and "go away" in str(caught.value)
            assert calls[1:] == [""]
        assert ORDINARY["LOGIN"] and len(endpoint.asked) == 1


def test_f09_a_login_that_is_good_for_no_mailbox_is_told_as_what_it_is(source: TokenSource) -> None:
    """Microsoft 365 takes the token and has no mailbox for it; it says the same while it is busy."""
    answer = "{tag} BAD User is authenticated but not connected.\r\n"
    with FakeImap(SELECT=answer) as fake:
        mailbox = Mailbox(Account("main", "127.0.0.1", fake.port, "none", SUPPORT, lambda: "pw"))
        with pytest.raises(Unavailable, match="Add-MailboxPermission") as caught:
            mailbox.connect()
        assert not caught.value.permanent and not mailbox.connected


def test_f09_no_token_no_connection_and_the_reason_is_told(
    endpoint: TokenEndpoint, source: TokenSource, tmp_path: Path
) -> None:
    endpoint.trick(Reply(503))
    with FakeImap(CAPABILITY=BEARER) as fake:
        mailbox = box(fake.port, source)
        with pytest.raises(Unavailable, match="HTTP 503: maild asks again by itself"):
            mailbox.connect()
        endpoint.forgive()
        endpoint.secret = "another"
        with pytest.raises(LoginRefused, match="invalid_client"):
            box(fake.port, TokenSource(OAuthLogin(
                name="main", flow="client_credentials", token_url=endpoint.url, client_id="x", secret=lambda: "y"
            ), None)).connect()  # fmt: skip
        assert "AUTHENTICATE" not in fake.commands()


# ── SMTP ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def carried(port: int, token: Any, login: str = SUPPORT) -> tuple[Courier, list[Result]]:
    courier = Courier(
        Relay(
            "127.0.0.1", port, "none", login=login, token=token, connect_timeout_s=5.0, reply_timeout_s=5.0,
            dot_timeout_s=5.0, helo="desk.corp.example", connections=4,
        )
    )  # fmt: skip
    results: list[Result] = []
    courier.send([Parcel(n, "desk@corp.example", "li.lei@corp.example", RAW) for n in range(8)], results.append)
    return courier, results


@pytest.mark.parametrize("mechanisms", [("OAUTHBEARER", "XOAUTH2"), ("XOAUTH2",), ("OAUTHBEARER",)])
@pytest.mark.parametrize("padding", [0, 500])
def test_f09_mail_leaves_by_token_with_whatever_the_relay_offers(
    endpoint: TokenEndpoint, source: TokenSource, mechanisms: tuple[str, ...], padding: int
) -> None:
    """A token that would make a command line longer than 512 octets waits for the relay's 334."""
    lets_in = {"short" + "t" * padding: "a=b,c@corp.example"}
    with servers.Sink(tokens=lambda token: lets_in.get(token, ""), mechanisms=mechanisms) as sink:
        courier, results = carried(sink.port, lambda refused: next(iter(lets_in)), "a=b,c@corp.example")
        courier.close()
        assert [result.kind for result in results] == ["sent"] * 8
        (said,) = {command for command in sink.commands if command.startswith("AUTH")}
        assert said.startswith(f"AUTH {mechanisms[0]}") and (len(said) < 30) == bool(padding)


def test_f09_a_token_withdrawn_at_the_relay_is_replaced_once_for_all_connections(
    endpoint: TokenEndpoint, source: TokenSource, clock: Clock
) -> None:
    source()
    endpoint.revoke()
    clock.ahead = 600.0
    with servers.Sink(tokens=endpoint.user_of) as sink:
        courier, results = carried(sink.port, source)
        courier.close()
        assert [result.kind for result in results] == ["sent"] * 8
        assert len(endpoint.asked) == 2


def test_f09_a_relay_that_refuses_the_token_blames_no_mail_and_says_why(
    endpoint: TokenEndpoint, source: TokenSource
) -> None:
    with servers.Sink(tokens=lambda token: "") as sink:
        courier, results = carried(sink.port, source)
        courier.close()
        assert {(result.kind, result.code) for result in results} == {("relay", 535)} and len(results) == 8
        text = results[0].text
        assert "5.7.3 Authentication unsuccessful" in text and '"status":"401"' in text and "SMTP.SendAsApp" in text
        assert CANARY not in text and sink.mails == [] and len(endpoint.asked) == 1


def test_f09_a_relay_without_the_mechanism_gets_no_token(endpoint: TokenEndpoint, source: TokenSource) -> None:
    with servers.Sink(users={"desk": "pw"}) as sink:
        courier, results = carried(sink.port, source)
        courier.close()
        assert {(result.kind, result.code) for result in results} == {("relay", 0)}
        assert "neither AUTH OAUTHBEARER nor XOAUTH2" in results[0].text and not endpoint.asked
        assert not [command for command in sink.commands if command.startswith("AUTH")]


def test_f09_without_a_token_nothing_is_tried_at_the_relay(endpoint: TokenEndpoint, source: TokenSource) -> None:
    endpoint.secret = "changed at the provider"
    changed = TokenSource(OAuthLogin(
        name="[relay]", flow="client_credentials", token_url=endpoint.url, client_id=endpoint.client,
        secret=lambda: "old",
    ), None)  # fmt: skip
    with servers.Sink(tokens=endpoint.user_of) as sink:
        courier, results = carried(sink.port, changed)
        assert {result.kind for result in results} == {"relay"}
        assert "invalid_client" in results[0].text and len(endpoint.asked) == 1
        assert "invalid_client" in courier.probe().error
        courier.close()
        assert not [command for command in sink.commands if command.startswith("AUTH")]


def test_f09_a_relay_that_refuses_the_login_for_a_while_keeps_its_code(
    endpoint: TokenEndpoint, source: TokenSource
) -> None:
    with servers.Sink(tokens=endpoint.user_of) as sink:
        sink.trick("AUTH", "454 4.7.0 Temporary authentication failure")
        courier, results = carried(sink.port, source)
        courier.close()
        assert {(result.kind, result.code) for result in results} == {("relay", 454)}
        assert len(endpoint.asked) == 1


def test_no_library_logs_a_token(
    endpoint: TokenEndpoint, source: TokenSource, tmp_path: Path, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Also F09: whatever level somebody switches on, for maild or for a library."""
    monkeypatch.setattr(logging.getLogger("maild"), "propagate", True)
    # The sink's own library speaks of what it hears; it is not ours.
    caplog.set_level(logging.CRITICAL, "mail.log")
    for name in ("", "maild", "imapclient", "aiosmtplib", "authlib", "urllib3", "requests", "asyncio"):
        caplog.set_level(logging.DEBUG, name or None)
    with dovecot(tmp_path, endpoint) as server, servers.Sink(tokens=endpoint.user_of) as sink:
        mailbox = box(server.imap_port, source)
        mailbox.connect()
        mailbox.close()
        endpoint.user = "nobody@corp.example"
        endpoint.revoke()
        with pytest.raises(LoginRefused):
            mailbox.connect()
        courier, _ = carried(sink.port, source)
        courier.close()
    assert "new access token, good for 3600 s" in caplog.text
    assert CANARY not in caplog.text
