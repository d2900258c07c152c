"""The medication page of a subject: what meets the treatment, corticosteroids over time, medicines, transfusions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from trialsite.casebook.charts import Bar, bar_chart
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import current_records
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import Slot
from trialsite.clinical.body import round_half_up
from trialsite.listing import listed

from ..alerts import RECENT_DAYS
from ..domain.interactions import stands
from ..domain.steroids import Course, Gap, SteroidDays, in_dexamethasone
from ..models import Transfusion
from .derived import class_names
from .dictionary import medicine_words
from .dose_phrases import medication_dose
from .interaction_words import interaction_words
from .taken import Entry, entries_of, interactions_of, steroids_of

BARS_SHOWN = 26  # the latest bars are drawn; the sums count every day asked for
WEEKS_IN_ONE = 3  # so many weeks in a row without steroids, or more, stand in one line
GAP_WORDS = {
    Gap.DOSE: gettext_lazy("dose in mg"),
    Gap.FREQUENCY: gettext_lazy("doses a day"),
    Gap.DATES: gettext_lazy("exact dates"),
    Gap.ROUTE: gettext_lazy("route"),
}


@dataclass(frozen=True)
class Period:
    """The days that are asked for; an empty end is open. wrong: what was typed and is no day, by its name."""

    first: date | None = None
    last: date | None = None
    typed: Mapping[str, str] | None = None
    wrong: Mapping[str, str] | None = None


def period_of(asked: Mapping[str, str]) -> Period:
    """The period of the page's form; what is no day, or ends before it begins, is said beside its field."""
    days: dict[str, date | None] = {}
    wrong: dict[str, str] = {}
    for name in ("first", "last"):
        text = asked.get(name, "").strip()
        try:
            days[name] = date.fromisoformat(text) if text else None
        except ValueError:
            days[name] = None
            wrong[name] = _("Enter a day as 2026-03-31.")
    first, last = days["first"], days["last"]
    if first and last and last < first:
        wrong["last"] = _("This day lies before the first one.")
        last = None
    return Period(first, last, {name: asked.get(name, "") for name in days}, wrong)


def medication_context(subject: Subject, asked: Mapping[str, str]) -> dict[str, Any]:
    """Everything on the page except header and tabs."""
    today, period = site_today(subject), period_of(asked)
    steroids = steroids_of(subject, today)
    return {
        "interactions": [
            {
                "words": interaction_words(one),
                "url": one.taken.url,
                "cite": one.rule.cite,
                "now": stands(one, today, RECENT_DAYS),
            }
            for one in interactions_of(subject)
        ],
        "medicines": [medicine_line(one) for one in entries_of(subject.pk)],
        "transfusions": transfusions_of(subject),
        "period": period,
        "steroids": steroid_context(steroids, period),
    }


def medicine_line(entry: Entry) -> dict[str, Any]:
    """One medicine of the table."""
    record, medicine = entry.record, entry.medicine
    name = medicine.name.in_language(get_language() or "en") if medicine else ""
    shown = medicine_words(record.medicine)
    return {
        "record": record,
        "url": entry.url,
        "shown": shown,
        "name": name if name.casefold() != shown.casefold() else "",
        "known": medicine is not None,
        "classes": class_names(entry),
        "dose": medication_dose(record),
    }


def transfusions_of(subject: Subject) -> list[dict[str, Any]]:
    """The transfusions, the latest first; one query."""
    rows = current_records(Transfusion, [subject.pk]).select_related("visit").order_by("-performed_on", "-pk")
    return [{"record": one, "url": Slot.of_record(one).url()} for one in rows]


def steroid_context(steroids: SteroidDays, period: Period) -> dict[str, Any]:
    """The sums in prednisone and dexamethasone, a bar for each week, and what could not be counted."""
    total = steroids.total(period.first, period.last)
    weeks = list(steroids.weeks(period.first, period.last).items())
    return {
        "any": bool(steroids.days or steroids.incomplete),
        "prednisone": milligrams(total),
        "dexamethasone": milligrams(in_dexamethasone(total)),
        "at_least": not steroids.complete,
        "days": sum(1 for day in steroids.days if inside(day, period)),
        "chart": bar_chart(list(week_bars(weeks))[-BARS_SHOWN:]),
        "incomplete": list(incomplete_lines(steroids)),
    }


def inside(day: date, period: Period) -> bool:
    return (period.first is None or day >= period.first) and (period.last is None or day <= period.last)


def week_bars(weeks: Iterable[tuple[date, Decimal]]) -> Iterator[Bar]:
    """A bar for each week; three or more weeks in a row without steroids stand in one line."""
    for given, found in groupby(weeks, key=lambda one: one[1] > 0):
        run = list(found)
        if given or len(run) < WEEKS_IN_ONE:
            yield from (week_bar(*one) for one in run)
        else:
            days = {"first": run[0][0].isoformat(), "last": (run[-1][0] + timedelta(days=6)).isoformat()}
            yield Bar(_("%(first)s to %(last)s") % days, 0, shown="0 mg")


def week_bar(week: date, mg: Decimal) -> Bar:
    label = _("week of %(day)s") % {"day": week.isoformat()}
    return Bar(label, float(mg), shown=f"{milligrams(mg)} mg")


def milligrams(mg: Decimal) -> str:
    """A sum as people read it: whole milligrams from 10 on, one decimal below."""
    return f"{round_half_up(mg, 0 if mg >= 10 or mg == mg.to_integral_value() else 1):,}"


def incomplete_lines(steroids: SteroidDays) -> Iterator[dict[str, Any]]:
    """Courses that are not, or not wholly, in the sums, with what is missing."""
    for course in steroids.incomplete:
        yield {"text": course.text, "url": course.url, "missing": missing_words(course)}


def missing_words(course: Course) -> str:
    return listed(str(GAP_WORDS[gap]) for gap in course.gaps)
