"""What this room works out from its forms: planned doses of a phase, hours and micrograms of an infusion."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.casebook.registries import Derived
from trialsite.clinical.body import BsaFormula, bsa
from trialsite.clinical.text import Text
from trialsite.studies.words import runs_words

from .domain.infusion import GapRule, Infusion, infusion_course
from .domain.ledger import PlannedLine
from .doses.computing import canonical, version_of_cycle
from .doses.words import working_words
from .models import BlinatumomabInfusion, CycleStart
from .plan.page import changed_since
from .selectors import as_segment, planned_lines, plans_of
from .templatetags.doses import amount


def local(text: Text) -> str:
    return text.in_language(get_language() or "en")


def phase_start(record: CycleStart) -> list[Derived]:
    """Body surface from the form as it stands; the doses of the plan that is in force, which is kept as it was made."""
    plans = plans_of(record.subject).get(record.pk, [])
    lines = [surface_of(record)]
    if plans:
        lines += [dose_line(line) for line in planned_lines(plans[-1])]
        lines += [
            Derived(_("Since the plan was made"), change, "", "warn")
            for change in changed_since(plans[-1], record)
        ]
    return lines


def surface_of(record: CycleStart) -> Derived:
    """Body surface by the protocol's formula."""
    label = _("Body surface area")
    height, weight = canonical(record.height), canonical(record.weight)
    if height is None or weight is None:
        return Derived(label, _("not known yet"), _("Height and weight are both needed."), "unknown")
    formula = BsaFormula(version_of_cycle(record).protocol.bsa_formula.upper())
    figure = bsa(height, weight, formula)
    return Derived(label, f"{figure.value} m²", figure.working)


def dose_line(line: PlannedLine) -> Derived:
    """One drug of the plan with its working, or why it could not be planned."""
    if line.amount is None:
        return Derived(local(line.name), _("not planned"), working_words(line), "unknown")
    times = f" × {line.per_day}" if line.per_day > 1 else ""
    days = runs_words(line.days)
    return Derived(local(line.name), f"{amount(line.amount, line.unit)}{times} · {days}", working_words(line))


def infusion(record: BlinatumomabInfusion) -> list[Derived]:
    """Hours and micrograms of each stretch and of this form, and what its gaps call for."""
    now, rows = timezone.now(), list(record.lines.filter(voided=False))
    course = infusion_course([as_segment(row) for row in rows], now, 0)
    alone = [(row, infusion_course([as_segment(row)], now, 0)) for row in rows]
    return [
        *(Derived(_("Infused"), *sums(one), line=str(row.pk)) for row, one in alone),
        *([Derived(_("Infused"), *sums(course))] if rows else []),
        *gap_lines(course),
    ]


def sums(course: Infusion) -> tuple[str, str]:
    """Micrograms, and the hours in which they ran."""
    running = _("still running") if course.running else ""
    hours = amount(course.hours, "h")
    return amount(course.micrograms, "ug"), f"{hours}, {running}" if running else hours


def gap_lines(course: Infusion) -> Iterator[Derived]:
    for gap in course.gaps:
        tone = "" if gap.restart is GapRule.CONTINUE else "warn"
        span = " – ".join(f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" for moment in (gap.start, gap.stop))
        yield Derived(_("Gap"), span, local(gap.sentence), tone)
    for problem in course.problems:
        yield Derived(_("To look at"), local(problem), "", "warn")
