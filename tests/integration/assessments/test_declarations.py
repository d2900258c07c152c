"""What laboratories declare: recorded with a password, counted from its day, and shown with its date."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from assessments.disease.declarations import declare_limits, withdraw_declaration
from assessments.disease.mrd_results import mrd_lines, source_words
from assessments.models import MrdDeclaration
from tests.cast import PASSWORD, Cast
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import Derivation, Subject
from trialsite.casebook.projections import bring_up_to_date

from .entries import enter

DAY, SIGNED = date(2026, 2, 20), date(2026, 1, 10)


@pytest.fixture
def signing(cast: Cast) -> Cast:
    """The cast with a data manager who has a password to sign with."""
    with acting(role="system"):
        cast.data_manager.set_password(PASSWORD)
        cast.data_manager.save()
    return cast


def declared(cast: Cast, **told: Any) -> MrdDeclaration:
    told = {
        "laboratory": "Central Lab",
        "method": "MFC",
        "lod_percent": Decimal("0.002"),
        "loq_percent": Decimal("0.005"),
        "signed_on": SIGNED,
        "valid_from": None,
        "signatory": "Dr. Li",
        "document": "TMF 7",
        "password": PASSWORD,
    } | told
    with acting(user=cast.data_manager):
        return declare_limits(study=cast.study, by=cast.data_manager, **told)


def negative(cast: Cast, subject: Subject, laboratory: str = "central  lab", **line: Any) -> None:
    """A report that says negative and nothing of its sensitivity."""
    row = {"method": "MFC", "reported_text": "阴性", "qualifier": "NOT_DETECTED", **line}
    enter(cast, subject, "MRD", DAY, visit="IND_EOI1", rows=[row], laboratory=laboratory)


def verdict(cast: Cast, subject: Subject) -> Any:
    with acting(user=cast.coordinator):
        (found,) = mrd_lines([subject.pk])[subject.pk]
    return found.verdict


def test_a_declaration_makes_a_silent_report_negative_and_its_date_is_told(
    signing: Cast, subject: Subject
) -> None:
    negative(signing, subject)
    assert verdict(signing, subject).verdict == "INDETERMINATE"
    declared(signing)
    found = verdict(signing, subject)
    assert (found.verdict, found.lod.value) == ("NEGATIVE", Decimal("0.00002"))
    assert source_words(found, "NOT_DETECTED") == "from the laboratory's declaration of 2026-01-10"


@pytest.mark.parametrize(
    ("told", "verdict_then"),
    [
        ({"valid_from": DAY}, "NEGATIVE"),
        ({"valid_from": date(2026, 2, 21)}, "INDETERMINATE"),
        ({"laboratory": "Another Lab"}, "INDETERMINATE"),
        ({"method": "DPCR"}, "INDETERMINATE"),
        ({"lod_percent": Decimal("0.01")}, "NEGATIVE"),
        ({"lod_percent": Decimal("0.011"), "loq_percent": None}, "INDETERMINATE"),
    ],
)
def test_it_counts_for_its_laboratory_method_and_days_and_where_it_is_sensitive_enough(
    signing: Cast, subject: Subject, told: dict, verdict_then: str
) -> None:
    negative(signing, subject)
    told = {"loq_percent": None} | told
    declared(signing, **told)
    assert verdict(signing, subject).verdict == verdict_then


def test_what_the_report_says_comes_before_the_declaration(signing: Cast, subject: Subject) -> None:
    declared(signing)
    negative(signing, subject, reported_text="<0.1%")
    found = verdict(signing, subject)
    assert (found.verdict, found.lod.source) == ("INDETERMINATE", "REPORTED_BOUND")
    assert source_words(found, "NOT_DETECTED") == "from the reported “<”"


def test_a_withdrawn_declaration_counts_no_more(signing: Cast, subject: Subject) -> None:
    negative(signing, subject)
    found = declared(signing)
    with acting(user=signing.data_manager):
        withdraw_declaration(declaration=found, by=signing.data_manager, reason="of another method")
        with pytest.raises(Refused, match="already"):
            withdraw_declaration(declaration=found, by=signing.data_manager, reason="again")
    assert verdict(signing, subject).verdict == "INDETERMINATE"


def test_what_was_derived_before_is_derived_again(signing: Cast, subject: Subject) -> None:
    negative(signing, subject)
    with acting(user=signing.data_manager):
        bring_up_to_date(Subject.objects.all())
    declared(signing)
    with acting(user=signing.data_manager):
        assert Derivation.objects.get(subject=subject).chain_length == -1
        bring_up_to_date(Subject.objects.all())
        assert Derivation.objects.get(subject=subject).chain_length > 0


@pytest.mark.parametrize(
    ("told", "item"),
    [
        ({"laboratory": " "}, "laboratory"),
        ({"method": ""}, "method"),
        ({"lod_percent": None}, "lod"),
        ({"lod_percent": Decimal(0)}, "lod"),
        ({"lod_percent": Decimal(101), "loq_percent": None}, "lod"),
        ({"loq_percent": Decimal("0.001")}, "loq"),
        ({"signed_on": None}, "signed_on"),
        ({"signed_on": date(2099, 1, 1)}, "signed_on"),
        ({"valid_from": date(2099, 1, 1)}, "valid_from"),
        ({"signatory": ""}, "signatory"),
        ({"password": "wrong"}, "password"),
    ],
)
def test_what_is_missing_is_said_at_its_item(signing: Cast, told: dict, item: str) -> None:
    with pytest.raises(CheckFailed) as refusal:
        declared(signing, **told)
    assert list(refusal.value.messages) == [item]


@pytest.mark.parametrize("part", ["coordinator", "investigator", "monitor", "statistician"])
def test_only_the_data_manager_records_one(cast: Cast, part: str) -> None:
    by = cast.people()[part]
    with acting(user=by), pytest.raises(PermissionDenied):
        declare_limits(
            study=cast.study, laboratory="L", method="MFC", lod_percent=Decimal("0.002"), loq_percent=None,
            signed_on=SIGNED, valid_from=None, signatory="Li", document="", password=PASSWORD, by=by,
        )  # fmt: skip


def test_the_page_records_shows_and_withdraws(client: Client, signing: Cast) -> None:
    client.force_login(signing.data_manager)
    page, record = (
        reverse(name, args=[signing.study.key]) for name in ("mrd-declarations", "declare-limits")
    )
    typed = {
        "laboratory": "Central Lab", "method": "NGS_IG_TR", "lod": "0.0001 %", "loq": "", "signed_on": "2026-01-10",
        "valid_from": "", "signatory": "Dr. Li", "document": "", "password": PASSWORD,
    }  # fmt: skip
    refused = client.post(record, typed | {"lod": "<0.01"})
    assert refused.status_code == 422
    assert 'value="&lt;0.01"' in refused.content.decode()
    assert client.post(record, typed).status_code == 302
    words = client.get(page).content.decode()
    assert "0.0001 %" in words
    assert "NGS of IG/TR" in words
    with acting(user=signing.data_manager):
        found = MrdDeclaration.objects.get()
    assert found.lod == Decimal("0.000001")
    away = reverse("declaration-withdraw", args=[signing.study.key, found.pk])
    assert client.post(away, {"reason": ""}).status_code == 422
    assert client.post(away, {"reason": "another lot"}).status_code == 302
    assert "another lot" in client.get(page).content.decode()


def test_a_coordinator_reads_declarations_and_records_none(client: Client, signing: Cast) -> None:
    declared(signing)
    client.force_login(signing.coordinator)
    page = client.get(reverse("mrd-declarations", args=[signing.study.key])).content.decode()
    assert "Central Lab" in page
    assert "Record the declaration" not in page
    assert client.post(reverse("declare-limits", args=[signing.study.key])).status_code == 403
