"""The parsing process: hostile bytes are parsed outside the daemon, under limits, and the process is replaceable.

One child runs `python -m maild.ingest.worker` and answers in order over its pipes; one thread here writes, reads and
watches the clock. A mail that overruns its time, CPU or memory, or kills the child, fails alone: what stood in line
behind it goes to the next child (THREATS R15). Results are pickles of our own child, limited in length.
"""

import contextlib
import os
import pickle
import resource
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, BinaryIO

from maild import failpoint
from maild.model.message import Message

TIMEOUT_S = 10.0
# CPU seconds for one mail; the wall clock of the parent is the second fence.
CPU_S = 8.0
MEMORY_BYTES = 700 * 1024 * 1024
RECYCLE_AFTER = 500
IN_FLIGHT = 4
RESULT_BYTES = 128 * 1024 * 1024
OPEN_FILES = 16
# A new interpreter and its imports, on a busy machine.
START_S = 30.0

_FRAME = struct.Struct("<BI")
# Of a request: the lengths of what is wanted and of the mail.
_REQUEST = struct.Struct("<II")
_READY, _BEGIN, _RESULT, _ERROR, _OVERRUN = 0, 1, 2, 3, 4


class ParseOverrun(Exception):
    """A mail took more time, CPU or memory than one mail may: to be quarantined at once."""


class ParseCrash(Exception):
    """The parser raised on a mail or died of it: a strike against that mail."""


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
        # What the child's pipe has not taken yet; a large mail is not copied for it.
        self._out: deque[memoryview] = deque()
        self._in = bytearray()
        self._thread: threading.Thread | None = None

    # --- for callers ----------------------------------------------------------------------------------------------

    def submit(self, raw: bytes, timeout_s: float | None = None) -> "Future[Message]":
        """Queue a mail that prescan accepted. The futures of several mails complete in the order of submission;
        `.result()` gives the Message or raises ParseOverrun or ParseCrash."""
        return self._enqueue(("read", raw, ()), timeout_s)

    def read(self, raw: bytes, timeout_s: float | None = None) -> Message:
        """Parse one mail and wait for it. Raises ParseOverrun or ParseCrash."""
        return self.submit(raw, timeout_s).result()

    def parts(self, raw: bytes, indices: Sequence[int], timeout_s: float | None = None) -> list[bytes]:
        """Decoded attachment bytes by Attachment.index, in the order asked. Raises ParseOverrun or ParseCrash."""
        found: list[bytes] = self._enqueue(("parts", raw, tuple(indices)), timeout_s).result()
        return found

    @property
    def pid(self) -> int | None:
        """The child's process id while one lives."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def close(self) -> None:
        """End the child and the thread; what is still queued raises ParseCrash. May be called twice."""
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
                raise RuntimeError("the parsing worker is closed")
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
        try:
            while not self._closing:
                self._step()
        finally:
            for job in [*self._sent, *self._waiting]:
                _fail(job, ParseCrash("the parsing worker was closed before this mail"))
            self._sent.clear()
            self._waiting.clear()

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
                head = _REQUEST.pack(len(job.request), len(job.raw)) + job.request
                self._out += [memoryview(head), memoryview(job.raw)]
                self._sent.append(job)

    def _start(self) -> None:
        root = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
        self._child = subprocess.Popen(
            [sys.executable, "-m", "maild.ingest.worker", str(self._memory_bytes)],
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
        while len(self._in) >= _FRAME.size:
            kind, length = _FRAME.unpack_from(self._in)
            if length > RESULT_BYTES or kind > _OVERRUN:
                return False
            if len(self._in) < _FRAME.size + length:
                break
            body = bytes(memoryview(self._in)[_FRAME.size : _FRAME.size + length])
            del self._in[: _FRAME.size + length]
            self._frame(kind, body)
        return True

    def _frame(self, kind: int, body: bytes) -> None:
        if kind == _READY:
            self._ready = True
        elif not self._sent:
            return
        elif kind == _BEGIN:
            self._sent[0].begun = True
        else:
            job = self._sent.popleft()
            self._served += 1
            if kind == _RESULT:
                _succeed(job, pickle.loads(body))
            elif kind == _ERROR:
                _fail(job, ParseCrash(body.decode("utf-8", "replace")))
            else:
                _fail(job, ParseOverrun(body.decode("utf-8", "replace")))
        now = time.monotonic()
        if self._sent:
            self._sent[0].since = now

    def _overran(self) -> None:
        started = self._ready
        self._kill()
        job = self._sent.popleft()
        why = (
            f"no result within {job.timeout_s:g} s"
            if started
            else f"the parsing process did not start in {START_S:g} s"
        )
        _fail(job, ParseOverrun(why) if started else ParseCrash(why))
        self._again()

    def _died(self, child: "subprocess.Popen[bytes]") -> None:
        """The child ended by itself: the mail that it had begun is to blame; a mail not begun is tried again twice."""
        self._kill()
        code = child.returncode
        if self._sent:
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


# --- the child ----------------------------------------------------------------------------------------------------


def _limit(memory_bytes: int) -> None:
    for what, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (value, value))


def _serve(requests: BinaryIO, results: BinaryIO, memory_bytes: int) -> None:
    """Answer requests in order until the pipe closes."""
    # Imported before the limits bite, and here, so that the daemon does not load the parser.
    from maild.ingest.charset import decode
    from maild.ingest.read import parts, read

    decode("预热".encode("gbk"))
    _limit(memory_bytes)
    _send(results, _READY, b"")
    calls: dict[str, Callable[[bytes, tuple[int, ...]], object]] = {"read": lambda raw, _: read(raw), "parts": parts}
    while len(head := requests.read(_REQUEST.size)) == _REQUEST.size:
        length, size = _REQUEST.unpack(head)
        what, indices = pickle.loads(requests.read(length))
        raw = requests.read(size)
        _send(results, _BEGIN, b"")
        failpoint.reach("parsing")
        # SIGPROF ends the process by default: a parser inside C code cannot be interrupted more gently.
        signal.setitimer(signal.ITIMER_PROF, CPU_S)
        try:
            answer = pickle.dumps(calls[what](raw, indices), protocol=5)
            kind = _RESULT
            if len(answer) > RESULT_BYTES:
                kind, answer = _OVERRUN, f"a result of {len(answer)} bytes".encode()
        except MemoryError:
            kind, answer = _OVERRUN, f"more than {memory_bytes} bytes of memory".encode()
        except Exception as error:  # The mail's fault, reported as its own.
            kind, answer = _ERROR, _describe(error).encode("utf-8", "replace")
        signal.setitimer(signal.ITIMER_PROF, 0)
        _send(results, kind, answer)


def _describe(error: Exception) -> str:
    """Type, message and place of an exception, without the mail's text."""
    frame, place = error.__traceback__, ""
    while frame is not None:
        place = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}"
        frame = frame.tb_next
    return f"{type(error).__name__} at {place}: {str(error)[:200]!r}"


def _send(results: BinaryIO, kind: int, body: bytes) -> None:
    results.write(_FRAME.pack(kind, len(body)) + body)
    results.flush()


def main() -> None:
    """Run as the child: requests on standard input, results on standard output, argument 1 the memory limit."""
    requests, results = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # A stray print must not land between the frames.
    os.dup2(2, 1)
    # Ctrl-C in a terminal reaches the whole group: the daemon decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _serve(requests, results, int(sys.argv[1]))


if __name__ == "__main__":
    main()
