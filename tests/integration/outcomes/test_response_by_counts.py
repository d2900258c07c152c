"""BLINA-VEN: CR/CRi and EFS as registered (with or without recovery of the counts), and by counts beside them."""

from datetime import date, timedelta

import pytest
from django.test import Client

from outcomes.models import EndpointResult
from tests.cast import Cast, make_cast
from tests.standing import Standing, standing
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.clinical.quantity import Quantity

from .filled_study import BODY, REMISSION
from .test_dashboard_pages import read
from .worked_example import enter, subject_at

DAY1 = date(2026, 1, 12)
END_OF_CYCLE_2 = DAY1 + timedelta(days=56)
Case = tuple[str, str, str, str]  # blasts in per cent, neutrophils, platelets, the investigator's category
ALWAYS: tuple[Case, ...] = (  # a remission by either reading
    ("4.9", "1.01", "101", ""),
    ("4.9", "1.01", "100", ""),  # CRi: one count of two
    ("4.9", "1", "101", ""),
    ("4.9", "0.4", "101", ""),
    ("4.9", "1.01", "49", ""),
    ("4.9", "0.51", "51", ""),  # CRh: above 0.5 and above 50
    ("4.9", "1", "100", ""),
    ("4.9", "1.5", "150", "CR"),
)
LITERALLY: tuple[Case, ...] = (  # with or without recovery; by counts MLFS
    ("4.9", "0.5", "51", ""),
    ("4.9", "0.51", "50", ""),
    ("4.9", "0.4", "49", ""),
    ("0", "0.1", "5", ""),
    ("4.9", "0.4", "49", "CRi"),
    ("4.9", "0.4", "49", "MLFS"),
)
NEVER: tuple[Case, ...] = (
    ("5.1", "1.5", "150", ""),
    ("4.9", "1.5", "150", "NR"),  # only between the remissions and MLFS do counts decide
)
CASES = (*ALWAYS, *LITERALLY, *NEVER)


def assessed() -> tuple[Cast, dict[Case, Subject]]:
    """A subject a case, with one marrow at the end of cycle 2."""
    cast = make_cast("BLINA-VEN")
    return cast, {case: with_marrow(cast, case) for case in CASES}


def with_marrow(cast: Cast, case: Case) -> Subject:
    blasts, anc, platelets, said = case
    subject = subject_at(cast, cast.here, DAY1 - timedelta(days=1), cast.coordinator)
    enter(subject, cast.coordinator, "CYC", performed_on=DAY1, phase="C1", **BODY)
    values = REMISSION | {
        "bm_blast_pct": Quantity.parse(blasts, "%", "blasts"),
        "anc": Quantity.parse(anc, "10*9/L", "anc"),
        "platelets": Quantity.parse(platelets, "10*9/L", "platelets"),
        "investigator_response": said,
        "response_reason": "Seen by the investigator." if said else "",
    }
    enter(subject, cast.coordinator, "BM", visit="EOC2", performed_on=END_OF_CYCLE_2, **values)
    with acting(user=cast.coordinator):
        bring_up_to_date(Subject.objects.filter(pk=subject.pk))
    return subject


standing_ven = standing(assessed)


@pytest.fixture
def ven(standing_ven: Standing, db: None) -> tuple[Cast, dict[Case, Subject]]:
    found: tuple[Cast, dict[Case, Subject]] = standing_ven.value()
    return found


def results(cast: Cast, subject: Subject) -> dict[str, EndpointResult]:
    with acting(user=cast.coordinator):
        return {one.endpoint: one for one in EndpointResult.objects.filter(subject=subject)}


def test_the_registration_counts_without_recovery_and_the_sensitivity_by_counts(
    ven: tuple[Cast, dict[Case, Subject]],
) -> None:
    cast, subjects = ven
    for cases, literally, by_counts in ((ALWAYS, 1, 1), (LITERALLY, 1, 0), (NEVER, 0, 0)):
        for case in cases:
            found = results(cast, subjects[case])
            reached = [found[key].cause for key in ("CR_CRI", "CR_CRI-response_by_counts")]
            assert reached == [literally, by_counts], case
            failed = [found[key].event_type for key in ("EFS", "EFS-response_by_counts")]
            assert failed == ["" if one else "treatment_failure" for one in (literally, by_counts)], case
            if not by_counts:
                assert found["EFS-response_by_counts"].ended_on == END_OF_CYCLE_2, case


def test_other_analyses_and_endpoints_stay(ven: tuple[Cast, dict[Case, Subject]]) -> None:
    cast, subjects = ven
    found = results(cast, subjects[LITERALLY[0]])
    assert found["EFS-censored_at_hsct"].event_type == ""
    turned = {key for key in found if key.endswith("response_by_counts")}
    assert turned == {"CR_CRI-response_by_counts", "EFS-response_by_counts"}


def test_it_stands_beside_the_number_and_in_the_paragraph(
    client: Client, ven: tuple[Cast, dict[Case, Subject]]
) -> None:
    cast, subjects = ven
    text = read(client, cast.statistician, "/dashboards/BLINA-VEN/endpoints/CR_CRI/")
    told = text.split("Response by counts: without recovery MLFS, no CRi")[1].split("</tr>")[0]
    assert f">{len(CASES)}<" in told
    assert f">{len(ALWAYS)}<" in told
    client.force_login(cast.statistician)
    figures = client.get("/dashboards/BLINA-VEN/endpoints/CR_CRI-response_by_counts/?json").json()
    assert figures["groups"][0]["events"] == len(ALWAYS)
    paragraph = read(client, cast.coordinator, f"/subjects/{subjects[LITERALLY[0]].pk}/outcomes/")
    own = paragraph.split('id="CR_CRI"')[1].split("</tr>")[0]
    assert (
        "Read by counts (blasts below 5 % without recovery of the counts are MLFS, and count as no CRi):"
        " not reached. Assessed; CR or CRi not reached." in own
    )
    assert "1 sensitivity analysis comes out otherwise" in own
