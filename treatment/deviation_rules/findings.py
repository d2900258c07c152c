"""What the rules of deviations find in the record of many subjects; a fixed number of queries, nothing is written.

Which rules a trial uses, and in which class, stands in its protocol file (`studies.domain.deviation_plan`)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from uuid import UUID

from trialsite.casebook.domain.paper import from_paper
from trialsite.casebook.models import Subject
from trialsite.casebook.reading import one_reading
from trialsite.deviations.found import Found
from trialsite.studies.domain.deviation_plan import (
    DOSE,
    HSCT_WITHOUT_MRD,
    MRD_SAMPLE,
    PREMEDICATION,
    VISIT_WINDOW,
)

from .doses import doses_beyond_tolerance
from .grafts import grafts_without_mrd
from .premedication import premedication_missing
from .visits import samples_absent, visits_outside

Reader = Callable[[Sequence[Subject]], Iterator[tuple[UUID, Found]]]
READERS: Mapping[str, Reader] = {
    DOSE: doses_beyond_tolerance,
    VISIT_WINDOW: visits_outside,
    PREMEDICATION: premedication_missing,
    MRD_SAMPLE: samples_absent,
    HSCT_WITHOUT_MRD: grafts_without_mrd,
}


def findings_of(subjects: Sequence[Subject]) -> dict[UUID, dict[str, list[Found]]]:
    """Subject → rule of its protocol → what the rule finds, with the class of the protocol.

    The past that came on paper is asked of nobody. A rule that finds nothing has an empty list."""
    found: dict[UUID, dict[str, list[Found]]] = {one.pk: {} for one in subjects}
    with one_reading():
        for rule, read in READERS.items():
            classes = {one.pk: weight for one in subjects if (weight := class_of(one, rule))}
            asked = [one for one in subjects if one.pk in classes]
            if not asked:
                continue
            until = {one.pk: one.from_paper_until for one in asked}
            for one in asked:
                found[one.pk][rule] = []
            for subject_id, each in read(asked):
                if not from_paper(each.occurred_on, until[subject_id]):
                    found[subject_id][rule].append(each.in_class(classes[subject_id]))
    return found


def class_of(subject: Subject, rule: str) -> str:
    """The class that the subject's protocol gives to a rule; "" where it does not use it."""
    rules = {one.rule: one.weight for one in subject.protocol_version.protocol.deviations}
    return rules.get(rule, "")
