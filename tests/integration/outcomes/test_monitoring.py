"""Stopping rules of a protocol: evaluated on pooled figures, they pause recruitment until a person decides."""

import re
from copy import deepcopy
from typing import Any

import pytest
from django.test import Client

from enrollment.models import RecruitmentPause
from enrollment.services import resume_recruitment
from outcomes.monitoring.evaluation import evaluations
from outcomes.study_reading import endpoint_sequences
from outcomes.tasks import check_stopping_rules
from tests.cast import Cast, cast_of, make_cast
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.clinical.partial_date import PartialDate

from ..enrollment.candidates import confirmed, small_document
from ..enrollment.trials import enrolled_of, intens
from ..treatment.subjects import DAY1, enrolled, log, start
from .test_dashboards import untagged

TOXICITY: dict[str, Any] = {
    "key": "TOX",
    "name": {"en": "Toxicity", "zh": "毒性"},
    "kind": "toxicity",
    "endpoint": "SAFETY",
    "limit": "0.3",
    "certainty": "0.8",
    "looks": [1, 2, 4],
    "n": 4,
    "pauses_recruitment": True,
    "source": "assumption",
    "cite": "a test",
}
SIMON: dict[str, Any] = {
    "key": "STAGES",
    "name": {"en": "Two stages", "zh": "两阶段"},
    "kind": "two_stage",
    "endpoint": "SAFETY",
    "p0": "0.1",
    "p1": "0.3",
    "r1": 1,
    "n1": 10,
    "r": 5,
    "n": 29,
    "pauses_recruitment": False,
    "source": "assumption",
    "cite": "a test",
}
SAFETY: dict[str, Any] = {
    "key": "SAFETY",
    "name": {"en": "Grade 3 events", "zh": "3级事件"},
    "role": "secondary",
    "kind": "proportion",
    "analysis_set": "SAFETY",
    "origin": None,
    "events": ["ae_grade_3"],
    "definition": {"en": "Any", "zh": "任何"},
    "source": "assumption",
    "cite": "a test",
}
PAGE = "/dashboards/BLINA-FULL/monitoring/"


@pytest.fixture
def trial(db: None) -> Cast:
    """BLINA-FULL with a limit of toxicity that pauses recruitment and two stages that do not."""
    document = small_document("BLINA-FULL", 101)
    with_rules(document)
    return cast_of(document)


def with_rules(document: dict[str, Any]) -> None:
    document["monitoring"] = [deepcopy(TOXICITY), deepcopy(SIMON)]
    if all(one["key"] != "SAFETY" for one in document["endpoints"]):
        document["endpoints"].append(deepcopy(SAFETY))


def given(cast: Cast) -> Subject:
    """A subject who is enrolled and treated since DAY1."""
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO")
    return subject


def toxic(cast: Cast, subject: Subject) -> None:
    """An adverse event of grade 3 on DAY1."""
    onset = PartialDate.of(DAY1)
    values = {"term": "Nausea", "onset": onset, "performed_on": DAY1}
    log(cast, subject, "AE", values, rows={"track": [{"since": onset, "grade": 3}]})


def page(client: Client, who: User, status: int = 200, address: str = PAGE, **headers: str) -> str:
    client.force_login(who)
    answer = client.get(address, headers=headers)
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode())


def pauses(cast: Cast) -> list[tuple[str, str, str]]:
    with acting(user=cast.data_manager):
        found = RecruitmentPause.objects.order_by("paused_at")
        return [(one.rule, one.evidence, one.state) for one in found]


def test_a_crossed_rule_pauses_recruitment_until_a_person_lifts_it(trial: Cast, client: Client) -> None:
    toxic(trial, given(trial))
    assert check_stopping_rules() == 1
    assert check_stopping_rules() == 0  # once
    assert pauses(trial) == [("TOX", "1/1", "paused")]
    waiting = confirmed(trial)
    with pytest.raises(Refused, match=r"the stopping rule “Toxicity” is met \(1/1 assessed subjects\)"):
        enrolled_of(trial, waiting)
    client.force_login(trial.data_manager)
    assert "Decide on recruitment" in client.get("/").content.decode()
    with acting(user=trial.data_manager):
        pause = RecruitmentPause.objects.get()
        assert pause.paused_by is None
        with pytest.raises(CheckFailed):
            resume_recruitment(pause_id=pause.pk, by=trial.data_manager, reason="")
        resume_recruitment(pause_id=pause.pk, by=trial.data_manager, reason="the board: not related")
    assert check_stopping_rules() == 0  # the same evidence does not pause again
    enrolled_of(trial, waiting)
    assert pauses(trial) == [("TOX", "1/1", "resumed")]


def test_new_evidence_pauses_again(trial: Cast) -> None:
    first, second = given(trial), given(trial)
    toxic(trial, first)
    check_stopping_rules()
    with acting(user=trial.data_manager):
        pause = RecruitmentPause.objects.get()
        resume_recruitment(pause_id=pause.pk, by=trial.data_manager, reason="the board: go on")
    toxic(trial, second)
    check_stopping_rules()
    assert pauses(trial) == [("TOX", "1/1", "resumed"), ("TOX", "2/2", "paused")]


def test_who_enrols_before_the_worker_looked_is_refused(trial: Cast) -> None:
    toxic(trial, given(trial))
    waiting = confirmed(trial)
    with pytest.raises(Refused, match="Toxicity"):
        enrolled_of(trial, waiting)


def test_a_rule_that_pauses_nothing_only_informs(trial: Cast) -> None:
    given(trial)
    check_stopping_rules()
    assert pauses(trial) == []
    with acting(user=trial.monitor):
        standings = {rule.key: found.standing for rule, found in evaluations(trial.study)}
    assert standings == {"TOX": "continue", "STAGES": "not_complete"}


def test_the_page_shows_boundary_counts_and_chances_in_both_languages(trial: Cast, client: Client) -> None:
    toxic(trial, given(trial))
    check_stopping_rules()
    text = page(client, trial.data_manager)
    assert "n = 1: stop at 1 or more" in text
    assert "boundary reached" in text
    assert "Predictive probability of success" in text
    assert "Conditional power" in text
    assert "the stopping rule “Toxicity” is met" in text
    chinese = page(client, trial.data_manager, **{"accept-language": "zh-hans"})
    assert "达到界值" in chinese
    assert "毒性" in chinese


def test_the_protocol_page_says_the_rule(trial: Cast, client: Client) -> None:
    text = page(client, trial.monitor, address="/protocols/BLINA-FULL/")
    assert "Stopping rules" in text
    assert "Stop when the rate is above 0.3 with a probability above 0.8" in text


def test_everybody_sees_the_same_pooled_counts(trial: Cast, client: Client) -> None:
    toxic(trial, given(trial))
    given(trial)
    with acting(user=trial.monitor):
        bring_up_to_date(Subject.objects.all())
        sequence = endpoint_sequences(trial.study, ["SAFETY"])["SAFETY"]
    assert sequence == [True, False]
    with acting(user=trial.stranger):  # of another site: counts, as all figures
        assert endpoint_sequences(trial.study, ["SAFETY"])["SAFETY"] == sequence
    for who in (trial.coordinator, trial.monitor, trial.stranger):
        assert "1 / 2" in untagged(page(client, who))


@pytest.mark.django_db
def test_a_randomised_trial_tells_no_arm(client: Client) -> None:
    cast = intens(with_rules)
    text = page(client, cast.coordinator, address="/dashboards/BLINA-INTENS/monitoring/")
    assert "count all arms together" in text
    assert not [arm.name.en for arm in cast.version.protocol.arms if arm.name.en in text]


def test_strangers_find_no_page_and_no_counts(trial: Cast, client: Client) -> None:
    toxic(trial, given(trial))
    other = make_cast("BLINA-VEN", prefix="ven_")
    page(client, other.statistician, 404)
    page(client, trial.administrator, 404)
    with acting(user=other.statistician):
        assert endpoint_sequences(trial.study, ["SAFETY"])["SAFETY"] == []
    assert endpoint_sequences(trial.study, ["SAFETY"])["SAFETY"] == []


def test_a_protocol_without_rules_says_so(cast: Cast, client: Client) -> None:
    client.force_login(cast.statistician)
    assert "states no stopping rule" in client.get("/dashboards/BLINA-FULL/monitoring/").content.decode()
    assert "monitoring/" in client.get("/dashboards/BLINA-FULL/").content.decode()
