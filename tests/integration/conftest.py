"""A desk of its own for each test, on servers that the tests of one file share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from maild.store import migrate
from maild.store.engine import open_engine
from tests import servers
from tests.conftest import need
from tests.desks import Box, Steps, prepared


@pytest.fixture(scope="module")
def imap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Dovecot]:
    """A Dovecot with a fresh mailbox for each test (see `box`)."""
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    with servers.Dovecot(tmp_path_factory.mktemp("dovecot"), Box.users) as server:
        yield server


@pytest.fixture
def box(imap: servers.Dovecot) -> Box:
    """This test's mailbox."""
    return Box(imap)


@pytest.fixture
def steps(tmp_path: Path, box: Box, sink: servers.Sink) -> Iterator[Steps]:
    """A desk on `box` and `sink`, driven step by step."""
    with Steps(prepared(tmp_path, box, sink.port)) as desk:
        yield desk


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database with maild's schema and nothing in it: once SQLite's, once PostgreSQL's."""
    url = f"sqlite:///{tmp_path / 'maild.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").database()
    made = open_engine(url)
    migrate.upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """The warnings and errors that were logged, those that hold these words."""
    monkeypatch.setattr(logging.getLogger("maild"), "propagate", True)
    caplog.set_level(logging.INFO, "maild")

    def holding(words: str) -> list[str]:
        return [
            record.getMessage()
            for record in list(caplog.records)
            if record.levelno >= logging.WARNING and words in record.getMessage()
        ]

    return holding
