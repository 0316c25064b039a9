"""A TCP connection to a host with several addresses, one of which may lead nowhere (RFC 8305, in short)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from itertools import chain, zip_longest

# RFC 8305 §5: how long one address may be silent before the next is tried beside it.
_HEAD_START_S = 0.25

_Where = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


async def dial(host: str, port: int) -> socket.socket:
    """A connected socket; the first address that answers wins. Bound it by a time-out of your own.

    Raises socket.gaierror for a name without an address, else the OSError of the first address that failed.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    waiting = by_turns([(family, where) for family, _, _, _, where in found])
    racing: set[asyncio.Task[socket.socket]] = set()
    failure: OSError | None = None
    try:
        while waiting or racing:
            if waiting:
                racing.add(asyncio.create_task(_connect(*waiting.pop(0))))
            done, racing = await asyncio.wait(
                racing, timeout=_HEAD_START_S if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                error = task.exception()
                if error is None:
                    return _only(task, done)
                if not isinstance(error, OSError):
                    raise error
                failure = failure or error
        raise failure or OSError(f"{host} has no address")
    finally:
        for task in racing:
            task.cancel()


def by_turns(addresses: Sequence[_Where]) -> list[_Where]:
    """The families by turns, each in the resolver's order, beginning with the family that it puts first."""
    families: dict[socket.AddressFamily, list[_Where]] = {}
    for one in addresses:
        families.setdefault(one[0], []).append(one)
    return [one for one in chain.from_iterable(zip_longest(*families.values())) if one is not None]


def _only(winner: asyncio.Task[socket.socket], done: set[asyncio.Task[socket.socket]]) -> socket.socket:
    """The winner's socket; another one that came at the same moment is closed."""
    for task in done - {winner}:
        if task.exception() is None:
            task.result().close()
    return winner.result()


async def _connect(family: socket.AddressFamily, where: object) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        await asyncio.get_running_loop().sock_connect(made, where)  # type: ignore[arg-type]  # as getaddrinfo gave it
    except BaseException:
        made.close()
        raise
    return made
