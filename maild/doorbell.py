"""How `maild deliver` wakes a running daemon: a datagram into a socket in the state folder. A hint, and no more."""

import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger("maild.doorbell")

_NAME = "wake.sock"


class Doorbell:
    """The daemon's end. Without it delivered mail is found all the same, a little later."""

    def __init__(self, state_dir: Path, heard: Callable[[], None]) -> None:
        """Listens at once; `heard` is called in a thread of its own for each ring. A folder that cannot hold a socket
        is told in the log, and that is all."""
        self._path = state_dir / _NAME
        self._heard = heard
        self._channel: socket.socket | None = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._path.unlink(missing_ok=True)
            self._channel.bind(str(self._path))
        except OSError as error:
            self._channel.close()
            self._channel = None
            log.info("no doorbell at %s (%s): delivered mail is found within half a minute", self._path, error)
            return
        threading.Thread(target=self._listen, args=(self._channel,), name="doorbell", daemon=True).start()

    def _listen(self, channel: socket.socket) -> None:
        while True:
            try:
                channel.recv(16)
            except OSError:
                return
            self._heard()

    def close(self) -> None:
        """Stop listening and take the socket away."""
        if self._channel is None:
            return
        # A thread that sits in recv is woken by shutdown, not by close.
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        self._channel.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def ring(state_dir: Path) -> bool:
    """Tell a running daemon that a mail was put into the ledger; False if none hears it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        try:
            channel.connect(str(state_dir / _NAME))
            channel.send(b"!")
        except OSError:
            return False
    return True
