"""The treatment page: the path, what follows and why, the infusion, and who sees it."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cast import Cast, bare_subject, make_cast
from treatment.domain.path import NextKind, PathState
from treatment.lanes import treatment_lanes
from treatment.plan.page import cycle_views
from treatment.plan.paths import standing_of
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import work_of

from .subjects import DAY1, enrolled, infuse, log, start


def page_of(client: Client, cast: Cast, subject: Subject, part: str = "coordinator"):
    client.force_login(cast.people()[part])
    return client.get(f"/subjects/{subject.pk}/treatment/")


def test_the_first_phase_that_is_not_optional_comes_first(cast: Cast) -> None:
    subject = enrolled(cast)
    with acting(user=cast.coordinator):
        standing = standing_of(subject)
    assert (standing.following.kind, standing.following.phase) == (NextKind.CLEAR, "IND_CHEMO")
    assert standing.steps[1].state is PathState.NEXT


def test_the_first_true_branch_is_shown_with_its_words(cast: Cast, client: Client) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO")
    page = page_of(client, cast, subject).content.decode()
    assert "Blinatumomab from day 8" in page
    assert "Start this phase" in page


def test_an_unknown_branch_names_what_is_missing(cast: Cast, client: Client) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO")
    start(cast, subject, "IND_BLINA", date(2026, 1, 19))
    answer = page_of(client, cast, subject)
    following = answer.context["following"]
    assert following.kind is NextKind.UNKNOWN
    assert "response_latest" in following.missing
    assert "Not decided yet. Missing:" in answer.content.decode()
    assert "Start this phase" not in answer.content.decode()


def test_arm_b_waits_without_blinatumomab_for_what_leads_to_transplantation(db: None) -> None:
    cast = make_cast("BLINA-INTENS")
    subject = enrolled(cast, arm="B")
    with acting(user=cast.coordinator):
        standing = standing_of(subject)
    assert standing.following.kind is NextKind.UNKNOWN
    assert "in_crc" in standing.following.missing
    assert [step.phase.key for step in standing.steps] == ["DIRECT", "HSCT", "OBSERVATION"]


def test_a_graft_without_its_phase_counts_as_the_phase(cast: Cast) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO")
    log(cast, subject, "HSCT", {"performed_on": date(2026, 6, 1)})
    with acting(user=cast.coordinator):
        standing = standing_of(subject)
    states = {step.phase.key: step.state for step in standing.steps}
    assert states["HSCT"] is PathState.RUNNING
    assert states["CAR_T"] is PathState.SKIPPED
    assert standing.following.kind is NextKind.COMPLETE


def test_the_infusion_adds_up_and_a_gap_of_four_hours_needs_supervision(cast: Cast, client: Client) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_BLINA", date(2026, 1, 19))
    infuse(
        cast,
        subject,
        ("2026-01-19 10:00", "2026-01-23 10:00", "9", "AE"),
        ("2026-01-23 14:00", "2026-01-24 14:00", "28", "BAG_CHANGE"),
    )
    with acting(user=cast.coordinator):
        (view,) = cycle_views(subject)
    assert view.infusion is not None
    assert (view.infusion.course.hours, view.infusion.course.micrograms) == (D(120), D(64))
    assert (view.infusion.planned_days, view.infusion.planned_micrograms) == (14, 259)
    page = page_of(client, cast, subject).content.decode()
    assert "2026-01-19 10:00" in page
    assert "Interrupted for 4 h: restart under supervision with premedication; same cycle." in page
    assert "<svg" in page
    assert " style=" not in page.split("<svg", 1)[1]


@pytest.mark.parametrize(
    ("stretch", "item"),
    [
        (("2026-01-19 10:00", "2026-01-19 09:00", "9", "END"), "segments.0.stop"),
        (("2026-01-19 10:00", "2026-01-20 10:00", "-9", "END"), "segments.0.rate"),
        (("2026-01-19 10:00", "", "9", "END"), "segments.0.stop"),
        (("2026-01-19 10:00", "2026-01-20 10:00", "9", ""), "segments.0.stop_reason"),
    ],
)
def test_an_impossible_stretch_is_refused(cast: Cast, stretch: tuple[str, str, str, str], item: str) -> None:
    subject = enrolled(cast)
    with pytest.raises(CheckFailed) as refusal:
        infuse(cast, subject, stretch)
    assert list(refusal.value.messages) == [item]


def test_an_infusion_cannot_run_twice_at_once(cast: Cast) -> None:
    subject = enrolled(cast)
    first = ("2026-01-19 10:00", "2026-01-20 10:00", "9", "BAG_CHANGE")
    with pytest.raises(CheckFailed):
        infuse(cast, subject, first, ("2026-01-20 09:59", "2026-01-21 10:00", "9", "END"))
    infuse(cast, subject, first, ("2026-01-20 10:00", "2026-01-21 10:00", "9", "END"))


def test_times_are_typed_and_shown_in_the_sites_zone(cast: Cast, client: Client) -> None:
    from treatment.models import InfusionSegment
    from trialsite.casebook.slots import Slot

    subject = enrolled(cast)
    client.force_login(cast.coordinator)
    url = Slot(subject.pk, "IND_D8", "BLI").url()
    typed = {"performed_on": "2026-01-19", "segments-TOTAL_FORMS": "1", "segments-INITIAL_FORMS": "0"}
    typed |= {"premedication-TOTAL_FORMS": "0", "premedication-INITIAL_FORMS": "0"}
    typed |= {"segments-0-start": "2026-01-19 10:00", "segments-0-rate": "9", "press": "submit"}
    answer = client.post(url, typed | {"base_version": "0"})
    assert answer.status_code == 302, answer.content.decode()
    with acting(user=cast.coordinator):
        row = InfusionSegment.objects.get(subject=subject)
    assert row.start.isoformat() == "2026-01-19T02:00:00+00:00"
    assert "2026-01-19 10:00" in client.get(url).content.decode()
    assert 'value="2026-01-19 10:00"' in client.get(url + "?edit=1").content.decode()


def test_the_inbox_names_the_first_phase_and_later_ones_once_they_are_decided(cast: Cast) -> None:
    subject = enrolled(cast)
    with acting(user=cast.coordinator):
        (line,) = work_of(cast.coordinator, kind="phase").lines
    assert (line.subject_id, line.due) == (subject.pk, date(2026, 1, 11))
    start(cast, subject, "IND_CHEMO")
    with acting(user=cast.coordinator):
        assert work_of(cast.coordinator, kind="phase").lines == []
    with acting(user=cast.investigator):
        (line,) = work_of(cast.investigator, kind="decide").lines
        assert line.due == date(2026, 1, 19)
    start(cast, subject, "IND_BLINA", date(2026, 1, 19))
    with acting(user=cast.investigator):
        (line,) = work_of(cast.investigator, kind="decide").lines
    assert line.due == date(2026, 2, 2)
    assert str(line.detail).startswith("missing: ")


def test_the_inbox_asks_for_the_end_of_an_infusion_that_was_followed_by_another(cast: Cast) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_BLINA", date(2026, 1, 19))
    infuse(cast, subject, ("2026-01-19 10:00", "", "9", ""))
    infuse(cast, subject, ("2026-01-22 10:00", "2026-01-23 10:00", "9", "END"))
    with acting(user=cast.coordinator):
        (line,) = work_of(cast.coordinator, kind="infusion").lines
    assert line.due == date(2026, 1, 22)
    with acting(user=cast.monitor):
        assert work_of(cast.monitor).lines == []


def test_the_lanes_show_phases_infusion_and_graft(cast: Cast) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO")
    start(cast, subject, "IND_BLINA", date(2026, 1, 19))
    infuse(cast, subject, ("2026-01-19 10:00", "2026-01-21 10:00", "9", "END"))
    log(cast, subject, "HSCT", {"performed_on": date(2026, 6, 1)})
    with acting(user=cast.coordinator):
        lanes = {str(lane["label"]): lane["items"] for lane in treatment_lanes(subject)}
    assert [(one["start"], one["end"]) for one in lanes["Phases"]] == [
        (DAY1, date(2026, 1, 18)),
        (date(2026, 1, 19), None),
    ]
    assert lanes["Infusion"][0]["end"] == date(2026, 1, 21)
    assert lanes["Transplant, CAR-T"][0]["start"] == date(2026, 6, 1)


def test_before_enrolment_nothing_is_started(cast: Cast, client: Client) -> None:
    page = page_of(client, cast, bare_subject(cast)).content.decode()
    assert "Not enrolled yet." in page
    assert "Start a phase" not in page


def test_a_stranger_gets_404_and_a_monitor_reads_without_buttons(cast: Cast, client: Client) -> None:
    subject = enrolled(cast)
    cycle = start(cast, subject, "IND_CHEMO")
    assert page_of(client, cast, subject, "stranger").status_code == 404
    assert client.post(f"/subjects/{subject.pk}/treatment/{cycle.pk}/replan/").status_code == 404
    assert page_of(client, cast, subject, "administrator").status_code == 404
    page = page_of(client, cast, subject, "monitor")
    assert page.status_code == 200
    assert "Start this phase" not in page.content.decode()
    assert "Compute the doses anew" not in page.content.decode()


def test_every_form_of_the_room_opens(cast: Cast, client: Client) -> None:
    from trialsite.casebook.slots import Slot

    subject = enrolled(cast)
    client.force_login(cast.coordinator)
    for key in ("CYC", "EX", "BLI", "CM", "TF", "DON", "HSCT", "CAR", "EOT", "DEV"):
        assert client.get(Slot(subject.pk, "LOG", key).url()).status_code == 200, key


def test_the_page_reads_each_thing_of_the_treatment_once(cast: Cast, client: Client) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO")
    start(cast, subject, "IND_BLINA", date(2026, 1, 19))
    infuse(cast, subject, ("2026-01-19 10:00", "2026-01-23 10:00", "9", "AE"))
    with CaptureQueriesContext(connection) as seen:
        page_of(client, cast, subject)
    for table in ("treatment_doseplan", "treatment_planneddose", "treatment_dosegiven"):
        assert sum(f'FROM "{table}"' in one["sql"] for one in seen) == 1, table
