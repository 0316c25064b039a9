"""The pile of the first day: 100,000 old mails at the first start, and a new one every ten seconds (THREATS F12)."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import tempfile
import threading
import time
from pathlib import Path

from tests import servers
from tests.crash.rounds import Rounds
from tests.desks import SUPPORT, ask, looking, mail
from tests.maildir import fill_folder, small
from tests.process import children, cpu_s, resident_kb

SIZE = 100_000
EVERY_S = 10.0
# A new mail is served within a minute, and memory does not grow with the pile (kB).
WAIT_S = 60.0
GROWTH_KB = 50 * 1024
SHOWN_AT = (1_000, 10_000, 50_000, 100_000)
WORDS = ("printer", "vpn", "password", "outlook", "slow", "screen", "电脑", "网络", "打不开", "账号", "mouse", "ERP")


def main(size: int | None, seed: str) -> None:
    """`size` old mails (100,000) in the INBOX before the first start; rate, memory, and how long new mail waits."""
    total, dice = size or SIZE, random.Random(seed)
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        dovecot = stack.enter_context(servers.Dovecot(folder / "dovecot", {SUPPORT: "pw"}))
        sink = stack.enter_context(servers.Sink())
        begun = time.monotonic()
        mails = (small(f"pile{n:06d}", " ".join(dice.choices(WORDS, k=12))) for n in range(total))
        fill_folder(dovecot.folder / "mail" / SUPPORT / "Maildir", mails)
        # The first SELECT of so many files is Dovecot's own work.
        dovecot.count(SUPPORT)
        print(f"seed {seed}: {total} mails filled in {time.monotonic() - begun:.0f} s", flush=True)
        rounds = Rounds(folder / "desk", dovecot, sink)
        tables = json.loads(rounds.config.read_text())
        # As shipped: of a pile an agent hears of 60 mails in ten minutes, and of the rest in one summary.
        tables["budgets"]["notices_per_10_minutes"] = 60
        rounds.config.write_text(json.dumps(tables))
        stack.callback(rounds.close)
        _watch(rounds, total)


def _watch(rounds: Rounds, total: int) -> None:
    over, sent = threading.Event(), dict[str, float]()

    def write() -> None:
        for n in itertools.count():
            if over.wait(EVERY_S if n else 3.0):
                return
            rounds.dovecot.deliver(SUPPORT, mail(f"new{n:05d}"))
            sent[f"u-new{n:05d}@corp.example"] = time.monotonic()

    writer = threading.Thread(target=write)
    rounds.start()
    assert rounds.process is not None
    begun = time.monotonic()
    writer.start()
    figures: list[int] = []
    marks = marks_of(total)
    with looking(rounds.url) as engine:
        while True:
            ((done,),) = ask(engine, "SELECT count(*) FROM inbound WHERE pile AND state = 'done'")
            while marks and done >= marks[0]:
                marks.pop(0)
                took = time.monotonic() - begun
                daemon = resident_kb(rounds.process.pid)
                workers = [resident_kb(child) for child in children(rounds.process.pid)]
                ((there,),) = ask(engine, "SELECT count(*) FROM inbound")
                figures.append(daemon)
                print(
                    f"{done} decided, {there} fetched after {took:.0f} s ({done / took:.0f}/s):"
                    f" daemon {daemon // 1024} MB and {cpu_s(rounds.process.pid):.0f} s of CPU,"
                    f" worker {max(workers, default=0) // 1024} MB",
                    flush=True,
                )
            if done >= total:
                break
            assert rounds.process.poll() is None, rounds.tail()
            time.sleep(1)
        over.set()
        writer.join()
        last = max(sent, default="")
        rounds.sink.wait_for(lambda mails: any(last in each.recipients for each in mails), WAIT_S)
        assert ask(engine, "SELECT count(*) FROM ticket") == [(total + len(sent),)]
        assert ask(engine, "SELECT count(*) FROM outbox WHERE recipient LIKE 'u-pile%'") == [(0,)]
    came = {each.recipients[0]: each.at for each in reversed(rounds.sink.mails)}
    waits = sorted(came[address] - at for address, at in sent.items())
    print(
        f"{len(waits)} new mails meanwhile waited {waits[len(waits) // 2]:.1f} s in the middle, {waits[-1]:.1f} s at"
        f" most; memory grew by {(figures[-1] - figures[0]) // 1024} MB"
    )
    assert waits[-1] <= WAIT_S
    assert figures[-1] - figures[0] <= GROWTH_KB


def marks_of(total: int) -> list[int]:
    """The numbers of decided mails at which the figures are shown."""
    return sorted({*(mark for mark in SHOWN_AT if mark < total), total})
