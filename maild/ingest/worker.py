"""The parsing process: hostile bytes are parsed outside the daemon, under limits, and the process is replaceable.

One child runs `python -m maild.ingest.worker_child` and answers in order over its pipes; one thread here writes, reads
and watches the clock. A mail that overruns its time, CPU or memory, or kills the child, fails alone: what stood in line
behind it goes to the next child (THREATS R15). Results are pickles of our own child, limited in length.
"""

import contextlib
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from maild import failpoint
from maild.ingest.worker_child import (
    BEGIN,
    CPU_S,
    ERROR,
    FRAME,
    OVERRUN,
    READY,
    REQUEST,
    RESULT,
    RESULT_BYTES,
    code_mark,
)
from maild.model.message import Message

TIMEOUT_S = 10.0
MEMORY_BYTES = 700 * 1024 * 1024
RECYCLE_AFTER = 500
IN_FLIGHT = 4
# So often a child may end before it is ready until the fault is taken to be the installation's or the machine's.
STILLBORN = 3
# A new interpreter and its imports, on a busy machine.
START_S = 30.0
# The code that this process runs. A child is started from what lies on the disk by then.
_CODE = code_mark()


class ParseOverrun(Exception):
    """A mail took more time, CPU or memory than one mail may: to be quarantined at once."""


class ParseCrash(Exception):
    """The parser raised on a mail or died of it: a strike against that mail."""


class ParserAway(Exception):
    """There is no parsing process just now (it cannot be started, or the worker was closed): no mail is to blame."""


class _Job:
    __slots__ = ("begun", "future", "raw", "request", "since", "timeout_s", "tries")

    def __init__(self, request: bytes, raw: bytes, timeout_s: float) -> None:
        self.request, self.raw = request, raw
        self.timeout_s = timeout_s
        self.future: Future[Any] = Future()
        self.since = 0.0
        self.begun = False
        self.tries = 0


class Worker:
    """A persistent parsing process. Thread-safe; start is lazy; `close()` ends child and thread."""

    def __init__(
        self, *, timeout_s: float = TIMEOUT_S, memory_bytes: int = MEMORY_BYTES, recycle_after: int = RECYCLE_AFTER
    ) -> None:
        self._timeout_s, self._memory_bytes, self._recycle_after = timeout_s, memory_bytes, recycle_after
        self._waiting: deque[_Job] = deque()
        self._sent: deque[_Job] = deque()
        self._lock = threading.Lock()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._closing = False
        self._child: subprocess.Popen[bytes] | None = None
        self._ready = False
        self._started_at = 0.0
        self._served = 0
        self._stillborn = 0
        # What the child's pipe has not taken yet; a large mail is not copied for it.
        self._out: deque[memoryview] = deque()
        self._in = bytearray()
        self._thread: threading.Thread | None = None

    # --- for callers ----------------------------------------------------------------------------------------------

    def submit(self, raw: bytes, timeout_s: float | None = None) -> "Future[Message]":
        """Queue a mail that prescan accepted. The futures of several mails complete in the order of submission;
        `.result()` gives the Message or raises ParseOverrun, ParseCrash or ParserAway."""
        return self._enqueue(("read", raw, ()), timeout_s)

    def read(self, raw: bytes, timeout_s: float | None = None) -> Message:
        """Parse one mail and wait for it. Raises ParseOverrun, ParseCrash or ParserAway."""
        return self.submit(raw, timeout_s).result()

    def parts(self, raw: bytes, indices: Sequence[int], timeout_s: float | None = None) -> list[bytes]:
        """Decoded attachment bytes by Attachment.index, in the order asked. Raises as `read` does."""
        found: list[bytes] = self._enqueue(("parts", raw, tuple(indices)), timeout_s).result()
        return found

    @property
    def pid(self) -> int | None:
        """The child's process id while one lives."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def close(self) -> None:
        """End the child and the thread; what is still queued raises ParserAway. May be called twice."""
        with self._lock:
            self._closing = True
            thread = self._thread
        self._wake()
        if thread is not None:
            thread.join(timeout=20)
        self._kill()
        with self._lock:
            for descriptor in (self._wake_read, self._wake_write):
                if descriptor >= 0:
                    os.close(descriptor)
            self._wake_read = self._wake_write = -1

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the thread -----------------------------------------------------------------------------------------------

    def _enqueue(self, request: tuple[str, bytes, tuple[int, ...]], timeout_s: float | None) -> "Future[Any]":
        what, raw, indices = request
        job = _Job(pickle.dumps((what, indices), protocol=5), raw, timeout_s or self._timeout_s)
        with self._lock:
            if self._closing:
                raise ParserAway("the parsing worker is closed")
            self._waiting.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="maild-parser", daemon=True)
                self._thread.start()
            self._wake()
        return job.future

    def _wake(self) -> None:
        # A full pipe means that the thread is already being woken.
        with contextlib.suppress(BlockingIOError, OSError):
            if self._wake_write >= 0:
                os.write(self._wake_write, b"x")

    def _run(self) -> None:
        while not self._closing:
            try:
                self._step()
            # No descriptor, process or memory for a child (EMFILE, EAGAIN, ENOMEM), or a child that talks nonsense: the
            # thread goes on, or whoever waits for a mail would wait for ever.
            except Exception as error:
                self._give_up(f"the parsing process cannot be used: {error}")
        self._give_up("the parsing worker was closed before this mail")

    def _give_up(self, why: str) -> None:
        """End the child and give everything back: whoever submitted it tries again later."""
        self._kill()
        with self._lock:
            jobs = [*self._sent, *self._waiting]
            self._sent.clear()
            self._waiting.clear()
        self._stillborn = 0
        for job in jobs:
            _fail(job, ParserAway(why))

    def _step(self) -> None:
        """One round: fill the child's pipe, wait for something to happen, deal with it."""
        if self._served >= self._recycle_after and not self._sent and not self._out:
            self._kill()
        self._fill()
        child = self._child
        reading: list[int] = [self._wake_read]
        writing: list[int] = []
        if child is not None:
            assert child.stdin is not None and child.stdout is not None
            reading.append(child.stdout.fileno())
            if self._out:
                writing.append(child.stdin.fileno())
        readable, writable, _ = select.select(reading, writing, [], self._patience())
        if self._wake_read in readable:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake_read, 65_536)
        if child is None:
            return
        if writable:
            self._write(child)
        if len(readable) > (self._wake_read in readable) and not self._receive(child):
            self._died(child)
        elif self._overdue():
            self._overran()

    def _fill(self) -> None:
        with self._lock:
            while (
                self._waiting and len(self._sent) < IN_FLIGHT and self._served + len(self._sent) < self._recycle_after
            ):
                if self._child is None:
                    self._start()
                job = self._waiting.popleft()
                if job.future.cancelled():
                    continue
                job.since, job.begun = time.monotonic(), False
                head = REQUEST.pack(len(job.request), len(job.raw)) + job.request
                self._out += [memoryview(head), memoryview(job.raw)]
                self._sent.append(job)

    def _start(self) -> None:
        root = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
        self._child = subprocess.Popen(
            [sys.executable, "-m", "maild.ingest.worker_child", str(self._memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            close_fds=True,
            env={"PYTHONPATH": path, "PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", **failpoint.inherited()},
        )
        assert self._child.stdin is not None and self._child.stdout is not None
        os.set_blocking(self._child.stdin.fileno(), False)
        os.set_blocking(self._child.stdout.fileno(), False)
        self._ready, self._served, self._started_at = False, 0, time.monotonic()
        self._out.clear()
        self._in.clear()

    def _deadline(self) -> float | None:
        if self._sent and self._child is not None:
            job = self._sent[0]
            return job.since + job.timeout_s if self._ready else self._started_at + START_S
        return None

    def _patience(self) -> float | None:
        deadline = self._deadline()
        return None if deadline is None else max(0.0, deadline - time.monotonic())

    def _overdue(self) -> bool:
        deadline = self._deadline()
        return deadline is not None and time.monotonic() >= deadline

    def _write(self, child: "subprocess.Popen[bytes]") -> None:
        assert child.stdin is not None
        try:
            written = os.write(child.stdin.fileno(), self._out[0][:1_048_576])
        except BlockingIOError:
            return
        except BrokenPipeError:
            # The child is gone; the end of its output tells the rest.
            self._out.clear()
            return
        rest = self._out.popleft()[written:]
        if rest:
            self._out.appendleft(rest)

    def _receive(self, child: "subprocess.Popen[bytes]") -> bool:
        """Read what the child wrote; False when it is gone."""
        assert child.stdout is not None
        try:
            data = os.read(child.stdout.fileno(), 1_048_576)
        except BlockingIOError:
            return True
        if not data:
            return False
        self._in += data
        while len(self._in) >= FRAME.size:
            kind, length = FRAME.unpack_from(self._in)
            if length > RESULT_BYTES or kind > OVERRUN:
                return False
            if len(self._in) < FRAME.size + length:
                break
            body = bytes(memoryview(self._in)[FRAME.size : FRAME.size + length])
            del self._in[: FRAME.size + length]
            self._frame(kind, body)
        return True

    def _frame(self, kind: int, body: bytes) -> None:
        if kind == READY:
            if body != _CODE:
                self._give_up("maild was upgraded under this running daemon, which cannot use its parser: restart it")
                return
            self._ready, self._stillborn = True, 0
        elif not self._sent:
            return
        elif kind == BEGIN:
            self._sent[0].begun = True
        else:
            # Read before the mail is taken off the list: should that fail, it goes back with the others.
            result = pickle.loads(body) if kind == RESULT else None
            job = self._sent.popleft()
            self._served += 1
            if kind == RESULT:
                _succeed(job, result)
            elif kind == ERROR:
                _fail(job, ParseCrash(body.decode("utf-8", "replace")))
            else:
                _fail(job, ParseOverrun(body.decode("utf-8", "replace")))
        now = time.monotonic()
        if self._sent:
            self._sent[0].since = now

    def _overran(self) -> None:
        if not self._ready:
            self._give_up(f"the parsing process did not start in {START_S:g} s: look at the load of this machine")
            return
        self._kill()
        job = self._sent.popleft()
        _fail(job, ParseOverrun(f"no result within {job.timeout_s:g} s"))
        self._again()

    def _died(self, child: "subprocess.Popen[bytes]") -> None:
        """The child ended by itself: the mail that it had begun is to blame; a mail not begun is tried again twice. One
        that never was ready has seen no mail."""
        started = self._ready
        self._kill()
        code = child.returncode
        if not started:
            self._stillborn += 1
            if self._stillborn >= STILLBORN:
                self._give_up(
                    f"the parsing process ends with {code} before it is ready:"
                    f" try `{sys.executable} -m maild.ingest.worker_child {self._memory_bytes} < /dev/null`"
                )
                return
        elif self._sent:
            job = self._sent[0]
            job.tries += 1
            if job.begun or job.tries > 2:
                self._sent.popleft()
                if code == -signal.SIGPROF:
                    _fail(job, ParseOverrun(f"more than {CPU_S:g} s of CPU"))
                else:
                    _fail(job, ParseCrash(f"the parsing process ended with {code}"))
        self._again()

    def _again(self) -> None:
        """Put what was sent and not answered back in line, in order."""
        with self._lock:
            self._waiting.extendleft(reversed(self._sent))
        self._sent.clear()

    def _kill(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
        self._out.clear()
        self._in.clear()
        self._served = 0


def _succeed(job: _Job, value: object) -> None:
    # A caller may have cancelled while the child worked.
    if job.future.set_running_or_notify_cancel():
        job.future.set_result(value)


def _fail(job: _Job, error: Exception) -> None:
    if job.future.set_running_or_notify_cancel():
        job.future.set_exception(error)
