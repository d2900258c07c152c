"""What a record from paper lacks: one list instead of reminders, clocks and queries about the past."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from trialsite.casebook.domain.paper import from_paper


class GapKind(StrEnum):
    """What is missing."""

    VISIT = "visit"  # nothing of a planned visit is recorded
    FORM = "form"  # a form that the visit asks for
    ITEM = (
        "item"  # a required item that is empty without a reason, or of which the reason is that it is unknown
    )
    FINDING = "finding"  # something unusual in a form, of which nobody was asked
    CRITERION = "criterion"  # a criterion of eligibility that the record does not decide


@dataclass(frozen=True)
class PastVisit:
    """A planned visit: the last day of its window, the forms it asks for, whether anything is expected of it."""

    key: str
    repeat: int
    latest: date | None
    required: tuple[str, ...]
    expected: bool = True


@dataclass(frozen=True)
class Gap:
    """One thing that is missing: where, and for a finding or a criterion which."""

    kind: GapKind
    visit: str = ""
    repeat: int = 1
    form: str = ""
    item: str = ""
    on: date | None = None


def visit_gaps(
    visits: Iterable[PastVisit], entered: Mapping[tuple[str, int], Collection[str]], paper_until: date | None
) -> Iterator[Gap]:
    """The visits whose window ended in the past from paper and that have no form, or lack one they ask for.

    `entered` maps (visit, repeat) to the keys of the forms that stand there. A visit that was recorded as not done, or
    that a death made needless, is not expected: nothing of it is missing.
    """
    for one in visits:
        if not one.expected or not from_paper(one.latest, paper_until):
            continue
        forms = entered.get((one.key, one.repeat), ())
        if not forms:
            yield Gap(GapKind.VISIT, one.key, one.repeat, on=one.latest)
            continue
        for form in one.required:
            if form not in forms:
                yield Gap(GapKind.FORM, one.key, one.repeat, form, on=one.latest)
