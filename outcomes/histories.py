"""The record of many subjects as histories: what endpoints are derived from, in a fixed number of queries.

Own forms and those of earlier rooms are read in bulk; every date keeps the address of the item it came from.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Value

from assessments.disease.mrd_results import MrdLine, course_of, mrd_lines, study_method
from assessments.disease.responses import Judged, judged_responses
from assessments.domain.gvhd import acute_grade, chronic_severity
from assessments.domain.mrd import Verdict
from assessments.domain.mrd_course import MrdState
from assessments.domain.response import Category
from assessments.events.graded import Labs, acute_stages_of, chronic_scores_of, liver_labs
from assessments.models import AcuteGvhd, AdverseEvent, ChronicGvhd, Engraftment, PlannedVisit
from assessments.subjects import known_facts, protocols
from enrollment.models import Randomisation
from treatment.models import CellTherapy, CycleStart, GvhdDrug, Transplant
from treatment.models.cells import CellStep
from treatment.models.transplant import GvhdTreated
from trialsite.casebook.form_models import models_of_forms
from trialsite.casebook.models import Visit
from trialsite.casebook.reading import not_later, one_reading
from trialsite.casebook.registries import anchor_dates, anchors
from trialsite.casebook.selectors import current_records
from trialsite.casebook.states import RecordState
from trialsite.clinical.facts import Fact, ItemAddress
from trialsite.clinical.kleene import Truth, any_of
from trialsite.deviations.models import Deviation
from trialsite.deviations.selectors import major_deviations
from trialsite.studies.domain.protocol import Protocol

from . import models
from .adjudication.cases import Decisions, adjudications, decisions_on
from .domain import history as told
from .domain.history import Dated, History
from .models.events import ContactKind, WithdrawalDegree
from .withdrawals import withdrawals_of

# Forms whose day may lie after the last sign of life, or that say nothing of it.
NO_SIGN_OF_LIFE = {"DTH", "SUR", "CALL", "EOT", "DEV", "WD"}
REMISSIONS = {"CR", "CRh", "CRi"}
SEVERE, SAFETY_DAYS_AFTER_HSCT = 3, 100

Rows = dict[UUID, list[Any]]


def history_of(subject_ids: Sequence[UUID]) -> dict[UUID, History]:
    """The history of each subject as the record stands."""
    ids = list(subject_ids)
    with one_reading():
        return _Reading(ids).histories()


class _Reading:
    """Everything read once, by subject."""

    def __init__(self, ids: list[UUID]) -> None:
        self.ids = ids
        self.protocols = protocols(ids)
        self.relapses = self.standing(models.Relapse, "onset_earliest")
        self.deaths = self.standing(models.Death, "died_on_earliest")
        self.contacts = self.standing(models.SurvivalContact)
        self.decisions = self.committees()
        self.withdrawals = by_subject(withdrawals_of(ids))
        self.transplants = self.standing(Transplant)
        self.cells = self.standing(CellTherapy)
        self.cycles = self.standing(CycleStart)
        self.acute = self.standing(AcuteGvhd)
        self.chronic = self.standing(ChronicGvhd)
        self.gvhd_drugs = systemic_drugs(ids)
        self.liver = liver_labs(sorted({*self.acute, *self.chronic}) or ids[:1])  # one query in any case
        self.engraftments = self.standing(Engraftment)
        self.adverse = self.standing(AdverseEvent, "onset_earliest")
        self.responses = judged_responses(ids)
        self.by_counts = by_counts(self.protocols)
        self.mrd = mrd_lines(ids)
        self.relapsed = known_facts(ids, "relapsed")
        self.c1d1 = anchor_dates(ids, "c1d1") if "c1d1" in anchors else {}
        self.randomised = by_subject(Randomisation.objects.filter(subject_id__in=ids))
        self.visits = dict(Visit.objects.filter(subject_id__in=ids).values_list("pk", "key"))
        self.windows = by_subject(PlannedVisit.objects.filter(subject_id__in=ids, latest__isnull=False))
        self.signs = signs_of_life(ids)
        self.major = by_subject(major_deviations(ids))

    def standing(self, model: type[Any], day: str = "performed_on") -> Rows:
        """The standing forms of a kind by subject, the earliest first; a form without its day tells nothing."""
        found = current_records(model, self.ids).exclude(**{day: None})
        return by_subject(found.order_by(day, "pk"))

    def committees(self) -> Decisions:
        """What committees decided, where protocols have them."""
        return decisions_on(one for one in self.ids if self.protocols[one].adjudication)

    def histories(self) -> dict[UUID, History]:
        return {one: self.history(one) for one in self.ids}

    def history(self, one: UUID) -> History:
        protocol = self.protocols[one]
        lines = [line for line in self.mrd.get(one, []) if line.verdict and not line.at_screening]
        contacts = self.contacts.get(one, [])
        assessing = {visit.key for visit in protocol.visits if visit.assesses_disease}
        literal = protocol.response.literal_mlfs_is_cri
        known = History(
            c1d1=self.first_dose(one),
            randomised_on=first(dated(each, "randomised_on") for each in self.randomised.get(one, [])),
            hsct_d0=first(dated(each, "performed_on") for each in self.transplants.get(one, [])),
            car_t_d0=first(
                dated(each, "performed_on")
                for each in self.cells.get(one, [])
                if each.step == CellStep.INFUSION
            ),
            relapses=tuple(relapse(each) for each in self.relapses.get(one, [])),
            death=next((death(each) for each in self.deaths.get(one, [])), None),
            graft_failure=first(graft_failures(self.engraftments.get(one, []))),
            mrd_recurrence=recurrence(lines, protocol, self.relapsed.get(one)),
            alive=(*self.signs.get(one, []), *alive_contacts(contacts)),
            new_therapies=tuple(new_therapies(contacts)),
            agvhd=tuple(acute_onsets(self.acute.get(one, []), self.liver.get(one, ()))),
            mrd=tuple(mrd(line, protocol, self.visits) for line in lines),
            windows=tuple(
                told.VisitWindow(each.key, each.latest, each.key in assessing)
                for each in self.windows.get(one, [])
            ),
            adjudications=tuple(
                adjudications(
                    protocol, (*self.relapses.get(one, []), *self.deaths.get(one, [])), self.decisions
                )
            ),
            major_deviations=tuple(
                Dated(each.occurred_on, ItemAddress(Deviation._meta.db_table, str(each.pk), "weight"))
                for each in self.major.get(one, [])
            ),
            by_counts=told.ByCounts(**self.of_marrows(one, self.by_counts[one], literal=False))
            if one in self.by_counts
            else None,
            **self.of_marrows(one, self.responses.get(one, []), literal),
        )
        known = replace(
            known,
            **withdrawn(self.withdrawals.get(one, [])),
            **chronic_onsets(
                self.chronic.get(one, []), self.liver.get(one, ()), self.gvhd_drugs.get(one, [])
            ),
        )
        return replace(known, severe_adverse_events=tuple(severe(self.adverse.get(one, []), known)))

    def of_marrows(self, one: UUID, judged: Sequence[Judged], literal: bool) -> dict[str, Any]:
        """What the marrows of a subject say; `literal`: MLFS counts as CRi."""
        responses = [each for each in judged if each.counts]
        remission = next((each for each in responses if each.in_crc is Truth.TRUE), None)
        return {
            "first_crc": Dated(remission.on, response_source(remission)) if remission else None,
            "treatment_failure": treatment_failure(responses, self.protocols[one], self.visits, literal),
            "assessments": tuple(adequate(responses, self.contacts.get(one, []))),
            "responses": tuple(response(each, self.visits, literal) for each in responses),
        }

    def first_dose(self, one: UUID) -> Dated | None:
        """Day 1 of treatment, from the form of the phase that began then."""
        day = self.c1d1.get(one)
        if day is None:
            return None
        source = next((each for each in self.cycles.get(one, []) if each.performed_on == day), None)
        return Dated(day, source.address("performed_on") if source else None)


def by_subject(rows: Iterable[Any]) -> Rows:
    found: Rows = defaultdict(list)
    for row in rows:
        found[row.subject_id].append(row)
    return found


def dated(record: Any, item: str) -> Dated | None:
    """An item of a record as something that happened; None when it is empty."""
    value = getattr(record, item)
    if value is None:
        return None
    return Dated(value, ItemAddress(record._meta.db_table, str(record.pk), item))


def first(found: Iterable[Dated | None]) -> Dated | None:
    """The earliest of those that have a date."""
    return min((each for each in found if each is not None), key=lambda each: each.earliest, default=None)


# Relapse, death, contact, withdrawal


def relapse(record: models.Relapse) -> told.Relapse:
    assert record.onset is not None  # a form without its day is left out
    place = told.RelapseSite(record.relapse_site or told.RelapseSite.MARROW)
    return told.Relapse(record.onset, record.address("onset"), place)


def death(record: models.Death) -> told.Death:
    assert record.died_on is not None
    return told.Death(record.died_on, record.address("died_on"), record.cause)


def alive_contacts(contacts: Iterable[models.SurvivalContact]) -> Iterable[Dated]:
    """Contacts that found the subject alive."""
    for contact in contacts:
        if contact.alive and contact.performed_on:
            yield Dated(contact.performed_on, contact.address("alive"))


def adequate(responses: Iterable[Judged], contacts: Iterable[models.SurvivalContact]) -> Iterable[Dated]:
    """Adequate disease assessments: an evaluable marrow without relapse, or the investigator's statement.

    The statement counts when it rests on a visit or on another hospital's record, never on the telephone.
    """
    for each in responses:
        if each.category not in ("RELAPSE", "NE") and each.record.performed_on and not each.later:
            yield Dated(each.record.performed_on, each.record.address("performed_on"))
    for contact in contacts:
        if contact.no_relapse and contact.contact_kind in (ContactKind.VISIT, ContactKind.RECORD):
            assert contact.performed_on is not None
            yield Dated(contact.performed_on, contact.address("no_relapse"))


def new_therapies(contacts: Iterable[models.SurvivalContact]) -> Iterable[told.NewTherapy]:
    for contact in contacts:
        if contact.new_therapy and contact.new_therapy != models.events.NewTherapy.NONE:
            on = contact.new_therapy_on or contact.performed_on
            assert on is not None
            yield told.NewTherapy(on, contact.address("new_therapy"), contact.new_therapy)


def withdrawn(records: Iterable[models.Withdrawal]) -> dict[str, Any]:
    """What ended follow-up and what ended the use of data; withdrawing from data use ends follow-up too."""
    degrees = {each: each.degree for each in records}
    ends = [each for each, degree in degrees.items() if degree != WithdrawalDegree.TREATMENT]
    closed = [each for each, degree in degrees.items() if degree == WithdrawalDegree.DATA_USE]
    return {
        "follow_up_withdrawn": first(dated(each, "performed_on") for each in ends),
        "data_use_withdrawn": first(dated(each, "performed_on") for each in closed),
    }


def signs_of_life(subject_ids: Sequence[UUID]) -> dict[UUID, list[Dated]]:
    """The days on which anything was recorded of a living subject, in one query over all form tables."""
    queries = [
        current_records(model, subject_ids)
        .exclude(form_key__in=NO_SIGN_OF_LIFE)
        .exclude(performed_on=None)
        .order_by()
        .values_list("subject_id", "performed_on", "pk", Value(model._meta.db_table))  # type: ignore[attr-defined]
        for model in models_of_forms()
    ]
    found: dict[UUID, dict[date, ItemAddress]] = defaultdict(dict)
    for subject_id, day, pk, table in queries[0].union(*queries[1:], all=True):
        found[subject_id].setdefault(day, ItemAddress(table, str(pk), "performed_on"))
    return {one: [Dated(day, source) for day, source in sorted(days.items())] for one, days in found.items()}


# Response and MRD


def response_source(each: Judged) -> ItemAddress:
    return each.record.address("investigator_response" if each.said else "bm_blast_pct")


def by_counts(plans: Mapping[UUID, Protocol]) -> dict[UUID, list[Judged]]:
    """The responses by counts of the subjects whose protocol has the analysis and who have a marrow."""
    asked = [
        one
        for one, protocol in plans.items()
        if any(plan.analysis == "response_by_counts" for plan in protocol.analyses)
    ]
    return judged_responses(asked, by_counts=True) if asked else {}


def response(each: Judged, visits: dict[UUID, str], literal: bool) -> told.ResponseAt:
    return told.ResponseAt(
        each.on,
        response_source(each),
        visit=visits.get(each.record.visit_id, ""),
        category=each.category,
        in_crc=each.in_crc,
        cr_or_cri=cr_or_cri(each, literal),
    )


def cr_or_cri(each: Judged, literal: bool) -> Truth:
    """CR or CRi; `literal`: with or without recovery of the counts, so MLFS too (registration 002)."""
    remissions = REMISSIONS | {Category.MLFS.value} if literal else REMISSIONS
    possible = {each.category}
    if not each.said:
        possible = {category.value for category in each.response.possible}
    if possible <= remissions:
        return Truth.TRUE
    return Truth.UNKNOWN if possible & (remissions | {"NE", "UNKNOWN"}) else Truth.FALSE


def treatment_failure(
    responses: Sequence[Judged], protocol: Protocol, visits: dict[UUID, str], literal: bool
) -> Dated | None:
    """No remission at any assessment up to the one that the protocol names, dated to that assessment.

    A response that cannot be told leaves failure open. One that awaits recovery of the counts is no failure before its
    day: the next assessment that does not await it decides, and dates it. Later counts may still make it a remission.
    """
    named = [
        place
        for place, each in enumerate(responses)
        if visits.get(each.record.visit_id) in protocol.response.refractory_at
    ]
    if not named:
        return None
    deciding = next((n for n in range(named[0], len(responses)) if responses[n].awaited is None), None)
    if deciding is None:
        return None
    each = responses[deciding]
    same = [one for one in responses[deciding + 1 :] if one.record.pk == each.record.pk]
    reached = any_of(
        any_of((one.in_crc, cr_or_cri(one, literal))) for one in [*responses[: deciding + 1], *same]
    )
    assert each.record.performed_on is not None
    return Dated(each.record.performed_on, response_source(each)) if reached is Truth.FALSE else None


def mrd(line: MrdLine, protocol: Protocol, visits: dict[UUID, str]) -> told.MrdAt:
    assert line.verdict is not None
    assert line.result.sampled_on is not None
    negative = {Verdict.NEGATIVE: Truth.TRUE, Verdict.POSITIVE: Truth.FALSE}
    return told.MrdAt(
        line.result.sampled_on,
        line.source,
        visit=visits.get(line.sample.visit_id, ""),
        method=line.line.method,
        negative=negative.get(line.verdict.verdict, Truth.UNKNOWN),
        counts=line.in_crc is not Truth.FALSE or protocol.response.literal_mlfs_is_cri,
    )


def recurrence(lines: Sequence[MrdLine], protocol: Protocol, relapsed: Fact | None) -> Dated | None:
    """Confirmed MRD recurrence by the study's method, on the day of its first positive sample."""
    day = course_of(lines, study_method(protocol), relapsed).first(MrdState.RECURRENCE)
    if day is None:
        return None
    return Dated(day, next((line.source for line in lines if line.result.sampled_on == day), None))


# After transplantation, safety


def acute_onsets(records: Iterable[AcuteGvhd], labs: Labs) -> Iterable[told.AcuteGvhd]:
    """The first day of each higher overall grade; of an open grade the lowest that is certain."""
    reached = 0
    for record in records:
        grade = acute_grade(acute_stages_of(record, labs)).low
        if grade > reached:
            reached = grade
            assert record.performed_on is not None
            yield told.AcuteGvhd(record.performed_on, record.address("performed_on"), grade)


def systemic_drugs(ids: list[UUID]) -> Rows:
    """The systemic agents against chronic GVHD of the forms of its treatment; one query."""
    lines = GvhdDrug.objects.filter(
        subject_id__in=ids, voided=False, systemic=True, treated=GvhdTreated.CHRONIC
    )
    standing = not_later(lines.exclude(record__state=RecordState.VOIDED), "record__performed_on")
    return by_subject(standing.order_by("started_on", "pk"))


def chronic_onsets(
    records: Sequence[ChronicGvhd], labs: Labs, drugs: Sequence[GvhdDrug] = ()
) -> dict[str, Any]:
    """First chronic GVHD, first of at least moderate severity, first on systemic therapy.

    That is said on the form of chronic GVHD or by an agent on the form of its treatment: the earlier day counts."""
    severity = {each: chronic_severity(chronic_scores_of(each, labs)).low for each in records}
    any_day = [
        dated(each, "onset_on") or dated(each, "performed_on") for each, low in severity.items() if low
    ]
    return {
        "cgvhd": first([*any_day, *(dated(each, "onset_on") for each in records)]),
        "cgvhd_moderate_severe": first(
            dated(each, "performed_on") for each, low in severity.items() if low > 1
        ),
        "cgvhd_systemic": first(
            [
                *(dated(each, "systemic_therapy_on") for each in records),
                *(dated(each, "started_on") for each in drugs),
            ]
        ),
    }


def graft_failures(records: Iterable[Engraftment]) -> Iterable[Dated | None]:
    failures = (Engraftment.GraftFailure.PRIMARY, Engraftment.GraftFailure.SECONDARY)
    for record in records:
        if record.graft_failure in failures:
            yield dated(record, "graft_failure_on") or dated(record, "performed_on")


def severe(records: Iterable[AdverseEvent], known: History) -> Iterable[Dated]:
    """Adverse events of grade 3 or more from the first dose (or randomisation) to day 100 after transplantation."""
    begin = known.c1d1 or known.randomised_on
    if begin is None:
        return
    graft = known.hsct_d0
    until = graft.earliest + timedelta(days=SAFETY_DAYS_AFTER_HSCT) if graft else date.max
    for record in records:
        happened = dated(record, "onset")
        severe_enough = record.grade is not None and record.grade >= SEVERE
        if severe_enough and happened and begin.earliest <= happened.latest and happened.earliest <= until:
            yield happened
