"""`make bench`: loads a Dovecot mailbox, lets the daemon work it off against smtp-sink, and says what it cost.

Figures are for comparing within one run: machines are shared and noisy. Budgets are counted, and set high.
"""

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from bench import floor
from bench.mails import mails
from maild.config import load
from maild.store import migrate
from maild.store.engine import open_engine
from tests.servers import Dovecot, SmtpSink
from tests.sink import Accepted, Sink

DESK = "it@corp.example"
PATIENCE_S = 600.0

CONFIG = """
[desk]
address = "it@corp.example"
internal_domains = ["corp.example"]
mode = "live"
[[mailbox]]
host = "127.0.0.1"
port = {imap}
security = "none"
login = "it@corp.example"
password_from = "env:MAILD_BENCH_PASSWORD"
backlog = "all"
[relay]
host = "127.0.0.1"
port = {smtp}
security = "none"
null_sender = "yes"
[database]
url = "{database}"
[daemon]
state_dir = "{folder}"
[teams.desk]
title_en = "Desk"
title_zh = "服务台"
[[agents]]
address = "agent@corp.example"
name = "Agent"
teams = ["desk"]
[budgets]
internal_per_hour = 1000000
internal_per_day = 1000000
unanswered_limit = 1000000
notices_per_10_minutes = 1000000
{categories}
"""


class Daemon:
    """The daemon in a process of its own; `end` gives what it cost."""

    def __init__(self, folder: Path, imap: int, smtp: int) -> None:
        database = f"sqlite:///{folder / 'maild.db'}"
        teams = "\n".join(f'[categories.{code}]\nteam = "desk"' for code in load(None).policy.categories)
        config = folder / "config.toml"
        config.write_text(CONFIG.format(imap=imap, smtp=smtp, database=database, folder=folder, categories=teams))
        engine = open_engine(database)
        migrate.upgrade(engine)
        engine.dispose()
        self.database = folder / "maild.db"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.desk", str(config)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "MAILD_BENCH_PASSWORD": "pw"},
        )  # fmt: skip
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def count(self, question: str) -> int:
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30) as connection:
            return int(connection.execute(question).fetchone()[0])

    def end(self) -> dict[str, object]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        costs: dict[str, object] = json.loads(self._process.stdout.readline())
        self._process.wait(60)
        return costs


def load_test(count: int, seed: int, folder: Path) -> None:
    """The load: `count` mails in the mailbox at start, until every mail that answers them is accepted."""
    made = list(mails(count, seed, DESK))
    megabytes = sum(len(each.raw) for each in made) / 1e6
    print(f"{count} mails, {megabytes:.1f} MB, {sum(each.reply for each in made) / count:.0%} replies")
    with Dovecot(None, {DESK: "pw"}) as dovecot, SmtpSink() as sink:
        dovecot.deliver_many(DESK, [each.raw for each in made])
        floor_count, floor_wall, floor_cpu = floor.run(dovecot.imap_port, DESK, sink.smtp_port, folder)
        assert floor_count == count, f"the floor saw {floor_count} of {count} mails"
        started = time.perf_counter()
        daemon = Daemon(folder, dovecot.imap_port, sink.smtp_port)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            done = daemon.count("SELECT count(*) FROM inbound WHERE state = 'done'")
            if done >= count and not daemon.count("SELECT count(*) FROM outbox WHERE state <> 'sent'"):
                break
            time.sleep(0.1)
        else:
            sys.exit(f"not done after {PATIENCE_S:.0f} s: {done} of {count} mails decided")
        wall = time.perf_counter() - started
        sent = daemon.count("SELECT count(*) FROM outbox WHERE state = 'sent'")
        tickets = daemon.count("SELECT count(*) FROM ticket")
        costs = daemon.end()
    threads = costs["threads"]
    assert isinstance(threads, dict)
    start_up = threads.pop("MainThread", 0.0)
    total = sum(threads.values())
    worker = float(str(costs["worker"]))
    print(f"{tickets} tickets, {sent} mails accepted, in {wall:.1f} s: {count / wall:.0f} mails/s (start-up included)")
    print(f"{'stage':24}{'CPU ms/mail':>12}")
    for name, seconds in sorted(threads.items(), key=lambda item: -item[1]):
        if seconds * 1000 / count >= 0.01:
            print(f"{name:24}{seconds * 1000 / count:12.2f}")
    print(f"{'daemon, all threads':24}{total * 1000 / count:12.2f}")
    print(f"{'parsing worker':24}{worker * 1000 / count:12.2f}")
    print(f"start-up, once: {start_up:.2f} s of CPU")
    cost, ground = (total + worker) * 1000 / count, floor_cpu * 1000 / count
    print(f"{'floor, same run':24}{ground:12.2f}   ({count / floor_wall:.0f} mails/s)")
    print(f"maild / floor: {cost / ground:.2f} (target: 3)")
    print(f"peak memory: daemon {costs['peak_mb']:.0f} MB, worker {costs['worker_mb']:.0f} MB")


def latency_test(rounds: int, folder: Path) -> None:
    """One mail at a time to an idle daemon: delivery → acknowledgement accepted, and without Dovecot's own delay."""
    folder.mkdir(exist_ok=True)
    with Dovecot(None, {DESK: "pw"}) as dovecot, Sink() as sink:
        daemon = Daemon(folder, dovecot.imap_port, sink.port)
        whole: list[float] = []
        for number, each in enumerate(mails(rounds, 7, DESK)):
            before = len(sink.mails)
            time.sleep(1.2 if number == 0 else 0.3)
            started = time.time()
            dovecot.deliver(DESK, each.raw)
            sender, at = each.sender, before
            sink.wait_for(partial(_reached, sender, at), 30)
            whole.append(time.time() - started)
            daemon_quiet = time.monotonic() + 5
            while daemon.count("SELECT count(*) FROM outbox WHERE state <> 'sent'") and time.monotonic() < daemon_quiet:
                time.sleep(0.02)
        with sqlite3.connect(f"file:{daemon.database}?mode=ro", uri=True) as connection:
            own = [
                row[0] * 86400
                for row in connection.execute(
                    "SELECT min(julianday(o.sent)) - julianday(i.fetched)"
                    " FROM outbox o JOIN inbound i ON i.id = o.inbound WHERE o.audience = 'requester' GROUP BY i.id"
                )
            ]
        daemon.end()
    _print_latency("delivery → acknowledgement accepted (Dovecot holds its push for 500 ms)", whole)
    _print_latency("fetched → acknowledgement accepted and recorded", own)


def _reached(sender: str, after: int, taken: list[Accepted]) -> bool:
    return any(sender in mail.recipients for mail in taken[after:])


def _print_latency(what: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    last = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    median = statistics.median(ordered)
    print(f"{what}: median {median * 1000:.0f} ms, 99th percentile {last * 1000:.0f} ms, n={len(ordered)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=1000, help="mails in the load (default 1000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--latency", type=int, default=30, help="mails in the latency test (default 30, 0: none)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="maild-bench-") as folder:
        load_test(options.n, options.seed, Path(folder))
        if options.latency:
            latency_test(options.latency, Path(folder) / "latency")


if __name__ == "__main__":
    main()
