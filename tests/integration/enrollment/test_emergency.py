"""An arm in an emergency, marked and filled in afterwards; and what is found wrong with an arm, never erased."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import InternalError, ProgrammingError, connection, transaction
from django.test import Client

from enrollment.conditions import NotReady
from enrollment.models import EmergencyAllocation, MisRandomisation, Randomisation
from enrollment.recruitment import emergency_of
from enrollment.services import confirm_eligibility, randomise_in_emergency, record_mis_randomisation
from enrollment.work import KINDS
from tests.cast import PASSWORD, Cast
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.models import Event, Trail
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import work_of
from trialsite.casebook.site_day import site_today
from trialsite.deviations.models import Deviation

from .candidates import SCREENED, confirmed, eligible, enter, fill_in, screened
from .trials import enrolled_of, given, intens, make_list, owner_rows, randomised, verify, with_gate

WHY = "conditioning starts today; the laboratory gave the result by telephone"


@pytest.fixture
def trial(committed_db: str) -> Cast:
    """BLINA-INTENS with a verified CD19 report as gate, and its list."""
    cast = intens(with_gate)
    make_list()
    return cast


def unknown(cast: Cast) -> Subject:
    """In screening, with one criterion unknown: the gate rests on it."""
    subject = eligible(cast)
    enter(subject, cast.coordinator, "DX", SCREENED, cd19_pct=None)
    return subject


def emergency(cast: Cast, subject: Subject, by: User | None = None, **told: Any) -> EmergencyAllocation:
    by = by or cast.investigator
    asked = {"randomised_on": site_today(subject), "reason": WHY, "password": PASSWORD}
    with acting(user=by):
        return randomise_in_emergency(subject=subject, by=by, **asked | told)


def lines(who: User) -> list[tuple[str, str]]:
    with acting(user=who):
        return [(one.kind, str(one.detail)) for one in work_of(who).lines if one.kind in KINDS]


def still_open(cast: Cast, subject: Subject) -> tuple[tuple[str, str], ...]:
    with acting(user=cast.investigator):
        found = emergency_of(Subject.objects.get(pk=subject.pk))
    assert found is not None
    return found.open


def test_it_enrols_takes_the_next_place_and_says_what_was_missing(trial: Cast) -> None:
    first = enrolled_of(trial, confirmed(trial))
    verify(trial, first, "DX")
    assert randomised(trial, first).slot_number == 1
    subject = unknown(trial)
    made = emergency(trial, subject)
    with acting(user=trial.investigator):
        record = Randomisation.objects.get(subject=subject)
        after = Subject.objects.get(pk=subject.pk)
    assert (record.slot_number, record.confirmation, after.state) == (2, None, "enrolled")
    assert (after.subject_number, after.arm) == ("BIN-0002", record.arm)
    assert [one["code"] for one in made.bridged] == ["confirmation", "criterion", "gate"]
    assert made.allocated_by == trial.investigator
    assert Event.objects.filter(kind="randomisation.emergency", user_id=trial.investigator.pk).count() == 1
    with acting(user=trial.investigator):
        entry = Trail.objects.get(table_name="enrollment_emergencyallocation", subject_id=subject.pk)
        assert (entry.role, entry.reason) == ("investigator", WHY)


def test_it_drafts_a_deviation_in_both_languages(trial: Cast) -> None:
    subject = unknown(trial)
    emergency(trial, subject)
    with acting(user=trial.data_manager):
        (found,) = Deviation.objects.filter(subject=subject, rule="randomisation.emergency")
    assert (found.kind, found.weight, found.state) == ("randomisation", "major", "draft")
    assert found.evidence_en.startswith("Randomised in an emergency: conditioning starts today")
    assert found.evidence_zh.startswith("紧急随机分组")


def test_it_stays_in_the_inbox_until_everything_is_filled_in(trial: Cast) -> None:
    subject = unknown(trial)
    emergency(trial, subject)
    assert still_open(trial, subject) == (("confirmation", ""), ("gate", "CD19"))
    assert lines(trial.investigator) == [("emergency", "confirm eligibility; CD19 report seen")]
    assert lines(trial.stranger) == []
    enter(subject, trial.coordinator, "DX", SCREENED, cd19_pct=92)
    with acting(user=trial.investigator):
        confirm_eligibility(subject=subject, password=PASSWORD, by=trial.investigator)
    assert still_open(trial, subject) == (("gate", "CD19"),)
    verify(trial, subject, "DX")
    assert still_open(trial, subject) == ()
    assert lines(trial.investigator) == []


def test_a_gate_that_turns_out_against_is_settled_by_what_is_recorded(trial: Cast) -> None:
    subject = unknown(trial)
    emergency(trial, subject)
    enter(subject, trial.coordinator, "DX", SCREENED, cd19_pct=5)
    with acting(user=trial.investigator):
        with pytest.raises(Refused, match="not eligible"):
            confirm_eligibility(subject=subject, password=PASSWORD, by=trial.investigator)
        record_mis_randomisation(
            subject=subject,
            kind="INELIGIBLE",
            found_on=site_today(subject),
            reason="CD19 5 % in the written report",
            by=trial.investigator,
        )
    assert still_open(trial, subject) == ()
    assert lines(trial.investigator) == []


@pytest.mark.parametrize("missing", ["consent", "against", "stratum"])
def test_what_cannot_wait_is_refused_and_nothing_is_given(trial: Cast, missing: str) -> None:
    subject = unknown(trial)
    if missing == "consent":
        enter(subject, trial.coordinator, "ICF", SCREENED, {"signatures": []}, text_version="2.0")
    elif missing == "against":
        enter(subject, trial.coordinator, "DX", SCREENED, dx="T_ALL")
    else:
        enter(subject, trial.coordinator, "DX", SCREENED, kmt2a_r=None)
    with pytest.raises(NotReady) as refusal:
        emergency(trial, subject)
    assert missing in [one.code for one in refusal.value.missing]
    assert owner_rows("SELECT count(*) FROM enrollment_randomisationslot WHERE subject_id IS NOT NULL") == [
        (0,)
    ]
    with acting(user=trial.investigator):
        assert Subject.objects.get(pk=subject.pk).state == "screening"


def test_only_an_investigator_with_the_password_and_a_reason(trial: Cast) -> None:
    subject = unknown(trial)
    for who in (trial.coordinator, trial.data_manager, trial.statistician):
        with pytest.raises(PermissionDenied):
            emergency(trial, subject, who)
    with pytest.raises(CheckFailed) as refusal:
        emergency(trial, subject, reason=" ")
    assert list(refusal.value.messages) == ["reason"]
    with pytest.raises(CheckFailed) as refusal:
        emergency(trial, subject, password="not mine")
    assert list(refusal.value.messages) == ["password"]
    with (
        acting(user=trial.coordinator),
        pytest.raises(ProgrammingError, match="Only an investigator"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT randomisation_take_slot(%s, '', true)", [subject.pk])


def test_what_can_be_confirmed_now_is_no_emergency(trial: Cast) -> None:
    eligible_now = eligible(trial)
    verify(trial, eligible_now, "DX")
    with pytest.raises(Refused, match="confirm, enrol and randomise in the usual way"):
        emergency(trial, eligible_now)
    subject = enrolled_of(trial, confirmed(trial))
    verify(trial, subject, "DX")
    with pytest.raises(Refused, match="Nothing is missing"):
        emergency(trial, subject)


def test_it_is_marked_on_the_subject_on_recruitment_and_by_api(client: Client, trial: Cast) -> None:
    subject = unknown(trial)
    client.force_login(trial.coordinator)
    assert (
        "Randomise in an emergency" not in client.get(f"/subjects/{subject.pk}/eligibility/").content.decode()
    )
    client.force_login(trial.investigator)
    url = f"/subjects/{subject.pk}/eligibility/"
    assert "Randomise in an emergency" in client.get(url).content.decode()
    again = client.post(url + "emergency/", {"randomised_on": "", "reason": WHY, "password": PASSWORD})
    assert (again.status_code, WHY in again.content.decode()) == (422, True)
    told = {"randomised_on": site_today(subject).isoformat(), "reason": WHY, "password": PASSWORD}
    page = client.post(url + "emergency/", told, follow=True).content.decode()
    assert "Randomised in an emergency to:" in page
    assert "Emergency allocation." in page
    assert "Still to fill in: confirm eligibility; CD19 report seen." in page
    assert (
        "Randomised in an emergency. Still to fill in"
        in client.get(f"/subjects/{subject.pk}/").content.decode()
    )
    assert WHY in client.get("/recruitment/BLINA-INTENS/").content.decode()
    (row,) = client.get("/api/v1/randomisations/").json()["results"]
    assert (row["emergency"], row["mis_randomised"], row["slot_number"]) == (True, [], 1)
    client.force_login(trial.stranger)
    assert WHY not in client.get("/recruitment/BLINA-INTENS/").content.decode()
    assert client.get("/api/v1/randomisations/").json()["results"] == []


# Mis-randomisation


@pytest.fixture
def listed(committed_db: str) -> Cast:
    cast = intens()
    make_list()
    return cast


def flag(
    cast: Cast, subject: Subject, kind: str = "WRONG_STRATUM", by: User | None = None, **told: Any
) -> Any:
    by = by or cast.coordinator
    asked = {"found_on": site_today(subject), "reason": "KMT2A was read from another report"}
    with acting(user=by):
        return record_mis_randomisation(subject=subject, kind=kind, by=by, **asked | told)


def test_the_arm_stays_whatever_was_wrong(client: Client, listed: Cast) -> None:
    record = given(listed)
    flag(listed, record.subject)
    flag(listed, record.subject, "INELIGIBLE", listed.data_manager)
    with pytest.raises(Refused, match="already"):
        flag(listed, record.subject)
    with acting(user=listed.coordinator):
        after = Randomisation.objects.get(pk=record.pk)
        assert (after.arm, after.stratum, after.slot_number) == (
            record.arm,
            record.stratum,
            record.slot_number,
        )
        assert Subject.objects.get(pk=record.subject_id).arm == record.arm
        assert MisRandomisation.objects.count() == 2
        kinds = Deviation.objects.filter(rule="randomisation.mis_randomised").values_list("kind", flat=True)
        assert sorted(kinds) == ["eligibility", "randomisation"]
    client.force_login(listed.coordinator)
    for url in (f"/subjects/{record.subject_id}/eligibility/", "/recruitment/BLINA-INTENS/"):
        page = client.get(url).content.decode()
        assert "Randomised in the wrong stratum" in page
        assert "KMT2A was read from another report" in page
    assert "Mis-randomised: " in client.get(f"/subjects/{record.subject_id}/").content.decode()
    (row,) = client.get("/api/v1/randomisations/").json()["results"]
    assert row["mis_randomised"] == ["INELIGIBLE", "WRONG_STRATUM"]


def test_nobody_erases_or_changes_it(listed: Cast) -> None:
    record = given(listed)
    flag(listed, record.subject)
    for statement in (
        "DELETE FROM enrollment_misrandomisation",
        "UPDATE enrollment_misrandomisation SET words = 'x'",
        "UPDATE enrollment_randomisation SET arm = 'B'",
        "DELETE FROM enrollment_emergencyallocation",
        "UPDATE enrollment_randomisationlist SET digest = ''",
        "INSERT INTO enrollment_randomisationlist (id) VALUES (gen_random_uuid())",
    ):
        with (
            acting(user=listed.coordinator),
            pytest.raises((ProgrammingError, InternalError), match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_who_flags_says_what_and_when(listed: Cast) -> None:
    record = given(listed)
    subject, day = record.subject, record.randomised_on
    for told, item in (
        ({"kind": "ODD"}, "kind"),
        ({"reason": " "}, "reason"),
        ({"found_on": day - timedelta(days=1)}, "found_on"),
        ({"found_on": day + timedelta(days=1)}, "found_on"),
    ):
        with pytest.raises(CheckFailed) as refusal:
            flag(listed, subject, **told)
        assert list(refusal.value.messages) == [item]
    with pytest.raises(PermissionDenied):
        flag(listed, subject, by=listed.monitor)
    with pytest.raises(Refused, match="not randomised"):
        flag(listed, fill_in(screened(listed), listed.coordinator))
