"""A provider of OAuth2 tokens in a thread: a token endpoint that misbehaves as told, and introspection for Dovecot."""

from __future__ import annotations

import json
import secrets
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

# Stands in every token and secret that is made here: no log and no error may hold it.
CANARY = "canary"


@dataclass(frozen=True)
class Reply:
    """What to answer instead: `slow_s` seconds later, and with `drip_s` seconds between single bytes."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    slow_s: float = 0.0
    drip_s: float = 0.0


def error(name: str, description: object = None, status: int = 400) -> Reply:
    """An error by RFC 6749 §5.2."""
    fields = {"error": name} | ({"error_description": description} if description is not None else {})
    return Reply(status, json.dumps(fields).encode())


class TokenEndpoint:
    """Serves on a free loopback port. `client` is its one client, `user` whom its tokens let in.

    rotating    each refresh gives a new refresh token, and the one before is worth nothing from then on
    certificate a PEM file with key and certificate: https, by the name localhost
    lifetime    `expires_in` of the tokens, as it is written (None: left out); they really live so long
    """

    def __init__(
        self, user: str = "", rotating: bool = False, lifetime: Any = 3600, certificate: Path | None = None
    ) -> None:
        self.user, self.rotating, self.lifetime = user, rotating, lifetime
        # Forget every refresh token when one is used that is not good (any more).
        self.punishing = False
        self.client, self.secret = "desk-client", self._make("secret")
        self.grants = {self._make("refresh")}
        self.asked: list[dict[str, str]] = []
        # When each was asked, by the wall clock.
        self.asked_at: list[float] = []
        # Called when a refresh token was replaced, before the answer leaves.
        self.rotated: Callable[[], None] = lambda: None
        self.extra: dict[str, Any] = {}
        self._tokens: dict[str, tuple[str, float]] = {}
        self._tricks: deque[Reply] = deque()
        self._for_ever: Reply | None = None
        self._turn = threading.Lock()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                endpoint._serve(self, dict(parse_qsl(self.rfile.read(length).decode())))

            def do_GET(self) -> None:
                endpoint._serve(self, dict(parse_qsl(urlsplit(self.path).query)))

            def log_message(self, format: str, *args: Any) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}/token"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self.url = f"https://localhost:{self.port}/token"

    # ------------------------------------------------------------------ for the test

    @property
    def grant(self) -> str:
        """The refresh token that is good now."""
        (only,) = self.grants
        return only

    def trick(self, reply: Reply, times: int = -1) -> None:
        """Answer so, so many times (-1: until `forgive`)."""
        with self._turn:
            if times < 0:
                self._for_ever = reply
            self._tricks.extend([reply] * max(0, times))

    def forgive(self) -> None:
        with self._turn:
            self._tricks.clear()
            self._for_ever = None

    def revoke(self) -> None:
        """No access token that was given out is good any more."""
        with self._turn:
            self._tokens.clear()

    def user_of(self, token: str) -> str:
        """Whom this access token lets in; empty for nobody."""
        with self._turn:
            user, until = self._tokens.get(token, ("", 0.0))
        return user if time.monotonic() < until else ""

    def given_out(self) -> list[str]:
        """Every access token so far that was not revoked."""
        with self._turn:
            return list(self._tokens)

    # ------------------------------------------------------------------ inside

    def __enter__(self) -> TokenEndpoint:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @staticmethod
    def _make(kind: str) -> str:
        return f"{CANARY}-{kind}-{secrets.token_urlsafe(24)}"

    def _serve(self, handler: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        if handler.path.startswith("/introspect"):
            user = self.user_of(form.get("token", ""))
            reply = Reply(200, json.dumps({"active": True, "username": user} if user else {"active": False}).encode())
        else:
            reply = self._reply(form)
        time.sleep(reply.slow_s)
        handler.send_response(reply.status)
        for name, value in (("Content-Type", "application/json"), *reply.headers):
            handler.send_header(name, value)
        if "Content-Length" not in dict(reply.headers):
            handler.send_header("Content-Length", str(len(reply.body)))
        handler.end_headers()
        try:
            if not reply.drip_s:
                handler.wfile.write(reply.body)
                return
            for at in range(len(reply.body)):
                handler.wfile.write(reply.body[at : at + 1])
                handler.wfile.flush()
                time.sleep(reply.drip_s)
        except OSError:
            # The client has lost its patience, as it should.
            return

    def _reply(self, form: dict[str, str]) -> Reply:
        with self._turn:
            self.asked.append(form)
            self.asked_at.append(time.time())
            if self._tricks:
                return self._tricks.popleft()
            if self._for_ever is not None:
                return self._for_ever
            if (form.get("client_id"), form.get("client_secret")) != (self.client, self.secret):
                return error("invalid_client", "AADSTS7000215: Invalid client secret provided.", 401)
            fields: dict[str, Any] = {"access_token": self._make("access"), "token_type": "Bearer"}
            if form.get("grant_type") == "refresh_token":
                if form.get("refresh_token") not in self.grants:
                    self.grants = set() if self.punishing else self.grants
                    return error("invalid_grant", "Token has been expired or revoked.")
                if self.rotating:
                    fields["refresh_token"] = self._make("refresh")
                    self.grants = {fields["refresh_token"]}
            elif form.get("grant_type") != "client_credentials":
                return error("unsupported_grant_type")
            if self.lifetime is not None:
                fields["expires_in"] = self.lifetime
            lives = float(self.lifetime) if isinstance(self.lifetime, int) else 3600.0
            self._tokens[fields["access_token"]] = (self.user, time.monotonic() + lives)
        if "refresh_token" in fields:
            self.rotated()
        return Reply(200, json.dumps({**fields, **self.extra}).encode())


def dovecot_extra(endpoint: TokenEndpoint, folder: Path, mechanisms: str = "xoauth2 oauthbearer") -> str:
    """Lines of dovecot.conf that let tokens of this endpoint in. The file that they name is written to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    asking = folder / "dovecot-oauth2.conf.ext"
    asking.write_text(
        f"introspection_url = http://127.0.0.1:{endpoint.port}/introspect\n"
        "introspection_mode = post\nusername_attribute = username\nactive_attribute = active\nactive_value = true\n"
    )
    asking.chmod(0o644)
    return (
        f"auth_mechanisms = plain login {mechanisms}\n"
        f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = {asking}\n}}\n"
    )
