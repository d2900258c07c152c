"""The register of deviations: drafted once by a rule, decided by a person, seen by those who may."""

import itertools
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from tests.cast import Cast
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import work_of
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.facts import ItemAddress
from trialsite.deviations.models import Deviation, DeviationDecision
from trialsite.deviations.services import decide_deviation, draft_deviation, report_deviation
from trialsite.deviations.states import DEVIATION_STEPS, DeviationState

DAY = date(2026, 1, 6)
ACTIONS = sorted({step.action for step in DEVIATION_STEPS if step.source})


def drafted(cast: Cast, subject: Subject, **told) -> Deviation:
    told = {"kind": "consent", "rule": "before-consent", "evidence": lambda: gettext("Consent")} | told
    with acting(user=cast.coordinator):
        return draft_deviation(subject=subject, occurred_on=DAY, by=cast.coordinator, **told)


def decided(by: User, deviation: Deviation, action: str, **said: str) -> Deviation:
    with acting(user=by):
        return decide_deviation(deviation_id=deviation.pk, action=action, by=by, **said)


def test_a_rule_drafts_once_for_each_source_and_in_both_languages(cast: Cast, subject: Subject) -> None:
    first = drafted(cast, subject)
    assert drafted(cast, subject) == first
    other = drafted(cast, subject, sources=[ItemAddress("enrollment_consent", "1", "signed")])
    assert other != first
    assert first.evidence_en == "Consent"
    with translation.override("zh-hans"):
        assert first.evidence == first.evidence_zh != "Consent"


def test_a_rejected_draft_is_not_drafted_again(cast: Cast, subject: Subject) -> None:
    decided(cast.monitor, drafted(cast, subject), "reject", reason="The form was dated wrongly.")
    assert drafted(cast, subject).state == DeviationState.REJECTED


def in_state(cast: Cast, subject: Subject, state: str) -> Deviation:
    deviation = drafted(cast, subject)
    step = {"accepted": "accept", "rejected": "reject", "reclassed": "reclass"}.get(state)
    return decided(cast.monitor, deviation, step, reason="because", weight="major") if step else deviation


@pytest.mark.parametrize(("state", "action"), list(itertools.product(DeviationState.values, ACTIONS)))
def test_a_deviation_takes_exactly_the_steps_of_the_table(
    cast: Cast, subject: Subject, state: str, action: str
) -> None:
    deviation = in_state(cast, subject, state)
    weight = "critical" if deviation.weight == "major" else "major"
    targets = {(one.source, one.action): one.target for one in DEVIATION_STEPS}
    if (state, action) in targets:
        moved = decided(cast.data_manager, deviation, action, reason="because", weight=weight)
        assert moved.state == targets[state, action]
        assert moved.weight == (weight if action == "reclass" else deviation.weight)
        assert moved.drafted_weight == "minor"
    else:
        with pytest.raises(Refused, match="not possible"):
            decided(cast.data_manager, deviation, action, reason="because", weight=weight)


def test_every_step_is_kept_with_who_class_and_why(cast: Cast, subject: Subject) -> None:
    deviation = drafted(cast, subject)
    decided(cast.monitor, deviation, "reclass", weight="critical", reason="It touched the subject's rights.")
    with acting(user=cast.inspector):
        said = DeviationDecision.objects.filter(deviation=deviation).values_list(
            "action", "weight", "reason", "decided_by__username"
        )
        assert list(said) == [
            ("draft", "minor", "", "coordinator"),
            ("reclass", "critical", "It touched the subject's rights.", "monitor"),
        ]
        tables = set(Trail.objects.filter(subject_id=subject.pk).values_list("table_name", flat=True))
    assert {"deviations_deviation", "deviations_deviationdecision"} <= tables


@pytest.mark.parametrize(
    ("action", "said", "items"),
    [
        ("reject", {}, {"reason"}),
        ("reclass", {"weight": "major"}, {"reason"}),
        ("reclass", {"weight": "minor", "reason": "so"}, {"weight"}),
        ("reclass", {"weight": "", "reason": "so"}, {"weight"}),
    ],
)
def test_a_step_says_what_it_needs(
    cast: Cast, subject: Subject, action: str, said: dict[str, str], items: set[str]
) -> None:
    deviation = drafted(cast, subject)
    with pytest.raises(CheckFailed) as refused:
        decided(cast.monitor, deviation, action, **said)
    assert set(refused.value.messages) == items


def test_the_site_does_not_decide_on_its_own_deviations(cast: Cast, subject: Subject) -> None:
    deviation = drafted(cast, subject)
    for by in (cast.coordinator, cast.investigator):
        with pytest.raises(PermissionDenied):
            decided(by, deviation, "accept")


def test_a_person_reports_about_a_site(cast: Cast) -> None:
    with acting(user=cast.monitor):
        told = {
            "kind": "other",
            "weight": "major",
            "evidence": "The refrigerator failed.",
            "occurred_on": DAY,
        }
        report_deviation(study=cast.study, site=cast.here, **told, by=cast.monitor)
    with acting(user=cast.data_manager):
        (line,) = [one for one in work_of(cast.data_manager).lines if one.kind == "deviation"]
        assert (line.subject_id, line.site_key) == (None, cast.here.key)
    with acting(user=cast.stranger):
        assert not Deviation.objects.exists()


def test_what_a_report_lacks_stands_at_its_fields_and_what_was_typed_stays(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    url = reverse("subject-deviations-report", args=[subject.pk])
    answer = desk.post(url, {"evidence": "Missed the visit", "occurred_on": "2026-13-01"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Missed the visit" in page
    assert "Write the date as year, month, day" in page
    answer = desk.post(url, {"evidence": "Missed the visit", "occurred_on": "2026-01-06"})
    assert "Say its class." in answer.content.decode()


def test_the_way_from_report_to_decision_on_the_pages(client: Client, cast: Cast, subject: Subject) -> None:
    client.force_login(cast.coordinator)
    told = {"kind": "visit", "weight": "minor", "evidence": "Came late.", "occurred_on": "2026-01-06"}
    client.post(reverse("subject-deviations-report", args=[subject.pk]), told)
    assert "Came late." in client.get(reverse("subject-deviations", args=[subject.pk])).content.decode()
    client.force_login(cast.data_manager)
    register = client.get(reverse("deviations", args=[cast.study.key])).content.decode()
    assert "Came late." in register
    with acting(user=cast.data_manager):
        deviation = Deviation.objects.get()
    url = reverse("deviation-step", args=[deviation.pk, "reject"])
    refused = client.post(url, {"reason": ""})
    assert refused.status_code == 422
    assert "Say why" in refused.content.decode()
    client.post(url, {"reason": "Within the window."})
    page = client.get(reverse("deviation", args=[deviation.pk])).content.decode()
    assert "Rejected" in page
    assert "Within the window." in page


def test_the_page_leads_to_the_form_that_it_rests_on(client: Client, cast: Cast, subject: Subject) -> None:
    slot = Slot(subject.pk, "SCR", "VS")
    with acting(user=cast.coordinator):
        record = submit_form(slot=slot, values={"performed_on": DAY}, by=cast.coordinator)
    deviation = drafted(cast, subject, sources=[record.address("weight")])
    client.force_login(cast.monitor)
    assert slot.url() in client.get(reverse("deviation", args=[deviation.pk])).content.decode()


def test_another_sites_staff_get_404(client: Client, cast: Cast, subject: Subject) -> None:
    deviation = drafted(cast, subject)
    client.force_login(cast.stranger)
    assert client.get(reverse("deviation", args=[deviation.pk])).status_code == 404
    assert client.post(reverse("deviation-step", args=[deviation.pk, "accept"])).status_code == 404


def test_the_register_comes_by_the_api_with_its_decisions(
    client: Client, cast: Cast, subject: Subject
) -> None:
    decided(cast.monitor, drafted(cast, subject), "accept")
    client.force_login(cast.statistician)
    (row,) = client.get("/api/v1/deviations/", {"state": "accepted"}).json()["results"]
    assert (row["subject_number"], row["rule"], row["weight"]) == (subject.number, "before-consent", "minor")
    assert [one["action"] for one in row["decisions"]] == ["draft", "accept"]
    client.force_login(cast.stranger)
    assert client.get("/api/v1/deviations/").json()["results"] == []


def test_the_register_asks_the_same_number_of_times_for_many(
    client: Client, cast: Cast, subject: Subject
) -> None:
    client.force_login(cast.monitor)

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(reverse("deviations", args=[cast.study.key])).status_code == 200
        return len(found)

    drafted(cast, subject)
    asked()
    few = asked()
    for number in range(5):
        drafted(cast, subject, rule=f"rule-{number}")
    assert asked() == few


def test_the_trail_names_the_rule_in_words(client: Client, cast: Cast, subject: Subject) -> None:
    drafted(cast, subject, rule="VISIT_WINDOW")
    client.force_login(cast.data_manager)
    page = client.get(reverse("subject-trail", args=[subject.pk])).content.decode()
    assert Deviation(rule="VISIT_WINDOW").rule_name in page
    assert "VISIT_WINDOW" not in page
