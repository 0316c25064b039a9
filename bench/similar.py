"""`python -m bench.similar FOLDER`: how often the notice shows a relevant solved ticket, and what a query costs.

FOLDER holds topic8_visible.jsonl, classify_visible.jsonl and classify_composed_zh.jsonl (one JSON object a line: id,
lang, subject, body); none of it is committed. Which tickets are relevant to which report stands in similar_judged.txt,
by id; docs/why.md says how it was judged. Each desk has 2,000 solved tickets: the English one the first 2,000 of topic8
by the hash of their id, the Chinese one all Chinese rows and English ones to fill it up. A report never finds itself.
"""

import hashlib
import json
import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from maild.model import Solved
from maild.workflow.similar import SHOWN, Experience, Index

DESK_SIZE = 2000
_SUBJECT_CHARS = 60
_JUDGED = Path(__file__).with_name("similar_judged.txt")

Row = Mapping[str, Any]
# Gives the ids of the tickets that it would show for a report, best first.
Way = Callable[[Row], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the reports with a relevant solved ticket: how many showed one among the first three, and as the first. Of
    those without: for how many nothing was shown. And how many of all tickets shown were relevant."""

    cases: int
    among: int
    first: int
    without: int
    silent: int
    shown: int
    relevant: int

    def __str__(self) -> str:
        among, first, right = self.among / self.cases, self.first / self.cases, self.relevant / max(self.shown, 1)
        return (
            f"{among:4.0%} of {self.cases} among the first three, {first:4.0%} first;"
            f" silent in {self.silent} of {self.without} without; {right:4.0%} of what is shown is relevant"
        )


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0])
    rows = {row["id"]: row for name in _FILES for row in _read(folder / name)}
    for language in ("zh", "en"):
        documents = _desk(rows, language)
        index, numbers = _index(documents)
        ways: dict[str, Way] = {
            "maild": partial(_ours, index, numbers),
            "the newest three": partial(_newest, documents),
            "any three": partial(_any, documents),
        }
        print(f"{language}: {len(documents):,} solved tickets")
        for part in ("first", "second"):
            judged = dict(_judged(f"{language} {part}"))
            for name, way in ways.items():
                print(f"  {part:6} {name:17} {_figures(judged, rows, way)}")
        _cost(
            documents, index, [rows[each] for part in ("first", "second") for each, _ in _judged(f"{language} {part}")]
        )


_FILES = ("topic8_visible.jsonl", "classify_visible.jsonl", "classify_composed_zh.jsonl")


def _read(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _judged(section: str) -> Iterator[tuple[str, frozenset[str]]]:
    """(report, relevant tickets) of one section of the file."""
    at = ""
    for line in _JUDGED.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            at = line.strip("[]")
        elif at == section and not line.startswith("#"):
            report, _, relevant = line.partition(":")
            yield report, frozenset(relevant.split())


def _hash(row: Row) -> int:
    return int(hashlib.sha1(row["id"].encode(), usedforsecurity=False).hexdigest(), 16)


def _desk(rows: Mapping[str, Row], language: str) -> list[Row]:
    english = sorted((row for row in rows.values() if row["source"] == "kaggle_topic8"), key=_hash)
    chinese = [row for row in rows.values() if row["lang"] == "zh"] if language == "zh" else []
    return chinese + english[: DESK_SIZE - len(chinese)]


def _parts(row: Row) -> tuple[str, str]:
    """Subject and text; a row without a subject begins with it, as its source tells."""
    subject, body = str(row["subject"]), str(row["body"])
    if not subject:
        subject = body[:_SUBJECT_CHARS]
        if row["lang"] == "en":
            subject = subject.rpartition(" ")[0]
    return " ".join(subject.split()), body


def _index(documents: Sequence[Row]) -> tuple[Index, dict[str, int]]:
    index, numbers = Index(), {}
    for number, row in enumerate(documents, 1):
        subject, body = _parts(row)
        index.put(Experience(Solved(number, subject), body, ""))
        numbers[str(row["id"])] = number
    return index, numbers


def _ours(index: Index, numbers: Mapping[str, int], row: Row) -> list[str]:
    names = {number: name for name, number in numbers.items()}
    own = numbers.get(row["id"])
    found = index.search("\n".join(_parts(row)), lambda solved: solved.ticket != own, SHOWN)
    return [names[each.ticket] for each in found]


def _newest(documents: Sequence[Row], row: Row) -> list[str]:
    return [each["id"] for each in documents[-SHOWN:]]


def _any(documents: Sequence[Row], row: Row) -> list[str]:
    return [each["id"] for each in random.Random(row["id"]).sample(documents, SHOWN)]


def _figures(judged: Mapping[str, frozenset[str]], rows: Mapping[str, Row], way: Way) -> Figures:
    among = first = silent = shown = relevant = 0
    for name, wanted in judged.items():
        found = way(rows[name])
        hits = [each in wanted for each in found]
        shown, relevant = shown + len(hits), relevant + sum(hits)
        among += any(hits)
        first += bool(hits) and hits[0]
        silent += not wanted and not found
    cases = sum(map(bool, judged.values()))
    return Figures(cases, among, first, len(judged) - cases, silent, shown, relevant)


def _cost(documents: Sequence[Row], index: Index, reports: Sequence[Row]) -> None:
    """Time of a query against that of a look at every title, and what the index holds in memory."""
    texts = ["\n".join(_parts(row)) for row in reports]
    titles = [frozenset(_parts(row)[0].lower().split()) for row in documents]
    ours, plain = [], []
    for text in texts:
        started = time.process_time_ns()
        index.search(text)
        ours.append(time.process_time_ns() - started)
        started = time.process_time_ns()
        words = frozenset(text.lower().split())
        sorted((len(words & title), at) for at, title in enumerate(titles))
        plain.append(time.process_time_ns() - started)
    tracemalloc.start()
    began = time.process_time()
    kept = _index(documents)
    seconds, memory = time.process_time() - began, tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    slowest = max(ours) / 1000
    print(
        f"  a query: median {statistics.median(ours) / 1000:,.0f} µs, slowest {slowest:,.0f} µs"
        f" ({statistics.median(ours) / statistics.median(plain):.2f} × comparing every title);"
        f" index of {len(kept[0]):,}: {memory / 1e6:.1f} MB, built in {seconds:.1f} s under the memory meter"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
