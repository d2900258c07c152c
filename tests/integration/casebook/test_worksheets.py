"""Blank worksheets ask what the screens ask: items, units and codes of every form, in both languages."""

import pytest
from django.test import Client
from django.utils import translation

from tests.cast import Cast, make_cast
from trialsite.casebook.models import LOG
from trialsite.casebook.registries import forms
from trialsite.casebook.worksheets import BlankForm, blank_visits, keys_of_visits


def sheets(cast: Cast, *visits: str) -> dict[str, BlankForm]:
    return {
        form.key: form for visit in blank_visits(cast.study, cast.version, visits) for form in visit.forms
    }


def test_a_form_on_paper_has_its_items_units_and_codes_in_both_languages(cast: Cast) -> None:
    form = sheets(cast, "SCR")["VS"]
    items = {item.label.en: item for _title, section in form.sections for item in section}
    assert (form.title.en, form.title.zh) == ("Vital signs", "生命体征")
    assert items["Weight"].units == "kg"
    assert items["Weight"].label.zh == "体重"
    ecog = next(item for label, item in items.items() if "ECOG" in label)
    assert (len(ecog.choices), ecog.choices[0].en, ecog.choices[0].zh) == (
        6,
        "0: fully active",
        "0：活动能力完全正常",
    )
    ice = {item.label.en: item for _title, part in sheets(cast, "LOG")["ICE"].sections for item in part}
    assert ice["Naming three objects"].hint == "0 to 3"
    (answers,) = {
        item.choices for item in sheets(cast, "LOG")["DTH"].sections[0][1] if item.label.en == "Cause"
    }
    assert any("感染" in choice.zh for choice in answers)


def test_lines_are_printed_as_the_screen_offers_them(cast: Cast) -> None:
    (table,) = sheets(cast, "SCR")["HEM"].tables
    assert any("白细胞" in text for line in table.lines for text in line)
    assert len({len(line) for line in table.lines} | {len(table.columns)}) == 1


@pytest.mark.parametrize("key", ["BLINA-FULL", "BLINA-INTENS", "BLINA-VEN", "VIP-BLINA-HSCT"])
def test_every_form_of_every_trial_can_be_printed(db: None, key: str) -> None:
    cast = make_cast(key)
    protocol = cast.version.protocol
    with translation.override("zh-hans"):
        found = sheets(cast, *keys_of_visits(protocol))
    planned = {one.form for visit in protocol.visits for one in visit.forms}
    continuous = {kind.key for kind in forms.values() if kind.continuous}
    assert set(found) == planned | continuous
    for form in found.values():
        assert form.sections or form.tables, form.key
        assert form.title.en


def test_the_page_of_a_visit_has_lines_for_number_and_signature(cast: Cast, desk: Client) -> None:
    listed = desk.get(f"/studies/{cast.study.key}/worksheets/")
    assert "Screening" in listed.content.decode()
    page = desk.get(f"/studies/{cast.study.key}/worksheets/print/?visit=SCR").content.decode()
    for text in ("Subject number 受试者编号", "Signature 签名", "体重", "☐"):
        assert text in page
    assert page.count('class="worksheet"') == 1
    assert desk.get(f"/studies/{cast.study.key}/worksheets/print/?visit=NONE").status_code == 404
    log = desk.get(f"/studies/{cast.study.key}/worksheets/print/?visit={LOG}").content.decode()
    assert "Death 死亡" in log or "Death" in log
