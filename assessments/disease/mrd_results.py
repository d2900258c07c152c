"""MRD of many subjects at once: each result with its verdict, and the course of MRD by the study's method."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.casebook.reading import not_later, read_once
from trialsite.casebook.states import RecordState
from trialsite.clinical.facts import Fact, ItemAddress, Why
from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity
from trialsite.studies.domain.protocol import MrdThreshold, Protocol

from .. import models
from ..domain.mrd import (
    NEED_INDEX,
    Method,
    MrdResult,
    MrdVerdict,
    Qualifier,
    ReportingClass,
    SensitivitySource,
    Verdict,
    mrd_verdict,
    reporting_class,
)
from ..domain.mrd_course import MrdCourse, Sample, Standing, TimePoint, mrd_course
from ..domain.mrd_report import read_report
from ..subjects import known_facts, protocols
from .declarations import Declared, declarations_of, declared_for
from .responses import Judged, judged_responses

VERDICT_WORDS: Mapping[str, Any] = {
    Verdict.NEGATIVE: gettext_lazy("negative"),
    Verdict.POSITIVE: gettext_lazy("positive"),
    Verdict.INDETERMINATE: gettext_lazy("indeterminate"),
}
STANDING_WORDS: Mapping[str, Any] = {
    Standing.NEGATIVE: gettext_lazy("negative"),
    Standing.POSITIVE_UNCONFIRMED: gettext_lazy("positive, not confirmed yet"),
    Standing.POSITIVE_EOI: gettext_lazy("positive at the end of induction"),
    Standing.PERSISTENT: gettext_lazy("persistent"),
    Standing.RECURRENCE: gettext_lazy("recurrence"),
}
CLASS_WORDS: Mapping[str, Any] = {
    ReportingClass.COMPLETE: gettext_lazy("complete MRD response"),
    ReportingClass.INTERMEDIATE: gettext_lazy("intermediate MRD"),
    ReportingClass.FAILURE: gettext_lazy("MRD failure"),
}
SOURCE_WORDS: Mapping[str, Any] = {
    SensitivitySource.STATED: gettext_lazy("stated in the report"),
    SensitivitySource.CELLS: gettext_lazy("from the cells of this sample"),
    SensitivitySource.REPORTED_BOUND: gettext_lazy("from the reported “<”"),
}
ROLES = ("endpoint", "gate", "secondary", "exploratory")
SCREENING_ANCHORS = ("screening", "consent")


@dataclass(frozen=True)
class MrdLine:
    """One result with its verdict; None where the protocol has no threshold for the method.

    counted: MRD counts in CRc (with the literal wording of a protocol in any response); None while that is open."""

    line: models.MrdResult
    sample: models.MrdSample
    result: MrdResult
    verdict: MrdVerdict | None
    in_crc: Truth
    at_screening: bool
    counted: bool | None = None

    @property
    def reporting_class(self) -> ReportingClass | None:
        """The class of ELN and EWALL beside the verdict: a class of response, so none before treatment."""
        if self.verdict is None or self.at_screening:
            return None
        return reporting_class(self.result, self.verdict.lod)

    @property
    def source(self) -> ItemAddress:
        return self.line.address("value" if self.line.qualifier == Qualifier.QUANTIFIED else "qualifier")


def mrd_lines(subject_ids: Sequence[UUID]) -> dict[UUID, list[MrdLine]]:
    """Every standing MRD result of each subject with its verdict, oldest first; a fixed number of queries."""
    return read_once(("mrd", frozenset(subject_ids)), lambda: _read_all(subject_ids))


def _read_all(subject_ids: Sequence[UUID]) -> dict[UUID, list[MrdLine]]:
    rows = not_later(
        models.MrdResult.objects.filter(subject_id__in=subject_ids, voided=False)
        .exclude(record__state=RecordState.VOIDED)
        .exclude(record__performed_on=None)
        .select_related("record__visit")
        .order_by("record__performed_on", "record_id", "line"),
        "record__performed_on",
    )
    by_subject: dict[UUID, list[models.MrdResult]] = defaultdict(list)
    for row in rows:
        by_subject[row.subject_id].append(row)
    if not by_subject:
        return {}
    ids = list(by_subject)
    plans, responses = protocols(ids), judged_responses(ids)
    declared = declarations_of({found[0].study_id for found in by_subject.values()})
    return {
        subject_id: [
            line_of(row, plans[subject_id], responses.get(subject_id, []), declared, without_index(found))
            for row in found
        ]
        for subject_id, found in by_subject.items()
    }


def without_index(rows: Sequence[models.MrdResult]) -> set[str]:
    """The methods for which the laboratory found no sequence at diagnosis: what it said last holds for every sample."""
    said = {row.method: row.index_found for row in rows if row.index_found is not None}
    return {method for method, found in said.items() if method in NEED_INDEX and not found}


def line_of(
    row: models.MrdResult,
    protocol: Protocol,
    responses: Sequence[Judged],
    declared: Declared,
    no_index: Collection[str],
) -> MrdLine:
    result = domain_result(row)
    if row.method in no_index:
        result = replace(result, index_found=Truth.FALSE)
    threshold = threshold_for(protocol, row.method)
    known = declared_for(declared, row.study_id, row.record.laboratory, row.method)
    verdict = mrd_verdict(result, threshold.threshold, known) if threshold else None
    anchors = {visit.anchor for visit in protocol.visits if visit.key == row.record.visit.key}
    screening = row.record.time_point == models.MrdSample.TimePoint.SCREENING or any(
        anchor in SCREENING_ANCHORS for anchor in anchors
    )
    in_crc = remission_at(responses, row.record)
    counted = (
        True
        if protocol.response.literal_mlfs_is_cri
        else {Truth.UNKNOWN: None}.get(in_crc, in_crc is Truth.TRUE)
    )
    return MrdLine(row, row.record, result, verdict, in_crc, screening, counted)


def domain_result(row: Any) -> MrdResult:
    """A line as the rules see it: fractions, with the x of a reported "<x" read from the report's own text."""
    quantified = row.qualifier == Qualifier.QUANTIFIED
    reading = read_report(row.reported_text) if row.reported_text.strip() else None
    same = reading is not None and reading.qualifier is not None and reading.qualifier.value == row.qualifier
    return MrdResult(
        method=Method(row.method),
        sampled_on=row.record.performed_on,
        qualifier=Qualifier(row.qualifier),
        value=fraction(row.value) if quantified else None,
        lod=fraction(row.lod),
        loq=fraction(row.loq),
        reported_below=reading.below if same and reading else None,
        cells_analysed=row.cells_analysed,
        dna_ng=row.dna_ng,
        hemodilution=Truth.of(row.record.hemodilution),
        cd19_gating_adequate=Truth.of(row.cd19_gating_adequate),
        index_found=Truth.of(row.index_found),
    )


def fraction(quantity: Quantity | None) -> Decimal | None:
    """A value or limit as the fraction of nucleated cells that the rules use; stored canonically in percent."""
    if quantity is None or quantity.canonical is None:
        return None
    return quantity.canonical / 100


def source_words(verdict: MrdVerdict, qualifier: str) -> str:
    """Where the limit that decides comes from: of detection, or of quantification for what was detected below it."""
    limit = verdict.loq if qualifier == Qualifier.DETECTED_BELOW_LOQ else verdict.lod
    if limit.source is SensitivitySource.DECLARED and limit.declared_on is not None:
        return _("from the laboratory's declaration of %(day)s") % {"day": limit.declared_on.isoformat()}
    return str(SOURCE_WORDS.get(limit.source, ""))


def threshold_for(protocol: Protocol, method: str) -> MrdThreshold | None:
    return next((one for one in protocol.mrd if one.method == method), None)


def study_method(protocol: Protocol) -> str:
    """The method that the protocol judges MRD by: the one of its endpoint, else of its gate; "" without any."""
    ranked = sorted(protocol.mrd, key=lambda one: ROLES.index(one.role) if one.role in ROLES else len(ROLES))
    return ranked[0].method if ranked else ""


def remission_at(responses: Sequence[Judged], sample: models.MrdSample) -> Truth:
    """Whether the subject was in CRc at the sample: the latest marrow up to that day says, or later counts that made
    its response better by then."""
    day = sample.performed_on
    before = [each for each in responses if day and each.known_from <= day]
    return before[-1].in_crc if before else Truth.UNKNOWN


def course_of(lines: Sequence[MrdLine], method: str, relapse: Fact | None) -> MrdCourse:
    """The course of MRD of one subject by the study's method."""
    relapsed_on = relapse.on if relapse is not None and relapse.value is True else None
    return mrd_course([sample_of(line) for line in lines if line.verdict], method, relapsed_on)


def sample_of(line: MrdLine) -> Sample:
    known = {point.value: point for point in TimePoint}
    point = known.get(line.sample.time_point, TimePoint.OTHER)
    assert line.verdict is not None
    return Sample(line.result.sampled_on, line.line.method, line.verdict.verdict, line.in_crc, point)


def mrd_facts(subject_ids: Sequence[UUID]) -> dict[UUID, dict[str, Fact]]:
    """The facts that MRD gives: mrd_verdict_screening, mrd_verdict_latest, mrd_state."""
    lines, plans = mrd_lines(subject_ids), protocols(subject_ids)
    relapses = known_facts(subject_ids, "relapsed")
    facts = {}
    for subject_id, found in lines.items():
        method = study_method(plans[subject_id])
        own = [line for line in found if line.line.method == method and line.verdict]
        screening = [line for line in found if line.at_screening and line.verdict]
        facts[subject_id] = {
            "mrd_verdict_latest": verdict_fact(own),
            "mrd_verdict_screening": verdict_fact(screening),
            "mrd_state": state_fact(course_of(found, method, relapses.get(subject_id)), own),
        }
    return facts


def verdict_fact(lines: Sequence[MrdLine]) -> Fact:
    """The verdict of the latest sample; on one day a decided verdict comes before an indeterminate one."""
    if not lines:
        return Fact.missing()
    day = lines[-1].result.sampled_on
    same_day = [line for line in lines if line.result.sampled_on == day]
    decided = [
        line for line in same_day if line.verdict and line.verdict.verdict is not Verdict.INDETERMINATE
    ]
    last = (decided or same_day)[-1]
    assert last.verdict is not None
    if last.verdict.verdict is Verdict.INDETERMINATE:
        not_done = last.result.qualifier is Qualifier.NOT_DONE
        return Fact.missing(Why.NOT_DONE if not_done else Why.UNKNOWN, source=last.source)
    return Fact(last.verdict.verdict.value, on=day, source=last.source, working=last.verdict.reason.en)


def state_fact(course: MrdCourse, own: Sequence[MrdLine]) -> Fact:
    if course.standing is None:
        return Fact.missing(Why.UNKNOWN if own else Why.NOT_RECORDED)
    last = own[-1]
    return Fact(course.standing.value, on=last.result.sampled_on, source=last.source)
