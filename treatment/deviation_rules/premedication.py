"""Premedication of blinatumomab that was not given in time or in full before a start, a step or a restart."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from uuid import UUID

from trialsite.casebook.models import Subject
from trialsite.casebook.names import phase_name
from trialsite.casebook.registries import facts
from trialsite.casebook.states import RecordState
from trialsite.clinical.facts import ItemAddress
from trialsite.clinical.text import Text
from trialsite.deviations.found import Found
from trialsite.deviations.states import DeviationKind

from ..domain.premedication import Answer, MomentKind, missing_premedication
from ..doses.drugs import drug_name
from ..infusion.courses import CourseOfPhase, courses_of_many, premedication_answers
from ..models import InfusionSegment, Premedication
from .words import in_both

MOMENTS = {
    MomentKind.FIRST: Text("the start of the course", "首次输注"),
    MomentKind.STEP: Text("a step of the dose", "剂量递增"),
    MomentKind.RESTART: Text("a restart after 4 hours or more", "中断4小时及以上后重启"),
}


def premedication_missing(subjects: Sequence[Subject]) -> Iterator[tuple[UUID, Found]]:
    """One finding for each start of a pump before which the protocol asks for premedication that was not given.

    Where nobody said that the list is complete, it is not known and nothing is drafted."""
    ids = [one.pk for one in subjects]
    courses, given, ages = courses_of_many(ids), given_by_subject(ids), facts["age_years"].select(ids)
    for subject in subjects:
        fact = ages.get(subject.pk)
        age = int(str(fact.value)) if fact is not None and fact.known else None
        for course in courses.get(subject.pk, []):
            answers = premedication_answers(course, given.get(subject.pk, []), age)
            for answer in missing_premedication(answers):
                yield subject.pk, of_answer(subject, course, answer)


def given_by_subject(subject_ids: Sequence[UUID]) -> dict[UUID, list[Premedication]]:
    rows = Premedication.objects.filter(subject_id__in=subject_ids, voided=False)
    found: dict[UUID, list[Premedication]] = defaultdict(list)
    for row in rows.exclude(record__state=RecordState.VOIDED).order_by("given_at", "pk"):
        found[row.subject_id].append(row)
    return found


def of_answer(subject: Subject, course: CourseOfPhase, answer: Answer) -> Found:
    row = next(one for one in course.rows if one.start == answer.moment.at)
    at = answer.moment.at.astimezone(course.zone)
    moment, said = MOMENTS[answer.moment.kind], answer.sentence
    phase = in_both(lambda: phase_name(subject.protocol_version.protocol, course.cycle.phase))
    drugs = in_both(lambda: " / ".join(drug_name(one.drug) for one in answer.rule.doses))
    evidence = Text(
        f"{phase.en}, {moment.en} on {at:%Y-%m-%d %H:%M}: premedication ({drugs.en}) {said.en}.",
        f"{phase.zh}，{moment.zh}（{at:%Y-%m-%d %H:%M}）：预处理用药（{drugs.zh}）{said.zh}。",
    )
    return Found(
        kind=DeviationKind.TREATMENT,
        key=str(row.pk),
        evidence=evidence,
        occurred_on=at.date(),
        sources=(ItemAddress(InfusionSegment._meta.db_table, str(row.pk), "start"),),
    )
