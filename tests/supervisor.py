"""The other end of NOTIFY_SOCKET, as systemd holds it."""

from __future__ import annotations

import socket
import threading
import time

from tests.servers import wait_until


class Systemd:
    """Keeps every datagram, in order of arrival."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.heard: list[str] = []
        self.at: list[float] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while datagram := self._socket.recv(65536):
            self.at.append(time.monotonic())
            self.heard.append(datagram.decode())

    def close(self) -> None:
        # An empty datagram ends the listener.
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()

    def lines(self) -> list[str]:
        return [line for datagram in list(self.heard) for line in datagram.split("\n")]

    def wait(self, line: str, times: int = 1, timeout: float = 30.0) -> None:
        wait_until(lambda: self.lines().count(line) >= times, f"{line} in {self.heard[-3:]}", timeout)

    def status(self) -> str:
        """The latest STATUS=, without that word."""
        return next((line[7:] for line in reversed(self.lines()) if line.startswith("STATUS=")), "")

    def silent_for(self) -> float:
        """Seconds since the latest WATCHDOG=1 (or since the beginning of time)."""
        beats = [at for at, said in zip(self.at, self.heard, strict=False) if "WATCHDOG=1" in said]
        return time.monotonic() - beats[-1] if beats else float("inf")
