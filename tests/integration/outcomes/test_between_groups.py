"""The page of an endpoint compares arms, or the groups of a factor: on the page, as CSV and as JSON."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from outcomes.dashboard_page import refresh_own
from outcomes.dashboards.between_groups import groups_of
from outcomes.dashboards.parts import Asked
from outcomes.figures import figure
from outcomes.models import SubjectCell
from tests.cast import Cast, make_cast
from tests.standing import Standing, standing
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.as_of import as_of
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date

from .test_dashboard_pages import read
from .worked_example import COURSES, day, enter_course, subject_at

RFS = "/dashboards/BLINA-INTENS/endpoints/RFS/"
CIR = "/dashboards/BLINA-INTENS/endpoints/CIR/"
STRATA = ("OTHER", "OTHER", "KMT2A_TP53")


def randomised() -> Cast:
    """The worked example in two arms by turns, in two strata; twelve subjects of one site."""
    cast = make_cast("BLINA-INTENS")
    subjects = []
    for number, course in enumerate(COURSES):
        subject = subject_at(cast, cast.here, day("2025-10-01"), cast.coordinator, arm="AB"[number % 2])
        enter_course(subject, cast.coordinator, course)
        subjects.append(subject)
    with acting(user=cast.coordinator):
        bring_up_to_date(Subject.objects.all())
        for number, subject in enumerate(subjects):
            place_in_stratum(subject, STRATA[number % 3])
    return cast


def place_in_stratum(subject: Subject, level: str) -> None:
    """The cell that the derivation makes of a randomisation."""
    SubjectCell.objects.create(
        subject=subject,
        study=subject.study,
        site=subject.site,
        topic="group",
        line="stratum:risk",
        level=level,
    )


standing_trial = standing(randomised)


@pytest.fixture
def trial(standing_trial: Standing, db: None) -> Cast:
    cast: Cast = standing_trial.value()
    return cast


def told(client: Client, who: User, address: str) -> Any:
    client.force_login(who)
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.json()


def rows(client: Client, who: User, address: str) -> list[list[str]]:
    client.force_login(who)
    return list(csv.reader(StringIO(client.get(address).content.decode("utf-8-sig"))))


# Arms


def test_arms_are_compared_with_and_without_the_strata_of_the_randomisation(
    client: Client, trial: Cast
) -> None:
    found = told(client, trial.statistician, f"{RFS}?json")
    assert [one["group"] for one in found["compared"]] == ["A", "B"]
    assert [one["n"] for one in found["compared"]] == [6, 6]
    stratified, plain = found["analyses"]
    assert (stratified["strata"], plain["strata"]) == (["stratum:risk"], [])
    assert (plain["test"], plain["ties"], plain["df"]) == ("log-rank", "efron", 1)
    assert sum(plain["observed"]) == sum(stratified["observed"]) == 6
    assert plain["chi2"] != pytest.approx(stratified["chi2"])
    assert plain["ratios"][0]["group"] == "B"
    assert found["compared"][1]["restricted_mean_difference_days"]["value"] == pytest.approx(
        found["compared"][1]["restricted_mean_days"]["value"]
        - found["compared"][0]["restricted_mean_days"]["value"]
    )


def test_the_page_and_its_table_say_what_the_json_says(client: Client, trial: Cast) -> None:
    found = told(client, trial.statistician, f"{RFS}?json")
    ratio = found["analyses"][0]["ratios"][0]
    lines = rows(client, trial.statistician, f"{RFS}?csv=comparison")
    (hazard,) = (one for one in lines if one[0] == "Stratified" and one[1].startswith("Hazard ratio"))
    assert hazard[2:] == [
        f"{ratio['hr']:.2f}",
        f"{ratio['ci_lower']:.2f}–{ratio['ci_upper']:.2f}",
        f"{ratio['p_wald']:.3f}",
    ]
    text = read(client, trial.statistician, RFS)
    for cell in hazard[2:]:
        assert cell in text
    assert "Strata of the randomisation: Genetic risk; sites are no stratum (assumption)." in text
    assert "Efron" in text
    groups = rows(client, trial.statistician, f"{RFS}?csv=groups")
    mean = found["compared"][0]["restricted_mean_days"]["value"] / 30.4375
    assert any(cell.startswith(f"{mean:.1f} (") for cell in groups[1])
    read(client, trial.statistician, f"{RFS}?csv=nothing", 404)


def test_where_events_compete_gray_and_both_hazards_are_told(client: Client, trial: Cast) -> None:
    found = told(client, trial.statistician, f"{CIR}?json")
    assert {one["test"] for one in found["analyses"]} == {"gray"}
    assert found["restricted_to_days"] is None
    assert [len(one["competing_ratios"]) for one in found["analyses"]] == [1, 1]
    text = read(client, trial.statistician, CIR)
    assert "Gray&#x27;s test" in text
    assert "Cause-specific hazard ratio" in text
    assert "Ratio of the hazards of competing events" in text


# Who


def test_a_blinded_reader_compares_no_arms_and_sees_pooled_groups(client: Client, trial: Cast) -> None:
    for part in ("coordinator", "investigator", "monitor"):
        who = trial.people()[part]
        found = told(client, who, f"{RFS}?json")
        assert [(one["group"], one["n"]) for one in found["compared"]] == [("", 12)], part
        assert [one["arm"] for one in found["groups"]] == [""]
        assert found["analyses"] == []
        text = read(client, who, RFS)
        assert "One group only: nothing to compare." in text
        assert "Hazard ratio" not in text
        by_risk = told(client, who, f"{RFS}?by=stratum:risk&json")
        assert [(one["group"], one["n"]) for one in by_risk["compared"]] == [("KMT2A_TP53", 4), ("OTHER", 8)]
        assert [one["strata"] for one in by_risk["analyses"]] == [[]]


def test_a_stranger_of_another_study_gets_nothing(client: Client, trial: Cast) -> None:
    other = make_cast("BLINA-VEN", prefix="ven_")
    for more in ("", "?json", "?csv=groups", "?by=sex"):
        read(client, other.statistician, f"{RFS}{more}", 404)
        read(client, trial.administrator, f"{RFS}{more}", 404)


# Groups of a factor


def test_an_unknown_group_is_left_out_and_said(client: Client, trial: Cast) -> None:
    found = told(client, trial.statistician, f"{RFS}?by=risk&json")
    assert (found["by"], found["left_out"], found["compared"]) == ("risk", 12, [])
    text = read(client, trial.statistician, f"{RFS}?by=risk")
    assert "Left out, their group is not known: 12." in text
    nowhere = told(client, trial.statistician, f"{RFS}?by=anything&json")
    assert (nowhere["by"], len(nowhere["compared"])) == ("", 2)


def test_the_table_of_a_chosen_factor_keeps_it(client: Client, trial: Cast) -> None:
    text = read(client, trial.statistician, f"{RFS}?by=stratum:risk")
    assert "?by=stratum%3Arisk&amp;csv=comparison" in text
    lines = rows(client, trial.statistician, f"{RFS}?by=stratum:risk&csv=comparison")
    assert any("Other high risk against KMT2A" in one[1] for one in lines)


# One arm, few subjects


def test_one_arm_has_means_and_follow_up(
    client: Client, hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    address = "/dashboards/VIP-BLINA-HSCT/endpoints/RFS/"
    found = told(client, hsct_cast.coordinator, f"{address}?json")
    (everybody,) = found["compared"]
    assert everybody["at_landmark"]["value"] == pytest.approx(0.458333, abs=1e-6)  # published
    assert found["restricted_to_days"] == 547.875
    assert everybody["follow_up_median_days"]["value"] == pytest.approx(547)
    text = read(client, hsct_cast.coordinator, address)
    assert "Mean months free of event within 18.0 months" in text
    assert "Comparison of the groups" not in text


def test_nobody_and_one_subject_without_event(client: Client, db: None) -> None:
    cast = make_cast("BLINA-INTENS")
    assert "Groups and follow-up" not in read(client, cast.statistician, RFS)
    assert "compared" not in told(client, cast.statistician, f"{RFS}?json")
    subject = subject_at(cast, cast.here, day("2025-10-01"), cast.coordinator, arm="A")
    enter_course(subject, cast.coordinator, COURSES[2])
    with acting(user=cast.coordinator):
        bring_up_to_date(Subject.objects.all())
    assert "One group only" in read(client, cast.statistician, RFS)
    other = subject_at(cast, cast.here, day("2025-10-01"), cast.coordinator, arm="B")
    enter_course(other, cast.coordinator, COURSES[7])
    with acting(user=cast.coordinator):
        bring_up_to_date(Subject.objects.all())
    text = read(client, cast.statistician, RFS)
    assert "No event yet: the groups cannot be compared." in text
    assert "not estimable" in text


# As of an instant, and many subjects


def test_as_of_an_instant_it_counts_the_subjects_that_the_reader_may_open(
    hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    plan = hsct_cast.version.protocol.endpoint_of("RFS")
    for who, n in ((hsct_cast.coordinator, 8), (hsct_cast.stranger, 4)):
        with acting(user=who):
            asked = Asked(who, hsct_cast.study, hsct_cast.version.protocol, frozenset())
            everywhere = groups_of(asked, figure(plan, [], by_arm=False))
        with acting(user=who), as_of(timezone.now()):
            refresh_own(who, hsct_cast.study)
            own = groups_of(asked, figure(plan, [], by_arm=False))
        assert [one.compared.groups[0].n for one in (everywhere, own)] == [12, n]


def test_it_costs_as_many_queries_for_many_subjects_as_for_few(client: Client, trial: Cast) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            read(client, trial.statistician, RFS)
        return len(caught)

    cost()
    few = cost()
    for number in range(3):
        subject = subject_at(trial, trial.here, day("2025-10-01"), trial.coordinator, arm="AB"[number % 2])
        enter_course(subject, trial.coordinator, COURSES[number])
    with acting(user=trial.coordinator):
        bring_up_to_date(Subject.objects.all())
    assert cost() == few
