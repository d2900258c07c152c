"""The paths of the four trials walked on the screens to their end, in every branch.

Screening is walked elsewhere: each subject begins enrolled, those of later branches with the phases before on record.
"""

from collections.abc import Callable

import pytest

from .clock import Clock
from .conftest import Desks, cast_with_passwords
from .paths import LAST_DAY, LOW, NEGATIVE, POSITIVE, Walk, enrolled_on_day_0

Walks = Callable[..., Walk]


@pytest.fixture
def walks(live_site: str, clock: Clock, at_desk: Desks) -> Callable[[str], Walks]:
    """Opens a trial; then each call gives another subject of it, at the same two desks."""

    def open_trial(key: str) -> Walks:
        cast = cast_with_passwords(key)
        clock.turn_to(LAST_DAY)
        coordinator, investigator = at_desk("coordinator"), at_desk("investigator")

        def subject(arm: str = "") -> Walk:
            return Walk(cast, clock, coordinator, investigator, enrolled_on_day_0(cast, clock, arm))

        return subject

    return open_trial


def test_blina_full(walks: Callable[[str], Walks]) -> None:
    subject = walks("BLINA-FULL")
    extension_waits_for_recovery_then_consolidation(subject())
    no_remission_after_the_extension(subject())
    relapse_in_consolidation(subject())
    mrd_persistent_to_transplantation(subject())
    mrd_recurrence_to_transplantation(subject())
    genetics_pending_then_transplantation(subject())
    all_blocks_then_cells_then_forbidden_maintenance(subject())


def all_blocks_then_cells_then_forbidden_maintenance(walk: Walk) -> None:
    walk.known("DX", kmt2a_r=False, tp53_mut=False)
    walk.started(0)
    walk.proposes("Blinatumomab from day 8")
    walk.decides(6)
    walk.started(7)
    walk.proposes("Not decided yet. Missing:", "not recorded")
    walk.remission(22)
    walk.proposes("Remission: consolidation")
    walk.decides(23)
    walk.started(24)
    for last, block in (
        (45, "blinatumomab"),
        (73, "Hyper-CVAD B"),
        (94, "blinatumomab"),
        (122, "CAR-T cells"),
    ):
        walk.proposes(f"In remission: continue with {block}")
        walk.decides(last - 1)
        walk.started(last)
    walk.proposes("After CAR-T or transplantation; starting maintenance is a protocol deviation")
    walk.decides(160)
    assert walk.deviations() == []
    walk.starts(165, "Maintenance (not in this protocol)")
    walk.coordinator.sees("Not given in this trial: starting maintenance is a protocol deviation")
    walk.coordinator.submit()
    assert "phase.forbidden" in walk.deviations()


def extension_waits_for_recovery_then_consolidation(walk: Walk) -> None:
    walk.diseased()
    walk.begun(IND_CHEMO=0, IND_BLINA=7)
    walk.marrow(21, "80")
    walk.proposes("No remission: 14 more days of blinatumomab")
    walk.decides(22)
    walk.started(22)
    walk.marrow(36, "2", LOW)
    walk.proposes(
        "Blasts below 5 % without recovery: counts weekly, marrow within 14 days; no failure before day 42"
    )
    walk.marrow(40, "1")
    walk.proposes("Remission: consolidation")
    walk.decides(41)
    walk.started(42, **{"Why it began later than planned": "Blood counts not recovered"})
    assert walk.deviations() == []


def no_remission_after_the_extension(walk: Walk) -> None:
    walk.diseased()
    walk.begun(IND_CHEMO=0, IND_BLINA=7, IND_EXT=22)
    walk.marrow(36, "80")
    walk.proposes("No remission after the extension: treatment failure, survival follow-up goes on")
    walk.decides(37)
    walk.treatment_ends(38, "No remission")


def relapse_in_consolidation(walk: Walk) -> None:
    walk.begun(IND_CHEMO=0, IND_BLINA=7)
    walk.remission(22)
    walk.begun(CONS1_HCVAD_A=25)
    answers = {"Date of the assessment": walk.day(45), "Date of first evidence": walk.day(45)}
    walk.enter("REL", {**answers, "Site of relapse": "Marrow", "Blasts in marrow": "62"})
    walk.proposes("Relapse: protocol treatment ends")
    walk.decides(46)
    walk.treatment_ends(46, "Relapse")


def mrd_persistent_to_transplantation(walk: Walk) -> None:
    walk.begun(IND_CHEMO=0, IND_BLINA=7)
    walk.remission(22, POSITIVE)
    walk.begun(CONS1_HCVAD_A=25)
    walk.proposes("In remission: continue with blinatumomab", "(before this phase began)")
    walk.mrd(46, POSITIVE)
    walk.proposes("MRD persistent: transplantation; CAR-T may precede as bridge")
    to_follow_up(walk, 50, "MRD persistent")


def mrd_recurrence_to_transplantation(walk: Walk) -> None:
    walk.begun(IND_CHEMO=0, IND_BLINA=7)
    walk.remission(22)
    walk.begun(CONS1_HCVAD_A=25)
    walk.mrd(46, POSITIVE)
    walk.proposes("MRD positive once: confirm on a second sample within 1 to 4 weeks")
    walk.mrd(60, POSITIVE)
    walk.proposes("MRD recurrence: transplantation; CAR-T or blinatumomab may bridge")
    to_follow_up(walk, 65, "MRD recurrence")


def genetics_pending_then_transplantation(walk: Walk) -> None:
    walk.donor()
    walk.begun(IND_CHEMO=0, IND_BLINA=7)
    walk.remission(22)
    walk.begun(CONS1_HCVAD_A=25, CONS2_BLINA=50)
    walk.proposes("Not decided yet. Missing: KMT2A rearranged", "to Diagnosis and genetics")
    walk.known("DX", kmt2a_r=True, tp53_mut=False)
    walk.proposes("KMT2A rearranged or TP53 mutated, donor available: transplantation in first remission")
    to_follow_up(walk, 80, "KMT2A rearrangement")


def to_follow_up(
    walk: Walk, number: int, indication: str = "", ends: str = "After CAR-T or transplantation"
) -> None:
    """Transplantation as proposed, and the follow-up that begins by itself."""
    walk.decides(number, indication=indication)
    walk.started(number + 1)
    walk.transplanted(number + 8)
    walk.proposes(ends)
    assert walk.deviations() == []


def test_vip_blina_hsct(walks: Callable[[str], Walks]) -> None:
    subject = walks("VIP-BLINA-HSCT")
    ends = "After transplantation"

    walk = subject()  # MRD negative, from the beginning
    walk.started(0)
    walk.proposes("Blinatumomab for two weeks after VIP")
    walk.decides(13)
    walk.started(14)
    walk.remission(29)
    walk.proposes("Morphological remission: consolidation")
    walk.decides(29)
    walk.started(30)
    walk.proposes("In remission: second consolidation")
    walk.decides(58)
    walk.started(59)
    walk.mrd(87, NEGATIVE, "Before transplantation")
    walk.proposes("MRD negative by flow cytometry")
    to_follow_up(walk, 90, ends=ends)

    walk = before_transplantation(subject())  # MRD positive: the bridge first
    walk.mrd(87, POSITIVE, "Before transplantation")
    walk.proposes("MRD positive: bridge with blinatumomab and assess again")
    walk.decides(88)
    walk.started(90)
    walk.mrd(118, NEGATIVE, "Before transplantation")
    walk.proposes("In remission: transplantation; with MRD positive a minor deviation")
    to_follow_up(walk, 120, ends=ends)

    walk = before_transplantation(subject())  # MRD positive: transplantation at once, with a reason
    walk.mrd(87, POSITIVE, "Before transplantation")
    walk.proposes("MRD positive: bridge with blinatumomab and assess again")
    walk.decides(88, "Allogeneic transplantation", "Donor available now, not in two months")
    walk.started(89)
    walk.transplanted(96)
    walk.proposes(ends)

    walk = subject()  # no remission
    walk.diseased()
    walk.begun(IND_VIP=0, IND_BLINA=14)
    walk.marrow(29, "80")
    walk.proposes("No remission: off protocol treatment, survival follow-up goes on")
    walk.decides(30)
    walk.treatment_ends(30, "No remission")


def before_transplantation(walk: Walk) -> Walk:
    walk.begun(IND_VIP=0, IND_BLINA=14)
    walk.remission(29)
    walk.begun(CONS1_VDCP=30, CONS2_VP_MTX=59)
    return walk


def test_blina_ven(walks: Callable[[str], Walks]) -> None:
    subject = walks("BLINA-VEN")
    ends = "After transplantation or the end of treatment"

    walk = subject()  # no remission after cycle 1: cycle 2 all the same, then transplantation
    walk.diseased()
    walk.started(0)
    walk.marrow(27, "80")
    walk.proposes("Cycle 2, also without remission after cycle 1")
    walk.decides(28)
    walk.started(29)
    walk.marrow(56, "1")
    walk.proposes("CR or CRi: transplantation is suggested, not required")
    to_follow_up(walk, 60, ends=ends)

    walk = subject()  # observation instead of the transplantation that is suggested
    walk.begun(C1=0, C2=29)
    walk.marrow(56, "1")
    walk.proposes("CR or CRi: transplantation is suggested, not required")
    walk.decides(60, "Follow-up", "Wish of the subject, no donor")
    walk.proposes("decided", "Follow-up", "Wish of the subject, no donor")
    walk.treatment_ends(61, "Completed as planned")

    walk = subject()  # no remission after cycle 2
    walk.diseased()
    walk.begun(C1=0, C2=29)
    walk.marrow(56, "80")
    walk.proposes("No CR or CRi after cycle 2: treatment failure")
    walk.decides(57)
    walk.treatment_ends(58, "No remission")


def test_blina_intens(walks: Callable[[str], Walks]) -> None:
    subject = walks("BLINA-INTENS")

    walk = subject("A")  # blinatumomab, seven days of rest, transplantation
    walk.started(2)
    walk.marrow(17, "1")
    walk.proposes("Transplantation, at least 7 days after the end of the infusion")
    walk.decides(17)
    walk.starts(20)
    walk.coordinator.sees(f"The protocol asks for 7 days after the phase before: not before {walk.day(23)}.")
    walk.coordinator.fill({"Day 1, as it actually was": walk.day(23)})
    walk.coordinator.submit()
    walk.transplanted(30)
    walk.proposes("After transplantation")
    assert walk.deviations() == []

    walk = subject("B")  # directly
    walk.marrow(3, "1")
    walk.proposes("Transplantation without blinatumomab")
    walk.decides(4)
    walk.started(10)
    walk.transplanted(17)
    walk.proposes("After transplantation")

    walk = subject("B")  # a relapse while waiting
    answers = {"Date of the assessment": walk.day(9), "Date of first evidence": walk.day(9)}
    walk.enter("REL", {**answers, "Site of relapse": "Marrow", "Blasts in marrow": "55"})
    walk.proposes("Relapse: protocol treatment ends, follow-up goes on")
    walk.decides(10)
    walk.treatment_ends(10, "Relapse")
