"""Refusals of the access room: a sentence for each item that cannot be as it was typed."""


class AccessRefused(Exception):
    """A service did not do what was asked; `messages` maps item ("" for the whole) to its sentence."""

    def __init__(self, messages: dict[str, str]) -> None:
        super().__init__(" ".join(messages.values()))
        self.messages = messages
