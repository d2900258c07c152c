"""A planned visit that was not done: recorded with its reason, taken back with one, and kept apart from forms."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from assessments.models import PlannedVisit
from assessments.visits.selectors import fresh, pressing
from assessments.visits.standing import SOON_DAYS, standing
from tests.cast import Cast
from tests.integration.casebook.test_forms import enter
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import MissedReason, Subject, Visit
from trialsite.casebook.services import change_state, record_missed_visit, save_draft, undo_missed_visit
from trialsite.casebook.site_day import site_days
from trialsite.casebook.slots import Slot
from trialsite.casebook.trail import in_words

VS = {"performed_on": "2026-01-06", "weight": "70", "weight_unit": "kg", "ecog": "1"}


def miss(subject: Subject, by: User, key: str = "SCR", **options: Any) -> Visit:
    options = {"reason": MissedReason.UNWELL} | options
    with acting(user=by):
        return record_missed_visit(subject_id=subject.pk, key=key, by=by, **options)


def undo(subject: Subject, by: User, reason: str = "new information") -> Visit:
    with acting(user=by):
        return undo_missed_visit(subject_id=subject.pk, key="SCR", by=by, reason=reason)


def planned(cast: Cast, key: str = "SCR") -> PlannedVisit:
    with acting(user=cast.coordinator):
        return fresh(cast.coordinator).get(key=key, repeat=1)


def due(cast: Cast) -> list[str]:
    with acting(user=cast.coordinator):
        return [visit.key for visit in pressing(fresh(cast.coordinator), site_days(), SOON_DAYS)]


# The service


def test_a_missed_visit_leaves_what_is_due_with_its_reason_and_comes_back_when_undone(
    cast: Cast, subject: Subject
) -> None:
    assert due(cast) == ["SCR"]
    miss(subject, cast.coordinator, text="fever")
    row = planned(cast)
    assert (row.missed, row.missed_reason, row.missed_text) == (True, "UNWELL", "fever")
    assert standing(row, date(2026, 3, 1)).words == "not done · Subject unwell: fever"
    assert due(cast) == []
    undo(subject, cast.coordinator)
    assert not planned(cast).missed
    assert due(cast) == ["SCR"]


def test_a_visit_that_waits_for_its_date_can_be_recorded_too(cast: Cast, subject: Subject) -> None:
    miss(subject, cast.coordinator, key="CAR_D0", reason=MissedReason.NOT_APPLICABLE)
    row = planned(cast, "CAR_D0")
    assert (row.target, row.missed_reason) == (None, "NOT_APPLICABLE")


@pytest.mark.parametrize("part", ["monitor", "data_manager", "statistician"])
def test_only_those_who_enter_forms_record_or_undo(cast: Cast, subject: Subject, part: str) -> None:
    who = cast.people()[part]
    with pytest.raises(PermissionDenied, match="enter and correct forms"):
        miss(subject, who)
    miss(subject, cast.investigator)
    with pytest.raises(PermissionDenied, match="enter and correct forms"):
        undo(subject, who)


def test_a_stranger_does_not_reach_the_subject(cast: Cast, subject: Subject) -> None:
    with pytest.raises(Subject.DoesNotExist):
        miss(subject, cast.stranger)
    miss(subject, cast.coordinator)
    with pytest.raises(Subject.DoesNotExist):
        undo(subject, cast.stranger)


@pytest.mark.parametrize(
    ("given", "item"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "HOLIDAY"}, "reason"),
        ({"reason": MissedReason.OTHER}, "text"),
        ({"reason": MissedReason.OTHER, "text": "  "}, "text"),
    ],
)
def test_an_unclear_reason_is_refused_at_its_item(
    cast: Cast, subject: Subject, given: Mapping[str, str], item: str
) -> None:
    with pytest.raises(CheckFailed) as refusal:
        miss(subject, cast.coordinator, **given)
    assert list(refusal.value.messages) == [item]
    assert miss(subject, cast.coordinator, reason=MissedReason.OTHER, text="on honeymoon").missed_words == (
        "on honeymoon"
    )


@pytest.mark.parametrize(("key", "repeat"), [("NONE", 1), ("SCR", 2), ("LOG", 1), ("CAR_DAILY", 3)])
def test_a_visit_that_the_plan_does_not_have_is_refused(
    cast: Cast, subject: Subject, key: str, repeat: int
) -> None:
    with pytest.raises(Refused, match=rf"plan of this subject has no visit {key}\.{repeat}"):
        miss(subject, cast.coordinator, key=key, repeat=repeat)


def test_a_visit_with_forms_is_refused_until_they_are_voided(cast: Cast, subject: Subject) -> None:
    with acting(user=cast.coordinator):
        record = enter(subject, cast)
    with pytest.raises(Refused, match="Forms stand at this visit: VS"):
        miss(subject, cast.coordinator)
    with acting(user=cast.coordinator):
        change_state(record=record, action="void", by=cast.coordinator, reason="wrong subject")
    assert miss(subject, cast.coordinator).missed_reason == MissedReason.UNWELL


def test_a_second_recording_is_refused(cast: Cast, subject: Subject) -> None:
    miss(subject, cast.coordinator)
    with pytest.raises(Refused, match="already"):
        miss(subject, cast.investigator, reason=MissedReason.DECLINED)


def test_a_form_at_a_missed_visit_is_refused_until_that_is_undone(cast: Cast, subject: Subject) -> None:
    miss(subject, cast.coordinator, text="fever")
    with acting(user=cast.coordinator), pytest.raises(Refused, match=r"Subject unwell: fever.*Undo that"):
        enter(subject, cast)
    undo(subject, cast.coordinator)
    with acting(user=cast.coordinator):
        assert enter(subject, cast).visit.key == "SCR"


def test_nothing_is_undone_without_a_reason_or_where_nothing_stands(cast: Cast, subject: Subject) -> None:
    with pytest.raises(Refused, match="nothing to undo"):
        undo(subject, cast.coordinator)
    miss(subject, cast.coordinator)
    with pytest.raises(CheckFailed) as refusal:
        undo(subject, cast.coordinator, reason=" ")
    assert list(refusal.value.messages) == ["reason"]
    assert planned(cast).missed


@pytest.mark.parametrize(
    ("reason", "text"), [("OTHER", ""), ("", "words without a reason")], ids=["other", "no reason"]
)
def test_the_database_holds_that_a_missed_visit_says_why(
    cast: Cast, subject: Subject, reason: str, text: str
) -> None:
    visit = miss(subject, cast.coordinator)
    visit.missed_reason, visit.missed_text = reason, text
    with (
        acting(user=cast.coordinator),
        pytest.raises(IntegrityError, match="missed_visits_say_why"),
        transaction.atomic(),
    ):
        visit.save()


def test_the_trail_tells_in_words_what_was_recorded_and_taken_back(cast: Cast, subject: Subject) -> None:
    miss(subject, cast.coordinator, text="fever")
    undo(subject, cast.investigator, reason="came two days later")
    with acting(user=cast.monitor):
        entries = Trail.objects.filter(table_name="casebook_visit").order_by("id")
        recorded, undone = in_words(entries)
    assert (recorded.what, recorded.action) == ("Visit: Screening", "recorded as not done")
    assert {("Not done because", "Subject unwell"), ("In words", "fever")} <= {
        (item.label, item.new) for item in recorded.items
    }
    assert (undone.what, undone.action, undone.reason) == (
        "Visit: Screening",
        "no longer recorded as not done",
        "came two days later",
    )
    assert undone.who == cast.investigator.full_name
    assert ("Subject unwell", "") in [(item.old, item.new) for item in undone.items]


def test_a_visit_of_which_a_form_is_entered_is_no_missed_one_in_the_trail(
    cast: Cast, subject: Subject
) -> None:
    with acting(user=cast.coordinator):
        enter(subject, cast)
        (entry,) = in_words(Trail.objects.filter(table_name="casebook_visit"))
    assert (entry.what, entry.action) == ("Visit: Screening", "entered")


# The pages


def address(subject: Subject, visit: str = "SCR.1", name: str = "visit-not-done") -> str:
    return reverse(name, args=[subject.pk, visit])


def casebook(desk: Client, subject: Subject) -> str:
    return desk.get(reverse("subject", args=[subject.pk])).content.decode()


def test_a_visit_is_recorded_and_undone_from_the_casebook(desk: Client, subject: Subject) -> None:
    assert address(subject) in casebook(desk, subject)
    assert "Subject could not be reached" in desk.get(address(subject)).content.decode()
    typed = {"reason": "UNREACHABLE", "text": "three calls"}
    assert desk.post(address(subject), typed).url == reverse("subject", args=[subject.pk])
    page = casebook(desk, subject)
    assert "Subject could not be reached: three calls" in page
    assert Slot(subject.pk, "SCR", "VS").url() not in page  # nothing is asked for any more
    undoing = address(subject, name="visit-not-done-undo")
    assert undoing in desk.get(address(subject)).content.decode()
    assert desk.post(undoing, {"reason": "new information"}).status_code == 302
    page = casebook(desk, subject)
    assert "three calls" not in page
    assert Slot(subject.pk, "SCR", "VS").url() in page


def test_who_came_from_the_inbox_goes_back_to_it(desk: Client, subject: Subject) -> None:
    answer = desk.post(address(subject) + "?from=inbox", {"reason": "DECLINED"})
    assert answer.url == reverse("inbox")


def test_a_refusal_stands_at_its_field_and_what_was_typed_is_kept(desk: Client, subject: Subject) -> None:
    answer = desk.post(address(subject), {"reason": "OTHER", "text": ""})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"text": ["Say in your words why."]}
    answer = desk.post(address(subject), {"reason": "", "text": "on honeymoon"})
    assert "reason" in answer.context["form"].errors
    assert "on honeymoon" in answer.content.decode()
    assert not Visit.objects.filter(subject=subject).exists()


def test_undoing_without_a_reason_says_so_at_the_field(desk: Client, cast: Cast, subject: Subject) -> None:
    miss(subject, cast.coordinator)
    answer = desk.post(address(subject, name="visit-not-done-undo"), {"reason": "", "reason_text": "hm"})
    assert answer.status_code == 422
    assert "reason" in answer.context["form"].errors
    assert 'value="hm"' in answer.content.decode()


def test_who_comes_second_reads_why_nothing_was_recorded(desk: Client, cast: Cast, subject: Subject) -> None:
    miss(subject, cast.investigator)
    page = desk.post(address(subject), {"reason": "DECLINED"}).content.decode()
    assert "already" in page
    assert "Subject unwell" in page
    undo(subject, cast.investigator)
    page = desk.post(address(subject, name="visit-not-done-undo"), {"reason": "other"}).content.decode()
    assert "Record this visit as not done" in page


def test_a_visit_with_forms_or_without_a_date_is_not_offered(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    assert address(subject) in casebook(desk, subject)
    with acting(user=cast.coordinator):
        enter(subject, cast)
    page = casebook(desk, subject)
    assert address(subject) not in page
    assert address(subject, "IND_D1.1") not in page  # its day is not known yet
    answer = desk.post(address(subject), {"reason": "UNWELL"})
    assert answer.status_code == 422
    assert "Forms stand at this visit" in answer.content.decode()


def test_a_visit_outside_the_plan_has_no_page(desk: Client, subject: Subject) -> None:
    assert desk.get(address(subject, "NONE.1")).status_code == 404
    assert desk.post(address(subject, "NONE.1"), {"reason": "UNWELL"}).status_code == 404


def test_who_enters_no_forms_reads_the_reason_and_is_offered_nothing(
    client: Client, cast: Cast, subject: Subject
) -> None:
    miss(subject, cast.coordinator)
    client.force_login(cast.monitor)
    page = casebook(client, subject)
    assert "Subject unwell" in page
    assert "not-done" not in page
    for url in (address(subject), address(subject, name="visit-not-done-undo")):
        assert client.post(url, {"reason": "UNWELL"}).status_code == 403


def test_the_form_of_a_missed_visit_says_so_before_and_after_typing(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    url = Slot(subject.pk, "SCR", "VS").url()
    assert address(subject) not in desk.get(url).content.decode()
    miss(subject, cast.coordinator)
    assert address(subject) in desk.get(url).content.decode()
    answer = desk.post(url, VS | {"press": "submit", "base_version": "0"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Undo that first" in page
    assert 'value="70"' in page


def test_a_draft_at_a_missed_visit_stays_in_sight(desk: Client, cast: Cast, subject: Subject) -> None:
    slot = Slot(subject.pk, "SCR", "VS")
    with acting(user=cast.coordinator):
        save_draft(slot=slot, typed={"weight": ["70"]}, base_version=0, by=cast.coordinator)
    miss(subject, cast.coordinator)
    page = casebook(desk, subject)
    assert slot.url() in page
    assert Slot(subject.pk, "SCR", "PE").url() not in page


def test_a_missed_visit_that_has_left_the_plan_is_shown_and_can_be_undone(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    with acting(user=cast.coordinator):
        Visit.objects.create(
            subject=subject, study=cast.study, site=cast.here, key="OLD", missed_reason=MissedReason.SITE
        )
    assert "Organisational reason" in casebook(desk, subject)
    assert desk.get(address(subject, "OLD.1")).status_code == 200
    undoing = address(subject, "OLD.1", "visit-not-done-undo")
    assert desk.post(undoing, {"reason": "typing error"}).status_code == 302
    assert desk.get(address(subject, "OLD.1")).status_code == 404
