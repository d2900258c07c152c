"""Screening: numbers, identity apart, who may, and screen failures."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from enrollment.services import fail_screening, screen_subject
from tests.cast import OPENED, Cast
from trialsite.access.identity import show_identity
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import Subject

from .candidates import SCREENED, TODAY, enrolled, screened


def test_screening_numbers_count_up_and_carry_the_prefix(crew: Cast) -> None:
    assert [screened(crew).screening_number for _ in range(2)] == ["S-BLF-0001", "S-BLF-0002"]


def test_one_series_of_numbers_serves_all_sites(crew: Cast) -> None:
    first, second = screened(crew), screened(crew, crew.stranger)
    assert first.site != second.site
    assert second.screening_number == "S-BLF-0002"


def test_the_name_stays_out_of_subject_and_trail(crew: Cast) -> None:
    subject = screened(crew)
    with acting(user=crew.coordinator):
        trail = Trail.objects.filter(chain=f"subject:{subject.pk}")
        assert trail.exists()
        assert not any("王小明" in str(entry.changes) for entry in trail)
        shown = show_identity(person_id=subject.person_id, subject_id=subject.pk, by=crew.coordinator)
        assert shown.full_name == "王小明"


def test_a_site_is_refused_before_its_first_day(crew: Cast) -> None:
    options = {"study": crew.study, "site": crew.here, "full_name": "王小明", "by": crew.coordinator}
    with acting(user=crew.coordinator):
        with pytest.raises(CheckFailed) as refusal:
            screen_subject(screened_on=OPENED - timedelta(days=1), **options)
        assert "is not open" in refusal.value.messages["screened_on"]
        assert screen_subject(screened_on=OPENED, **options).screened_on == OPENED


def test_nobody_is_screened_tomorrow(crew: Cast) -> None:
    with acting(user=crew.coordinator), pytest.raises(CheckFailed) as refusal:
        screen_subject(
            study=crew.study,
            site=crew.here,
            full_name="王小明",
            screened_on=TODAY + timedelta(days=2),
            by=crew.coordinator,
        )
    assert "screened_on" in refusal.value.messages


@pytest.mark.parametrize("who", ["monitor", "data_manager", "statistician", "administrator", "stranger"])
def test_only_staff_of_the_site_screens(crew: Cast, who: str) -> None:
    person = crew.people()[who]
    with acting(user=person), pytest.raises(PermissionDenied):
        screen_subject(study=crew.study, site=crew.here, full_name="王小明", screened_on=SCREENED, by=person)


def test_a_screen_failure_keeps_its_reason(crew: Cast) -> None:
    subject = screened(crew)
    with acting(user=crew.coordinator):
        failed = fail_screening(subject=subject, reason="consent withdrawn", by=crew.coordinator)
        assert (failed.state, failed.failure_reason) == ("screen_failed", "consent withdrawn")
        entry = Trail.objects.filter(row_id=str(subject.pk)).latest("id")
        assert entry.reason == "consent withdrawn"


def test_a_screen_failure_needs_a_reason(crew: Cast) -> None:
    subject = screened(crew)
    with acting(user=crew.coordinator), pytest.raises(CheckFailed) as refusal:
        fail_screening(subject=subject, reason="  ", by=crew.coordinator)
    assert "reason" in refusal.value.messages


def test_an_enrolled_subject_is_no_screen_failure(crew: Cast) -> None:
    subject = enrolled(crew)
    with acting(user=crew.coordinator), pytest.raises(Refused):
        fail_screening(subject=subject, reason="not eligible", by=crew.coordinator)


def test_a_person_is_screened_again_as_a_new_subject_of_the_same_person(crew: Cast) -> None:
    options = {
        "study": crew.study,
        "site": crew.here,
        "full_name": "王小明",
        "hospital_number": "H77",
        "screened_on": SCREENED,
        "by": crew.coordinator,
    }
    with acting(user=crew.coordinator):
        first = screen_subject(**options)
        with pytest.raises(CheckFailed) as refusal:
            screen_subject(**options)
        assert first.screening_number in refusal.value.messages["hospital_number"]
        failed = fail_screening(subject=first, reason="not eligible", by=crew.coordinator)
        again = screen_subject(previous=failed, **options)
        assert again.person_id == first.person_id
        assert again.usubjid == first.usubjid
        assert again.screening_number != first.screening_number


def test_the_page_screens_a_person_and_leads_to_the_dossier(client: Client, crew: Cast) -> None:
    client.force_login(crew.coordinator)
    page = client.get("/screening/").content.decode()
    assert "Screen a person" in page
    answer = client.post("/screening/", typed(page, full_name="李明"))
    assert answer.status_code == 302
    with acting(user=crew.coordinator):
        subject = Subject.objects.get()
    assert answer.url == f"/subjects/{subject.pk}/eligibility/"
    log = client.get("/screening/").content.decode()
    assert "S-BLF-0001" in log
    assert "李明" not in log


def test_what_was_typed_stays_when_screening_is_refused(client: Client, crew: Cast) -> None:
    client.force_login(crew.coordinator)
    page = client.get("/screening/").content.decode()
    answer = client.post(
        "/screening/", typed(page, full_name="李明", screened_on=date(2020, 1, 1).isoformat())
    )
    assert answer.status_code == 422
    assert "is not open" in answer.content.decode()
    assert "李明" in answer.content.decode()


def test_a_monitor_reads_the_log_and_screens_nobody(client: Client, crew: Cast) -> None:
    screened(crew)
    client.force_login(crew.monitor)
    page = client.get("/screening/").content.decode()
    assert "S-BLF-0001" in page
    assert "Screen a person" not in page


def test_a_stranger_does_not_find_the_subject_in_the_log(client: Client, crew: Cast) -> None:
    screened(crew)
    client.force_login(crew.stranger)
    assert "S-BLF-0001" not in client.get("/screening/").content.decode()


def typed(page: str, **fields: str) -> dict[str, str]:
    """The screening form as somebody types it, with the only place there is."""
    place = page.split('name="place"')[1].split('value="')[1].split('"')[0]
    return {"place": place, "screened_on": SCREENED.isoformat(), "full_name": "王小明"} | fields
