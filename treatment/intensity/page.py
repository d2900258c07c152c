"""Relative dose intensity on the treatment page: a table and small bars, against plan and conventional regimen."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from trialsite.casebook.charts import Bar, bar_chart
from trialsite.casebook.models import Subject
from trialsite.casebook.names import phase_name
from trialsite.clinical.body import round_half_up
from trialsite.clinical.text import Text
from trialsite.studies.domain.protocol import Protocol

from ..domain.intensity import Gap, Intensity
from ..doses.drugs import drug_name
from .selectors import intensities_of

GAPS: dict[Gap, Any] = {
    Gap.NOT_PLANNED: gettext_lazy("no dose is planned"),
    Gap.NOT_REPORTED: gettext_lazy("doses of some days are not reported"),
    Gap.NO_BODY_SIZE: gettext_lazy("body size is not known"),
    Gap.RUNNING: gettext_lazy("the phase has not ended: doses so far"),
    Gap.NOTHING_COMPARABLE: gettext_lazy("nothing comparable is planned in this trial"),
}


@dataclass(frozen=True)
class Line:
    """One drug: wanted and given with their days, both ratios in per cent, what is not known."""

    drug: str
    wanted: Decimal | None
    given: Decimal | None
    unit: str
    days: str
    ratio: str
    rdi: str
    gaps: str


@dataclass(frozen=True)
class Block:
    """The drugs of one phase against its plan, or of the phases in place of one conventional cycle."""

    title: str
    cite: str
    lines: tuple[Line, ...]
    chart: dict[str, Any]


def intensity_context(subject: Subject) -> dict[str, Any]:
    """Every block, phases first; {} before any phase with doses began."""
    protocol = subject.protocol_version.protocol
    blocks: dict[tuple[str, tuple[str, ...]], list[Intensity]] = {}
    for one in intensities_of(subject):
        blocks.setdefault((one.reference, one.phases), []).append(one)
    if not blocks:
        return {}
    found = [(key, block_of(protocol, *key, lines)) for key, lines in blocks.items()]
    return {
        "intensity_plan": [block for (reference, _phases), block in found if not reference],
        "intensity_reference": [block for (reference, _phases), block in found if reference],
    }


def block_of(protocol: Protocol, reference: str, phases: tuple[str, ...], lines: list[Intensity]) -> Block:
    names = " + ".join(phase_name(protocol, key) for key in phases)
    regimen = next((one for one in protocol.reference_regimens if one.key == reference), None)
    title, cite = names, ""
    if regimen is not None:
        title = _("%(phases)s against %(regimen)s") % {"phases": names, "regimen": local(regimen.name)}
        cite = regimen.cite
    drugs = {one.key: local(one.name) for each in protocol.regimens for one in each.drugs}
    drugs |= {one.key: local(one.name) for one in regimen.drugs} if regimen else {}
    rows = tuple(line_of(one, drugs.get(one.drug) or drug_name(one.drug)) for one in lines)
    bars = [bar_of(one, row.drug) for one, row in zip(lines, rows, strict=True) if one.ratio is not None]
    return Block(title, cite, rows, bar_chart(bars))


def line_of(one: Intensity, name: str) -> Line:
    gaps = "; ".join(str(GAPS[gap]) for gap in one.gaps)
    days = " / ".join("—" if each is None else str(each) for each in (one.days, one.wanted_days))
    return Line(name, one.wanted, one.given, one.unit, days, percent(one.ratio), percent(one.rdi), gaps)


def bar_of(one: Intensity, name: str) -> Bar:
    assert one.ratio is not None
    shown = one.rdi if one.rdi is not None else one.ratio
    return Bar(name, float(shown * 100), 100.0, percent(shown))


def percent(ratio: Decimal | None) -> str:
    return "—" if ratio is None else f"{round_half_up(ratio * 100, 1).normalize():f} %"


def local(text: Text) -> str:
    return text.in_language(get_language() or "en")
