"""The daemon: loops as threads, signals, sd_notify. It decides nothing; it only keeps the steps going.

fetch (one a mailbox) → receive → send push mails downwards, tick lets time pass. They meet in the database alone: a
wake-up is a hint, so a mail also moves on when nobody woke anybody.
"""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import FrameType

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from maild import desk
from maild.chores import Chores, Health
from maild.condition import Condition, place_of
from maild.config import ConfigError, Settings, load
from maild.directory.keeper import Keeper
from maild.doorbell import Doorbell
from maild.fetch import Fetcher, gap_told
from maild.ingest.worker import Worker
from maild.log import Drain
from maild.logins import Logins
from maild.loops import Loop
from maild.model import Policy
from maild.notify import notify, watchdog_seconds
from maild.p1_calls import P1Calls
from maild.receive import Receiver
from maild.store import locks, outbox, upkeep
from maild.store.engine import disk_failed, trouble
from maild.tick import Ticker, heard_until

log = logging.getLogger("maild.daemon")

_REST_S = 30.0
# A reply waits for the mail that it answers while another daemon has that one in hand.
_DEFERRED_S = 0.2
_IDLE_RELAY_S = 60.0
_STOP_S = 20.0
_ROUND_S = 5.0
_UNREADY_S = 0.02
# sysexits' EX_IOERR: systemd starts the daemon again.
_DISK_FAILED = 74
# Even beside IDLE the UIDs are asked for again: a push is only a hint (PRODUCT §2.1), and a dead line is found so.
_BESIDE_IDLE_S = 60.0
# A server that holds one command for so long is cut off; before a whole daemon is taken for hanging because of it.
_CUT_S = 200.0
# News that bring nothing, again and again: a server that cries wolf is listened to once a second.
_VAIN_S = 1.0


class Bell:
    """A wake-up for one loop: rings are remembered until somebody waits."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def ring(self) -> None:
        self._event.set()

    def wait(self, seconds: float) -> None:
        self._event.wait(max(0.0, seconds))
        self._event.clear()


class Daemon:
    """One running desk. `run` returns when it was told to stop; `stop` may be called from any thread."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = desk.utc_now) -> None:
        """Raises NotReady or ConfigError before anything is started."""
        self._settings, self._clock = settings, clock
        self._engine = desk.open_database(settings)
        self._lock = desk.lock(settings)
        desk.check_codes(settings, self._engine)
        self._keys = desk.tokens(settings)
        self._writer = desk.writer(settings, self._keys)
        self._stop, self.ready = threading.Event(), threading.Event()
        self._received, self._sending, self._ticking = Bell(), Bell(), Bell()
        self._wake_in, self._wake_out = socket.socketpair()
        self._worker = Worker()
        self._receiver = Receiver(self._engine, self._writer, self._worker, clock, settings.limits.parse_bytes)
        self._looked: dict[str, datetime | None] = {box.name: None for box in settings.mailboxes}
        self._calls = P1Calls(self._engine, clock)
        self._ticker = Ticker(self._engine, self._writer, clock, self._heard)
        self._logins = Logins(settings, self._engine, clock)
        self._sender = desk.sender(settings, self._engine, clock, self._logins)
        place = "" if self._lock is not None else place_of(str(settings.state_dir))
        self._directory = Keeper(self._engine, settings.directory)
        self._chores = Chores(
            self._engine, self._writer, clock, self._health, settings.alarm.no_fetch, settings.alarm.exec, place,
            self._directory,
        )  # fmt: skip
        fetchers = desk.fetchers(settings, self._engine, clock, self._logins)
        self._fetchers = [fetcher for fetcher, _ in fetchers]
        self._fetch_loops = [self._fetch_loop(fetcher, poll) for fetcher, poll in fetchers]
        self._loops = [
            *self._fetch_loops,
            self._loop("receive", self._receive, self._rest_receive),
            self._loop("tick", self._tick, self._rest_tick),
            self._loop("send", self._send, self._rest_send),
        ]
        self._condition = Condition(
            self._fetch_loops, self._loops[len(self._fetch_loops) :], self._sender, clock, settings.alarm.no_fetch,
            settings.alarm.exec, place,
            {f"mailbox {each.mailbox.account.name}": partial(_spoke, each) for each in self._fetchers},
        )  # fmt: skip
        self._relay_used = time.monotonic()
        self._adopted = False
        # The rules that the tickets have heard of.
        self._told: Policy | None = None

    # ── the steps ────────────────────────────────────────────────────────────────────────────────────────────────

    def _fetch_loop(self, fetcher: Fetcher, poll: float) -> Loop:
        name = f"mailbox {fetcher.mailbox.account.name}"

        last_news = 0.0

        def progress() -> None:
            self._beat(name)
            self._received.ring()

        def step() -> None:
            begun = self._clock()
            try:
                fetcher.step(progress)
            except Exception as error:
                if getattr(error, "broken", True):
                    fetcher.mailbox.close()
                self._note_trouble(fetcher.mailbox.account.name, error)
                raise
            self._looked[fetcher.mailbox.account.name] = begun

        def rest() -> None:
            if fetcher.restless:
                return
            nonlocal last_news
            idle = "IDLE" in fetcher.mailbox.capabilities
            until, news = time.monotonic() + (min(poll, _BESIDE_IDLE_S) if idle else poll), False
            while not news and (left := until - time.monotonic()) > 0:
                news = fetcher.mailbox.wait(min(left, _BESIDE_IDLE_S), self._wake_out, poll)
                self._beat(name)
            if news and fetcher.vain and time.monotonic() - last_news < _VAIN_S:
                self._stop.wait(_VAIN_S)
            if news:
                last_news = time.monotonic()

        return self._loop(name, step, rest, polite=True)

    def _loop(self, name: str, step: Callable[[], object], rest: Callable[[], None], polite: bool = False) -> Loop:
        return Loop(name, step, rest, self._stop, polite=polite, fatal=_leave_at_once, locked=self._free_locks)

    def _heard(self) -> datetime | None:
        return heard_until([self._looked[box.name] for box in self._settings.mailboxes], self._clock())

    def _note_trouble(self, mailbox: str, error: Exception) -> None:
        """Leave word for `maild status`. A database that is away is no trouble of the mailbox, and takes no word."""
        if isinstance(error, DBAPIError):
            return
        try:
            with self._engine.begin() as connection:
                upkeep.note_mailbox_error(connection, mailbox, str(error).split("\n")[0] or type(error).__name__)
        except DBAPIError as away:
            log.debug("trouble of mailbox %s not noted: %s", mailbox, away)

    def _receive(self) -> None:
        while not self._stop.is_set() and self._receiver.step(self._after_commit):
            self._beat("receive")
        while self._receiver.alarms:
            kind, what = self._receiver.alarms.popleft()
            log.warning("%s %s", what, kind)
        self._calls.step(self._settings.alarm.exec)

    def _rest_receive(self) -> None:
        self._received.wait(_DEFERRED_S if self._receiver.deferred else _REST_S)

    def _after_commit(self) -> None:
        self._beat("receive")
        self._sending.ring()

    def _tick(self) -> None:
        policy = self._settings.policy
        if self._told is not policy:
            desk.note_config(policy, self._engine, self._clock())
            self._told = policy
        fired = self._ticker.step(self._after_timer)
        if fired:
            # A confirmation may have put mails back into line.
            self._received.ring()
        self._calls.step(self._settings.alarm.exec)
        self._chores.step()
        self._sending.ring()

    def _after_timer(self) -> None:
        self._beat("tick")
        self._sending.ring()

    def _rest_tick(self) -> None:
        due = self._ticker.next_due()
        seconds = self._settings.daemon.tick.total_seconds()
        if due is not None:
            seconds = min(seconds, max(0.05, (due - self._clock()).total_seconds()))
        self._ticking.wait(seconds)

    def _send(self) -> None:
        if not self._adopted:
            self._adopt()
        while not self._stop.is_set() and self._sender.step(lambda: self._beat("send")):
            self._relay_used = time.monotonic()
        if time.monotonic() - self._relay_used > _IDLE_RELAY_S:
            self._sender.idle()
            self._relay_used = time.monotonic()

    def _adopt(self) -> None:
        """On SQLite this daemon is alone: what the last one had in hand nobody else will send."""
        if self._lock is not None:
            with self._engine.begin() as connection:
                adopted = outbox.adopt(connection, self._clock())
            if adopted:
                log.warning("%d mails were in hand when the last daemon ended: they are sent now", adopted)
        self._adopted = True

    def _rest_send(self) -> None:
        due = self._sender.next_due()
        seconds = _REST_S
        if due is not None:
            seconds = min(seconds, max(0.02, (due - self._clock()).total_seconds()))
        self._sending.wait(seconds)

    def _beat(self, name: str) -> None:
        for loop in self._loops:
            if loop.name == name:
                loop.beat = time.monotonic()

    def worker_pid(self) -> int | None:
        """The process id of the parsing worker, for whoever measures it."""
        return self._worker.pid

    # ── life ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def run(self) -> None:
        """Work until stopped. Call it in the main thread if signals are to be heard (`listen_to_signals`)."""
        doorbell = Doorbell(self._settings.state_dir, self._received.ring)
        for loop in self._loops:
            loop.start()
        try:
            self._watch()
        finally:
            self._end(doorbell)

    def stop(self) -> None:
        """End after the step in hand."""
        self._stop.set()

    def listen_to_signals(self) -> None:
        """SIGTERM and SIGINT stop, SIGHUP reloads the config."""

        def end(number: int, frame: FrameType | None) -> None:
            self._stop.set()

        def again(number: int, frame: FrameType | None) -> None:
            try:
                threading.Thread(target=self.reload, name="reload").start()
            except RuntimeError as error:
                log.error("config not reloaded, the old one stays: %s", error)

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        signal.signal(signal.SIGHUP, again)

    def reload(self) -> bool:
        """Read config.toml again; a bad one is refused and the old one kept."""
        notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            settings = load(Path(self._settings.path))
            desk.check_codes(settings, self._engine)
            writer = desk.writer(settings, self._keys)
        # Whatever is wrong with it (a mistake, a template that breaks, a database that is away just now): a desk that
        # runs goes on running, and systemd must hear that the reload is over.
        except Exception as error:
            if not isinstance(error, ConfigError | desk.NotReady | OSError | DBAPIError):
                log.exception("config not reloaded")
            lines = [trouble(error)] if isinstance(error, DBAPIError) else str(error).split("\n")
            for line in lines:
                log.error("config not reloaded, the old one stays: %s", line)
            notify("READY=1", "STATUS=config not reloaded: it has mistakes")
            return False
        for name in ("mailboxes", "relay", "database", "daemon", "secrets"):
            if getattr(settings, name) != getattr(self._settings, name):
                log.warning("config: the change of [%s] counts from the next start on", name)
        for user in (self._receiver, self._ticker, self._chores):
            user.use(writer)
        self._directory.use(settings.directory)
        self._chores.alarm_program = self._condition.alarm_program = settings.alarm.exec
        self._settings = replace(
            self._settings, policy=settings.policy, alarm=settings.alarm, country=settings.country,
            holidays_missing=settings.holidays_missing,
        )  # fmt: skip
        self._ticking.ring()
        # A login may have been put right: whoever sits out a refusal tries again now.
        for source in self._logins.all():
            source.forget_refusals()
        for loop in self._loops:
            loop.hurry()
        log.info("config reloaded, mode %s", settings.policy.mode)
        notify("READY=1", "STATUS=running")
        return True

    def _watch(self) -> None:
        """Say READY when mailbox and database have answered; then the watchdog's rounds."""
        seconds = watchdog_seconds()
        status = "running"
        pause = min(seconds / 3 if seconds else _ROUND_S, _ROUND_S)
        told_hanging: list[str] = []
        told = ""
        next_round = 0.0
        while not self._stop.wait(pause if self.ready.is_set() else _UNREADY_S):
            if not self.ready.is_set():
                told = self._announce(told)
            if time.monotonic() < next_round:
                continue
            next_round = time.monotonic() + pause
            hanging = self._condition.hanging()
            if not hanging:
                notify("WATCHDOG=1")
            elif hanging != told_hanging:
                log.error("%s hangs: systemd is not told that all is well", ", ".join(hanging))
            told_hanging = hanging
            self._condition.watch_database()
            if self.ready.is_set() and (now := self._condition.status()) != status:
                status = now
                notify(f"STATUS={status}")
            self._cut_slow()
            try:
                self._sender.renew()
            except SQLAlchemyError as error:
                if disk_failed(error):
                    _leave_at_once(trouble(error))
                # The lease holds for some rounds more; the send loop tells of a database that stays away.
                log.debug("leases not renewed: %s", type(error).__name__)

    def _announce(self, told: str) -> str:
        """READY once every loop has done a round; before that, what it waits for, each thing once."""
        # A junk folder that is missing is no reason to keep the desk shut.
        waiting = [loop for loop in self._loops if not loop.succeeded.is_set() and "/" not in loop.name]
        if not waiting:
            self.ready.set()
            notify("READY=1", "STATUS=running")
            boxes = ", ".join(loop.name for loop in self._fetch_loops)
            log.info("ready: %s, mode %s", boxes, self._settings.policy.mode)
            return ""
        why = next((loop.trouble for loop in waiting if loop.trouble), "")
        status = f"waiting for {waiting[0].name}{': ' + why if why else ''}"
        # A server that is away must not make systemd give up: the daemon goes on trying. Asked for every some seconds.
        slot = int(time.monotonic() // _ROUND_S)
        if f"{slot} {status}" != told:
            notify(f"STATUS={status}", "EXTEND_TIMEOUT_USEC=30000000")
        return f"{slot} {status}"

    def _free_locks(self) -> None:
        """Somebody's transaction was in the way for long: perhaps that of another daemon, which stands still."""
        try:
            ended = locks.end_silent(self._engine)
        except SQLAlchemyError as error:
            # The loops tell of a database that is away.
            log.debug("silent sessions not looked for: %s", type(error).__name__)
            return
        if ended:
            log.warning("%d sessions of a daemon that stands still were ended: its work is taken over", ended)

    def _cut_slow(self) -> None:
        """Break connections on which one answer takes too long, however busily it trickles in."""
        for loop, fetcher in zip(self._fetch_loops, self._fetchers, strict=True):
            if time.monotonic() - max(loop.beat, fetcher.mailbox.spoke) > _CUT_S:
                log.warning("%s: an answer takes more than %g s: the connection is cut", loop.name, _CUT_S)
                fetcher.mailbox.cut()

    def _health(self) -> list[Health]:
        found = [*self._condition.health(), desk.holidays(self._settings, self._clock())]
        for fetcher in self._fetchers:
            name, gap = fetcher.mailbox.account.name, fetcher.gap
            if gap is not None:
                detail, remedy = gap_told(gap, fetcher.mailbox.account.folder)
                found.append(Health(f"ledger gap in mailbox {name}", gap.since, detail, remedy, patience=timedelta()))
        return found

    def _end(self, doorbell: Doorbell) -> None:
        """Let each loop finish what it has in hand, give back leases, close the doors."""
        notify("STOPPING=1", "STATUS=finishing the step in hand")
        self._stop.set()
        self._receiver.finish()
        self._sender.finish()
        for bell in (self._received, self._sending, self._ticking):
            bell.ring()
        self._wake_in.send(b"!")
        until = time.monotonic() + _STOP_S
        late = [loop.name for loop in self._loops if not loop.join(max(0.1, until - time.monotonic()))]
        if late:
            log.error("%s did not end in time; its work is taken up at the next start", ", ".join(late))
        self._worker.close()
        if not late:
            for fetcher in self._fetchers:
                fetcher.mailbox.close()
            self._wake_in.close()
            self._wake_out.close()
            try:
                self._sender.close()
            except DBAPIError as error:
                log.warning("leases not given back, they run out by themselves: %s", error.orig)
        doorbell.close()
        self._engine.dispose()
        if self._lock is not None:
            os.close(self._lock)
        log.info("stopped")


def _leave_at_once(why: str) -> None:
    """fsync failed: what the kernel holds is no longer what it says. Nothing more is written, not even at a clean end;
    the next start reads from the disk what truly is there, as after a power cut."""
    log.critical("%s: fsync failed, so maild ends here and is to be started again", why)
    notify("STATUS=fsync failed: look at the disk of the database")
    for handler in logging.getLogger("maild").handlers:
        if isinstance(handler, Drain):
            handler.stop()
    os._exit(_DISK_FAILED)


def _spoke(fetcher: Fetcher) -> float:
    """When the mailbox's server last said anything, of time.monotonic()."""
    return fetcher.mailbox.spoke
