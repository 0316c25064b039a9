"""Real servers as session fixtures, and `need`: skip with one line where a program is missing, fail where CI is set."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import servers

USERS = {"support@corp.example": "pw", "li.lei@corp.example": "pw", "wang.wei@corp.example": "pw"}


def need(program: str, package: str) -> None:
    """Go on only if `program` is installed; else skip and say what to install, or fail if the environment sets CI."""
    if servers.find(program) is None:
        absent(f"{program} is missing: apt-get install {package}")


def need_root(server: str) -> None:
    """Go on only as root: some servers cannot run as anybody else."""
    if not servers.ROOT:
        absent(f"{server} needs root")


def absent(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> servers.Certificates:
    """A certificate authority for this test session."""
    need("openssl", "openssl")
    return servers.Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Dovecot]:
    """One Dovecot without TLS for the session, with the users of USERS, who keep what other tests left."""
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    with servers.Dovecot(tmp_path_factory.mktemp("dovecot"), USERS) as server:
        yield server


@pytest.fixture
def fresh_dovecot(tmp_path: Path) -> Iterator[servers.Dovecot]:
    """A Dovecot of this test's own, empty."""
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    with servers.Dovecot(tmp_path / "dovecot", USERS) as server:
        yield server


@pytest.fixture(scope="session")
def postfix_sink() -> Iterator[servers.Sink]:
    """Where the session's Postfix sends everything outside corp.example."""
    with servers.Sink() as sink:
        yield sink


@pytest.fixture(scope="session")
def postfix(dovecot: servers.Dovecot, postfix_sink: servers.Sink) -> Iterator[servers.Postfix]:
    """One Postfix for the session: corp.example into `dovecot`, the rest of the world into `postfix_sink`."""
    need("postfix", "postfix")
    need_root("postfix")
    with servers.Postfix(None, dovecot.users, dovecot.lmtp_port, postfix_sink.port) as server:
        yield server


@pytest.fixture
def sink() -> Iterator[servers.Sink]:
    """A recording relay of this test's own."""
    with servers.Sink() as relay:
        yield relay


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Postgres]:
    """One PostgreSQL server for the session; `.database()` is a new database in 50 ms."""
    need("initdb", "postgresql")
    with servers.Postgres() as server:
        yield server
