"""The models in which forms are kept."""

from collections.abc import Iterator

from .models import ProtocolForm
from .registries import forms


def models_of_forms() -> Iterator[type]:
    """Every model that holds forms, each once, in the order of registration."""
    seen: list[type] = [ProtocolForm]
    yield ProtocolForm
    for known in forms.values():
        if known.model not in seen:
            seen.append(known.model)
            yield known.model
