"""The sd_notify protocol (sd_notify(3)): one datagram to the socket that systemd names; silence without systemd."""

import atexit
import os
import socket

# Kept open: when the process has no descriptor left, systemd must still hear that it lives.
_PATIENCE_S = 5.0
_channels: dict[str, socket.socket] = {}


def notify(*lines: str) -> bool:
    """Send assignments such as `READY=1` or `STATUS=…`; False if nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return False
    # An abstract socket is written with a leading @ and bound with a leading NUL.
    target = "\0" + address[1:] if address.startswith("@") else address
    try:
        if target not in _channels:
            _channels[target] = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            # A supervisor that hears nothing must not stop what it supervises.
            _channels[target].settimeout(_PATIENCE_S)
        _channels[target].sendto("\n".join(line.replace("\n", " ") for line in lines).encode(), target)
    except OSError:
        return False
    return True


@atexit.register
def _hang_up() -> None:
    for channel in _channels.values():
        channel.close()


def watchdog_seconds() -> float | None:
    """How often systemd wants to hear WATCHDOG=1, if it does (WATCHDOG_USEC, and WATCHDOG_PID if set is ours)."""
    usec, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID")
    if not usec.isdigit() or (pid and pid != str(os.getpid())):
        return None
    return int(usec) / 1_000_000
