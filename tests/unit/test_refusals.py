"""Every refusal of a command is told in both languages, and names what can be done instead."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from maild.workflow import lifecycle

WORKFLOW = Path(__file__).parents[2] / "maild" / "workflow"
# How a remedy is worded: a command or where to look, something to write, to choose, to ask somebody; or that there is
# nothing left to do.
REMEDY = re.compile(
    r"#[a-z]|there are:|\bwrite\b|\bname\b|\bask\b|\bdo it on\b|leave it out|stands in the subject|it has:"
    r"|own words|\bso (?:there is )?nothing\b|send them|set it right|stays with its own people|must stand above",
    re.IGNORECASE,
)
REMEDY_IN_CHINESE = re.compile(r"#|请|现有：|可用：|可以写：|无需|可回复|编号见|不能交给组外人员|要写在|更正")


def _text(node: ast.expr) -> str:
    """A text of the source, with … where it is filled in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return ""


def _words(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Words"
        if called and isinstance(node, ast.Call) and len(node.args) == 2 and any(map(_text, node.args)):
            yield _text(node.args[0]), _text(node.args[1])


def refusals() -> dict[tuple[str, str], str]:
    """(English, Chinese) of all that `Refused` is raised with, by itself or by the name of a constant, and where."""
    found: dict[tuple[str, str], str] = {}
    for path in sorted(WORKFLOW.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused"):
                continue
            for words in _words(node):
                found[words] = path.name
            for name in (each.id for each in ast.walk(node) if isinstance(each, ast.Name) and each.id in constants):
                value = constants[name]
                if isinstance(value, ast.Call):
                    for words in _words(value):
                        found[words] = path.name
    for row in lifecycle.ROWS:
        if row.why.en:
            found[row.why.en, row.why.zh] = "lifecycle.py"
    return found


REFUSALS = refusals()


def test_the_refusals_are_found() -> None:
    assert len(REFUSALS) > 50
    assert len(set(REFUSALS.values())) > 12


@pytest.mark.parametrize("words", sorted(REFUSALS), ids=[" ".join(en.split()[:6]) for en, _ in sorted(REFUSALS)])
def test_every_refusal_names_a_remedy_in_both_languages(words: tuple[str, str]) -> None:
    english, chinese = words
    assert REMEDY.search(english), f"{REFUSALS[words]}: {english!r} leaves the agent alone"
    assert re.search(r"[\u4e00-\u9fff]", chinese), f"{REFUSALS[words]}: {english!r} has no Chinese"
    assert REMEDY_IN_CHINESE.search(chinese), f"{REFUSALS[words]}: {chinese!r} leaves the agent alone"
    assert english.strip()[-1:] not in ".!", "it stands in a line of a transcript"
