"""`python -m tests.pages`: write into docs/ what is read from the source.

docs/promises.md: which tests show each promise; they say so in their names. docs/internals.md: in which function each
place stands where the tests kill the daemon. docs/lifecycle.md: the table of states and events, with its diagram.
docs/agent.md: the commands.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import agent_page, lifecycle_page

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "promises.md"
INTERNALS = ROOT / "docs" / "internals.md"
STORIES = ROOT / "tests" / "stories" / "README.md"
PACKAGE = ROOT / "maild"
# F01…F23 are faults, G1…G9 promises, C1… complaints about other systems.
IDS = (
    *(f"F{n:02d}" for n in range(1, 24)),
    *(f"G{n}" for n in range(1, 10)),
    *(f"C{n}" for n in (*range(1, 9), 15, 19, 20)),
)
_ROW = re.compile(r"^\| ([FGC]\d+) \| (.+?) \|(.*)\|$")
# A…: attacks, whose tests may show a promise besides.
_NAME = re.compile(r"test_([afgc])(\d+)_(\w+)")
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
                own = {"a": (), "f": (f"F{int(named[2]):02d}",)}.get(named[1], (f"{named[1].upper()}{int(named[2])}",))
                ids = (*own, *(also[1].split(", ") if also else ()))
                yield Shown(ids, path, named[3].replace("_", " "))


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


# ── docs/internals.md ────────────────────────────────────────────────────────────────────────────────────────────────

_ARROW = re.compile(r"^\| (.+?) \| (.*?) \| `([a-z-]+)` \| (.+) \|$")


def places() -> dict[str, list[tuple[str, str]]]:
    """Name of each place → (file, function) where `failpoint.reach` stands, in the order of the source."""
    found = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        for function, node in _calls(ast.parse(path.read_text("utf-8")), ""):
            if ast.unparse(node.func) == "failpoint.reach" and isinstance(node.args[0], ast.Constant):
                found[str(node.args[0].value)].append((path.relative_to(PACKAGE).as_posix(), function))
    return dict(found)


def _calls(node: ast.AST, inside: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the name of the function that it stands in, as `Class.method`."""
    for child in ast.iter_child_nodes(node):
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        name = f"{inside}.{child.name}".lstrip(".") if named else inside  # type: ignore[attr-defined]  # see `named`
        if isinstance(child, ast.Call):
            yield name, child
        yield from _calls(child, name)


def places_written(page: str) -> str:
    """docs/internals.md with the lines of code of each place made anew."""
    known = places()
    lines = []
    for line in page.split("\n"):
        row = _ARROW.fullmatch(line)
        if row and row[3] in known:
            where = ", ".join(f"`{file}` `{function}`" for file, function in dict.fromkeys(known[row[3]]))
            line = f"| {row[1]} | {where} | `{row[3]}` | {row[4]} |"
        lines.append(line)
    return "\n".join(lines)


def places_named(page: str) -> list[str]:
    """The places that have a row."""
    return [row[3] for line in page.split("\n") if (row := _ARROW.fullmatch(line))]


def states(page: str, table: str) -> set[str]:
    """The states that the page's table of that name (`inbound`, `outbox`) has rows for."""
    return {row[1] for line in _table(page, table) if (row := re.match(r"\| \*([a-z]+)\*", line))}


def moves(page: str, table: str) -> set[str]:
    """The statements that the page says move a row of this table."""
    return set(re.findall(r"`(?:ledger|ledger_waits|outbox)\.(\w+)`", "\n".join(_table(page, f"{table} moves"))))


def _table(page: str, name: str) -> list[str]:
    """The lines of the table behind `<!-- name -->`."""
    lines = page.partition(f"<!-- {name} -->\n")[2].lstrip("\n").split("\n")
    return lines[: next((n for n, line in enumerate(lines) if not line.startswith("|")), len(lines))]


def moving(module: Path) -> dict[str, set[str]]:
    """Functions of a store module that write a row's state → the states that they name."""
    tree = ast.parse(module.read_text("utf-8"))
    found: dict[str, set[str]] = {}
    shared: dict[str, set[str]] = {}
    for node in tree.body:
        written = _states_written(node)
        if written is None and not isinstance(node, ast.FunctionDef):
            continue
        if isinstance(node, ast.Assign):
            shared[ast.unparse(node.targets[0])] = written or set()
        elif isinstance(node, ast.FunctionDef):
            used = [shared[each.id] for each in ast.walk(node) if isinstance(each, ast.Name) and each.id in shared]
            if written is not None or used:
                found[node.name] = (written or set()).union(*used)
    return found


def _states_written(node: ast.AST) -> set[str] | None:
    """The states that `.values(state=…)` or {"state": …} in it name; None if it has no such thing."""
    values: list[ast.AST] = []
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr == "values":
            values += [word.value for word in each.keywords if word.arg == "state"]
        if isinstance(each, ast.Dict):
            keys = [key.value if isinstance(key, ast.Constant) else "" for key in each.keys]
            values += [value for key, value in zip(keys, each.values, strict=True) if key == "state"]
    if not values:
        return None
    return {str(value.value) for value in values if isinstance(value, ast.Constant)}


def stories_written(page: str) -> str:
    """The page of the stories with the list of all of them made anew from their titles."""
    scripts = sorted(STORIES.parent.glob("*/story.txt"))
    told = [f"- `{each.parent.name}`: {each.read_text('utf-8').splitlines()[0].lstrip('# ')}" for each in scripts]
    head, mark, _ = page.partition("## What is told\n")
    return head + mark + "\n" + "\n".join(told) + "\n"


def main() -> int:
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
    INTERNALS.write_text(places_written(INTERNALS.read_text("utf-8")), "utf-8")
    lifecycle_page.PAGE.write_text(lifecycle_page.written(), "utf-8")
    agent_page.PAGE.write_text(agent_page.written(agent_page.PAGE.read_text("utf-8")), "utf-8")
    STORIES.write_text(stories_written(STORIES.read_text("utf-8")), "utf-8")
    missing = [one for one in IDS if one not in by_id()]
    print("every promise has its test" if not missing else f"without a test: {' '.join(missing)}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
