"""The mistakes of config.toml in plain words, with a remedy."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from maild.config import sections as s
from maild.config.directory import DIRECTORY_TABLES

# Tables inside a section, by their key.
_BELOW: Mapping[object, type[s.Section]] = {"oauth": s.OAuthSection, **DIRECTORY_TABLES}
_TWICE = re.compile(r"Cannot declare \(([^()]{1,200})\) twice")
_OF_SECRETS = re.compile(r"password|key_from|secret|token_from")
_QUOTED = re.compile(r"'([^']{1,100})'")


def toml_words(error: tomllib.TOMLDecodeError) -> str:
    """The error in TOML's own writing: a section is [desk], not ('desk',)."""
    return _TWICE.sub(lambda found: f"[{'.'.join(re.findall(_QUOTED, found[1]))}] stands there twice", str(error))


def plain(item: Any, kind: type[BaseModel]) -> str:
    """One pydantic error as a sentence with a remedy."""
    key, error = str(item["loc"][-1]) if item["loc"] else "", str(item["type"])
    if error == "extra_forbidden":
        within = [_BELOW[part] for part in item["loc"][:-1] if part in _BELOW]
        below = within[-1] if within else kind
        return f"is no setting{did_you_mean(key, below.model_fields)}"
    if error == "missing":
        return "is missing, and has no default"
    if error in ("too_short", "tuple_type"):
        return 'must be a list with at least one entry, like ["…"]' if error == "too_short" else 'must be a list: ["…"]'
    context = item.get("ctx", {})
    text = next(
        (words.format(**context) for start, words in _SAYINGS if error.startswith(start)),
        str(item["msg"]).removeprefix("Value error, "),
    )
    if error == "literal_error":
        text = f"must be one of {str(context['expected']).replace(' or ', ', ')}"
    given = item.get("input")
    # What stands where the place of a secret should stand may be the secret itself.
    private = any(isinstance(part, str) and _OF_SECRETS.search(part) for part in item["loc"])
    if private or not isinstance(given, str | int | float | bool) or repr(given) in text:
        return text
    return f"{text} (here: {str(given).lower() if isinstance(given, bool) else repr(given)})"


# The beginning of pydantic's name of an error, and what we say for it; the first that fits.
_SAYINGS = (
    ("int_", "must be a whole number"),
    ("float_", "must be a number"),
    ("finite_", "must be a number"),
    ("string_type", "must be text in quotes"),
    ("bool_", "must be true or false"),
    ("date_", "is no day; write it like 2026-12-24"),
    ("greater_than_equal", "must be at least {ge}"),
    ("greater_than", "must be more than {gt}"),
    ("less_than_equal", "must be at most {le}"),
    ("less_than", "must be less than {lt}"),
    ("model_", "must be a table, with its name in brackets and a line for each key"),
)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The known word that is most like this one, as the end of a sentence."""
    near = difflib.get_close_matches(word, list(known), 1, 0.6)
    return f"; did you mean {near[0]}?" if near else "; config.toml lists all settings"
