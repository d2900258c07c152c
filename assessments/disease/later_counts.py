"""The counts that the laboratory reported after a marrow, and what is said of those that leave its response open."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity, compare
from trialsite.clinical.units import unit_label
from trialsite.listing import listed

from ..domain.later_recovery import LaterCounts, Recovery
from ..laboratory.results import LabValue
from ..support import Support

COUNTS = ("anc", "platelets", "pb_blasts")


def counts_by_day(values: Sequence[LabValue], support: Support) -> list[LaterCounts]:
    """The counts of each day with its support; of several reports of a day the last one.

    Growth factor and transfusions that nobody recorded were not given (assumption); blasts in blood that nobody
    reported are unknown."""
    days: dict[date, dict[str, Quantity]] = {}
    for one in values:
        days.setdefault(one.on, {})[one.analyte] = one.quantity
    return [
        LaterCounts(
            on=day,
            anc=found.get("anc"),
            platelets=found.get("platelets"),
            pb_blasts=compare(found.get("pb_blasts"), ">", 0),
            gcsf_7d=given(support, "gcsf", day),
            platelets_7d=given(support, "platelets", day),
        )
        for day, found in days.items()
    ]


def given(support: Support, kind: str, day: date) -> Truth:
    return Truth.of(support.within(kind, day) is Truth.TRUE)


def later_words(counts: LaterCounts) -> str:
    """The counts by which a response got better."""
    return _("Counts of %(day)s: neutrophils %(anc)s, platelets %(platelets)s, no blasts in blood.") % {
        "day": counts.on.isoformat(),
        "anc": amount_words(counts.anc),
        "platelets": amount_words(counts.platelets),
    }


def amount_words(amount: Quantity | Decimal | None) -> str:
    """A count as it was reported, with its unit."""
    if isinstance(amount, Quantity):
        return f"{amount.comparator}{amount.text} {unit_label(amount.unit)}"
    return "" if amount is None else f"{amount} {unit_label('10*9/L')}"


def open_words(recovery: Recovery) -> str:
    """Why counts that look recovered leave the response as it is."""
    reasons = listed(reasons_of(recovery.counts))
    return _("Counts of %(day)s look recovered, but decide nothing: %(reasons)s.") % {
        "day": recovery.counts.on.isoformat(),
        "reasons": reasons,
    }


def reasons_of(counts: LaterCounts) -> Iterator[str]:
    if counts.pb_blasts is Truth.UNKNOWN:
        yield _("blasts in blood are not entered in that report")
    if counts.gcsf_7d is Truth.TRUE:
        yield _("growth factor in the 7 days before")
    if counts.platelets_7d is Truth.TRUE:
        yield _("platelets transfused in the 7 days before")
