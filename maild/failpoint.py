"""Places where a test may kill the daemon, named in docs/internals.md. Without MAILD_FAILPOINT they do nothing.

MAILD_FAILPOINT=name[:nth][,name[:nth]…] ends the process with SIGKILL when it reaches that place for the nth time.
"""

import os
import signal
from collections.abc import Mapping

ENV = "MAILD_FAILPOINT"


def parse(text: str) -> dict[str, int]:
    """Name → how many times it is passed before the kill, the last time included. Raises ValueError on a bad number."""
    armed = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _, nth = item.partition(":")
        armed[name] = int(nth or "1")
    return armed


_armed = parse(os.environ.get(ENV, ""))


def reach(name: str) -> None:
    """Die here, as in a power cut, if the environment says so."""
    if not _armed or name not in _armed:
        return
    _armed[name] -= 1
    if _armed[name] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)


def inherited() -> Mapping[str, str]:
    """What a child process needs in its environment to have the same failpoints."""
    return {ENV: os.environ[ENV]} if ENV in os.environ else {}
