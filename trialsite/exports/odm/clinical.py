"""Casebooks as ClinicalData of ODM, one subject at a time."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from ..domain.casebook import FormData, Signed, SubjectData, Value, Values
from ..writers.delimited import in_text
from .definitions import Definitions
from .elements import (
    MISSING,
    element,
    form_oid,
    group_oid,
    item_oid,
    signature_oid,
    site_oid,
    unit_oid,
    user_oid,
    visit_oid,
)


class Repeats:
    """Which visits and forms have a number."""

    def __init__(self, study: Definitions) -> None:
        self.visits = {visit.key for visit in study.visits if visit.repeating}
        self.forms = {form.key for form in study.forms if form.repeating}

    def visit(self, key: str, number: int) -> int | None:
        return number if key in self.visits else None

    def form(self, key: str, number: int) -> int | None:
        return number if key in self.forms else None


def subject_elements(study: Definitions, subjects: Iterable[SubjectData]) -> Iterator[Any]:
    repeats = Repeats(study)
    for subject in subjects:
        yield subject_element(repeats, subject)


def subject_element(repeats: Repeats, subject: SubjectData) -> Any:
    """A subject; `forms` of one visit stand together."""
    visits = groupby(subject.forms, key=lambda one: (one.visit, one.visit_repeat))
    return element(
        "SubjectData",
        element("SiteRef", LocationOID=site_oid(subject.site)),
        *(visit_element(repeats, key, number, forms, subject.site) for (key, number), forms in visits),
        SubjectKey=subject.key,
    )


def visit_element(repeats: Repeats, key: str, number: int, forms: Iterable[FormData], site: str) -> Any:
    return element(
        "StudyEventData",
        *(form_element(repeats, form, site) for form in forms),
        StudyEventOID=visit_oid(key),
        StudyEventRepeatKey=repeats.visit(key, number),
    )


def form_element(repeats: Repeats, form: FormData, site: str) -> Any:
    lines = (
        group_element(form.form, name, values, number)
        for name, kind in form.lines.items()
        for number, values in kind.items()
    )
    return element(
        "FormData",
        signature_element(form.signed, site) if form.signed else None,
        group_element(form.form, "", form.items),
        *lines,
        FormOID=form_oid(form.form),
        FormRepeatKey=repeats.form(form.form, form.form_repeat),
    )


def group_element(form: str, group: str, values: Values, number: int | None = None) -> Any:
    items = (item_element(item_oid(form, group, name), value) for name, value in values.items())
    return element("ItemGroupData", *items, ItemGroupOID=group_oid(form, group), ItemGroupRepeatKey=number)


def item_element(oid: str, value: Value, *before: Any, **attributes: Any) -> Any:
    """One value; what is empty with a reason is null, flagged with it. `before`: its audit record."""
    unit = element("MeasurementUnitRef", MeasurementUnitOID=unit_oid(value.unit)) if value.unit else None
    given = {"Value": value.text} if value.text else {"IsNull": "Yes"}
    return element("ItemData", *before, unit, why_empty(value), ItemOID=oid, **given, **attributes)


def why_empty(value: Value) -> Any:
    if not value.missing:
        return None
    return element(
        "Annotation",
        element("Flag", element("FlagValue", text=value.missing, CodeListOID=MISSING)),
        SeqNum=1,
    )


def signature_element(signed: Signed, site: str) -> Any:
    return element(
        "Signature",
        element("UserRef", UserOID=user_oid(signed.by)),
        element("LocationRef", LocationOID=site_oid(site)),
        element("SignatureRef", SignatureOID=signature_oid(signed.meaning)),
        element("DateTimeStamp", text=in_text(signed.at)),
    )
