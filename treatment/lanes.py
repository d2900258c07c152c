"""The lanes of treatment on a subject's timeline: phases, infusions, transplantation and cell therapy."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from assessments.visits.plans import death_date
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import standing_records
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import Slot
from trialsite.casebook.versions import named
from trialsite.studies.domain.protocol import Phase

from .models import CellTherapy, InfusionSegment, Transplant
from .models.cells import CellStep
from .selectors import cycles_of_subject, segments_of, windows_of

JOINED_WITHIN = timedelta(hours=4)
Lane = Mapping[str, Any]


def treatment_lanes(subject: Subject) -> Iterator[Lane]:
    """The lanes that have something on them."""
    lanes = (
        {"label": _("Phases"), "items": phase_items(subject)},
        {"label": _("Infusion"), "items": infusion_items(subject)},
        {"label": _("Transplant, CAR-T"), "items": graft_items(subject)},
    )
    yield from (lane for lane in lanes if lane["items"])


def phase_items(subject: Subject) -> list[dict[str, Any]]:
    """Each phase from day 1 to its last day; without one to the day before the next, to death, or going on."""
    protocol = subject.protocol_version.protocol
    died = death_date(subject.pk)
    today, items = site_today(subject), []
    for cycle, first, last in windows_of(cycles_of_subject(subject)):
        phase: Phase | None = named(protocol, "phases", cycle.phase)
        over = last if last != date.max else None
        length = phase.days if phase else None
        planned = first + timedelta(days=length - 1) if length else None
        end = cycle.ended_on or (min(over, planned) if over and planned else over) or died
        items.append(
            {
                "label": cycle.get_phase_display(),
                "short": phase.short.in_language(get_language() or "en") if phase else "",
                "start": first,
                "end": end,
                "ongoing": end is None and first <= today,
                "kind": phase.kind if phase else "other",
                "url": Slot.of_record(cycle).url(),
            }
        )
    return items


def infusion_items(subject: Subject) -> list[dict[str, Any]]:
    """Infusion as bars; stretches less than 4 hours apart are one."""
    zone = ZoneInfo(subject.site.timezone)
    groups: list[list[InfusionSegment]] = []
    for row in segments_of(subject):
        last = groups[-1][-1] if groups else None
        if last is not None and last.stop is not None and row.start - last.stop < JOINED_WITHIN:
            groups[-1].append(row)
        else:
            groups.append([row])
    return [
        {
            "label": _("Blinatumomab"),
            "start": rows[0].start.astimezone(zone).date(),
            "end": rows[-1].stop.astimezone(zone).date() if rows[-1].stop else None,
            "ongoing": rows[-1].stop is None,
            "kind": "infusion",
            "url": Slot.of_record(rows[0].record).url(),
        }
        for rows in groups
    ]


def graft_items(subject: Subject) -> list[dict[str, Any]]:
    """Transplantations and infusions of CAR-T cells."""
    here = [subject.pk]
    grafts = [(_("HSCT"), "transplant", one) for one in standing_records(Transplant, here)[subject.pk]]
    cells = [one for one in standing_records(CellTherapy, here)[subject.pk] if one.step == CellStep.INFUSION]
    grafts += [(_("CAR-T"), "cell-therapy", one) for one in cells]
    return [
        {
            "label": label,
            "start": one.performed_on,
            "end": None,
            "ongoing": False,
            "kind": kind,
            "url": Slot.of_record(one).url(),
        }
        for label, kind, one in grafts
        if one.performed_on
    ]
