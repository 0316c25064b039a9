"""Raising an alarm beside mail: a program of the admin's, started without a shell, never waited for (PRODUCT §3.3)."""

import logging
import os
import subprocess
import threading

log = logging.getLogger("maild.alarm")

# A gateway that hangs is ended, so that alarms never pile up processes.
_PATIENCE_S = 30.0
_TEXT_CHARS = 500


def raise_alarm(program: str, what: str, text: str) -> None:
    """Start the program with MAILD_ALARM and MAILD_ALARM_TEXT in its environment; an empty name starts nothing.

    `text` may hold a mail's words: it is cut, freed of control characters, and only ever a value in the environment.
    """
    if not program:
        return
    try:
        threading.Thread(target=run, args=(program, what, text), name="alarm", daemon=True).start()
    except RuntimeError as error:
        # No thread to be had (TasksMax): the mail about it and this line remain.
        log.error("the alarm program %s was not started: %s", program, error)


def run(program: str, what: str, text: str, to: str = "") -> bool:
    """Start the program and wait for its end; whether it did its work (ended with 0 in time).

    `to`: the addresses of who is to be called, for MAILD_ALARM_TO.
    """
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LANG": os.environ.get("LANG", "C.UTF-8"),
        "MAILD_ALARM": what,
        "MAILD_ALARM_TEXT": _one_line(text),
        **({"MAILD_ALARM_TO": _one_line(to)} if to else {}),
    }
    try:
        done = subprocess.run(
            [program], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=_PATIENCE_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        log.error("the alarm program %s did not do its work: %s; see [alarm] exec", program, error)
        return False
    if done.returncode:
        log.error("the alarm program %s ended with %d; see [alarm] exec", program, done.returncode)
    return done.returncode == 0


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:_TEXT_CHARS]
