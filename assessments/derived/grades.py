"""From the forms of cytokine release, neurotoxicity and GVHD: their grades."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from trialsite.casebook.fact_words import answered, parts
from trialsite.casebook.reading import one_reading
from trialsite.casebook.registries import Derived, facts_of
from trialsite.casebook.selectors import current_records
from trialsite.clinical.units import unit_label

from ..domain.acute_stages import ADULT_STOOL_KG, acute_stages
from ..domain.chronic_scores import chronic_scores
from ..domain.crs import crs_grade, ctcae_crs_grade
from ..domain.grade_bounds import GradeBounds
from ..domain.gvhd import (
    CHRONIC_ORGANS,
    ROMAN,
    Criteria,
    Overall,
    Stage,
    acute_grade,
    chronic_severity,
)
from ..domain.icans import icans_grade, ice_total
from ..events.graded import (
    acute_findings,
    acute_stages_of,
    bilirubin_of_day,
    chronic_findings,
    chronic_scores_of,
    crs_findings,
    first_days,
    ice_findings,
)
from ..facts import number
from ..models import AcuteGvhd, ChronicGvhd, CytokineRelease, IceScore
from ..summaries import severity_words
from .wording import empty_items, item_words, labels, not_recorded, unknown

CRS_ITEMS = ("temperature", "other_cause", "anticytokine", "hypotension", "oxygen")
CRS_DETAILS = ("vasopressor", "second_vasopressor", "vasopressin", "oxygen_flow", "fio2_pct", "fatal")
ICE_ITEMS = ("naming", "command", "writing", "attention")
ORIENTATION = ("year", "month", "city", "hospital")
ICANS_ITEMS = ("consciousness", "seizure", "motor_weakness", "oedema")
ICANS_DETAILS = ("sedated", "other_cause", "fatal")
NOT_ICANS = ("tremor", "haemorrhage")


def graded(
    label: Any, value: str, bounds: GradeBounds | Overall, record: Any, items: Sequence[str]
) -> Derived:
    """A grade with the items it rests on; one that is still open says so by its colour."""
    return Derived(label, value, item_words(record, items), "unknown" if bounds.grade is None else "")


def recorded(record: Any, items: Sequence[str]) -> tuple[str, ...]:
    """Those of the items that have a value: nobody misses the others."""
    return tuple(item for item in items if record.item(item) not in (None, ""))


def cytokine_release(record: CytokineRelease) -> list[Derived]:
    """The ASTCT grade, and the CTCAE grade as a proposal beside the investigator's."""
    found = crs_findings(record)
    astct, ctcae = crs_grade(found), ctcae_crs_grade(found)
    items = CRS_ITEMS + recorded(record, CRS_DETAILS)
    lines = [
        graded(_("ASTCT grade of CRS"), str(astct), astct, record, items),
        Derived(
            _("CTCAE grade of CRS, proposed"),
            str(ctcae),
            _("CTCAE 5.0, from the same findings"),
            "unknown" if ctcae.grade is None else "",
        ),
    ]
    said = record.ctcae_grade
    if said is not None and not ctcae.allows(said):
        lines.append(
            Derived(
                _("To look at"),
                _("the investigator's CTCAE grade is %(n)s") % {"n": said},
                record.ctcae_reason,
                "warn",
            )
        )
    return lines


def neurotoxicity(record: IceScore) -> list[Derived]:
    """The ICE score and the ICANS grade; what is no part of it is named."""
    found = ice_findings(record)
    total, grade = ice_total(found), icans_grade(found)
    label = _("ICE score")
    answered = ORIENTATION if None not in record.orientation_answers else ("orientation",)
    items = (*answered, *ICE_ITEMS)
    score = (
        unknown(label, empty_items(record, items))
        if total is None
        else Derived(label, f"{total} / 10", item_words(record, items))
    )
    domains = ICANS_ITEMS + recorded(record, ICANS_DETAILS)
    return [
        score,
        graded(_("ASTCT grade of ICANS"), str(grade), grade, record, domains),
        *(
            Derived(_("To look at"), name, _("no part of ICANS: enter an adverse event"), "warn")
            for item, name in zip(NOT_ICANS, labels(record, NOT_ICANS), strict=True)
            if getattr(record, item)
        ),
    ]


def stage_words(record: Any, stages: Mapping[str, Stage], computed: Mapping[str, GradeBounds]) -> str:
    """Each organ with its stage, and that it was judged otherwise than the findings give; then what is open."""
    shown, empty = [], []
    for organ, label in zip(stages, labels(record, stages), strict=True):
        stage, gives = stages[organ], computed.get(organ)
        if stage is None or (isinstance(stage, GradeBounds) and stage.grade is None and not stage.low):
            empty.append(label)
        elif isinstance(stage, int) and gives is not None and not gives.allows(stage):
            judged = _("%(stage)s (the findings give %(computed)s)") % {"stage": stage, "computed": gives}
            shown.append(answered(label, judged))
        else:
            shown.append(answered(label, str(stage)))
    return parts([*shown, *([not_recorded(empty)] if empty else [])])


@one_reading()
def acute_gvhd(record: AcuteGvhd) -> list[Derived]:
    """The MAGIC grade with the stages it rests on, the Keystone grade where it differs, first days of II and III."""
    stages = acute_stages_of(record)
    found = acute_grade(stages)
    keystone = acute_grade(stages, Criteria.KEYSTONE)
    working = stage_words(record, stages, acute_stages(acute_findings(record)))
    lines = [Derived(_("MAGIC grade"), str(found), working, "unknown" if found.grade is None else "")]
    if str(keystone) != str(found):
        lines.append(
            Derived(_("Grade by Keystone"), str(keystone), _("modified Glucksberg; MAGIC is reported"))
        )
    return [*lines, *bilirubin_taken(record), *light_body(record), *since(record)]


def bilirubin_taken(record: AcuteGvhd) -> Iterator[Derived]:
    """The laboratory's bilirubin, where the form left it empty and the stage rests on it."""
    if (
        record.item("bilirubin") is None
        and record.liver is None
        and (taken := bilirubin_of_day(record, None))
    ):
        value = f"{taken.text} {unit_label(taken.unit)}"
        yield Derived(_("Bilirubin"), value, _("from the laboratory report of this day"))


def light_body(record: AcuteGvhd) -> Iterator[Derived]:
    """Stool volumes are those of an adult above 50 kg."""
    weight = (
        number(facts_of(record.subject_id, ["weight_kg"])["weight_kg"])
        if record.stool_ml is not None
        else None
    )
    if weight is not None and weight <= ADULT_STOOL_KG:
        value = _("%(n)s kg") % {"n": f"{weight.normalize():f}"}
        yield Derived(
            _("To look at"), value, _("the stool volumes of MAGIC are meant for a body above 50 kg"), "warn"
        )


def since(record: AcuteGvhd) -> Iterator[Derived]:
    """The first day with at least grade II, and with at least grade III."""
    forms = current_records(AcuteGvhd, [record.subject_id]).exclude(performed_on=None)
    course = [
        (one.performed_on, acute_grade(acute_stages_of(one)).low)
        for one in forms.order_by("performed_on", "pk")
        if one.performed_on is not None
    ]
    for grade, day in sorted(first_days(course, (2, 3)).items()):
        label = _("Grade %(grade)s or more since") % {"grade": ROMAN[grade]}
        yield Derived(label, day.isoformat(), _("the first form with it"))


@one_reading()
def chronic_gvhd(record: ChronicGvhd) -> list[Derived]:
    """The NIH severity with the scores it rests on."""
    scores = chronic_scores_of(record)
    found = chronic_severity(scores)
    working = stage_words(
        record, {organ: scores[organ] for organ in CHRONIC_ORGANS}, chronic_scores(chronic_findings(record))
    )
    return [
        Derived(_("NIH severity"), severity_words(found), working, "unknown" if found.grade is None else "")
    ]
