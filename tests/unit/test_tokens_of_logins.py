"""Access tokens: when one is asked for, what an answer means, what is kept when, and what nobody may ever read."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from maild.config import SecretMissing
from maild.ingest.oauth import MOST_BYTES, REFUSED_S, OAuthLogin, TokenSource
from maild.ingest.oauth_answer import read_answer, said, told
from maild.model.login import NoToken, sasl_first, sasl_last, sasl_reason
from tests import servers
from tests.token_endpoint import CANARY, Reply, TokenEndpoint, error


class Shelf:
    """A keeper in memory that notes in which order it was asked; `broken` times it cannot keep."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.calls: list[str] = []
        self.broken = 0
        # What another daemon stores while we ask the provider.
        self.meanwhile: Callable[[], str] | None = None

    @contextlib.contextmanager
    def held(self, given: str) -> Iterator[None]:
        self.calls.append("held")
        yield
        self.calls.append("let go")

    def newest(self, given: str) -> str:
        self.calls.append("newest")
        if self.meanwhile is not None and self.calls.count("newest") > 1:
            self.kept[given] = self.meanwhile()
        return self.kept.get(given, "")

    def keep(self, given: str, refresh_token: str) -> None:
        self.calls.append("keep")
        if self.broken:
            self.broken -= 1
            raise NoToken("the database is away", permanent=False)
        self.kept[given] = refresh_token


class Clock:
    """Monotonic seconds, put forward at will."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    with TokenEndpoint("desk@corp.example") as provider:
        yield provider


@pytest.fixture
def clock() -> Clock:
    return Clock()


def program(endpoint: TokenEndpoint, clock: Callable[[], float] = time.monotonic, **changed: Any) -> TokenSource:
    """A login by client credentials."""
    values: dict[str, Any] = {
        "name": "main", "flow": "client_credentials", "token_url": endpoint.url, "client_id": endpoint.client,
        "secret": lambda: endpoint.secret,
    }  # fmt: skip
    return TokenSource(OAuthLogin(**{**values, **changed}), None, clock)


def user(endpoint: TokenEndpoint, shelf: Shelf, clock: Callable[[], float] = time.monotonic) -> TokenSource:
    """A login by refresh token; the first one is what the admin has put into a file."""
    given = endpoint.grant
    login = OAuthLogin(
        name="main", flow="refresh_token", token_url=endpoint.url, client_id=endpoint.client,
        secret=lambda: endpoint.secret, refresh_token=lambda: given,
    )  # fmt: skip
    return TokenSource(login, shelf, clock)


def refusal(source: TokenSource, refused: str = "") -> NoToken:
    with pytest.raises(NoToken) as caught:
        source(refused)
    text = str(caught.value)
    assert CANARY not in text and text.isprintable() and len(text) < 600, text
    return caught.value


# ── when a token is asked for ────────────────────────────────────────────────────────────────────────────────────────


def test_f09_a_token_is_used_until_shortly_before_its_end(endpoint: TokenEndpoint, clock: Clock) -> None:
    source = program(endpoint, clock, scope="https://outlook.office365.com/.default")
    first = source()
    assert endpoint.user_of(first) == "desk@corp.example"
    clock.ahead = 3400.0
    assert source() == first
    clock.ahead = 3500.0
    second = source()
    assert second != first and len(endpoint.asked) == 2
    assert endpoint.asked[0] == {
        "grant_type": "client_credentials", "client_id": endpoint.client, "client_secret": endpoint.secret,
        "scope": "https://outlook.office365.com/.default",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lifetime", "good_at", "over_at"),
    [(3600, 3400, 3500), ("3599", 3400, 3500), (60, 25, 35), (None, 170, 190), ("soon", 0, 1), (-5, 170, 190),
     (True, 170, 190), (10**30, 86_000, 86_390)],
)  # fmt: skip
def test_f09_how_long_a_token_lives_is_believed_within_reason(
    lifetime: object, good_at: float, over_at: float, clock: Clock
) -> None:
    with TokenEndpoint(lifetime=lifetime) as provider:
        source = program(provider, clock)
        if lifetime == "soon":
            assert "not that of a token endpoint" in str(refusal(source))
            return
        first = source()
        clock.ahead = good_at
        assert source() == first
        clock.ahead = over_at
        assert source() != first


def test_f09_a_refused_token_is_replaced_once_and_never_in_a_loop(endpoint: TokenEndpoint, clock: Clock) -> None:
    source = program(endpoint, clock)
    first = source()
    clock.ahead = 600.0
    second = source(first)
    assert second != first
    # Another connection that was refused with the same old token gets the new one without asking.
    assert source(first) == second and len(endpoint.asked) == 2
    # The new one is refused too: it is not the token that is wrong.
    assert source(second) == second and len(endpoint.asked) == 2
    assert source(second) == second and len(endpoint.asked) == 2
    # Minutes later a login begins with another token, and is not tried twice.
    clock.ahead = 930.0
    third = source()
    assert third not in (first, second) and len(endpoint.asked) == 3
    clock.ahead = 1260.0
    assert source(third) == third and len(endpoint.asked) == 3
    # A token that works again for hours may be withdrawn again.
    clock.ahead = 5400.0
    fourth = source()
    clock.ahead = 5600.0
    assert source(fourth) != fourth


def test_f09_a_server_that_refuses_every_token_makes_at_most_twelve_logins_an_hour(
    endpoint: TokenEndpoint, clock: Clock
) -> None:
    from maild.loops import _PERMANENT_PAUSE_S

    source = program(endpoint, clock)
    source()
    clock.ahead = 600.0
    logins = 0
    while clock.ahead < 4200.0:
        token = source()
        logins += 1
        if source(token) != token:
            logins += 1
        clock.ahead += _PERMANENT_PAUSE_S
    assert 8 <= logins <= 12 and len(endpoint.asked) <= 13


def test_f09_a_token_that_cannot_be_renewed_yet_is_used_to_its_end(endpoint: TokenEndpoint, clock: Clock) -> None:
    source = program(endpoint, clock)
    first = source()
    endpoint.trick(Reply(503))
    clock.ahead = 3550.0
    assert source() == first
    clock.ahead = 3601.0
    assert not refusal(source).permanent
    endpoint.forgive()
    assert source() != first


def test_f09_a_permanent_refusal_is_not_asked_for_again_for_five_minutes(endpoint: TokenEndpoint, clock: Clock) -> None:
    endpoint.trick(error("invalid_client", "AADSTS7000222: The secret has expired.", 401))
    source = program(endpoint, clock)
    told_first = refusal(source)
    assert told_first.permanent and "AADSTS7000222" in str(told_first) and "client_secret_from" in str(told_first)
    for clock.ahead in range(0, 3600, 10):
        assert str(refusal(source)) == str(told_first)
    assert 11 <= len(endpoint.asked) <= 12
    clock.ahead = 3600 + REFUSED_S
    endpoint.forgive()
    assert source()


def test_f09_a_new_secret_counts_at_once(endpoint: TokenEndpoint) -> None:
    secrets = ["old-secret"]
    source = program(endpoint, secret=lambda: secrets[0])
    assert "Invalid client secret" in str(refusal(source))
    assert refusal(source).permanent and len(endpoint.asked) == 1
    secrets[0] = endpoint.secret
    assert source() and len(endpoint.asked) == 2


def test_f09_a_wrong_new_secret_does_not_end_the_token_in_hand(endpoint: TokenEndpoint, clock: Clock) -> None:
    secrets = [endpoint.secret]
    source = program(endpoint, clock, secret=lambda: secrets[0])
    first = source()
    secrets[0] = "mistyped"
    assert source() == first == source() and len(endpoint.asked) == 2
    clock.ahead = 3601.0
    assert "invalid_client" in str(refusal(source))
    secrets[0] = endpoint.secret
    assert source() != first


def test_f09_what_was_put_right_at_the_provider_counts_when_the_admin_says_so(
    endpoint: TokenEndpoint, clock: Clock
) -> None:
    endpoint.trick(error("unauthorized_client"))
    source = program(endpoint, clock)
    refusal(source)
    endpoint.forgive()
    assert refusal(source).permanent and len(endpoint.asked) == 1
    source.forget_refusals()
    first = source()
    # A token that the mail server has refused is not shown to it again either.
    assert source(first) == first == source()
    source.forget_refusals()
    assert source() != first


def test_f09_whoever_waited_for_an_attempt_that_failed_takes_its_failure(endpoint: TokenEndpoint) -> None:
    endpoint.trick(Reply(500, slow_s=0.5))
    source = program(endpoint)
    failures: list[str] = []

    def ask() -> None:
        failures.append(str(refusal(source)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(failures) == 8 and len(endpoint.asked) == 1


def test_f09_many_connections_share_one_token(endpoint: TokenEndpoint) -> None:
    source = program(endpoint)
    got: list[str] = []
    threads = [threading.Thread(target=lambda: got.append(source())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(set(got)) == 1 and len(got) == 8 and len(endpoint.asked) == 1


# ── what an endpoint may say ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("reply", "permanent", "words"),
    [
        (error("invalid_grant", "Token has been expired or revoked."), True, "consent again"),
        (error("invalid_client", None, 401), True, "check `client_id`"),
        (error("unauthorized_client"), True, "allow this flow"),
        (error("invalid_scope", "AADSTS70011: x\r\nTrace ID: 1\x1b[31m"), True, "AADSTS70011: x Trace ID: 1 [31m"),
        (error("frobnicated"), True, "check the oauth settings"),
        (error("temporarily_unavailable"), False, "by itself"),
        (error("slow_down", None, 400), False, "by itself"),
        (error("invalid_request", "x" * 5000), True, "x…: check"),
        (Reply(400, b'{"error": {"code": 7, "message": ["a"]}}'), True, "'code': 7"),
        (Reply(500, b"<html>oops"), False, "HTTP 500: maild asks again"),
        (Reply(503), False, "HTTP 503"),
        (Reply(429, b"later"), False, "HTTP 429: maild asks again"),
        (Reply(404, b"<html>no such page"), True, "HTTP 404: check `token_url`"),
        (Reply(302, b"", (("Location", "https://evil.example/token"),)), False, "not that of a token endpoint"),
        (Reply(200, b"<html>captive portal"), False, "not that of a token endpoint"),
        (Reply(200, b"[]"), False, "not that of a token endpoint"),
        (Reply(200, b"\xff\xfe\x00"), False, "not that of a token endpoint"),
        (Reply(200, b'{"ok": true}'), False, "HTTP 200 and no access_token"),
        (Reply(403, b'{"message": "no"}'), True, "HTTP 403 and no access_token"),
        (Reply(200, b'{"access_token": 7}'), False, "no access_token"),
        (Reply(200, b'{"access_token": ""}'), False, "no access_token"),
        (Reply(200, b'{"access_token": "a\\u0001b"}'), False, "no access_token"),
        (Reply(200, b'{"access_token": "a\\r\\nb"}'), False, "no access_token"),
        (Reply(200, b'{"access_token": "a", "token_type": "mac"}'), True, "of a kind that no mail server takes"),
        (Reply(200, b'{"access_token": "a", "expires_in": "soon"}'), False, "not that of a token endpoint"),
        (Reply(200, b"[" * 100_000), False, "not that of a token endpoint"),
        (Reply(200, b"9" * (MOST_BYTES + 1)), False, "not that of a token endpoint"),
        (Reply(200, b"{}", (("Content-Encoding", "gzip"),)), False, "not that of a token endpoint"),
    ],
)  # fmt: skip
def test_f09_every_answer_of_a_token_endpoint_has_its_meaning(
    endpoint: TokenEndpoint, reply: Reply, permanent: bool, words: str
) -> None:
    endpoint.trick(reply)
    failure = refusal(program(endpoint))
    assert (failure.permanent, words in str(failure)) == (permanent, True), str(failure)
    assert str(failure).startswith("login main: 127.0.0.1: ") and len(endpoint.asked) == 1


@pytest.mark.parametrize(
    "reply",
    [Reply(200, b"{}", slow_s=2), Reply(200, b'{"access_token": "a"}' * 9, drip_s=0.2), Reply(200, b"{}", drip_s=2)],
)
def test_f09_a_slow_endpoint_is_waited_for_as_long_as_config_says(endpoint: TokenEndpoint, reply: Reply) -> None:
    endpoint.trick(reply)
    before = time.monotonic()
    failure = refusal(program(endpoint, timeout_s=0.5))
    assert "no answer within 0.5 s" in str(failure) and not failure.permanent
    assert time.monotonic() - before < 3


def test_f09_an_endpoint_that_is_away_is_temporary() -> None:
    with TokenEndpoint() as provider:
        source = program(provider)
    failure = refusal(source)
    assert "cannot be reached" in str(failure) and not failure.permanent


@pytest.mark.parametrize(
    ("host", "days", "trusted", "words"),
    [
        ("localhost", 2, True, ""),
        ("localhost", 2, False, "certificate"),
        ("localhost", -1, True, "certificate has expired"),
        ("other.example", 2, True, "Hostname mismatch"),
    ],
)
def test_f09_a_token_endpoint_must_be_who_it_says(
    host: str, days: int, trusted: bool, words: str, certificates: servers.Certificates
) -> None:
    with TokenEndpoint("desk@corp.example", certificate=certificates.make(host, days)) as provider:
        source = program(provider, ca_file=str(certificates.ca) if trusted else "")
        if not words:
            assert provider.user_of(source()) == "desk@corp.example"
            return
        failure = refusal(source)
        assert failure.permanent and words.lower() in str(failure).lower() and "tls_ca" in str(failure), str(failure)
        assert not provider.asked


def test_f09_plain_http_where_tls_was_expected_is_told(endpoint: TokenEndpoint) -> None:
    failure = refusal(program(endpoint, token_url=endpoint.url.replace("http:", "https:")))
    assert "no TLS is spoken there" in str(failure) and not endpoint.asked


def test_f09_an_answer_that_breaks_off_is_temporary(endpoint: TokenEndpoint) -> None:
    endpoint.trick(Reply(200, b"{}", (("Content-Length", "100"),)))
    failure = refusal(program(endpoint))
    assert not failure.permanent and "broke off" in str(failure)


def test_f09_a_missing_authority_names_its_file(endpoint: TokenEndpoint) -> None:
    failure = refusal(program(endpoint, ca_file="/no/such/ca.pem"))
    assert "/no/such/ca.pem cannot be read: set the oauth `tls_ca`" in str(failure) and failure.permanent


def test_f09_an_endpoint_that_repeats_our_secrets_does_not_bring_them_into_an_error(endpoint: TokenEndpoint) -> None:
    endpoint.trick(error(f"invalid_{endpoint.secret}", f"no {endpoint.secret} for {endpoint.grant}"))
    assert "…" in str(refusal(user(endpoint, Shelf())))


def test_f09_no_repr_shows_a_token(endpoint: TokenEndpoint) -> None:
    source = user(endpoint, Shelf())
    source()
    shown = repr(
        [source, source.login, source._access, read_answer({"access_token": CANARY, "refresh_token": CANARY}, 200)]
    )
    assert CANARY not in shown


@pytest.mark.parametrize(
    "url", ["http://login.corp.example/token", "login.corp.example", "ftp://x/", "https://u:p@h/t", ""]
)
def test_f09_secrets_go_nowhere_in_clear_text(url: str) -> None:
    with pytest.raises(ValueError, match=r"clear text|is no URL"):
        OAuthLogin(name="main", flow="client_credentials", token_url=url, client_id="c")


def test_a_missing_library_names_the_extra(endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "authlib.integrations.requests_client", None)
    failure = refusal(program(endpoint))
    assert "pip install 'maild[oauth]'" in str(failure) and failure.permanent and not endpoint.asked


def test_a_secret_that_is_not_there_names_its_place(endpoint: TokenEndpoint) -> None:
    def missing() -> str:
        raise SecretMissing("cannot read the secret in /etc/maild/oauth_client_secret: No such file or directory")

    failure = refusal(program(endpoint, secret=missing))
    assert "/etc/maild/oauth_client_secret" in str(failure) and not failure.permanent


@pytest.mark.parametrize("secret", ["two\nlines", " blank", "tab\t"])
def test_a_secret_with_a_line_break_is_told_and_not_sent(endpoint: TokenEndpoint, secret: str) -> None:
    assert "write its file again" in str(refusal(program(endpoint, secret=lambda: secret)))
    assert not endpoint.asked


def test_a_client_without_a_secret_sends_none(endpoint: TokenEndpoint) -> None:
    given = endpoint.grant
    login = OAuthLogin(
        name="main", flow="refresh_token", token_url=endpoint.url, client_id="public", refresh_token=lambda: given
    )
    refusal(TokenSource(login, Shelf()))
    assert endpoint.asked == [{"grant_type": "refresh_token", "refresh_token": given, "client_id": "public"}]


# ── refresh tokens ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_c07_a_rotated_refresh_token_is_kept_before_the_access_token_is_used(endpoint: TokenEndpoint) -> None:
    """Also F09. A provider that gives a new one and forgets the old must find the new one in our hand for ever."""
    endpoint.rotating = True
    shelf, clock = Shelf(), Clock()
    first = endpoint.grant
    source = user(endpoint, shelf, clock)
    for turn in range(1, 6):
        assert endpoint.user_of(source())
        assert list(shelf.kept.values()) == [endpoint.grant] != [first]
        clock.ahead = turn * 3600.0
    assert shelf.calls == ["held", "newest", "keep", "let go"] * 5
    # A restart begins with what was kept.
    assert endpoint.user_of(TokenSource(source.login, shelf)())


def test_c07_a_refresh_token_that_cannot_be_kept_is_not_lost_and_its_token_not_used(endpoint: TokenEndpoint) -> None:
    endpoint.rotating = True
    shelf = Shelf()
    shelf.broken = 2
    source = user(endpoint, shelf)
    for _ in range(2):
        failure = refusal(source)
        assert "the database is away" in str(failure) and not failure.permanent
    # Only the first of these asked the provider: the second had something to keep before.
    assert len(endpoint.asked) == 1 and not shelf.kept
    assert endpoint.user_of(source())
    assert list(shelf.kept.values()) == [endpoint.grant] and len(endpoint.asked) == 2


def test_c07_a_refresh_token_that_another_daemon_has_renewed_meanwhile_is_looked_for_once(
    endpoint: TokenEndpoint,
) -> None:
    endpoint.rotating = True
    shelf = Shelf()
    source = user(endpoint, shelf)
    endpoint.grants = {"of-the-other-daemon"}
    shelf.meanwhile = lambda: "of-the-other-daemon"
    assert endpoint.user_of(source())
    assert [form["refresh_token"] for form in endpoint.asked][1:] == ["of-the-other-daemon"]
    assert list(shelf.kept.values()) == [endpoint.grant]


def test_c07_a_refresh_token_that_is_worth_nothing_is_told_with_the_remedy(endpoint: TokenEndpoint) -> None:
    """Also F09. As after a kill between the provider's answer and the commit: nobody has the new one."""
    endpoint.rotating = True
    source = user(endpoint, Shelf())
    endpoint.grants = {"lost on its way"}
    failure = refusal(source)
    assert failure.permanent and "consent again" in str(failure) and "refresh_token_from" in str(failure)
    assert len(endpoint.asked) == 1


def test_c07_a_newly_consented_refresh_token_wins_over_the_stored_one(endpoint: TokenEndpoint) -> None:
    endpoint.rotating = True
    shelf, given = Shelf(), [endpoint.grant]
    login = OAuthLogin(
        name="main", flow="refresh_token", token_url=endpoint.url, client_id=endpoint.client,
        secret=lambda: endpoint.secret, refresh_token=lambda: given[0],
    )  # fmt: skip
    source = TokenSource(login, shelf)
    source()
    endpoint.grants = {"consented-anew"}
    endpoint.revoke()
    given[0] = "consented-anew"
    assert endpoint.user_of(source())
    assert endpoint.asked[-1]["refresh_token"] == "consented-anew" and len(shelf.kept) == 2


def test_a_provider_that_does_not_rotate_has_nothing_kept(endpoint: TokenEndpoint) -> None:
    shelf = Shelf()
    endpoint.extra = {"refresh_token": endpoint.grant}
    assert endpoint.user_of(user(endpoint, shelf)())
    assert not shelf.kept


# ── pure ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_login_says_first_and_last() -> None:
    assert sasl_first("XOAUTH2", "a@b.example", "tok") == b"user=a@b.example\x01auth=Bearer tok\x01\x01"
    assert sasl_first("OAUTHBEARER", "a=b,c@d.example", "tok") == b"n,a=a=3Db=2Cc@d.example,\x01auth=Bearer tok\x01\x01"
    assert (sasl_last("XOAUTH2"), sasl_last("OAUTHBEARER")) == (b"", b"\x01")


def test_a_reason_is_one_clean_line_without_the_token() -> None:
    reason = sasl_reason(json.dumps({"status": "401", "token": CANARY}).encode() + b"\r\n\x00\xff" + b"x" * 900, CANARY)
    assert CANARY not in reason and reason.isprintable() and len(reason) == 200 and '"status": "401"' in reason


def test_said_takes_secrets_out_before_it_cuts() -> None:
    assert said("x" * 230 + CANARY * 3, [CANARY]) == "x" * 230 + "………"
    assert told("", "") == ("says an error without a name: check the oauth settings in config.toml", True)
