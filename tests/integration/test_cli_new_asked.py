"""`maild new` at a terminal: what is missing is asked for, and a slip of the keyboard is asked again."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.office import ROOT, Indoors


def until(terminal: int, words: str) -> str:
    """What the terminal shows up to these words; fails where the program ends before them."""
    shown = b""
    while words.encode() not in shown:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            piece = b""
        if not piece:
            pytest.fail(f"no {words!r} came, but: {shown.decode()}")
        shown += piece
    return shown.decode()


def test_somebody_unknown_is_asked_for_again(tmp_path: Path) -> None:
    office = Indoors(tmp_path)
    office.told("db", "upgrade")
    terminal, inner = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "maild", "new"],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        cwd=office.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MAILD_CONFIG": str(office.file), "TERM": "dumb", "COLUMNS": "200"},
    )
    os.close(inner)
    try:
        until(terminal, "Who has the problem (name or address)")
        os.write(terminal, b"li.lie\n")
        assert "nobody is known as" in until(terminal, "Who has the problem (name or address)")
        os.write(terminal, b"li.lei@corp.example\n")
        until(terminal, "Subject")
        os.write(terminal, b"Printer\n")
        until(terminal, "End with Ctrl-D")
        os.write(terminal, "3 楼的打印机卡纸。\n\x04".encode())
        until(terminal, "Registered for li.lei@corp.example")
        assert program.wait(timeout=60) == 0
    finally:
        program.kill()
        program.wait()
        os.close(terminal)
    (row,) = office.json("inbound", "list")
    assert row["source"] == "new"
