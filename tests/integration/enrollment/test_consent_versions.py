"""Consent texts: recorded and approved, one in force at a site on a day, and asked for again."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from enrollment.consent_versions import add_consent_version, approve_consent_version, rows_at
from enrollment.models import ConsentVersion
from enrollment.reconsent import BEFORE_BIRTHDAY
from tests.cast import Cast
from tests.integration.enrollment.candidates import (
    SCREENED,
    TODAY,
    days_ago,
    eligible,
    enter,
    screened,
)
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import facts_of
from trialsite.casebook.selectors import work_of
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.partial_date import PartialDate


def version(crew: Cast, label: str, dated_on: date, again: bool = True) -> ConsentVersion:
    with acting(user=crew.data_manager):
        return add_consent_version(
            study=crew.study, label=label, language="zh", dated_on=dated_on, protocol_version=crew.version,
            again=again, by=crew.data_manager,
        )  # fmt: skip


def approve(crew: Cast, found: ConsentVersion, on: date | None, reason: str = "", site: Any = None) -> None:
    with acting(user=crew.data_manager):
        approve_consent_version(
            version=found, site=site or crew.here, approved_on=on, reason=reason, by=crew.data_manager
        )


@pytest.fixture
def first(crew: Cast) -> ConsentVersion:
    found = version(crew, "1.0", days_ago(400))
    approve(crew, found, days_ago(390))
    return found


def consent(crew: Cast, subject: Subject, text: str, on: date = SCREENED, *signers: str) -> None:
    lines = [{"signer": who, "signed": True, "signed_on": on} for who in signers or ("patient",)]
    enter(
        subject, crew.coordinator, "ICF", on, {"signatures": lines}, text_version=text, before_procedures=True
    )


def complete(crew: Cast, subject: Subject) -> Any:
    with acting(user=crew.coordinator):
        return facts_of(subject.pk, ["consent_complete"])["consent_complete"]


def adult(crew: Cast) -> Subject:
    subject = screened(crew)
    enter(subject, crew.coordinator, "DM", SCREENED, birth_date=PartialDate.parse("1980-05-02"), sex="M")
    return subject


def test_a_version_in_force_makes_the_consent_complete(crew: Cast, first: ConsentVersion) -> None:
    subject = adult(crew)
    consent(crew, subject, first.name)
    assert complete(crew, subject).value is True


def test_an_old_version_is_refused_with_the_one_that_replaced_it(crew: Cast, first: ConsentVersion) -> None:
    second = version(crew, "2.0", days_ago(30))
    approve(crew, second, SCREENED)
    subject = adult(crew)
    with pytest.raises(CheckFailed) as refused:
        consent(crew, subject, first.name)
    assert f"version {second.name} is in force" in refused.value.messages["text_version"]
    consent(crew, subject, first.name, SCREENED - timedelta(days=1))  # signed before that day


@pytest.mark.parametrize("text", ["3.0 (zh)", "1.0"])
def test_a_version_that_was_never_approved_is_refused(crew: Cast, first: ConsentVersion, text: str) -> None:
    with pytest.raises(CheckFailed) as refused:
        consent(crew, adult(crew), text)
    assert first.name in refused.value.messages["text_version"]


def test_what_is_approved_elsewhere_is_not_approved_here(crew: Cast) -> None:
    found = version(crew, "1.0", days_ago(400))
    approve(crew, found, days_ago(390), site=crew.elsewhere)
    with pytest.raises(CheckFailed):
        consent(crew, adult(crew), found.name)


def test_a_minors_consent_without_the_guardian_is_not_complete_and_says_who_is_missing(
    crew: Cast, first: ConsentVersion
) -> None:
    subject = screened(crew)
    birth = PartialDate.of(SCREENED.replace(year=SCREENED.year - 16, day=1))
    enter(subject, crew.coordinator, "DM", SCREENED, birth_date=birth, sex="M")
    consent(crew, subject, first.name, SCREENED, "assent", "patient")
    fact = complete(crew, subject)
    assert fact.value is None
    assert "Legal guardian" in fact.working
    assert "Assent" not in fact.working


def test_an_approval_is_put_right_by_a_further_row_with_a_reason(crew: Cast, first: ConsentVersion) -> None:
    with pytest.raises(CheckFailed) as refused:
        approve(crew, first, days_ago(380))
    assert set(refused.value.messages) == {"reason"}
    approve(crew, first, days_ago(380), "typing error")
    with acting(user=crew.data_manager):
        (row,) = rows_at(crew.study.pk)
        assert row.approved_on == days_ago(380)
    approve(crew, first, None, "approved for another study")
    with acting(user=crew.data_manager):
        assert rows_at(crew.study.pk) == []


@pytest.mark.parametrize(
    ("told", "item"),
    [
        ({"label": " "}, "label"),
        ({"label": "1.0"}, "label"),
        ({"language": "fr"}, "language"),
        ({"dated_on": None}, "dated_on"),
        ({"dated_on": TODAY + timedelta(days=2)}, "dated_on"),
        ({"protocol_version": None}, "protocol_version"),
    ],
)
def test_what_a_version_lacks_is_said_at_its_field(
    crew: Cast, first: ConsentVersion, told: dict[str, Any], item: str
) -> None:
    usual = {"label": "2.0", "language": "zh", "dated_on": days_ago(3), "protocol_version": crew.version}
    with acting(user=crew.data_manager), pytest.raises(CheckFailed) as refused:
        add_consent_version(study=crew.study, again=True, by=crew.data_manager, **usual | told)
    assert list(refused.value.messages) == [item]


def test_coordinators_record_approvals_of_their_site_only(crew: Cast, first: ConsentVersion) -> None:
    with acting(user=crew.coordinator), pytest.raises(PermissionDenied):
        approve_consent_version(
            version=first, site=crew.elsewhere, approved_on=days_ago(1), by=crew.coordinator
        )
    with acting(user=crew.coordinator), pytest.raises(PermissionDenied):
        add_consent_version(
            study=crew.study, label="9", language="zh", dated_on=days_ago(9), protocol_version=crew.version,
            again=True, by=crew.coordinator,
        )  # fmt: skip


def lines(crew: Cast) -> list[Any]:
    with acting(user=crew.coordinator):
        return list(work_of(crew.coordinator, kind="consent-again").lines)


def test_a_newer_text_asks_ongoing_subjects_again_until_they_have_signed(
    crew: Cast, first: ConsentVersion
) -> None:
    subject = adult(crew)
    consent(crew, subject, first.name)
    assert lines(crew) == []
    second = version(crew, "2.0", days_ago(3))
    approve(crew, second, days_ago(2))
    (line,) = lines(crew)
    assert (line.subject_id, line.due) == (subject.pk, days_ago(2) + timedelta(days=28))
    assert second.name in line.detail
    assert line.url == Slot(subject.pk, "SCR", "ICF", 1, 2).url()
    again(crew, subject, second.name, days_ago(1))
    assert lines(crew) == []


def again(crew: Cast, subject: Subject, text: str, on: date) -> None:
    rows = {"signatures": [{"signer": "patient", "signed": True, "signed_on": on}]}
    values = {"performed_on": on, "text_version": text, "before_procedures": True}
    with acting(user=crew.coordinator):
        submit_form(slot=Slot(subject.pk, "SCR", "ICF", 1, 2), values=values, rows=rows, by=crew.coordinator)


def test_a_text_that_asks_nobody_again_makes_no_work(crew: Cast, first: ConsentVersion) -> None:
    consent(crew, adult(crew), first.name)
    approve(crew, version(crew, "1.1", days_ago(3), again=False), days_ago(2))
    assert lines(crew) == []


def test_who_comes_of_age_is_asked_on_the_birthday(crew: Cast, first: ConsentVersion) -> None:
    subject = screened(crew)
    birthday = TODAY + timedelta(days=10)
    born = birthday.replace(year=birthday.year - 18)
    enter(subject, crew.coordinator, "DM", SCREENED, birth_date=PartialDate.of(born), sex="F")
    consent(crew, subject, first.name, SCREENED, "guardian", "assent")
    (line,) = lines(crew)
    assert (line.subject_id, line.due) == (subject.pk, birthday)


def test_a_birthday_comes_near_by_the_day_at_the_site(crew: Cast, first: ConsentVersion) -> None:
    subject = screened(crew)
    birthday = TODAY + timedelta(days=60)
    born = birthday.replace(year=birthday.year - 18)
    enter(subject, crew.coordinator, "DM", SCREENED, birth_date=PartialDate.of(born), sex="F")
    consent(crew, subject, first.name, SCREENED, "guardian", "assent")
    near = datetime.combine(birthday - BEFORE_BIRTHDAY, time(0, 30), ZoneInfo(crew.here.timezone))
    with time_machine.travel(near - timedelta(hours=1), tick=False):
        assert lines(crew) == []
    with time_machine.travel(near, tick=False):  # in Greenwich it is still the day before
        assert [line.due for line in lines(crew)] == [birthday]


def test_the_inbox_asks_as_often_for_many_subjects_as_for_one(crew: Cast, first: ConsentVersion) -> None:
    consent(crew, adult(crew), first.name)
    approve(crew, version(crew, "2.0", days_ago(3)), days_ago(2))

    def asked() -> int:
        lines(crew)  # projections up to date
        with CaptureQueriesContext(connection) as found:
            lines(crew)
        return len(found)

    few = asked()
    for _number in range(3):
        consent(crew, adult(crew), first.name, SCREENED - timedelta(days=1))
    assert len(lines(crew)) == 4
    assert asked() == few


def test_the_pages_record_a_text_and_its_approval_and_the_form_offers_it(client: Client, crew: Cast) -> None:
    client.force_login(crew.data_manager)
    page = reverse("consent-versions", args=[crew.study.key])
    told = {
        "label": "V3",
        "language": "zh",
        "dated_on": "2026-01-02",
        "protocol_version": crew.version.version,
    }
    refused = client.post(reverse("consent-version-add", args=[crew.study.key]), told | {"dated_on": "soon"})
    assert refused.status_code == 422
    assert 'value="V3"' in refused.content.decode()
    client.post(reverse("consent-version-add", args=[crew.study.key]), told | {"again": "on"})
    assert "not approved" in client.get(page).content.decode()
    client.force_login(crew.coordinator)
    sent = {"version": "V3 (zh)", "site": crew.here.key, "approved_on": "2026-01-03"}
    client.post(reverse("consent-version-approve", args=[crew.study.key]), sent)
    assert "2026-01-03" in client.get(page).content.decode()
    subject = screened(crew)
    form = client.get(Slot(subject.pk, "SCR", "ICF").url()).content.decode()
    assert '<option value="V3 (zh)">' in form


def test_where_no_versions_are_kept_the_form_is_believed(crew: Cast) -> None:
    subject = eligible(crew)
    assert complete(crew, subject).value is True
