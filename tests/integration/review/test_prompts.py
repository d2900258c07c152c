"""A correction says which edit check prompted it: one that fired on what was saved, whatever a client sends."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.test import Client

from tests.cast import Cast, bare_subject
from tests.integration.review.entries import DAY
from tests.integration.review.test_queries import ask, enter, standing, step
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.edit_checks import EditCheck, edit_check
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Finding, forms
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity

CHECK = "check usual-vital-signs v1"


@pytest.fixture
def subject(cast: Cast) -> Subject:
    """With a temperature about which the check asked."""
    found = bare_subject(cast)
    enter(found, cast, temperature="43")
    return found


def prompts(subject: Subject, table: str = "assessments_vitalsigns") -> list[str]:
    """What prompted each change of a saved row, in order."""
    with acting(role="system"):
        entries = Trail.objects.filter(chain=f"subject:{subject.pk}", table_name=table, action="U")
        return list(entries.order_by("pk").values_list("prompt", flat=True))


def correct(subject: Subject, cast: Cast, weight: str, temperature: str, version: int = 1) -> None:
    enter(subject, cast, weight, temperature, base_version=version, reason="typing error")


@pytest.mark.parametrize("temperature", ["37", "42.5"], ids=["usual", "as unusual"])
def test_a_correction_of_what_a_check_asked_about_names_it(
    cast: Cast, subject: Subject, temperature: str
) -> None:
    correct(subject, cast, "70", temperature)
    assert prompts(subject) == [CHECK]


def test_a_correction_of_something_else_was_not_prompted(cast: Cast, subject: Subject) -> None:
    correct(subject, cast, "71", "43")
    assert prompts(subject) == [""]


def test_what_was_closed_prompts_nothing_any_more(cast: Cast, subject: Subject) -> None:
    (query,) = standing(cast)
    step(query, "answer", cast.coordinator, "measured twice")
    step(query, "close", cast.monitor)
    correct(subject, cast, "70", "37")
    assert prompts(subject) == [""]


def test_a_check_that_fires_on_the_new_value_alone_did_not_prompt_it(cast: Cast) -> None:
    found = bare_subject(cast)
    enter(found, cast)
    correct(found, cast, "70", "43")
    assert prompts(found) == [""]


def test_a_question_of_a_person_is_no_edit_check(cast: Cast) -> None:
    found = bare_subject(cast)
    enter(found, cast)
    ask(cast, found)
    correct(found, cast, "71", "36.8")
    assert prompts(found) == [""]


def test_a_client_cannot_name_a_prompt(client: Client, cast: Cast, subject: Subject) -> None:
    client.force_login(cast.coordinator)
    typed = {
        "press": "submit", "base_version": "1", "performed_on": DAY.isoformat(), "temperature": "43",
        "temperature_unit": "Cel", "weight": "71", "weight_unit": "kg", "height": "172", "height_unit": "cm",
        "ecog": "1", "reason": "typing error", "prompt": "check made-up v9", "comment-made-up|weight": "asked",
        "comment-usual-vital-signs|temperature": "measured twice",
    }  # fmt: skip
    answer = client.post(Slot(subject.pk, "SCR", "VS").url(), typed)
    assert answer.status_code == 302
    assert prompts(subject) == [""]


def low(limit: int) -> EditCheck:
    @edit_check("Platelets", key="low", hard=False)
    def check(values, rows, subject) -> Iterator[Finding]:
        for index, line in enumerate(rows.get("results", ())):
            if line.get("result") is not None and line["result"].canonical < limit:
                yield Finding(f"results.{index}.result", "low")

    return check


def report(subject: Subject, cast: Cast, *lines: tuple[int | None, str, str], **options) -> None:
    rows = [
        {"analyte": analyte, "result": Quantity.parse(text, "10*9/L", analyte)}
        | ({"line": line} if line else {})
        for line, analyte, text in lines
    ]
    with acting(user=cast.coordinator):
        slot = Slot(subject.pk, "SCR", "HEM")
        submit_form(
            slot=slot, values={"performed_on": DAY}, rows={"results": rows}, by=cast.coordinator, **options
        )


def test_a_line_is_known_by_its_number_and_not_by_its_place(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(forms._entries, "HEM", replace(forms["HEM"], checks=(low(10),)))
    found = bare_subject(cast)
    report(found, cast, (None, "wbc", "20"), (None, "platelets", "5"))
    why = {"reason": "typing error"}
    report(found, cast, (2, "platelets", "5"), (1, "wbc", "21"), base_version=1, **why)
    report(found, cast, (2, "platelets", "50"), (1, "wbc", "21"), base_version=2, **why)
    assert prompts(found, "assessments_labresult") == ["", "check low v1"]
