"""From the bedside: body size, corrected QT, comorbidity, recovery of the graft."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from enrollment.item_facts import fact_of_item, label_of
from trialsite.casebook.fact_words import parts
from trialsite.casebook.reading import one_reading
from trialsite.casebook.registries import Derived, anchor_dates
from trialsite.casebook.selectors import current_records
from trialsite.casebook.site_day import site_today
from trialsite.casebook.values import trimmed
from trialsite.clinical.body import BsaFormula, bmi, bsa, qtcf, round_half_up
from trialsite.clinical.dates import hsct_day
from trialsite.clinical.facts import Fact
from trialsite.clinical.hctci import BY_KEY, HctciRisk, HctciScore
from trialsite.clinical.kleene import Truth
from trialsite.clinical.units import unit_label

from ..disease.engrafted import from_cord, not_engrafted, recoveries
from ..domain.engraftment import FAILURE_DAY, FAILURE_DAY_CORD, Recovery
from ..facts import hctci_scores, number
from ..models import Electrocardiogram, Engraftment, Hctci, VitalSigns
from ..subjects import known_facts, protocols
from .wording import empty_items, not_recorded, unknown

RISKS = {
    HctciRisk.LOW: gettext_lazy("low risk"),
    HctciRisk.INTERMEDIATE: gettext_lazy("intermediate risk"),
    HctciRisk.HIGH: gettext_lazy("high risk"),
}
RECOVERIES = ("neutrophils_on", "platelets_on")


def body_size(record: VitalSigns) -> list[Derived]:
    """BMI and body surface; a height that this form leaves empty is the one recorded last."""
    weight = number(fact_of_item(record, "weight", "kg"))
    height, when = height_of(record)
    names = (_("Body mass index"), _("Body surface area"))
    sizes = (("height", height), ("weight", weight))
    if not weight or not height:
        lacking = [label_of(VitalSigns, item) for item, size in sizes if not size]
        return [unknown(name, lacking) for name in names]
    formula = BsaFormula(protocols([record.subject_id])[record.subject_id].bsa_formula.upper())
    figures = (bmi(height, trimmed(weight)), 1), (bsa(height, trimmed(weight), formula), 2)
    return [
        Derived(
            name, f"{round_half_up(figure.value, places)} {unit_label(figure.unit)}", figure.working + when
        )
        for name, (figure, places) in zip(names, figures, strict=True)
    ]


def height_of(record: VitalSigns) -> tuple[Decimal | None, str]:
    """The height in cm with words on its day where it comes from another form: up to that day, else a later one."""
    own = number(fact_of_item(record, "height", "cm"))
    if own:
        return trimmed(own), ""
    last = height_before(record) or known_facts([record.subject_id], "height_cm").get(record.subject_id)
    tall = number(last)
    if last is None or not tall:
        return None, ""
    return trimmed(tall), "; " + _("height of %(day)s") % {"day": last.on}


def height_before(record: VitalSigns) -> Fact | None:
    """The last height that was measured up to the day of a form."""
    measured = current_records(VitalSigns, [record.subject_id]).filter(height_canonical__isnull=False)
    found = measured.filter(performed_on__lte=record.performed_on).order_by("-performed_on", "-pk").first()
    return fact_of_item(found, "height", "cm") if found and record.performed_on else None


def corrected_qt(record: Electrocardiogram) -> list[Derived]:
    """QTcF."""
    if not record.qt_ms or not record.heart_rate:
        return [unknown("QTcF", empty_items(record, ("qt_ms", "heart_rate")))]
    figure = qtcf(Decimal(record.qt_ms), Decimal(record.heart_rate))
    return [Derived("QTcF", f"{round_half_up(figure.value, 0)} ms", figure.working)]


@one_reading()
def comorbidity(record: Hctci) -> list[Derived]:
    """The HCT-CI from the answers and from what was measured."""
    score = hctci_scores({record.subject_id: record})[record.subject_id]
    points = str(score.score_low) if score.complete else f"≥ {score.score_low}"
    value = _("%(score)s points") % {"score": points}
    if score.risk is not None:
        value = f"{value}, {RISKS[score.risk]}"
    return [Derived(_("HCT-CI"), value, points_in_words(score), "" if score.complete else "unknown")]


def points_in_words(score: HctciScore) -> str:
    """The items that count, then those that are open."""
    language = get_language() or "en"
    names = {key: item.label.in_language(language) for key, item in BY_KEY.items()}
    counted = [f"{names[item.key]} {item.points_low}" for item in score.items if item.points_low]
    found = [" + ".join(counted) or _("no item counts")]
    if score.open_items:
        found.append(not_recorded(names[key] for key in score.open_items))
    return parts(found)


@one_reading()
def recovery(record: Engraftment) -> list[Derived]:
    """The days from transplantation to recovery; of what is not entered yet what the counts show."""
    graft = anchor_dates([record.subject_id], "hsct_d0").get(record.subject_id)
    days = {item: getattr(record, item) for item in RECOVERIES}
    if graft is None:
        return []
    found = recoveries(record.subject_id)
    lines = [
        recovery_line(label_of(Engraftment, item), day, found.get(item), graft) for item, day in days.items()
    ]
    return [*(line for line in lines if line is not None), *graft_failing(record)]


def graft_failing(record: Engraftment) -> Iterator[Derived]:
    """That neutrophils did not come by the day on which this is primary graft failure, where nobody said so yet."""
    today = site_today(record.subject)
    if record.neutrophils_on or record.graft_failure not in ("", Engraftment.GraftFailure.NONE):
        return
    cord = from_cord(record.subject_id)
    if not_engrafted(record.subject_id, today, cord=cord) is Truth.TRUE:
        day = FAILURE_DAY_CORD if cord else FAILURE_DAY
        yield Derived(
            _("To look at"),
            _("no neutrophils of 0.5 × 10⁹/L or more by day +%(n)s") % {"n": day},
            _("this is primary graft failure; after cord blood from day +42 on"),
            "warn",
        )


def recovery_line(label: Any, day: date | None, found: Recovery | None, graft: date) -> Derived | None:
    """One recovery: as entered, else as the counts propose it; nothing while neither is there."""
    if day is not None:
        working = _("%(day)s, day 0 on %(start)s") % {"day": day, "start": graft}
        if found is not None and found.on != day:
            working = f"{working}; " + _("the counts give %(day)s") % {"day": found.on}
        return Derived(label, _("day +%(n)s") % {"n": hsct_day(day, graft)}, working)
    if found is None:
        return None
    days = ", ".join(one.isoformat() for one in found.days)
    return Derived(
        label,
        _("proposed: %(day)s (day +%(n)s)") % {"day": found.on, "n": hsct_day(found.on, graft)},
        _("three measured days in a row: %(days)s") % {"days": days},
        "info",
    )
