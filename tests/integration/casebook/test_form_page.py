"""The form as people meet it: typed values survive refusals, drafts, log-outs and other people's submissions."""

import pytest
from django.test import Client

from tests.cast import Cast, bare_subject
from trialsite.audit import acting
from trialsite.casebook.models import Draft, Subject
from trialsite.casebook.slots import Slot

TYPED = {"performed_on": "2026-01-06", "weight": "70", "weight_unit": "kg", "ecog": "1"}


@pytest.fixture
def url(subject: Subject) -> str:
    return Slot(subject.pk, "SCR", "VS").url()


def test_a_form_is_entered_and_then_read(desk: Client, url: str) -> None:
    answer = desk.post(url, TYPED | {"press": "submit", "base_version": "0"})
    assert answer.status_code == 302, answer.content.decode()
    page = desk.get(url).content.decode()
    assert "70 kg" in page
    assert "Correct" in page


def test_a_wrong_value_is_said_beside_its_field_and_nothing_typed_is_lost(desk: Client, url: str) -> None:
    answer = desk.post(url, TYPED | {"weight": "seventy", "press": "submit", "base_version": "0"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "seventy" in page
    assert 'value="2026-01-06"' in page


def test_an_empty_required_item_asks_for_a_value_or_a_reason(desk: Client, url: str) -> None:
    empty = TYPED | {"weight": "", "press": "submit", "base_version": "0"}
    assert "choose why there is none" in desk.post(url, empty).content.decode()
    assert desk.post(url, empty | {"missing__weight": "NOT_DONE"}).status_code == 302
    assert "Not done" in desk.get(url).content.decode()


def test_what_is_typed_comes_back_from_the_draft(desk: Client, url: str, cast: Cast) -> None:
    answer = desk.post(url + "draft/", TYPED | {"weight": "7x", "base_version": "0"})
    assert "Draft saved" in answer.content.decode()
    desk.logout()
    desk.force_login(cast.coordinator)
    page = desk.get(url).content.decode()
    assert "7x" in page
    assert "choose why there is none" not in page


def test_the_second_of_two_people_sees_both_values(desk: Client, url: str, cast: Cast) -> None:
    desk.post(url, TYPED | {"press": "submit", "base_version": "0"})
    other = Client()
    other.force_login(cast.investigator)
    first = {"press": "submit", "base_version": "1", "reason": "typing error"}
    other.post(url, TYPED | first | {"weight": "71"})
    answer = desk.post(url, TYPED | first | {"weight": "72"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "71" in page
    assert "72" in page
    again = TYPED | first | {"weight": "72", "merge_version": "2"}
    unanswered = desk.post(url, again)
    assert unanswered.status_code == 409
    assert "Both of you changed this" in unanswered.content.decode()
    assert desk.post(url, again | {"choice__weight": "mine"}).status_code == 302


def test_a_visit_that_no_plan_has_is_not_there(client: Client, cast: Cast) -> None:
    address = Slot(bare_subject(cast).pk, "NOWHERE", "VS").url()
    client.force_login(cast.coordinator)
    assert client.get(address).status_code == 404
    assert client.post(address, TYPED).status_code == 404
    assert client.post(address + "draft/", TYPED).status_code == 404


def test_a_stranger_gets_404_for_page_draft_and_history(client: Client, url: str, cast: Cast) -> None:
    client.force_login(cast.stranger)
    assert client.get(url).status_code == 404
    assert client.post(url + "draft/", TYPED).status_code == 404
    assert client.get(url + "history/").status_code == 404
    with acting(user=cast.coordinator):
        assert not Draft.objects.exists()


def test_the_subject_page_shows_the_form_in_its_cell(desk: Client, subject: Subject, url: str) -> None:
    desk.post(url, TYPED | {"press": "submit", "base_version": "0"})
    page = desk.get(f"/subjects/{subject.pk}/").content.decode()
    assert url in page


def test_the_adverse_event_page_keeps_its_own_item_called_action(desk: Client, subject: Subject) -> None:
    url = Slot(subject.pk, "LOG", "AE").url()
    page = desk.get(url).content.decode()
    assert page.count('name="action_blinatumomab"') == 1
    event = {"term": "Nausea", "onset": "2026-01-06", "serious": "no", "action_blinatumomab": "NONE"}
    answer = desk.post(url, event | {"press": "submit", "base_version": "0"})
    assert "submit is not one of" not in answer.content.decode()


def test_an_empty_choice_is_a_dash_when_typed_and_when_read(desk: Client, subject: Subject) -> None:
    url = Slot(subject.pk, "SCR", "PREG").url()
    assert '<option value="" selected>—</option>' in desk.get(url).content.decode()
    assert desk.post(url, {"performed_on": "2026-01-06", "base_version": "0"}).status_code == 302
    assert "---------" not in desk.get(url).content.decode()


def test_a_fixed_unit_stands_beside_the_field_and_beside_the_value(desk: Client, subject: Subject) -> None:
    url = Slot(subject.pk, "LOG", "ECG").url()
    assert '<span class="unit">ms</span>' in desk.get(url).content.decode()
    typed = {"performed_on": "2026-01-06", "qt_ms": "396", "base_version": "0"}
    assert desk.post(url, typed).status_code == 302
    assert "<dd>396 ms</dd>" in desk.get(url).content.decode()


def test_the_range_of_a_score_is_said_beside_it(desk: Client, subject: Subject) -> None:
    assert "<span>0 to 4</span>" in desk.get(Slot(subject.pk, "LOG", "ICE").url()).content.decode()


def test_the_history_shows_a_quantity_once_and_zero_as_an_answer(desk: Client, url: str) -> None:
    desk.post(url, TYPED | {"ecog": "0", "press": "submit", "base_version": "0"})
    history = desk.get(url + "history/").content.decode()
    assert "<ins>70 kg</ins>" in history
    assert "<ins>0</ins>" in history
    assert history.index("ECOG performance status") > history.index("Date")
    assert desk.get(url + "history/?item=weight").content.decode().count("<ins>") == 1
