"""The difference of two versions in words: no key or code where people have a name, in both languages."""

from copy import deepcopy
from typing import Any

import pytest
from django.utils import translation

from tests.cast import document_of
from trialsite.amendments.difference_words import ChangeLine, difference_parts
from trialsite.studies.domain.protocol import Protocol


def keyed(things: list[dict[str, Any]], key: str) -> dict[str, Any]:
    return next(one for one in things if key in (one.get("key"), one.get("id")))


def lines(key: str, amend: Any, language: str = "en") -> dict[str, ChangeLine]:
    """Part and name of what differs → the line."""
    amended = deepcopy(document_of(key))
    amend(amended)
    with translation.override(language):
        parts = difference_parts(Protocol.from_document(document_of(key)), Protocol.from_document(amended))
        return {f"{part.title} | {line.name}": line for part in parts for line in part.lines}


def said(line: ChangeLine) -> list[tuple[str, str, str]]:
    return [(one.label, one.old, one.new) for one in line.properties]


def move_visit(document: dict[str, Any]) -> None:
    visit = keyed(document["visits"], "FU_Q6M")
    visit |= {"offset_months": 36, "required": ["HEM"], "after_days": 45}


def test_a_moved_visit_says_when_in_which_window_and_with_which_forms() -> None:
    (line,) = lines("BLINA-VEN", move_visit).values()
    assert (line.kind, line.kind_words, line.key) == ("moved", "moved", "")
    assert said(line) == [
        (
            "Planned for",
            "day 1 of treatment + 30 months, every 6 months, 6 times, after treatment",
            "day 1 of treatment + 36 months, every 6 months, 6 times, after treatment",
        ),
        ("Window", "± 30 days", "−30 / +45 days"),
    ]


def test_the_same_in_chinese() -> None:
    (line,) = lines("BLINA-VEN", move_visit, "zh-hans").values()
    assert line.kind_words == "时间调整"
    assert [label for label, _old, _new in said(line)] == ["计划时间", "时间窗"]


@pytest.mark.parametrize(
    ("language", "name", "said_of_it"),
    [
        (
            "en",
            "MRD | Samples for MRD",
            [
                ("Days from draw to sending", "1", "2"),
                (
                    "Days from receipt to report",
                    "Flow cytometry: 14; NGS of IG/TR: 21",
                    "Flow cytometry: 10; NGS of IG/TR: 21",
                ),
            ],
        ),
        (
            "zh-hans",
            "MRD | MRD标本",
            [
                ("采样至寄出的天数", "1", "2"),
                ("收到至出报告的天数", "流式细胞术：14；IG/TR NGS：21", "流式细胞术：10；IG/TR NGS：21"),
            ],
        ),
    ],
)
def test_days_of_samples_are_said_by_method(
    language: str, name: str, said_of_it: list[tuple[str, str, str]]
) -> None:
    def amend(document: dict[str, Any]) -> None:
        document["samples"] |= {"send_days": 2, "report_days": {"MFC": 10, "NGS_IG_TR": 21}}

    assert said(lines("BLINA-VEN", amend, language)[name]) == said_of_it


def test_limits_doses_and_code_lists_are_said_old_beside_new() -> None:
    def amend(document: dict[str, Any]) -> None:
        keyed(document["criteria"], "002-I6")["rule"]["value"] = "60"
        drug = keyed(keyed(document["regimens"], "C1_VCD_BLINA")["drugs"], "VINDESINE")
        drug["doses"][0]["cap"] = "3"
        item = keyed(keyed(document["forms"], "TLS")["items"], "time_point")
        item["choices"].append({"code": "H48", "label": {"en": "48 hours after", "zh": "给药后48小时"}})
        document["consent"]["signers"][0]["who"] = ["patient", "guardian"]

    found = lines("BLINA-VEN", amend)
    criterion = found["Eligibility | Creatinine clearance 50 mL/min or more"]
    assert (criterion.key, said(criterion)[0][1:]) == (
        "002-I6",
        ("Creatinine clearance ≥ 50 mL/min", "Creatinine clearance ≥ 60 mL/min"),
    )
    (dose,) = (line for name, line in found.items() if name.endswith("Vindesine"))
    assert said(dose) == [("Dose", "3 mg/m² (at most 4 mg)", "3 mg/m² (at most 3 mg)")]
    (label, old, new) = said(found["Forms of this trial | Tumour lysis check · Time point"])[0]
    assert (label, new.removeprefix(old)) == ("Answers to choose from", "; H48 48 hours after")
    assert said(found["Consent | Consent"]) == [
        ("Who signs the consent", "≥ 18 years: the patient", "≥ 18 years: the patient, the guardian")
    ]


def amend_blinatumomab(document: dict[str, Any]) -> None:
    plan = document["blinatumomab"]
    plan["courses"][0]["hospital"]["days"] = [5, 2]
    plan["dose_modification"]["start_dose"]["fixed"] = "7"
    next(one for one in plan["dose_modification"]["rows"] if one["row"] == "B5")["hold_days"] = 4


def test_what_differs_of_blinatumomab_is_said_by_regimen_and_by_row_of_the_decision_table() -> None:
    found = lines("BLINA-FULL", amend_blinatumomab)
    assert said(found["Regimens | Blinatumomab · Row B5"]) == [("Held for at least, days", "3", "4")]
    ((label, _old, new),) = said(found["Regimens | Blinatumomab"])
    assert label == "Dose when it starts again"
    assert new == "7 µg/day; below 45 kg 5 µg/m²/day, at most 9 µg/day"
    ((label, _old, new),) = (
        each
        for name, line in found.items()
        if "Blinatumomab · " in name and "Row" not in name
        for each in said(line)
    )
    assert (label, new) == ("Days in hospital, advised", "course 1: first 5 days; course 2: first 2 days")


def amend_first_advice(document: dict[str, Any]) -> None:
    before, _intrathecal, after = document["blinatumomab"]["first_infusion"]
    before["marrow_blasts_from_pct"] = "30"
    added = after | {"key": "PARACETAMOL", "text": {"en": "Paracetamol", "zh": "对乙酰氨基酚"}}
    document["blinatumomab"]["first_infusion"] = [before, after, added]


@pytest.mark.parametrize(
    ("language", "changed", "removed", "added"),
    [
        (
            "en",
            (
                "Blinatumomab · Pre-phase with dexamethasone",
                ("From blasts in marrow, %", "50", "30"),
            ),
            "Blinatumomab · Intrathecal prophylaxis before and during treatment is recommended",
            ("Blinatumomab · Paracetamol", ("Shown until, hours after the start", "", "48")),
        ),
        (
            "zh-hans",
            ("贝林妥欧单抗 · 地塞米松预治疗", ("骨髓原始细胞下限（%）", "50", "30")),
            "贝林妥欧单抗 · 建议在治疗前及治疗期间进行鞘内预防",
            ("贝林妥欧单抗 · 对乙酰氨基酚", ("显示至开始输注后（小时）", "", "48")),
        ),
    ],
)
def test_what_is_advised_around_the_first_infusion_is_compared_line_by_line(
    language: str, changed: Any, removed: str, added: Any
) -> None:
    differs = lines("BLINA-FULL", amend_first_advice, language)
    found = {name.partition(" | ")[2]: line for name, line in differs.items()}
    assert said(found[changed[0]]) == [changed[1]]
    assert found[removed].kind == "removed"
    assert (found[added[0]].kind, said(found[added[0]])) == ("added", [added[1]])


def test_what_is_added_says_what_there_is_to_know_of_it_and_what_is_removed_what_there_was() -> None:
    def amend(document: dict[str, Any]) -> None:
        document["visits"].remove(keyed(document["visits"], "HSCT_D42"))
        document["endpoints"].remove(keyed(document["endpoints"], "RFS"))
        document["criteria"].append(keyed(document["criteria"], "002-I6") | {"id": "002-I8"})

    found = lines("BLINA-VEN", amend)
    visit = found["Schedule of activities | Transplantation day +42"]
    assert (visit.kind_words, said(visit)[0]) == (
        "removed",
        ("planned for", "transplantation (day 0) + 42 days", ""),
    )
    (added,) = (line for line in found.values() if line.kind == "added")
    assert (added.key, said(added)) == ("002-I8", [("Rule", "", "Creatinine clearance ≥ 50 mL/min")])
    assert found["Endpoints | Relapse-free survival"].kind == "removed"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    ("one", "other"),
    [("BLINA-FULL", "VIP-BLINA-HSCT"), ("BLINA-INTENS", "BLINA-VEN"), ("BLINA-VEN", "BLINA-FULL")],
)
def test_two_whole_trials_are_compared_without_failing_and_without_bare_data(
    one: str, other: str, language: str
) -> None:
    """Nothing in common: every kind of thing is added, removed and changed."""
    with translation.override(language):
        parts = difference_parts(*(Protocol.from_document(document_of(key)) for key in (one, other)))
    words = [
        text
        for part in parts
        for line in part.lines
        for each in line.properties
        for text in (each.label, each.old, each.new)
    ]
    assert len(words) > 200
    for text in words:
        assert not any(mark in text for mark in ("{", "Text(", "Decimal(", "None", "True", "_"))


RULE = {
    "key": "TOX",
    "name": {"en": "Toxicity", "zh": "毒性"},
    "kind": "toxicity",
    "endpoint": "SAFETY",
    "limit": "0.3",
    "certainty": "0.9",
    "looks": [5, 10],
    "n": 20,
    "pauses_recruitment": True,
    "source": "assumption",
    "cite": "a test",
}


def test_a_stopping_rule_that_is_added_reads_as_a_sentence() -> None:
    (line,) = lines("BLINA-INTENS", lambda document: document.update(monitoring=[RULE])).values()
    ((_label, _old, words),) = said(line)
    assert words == (
        "stop when the rate is above 0.3 with a probability above 0.9; looked at after 5, 10 subjects;"
        " prior Beta(1, 1); recruitment pauses by itself"
    )


def test_a_changed_limit_of_a_stopping_rule_stands_before_and_after() -> None:
    before = deepcopy(document_of("BLINA-INTENS")) | {"monitoring": [RULE]}
    after = deepcopy(before) | {"monitoring": [RULE | {"limit": "0.25", "looks": [4], "endpoint": "OS"}]}
    parts = difference_parts(Protocol.from_document(before), Protocol.from_document(after))
    (line,) = (line for part in parts for line in part.lines)
    assert line.name == "Toxicity"
    assert {label: (old, new) for label, old, new in said(line)} == {
        "Endpoint": (
            "Subjects with an adverse event of grade 3 or more",
            "Overall survival after transplantation",
        ),
        "Limit of the rate": ("0.3", "0.25"),
        "Looked at after so many subjects": ("5, 10", "4"),
    }


COMMITTEE = {
    "forms": ["REL", "DTH"],
    "reviewers": 2,
    "blinded": False,
    "asks": ["date"],
    "source": "assumption",
    "cite": "a test",
}


def test_a_committee_that_is_added_reads_as_a_sentence() -> None:
    (line,) = lines("BLINA-INTENS", lambda document: document.update(adjudication=COMMITTEE)).values()
    ((_label, old, words),) = said(line)
    assert (old, words) == (
        "",
        "Relapse, Death; 2 reviewers each; the chair decides where they disagree; not blinded; asked: whether it is an"
        " event, the date",
    )
