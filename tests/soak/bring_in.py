"""Import an mbox of SIZE mails (50,000), killed again and again, beside nothing else: each mail once, memory flat."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.desks import ask, looking, mail
from tests.office import ROOT, Desk

KILLS = 12
# The process itself takes about 75 MB; a batch has 8 MB at most.
MOST_MB = 160


def main(size: int | None, seed: str) -> None:
    """Raises AssertionError if a mail is missing or there twice, or memory grew with the file."""
    count, dice = size or 50_000, random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="maild-import-") as folder:
        office = Desk(Path(folder))
        office.told("db", "upgrade")
        file = Path(folder) / "old.mbox"
        with file.open("wb") as out:
            for n in range(count):
                raw = mail(f"s{n:06d}", body=("y" * 75 + "\n") * dice.choice((5, 20, 500, 1500)))
                out.write(b"From a@corp.example Mon Jan  5 10:00:00 2026\n" + raw.replace(b"\r\n", b"\n") + b"\n")
        megabytes = file.stat().st_size / 1e6
        command = [sys.executable, "-m", "maild", "import", str(file)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "MAILD_CONFIG": str(office.file)}
        begun, killed = time.monotonic(), 0
        with looking(office.settings.database.url) as engine:

            def there() -> int:
                return int(ask(engine, "SELECT count(*) FROM inbound")[0][0])

            while killed < KILLS:
                process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
                try:
                    process.wait(dice.uniform(1.0, 8.0))
                    break
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    killed += 1
            print(
                f"{killed} kills, {there()} of {count} mails there after {time.monotonic() - begun:.0f} s", flush=True
            )
            said = subprocess.run(command, env=environment, check=True, capture_output=True).stdout.decode()
            print(said.splitlines()[-1])
            again = time.monotonic()
            said = subprocess.run(command, env=environment, check=True, capture_output=True).stdout.decode()
            print(f"once more, {time.monotonic() - again:.1f} s: {said.splitlines()[-1]}")
            assert f"0 new, {count} known already" in said
            ids = [row[0] for row in ask(engine, "SELECT message_id FROM inbound ORDER BY id")]
            assert ids == [f"<s{n:06d}@corp.example>" for n in range(count)], "a mail is missing or there twice"
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"{count} mails, {megabytes:.0f} MB, seed {seed}: {killed} kills, 0 lost, 0 twice, at most {most:.0f} MB")
        assert most < MOST_MB, most
