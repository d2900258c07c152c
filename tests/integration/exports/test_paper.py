"""Paper: the case report form with every item, a casebook with what was entered, for its readers only."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from assessments.models import AdverseEvent
from outcomes.snapshots.paper import pdf_of
from tests.cast import Cast
from trialsite.access.models import Profile
from trialsite.audit import acting
from trialsite.audit.models import Event
from trialsite.exchange.profiles import Release
from trialsite.exports import bundle
from trialsite.exports.extract import Extract
from trialsite.exports.odm.definitions import definitions
from trialsite.exports.paper import casebook_page, crf_page

from .test_exports import archive, made

Filled = tuple[Cast, dict[str, Any]]


@pytest.mark.parametrize(("language", "weight", "yes"), [("en", "Weight", "Yes"), ("zh-hans", "体重", "是")])
def test_the_form_on_paper_has_every_item_and_annotated_its_column(
    filled: Filled, language: str, weight: str, yes: str
) -> None:
    cast, _subjects = filled
    with acting(user=cast.data_manager), override(language):
        extract = Extract(cast.study, cast.data_manager)
        study = definitions(extract)
        blank, annotated = (crf_page(extract, study, annotated=one) for one in (False, True))
    for page in (blank, annotated):
        assert weight in page
        assert f"☐ {yes}" in page
        assert all(f">{form.key}<" in page for form in study.forms)
    for said in (
        "vs.weight.text",
        "I.VS.weight",
        "mrd-results.qualifier",
        "VSORRES, VSORRESU where VSTESTCD = WEIGHT",
        "AETRACK in SUPPAE",
        "[NOT SUBMITTED]",
    ):
        assert said in annotated
        assert said not in blank


def test_a_casebook_says_what_was_entered_and_who_did_it(filled: Filled) -> None:
    cast, subjects = filled
    with acting(user=cast.coordinator):
        AdverseEvent.objects.filter(subject=subjects["ann"]).update(comment="化疗后发热")
        whole = casebook_page(subjects["ann"], cast.coordinator)
        short = casebook_page(subjects["ann"], cast.coordinator, trail=False)
        coded = casebook_page(subjects["ann"], cast.coordinator, release=Release(Profile.CODED))
    for said in ("化疗后发热", "10 %"):
        assert said in whole
        assert said in short
    assert cast.coordinator.full_name in whole
    assert cast.coordinator.full_name not in short
    assert "10 %" in coded
    assert "化疗后发热" not in coded
    assert cast.coordinator.full_name not in coded


def test_shifted_casebooks_hold_none_of_the_days(filled: Filled) -> None:
    cast, subjects = filled
    with acting(user=cast.coordinator):
        day = AdverseEvent.objects.filter(subject=subjects["ann"]).first().performed_on.isoformat()  # type: ignore[union-attr]
        shifted = casebook_page(subjects["ann"], cast.coordinator, release=Release(Profile.DATE_SHIFTED))
        assert f"<td>{day}</td>" in casebook_page(subjects["ann"], cast.coordinator)
    assert f"<td>{day}</td>" not in shifted.partition("#")[0]


def test_the_page_of_a_subject_leads_to_the_pdf_and_a_stranger_does_not(
    filled: Filled, client: Client
) -> None:
    cast, subjects = filled
    address = reverse("casebook-pdf", args=[subjects["ann"].pk])
    client.force_login(cast.coordinator)
    assert address in client.get(reverse("subject", args=[subjects["ann"].pk])).content.decode()
    answer = client.get(address)
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    with acting(role="system"):
        assert Event.objects.filter(kind="export.casebook", user_id=cast.coordinator.pk).count() == 1
    client.force_login(cast.stranger)
    assert client.get(address).status_code == 404


def test_an_export_has_odm_and_one_casebook_a_subject(
    filled: Filled, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cast, subjects = filled
    assert pdf_of("<p>化疗</p>").startswith(b"%PDF")
    monkeypatch.setattr(bundle, "pdf_of", lambda page: page.encode())  # the printing of each page is slow
    order = made(cast, parts=["odm", "odm_audit", "crf", "casebooks"])
    assert order.state == "done", order.results
    names = set(archive(order).namelist())
    assert {f"casebooks/{one.usubjid}.pdf" for one in subjects.values()} <= names
    assert {f"odm/{cast.study.key}.xml", f"odm/{cast.study.key}-audit.xml"} <= names
    assert {f"crf/{kind}.{one}.pdf" for kind in ("blank", "annotated") for one in ("en", "zh-hans")} <= names
    assert (order.done, order.total) == (1 + 1 + 4 + 3 + 1, 10)
