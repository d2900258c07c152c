"""What an investigator decides to follow a phase: beside the proposal, with its evidence, and what deviates from it."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from tests.cast import Cast, make_cast
from treatment.anchors import phase_start
from treatment.exposures import exposures
from treatment.models import PhaseDecision
from treatment.plan.decisions import decide_next_phase
from treatment.plan.page import path_lines
from treatment.plan.paths import standing_of
from trialsite.audit import acting
from trialsite.casebook.errors import Asked, CheckFailed, Refused
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.selectors import work_of
from trialsite.casebook.services import change_state, next_repeat, submit_form
from trialsite.casebook.slots import Slot
from trialsite.deviations.models import Deviation

from .subjects import DAY1, enrolled, log, size, start

LATER = DAY1 + timedelta(days=7)


def decide(cast: Cast, subject: Subject, phase: str = "IND_BLINA", who: str = "investigator", **more: Any):
    by = cast.people()[who]
    given: dict[str, Any] = {"kind": "PHASE", "chosen_phase": phase, "decided_on": LATER} | more
    with acting(user=by):
        return decide_next_phase(subject_id=subject.pk, by=by, **given)


def asks(cast: Cast, subject: Subject, phase: str, on: date, **more: Any) -> dict[str, str]:
    """What the soft checks ask when a phase is started."""
    values = {
        "phase": phase,
        "performed_on": on,
        "height": size("170", "height"),
        "weight": size("70", "weight"),
    }
    with acting(user=cast.coordinator):
        slot = Slot(subject.pk, LOG, "CYC", 1, next_repeat(subject=subject, form_key="CYC"))
        try:
            submit_form(slot=slot, values=values | more, by=cast.coordinator, ask_about_soft=True)
        except Asked as asked:
            return {fired.check.key: fired.message for fired in asked.fired}
    return {}


def drafts(subject: Subject) -> list[tuple[str, str]]:
    with acting(role="system"):
        return list(Deviation.objects.filter(subject=subject).values_list("rule", "weight"))


@pytest.fixture
def subject(cast: Cast) -> Subject:
    """In the chemotherapy of induction: blinatumomab is proposed."""
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO")
    return subject


def test_a_decision_is_kept_with_the_proposal_and_its_evidence(cast: Cast, subject: Subject) -> None:
    found = decide(cast, subject)
    assert (found.phase, found.proposed_kind, found.proposed_phase) == ("IND_CHEMO", "CLEAR", "IND_BLINA")
    assert found.agrees
    assert found.proposal_en == "Blinatumomab from day 8"
    assert [one["truth"] for one in found.evidence] == ["FALSE", "TRUE"]
    (fact,) = found.evidence[1]["evidence"]
    assert (fact["fact"], fact["value"], fact["truth"]) == ("relapsed", False, "TRUE")
    with acting(user=cast.coordinator):
        standing = standing_of(subject)
    assert standing.decision == found
    assert standing.next_phase == "IND_BLINA"


def test_another_phase_than_proposed_needs_a_reason(cast: Cast, subject: Subject) -> None:
    with pytest.raises(CheckFailed) as refusal:
        decide(cast, subject, "IND_EXT")
    assert list(refusal.value.messages) == ["reason"]
    found = decide(cast, subject, "IND_EXT", reason="Pump not available before day 15")
    assert not found.agrees


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": ""}, "choice"),
        ({"chosen_phase": "NONE"}, "choice"),
        ({"kind": "OTHER", "chosen_phase": "", "reason": "Wish"}, "other_words"),
        ({"decided_on": None}, "decided_on"),
        ({"decided_on": date(2126, 1, 1)}, "decided_on"),
        ({"decided_on": DAY1 - timedelta(days=1)}, "decided_on"),
        ({"kind": "OFF_TREATMENT", "chosen_phase": ""}, "reason"),
        ({"chosen_phase": "HSCT", "reason": "Donor ready"}, "indication"),
        ({"chosen_phase": "HSCT", "indication": "OTHER_INVESTIGATOR"}, "reason"),
    ],
)
def test_what_is_incomplete_is_said_at_its_field(
    cast: Cast, subject: Subject, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(CheckFailed) as refusal:
        decide(
            cast,
            subject,
            **({"phase": given.pop("chosen_phase")} if "chosen_phase" in given else {}),
            **given,
        )
    assert field in refusal.value.messages


def test_a_transplantation_names_its_indication(cast: Cast, subject: Subject) -> None:
    found = decide(
        cast, subject, "HSCT", indication="OTHER_INVESTIGATOR", reason="Hypodiploid karyotype, donor ready"
    )
    assert (found.indication, found.get_indication_display()) == (
        "OTHER_INVESTIGATOR",
        "Another reason of the investigator",
    )


@pytest.mark.parametrize("who", ["coordinator", "monitor", "data_manager"])
def test_only_an_investigator_decides(cast: Cast, subject: Subject, who: str) -> None:
    with pytest.raises(PermissionDenied):
        decide(cast, subject, who=who)


def test_a_newer_decision_takes_the_place_of_the_older(cast: Cast, subject: Subject) -> None:
    decide(cast, subject)
    newer = decide(cast, subject, kind="OFF_TREATMENT", phase="", reason="Wish of the subject")
    with acting(user=cast.coordinator):
        assert standing_of(subject).decision == newer
        assert PhaseDecision.objects.filter(subject=subject).count() == 2


def test_a_decision_holds_for_one_start_of_a_phase_and_comes_back_with_it(
    cast: Cast, subject: Subject
) -> None:
    decision = decide(cast, subject)
    begun = start(cast, subject, "IND_BLINA", LATER)
    with acting(user=cast.coordinator):
        assert standing_of(subject).decision is None
        change_state(record=begun, action="void", by=cast.coordinator, reason="Entered for another subject")
        assert standing_of(subject).decision == decision


def test_nothing_is_decided_before_enrolment_or_after_the_end(cast: Cast, subject: Subject) -> None:
    log(cast, subject, "EOT", {"performed_on": LATER, "reason": "SUBJECT"})
    with pytest.raises(Refused):
        decide(cast, subject)


def test_a_phase_that_nobody_decided_is_asked_about(cast: Cast, subject: Subject) -> None:
    assert asks(cast, subject, "IND_BLINA", LATER) == {
        "phase-was-decided": "No investigator has decided what follows Induction: reduced-dose chemotherapy."
    }
    decide(cast, subject)
    assert asks(cast, subject, "IND_EXT", LATER) == {
        "phase-was-decided": f"The investigator decided otherwise on {LATER}: Induction: blinatumomab."
    }
    assert asks(cast, subject, "IND_BLINA", LATER) == {}
    assert drafts(subject) == []


def test_the_first_phase_needs_no_decision(cast: Cast) -> None:
    subject = enrolled(cast)
    assert asks(cast, subject, "IND_CHEMO", DAY1) == {}
    assert drafts(subject) == []


def test_maintenance_can_be_recorded_and_drafts_a_deviation(cast: Cast, subject: Subject) -> None:
    said = "Not given in this trial: starting maintenance is a protocol deviation"
    assert asks(cast, subject, "MAINTENANCE", LATER) == {"phase-was-decided": said}
    start(cast, subject, "MAINTENANCE", LATER)
    assert drafts(subject) == [("phase.forbidden", "major")]
    with acting(user=cast.coordinator):
        standing = standing_of(subject)
        (draft,) = Deviation.objects.filter(subject=subject)
    assert standing.following.phase == "IND_BLINA"  # read from the phase before it
    assert [step.phase.key for step in standing.steps][2:4] == ["MAINTENANCE", "IND_BLINA"]
    assert draft.evidence_en == f"Maintenance was started on {LATER}. {said}."
    assert "维持治疗" in draft.evidence_zh


def test_a_phase_against_the_decision_or_out_of_turn_drafts_a_deviation(cast: Cast, subject: Subject) -> None:
    decide(cast, subject)
    start(cast, subject, "IND_EXT", LATER)
    assert drafts(subject) == [("phase.against_decision", "minor")]
    start(cast, subject, "CAR_T", LATER + timedelta(days=14))
    assert drafts(subject)[1:] == [("phase.not_next", "minor")]


def test_a_phase_that_may_follow_drafts_nothing(cast: Cast, subject: Subject) -> None:
    start(cast, subject, "IND_BLINA", LATER)
    start(cast, subject, "IND_EXT", LATER + timedelta(days=14))
    start(cast, subject, "CONS1_HCVAD_A", LATER + timedelta(days=30))
    assert drafts(subject) == []


def graft(cast: Cast, subject: Subject, on: date = LATER, **more: Any) -> Any:
    return log(cast, subject, "HSCT", {"performed_on": on, "donor": "MSD"} | more)


def infusion(cast: Cast, subject: Subject, on: date, **more: Any) -> Any:
    return log(cast, subject, "CAR", {"performed_on": on, "step": "INFUSION"} | more)


def test_a_graft_against_the_decision_drafts_a_deviation_by_its_own_form(
    cast: Cast, subject: Subject
) -> None:
    decide(cast, subject)
    record = graft(cast, subject, conditioning_on=LATER - timedelta(days=7))
    assert drafts(subject) == [("phase.against_decision", "minor")]
    with acting(user=cast.coordinator):
        (draft,) = Deviation.objects.filter(subject=subject)
    assert draft.occurred_on == LATER - timedelta(days=7)  # conditioning begins the phase
    assert [one.row_id for one in draft.addresses] == [str(record.pk)]
    assert "移植" in draft.evidence_zh
    assert str(draft.rule_name) == "another phase than decided"


def test_cells_out_of_turn_draft_a_deviation_once_whoever_tells_of_them_first(
    cast: Cast, subject: Subject
) -> None:
    infusion(cast, subject, LATER)
    assert drafts(subject) == [("phase.not_next", "minor")]
    start(cast, subject, "CAR_T", LATER)  # the start that was told already
    assert drafts(subject) == [("phase.not_next", "minor")]


WHY = {"indication": "KMT2A_R", "reason": "donor ready"}
AGAINST = {"reason": "persistent MRD"}


def test_a_second_graft_is_judged_by_its_own_form(cast: Cast, subject: Subject) -> None:
    decide(cast, subject, "HSCT", **WHY)
    graft(cast, subject)
    assert drafts(subject) == []
    second = graft(cast, subject, LATER + timedelta(days=90))
    assert drafts(subject) == [("phase.not_next", "minor")]
    with acting(user=cast.coordinator):
        (draft,) = Deviation.objects.filter(subject=subject)
    assert [one.row_id for one in draft.addresses] == [str(second.pk)]


def test_a_second_infusion_of_cells_is_judged_beside_an_entered_start(cast: Cast, subject: Subject) -> None:
    decide(cast, subject, "CAR_T", **AGAINST)
    start(cast, subject, "CAR_T", LATER)
    infusion(cast, subject, LATER + timedelta(days=6), lymphodepletion_on=LATER)
    infusion(cast, subject, LATER + timedelta(days=7), lymphodepletion_on=LATER)  # in two parts
    assert drafts(subject) == []
    infusion(cast, subject, LATER + timedelta(days=60))
    assert drafts(subject) == [("phase.not_next", "minor")]


def asked_of(cast: Cast, subject: Subject, form: str, values: dict[str, Any]) -> dict[str, str]:
    """What saving a form asks about first, by check."""
    with acting(user=cast.coordinator):
        slot = Slot(subject.pk, LOG, form, 1, next_repeat(subject=subject, form_key=form))
        try:
            submit_form(slot=slot, values=values, by=cast.coordinator, ask_about_soft=True)
        except Asked as asked:
            return {one.check.key: one.message for one in asked.fired}
    return {}


@pytest.mark.parametrize(
    ("form", "values"),
    [("HSCT", {"performed_on": LATER}), ("CAR", {"performed_on": LATER, "step": "INFUSION"})],
)
def test_a_graft_or_cells_that_nobody_decided_are_asked_about(
    cast: Cast, subject: Subject, form: str, values: dict[str, Any]
) -> None:
    said = asked_of(cast, subject, form, values)
    assert "No investigator has decided what follows" in said["phase-was-decided"]
    decide(cast, subject, **{"phase": "HSCT", **WHY} if form == "HSCT" else {"phase": "CAR_T", **AGAINST})
    assert "phase-was-decided" not in asked_of(cast, subject, form, values)


def test_cells_are_asked_about_at_their_infusion_and_not_where_a_start_is_entered(
    cast: Cast, subject: Subject
) -> None:
    assert asked_of(cast, subject, "CAR", {"performed_on": LATER, "step": "APHERESIS"}) == {}
    start(cast, subject, "CAR_T", LATER)
    infused = {"performed_on": LATER + timedelta(days=6), "step": "INFUSION"}
    assert asked_of(cast, subject, "CAR", infused) == {}


def test_a_start_that_was_entered_first_is_not_judged_again_by_its_graft(
    cast: Cast, subject: Subject
) -> None:
    start(cast, subject, "HSCT", LATER)
    assert drafts(subject) == [("phase.not_next", "minor")]
    graft(cast, subject, LATER + timedelta(days=7))
    assert drafts(subject) == [("phase.not_next", "minor")]


def test_a_graft_that_was_decided_and_an_apheresis_draft_nothing(cast: Cast, subject: Subject) -> None:
    decide(cast, subject, kind="PHASE", chosen_phase="HSCT", indication="KMT2A_R", reason="donor ready")
    log(cast, subject, "CAR", {"performed_on": DAY1, "step": "APHERESIS"})
    graft(cast, subject)
    assert drafts(subject) == []


@pytest.mark.parametrize(("ended", "found"), [(False, [("phase.forbidden", "minor")]), (True, [])])
def test_cells_that_the_protocol_does_not_have_are_drafted_until_treatment_ends(
    db: None, ended: bool, found: list[tuple[str, str]]
) -> None:
    cast = make_cast("VIP-BLINA-HSCT")
    subject = enrolled(cast)
    start(cast, subject, "IND_VIP")
    if ended:
        log(cast, subject, "EOT", {"performed_on": LATER, "reason": "RELAPSE"})
    infusion(cast, subject, LATER)
    assert drafts(subject) == found


def test_a_visit_after_a_phase_is_planned_from_the_form_that_tells_of_it(
    cast: Cast, subject: Subject
) -> None:
    infusion(cast, subject, LATER, lymphodepletion_on=LATER - timedelta(days=5))
    with acting(user=cast.coordinator):
        assert phase_start([subject.pk], "CAR_T") == {subject.pk: LATER - timedelta(days=5)}
        assert phase_start([subject.pk], "HSCT") == {}


@pytest.mark.parametrize(("days", "reason", "asked"), [(9, "", False), (10, "", True), (10, "COUNTS", False)])
def test_a_late_start_is_asked_for_its_reason(
    cast: Cast, subject: Subject, days: int, reason: str, asked: bool
) -> None:
    decide(cast, subject)
    found = asks(cast, subject, "IND_BLINA", DAY1 + timedelta(days=days), delay_reason=reason)
    assert ("late-start-has-a-reason" in found) is asked


@pytest.mark.parametrize(
    ("days", "ended", "said"),
    [
        (7, 6, ""),
        (5, 4, ""),
        (4, 3, "Planned for 2026-01-19, 3 days later."),
        (5, None, ""),
        (4, None, "Planned for 2026-01-19, 3 days later; the last day of "),
    ],
)
def test_an_early_start_is_asked_about_with_the_phase_before_that_has_no_last_day(
    cast: Cast, days: int, ended: int | None, said: str
) -> None:
    subject = enrolled(cast)
    more = {} if ended is None else {"ended_on": DAY1 + timedelta(days=ended), "end_reason": "COMPLETED"}
    start(cast, subject, "IND_CHEMO", **more)
    found = asks(cast, subject, "IND_BLINA", DAY1 + timedelta(days=days))
    words = found.get("early-start-is-meant", "")
    assert words.startswith(said) if said else words == ""


@pytest.mark.parametrize(("days", "asked"), [(20, True), (21, False)])
def test_conditioning_waits_for_the_days_after_blinatumomab(db: None, days: int, asked: bool) -> None:
    cast = make_cast("BLINA-INTENS")
    subject = enrolled(cast, arm="A")
    start(cast, subject, "BLINA", ended_on=DAY1 + timedelta(days=14), end_reason="COMPLETED")
    found = asks(cast, subject, "HSCT", DAY1 + timedelta(days=days))
    assert ("late-start-has-a-reason" in found) is asked


def test_a_delay_is_said_and_moves_what_has_not_begun(cast: Cast, subject: Subject) -> None:
    start(cast, subject, "IND_BLINA", DAY1 + timedelta(days=12), delay_reason="INFECTION")
    with acting(user=cast.coordinator):
        lines = {one.step.phase.key: one for one in path_lines(subject, standing_of(subject))}
    begun = lines["IND_BLINA"]
    assert begun.planned is not None
    assert (begun.planned.on, begun.planned.late) == (LATER, 5)
    assert begun.delay_reason == "Infection"
    to_come = lines["CONS1_HCVAD_A"]
    assert to_come.planned is not None
    assert to_come.planned.on == DAY1 + timedelta(days=26)
    assert to_come.regimen is not None


def test_the_inbox_asks_the_investigator_and_then_the_coordinator(cast: Cast, subject: Subject) -> None:
    def kinds(who: str) -> list[tuple[str, str]]:
        user = cast.people()[who]
        with acting(user=user):
            return [
                (one.kind, str(one.detail)) for one in work_of(user).lines if one.subject_id == subject.pk
            ]

    proposed = ("decide", "proposed: Induction: blinatumomab")
    assert proposed in kinds("investigator")
    assert not {"decide", "phase"} & {kind for kind, _detail in kinds("coordinator")}
    decide(cast, subject)
    assert proposed not in kinds("investigator")
    assert ("phase", "Induction: blinatumomab") in kinds("coordinator")
    decide(cast, subject, kind="OFF_TREATMENT", phase="", reason="Wish of the subject")
    assert "treatment-end" in {kind for kind, _detail in kinds("coordinator")}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Decide what follows", "proposed", "Relapse</span> no", "not in this protocol")),
        ("zh-hans", ("决定后续治疗", "方案建议", "复发</span> 否", "本方案不含")),
    ],
)
def test_the_page_shows_evidence_and_form_to_the_investigator(
    cast: Cast, subject: Subject, client: Client, language: str, words: tuple[str, ...]
) -> None:
    client.force_login(cast.investigator)
    client.cookies["django_language"] = language
    page = client.get(f"/subjects/{subject.pk}/treatment/").content.decode()
    for text in words:
        assert text in page


def test_the_coordinator_sees_what_was_decided_and_no_form(
    cast: Cast, subject: Subject, client: Client
) -> None:
    decide(cast, subject)
    client.force_login(cast.coordinator)
    page = client.get(f"/subjects/{subject.pk}/treatment/").content.decode()
    assert "Investigator" in page
    assert "Decide anew" not in page
    assert "Start this phase" in page


def test_the_decided_phase_stands_first_and_is_the_next_of_the_path(
    cast: Cast, subject: Subject, client: Client
) -> None:
    decide(cast, subject, "IND_EXT", reason="Pump not available")
    with acting(user=cast.coordinator):
        states = {one.phase.key: one.state.value for one in standing_of(subject).steps}
    assert (states["IND_EXT"], states["IND_BLINA"]) == ("next", "not_started")
    client.force_login(cast.coordinator)
    page = client.get(f"/subjects/{subject.pk}/treatment/").content.decode()
    assert "<strong>Induction: blinatumomab</strong>" not in page
    assert page.index("(not as proposed)") < page.index("The protocol proposes")


def test_a_refused_decision_stands_again_with_what_was_typed(
    cast: Cast, subject: Subject, client: Client
) -> None:
    client.force_login(cast.investigator)
    typed = {"choice": "OTHER", "decided_on": "tomorrow", "reason": "Wish of the family"}
    answer = client.post(f"/subjects/{subject.pk}/treatment/decide/", typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    for text in (
        "Say which treatment it is.",
        "Enter the day of the decision as YYYY-MM-DD.",
        "Wish of the family",
        "tomorrow",
    ):
        assert text in page
    typed = {"choice": "PHASE:IND_BLINA", "decided_on": LATER.isoformat()}
    answer = client.post(f"/subjects/{subject.pk}/treatment/decide/", typed, follow=True)
    assert "Decided: Induction: blinatumomab." in answer.content.decode()


def test_decisions_stand_in_the_api_for_their_site_alone(
    cast: Cast, subject: Subject, client: Client
) -> None:
    decide(cast, subject)
    client.force_login(cast.monitor)
    (row,) = client.get("/api/v1/phase-decisions/").json()["results"]
    assert (row["chosen_phase"], row["agrees"], row["decided_by"]) == ("IND_BLINA", True, "investigator")
    assert row["evidence"].endswith("Blinatumomab from day 8: TRUE (relapsed = False)")
    client.force_login(cast.stranger)
    assert client.get("/api/v1/phase-decisions/").json()["results"] == []


def test_before_any_phase_nothing_was_given(cast: Cast) -> None:
    subject = enrolled(cast)
    with acting(user=cast.coordinator):
        assert exposures([subject.pk]) == {subject.pk: []}
