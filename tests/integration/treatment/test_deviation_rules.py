"""Deviations drafted by rules: doses, windows, samples, grafts; once, in the protocol's class, by nobody's memory."""

from copy import deepcopy
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assessments.models import PlannedVisit
from tests.cast import Cast, cast_of, document_of
from tests.integration.assessments.entries import enter
from treatment.deviation_rules.drafts import draft_deviations, draft_deviations_of_all
from treatment.deviation_rules.findings import findings_of
from treatment.doses.checks import within_tolerance
from treatment.infusion.ledger import ledgers_of
from treatment.models import DoseGiven
from treatment.tasks import draft_deviations_daily
from treatment.transplant.checks import mrd_was_negative
from treatment.transplant.evidence import mrd_before_graft
from trialsite.audit import acting
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.demo.deviating import decide_on_drafts
from trialsite.deviations.models import Deviation
from trialsite.deviations.services import decide_deviation
from trialsite.deviations.states import DeviationState

from .subjects import DAY1, at, enrolled, log, start

PREDNISONE = {"drug": "PREDNISONE", "given_on": DAY1, "unit": "mg", "reason": "", "note": ""}


@pytest.fixture
def vip(hsct_cast: Cast) -> Cast:
    return hsct_cast


def give(cast: Cast, subject: Subject, given: str, on: date = DAY1, **more: Any) -> Any:
    line = PREDNISONE | {"prescribed": D(100), "given": D(given), "given_on": on} | more
    with acting(user=cast.coordinator):
        slot = Slot(subject.pk, "IND_D1", "EX")
        values = {"performed_on": DAY1}
        return submit_form(slot=slot, values=values, rows={"doses": [line]}, by=cast.coordinator)


def on_treatment(cast: Cast) -> Subject:
    subject = enrolled(cast)
    start(cast, subject, "IND_VIP")
    return subject


def draft(cast: Cast, subject: Subject) -> int:
    with acting(user=cast.coordinator):
        return draft_deviations(subject_id=subject.pk, by=cast.coordinator)


def found(subject: Subject, rule: str) -> list[Deviation]:
    with acting(role="system"):
        return list(Deviation.objects.filter(subject=subject, rule=rule).order_by("occurred_on", "pk"))


@pytest.mark.parametrize(("given", "drafts"), [("90", 0), ("89.9", 1), ("110", 0), ("110.1", 1)])
def test_a_dose_more_than_ten_per_cent_off_is_drafted_with_its_line(
    vip: Cast, given: str, drafts: int
) -> None:
    subject = on_treatment(vip)
    give(vip, subject, given)
    draft(vip, subject)
    ones = found(subject, "DOSE")
    assert len(ones) == drafts
    if ones:
        (one,) = ones
        assert "prescribed 100 mg, given" in one.evidence_en
        assert "泼尼松" in one.evidence_zh
        assert (one.weight, one.occurred_on, one.drafted_by) == ("minor", DAY1, vip.coordinator)
        with acting(user=vip.coordinator):
            assert one.sources[0][1] == str(DoseGiven.objects.get(subject=subject).pk)


def test_the_tolerance_is_that_of_the_protocol_file(db: None) -> None:
    document = deepcopy(document_of("VIP-BLINA-HSCT"))
    document["dose_tolerance"] |= {"deviation_above_pct": "25"}
    cast = cast_of(document)
    subject = on_treatment(cast)
    give(cast, subject, "80")
    draft(cast, subject)
    assert found(subject, "DOSE") == []
    with acting(user=cast.coordinator):
        row = {"drug": "PREDNISONE", "given_on": DAY1, "unit": "mg", "prescribed": D(100), "given": D(80)}
        (asked,) = within_tolerance.run({}, {"doses": [row]}, subject)
    assert (asked.item, "20.0 % less was given." in str(asked.message)) == ("doses.0.given", True)


def test_nothing_is_drafted_twice_and_a_corrected_dose_says_that_the_evidence_changed(vip: Cast) -> None:
    subject = on_treatment(vip)
    record = give(vip, subject, "80")
    assert draft(vip, subject) > 0
    assert draft(vip, subject) == 0
    (one,) = found(subject, "DOSE")
    with acting(user=vip.coordinator):
        row = DoseGiven.objects.get(subject=subject)
        line = PREDNISONE | {"prescribed": D(100), "given": D(70), "line": row.line}
        correct(vip, record, line)
    draft(vip, subject)
    (told,) = found(subject, "DOSE")
    assert (told.pk, told.evidence_changed_at) == (one.pk, None)
    assert "given 70 mg" in told.evidence_en
    with acting(user=vip.coordinator):
        correct(vip, record, PREDNISONE | {"prescribed": D(100), "given": D(100), "line": row.line})
    draft(vip, subject)
    (lapsed,) = found(subject, "DOSE")
    assert lapsed.evidence_changed_at is not None
    assert lapsed.state == DeviationState.DRAFT
    assert draft(vip, subject) == 0


def correct(cast: Cast, record: Any, line: dict[str, Any]) -> None:
    record.refresh_from_db()
    submit_form(
        slot=Slot(record.subject_id, "IND_D1", "EX"),
        values={"performed_on": DAY1},
        rows={"doses": [line]},
        base_version=record.version,
        by=cast.coordinator,
        reason="read again",
    )


def test_what_was_decided_stays_and_says_that_its_evidence_changed(vip: Cast, client: Client) -> None:
    subject = on_treatment(vip)
    record = give(vip, subject, "80")
    draft(vip, subject)
    (one,) = found(subject, "DOSE")
    with acting(user=vip.monitor):
        decide_deviation(deviation_id=one.pk, action="accept", by=vip.monitor)
    with acting(user=vip.coordinator):
        row = DoseGiven.objects.get(subject=subject)
        correct(vip, record, PREDNISONE | {"prescribed": D(100), "given": D(70), "line": row.line})
    draft(vip, subject)
    (told,) = found(subject, "DOSE")
    assert (told.state, "given 80 mg" in told.evidence_en) == (DeviationState.ACCEPTED, True)
    client.force_login(vip.monitor)
    page = client.get(f"/deviations/{one.pk}/").content.decode()
    assert "evidence has changed" in page
    assert "dose beyond tolerance" in page
    client.force_login(vip.stranger)
    assert client.get(f"/deviations/{one.pk}/").status_code == 404


def test_windows_that_closed_are_drafted_by_the_daily_run_as_the_system(vip: Cast, client: Client) -> None:
    subject = on_treatment(vip)
    start(vip, subject, "CONS1_VDCP", date(2026, 3, 2))
    assert draft_deviations_daily() > 0
    windows, samples = found(subject, "VISIT_WINDOW"), found(subject, "MRD_SAMPLE")
    assert windows
    assert samples
    assert {one.drafted_by for one in windows} == {None}
    assert {one.weight for one in samples} == {"major"}
    with acting(role="system"):
        visit = PlannedVisit.objects.filter(subject=subject, key=windows[0].source_key.split(".")[0]).first()
    assert visit is not None
    assert windows[0].evidence_en.startswith(visit.name_en)
    assert windows[0].evidence_zh.startswith(visit.name_zh)
    assert draft_deviations_of_all() == 0
    client.force_login(vip.monitor)
    page = client.get(f"/deviations/{samples[0].pk}/").content.decode()
    assert f'href="/subjects/{subject.pk}/slots/{samples[0].source_key}/MRD.1/"' in page
    page = client.get(f"/deviations/{windows[0].pk}/").content.decode()
    assert f'href="/subjects/{subject.pk}/slots/{windows[0].source_key}/' in page
    assert "drafted by the rule “visit outside its window”" in page
    assert "the system" in page
    assert "times: Asia/Shanghai" in page
    assert "UTC" not in page


def test_a_visit_recorded_as_not_done_has_its_reason(vip: Cast) -> None:
    from trialsite.casebook.services import record_missed_visit

    subject = on_treatment(vip)
    draft(vip, subject)
    keys = {one.source_key for one in found(subject, "VISIT_WINDOW")}
    assert "IND_D15.1" in keys
    with acting(user=vip.coordinator):
        record_missed_visit(
            subject_id=subject.pk, key="IND_D15", text="snow", by=vip.coordinator, reason="OTHER"
        )
    draft(vip, subject)
    changed = {one.source_key for one in found(subject, "VISIT_WINDOW") if one.evidence_changed_at}
    assert changed == {"IND_D15.1"}


def test_a_graft_without_mrd_is_drafted_in_004_alone(vip: Cast) -> None:
    subject = on_treatment(vip)
    log(vip, subject, "HSCT", {"performed_on": date(2026, 6, 1), "donor": "MSD"})
    draft(vip, subject)
    (one,) = found(subject, "HSCT_WITHOUT_MRD")
    assert "MRD before it is unknown" in one.evidence_en
    assert one.occurred_on == date(2026, 6, 1)


def test_mrd_after_conditioning_began_opens_no_way_to_the_graft(vip: Cast) -> None:
    """The rule and the panel of the treatment page judge by one setting of the protocol file."""
    subject = on_treatment(vip)
    mrd = {"method": "MFC", "qualifier": "NOT_DETECTED", "cells_analysed": 1_000_000}
    enter(vip, subject, "MRD", date(2026, 5, 28), visit="ASSESS2", rows=[mrd], specimen="BM_FIRST_PULL")
    days = {"performed_on": date(2026, 6, 1), "conditioning_on": date(2026, 5, 25)}
    log(vip, subject, "HSCT", days | {"donor": "MSD"})
    draft(vip, subject)
    (one,) = found(subject, "HSCT_WITHOUT_MRD")
    with acting(user=vip.coordinator):
        shown = mrd_before_graft(subject)
    assert shown is not None
    assert one.evidence_en == shown.reason.en
    assert "before conditioning on 2026-05-25 is unknown" in one.evidence_en


@pytest.mark.parametrize(("measured", "asks"), [(None, True), ("NOT_DETECTED", False)])
def test_a_graft_without_negative_mrd_is_asked_about_before_it_is_saved(
    vip: Cast, measured: str | None, asks: bool
) -> None:
    subject = on_treatment(vip)
    if measured:
        mrd = {"method": "MFC", "qualifier": measured, "cells_analysed": 1_000_000}
        enter(vip, subject, "MRD", date(2026, 5, 20), visit="ASSESS2", rows=[mrd], specimen="BM_FIRST_PULL")
    with acting(user=vip.coordinator):
        said = list(mrd_was_negative.run({"performed_on": date(2026, 6, 1)}, {}, subject))
    assert bool(said) is asks
    assert not asks or "MRD before it is unknown" in said[0].message


DAY0 = date(2026, 2, 2)


def places(subject: Subject, rule: str) -> set[str]:
    """The visits after the graft of which a rule finds something that still stands."""
    ones = found(subject, rule)
    keys = {one.source_key.split(".")[0] for one in ones if one.evidence_changed_at is None}
    return {key for key in keys if key.startswith("HSCT_")}


@pytest.mark.parametrize(("kind", "waits"), [("HSCT", True), ("CAR_T", False)])
def test_visits_after_a_graft_elsewhere_wait_for_its_letters(vip: Cast, kind: str, waits: bool) -> None:
    subject = on_treatment(vip)
    referral = {"performed_on": DAY1, "kind": kind, "hospital": "Riverside Hospital"}
    log(vip, subject, "REF", referral)
    log(vip, subject, "HSCT", {"performed_on": DAY0, "donor": "MSD", "told_by": "LETTER"})
    draft(vip, subject)
    first = {"HSCT_WEEKLY", "HSCT_D28", "HSCT_D42", "HSCT_D60"}
    assert not places(subject, "VISIT_WINDOW") & first if waits else places(subject, "VISIT_WINDOW") >= first
    assert not places(subject, "MRD_SAMPLE") & first if waits else "HSCT_D28" in places(subject, "MRD_SAMPLE")


def test_visits_after_a_graft_elsewhere_are_drafted_once_its_letter_is_in(vip: Cast) -> None:
    subject = on_treatment(vip)
    log(vip, subject, "REF", {"performed_on": DAY1, "kind": "HSCT", "hospital": "Riverside Hospital"})
    log(vip, subject, "HSCT", {"performed_on": DAY0, "donor": "MSD", "told_by": "LETTER"})
    on28 = date(2026, 3, 2)
    log(vip, subject, "ENG", {"performed_on": on28, "neutrophils_on": on28, "told_by": "LETTER"})
    log(vip, subject, "CHI", {"performed_on": on28, "specimen": "BLOOD", "donor_pct": D(98)})
    draft(vip, subject)
    assert "HSCT_D28" in places(subject, "VISIT_WINDOW")
    assert "HSCT_D28" in places(subject, "MRD_SAMPLE")
    assert not places(subject, "VISIT_WINDOW") & {"HSCT_D42", "HSCT_D60"}


def test_a_rule_that_the_protocol_does_not_list_drafts_nothing(db: None) -> None:
    document = deepcopy(document_of("VIP-BLINA-HSCT"))
    document["deviations"] = [
        {"rule": "DOSE", "class": "critical", "source": "assumption", "cite": "tried here"}
    ]
    cast = cast_of(document)
    subject = on_treatment(cast)
    give(cast, subject, "10")
    draft(cast, subject)
    with acting(role="system"):
        told = set(Deviation.objects.filter(subject=subject).values_list("rule", "weight"))
    assert told == {("DOSE", "critical")}


def test_the_demo_has_a_draft_of_a_rule_accepted_one_rejected_and_one_open(vip: Cast) -> None:
    for on in (12, 13, 14):
        give(vip, on_treatment(vip), "80", date(2026, 1, on))
    decide_on_drafts(vip.study, vip.people())
    with acting(role="system"):
        told = Deviation.objects.filter(rule="DOSE").order_by("occurred_on")
        assert [one.state for one in told] == ["accepted", "rejected", "draft"]


def test_nothing_is_drafted_where_the_casebook_is_locked(vip: Cast) -> None:
    subject = on_treatment(vip)
    with acting(user=vip.data_manager):
        place_hold(place=Place.of_subject(subject), kind="lock", by=vip.data_manager)
    assert draft(vip, subject) == 0
    assert draft_deviations_of_all() == 0


def test_queries_do_not_grow_with_subjects(vip: Cast) -> None:
    counts = []
    for _ in range(2):
        subjects = [on_treatment(vip) for _ in range(2)]
        give(vip, subjects[0], "80")
        log(vip, subjects[1], "HSCT", {"performed_on": date(2026, 6, 1)})
        with acting(user=vip.coordinator):
            bring_up_to_date(Subject.objects.visible_to(vip.coordinator))
            read = list(
                Subject.objects.visible_to(vip.coordinator).select_related("protocol_version", "site")
            )
            with CaptureQueriesContext(connection) as queries:
                findings_of(read)
            counts.append(len(queries))
    assert counts[0] == counts[1] <= 20


@pytest.mark.parametrize(("listed", "drafts"), [(True, 2), (None, 0)])
def test_premedication_that_was_not_given_is_drafted_once_the_list_is_complete(
    cast: Cast, listed: bool | None, drafts: int
) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_BLINA", date(2026, 1, 19))
    stretches = [
        {"start": at("2026-01-19 10:00"), "stop": at("2026-01-23 10:00"), "rate": D(9), "stop_reason": "AE"},
        {"start": at("2026-01-23 14:00"), "stop": at("2026-01-24 10:00"), "rate": D(9), "stop_reason": "END"},
    ]
    values = {"performed_on": date(2026, 1, 19), "premedication_listed": listed}
    log(cast, subject, "BLI", values, {"segments": stretches})
    draft(cast, subject)
    ones = found(subject, "PREMEDICATION")
    assert len(ones) == drafts
    assert not ones or "the start of the course on 2026-01-19 10:00: premedication" in ones[0].evidence_en
    assert not ones or "预处理用药（地塞米松" in ones[0].evidence_zh


@pytest.mark.parametrize(("restart", "drafts"), [("2026-01-23 13:59", 1), ("2026-01-23 14:00", 2)])
def test_a_restart_after_four_hours_lacks_its_premedication_where_the_file_names_the_first_dose_only(
    cast: Cast, restart: str, drafts: int
) -> None:
    subject = enrolled(cast)
    start(cast, subject, "CONS2_BLINA", date(2026, 1, 19))
    stretches = [
        {"start": at("2026-01-19 10:00"), "stop": at("2026-01-23 10:00"), "rate": D(28), "stop_reason": "AE"},
        {"start": at(restart), "stop": at("2026-01-24 10:00"), "rate": D(28), "stop_reason": "END"},
    ]
    values = {"performed_on": date(2026, 1, 19), "premedication_listed": True}
    log(cast, subject, "BLI", values, {"segments": stretches})
    with acting(user=cast.coordinator):
        (ledger,) = ledgers_of(subject).values()
    assert len(ledger.premedication) == drafts
    draft(cast, subject)
    assert len(found(subject, "PREMEDICATION")) == drafts
