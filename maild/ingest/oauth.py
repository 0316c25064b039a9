"""Access tokens for logins by OAuth2: the only user of Authlib and requests, which do the protocol (RFC 6749).

A token is asked for before the one in hand runs out, and once more when a server refuses it before its time. What a
provider refuses for good is not asked again for five minutes, unless the admin has put other secrets in place. No
token, secret or refresh token is ever shown: neither in an error nor in a repr.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from maild.config import SecretMissing
from maild.config.secrets import check_token_url
from maild.ingest.oauth_answer import Answer, read_answer, said, told
from maild.model.login import NoToken

log = logging.getLogger("maild.oauth")

# A token is renewed so long before it ends (or at half of its life, if that is later), so that none ends on its way.
MARGIN_S = 120.0
# How long a token lives whose provider does not say (RFC 6749 §5.1 only recommends it).
UNSAID_S = 300.0
# What a provider refuses for good is asked again after so long: at most 12 times an hour (THREATS F09).
REFUSED_S = 300.0
# A server that refuses a token as young as this one would refuse the next one too.
YOUNG_S = 60.0
# A refused token is replaced at once only so often; after that the next login, minutes later, gets a new one.
AT_ONCE_AGAIN_S = 3600.0
CONNECT_S = 10.0
MOST_BYTES = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class OAuthLogin:
    """How to get access tokens. Raises ValueError for a token endpoint that would hear the secrets in clear text.

    name            for log and errors: a mailbox's name, or "[relay]"
    token_url       https, or http on a loopback host
    secret, refresh_token   asked anew for each token; both may raise SecretMissing
    ca_file         PEM file of the only authority to trust; empty: the system's
    timeout_s       seconds for one answer of the token endpoint
    """

    name: str
    flow: Literal["client_credentials", "refresh_token"]
    token_url: str
    client_id: str
    scope: str = ""
    secret: Callable[[], str] | None = None
    refresh_token: Callable[[], str] | None = None
    ca_file: str = ""
    timeout_s: float = 20.0

    def __post_init__(self) -> None:
        check_token_url(self.token_url)
        if (self.flow == "refresh_token") != (self.refresh_token is not None):
            raise ValueError(f"login {self.name}: the flow refresh_token, and it alone, needs a refresh token")


class Keeper(Protocol):
    """Keeps refresh tokens that a provider has handed out. `given`: hash of the one that the admin gave."""

    def held(self, given: str) -> AbstractContextManager[None]:
        """Inside, nobody else renews this login: no thread, no other daemon."""

    def newest(self, given: str) -> str:
        """The refresh token last handed out; empty if none was."""

    def keep(self, given: str, refresh_token: str) -> None:
        """Put a new one in its place, for good when this returns."""


@dataclass(frozen=True, slots=True)
class _Access:
    """A token, when we got it and until when it is good (monotonic seconds)."""

    text: str = field(repr=False)
    got: float
    until: float


class TokenSource:
    """Access tokens for one login, for any number of threads.

    `source()` gives a token that should be good. `source(refused)` gives another one in the place of the token that
    the server has just refused, or the same again: then there is no better one now, and the login is refused.
    """

    def __init__(self, login: OAuthLogin, keeper: Keeper | None, monotonic: Callable[[], float] = time.monotonic):
        """`keeper` may be None for the flow client_credentials, which has nothing to keep."""
        self.login, self._keeper, self._now = login, keeper, monotonic
        self._turn = threading.Lock()
        self._access: _Access | None = None
        self._asked_with, self._outdated = "", False
        # The last failure and when it was; a token that is worth nothing and has no successor yet.
        self._failure: tuple[NoToken, float] | None = None
        self._spent = ""
        self._replaced_at_once = -AT_ONCE_AGAIN_S
        # A refresh token that was handed out and could not be kept yet: without it the login would be lost.
        self._unkept: tuple[str, str] | None = None

    def __call__(self, refused: str = "") -> str:
        """Raises NoToken."""
        asked = self._now()
        with self._turn:
            return self._token(refused, asked)

    def left_s(self) -> float:
        """For how many seconds the token in hand is good."""
        with self._turn:
            return max(0.0, self._access.until - self._now()) if self._access is not None else 0.0

    def forget_refusals(self) -> None:
        """Ask again the next time, whatever was refused: somebody may have put it right at the provider."""
        # While somebody is asking there is nothing to forget, and nobody shall wait for that.
        if self._turn.acquire(timeout=1):
            self._failure = None
            if self._access is not None and self._access.text == self._spent:
                self._access = None
            self._turn.release()

    def _token(self, refused: str, asked: float) -> str:
        try:
            secret = self.login.secret() if self.login.secret is not None else ""
            given = self.login.refresh_token() if self.login.refresh_token is not None else ""
        except SecretMissing as missing:
            raise NoToken(f"login {self.login.name}: {missing}", permanent=False) from missing
        if any(each != each.strip() or not each.isprintable() for each in (secret, given)):
            raise NoToken(
                f"login {self.login.name}: the client secret or refresh token holds a line break, or a blank at its"
                " beginning or end: write its file again, on one line", permanent=False,
            )  # fmt: skip
        with_what = _hash(f"{secret}\0{given}")
        if with_what != self._asked_with:
            # The admin has put something new in place, perhaps somebody else's: what was refused before means nothing
            # any more, and the token in hand is only for the case that the new ones do not work.
            self._asked_with, self._failure, self._outdated = with_what, None, True
        if refused and not self._may_replace(refused):
            return refused
        now = self._now()
        access = self._access
        if (
            access is not None
            and not self._outdated
            and now < access.until - min(MARGIN_S, (access.until - access.got) / 2)
        ):
            # A refused one is tried again for some minutes: many connections must not mean as many new tokens.
            if access.text != self._spent or now - access.got < REFUSED_S:
                return access.text
            self._access = None
        if self._failure is not None:
            failure, when = self._failure
            # Whoever waited for the turn of one that failed has got the answer too.
            if when >= asked or (failure.permanent and now - when < REFUSED_S):
                return self._make_do(failure)
        try:
            self._access = self._renewed(secret, given)
        except NoToken as failure:
            self._failure = failure, self._now()
            return self._make_do(failure)
        self._failure, self._outdated = None, False
        log.info("login %s: new access token, good for %.0f s", self.login.name, self._access.until - self._access.got)
        return self._access.text

    def _make_do(self, failure: NoToken) -> str:
        """The token in hand as long as it is good, though it could not be renewed; else the failure."""
        if self._access is not None and self._now() < self._access.until:
            log.warning("%s; the access token in hand is good for some time yet", failure)
            return self._access.text
        raise NoToken(str(failure), failure.permanent) from None

    def _may_replace(self, refused: str) -> bool:
        """Whether to look for another token in the place of a refused one."""
        now, access = self._now(), self._access
        if access is None or refused != access.text:
            # Another connection has seen to it already.
            return True
        if now - access.got < YOUNG_S or now - self._replaced_at_once < AT_ONCE_AGAIN_S:
            self._spent = refused
            return False
        self._replaced_at_once, self._access = now, None
        log.info("login %s: an access token was refused before its time and is replaced", self.login.name)
        return True

    def _renewed(self, secret: str, given: str) -> _Access:
        if self.login.flow == "client_credentials" or self._keeper is None:
            return self._access_of(self._ask(secret, given))
        whose = _hash(given)
        with self._keeper.held(whose):
            if self._unkept is not None and self._unkept[0] == whose:
                self._keep(*self._unkept)
            used = self._keeper.newest(whose) or given
            try:
                answer = self._ask(secret, used)
            except NoToken as failure:
                # Another daemon may have used it up and kept its successor meanwhile; looked for once.
                newer = self._keeper.newest(whose) if failure.permanent else ""
                if newer in ("", used):
                    raise
                used = newer
                answer = self._ask(secret, used)
            if answer.refresh_token not in ("", used):
                self._unkept = whose, answer.refresh_token
                self._keep(whose, answer.refresh_token)
        return self._access_of(answer)

    def _keep(self, whose: str, refresh_token: str) -> None:
        """Nothing is done with an access token before the refresh token that came with it is on disk."""
        assert self._keeper is not None
        self._keeper.keep(whose, refresh_token)
        self._unkept = None
        log.info("login %s: the provider gave a new refresh token, which is stored", self.login.name)

    def _access_of(self, answer: Answer) -> _Access:
        now = self._now()
        return _Access(answer.access_token, now, now + (answer.expires_in or UNSAID_S))

    # ------------------------------------------------------------------ the token endpoint

    def _ask(self, secret: str, refresh_token: str) -> Answer:
        """One question to the token endpoint. Raises NoToken."""
        login = self.login
        where = f"login {login.name}: {urlsplit(login.token_url).hostname}"
        session_class, refusal_class, requests = _library(login.name)
        hidden = tuple(filter(None, (secret, refresh_token)))
        if login.ca_file and not os.access(login.ca_file, os.R_OK):
            raise NoToken(
                f"{where}: {login.ca_file} cannot be read: set the oauth `tls_ca` to a PEM file", permanent=True
            )
        status: list[int] = []
        deadline = time.monotonic() + login.timeout_s
        options = {
            "timeout": (min(CONNECT_S, login.timeout_s), login.timeout_s),
            "verify": login.ca_file or ssl.get_default_verify_paths().cafile or True,
            # A redirect would carry the secrets to somewhere that config.toml does not name.
            "allow_redirects": False,
            "stream": True,
        }
        try:
            with session_class(
                login.client_id, secret or None, scope=login.scope or None,
                token_endpoint_auth_method="client_secret_post" if secret else "none",
            ) as session:  # fmt: skip
                for hook in ("access_token_response", "refresh_token_response"):
                    session.register_compliance_hook(hook, lambda got: _bounded(got, deadline, status, requests))
                if login.flow == "refresh_token":
                    # RFC 6749 §6: a scope may be left out, and is then the one that was consented to.
                    answer = session.refresh_token(login.token_url, refresh_token=refresh_token, **options)
                else:
                    answer = session.fetch_token(login.token_url, grant_type="client_credentials", **options)
            return read_answer(dict(answer), status[-1] if status else 0)
        except refusal_class as error:
            text, permanent = told(said(error.error, hidden), said(error.description, hidden))
        except requests.exceptions.SSLError as error:
            text, permanent = f"TLS failed: {_certificate(error)}: check `token_url` and the oauth `tls_ca`", True
        except requests.exceptions.HTTPError as error:
            code = error.response.status_code
            permanent = code < 500 and code not in (408, 425, 429)
            remedy = "check `token_url`" if permanent else "maild asks again by itself"
            text = f"answers HTTP {code}: {remedy}"
        except requests.exceptions.Timeout:
            text, permanent = f"no answer within {login.timeout_s:g} s: check the firewall and the proxy", False
        except requests.exceptions.ConnectionError:
            text, permanent = (
                "cannot be reached, or broke off: check `token_url`, the DNS, the firewall and the proxy",
                False,
            )
        except NoToken as error:
            text, permanent = said(str(error), hidden), error.permanent
        # Whatever else an endpoint's answer makes a library raise (bytes that are no JSON, a life of "soon" seconds).
        except Exception as error:
            log.debug("%s: %s", where, type(error).__name__)
            text, permanent = "the answer is not that of a token endpoint: check `token_url` and the proxy", False
        raise NoToken(f"{where}: {text}", permanent) from None


def _library(name: str) -> tuple[Any, Any, Any]:
    try:
        import requests
        from authlib.integrations.requests_client import (  # type: ignore[import-untyped]  # ships no types
            OAuth2Session,
            OAuthError,
        )
    except ImportError as error:
        raise NoToken(
            f"login {name}: a login by OAuth2 needs Authlib and requests ({error.name} is missing):"
            " pip install 'maild[oauth]'", permanent=True,
        ) from error  # fmt: skip
    return OAuth2Session, OAuthError, requests


def _bounded(got: Any, deadline: float, status: list[int], requests: Any) -> Any:
    """The response with its body read, at most MOST_BYTES of it and until the deadline: a slow drip is no answer."""
    from urllib3.exceptions import ProtocolError, ReadTimeoutError

    status.append(got.status_code)
    body = bytearray()
    try:
        while piece := got.raw.read1(16384, decode_content=True):
            body += piece
            if len(body) > MOST_BYTES:
                raise ValueError("too long")
            if time.monotonic() > deadline:
                raise requests.exceptions.Timeout
    except ReadTimeoutError:
        raise requests.exceptions.Timeout from None
    except ProtocolError:
        raise requests.exceptions.ConnectionError from None
    got.close()
    whole = requests.Response()
    whole.status_code, whole.headers, whole.url, whole.reason = got.status_code, got.headers, got.url, got.reason
    whole.raw = io.BytesIO(bytes(body))
    return whole


def _certificate(error: BaseException | None) -> str:
    """What is wrong with a certificate, from the depth of the wrappings around it."""
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, ssl.SSLCertVerificationError):
            return said(error.verify_message, ())
        inner = getattr(error, "reason", None)
        error = inner if isinstance(inner, BaseException) else error.args[0] if error.args else None
        error = error if isinstance(error, BaseException) else None
        seen += 1
    return "no TLS is spoken there"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
