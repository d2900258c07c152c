"""Refusals: an entry or a rule that cannot be accepted, with a sentence that says what would be."""

from __future__ import annotations

from .text import Text


class Refusal(ValueError):
    """An entry that cannot be accepted; its message is a sentence for the person who made it.

    `template` with `params` is the same sentence before filling in, so that a screen can translate
    the template and fill it in its own language (`filled_in`). `code` is stable and fit for an API.
    """

    def __init__(self, code: str, template: str, **params: str | Text) -> None:
        self.code = code
        self.template = template
        self.params = params
        super().__init__(template.format(**params))

    def filled_in(self, template: str, language: str) -> str:
        """The translated template with its params in the same language."""
        words = {
            name: one.in_language(language) if isinstance(one, Text) else one
            for name, one in self.params.items()
        }
        return template.format(**words)
