"""Source verification by item: the plan, a reproducible sample, and a correction that reopens its item alone."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from tests.cast import Cast, bare_subject
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import forms
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import OpenSlot, Slot
from trialsite.clinical.quantity import Quantity
from trialsite.review.contents import content_of
from trialsite.review.models import Verification, VerificationPlan
from trialsite.review.verification import (
    critical_of,
    is_sampled,
    items_to_verify,
    plan_verification,
    verified_items,
    verify_items,
)

DAY = date(2026, 1, 6)


def enter(subject: Subject, cast: Cast, weight: str = "70", ecog: int = 1, **options):
    values = {"performed_on": DAY, "weight": Quantity.parse(weight, "kg", "weight"), "ecog": ecog}
    with acting(user=cast.coordinator):
        return submit_form(slot=Slot(subject.pk, "SCR", "VS"), values=values, by=cast.coordinator, **options)


def opened(subject: Subject, form: str = "VS", visit: str = "SCR") -> OpenSlot:
    return open_slot(Slot(subject.pk, visit, form), subject, forms[form])


def verify(cast: Cast, subject: Subject, *items: str, by: User | None = None) -> list[Verification]:
    who = by or cast.monitor
    with acting(user=who):
        return verify_items(opened=opened(subject), items=items, by=who)


def standing(cast: Cast, subject: Subject) -> set[str]:
    with acting(user=cast.monitor):
        return set(verified_items(opened(subject).record.pk))


def test_editing_a_verified_item_reopens_that_item_alone(cast: Cast) -> None:
    subject = bare_subject(cast)
    enter(subject, cast)
    verify(cast, subject, "weight", "ecog", "performed_on")
    enter(subject, cast, "71", base_version=1, reason="typing error")
    assert standing(cast, subject) == {"ecog", "performed_on"}
    with acting(user=cast.monitor):
        (reopened,) = Verification.objects.exclude(reopened_at=None)
    assert (reopened.item, reopened.reopened_by_id) == ("weight", cast.coordinator.pk)


def test_a_correction_that_is_refused_reopens_nothing(cast: Cast) -> None:
    subject = bare_subject(cast)
    enter(subject, cast)
    verify(cast, subject, "weight")
    with pytest.raises(CheckFailed):
        enter(subject, cast, "71", base_version=1)
    assert standing(cast, subject) == {"weight"}


def test_an_item_is_verified_again_after_its_change_and_not_twice_before(cast: Cast) -> None:
    subject = bare_subject(cast)
    enter(subject, cast)
    assert len(verify(cast, subject, "weight", "weight")) == 1
    assert verify(cast, subject, "weight") == []
    enter(subject, cast, "71", base_version=1, reason="typing error")
    assert len(verify(cast, subject, "weight")) == 1


def test_a_line_is_reopened_by_its_number_and_others_stay(cast: Cast) -> None:
    subject = bare_subject(cast)
    slot = Slot(subject.pk, "SCR", "HEM")

    def report(*amounts: str, **options) -> None:
        lines = [
            {"analyte": key, "result": Quantity.parse(text, "10*9/L", key)} | known
            for key, text, known in zip(
                ("platelets", "wbc"), amounts, options.pop("known", ({}, {})), strict=False
            )
        ]
        with acting(user=cast.coordinator):
            submit_form(
                slot=slot,
                values={"performed_on": DAY},
                rows={"results": lines},
                by=cast.coordinator,
                **options,
            )

    report("100", "4")
    with acting(user=cast.monitor):
        verify_items(
            opened=opened(subject, "HEM"), items=["results.1.result", "results.2.result"], by=cast.monitor
        )
    numbers = ({"line": 1}, {"line": 2})
    report("101", "4", known=numbers, base_version=1, reason="typing error")
    with acting(user=cast.monitor):
        assert set(verified_items(opened(subject, "HEM").record.pk)) == {"results.2.result"}
    report("101", known=numbers, base_version=2, reason="typing error")
    with acting(user=cast.monitor):
        assert set(verified_items(opened(subject, "HEM").record.pk)) == set()


@pytest.mark.parametrize(("items", "said"), [((), "Choose"), (("nonsense",), "nonsense")])
def test_what_cannot_be_verified_is_said(cast: Cast, items: tuple[str, ...], said: str) -> None:
    subject = bare_subject(cast)
    enter(subject, cast)
    with pytest.raises(CheckFailed) as refusal:
        verify(cast, subject, *items)
    assert said in refusal.value.messages["items"]


@pytest.mark.parametrize("part", ["coordinator", "investigator", "data_manager", "statistician"])
def test_only_monitors_verify(cast: Cast, part: str) -> None:
    subject = bare_subject(cast)
    enter(subject, cast)
    with pytest.raises(PermissionDenied):
        verify(cast, subject, "weight", by=cast.people()[part])


@pytest.mark.parametrize(("kind", "refused"), [("freeze", False), ("lock", True)])
def test_verification_goes_on_where_frozen_and_stops_where_locked(
    cast: Cast, kind: str, refused: bool
) -> None:
    subject = bare_subject(cast)
    enter(subject, cast)
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_subject(subject), kind=kind, by=cast.data_manager)
    if refused:
        with pytest.raises(Refused, match="locked"):
            verify(cast, subject, "weight")
    else:
        assert verify(cast, subject, "weight")


# The plan


def test_critical_items_come_from_the_endpoints(cast: Cast) -> None:
    with acting(user=cast.monitor):
        critical = critical_of(bare_subject(cast))
    assert {
        ("REL", "onset"),
        ("DTH", "died_on"),
        ("BM", "bm_blast_pct"),
        ("MRD", "results.value"),
    } <= critical
    assert ("VS", "weight") not in critical


def test_outside_the_sample_only_critical_items_are_planned(cast: Cast) -> None:
    subject = bare_subject(cast)
    enter(subject, cast)
    with acting(user=cast.data_manager):
        plan_verification(study=cast.study, sample_percent=0, seed="s", by=cast.data_manager)
        form = opened(subject)
        assert items_to_verify(form, content_of(form.kind, form.record)) == []
        plan_verification(study=cast.study, sample_percent=100, seed="s", by=cast.data_manager)
        assert set(items_to_verify(form, content_of(form.kind, form.record))) >= {"weight", "ecog"}


def test_the_sample_can_be_drawn_again_from_its_seed_in_any_order() -> None:
    numbers = [f"BLF-{number:04}" for number in range(2000)]
    plan = VerificationPlan(sample_percent=20, seed="2026-a")
    drawn = {one for one in numbers if is_sampled(plan, one)}
    assert drawn == {one for one in reversed(numbers) if is_sampled(plan, one)}
    assert 0.17 < len(drawn) / len(numbers) < 0.23
    assert drawn != {one for one in numbers if is_sampled(VerificationPlan(sample_percent=20, seed="b"), one)}


@pytest.mark.parametrize(("percent", "all_of"), [(0, False), (100, True)])
def test_nobody_or_everybody_is_drawn_at_the_ends(percent: int, all_of: bool) -> None:
    plan = VerificationPlan(sample_percent=percent, seed="x")
    assert {is_sampled(plan, f"S-{number}") for number in range(200)} == {all_of}


@pytest.mark.parametrize(
    ("percent", "seed", "at"), [(101, "s", "sample_percent"), (-1, "s", "sample_percent"), (10, " ", "seed")]
)
def test_a_plan_that_cannot_be_is_refused_at_its_field(cast: Cast, percent: int, seed: str, at: str) -> None:
    with acting(user=cast.data_manager), pytest.raises(CheckFailed) as refusal:
        plan_verification(study=cast.study, sample_percent=percent, seed=seed, by=cast.data_manager)
    assert list(refusal.value.messages) == [at]


def test_a_monitor_verifies_in_the_browser(client: Client, cast: Cast) -> None:
    subject = bare_subject(cast)
    enter(subject, cast)
    url = Slot(subject.pk, "SCR", "VS").url()
    client.force_login(cast.monitor)
    assert 'name="items" value="weight"' in client.get(url).content.decode()
    client.post(f"{url}verification/", {"items": ["weight", "ecog"]})
    assert standing(cast, subject) == {"weight", "ecog"}
    client.force_login(cast.coordinator)
    page = client.get(url).content.decode()
    assert cast.monitor.full_name in page
    assert 'name="items"' not in page
