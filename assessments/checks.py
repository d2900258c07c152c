"""Hard edit checks of the assessments: what is physically impossible, said at its item."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.casebook import registries
from trialsite.casebook.edit_checks import edit_check
from trialsite.casebook.items import put
from trialsite.casebook.models import Subject
from trialsite.casebook.prepared import Bound, Prepared
from trialsite.casebook.registries import Finding
from trialsite.casebook.states import RecordState
from trialsite.casebook.values import trimmed
from trialsite.clinical.body import drift_pct, needs_recalculation, round_half_up
from trialsite.clinical.units import ANALYTES

from .disease.around_marrow import around_typed
from .disease.responses import assessment_of, baseline_of, judged_responses, remission_before
from .domain.mrd import Qualifier
from .domain.ranges import LimitsFrom, WhyNoLimits
from .domain.response import Category, classify_response
from .laboratory.limits import limits_of_analytes
from .laboratory.results import lab_values
from .models import MarrowAssessment, VitalSigns
from .support import NO_SUPPORT, supports

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Values]]

POSSIBLE = {
    "height": (Decimal(50), Decimal(250)),
    "weight": (Decimal(20), Decimal(350)),
    "temperature": (Decimal(25), Decimal(45)),
    "systolic": (Decimal(0), Decimal(350)),
    "diastolic": (Decimal(0), Decimal(250)),
    "pulse": (Decimal(0), Decimal(400)),
    "bm_blast_pct": (Decimal(0), Decimal(100)),
    "csf_wbc": (Decimal(0), None),
    "csf_rbc": (Decimal(0), None),
    "anc": (Decimal(0), None),
    "platelets": (Decimal(0), None),
    "bilirubin": (Decimal(0), None),
}
ECG_POSSIBLE = {"heart_rate": (10, 400), "qt_ms": (100, 1000)}


@edit_check(gettext_lazy("Weight beside that of cycle 1"), hard=False)
def weight_of_cycle_1(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A weight 10 % or more from that with which treatment began: doses may have to be computed anew."""
    weight, day = values.get("weight"), values.get("performed_on")
    if weight is None or weight.canonical is None or weight.comparator or day is None:
        return
    name = "first_cycle_weight_kg"
    first = registries.facts_of(subject.pk, [name])[name] if name in registries.facts else None
    if first is None or not isinstance(first.value, Decimal) or first.on is None or day <= first.on:
        return
    if needs_recalculation(weight.canonical, first.value):
        percent = f"{round_half_up(drift_pct(weight.canonical, first.value), 1):+}"
        kilograms = f"{first.value.normalize():f}"
        yield Finding(
            "weight",
            _("%(percent)s %% from the %(kg)s kg of cycle 1. Is it right? Doses are then computed anew.")
            % {"percent": percent, "kg": kilograms},
        )


@edit_check(gettext_lazy("Values that a living person can have"))
def in_bounds(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Measurements inside what a living adult can have (assumption: generous limits, canonical units)."""
    for item, (low, high) in POSSIBLE.items():
        quantity = values.get(item)
        if quantity is None or quantity.canonical is None:
            continue
        if quantity.canonical < low or (high is not None and quantity.canonical > high):
            yield Finding(item, _("No living person has this value. Check the number and its unit."))
    for item, (least, most) in ECG_POSSIBLE.items():
        figure = values.get(item)
        if figure is not None and not least <= figure <= most:
            yield Finding(item, _("No living person has this value. Check the number and its unit."))


@edit_check(gettext_lazy("Diastolic pressure not above systolic"))
def pressures_in_order(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Diastolic pressure is never above systolic."""
    systolic, diastolic = values.get("systolic"), values.get("diastolic")
    if systolic and diastolic and diastolic.canonical > systolic.canonical:
        yield Finding("diastolic", _("Diastolic pressure cannot be above systolic pressure."))


USUAL = {
    "temperature": (Decimal(35), Decimal("41.5")),
    "systolic": (Decimal(70), Decimal(220)),
    "diastolic": (Decimal(35), Decimal(130)),
    "pulse": (Decimal(35), Decimal(180)),
}
DRIFT = Decimal("0.1")


@edit_check(gettext_lazy("Vital signs in the range usually seen"), hard=False)
def usual_vital_signs(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Values that do occur and are more often typing errors (assumption: limits in canonical units)."""
    for item, (low, high) in USUAL.items():
        quantity = values.get(item)
        if quantity is not None and quantity.canonical is not None and not low <= quantity.canonical <= high:
            yield Finding(item, _("This is rarely seen. Is it right?"))


@edit_check(gettext_lazy("Weight within a tenth of the last one"), hard=False)
def weight_drift(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Doses follow weight: a change of more than a tenth since the last form before this day is looked at twice."""
    weight, day = values.get("weight"), values.get("performed_on")
    if weight is None or weight.canonical is None or day is None:
        return
    for form in last_weights(subject=subject.pk, day=day):
        last = form.weight.canonical if form.weight else None
        if last is not None and abs(weight.canonical - last) > DRIFT * last:
            yield Finding(
                "weight",
                _("More than 10 %% from %(last)s kg on %(day)s. Is it right?")
                % {"last": trimmed(last), "day": form.performed_on},
            )


@Prepared
def last_weights() -> QuerySet[VitalSigns]:
    """The last weight of a subject before a day: none, or one."""
    weighed = VitalSigns.objects.filter(
        subject_id=Bound("subject"), performed_on__lt=Bound("day"), weight_canonical__isnull=False
    ).exclude(state=RecordState.VOIDED)
    return weighed.order_by("-performed_on", "-pk")[:1]


@edit_check(gettext_lazy("Each analyte once, no amount below zero, limits in order"))
def results_possible(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Each analyte once, no amount below zero, limits of normal in order."""
    seen: set[str] = set()
    for number, line in enumerate(rows.get("results", ())):
        place = f"results.{number}"
        key = line.get("analyte") or ""
        if key not in ANALYTES:
            yield Finding(f"{place}.analyte", _("This analyte is not known."))
        elif key in seen:
            yield Finding(f"{place}.analyte", _("This analyte stands in the report twice."))
        seen.add(key)
        result = line.get("result")
        if result is not None and result.value < 0:
            yield Finding(f"{place}.result", _("There is no amount below zero."))
        lln, uln = line.get("lln"), line.get("uln")
        if lln is not None and uln is not None and lln > uln:
            yield Finding(f"{place}.uln", _("The upper limit lies below the lower limit."))


@edit_check(gettext_lazy("A range of the site where one is asked for"))
def range_in_force(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A line that follows the site's range has one on the day of the sample, for this laboratory, sex and age."""
    asking = {
        number: line
        for number, line in enumerate(rows.get("results", ()))
        if line.get("limits_from") == LimitsFrom.SITE_RANGE and line.get("analyte") in ANALYTES
    }
    day = values.get("performed_on")
    if not asking or day is None:
        return
    analytes = {line["analyte"] for line in asking.values()}
    limits = limits_of_analytes(subject, analytes, day, values.get("laboratory") or "")
    for number, line in asking.items():
        why = limits[line["analyte"]].why
        if why is not None:
            yield Finding(f"results.{number}.limits_from", str(NO_RANGE_WORDS[why]))


NO_RANGE_WORDS = {
    WhyNoLimits.NO_RANGE: gettext_lazy(
        "The site has no range of this laboratory in force on this day: type the limits as printed, say that none were"
        " printed, or have the range recorded."
    ),
    WhyNoLimits.SEX_UNKNOWN: gettext_lazy(
        "The range depends on the sex, which is not recorded: type the limits as printed."
    ),
    WhyNoLimits.AGE_UNKNOWN: gettext_lazy(
        "The range depends on the age, which is not exact: type the limits as printed."
    ),
}


@edit_check(gettext_lazy("Each MRD method once, values that can be"))
def mrd_possible(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Each method once; a value only when quantified, above 0 and at most all cells; limits likewise."""
    seen: set[str] = set()
    for number, line in enumerate(rows.get("results", ())):
        place = f"results.{number}"
        if line.get("method") in seen:
            yield Finding(f"{place}.method", _("This method stands in the form twice."))
        seen.add(line.get("method") or "")
        value, quantified = line.get("value"), line.get("qualifier") == Qualifier.QUANTIFIED
        if value is not None and not quantified:
            yield Finding(f"{place}.value", _("Only a quantified result has a value."))
        if quantified and value is None:
            yield Finding(f"{place}.value", _("A quantified result needs its value."))
        for item in ("value", "lod", "loq"):
            share = line.get(item)
            if share is not None and not 0 < share.canonical <= 100:
                yield Finding(f"{place}.{item}", _("This must be above 0 and at most 100 %. Check the unit."))
            if share is not None and share.comparator:
                yield Finding(
                    f"{place}.{item}", _("Enter the number alone; “<0.01 %” belongs to “As reported”.")
                )


@edit_check(gettext_lazy("A response other than computed has its reason"))
def response_has_reason(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """An investigator who judges otherwise than the rules says why."""
    said = values.get("investigator_response")
    if not said or (values.get("response_reason") or "").strip():
        return
    computed = computed_response(values, rows, subject)
    if computed and said != computed:
        yield Finding(
            "response_reason",
            _("The rules of the protocol give %(category)s. Say why you judge otherwise.")
            % {"category": computed},
        )


def computed_response(values: Values, rows: Rows, subject: Subject) -> str:
    """The category that the typed items give; "" while they do not decide."""
    if values.get("performed_on") is None:
        return ""
    record = MarrowAssessment(subject=subject)
    for item, value in values.items():
        put(record, item, value)
    day = record.performed_on
    known = judged_responses([subject.pk]).get(subject.pk, [])
    earlier = [each for each in known if day and each.record.performed_on and each.record.performed_on < day]
    rules = subject.protocol_version.protocol.response
    marrows = [each.record for each in earlier] + [record]
    counts = lab_values([subject.pk], ("anc", "platelets")).get(subject.pk, [])
    support = supports([subject.pk]).get(subject.pk, NO_SUPPORT)
    findings = [line.get("finding") or "" for line in rows.get("sites", ())]
    around = around_typed(subject.pk, values["performed_on"], findings, rules)
    seen = assessment_of(
        record, rules, counts, baseline_of(marrows, record), remission_before(earlier), around, support
    )
    category = classify_response(seen, rules).category
    return "" if category in (Category.UNKNOWN, Category.INDETERMINATE_5PCT) else category.value
