"""Whatever happens to a subject's record, what is held for the dashboards is what would be derived anew."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.cast import Cast
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook import registries
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.projections import bring_up_to_date, refresh
from trialsite.casebook.services import change_state, next_repeat, record_missed_visit, submit_form
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import RecordState
from trialsite.casebook.transfers import ask_transfer, decide_transfer
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity

from .filled_study import BODY, CRS_1, FEVER, NEUTROPENIA, REMISSION, on, treated

WHY = "The source says otherwise."
Values = dict[str, Any]
Form = tuple[str, str, Values, Values]  # form, visit, values, rows


def adverse_event(day: int) -> Form:
    term = FEVER if day % 2 else NEUTROPENIA
    return "AE", LOG, {"onset": PartialDate.of(on(day)), "term": term, "grade": 1 + day % 4}, {}


def minimal_residual_disease(day: int) -> Form:
    value = Quantity.parse("0.05" if day % 2 else "0.002", "%", "mrd")
    rows = {"results": [{"method": "MFC", "qualifier": "QUANTIFIED", "value": value}]}
    return "MRD", "IND_EOI1", {"time_point": "END_OF_INDUCTION", "specimen": "BM_FIRST_PULL"}, rows


def marrow(day: int) -> Form:
    blasts = Quantity.parse("1" if day % 3 else "12", "%", "blasts")
    return "BM", "IND_EOI1", REMISSION | {"bm_blast_pct": blasts}, {}


def cytokine_release(day: int) -> Form:
    return "CRS", LOG, dict(CRS_1), {}


def next_phase(day: int) -> Form:
    return "CYC", LOG, {"phase": "IND_BLINA", **BODY}, {}


def transplant(day: int) -> Form:
    return "HSCT", LOG, {}, {}


def relapse(day: int) -> Form:
    return "REL", LOG, {"onset": PartialDate.of(on(day)), "relapse_site": "MARROW"}, {}


def death(day: int) -> Form:
    return "DTH", LOG, {"died_on": PartialDate.of(on(day)), "cause": "INFECTION"}, {}


def contact(day: int) -> Form:
    return "SUR", LOG, {"contact_kind": "VISIT", "alive": True, "no_relapse": bool(day % 2)}, {}


def withdrawal(day: int) -> Form:
    return "WD", LOG, {"degree": "FOLLOW_UP"}, {}


FORMS: tuple[Callable[[int], Form], ...] = (
    adverse_event, minimal_residual_disease, marrow, cytokine_release, next_phase, transplant, relapse, death, contact,
    withdrawal,
)  # fmt: skip
Step = tuple[str, int, int]  # what is done, to which form or with which, on which day of treatment
DAYS = st.integers(2, 200)
STEPS = st.one_of(
    st.tuples(st.just("enter"), st.integers(0, len(FORMS) - 1), DAYS),
    st.tuples(st.just("enter"), st.integers(0, len(FORMS) - 1), DAYS),  # more than the rest
    st.tuples(st.just("correct"), st.integers(0, 20), DAYS),
    st.tuples(st.just("void"), st.integers(0, 20), DAYS),
    st.tuples(st.just("transfer"), st.just(0), DAYS),
    st.tuples(st.just("miss"), st.just(0), DAYS),
)


def seen(subject: Subject) -> Subject:
    return Subject.objects.select_related("protocol_version", "study", "site").get(pk=subject.pk)


class TakenBack(Exception):
    """Ends an example without leaving anything behind."""


class Course:
    """One subject to whom things happen; what the rules refuse does not happen."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.subject = cast, treated(cast, cast.here)
        self.entered: list[tuple[Any, int, int]] = []  # record, which form, day

    @property
    def who(self) -> User:
        here = self.subject.site_id == self.cast.here.pk
        return self.cast.coordinator if here else self.cast.stranger

    def take(self, step: Step) -> bool:
        """Do a step; gives whether it was done."""
        name, which, day = step
        try:
            with transaction.atomic():
                getattr(self, name)(which, day)
        except (CheckFailed, Refused):
            return False
        with acting(role="system"):  # perhaps at another site now
            self.subject = seen(self.subject)
        return True

    def enter(self, which: int, day: int) -> None:
        form, visit, values, rows = FORMS[which](day)
        with acting(user=self.who):
            repeat = next_repeat(subject=self.subject, form_key=form, visit_key=visit)
            slot = Slot(self.subject.pk, visit, form, 1, repeat)
            values = {"performed_on": on(day), **values}
            record = submit_form(slot=slot, values=values, rows=rows, by=self.who)
        self.entered.append((record, which, day))

    def correct(self, which: int, day: int) -> None:
        """The same form as if it had been entered of another day, with what goes with that day."""
        record, form, _day = self.chosen(which)
        _form, _visit, values, rows = FORMS[form](day)
        values = {"performed_on": on(day), **values}
        if "results" in rows:
            rows = {"results": [{"line": 1, **rows["results"][0]}]}
        with acting(user=self.who, reason=WHY):
            submit_form(
                slot=Slot.of_record(record), values=values, rows=rows, base_version=record.version,
                by=self.who, reason=WHY,
            )  # fmt: skip

    def void(self, which: int, day: int) -> None:
        record, _form, _day = self.chosen(which)
        with acting(user=self.who):
            change_state(record=record, action="void", by=self.who, reason=WHY)

    def chosen(self, which: int) -> tuple[Any, int, int]:
        with acting(user=self.who):
            standing = [
                (type(one).objects.select_related("visit").get(pk=one.pk), form, day)
                for one, form, day in self.entered
            ]
        standing = [one for one in standing if one[0].state != RecordState.VOIDED]
        if not standing:
            raise Refused("Nothing stands.")
        return standing[which % len(standing)]

    def transfer(self, which: int, day: int) -> None:
        away = self.subject.site_id == self.cast.elsewhere.pk
        to = self.cast.here if away else self.cast.elsewhere
        accepts = self.cast.coordinator if away else self.cast.stranger
        head = self.cast.investigator if away else User.objects.get(username="head_elsewhere")
        with acting(user=self.who):
            asked = ask_transfer(
                subject=self.subject, to=to, transfers_on=on(1), by=self.who, reason="moved house"
            )
        with acting(user=accepts):
            decide_transfer(transfer_id=asked.pk, action="accept", responsible=head, by=accepts)

    def miss(self, which: int, day: int) -> None:
        with acting(user=self.who):
            record_missed_visit(
                subject_id=self.subject.pk,
                key="IND_EOI1",
                by=self.who,
                reason="DECLINED",
                text="did not come",
            )


def held(subject: Subject) -> dict[str, list[tuple[str, ...]]]:
    """Every projection of a subject: its rows, with every column but a key that is drawn anew."""
    return {
        name: sorted(
            tuple(
                f"{field.attname}={getattr(row, field.attname)!r}"
                for field in row._meta.concrete_fields
                if not field.primary_key or field.is_relation
            )
            for row in kind.model.objects.filter(subject=subject)
        )
        for name, kind in registries.projections.items()
    }


def assert_held_is_fresh(course: Course) -> None:
    """What a reader is given, against the same derived from nothing but the record."""
    with acting(user=course.who):
        bring_up_to_date(Subject.objects.visible_to(course.who).filter(pk=course.subject.pk))
        read = held(course.subject)
        refresh(seen(course.subject))
        assert read == held(course.subject)


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, min_size=2, max_size=6))
def test_what_is_held_is_what_would_be_derived_anew(cast: Cast, steps: list[Step]) -> None:
    try:
        with transaction.atomic():
            course = Course(cast)
            assert_held_is_fresh(course)
            for step in steps:
                if course.take(step):
                    assert_held_is_fresh(course)
            raise TakenBack
    except TakenBack:
        pass
