"""How fast the desk learns categories: `python -m bench.learning FILE.jsonl [--source NAME]… [--orders N] [--odd]`.

Each line of the file is an object with `id`, `subject`, `body`, `lang`, `label` and `source`. The rows are taken in
many random orders; of each, a sixth is asked about and the others teach, the first 10, 25, 50 … of them. "used" is what
the desk would go by: what was learned where cross-validation on the taught rows alone lets it take over, else the
rules. `--odd`: asked about are only rows whose sha1(id) is odd, which the shipped rules were not written on; twice, it
holds for the rows that teach too, so that the rules look no better there than they are.
"""

import argparse
import json
import random
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path
from typing import TypeVar

from maild.config import load
from maild.model import Learned
from maild.workflow.learn import Example, judge, words_of
from maild.workflow.triage import OTHER, OUT_OF_SCOPE, leaning, rule
from maild.workflow.trial import taken_over, try_out

SIZES = (0, 5, 10, 25, 50, 100, 150, 200, 350, 420)
FOLDS = 6
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    example: Example
    odd: bool


@dataclass(slots=True)
class Count:
    """Mails put right, of `asked`; in how many of the `tried` trainings the model took over; and CPU seconds."""

    asked: int = 0
    rules: int = 0
    learned: int = 0
    used: int = 0
    tried: int = 0
    took_over: int = 0
    seconds: float = 0.0


def rows_of(path: Path, sources: Sequence[str]) -> list[Row]:
    policy = load(None).policy
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if sources and row["source"] not in sources:
            continue
        ruled = rule(row["subject"], row["body"], row["lang"], policy)
        example = Example(
            words_of(row["subject"], row["body"]), leaning(ruled, policy), _one_other(row["label"]), row["id"]
        )
        rows.append(Row(example, sha1(row["id"].encode()).digest()[-1] % 2 == 1))
    return rows


def _one_other(category: str) -> str:
    """The labelled sets know one class for what is not IT's and what is nothing else."""
    return OTHER if category == OUT_OF_SCOPE else category


def finish(work: Generator[None, None, T]) -> T:
    while True:
        try:
            next(work)
        except StopIteration as end:
            given: T = end.value
            return given


def right(model: Learned | None, asked: Sequence[Row]) -> int:
    """How many of the rows a model (None: the rules) puts into the right category."""
    said = (
        each.example.leaning.ruled
        if model is None
        else judge(model, each.example.words, each.example.leaning, OUT_OF_SCOPE).category
        for each in asked
    )
    return sum(_one_other(category) == each.example.label for category, each in zip(said, asked, strict=True))


def curve(rows: Sequence[Row], orders: int, odd: int) -> dict[int, Count]:
    least, margin = load(None).policy.learning.least, load(None).policy.learning.margin
    counts = {size: Count() for size in SIZES}
    for order in range(orders):
        shuffled = list(rows)
        random.Random(order).shuffle(shuffled)
        asked_about = [row for row in shuffled if row.odd or not odd]
        for fold in range(FOLDS):
            asked = asked_about[fold::FOLDS]
            hidden = {id(row) for row in asked}
            teaching = [row for row in shuffled if id(row) not in hidden and (row.odd or odd < 2)]
            for size in SIZES:
                if size > len(teaching):
                    continue
                begun = time.process_time()
                model, figures = finish(try_out([row.example for row in teaching[:size]], OUT_OF_SCOPE))
                count = counts[size]
                count.seconds += time.process_time() - begun
                over, _ = taken_over(figures, size >= least, margin, False)
                learned, rules = right(model, asked), right(None, asked)
                count.asked += len(asked)
                count.rules += rules
                count.learned += learned
                count.used += learned if over else rules
                count.tried += 1
                count.took_over += over
    return {size: count for size, count in counts.items() if count.asked}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("file", type=Path)
    parser.add_argument("--source", action="append", default=[])
    parser.add_argument("--orders", type=int, default=5)
    parser.add_argument("--odd", action="count", default=0)
    options = parser.parse_args()
    rows = rows_of(options.file, options.source)
    print(f"{len(rows)} rows, {options.orders} orders × {FOLDS} parts")
    print("tickets   rules   learned   used   takes over   CPU s a training, with its trial")
    for size, count in curve(rows, options.orders, options.odd).items():
        rules, learned, used = (value / count.asked for value in (count.rules, count.learned, count.used))
        print(
            f"{size:7}   {rules:5.3f}   {learned:7.3f}   {used:5.3f}   {count.took_over / count.tried:9.0%}"
            f"   {count.seconds / count.tried:.2f}"
        )


if __name__ == "__main__":
    main()
