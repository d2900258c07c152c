"""The study's figures: the same for everybody who works in it, opened only at one's own sites."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from outcomes import dashboard_page
from outcomes.dashboard_page import expected_end
from outcomes.figures import figure
from outcomes.study_reading import AccrualRow, Flow, accrual_of, counted_times, flows_of, subjects_behind
from tests.cast import NO_FIGURES, Cast, employ, make_cast, user
from trialsite.access.models import Role, User
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.studies.models import Study

from .worked_example import COURSES, Course, day, enter_course, relapsed, subject_at

STUDY = "/dashboards/VIP-BLINA-HSCT/"


def page(client: Client, who: User, address: str = STUDY, status: int = 200) -> str:
    client.force_login(who)
    answer = client.get(address)
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode())


def untagged(text: str) -> str:
    return re.sub(r"<[^>]+>", "", text)


def test_the_figures_are_the_published_ones(hsct_cast: Cast, derived: dict[str, Subject]) -> None:
    protocol = hsct_cast.version.protocol
    with acting(user=hsct_cast.investigator):
        rows = counted_times(hsct_cast.study, [plan.key for plan in protocol.endpoints])
    found = {plan.key: figure(plan, rows, by_arm=False) for plan in protocol.endpoints}
    rfs, overall, grfs = (found[key].landmark() for key in ("RFS", "OS", "GRFS"))
    assert rfs
    assert overall
    assert grfs
    assert (rfs.value, rfs.se) == (pytest.approx(0.458333, abs=1e-6), pytest.approx(0.150328, abs=1e-6))
    assert (rfs.lower, rfs.upper) == (pytest.approx(0.1689, abs=1e-4), pytest.approx(0.7102, abs=1e-4))
    assert (overall.value, overall.lower) == (
        pytest.approx(0.641667, abs=1e-6),
        pytest.approx(0.3023, abs=1e-4),
    )
    assert (grfs.value, grfs.upper) == (pytest.approx(0.28125), pytest.approx(0.5495, abs=1e-4))
    median = found["RFS"].median()
    assert median
    assert (median.value, median.lower, median.upper) == (319, 186, None)
    relapse, mortality = found["CIR"].landmark(), found["NRM"].landmark()
    assert relapse
    assert mortality
    assert (relapse.value, mortality.value) == (pytest.approx(0.366667, abs=1e-6), pytest.approx(0.175))
    assert (relapse.se, relapse.lower) == (pytest.approx(0.1554, abs=1e-4), pytest.approx(0.1006, abs=1e-4))
    assert (found["RFS"].landmark_at_risk(), found["OS"].landmark_at_risk()) == (2, 5)


def test_everybody_in_the_study_sees_the_studys_curve(
    client: Client, hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    for part, who in hsct_cast.people().items():
        if part not in NO_FIGURES:
            text = page(client, who)
            assert "18 months: 45.8 % (16.9–71.0)" in text, part
            assert "6 / 12" in untagged(text), part


def test_an_administrator_sees_no_figures(
    client: Client, hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    page(client, hsct_cast.administrator, STUDY, 404)
    page(client, hsct_cast.administrator, "/dashboards/", 403)


def test_somebody_of_another_study_does_not_learn_that_this_one_exists(
    client: Client, hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    other = make_cast("BLINA-VEN", prefix="ven_")
    page(client, other.statistician, STUDY, 404)
    page(client, other.statistician, STUDY + "endpoints/RFS/", 404)
    assert "VIP-BLINA-HSCT" not in page(client, other.statistician, "/dashboards/")
    with acting(user=other.statistician), connection.cursor() as cursor:
        for sql in (
            "SELECT * FROM study_endpoint_times(%s, ARRAY['RFS'])",
            "SELECT * FROM study_accrual(%s)",
            "SELECT * FROM study_flow(%s)",
        ):
            cursor.execute(sql, [hsct_cast.study.pk])
            assert cursor.fetchall() == []
        cursor.execute("SELECT study_behind(%s)", [hsct_cast.study.pk])
        assert cursor.fetchone() == (0,)


def test_without_an_actor_the_functions_give_nothing(hsct_cast: Cast, derived: dict[str, Subject]) -> None:
    assert counted_times(hsct_cast.study, ["RFS"]) == []
    with acting(role="system"):
        assert flows_of(hsct_cast.study) == []


def test_a_role_that_has_ended_opens_no_figures(hsct_cast: Cast, derived: dict[str, Subject]) -> None:
    with acting(role="system"):
        former = user("former")
        membership = employ(former, Role.STATISTICIAN, hsct_cast.version)
    with acting(user=former):
        assert counted_times(hsct_cast.study, ["RFS"]) != []
    with acting(role="system"):
        membership.ends_on = date(2025, 1, 1)
        membership.save()
    with acting(user=former):
        assert counted_times(hsct_cast.study, ["RFS"]) == []


def test_a_step_opens_the_subject_at_ones_own_site(
    client: Client, hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    text = page(client, hsct_cast.investigator, STUDY + "endpoints/RFS/?day=186")
    assert derived["P01"].number in text
    assert "other sites" not in text


def test_a_step_of_another_site_lists_nobody_and_says_so(
    client: Client, hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    text = page(client, hsct_cast.investigator, STUDY + "endpoints/RFS/?day=319")
    assert "1 event at other sites" in text
    assert derived["P09"].number not in text
    assert str(derived["P09"].pk) not in text
    assert derived["P09"].number in page(client, hsct_cast.stranger, STUDY + "endpoints/RFS/?day=319")


def test_only_steps_of_ones_own_sites_are_links(
    client: Client, hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    text = page(client, hsct_cast.investigator)
    linked = set(re.findall(r"<a href=\"[^\"]*\?day=(\d+)#subjects\" class=\"dot\"", text))
    assert linked == {"75", "186", "289"}


def test_a_page_that_shows_less_than_the_study_says_so(
    client: Client, hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    assert "Your sites: 8 of the 12 subjects" in page(
        client, hsct_cast.investigator, STUDY + "endpoints/RFS/"
    )
    assert "Your sites: 12 of the 12 subjects" in page(client, hsct_cast.monitor, STUDY + "endpoints/RFS/")


def test_new_entries_of_another_site_are_announced_until_they_are_derived(
    client: Client, hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    relapsed(derived["P11"], hsct_cast.stranger, "2027-10-20")
    with acting(user=hsct_cast.investigator):
        assert subjects_behind(hsct_cast.study) == 1
    assert "newest entries of 1 subject at another site" in page(client, hsct_cast.investigator)
    page(client, hsct_cast.stranger)
    assert "newest entries" not in page(client, hsct_cast.investigator)


def test_ones_own_entries_are_in_the_figures_at_once(
    client: Client, hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    assert "6 / 12" in untagged(page(client, hsct_cast.investigator))
    relapsed(derived["P03"], hsct_cast.coordinator, "2027-10-01")
    assert "7 / 12" in untagged(page(client, hsct_cast.investigator))


def test_an_unknown_endpoint_is_404_and_a_day_that_is_no_number_is_left_out(
    client: Client, hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    page(client, hsct_cast.monitor, STUDY + "endpoints/NOPE/", 404)
    assert "Subjects at your sites" in page(client, hsct_cast.monitor, STUDY + "endpoints/RFS/?day=soon")


def test_the_flow_counts_every_station(hsct_cast: Cast, derived: dict[str, Subject]) -> None:
    with acting(user=hsct_cast.coordinator):
        flow = Flow.total(flows_of(hsct_cast.study))
        accrual = accrual_of(hsct_cast.study)
    assert (flow.screened, flow.transplanted, flow.relapsed, flow.died) == (12, 12, 4, 4)
    assert sum(row.screened for row in accrual) == 12
    assert {row.site_key for row in accrual} == {hsct_cast.here.key, hsct_cast.elsewhere.key}


def test_a_dashboard_of_many_subjects_costs_as_many_queries_as_one_of_few(
    client: Client, hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    page(client, hsct_cast.monitor)
    with CaptureQueriesContext(connection) as few:
        page(client, hsct_cast.monitor)
    for number in range(18):
        subject = subject_at(hsct_cast, hsct_cast.here, day("2025-10-01"), hsct_cast.coordinator)
        enter_course(
            subject, hsct_cast.coordinator, COURSES[number % 12] if number % 12 else Course("Q", "2026-02-01")
        )
    page(client, hsct_cast.monitor)
    with CaptureQueriesContext(connection) as many:
        text = page(client, hsct_cast.monitor)
    assert "/ 30" in text
    assert len(many) == len(few)


@pytest.fixture
def two_arms(db: None) -> Cast:
    """BLINA-INTENS with one subject of each arm, both transplanted."""
    cast = make_cast("BLINA-INTENS")
    for arm, course in zip(("A", "B"), COURSES, strict=False):
        subject = subject_at(cast, cast.here, day("2025-10-01"), cast.coordinator, arm=arm)
        enter_course(subject, cast.coordinator, course)
    with acting(user=cast.monitor):
        bring_up_to_date(Subject.objects.all())
    return cast


def test_arms_are_told_to_the_roles_that_may_see_them(two_arms: Cast) -> None:
    told = {
        "coordinator": {""},
        "investigator": {""},
        "monitor": {""},
        "data_manager": {"A", "B"},
        "statistician": {"A", "B"},
    }
    for part, arms in told.items():
        with acting(user=two_arms.people()[part]):
            rows = counted_times(two_arms.study, ["RFS"])
            assert {row.arm for row in rows} == arms, part
            assert {flow.arm for flow in flows_of(two_arms.study)} == arms, part
        assert sum(row.n for row in rows) == 2, part


def test_a_lock_opens_the_arms_to_everybody(client: Client, two_arms: Cast) -> None:
    assert "arms are pooled" in page(client, two_arms.investigator, "/dashboards/BLINA-INTENS/")
    with acting(role="system"):
        Study.objects.filter(pk=two_arms.study.pk).update(locked_at="2026-01-01T00:00Z")
    with acting(user=two_arms.investigator):
        assert {row.arm for row in counted_times(two_arms.study, ["RFS"])} == {"A", "B"}
    assert "arms are pooled" not in page(client, two_arms.investigator, "/dashboards/BLINA-INTENS/")


def test_without_a_planned_number_the_page_says_not_stated(client: Client, two_arms: Cast) -> None:
    text = page(client, two_arms.investigator, "/dashboards/BLINA-INTENS/")
    assert "the planned number is not stated, so there is no plan line" in text
    assert "planned number: not stated" in text


def test_the_planned_number_is_expected_at_the_pace_of_the_last_six_months() -> None:
    early = AccrualRow("SGH", date(2025, 3, 1), 20, 0, 20)  # before those months: no part of the pace
    rows = [early, *(AccrualRow("SGH", date(2026, month, 1), 6, 1, 5) for month in range(1, 7))]
    coming = expected_end(rows, date(2025, 1, 1), 80, date(2026, 7, 1))
    assert coming
    assert (coming.enrolled, coming.days) == (30, 182)
    assert date(2026, 12, 20) < coming.on < date(2027, 1, 10)
    assert coming.latest
    assert coming.earliest < coming.on < coming.latest


@pytest.mark.parametrize(
    ("planned", "today"), [(None, date(2026, 7, 1)), (20, date(2026, 7, 1)), (80, date(2027, 7, 1))]
)
def test_without_a_plan_a_rest_or_a_pace_nothing_is_expected(planned: int | None, today: date) -> None:
    rows = [AccrualRow("SGH", date(2026, 6, 1), 20, 0, 20)]
    assert expected_end(rows, date(2025, 1, 1), planned, today) is None


def test_the_api_lists_endpoints_of_ones_own_sites(
    client: Client, hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    client.force_login(hsct_cast.investigator)
    rows = client.get("/api/v1/endpoints/?endpoint=RFS&in_set=true").json()["results"]
    assert len(rows) == 8
    (one,) = [row for row in rows if row["subject"] == str(derived["P01"].pk)]
    assert (one["days"], one["cause"], one["event_type"], one["status"]) == (186, 1, "relapse", "EVENT")
    assert one["reason"] == "Relapse on 2024-07-15"
    assert client.get("/api/v1/endpoints/?subject=" + str(derived["P09"].pk)).json()["results"] == []


def test_the_subjects_page_says_why_and_links_the_forms(
    client: Client, hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    text = page(client, hsct_cast.investigator, f"/subjects/{derived['P01'].pk}/outcomes/")
    assert "Relapse on 2024-07-15." in text
    assert f"/subjects/{derived['P01'].pk}/slots/LOG.1/REL.1/" in text
    assert "No complete remission so far." in text
    assert "Relapse 2024-07-15: Marrow." in text
    page(client, hsct_cast.stranger, f"/subjects/{derived['P01'].pk}/outcomes/", 404)


def test_a_curve_of_many_steps_lists_them_on_its_own_page(
    client: Client, hsct_cast: Cast, derived: dict[str, Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = '<td class="num"><a href="/dashboards/VIP-BLINA-HSCT/endpoints/RFS/?day='
    shown = page(client, hsct_cast.statistician, f"{STUDY}?endpoint=RFS")
    monkeypatch.setattr(dashboard_page, "MOST_STEPS", 2)
    short = page(client, hsct_cast.statistician, f"{STUDY}?endpoint=RFS")
    whole = page(client, hsct_cast.statistician, f"{STUDY}endpoints/RFS/")
    assert shown.count(steps) == whole.count(steps) > 2 * 2  # a link by day and one by events
    assert short.count(steps) == 0
    assert f'<a href="{STUDY}endpoints/RFS/">All {whole.count(steps) // 2} steps of the curve</a>' in short
