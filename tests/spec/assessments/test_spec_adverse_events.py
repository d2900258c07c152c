# ruff: noqa: E501 (tables are read across)
"""The grade track of an adverse event, its window, and the rules of the four studies for laboratory grades."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from assessments.domain.ae_window import Milestones, Window, began_inside, treatment_emergent, window
from assessments.domain.grade_track import Step, grade_on, problems, worst
from assessments.domain.grading import TERMS as LAB_TERMS
from assessments.domain.term_grades import grade_meaning
from trialsite.clinical import ctcae
from trialsite.clinical.kleene import Truth
from trialsite.clinical.partial_date import PartialDate
from trialsite.studies.domain.adverse_event_plan import DEFAULT, AdverseEventPlan
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_file

FOLDER = Path(__file__).parents[3] / "trialsite" / "studies" / "protocols"
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def at(text: str | None) -> PartialDate | None:
    return PartialDate.parse(text) if text else None


def steps(*lines: tuple[str | None, int | None]) -> list[Step]:
    return [Step(at(since), grade) for since, grade in lines]


# lines (from, grade); onset; end; outcome; what is wrong as (line, item)
TRACKS = [
    ("no line agrees with everything", [], "2026-03-01", None, "FATAL", []),
    ("one line from the onset", [("2026-03-01", 2)], "2026-03-01", None, "", []),
    ("a line on the last day", [("2026-03-01", 2), ("2026-03-09", 3)], "2026-03-01", "2026-03-09", "RECOVERED", []),
    ("a line after the end", [("2026-03-01", 2), ("2026-03-10", 3)], "2026-03-01", "2026-03-09", "", [(1, "since")]),
    ("a line before the onset", [("2026-02-28", 2)], "2026-03-01", None, "", [(0, "since")]),
    ("a partial day that may fit", [("2026-03", 2)], "2026-03-15", None, "", []),
    ("a partial day that cannot fit", [("2026-02", 2)], "2026-03-15", None, "", [(0, "since")]),
    ("an onset of which only the month is known", [("2026-03-20", 2)], "2026-03", None, "", []),
    ("two lines of one day", [("2026-03-01", 2), ("2026-03-01", 3)], "2026-03-01", None, "", [(1, "since")]),
    ("a line without a change", [("2026-03-01", 2), ("2026-03-02", 2)], "2026-03-01", None, "", [(1, "grade")]),
    ("the same grade again later", [("2026-03-01", 2), ("2026-03-02", 3), ("2026-03-04", 2)], "2026-03-01", None, "", []),
    ("lines in any order", [("2026-03-04", 2), ("2026-03-01", 2), ("2026-03-02", 3)], "2026-03-01", None, "", []),
    ("grade 5 and fatal", [("2026-03-01", 4), ("2026-03-03", 5)], "2026-03-01", "2026-03-03", "FATAL", []),
    ("grade 5 and no outcome yet", [("2026-03-03", 5)], "2026-03-01", None, "", []),
    ("grade 5 and recovered", [("2026-03-03", 5)], "2026-03-01", None, "RECOVERED", [(0, "grade")]),
    ("fatal without grade 5", [("2026-03-01", 4)], "2026-03-01", None, "FATAL", [(None, "outcome")]),
    ("a line without its grade is not judged", [("2026-02-01", None)], "2026-03-01", None, "", []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("example", "lines", "onset", "stop", "outcome", "wrong"), TRACKS, ids=[t[0] for t in TRACKS]
)
def test_a_track_agrees_with_its_event(example, lines, onset, stop, outcome, wrong):
    found = problems(steps(*lines), at(onset), at(stop), outcome)
    assert [(one.line, one.item) for one in found] == wrong
    assert all(one.sentence.en and one.sentence.zh for one in found)


def test_the_worst_grade_is_the_highest_known():
    assert worst(steps(("2026-03-01", 2), ("2026-03-02", 4), ("2026-03-03", None))) == 4
    assert worst(steps(("2026-03-01", None))) is None
    assert worst([]) is None


def test_the_grade_of_a_day_is_that_of_the_last_line():
    track = steps(("2026-03-05", 3), ("2026-03-01", 2))
    assert [grade_on(track, date(2026, 3, day)) for day in (1, 4, 5, 9)] == [2, 2, 3, 3]
    assert grade_on(track, date(2026, 2, 28)) is None


DAY = date(2026, 1, 10)


def days(number: int) -> date:
    return DAY + timedelta(days=number)


def plan(key: str) -> AdverseEventPlan:
    return Protocol.from_document(read_file(FOLDER / f"{key}.yaml").document).adverse_events


# study; c1d1, randomised, last dose, CAR-T, graft as days from day 0; first and last day of the window
WINDOWS = [
    ("BLINA-FULL", (None, None, None, None, None), None, None),
    ("BLINA-FULL", (0, None, None, None, None), 0, None),
    ("BLINA-FULL", (0, None, 100, None, None), 0, 130),
    ("BLINA-FULL", (0, None, 100, 110, None), 0, 200),
    ("BLINA-FULL", (0, None, 200, 110, None), 0, 230),
    ("VIP-BLINA-HSCT", (0, None, None, None, 150), 0, 250),
    ("VIP-BLINA-HSCT", (0, None, 145, None, 150), 0, 250),
    ("VIP-BLINA-HSCT", (0, None, 145, None, None), 0, 175),
    ("BLINA-VEN", (0, None, 50, None, None), 0, 80),
    ("BLINA-INTENS", (5, 0, None, None, None), 5, None),
    ("BLINA-INTENS", (None, 0, None, None, None), 0, None),
    ("BLINA-INTENS", (None, 0, None, None, 40), 0, 140),
    ("BLINA-INTENS", (5, 0, 20, None, None), 5, 60),
    ("BLINA-INTENS", (5, 0, 31, None, None), 5, 61),
    ("BLINA-INTENS", (5, 0, 20, None, 40), 5, 140),
]


@pytest.mark.parametrize(("study", "anchors", "start", "end"), WINDOWS)
def test_the_window_of_each_study(study, anchors, start, end):
    c1d1, randomised, last, cells, graft = (None if one is None else days(one) for one in anchors)
    found = window(plan(study).window, Milestones(c1d1, randomised, DAY, last, cells, graft))
    assert found.start == (None if start is None else days(start))
    assert found.end == (None if end is None else days(end))


INSIDE = [
    (None, Window(days(0), days(30)), U),
    ("2026-01-09", Window(days(0), days(30)), F),
    ("2026-01-10", Window(days(0), days(30)), T),
    ("2026-02-09", Window(days(0), days(30)), T),
    ("2026-02-10", Window(days(0), days(30)), F),
    ("2026-02-10", Window(days(0), None), T),
    ("2026-01", Window(days(0), days(30)), U),
    ("2025", Window(days(0), days(30)), F),
    ("2026-02-10", Window(None, None), F),
]


@pytest.mark.parametrize(("onset", "span", "expected"), INSIDE)
def test_an_event_begins_in_the_window_or_not(onset, span, expected):
    assert began_inside(at(onset), span) is expected


EMERGENT = [
    (None, days(0), U), ("2026-01-09", days(0), F), ("2026-01-10", days(0), T), ("2026-01", days(0), U), ("2026-01-10", None, F),
]  # fmt: skip


@pytest.mark.parametrize(("onset", "c1d1", "expected"), EMERGENT)
def test_treatment_emergent_counts_from_the_first_dose(onset, c1d1, expected):
    assert treatment_emergent(at(onset), c1d1) is expected


# study, term, baseline grade, phase, its day; how it is recorded (None: as any event)
RECORDED = [
    ("BLINA-FULL", "Neutrophil count decreased", 0, "IND_CHEMO", 8, None),
    ("BLINA-FULL", "Neutrophil count decreased", 1, "IND_CHEMO", 8, "if_serious"),
    ("BLINA-FULL", "Alanine aminotransferase increased", 1, "IND_CHEMO", 8, None),
    ("BLINA-FULL", "Neutrophil count decreased", 0, "CAR_T", 5, "if_serious"),
    ("BLINA-FULL", "Neutrophil count decreased", 0, "HSCT", 42, "if_serious"),
    ("BLINA-FULL", "Neutrophil count decreased", 0, "HSCT", 43, None),
    ("BLINA-FULL", "Neutrophil count decreased", 0, "", 0, None),
    ("BLINA-INTENS", "Platelet count decreased", 0, "BLINA", 3, None),
    ("BLINA-INTENS", "Platelet count decreased", 0, "HSCT", 3, "if_serious"),
]


@pytest.mark.parametrize(("study", "term", "baseline", "phase", "day", "expected"), RECORDED)
def test_what_a_study_records_of_laboratory_grades(study, term, baseline, phase, day, expected):
    rule = plan(study).rule_for(term, baseline, phase, day)
    assert (rule.record if rule else None) == expected


AGENTS = [
    ("BLINA-FULL", ("chemo", "blinatumomab", "car_t", "hsct")),
    ("VIP-BLINA-HSCT", ("chemo", "blinatumomab", "hsct")),
    ("BLINA-VEN", ("chemo", "blinatumomab", "venetoclax", "hsct")),
    ("BLINA-INTENS", ("blinatumomab", "hsct")),
]


@pytest.mark.parametrize(("study", "expected"), AGENTS)
def test_causality_is_asked_for_the_agents_of_the_study(study, expected):
    assert plan(study).agents == expected


def test_a_file_without_the_section_has_every_agent_and_grade_3():
    assert AdverseEventPlan.of(None) is DEFAULT
    assert (len(DEFAULT.agents), DEFAULT.propose_from_grade) == (5, 3)


NAMES = [
    ("Neutrophil count decreased", "Neutrophil count decreased"),
    ("  neutrophil   COUNT decreased ", "Neutrophil count decreased"),
    ("中性粒细胞计数降低", "Neutrophil count decreased"),
    ("Anaemia", "Anemia"),
    ("Hypocalcemia (ionised)", "Hypocalcemia"),
    ("Infections and infestations - Other, specify", "Infections and infestations - Other, specify"),
    ("Feels unwell", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "expected"), NAMES)
def test_a_term_is_found_in_either_language(text, expected):
    found = ctcae.named(text)
    assert (found.name.en if found else None) == expected


SEARCHES = [
    ("neurotoxicity", "Encephalopathy", "ICE"),
    ("Neurotox", "Encephalopathy", "ICE"),
    ("神经毒性", "Encephalopathy", "ICE"),
    ("神经", "Encephalopathy", "ICE"),
    ("icans", "Seizure", "ICE"),
    ("veno-occlusive", "Sinusoidal obstruction syndrome", ""),
    ("ne", None, None),  # too short to mean anything
    ("Feels unwell", None, None),
    ("", None, None),
]


@pytest.mark.parametrize(("text", "term", "form"), SEARCHES)
def test_words_that_are_no_term_find_the_terms_that_people_mean(text, term, form):
    found = ctcae.searched(text)
    assert (found.form if found else None) == form
    if term:
        assert term in [one.name.en for one in ctcae.terms_like(text)]
        assert ctcae.named(text) is None


def test_every_search_word_means_terms_of_the_list():
    for one in ctcae.SEARCH_WORDS:
        assert [name for name in one.terms if ctcae.named(name) is None] == []


def test_every_laboratory_term_is_a_term_of_the_ctcae_and_every_term_has_both_names():
    assert [one.name.en for one in LAB_TERMS.values() if ctcae.named(one.name.en) is None] == []
    assert all(one.name.en and one.name.zh and one.grades for one in ctcae.TERMS.values())
    names = [one.name.zh for one in ctcae.TERMS.values()]
    assert len(names) == len(set(names))


def test_grades_have_words_and_some_terms_their_own():
    assert ctcae.grade_wording("Febrile neutropenia", 3).en.startswith("ANC < 1.0")
    assert ctcae.grade_wording("Febrile neutropenia", 5).zh == "死亡"
    assert ctcae.named("Febrile neutropenia").grades == (3, 4, 5)
    assert ctcae.words_of("Feels unwell", "zh-hans") == "Feels unwell"


WORDS = [
    ("Neutrophil count decreased", 1, "< LLN", "< LLN"),
    ("Neutrophil count decreased", 4, "< 0.5 10⁹/L", "< 0.5 10⁹/L"),
    ("Alanine aminotransferase increased", 3, "> 5 × ULN", "> 5 × ULN"),
    ("Creatinine increased", 3, "> 3 × ULN or > 3 × baseline", "> 3 × ULN或> 3 × 基线"),
    ("Anemia", 4, "< LLN, life-threatening", "< LLN，危及生命"),
    ("Nausea", 1, "less appetite, eats as usual", "食欲下降，进食习惯不变"),
    ("Feels unwell", 2, "moderate; minimal or local intervention", "中度；需最低限度或局部干预"),
]


@pytest.mark.parametrize(("term", "grade", "en", "zh"), WORDS)
def test_a_grade_of_a_laboratory_term_is_told_by_its_limits(term, grade, en, zh):
    found = grade_meaning(term, grade)
    assert (found.en, found.zh) == (en, zh)
