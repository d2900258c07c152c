"""Donor, transplantation, treatment elsewhere: forms, checks, panels, the task of the sending site."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from assessments.disease.engrafted import from_cord
from outcomes.histories import history_of
from tests.cast import Cast, make_cast
from treatment.models import OpenReferral, Transplant
from treatment.referrals.reading import referrals_of
from treatment.transplant.evidence import mrd_before_graft, washout_before_graft
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import forms
from trialsite.casebook.selectors import work_of
from trialsite.casebook.site_day import site_today
from trialsite.clinical.kleene import Truth

from .subjects import enrolled, infuse, log

DAY0 = date(2026, 3, 20)
GRAFT = {
    "performed_on": DAY0,
    "conditioning_on": date(2026, 3, 12),
    "donor": "HAPLO",
    "graft_source": "PB",
    "cd34": Decimal("5.2"),
    "indication": "MRD_PERSISTENT",
    "intensity": "MAC",
}
pytestmark = pytest.mark.django_db


def derived(record: Any) -> dict[str, str]:
    kind = forms[record.form_key]
    assert kind.derived is not None
    record.refresh_from_db()
    return {str(one.label): str(one.value) for one in kind.derived(record)}


def refused(cast: Cast, subject: Subject, form: str, values: dict[str, Any], rows: Any = None) -> set[str]:
    """The items at which a form is refused."""
    with pytest.raises(CheckFailed) as caught:
        log(cast, subject, form, values, rows)
    return set(caught.value.messages)


def test_a_candidate_shows_its_match_and_blood_groups(cast: Cast) -> None:
    subject = enrolled(cast)
    loci = {"hla_a": 2, "hla_b": 2, "hla_c": 2, "hla_drb1": 2, "hla_dqb1": 1}
    candidate = {"relation": "MUD10", **loci, "blood_group": "A+", "chosen": True, "dsa": False}
    values = {"performed_on": date(2026, 2, 1), "donor": "MUD10", "recipient_group": "O+"}
    record = log(cast, subject, "DON", values, {"candidates": [candidate]})
    with acting(user=cast.coordinator):
        assert derived(record) == {"HLA": "9/10", "ABO mismatch": "Major"}
    two = [candidate, candidate | {"relation": "HAPLO"}]
    assert refused(cast, subject, "DON", values, {"candidates": two}) == {"candidates.1.chosen"}


@pytest.mark.parametrize(
    ("values", "rows", "items"),
    [
        ({"indication": "PLANNED"}, {}, {"indication"}),
        ({"indication": "OTHER_INVESTIGATOR"}, {}, {"indication_reason"}),
        (
            {},
            {"conditioning_drugs": [{"agent": "TBI", "total_dose": Decimal(12), "unit": "mg"}]},
            {"conditioning_drugs.0.unit"},
        ),
        (
            {},
            {"conditioning_drugs": [{"agent": "BUSULFAN", "total_dose": Decimal(12), "unit": ""}]},
            {"conditioning_drugs.0.unit"},
        ),
        (
            {},
            {
                "prophylaxis_drugs": [
                    {
                        "agent": "OTHER",
                        "started_on": date(2026, 3, 18),
                        "stopped_on": date(2026, 3, 17),
                    }
                ]
            },
            {"prophylaxis_drugs.0.stopped_on", "prophylaxis_drugs.0.note"},
        ),
    ],
)
def test_a_graft_that_cannot_be_is_refused(
    cast: Cast, values: dict[str, Any], rows: dict[str, Any], items: set[str]
) -> None:
    assert refused(cast, enrolled(cast), "HSCT", GRAFT | values, rows) == items


def test_lines_in_order_are_taken_and_the_indication_has_its_name(cast: Cast) -> None:
    subject = enrolled(cast)
    rows = {
        "conditioning_drugs": [{"agent": "TBI", "total_dose": Decimal(12), "unit": "Gy"}],
        "prophylaxis_drugs": [{"agent": "CICLOSPORIN", "started_on": DAY0, "stopped_on": DAY0}],
    }
    record: Any = log(cast, subject, "HSCT", GRAFT, rows)
    with acting(user=cast.coordinator):
        assert record.get_indication_display() == "MRD persistent"
        assert derived(record)["Indication by the record"] == "unknown"


def test_washout_is_asked_about_in_the_randomised_trial_only(db: None) -> None:
    cast = make_cast("BLINA-INTENS")
    subject = enrolled(cast, arm="A")
    infuse(cast, subject, ("2026-02-20 10:00", "2026-03-06 10:00", "28", "END"))
    values = GRAFT | {"indication": "PLANNED"}
    with acting(user=cast.coordinator):
        fired = list(forms["HSCT"].checks[-1].run(values, {}, subject))
    assert [one.item for one in fired] == ["conditioning_on"]
    assert "6 days (at least 7)" in str(fired[0].message)
    with acting(user=cast.coordinator):
        later = values | {"conditioning_on": date(2026, 3, 13)}
        assert not list(forms["HSCT"].checks[-1].run(later, {}, subject))


def test_transplanted_without_mrd_is_unknown_and_where_no_protocol_asks_nothing_is_said(db: None) -> None:
    cast = make_cast("VIP-BLINA-HSCT")
    subject = enrolled(cast)
    with acting(user=cast.coordinator):
        assert mrd_before_graft(subject) is None
    log(cast, subject, "HSCT", GRAFT | {"indication": "PLANNED"})
    with acting(user=cast.coordinator):
        found = mrd_before_graft(subject)
        assert found is not None
        assert (found.truth, found.on) == (Truth.UNKNOWN, date(2026, 3, 12))
        assert washout_before_graft(subject) is None


def test_after_cord_blood_the_day_of_graft_failure_is_later(cast: Cast) -> None:
    subject = enrolled(cast)
    log(cast, subject, "HSCT", GRAFT)
    with acting(user=cast.coordinator):
        assert not from_cord(subject.pk)
    other = enrolled(cast)
    log(cast, other, "HSCT", GRAFT | {"graft_source": "CB"})
    with acting(user=cast.coordinator):
        assert from_cord(other.pk)


def test_systemic_treatment_of_chronic_gvhd_is_an_event(cast: Cast) -> None:
    subject = enrolled(cast)
    log(cast, subject, "HSCT", GRAFT)
    line = {"treated": "CHRONIC", "agent": "PREDNISONE", "systemic": True, "started_on": date(2026, 8, 3)}
    lines = [
        line | {"treated": "ACUTE", "started_on": date(2026, 4, 3)},
        line | {"agent": "TOPICAL", "systemic": False, "started_on": date(2026, 7, 1)},
        line,
    ]
    log(cast, subject, "GVT", {"performed_on": date(2026, 8, 3)}, {"drugs": lines})
    with acting(user=cast.coordinator):
        found = history_of([subject.pk])[subject.pk].cgvhd_systemic
    assert found is not None
    assert found.earliest == date(2026, 8, 3)


def refer(cast: Cast, subject: Subject, **more: Any) -> Any:
    values = {"performed_on": date(2026, 3, 1), "kind": "HSCT", "hospital": "Riverside Hospital"}
    return log(cast, subject, "REF", values | more)


def test_a_referral_stays_in_the_inbox_until_everything_is_in(cast: Cast) -> None:
    subject = enrolled(cast)
    refer(cast, subject, planned_on=date(2026, 3, 18))

    def asked() -> list[tuple[date | None, str]]:
        with acting(user=cast.coordinator):
            return [(one.due, str(one.detail)) for one in work_of(cast.coordinator, kind="referral").lines]

    assert asked() == [(date(2026, 3, 18), "day 0 of the transplantation (4 still open)")]
    log(cast, subject, "HSCT", GRAFT | {"cd34": None, "told_by": "LETTER"})
    assert asked() == [(DAY0 + timedelta(days=14), "donor and graft (3 still open)")]
    with acting(user=cast.coordinator):
        (standing,) = referrals_of(subject, site_today(subject))
    assert standing.things[1].lacks == ("cd34",)
    log(cast, subject, "HSCT", GRAFT)  # a second form does not tell of the first graft
    on28 = DAY0 + timedelta(days=28)
    log(cast, subject, "ENG", {"performed_on": on28, "neutrophils_on": on28, "told_by": "LETTER"})
    log(cast, subject, "CHI", {"performed_on": on28, "specimen": "BLOOD", "donor_pct": Decimal("98")})
    assert asked() == [(DAY0 + timedelta(days=14), "donor and graft (2 still open)")]
    with acting(user=cast.monitor):
        assert work_of(cast.monitor, kind="referral").lines == []
    with acting(user=cast.stranger):
        assert work_of(cast.stranger, kind="referral").lines == []


def test_a_referral_that_is_called_off_asks_for_nothing(cast: Cast) -> None:
    subject = enrolled(cast)
    assert refused(
        cast,
        subject,
        "REF",
        {
            "performed_on": date(2026, 3, 1),
            "kind": "HSCT",
            "hospital": "Riverside Hospital",
            "called_off_on": date(2026, 3, 4),
        },
    ) == {"called_off_why"}
    refer(cast, subject, called_off_on=date(2026, 3, 4), called_off_why="Relapse")
    with acting(user=cast.coordinator):
        assert work_of(cast.coordinator, kind="referral").lines == []
        assert not OpenReferral.objects.filter(subject=subject).exists()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Treatment at another hospital", "Transplantation", "MRD persistent", "Chimerism at D+100"]),
        ("zh-hans", ["外院治疗", "移植", "MRD持续阳性"]),
    ],
)
def test_the_panels_stand_on_the_treatment_page(
    cast: Cast, client: Client, language: str, words: list[str]
) -> None:
    subject = enrolled(cast)
    refer(cast, subject)
    log(cast, subject, "HSCT", GRAFT)
    client.force_login(cast.coordinator)
    client.cookies["django_language"] = language
    with translation.override(language):
        page = client.get(f"/subjects/{subject.pk}/treatment/", headers={"accept-language": language})
    text = page.content.decode()
    assert page.status_code == 200
    for word in words:
        assert word in text, word
    donor = next(line for line in page.context["transplant_steps"] if "/HSCT" in line.url)
    with translation.override(language), acting(user=cast.coordinator):
        assert donor.value == Transplant.objects.get().get_donor_display()  # type: ignore[attr-defined]
    client.force_login(cast.stranger)
    assert client.get(f"/subjects/{subject.pk}/treatment/").status_code == 404


def test_every_new_form_opens(cast: Cast, client: Client) -> None:
    subject = enrolled(cast)
    client.force_login(cast.coordinator)
    for key in ("DON", "HSCT", "GVT", "CAR", "CTX", "BCA", "REF"):
        assert client.get(f"/subjects/{subject.pk}/log/{key}/new/", follow=True).status_code == 200, key


def open_referrals_page(cast: Cast, who: str) -> Any:
    client = Client()
    client.force_login(getattr(cast, who))
    return client.get(f"/studies/{cast.study.key}/referrals/")


def test_open_referrals_stand_in_a_list_of_the_study(cast: Cast) -> None:
    subject = enrolled(cast)
    assert b"No referral is open" in open_referrals_page(cast, "coordinator").content
    refer(cast, subject, planned_on=date(2026, 3, 18))
    log(cast, subject, "HSCT", GRAFT | {"cd34": None, "told_by": "LETTER"})
    for who in ("coordinator", "monitor"):
        page = open_referrals_page(cast, who).content.decode()
        assert "Riverside Hospital" in page
        assert "2026-03-20" in page
        assert "not in: CD34+ cells" in page
        assert "2026-04-03" in page
    assert b"Riverside Hospital" not in open_referrals_page(cast, "stranger").content
    assert open_referrals_page(cast, "administrator").status_code in (403, 404)
    with acting(user=cast.coordinator):
        (line,) = work_of(cast.coordinator, kind="referral").lines
    assert line.other_url == f"/studies/{cast.study.key}/referrals/"


def test_open_referrals_are_a_file_for_those_who_may_export(cast: Cast) -> None:
    subject = enrolled(cast)
    refer(cast, subject, planned_on=date(2026, 3, 18))
    client, address = Client(), f"/studies/{cast.study.key}/referrals/list.csv"
    client.force_login(cast.statistician)
    content = b"".join(client.get(address).streaming_content).decode()  # type: ignore[attr-defined]
    assert (
        f"{subject.number},HSCT,Riverside Hospital,2026-03-01,2026-03-18,,DAY0,2026-03-18,DAY0,4" in content
    )
    client.force_login(cast.stranger)
    assert b"Riverside" not in b"".join(client.get(address).streaming_content)  # type: ignore[attr-defined]
    client.force_login(cast.administrator)
    assert client.get(address).status_code in (403, 404)


def test_the_list_of_open_referrals_asks_as_often_for_three_as_for_one(cast: Cast) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert open_referrals_page(cast, "coordinator").status_code == 200
        return len(found)

    def referred() -> None:
        subject = enrolled(cast)
        refer(cast, subject)
        log(cast, subject, "HSCT", GRAFT | {"cd34": None, "told_by": "LETTER"})
        open_referrals_page(cast, "coordinator")  # derives the projection

    referred()
    first = queries()
    referred()
    referred()
    assert queries() == first
