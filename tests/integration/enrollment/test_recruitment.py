"""Recruitment: caps by study, site and level, places held and lapsed, pauses by hand and at a stage, page and API."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction
from django.test import Client

from enrollment.domain.recruitment import places_of
from enrollment.models import EnrolmentPlace, RecruitmentPause
from enrollment.recruitment import counted_in, held_places, warnings_at
from enrollment.services import (
    confirm_eligibility,
    enrol_subject,
    fail_screening,
    give_back_place,
    hold_place,
    pause_recruitment,
    resume_recruitment,
)
from tests.cast import PASSWORD, Cast, cast_of, employ, user
from trialsite.access.models import Role, User
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.site_day import site_today

from .candidates import (
    TODAY,
    confirmed,
    days_ago,
    eligible,
    enrolled,
    fill_in,
    screened,
    small_cast,
    small_document,
)
from .trials import enrolled_of, intens, other_risk, recruiting, stage


@pytest.fixture
def two(db: None) -> Cast:
    """BLINA-FULL planned for two subjects."""
    return small_cast(planned=2)


def hold(cast: Cast, subject: Subject) -> EnrolmentPlace:
    with acting(user=cast.coordinator):
        return hold_place(subject=subject, by=cast.coordinator)


def numbers(cast: Cast, kind: str = "study", key: str = "") -> tuple[int, int]:
    with acting(user=cast.coordinator):
        places = places_of(cast.study.protocol, counted_in(cast.study))
    found = next(one for one in places if (one.kind, one.key) == (kind, key))
    return found.enrolled, found.held


def with_site_cap(site_numbers: str) -> dict[str, Any]:
    document = small_document("BLINA-FULL", 101)
    document["recruitment"]["site_numbers"] = site_numbers
    document["sites"][0]["planned"] = 1
    return document


# Caps


@pytest.mark.django_db
def test_a_site_enrols_up_to_its_planned_number_and_other_sites_go_on() -> None:
    cast = cast_of(with_site_cap("cap"))
    enrolled(cast)
    with pytest.raises(Refused, match="This site has enrolled its planned number"):
        enrolled_of(cast, confirmed(cast))
    with acting(user=cast.stranger):
        assert warnings_at(cast.study, cast.elsewhere) == []


@pytest.mark.django_db
def test_a_goal_of_a_site_refuses_nobody() -> None:
    cast = cast_of(with_site_cap("goal"))
    assert [enrolled(cast).subject_number for _ in range(2)] == ["BLF-0001", "BLF-0002"]


@pytest.mark.django_db
def test_a_level_of_a_stratum_is_full_for_its_own_subjects_only() -> None:
    level = {"stratum": "risk", "level": "KMT2A_TP53", "planned": 1, "source": "assumption", "cite": "a test"}
    cast = intens(lambda document: document.__setitem__("recruitment", recruiting(levels=[level])))
    enrolled_of(cast, confirmed(cast))
    with pytest.raises(Refused, match="No place is left for the stratum Genetic risk: KMT2A"):
        enrolled_of(cast, confirmed(cast))
    assert numbers(cast, "level", "risk=KMT2A_TP53") == (1, 0)
    other = other_risk(cast, eligible(cast))
    with acting(user=cast.investigator):
        confirm_eligibility(subject=other, password=PASSWORD, by=cast.investigator)
    assert enrolled_of(cast, other).state == "enrolled"


def test_screening_beyond_the_cap_warns_and_is_not_refused(client: Client, two: Cast) -> None:
    for _ in range(2):
        enrolled(two)
    client.force_login(two.coordinator)
    form = {"screened_on": TODAY.isoformat(), "full_name": "李四"}
    place = client.get("/screening/").context["form"].fields["place"].choices[0][0]
    page = client.post("/screening/", form | {"place": place}, follow=True).content.decode()
    assert "Screened as S-BLF-0003." in page
    assert "The study is full: 2 planned, 2 enrolled, 0 held." in page


# Places held


def test_a_held_place_is_kept_from_others_and_taken_by_its_own_subject(two: Cast) -> None:
    enrolled(two)
    first, second = confirmed(two), confirmed(two)
    assert hold(two, first).held_until == first.screened_on + timedelta(days=14)
    assert numbers(two) == (1, 1)
    with pytest.raises(Refused, match="no place is left"):
        enrolled_of(two, second)
    with pytest.raises(Refused, match="no place is left"):
        hold(two, second)
    enrolled_of(two, first)
    assert numbers(two) == (2, 0)
    with acting(user=two.coordinator):
        assert EnrolmentPlace.objects.get(subject=first).state == "taken"


def test_a_held_place_lapses_when_the_screening_window_has_ended(committed_db: str) -> None:
    """Its last day still counts; no job has to run. The owner of the database moves the last day for the test."""
    cast = small_cast(planned=1)
    subject, other = confirmed(cast), confirmed(cast)
    hold(cast, subject)
    for until, held in ((site_today(subject), 1), (site_today(subject) - timedelta(days=1), 0)):
        with acting(role="system", using="owner"), connections["owner"].cursor() as cursor:
            cursor.execute("UPDATE enrollment_enrolmentplace SET held_until = %s", [until])
        assert numbers(cast) == (0, held)
        with acting(user=cast.coordinator):
            assert len(held_places(cast.coordinator, cast.study)) == held
        if held:
            with pytest.raises(Refused, match="no place is left"):
                enrolled_of(cast, other)
    assert enrolled_of(cast, other).state == "enrolled"


def test_a_place_is_held_for_an_eligible_subject_in_its_window_only(two: Cast) -> None:
    with pytest.raises(Refused, match="still unknown"):
        hold(two, screened(two))
    late = fill_in(screened(two, on=days_ago(15)), two.coordinator)
    with pytest.raises(Refused, match="screening window ended"):
        hold(two, late)
    with pytest.raises(Refused, match="in screening"):
        hold(two, enrolled(two))


def test_a_place_is_given_back_or_falls_free_with_the_screening(two: Cast) -> None:
    first, second = eligible(two), eligible(two)
    hold(two, first)
    hold(two, second)
    assert numbers(two) == (0, 2)
    with acting(user=two.coordinator):
        give_back_place(subject=first, by=two.coordinator)
        fail_screening(subject=second, reason="declined", by=two.coordinator)
        with pytest.raises(Refused, match="No place is held"):
            give_back_place(subject=first, by=two.coordinator)
    assert numbers(two) == (0, 0)
    hold(two, first)
    assert numbers(two) == (0, 1)


def test_the_page_holds_a_place_and_gives_it_back(client: Client, two: Cast) -> None:
    subject = eligible(two)
    client.force_login(two.coordinator)
    page = client.post(f"/subjects/{subject.pk}/place/hold/", follow=True).content.decode()
    until = (subject.screened_on + timedelta(days=14)).isoformat()
    assert f"A place is held for this subject until {until}" in page
    page = client.post(f"/subjects/{subject.pk}/place/give-back/", follow=True).content.decode()
    assert "The place is given back." in page
    assert "Hold a place until the screening window ends" in page


def test_the_application_writes_no_place_past_the_functions(two: Cast) -> None:
    subject = eligible(two)
    hold(two, subject)
    for statement in (
        "UPDATE enrollment_enrolmentplace SET held_until = '9999-12-31'",
        "DELETE FROM enrollment_enrolmentplace",
        "INSERT INTO enrollment_enrolmentplace (id) VALUES (gen_random_uuid())",
        "UPDATE enrollment_enrolmentplaces SET taken = 0",
    ):
        refused_in_sql(two.coordinator, statement)
    refused_in_sql(two.stranger, "SELECT * FROM enrolment_hold_place(%s)", subject.pk)
    refused_in_sql(two.monitor, "SELECT enrolment_give_back_place(%s)", subject.pk)


def refused_in_sql(who: User, statement: str, *parameters: Any) -> None:
    with (
        acting(user=who),
        pytest.raises(ProgrammingError, match=r"permission denied|No subject of yours"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, parameters)


# Pauses


@pytest.fixture
def second_manager(crew: Cast) -> User:
    with acting(role="system"):
        account = user("second_manager")
        employ(account, Role.DATA_MANAGER, crew.version)
    return account


def pause(cast: Cast, by: User, **place: Any) -> RecruitmentPause:
    with acting(user=by):
        return pause_recruitment(study=cast.study, by=by, reason="drug supply", **place)


def test_a_paused_study_enrols_nobody_and_a_second_person_resumes(crew: Cast, second_manager: User) -> None:
    subject = confirmed(crew)
    made = pause(crew, crew.data_manager)
    with pytest.raises(Refused, match="paused in the whole study: drug supply"):
        enrolled_of(crew, subject)
    with pytest.raises(Refused, match="paused in the whole study"):
        hold(crew, subject)
    with acting(user=crew.data_manager), pytest.raises(Refused, match="another person"):
        resume_recruitment(pause_id=made.pk, by=crew.data_manager, reason="supplied")
    with acting(user=second_manager):
        with pytest.raises(CheckFailed):
            resume_recruitment(pause_id=made.pk, by=second_manager, reason=" ")
        resume_recruitment(pause_id=made.pk, by=second_manager, reason="supplied")
        with pytest.raises(Refused, match="goes on there already"):
            resume_recruitment(pause_id=made.pk, by=second_manager, reason="supplied")
    assert enrolled_of(crew, subject).state == "enrolled"


def test_a_pause_at_one_site_leaves_the_others(crew: Cast) -> None:
    pause(crew, crew.investigator, site=crew.here)
    with pytest.raises(Refused, match="paused at this site"):
        enrolled_of(crew, confirmed(crew))
    with acting(user=crew.stranger):
        assert warnings_at(crew.study, crew.elsewhere) == []
        assert not RecruitmentPause.objects.exists()  # another site's, under row-level security


def test_who_pauses_says_why_once_and_may(crew: Cast) -> None:
    with acting(user=crew.data_manager), pytest.raises(CheckFailed):
        pause_recruitment(study=crew.study, by=crew.data_manager, reason="")
    for who in (crew.coordinator, crew.monitor, crew.statistician):
        with acting(user=who), pytest.raises(PermissionDenied):
            pause_recruitment(study=crew.study, by=who, reason="x")
    pause(crew, crew.data_manager)
    with pytest.raises(Refused, match="already"):
        pause(crew, crew.data_manager)


def test_the_database_too_wants_a_second_person(crew: Cast) -> None:
    made = pause(crew, crew.data_manager)
    with (
        acting(user=crew.data_manager),
        pytest.raises(IntegrityError, match="a_second_person_resumes"),
        transaction.atomic(),
    ):
        RecruitmentPause.objects.filter(pk=made.pk).update(
            state="resumed", decision="x", resumed_by=crew.data_manager, resumed_at=made.paused_at
        )


@pytest.mark.django_db
def test_recruitment_pauses_when_a_stage_is_full_and_goes_on_when_it_is_decided() -> None:
    document = small_document("BLINA-FULL", 101)
    document["recruitment"] = recruiting(stages=[stage("ONE", 1), stage("TWO", 2)])
    cast = cast_of(document)
    enrolled(cast)
    waiting = confirmed(cast)
    with pytest.raises(Refused, match="the stage “Stage ONE” is full"):
        enrolled_of(cast, waiting)
    with acting(user=cast.data_manager):
        (made,) = RecruitmentPause.objects.all()
        assert (made.stage, made.paused_by) == ("ONE", cast.coordinator)
        resume_recruitment(pause_id=made.pk, by=cast.data_manager, reason="2 of 9 responded: stage two")
    enrolled_of(cast, waiting)
    with acting(user=cast.data_manager):
        assert sorted(RecruitmentPause.objects.values_list("stage", "state")) == [
            ("ONE", "resumed"),
            ("TWO", "paused"),
        ]


# Page and API


def test_the_page_shows_places_pauses_and_who_may_resume(client: Client, crew: Cast) -> None:
    enrolled(crew)
    held = hold(crew, eligible(crew)).subject
    pause(crew, crew.data_manager)
    client.force_login(crew.data_manager)
    page = " ".join(client.get("/recruitment/BLINA-FULL/").content.decode().split())
    assert "paused in the whole study: drug supply" in page
    assert "other than who paused resumes" in page
    assert held.screening_number in page
    client.force_login(crew.stranger)
    page = client.get("/recruitment/BLINA-FULL/").content.decode()
    assert held.screening_number not in page
    assert "Recruitment is paused in the whole study" in page
    assert "BLINA-FULL" in client.get("/recruitment/").content.decode()


def test_a_refused_pause_shows_the_page_again_with_the_sentence_at_its_field(
    client: Client, crew: Cast
) -> None:
    client.force_login(crew.data_manager)
    answer = client.post("/recruitment/BLINA-FULL/pause/", {"reason": " ", "site": crew.here.key})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Say why recruitment pauses." in page
    assert f'<option value="{crew.here.key}" selected>' in page


def test_pause_and_resume_by_their_pages(client: Client, crew: Cast, second_manager: User) -> None:
    client.force_login(crew.data_manager)
    assert client.post("/recruitment/BLINA-FULL/pause/", {"reason": "supply", "site": ""}).status_code == 302
    with acting(user=crew.data_manager):
        made = RecruitmentPause.objects.get()
    client.force_login(second_manager)
    again = client.post(f"/recruitment-pauses/{made.pk}/resume/", {"reason": ""})
    assert again.status_code == 422
    client.post(f"/recruitment-pauses/{made.pk}/resume/", {"reason": "supplied"})
    with acting(user=second_manager):
        made.refresh_from_db()
    assert (made.state, made.decision, made.resumed_by) == ("resumed", "supplied", second_manager)


def test_the_api_gives_the_numbers_of_the_study(client: Client, two: Cast) -> None:
    enrolled(two)
    client.force_login(two.stranger)
    found = client.get("/api/v1/recruitment/BLINA-FULL/").json()
    assert found["places"][0] == {
        "kind": "study", "key": "", "planned": 2, "cap": True, "enrolled": 1, "held": 0, "free": 1,
    }  # fmt: skip
    assert found["paused"] is False
    assert client.get("/api/v1/recruitment/").json()["results"][0]["study"] == "BLINA-FULL"
    client.force_login(two.administrator)
    assert client.get("/api/v1/recruitment/BLINA-FULL/").status_code in {403, 404}


# At once


def test_many_who_take_the_last_places_at_once_get_exactly_those(committed_db: str) -> None:
    cast = small_cast(planned=3)
    subjects = [confirmed(cast) for _ in range(9)]
    start, outcomes = Barrier(len(subjects)), []

    def take(subject: Subject) -> None:
        try:
            with acting(user=cast.coordinator):
                start.wait(timeout=20)
                enrol_subject(subject=subject, enrolled_on=site_today(subject), by=cast.coordinator)
            outcomes.append("enrolled")
        except Refused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [Thread(target=take, args=[subject]) for subject in subjects]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == ["enrolled"] * 3 + ["refused"] * 6
    assert numbers(cast) == (3, 0)
