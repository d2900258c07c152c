"""How far source verification has come, by site and by form, and which form is next."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, F, IntegerField, QuerySet, Sum, When

from trialsite.access.models import User
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.slots import Slot
from trialsite.studies.models import Study

from .contents import FormContent, contents_of
from .models import FormToVerify, Verification
from .verification import critical_of, is_sampled, plan_of, without_line


@dataclass(frozen=True)
class Progress:
    """Items of the plan in one part of a study, and how many of them are verified."""

    key: str
    items: int
    verified: int

    @property
    def left(self) -> int:
        return self.items - self.verified

    @property
    def percent(self) -> int:
        """Whole percent, rounded down: 100 only where nothing is left."""
        return 100 * self.verified // self.items if self.items else 100


def derive_forms_to_verify(subject: Subject) -> Iterator[FormToVerify]:
    """One row for each form of a subject that stands."""
    done: dict[UUID, set[str]] = defaultdict(set)
    found = Verification.objects.filter(subject=subject, reopened_at=None)
    for record_id, item in found.values_list("record_id", "item"):
        done[record_id].add(item)
    critical = critical_of(subject)
    for form in contents_of(subject):
        yield form_to_verify(form, critical, done[form.record.pk])


def form_to_verify(form: FormContent, critical: frozenset[tuple[str, str]], done: set[str]) -> FormToVerify:
    every = set(form.content)
    of_them = {item for item in every if (form.slot.form_key, without_line(item)) in critical}
    return FormToVerify(
        record_id=form.record.pk,
        visit_key=form.slot.visit_key,
        visit_repeat=form.slot.visit_repeat,
        form_key=form.slot.form_key,
        form_repeat=form.slot.form_repeat,
        performed_on=form.record.performed_on,
        critical=len(of_them),
        critical_verified=len(of_them & done),
        all_items=len(every),
        all_verified=len(every & done),
    )


def forms_of_the_plan(study: Study, user: User) -> QuerySet[FormToVerify]:
    """The forms of which the plan asks for something, each with `items` and `verified`, as far as `user` may see."""
    subjects = Subject.objects.visible_to(user).filter(study=study)
    bring_up_to_date(subjects)
    sampled = [one for one, _number in sample_of(study, subjects)]
    whole = {"subject_id__in": sampled}
    found = FormToVerify.objects.visible_to(user).filter(study=study)
    return found.annotate(
        items=Case(When(**whole, then=F("all_items")), default=F("critical"), output_field=IntegerField()),
        verified=Case(
            When(**whole, then=F("all_verified")), default=F("critical_verified"), output_field=IntegerField()
        ),
    ).filter(items__gt=0)


def sample_of(study: Study, subjects: QuerySet[Subject]) -> list[tuple[UUID, str]]:
    """The subjects that are verified in full: id and USUBJID."""
    plan = plan_of(study)
    return [
        (pk, number)
        for pk, number in subjects.order_by("usubjid").values_list("pk", "usubjid")
        if is_sampled(plan, number)
    ]


def progress_by(forms: QuerySet[FormToVerify], part: str) -> list[Progress]:
    """The sums of a part of a study: "site__key" or "form_key"."""
    rows = forms.order_by(part).values(part).annotate(of=Sum("items"), done=Sum("verified"))
    return [Progress(row[part], row["of"], row["done"]) for row in rows]


def to_verify(forms: Any) -> Any:
    """The forms with something left, subject by subject in the order of their days."""
    left = forms.filter(items__gt=F("verified")).select_related("subject__protocol_version", "site")
    return left.order_by(
        "site__key", "subject__screening_number", F("performed_on").asc(nulls_last=True), "pk"
    )


def next_to_verify(study: Study, user: User) -> Slot | None:
    """Where the next form of the plan stands that has something left."""
    found = to_verify(forms_of_the_plan(study, user)).first()
    return found.slot if found else None
