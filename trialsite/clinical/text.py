"""Texts in the two languages of the trials."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """One text in English and in Simplified Chinese."""

    en: str
    zh: str

    def __str__(self) -> str:
        return self.en

    def in_language(self, language: str) -> str:
        """The text for a language code such as `en` or `zh-hans`; English for any other language."""
        return self.zh if language.lower().startswith("zh") else self.en
