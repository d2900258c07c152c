"""No free text of any form takes an identifier of a person: in the service, and so on every path."""

from typing import Any

import pytest
from django.db import models
from django.test import Client

from tests.cast import Cast, bare_subject
from tests.integration.casebook.test_forms import DAY, enter
from trialsite.access.permissions import may
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.models import LOG, MissedReason
from trialsite.casebook.registries import FormType, forms
from trialsite.casebook.services import change_state, record_missed_visit, submit_form
from trialsite.casebook.slots import Slot

TEXTS = {
    "13800138000": "a mobile telephone number (…8000)",
    "11010519491231002X": "a resident identity number (…002X)",
    "li.juan@hospital.cn": "an e-mail address (…l.cn)",
}


def free_texts(model: type[models.Model]) -> list[str]:
    """The items of a form or line that are typed in words."""
    fields = model._meta.get_fields()
    parts = {column for item in model.composites.values() for column in item.columns()}  # type: ignore[attr-defined]
    return [
        field.name
        for field in fields
        if isinstance(field, models.CharField | models.TextField)
        and field.editable
        and not field.choices
        and field.name not in parts
    ]


def test_there_are_free_texts_to_test() -> None:
    assert sum(len(free_texts(kind.model)) for kind in forms.values()) >= 20


@pytest.mark.parametrize("key", sorted(forms))
def test_every_free_text_of_every_form_and_its_lines_refuses_an_identifier(cast: Cast, key: str) -> None:
    kind: FormType = forms[key]
    subject = bare_subject(cast)
    place = {"study_id": subject.study_id, "site_id": subject.site_id}
    by = cast.coordinator if may(cast.coordinator, kind.permission, **place) else cast.investigator
    values: dict[str, Any] = dict.fromkeys(free_texts(kind.model), "call 13800138000")
    rows = {row.name: [dict.fromkeys(free_texts(row.model), "li@hospital.cn")] for row in kind.rows}
    expected = set(values) | {f"{name}.0.{item}" for name, (line,) in rows.items() for item in line}
    if not expected:
        return
    slot = Slot(subject.pk, LOG if kind.continuous else "SCR", key)
    with acting(user=by), pytest.raises(CheckFailed) as refusal:
        submit_form(slot=slot, values=values | {"performed_on": DAY}, rows=rows, by=by)
    assert set(refusal.value.messages) == expected


@pytest.mark.parametrize(("typed", "found"), TEXTS.items())
def test_the_page_says_what_was_found_and_why_and_keeps_what_was_typed(
    client: Client, cast: Cast, typed: str, found: str
) -> None:
    subject = bare_subject(cast)
    client.force_login(cast.coordinator)
    slot = Slot(subject.pk, LOG, "CM")
    answer = client.post(slot.url(), {"press": "submit", "base_version": "0", **words_of("CM", typed)})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert found in page
    assert "The record tells nobody who a subject is" in page
    assert f'value="{typed}"' in page


def words_of(key: str, typed: str) -> dict[str, str]:
    return dict.fromkeys(free_texts(forms[key].model), typed)


def test_a_reason_takes_none_either(cast: Cast) -> None:
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        record = enter(subject, cast)
        with pytest.raises(CheckFailed) as refusal:
            change_state(record=record, action="void", by=cast.coordinator, reason="ask 13800138000")
        assert "a mobile telephone number" in refusal.value.messages["reason"]
        with pytest.raises(CheckFailed) as refusal:
            record_missed_visit(
                subject_id=subject.pk,
                key="SCR",
                text="rang 13800138000",
                by=cast.coordinator,
                reason=MissedReason.OTHER,
            )
    assert "a mobile telephone number" in refusal.value.messages["text"]
