"""Coding by MedDRA: the newest uploaded dictionary, its terms by code or name, the field that takes one."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.urls import reverse_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.listing import listed

from ..models import MeddraDictionary, MeddraTerm

MOST_OFFERED = 20
SHORTEST = 2  # signs that are typed before terms are offered


def newest_dictionary() -> MeddraDictionary | None:
    """The dictionary that was uploaded last; None while there is none."""
    return MeddraDictionary.objects.order_by("-uploaded_at").first()


def in_use(dictionary: MeddraDictionary) -> QuerySet[MeddraTerm]:
    return MeddraTerm.objects.filter(dictionary=dictionary, current=True)


def term_of(dictionary: MeddraDictionary, text: str) -> MeddraTerm | None:
    """The current term of this code or name, English or Chinese."""
    wanted = " ".join(text.split())
    return in_use(dictionary).filter(Q(code=wanted) | Q(key=wanted.casefold()) | Q(name_zh=wanted)).first()


def terms_like(dictionary: MeddraDictionary, text: str) -> list[MeddraTerm]:
    """Terms that begin so, then those that hold it; none for less than two signs."""
    wanted = " ".join(text.split()).casefold()
    if len(wanted) < (1 if not wanted.isascii() else SHORTEST):
        return []
    begin = Q(key__startswith=wanted) | Q(name_zh__startswith=wanted) | Q(code__startswith=wanted)
    first = list(in_use(dictionary).filter(begin).order_by("key")[:MOST_OFFERED])
    held = Q(key__contains=wanted) | Q(name_zh__contains=wanted)
    more = in_use(dictionary).filter(held).exclude(pk__in=[one.pk for one in first]).order_by("key")
    return [*first, *more[: MOST_OFFERED - len(first)]]


def shown_name(term: MeddraTerm) -> str:
    """The name in the reader's language, where the dictionary has it."""
    return (term.name_zh or term.name) if (get_language() or "").startswith("zh") else term.name


class MeddraInput(forms.TextInput):
    """An input whose terms come as they are typed; without JavaScript a near miss names the terms beside it."""

    template_name = "assessments/meddra_input.html"

    def __init__(self) -> None:
        super().__init__(
            attrs={
                "hx-get": reverse_lazy("meddra-terms"),
                "hx-trigger": "input changed delay:300ms",
                "hx-target": "#meddra-terms",
                "hx-swap": "innerHTML",
            }
        )


class MeddraField(forms.CharField):
    """Reads a code or name into the English name of a current lowest level term; `dictionary` says of which."""

    dictionary: MeddraDictionary | None = None

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=200, widget=MeddraInput(), **options)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text or self.dictionary is None:
            return ""
        term = term_of(self.dictionary, text)
        if term is None:
            raise ValidationError(self.refusal(text))
        return term.name

    def refusal(self, text: str) -> str:
        assert self.dictionary is not None
        near = listed(shown_name(one) for one in terms_like(self.dictionary, text)[:5])
        said = {"dictionary": self.dictionary, "near": near}
        if near:
            return _("%(dictionary)s has no current term of this name. Near it: %(near)s.") % said
        return _("%(dictionary)s has no current term of this code or name.") % said

    def coding(self, name: str) -> dict[str, str]:
        """What an event keeps of its coding: codes and names of both levels, and the version."""
        term = term_of(self.dictionary, name) if name and self.dictionary is not None else None
        if term is None or self.dictionary is None:
            return dict.fromkeys(
                ("meddra_llt", "meddra_llt_code", "meddra_pt", "meddra_pt_code", "meddra_version"), ""
            )
        return {
            "meddra_llt": term.name,
            "meddra_llt_code": term.code,
            "meddra_pt": term.preferred,
            "meddra_pt_code": term.preferred_code,
            "meddra_version": self.dictionary.version,
        }
