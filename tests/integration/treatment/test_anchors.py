"""The dates of treatment from which visits are planned, and the facts that treatment gives to rules."""

from datetime import date

import pytest

from tests.cast import Cast, make_cast
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import anchor_dates, facts_of
from trialsite.casebook.services import change_state

from .subjects import enrolled, infuse, log, start


def anchor(cast: Cast, subject: Subject, name: str) -> date | None:
    with acting(user=cast.coordinator):
        return anchor_dates([subject.pk], name).get(subject.pk)


def fact(cast: Cast, subject: Subject, name: str):
    with acting(user=cast.coordinator):
        return facts_of(subject.pk, [name])[name]


def test_the_pre_phase_is_not_day_1_of_treatment(cast: Cast) -> None:
    subject = enrolled(cast)
    start(cast, subject, "PREPHASE", date(2026, 1, 8))
    assert anchor(cast, subject, "c1d1") is None
    start(cast, subject, "IND_CHEMO", date(2026, 1, 12))
    assert anchor(cast, subject, "c1d1") == date(2026, 1, 12)
    assert anchor(cast, subject, "phase:PREPHASE") == date(2026, 1, 8)
    assert anchor(cast, subject, "phase_end:IND_CHEMO") is None


def test_the_arm_without_blinatumomab_has_no_day_1(db: None) -> None:
    cast = make_cast("BLINA-INTENS")
    subject = enrolled(cast, arm="B")
    start(cast, subject, "HSCT", date(2026, 2, 2))
    assert anchor(cast, subject, "c1d1") is None
    assert anchor(cast, subject, "conditioning") == date(2026, 2, 2)
    assert anchor(cast, subject, "end_of_blinatumomab") is None


def test_blinatumomab_ends_with_its_last_stop_once_the_course_is_over(cast: Cast) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_BLINA", date(2026, 1, 19))
    infuse(cast, subject, ("2026-01-19 10:00", "2026-01-23 10:00", "9", "BAG_CHANGE"))
    assert anchor(cast, subject, "end_of_blinatumomab") is None
    infuse(cast, subject, ("2026-01-23 10:05", "2026-02-02 01:00", "28", "END"))
    assert anchor(cast, subject, "end_of_blinatumomab") == date(2026, 2, 2)


def test_without_an_infusion_record_blinatumomab_ends_with_its_phase(cast: Cast) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_BLINA", date(2026, 1, 19), ended_on=date(2026, 2, 1), end_reason="COMPLETED")
    assert anchor(cast, subject, "end_of_blinatumomab") == date(2026, 2, 1)
    assert anchor(cast, subject, "phase_end:IND_BLINA") == date(2026, 2, 1)


def test_conditioning_is_as_planned_until_it_is_recorded(cast: Cast) -> None:
    subject = enrolled(cast)
    donor = {"performed_on": date(2026, 2, 1), "donor": "HAPLO", "donor_available": True}
    log(cast, subject, "DON", donor | {"conditioning_planned": date(2026, 3, 1)})
    assert anchor(cast, subject, "conditioning") == date(2026, 3, 1)
    graft = log(
        cast, subject, "HSCT", {"performed_on": date(2026, 3, 10), "conditioning_on": date(2026, 3, 3)}
    )
    assert anchor(cast, subject, "conditioning") == date(2026, 3, 3)
    assert anchor(cast, subject, "hsct_d0") == date(2026, 3, 10)
    with acting(user=cast.coordinator):
        change_state(record=graft, action="void", by=cast.coordinator, reason="wrong subject")
    assert anchor(cast, subject, "hsct_d0") is None


def test_only_the_infusion_of_cells_is_day_0_and_only_the_end_of_treatment_has_a_last_dose(
    cast: Cast,
) -> None:
    subject = enrolled(cast)
    log(cast, subject, "CAR", {"performed_on": date(2026, 6, 1), "step": "APHERESIS"})
    assert anchor(cast, subject, "car_t_d0") is None
    log(cast, subject, "CAR", {"performed_on": date(2026, 7, 1), "step": "INFUSION"})
    assert anchor(cast, subject, "car_t_d0") == date(2026, 7, 1)
    values = {"performed_on": date(2026, 7, 5), "last_dose_on": date(2026, 7, 1), "reason": "COMPLETED"}
    log(cast, subject, "EOT", values)
    assert anchor(cast, subject, "last_dose") == date(2026, 7, 1)


def test_transplanted_is_no_until_a_graft_is_recorded(cast: Cast) -> None:
    subject = enrolled(cast)
    assert fact(cast, subject, "transplanted").value is False
    log(cast, subject, "HSCT", {"performed_on": date(2026, 3, 10)})
    assert fact(cast, subject, "transplanted").value is True
    assert fact(cast, subject, "transplanted").on == date(2026, 3, 10)


@pytest.mark.parametrize(
    ("donor", "value", "why"), [("MSD", "MSD", ""), ("NONE", "NONE", ""), ("PENDING", None, "PENDING")]
)
def test_a_pending_donor_search_is_unknown(cast: Cast, donor: str, value: str | None, why: str) -> None:
    subject = enrolled(cast)
    assert fact(cast, subject, "donor").why == "NOT_RECORDED"
    log(cast, subject, "DON", {"performed_on": date(2026, 1, 6), "donor": donor})
    assert (fact(cast, subject, "donor").value, fact(cast, subject, "donor").why) == (value, why)
    assert not fact(cast, subject, "donor_available").known


def test_the_strongest_inhibitor_still_taken_counts(cast: Cast) -> None:
    from trialsite.clinical.partial_date import PartialDate

    subject = enrolled(cast)
    assert fact(cast, subject, "cyp3a_inhibitor").value == "NONE"
    begun = {"performed_on": date(2026, 1, 1), "started": PartialDate.parse("2026-01")}
    log(cast, subject, "CM", begun | {"medicine": "posaconazole", "inhibitor": "POSACONAZOLE"})
    log(cast, subject, "CM", begun | {"medicine": "fluconazole", "inhibitor": "MODERATE"})
    assert fact(cast, subject, "cyp3a_inhibitor").value == "POSACONAZOLE"
    over = begun | {
        "stopped": PartialDate.parse("2026-02"),
        "medicine": "voriconazole",
        "inhibitor": "STRONG",
    }
    other = enrolled(cast)
    log(cast, other, "CM", over)
    assert fact(cast, other, "cyp3a_inhibitor").value == "NONE"
