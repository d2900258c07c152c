"""Why the record changes: one code from a list; words only for "other" and for critical items."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from tests.cast import Cast
from tests.integration.assessments.entries import enter, result
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook import registries
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.models import Subject
from trialsite.casebook.reasons import in_words, joined, split
from trialsite.casebook.registries import Registry
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity

DAY = date(2026, 1, 6)
TYPED = {"performed_on": "2026-01-06", "weight": "70", "weight_unit": "kg", "ecog": "1"}


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """A study in which weight and each laboratory result are critical."""
    from trialsite.casebook import services

    plans: Registry[Any] = Registry("plan of critical items")
    plans.register("test", lambda subject: {("VS", "weight"), ("HEM", "results.result")})
    monkeypatch.setattr(registries, "critical_items", plans)
    monkeypatch.setattr(services, "critical_items", plans)


def correct(cast: Cast, subject: Subject, reason: str, **values: Any) -> Any:
    with acting(user=cast.coordinator):
        return submit_form(
            slot=Slot(subject.pk, "SCR", "VS"),
            values={"performed_on": DAY, "weight": weight("70"), "ecog": 1} | values,
            base_version=1,
            by=cast.coordinator,
            reason=reason,
        )


def weight(text: str) -> Quantity:
    return Quantity.parse(text, "kg", "weight")


@pytest.mark.parametrize(
    ("code", "text", "kept"),
    [
        ("typing error", "", "typing error"),
        ("typing error", " the scan says 71 ", "typing error: the scan says 71"),
        ("other", "moved house", "moved house"),
    ],
)
def test_code_and_words_are_one_text_and_come_apart_again(code: str, text: str, kept: str) -> None:
    assert joined(code, text) == kept
    assert split(kept) == (code, text.strip())


def test_a_code_is_shown_in_the_readers_language_and_words_as_they_were_written() -> None:
    assert in_words("typing error: the scan says 71") == "Typing error: the scan says 71"
    assert in_words("typing errors everywhere") == "typing errors everywhere"
    assert in_words("") == ""
    with override("zh-hans"):
        assert in_words("typing error") == "录入错误"
        assert in_words("source mixed up: 标签") != in_words("标签")


def test_a_critical_item_needs_words_and_another_does_not(cast: Cast, subject: Subject, plan: None) -> None:
    enter(cast, subject, "VS", DAY, weight=weight("70"), ecog=1)
    with pytest.raises(CheckFailed) as refusal:
        correct(cast, subject, "typing error", weight=weight("71"))
    assert set(refusal.value.messages) == {"reason_text"}
    assert "Weight" in refusal.value.messages["reason_text"]
    assert correct(cast, subject, "typing error", ecog=2).version == 2


@pytest.mark.parametrize("reason", ["typing error: the scan says 71", "the scan says 71"])
def test_words_beside_the_code_or_alone_are_enough(
    cast: Cast, subject: Subject, plan: None, reason: str
) -> None:
    enter(cast, subject, "VS", DAY, weight=weight("70"), ecog=1)
    assert correct(cast, subject, reason, weight=weight("71")).weight.text == "71"


@pytest.mark.parametrize(
    ("lines", "asked"),
    [
        ([{"line": 1, **result("anc", "1.6", "10*9/L")}], True),
        ([], True),  # taken out
        ([{"line": 1, **result("anc", "1.5", "10*9/L", comment="haemolytic")}], False),
        ([{"line": 1, **result("anc", "1.5", "10*9/L")}, {"line": None, **result("wbc", "3", "10*9/L")}], True),
    ],
)  # fmt: skip
def test_lines_are_critical_by_their_items(
    cast: Cast, subject: Subject, plan: None, lines: list[dict[str, Any]], asked: bool
) -> None:
    enter(cast, subject, "HEM", DAY, rows=[result("anc", "1.5", "10*9/L")])

    def submit() -> Any:
        with acting(user=cast.coordinator):
            return submit_form(
                slot=Slot(subject.pk, "SCR", "HEM"), values={"performed_on": DAY}, rows={"results": lines},
                base_version=1, by=cast.coordinator, reason="typing error",
            )  # fmt: skip

    if asked:
        with pytest.raises(CheckFailed, match="cannot be right"):
            submit()
    else:
        assert submit().version == 2


def test_a_value_replaced_by_why_it_is_empty_is_a_change_of_the_item(
    cast: Cast, subject: Subject, plan: None
) -> None:
    enter(cast, subject, "VS", DAY, ecog=1, missing={"weight": "NOT_DONE"})
    with acting(user=cast.coordinator), pytest.raises(CheckFailed):
        submit_form(
            slot=Slot(subject.pk, "SCR", "VS"), values={"performed_on": DAY, "ecog": 1},
            missing={"weight": "UNKNOWN"}, base_version=1, by=cast.coordinator, reason="typing error",
        )  # fmt: skip


def test_the_page_asks_for_words_beside_their_field_and_the_trail_shows_both(
    client: Client, cast: Cast, subject: Subject, plan: None
) -> None:
    client.force_login(cast.coordinator)
    url = Slot(subject.pk, "SCR", "VS").url()
    client.post(url, TYPED | {"press": "submit", "base_version": "0"})
    change = TYPED | {"weight": "71", "press": "submit", "base_version": "1", "reason": "typing error"}
    refused = client.post(url, change)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert page.count("Critical items change (Weight): say in your words why.") == 2  # in the summary too
    assert 'value="71"' in page
    assert client.post(url, change | {"reason_text": "the scan says 71"}).status_code == 302
    with acting(user=cast.coordinator):
        assert Trail.objects.latest("id").reason == "typing error: the scan says 71"
    assert "Typing error: the scan says 71" in client.get(f"{url}history/").content.decode()


def test_words_without_a_choice_are_no_reason(client: Client, cast: Cast, subject: Subject) -> None:
    client.force_login(cast.coordinator)
    url = Slot(subject.pk, "SCR", "VS").url()
    client.post(url, TYPED | {"press": "submit", "base_version": "0"})
    change = TYPED | {"weight": "71", "press": "submit", "base_version": "1", "reason_text": "because"}
    assert client.post(url, change).status_code == 422


def test_a_merge_that_changes_a_critical_item_asks_on_the_merge_page(
    client: Client, cast: Cast, subject: Subject, plan: None
) -> None:
    client.force_login(cast.coordinator)
    url = Slot(subject.pk, "SCR", "VS").url()
    first = {"press": "submit", "base_version": "1", "reason": "typing error"}
    client.post(url, TYPED | {"press": "submit", "base_version": "0"})
    client.post(url, TYPED | first | {"ecog": "2"})
    merge = TYPED | first | {"weight": "71", "merge_version": "2"}
    refused = client.post(url, merge)
    assert refused.status_code == 409
    assert "Critical items change (Weight)" in refused.content.decode()
    assert client.post(url, merge | {"reason_text": "scan"}).status_code == 302
