"""Randomised trials for the tests: BLINA-INTENS changed as a test needs it, and its list."""

from collections.abc import Callable
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import connections

from enrollment.models import Randomisation
from enrollment.services import enrol_subject, randomise_subject
from tests.cast import Cast, cast_of
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import forms
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import Slot
from trialsite.review.contents import content_of
from trialsite.review.verification import verify_items

from .candidates import SCREENED, confirmed, enter, small_document

SEED = "a seed that nobody guesses"
STRATUM = "risk=KMT2A_TP53;site=SGH"
GATE = {
    "key": "CD19",
    "text": {"en": "CD19 report seen", "zh": "已见CD19报告"},
    "rule": {"fact": "cd19_pct", "op": ">=", "value": "20"},
    "verified": True,
    "source": "assumption",
    "cite": "a test",
}
MINIMISED = {
    "method": "minimisation",
    "minimisation": {"probability": "0.8", "ties": "ratio"},
    "ratio": {"A": 1, "B": 1},
}


def intens(
    change: Callable[[dict[str, Any]], Any] = lambda document: None, planned: int | None = None
) -> Cast:
    """BLINA-INTENS with the criteria that need no laboratory, changed."""
    document = small_document("BLINA-INTENS", planned)
    change(document)
    return cast_of(document)


def minimised(document: dict[str, Any]) -> None:
    del document["randomisation"]["block_sizes"]
    document["randomisation"] |= MINIMISED


def with_gate(document: dict[str, Any]) -> None:
    document["randomisation"]["gates"] = [GATE]


def recruiting(**section: Any) -> dict[str, Any]:
    """The section `recruitment` with these parts."""
    plain: dict[str, Any] = {"site_numbers": "cap", "levels": [], "stages": []}
    return plain | section | {"source": "assumption", "cite": "a test"}


def stage(key: str, subjects: int) -> dict[str, Any]:
    named = {"en": f"Stage {key}", "zh": f"阶段{key}"}
    return {"key": key, "name": named, "subjects": subjects, "source": "assumption", "cite": "a test"}


def make_list(seed: str = SEED, slots: int = 8) -> str:
    out = StringIO()
    call_command(
        "make_randomisation_list", study="BLINA-INTENS", seed=seed, slots_per_stratum=slots, stdout=out
    )
    return out.getvalue()


def owner_rows(query: str, *parameters: Any) -> list[tuple]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(query, parameters or None)
        return cursor.fetchall() if cursor.description else []


def other_risk(cast: Cast, subject: Subject) -> Subject:
    """The same subject without the genetics of the high-risk stratum."""
    enter(subject, cast.coordinator, "DX", SCREENED, kmt2a_r=False, ikzf1=True)
    return subject


def enrolled_of(cast: Cast, subject: Subject) -> Subject:
    with acting(user=cast.coordinator):
        return enrol_subject(subject=subject, enrolled_on=site_today(subject), by=cast.coordinator)


def randomised(cast: Cast, subject: Subject) -> Randomisation:
    with acting(user=cast.coordinator):
        return randomise_subject(subject=subject, randomised_on=site_today(subject), by=cast.coordinator)


def given(cast: Cast) -> Randomisation:
    """One more subject with its arm."""
    return randomised(cast, enrolled_of(cast, confirmed(cast)))


def verify(cast: Cast, subject: Subject, form: str, *items: str) -> None:
    """The monitor compares items of a screening form (all of them unless named) with the source."""
    with acting(user=cast.monitor):
        opened = open_slot(Slot(subject.pk, "SCR", form), subject, forms[form])
        verify_items(opened=opened, items=items or content_of(opened.kind, opened.record), by=cast.monitor)
