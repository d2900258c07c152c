"""Refusals: an entry or a rule that cannot be accepted, with a sentence that says what would be."""

from __future__ import annotations


class Refusal(ValueError):
    """An entry that cannot be accepted; its message is a sentence for the person who made it.

    `template` with `params` is the same sentence before filling in, so that a screen can translate
    the template and fill it in its own language. `code` is stable and fit for an API.
    """

    def __init__(self, code: str, template: str, **params: str) -> None:
        self.code = code
        self.template = template
        self.params = params
        super().__init__(template.format(**params))
