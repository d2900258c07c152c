"""What the forms of screening say to rules: empty is unknown, no is no, not applicable is its own."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from enrollment.facts import sources
from enrollment.selectors import facts_of_subjects, rule_facts
from enrollment.services import screen_subject
from tests.cast import Cast
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import anchor_dates, facts, facts_of
from trialsite.casebook.services import change_state
from trialsite.clinical.facts import Fact
from trialsite.clinical.interval import Interval
from trialsite.clinical.partial_date import PartialDate
from trialsite.studies.domain.fact_names import FACTS

from .candidates import SCREENED, days_ago, eligible, enter, screened, sign_consent

OWN_FORMS = ("DM", "ICF", "MH", "DX", "EL", "ENROLMENT")


def fact(cast: Cast, subject: Subject, name: str) -> Fact:
    with acting(user=cast.coordinator):
        return facts_of(subject.pk, [name])[name]


def course(kind: str, start: str, stop: str | None) -> dict[str, Any]:
    return {
        "kind": kind,
        "drug": "",
        "start": PartialDate.parse(start),
        "stop": PartialDate.parse(stop) if stop else None,
    }


def test_every_fact_of_the_forms_of_this_room_is_registered() -> None:
    expected = {name for name, one in FACTS.items() if one.form in OWN_FORMS}
    assert expected == set(sources())
    assert expected <= set(facts)


def test_before_any_form_every_fact_is_missing_but_the_site(crew: Cast) -> None:
    subject = screened(crew)
    with acting(user=crew.coordinator):
        found = facts_of(subject.pk, sources())
    assert {name for name, one in found.items() if one.known} == {"site_key"}


def test_an_unanswered_question_is_unknown_and_a_no_is_no(crew: Cast) -> None:
    subject = screened(crew)
    enter(subject, crew.coordinator, "EL", SCREENED, refused=False, willing_hsct=None)
    assert fact(crew, subject, "refused").value is False
    assert not fact(crew, subject, "willing_hsct").known


def test_a_fact_names_its_form_item_and_day(crew: Cast) -> None:
    subject = screened(crew)
    form = enter(subject, crew.coordinator, "DX", days_ago(6), cd19_pct=Decimal("20"))
    found = fact(crew, subject, "cd19_pct")
    assert (found.value, found.unit, found.on) == (Decimal("20.00"), "%", days_ago(6))
    assert found.source == form.address("cd19_pct")


def test_a_voided_form_says_nothing_any_more(crew: Cast) -> None:
    subject = screened(crew)
    form = enter(subject, crew.coordinator, "EL", SCREENED, refused=True)
    assert fact(crew, subject, "refused").value is True
    with acting(user=crew.coordinator):
        change_state(record=form, action="void", by=crew.coordinator, reason="entered for another person")
    assert not fact(crew, subject, "refused").known


def test_none_given_is_zero_days_and_not_asked_is_unknown(crew: Cast) -> None:
    subject = screened(crew)
    enter(subject, crew.coordinator, "MH", SCREENED, prior_therapy_reviewed=None)
    assert not fact(crew, subject, "steroid_days").known
    assert not fact(crew, subject, "other_antileukemic_therapy").known
    enter(subject, crew.coordinator, "MH", SCREENED, prior_therapy_reviewed=True)
    assert fact(crew, subject, "steroid_days").value == 0
    assert fact(crew, subject, "hydroxyurea_days").value == 0
    assert fact(crew, subject, "other_antileukemic_therapy").value is False


def test_courses_count_for_their_own_kind(crew: Cast) -> None:
    subject = screened(crew)
    lines = [course("HU", "2026-03-01", "2026-03-02"), course("OTHER", "2026-03-01", None)]
    enter(subject, crew.coordinator, "MH", SCREENED, {"therapies": lines}, prior_therapy_reviewed=True)
    assert fact(crew, subject, "hydroxyurea_days").value == 2
    assert fact(crew, subject, "steroid_days").value == 0
    assert fact(crew, subject, "other_antileukemic_therapy").value is True


def test_a_partial_course_gives_bounds(crew: Cast) -> None:
    subject = screened(crew)
    lines = [course("STEROID", "2026-03", "2026-03-04")]
    enter(subject, crew.coordinator, "MH", SCREENED, {"therapies": lines}, prior_therapy_reviewed=True)
    assert fact(crew, subject, "steroid_days").value == Interval(Decimal(1), Decimal(4))


def test_the_date_of_an_event_that_never_happened_is_not_applicable(crew: Cast) -> None:
    subject = screened(crew)
    enter(subject, crew.coordinator, "MH", SCREENED, arterial_thrombosis=False, venous_thrombosis=True)
    assert fact(crew, subject, "arterial_thrombosis_date").why == "NOT_APPLICABLE"
    assert fact(crew, subject, "venous_thrombosis_date").why == "NOT_RECORDED"
    assert fact(crew, subject, "gi_bleeding_date").why == "NOT_RECORDED"


def test_without_an_infection_its_kind_is_not_applicable(crew: Cast) -> None:
    subject = screened(crew)
    enter(subject, crew.coordinator, "MH", SCREENED, active_infection_treated=False)
    assert fact(crew, subject, "infection_kind").why == "NOT_RECORDED"
    none = {"active_infection_treated": False, "infection_uncontrolled": False}
    enter(subject, crew.coordinator, "MH", SCREENED, **none)
    assert fact(crew, subject, "infection_kind").why == "NOT_APPLICABLE"


def test_a_plan_of_pregnancy_is_not_asked_of_men(crew: Cast) -> None:
    subject = screened(crew)
    birth = PartialDate.parse("1980")
    enter(subject, crew.coordinator, "DM", SCREENED, birth_date=birth, sex="F")
    assert fact(crew, subject, "pregnancy_planned").why == "NOT_RECORDED"
    enter(subject, crew.coordinator, "DM", SCREENED, birth_date=birth, sex="M")
    assert fact(crew, subject, "pregnancy_planned").why == "NOT_APPLICABLE"


def test_a_form_of_tests_not_done_is_unknown(crew: Cast) -> None:
    subject = screened(crew)
    enter(subject, crew.coordinator, "DX", SCREENED, bcr_abl1_pcr="ND", bcr_abl1_fish="ND", emd="ND")
    assert fact(crew, subject, "ph_status").why == "NOT_DONE"
    assert fact(crew, subject, "emd").why == "NOT_DONE"


def test_age_counts_to_the_first_valid_consent(crew: Cast) -> None:
    subject = screened(crew)
    enter(subject, crew.coordinator, "DM", SCREENED, birth_date=PartialDate.parse("1990-06-15"), sex="F")
    assert not fact(crew, subject, "age_years").known
    sign_consent(subject, crew.coordinator, SCREENED)
    expected = SCREENED.year - 1990 - ((SCREENED.month, SCREENED.day) < (6, 15))
    assert fact(crew, subject, "age_years").value == expected
    with acting(user=crew.coordinator):
        assert anchor_dates([subject.pk], "consent") == {subject.pk: SCREENED}
        assert anchor_dates([subject.pk], "screening") == {subject.pk: SCREENED}


def test_the_witness_alone_consents_to_nothing(crew: Cast) -> None:
    subject = screened(crew)
    sign_consent(subject, crew.coordinator, SCREENED, "witness")
    assert not fact(crew, subject, "icf_date").known
    assert not fact(crew, subject, "icf_signed").known


@pytest.mark.parametrize(
    ("form", "values", "rows", "item"),
    [
        ("DM", {"birth_date": PartialDate.parse("2099")}, None, "birth_date"),
        ("DM", {"birth_date": PartialDate.parse("1900")}, None, "birth_date"),
        ("EL", {"investigator_unsuitable": True, "unsuitable_reason": " "}, None, "unsuitable_reason"),
        (
            "MH",
            {"arterial_thrombosis": False, "arterial_thrombosis_date": PartialDate.parse("2020")},
            None,
            "arterial_thrombosis_date",
        ),
        ("MH", {}, {"therapies": [course("HU", "2026-03-05", "2026-03-04")]}, "therapies.0.stop"),
        (
            "ICF",
            {"text_version": "1"},
            {"signatures": [{"signer": "patient", "signed": True}]},
            "signatures.0.signed_on",
        ),
    ],
)
def test_what_cannot_be_is_refused_at_its_item(
    crew: Cast, form: str, values: dict, rows: dict | None, item: str
) -> None:
    subject = screened(crew)
    with pytest.raises(CheckFailed) as refusal:
        enter(subject, crew.coordinator, form, SCREENED, rows, **values)
    assert list(refusal.value.messages) == [item]


def test_the_facts_of_many_subjects_take_as_many_queries_as_those_of_one(crew: Cast) -> None:
    first = eligible(crew)
    with (
        acting(user=crew.coordinator),
        CaptureQueriesContext(
            connection,
        ) as one,
    ):
        facts_of_subjects([first.pk], rule_facts(crew.version))
    ids = [first.pk, eligible(crew).pk, eligible(crew).pk]
    with acting(user=crew.coordinator), CaptureQueriesContext(connection) as three:
        found = facts_of_subjects(ids, rule_facts(crew.version))
    assert len(three) == len(one)
    assert all(found[pk]["cd19_pct"].known for pk in ids)


def test_screening_a_person_at_a_site_names_the_site(crew: Cast) -> None:
    with acting(user=crew.stranger):
        subject = screen_subject(
            study=crew.study, site=crew.elsewhere, full_name="李明", screened_on=SCREENED, by=crew.stranger
        )
        assert facts_of(subject.pk, ["site_key"])["site_key"].value == crew.elsewhere.key
