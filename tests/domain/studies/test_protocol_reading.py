# ruff: noqa: E501 (tables are read across)
"""A protocol file that is wrong says so with file, line, path and what would be accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsite.studies.domain.check import check_reading
from trialsite.studies.domain.fact_names import FACTS
from trialsite.studies.domain.problems import ProtocolProblem
from trialsite.studies.domain.read import read_file, read_text
from trialsite.studies.domain.rule_checks import near_names, unknown_fact
from trialsite.studies.domain.vocabulary import ANCHORS, FORMS

PROTOCOLS = Path(__file__).parents[3] / "trialsite" / "studies" / "protocols"
FULL = (PROTOCOLS / "BLINA-FULL.yaml").read_text(encoding="utf-8")


def problems_after(old: str, new: str) -> tuple[ProtocolProblem, ...]:
    """The problems of BLINA-FULL after one change of its text."""
    assert old in FULL, f"The file has no {old!r} to change."
    reading = read_text(FULL.replace(old, new, 1), "changed.yaml")
    return check_reading(reading, FACTS, ANCHORS, FORMS)


def line_of(text: str) -> int:
    """The line of BLINA-FULL on which a text first stands."""
    return FULL[: FULL.index(text)].count("\n") + 1


# old text, new text, text that marks the line of the problem, path, part of the sentence
SHAPE = [
    ('version: "1.0"', "version: 1.0", 'version: "1.0"', "version", 'written in quotes, so that it stays exact: "1.0"'),
    ("arms:\n", "arms:\narms:\n", None, "arms", "stands here twice"),
    ("value: 101,", "value: many,", "planned_enrolment: {", "planned_enrolment.value", "a whole number, 1 or more, or null"),
    ("value: 101,", "value: 0,", "planned_enrolment: {", "planned_enrolment.value", "0 is not accepted here"),
    ("value: single-arm", "value: crossover", "design:", "design.value", "one of single-arm, randomised"),
    ("    kind: inclusion\n", "    kind: inclusion\n    colour: red\n", None, "criteria[0].colour", "not known here"),
    ('  cite: registration 000\n\ntitle', "\ntitle", "registration:", "registration", "cite is missing here"),
    ("\n  source: registration\n", "\n  source: hearsay\n", None, "registration.source", "assumption"),
    ("      source: registration\n", "      source: hearsay\n", "      source: registration\n",
     "registration.entries[0].source", "assumption"),
    ("{en: Age 15 to 65 years, zh: 年龄15～65岁}", "{en: Age 15 to 65 years}", "{en: Age 15 to 65", "criteria[0].text",
     "zh is missing here"),
    ('amount: "8"', "amount: 8", 'amount: "8"', "regimens[0].drugs[0].doses[0].amount", 'a decimal in quotes ("1.4")'),
    ('amount: "8"', "amount: 8.5", 'amount: "8"', "regimens[0].drugs[0].doses[0].amount", "in quotes"),
    ("  - id: 000-I4\n", "  - id: I4\n", "  - id: 000-I4\n", "criteria[5].id", "an id such as 000-I5a"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "mark", "path", "part"), SHAPE)
def test_a_wrong_shape_names_file_line_path_and_what_is_accepted(
    old: str, new: str, mark: str | None, path: str, part: str
) -> None:
    found = [
        problem for problem in problems_after(old, new) if problem.path == path and part in problem.sentence
    ]
    assert found, [str(problem) for problem in problems_after(old, new)]
    assert found[0].file == "changed.yaml"
    assert mark is None or found[0].line == line_of(mark)


# old text, new text, path, part of the sentence
NAMES = [
    ("fact: ecog,", "fact: ecogg,", "criteria[5].rule", "close to it are ecog"),
    ('op: "=", value: BCP_ALL', 'op: "=", value: BCP', "criteria[2].rule.all[0]", "accepted are BCP_ALL, T_ALL"),
    ("op: in, value: [0, 1, 2, 3]", "op: among, value: [0]", "criteria[5].rule.op", "The operator is one of"),
    ("{fact: hiv_ab, op: \"=\", value: POS}", "{fact: hiv_ab, op: \">\", value: 1}", "criteria[16].rule", "CODE"),
    ("to: IND_BLINA", "to: IND_BLIN", "phases[1].branches[1].to", "no phase called IND_BLIN"),
    ("regimen: IND_REDUCED", "regimen: REDUCED", "phases[1].regimen", "no regimen called REDUCED"),
    ("phases: [PREPHASE, IND_CHEMO,", "phases: [PREPHASE, INDUCTION,", "arms[0].phases[1]", "no phase called INDUCTION"),
    ("anchor: end_of_blinatumomab", "anchor: end_of_bllina", "visits[6].anchor", "phase_end:<PHASE>"),
    ("anchor: phase:IND_BLINA", "anchor: phase:IND_BLINDA", "visits[4].anchor", "no phase called IND_BLINDA"),
    ("required: [CRS, ICE]", "required: [CRS, ICEE]", "visits[4]", "no form called ICEE"),
    ("repeat: {count: 7, every_days: 1}", "repeat: {count: 7}", "visits[4].repeat", "exactly one of every_days"),
    ("    offset_days: 3\n", "    offset_days: 3\n    offset_months: 1\n", "visits[2]", "exactly one of offset_days"),
    ("days: [4, 11]", "days: [4, 31]", "regimens[4].drugs[2].days", "Day 31 lies outside the cycle of 21 days"),
    ('fraction: "0.2"', 'fraction: "0.3"', "regimens[5].drugs[0].parts", "add up to exactly 1"),
    ("days: [8, 9, 10, 11, 12, 13, 14], when: *heavy}", "days: [8, 9, 10, 15], when: *heavy}",
     "regimens[1].drugs[0].doses[2].days", "Day 15 is not a day of BLINATUMOMAB"),
    ("    events: [relapse, death]\n", "    events: [relapse, dying]\n", "endpoints[0].events[1]", "no event called dying"),
    ("    origin: first_crc\n", "    origin: null\n", "endpoints[0].origin", "needs an origin"),
    ("    role: primary\n", "    role: secondary\n", "endpoints", "must have the role primary"),
    ("refractory_at: [IND_EOI2]", "refractory_at: [EOI2]", "response.refractory_at[0]", "no visit called EOI2"),
    ("    method: MFC\n", "    method: DPCR\n", "endpoints[4].method", "no MRD method called DPCR"),
    ("analysis: per_protocol", "analysis: response_by_counts", "endpoints[0].sensitivity[5]", "needs one of cr_or_cri"),
    ("analysis: response_evaluable", "analysis: response_by_counts", "endpoints[2].sensitivity[0]", "are by counts already"),
    ("timezone: Asia/Shanghai", "timezone: Asia/Pudong", "sites[0].timezone", "no time zone"),
    ("{min_age: 18, max_age: 65,", "{min_age: 19, max_age: 65,", "consent.signers[1].min_age", "without gap or overlap"),
    ("tbil_uln: laboratory", "tbil_uln: lab", "screening.fact_groups.tbil_uln", "no window called lab"),
    ("  - id: 000-I2b\n", "  - id: 000-I2a\n", "criteria[3].id", "000-I2a stands in criteria twice"),
    ("  - id: 000-E1\n", "  - id: 004-E1\n", "criteria[11].id", "none of this trial's registrations"),
    ("value: single-arm", "value: randomised", "randomisation", "needs ratio, block_sizes and strata"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "part"), NAMES)
def test_a_name_that_agrees_with_nothing_is_reported_at_its_line(
    old: str, new: str, path: str, part: str
) -> None:
    found = [problem for problem in problems_after(old, new) if problem.path.startswith(path)]
    assert any(part in problem.sentence for problem in found), [str(one) for one in problems_after(old, new)]
    assert all(problem.line > 1 and problem.file == "changed.yaml" for problem in found)


@pytest.mark.parametrize(
    ("written", "first"),
    [("mrd", ["mrd_state", "mrd_verdict_latest", "mrd_verdict_screening"]), ("tbill", ["tbil"]), ("zzz", [])],
)
def test_names_that_hold_what_was_written_are_suggested_first(written: str, first: list[str]) -> None:
    assert near_names(written, FACTS)[: len(first) or None] == first


def test_without_a_near_name_the_list_of_facts_is_named() -> None:
    assert unknown_fact("zzz", FACTS) == (
        "No form supplies a fact called zzz; see the list of facts"
        " (/protocols/vocabulary/ or docs/protocol-vocabulary.md)."
    )


def test_null_is_to_be_left_out_only_where_the_key_may_be() -> None:
    (optional,) = problems_after("    offset_days: 3\n", "    offset_days: 3\n    phase: null\n")[:1]
    assert optional.sentence.endswith("or be left out.")
    needed = problems_after("kind: exclusion", "kind: null")
    assert [one.sentence for one in needed if "null" in one.sentence] == [
        "null is not accepted here; it must be one of inclusion, exclusion."
    ]


def test_the_line_of_an_unknown_fact_is_the_line_it_stands_on() -> None:
    (problem,) = problems_after("fact: ecog,", "fact: ecogg,")
    assert problem.line == line_of("fact: ecog,")
    assert str(problem).startswith(f"changed.yaml:{problem.line}: criteria[5].rule: No form supplies a fact")


def test_every_problem_is_collected_in_one_pass_in_the_order_of_the_file() -> None:
    text = (
        FULL.replace("value: 101,", "value: many,")
        .replace('amount: "8"', "amount: 8")
        .replace("kind: exclusion", "kind: no", 1)
    )
    problems = read_text(text, "x.yaml").problems
    assert [problem.path for problem in problems] == [
        "planned_enrolment.value",
        "criteria[11].kind",
        "regimens[0].drugs[0].doses[0].amount",
    ]


def test_a_value_without_source_is_reported() -> None:
    bare = read_text(
        FULL.replace("{value: II, source: registration, cite: registration 000}", "{value: II}"), "x.yaml"
    )
    assert [problem.path for problem in bare.problems] == ["phase"]


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("key: [A\nversion: 1\n", 2, "not readable YAML"),
        ("- a\n- b\n", 1, "one YAML document, a mapping"),
        ("key: A\n---\nkey: B\n", 1, "one YAML document"),
        ("", 1, "one YAML document"),
    ],
)
def test_a_file_that_is_no_protocol_is_one_sentence(text: str, line: int, part: str) -> None:
    (problem,) = read_text(text, "broken.yaml").problems
    assert (problem.file, problem.line) == ("broken.yaml", line)
    assert part in problem.sentence


@pytest.mark.parametrize(
    "text", ["op: >=\n", "a:\n\tb: 1\n", "a: one: two\n", "{fact: x, op: >, value: 1}\n"]
)
def test_yaml_that_cannot_be_read_comes_with_what_is_usually_wrong(text: str) -> None:
    (problem,) = read_text(text, "broken.yaml").problems
    assert "texts with a colon in quotes; indent with spaces, never tabs." in problem.sentence


def test_yaml_does_not_change_values_behind_the_author_s_back() -> None:
    document = read_text(
        "a: no\nb: on\nc: 010\nd: 12:30\ne: 2026-05-01\nf: true\ng: null\nh: 12\ni: '12'\n", "x"
    ).document
    assert document == {
        "a": "no", "b": "on", "c": "010", "d": "12:30", "e": "2026-05-01", "f": True, "g": None, "h": 12, "i": "12",
    }  # fmt: skip


def test_an_alias_that_contains_itself_is_refused() -> None:
    problems = read_text("a: &loop [*loop]\n", "x.yaml").problems
    assert any("contains itself" in problem.sentence for problem in problems)


def test_merge_keys_are_refused() -> None:
    problems = read_text("a: &b {c: 1}\nd: {<<: *b}\n", "x.yaml").problems
    assert any("`<<` are not accepted" in problem.sentence for problem in problems)


def test_a_missing_file_and_a_file_in_another_encoding_are_sentences(tmp_path: Path) -> None:
    (missing,) = read_file(tmp_path / "none.yaml").problems
    assert "cannot be read" in missing.sentence
    (tmp_path / "gbk.yaml").write_bytes("key: 方案".encode("gbk"))
    (encoding,) = read_file(tmp_path / "gbk.yaml").problems
    assert "not UTF-8" in encoding.sentence
