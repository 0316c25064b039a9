"""Every story in this folder, in memory and on real servers: the same files, the same expectations."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from maild import daemon, desk
from maild.apply import Writer
from maild.config import Settings
from maild.ingest.worker import Worker
from maild.store import migrate
from maild.store.engine import open_engine
from tests import servers
from tests.conftest import need
from tests.stories.play import play
from tests.stories.script import read
from tests.stories.stage import (
    PASSWORD,
    Memory,
    Real,
    SharedWorker,
    Street,
    copy_template,
    settings_for,
    sqlite_template,
)

HERE = Path(__file__).parent
STORIES = sorted(path.parent.name for path in HERE.glob("*/story.txt"))
# Both databases play every story in memory. On real servers every fourth one is played, through one of them in turn:
# what these add is the way in and out, which is the same for all. MAILD_STORIES=all plays every one there. Both
# databases play those that lean on what the two do differently: rows that may be there already, alarms and chores that
# are done once, mails that are decided again.
_BOTH = {"mode_observe", "robot_that_answers_everything", "same_mail_twice", "true_agent_confirms", "spam_is_held"}
_STEP = 2 if os.environ.get("MAILD_STORIES") == "all" else 8
ON_POSTGRES = [name for at, name in enumerate(STORIES) if at % _STEP == 0 or name in _BOTH]
ON_SQLITE = [name for at, name in enumerate(STORIES) if at % _STEP == max(1, _STEP // 4) or name in _BOTH]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sqlite_template(tmp_path_factory.mktemp("stories"))


@pytest.fixture(scope="session")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all stories in memory: they may share the desk's signing key."""
    return tmp_path_factory.mktemp("state")


# A desk's rules and letters are the same for all stories without settings of their own.
_DESKS: dict[str, tuple[Settings, Writer]] = {}


def _desk(settings: dict[str, dict[str, Any]], state_dir: Path) -> tuple[Settings, Writer]:
    key = repr(settings)
    if key not in _DESKS:
        made = settings_for(settings, daemon={"state_dir": str(state_dir)})
        _DESKS[key] = made, desk.writer(made, desk.tokens(made))
    return _DESKS[key]


@pytest.mark.parametrize("name", STORIES)
def test_the_story_goes_as_told_in_memory(name: str, template: Path, state_dir: Path, tmp_path: Path) -> None:
    story = read(HERE / name)
    settings, writer = _desk(story.settings, state_dir)
    stage = Memory(settings, open_engine(copy_template(template, tmp_path / "maild.db")), writer)
    try:
        play(story, stage)
    finally:
        stage.close()


@pytest.fixture(scope="session")
def migrated(postgres: servers.Postgres) -> str:
    """A template of PostgreSQL with maild's schema, to be copied for each story."""

    def prepare(url: str) -> None:
        engine = open_engine(url)
        migrate.upgrade(engine)
        engine.dispose()

    return postgres.template("stories", prepare)


@pytest.mark.parametrize("name", STORIES)
def test_the_story_goes_as_told_in_memory_on_postgresql(
    name: str, postgres: servers.Postgres, migrated: str, state_dir: Path
) -> None:
    story = read(HERE / name)
    settings, writer = _desk(story.settings, state_dir)
    stage = Memory(settings, open_engine(postgres.database(migrated)), writer)
    try:
        play(story, stage)
    finally:
        stage.close()


@pytest.fixture(scope="session")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """A Dovecot with one login a story, and a relay: Postfix where that can run, which hands all on to the sink."""
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    logins = {_login(kind, name): PASSWORD for kind in ("sqlite", "postgresql") for name in STORIES}
    with servers.Dovecot(tmp_path_factory.mktemp("dovecot"), logins) as dovecot, servers.Sink() as sink:
        if not (servers.ROOT and servers.find("postfix")):
            if servers.ROOT:
                need("postfix", "postfix")
            yield Street(dovecot, sink.port, sink)
            return
        with servers.Postfix(None, [], dovecot.lmtp_port, sink.port, domain="mailboxes.example") as postfix:
            yield Street(dovecot, postfix.smtp_port, sink)


# Stories mostly wait (Dovecot tells of a new mail after half a second), so several are played at a time.
AT_A_TIME = 4


@pytest.fixture(scope="session")
def pool() -> Iterator[ThreadPoolExecutor]:
    """Where the real plays run; their daemons share one parsing process, as starting it takes half a second."""
    with pytest.MonkeyPatch.context() as patch, Worker() as worker, ThreadPoolExecutor(AT_A_TIME) as threads:
        patch.setattr(daemon, "Worker", SharedWorker(worker))
        yield threads
        threads.shutdown(cancel_futures=True)


def _login(kind: str, name: str) -> str:
    return f"{kind}.{name}@corp.example"


def _play_for_real(kind: str, name: str, url: str, street: Street, folder: Path) -> None:
    story = read(HERE / name)
    for file, secret in (("password", PASSWORD), ("key", "a key for the stories, of 32 bytes")):
        (folder / file).write_text(secret)
        (folder / file).chmod(0o600)
    box = {
        "name": "main",
        "host": "127.0.0.1",
        "port": street.dovecot.imap_port,
        "security": "none",
        "login": _login(kind, name),
        "password_from": f"file:{folder / 'password'}",
        "poll": "1s",
    }
    settings = settings_for(
        story.settings,
        mailbox=[box],
        relay={"host": "127.0.0.1", "port": street.relay_port, "security": "none"},
        database={"url": url},
        daemon={"state_dir": str(folder)},
        secrets={"signing_key_from": f"file:{folder / 'key'}"},
    )
    # Shorter than a config may say: a story's clock jumps, and nobody rings a bell then.
    settings = replace(settings, daemon=settings.daemon.model_copy(update={"tick": timedelta(milliseconds=100)}))
    stage = Real(settings, street, _login(kind, name))
    try:
        play(story, stage)
    finally:
        stage.close()


_Plays = dict[str, "Future[None]"]


def _begin(request: pytest.FixtureRequest, test: str, pool: ThreadPoolExecutor, one: Callable[[str], None]) -> _Plays:
    """Start every story that this run has selected for the test called `test`."""
    selected = (item for item in request.session.items if isinstance(item, pytest.Function))
    names = [str(item.callspec.params["name"]) for item in selected if item.originalname == test]
    return {name: pool.submit(one, name) for name in names}


@pytest.fixture(scope="session")
def plays_on_sqlite(
    request: pytest.FixtureRequest,
    pool: ThreadPoolExecutor,
    street: Street,
    template: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> _Plays:
    folders = tmp_path_factory.mktemp("sqlite")

    def one(name: str) -> None:
        folder = folders / name
        folder.mkdir()
        _play_for_real("sqlite", name, copy_template(template, folder / "maild.db"), street, folder)

    return _begin(request, "test_the_story_goes_as_told_from_dovecot_through_sqlite_to_the_relay", pool, one)


@pytest.fixture(scope="session")
def plays_on_postgresql(
    request: pytest.FixtureRequest,
    pool: ThreadPoolExecutor,
    street: Street,
    postgres: servers.Postgres,
    migrated: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> _Plays:
    folders = tmp_path_factory.mktemp("postgresql")
    # Two copies of one template at the same moment are refused, so all are made now.
    urls = {name: postgres.database(migrated) for name in ON_POSTGRES}

    def one(name: str) -> None:
        folder = folders / name
        folder.mkdir()
        _play_for_real("postgresql", name, urls[name], street, folder)

    return _begin(request, "test_the_story_goes_as_told_from_dovecot_through_postgresql_to_the_relay", pool, one)


@pytest.mark.parametrize("name", ON_SQLITE)
def test_the_story_goes_as_told_from_dovecot_through_sqlite_to_the_relay(name: str, plays_on_sqlite: _Plays) -> None:
    plays_on_sqlite[name].result()


@pytest.mark.parametrize("name", ON_POSTGRES)
def test_the_story_goes_as_told_from_dovecot_through_postgresql_to_the_relay(
    name: str, plays_on_postgresql: _Plays
) -> None:
    plays_on_postgresql[name].result()
