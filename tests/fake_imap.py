"""An IMAP server that answers exactly what a test tells it to, for misbehaviour that no real server shows."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Mapping
from types import TracebackType

# What a well-behaved server says; {tag} is the client's. A test replaces single answers.
ORDINARY: Mapping[str, str] = {
    "greeting": "* OK ready\r\n",
    "CAPABILITY": "* CAPABILITY IMAP4rev1 UIDPLUS MOVE IDLE\r\n{tag} OK done\r\n",
    "LOGIN": "{tag} OK logged in\r\n",
    "LIST": '* LIST (\\Noselect) "/" ""\r\n{tag} OK done\r\n',
    "SELECT": "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 13] ok\r\n{tag} OK [READ-WRITE] selected\r\n",
    "NOOP": "{tag} OK nothing\r\n",
    "SEARCH": "* SEARCH 11 12\r\n{tag} OK done\r\n",
    "IDLE": "+ idling\r\n",
    "DONE": "{tag} OK idled\r\n",
    "LOGOUT": "* BYE bye\r\n{tag} OK bye\r\n",
}

HANG_UP = "hang up"
Answer = str | Callable[[str], str]


class FakeImap:
    """Serves on a free loopback port; `answers` replaces entries of ORDINARY, by command (UID left out).

    An answer that ends in HANG_UP closes the connection after it. `heard` holds every line of every client.
    """

    def __init__(self, **answers: Answer) -> None:
        self.answers: dict[str, Answer] = {**ORDINARY, **answers}
        self.heard: list[str] = []
        self.conversations = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def commands(self) -> list[str]:
        """The commands heard, without tags and arguments."""
        return [_command(line)[1] for line in self.heard]

    def say(self, words: str) -> None:
        """Say something unasked on every open connection."""
        for connection in self._open:
            # Some of them have gone since.
            with contextlib.suppress(OSError):
                connection.sendall(words.encode("utf-8"))

    def __enter__(self) -> FakeImap:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            self.conversations += 1
            self._open.append(connection)
            self._start(self._talk, connection)

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as lines:
            tag = "*"
            if self._answer(connection, "greeting", tag, ""):
                return
            for raw in lines:
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                self.heard.append(line)
                new_tag, command = _command(line)
                tag = tag if command == "DONE" else new_tag
                if self._answer(connection, command, tag, line):
                    return

    def _answer(self, connection: socket.socket, command: str, tag: str, line: str) -> bool:
        answer = self.answers.get(command, "{tag} BAD unknown command\r\n")
        text = answer if isinstance(answer, str) else answer(line)
        words = text.removesuffix(HANG_UP).replace("{tag}", tag)
        if words:
            connection.sendall(words.encode("utf-8"))
        if text.endswith(HANG_UP):
            connection.shutdown(socket.SHUT_RDWR)
            return True
        return False


def _command(line: str) -> tuple[str, str]:
    if line == "DONE":
        return "", "DONE"
    found = re.match(r"(\S+) (?:UID )?(\S+)", line)
    return (found[1], found[2].upper()) if found else ("*", "?")
