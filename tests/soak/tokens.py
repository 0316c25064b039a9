"""Four programs on one PostgreSQL share a refresh token that is good once, for SIZE renewals together."""

from __future__ import annotations

import time

from tests import servers
from tests.renewers import share
from tests.token_endpoint import TokenEndpoint

PROGRAMS = 4


def main(size: int | None, seed: str) -> None:
    """Nothing here is drawn by lot: `seed` is printed for the form's sake."""
    turns = max(1, (size or 2000) // PROGRAMS)
    with servers.Postgres() as postgres, TokenEndpoint("desk@corp.example") as endpoint:
        began = time.monotonic()
        faults = share(postgres.database(), endpoint, PROGRAMS, turns, patience_s=3600)
        took = time.monotonic() - began
    print(f"seed {seed}: {len(endpoint.asked)} renewals by {PROGRAMS} programs in {took:.0f} s, lost: {len(faults)}")
    if faults:
        raise SystemExit("\n".join(faults))
