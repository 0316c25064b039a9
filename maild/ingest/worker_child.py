"""The child of `worker`: reads one mail after the other from a pipe, under limits, and answers on another.

What stands here is all that parent and child must agree on; `code_mark` tells whether they do.
"""

import os
import pickle
import resource
import signal
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from maild import __version__, failpoint
from maild.model import message

# CPU seconds for one mail; the wall clock of the parent is the second fence.
CPU_S = 8.0
RESULT_BYTES = 128 * 1024 * 1024
OPEN_FILES = 16

FRAME = struct.Struct("<BI")
# Of a request: the lengths of what is wanted and of the mail.
REQUEST = struct.Struct("<II")
READY, BEGIN, RESULT, ERROR, OVERRUN = 0, 1, 2, 3, 4


def code_mark() -> bytes:
    """Tells one state of the code on disk from another: its version, and when what both sides speak was written."""
    written = (os.stat(str(path)).st_mtime_ns for path in (__file__, message.__file__))
    return " ".join([__version__, *map(str, written)]).encode()


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

    mark = code_mark()
    decode("预热".encode("gbk"))
    _limit(memory_bytes)
    _send(results, READY, mark)
    calls: dict[str, Callable[[bytes, tuple[int, ...]], object]] = {"read": lambda raw, _: read(raw), "parts": parts}
    while len(head := requests.read(REQUEST.size)) == REQUEST.size:
        length, size = REQUEST.unpack(head)
        what, indices = pickle.loads(requests.read(length))
        raw = requests.read(size)
        _send(results, BEGIN, b"")
        failpoint.reach("parsing")
        # SIGPROF ends the process by default: a parser inside C code cannot be interrupted more gently.
        signal.setitimer(signal.ITIMER_PROF, CPU_S)
        try:
            answer = pickle.dumps(calls[what](raw, indices), protocol=5)
            kind = RESULT
            if len(answer) > RESULT_BYTES:
                kind, answer = OVERRUN, f"a result of {len(answer)} bytes".encode()
        except MemoryError:
            kind, answer = OVERRUN, f"more than {memory_bytes} bytes of memory".encode()
        except Exception as error:  # The mail's fault, reported as its own.
            kind, answer = ERROR, _describe(error).encode("utf-8", "replace")
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
    results.write(FRAME.pack(kind, len(body)) + body)
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
