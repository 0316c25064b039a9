"""Programs that renew one login at the same time, against a provider that forgives nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from maild.store import migrate
from maild.store.engine import open_engine
from tests.desks import ask
from tests.token_endpoint import TokenEndpoint

ROOT = Path(__file__).resolve().parents[1]

RENEWER = """
import sys, time
from datetime import UTC, datetime
from maild.ingest.oauth import OAuthLogin, TokenSource
from maild.logins import Shelf
from maild.store.engine import open_engine

url, token_url, client, secret, given, turns = sys.argv[1:]
engine = open_engine(url)
hours = 0
login = OAuthLogin(name="main", flow="refresh_token", token_url=token_url, client_id=client, secret=lambda: secret,
                   refresh_token=lambda: given)
source = TokenSource(login, Shelf(engine, "main", lambda: datetime.now(UTC)), lambda: time.monotonic() + 3600 * hours)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(turns)):
    source()
    hours += 1
print("done", flush=True)
"""


def share(url: str, endpoint: TokenEndpoint, programs: int, turns: int, patience_s: float = 60.0) -> list[str]:
    """Let so many programs renew so many times each; what went wrong, one line each.

    Each refresh token is good once, and the provider punishes a second use by forgetting all, as Auth0 and Okta do.
    """
    engine = open_engine(url)
    if migrate.state(engine) == "empty":
        migrate.upgrade(engine)
    endpoint.rotating = endpoint.punishing = True
    command = [sys.executable, "-c", RENEWER, url, endpoint.url, endpoint.client, endpoint.secret, endpoint.grant]
    running = [
        subprocess.Popen(
            [*command, str(turns)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(programs)
    ]  # fmt: skip
    faults = []
    try:
        for process in running:
            # Imported and connected; they begin together.
            assert process.stdout is not None and process.stdin is not None
            if process.stdout.readline() != "ready\n":
                faults.append("a program did not start")
        for process in running:
            said, wrong = process.communicate("go\n", timeout=patience_s)
            if said != "done\n":
                faults.append(f"a program ended early: {wrong[-300:]}")
        used = [form["refresh_token"] for form in endpoint.asked]
        if len(set(used)) != len(used) or len(used) != programs * turns:
            faults.append(f"{len(used)} refreshes with {len(set(used))} tokens, not {programs * turns}")
        kept = ask(engine, "SELECT refresh_token FROM oauth_token")
        if [row[0] for row in kept] != list(endpoint.grants):
            faults.append("what is kept is not what the provider knows")
    finally:
        for process in running:
            process.kill()
            process.wait(10)
        engine.dispose()
    return faults
