"""What a form of the treatment gives, on its page: planned doses with their working, sums of an infusion."""

from django.test import Client

from tests.cast import Cast
from trialsite.audit import acting
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot

from ..casebook.record_page import beside_lines, derived_of
from .subjects import DAY1, enrolled, infuse, size, start


def test_a_phase_shows_body_surface_and_each_planned_dose_with_its_working(desk: Client, cast: Cast) -> None:
    shown = derived_of(desk, start(cast, enrolled(cast), "IND_CHEMO"))
    assert "Body surface area 1.82 m² Mosteller: √(170 × 70 ÷ 3600) = 1.8181 → 1.82 m²" in shown
    assert "Vindesine 4 mg" in shown
    assert "3 mg/m² × 1.82 m² = 5.46 mg → cap 4 mg" in shown


def test_without_a_height_surface_and_doses_say_what_they_wait_for(desk: Client, cast: Cast) -> None:
    subject = enrolled(cast)
    values = {"phase": "IND_CHEMO", "performed_on": DAY1, "weight": size("70", "weight")}
    with acting(user=cast.coordinator):
        slot = Slot(subject.pk, "LOG", "CYC")
        record = submit_form(slot=slot, values=values, by=cast.coordinator)
    shown = derived_of(desk, record)
    assert "Body surface area Not known yet Height and weight are both needed." in shown
    assert "Not planned Not planned. Missing: Height" in shown


def test_a_correction_after_the_plan_is_said(desk: Client, cast: Cast) -> None:
    record = start(cast, enrolled(cast), "IND_CHEMO")
    values = {"phase": "IND_BLINA", "performed_on": DAY1}
    values |= {"height": size("170", "height"), "weight": size("75", "weight")}
    with acting(user=cast.coordinator):
        slot = Slot(record.subject_id, "LOG", "CYC")
        submit_form(
            slot=slot, values=values, by=cast.coordinator, base_version=1, reason="typing error: read anew"
        )
    shown = derived_of(desk, record)
    assert "Since the plan was made Weight changed: 70 → 75 kg" in shown
    assert "Phase changed: Induction: reduced-dose chemotherapy → Induction: blinatumomab" in shown


def test_an_infusion_shows_micrograms_and_hours_of_each_stretch_and_the_rule_of_a_gap(
    desk: Client, cast: Cast
) -> None:
    record = infuse(
        cast,
        enrolled(cast),
        ("2026-01-19 08:00", "2026-01-20 08:00", "9", "PUMP"),
        ("2026-01-20 14:00", "2026-01-21 02:00", "28", "BAG_CHANGE"),
    )
    assert beside_lines(desk, record) == ["9 µg 24 h", "14 µg 12 h"]
    shown = derived_of(desk, record)
    assert "Infused 23 µg 36 h" in shown
    assert "Gap 2026-01-20 08:00 – 2026-01-20 14:00 Interrupted for 6 h: restart under supervision" in shown
