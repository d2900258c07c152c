"""Places of a study, its sites and levels: what is free, what is full, where no number is planned."""

from dataclasses import replace
from pathlib import Path

import pytest

from enrollment.domain.recruitment import Counted, full_at, places_of
from trialsite.studies.domain.protocol import LevelCap, Protocol, Recruitment
from trialsite.studies.domain.read import read_file

FOLDER = Path("trialsite/studies/protocols")
INTENS = Protocol.from_document(read_file(FOLDER / "BLINA-INTENS.yaml").document)
VEN = Protocol.from_document(read_file(FOLDER / "BLINA-VEN.yaml").document)


def test_a_study_without_a_planned_number_is_never_full() -> None:
    places = places_of(INTENS, [Counted("SGH", "", 5000, 0)])
    assert (places[0].planned, places[0].free, places[0].full) == (None, None, False)
    assert full_at(places, "SGH", {}) is None


@pytest.mark.parametrize(
    ("enrolled", "held", "free", "full"),
    [(11, 0, 1, False), (12, 0, 0, True), (11, 1, 0, True), (13, 0, 0, True)],
)
def test_a_site_is_full_at_its_planned_number_with_places_held(
    enrolled: int, held: int, free: int, full: bool
) -> None:
    """BLINA-VEN plans 12 subjects at GZH."""
    places = places_of(VEN, [Counted("GZH", "", enrolled, held)])
    site = next(one for one in places if one.key == "GZH")
    assert (site.free, site.full) == (free, full)
    assert (full_at(places, "GZH", {}) == site) is full
    assert full_at(places, "CDH", {}) is None


def test_the_study_is_full_for_every_site() -> None:
    places = places_of(VEN, [Counted("GZH", "", 11, 0), Counted("CDH", "", 7, 2)])
    found = full_at(places, "GZH", {})
    assert found is not None
    assert (found.kind, found.enrolled, found.held) == ("study", 18, 2)


def test_goals_refuse_nothing() -> None:
    goals = replace(VEN, recruitment=Recruitment(sites_are_caps=False))
    places = places_of(goals, [Counted("GZH", "", 12, 0)])
    assert full_at(places, "GZH", {}) is None


def test_a_level_counts_over_the_sites_and_refuses_its_own_subjects_only() -> None:
    cap = LevelCap("risk", "OTHER", 3, "assumption", "x")
    limited = replace(INTENS, recruitment=Recruitment(False, (cap,)))
    lines = [Counted("SGH", "risk=OTHER;site=SGH", 2, 0), Counted("BJH", "risk=OTHER;site=BJH", 0, 1)]
    places = places_of(limited, lines)
    assert full_at(places, "GZH", {"risk": "OTHER"}) == places[-1]
    assert full_at(places, "GZH", {"risk": "KMT2A_TP53"}) is None
    assert full_at(places_of(limited, lines[:1]), "GZH", {"risk": "OTHER"}) is None
