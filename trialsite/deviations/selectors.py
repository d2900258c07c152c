"""Reading the register of deviations: of a study, of a subject, and the forms that a deviation rests on."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from trialsite.access.models import User
from trialsite.access.permissions import may
from trialsite.casebook.form_models import models_of_forms
from trialsite.casebook.models import Subject
from trialsite.casebook.names import form_title, visit_name
from trialsite.casebook.registries import forms
from trialsite.casebook.slots import Slot, parsed
from trialsite.casebook.versions import named
from trialsite.studies.domain.deviation_plan import MRD_SAMPLE
from trialsite.studies.models import Study

from .models import Deviation
from .states import COUNTED, DEVIATION_STEPS, DeviationKind, DeviationState, DeviationStep, Weight

MRD_FORM = "MRD"
CRITERIA = ("state", "site", "kind", "weight")


@dataclass(frozen=True)
class SourceForm:
    """A form on which a deviation rests, as a link."""

    title: str
    visit: str
    url: str
    performed_on: date | None


def register_of(user: User, study: Study, asked: Mapping[str, str]) -> QuerySet[Deviation]:
    """The deviations of a study as a filter narrows them, the latest first."""
    found = Deviation.objects.visible_to(user).filter(study=study)
    for name, values in (("state", DeviationState), ("kind", DeviationKind), ("weight", Weight)):
        if asked.get(name) in values.values:  # type: ignore[attr-defined]
            found = found.filter(**{name: asked[name]})
    if asked.get("site"):
        found = found.filter(site__key=asked["site"])
    return found.select_related("subject", "site", "drafted_by").order_by("-occurred_on", "-pk")


def of_subject(subject: Subject) -> QuerySet[Deviation]:
    """The deviations of one subject whom the caller may see, the latest first."""
    found = Deviation.objects.filter(subject=subject).select_related("subject", "site", "drafted_by")
    return found.order_by("-occurred_on", "-pk")


def major_deviations(subject_ids: Iterable[UUID]) -> QuerySet[Deviation]:
    """The accepted deviations of the class major or critical, of many subjects."""
    heavy = Deviation.objects.filter(subject_id__in=list(subject_ids), state__in=COUNTED)
    return heavy.exclude(weight=Weight.MINOR).order_by("occurred_on", "pk")


def deviation_or_404(user: User, deviation_id: UUID) -> Deviation:
    """The deviation, or 404: a stranger does not learn that it exists."""
    found = (
        Deviation.objects.visible_to(user)
        .select_related("study", "site", "subject__protocol_version", "subject__site", "subject__study")
        .filter(pk=deviation_id)
        .first()
    )
    if found is None:
        raise Http404
    return found


def steps_for(deviation: Deviation, user: User) -> list[DeviationStep]:
    """The steps that this user may take with a deviation as it stands."""
    here: dict[str, Any] = {"study_id": deviation.study_id, "site_id": deviation.site_id}
    return [
        step
        for step in DEVIATION_STEPS
        if step.source == deviation.state and may(user, step.permission, **here)
    ]


def forms_behind(deviation: Deviation) -> list[SourceForm]:
    """The forms that a deviation rests on, each once, and the visit that it is about; one query for each table."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for address in deviation.addresses:
        wanted[address.table].append(address.row_id)
    found = [record for table, ids in wanted.items() for record in records_in(table, ids)]
    visit = visit_behind(deviation)
    return [*dict.fromkeys(source_form(record) for record in found), *([visit] if visit else [])]


def visit_behind(deviation: Deviation) -> SourceForm | None:
    """The planned visit that a rule found outside its window or without a sample, as the place to enter it."""
    visit = parsed(deviation.source_key) if deviation.kind == DeviationKind.VISIT else None
    if deviation.subject is None or visit is None:
        return None
    key, repeat = visit
    protocol = deviation.subject.protocol_version.protocol
    plan = named(protocol, "visits", key)
    if plan is None:
        return None
    required = [one.form for one in plan.forms if one.required]
    form = MRD_FORM if deviation.rule == MRD_SAMPLE else next(iter(required), "")
    if not form:
        return None
    slot = Slot(deviation.subject.pk, key, form, repeat)
    return SourceForm(form_title(protocol, form), visit_name(protocol, key, repeat), slot.url(), None)


def records_in(table: str, ids: Iterable[str]) -> list[Any]:
    """The forms with these ids, or those whose lines have them."""
    for model in models_of_forms():
        if model._meta.db_table == table:  # type: ignore[attr-defined]
            return list(model.objects.filter(pk__in=ids).select_related("visit", "subject__protocol_version"))  # type: ignore[attr-defined]
    for kind in forms.values():
        for row in kind.rows:
            if row.model._meta.db_table == table:
                lines = row.model.objects.filter(pk__in=ids)
                lines = lines.select_related("record__visit", "record__subject__protocol_version")
                return [line.record for line in lines]
    return []


def source_form(record: Any) -> SourceForm:
    protocol = record.subject.protocol_version.protocol
    return SourceForm(
        form_title(protocol, record.form_key),
        visit_name(protocol, record.visit.key, record.visit.repeat),
        Slot.of_record(record).url(),
        record.performed_on,
    )
