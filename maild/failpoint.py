"""Places where a test may kill the daemon, named in docs/internals.md. Without MAILD_FAILPOINT they do nothing.

MAILD_FAILPOINT=name[:nth][:stop][,…] ends the process with SIGKILL when it reaches that place for the nth time; with
`stop` it stands still there (SIGSTOP), as a suspended machine does, until somebody sends SIGCONT.
"""

import os
import signal
from collections.abc import Mapping

ENV = "MAILD_FAILPOINT"


def parse(text: str) -> dict[str, tuple[int, signal.Signals]]:
    """Name → how many times it is passed until the signal comes, the last time included, and that signal.

    Raises ValueError on a bad number.
    """
    armed = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, *more = item.split(":")
        how = signal.SIGSTOP if "stop" in more else signal.SIGKILL
        armed[name] = (int(next((word for word in more if word != "stop"), "1")), how)
    return armed


_armed = parse(os.environ.get(ENV, ""))


def reach(name: str) -> None:
    """Die here, as in a power cut, or stand still, if the environment says so."""
    if not _armed or name not in _armed:
        return
    left, how = _armed[name]
    _armed[name] = (left - 1, how)
    if left == 1 or (left < 1 and how is signal.SIGKILL):
        if how is signal.SIGSTOP:
            # To this very thread, or it would run on until another one has taken the signal.
            signal.raise_signal(how)
        else:
            os.kill(os.getpid(), how)


def inherited() -> Mapping[str, str]:
    """What a child process needs in its environment to have the same failpoints."""
    return {ENV: os.environ[ENV]} if ENV in os.environ else {}
