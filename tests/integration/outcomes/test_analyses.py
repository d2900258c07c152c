"""Sensitivity analyses and the paragraph of an endpoint, on the pages of study and subject."""

from datetime import timedelta

from django.test import Client

from outcomes.models import EndpointResult
from tests.cast import Cast
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.clinical.partial_date import PartialDate
from trialsite.deviations.models import Deviation
from trialsite.deviations.states import DeviationState, Weight

from .test_dashboards import page
from .worked_example import enter

RFS = "/dashboards/VIP-BLINA-HSCT/endpoints/RFS/"


def result(subject: Subject, endpoint: str) -> EndpointResult:
    return EndpointResult.objects.get(subject=subject, endpoint=endpoint)


def deviate(cast: Cast, subject: Subject, weight: Weight, state: DeviationState) -> None:
    Deviation.objects.create(
        study=cast.study,
        site=subject.site,
        subject=subject,
        kind="treatment",
        drafted_weight=weight,
        weight=weight,
        evidence_en="A dose was left out.",
        evidence_zh="漏用一次。",
        occurred_on=subject.screened_on + timedelta(days=40),
        state=state,
        drafted_by=cast.monitor,
    )


def test_an_endpoint_stands_beside_its_sensitivity_analyses(
    client: Client, hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    text = page(client, hsct_cast.monitor, RFS)
    for analysis in hsct_cast.version.protocol.endpoint_of("RFS").analyses:
        assert f"endpoints/{analysis.key}/" in text
    assert "As the protocol defines it" in text
    own = page(client, hsct_cast.monitor, f"{RFS[:-1]}-per_protocol/")
    assert "Relapse-free survival after transplantation: without major deviation" in own
    assert "This page shows one of them." in own
    page(client, hsct_cast.monitor, f"{RFS[:-1]}-censored_by_nobody/", 404)


def test_an_accepted_major_deviation_leaves_the_per_protocol_analysis(
    hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    one, two, three = (derived[name] for name in ("P01", "P02", "P03"))
    with acting(user=hsct_cast.monitor):
        deviate(hsct_cast, one, Weight.MAJOR, DeviationState.ACCEPTED)
        deviate(hsct_cast, two, Weight.MINOR, DeviationState.ACCEPTED)
        deviate(hsct_cast, three, Weight.CRITICAL, DeviationState.DRAFT)
        bring_up_to_date(Subject.objects.all())
        assert result(one, "RFS-per_protocol").in_set is False
        assert result(one, "RFS-per_protocol").reason == "Has a major deviation"
        assert result(one, "RFS").in_set is True
        assert result(two, "RFS-per_protocol").in_set is True
        assert result(three, "RFS-per_protocol").in_set is True


def test_an_endpoint_of_a_subject_is_told_in_a_paragraph(
    client: Client, hsct_cast: Cast, derived: dict[str, Subject]
) -> None:
    subject = derived["P01"]
    with acting(user=hsct_cast.monitor):
        found = result(subject, "RFS")
    text = page(client, hsct_cast.monitor, f"/subjects/{subject.pk}/outcomes/")
    assert (
        "The subject is counted (set: transplanted). Time runs from transplantation (day 0), "
        f"{found.origin:%Y-%m-%d}. Relapse on {found.ended_on:%Y-%m-%d}. That is day 186, 6.1 months." in text
    )
    nrm = text.split('id="NRM"')[1].split("</tr>")[0]
    assert "It competes: after it, what this endpoint counts cannot happen or is not counted." in nrm
    client.cookies["django_language"] = "zh-hans"
    text = page(client, hsct_cast.monitor, f"/subjects/{subject.pk}/outcomes/")
    assert "该受试者计入（分析集：已移植）。" in text


def test_a_second_malignancy_ends_no_endpoint(hsct_cast: Cast, derived: dict[str, Subject]) -> None:
    subject = derived["P03"]
    with acting(user=hsct_cast.monitor):
        before = result(subject, "RFS")
    on = before.origin + timedelta(days=200)
    values = {"diagnosed_on": PartialDate.of(on), "malignancy_kind": "MYELOID", "malignancy_text": "MDS"}
    enter(subject, hsct_cast.coordinator, "SPM", performed_on=on, **values)
    with acting(user=hsct_cast.monitor):
        bring_up_to_date(Subject.objects.all())
        after = result(subject, "RFS")
    assert (after.status, after.ended_on) == (before.status, before.ended_on)
