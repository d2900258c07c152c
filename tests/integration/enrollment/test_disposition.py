"""Going off study: a coded reason, a day, visits no longer expected, and back where it was a mistake."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from assessments.models import PlannedVisit
from assessments.visits.standing import needless
from enrollment.disposition import leave_study, return_to_study
from enrollment.models import Disposition, EndReason
from tests.cast import Cast
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.site_day import site_today

from .candidates import days_ago, enrolled, screened


def left(
    crew: Cast, subject: Subject, on: date | None = None, reason: str = "LOST TO FOLLOW-UP"
) -> Disposition:
    with acting(user=crew.coordinator):
        return leave_study(
            subject=subject, ended_on=on or site_today(subject), reason=reason, by=crew.coordinator
        )


def expected(crew: Cast, subject: Subject) -> list[str]:
    with acting(user=crew.coordinator):
        bring_up_to_date(Subject.objects.filter(pk=subject.pk))
        return sorted(one.key for one in PlannedVisit.objects.filter(subject=subject) if not needless(one))


def test_visits_after_the_end_are_not_expected_and_come_back_with_it(crew: Cast) -> None:
    subject = enrolled(crew)
    before = expected(crew, subject)
    left(crew, subject)
    after = expected(crew, subject)
    assert len(after) < len(before)
    assert "SCR" in after  # done before the end
    with acting(user=crew.coordinator):
        return_to_study(subject=subject, by=crew.coordinator, reason="found again")
    assert expected(crew, subject) == before


def test_who_when_and_why_are_kept_and_shown_in_the_header(client: Client, crew: Cast) -> None:
    subject = enrolled(crew)
    end = left(crew, subject)
    with acting(user=crew.coordinator):
        subject.refresh_from_db()
        assert (subject.state, end.recorded_by) == ("off_study", crew.coordinator)
        assert Trail.objects.filter(row_id=str(end.pk)).latest("id").reason == "LOST TO FOLLOW-UP"
    client.force_login(crew.coordinator)
    page = client.get(f"/subjects/{subject.pk}/").content.decode()
    assert f"Off study since {end.ended_on.isoformat()}: Lost to follow-up." in page


@pytest.mark.parametrize(
    ("change", "item"),
    [
        ({"reason": "BORED"}, "reason"),
        ({"reason": "OTHER"}, "words"),
        ({"ended_on": days_ago(-2)}, "ended_on"),
        ({"ended_on": days_ago(400)}, "ended_on"),
        ({"words": "call 13812345678"}, "words"),
    ],
)
def test_a_wrong_end_is_refused_at_its_field(crew: Cast, change: dict[str, object], item: str) -> None:
    subject = enrolled(crew)
    told = {"ended_on": site_today(subject), "reason": "DEATH", "words": ""} | change
    with acting(user=crew.coordinator), pytest.raises(CheckFailed) as refusal:
        leave_study(subject=subject, by=crew.coordinator, **told)  # type: ignore[arg-type]
    assert item in refusal.value.messages


def test_only_an_enrolled_subject_goes_and_only_once(crew: Cast) -> None:
    with pytest.raises(Refused):
        left(crew, screened(crew))
    subject = enrolled(crew)
    left(crew, subject)
    with pytest.raises(Refused):
        left(crew, subject)


def test_nobody_comes_back_who_has_not_left_or_without_a_reason(crew: Cast) -> None:
    subject = enrolled(crew)
    with acting(user=crew.coordinator), pytest.raises(Refused):
        return_to_study(subject=subject, by=crew.coordinator, reason="mistake")
    left(crew, subject)
    with acting(user=crew.coordinator), pytest.raises(CheckFailed):
        return_to_study(subject=subject, by=crew.coordinator, reason=" ")


@pytest.mark.parametrize("who", ["monitor", "data_manager", "statistician"])
def test_only_site_staff_takes_a_subject_off_study(crew: Cast, who: str) -> None:
    subject, user = enrolled(crew), crew.people()[who]
    with acting(user=user), pytest.raises(PermissionDenied):
        leave_study(subject=subject, ended_on=site_today(subject), reason="DEATH", by=user)


def test_the_page_takes_the_subject_off_study_and_back(client: Client, crew: Cast) -> None:
    subject = enrolled(crew)
    client.force_login(crew.coordinator)
    url = f"/subjects/{subject.pk}/participation/"
    page = client.get(url).content.decode()
    assert "Withdrawal by subject" in page
    assert f"/subjects/{subject.pk}/log/WD/new/" in page
    day = site_today(subject).isoformat()
    refused = client.post(f"{url}leave/", {"ended_on": day, "reason": "OTHER", "words": ""})
    assert refused.status_code == 422
    assert "Say in your words why." in refused.content.decode()
    assert client.post(f"{url}leave/", {"ended_on": day, "reason": "COMPLETED"}).status_code == 302
    assert "Take this back" in client.get(url).content.decode()
    assert client.post(f"{url}return/", {"reason": "wrong subject"}).status_code == 302
    assert "taken back by" in client.get(url).content.decode()


def test_the_reasons_are_terms_of_the_completion_list_of_cdisc() -> None:
    assert {"COMPLETED", "DEATH", "LOST TO FOLLOW-UP", "WITHDRAWAL BY SUBJECT", "PHYSICIAN DECISION"} <= set(
        EndReason.values
    )
