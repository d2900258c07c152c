"""Responses of many subjects at once: each marrow judged in its order, beside the investigator's own category."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext_lazy, pgettext_lazy

from trialsite.casebook.reading import read_once
from trialsite.casebook.registries import anchor_dates, anchors
from trialsite.casebook.selectors import current_records
from trialsite.clinical.facts import Fact, Why
from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity
from trialsite.studies.domain.protocol import ResponseRules

from ..domain.extramedullary import extramedullary
from ..domain.later_recovery import LaterCounts, Recovery, later_recovery
from ..domain.recovery import Awaited, awaits_recovery
from ..domain.response import Assessment, Category, Response, ResponseWarning, Step, classify_response
from ..laboratory.results import LabValue, lab_values, nearest
from ..models import MarrowAssessment
from ..subjects import known_facts, protocols
from ..support import NO_SUPPORT, Support, supports
from .around_marrow import Around, around_marrows
from .later_counts import COUNTS, counts_by_day

WARNING_WORDS = {
    ResponseWarning.MRD_1PCT: gettext_lazy("MRD ≥ 1 %"),
    ResponseWarning.REPEAT_MARROW: gettext_lazy("repeat the marrow within 14 days"),
    ResponseWarning.CONFIRM_BLOOD_BLASTS: gettext_lazy("confirm the blasts in blood"),
    ResponseWarning.COUNTS_SUPPORTED: gettext_lazy("counts under growth factor or transfusion"),
    ResponseWarning.COUNTS_NOT_IN_WINDOW: gettext_lazy("counts too far from the marrow"),
    ResponseWarning.CONFIRM_AFTER_4_WEEKS: gettext_lazy("confirm after 4 weeks"),
    ResponseWarning.BLASTS_AFTER_REMISSION: gettext_lazy("blasts after a remission"),
    ResponseWarning.SECOND_TEST: gettext_lazy("confirm by a second test: at least 1 %"),
    ResponseWarning.EMD_CONTRADICTED: gettext_lazy(
        "listed sites or the puncture show extramedullary disease"
    ),
}
CATEGORY_WORDS = {
    Category.RELAPSE.value: gettext_lazy("Relapse"),
    Category.INDETERMINATE_5PCT.value: gettext_lazy("indeterminate: exactly 5 %"),
    Category.UNKNOWN.value: pgettext_lazy("response", "open"),
}
# What the investigator says of a marrow below 5 %: which of these it is, counts decide where they are read alone.
REMISSIONS_AND_MLFS = {Category.CR.value, Category.CRH.value, Category.CRI.value, Category.MLFS.value}
NOT_DECIDED = {Category.UNKNOWN.value, Category.INDETERMINATE_5PCT.value}


@dataclass(frozen=True)
class Judged:
    """One marrow with its computed response, the category that stands, and whether it is a remission.

    category: the investigator's where given, else the computed one. before_treatment: the marrow belongs to the
    time before the first dose (or nothing has been given yet). awaited: what is repeated while the counts have not
    recovered; such an assessment is no failure. later: the counts of a later day by which the response of the marrow
    before it in the list got better; the investigator's own category spoke of the marrow's day. undecided: the last
    later counts that look recovered and decide nothing. by_counts: as `judged_responses` says."""

    record: MarrowAssessment
    response: Response
    category: str
    in_crc: Truth
    on: date
    before_treatment: bool
    awaited: Awaited | None = None
    later: LaterCounts | None = None
    undecided: Recovery | None = None
    by_counts: bool = False

    @property
    def said(self) -> str:
        """The investigator's category, where it speaks of this day and is read."""
        return "" if self.later else said_of(self.record, self.by_counts)

    @property
    def known_from(self) -> date:
        """The day from which it holds: that of the marrow, or the one to which a later recovery is dated."""
        return self.on if self.later else self.record.performed_on or self.on

    @property
    def differs(self) -> bool:
        """Whether the investigator judged otherwise than the rules."""
        return bool(self.said) and self.said != self.response.category.value

    @property
    def counts(self) -> bool:
        """Whether it is a response assessment: evaluable, and not the diagnosis itself."""
        if self.category == Category.NE.value:
            return False
        return not self.before_treatment or self.in_crc is Truth.TRUE


def said_of(record: MarrowAssessment, by_counts: bool) -> str:
    """The investigator's category; by counts alone, which remission it is (or MLFS) is not asked of anybody."""
    said: str = record.investigator_response
    return "" if by_counts and said in REMISSIONS_AND_MLFS else said


def category_words(category: str) -> str:
    """A response category in the reader's words; the abbreviations of the field stay as they are."""
    return str(CATEGORY_WORDS.get(category, category))


def deciding(response: Response) -> Sequence[Step]:
    """The rules that matter for the category: those still open, and the first that holds."""
    shown = []
    for step in response.steps:
        if step.truth is not Truth.FALSE:
            shown.append(step)
        if step.truth is Truth.TRUE:
            break
    return shown[:3]


def judged_responses(subject_ids: Sequence[UUID], *, by_counts: bool = False) -> dict[UUID, list[Judged]]:
    """Every standing marrow of each subject with its response, oldest first, and after it what later counts made of
    it; a fixed number of queries.

    by_counts: MLFS is no CRi, whatever the registration's wording, and the counts decide between the remissions and
    MLFS, not the investigator (a sensitivity analysis)."""
    key = ("responses", frozenset(subject_ids), by_counts)
    return read_once(key, lambda: _judge_all(subject_ids, by_counts))


def _judge_all(subject_ids: Sequence[UUID], by_counts: bool) -> dict[UUID, list[Judged]]:
    marrows: dict[UUID, list[MarrowAssessment]] = defaultdict(list)
    records = (
        current_records(MarrowAssessment, subject_ids).exclude(performed_on=None).select_related("visit")
    )
    for record in records.order_by("performed_on", "pk"):
        marrows[record.subject_id].append(record)
    if not marrows:
        return {}
    ids = list(marrows)
    rules = {subject_id: protocol.response for subject_id, protocol in protocols(ids).items()}
    if by_counts:
        rules = {one: replace(own, literal_mlfs_is_cri=False) for one, own in rules.items()}
    counts = lab_values(ids, COUNTS)
    started, supported = first_doses(ids), supports(ids)
    around = around_marrows(marrows, rules)
    return {
        subject_id: judge(
            found,
            rules[subject_id],
            counts.get(subject_id, []),
            started.get(subject_id),
            around,
            supported.get(subject_id, NO_SUPPORT),
            by_counts,
        )
        for subject_id, found in marrows.items()
    }


def first_doses(subject_ids: Sequence[UUID]) -> dict[UUID, date]:
    """Day 1 of treatment of those who have begun; empty while no room registers it."""
    return dict(anchor_dates(subject_ids, "c1d1")) if "c1d1" in anchors else {}


def judge(
    marrows: Sequence[MarrowAssessment],
    rules: ResponseRules,
    counts: Sequence[LabValue],
    first_dose: date | None,
    around: Mapping[UUID, Around],
    support: Support = NO_SUPPORT,
    by_counts: bool = False,
) -> list[Judged]:
    """The responses of one subject in order: each knows the blasts of the first marrow and the remissions before."""
    found: list[Judged] = []
    reported = counts_by_day(counts, support)
    for place, record in enumerate(marrows):
        assert record.performed_on is not None
        baseline, prior = baseline_of(marrows, record), remission_before(found)
        seen = assessment_of(record, rules, counts, baseline, prior, around[record.pk], support)
        response = classify_response(seen, rules)
        if contradicted(record, around[record.pk]):
            told = (*response.warnings, ResponseWarning.EMD_CONTRADICTED)
            response = replace(response, warnings=told)
        said = said_of(record, by_counts)
        category = said or response.category.value
        in_crc = response.counts_toward_crc
        if said:
            in_crc = Truth.UNKNOWN if said == Category.NE.value else Truth.of(said in rules.crc)
        before = first_dose is None or record.performed_on < first_dose
        on = response.on or record.performed_on
        standing = [category] if said else [one.value for one in response.possible]
        following = marrows[place + 1].performed_on if place + 1 < len(marrows) else None
        later = () if before else later_recovery(seen, standing, reported, rules, following)
        awaited = awaits_recovery(
            standing,
            in_crc,
            marrow_on=record.performed_on,
            counts_on=later[-1].counts.on if later else seen.counts_on,
            first_dose=first_dose,
        )
        found.append(Judged(record, response, category, in_crc, on, before, awaited, by_counts=by_counts))
        found += [recovered(record, one) for one in later if one.upgrades is Truth.TRUE]
        found[-1] = replace(found[-1], undecided=last_open(later))
    return found


def recovered(record: MarrowAssessment, recovery: Recovery) -> Judged:
    """The better response of a marrow, from the day that its later counts give it."""
    response, day = recovery.response, recovery.counts.on
    category, in_crc = response.category.value, response.counts_toward_crc
    return Judged(record, response, category, in_crc, response.on or day, False, later=recovery.counts)


def last_open(later: Sequence[Recovery]) -> Recovery | None:
    """The last later counts that look recovered and decide nothing; None where a later day decided."""
    decided = [place for place, one in enumerate(later) if one.upgrades is Truth.TRUE]
    after = later[decided[-1] + 1 :] if decided else later
    return next((one for one in reversed(after) if one.upgrades is Truth.UNKNOWN), None)


def contradicted(record: MarrowAssessment, around: Around) -> bool:
    """Whether the form answers that there is no extramedullary disease, while something shows it."""
    answer = Truth.of(record.extramedullary)
    return extramedullary(answer, Truth.UNKNOWN, around.findings, around.cns).contradicted


def baseline_of(marrows: Sequence[MarrowAssessment], record: MarrowAssessment) -> Decimal | None:
    """The blasts (%) of the first marrow, when it is another one and exact."""
    first = marrows[0]
    blasts = first.item("bm_blast_pct")
    if first.pk == record.pk or blasts is None or blasts.comparator:
        return None
    return blasts.canonical


def remission_before(earlier: Sequence[Judged]) -> Truth:
    """Whether an earlier assessment was a remission; with no earlier one there was none on record."""
    if any(each.in_crc is Truth.TRUE for each in earlier):
        return Truth.TRUE
    return (
        Truth.UNKNOWN
        if any(each.in_crc is Truth.UNKNOWN and each.counts for each in earlier)
        else Truth.FALSE
    )


def assessment_of(
    record: MarrowAssessment,
    rules: ResponseRules,
    counts: Sequence[LabValue],
    baseline: Decimal | None,
    prior_crc: Truth,
    around: Around,
    support: Support = NO_SUPPORT,
) -> Assessment:
    """A marrow as the rules see it; counts that the form leaves empty come from the nearest report."""
    assert record.performed_on is not None
    elsewhere = extramedullary(
        Truth.of(record.extramedullary), Truth.of(record.extramedullary_new), around.findings, around.cns
    )
    day = record.counts_on or record.performed_on
    anc, anc_on = count_of(record.item("anc"), record, counts, "anc", day, rules)
    platelets, platelets_on = count_of(record.item("platelets"), record, counts, "platelets", day, rules)
    return Assessment(
        marrow_on=record.performed_on,
        counts_on=anc_on or platelets_on,
        bm_blast_pct=record.item("bm_blast_pct"),
        evaluable_marrow=Truth.of(record.evaluable),
        pb_blasts=Truth.of(record.pb_blasts),
        pb_blasts_confirmed=Truth.of(record.pb_blasts_confirmed),
        emd=elsewhere.present,
        emd_new=elsewhere.new,
        anc=anc,
        platelets=platelets,
        gcsf_7d=unless_said(record.gcsf_7d, support.within("gcsf", anc_on or day)),
        platelets_7d=unless_said(record.platelets_7d, support.within("platelets", platelets_on or day)),
        trilineage=Truth.of(record.trilineage),
        baseline_blast_pct=baseline,
        prior_crc=prior_crc,
        mrd_fraction=around.mrd,
    )


def unless_said(answer: bool | None, recorded: Truth) -> Truth:
    """What the form says; without an answer what medication and transfusions say, none on record being none given
    (assumption)."""
    return Truth.of(answer if answer is not None else recorded is Truth.TRUE)


def count_of(
    typed: Quantity | None,
    record: MarrowAssessment,
    counts: Sequence[LabValue],
    analyte: str,
    day: date,
    rules: ResponseRules,
) -> tuple[Quantity | None, date | None]:
    """A count with its day: the one on the form, else the nearest of the reports within the window."""
    if typed is not None:
        return typed, day
    within = 0 if record.counts_on else rules.counts_window_days
    value = nearest(counts, analyte, day, within)
    return (value.quantity, value.on) if value else (None, None)


def response_facts(subject_ids: Sequence[UUID]) -> dict[UUID, dict[str, Fact]]:
    """The facts that responses give: response_latest, response_latest_day, in_crc, ever_crc."""
    judged = judged_responses(subject_ids)
    relapses, started = known_facts(subject_ids, "relapsed"), first_doses(subject_ids)
    return {
        subject_id: facts_of_course(found, relapses.get(subject_id), started.get(subject_id))
        for subject_id, found in judged.items()
    }


def facts_of_course(
    found: Sequence[Judged], relapse: Fact | None, first_dose: date | None
) -> dict[str, Fact]:
    """What the responses of one subject say, with a relapse recorded elsewhere."""
    counting = [each for each in found if each.counts]
    if not counting:
        return {}
    last = counting[-1]
    source = last.record.address("investigator_response" if last.said else "bm_blast_pct")
    relapsed_on = relapse.on if relapse is not None and relapse.value is True else None
    superseded = relapsed_on is not None and relapsed_on >= last.on
    latest = "RELAPSE" if superseded else last.category
    known = latest not in NOT_DECIDED
    in_crc = False if superseded else {Truth.TRUE: True, Truth.FALSE: False}.get(last.in_crc)
    facts = {
        "response_latest": Fact(latest, on=last.on, source=source)
        if known
        else Fact.missing(Why.UNKNOWN, source=source),
        "in_crc": Fact.missing(Why.UNKNOWN, source=source)
        if in_crc is None
        else Fact(in_crc, on=last.on, source=source),
        "ever_crc": ever_crc(counting),
    }
    if first_dose is not None:
        day = (last.on - first_dose).days
        facts["response_latest_day"] = Fact(day + 1 if day >= 0 else day, "d", on=last.on, source=source)
    return facts


def ever_crc(counting: Sequence[Judged]) -> Fact:
    """Whether any assessment was a remission; the first one dates it."""
    first = next((each for each in counting if each.in_crc is Truth.TRUE), None)
    if first is not None:
        return Fact(True, on=first.on, source=first.record.address("bm_blast_pct"))
    if any(each.in_crc is Truth.UNKNOWN for each in counting):
        return Fact.missing(Why.UNKNOWN)
    return Fact(False, on=counting[-1].on, source=counting[-1].record.address("bm_blast_pct"))


def first_crc_dates(subject_ids: Sequence[UUID], argument: str = "") -> dict[UUID, date]:
    """The anchor first_crc: the date of the first sample in complete remission."""
    found = {}
    for subject_id, judged in judged_responses(subject_ids).items():
        first = next((each.on for each in judged if each.counts and each.in_crc is Truth.TRUE), None)
        if first is not None:
            found[subject_id] = first
    return found
