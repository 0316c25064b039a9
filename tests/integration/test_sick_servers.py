"""Servers as they are (THREATS F04, F05, F18): through the real daemon, which always comes back and never storms."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from maild import daemon as daemon_module
from maild import loops, missing
from maild.config import Settings, load
from maild.ingest import mailbox as mailbox_module
from maild.loops import Loop
from maild.store import migrate
from maild.store.engine import open_engine
from tests import servers
from tests.desks import Box, ask, looking, mail, prepare, running, sections
from tests.fake_imap import HANG_UP, ORDINARY, Answer, FakeImap
from tests.fake_mailbox import FakeMailbox
from tests.sink import Sink

Lines = Callable[[str], list[str]]
FIRST_S = 0.25


@pytest.fixture(autouse=True)
def quicker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses of the product, twenty times shorter; their true length is shown below."""
    monkeypatch.setattr(loops, "_FIRST_RECONNECT_S", FIRST_S)
    monkeypatch.setattr(loops, "_LONGEST_RECONNECT_S", 4.8 * FIRST_S)
    monkeypatch.setattr(missing, "FIRST_PAUSE_S", 3 * FIRST_S)
    monkeypatch.setattr(mailbox_module, "FIRST_IDLE_SLICE_S", 0.3)
    monkeypatch.setattr(mailbox_module, "DONE_TIMEOUT_S", 1.0)


def settings_for(folder: Path, port: int, sink: Sink, **mailbox: Any) -> Settings:
    return prepare(sections(folder / "desk", port, sink.port, mailbox={"file_away": False, "timeout": "1s", **mailbox}))


def tickets(engine: Engine, count: int) -> bool:
    return ask(engine, "SELECT count(*) FROM ticket") == [(count,)]


# ── back-off ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_f04_a_mail_server_is_asked_again_after_five_seconds_at_first_and_always_within_half_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With jitter, so that a hundred desks do not come back in one second; growing though a step works in between."""
    monkeypatch.undo()
    stop, pauses = threading.Event(), list[float]()
    outcomes = iter([True, False] * 20)

    def step() -> None:
        if next(outcomes):
            raise ConnectionError("gone")

    def sit_out(self: Loop, seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 12:
            stop.set()

    monkeypatch.setattr(Loop, "_sit_out", sit_out)
    loop = Loop("mailbox x", step, lambda: None, stop, polite=True)
    loop.start()
    assert loop.join(10)
    assert 5.0 <= pauses[0] <= 6.0 and 10.0 <= pauses[1] <= 12.0
    assert min(pauses) >= 5.0 and max(pauses) <= 29.0 and len({round(pause, 3) for pause in pauses}) > 6


# ── the end of a connection ──────────────────────────────────────────────────────────────────────────────────────


IDLES = {
    "eof": "+ idling\r\n" + HANG_UP,
    "bye": "+ idling\r\n* BYE Autologout\r\n" + HANG_UP,
    "refused": "{tag} BAD no\r\n",
    "bye_at_once": "* BYE\r\n" + HANG_UP,
}


def test_f04_however_idle_ends_new_mail_is_a_ticket_and_nobody_storms_the_server(tmp_path: Path, sink: Sink) -> None:
    """Also that an IDLE which ends at once, again and again, costs little."""
    with Farm(tmp_path, sink, {name: {"IDLE": idle} for name, idle in IDLES.items()}) as farm:
        begun, cpu = time.monotonic(), time.process_time()
        farm.all_have(1)
        for box in farm.boxes.values():
            box.add(2, mail("m2" + box.mails[1].decode()[-10:-2]))
        farm.all_have(2)
        servers.wait_until(lambda: time.monotonic() - begun > 3, "some time has passed")
        lasted = time.monotonic() - begun
        for name, box in farm.boxes.items():
            assert box.imap.conversations <= lasted / FIRST_S + 2, name
            assert len(box.imap.heard) <= 40 * lasted, name
        assert time.process_time() - cpu < lasted


def test_f04_a_connection_that_died_in_silence_is_found_by_the_done_that_nobody_answers(
    tmp_path: Path, sink: Sink
) -> None:
    """A firewall that drops what it carried: no FIN, no RST, nothing."""
    with FakeMailbox({1: mail("m1")}) as box, Drop(box.imap.port) as line:
        settings = settings_for(tmp_path, line.port, sink)
        with looking(settings.database.url) as engine, running(settings):
            servers.wait_until(partial(tickets, engine, 1), "the first ticket")
            line.swallow()
            box.mails[2] = mail("m2")
            servers.wait_until(partial(tickets, engine, 2), "the second ticket", 20)
            assert line.connections >= 2


SILENCES = ("LOGIN", "SELECT", "SEARCH", "FETCH", "NOOP", "CAPABILITY")


def test_f05_a_server_that_falls_silent_anywhere_is_left_and_tried_again(tmp_path: Path, sink: Sink) -> None:
    with Farm(tmp_path, sink, {where.lower(): {where: ""} for where in SILENCES}) as farm:
        farm.each(lambda box: box.imap.conversations >= 2, "a second try")
        assert farm.none_has_any()
        farm.heal()
        farm.all_have(1)


THROTTLED = (
    ("LOGIN", "{tag} NO [LIMIT] Too many simultaneous connections. (Failure)\r\n"),
    ("SELECT", "{tag} BAD User is authenticated but not connected.\r\n"),
    ("SELECT", "{tag} NO [UNAVAILABLE] Server busy, try again later\r\n"),
    ("SEARCH", "{tag} BAD Request is throttled. Suggested Backoff Time: 102345 milliseconds\r\n"),
    ("FETCH", "{tag} NO Request is throttled. Suggested Backoff Time: 5432 milliseconds\r\n"),
    ("FETCH", "* BYE Session invalidated - AccessTokenExpired\r\n" + HANG_UP),
    ("NOOP", "* BYE Connection closed. 14\r\n" + HANG_UP),
    ("greeting", "* BYE The maximum number of connections has been reached\r\n" + HANG_UP),
)


def test_f04_a_server_that_throttles_is_given_time_and_no_mail_is_lost(tmp_path: Path, sink: Sink) -> None:
    """What Exchange, Gmail and others say when they have had enough."""
    sick: dict[str, dict[str, Answer]] = {f"t{n}": {where: says} for n, (where, says) in enumerate(THROTTLED)}
    with Farm(tmp_path, sink, sick) as farm:
        begun = time.monotonic()
        servers.wait_until(lambda: time.monotonic() - begun > 2, "two seconds of it")
        for name, box in farm.boxes.items():
            assert box.imap.conversations <= (time.monotonic() - begun) / FIRST_S + 1, name
        assert farm.none_has_any()
        farm.heal()
        farm.all_have(1)


SURPRISES = (
    "* OK [ALERT] System shutdown in 10 minutes\r\n* 99 EXISTS\r\n* 0 RECENT\r\n"
    "* 1 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (UID 1 FLAGS (\\Seen \\Flagged))\r\n* 3 EXPUNGE\r\n"
    "* FLAGS (\\Seen \\Deleted)\r\n* CAPABILITY IMAP4rev1\r\n* VANISHED 7\r\n* BAD something went wrong\r\n"
)


def test_f05_whatever_a_server_says_unasked_in_the_middle_of_anything_changes_nothing(
    tmp_path: Path, sink: Sink
) -> None:
    mails = {uid: mail(f"m{uid}") for uid in range(1, 5)}
    with FakeMailbox(mails, SURPRISES) as box:
        settings = settings_for(tmp_path, box.imap.port, sink)
        with looking(settings.database.url) as engine, running(settings):
            servers.wait_until(partial(tickets, engine, 4), "four tickets")
            box.imap.say(SURPRISES)
            box.add(9, mail("m9"))
            servers.wait_until(partial(tickets, engine, 5), "the fifth ticket")
            assert ask(engine, "SELECT count(*) FROM inbound") == [(5,)]
        assert box.imap.conversations == 1


def test_f04_a_server_that_cries_wolf_is_listened_to_once_a_second(tmp_path: Path, sink: Sink) -> None:
    """EXISTS at each IDLE, and never a mail."""
    with FakeMailbox({1: mail("m1")}, IDLE="* 1 EXISTS\r\n+ idling\r\n") as box:
        settings = settings_for(tmp_path, box.imap.port, sink)
        with looking(settings.database.url) as engine, running(settings):
            servers.wait_until(partial(tickets, engine, 1), "the ticket")
            begun, heard = time.monotonic(), len(box.imap.heard)
            servers.wait_until(lambda: time.monotonic() - begun > 3, "some time has passed")
            assert len(box.imap.heard) - heard <= 50


def test_f04_an_answer_that_trickles_in_for_ever_is_cut_off(
    tmp_path: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch, lines: Lines
) -> None:
    """A time-out counts the silence between two bytes; the watchdog must not end the whole desk for one server."""
    monkeypatch.setattr(daemon_module, "_CUT_S", 2.0)
    monkeypatch.setattr(daemon_module, "_ROUND_S", 0.2)
    over = threading.Event()
    with FakeMailbox({1: mail("m1")}) as box:
        well = box.imap.answers["SEARCH"]

        def trickle(line: str) -> str:
            while not over.wait(0.1):
                box.imap.say("x")
            return HANG_UP

        box.imap.answers["SEARCH"] = trickle
        settings = settings_for(tmp_path, box.imap.port, sink)
        with looking(settings.database.url) as engine, running(settings):
            servers.wait_until(lambda: bool(lines("the connection is cut")), "the cut", 15)
            box.imap.answers["SEARCH"] = well
            over.set()
            servers.wait_until(partial(tickets, engine, 1), "the ticket", 15)


# ── several mailboxes ────────────────────────────────────────────────────────────────────────────────────────────


SICK: dict[str, dict[str, Answer]] = {
    "login": {"LOGIN": "{tag} NO [AUTHENTICATIONFAILED] no\r\n"},
    "silent": {"greeting": ""},
    "folder": {"SELECT": "{tag} NO no such folder\r\n"},
    "no_uidvalidity": {"SELECT": "* 2 EXISTS\r\n{tag} OK [READ-WRITE] selected\r\n"},
    "stall": {"FETCH": ""},
    "literal": {"FETCH": "* 1 FETCH (UID 1 RFC822.SIZE {{8000000000}}\r\n"},
    "endless_line": {"SEARCH": "* SEARCH " + "7" * 2_000_000 + "\r\n{tag} OK done\r\n"},
    "eof": {"IDLE": HANG_UP},
    "nonsense": {"NOOP": "nonsense\r\n"},
}


def test_g1_sick_mailboxes_of_every_kind_never_stop_the_one_that_is_well(tmp_path: Path, sink: Sink, box: Box) -> None:
    """All of them on one desk, with a real Dovecot among them."""
    with Farm(tmp_path, sink, SICK, box) as farm:
        for n in range(3):
            farm.each(lambda sick: sick.imap.conversations > 0, "it is asked")
            box.deliver(mail(f"well{n}"))
            servers.wait_until(partial(farm.has, "well", n + 1), "a ticket from the one that is well")


class Farm:
    """One daemon on many mailboxes: a FakeMailbox with a mail each, `sick` by name, and perhaps a real one, "well"."""

    def __init__(
        self, folder: Path, sink: Sink, sick: Mapping[str, Mapping[str, Answer]], well: Box | None = None
    ) -> None:
        self.boxes = {name: FakeMailbox({1: mail(f"m1-{name}")}, "", **answers) for name, answers in sick.items()}
        tables = sections(folder / "desk", 1, sink.port, mailbox={"file_away": False, "timeout": "1s"})
        (like,) = tables["mailbox"]
        tables["mailbox"] = [{**like, "name": name, "port": box.imap.port} for name, box in self.boxes.items()]
        if well is not None:
            tables["mailbox"].append({**like, "name": "well", "port": well.dovecot.imap_port, "login": well.login})
        self._settings = load(None, tables)
        self._engine = open_engine(self._settings.database.url)
        migrate.upgrade(self._engine)
        self._inside = contextlib.ExitStack()

    def __enter__(self) -> Farm:
        for box in self.boxes.values():
            self._inside.enter_context(box)
        self._inside.enter_context(running(self._settings))
        return self

    def __exit__(self, *what: object) -> None:
        self._inside.close()
        self._engine.dispose()

    def heal(self) -> None:
        """From now on every server answers as it should."""
        for box in self.boxes.values():
            box.imap.answers = {**ORDINARY, **box.healthy}

    def count(self, name: str) -> int:
        """Tickets out of one mailbox."""
        asked = "SELECT count(*) FROM inbound WHERE mailbox = :name AND fate = 'ticketed'"
        return int(ask(self._engine, asked, name=name)[0][0])

    def none_has_any(self) -> bool:
        return ask(self._engine, "SELECT count(*) FROM inbound") == [(0,)]

    def all_have(self, count: int) -> None:
        for name in self.boxes:
            servers.wait_until(partial(self.has, name, count), f"{count} tickets from {name}", 15)

    def has(self, name: str, count: int) -> bool:
        return self.count(name) == count

    def each(self, so: Callable[[FakeMailbox], bool], what: str) -> None:
        for name, box in self.boxes.items():
            servers.wait_until(partial(so, box), f"{name}: {what}", 15)


# ── logging in ───────────────────────────────────────────────────────────────────────────────────────────────────


class NetEase:
    """163.com as its users know it: no IDLE, no MOVE, no UIDPLUS; whoever has not said ID may log in and see nothing.

    ID must be a list of strings after the LOGIN; anything else is a BAD.
    """

    def __init__(self) -> None:
        self.known = False

    def id_(self, line: str) -> str:
        if not re.fullmatch(r'\S+ ID \("[^"]*" "[^"]*"(?: "[^"]*" "[^"]*")*\)', line):
            return "{tag} BAD Parse command error\r\n"
        self.known = True
        return '* ID ("name" "Coremail Imap" "vendor" "Mailtech")\r\n{tag} OK ID completed\r\n'

    def login(self, line: str) -> str:
        self.known = False
        return "{tag} OK LOGIN completed\r\n"

    def guard(self, well: Callable[[str], str]) -> Callable[[str], str]:
        def select(line: str) -> str:
            if self.known:
                return well(line)
            return "{tag} NO SELECT Unsafe Login. Please contact kefu@188.com for help\r\n"

        return select


def netease(
    mails: dict[int, bytes], capability: str = "IMAP4rev1 XLIST SPECIAL-USE ID LITERAL+ STARTTLS"
) -> FakeMailbox:
    server = NetEase()
    told = f"* CAPABILITY {capability}\r\n{{tag}} OK done\r\n"
    box = FakeMailbox(mails, CAPABILITY=told, LOGIN=server.login, ID=server.id_)
    box.imap.answers["SELECT"] = server.guard(box.healthy["SELECT"])
    return box


def test_c19_netease_lets_maild_in_for_it_says_id_after_the_login_and_polls(tmp_path: Path, sink: Sink) -> None:
    with netease({1: mail("m1")}) as box:
        settings = settings_for(tmp_path, box.imap.port, sink, file_away=True)
        with looking(settings.database.url) as engine, running(settings):
            servers.wait_until(partial(tickets, engine, 1), "the first ticket")
            # No push tells of it.
            box.mails[2] = mail("m2")
            servers.wait_until(partial(tickets, engine, 2), "the second ticket")
        commands = box.imap.commands()
        assert commands.index("LOGIN") < commands.index("ID") < commands.index("SELECT")
        assert not {"IDLE", "MOVE", "COPY", "STORE", "EXPUNGE"} & set(commands)
        (said,) = {line.partition(" ")[2] for line in box.imap.heard if " ID " in line}
        assert said.startswith('ID ("name" "maild" "version" "')


def test_c19_a_server_that_wants_id_and_hides_it_is_named_with_its_remedy_and_not_hammered(
    tmp_path: Path, sink: Sink, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def sit_out(self: Loop, seconds: float) -> None:
        pauses.append(seconds)
        self._stop.wait(0.1)

    monkeypatch.setattr(Loop, "_sit_out", sit_out)
    with netease({1: mail("m1")}, "IMAP4rev1") as box:
        with running(settings_for(tmp_path, box.imap.port, sink)):
            servers.wait_until(lambda: len(pauses) >= 2, "two tries")
        (line,) = lines("Unsafe Login")
        assert "授权码" in line and "ID" in line
        assert min(pauses) >= 300


def test_f18_a_stripped_starttls_and_a_bad_certificate_never_get_the_password_from_the_daemon(
    tmp_path: Path, sink: Sink, lines: Lines, certificates: servers.Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also A13: neither by LOGIN nor by AUTHENTICATE, however often it tries."""
    monkeypatch.setattr(loops, "_PERMANENT_PAUSE_S", 0.2)
    with FakeImap() as fake:
        with running(settings_for(tmp_path, fake.port, sink, security="starttls")):
            servers.wait_until(lambda: fake.conversations >= 3, "three tries")
        assert not {"LOGIN", "AUTHENTICATE"} & set(fake.commands())
        assert "pw" not in "".join(fake.heard) and len(lines("the password was not sent")) == 1


class Drop:
    """A line through which everything passes, until it swallows what the connections of now say, without a word."""

    def __init__(self, target: int) -> None:
        self._target, self._listening = target, socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.connections = 0
        self._swallowed = 0
        self._open: list[socket.socket] = []

    def swallow(self) -> None:
        self._swallowed = self.connections

    def __enter__(self) -> Drop:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *what: object) -> None:
        for each in (self._listening, *self._open):
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            far = socket.create_connection(("127.0.0.1", self._target))
            self._open += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other, self.connections), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, number: int) -> None:
        for data in _received(one):
            if number > self._swallowed:
                other.sendall(data)


def _received(connection: socket.socket) -> Iterator[bytes]:
    try:
        while data := connection.recv(65_536):
            yield data
    except OSError:
        return
