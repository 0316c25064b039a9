"""What Linux says of a running process: its memory and its children."""

from __future__ import annotations

import os
import re
from pathlib import Path


def resident_kb(pid: int) -> int:
    """Resident memory in kB now; 0 if the process is gone."""
    return _field(pid, "VmRSS")


def peak_kb(pid: int) -> int:
    """The most resident memory that the process ever had, in kB."""
    return _field(pid, "VmHWM")


def cpu_s(pid: int) -> float:
    """Seconds of CPU that the process has used, without its children."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def _field(pid: int, name: str) -> int:
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) if found else 0


def children(pid: int) -> list[int]:
    """Process ids of the children that live now."""
    try:
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
