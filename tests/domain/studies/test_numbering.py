"""Schemes of numbers: what a pattern gives, what a series counts, which patterns are refused."""

from dataclasses import replace

import pytest

from tests.cast import document_of
from trialsite.studies.domain.numbering import DEFAULT, Numbering, NumberRule, OtherTrials, numbering_problems
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.schema import shape_problems

BY_SITE = NumberRule("S-{study}-{site}-{number}", 3, "site")


@pytest.mark.parametrize(
    ("rule", "running", "number"),
    [
        (DEFAULT.screening, 1, "S-BLF-0001"),
        (DEFAULT.subject, 12, "BLF-0012"),
        (DEFAULT.subject, 9999, "BLF-9999"),
        (DEFAULT.subject, 10000, "BLF-10000"),  # beyond the width it takes the digits it needs
        (BY_SITE, 7, "S-BLF-SGH-007"),
    ],
)
def test_a_number_as_its_pattern_says(rule: NumberRule, running: int, number: str) -> None:
    assert rule.number(prefix="BLF", site="SGH", running=running) == number


def test_a_series_counts_over_the_study_or_at_each_site() -> None:
    assert DEFAULT.screening.series("screening", "BLINA-FULL", "SGH") == "screening:BLINA-FULL"
    assert BY_SITE.series("screening", "BLINA-FULL", "SGH") == "screening:BLINA-FULL:SGH"


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        (NumberRule("S-{study}", 4, "study"), "{number} once"),
        (NumberRule("S-{number}-{number}", 4, "study"), "{number} once"),
        (NumberRule("S-{study}-{number}", 4, "site"), "needs {site}"),
        (NumberRule("S-{year}-{number}", 4, "study"), "nothing else"),
        (NumberRule("S-{number}}", 4, "study"), "nothing else"),
        (DEFAULT.subject, "different patterns"),
    ],
)
def test_a_pattern_that_cannot_serve_is_refused(rule: NumberRule, word: str) -> None:
    problems = list(numbering_problems(replace(DEFAULT, screening=rule)))
    assert any(word in sentence for _path, sentence in problems), problems


def test_the_usual_scheme_and_one_by_site_are_accepted() -> None:
    assert list(numbering_problems(DEFAULT)) == []
    assert list(numbering_problems(Numbering(BY_SITE, DEFAULT.subject))) == []


def test_a_file_without_the_sections_numbers_as_usual_and_excludes_nobody() -> None:
    document = dict(document_of("BLINA-FULL"))
    del document["numbering"], document["other_trials"]
    assert list(shape_problems(document)) == []
    protocol = Protocol.from_document(document)
    assert protocol.numbering == DEFAULT
    assert protocol.other_trials.allows(running=True)


@pytest.mark.parametrize(
    ("said", "running", "allowed"),
    [
        ({"running": "excluded", "ended": "allowed"}, True, False),
        ({"running": "excluded", "ended": "allowed"}, False, True),
        ({"running": "allowed", "ended": "excluded"}, True, True),
        ({"running": "allowed", "ended": "excluded"}, False, False),
    ],
)
def test_another_trial_counts_by_whether_it_is_running(
    said: dict[str, str], running: bool, allowed: bool
) -> None:
    assert OtherTrials.of(said).allows(running=running) is allowed


def test_numbering_is_an_assumption_in_the_four_files() -> None:
    for key in ("BLINA-FULL", "VIP-BLINA-HSCT", "BLINA-VEN", "BLINA-INTENS"):
        document = document_of(key)
        assert document["numbering"]["source"] == document["other_trials"]["source"] == "assumption"
