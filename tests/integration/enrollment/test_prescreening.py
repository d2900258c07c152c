"""Pre-screening: one person against the trials of the site, a log that names nobody, screening from its lines."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client

from enrollment.models import PreOutcome, PreReason, PreScreening
from enrollment.prescreening import Said, look_at_trials, record_prescreening
from tests.cast import Cast, document_of
from trialsite.access.models import Person
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import Subject
from trialsite.clinical.kleene import Truth
from trialsite.studies.domain.protocol import Protocol

from .candidates import SCREENED, TODAY, days_ago

FITTING = {"age_years": 40, "dx": "BCP_ALL", "newly_dx": True, "ph_status": "NEG", "cd19_pct": 90, "ecog": 1}


def recorded(crew: Cast, said: Said | None = None, who: str = "coordinator", **answers: Any) -> PreScreening:
    user = crew.people()[who]
    site = crew.elsewhere if who == "stranger" else crew.here
    with acting(user=user):
        (row,) = record_prescreening(
            site=site,
            assessed_on=SCREENED,
            answers=FITTING | answers,
            sex="F",
            said={crew.study.key: said} if said else {},
            by=user,
        )
    return row


@pytest.mark.parametrize(
    ("answers", "against"),
    [
        ({}, []),
        ({"age_years": 15}, []),  # both ends of 15 to 65
        ({"age_years": 14}, ["000-I1"]),
        ({"age_years": 65}, []),
        ({"age_years": 66}, ["000-I1"]),
        ({"ph_status": "POS"}, ["000-I2a", "000-E1"]),
        ({"cd19_pct": 20}, []),
        ({"cd19_pct": 19}, ["000-I2b"]),
        ({"emd": "PRESENT"}, ["000-E3"]),
        ({"dx": ""}, []),  # what is not known speaks against nobody
    ],
)
def test_the_criteria_are_answered_from_what_is_known(
    cast: Cast, answers: dict[str, Any], against: list[str]
) -> None:
    with acting(user=cast.coordinator):
        (found,) = look_at_trials(cast.here, FITTING | answers, TODAY, cast.coordinator)
    assert [line.id for line in found.look.against] == against
    assert found.look.promising is not bool(against)


def test_what_is_left_empty_is_unknown_and_named_as_missing(cast: Cast) -> None:
    with acting(user=cast.coordinator):
        (found,) = look_at_trials(cast.here, {}, TODAY, cast.coordinator)
    assert found.look.good == 0
    assert len(found.look.unknown) == len(Protocol.from_document(document_of("BLINA-FULL")).criteria)
    assert {"age_years", "dx", "ecog"} <= set(found.look.missing)
    assert all(line.answer.truth is Truth.UNKNOWN for line in found.look.unknown)


def test_the_log_holds_a_band_of_age_and_no_identity(crew: Cast) -> None:
    row = recorded(crew, Said(PreOutcome.REFUSED, PreReason.REFUSES_BURDEN))
    assert (row.age_band, row.sex, row.outcome, row.reason) == ("MIDDLE", "F", "REFUSED", "REFUSES_BURDEN")
    names = {field.name for field in PreScreening._meta.concrete_fields}
    assert not names & {"person", "full_name", "age_years", "birth_date", "hospital_number", "national_id"}
    with acting(role="system"):
        assert (Person.objects.count(), Subject.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("said", "item"),
    [
        (Said("REFUSED"), "said-BLINA-FULL"),
        (Said("REFUSED", "OTHER_TRIAL"), "said-BLINA-FULL"),  # no reason of a refusal
        (Said("OTHER", "REFUSES_BURDEN"), "said-BLINA-FULL"),
        (Said("PERHAPS"), "said-BLINA-FULL"),
    ],
)
def test_an_outcome_needs_a_reason_that_goes_with_it(crew: Cast, said: Said, item: str) -> None:
    with pytest.raises(CheckFailed) as refusal:
        recorded(crew, said)
    assert item in refusal.value.messages


def test_who_criteria_speak_against_is_not_eligible_whatever_is_said(crew: Cast) -> None:
    row = recorded(crew, Said("PROMISING"), ph_status="POS")
    assert (row.outcome, row.against) == ("NOT_ELIGIBLE", ["000-I2a", "000-E1"])


def test_only_site_staff_prescreens(crew: Cast) -> None:
    for who in ("monitor", "data_manager", "statistician"):
        user = crew.people()[who]
        with acting(user=user), pytest.raises((PermissionDenied, Refused)):
            record_prescreening(site=crew.here, assessed_on=SCREENED, answers={}, said={}, by=user)


def test_another_sites_log_is_not_seen(crew: Cast) -> None:
    recorded(crew)
    with acting(user=crew.stranger):
        assert not PreScreening.objects.exists()  # row-level security, no filter of ours
    with acting(user=crew.monitor):
        assert PreScreening.objects.count() == 1


def test_the_page_compares_records_and_leads_to_screening_in_one_press(client: Client, crew: Cast) -> None:
    client.force_login(crew.coordinator)
    typed = {
        "site": str(crew.here.pk), "assessed_on": SCREENED.isoformat(), "sex": "F", "age_years": "40",
        "dx": "BCP_ALL", "newly_dx": "yes", "ph_status": "NEG", "press": "look",
    }  # fmt: skip
    looked = client.post("/pre-screening/", typed)
    page = looked.content.decode()
    assert looked.status_code == 200
    assert "nothing known speaks against it" in page
    assert "Missing here:" in page
    with acting(user=crew.coordinator):
        assert not PreScreening.objects.exists()  # looking keeps nothing
    chosen = {"press": "record", "outcome-BLINA-FULL": "REFUSED", "reason-BLINA-FULL": ""}
    refused = client.post("/pre-screening/", typed | chosen)
    assert refused.status_code == 422
    assert "Choose a reason that goes with the outcome." in refused.content.decode()
    assert client.post("/pre-screening/", typed | {"press": "record", "outcome-BLINA-FULL": "PROMISING"}).url
    with acting(user=crew.coordinator):
        line = PreScreening.objects.get()
    assert f"/screening/?line={line.pk}" in client.get("/pre-screening/").content.decode()
    form = client.get(f"/screening/?line={line.pk}").content.decode()
    place = form.split('name="place"')[1].split('value="')[1].split('"')[0]
    told = {"place": place, "screened_on": SCREENED.isoformat(), "full_name": "李明", "line": str(line.pk)}
    assert client.post("/screening/", told).status_code == 302
    with acting(user=crew.coordinator):
        line.refresh_from_db()
        assert line.subject == Subject.objects.get()
    again = client.post("/screening/", told | {"full_name": "王小明"})
    assert again.status_code == 422
    assert "any more" in again.content.decode()


def test_the_logs_are_files_for_who_may_export(client: Client, crew: Cast) -> None:
    recorded(crew, ph_status="POS")
    client.force_login(crew.coordinator)
    told = b"".join(client.get("/pre-screening/log.csv?criterion=000-E1").streaming_content).decode()  # type: ignore[attr-defined]
    assert "000-I2a 000-E1" in told
    none = b"".join(client.get("/pre-screening/log.csv?criterion=000-I1").streaming_content).decode()  # type: ignore[attr-defined]
    assert "000-E1" not in none
    client.force_login(crew.inspector)
    assert client.get("/pre-screening/log.csv").status_code == 403
    assert client.get("/screening/log.csv").status_code == 403


def test_nobody_is_looked_at_tomorrow(crew: Cast) -> None:
    with acting(user=crew.coordinator), pytest.raises(CheckFailed) as refusal:
        record_prescreening(
            site=crew.here, assessed_on=days_ago(-2), answers={}, said={}, by=crew.coordinator
        )
    assert "assessed_on" in refusal.value.messages


def test_today_is_the_day_at_the_site(crew: Cast) -> None:
    tomorrow = TODAY + timedelta(days=1)
    after_midnight = datetime.combine(
        tomorrow, time(0, 30), ZoneInfo(crew.here.timezone)
    )  # TODAY in Greenwich
    told = {"site": crew.here, "assessed_on": tomorrow, "answers": {}, "said": {}, "by": crew.coordinator}
    with time_machine.travel(after_midnight, tick=False), acting(user=crew.coordinator):
        assert record_prescreening(**told)
    with (
        time_machine.travel(after_midnight - timedelta(hours=1), tick=False),
        acting(user=crew.coordinator),
        pytest.raises(CheckFailed),
    ):
        record_prescreening(**told)
