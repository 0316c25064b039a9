"""Several real daemons on one PostgreSQL, one desk and one mailbox, under load."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType

from sqlalchemy import Engine, make_url, text

from maild import failpoint
from tests import servers
from tests.crash.history import Death, Sent, Verdict, check, in_hand, marks_of, settled
from tests.crash.rounds import ROOT
from tests.desks import SUPPORT, ask, looking, mail, prepare, sections

FOLDERS = ("INBOX", "maild/Processed", "maild/Quarantine")


@dataclass
class Blow:
    """What was done to a daemon and what it had in hand, to see how long others took to take it over."""

    what: str
    when: datetime
    outgoing: frozenset[str]
    incoming: frozenset[int]


@dataclass
class One:
    """A daemon: its number, its process, and whether the nemesis has it stopped."""

    number: int
    folder: Path
    config: Path
    process: subprocess.Popen[bytes] | None = None
    point: str = ""

    @property
    def log(self) -> Path:
        return self.folder / "daemon.log"

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def asleep(self) -> bool:
        """Whether it stands still (SIGSTOP)."""
        if not self.alive or self.process is None:
            return False
        return Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2][0] == "T"


@dataclass
class Figures:
    """What a run has measured. Times in seconds."""

    blows: dict[str, int] = field(default_factory=dict)
    outgoing: list[float] = field(default_factory=list)
    incoming: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        def most(times: Sequence[float]) -> str:
            return f"{len(times)} (slowest {max(times):.1f} s)" if times else "0"

        blows = ", ".join(f"{count} {what}" for what, count in sorted(self.blows.items()))
        return f"{blows}; taken over: outgoing {most(self.outgoing)}, incoming {most(self.incoming)}"


class Several:
    """A desk with `count` daemons as processes, each with a state folder and a database user of its own.

    lease_s     how long they lease what they send; the shipped 60 s make for long tests
    """

    def __init__(
        self,
        folder: Path,
        dovecot: servers.Dovecot,
        sink: servers.Sink,
        url: str,
        count: int,
        seed: str,
        lease_s: float,
    ) -> None:
        self.dovecot, self.sink, self.url, self.lease_s = dovecot, sink, url, lease_s
        self.dice = random.Random(seed)
        self.sent: dict[str, Sent] = {}
        self.blows: list[Blow] = []
        self.deaths: list[Death] = []
        self.figures = Figures()
        self._originals: list[str] = []
        self.daemons = [self._make(folder, number) for number in range(1, count + 1)]

    def _make(self, folder: Path, number: int) -> One:
        own = folder / f"daemon{number}"
        own.mkdir(parents=True, exist_ok=True)
        url = make_url(self.url)
        with looking(self.url) as engine, engine.begin() as connection:
            # Users belong to the server, not to the database.
            if not connection.execute(text(f"SELECT 1 FROM pg_roles WHERE rolname = 'maild{number}'")).scalar():
                connection.execute(text(f"CREATE ROLE maild{number} SUPERUSER LOGIN"))
        tables = sections(folder / "desk", self.dovecot.imap_port, self.sink.port, self.url)
        prepare(tables)
        tables["database"]["url"] = url.set(username=f"maild{number}").render_as_string(hide_password=False)
        tables["daemon"]["state_dir"] = str(own)
        config = own / "sections.json"
        config.write_text(json.dumps(tables))
        return One(number, own, config)

    # ── daemons ──────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self, one: One, point: str = "") -> None:
        one.point = point
        environment = {**os.environ, "PYTHONPATH": str(ROOT)} | ({failpoint.ENV: point} if point else {})
        with one.log.open("ab") as log:
            log.write(b"--- starts\n")
            one.process = subprocess.Popen(
                [sys.executable, "-m", "tests.crash.daemon", str(one.config), str(self.lease_s)],
                cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def start_all(self) -> None:
        for one in self.daemons:
            self.start(one)
        for one in self.daemons:
            self.ready(one)

    def ready(self, one: One) -> None:
        """Wait until it has done a round of everything."""
        try:
            servers.wait_until(partial(self.said, one, "ready"), f"daemon {one.number} is ready", 120)
        except TimeoutError as late:
            raise AssertionError(f"{late}:\n{self.tail(one)}") from late

    @staticmethod
    def said(one: One, words: str) -> bool:
        """Whether it has logged this since it started."""
        return words in one.log.read_text("utf-8", "replace").rpartition("\n--- ")[2]

    def put_away(self) -> None:
        """A look at the mailbox puts away what is done, and only news makes a daemon look; its first look does."""
        one = self.daemons[0]
        self.start(one)
        self.ready(one)
        with looking(self.url) as engine:
            servers.wait_until(
                lambda: not ask(engine, "SELECT 1 FROM inbound WHERE filed IS NULL LIMIT 1"),
                "all mails are put away",
                30,
            )
        self.end()

    def end(self) -> None:
        """SIGTERM for all; each must end well."""
        for one in self.daemons:
            if one.process is not None and one.alive:
                one.process.send_signal(signal.SIGTERM)
        for one in self.daemons:
            if one.process is not None:
                self.ended(one, "end")

    def tail(self, one: One) -> str:
        return one.log.read_text("utf-8", "replace")[-3000:]

    def tracebacks(self) -> list[str]:
        """Tracebacks that daemons have logged: no outage may cause one."""
        logs = [(one.number, one.log.read_text("utf-8", "replace").partition("Traceback")[2]) for one in self.daemons]
        return [f"daemon {number}: a traceback: {found[:2000]}" for number, found in logs if found]

    def __enter__(self) -> Several:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for one in self.daemons:
            if one.process is not None and one.process.poll() is None:
                one.process.kill()
                one.process.wait()

    # ── load ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def load(self, mails: int, per_second: float, poison: int = 0, burst: int = 1) -> None:
        """Deliver so many mails at about this pace: new ones, replies to earlier ones, copies, notes of agents;
        `burst` of them at once."""
        for n in range(mails):
            if poison and n % max(1, mails // poison) == 0:
                self._deliver(f"bad{n}", self._poison(f"bad{n}"))
            self._deliver(*self._next(n))
            if n % burst == burst - 1:
                time.sleep(burst * self.dice.expovariate(per_second))

    def _deliver(self, mark: str, sent: Sent) -> None:
        # Known before it lies there: a fast daemon must not be taken for one that invents mail.
        self.sent[mark] = sent
        self.dovecot.deliver_many(SUPPORT, [sent.raw] * sent.copies)

    def _next(self, n: int) -> tuple[str, Sent]:
        mark, kind = f"m{n:04d}", self.dice.random()
        if self._originals and kind < 0.30:
            about = self.dice.choice(self._originals[-20:])
            headers = {"In_Reply_To": f"<{about}@corp.example>", "sender": f"u-{about}@corp.example"}
            return mark, Sent(mail(mark, body="It is worse now: the paper burns.", **headers), answers=about)
        if kind < 0.36 and (notice := self._notice()) is not None:
            about, message = notice
            raw = mail(mark, sender="wang.wei@corp.example", body="#note keep this to ourselves", In_Reply_To=message)
            return mark, Sent(raw, answers=about, secret=True)
        self._originals.append(mark)
        if kind < 0.42:
            self.sink.trick("RCPT", "550 5.1.1 no such user", match=partial(_holds, f"u-{mark}@"))
        return mark, Sent(mail(mark), copies=2 if 0.42 <= kind < 0.50 else 1)

    def _notice(self) -> tuple[str, str] | None:
        """A notice that Wang Wei has got: the mark of what it is about, and its Message-ID."""
        got = [each for each in list(self.sink.mails)[-60:] if each.recipients == ("wang.wei@corp.example",)]
        for each in reversed(got):
            head = each.raw.partition(b"\r\n\r\n")[0].decode("ascii")
            about = re.search(r"^Subject: .* (m\d{4})\r?$", head, re.MULTILINE)
            message = re.search(r"^Message-ID: (\S+)\r?$", head, re.MULTILINE | re.IGNORECASE)
            if about and message and about[1] in self._originals:
                return about[1], message[1]
        return None

    @staticmethod
    def _poison(mark: str) -> Sent:
        """A mail with more header lines than any may have."""
        raw = f"From: u-{mark}@corp.example\r\nSubject: x {mark}\r\n".encode() + b"X: y\r\n" * 1000 + b"\r\nprinter\r\n"
        return Sent(raw, fate="quarantined")

    # ── what befalls them ────────────────────────────────────────────────────────────────────────────────────────

    def stands_still(self, one: One, timeout: float = 60.0) -> None:
        """Wait until this daemon stands still, and note what it had in hand."""
        servers.wait_until(lambda: one.asleep, "it stands still", timeout)
        self.struck(one, "stop")

    def ended(self, one: One, what: str) -> None:
        """Wait until this daemon has ended: well, or by a kill, after which what it had in hand is noted."""
        assert one.process is not None
        code = one.process.wait(60)
        if code == -signal.SIGKILL:
            self.struck(one, what)
            return
        # Before it is ready it has nothing in hand, and may just go.
        fine = (0,) if self.said(one, "ready") else (0, -signal.SIGTERM)
        assert code in fine, f"daemon {one.number} ended with {code}:\n{self.tail(one)}"

    def struck(self, one: One, what: str) -> None:
        """Note what a daemon had in hand that does nothing any more."""
        assert one.process is not None
        with looking(self.url) as engine:
            outgoing = in_hand(engine, one.process.pid)
            # The locks of a dead one are gone already, so those of the others' mails that are in hand count, too.
            rows = ask(engine, "SELECT id FROM inbound WHERE state = 'received' AND attempts > 0")
            when = datetime.now(UTC)
        # What was in the sockets still reaches the relay; nobody else sends it before the lease has run out.
        time.sleep(min(1.0, self.lease_s / 3))
        self.blows.append(Blow(what, when, outgoing, frozenset(row[0] for row in rows)))
        self.deaths.append(Death(f"{what} {one.number}", len(self.sink.mails), outgoing))
        self.figures.blows[what.partition(":")[0]] = self.figures.blows.get(what.partition(":")[0], 0) + 1

    def cut(self, one: One) -> None:
        """The database ends every connection of this daemon."""
        with looking(self.url) as engine, engine.begin() as connection:
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = :user"),
                {"user": f"maild{one.number}"},
            )
        self.figures.blows["cut"] = self.figures.blows.get("cut", 0) + 1

    # ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────

    def rest(self, patience_s: float) -> None:
        """Wait until nothing is left to do."""
        total = sum(each.copies for each in self.sent.values())
        with looking(self.url) as engine:
            try:
                servers.wait_until(lambda: self._at_rest(engine, total), "all is done", patience_s, 0.1)
            except TimeoutError as late:
                left = ask(engine, "SELECT id, attempts FROM inbound WHERE state <> 'done'")
                out = ask(
                    engine, "SELECT id, state, due, lease_until FROM outbox WHERE state NOT IN ('sent', 'failed')"
                )
                raise AssertionError(f"{late}: inbound {left}, outbox {out}\n{self.tail(self.daemons[0])}") from late

    def _at_rest(self, engine: Engine, total: int) -> bool:
        return settled(engine, total) and not ask(
            engine, "SELECT 1 FROM inbound WHERE fate = 'quarantined' AND NOT told LIMIT 1"
        )

    def check(self) -> Verdict:
        """Compare everything, the mailbox too, and measure how long work lay that somebody had in hand."""
        folders = {name: marks_of(self._subjects(name)) for name in FOLDERS}
        with looking(self.url) as engine:
            verdict = check(engine, self.sent, self.sink.mails, self.deaths, folders)
            done = dict(ask(engine, "SELECT id, done FROM inbound"))
            sent = dict(ask(engine, "SELECT message_id, sent FROM outbox WHERE sent IS NOT NULL"))
        # From the last blow that had it in hand: whoever takes it over may be struck as well.
        incoming = {number: blow.when for blow in self.blows for number in blow.incoming}
        outgoing = {message: blow.when for blow in self.blows for message in blow.outgoing if message in sent}
        self.figures.incoming = [(done[number] - when).total_seconds() for number, when in incoming.items()]
        self.figures.outgoing = [(sent[message] - when).total_seconds() for message, when in outgoing.items()]
        return verdict

    def _subjects(self, folder: str) -> list[str]:
        try:
            said = self.dovecot.doveadm("-f", "tab", "fetch", "-u", SUPPORT, "hdr.subject", "mailbox", folder)
        except RuntimeError:
            return []
        return said.splitlines()[1:]


def _holds(words: str, argument: str) -> bool:
    return words in argument
