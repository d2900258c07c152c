"""The flow of a study live: own counts lead to lists, other sites are numbers, arms wait for who may see them."""

import pytest
from django.test import Client

from enrollment.disposition import leave_study
from enrollment.prescreening import Said, record_prescreening
from enrollment.services import fail_screening
from outcomes.consort_page import counts_of, subjects_at
from outcomes.domain.consort import line_of, reasons_of
from tests.cast import Cast
from tests.integration.enrollment.candidates import SCREENED, Answers, enrolled, fill_in, screened, small_cast
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.site_day import site_today


@pytest.fixture
def crew(db: None) -> Cast:
    return small_cast()


def counted(crew: Cast, who: User, station: str) -> tuple[int, int]:
    with acting(user=who):
        bring_up_to_date(Subject.objects.visible_to(who))
        line = line_of(counts_of(who, crew.study), station)
    return line.own, line.others


def failed_for_heart_disease(crew: Cast) -> Subject:
    subject = fill_in(screened(crew), crew.coordinator, Answers(nyha="II"))
    with acting(user=crew.coordinator):
        return fail_screening(subject=subject, reason="not eligible: heart", by=crew.coordinator)


def test_every_station_counts_here_and_there(crew: Cast) -> None:
    with acting(user=crew.coordinator):
        record_prescreening(
            site=crew.here, assessed_on=SCREENED, answers={"age_years": 70}, said={}, by=crew.coordinator
        )
        record_prescreening(
            site=crew.here, assessed_on=SCREENED, answers={"age_years": 30}, by=crew.coordinator,
            said={crew.study.key: Said("REFUSED", "REFUSES_BURDEN")},
        )  # fmt: skip
    failed_for_heart_disease(crew)
    screened(crew, crew.stranger)
    left = enrolled(crew)
    with acting(user=crew.coordinator):
        leave_study(subject=left, ended_on=site_today(left), reason="LOST TO FOLLOW-UP", by=crew.coordinator)
    enrolled(crew)
    wanted = {
        "assessed": (2, 0), "not_screened": (2, 0), "screened": (3, 1), "in_screening": (0, 1), "failed": (1, 0),
        "failed_criterion": (1, 0), "enrolled": (2, 0), "not_received": (2, 0), "left": (1, 0), "followed": (1, 0),
    }  # fmt: skip
    assert {name: counted(crew, crew.coordinator, name) for name in wanted} == wanted
    assert counted(crew, crew.stranger, "screened") == (1, 3)
    assert counted(crew, crew.monitor, "screened") == (4, 0)
    with acting(user=crew.coordinator):
        counts = counts_of(crew.coordinator, crew.study)
    assert [line.reason for line in reasons_of(counts, "failed_criterion")] == ["000-E8"]
    assert [line.reason for line in reasons_of(counts, "not_screened")] == ["NOT_ELIGIBLE", "REFUSES_BURDEN"]
    assert [line.reason for line in reasons_of(counts, "left")] == ["LOST TO FOLLOW-UP"]


def test_a_count_leads_to_the_subjects_of_the_own_sites_only(crew: Cast) -> None:
    failed, there = failed_for_heart_disease(crew), screened(crew, crew.stranger)
    with acting(user=crew.coordinator):
        found = subjects_at(crew.coordinator, crew.study, "failed_criterion", "000-E8", "")
        assert list(found) == [failed]
        assert there not in subjects_at(crew.coordinator, crew.study, "screened", "", "")
    with acting(user=crew.stranger):
        assert list(subjects_at(crew.stranger, crew.study, "screened", "", "")) == [there]


def test_the_page_draws_and_tells_and_leads(client: Client, crew: Cast) -> None:
    failed = failed_for_heart_disease(crew)
    client.force_login(crew.coordinator)
    url = f"/dashboards/{crew.study.key}/flow/"
    page = client.get(url).content.decode()
    assert '<svg class="chart consort"' in page
    assert "000-E8" in page
    listed = client.get(f"{url}failed/?reason=not+eligible").content.decode()
    assert failed.screening_number in listed
    assert failed.screening_number not in client.get(f"{url}enrolled/").content.decode()
    assert client.get(f"{url}nowhere/").status_code == 404


def test_who_has_no_role_in_the_study_sees_no_flow(client: Client, crew: Cast) -> None:
    client.force_login(crew.administrator)
    assert client.get(f"/dashboards/{crew.study.key}/flow/").status_code == 404
