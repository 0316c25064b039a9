"""Finding many words in a text in one pass: English by word boundary, Chinese anywhere, the longest one first."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")

_TOKEN = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
# Longer texts are cut: what a mail is about stands at its beginning, and the cost stays bounded.
_LIMIT = 20_000


def normalise(text: str) -> str:
    """NFKC and case folding, curly apostrophes straightened: full-width forms compare like their ASCII ones."""
    text = text[:_LIMIT]
    return (text if text.isascii() else unicodedata.normalize("NFKC", text).replace("’", "'")).casefold()


def _stem(token: str) -> str:
    """The token without a plural s."""
    return token[:-1] if len(token) > 3 and token[-1] == "s" and token[-2] not in "s'" else token


def tokens(text: str) -> list[str]:
    """The English words and numbers of a normalised text, without their plural s."""
    return [_stem(token) for token in _TOKEN.findall(text)]


class WordFinder(Generic[T]):
    """Finds every word of a table in a text, once per place, in time linear to the text.

    A word with any non-ASCII character is looked for as a substring, every other as whole tokens. At each place the
    longest word wins and what it covers is used up, so a longer phrase hides the shorter ones in it.
    """

    __slots__ = ("_by_char", "_by_token")

    def __init__(self, words: Iterable[tuple[str, T]]) -> None:
        self._by_token: dict[str, list[tuple[tuple[str, ...], str, T]]] = {}
        self._by_char: dict[str, list[tuple[str, T]]] = {}
        for word, payload in words:
            word = normalise(word)
            if word.isascii():
                parts = tuple(tokens(word))
                if parts:
                    self._by_token.setdefault(parts[0], []).append((parts, word, payload))
            else:
                self._by_char.setdefault(word[0], []).append((word, payload))
        for phrases in self._by_token.values():
            phrases.sort(key=lambda entry: -len(entry[0]))
        for strings in self._by_char.values():
            strings.sort(key=lambda entry: -len(entry[0]))

    def find(self, text: str) -> list[tuple[str, T]]:
        """Every (word, payload) met in a normalised text: the English ones first, each kind in order of the text."""
        return self._phrases(tokens(text)) + ([] if text.isascii() else self._substrings(text))

    def _phrases(self, words: list[str]) -> list[tuple[str, T]]:
        found: list[tuple[str, T]] = []
        skip_to = 0
        for at, token in enumerate(words):
            if at < skip_to:
                continue
            best = 0
            for parts, word, payload in self._by_token.get(token, ()):
                size = len(parts)
                if size < best:
                    break
                if size == 1 or tuple(words[at : at + size]) == parts:
                    found.append((word, payload))
                    best, skip_to = size, at + size
        return found

    def _substrings(self, text: str) -> list[tuple[str, T]]:
        found: list[tuple[str, T]] = []
        by_char = self._by_char
        skip_to = 0
        for at, char in enumerate(text):
            if at < skip_to or char not in by_char:
                continue
            best = 0
            for word, payload in by_char[char]:
                size = len(word)
                if size < best:
                    break
                if text.startswith(word, at):
                    found.append((word, payload))
                    best, skip_to = size, at + size
        return found
