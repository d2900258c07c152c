"""Drafts on the server: nobody's record, one version after the other, two windows of one author never overwrite."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from tests.cast import Cast
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.errors import NewerDraft
from trialsite.casebook.models import Draft
from trialsite.casebook.services import DraftWindow, forget_draft, save_draft
from trialsite.casebook.slots import Slot

TYPED = {"performed_on": "2026-01-06", "weight": "70", "weight_unit": "kg", "ecog": "1"}


def save(cast: Cast, slot: Slot, text: str, version: int, name: str = "one", step: int = 1) -> Draft:
    window = DraftWindow(version, name, step)
    with acting(user=cast.coordinator):
        return save_draft(
            slot=slot, typed={"weight": [text]}, base_version=0, window=window, by=cast.coordinator
        )


def saved(cast: Cast) -> list[tuple[str, int]]:
    with acting(user=cast.coordinator):
        return [(draft.typed["weight"][0], draft.version) for draft in Draft.objects.all()]


def test_a_window_saves_one_version_after_the_other(cast: Cast, slot: Slot) -> None:
    assert save(cast, slot, "7x", 0).version == 1
    assert save(cast, slot, "70", 1, step=2).version == 2
    assert saved(cast) == [("70", 2)]


def test_another_window_that_does_not_know_the_newest_is_told_so(cast: Cast, slot: Slot) -> None:
    save(cast, slot, "61", 0)
    with pytest.raises(NewerDraft) as refusal:
        save(cast, slot, "62", 0, "two")
    assert refusal.value.draft is not None
    assert refusal.value.draft.version == 1
    assert saved(cast) == [("61", 1)]
    save(cast, slot, "62", 1, "two")  # having chosen
    assert saved(cast) == [("62", 2)]


def test_what_arrives_twice_or_late_from_one_window_changes_nothing(cast: Cast, slot: Slot) -> None:
    save(cast, slot, "61", 0, step=1)
    save(cast, slot, "62", 0, step=2)  # the first answer was lost on the way
    assert saved(cast) == [("62", 2)]
    assert save(cast, slot, "61", 0, step=1).version == 2
    assert saved(cast) == [("62", 2)]


def test_the_same_text_from_two_windows_is_no_conflict(cast: Cast, slot: Slot) -> None:
    save(cast, slot, "61", 0)
    save(cast, slot, "61", 0, "two")
    assert [text for text, _version in saved(cast)] == ["61"]


def test_a_draft_that_was_submitted_elsewhere_does_not_come_back_by_itself(cast: Cast, slot: Slot) -> None:
    save(cast, slot, "61", 0)
    with acting(user=cast.coordinator):
        forget_draft(slot=slot, by=cast.coordinator)
    with pytest.raises(NewerDraft) as refusal:
        save(cast, slot, "62", 1)
    assert refusal.value.draft is None
    assert saved(cast) == []


def test_a_draft_is_no_record_no_query_and_not_in_the_trail(cast: Cast, slot: Slot) -> None:
    with acting(user=cast.coordinator):
        before = Trail.objects.count()
    save(cast, slot, "not a number", 0)
    with acting(user=cast.coordinator):
        assert Trail.objects.count() == before


def test_who_enters_no_forms_saves_no_drafts(cast: Cast, slot: Slot) -> None:
    with acting(user=cast.monitor), pytest.raises(PermissionDenied):
        save_draft(slot=slot, typed={}, base_version=0, by=cast.monitor)


# The addresses


def test_the_answer_to_a_save_gives_the_version_and_the_words(desk: Client, slot: Slot) -> None:
    first = desk.post(slot.draft_url, TYPED | {"draft_version": "0", "window": "one", "window_step": "1"})
    assert first.json()["version"] == 1
    assert first.json()["words"].startswith("Draft saved ")
    other = desk.post(slot.draft_url, TYPED | {"ecog": "2", "draft_version": "0", "window": "two"})
    assert other.status_code == 409
    assert json.loads(other.content)["version"] == 1
    assert "Another window saved a newer draft" in other.json()["words"]
    page = desk.get(slot.url())
    assert 'name="draft_version" value="1"' in page.content.decode()
    assert "no-store" in page["Cache-Control"]


def test_without_javascript_a_second_window_is_shown_that_there_is_a_newer_one(
    desk: Client, slot: Slot
) -> None:
    press = {"press": "draft", "base_version": "0", "draft_version": "0"}
    assert desk.post(slot.url(), TYPED | press).status_code == 302
    second = desk.post(slot.url(), TYPED | press | {"weight": "71"})
    page = second.content.decode()
    assert second.status_code == 409
    assert "Another window saved a newer draft" in page
    assert 'value="71"' in page
    assert 'name="draft_version" value="1"' in page
    assert desk.post(slot.url(), TYPED | press | {"weight": "71", "draft_version": "1"}).status_code == 302


def test_a_submission_leaves_the_newer_draft_of_another_window(desk: Client, cast: Cast, slot: Slot) -> None:
    desk.post(slot.draft_url, TYPED | {"draft_version": "0", "window": "one", "window_step": "1"})
    desk.post(slot.draft_url, TYPED | {"weight": "71", "draft_version": "1", "window": "two"})
    done = desk.post(slot.url(), TYPED | {"press": "submit", "base_version": "0", "draft_version": "1"})
    assert done.status_code == 302
    assert saved(cast) == [("71", 2)]
    page = desk.get(slot.url()).content.decode()
    assert "This form was saved after you began this draft." in page


def test_the_key_of_local_copies_is_each_persons_own_and_the_same_at_every_log_in(
    desk: Client, cast: Cast
) -> None:
    first = desk.get("/drafts/key/")
    assert "no-store" in first["Cache-Control"]
    desk.logout()
    desk.force_login(cast.coordinator)
    assert desk.get("/drafts/key/").json() == first.json()
    desk.force_login(cast.investigator)
    other = desk.get("/drafts/key/").json()
    assert other["key"] != first.json()["key"]
    assert other["owner"] != first.json()["owner"]
    assert str(cast.investigator.pk) not in str(other)
