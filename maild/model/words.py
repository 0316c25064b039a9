"""A short text in both languages of the desk."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence for people, in English and Chinese; `for_(language)` chooses.

    A decision is taken before it is known who will read its reason, so a reason carries both languages.
    """

    en: str
    zh: str

    def for_(self, language: str) -> str:
        """The text for an RFC 5646 language tag: Chinese for any `zh…`, English for every other."""
        return self.zh if language.lower().startswith("zh") else self.en

    def __bool__(self) -> bool:
        return bool(self.en or self.zh)
