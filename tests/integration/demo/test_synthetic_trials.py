"""The synthetic trials told to the services: six subjects of each study, a clean trail, verdicts that fit."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from assessments.models import PlannedVisit, SiteDay
from assessments.visits.selectors import open_visits
from enrollment.models import ConsentVersion
from enrollment.selectors import assess, facts_for_rules
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook import projections
from trialsite.casebook.models import Hold, Subject, Visit
from trialsite.casebook.states import HoldKind, SubjectState
from trialsite.clinical.verdicts import SubjectVerdict
from trialsite.demo.accounts import ACCOUNTS, DEMO_PASSWORD, ensure_accounts
from trialsite.demo.stories.missed import SETTLED_DAYS
from trialsite.demo.stories.telling import TRIALS
from trialsite.deviations.models import Deviation
from trialsite.review.models import Query, Signature, Verification

SIX = 6
SEED = "tests"


def run(*arguments: str) -> str:
    said = io.StringIO()
    call_command(*arguments, stdout=said, stderr=said)
    return said.getvalue()


@pytest.fixture
def protocols(committed_db: str) -> None:
    run("load_protocol", "--all")


def test_six_subjects_of_each_study_go_through_the_services_and_leave_a_clean_trail(protocols: None) -> None:
    for study in TRIALS:
        said = run("demo_data", "--study", study, "--subjects", str(SIX), "--seed", SEED)
        assert f"{SIX} subjects in" in said
    statistician = User.objects.get(username="statistician")
    with acting(user=statistician):
        subjects = Subject.objects.visible_to(statistician).select_related(
            "study", "site", "protocol_version"
        )
        assert subjects.count() == SIX * len(TRIALS)
        assert projections.behind(subjects) == []
        for subject in subjects.filter(state=SubjectState.ENROLLED):
            assert subject.arm, f"{subject} has no arm"
        for subject in subjects.filter(state=SubjectState.SCREEN_FAILED):
            dossier = assess(subject, facts_for_rules(subject), subject.screened_on + timedelta(days=3))
            declined = "Declined" in subject.failure_reason
            assert declined or dossier.verdict is SubjectVerdict.INELIGIBLE, subject.failure_reason
        assert subjects.filter(state=SubjectState.ENROLLED).count() > 3 * len(TRIALS)
        failed = subjects.filter(state=SubjectState.SCREEN_FAILED).count()
        for reviewed in (Query, Verification, Signature):
            assert set(TRIALS) == set(reviewed.objects.values_list("subject__study__key", flat=True))
        states = set(Deviation.objects.filter(study__key="BLINA-VEN").values_list("state", flat=True))
        assert {"accepted", "rejected"} <= states
        texts = ConsentVersion.objects.filter(study__key="BLINA-VEN").count()
        assert texts in (0, 2)  # none where somebody consents today
        added = Visit.objects.exclude(added_for=None)
        assert set(TRIALS) == set(added.values_list("subject__study__key", flat=True))
        done = PlannedVisit.objects.exclude(done_on=None)
        assert done.filter(key="UNS").exists()
        days = SiteDay.objects.filter(study__key="BLINA-FULL")
        assert set(days.values_list("kind", flat=True)) == {"CLOSED", "OPEN"}
        assert days.exclude(withdrawn_at=None).count() == 1
        assert Hold.objects.filter(kind=HoldKind.FREEZE).count() == failed > 0
    assert "every hash agrees" in run("verify_audit")


def test_visits_that_were_not_done_are_recorded_so_that_none_stays_late_for_long(protocols: None) -> None:
    run("demo_data", "--study", "BLINA-FULL", "--subjects", "3", "--seed", "apheresis")  # two never get cells
    data_manager = User.objects.get(username="data.manager")
    with acting(user=data_manager):
        visits = PlannedVisit.objects.visible_to(data_manager)
        missed = visits.filter(missed=True)
        assert set(missed.filter(key="CAR_APH").values_list("missed_reason", flat=True)) == {"NOT_APPLICABLE"}
        assert missed.filter(key="CAR_D0", target=None).exists()
        assert not missed.exclude(done_on=None).exists()
        long_ago = timezone.now().date() - timedelta(days=SETTLED_DAYS[1] + 2)
        assert not open_visits(visits).filter(latest__lt=long_ago).exists()


def test_a_randomised_study_without_a_list_enrols_and_says_so(
    protocols: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trialsite.demo.management.commands.demo_data.owner_is_here", lambda: False)
    said = run("demo_data", "--study", "BLINA-INTENS", "--subjects", "2", "--seed", SEED)
    assert "no randomisation list" in said
    data_manager = User.objects.get(username="data.manager")
    with acting(user=data_manager):
        assert not Subject.objects.visible_to(data_manager).exclude(arm="").exists()


def test_the_default_trials_are_made_once(protocols: None) -> None:
    run("demo_data", "--study", "BLINA-VEN", "--subjects", "1", "--seed", SEED)
    assert "nothing was made" in run("demo_data", "--if-empty")


def test_a_second_run_adds_subjects_that_nobody_has_met(protocols: None) -> None:
    for _time in range(2):
        run("demo_data", "--study", "BLINA-VEN", "--subjects", "1", "--seed", SEED)
    data_manager = User.objects.get(username="data.manager")
    with acting(user=data_manager):
        assert Subject.objects.visible_to(data_manager).count() == 2


def test_demo_data_wants_its_protocols_and_its_arguments(committed_db: str) -> None:
    with pytest.raises(CommandError, match="load_protocol"):
        run("demo_data", "--study", "BLINA-VEN", "--subjects", "1")
    with pytest.raises(CommandError, match="--if-empty"):
        run("demo_data")


def test_each_role_has_an_account_with_the_password_that_is_shown(
    protocols: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    said = run("demo_accounts")
    people = ensure_accounts()
    assert {one.role for one in ACCOUNTS if one.shown} == {one.role for one in ACCOUNTS}
    for account in ACCOUNTS:
        assert account.username in said
    assert DEMO_PASSWORD in said
    assert people["investigator"].check_password(DEMO_PASSWORD)
    assert not people["investigator"].check_password("another")
    assert people["administrator"].memberships.get().study is None
    assert run("demo_accounts") == said
