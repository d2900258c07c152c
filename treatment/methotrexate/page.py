"""High-dose methotrexate on the treatment page: the conditions before it, then levels, table and leucovorin."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.services import next_repeat
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import Slot
from trialsite.clinical.facts import Fact
from trialsite.clinical.text import Text
from trialsite.studies.domain.methotrexate_plan import RescueRow, RescueTable, rescue_text, row_text

from ..domain.methotrexate import Verdict, rise_pct, shown_hours
from ..plan.paths import cycles_of
from .chart import LevelChart, level_chart
from .gate import Gate, gate_of, gated_drug
from .selectors import Judged, judged_of, phase_on

VERDICT_WORDS: dict[Verdict, tuple[str, Any]] = {
    Verdict.NORMAL: ("done", gettext_lazy("normal elimination")),
    Verdict.DELAYED: ("bad", gettext_lazy("delayed elimination")),
    Verdict.DELAYED_LATE: ("bad", gettext_lazy("delayed late elimination")),
    Verdict.DELAYED_EARLY: ("bad", gettext_lazy("delayed early, or kidney injury")),
    Verdict.INFORMATION: ("info", gettext_lazy("for information only")),
    Verdict.PENDING: ("unknown", gettext_lazy("not decided yet")),
    Verdict.NO_ROW: ("warn", gettext_lazy("ask the pharmacy")),
    Verdict.ASK_PHARMACY: ("warn", gettext_lazy("ask the pharmacy")),
}


@dataclass(frozen=True)
class TableLine:
    """A row of the table: when it holds, which leucovorin follows, where it comes from, whether it holds here."""

    when: str
    text: str
    rescue: str
    cite: str
    holds: bool


@dataclass(frozen=True)
class InfusionView:
    """One infusion on the page."""

    judged: Judged
    state: str
    words: Any
    sentence: str
    rescue: str
    working: str
    open: tuple[str, ...]
    alert: str
    over: str
    rise: str
    levels: tuple[dict[str, Any], ...]
    rows: tuple[TableLine, ...]
    charts: tuple[LevelChart, ...]
    latest: bool


def local(text: Text | None) -> str:
    return "" if text is None else text.in_language(get_language() or "en")


def methotrexate_context(subject: Subject) -> dict[str, Any]:
    """The conditions of the phase that runs or of the last infusion, and every infusion; {} without methotrexate."""
    infusions = judged_of(subject)
    gate = gate_to_show(subject, infusions)
    if gate is None and not infusions:
        return {}
    views = [view_of(one, place == len(infusions) - 1) for place, one in enumerate(infusions)]
    return {
        "methotrexate": list(reversed(views)),
        "methotrexate_gate": gate,
        "methotrexate_url": Slot(
            subject.pk, LOG, "MTX", 1, next_repeat(subject=subject, form_key="MTX")
        ).url(),
    }


def gate_to_show(subject: Subject, infusions: list[Judged]) -> Gate | None:
    """The conditions today where the phase that runs plans methotrexate and none was recorded, else as they were at
    the start of the last infusion; one gate at most."""
    protocol, begun = subject.protocol_version.protocol, cycles_of([subject.pk])[subject.pk]
    last = begun[-1] if begun else None
    started = last.performed_on if last else None
    if last is not None and started is not None and not any(day_of(one) >= started for one in infusions):
        drug = gated_drug(protocol, last.phase)
        if drug is not None:
            return gate_of(
                subject, drug, max(site_today(subject), started) if last.ended_on is None else started
            )
    if not infusions:
        return None
    record, on = infusions[-1].record, day_of(infusions[-1])
    drug = gated_drug(protocol, phase_on(subject, on))
    if drug is None:
        return None
    typed = {
        "urine_ph": Fact.missing() if record.urine_ph is None else Fact(record.urine_ph, on=on),
        "serous_effusion": Fact.missing() if record.effusion is None else Fact(record.effusion, on=on),
    }
    return gate_of(subject, drug, on, typed)


def day_of(one: Judged) -> date:
    assert one.record.performed_on is not None
    return one.record.performed_on


def view_of(one: Judged, latest: bool) -> InfusionView:
    found, table = one.found, one.found.table
    state, words = VERDICT_WORDS[found.verdict]
    over = one.record.protocol_version.protocol.methotrexate.discharge_below_umol_l
    return InfusionView(
        judged=one,
        state=state,
        words=words,
        sentence=local(found.sentence),
        rescue=local(found.rescue),
        working=f"{local(row_text(found.row, table.clock))} · {found.row.cite}"
        if found.row and table
        else "",
        open=tuple(local(text) for text in found.open),
        alert=local(found.glucarpidase_sentence),
        over=local(found.over_sentence),
        rise=rise_words(one),
        levels=tuple(level_words(line) for line in one.lines),
        rows=tuple(table_line(row, table, one.infusion.bsa_m2, row is found.row) for row in table.rows)
        if table
        else (),
        charts=tuple(level_chart(one, place, over) for place in ("wide", "narrow")) if one.lines else (),
        latest=latest,
    )


def level_words(line: Any) -> dict[str, Any]:
    """A level as entered, its hours on both clocks, creatinine, and whether it counts."""
    level = line.level
    other = level.level.unit != "umol/L" and level.level.canonical is not None
    return {
        "row": line.row,
        "start": shown_hours(level.hours_from_start),
        "end": shown_hours(level.hours_from_end),
        "level": level.level,
        "canonical": level.level.canonical if other else None,
        "creatinine": level.creatinine_umol_l,
        "from_report": line.from_report,
        "valid": level.valid,
    }


def table_line(row: RescueRow, table: RescueTable, bsa_m2: Decimal | None, holds: bool) -> TableLine:
    rescue = rescue_text(row, bsa_m2)
    return TableLine(
        local(row_text(row, table.clock)),
        local(row.text),
        local(rescue) if rescue else _("ask the pharmacy"),
        row.cite,
        holds,
    )


def rise_words(one: Judged) -> str:
    """Creatinine against the last one before the start, in per cent."""
    baseline, rise = one.infusion.baseline_creatinine_umol_l, rise_pct(one.infusion)
    if baseline is None:
        return _("no creatinine before the start is known")
    before = f"{baseline.normalize():f}"
    if rise is None:
        return _("before the start %(before)s µmol/L; none since") % {"before": before}
    return _("before the start %(before)s µmol/L; highest since %(rise)s %%") % {
        "before": before,
        "rise": f"{rise:+.0f}",
    }
