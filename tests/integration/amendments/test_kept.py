"""After an amendment nothing that was recorded or begun is lost: visits, cycles, forms, items, reasons."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from assessments.models import PlannedVisit
from tests.cast import PASSWORD, Cast, bare_subject
from tests.integration.treatment.subjects import DAY1, enrolled, start
from treatment.doses.services import replan_doses
from treatment.models import DosePlan, PlannedDose
from treatment.plan.paths import standing_of
from trialsite.audit import acting
from trialsite.casebook.errors import UnknownForm
from trialsite.casebook.form_types import form_type
from trialsite.casebook.models import ProtocolForm, Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.review.models import StaleSignature
from trialsite.review.signatures import Ceremony, casebook_to_sign, sign_casebook
from trialsite.review.verification import verified_items, verify_items

from .versions import (
    add_form,
    add_item,
    add_visit,
    drop_form,
    drop_item,
    drop_visit,
    loaded,
    moved,
    widen,
)

TLS = {
    "time_point": "BEFORE",
    "sample_date": date(2026, 1, 6),
    "potassium_mmol_l": Decimal("4.1"),
    "phosphate_mmol_l": Decimal("1.2"),
    "calcium_mmol_l": Decimal("2.3"),
    "uric_acid_umol_l": Decimal(300),
    "creatinine_umol_l": Decimal(70),
    "venetoclax_mg": 100,
    "clinical_tls": "no",
    "venetoclax_held": "no",
    "remark": "slept well",
}


@pytest.fixture
def cast(ven_cast: Cast) -> Cast:
    return ven_cast


def tls(cast: Cast, subject: Subject, visit: str = "SCR", **more: Any) -> ProtocolForm:
    with acting(user=cast.coordinator):
        record = submit_form(
            slot=Slot(subject.pk, visit, "TLS"),
            values={"performed_on": date(2026, 1, 6), **TLS},
            by=cast.coordinator,
            **more,
        )
    assert isinstance(record, ProtocolForm)
    return record


def died_on(cast: Cast, subject: Subject, on: date = date(2026, 2, 1)) -> None:
    with acting(user=cast.coordinator):
        slot = Slot(subject.pk, "LOG", "DTH")
        submit_form(slot=slot, values={"performed_on": on}, by=cast.coordinator)


def planned(cast: Cast, subject: Subject) -> dict[str, tuple[date | None, date | None, date | None]]:
    with acting(user=cast.coordinator):
        bring_up_to_date(Subject.objects.filter(pk=subject.pk))
        rows = PlannedVisit.objects.filter(subject=subject)
        return {row.key: (row.target, row.earliest, row.latest) for row in rows if row.repeat == 1}


# Visits


def test_visits_follow_the_new_version_but_for_those_that_have_begun(cast: Cast) -> None:
    untouched, begun = enrolled(cast), enrolled(cast)
    for subject in (untouched, begun):
        start(cast, subject, "C1")
    tls(cast, begun, "C1_D4")
    second = loaded(cast, "2.0", widen("C1_D4", 3, 3), add_visit("C1_D4", "C1_D6", 5))
    untouched, begun = moved(cast, second, untouched, begun)
    day = DAY1 + timedelta(days=3)
    assert planned(cast, untouched)["C1_D4"] == (day, day - timedelta(days=3), day + timedelta(days=3))
    assert planned(cast, begun)["C1_D4"] == (day, day - timedelta(days=1), day + timedelta(days=1))
    assert planned(cast, begun)["C1_D6"][0] == DAY1 + timedelta(days=5)


def test_a_dropped_visit_goes_unless_it_has_begun(cast: Cast, client: Client) -> None:
    untouched, begun = enrolled(cast), enrolled(cast)
    for subject in (untouched, begun):
        start(cast, subject, "C1")
    tls(cast, begun, "C1_D4")
    untouched, begun = moved(cast, loaded(cast, "2.0", drop_visit("C1_D4")), untouched, begun)
    assert "C1_D4" not in planned(cast, untouched)
    assert planned(cast, begun)["C1_D4"][0] == DAY1 + timedelta(days=3)
    client.force_login(cast.coordinator)
    page = client.get(f"/subjects/{begun.pk}/").content.decode()
    assert "Cycle 1 day 4" in page
    assert client.get(Slot(begun.pk, "C1_D4", "TLS").url()).status_code == 200
    assert client.get(Slot(untouched.pk, "C1_D4", "TLS").url()).status_code == 404


# Cycles


def halve_doses(document: dict[str, Any]) -> None:
    for regimen in document["regimens"]:
        for drug in regimen["drugs"]:
            for level in drug["doses"]:
                level["amount"] = str(Decimal(level["amount"]) / 2)


def doses(cast: Cast, number: int) -> list[tuple[str, Decimal | None]]:
    with acting(user=cast.coordinator):
        rows = PlannedDose.objects.filter(plan__number=number).order_by("line")
        return [(row.drug, row.amount) for row in rows]


def test_a_cycle_that_began_keeps_its_doses_also_when_they_are_computed_anew(cast: Cast) -> None:
    subject = enrolled(cast)
    cycle = start(cast, subject, "C1")
    before = doses(cast, 1)
    second = loaded(cast, "2.0", halve_doses)
    (subject,) = moved(cast, second, subject)
    with acting(user=cast.investigator):
        replan_doses(cycle_id=cycle.pk, by=cast.investigator, reason="weight measured again")
        plan = DosePlan.objects.get(number=2)
    assert doses(cast, 1) == doses(cast, 2) == before
    assert plan.digest == cast.version.digest


def test_a_cycle_that_begins_after_it_has_the_doses_of_the_new_version(cast: Cast) -> None:
    subject = enrolled(cast)
    (subject,) = moved(cast, loaded(cast, "2.0", halve_doses), subject)
    start(cast, subject, "C1")
    with acting(user=cast.coordinator):
        plan = DosePlan.objects.get()
    assert plan.protocol_version.version == "2.0"


def drop_first_phase(document: dict[str, Any]) -> None:
    """C1 goes: its visits too, and whatever names it."""
    document["phases"] = [one for one in document["phases"] if one["key"] != "C1"]
    for arm in document["arms"]:
        arm["phases"] = [key for key in arm["phases"] if key != "C1"]
    document["visits"] = [
        one
        for one in document["visits"]
        if one.get("phase") != "C1" and ":C1" not in one["anchor"] and one.get("until") != "phase:C1"
    ]
    document["regimens"] = [one for one in document["regimens"] if one["key"] != "C1_VCD_BLINA"]
    visits = {visit["key"] for visit in document["visits"]}
    for endpoint in document["endpoints"]:
        if "assessed_at" in endpoint:
            endpoint["assessed_at"] = [key for key in endpoint["assessed_at"] if key in visits]
    document["response"]["refractory_at"] = []
    document["reference_regimens"] = []  # the one stands in the place of C1
    for course in document["blinatumomab"]["courses"]:
        course["regimens"] = [key for key in course["regimens"] if key != "C1_VCD_BLINA"]


def test_a_subject_in_a_phase_that_is_dropped_stays_in_it_and_goes_on_from_there(
    cast: Cast, client: Client
) -> None:
    subject = enrolled(cast)
    start(cast, subject, "C1")
    (subject,) = moved(cast, loaded(cast, "2.0", drop_first_phase), subject)
    with acting(user=cast.coordinator):
        standing = standing_of(subject)
    assert standing.current is not None
    assert standing.current.phase == "C1"
    assert standing.steps[0].phase.key == "C1"
    client.force_login(cast.coordinator)
    page = client.get(f"/subjects/{subject.pk}/treatment/")
    assert page.status_code == 200
    assert "Cycle 1" in page.content.decode()


# Items and forms


def page_of(client: Client, cast: Cast, slot: Slot, query: str = "") -> str:
    client.force_login(cast.coordinator)
    answer = client.get(slot.url() + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_item_that_is_no_longer_asked_for_is_shown_and_not_entered(cast: Cast, client: Client) -> None:
    subject = bare_subject(cast)
    tls(cast, subject)
    moved(cast, loaded(cast, "2.0", drop_item("TLS", "potassium_mmol_l")), subject)
    page = page_of(client, cast, Slot(subject.pk, "SCR", "TLS"))
    kept = page[page.index('id="no-longer-asked"') :]
    assert "No longer asked" in kept
    assert "Potassium" in kept
    assert "4.1 mmol/L" in kept
    editing = page_of(client, cast, Slot(subject.pk, "SCR", "TLS"), "?edit=1")
    assert 'name="potassium_mmol_l"' not in editing
    assert "4.1 mmol/L" in editing


def test_a_correction_leaves_answers_that_are_no_longer_asked_for(cast: Cast) -> None:
    subject = bare_subject(cast)
    values = {key: value for key, value in TLS.items() if key != "uric_acid_umol_l"}
    with acting(user=cast.coordinator):
        submit_form(
            slot=Slot(subject.pk, "SCR", "TLS"),
            values={"performed_on": date(2026, 1, 6), **values},
            missing={"uric_acid_umol_l": "NOT_DONE"},
            by=cast.coordinator,
        )
    second = loaded(cast, "2.0", drop_item("TLS", "potassium_mmol_l"), drop_item("TLS", "uric_acid_umol_l"))
    moved(cast, second, subject)
    with acting(user=cast.coordinator):
        record = submit_form(
            slot=Slot(subject.pk, "SCR", "TLS"),
            values={"performed_on": date(2026, 1, 6), "venetoclax_mg": 200},
            base_version=1,
            reason="typing error",
            by=cast.coordinator,
        )
    assert record.extra["potassium_mmol_l"] == "4.1"
    assert record.extra["venetoclax_mg"] == 200
    assert record.missing == {"uric_acid_umol_l": "NOT_DONE"}


def test_a_form_entered_before_an_item_was_added_can_be_corrected_without_it(
    cast: Cast, client: Client
) -> None:
    subject = bare_subject(cast)
    tls(cast, subject)
    moved(cast, loaded(cast, "2.0", add_item("TLS", "lactate", type="decimal", required=True)), subject)
    client.force_login(cast.coordinator)
    url = Slot(subject.pk, "SCR", "TLS").url()
    typed = {key: str(value) for key, value in TLS.items()} | {"remark": "slept badly"}
    told = {"performed_on": "2026-01-06", "base_version": "1", "reason": "typing error", "press": "submit"}
    answer = client.post(url, typed | told)
    assert answer.status_code == 302, answer.content.decode()
    fresh = bare_subject(cast)
    with acting(role="system"):
        Subject.objects.filter(pk=fresh.pk).update(
            protocol_version=Subject.objects.get(pk=subject.pk).protocol_version
        )
    refused = client.post(Slot(fresh.pk, "SCR", "TLS").url(), typed | told | {"base_version": "0"})
    assert refused.status_code == 422
    assert "Enter a value, or choose why there is none." in refused.content.decode()


def test_a_form_that_is_gone_is_read_and_never_entered_or_corrected(cast: Cast, client: Client) -> None:
    subject = bare_subject(cast)
    tls(cast, subject)
    moved(cast, loaded(cast, "2.0", drop_form("TLS")), subject)
    page = page_of(client, cast, Slot(subject.pk, "SCR", "TLS"), "?edit=1")
    assert "no longer has this form" in page
    assert "slept well" in page
    assert 'name="remark"' not in page
    assert client.get(Slot(subject.pk, "C1_D1", "TLS").url()).status_code == 404
    casebook = client.get(f"/subjects/{subject.pk}/").content.decode()
    assert Slot(subject.pk, "SCR", "TLS").url() in casebook
    assert "Tumour lysis check" in casebook
    with pytest.raises(UnknownForm, match="no longer asks"):
        tls(cast, subject, base_version=1, reason="typing error")
    with acting(user=cast.coordinator):
        assert ProtocolForm.objects.get().version == 1


def test_a_visit_that_has_begun_no_longer_asks_for_a_form_that_is_gone(cast: Cast) -> None:
    subject = enrolled(cast)
    start(cast, subject, "C1")
    with acting(user=cast.coordinator):
        slot = Slot(subject.pk, "C1_D1", "VS")
        submit_form(slot=slot, values={"performed_on": DAY1, "ecog": 1}, by=cast.coordinator)
    moved(cast, loaded(cast, "2.0", drop_form("TLS")), subject)
    planned(cast, subject)
    with acting(user=cast.coordinator):
        visit = PlannedVisit.objects.get(subject=subject, key="C1_D1")
    assert "TLS" not in {one["form"] for one in visit.forms}
    assert "VS" in {one["form"] for one in visit.forms}


def test_history_and_trail_name_what_is_no_longer_asked_for(cast: Cast, client: Client) -> None:
    subject = bare_subject(cast)
    tls(cast, subject)
    moved(cast, loaded(cast, "2.0", drop_form("TLS")), subject)
    client.force_login(cast.data_manager)
    history = client.get(Slot(subject.pk, "SCR", "TLS").history_url).content.decode()
    assert "Potassium" in history
    assert "Tumour lysis check" in history
    assert "Before the dose" in history


def test_a_form_that_comes_with_a_version_is_asked_for_from_then_on(cast: Cast, client: Client) -> None:
    subject = bare_subject(cast)
    client.force_login(cast.coordinator)
    url = Slot(subject.pk, "SCR", "SLEEP").url()
    assert client.get(url).status_code == 404
    item = {"key": "hours", "label": {"en": "Hours", "zh": "小时"}, "type": "decimal", "unit": "h"}
    item |= {"required": True, "source": "assumption", "cite": "made up"}
    moved(cast, loaded(cast, "2.0", add_form("SLEEP", "SCR", item)), subject)
    assert client.get(url).status_code == 200


def test_moving_changes_nothing_that_is_signed_or_verified(cast: Cast) -> None:
    subject = bare_subject(cast)
    record = tls(cast, subject)
    with acting(user=cast.monitor):
        opened = open_slot(Slot(subject.pk, "SCR", "TLS"), subject, form_type("TLS", subject))
        verify_items(opened=opened, items=["remark", "potassium_mmol_l"], by=cast.monitor)
    with acting(user=cast.investigator):
        signed = casebook_to_sign(subject).digest
        told = Ceremony("reviewed", cast.investigator.username, PASSWORD, signed)
        sign_casebook(subject_id=subject.pk, told=told, by=cast.investigator)
    (subject,) = moved(cast, loaded(cast, "2.0", drop_item("TLS", "potassium_mmol_l")), subject)
    with acting(user=cast.investigator):
        assert casebook_to_sign(subject).digest == signed
        bring_up_to_date(Subject.objects.filter(pk=subject.pk))
        assert not StaleSignature.objects.exists()
        assert set(verified_items(record.pk)) == {"remark", "potassium_mmol_l"}
    (subject,) = moved(cast, loaded(cast, "3.0", drop_form("TLS")), subject)
    with acting(user=cast.investigator):
        assert casebook_to_sign(subject).digest == signed
