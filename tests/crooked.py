"""A relay of a few lines, scripted down to the byte: for misbehaviour that no SMTP library can be brought to."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType


class Talk:
    """One conversation, from the relay's side. What the client sends is kept in `heard`, a mail in `mail`."""

    def __init__(self, channel: socket.socket, over: threading.Event) -> None:
        self._channel, self._over = channel, over
        self._rest = b""
        self.heard: list[str] = []
        self.mail = b""

    def say(self, line: str) -> None:
        self._channel.sendall(line.encode() + b"\r\n")

    def drip(self, line: str, seconds: float) -> None:
        """Say it a byte at a time, spread over so many seconds."""
        raw = line.encode() + b"\r\n"
        for n in range(len(raw)):
            self._channel.sendall(raw[n : n + 1])
            if self._over.wait(seconds / len(raw)):
                return

    def line(self) -> str:
        """The next command; ConnectionError when the client has gone."""
        while b"\r\n" not in self._rest:
            self._rest += self._more()
        raw, _, self._rest = self._rest.partition(b"\r\n")
        self.heard.append(raw.decode("ascii", "replace"))
        return self.heard[-1]

    def take(self, least: int) -> None:
        """Read at least so many bytes of a mail, or up to its final dot."""
        while len(self._rest) < least and not self._rest.endswith(b"\r\n.\r\n"):
            self._rest += self._more()
        self.mail, self._rest = self.mail + self._rest, b""

    def sleep(self) -> None:
        """Neither read nor answer until the test is over."""
        self._over.wait(60)

    def hello(self, *offers: str) -> None:
        """Greet, and answer EHLO with these offers."""
        self.say("220 crooked.example ESMTP")
        self.line()
        for offer in ("crooked.example", *offers)[:-1]:
            self.say(f"250-{offer}")
        self.say(f"250 {('crooked.example', *offers)[-1]}")

    def until_data(self, *offers: str) -> None:
        """All of it up to the 354."""
        self.hello(*offers)
        for reply in ("250 2.1.0 ok", "250 2.1.5 ok", "354 go on"):
            self.line()
            self.say(reply)

    def _more(self) -> bytes:
        raw = self._channel.recv(65536)
        if not raw:
            raise ConnectionError("the client has gone")
        return raw


class Crooked:
    """Listens on a free loopback port and plays `script` with each client, each in a thread of its own."""

    def __init__(self, script: Callable[[Talk], None]) -> None:
        self._script = script
        self._over = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._server.getsockname()[1]
        self.talks: list[Talk] = []

    def __enter__(self) -> Crooked:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._over.set()
        self._server.close()

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                channel, _ = self._server.accept()
            except OSError:
                return
            talk = Talk(channel, self._over)
            self.talks.append(talk)
            threading.Thread(target=self._play, args=(channel, talk), daemon=True).start()

    def _play(self, channel: socket.socket, talk: Talk) -> None:
        # The client may hang up at any moment: that is what many of these tests are about.
        with channel, contextlib.suppress(OSError):
            self._script(talk)


@contextlib.contextmanager
def black_hole(address: str = "127.0.0.1", family: socket.AddressFamily = socket.AF_INET) -> Iterator[int]:
    """A port on which no connection is ever made nor refused: its queue is full, so that further SYNs are dropped."""
    with socket.socket(family, socket.SOCK_STREAM) as server, contextlib.ExitStack() as stack:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((address, 0))
        server.listen(0)
        port: int = server.getsockname()[1]
        for _ in range(4):
            client = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
            client.setblocking(False)
            client.connect_ex((address, port))
        time.sleep(0.05)
        yield port


def resolver(*places: tuple[str, int]) -> Callable[..., Sequence[object]]:
    """A getaddrinfo that gives these places for every name."""

    def answer(*_: object, **__: object) -> Sequence[object]:
        return [
            (socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))
            for host, port in places
        ]

    return answer
