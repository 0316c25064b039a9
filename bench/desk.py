"""The daemon under load, in a process of its own: run by bench.run, says on its last line what each thread cost."""

import json
import os
import resource
import sys
import threading
from pathlib import Path

from maild import log
from maild.config import load
from maild.daemon import Daemon

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of_thread(native: int) -> float:
    """CPU seconds of one thread of this process (proc(5))."""
    fields = Path(f"/proc/self/task/{native}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def main() -> None:
    settings = load(Path(sys.argv[1]))
    listener = log.set_up("text", "warning")
    daemon = Daemon(settings)
    threads: dict[str, int] = {}

    def watch() -> None:
        # An end of the pipe means that the bench is gone: then there is nobody to tell, but an end all the same.
        told = sys.stdin.readline()
        if not told:
            daemon.stop()
            return
        threads.update({each.name: each.native_id or 0 for each in threading.enumerate()})
        costs = {name: cpu_of_thread(native) for name, native in threads.items()}
        children = 0.0
        worker = daemon.worker_pid()
        if worker is not None:
            fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
            children = (int(fields[11]) + int(fields[12])) / _TICKS
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(
            json.dumps(
                {
                    "threads": costs,
                    "worker": children + ended.ru_utime + ended.ru_stime,
                    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                    "worker_mb": _rss(worker),
                }
            ),
            flush=True,
        )
        daemon.stop()

    threading.Thread(target=watch, daemon=True, name="bench").start()
    print("up", flush=True)
    daemon.run()
    listener.stop()


def _rss(pid: int | None) -> float:
    if pid is None:
        return 0.0
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
