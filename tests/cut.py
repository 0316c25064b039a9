"""A proxy before a TCP server that cuts connections at the worst moment: it is done, and nobody learns it."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType


class Cut:
    """Listens on a free loopback port for the server on `port`. The `every`-th time that a client says `word`, it is
    handed on, the server's answer is waited for and thrown away, and the connection is cut; `times` times in all."""

    def __init__(self, port: int, word: bytes, every: int, times: int) -> None:
        self._server, self._word, self._every, self._left = port, word, every, times
        self._seen = 0
        self.cuts = 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Cut:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            _end(connection)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._server))
            self._open += [client, server]
            fatal = threading.Event()
            threading.Thread(target=self._up, args=(client, server, fatal), daemon=True).start()
            threading.Thread(target=self._down, args=(client, server, fatal), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket, fatal: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65_536):
                if self._word in data and self._strikes():
                    fatal.set()
                server.sendall(data)
        if not fatal.is_set():
            _end(server)

    def _strikes(self) -> bool:
        with self._lock:
            self._seen += 1
            if self._seen % self._every or not self._left:
                return False
            self._left -= 1
            return True

    def _down(self, client: socket.socket, server: socket.socket, fatal: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65_536):
                if fatal.is_set():
                    # The server has answered, so it has done what it was asked for.
                    self.cuts += 1
                    break
                client.sendall(data)
        _end(client)
        _end(server)


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
