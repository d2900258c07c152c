"""What the forms of CAR-T cells give: conditions of the apheresis, number of cells, vein to vein, B-cell aplasia."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.casebook.names import local
from trialsite.casebook.registries import Derived
from trialsite.casebook.selectors import standing_records
from trialsite.clinical.body import round_half_up
from trialsite.clinical.kleene import Truth

from ..domain.cells import apheresis_conditions, is_aplastic, total_cells, vein_to_vein
from ..models import BCellAplasia, CellTherapy
from ..models.cells import CellStep
from .reading import before_apheresis, collected_on, infused_on

TONES = {Truth.TRUE: "done", Truth.FALSE: "warn", Truth.UNKNOWN: "unknown"}
WORDS = {
    Truth.TRUE: gettext_lazy("met"),
    Truth.FALSE: gettext_lazy("not met"),
    Truth.UNKNOWN: gettext_lazy("unknown"),
}
CONDITIONS = {
    "lymphocytes": gettext_lazy("Lymphocytes for the apheresis"),
    "steroid": gettext_lazy("Corticosteroid before the apheresis"),
    "blinatumomab": gettext_lazy("Time since blinatumomab"),
}


def cells(record: CellTherapy) -> list[Derived]:
    """Of an apheresis its conditions, of an infusion the cells in all and the days from vein to vein."""
    if record.step == CellStep.APHERESIS:
        return list(conditions(record))
    return list(infusion(record)) if record.step == CellStep.INFUSION else []


def conditions(record: CellTherapy) -> Iterator[Derived]:
    plan = record.subject.protocol_version.protocol.cell_therapy
    if plan is None or record.performed_on is None:
        return
    known = before_apheresis(record.subject, plan.apheresis, record.performed_on, record.lymphocytes)
    for one in apheresis_conditions(plan.apheresis, known):
        yield Derived(CONDITIONS[one.key], str(WORDS[one.truth]), local(one.reason), TONES[one.truth])


def infusion(record: CellTherapy) -> Iterator[Derived]:
    weight = record.weight and (record.weight.canonical or record.weight.value)
    if record.dose is not None and weight:
        total = round_half_up(total_cells(record.dose, weight), 1)
        working = f"{record.dose.normalize():f} × 10⁶/kg × {weight.normalize():f} kg"
        yield Derived(_("CAR-T cells in all"), f"{total:f} × 10⁶", working)
    collected = collected_on(standing_records(CellTherapy, [record.subject_id])[record.subject_id])
    if collected is not None and record.performed_on is not None and collected <= record.performed_on:
        days = vein_to_vein(collected, record.performed_on)
        yield Derived(
            _("Vein to vein"), _("%(n)s days") % {"n": days}, f"{collected} → {record.performed_on}"
        )


def b_cells(record: BCellAplasia) -> list[Derived]:
    """Whether B cells are aplastic by the limit of the protocol, and the day after the infusion."""
    plan = record.subject.protocol_version.protocol.cell_therapy
    found: list[Derived] = []
    day0 = infused_on(standing_records(CellTherapy, [record.subject_id])[record.subject_id])
    if day0 is not None and record.performed_on is not None and record.performed_on >= day0:
        days = (record.performed_on - day0).days
        found.append(Derived(_("Day"), _("day +%(n)s") % {"n": days}, _("day 0 on %(day)s") % {"day": day0}))
    if plan is not None:
        limit = plan.aplasia.cd19_per_ul
        truth = is_aplastic(record.cd19_cells, limit)
        words = {
            Truth.TRUE: _("aplasia"),
            Truth.FALSE: _("B cells are there"),
            Truth.UNKNOWN: _("unknown"),
        }[truth]
        working = _("aplasia: fewer than %(limit)s CD19-positive cells per µL") % {"limit": limit}
        found.append(Derived(_("B cells"), words, working, "unknown" if truth is Truth.UNKNOWN else ""))
    return found
