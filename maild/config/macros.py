"""Texts that agents send by name (`#use vpn`): the shipped ones, and a site's own laid over them file by file."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from maild.data import data_dir

# NAME.zh.txt or NAME.en.txt. A name is what an agent types behind #use: never a path.
_FILE = re.compile(r"([\w\u4e00-\u9fff-]{1,40})\.(zh|en)\.txt", re.ASCII | re.IGNORECASE)
_LANGUAGES = {"zh": "zh-CN", "en": "en"}
_CHARS = 20_000


def read_macros(folder: str, mistakes: list[str]) -> Mapping[str, Mapping[str, str]]:
    """The texts by name in lower case and language code; what is wrong with the site's folder goes to `mistakes`."""
    found: dict[str, dict[str, str]] = {}
    _read(data_dir() / "templates" / "macros", found, mistakes)
    if folder:
        own = Path(folder)
        if own.is_dir():
            _read(own, found, mistakes)
        else:
            mistakes.append(f"macros.dir: there is no folder {folder}; make it, or write an empty text")
    return MappingProxyType({name: MappingProxyType(texts) for name, texts in found.items()})


def _read(folder: Path, found: dict[str, dict[str, str]], mistakes: list[str]) -> None:
    for path in sorted(folder.glob("*.txt")):
        named = _FILE.fullmatch(path.name)
        if named is None:
            mistakes.append(f"macros.dir: {path} is called neither NAME.zh.txt nor NAME.en.txt; rename it")
            continue
        try:
            text = path.read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            mistakes.append(f"macros.dir: {path} cannot be read as UTF-8 text: {error}")
            continue
        if not text or len(text) > _CHARS:
            mistakes.append(f"macros.dir: {path} must hold between 1 and {_CHARS:,} characters, and has {len(text):,}")
            continue
        found.setdefault(named[1].lower(), {})[_LANGUAGES[named[2].lower()]] = text
