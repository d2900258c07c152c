"""What the treatment page advises around a subject's first infusion of blinatumomab, with the blasts behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from assessments.laboratory.results import lab_values
from assessments.models import MarrowAssessment
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import standing_records
from trialsite.casebook.site_day import site_today
from trialsite.studies.domain.blinatumomab_plan import FirstAdvice

from ..anchors import gives_blinatumomab_at_all
from ..domain.first_infusion import BlastAnswer, Blasts, Counted, advised_by_blasts
from ..plan.paths import end_of_treatment, enrolled
from ..selectors import segments_of


@dataclass(frozen=True)
class AdviceLine:
    """One advice; `answer` where it depends on blasts."""

    advice: FirstAdvice
    answer: BlastAnswer | None


def first_infusion_context(subject: Subject) -> dict[str, Any]:
    """The lines of the treatment page; {} where no blinatumomab is to come, or the first infusion runs for long."""
    plan = subject.protocol_version.protocol.blinatumomab
    to_come = plan.first_infusion and gives_blinatumomab_at_all(subject)
    if not to_come or not enrolled(subject) or end_of_treatment(subject):
        return {}
    return {"first_infusion": list(lines_of(subject, plan.first_infusion))}


def lines_of(subject: Subject, advice: tuple[FirstAdvice, ...]) -> Iterator[AdviceLine]:
    segments, now = segments_of(subject), timezone.now()
    start = segments[0].start if segments else None
    shown = [one for one in advice if start is None or now < start + timedelta(hours=one.hours_after_start)]
    known = blasts_before(subject, start) if any(one.by_blasts for one in shown) else Blasts()
    for one in shown:
        yield AdviceLine(one, advised_by_blasts(one, known) if one.by_blasts else None)


def blasts_before(subject: Subject, start: datetime | None) -> Blasts:
    """The last marrow and the last white cells up to the day of the first infusion, or today."""
    last = site_today(subject) if start is None else start.astimezone(ZoneInfo(subject.site.timezone)).date()
    marrow = [
        Counted(one.bm_blast_pct, one.performed_on)
        for one in standing_records(MarrowAssessment, [subject.pk])[subject.pk]
        if one.performed_on is not None and one.performed_on <= last and one.bm_blast_pct is not None
    ]
    results = [
        one for one in lab_values([subject.pk], ("wbc", "pb_blasts")).get(subject.pk, []) if one.on <= last
    ]
    white = [Counted(one.quantity, one.on) for one in results if one.analyte == "wbc"]
    day = white[-1].on if white else None
    share = [Counted(one.quantity, one.on) for one in results if one.analyte == "pb_blasts" and one.on == day]
    return Blasts(marrow[-1] if marrow else None, white[-1] if white else None, share[-1] if share else None)
