# ruff: noqa: E501 (tables are read across)
"""What differs between two versions of a protocol: each kind of amendment, before and after."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from trialsite.amendments.domain.difference import Change, differences
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_file

FOLDER = Path(__file__).parents[3] / "trialsite" / "studies" / "protocols"
Document = dict[str, Any]


@cache
def document(key: str = "BLINA-FULL") -> Document:
    return read_file(FOLDER / f"{key}.yaml").document


def keyed(things: list[Document], key: str) -> Document:
    return next(one for one in things if key in (one.get("key"), one.get("id")))


def changes(change: Callable[[Document], Any], key: str = "BLINA-FULL") -> list[Change]:
    amended = deepcopy(document(key))
    change(amended)
    return list(differences(Protocol.from_document(document(key)), Protocol.from_document(amended)))


def setting(*path: Any, to: Any) -> Callable[[Document], Any]:
    """An amendment that sets one value; a step that is a text finds the thing of that key."""

    def amend(place: Any) -> None:
        for step in path[:-1]:
            place = keyed(place, step) if isinstance(place, list) and isinstance(step, str) else place[step]
        place[path[-1]] = to

    return amend


def dropping(*path: str) -> Callable[[Document], Any]:
    """An amendment that takes out the thing of a key from a list."""

    def amend(place: Any) -> None:
        for step in path[:-1]:
            place = keyed(place, step) if isinstance(place, list) else place[step]
        place.remove(keyed(place, path[-1]))

    return amend


# amendment | part | kind | thing | key | property: before → after ("" : no property named)
TABLE = [
    (setting("planned_enrolment", "value", to=120), "settings", "changed", "trial", "trial", "planned_enrolment", 101, 120),
    (setting("planned_enrolment", "value", to=None), "settings", "changed", "trial", "trial", "planned_enrolment", 101, None),
    (setting("ctcae_version", "value", to="6.0"), "settings", "changed", "trial", "trial", "ctcae_version", "5.0", "6.0"),
    (setting("registration", "nct", to="NCT00000001"), "registry", "changed", "registration", "registration", "nct", None, "NCT00000001"),
    (setting("registration", "entries", "000", "max_age", to=70), "registry", "changed", "entry", "000", "max_age", 65, 70),
    (setting("sites", "SGH", "planned", to=40), "sites", "changed", "site", "SGH", "planned", 35, 40),
    (dropping("sites", "CDH"), "sites", "removed", "site", "CDH", "", None, None),
    (setting("criteria", "000-I4", "rule", "value", to=[0, 1, 2]), "criteria", "changed", "criterion", "000-I4", "rule",
     {"fact": "ecog", "op": "in", "value": [0, 1, 2, 3]}, {"fact": "ecog", "op": "in", "value": [0, 1, 2]}),
    (dropping("criteria", "000-E6"), "criteria", "removed", "criterion", "000-E6", "", None, None),
    (setting("criteria", "000-I4", "kind", to="exclusion"), "criteria", "changed", "criterion", "000-I4", "kind", "inclusion", "exclusion"),
    (setting("screening", "windows", "laboratory", to=14), "screening", "changed", "screening", "screening", "windows",
     {"laboratory": 7, "serology": 28, "cardiopulmonary": 28, "marrow": 28, "pregnancy": 7},
     {"laboratory": 14, "serology": 28, "cardiopulmonary": 28, "marrow": 28, "pregnancy": 7}),
    (setting("arms", "BLINA", "name", "en", to="Other"), "path", "changed", "arm", "BLINA", "name", None, None),
    (setting("phases", "CONS1_HCVAD_A", "days", to=28), "path", "changed", "phase", "CONS1_HCVAD_A", "days", 21, 28),
    (setting("regimens", "HCVAD_A", "cycle_days", to=28), "regimens", "changed", "regimen", "HCVAD_A", "cycle_days", 21, 28),
    (setting("dose_tolerance", "deviation_above_pct", to="15"), "regimens", "changed", "tolerance", "tolerance", "deviation_above_pct", 10, 15),
    (dropping("visits", "FU_Q6M"), "schedule", "removed", "visit", "FU_Q6M", "", None, None),
    (setting("visits", "FU_Q6M", "after_days", to=45), "schedule", "changed", "visit", "FU_Q6M", "window", (30, 30), (30, 45)),
    (setting("visits", "FU_Q6M", "offset_months", to=36), "schedule", "moved", "visit", "FU_Q6M", "planned_for", None, None),
    (setting("visits", "FU_Q6M", "required", to=["HEM", "CHEM"]), "schedule", "changed", "visit", "FU_Q6M", "required_forms", ("SUR",), ("CHEM", "HEM")),
    (setting("mrd", 0, "threshold", to="0.001"), "mrd", "changed", "threshold", "MFC endpoint", "threshold", None, None),
    (setting("samples", "send_days", to=2), "mrd", "changed", "samples", "samples", "send_days", 1, 2),
    (setting("samples", "report_days", to={"MFC": 10}), "mrd", "changed", "samples", "samples", "report_days", None, None),
    (setting("response", "crh", to=False), "response", "changed", "response", "response", "crh", True, False),
    (setting("endpoints", "RFS", "landmark_months", to="36"), "endpoints", "changed", "endpoint", "RFS", "landmark_months", None, None),
    (setting("endpoints", "RFS", "source", to="assumption"), "endpoints", "changed", "endpoint", "RFS", "source", "registration", "assumption"),
    (dropping("endpoints", "GRFS"), "endpoints", "removed", "endpoint", "GRFS", "", None, None),
    (dropping("questions", "Q15"), "questions", "removed", "question", "Q15", "", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("amend", "part", "kind", "thing", "key", "field", "old", "new"), TABLE)
def test_an_amendment_is_one_change_of_its_part(
    amend: Callable[[Document], Any],
    part: str,
    kind: str,
    thing: str,
    key: str,
    field: str,
    old: Any,
    new: Any,
) -> None:
    (change,) = changes(amend)
    assert (change.part, change.kind, change.thing, change.key) == (part, kind, thing, key)
    if field:
        (found,) = change.fields
        assert found.field == field
        assert (old, new) in [(None, None), (found.old, found.new)]
        assert found.old != found.new


@pytest.mark.parametrize("key", ["BLINA-FULL", "VIP-BLINA-HSCT", "BLINA-VEN", "BLINA-INTENS"])
def test_a_version_does_not_differ_from_itself(key: str) -> None:
    assert changes(lambda amended: amended.update(version="1.1"), key) == []


@pytest.mark.parametrize("part", ["criteria", "visits", "endpoints", "phases", "regimens", "questions"])
def test_what_is_removed_one_way_is_added_the_other(part: str) -> None:
    amended = deepcopy(document())
    gone = amended[part].pop()
    old, new = Protocol.from_document(document()), Protocol.from_document(amended)
    name = gone.get("key") or gone["id"]
    assert ("removed", name) in [(one.kind, one.key) for one in differences(old, new)]
    assert ("added", name) in [(one.kind, one.key) for one in differences(new, old)]


def test_a_dose_and_its_cap_are_compared_inside_their_regimen() -> None:
    amend = setting("regimens", "VIP", "drugs", "VINCRISTINE", "doses", 0, "cap", to="1.5")
    (change,) = changes(amend, "VIP-BLINA-HSCT")
    assert (change.part, change.thing, change.key) == ("regimens", "drug", "VINCRISTINE")
    assert change.inside == Protocol.from_document(document("VIP-BLINA-HSCT")).regimen_of("VIP").name
    assert [one.field for one in change.fields] == ["doses"]
    assert (change.old.doses[0].cap, change.new.doses[0].cap) != (None, change.old.doses[0].cap)


def test_a_citation_is_no_difference() -> None:
    assert changes(setting("criteria", "000-I4", "cite", to="another place")) == []
    assert changes(setting("regimens", "HCVAD_A", "drugs", 0, "cite", to="another place")) == []


def test_items_and_their_answers_are_compared_inside_their_form() -> None:
    (removed,) = changes(dropping("forms", "TLS", "items", "remark"), "BLINA-VEN")
    assert (removed.part, removed.kind, removed.thing, removed.key) == ("forms", "removed", "item", "remark")
    (coded,) = changes(
        setting("forms", "TLS", "items", "time_point", "choices", 3, "code", to="LATER"), "BLINA-VEN"
    )
    assert [one.field for one in coded.fields] == ["choices"]
    assert [one.code for one in coded.fields[0].new] == ["BEFORE", "H6_8", "H24", "LATER"]


def test_randomisation_is_compared_with_its_strata() -> None:
    (ratio,) = changes(setting("randomisation", "ratio", "A", to=2), "BLINA-INTENS")
    assert (ratio.thing, ratio.fields[0].field) == ("randomisation", "ratio")
    (gone,) = changes(setting("randomisation", to=None), "BLINA-INTENS")
    assert (gone.kind, gone.thing) == ("removed", "randomisation")
    amended = changes(lambda one: one["randomisation"]["strata"].pop(), "BLINA-INTENS")
    assert [(one.kind, one.thing) for one in amended] == [("removed", "stratum")]


def test_consent_and_code_lists_are_compared() -> None:
    (consent,) = changes(setting("consent", "signers", 0, "who", to=["guardian"]))
    assert (consent.part, [one.field for one in consent.fields]) == ("consent", ["signers"])
