"""What follows each phase of the four trials, branch by branch: facts → the next step of the path.

U: what the rule asks for is not known yet, so the reading stops and names it. Rows of BLINA-FULL name the row of the
decision table on transplantation and CAR-T that they stand for.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from treatment.domain.path import NextKind, NextStep, PhaseRun, next_step
from trialsite.clinical.facts import Fact
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules import evaluate, facts_named, parse_rule
from trialsite.studies.domain.protocol import Phase, Protocol
from trialsite.studies.domain.read import read_file

FOLDER = Path(__file__).parents[3] / "trialsite" / "studies" / "protocols"
FULL, VIP, VEN, INTENS = "BLINA-FULL", "VIP-BLINA-HSCT", "BLINA-VEN", "BLINA-INTENS"
DAY = date(2026, 1, 12)
OFF, AWAIT, COMPLETE, NOTHING = "off treatment", "wait", "complete", "no branch"

# Facts in short: what most rows have, and what differs.
Known = dict[str, object]
REMISSION: Known = {"relapsed": False, "response_latest": "CR", "response_latest_day": 22, "in_crc": True}
FAILED: Known = {"relapsed": False, "response_latest": "NR", "response_latest_day": 22, "in_crc": False}
MLFS: Known = {"relapsed": False, "response_latest": "MLFS", "response_latest_day": 22, "in_crc": False}
RELAPSED: Known = {"relapsed": True}
PLAIN: Known = {
    **REMISSION,
    "kmt2a_r": False,
    "tp53_mut": False,
    "donor_available": True,
    "mrd_state": "NEGATIVE",
}
KMT2A, TP53 = {**PLAIN, "kmt2a_r": True}, {**PLAIN, "tp53_mut": True}

# trial (arm), phase that runs, facts, what follows; "U: …" names what is missing
PATHS: list[tuple[str, str, Known, str]] = [
    (FULL, "", {}, "IND_CHEMO"),
    (FULL, "PREPHASE", {}, "IND_CHEMO"),
    (FULL, "IND_CHEMO", {"relapsed": False}, "IND_BLINA"),
    (FULL, "IND_CHEMO", RELAPSED, OFF),
    # row 0: blasts below 5 % without recovery; no failure before day 42
    (FULL, "IND_BLINA", MLFS, AWAIT),
    (FULL, "IND_BLINA", {**MLFS, "response_latest_day": 41}, AWAIT),
    (FULL, "IND_BLINA", {**MLFS, "response_latest_day": 42}, "IND_EXT"),
    (FULL, "IND_EXT", {**MLFS, "response_latest_day": 41}, AWAIT),
    (FULL, "CONS1_HCVAD_A", {**PLAIN, **MLFS}, AWAIT),
    (FULL, "CONS2_BLINA", {**PLAIN, **MLFS}, AWAIT),
    (FULL, "CONS3_HCVAD_B", {**PLAIN, **MLFS}, AWAIT),
    (FULL, "CONS4_BLINA", {**PLAIN, **MLFS}, AWAIT),
    (FULL, "CAR_T", {**PLAIN, **MLFS}, AWAIT),
    # row 1: not in CRc after induction and its extension
    (FULL, "IND_BLINA", FAILED, "IND_EXT"),
    (FULL, "IND_EXT", FAILED, OFF),
    (FULL, "IND_EXT", {**MLFS, "response_latest_day": 42}, OFF),
    # row 2: haematological relapse
    (FULL, "IND_BLINA", RELAPSED, OFF),
    (FULL, "IND_EXT", RELAPSED, OFF),
    (FULL, "CONS1_HCVAD_A", RELAPSED, OFF),
    (FULL, "CONS2_BLINA", {**KMT2A, **RELAPSED}, OFF),
    (FULL, "CONS3_HCVAD_B", {**PLAIN, "mrd_state": "RECURRENCE", **RELAPSED}, OFF),
    (FULL, "CONS4_BLINA", {**PLAIN, **RELAPSED}, OFF),
    (FULL, "CAR_T", {**PLAIN, **RELAPSED}, OFF),
    (FULL, "HSCT", RELAPSED, OFF),
    # row 3: KMT2A or TP53, in CRc, donor available: transplantation, targeted after block 2
    (FULL, "CONS1_HCVAD_A", KMT2A, "CONS2_BLINA"),
    (FULL, "CONS2_BLINA", KMT2A, "HSCT"),
    (FULL, "CONS2_BLINA", TP53, "HSCT"),
    (FULL, "CONS3_HCVAD_B", KMT2A, "HSCT"),
    (FULL, "CONS4_BLINA", TP53, "HSCT"),
    (FULL, "CAR_T", KMT2A, "HSCT"),
    (FULL, "CONS2_BLINA", {**KMT2A, "donor_available": False}, "CONS3_HCVAD_B"),
    (FULL, "CONS2_BLINA", {**KMT2A, "donor_available": None}, "U: donor_available"),
    (FULL, "CONS4_BLINA", {**TP53, "donor_available": False}, "CAR_T"),
    # row 4: MRD persistent
    (FULL, "CONS1_HCVAD_A", {**PLAIN, "mrd_state": "PERSISTENT"}, "HSCT"),
    (FULL, "CONS2_BLINA", {**PLAIN, "mrd_state": "PERSISTENT"}, "HSCT"),
    (FULL, "CONS3_HCVAD_B", {**PLAIN, "mrd_state": "PERSISTENT"}, "HSCT"),
    (FULL, "CONS4_BLINA", {**PLAIN, "mrd_state": "PERSISTENT"}, "HSCT"),
    (FULL, "CAR_T", {**PLAIN, "mrd_state": "PERSISTENT"}, "HSCT"),
    (FULL, "CONS1_HCVAD_A", {**PLAIN, "mrd_state": "POSITIVE_EOI"}, "CONS2_BLINA"),
    (FULL, "CONS2_BLINA", {**PLAIN, "mrd_state": "POSITIVE_EOI"}, AWAIT),
    (FULL, "CONS3_HCVAD_B", {**PLAIN, "mrd_state": "POSITIVE_EOI"}, AWAIT),
    (FULL, "CONS4_BLINA", {**PLAIN, "mrd_state": "POSITIVE_EOI"}, AWAIT),
    (FULL, "CAR_T", {**PLAIN, "mrd_state": "POSITIVE_EOI"}, AWAIT),
    # row 5: MRD recurrence; a single positive waits for its confirmation
    (FULL, "CONS1_HCVAD_A", {**PLAIN, "mrd_state": "RECURRENCE"}, "HSCT"),
    (FULL, "CONS2_BLINA", {**PLAIN, "mrd_state": "RECURRENCE"}, "HSCT"),
    (FULL, "CONS3_HCVAD_B", {**PLAIN, "mrd_state": "RECURRENCE"}, "HSCT"),
    (FULL, "CONS4_BLINA", {**PLAIN, "mrd_state": "RECURRENCE"}, "HSCT"),
    (FULL, "CAR_T", {**PLAIN, "mrd_state": "RECURRENCE"}, "HSCT"),
    (FULL, "CONS1_HCVAD_A", {**PLAIN, "mrd_state": "POSITIVE_UNCONFIRMED"}, AWAIT),
    (FULL, "CONS2_BLINA", {**PLAIN, "mrd_state": "POSITIVE_UNCONFIRMED"}, AWAIT),
    (FULL, "CONS3_HCVAD_B", {**PLAIN, "mrd_state": "POSITIVE_UNCONFIRMED"}, AWAIT),
    (FULL, "CONS4_BLINA", {**PLAIN, "mrd_state": "POSITIVE_UNCONFIRMED"}, AWAIT),
    (FULL, "CAR_T", {**PLAIN, "mrd_state": "POSITIVE_UNCONFIRMED"}, AWAIT),
    # row 6: otherwise, MRD negative
    (FULL, "IND_BLINA", REMISSION, "CONS1_HCVAD_A"),
    (FULL, "IND_EXT", REMISSION, "CONS1_HCVAD_A"),
    (FULL, "CONS1_HCVAD_A", PLAIN, "CONS2_BLINA"),
    (FULL, "CONS2_BLINA", PLAIN, "CONS3_HCVAD_B"),
    (FULL, "CONS3_HCVAD_B", PLAIN, "CONS4_BLINA"),
    (FULL, "CONS4_BLINA", PLAIN, "CAR_T"),
    (FULL, "CAR_T", PLAIN, COMPLETE),
    (FULL, "HSCT", {"relapsed": False, "transplanted": True}, COMPLETE),
    (FULL, "HSCT", {"relapsed": False, "transplanted": False}, NOTHING),
    # row U: genetics pending never falls to row 6
    (FULL, "CONS2_BLINA", {**PLAIN, "kmt2a_r": "PENDING"}, "U: kmt2a_r"),
    (FULL, "CONS2_BLINA", {**PLAIN, "tp53_mut": "PENDING"}, "U: tp53_mut"),
    (FULL, "CONS4_BLINA", {**PLAIN, "kmt2a_r": None, "tp53_mut": None}, "U: kmt2a_r, tp53_mut"),
    (FULL, "CONS2_BLINA", {**KMT2A, "tp53_mut": "PENDING"}, "HSCT"),
    (FULL, "IND_BLINA", {"relapsed": False}, "U: response_latest, response_latest_day"),
    (FULL, "CONS2_BLINA", {**PLAIN, "mrd_state": None}, "U: mrd_state"),
    # VIP-BLINA-HSCT
    (VIP, "", {}, "IND_VIP"),
    (VIP, "IND_VIP", {"relapsed": False}, "IND_BLINA"),
    (VIP, "IND_VIP", RELAPSED, OFF),
    (VIP, "IND_BLINA", REMISSION, "CONS1_VDCP"),
    (VIP, "IND_BLINA", {**REMISSION, "response_latest": "CRi"}, "CONS1_VDCP"),
    (VIP, "IND_BLINA", MLFS, AWAIT),
    (VIP, "IND_BLINA", FAILED, OFF),
    (VIP, "IND_BLINA", RELAPSED, OFF),
    (VIP, "IND_BLINA", {"relapsed": False}, "U: response_latest"),
    (VIP, "CONS1_VDCP", REMISSION, "CONS2_VP_MTX"),
    (VIP, "CONS1_VDCP", MLFS, AWAIT),
    (VIP, "CONS1_VDCP", RELAPSED, OFF),
    (VIP, "CONS2_VP_MTX", {**REMISSION, "mrd_verdict_latest": "NEGATIVE"}, "HSCT"),
    (VIP, "CONS2_VP_MTX", {**REMISSION, "mrd_verdict_latest": "POSITIVE"}, "BRIDGE_BLINA"),
    (VIP, "CONS2_VP_MTX", REMISSION, "U: mrd_verdict_latest"),
    (VIP, "CONS2_VP_MTX", MLFS, AWAIT),
    (VIP, "CONS2_VP_MTX", RELAPSED, OFF),
    (VIP, "BRIDGE_BLINA", {**REMISSION, "mrd_verdict_latest": "NEGATIVE"}, "HSCT"),
    (VIP, "BRIDGE_BLINA", {**REMISSION, "mrd_verdict_latest": "POSITIVE"}, "HSCT"),
    (VIP, "BRIDGE_BLINA", MLFS, AWAIT),
    (VIP, "BRIDGE_BLINA", RELAPSED, OFF),
    (VIP, "HSCT", {"relapsed": False, "transplanted": True}, COMPLETE),
    (VIP, "HSCT", RELAPSED, OFF),
    # BLINA-VEN: non-responders get cycle 2; blasts below 5 % count with or without recovery
    (VEN, "", {}, "C1"),
    (VEN, "C1", REMISSION, "C2"),
    (VEN, "C1", FAILED, "C2"),
    (VEN, "C1", RELAPSED, OFF),
    (VEN, "C2", REMISSION, "HSCT"),
    (VEN, "C2", {**REMISSION, "response_latest": "CRi"}, "HSCT"),
    (VEN, "C2", {**REMISSION, "response_latest": "CRh"}, "HSCT"),
    (VEN, "C2", MLFS, "HSCT"),
    (VEN, "C2", FAILED, OFF),
    (VEN, "C2", {**FAILED, "response_latest": "PR"}, OFF),
    (VEN, "C2", {**FAILED, "response_latest": "PD"}, OFF),
    (VEN, "C2", RELAPSED, OFF),
    (VEN, "C2", {"relapsed": False}, "U: response_latest"),
    (VEN, "HSCT", {"relapsed": False, "transplanted": True}, COMPLETE),
    (VEN, "HSCT", RELAPSED, OFF),
    # BLINA-INTENS: arm A with blinatumomab, arm B waits for transplantation
    (f"{INTENS} A", "", {}, "BLINA"),
    (f"{INTENS} A", "BLINA", {"relapsed": False, "in_crc": True}, "HSCT"),
    (f"{INTENS} A", "BLINA", RELAPSED, OFF),
    (f"{INTENS} A", "BLINA", {"relapsed": False, "in_crc": False}, NOTHING),
    (f"{INTENS} A", "BLINA", {"relapsed": False}, "U: in_crc"),
    (f"{INTENS} A", "HSCT", {"relapsed": False, "transplanted": True}, COMPLETE),
    (f"{INTENS} A", "HSCT", RELAPSED, OFF),
    (f"{INTENS} B", "", {"relapsed": False, "in_crc": True}, "HSCT"),
    (f"{INTENS} B", "", RELAPSED, OFF),
    (f"{INTENS} B", "", {"relapsed": False}, "U: in_crc"),
    (f"{INTENS} B", "", {"relapsed": False, "in_crc": False}, NOTHING),
    (f"{INTENS} B", "DIRECT", {"relapsed": False, "in_crc": True}, "HSCT"),
    (f"{INTENS} B", "HSCT", {"relapsed": False, "transplanted": True}, COMPLETE),
]  # fmt: skip


@cache
def protocol(key: str) -> Protocol:
    return Protocol.from_document(read_file(FOLDER / f"{key}.yaml").document)


def phases(trial: str) -> tuple[Phase, ...]:
    """The phases of a trial's arm ("BLINA-INTENS A"), of its only one without a letter."""
    key, _, arm = trial.partition(" ")
    plan = protocol(key)
    chosen = plan.arm_of(arm) if arm else plan.arms[0]
    return tuple(plan.phase_of(one) for one in chosen.phases)


def facts(known: Known, path: tuple[Phase, ...]) -> dict[str, Fact]:
    """The facts of a row; what it does not name is not recorded."""
    names = {name for one in path for branch in one.branches for name in facts_named(parse_rule(branch.when))}
    return {name: Fact(known.get(name)) for name in names}  # type: ignore[arg-type]


def words(found: NextStep) -> str:
    if found.kind is NextKind.UNKNOWN:
        return "U: " + ", ".join(sorted(found.missing))
    ends = {
        NextKind.OFF_TREATMENT: OFF,
        NextKind.AWAIT: AWAIT,
        NextKind.COMPLETE: COMPLETE,
        NextKind.NO_BRANCH: NOTHING,
    }
    return ends.get(found.kind, found.phase)


@pytest.mark.parametrize(("trial", "phase", "known", "follows"), PATHS)
def test_what_follows(trial: str, phase: str, known: Known, follows: str) -> None:
    path = phases(trial)
    runs = [PhaseRun(phase, DAY)] if phase else []
    assert words(next_step(path, runs, facts(known, path))) == follows


def test_every_branch_of_every_trial_has_a_row() -> None:
    """Each branch is taken by a row, and some row of its phase takes another."""
    taken = set()
    for trial, phase, known, _follows in PATHS:
        path = phases(trial)
        given = facts(known, path)
        for one in path:
            starts = one.key == phase or (not phase and one is path[0]) or one.kind == "observation"
            for branch in one.branches if starts else ():
                truth = evaluate(parse_rule(branch.when), given).truth
                if truth is Truth.TRUE:
                    taken.add((trial.split()[0], one.key, branch.to, branch.text.en))
                if truth is not Truth.FALSE:
                    break
    wanted = {
        (key, phase.key, branch.to, branch.text.en)
        for key in (FULL, VIP, VEN, INTENS)
        for phase in protocol(key).phases
        for branch in phase.branches
    }
    assert wanted - taken == set()


@pytest.mark.parametrize(("key", "forbidden"), [(FULL, ["MAINTENANCE"]), (VIP, []), (VEN, []), (INTENS, [])])
def test_what_a_protocol_forbids_is_in_no_arm(key: str, forbidden: list[str]) -> None:
    assert [phase.key for phase in protocol(key).phases if phase.forbidden] == forbidden
    assert not {key for arm in protocol(key).arms for key in arm.phases} & set(forbidden)


def test_a_transplantation_in_blina_full_names_its_indication() -> None:
    found = protocol(FULL).transplant.indications
    assert [one.key for one in found] == [
        "KMT2A_R",
        "TP53_MUT",
        "MRD_PERSISTENT",
        "MRD_RECURRENCE",
        "OTHER_INVESTIGATOR",
    ]
    assert [one.needs_reason for one in found] == [False, False, False, False, True]


# trial, phase, days of rest after it, days after which a start is late
STARTS = [
    (FULL, "IND_BLINA", 0, 2),
    (FULL, "CONS1_HCVAD_A", 0, 7),
    (FULL, "CONS4_BLINA", 0, 7),
    (FULL, "HSCT", 0, None),
    (VIP, "CONS1_VDCP", 0, 14),
    (VIP, "CONS2_VP_MTX", 0, 14),
    (VEN, "C2", 0, 7),
    (INTENS, "BLINA", 7, 5),
    (INTENS, "DIRECT", 0, None),
]


@pytest.mark.parametrize(("key", "phase", "rest", "late"), STARTS)
def test_when_a_phase_may_begin_and_when_it_is_late(
    key: str, phase: str, rest: int, late: int | None
) -> None:
    found = protocol(key).phase_of(phase)
    assert (found.rest_days, found.late_after) == (rest, late)
