"""`python -m bench.reading [ROUNDS]`: what reading a mail costs, and what of that is mail-parser's tree.

The same mails go all ways in one run, turn about, so that a busy machine troubles all alike: the bare `email` package,
mail-parser as it comes, maild's use of it for the structure, and the whole reading. Ratios count, not microseconds.
"""

import email
import statistics
import sys
import time
from collections.abc import Callable

import mailparser  # type: ignore[import-untyped]  # the library ships no types

from bench.mails import mails
from maild.ingest.parse import parse
from maild.ingest.prescan import prescan
from maild.ingest.read import read

COUNT = 200
ROUNDS = 5


def main(arguments: list[str]) -> None:
    rounds = int(arguments[0]) if arguments else ROUNDS
    mix = [made.raw for made in mails(COUNT)]
    groups = {
        "text and HTML, up to 5 kB": [raw for raw in mix if len(raw) < 5_000],
        "with a screenshot": [raw for raw in mix if len(raw) > 50_000],
        "all": mix,
    }
    ways: dict[str, Callable[[bytes], object]] = {
        "email package alone": email.message_from_bytes,
        "mail-parser as it comes": mailparser.parse_from_bytes,
        "structure (mail-parser, ours)": parse,
        "prescan": prescan,
        "the whole reading": read,
    }
    for name, group in groups.items():
        size = sum(map(len, group)) / len(group)
        print(f"{name}: {len(group)} mails of {size:,.0f} bytes on average")
        found: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, call in ways.items():
                started = time.process_time()
                for raw in group:
                    call(raw)
                found[way].append((time.process_time() - started) / len(group))
        bare = statistics.median(found["email package alone"])
        for way, times in found.items():
            median = statistics.median(times)
            print(f"  {way:32} {median * 1e6:9,.0f} µs a mail   {median / bare:5.2f} × the bare package")


if __name__ == "__main__":
    main(sys.argv[1:])
