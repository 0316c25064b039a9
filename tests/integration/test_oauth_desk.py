"""A desk that logs in by OAuth2: its daemon, `maild check`, and several programs that share one refresh token."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from maild.config import load
from maild.doctor.examine import examine
from maild.doctor.finding import Finding
from maild.store import migrate, oauth_tokens
from maild.store.engine import open_engine
from tests import servers
from tests.conftest import USERS, need
from tests.desks import SUPPORT, ask, looking, mail
from tests.renewers import share
from tests.token_endpoint import CANARY, TokenEndpoint, dovecot_extra

ROOT = Path(__file__).resolve().parents[2]
TEAMS = ("service_desk", "network", "applications", "security")
TEAM = '[teams.{0}]\ntitle_en = "{0}"\ntitle_zh = "{0}"\n'


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    with TokenEndpoint(SUPPORT) as provider:
        yield provider


def reached(who: str, mails: list[servers.Accepted]) -> bool:
    return any(who in each.recipients for each in mails)


def private(path: Path, text: str) -> Path:
    path.touch(0o600)
    path.write_text(text, encoding="utf-8")
    return path


class Desk:
    """A desk with a config.toml of its own, on a Dovecot and a relay that take nothing but tokens of `endpoint`."""

    def __init__(self, folder: Path, endpoint: TokenEndpoint, flow: str, imap_port: int, smtp_port: int) -> None:
        self.folder, self.endpoint = folder, endpoint
        self.secret = private(folder / "secret", endpoint.secret + "\n")
        self.grant = private(folder / "grant", endpoint.grant + "\n")
        self.log = folder / "daemon.log"
        self.url = f"sqlite:///{folder}/maild.db"
        self.config = folder / "config.toml"
        refresh = f'refresh_token_from = "file:{self.grant}"\n' if flow == "refresh_token" else ""
        self.config.write_text(
            f'[desk]\naddress = "{SUPPORT}"\ninternal_domains = ["corp.example"]\nmode = "live"\n'
            f'[database]\nurl = "{self.url}"\n[daemon]\nstate_dir = "{folder}"\ntick = "1s"\nlog_level = "debug"\n'
            f'[[mailbox]]\nhost = "127.0.0.1"\nport = {imap_port}\nsecurity = "none"\nlogin = "{SUPPORT}"\n'
            'backlog = "all"\npoll = "1s"\ntimeout = "10s"\n'
            f'[mailbox.oauth]\nflow = "{flow}"\ntoken_url = "{endpoint.url}"\nclient_id = "{endpoint.client}"\n'
            f'client_secret_from = "file:{self.secret}"\n{refresh}'
            f'[relay]\nhost = "127.0.0.1"\nport = {smtp_port}\nsecurity = "none"\noauth_of = "main"\n'
            'null_sender = "no"\n' + "".join(TEAM.format(code) for code in TEAMS),
            encoding="utf-8",
        )
        self.process: subprocess.Popen[bytes] | None = None

    def upgrade(self) -> None:
        engine = open_engine(self.url)
        migrate.upgrade(engine)
        engine.dispose()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "maild", "run", "--config", str(self.config)], cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def wait_said(self, words: str, timeout: float = 20.0) -> None:
        try:
            servers.wait_until(lambda: words in self.said(), words, timeout, pause=0.05)
        except TimeoutError:
            raise TimeoutError(f"{words!r} was not said:\n{self.said()[-3000:]}") from None

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def check(self) -> dict[str, Finding]:
        """The findings of `maild check`; of several on one thing the first."""
        found: dict[str, Finding] = {}
        for each in examine(self.config, datetime.now(UTC)):
            assert CANARY not in f"{each}", each
            found.setdefault(each.what, each)
        return found


@pytest.fixture
def imap(endpoint: TokenEndpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Dovecot]:
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    server = servers.Dovecot(tmp_path_factory.mktemp("dovecot"), USERS)
    server.config.write_text(server.config.read_text("utf-8") + dovecot_extra(endpoint, server.folder), "utf-8")
    with server:
        yield server


@pytest.fixture
def relay(endpoint: TokenEndpoint) -> Iterator[servers.Sink]:
    with servers.Sink(tokens=endpoint.user_of) as sink:
        yield sink


@pytest.fixture
def desk(
    request: pytest.FixtureRequest, tmp_path: Path, endpoint: TokenEndpoint, imap: servers.Dovecot, relay: servers.Sink
) -> Iterator[Desk]:
    made = Desk(tmp_path, endpoint, getattr(request, "param", "client_credentials"), imap.imap_port, relay.port)
    yield made
    made.stop(signal.SIGKILL)


def test_f09_a_desk_lives_by_tokens_and_a_login_put_right_counts_on_reload(
    desk: Desk, imap: servers.Dovecot, relay: servers.Sink
) -> None:
    """Also C7: a refusal is asked for once and told once; what was put right counts after a reload, without restart."""
    endpoint = desk.endpoint
    right, endpoint.secret = endpoint.secret, "not yet known to the provider"
    desk.upgrade()
    desk.start()
    desk.wait_said("invalid_client")
    time.sleep(1.5)
    assert len(endpoint.asked) == 1 and desk.said().count("invalid_client") == 1
    with looking(desk.url) as engine:
        assert "client_secret_from" in ask(engine, "SELECT last_error FROM mailbox_state")[0][0]

    endpoint.secret = right
    assert desk.process is not None
    desk.process.send_signal(signal.SIGHUP)
    desk.wait_said("ready: mailbox main")
    imap.deliver(SUPPORT, mail("one"))
    relay.wait_for(partial(reached, "u-one@corp.example"), 20)
    # Mailbox and relay share the login, and so the token.
    assert len(endpoint.asked) == 2 and desk.said().count("new access token") == 1

    # The secret runs out while all is well: the desk goes on with the token that it has, and nobody is asked again.
    desk.secret.write_text("wrong-canary-again")
    imap.deliver(SUPPORT, mail("two"))
    relay.wait_for(partial(reached, "u-two@corp.example"), 20)
    desk.stop()
    assert len(endpoint.asked) == 2
    assert CANARY not in desk.said() and "wrong-canary" not in desk.said()


def test_c07_tokens_that_run_out_under_a_running_desk_are_renewed_and_their_successors_kept(
    tmp_path: Path, imap: servers.Dovecot, relay: servers.Sink, endpoint: TokenEndpoint
) -> None:
    """Also F09. Tokens of two seconds, refresh tokens that are good once, and connections that are cut."""
    endpoint.rotating, endpoint.lifetime = True, 2
    desk = Desk(tmp_path, endpoint, "refresh_token", imap.imap_port, relay.port)
    desk.upgrade()
    first = endpoint.grant
    try:
        desk.start()
        desk.wait_said("ready: mailbox main")
        for turn in range(2):
            before = len(endpoint.asked)
            time.sleep(2.1)
            imap.doveadm("kick", SUPPORT)
            imap.deliver(SUPPORT, mail(f"turn{turn}"))
            relay.wait_for(partial(reached, f"u-turn{turn}@corp.example"), 20)
            assert len(endpoint.asked) > before
        # A restart begins with the newest one, not with the admin's.
        desk.stop(signal.SIGKILL)
        desk.start()
        imap.deliver(SUPPORT, mail("again"))
        relay.wait_for(partial(reached, "u-again@corp.example"), 20)
        desk.stop()
    finally:
        desk.stop(signal.SIGKILL)
    used = [form["refresh_token"] for form in endpoint.asked]
    assert used[0] == first and len(set(used)) == len(used)
    with looking(desk.url) as engine:
        rows = ask(engine, "SELECT name, refresh_token FROM oauth_token")
    assert rows == [("main", endpoint.grant)]
    assert "refused" not in desk.said() and CANARY not in desk.said()


def test_c07_a_kill_between_the_provider_s_answer_and_the_commit_is_told_with_what_to_do(
    tmp_path: Path, imap: servers.Dovecot, relay: servers.Sink, endpoint: TokenEndpoint
) -> None:
    """The one moment that nobody can bridge: the provider has forgotten the old token, and nobody has the new one."""
    endpoint.rotating = True
    desk = Desk(tmp_path, endpoint, "refresh_token", imap.imap_port, relay.port)
    desk.upgrade()

    def kill() -> None:
        assert desk.process is not None
        desk.process.send_signal(signal.SIGKILL)
        desk.process.wait(10)

    endpoint.rotated = kill
    try:
        desk.start()
        servers.wait_until(lambda: desk.process is not None and desk.process.poll() is not None, "the kill", 20)
        endpoint.rotated = lambda: None
        desk.start()
        desk.wait_said("consent again and put the new one where `refresh_token_from` says")
        # The admin does so, and says it.
        desk.grant.write_text(endpoint.grant)
        assert desk.process is not None
        desk.process.send_signal(signal.SIGHUP)
        desk.wait_said("ready: mailbox main")
        desk.stop()
    finally:
        desk.stop(signal.SIGKILL)
    assert CANARY not in desk.said()


@pytest.mark.parametrize("desk", ["client_credentials", "refresh_token"], indirect=True)
def test_f09_check_asks_for_a_token_and_keeps_what_it_gets(desk: Desk) -> None:
    """Also C7: a check that let a new refresh token fall would end the login that it says is well."""
    endpoint = desk.endpoint
    endpoint.rotating = True
    flow = load(desk.config).mailboxes[0].oauth
    assert flow is not None
    found = desk.check()
    if flow.flow == "refresh_token":
        # No database, no place to keep it: nothing is asked.
        assert (found["oauth"].level, found["mailbox main"].level, found["relay"].level) == ("skip", "skip", "skip")
        assert not endpoint.asked and not Path(desk.folder / "maild.db").exists()
        desk.upgrade()
        found = desk.check()
        with looking(desk.url) as engine:
            assert ask(engine, "SELECT refresh_token FROM oauth_token") == [(endpoint.grant,)]
    told = found["oauth of mailbox main"]
    assert (told.level, told.detail) == ("ok", "127.0.0.1 gave an access token, good for 60 minutes")
    assert (found["mailbox main"].level, found["relay"].level) == ("ok", "ok")
    assert len(endpoint.asked) == 1

    endpoint.secret = "changed at the provider"
    found = desk.check()
    told = found["oauth of mailbox main"]
    assert told.level == "fail" and "invalid_client" in told.detail and "client_secret_from" in told.detail
    assert (found["mailbox main"].level, found["relay"].level, told.code) == ("fail", "fail", 78)


# ── several programs, one refresh token ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("kind", "programs", "turns"), [("postgresql", 3, 10), ("sqlite", 2, 10)])
def test_c07_programs_that_share_a_refresh_token_that_is_good_once_never_lose_it(
    kind: str, programs: int, turns: int, tmp_path: Path, endpoint: TokenEndpoint, request: pytest.FixtureRequest
) -> None:
    """Also F09: daemons on one PostgreSQL; on SQLite the daemon and a `maild check` beside it."""
    url = request.getfixturevalue("postgres").database() if kind == "postgresql" else f"sqlite:///{tmp_path}/desk.db"
    assert share(url, endpoint, programs, turns) == []


@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_f09_a_holder_that_never_lets_go_is_not_waited_for_for_ever(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    url = request.getfixturevalue("postgres").database() if kind == "postgresql" else f"sqlite:///{tmp_path}/desk.db"
    script = (
        "import sys, time\nfrom maild.store import oauth_tokens\nfrom maild.store.engine import open_engine\n"
        "with oauth_tokens.held(open_engine(sys.argv[1]), 'given'):\n    print('held', flush=True)\n    time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, url], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    engine = open_engine(url)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        before = time.monotonic()
        with oauth_tokens.held(engine, "another", patience_s=20) if kind == "postgresql" else open(os.devnull):
            assert time.monotonic() - before < 10
        before = time.monotonic()
        with oauth_tokens.held(engine, "given", patience_s=0.5):
            assert 0.5 <= time.monotonic() - before < 10
        # Killed, it holds nothing any more.
        holder.kill()
        holder.wait(10)
        before = time.monotonic()
        with oauth_tokens.held(engine, "given", patience_s=30):
            assert time.monotonic() - before < 15
    finally:
        holder.kill()
        holder.wait(10)
        engine.dispose()
        if holder.stdout is not None:
            holder.stdout.close()
