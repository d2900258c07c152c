"""Finding the form type of a key: one of the system's own, or one that the subject's protocol declares."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import get_language

from .forms import ProtocolItemsForm
from .models import ProtocolForm, Subject
from .registries import FormType, forms
from .versions import asks_for, named, retired_items


def form_type(key: str, subject: Subject) -> FormType | None:
    """The form `key` as this subject's protocol version knows it; None when there is no such form.

    One of the trial that only earlier versions have is no longer asked for: it is read, not entered.
    """
    known = forms.get(key)
    if known is not None:
        return known
    protocol = subject.protocol_version.protocol
    plan = named(protocol, "forms", key)
    if plan is None:
        return None
    return FormType(
        key=key,
        title=plan.title.in_language(get_language() or "en"),
        model=ProtocolForm,
        form=protocol_page(plan),
        continuous=False,
        repeats=True,
        asked=asks_for(protocol, key),
        retired=retired_items(protocol, key),
    )


def protocol_page(plan: Any) -> type[ProtocolItemsForm]:
    """The page of one protocol form, with the same constructor as every other page."""

    class Page(ProtocolItemsForm):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, plan=plan, language=get_language() or "en", **options)

    return Page


def models_of_forms() -> Iterator[type]:
    """Every model that holds forms, each once, in the order of registration."""
    seen: list[type] = [ProtocolForm]
    yield ProtocolForm
    for known in forms.values():
        if known.model not in seen:
            seen.append(known.model)
            yield known.model
