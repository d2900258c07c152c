"""Cumulative anthracyclines with earlier treatment and the limit; relative dose intensity on page and in lists."""

from datetime import date, timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from django.test import Client

from tests.cast import PASSWORD, Cast
from tests.integration.assessments.entries import enter
from tests.integration.test_api import token_of
from treatment.anthracyclines.decisions import decide_beyond_limit
from treatment.anthracyclines.selectors import course_of
from treatment.anthracyclines.work import KIND
from treatment.domain.anthracyclines import Uncounted
from treatment.intensity.page import intensity_context
from treatment.intensity.selectors import intensities_of
from treatment.models import AnthracyclineDecision
from trialsite.audit import acting
from trialsite.casebook.errors import Asked, CheckFailed, Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import work_of
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot

from .subjects import DAY1, enrolled, infuse, log, start
from .test_doses_given import give


@pytest.fixture
def vip(hsct_cast: Cast) -> Cast:
    return hsct_cast


def history(
    cast: Cast, subject: Subject, drug: str, amount: str | None, unit: str, *, reviewed: bool = True
) -> None:
    rows = [
        {"kind": "OTHER", "drug": drug, "amount": None if amount is None else D(amount), "amount_unit": unit}
    ]
    values = {"performed_on": date(2026, 1, 6), "prior_therapy_reviewed": reviewed}
    with acting(user=cast.coordinator):
        submit_form(
            slot=Slot(subject.pk, "SCR", "MH"), values=values, rows={"therapies": rows}, by=cast.coordinator
        )


def course(cast: Cast, subject: Subject) -> Any:
    with acting(user=cast.coordinator):
        return course_of(subject)


EARLIER = [
    ("Doxorubicin", "150", "mg/m2", D(150), []),
    ("柔红霉素", "100", "mg/m2", D(60), []),
    ("doxorubicin", "182", "mg", None, [Uncounted.EARLIER_DOSE]),  # no body size yet
    ("doxorubicin", "150", "", None, [Uncounted.EARLIER_DOSE]),
    ("doxorubicin", None, "", None, [Uncounted.EARLIER_DOSE]),
    ("vincristine", "2", "mg", None, []),
]


@pytest.mark.parametrize(("drug", "amount", "unit", "earlier", "gaps"), EARLIER)
def test_earlier_anthracyclines_count_by_name_and_unit(
    vip: Cast, drug: str, amount: str | None, unit: str, earlier: D | None, gaps: list
) -> None:
    subject = enrolled(vip)
    history(vip, subject, drug, amount, unit)
    found = course(vip, subject)
    assert (found.earlier_mg_m2, list(found.uncounted)) == (earlier or 0, gaps)


def test_without_a_review_of_earlier_treatment_the_total_is_a_lower_bound(vip: Cast) -> None:
    subject = enrolled(vip)
    assert Uncounted.EARLIER_NOT_ASKED in course(vip, subject).uncounted


def test_a_dose_that_reaches_a_limit_is_asked_about(vip: Cast) -> None:
    subject = enrolled(vip)
    history(vip, subject, "doxorubicin", "169.9", "mg/m2")
    start(vip, subject, "IND_VIP")
    row = {
        "drug": "IDARUBICIN",
        "given_on": DAY1,
        "unit": "mg",
        "prescribed": D("14.56"),
        "given": D("14.56"),
    }
    rows = [
        row | {"reason": "", "note": ""},
        row | {"given_on": DAY1 + timedelta(days=7), "reason": "", "note": ""},
    ]

    def submit(lines: list) -> None:
        with acting(user=vip.coordinator):
            slot = Slot(subject.pk, "IND_D1", "EX")
            values = {"performed_on": DAY1 + timedelta(days=7)}
            submit_form(
                slot=slot, values=values, rows={"doses": lines}, by=vip.coordinator, ask_about_soft=True
            )

    more = rows[1] | {"given": D("14.60"), "prescribed": D("14.60")}  # 169.9 + 40 + 40.1 = 250.0
    with pytest.raises(Asked) as asked:
        submit([rows[0], more])
    assert "250 or more" in asked.value.fired[0].message
    submit(rows)  # 249.9


def test_a_phase_that_reaches_the_limit_waits_for_the_principal_investigator(
    vip: Cast, client: Client
) -> None:
    subject = enrolled(vip)
    history(vip, subject, "doxorubicin", "320", "mg/m2")  # with VIP 400
    with pytest.raises(Refused, match="400 mg/m²"):
        start(vip, subject, "IND_VIP")
    client.force_login(vip.investigator)
    page = client.get(f"/subjects/{subject.pk}/treatment/").content.decode()
    assert "begins only once the principal investigator has decided it" in page
    url = f"/subjects/{subject.pk}/treatment/IND_VIP/beyond-limit/"
    wrong = client.post(url, {"reason": "no other option", "password": "wrong"})
    assert wrong.status_code == 422
    assert "This is not your password." in wrong.content.decode()
    assert "no other option" in wrong.content.decode()
    assert client.post(url, {"reason": "no other option", "password": PASSWORD}).status_code == 302
    with acting(user=vip.investigator):
        kept = AnthracyclineDecision.objects.get()
    assert (kept.projected, kept.given, kept.ratio_set) == (400, 320, "DNR_0_6")
    assert start(vip, subject, "IND_VIP").phase == "IND_VIP"


def test_just_below_the_limit_a_phase_begins_and_there_is_nothing_to_decide(vip: Cast) -> None:
    subject = enrolled(vip)
    history(vip, subject, "doxorubicin", "319.9", "mg/m2")
    with acting(user=vip.investigator), pytest.raises(Refused, match="nothing to decide"):
        decide_beyond_limit(
            subject_id=subject.pk, phase="IND_VIP", password=PASSWORD, reason="x", by=vip.investigator
        )
    assert start(vip, subject, "IND_VIP").phase == "IND_VIP"


def test_a_decision_needs_a_reason_and_its_own_person(vip: Cast, client: Client) -> None:
    subject = enrolled(vip)
    history(vip, subject, "doxorubicin", "320", "mg/m2")
    with acting(user=vip.investigator), pytest.raises(CheckFailed) as refused:
        decide_beyond_limit(
            subject_id=subject.pk, phase="IND_VIP", password=PASSWORD, reason=" ", by=vip.investigator
        )
    assert "Say why" in refused.value.messages["reason"]
    client.force_login(vip.coordinator)
    url = f"/subjects/{subject.pk}/treatment/IND_VIP/beyond-limit/"
    assert client.post(url, {"reason": "x", "password": PASSWORD}).status_code == 403
    client.force_login(vip.stranger)
    assert client.post(url, {"reason": "x", "password": PASSWORD}).status_code == 404


def test_an_echocardiography_is_asked_for_until_one_follows(vip: Cast) -> None:
    subject = enrolled(vip)
    history(vip, subject, "doxorubicin", "70", "mg/m2")
    start(vip, subject, "IND_VIP")
    give(vip, subject, {"drug": "IDARUBICIN", "prescribed": D("14.56"), "given": D("14.56")})

    def lines(who: str = "coordinator") -> list[Any]:
        with acting(user=vip.people()[who]):
            return [one for one in work_of(vip.people()[who]).lines if one.kind == KIND]

    (line,) = lines()
    assert str(line.detail) == "110 mg/m² since 2026-01-12"
    assert lines("stranger") == []
    enter(vip, subject, "ECHO", DAY1 + timedelta(days=1), visit="LOG")
    assert lines() == []


def test_intensity_against_plan_and_conventional_regimen(vip: Cast) -> None:
    subject = enrolled(vip)
    start(vip, subject, "IND_VIP", ended_on=DAY1 + timedelta(days=13), end_reason="COMPLETED")
    lines = [
        {
            "drug": "IDARUBICIN",
            "given_on": DAY1 + timedelta(days=day),
            "prescribed": D("14.56"),
            "given": D("14.56"),
        }
        for day in (0, 7)
    ]
    give(vip, subject, *lines, {"drug": "VINCRISTINE", "prescribed": D(2), "given": D(2)})
    start(vip, subject, "CONS1_VDCP", on=DAY1 + timedelta(days=28))
    with acting(user=vip.coordinator):
        found = {(one.reference, one.drug): one for one in intensities_of(subject) if "IND_VIP" in one.phases}
    planned, vicp = found["", "IDARUBICIN"], found["VICP", "IDARUBICIN"]
    assert (planned.wanted, planned.given, planned.days, planned.wanted_days) == (D(30), D("29.12"), 28, 14)
    assert round(planned.ratio, 4) == D("0.9707")
    assert (vicp.given, round(vicp.ratio, 4), round(vicp.rdi, 4)) == (D(16), D("0.6667"), D("0.6667"))
    assert found["", "VINCRISTINE"].ratio is None  # day 8 was not reported
    assert found["VICP", "CYCLOPHOSPHAMIDE"].ratio == 0


def test_blinatumomab_counts_by_its_infusion_record(vip: Cast) -> None:
    subject = enrolled(vip)
    start(vip, subject, "IND_BLINA", ended_on=DAY1 + timedelta(days=13), end_reason="TOXICITY")
    infuse(
        vip,
        subject,
        ("2026-01-12 10:00", "2026-01-19 10:00", "9", "BAG_CHANGE"),
        ("2026-01-19 10:00", "2026-01-22 22:00", "28", "AE"),
    )
    with acting(user=vip.coordinator):
        (one,) = [each for each in intensities_of(subject) if each.drug == "BLINATUMOMAB"]
        shown = intensity_context(subject)["intensity_plan"]
    assert (one.wanted, one.given) == (D(259), D(161))
    assert [line.drug for block in shown for line in block.lines] == ["Blinatumomab"]


def test_lists_of_intensity_and_anthracyclines(vip: Cast, client: Client) -> None:
    subject = enrolled(vip)
    start(vip, subject, "IND_VIP")
    give(vip, subject, {"drug": "IDARUBICIN", "prescribed": D("14.56"), "given": D("14.56")})

    def rows(name: str, who: str = "coordinator") -> list[dict]:
        answer = client.get(f"/api/v1/{name}/", headers=token_of(vip.people()[who]))
        return answer.json()["results"]

    (total,) = rows("anthracyclines")
    assert (total["total"], total["ratio_set"], total["missing"]) == (
        "40.0000",
        "DNR_0_6",
        ["EARLIER_NOT_ASKED"],
    )
    intensity = {one["drug"]: one for one in rows("dose-intensity") if not one["reference"]}
    assert (intensity["IDARUBICIN"]["wanted"], intensity["IDARUBICIN"]["gaps"]) == ("30.0000", ["RUNNING"])
    assert rows("anthracyclines", "stranger") == []
    assert rows("dose-intensity", "stranger") == []


def test_the_page_says_how_the_total_adds_up_and_what_it_would_be(vip: Cast, client: Client) -> None:
    subject = enrolled(vip)
    start(vip, subject, "IND_VIP")
    give(vip, subject, {"drug": "IDARUBICIN", "prescribed": D("14.56"), "given": D("14.56")})
    log(vip, subject, "CM", {"medicine": "x", "performed_on": DAY1})
    client.force_login(vip.coordinator)
    page = client.get(f"/subjects/{subject.pk}/treatment/").content.decode()
    for words in (
        "at least",
        "daunorubicin × 0.6",
        "By other ratios:",
        "as planned 112 mg/m²",
        "Relative dose intensity",
        "VICP",
    ):
        assert words in page
