"""Forms by the API: entered, corrected and voided as on their page, with the same sentences at the same fields."""

import csv
import io
import json
from datetime import date
from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast
from tests.integration.assessments.entries import result
from tests.integration.review.entries import enter
from tests.integration.test_api import token_of
from trialsite.audit import acting
from trialsite.audit.models import Event, Trail
from trialsite.casebook.models import Draft, Subject
from trialsite.casebook.registries import forms
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.review.models import Query

from .desk import VITALS, api, put, sentences_on

TYPO = {"reason": "typing error"}


@pytest.fixture
def desk(client: Client, cast: Cast) -> Client:
    """The coordinator's program, with a token."""
    client.defaults["HTTP_AUTHORIZATION"] = token_of(cast.coordinator)["Authorization"]
    return client


@pytest.fixture
def report(cast: Cast, subject: Subject) -> Slot:
    """A haematology report with two lines."""
    slot = Slot(subject.pk, "SCR", "HEM")
    with acting(user=cast.coordinator):
        lines = [result("anc", "1.5", "10*9/L"), result("platelets", "20", "10*9/L")]
        submit_form(
            slot=slot, values={"performed_on": date(2026, 1, 6)}, rows={"results": lines}, by=cast.coordinator
        )
    return slot


def lines_of(cast: Cast, slot: Slot) -> dict[int, tuple[str, str]]:
    with acting(user=cast.coordinator):
        record = open_slot(slot, Subject.objects.get(pk=slot.subject_id), forms[slot.form_key]).record
        return {one.line: (one.analyte, one.result.text) for one in record.lines.filter(voided=False)}


def test_an_empty_slot_is_read_as_the_blank_page(desk: Client, slot: Slot, report: Slot) -> None:
    found = desk.get(api(slot)).json()
    assert (found["id"], found["state"], found["version"], found["held"]) == (None, "empty", 0, "")
    assert (found["visit"], found["form"]) == ("SCR.1", "VS.1")
    assert (found["fields"]["weight"], found["fields"]["weight_unit"], found["fields"]["ecog"]) == (
        "",
        "kg",
        "",
    )
    saved = desk.get(api(report)).json()
    assert (saved["state"], saved["version"]) == ("submitted", 1)
    assert [saved["fields"][f"results-{place}-line"] for place in (0, 1)] == ["1", "2"]
    assert saved["fields"]["results-1-result"] == "20"


def test_a_form_is_entered_and_stands_as_it_was_typed(desk: Client, slot: Slot, cast: Cast) -> None:
    answer = put(desk, slot, VITALS | {"weight": "<70.50"})
    assert answer.status_code == 201, answer.content
    assert answer.json()["version"] == 1
    assert answer.json()["fields"]["weight"] == "<70.50"
    assert answer.json() == desk.get(api(slot)).json()


def test_what_a_correction_does_not_send_stands(desk: Client, slot: Slot) -> None:
    put(desk, slot, VITALS | {"missing__height": "NOT_DONE"})
    answer = put(desk, slot, {"weight": "71"}, base_version=1, **TYPO)
    assert answer.status_code == 200, answer.content
    fields = answer.json()["fields"]
    assert (fields["weight"], fields["ecog"], fields["missing__height"]) == ("71", "1", "NOT_DONE")
    assert answer.json()["version"] == 2
    again = put(desk, slot, fields, base_version=2)
    assert (again.status_code, again.json()["version"]) == (200, 2)


def test_the_trail_says_who_why_and_in_which_request(desk: Client, slot: Slot, cast: Cast) -> None:
    put(desk, slot, VITALS)
    answer = put(
        desk, slot, {"weight": "71"}, base_version=1, reason="source corrected", reason_text="the ward's list"
    )
    with acting(user=cast.coordinator):
        last = Trail.objects.filter(table_name="assessments_vitalsigns").latest("id")
    assert (last.user_id, last.role) == (cast.coordinator.pk, "coordinator")
    assert last.reason == "source corrected: the ward's list"
    assert str(last.request_id) == answer.headers["X-Request-ID"]


def test_a_draft_in_the_browser_survives(desk: Client, slot: Slot, cast: Cast) -> None:
    browser = Client()
    browser.force_login(cast.coordinator)
    browser.post(slot.draft_url, {"weight": "7x", "base_version": "0"})
    assert put(desk, slot, VITALS).status_code == 201
    with acting(user=cast.coordinator):
        assert Draft.objects.get().typed["weight"] == ["7x"]


# Refusals


BAD: dict[str, tuple[str, str, dict[str, str]]] = {
    "no number": ("SCR", "VS", VITALS | {"weight": "seventy"}),
    "nothing and no reason": ("SCR", "VS", VITALS | {"weight": ""}),
    "value and reason": ("SCR", "VS", VITALS | {"missing__weight": "NOT_DONE"}),
    "no living person": ("SCR", "VS", VITALS | {"weight": "1000"}),
    "no choice": ("SCR", "VS", VITALS | {"ecog": "9", "performed_on": "soon"}),
    "a day to come": ("SCR", "VS", VITALS | {"performed_on": "2999-01-01"}),
    "an identifier": ("SCR", "AE", {"term": "call 13800138000", "onset": "2026-13"}),
    "end of treatment": ("LOG", "EOT", {"performed_on": "2026-01-06", "reason": "BORED"}),
    "lines": (
        "SCR",
        "HEM",
        {
            "performed_on": "2026-01-06", "results-0-analyte": "anc", "results-0-result": "many",
            "results-1-analyte": "platelets", "results-1-result": "20", "results-1-lln": "x",
            "results-2-result": "3",
        },
    ),
    "lines of doses": (
        "LOG",
        "BLI",
        {"performed_on": "2026-01-06", "segments-0-start": "noon", "segments-0-rate": "x"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("what", BAD)
def test_page_and_api_say_the_same_at_the_same_fields(
    desk: Client, subject: Subject, cast: Cast, what: str, language: str
) -> None:
    visit, form, fields = BAD[what]
    slot = Slot(subject.pk, visit, form)
    browser = Client(headers={"accept-language": language})
    browser.force_login(cast.coordinator)
    counts = {
        f"{row.name}-{count}": number
        for row in forms[form].rows
        for count, number in (("TOTAL_FORMS", "3"), ("INITIAL_FORMS", "0"))
    }
    page = browser.post(slot.url(), fields | counts | {"press": "submit", "base_version": "0"})
    assert page.status_code == 422
    desk.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    answer = put(desk, slot, fields)
    assert answer.status_code == 400, answer.content
    said = sentences_on(page.content.decode())
    assert said
    assert answer.json()["errors"] == said
    with acting(user=cast.coordinator):
        assert open_slot(slot, subject, forms[form]).record is None


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"fields": {"wieght": "70"}}, {"wieght"}),
        ({"fields": VITALS | {"weight": 70}}, {"weight"}),
        ({"fields": VITALS | {"results-0-result": "1"}}, {"results-0-result"}),
        ({"fields": VITALS, "base_verison": 1}, {"base_verison"}),
        ({"fields": VITALS, "base_version": "one"}, {"base_version"}),
        ({}, {"fields"}),
        ({"fields": VITALS, "comments": {"x": "y" * 501}}, {"comments.x"}),
    ],
)
def test_what_is_not_understood_is_named(
    desk: Client, slot: Slot, body: dict[str, Any], at: set[str]
) -> None:
    answer = desk.put(api(slot), body, content_type="application/json")
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == at
    assert answer.json()["detail"]


def test_a_correction_says_why(desk: Client, slot: Slot) -> None:
    put(desk, slot, VITALS)
    for why, at in (({}, "reason"), ({"reason": "because"}, "reason"), ({"reason": "other"}, "reason_text")):
        answer = put(desk, slot, {"weight": "71"}, base_version=1, **why)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [at])
    assert desk.get(api(slot)).json()["version"] == 1


def test_an_unusual_value_is_asked_about_and_taken_with_an_answer(
    desk: Client, slot: Slot, cast: Cast
) -> None:
    fields = VITALS | {"temperature": "43"}
    asked = put(desk, slot, fields)
    assert asked.status_code == 422
    ((key, sentence),) = asked.json()["asked"].items()
    assert asked.json()["errors"] == {"temperature": [sentence]}
    wrong = put(desk, slot, fields, comments={key: "call 13800138000"})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, [f"comment-{key}"])
    assert put(desk, slot, fields, comments={key: "measured twice"}).status_code == 201
    with acting(user=cast.coordinator):
        assert Query.objects.get().state == "answered"


def test_without_words_an_unusual_value_opens_a_query(desk: Client, slot: Slot, cast: Cast) -> None:
    fields = VITALS | {"temperature": "43"}
    keys = put(desk, slot, fields).json()["asked"]
    assert put(desk, slot, fields, comments=dict.fromkeys(keys, "")).status_code == 201
    with acting(user=cast.coordinator):
        assert Query.objects.get().state == "open"


# Two at once


def test_a_lost_update_is_refused_with_both_values(desk: Client, slot: Slot) -> None:
    put(desk, slot, VITALS)
    put(desk, slot, {"weight": "71"}, base_version=1, **TYPO)
    answer = put(desk, slot, {"weight": "72"}, base_version=1, **TYPO)
    assert answer.status_code == 409
    (conflict,) = answer.json()["conflicts"]
    values = {name: conflict[name] for name in ("item", "base", "saved", "typed", "saved_by")}
    assert values == {
        "item": "weight", "base": "70 kg", "saved": "71 kg", "typed": "72 kg", "saved_by": "Coordinator",
    }  # fmt: skip
    assert answer.json()["version"] == 2
    assert put(desk, slot, {"weight": "72"}, base_version=2, **TYPO).json()["version"] == 3


def test_what_the_other_changed_elsewhere_stands(desk: Client, slot: Slot) -> None:
    put(desk, slot, VITALS)
    put(desk, slot, {"weight": "71"}, base_version=1, **TYPO)
    answer = put(desk, slot, {"ecog": "2"}, base_version=1, **TYPO)
    assert answer.status_code == 200
    assert (answer.json()["fields"]["weight"], answer.json()["fields"]["ecog"]) == ("71", "2")


def test_who_has_not_read_a_form_does_not_overwrite_it(desk: Client, slot: Slot) -> None:
    put(desk, slot, VITALS)
    assert put(desk, slot, VITALS | {"weight": "72"}, **TYPO).status_code == 409
    voided = Slot(slot.subject_id, "SCR", "PE")
    assert put(desk, voided, {"performed_on": "2026-01-06"}, base_version=1).status_code == 409


# Lines


def test_one_line_is_corrected_by_its_number_and_the_others_stand(
    desk: Client, cast: Cast, report: Slot
) -> None:
    fields = {"results-0-line": "2", "results-0-result": "25"}
    answer = put(desk, report, fields, base_version=1, **TYPO)
    assert answer.status_code == 200, answer.content
    assert lines_of(cast, report) == {1: ("anc", "1.5"), 2: ("platelets", "25")}


def test_a_line_of_a_saved_form_says_which_it_is(desk: Client, cast: Cast, report: Slot) -> None:
    answer = put(desk, report, {"results-1-result": "25"}, base_version=1, **TYPO)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["results-1-line"])
    assert lines_of(cast, report) == {1: ("anc", "1.5"), 2: ("platelets", "20")}


@pytest.mark.parametrize("place", [0, 2, 60])
def test_a_new_line_is_added_and_no_other_moves(desk: Client, cast: Cast, report: Slot, place: int) -> None:
    fields = {"line": "", "analyte": "wbc", "result": "3"}
    typed = {f"results-{place}-{name}": text for name, text in fields.items()}
    answer = put(desk, report, typed, base_version=1, **TYPO)
    assert answer.status_code == 200, answer.content
    assert lines_of(cast, report) == {1: ("anc", "1.5"), 2: ("platelets", "20"), 3: ("wbc", "3")}


def test_a_line_that_is_emptied_is_voided(desk: Client, cast: Cast, report: Slot) -> None:
    fields = {"results-0-line": "1", "results-0-result": ""}
    answer = put(desk, report, fields, base_version=1, **TYPO)
    assert answer.status_code == 200, answer.content
    assert lines_of(cast, report) == {2: ("platelets", "20")}


def test_the_same_new_line_of_two_is_a_conflict_and_not_doubled(
    desk: Client, cast: Cast, report: Slot
) -> None:
    new = {"results-2-line": "", "results-2-analyte": "wbc", "results-2-result": "3"}
    assert put(desk, report, new, base_version=1, **TYPO).status_code == 200
    answer = put(desk, report, new | {"results-2-result": "4"}, base_version=1, **TYPO)
    assert answer.status_code == 409
    assert [(one["item"], one["saved"][:1], one["typed"][:1]) for one in answer.json()["conflicts"]] == [
        ("results.3.result", "3", "4")
    ]


# Voiding, reading, who may


def test_a_form_is_voided_with_a_reason(desk: Client, slot: Slot, cast: Cast) -> None:
    assert desk.delete(api(slot), TYPO, content_type="application/json").status_code == 409
    put(desk, slot, VITALS)
    without = desk.delete(api(slot), {}, content_type="application/json")
    assert (without.status_code, list(without.json()["errors"])) == (400, ["reason"])
    answer = desk.delete(api(slot), {"reason": "wrong visit"}, content_type="application/json")
    assert (answer.status_code, answer.json()["state"], answer.json()["version"]) == (200, "voided", 2)
    assert desk.get(api(slot)).json()["state"] == "empty"
    with acting(user=cast.coordinator):
        last = Trail.objects.filter(table_name="assessments_vitalsigns").latest("id")
    assert last.reason == "wrong visit"


def test_reading_a_form_is_an_event(desk: Client, slot: Slot, cast: Cast) -> None:
    found = put(desk, slot, VITALS).json()
    desk.get(api(slot))
    with acting(role="system"):
        event = Event.objects.get(kind="export.json")
    assert (event.user_id, event.details["table"], event.details["record"]) == (
        cast.coordinator.pk, "vs", found["id"],
    )  # fmt: skip


def test_a_form_is_read_as_of_an_instant_and_not_written_there(desk: Client, slot: Slot) -> None:
    put(desk, slot, VITALS)
    before = "/as-of/2026-01-01T00:00:00Z"
    assert desk.get(api(slot), {"as_of": "2026-01-01T00:00Z"}).status_code == 404  # the subject came later
    answer = desk.put(before + api(slot), {"fields": VITALS}, content_type="application/json")
    assert answer.status_code == 405


@pytest.mark.parametrize(
    ("part", "status"),
    [("coordinator", 201), ("investigator", 201), ("monitor", 403), ("data_manager", 403),
     ("statistician", 403), ("inspector", 403), ("administrator", 403), ("stranger", 404)],
)  # fmt: skip
def test_who_may_submit_on_the_page_may_by_the_api(
    client: Client, cast: Cast, slot: Slot, part: str, status: int
) -> None:
    client.force_login(cast.people()[part])
    answer = put(client, slot, VITALS)
    assert answer.status_code == status
    assert status == 201 or answer.json()["detail"]


def test_a_session_needs_its_csrf_token_and_a_token_none(cast: Cast, slot: Slot) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.coordinator)
    assert put(browser, slot, VITALS).status_code == 403
    program = Client(enforce_csrf_checks=True, headers=token_of(cast.coordinator))
    assert put(program, slot, VITALS).status_code == 201


def test_a_place_that_is_none_is_404(desk: Client, subject: Subject) -> None:
    for visit, form in (("NOWHERE", "VS"), ("SCR", "NONE")):
        slot = Slot(subject.pk, visit, form)
        assert desk.get(api(slot)).status_code == 404
        assert put(desk, slot, VITALS).status_code == 404
    assert desk.get(f"/api/v1/subjects/{subject.pk}/slots/SCR/VS/").status_code == 404


def test_only_json_is_taken(desk: Client, slot: Slot) -> None:
    assert (
        desk.put(api(slot), "weight=70", content_type="application/x-www-form-urlencoded").status_code == 415
    )
    broken = desk.put(api(slot), "{", content_type="application/json")
    assert (broken.status_code, "errors" in broken.json()) == (400, False)


def test_the_openapi_document_describes_what_is_sent_and_answered(client: Client, cast: Cast) -> None:
    document = client.get("/api/v1/schema/?format=json").json()
    told = document["paths"]["/api/v1/subjects/{subject_id}/slots/{visit}/{form}/"]
    assert set(told) == {"get", "put", "delete"}
    refused = {"400", "401", "403", "404", "406", "409", "412", "415", "422", "423", "429"}
    assert set(told["put"]["responses"]) == {"200", "201"} | refused
    schemas = document["components"]["schemas"]
    assert set(schemas["Submission"]["properties"]) == {
        "fields", "base_version", "reason", "reason_text", "comments",
    }  # fmt: skip
    assert schemas["Submission"]["required"] == ["fields"]
    assert "conflicts" in schemas["LostUpdate"]["properties"]
    assert {"type", "title", "status", "detail", "errors", "asked"} < set(schemas["Question"]["properties"])
    assert {"item", "text"} <= set(schemas["Ask"]["properties"])
    assert "application/json" in told["put"]["requestBody"]["content"]
    assert json.dumps(told["put"]["requestBody"]).count("Submission") == 1


def test_an_item_called_reason_is_not_the_reason_of_a_correction(
    client: Client, cast: Cast, subject: Subject
) -> None:
    slot = Slot(subject.pk, "LOG", "EOT")
    typed = {"performed_on": "2026-01-06", "last_dose_on": "2026-01-05", "reason": "COMPLETED"}
    client.force_login(cast.coordinator)
    answer = client.post(slot.url(), typed | {"press": "submit", "base_version": "0"})
    assert answer.status_code == 302
    corrected = {"last_dose_on": "2026-01-04", "change-reason": "typing error", "base_version": "1"}
    sent = typed | corrected | {"press": "submit"}
    assert "Visits move" in client.post(slot.url(), sent).content.decode()
    assert client.post(slot.url(), sent | {"confirmed": "1"}).status_code == 302
    answer = put(client, slot, {"last_dose_on": "2026-01-03"}, base_version=2, **TYPO)
    assert (answer.status_code, answer.json()["fields"]["reason"]) == (200, "COMPLETED")


def test_a_form_entered_by_a_service_reads_as_it_is_typed(desk: Client, cast: Cast, subject: Subject) -> None:
    enter(subject, cast)
    fields = desk.get(api(Slot(subject.pk, "SCR", "VS"))).json()["fields"]
    assert (fields["performed_on"], fields["weight"], fields["weight_unit"]) == ("2026-01-06", "70", "kg")


def test_the_finding_beside_a_result_is_taken_where_its_grade_asks_and_refused_elsewhere(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    slot = Slot(subject.pk, "SCR", "CHEM")
    line = {"results-0-analyte": "potassium", "results-0-result": "3.2", "results-0-result_unit": "mmol/L"}
    fields = {"performed_on": "2026-01-06", **line}
    answer = put(desk, slot, fields | {"results-0-finding": "CONSEQUENCE"})  # of uric acid
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["results-0-finding"])
    answer = put(desk, slot, fields | {"results-0-finding": "SYMPTOMS_OR_TREATMENT"})
    assert answer.status_code == 201, answer.content
    assert answer.json()["fields"]["results-0-finding"] == "SYMPTOMS_OR_TREATMENT"
    lines = desk.get("/api/v1/forms/CHEM/results/?format=csv")
    text = b"".join(lines.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["analyte"], row["finding"]) == ("potassium", "SYMPTOMS_OR_TREATMENT")
