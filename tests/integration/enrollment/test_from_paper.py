"""A subject from paper: numbers and decisions as they were; what today would refuse is a fact, and nobody is asked."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from assessments.gaps import gaps_of
from enrollment.domain.randomisation import all_strata
from enrollment.models import Confirmation, PaperEntry, PaperSignature, Randomisation
from enrollment.paper import OnPaper, enter_from_paper, sign_paper_facts
from enrollment.paper_facts import entry_of, facts_to_sign, to_sign
from enrollment.selectors import list_is_made, places_taken
from tests.cast import PASSWORD, Cast, cast_of, make_cast
from trialsite.access.identity import Identity, is_unnamed
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.errors import Asked, CheckFailed, Refused
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import work_of
from trialsite.casebook.services import next_number, submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity
from trialsite.review.models import Query

from ..amendments.versions import activate, loaded, widen
from .candidates import TODAY, screened, small_document

THEN = date(2024, 3, 5)
UNTIL = date(2025, 12, 31)
TOLD = OnPaper(
    screening_number="S-BLF-0007",
    screened_on=THEN,
    until=UNTIL,
    subject_number="BLF-0005",
    consented_on=THEN,
    enrolled_on=THEN + timedelta(days=3),
    judged_by="Dr Lin",
    judged_on=THEN,
    verdict="ELIGIBLE",
    identity=Identity("王小明", "H-1"),
)


def entered(cast: Cast, by: User | None = None, **options: Any) -> Subject:
    by = by or cast.coordinator
    with acting(user=by):
        subject = enter_from_paper(study=cast.study, site=cast.here, told=replace(TOLD, **options), by=by)
        return Subject.objects.select_related("study", "site", "protocol_version").get(pk=subject.pk)


def test_original_numbers_and_days_are_kept_and_nothing_is_confirmed_here(cast: Cast) -> None:
    subject = entered(cast)
    assert (subject.number, subject.screening_number, subject.state) == ("BLF-0005", "S-BLF-0007", "enrolled")
    assert (subject.screened_on, subject.enrolled_on) == (THEN, THEN + timedelta(days=3))
    assert (subject.usubjid, subject.arm) == ("BLINA-FULL-S-BLF-0007", cast.version.protocol.arms[0].key)
    with acting(user=cast.coordinator):
        entry = PaperEntry.objects.get(subject=subject)
        assert (entry.judged_by, entry.verdict, entry.entered_by) == ("Dr Lin", "ELIGIBLE", cast.coordinator)
        assert not Confirmation.objects.exists()


def test_the_next_numbers_given_here_are_later(cast: Cast) -> None:
    entered(cast)
    entered(cast, screening_number="S-BLF-0002", subject_number="X-99", identity=Identity("李"))
    assert screened(cast).screening_number == "S-BLF-0008"
    with acting(user=cast.coordinator):
        assert next_number(f"subject:{cast.study.key}") == 6


@pytest.mark.parametrize("item", ["screening_number", "subject_number"])
def test_a_number_is_given_once_at_whatever_site(cast: Cast, item: str) -> None:
    entered(cast)
    other = {"screening_number": "A-1", "subject_number": "A-2"} | {item: getattr(TOLD, item)}
    told = replace(TOLD, identity=Identity("李"), **other)
    with acting(user=cast.stranger), pytest.raises(CheckFailed) as refusal:
        enter_from_paper(study=cast.study, site=cast.elsewhere, told=told, by=cast.stranger)
    assert list(refusal.value.messages) == [item]


@pytest.mark.parametrize(
    ("changes", "item"),
    [
        ({"enrolled_on": THEN - timedelta(days=1)}, "enrolled_on"),
        ({"until": THEN + timedelta(days=2)}, "until"),
        ({"until": TODAY + timedelta(days=2)}, "until"),
        ({"screened_on": TODAY + timedelta(days=2)}, "screened_on"),
        ({"subject_number": ""}, "subject_number"),
        ({"judged_by": ""}, "judged_by"),
        ({"judged_on": None}, "judged_on"),
        ({"arm": "NONE"}, "arm"),
        ({"randomised_on": THEN + timedelta(days=3)}, "randomised_on"),
        ({"enrolled_on": None, "subject_number": ""}, "failure_reason"),
        ({"judged_by": "call 13812345678"}, "judged_by"),
    ],
)
def test_what_cannot_be_is_refused_at_its_item(cast: Cast, changes: dict[str, Any], item: str) -> None:
    with pytest.raises(CheckFailed) as refusal:
        entered(cast, **changes)
    assert item in refusal.value.messages
    with acting(user=cast.coordinator):
        assert not Subject.objects.exists()


def test_the_day_of_enrolment_may_be_the_last_from_paper(cast: Cast) -> None:
    assert entered(cast, until=TOLD.enrolled_on).from_paper_until == TOLD.enrolled_on


def test_a_screen_failure_of_the_past_takes_no_place_and_asks_for_no_signature(cast: Cast) -> None:
    subject = entered(cast, enrolled_on=None, subject_number="", failure_reason="not eligible")
    assert subject.state == "screen_failed"
    with acting(user=cast.coordinator):
        assert places_taken(cast.study.pk) == 0
        assert facts_to_sign(subject) == {}


def test_a_full_study_refuses_nobody_of_the_past_and_says_so(db: None) -> None:
    cast = cast_of(small_document("BLINA-FULL", 1))
    entered(cast)
    second = entered(cast, screening_number="S2", subject_number="N2", identity=Identity("李"))
    with acting(user=cast.coordinator):
        assert places_taken(cast.study.pk) == 2
        facts = facts_to_sign(second)
    assert "study_full 2/1" in facts
    assert any(fact.startswith("criterion_unknown") for fact in facts)


def test_a_later_result_does_not_judge_the_enrolment_of_then(cast: Cast) -> None:
    subject = entered(cast)
    with acting(user=cast.coordinator):
        before = facts_to_sign(subject)
        values = {"performed_on": THEN + timedelta(days=200), "ecog": 4}
        submit_form(slot=Slot(subject.pk, "SCR", "VS"), values=values, by=cast.coordinator)
        assert facts_to_sign(subject) == before
        values = {"performed_on": THEN, "ecog": 4}
        submit_form(
            slot=Slot(subject.pk, "SCR", "VS"),
            values=values,
            base_version=1,
            by=cast.coordinator,
            reason="typing error",
        )
        assert facts_to_sign(subject) != before


def test_a_signature_holds_until_the_facts_change(cast: Cast, client: Client) -> None:
    subject = entered(cast)
    client.force_login(cast.investigator)
    address = f"/subjects/{subject.pk}/from-paper/"
    digest = client.get(address).context["to_sign"].digest
    told = {"username": "investigator", "password": PASSWORD, "content_hash": digest}
    assert client.post(address + "sign/", told).status_code == 302
    with acting(user=cast.investigator):
        assert work_of(cast.investigator, kind="paper-sign").lines == []
    with acting(user=cast.coordinator):
        values = {"performed_on": THEN, "ecog": 4}
        submit_form(slot=Slot(subject.pk, "SCR", "VS"), values=values, by=cast.coordinator)
    with acting(user=cast.investigator):
        assert len(work_of(cast.investigator, kind="paper-sign").lines) == 1
        entry = entry_of(subject)
        assert entry is not None
        assert not to_sign(subject, entry).signed
        assert PaperSignature.objects.count() == 1


def test_only_an_investigator_signs(cast: Cast, client: Client) -> None:
    subject = entered(cast)
    client.force_login(cast.coordinator)
    address = f"/subjects/{subject.pk}/from-paper/sign/"
    assert client.post(address, {"username": "coordinator", "password": PASSWORD}).status_code == 403


def test_a_paper_allocation_draws_nothing_from_the_list(db: None) -> None:
    cast = make_cast("BLINA-INTENS")
    stratum = all_strata({one.key: [each.key for each in one.levels] for one in randomisation(cast).strata})[
        0
    ]
    day = THEN + timedelta(days=4)
    for wrong, item in (
        ({"arm": "B"}, "randomised_on"),
        ({"arm": "B", "randomised_on": THEN}, "randomised_on"),
    ):
        with pytest.raises(CheckFailed) as refusal:
            entered(cast, **wrong)
        assert list(refusal.value.messages) == [item]
    subject = entered(cast, arm="B", randomised_on=day, list_number=12, stratum=stratum)
    with acting(user=cast.coordinator):
        record = Randomisation.objects.get(subject=subject)
        assert (record.from_paper, record.arm, record.slot_number) == (True, "B", 12)
        assert (record.confirmation, record.randomised_on) == (None, day)
        assert record.get_stratum_display()
        assert "list_not_drawn" in facts_to_sign(subject)
        assert subject.arm == "B"
        assert not list_is_made(cast.study.pk)


def randomisation(cast: Cast) -> Any:
    return cast.version.protocol.randomisation


def test_a_data_manager_enters_numbers_and_the_site_says_who_it_is(cast: Cast, client: Client) -> None:
    subject = entered(cast, by=cast.data_manager, identity=Identity(""))
    with pytest.raises(CheckFailed):
        entered(cast, by=cast.data_manager, screening_number="S9", subject_number="N9")
    with acting(user=cast.coordinator):
        assert is_unnamed(subject.person_id)
    client.force_login(cast.coordinator)
    address = f"/subjects/{subject.pk}/from-paper/identity/"
    refused = client.post(address, {"hospital_number": "H-77"})
    assert refused.status_code == 422
    assert "H-77" in refused.content.decode()
    assert client.post(address, {"full_name": "王小明"}).status_code == 302
    with acting(user=cast.coordinator):
        assert not is_unnamed(subject.person_id)
    assert client.post(address, {"full_name": "李"}).status_code == 422


@pytest.mark.parametrize("part", ["investigator", "monitor", "statistician", "inspector"])
def test_others_enter_nobody_from_paper(cast: Cast, part: str) -> None:
    with pytest.raises(PermissionDenied):
        entered(cast, by=cast.people()[part])


@pytest.mark.parametrize(("day", "asked"), [(UNTIL, False), (UNTIL + timedelta(days=1), True)])
def test_a_soft_finding_of_the_past_stands_on_the_list_of_gaps_and_asks_nobody(
    cast: Cast, day: date, asked: bool
) -> None:
    subject = entered(cast)
    values = {"performed_on": day, "ecog": 1, "pulse": Quantity.parse("200", "/min", "pulse")}
    slot = Slot(subject.pk, "SCR", "VS")
    with acting(user=cast.coordinator):
        if asked:
            with pytest.raises(Asked):
                submit_form(slot=slot, values=values, by=cast.coordinator, ask_about_soft=True)
        submit_form(slot=slot, values=values, by=cast.coordinator, ask_about_soft=not asked)
        assert Query.objects.filter(subject=subject).exists() is asked
        found = [gap.form for gap in gaps_of(subject) if gap.gap.kind == "finding"]
    assert found == ([] if asked else ["Vital signs"])


def test_what_is_impossible_is_refused_of_the_past_too(cast: Cast) -> None:
    subject = entered(cast)
    values = {"performed_on": TODAY + timedelta(days=3), "ecog": 1}
    with acting(user=cast.coordinator), pytest.raises(CheckFailed):
        submit_form(slot=Slot(subject.pk, "SCR", "VS"), values=values, by=cast.coordinator)


def test_a_form_says_that_it_came_from_paper_and_when_it_was_entered(cast: Cast, client: Client) -> None:
    subject = entered(cast)
    slot = Slot(subject.pk, "SCR", "VS")
    with acting(user=cast.coordinator):
        submit_form(slot=slot, values={"performed_on": THEN, "ecog": 1}, by=cast.coordinator)
    client.force_login(cast.coordinator)
    assert "from paper: of 2024-03-05, entered on" in client.get(slot.url()).content.decode()
    (row,) = client.get("/api/v1/forms/VS/").json()["results"]
    assert (row["performed_on"], row["entered_from"]) == ("2024-03-05", "paper")
    assert row["entered_at"] > "2026"


def test_the_page_refuses_beside_the_field_and_keeps_what_was_typed(cast: Cast, client: Client) -> None:
    client.force_login(cast.coordinator)
    typed = {
        "site": cast.here.key, "screening_number": "OLD-1", "screened_on": "2024-03-05", "until": "2024-03-01",
        "verdict": "NOT_DOCUMENTED", "why": "MID_TRIAL", "enrolled_on": "2024-03-08", "subject_number": "N-1",
        "full_name": "王小明",
    }  # fmt: skip
    address = f"/studies/{cast.study.key}/from-paper/new/"
    answer = client.post(address, typed)
    assert answer.status_code == 422
    assert "at least until the subject was screened and enrolled" in answer.content.decode()
    assert 'value="OLD-1"' in answer.content.decode()
    assert client.post(address, typed | {"until": "2024-06-01"}).status_code == 302
    with acting(user=cast.coordinator):
        assert Subject.objects.get().number == "N-1"


def test_nobody_is_entered_from_paper_at_a_held_site(cast: Cast) -> None:
    with acting(user=cast.data_manager):
        place_hold(place=Place(cast.study.pk, cast.here.pk), kind="freeze", by=cast.data_manager)
    with pytest.raises(Refused, match="frozen"):
        entered(cast)


def test_nobody_signs_where_the_subject_is_locked(cast: Cast) -> None:
    subject = entered(cast)
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_subject(subject), kind="lock", by=cast.data_manager)
    signing = {"subject": subject, "username": "investigator", "password": PASSWORD, "content_hash": ""}
    with acting(user=cast.investigator), pytest.raises(Refused, match="locked"):
        sign_paper_facts(**signing, by=cast.investigator)


def test_a_form_is_entered_under_the_version_that_was_in_force_on_its_day(cast: Cast) -> None:
    second = loaded(cast, "2.0", widen("SCR", 28, 1))
    activate(cast, second)  # from 2024-06-03 on
    subject = entered(cast)
    assert subject.protocol_version.version == "1.0"
    for key, day in (("VS", date(2024, 6, 2)), ("HEM", date(2024, 6, 3))):
        with acting(user=cast.coordinator):
            slot = Slot(subject.pk, "SCR", key)
            record = submit_form(slot=slot, values={"performed_on": day}, by=cast.coordinator)
        assert record.protocol_version.version == {"VS": "1.0", "HEM": "2.0"}[key]
