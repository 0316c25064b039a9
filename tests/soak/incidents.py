"""Mass incidents: simulated days are found out, and five hundred reporters are told one by one on both databases.

`size` is the number of days.
"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from bench.incidents import run
from maild import desk
from maild.store import migrate
from maild.store.engine import open_engine
from tests import servers
from tests.integration.test_incidents import tell_all
from tests.stories.stage import settings_for

DAYS, REPORTERS = 20, 500
# Where a desk's everyday reports say the same as an incident's, statistics cannot tell them apart (docs/why.md).
GOOD_SHARE, FALSE_A_DAY = 0.8, 1


def main(size: int | None, seed: str) -> None:
    days = size or DAYS
    dice = random.Random(seed)
    figures = [run(dice.randrange(10**6), 2000, None) for _ in range(days)]
    good = sum(each.good for each in figures)
    print(f"{good} of {days} days good; false proposals {[len(each.false) for each in figures]}", flush=True)
    assert good >= GOOD_SHARE * days, [each.delays for each in figures if not each.good]
    assert sum(len(each.false) for each in figures) <= FALSE_A_DAY * days
    with tempfile.TemporaryDirectory() as folder, servers.Postgres() as postgres:
        for url in (f"sqlite:///{Path(folder) / 'desk.db'}", postgres.database()):
            engine = open_engine(url)
            migrate.upgrade(engine)
            settings = settings_for({}, daemon={"state_dir": folder})
            tell_all(engine, desk.writer(settings, desk.tokens(settings)), REPORTERS)
            engine.dispose()
            print(f"{REPORTERS} reporters told on {engine.dialect.name}", flush=True)
