"""Visits outside their window, and visits that ask for MRD without a sample.

What a visit after a graft or cells elsewhere found comes by letter: while the referral still asks for it, a visit
that is not recorded and a sample that is not logged are no deviation yet."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from uuid import UUID

from assessments.models import LoggedSample, MrdSample, PlannedVisit
from assessments.samples.states import SampleState
from assessments.visits.selectors import visit_words
from assessments.visits.standing import SCREENING, needless
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import standing_records
from trialsite.casebook.site_day import site_today
from trialsite.clinical.text import Text
from trialsite.deviations.found import Found
from trialsite.deviations.states import DeviationKind

from ..domain.departures import sample_departure, visit_departure
from ..domain.referral import Kind
from ..referrals.reading import Standing, referrals_among
from .words import in_both

MRD_FORM = "MRD"
REFERRED = {"hsct_d0": Kind.HSCT, "car_t_d0": Kind.CAR_T}  # the anchors that another hospital may set
Referrals = Mapping[UUID, Sequence[Standing]]


def visits_outside(subjects: Sequence[Subject]) -> Iterator[tuple[UUID, Found]]:
    """Planned visits that were done outside their window, or whose window closed without a record.

    A visit recorded as not done has its reason and is none; so is a visit that asks for no form."""
    days = {one.pk: site_today(one) for one in subjects}
    referrals = referrals_among(days)
    for visit in expected(subjects):
        if not any(form["required"] for form in visit.forms):
            continue
        if visit.done_on is None and waits_for_letter(visit, referrals):
            continue
        assert visit.earliest is not None
        assert visit.latest is not None
        today = days[visit.subject_id]
        said = visit_departure(name_of(visit), visit.earliest, visit.latest, visit.done_on, today)
        if said is not None:
            yield visit.subject_id, found(visit, said, visit.done_on or visit.latest)


def samples_absent(subjects: Sequence[Subject]) -> Iterator[tuple[UUID, Found]]:
    """Visits that require MRD, whose window closed without a logged sample or a form of MRD."""
    ids = [one.pk for one in subjects]
    days = {one.pk: site_today(one) for one in subjects}
    referrals = referrals_among(days)
    drawn = set(
        LoggedSample.objects.filter(subject_id__in=ids)
        .exclude(state__in=[SampleState.VOIDED, SampleState.REJECTED])
        .values_list("subject_id", "visit_key", "visit_repeat")
    )
    measured = {
        (one.subject_id, one.visit.key, one.visit.repeat)
        for records in standing_records(MrdSample, ids).values()
        for one in records
    }
    for visit in expected(subjects):
        if not any(form["form"] == MRD_FORM and form["required"] for form in visit.forms):
            continue
        if waits_for_letter(visit, referrals):
            continue
        assert visit.latest is not None
        place = (visit.subject_id, visit.key, visit.repeat)
        said = sample_departure(
            name_of(visit),
            visit.latest,
            days[visit.subject_id],
            drawn=place in drawn,
            measured=place in measured,
            done_on=visit.done_on,
        )
        if said is not None:
            yield visit.subject_id, found(visit, said, visit.latest)


def expected(subjects: Sequence[Subject]) -> list[PlannedVisit]:
    """The dated visits that were to be done, as derived last; screening has no window of its own."""
    ids = [one.pk for one in subjects]
    rows = PlannedVisit.objects.filter(subject_id__in=ids, target__isnull=False, missed=False)
    rows = rows.exclude(anchor=SCREENING).exclude(earliest=None).exclude(latest=None)
    return [one for one in rows.order_by("target", "pk") if not needless(one)]


def waits_for_letter(visit: PlannedVisit, referrals: Referrals) -> bool:
    """Whether the visit fell into a graft or cells elsewhere of which a referral still asks."""
    assert visit.target is not None
    kind = REFERRED.get(visit.anchor)
    return any(
        one.referral.kind == kind and one.waits_for_letter(visit.target)
        for one in referrals.get(visit.subject_id, ())
    )


def name_of(visit: PlannedVisit) -> Text:
    return in_both(lambda: visit_words(visit))


def found(visit: PlannedVisit, said: Text, on: date) -> Found:
    return Found(
        kind=DeviationKind.VISIT,
        key=f"{visit.key}.{visit.repeat}",
        evidence=said,
        occurred_on=on,
    )
