"""What a protocol says in a physician's words: days, windows, doses, and what waits for a signature."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsite.casebook.sign_off import Assumed, parts_to_sign
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.provenance import to_sign
from trialsite.studies.domain.read import read_file
from trialsite.studies.words import day_runs, dose_words, offset_words, percent_words, window_words

FOLDER = Path(__file__).parents[3] / "trialsite" / "studies" / "protocols"
FILES = sorted(FOLDER.glob("*.yaml"))


def protocol(key: str) -> Protocol:
    return Protocol.from_document(read_file(FOLDER / f"{key}.yaml").document)


def assumed(key: str) -> dict[str, Assumed]:
    """Every line to sign of a protocol, by what it is."""
    document = read_file(FOLDER / f"{key}.yaml").document
    parts = parts_to_sign(Protocol.from_document(document), document)
    return {line.what: line for part in parts for line in part.lines}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_everything_to_sign_is_said_in_words(file: Path) -> None:
    document = read_file(file).document
    parts = parts_to_sign(Protocol.from_document(document), document)
    lines = [line for part in parts for line in part.lines]
    assert all(line.what and line.cite for line in lines)
    spoken = " ".join(f"{line.what} {line.value}" for line in lines)
    for raw in ('{"', "[0]", "source=", "OFF_TREATMENT", "_"):
        assert raw not in spoken
    together = [line for line in lines if line.what.startswith("Days, windows and forms of")]
    visits = sum(int(line.what.split()[5]) for line in together)
    others = sum(line.times for line in lines if line not in together)
    assert visits + others == len(to_sign(document))


def test_a_branch_a_dose_and_a_setting_read_as_sentences() -> None:
    vip = assumed("VIP-BLINA-HSCT")
    assert vip["Relapse: protocol treatment ends"].value == "Relapse = yes → off treatment"
    assert vip["Relapse: protocol treatment ends"].times == 6
    assert vip["VDCP · Daunorubicin"].value == "40 mg/m²; days 1–3; intravenous"
    assert vip["VIP · Vincristine: rounded to"].value == "0.1 mg"
    assert vip["formula of the body surface area"].value == "Mosteller"
    assert vip["Q16 Which version of CTCAE?"].value == "Version 5.0."
    assert vip["Non-relapse mortality: competing events"].value == "relapse"


@pytest.mark.parametrize(
    ("key", "offset", "window"),
    [
        ("IND_D1", "", "—"),
        ("IND_D8", "+ 7 days", "± 1 day"),
        ("IND_BLI_DAILY", "daily, 7 times", "—"),
        ("SCR", "", "−0 / +28 days"),
        ("SUR_Q3M", "+ 3 months, every 3 months, 8 times", "± 14 days"),
    ],
)
def test_when_a_visit_is_planned(key: str, offset: str, window: str) -> None:
    visit = next(one for one in protocol("VIP-BLINA-HSCT").visits if one.key == key)
    assert (offset_words(visit), window_words(visit)) == (offset, window)


def test_doses_days_and_thresholds() -> None:
    plan = protocol("VIP-BLINA-HSCT")
    vincristine = plan.regimen_of("VIP").drugs[0]
    assert dose_words(vincristine.doses[0], vincristine) == "1.4 mg/m² (at most 2 mg)"
    assert day_runs((1, 2, 3, 8, 10, 11)) == "1–3, 8, 10–11"
    assert [percent_words(one.threshold) for one in plan.mrd] == ["0.01 %", "0.0001 %"]
