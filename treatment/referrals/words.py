"""What is asked for of a treatment elsewhere, in words."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.items import item_label
from trialsite.casebook.registries import forms

from ..domain.referral import Kind, State, Wanted

KINDS: dict[str, Any] = {
    Kind.HSCT.value: _("Allogeneic transplantation"),
    Kind.CAR_T.value: _("CAR-T cells"),
}
WANTED: dict[str, dict[str, Any]] = {
    Kind.HSCT.value: {
        Wanted.DAY0.value: _("day 0 of the transplantation"),
        Wanted.GRAFT.value: _("donor and graft"),
        Wanted.D28.value: _("engraftment and chimerism at D+28"),
        Wanted.D100.value: _("acute GVHD and chimerism at D+100"),
    },
    Kind.CAR_T.value: {
        Wanted.DAY0.value: _("day 0 of the cells"),
        Wanted.GRAFT.value: _("product and dose of the cells"),
        Wanted.D28.value: _("marrow at D+28"),
        Wanted.D100.value: _("B cells at D+100"),
    },
}
STATES: dict[State, tuple[str, Any]] = {
    State.IN: ("done", _("is in")),
    State.MISSING: ("late", _("missing")),
    State.TO_COME: ("upcoming", _("to come")),
    State.WAITING: ("still", _("after day 0")),
    State.NOT_ASKED: ("still", _("not asked any more")),
}


def lacks_words(kind: str, lacks: Sequence[str]) -> list[str]:
    """What of a thing is not in: forms by their titles, items of the form of day 0 by their labels."""
    own = forms["HSCT" if kind == Kind.HSCT else "CAR"]
    return [str(forms[one].title) if one in forms else item_label(own, one) for one in lacks]
