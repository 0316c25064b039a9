"""The rules of triage as config.toml states them, a site's own laid over the shipped ones, made into nouns."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_args

from maild.data import data_dir
from maild.model import Category, Keyword, SystemName, Topic, Words
from maild.model.ticket import FIELD_NAMES, Impact, Level, Priority


@dataclass(frozen=True, slots=True)
class TriageTables:
    """What `Policy` needs for triage; each part has the type of the Policy field of the same name."""

    categories: Mapping[str, Category]
    topics: tuple[Topic, ...]
    urgency_words: Mapping[Level, tuple[str, ...]]
    impact_words: Mapping[Impact, tuple[str, ...]]
    matrix: Mapping[tuple[Level, Impact], Priority]
    systems: tuple[SystemName, ...]


RULE_TABLES = ("categories", "topics", "urgency_words", "impact_words", "matrix", "systems")
"""The tables of config.toml that are rules; every other one is a section of settings."""


@lru_cache(maxsize=1)
def shipped_tables() -> Mapping[str, Any]:
    """The rule tables of the shipped config.toml."""
    tables = tomllib.loads((data_dir() / "config.toml").read_text(encoding="utf-8"))
    return {name: tables[name] for name in RULE_TABLES if name in tables}


def overlaid(shipped: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The shipped tables with a site's over them: a category by its fields and its keywords word by word, every other
    table as a whole. Raises ValueError for a table of the wrong shape."""
    merged = {**shipped, **own}
    if "categories" not in own:
        return merged
    if not isinstance(own["categories"], Mapping):
        raise ValueError("categories: must be tables, [categories.NAME]")
    categories = dict(shipped["categories"])
    for code, table in own["categories"].items():
        if not isinstance(table, Mapping):
            raise ValueError(f"categories.{code}: must be a table, [categories.{code}]")
        before = categories.get(code, {})
        categories[code] = {**before, **table}
        if "keywords" in table and "keywords" in before:
            languages = {**before["keywords"], **table["keywords"]}
            categories[code]["keywords"] = {
                # The later group of a word wins, so the site's own come last.
                language: [
                    *_groups(before["keywords"].get(language, {})),
                    *_groups(table["keywords"].get(language, {})),
                ]
                for language in languages
            }
    merged["categories"] = categories
    return merged


def _groups(words_by_weight: Mapping[str, Sequence[str]]) -> list[tuple[str, Sequence[str]]]:
    return list(words_by_weight.items())


def _keywords(code: str, language: str, table: Any) -> tuple[Keyword, ...]:
    """`{"5" = ["virus", …]}` or the pairs that `overlaid` makes of two such tables → one weight a word."""
    where = f"categories.{code}.keywords.{language}"
    weights: dict[str, float] = {}
    for weight, words in table.items() if isinstance(table, Mapping) else table:
        try:
            number = float(weight)
        except ValueError:
            raise ValueError(f'{where}: {weight!r} is no weight; write a number and its words: 5 = ["virus"]') from None
        if not isinstance(words, Sequence) or isinstance(words, str) or not all(isinstance(w, str) for w in words):
            raise ValueError(f"{where}.{weight}: must be a list of words")
        weights.update((word.casefold(), number) for word in words)
    return tuple(Keyword(word, weight) for word, weight in weights.items())


def build(tables: Mapping[str, Any]) -> TriageTables:
    """The nouns of tables shaped like triage.toml. ValueError names the first key that is wrong, and what it may be."""
    return TriageTables(
        categories={code: _category(code, table) for code, table in tables["categories"].items()},
        topics=tuple(_topic(table) for table in tables.get("topics", ())),
        urgency_words={
            _one_of(level, Level, "urgency_words"): _words(words) for level, words in tables["urgency_words"].items()
        },
        impact_words={
            _one_of(impact, Impact, "impact_words"): _words(words) for impact, words in tables["impact_words"].items()
        },
        matrix=_matrix(tables["matrix"]),
        systems=tuple(SystemName(name, _words(words)) for name, words in tables.get("systems", {}).items()),
    )


def _category(code: str, table: Mapping[str, Any]) -> Category:
    strange = sorted(set(table) - {"title", "team", "required", "hint", "keywords", "restricted", "approval"})
    if strange:
        raise ValueError(f"categories.{code}.{strange[0]}: is no setting; config.toml lists all settings")
    for key in ("title", "team"):
        if key not in table:
            raise ValueError(f"categories.{code}.{key}: is missing, and has no default")
    unknown = [name for name in table.get("required", ()) if name not in FIELD_NAMES]
    if unknown:
        raise ValueError(
            f"categories.{code}.required: no field is called {unknown[0]!r}; use one of {', '.join(FIELD_NAMES)}"
        )
    return Category(
        code=code,
        title=_both(table["title"]),
        team=table["team"],
        required=tuple(table.get("required", ())),
        hint=_both(table.get("hint", {})),
        keywords={language: _keywords(code, language, words) for language, words in table.get("keywords", {}).items()},
        restricted=bool(table.get("restricted", False)),
        approval=_approval(code, table.get("approval", "")),
    )


def _approval(code: str, value: Any) -> str:
    """Who must agree to what a category asks for: "manager", an address, or an empty text for nobody."""
    if value in ("", "manager") or (isinstance(value, str) and re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value)):
        return str(value).lower()
    raise ValueError(
        f'categories.{code}.approval: {value!r} is nobody; write "manager" for the requester\'s manager, or one address'
    )


def _topic(table: Mapping[str, Any]) -> Topic:
    strange = sorted(set(table) - {"code", "words", "guidance", "automatic"})
    missing = [key for key in ("code", "words", "guidance") if key not in table]
    if strange or missing:
        raise ValueError(
            f"topics.{table.get('code', '?')}.{[*strange, *missing][0]}: {'is no setting' if strange else 'is missing'}"
        )
    return Topic(table["code"], _words(table["words"]), _both(table["guidance"]), bool(table.get("automatic", True)))


def _matrix(rows: Mapping[str, Mapping[str, str]]) -> dict[tuple[Level, Impact], Priority]:
    matrix: dict[tuple[Level, Impact], Priority] = {
        (_one_of(level, Level, "matrix"), _one_of(impact, Impact, f"matrix.{level}")): _one_of(
            priority, Priority, f"matrix.{level}.{impact}"
        )
        for level, row in rows.items()
        for impact, priority in row.items()
    }
    for level in get_args(Level):
        for impact in get_args(Impact):
            if (level, impact) not in matrix:
                raise ValueError(f"matrix.{level}.{impact}: missing; set it to one of P1, P2, P3, P4")
    return matrix


def _one_of(value: str, choices: Any, where: str) -> Any:
    if value not in get_args(choices):
        raise ValueError(f"{where}: {value!r} is not known; use one of {', '.join(get_args(choices))}")
    return value


def _words(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(word.casefold() for word in words)


def _both(table: Mapping[str, str]) -> Words:
    return Words(en=table.get("en", ""), zh=table.get("zh", ""))
