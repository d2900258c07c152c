"""One form through the whole frame: entry, correction, lost update, missing values, refusal, void."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from tests.cast import Cast, bare_subject
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.audit.selectors import as_of_version
from trialsite.casebook.errors import CheckFailed, LostUpdate
from trialsite.casebook.models import Draft, Subject
from trialsite.casebook.services import change_state, save_draft, submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity

DAY = date(2026, 1, 6)


def weight(text: str) -> Quantity:
    return Quantity.parse(text, "kg", "weight")


def enter(subject: Subject, cast: Cast, text: str = "70", **options):
    options.setdefault("by", cast.coordinator)
    values = {"performed_on": DAY, "weight": weight(text), "ecog": 1}
    return submit_form(slot=Slot(subject.pk, "SCR", "VS"), values=values, **options)


def test_a_form_is_entered_with_its_value_as_typed_and_its_canonical_value(cast: Cast) -> None:
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        record = enter(subject, cast, "<70.50")
    assert (record.weight.text, record.weight.comparator, str(record.weight.value)) == (
        "<70.50",
        "<",
        "70.5",
    )
    assert record.version == 1
    assert record.visit.key == "SCR"


def test_a_correction_needs_a_reason_and_leaves_the_old_value_in_the_trail(cast: Cast) -> None:
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        record = enter(subject, cast)
        with pytest.raises(CheckFailed) as refusal:
            enter(subject, cast, "71", base_version=1)
        assert list(refusal.value.messages) == ["reason"]
        enter(subject, cast, "71", base_version=1, reason="typing error")
        last = Trail.objects.filter(row_id=str(record.pk)).latest("id")
    assert last.changes["weight_text"] == ["70", "71"]
    assert last.reason == "typing error"
    assert last.user_id == cast.coordinator.pk
    assert last.role == "coordinator"


def test_submitting_the_same_values_again_changes_nothing(cast: Cast) -> None:
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        enter(subject, cast)
        assert enter(subject, cast, base_version=1).version == 1


def test_a_lost_update_is_refused_and_shows_both_values(cast: Cast) -> None:
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        enter(subject, cast)
        enter(subject, cast, "71", base_version=1, reason="typing error")
        with pytest.raises(LostUpdate) as refusal:
            enter(subject, cast, "72", base_version=1, reason="typing error")
    (conflict,) = refusal.value.conflicts
    assert (conflict.item, conflict.saved.value.text, conflict.typed.value.text) == ("weight", "71", "72")
    assert (conflict.base.value.text, conflict.who, conflict.chosen) == ("70", "Coordinator", "")
    assert refusal.value.version == 2


def test_a_record_can_be_read_as_of_an_earlier_version(cast: Cast) -> None:
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        record = enter(subject, cast)
        enter(subject, cast, "71", base_version=1, reason="typing error")
        assert as_of_version(row_id=record.pk, version=1)["weight_text"] == "70"
        assert as_of_version(row_id=record.pk, version=2)["weight_text"] == "71"


def test_a_form_is_voided_with_a_reason_and_its_slot_is_free_again(cast: Cast) -> None:
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        record = enter(subject, cast)
        with pytest.raises(CheckFailed) as refusal:
            change_state(record=record, action="void", by=cast.coordinator)
        assert list(refusal.value.messages) == ["reason"]
        change_state(record=record, action="void", by=cast.coordinator, reason="wrong subject")
        again = enter(subject, cast, "80")
    assert again.pk != record.pk


@pytest.mark.parametrize("part", ["monitor", "data_manager", "statistician"])
def test_roles_that_enter_no_data_are_refused_with_a_sentence(cast: Cast, part: str) -> None:
    subject = bare_subject(cast)
    who = cast.people()[part]
    with acting(user=who), pytest.raises(PermissionDenied, match="enter and correct forms"):
        enter(subject, cast, by=who)


def test_a_stranger_cannot_even_find_the_subject(cast: Cast) -> None:
    subject = bare_subject(cast)
    with acting(user=cast.stranger), pytest.raises(Subject.DoesNotExist):
        enter(subject, cast, by=cast.stranger)


def test_a_draft_is_its_authors_alone_and_gone_after_submit(cast: Cast) -> None:
    subject = bare_subject(cast)
    slot = Slot(subject.pk, "SCR", "VS")
    with acting(user=cast.coordinator):
        save_draft(slot=slot, typed={"weight_text": ["7"]}, base_version=0, by=cast.coordinator)
        assert Draft.objects.count() == 1
        before = Trail.objects.filter(table_name="casebook_draft").count()
    with acting(user=cast.investigator):
        assert Draft.objects.count() == 0
    with acting(user=cast.coordinator):
        enter(subject, cast)
        assert Draft.objects.count() == 0
    assert before == 0
