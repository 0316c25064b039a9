"""`python -m tests.promises`: write into docs/promises.md which tests show each promise; they say so in their names."""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "promises.md"
# F01…F23 are faults, G1…G9 promises, C1… complaints about other systems.
IDS = (
    *(f"F{n:02d}" for n in range(1, 24)),
    *(f"G{n}" for n in range(1, 10)),
    *(f"C{n}" for n in (*range(1, 9), 15, 19, 20)),
)
_ROW = re.compile(r"^\| ([FGC]\d+) \| (.+?) \|(.*)\|$")
_NAME = re.compile(r"test_([fgc]\d+)_(\w+)")
_ALSO = re.compile(r"\bAlso ((?:[FGC]\d+, )*[FGC]\d+)\.")


@dataclass(frozen=True)
class Shown:
    """A test that shows something: the ids of its name and docstring, where it stands, and its sentence."""

    ids: tuple[str, ...]
    path: Path
    sentence: str


def tests() -> Iterator[Shown]:
    """Every test whose name begins with an id."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and (named := _NAME.fullmatch(node.name)):
                also = _ALSO.search(ast.get_docstring(node) or "")
                ids = (named[1].upper(), *(also[1].split(", ") if also else ()))
                yield Shown(ids, path, named[2].replace("_", " "))


def by_id() -> dict[str, list[Shown]]:
    found = defaultdict(list)
    for each in tests():
        for one in each.ids:
            found[one].append(each)
    return dict(found)


def written(page: str) -> str:
    """The page with its third column made anew."""
    shown = by_id()
    lines = []
    for line in page.split("\n"):
        row = _ROW.fullmatch(line)
        if row:
            cell = "<br>".join(_cell(each) for each in shown.get(row[1], ()))
            line = f"| {row[1]} | {row[2]} | {cell} |" if cell else f"| {row[1]} | {row[2]} | |"
        lines.append(line)
    return "\n".join(lines)


def _cell(each: Shown) -> str:
    return f"{each.sentence} ([{each.path.stem}](../{each.path.relative_to(ROOT).as_posix()}))"


def rows(page: str) -> list[str]:
    """The ids that have a row, in order."""
    return [row[1] for line in page.split("\n") if (row := _ROW.fullmatch(line))]


def main() -> int:
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
    missing = [one for one in IDS if one not in by_id()]
    print("every promise has its test" if not missing else f"without a test: {' '.join(missing)}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
