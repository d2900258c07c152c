"""What the page of an infusion of methotrexate works out: verdict, leucovorin, next level, hours of each level."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.casebook.registries import Derived
from trialsite.clinical.text import Text
from trialsite.listing import bracketed, told
from trialsite.studies.domain.methotrexate_plan import row_text

from ..domain.methotrexate import DELAYED, Verdict, shown_hours
from ..models import MethotrexateInfusion
from .selectors import Judged, judged_of

TONES = {Verdict.ASK_PHARMACY: "warn", Verdict.NO_ROW: "warn", Verdict.PENDING: "unknown"} | dict.fromkeys(
    DELAYED, "warn"
)


def local(text: Text) -> str:
    return text.in_language(get_language() or "en")


def methotrexate(record: MethotrexateInfusion) -> list[Derived]:
    """The protocol's table read for the levels of this form, and the hours of each."""
    found = next((one for one in judged_of(record.subject) if one.record.pk == record.pk), None)
    if found is None:
        return []
    return [*lines_of(found), *hours_of(found)]


def lines_of(one: Judged) -> Iterator[Derived]:
    found = one.found
    row = found.row
    working = ""
    if row is not None and found.table is not None:
        holds = bracketed(local(row_text(row, found.table.clock)), row.cite)
        working = told(local(found.table.name), holds)
    yield Derived(_("Elimination"), local(found.sentence), working, TONES.get(found.verdict, ""))
    if found.rescue is not None and row is not None:
        yield Derived(_("Leucovorin by the table"), local(found.rescue), row.cite)
    if found.glucarpidase_sentence.en:
        yield Derived(_("Glucarpidase"), local(found.glucarpidase_sentence), "", "warn")
    if one.next_at is not None:
        moment = f"{timezone.localtime(one.next_at):%Y-%m-%d %H:%M}"
        yield Derived(_("Next level"), moment, hours_words(found.next_h))
    yield Derived(_("Discharge"), local(found.over_sentence), "")


def hours_of(one: Judged) -> Iterator[Derived]:
    for line in one.lines:
        start, end = shown_hours(line.level.hours_from_start), shown_hours(line.level.hours_from_end)
        yield Derived(
            _("Hours"),
            _("%(start)s h from the start, %(end)s h from the end") % {"start": start, "end": end},
            "" if line.level.valid else _("not judged: drawn from the infusion line"),
            line=str(line.row.pk),
        )


def hours_words(hours: object) -> str:
    return _("%(n)s h from the start") % {"n": shown_hours(hours)}  # type: ignore[arg-type]
