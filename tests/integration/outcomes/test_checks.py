"""What cannot be so is refused at its item; what is only unlikely is not."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from outcomes.summaries import outcome_alerts
from tests.cast import Cast
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import facts, forms
from trialsite.clinical.partial_date import PartialDate

from .worked_example import called, day, died, enter, relapsed, seen, subject_at


@pytest.fixture
def subject(hsct_cast: Cast) -> Subject:
    """Somebody screened on 2026-01-01 of the worked example's calendar."""
    return subject_at(hsct_cast, hsct_cast.here, day("2026-01-01"), hsct_cast.coordinator)


def refused(item: str) -> Any:
    class Refusal:
        def __enter__(self) -> None:
            self.raised = pytest.raises(CheckFailed)
            self.caught = self.raised.__enter__()

        def __exit__(self, *error: Any) -> bool:
            done = bool(self.raised.__exit__(*error))
            assert item in self.caught.value.messages
            return done

    return Refusal()


def test_nobody_relapses_after_death_but_may_on_that_day(hsct_cast: Cast, subject: Subject) -> None:
    died(subject, hsct_cast.coordinator, "2026-12-24")
    with refused("onset"):
        relapsed(subject, hsct_cast.coordinator, "2026-12-25")
    relapsed(subject, hsct_cast.coordinator, "2026-12-24")


def test_a_partial_date_is_refused_only_when_no_day_of_it_can_be_right(
    hsct_cast: Cast, subject: Subject
) -> None:
    died(subject, hsct_cast.coordinator, "2026-12-24")
    died_on = day("2026-12-24")
    month = PartialDate.parse(f"{died_on:%Y-%m}")
    after = PartialDate.parse(f"{died_on + timedelta(days=31):%Y-%m}")
    with refused("onset"):
        enter(subject, hsct_cast.coordinator, "REL", performed_on=died_on, onset=after, relapse_site="CNS")
    enter(subject, hsct_cast.coordinator, "REL", performed_on=died_on, onset=month, relapse_site="CNS")


def test_nobody_is_met_after_death(hsct_cast: Cast, subject: Subject) -> None:
    died(subject, hsct_cast.coordinator, "2026-12-24")
    with refused("performed_on"):
        called(subject, hsct_cast.coordinator, "2026-12-25")
    called(subject, hsct_cast.coordinator, "2026-12-24")


def test_nobody_dies_before_a_contact_that_found_them_alive(hsct_cast: Cast, subject: Subject) -> None:
    called(subject, hsct_cast.coordinator, "2026-12-24")
    with refused("died_on"):
        died(subject, hsct_cast.coordinator, "2026-12-23")
    died(subject, hsct_cast.coordinator, "2026-12-24")


def test_nobody_dies_before_a_recorded_relapse(hsct_cast: Cast, subject: Subject) -> None:
    relapsed(subject, hsct_cast.coordinator, "2026-12-24")
    with refused("died_on"):
        died(subject, hsct_cast.coordinator, "2026-12-23")


def test_nothing_of_the_outcome_lies_before_consent(hsct_cast: Cast, subject: Subject) -> None:
    with refused("died_on"):
        died(subject, hsct_cast.coordinator, "2025-12-31")
    with refused("onset"):
        relapsed(subject, hsct_cast.coordinator, "2025-12-31")
    with refused("performed_on"):
        seen(subject, hsct_cast.coordinator, "2025-12-31")
    seen(subject, hsct_cast.coordinator, "2026-01-01")


def test_nobody_dies_before_birth(hsct_cast: Cast, subject: Subject) -> None:
    enter(
        subject,
        hsct_cast.coordinator,
        "DM",
        "SCR",
        performed_on=day("2026-01-01"),
        birth_date=PartialDate.parse("1980-05"),
        sex="F",
    )
    with refused("died_on"):
        enter(subject, hsct_cast.coordinator, "DTH", died_on=PartialDate.parse("1979"), cause="OTHER")


def test_a_day_to_come_is_refused_and_a_year_that_has_begun_is_not(hsct_cast: Cast, subject: Subject) -> None:
    now = timezone.now().date()
    with refused("onset"):
        relapsed(subject, hsct_cast.coordinator, now + timedelta(days=2))
    with refused("performed_on"):
        enter(subject, hsct_cast.coordinator, "WD", performed_on=now + timedelta(days=2), degree="TREATMENT")
    enter(
        subject,
        hsct_cast.coordinator,
        "REL",
        performed_on=now - timedelta(days=1),
        onset=PartialDate.parse(str(now.year)),
        relapse_site="MARROW",
    )


def test_a_telephone_call_cannot_state_freedom_from_relapse(hsct_cast: Cast, subject: Subject) -> None:
    with refused("no_relapse"):
        seen(subject, hsct_cast.coordinator, "2026-05-01", contact_kind="TELEPHONE", no_relapse=True)


def test_a_relapse_elsewhere_names_its_place(hsct_cast: Cast, subject: Subject) -> None:
    with refused("extramedullary_place"):
        relapsed(subject, hsct_cast.coordinator, "2026-05-01", site="EXTRAMEDULLARY")
    relapsed(subject, hsct_cast.coordinator, "2026-05-01", site="CNS")


def test_a_relapse_is_confirmed_on_or_after_its_first_evidence(hsct_cast: Cast, subject: Subject) -> None:
    values = {"onset": PartialDate.of(day("2026-05-08")), "relapse_site": "MARROW"}
    with refused("confirmed_on"):
        enter(
            subject,
            hsct_cast.coordinator,
            "REL",
            performed_on=day("2026-05-08"),
            confirmed_on=day("2026-05-07"),
            **values,
        )
    enter(
        subject,
        hsct_cast.coordinator,
        "REL",
        performed_on=day("2026-05-08"),
        confirmed_on=day("2026-05-15"),
        **values,
    )


def test_a_second_malignancy_is_told_after_its_diagnosis_and_stands_beside_the_number(
    hsct_cast: Cast, subject: Subject
) -> None:
    told, found = day("2026-05-01"), {"malignancy_kind": "SOLID", "malignancy_text": "Thyroid carcinoma"}
    with refused("diagnosed_on"):
        later = PartialDate.of(told + timedelta(days=1))
        enter(subject, hsct_cast.coordinator, "SPM", performed_on=told, diagnosed_on=later, **found)
    on = PartialDate.of(told)
    enter(subject, hsct_cast.coordinator, "SPM", performed_on=told, diagnosed_on=on, **found)
    with acting(user=hsct_cast.coordinator):
        assert f"Second malignancy {on}: Thyroid carcinoma." in [str(one) for one in outcome_alerts(subject)]


def test_relapsed_is_no_until_a_relapse_is_recorded(hsct_cast: Cast, subject: Subject) -> None:
    with acting(user=hsct_cast.coordinator):
        assert facts["relapsed"].select([subject.pk])[subject.pk].value is False
    record = relapsed(subject, hsct_cast.coordinator, "2026-05-01")
    relapsed(subject, hsct_cast.coordinator, "2026-09-01")
    with acting(user=hsct_cast.coordinator):
        fact = facts["relapsed"].select([subject.pk])[subject.pk]
    assert (fact.value, fact.on) == (True, day("2026-05-01"))
    assert fact.source == record.address("onset")


@pytest.mark.parametrize(
    ("form", "item"),
    [
        ("REL", "relapse_site"),
        ("DTH", "cause"),
        ("SUR", "contact_kind"),
        ("WD", "degree"),
        ("SPM", "malignancy_kind"),
    ],
)
def test_a_required_choice_is_never_made_before_anybody_chose(form: str, item: str) -> None:
    choices = list(forms[form].form().fields[item].choices)
    assert choices[0][0] == ""


def test_the_death_page_dates_its_form_by_the_earliest_day_of_death() -> None:
    page = forms["DTH"].form({"died_on": "2026-03", "cause": "INFECTION"})
    assert page.is_valid()
    assert str(page.values()["performed_on"]) == "2026-03-01"
