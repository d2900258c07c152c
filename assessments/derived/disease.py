"""From marrow, MRD sample and lumbar puncture: response, verdict, CNS class."""

from collections.abc import Iterator

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from trialsite.casebook.fact_words import parts
from trialsite.casebook.reading import one_reading
from trialsite.casebook.registries import Derived, facts
from trialsite.clinical.text import Text

from ..disease.cns_results import leukemia_fact, puncture_of
from ..disease.later_counts import later_words, open_words
from ..disease.mrd_results import VERDICT_WORDS, MrdLine, mrd_lines, source_words
from ..disease.responses import WARNING_WORDS, Judged, category_words, deciding, judged_responses
from ..domain.cns import CnsAnswer, cns_status
from ..domain.later_recovery import LaterCounts
from ..domain.mrd import Flag, Verdict
from ..domain.response import Category
from ..laboratory.results import lab_values
from ..models import CerebrospinalFluid, MarrowAssessment, MrdSample
from ..models.disease import ResponseCategory
from ..subjects import protocols
from .wording import item_words

CSF_ITEMS = ("clinical_signs", "csf_wbc", "csf_rbc", "blasts")
FLAG_WORDS = {
    Flag.LOW_LEVEL: gettext_lazy("leukaemic cells were seen below the threshold"),
    Flag.SENSITIVITY_CONFLICT: gettext_lazy("the stated limit is better than the cells analysed allow"),
    Flag.HEMODILUTED: gettext_lazy("sample diluted with blood"),
    Flag.NO_INDEX: gettext_lazy("no index sequence was found at diagnosis"),
    Flag.CD19_GATING: gettext_lazy("gating on CD19 alone may miss leukaemic cells"),
}


def local(text: Text) -> str:
    return text.in_language(get_language() or "en")


@one_reading()
def response(record: MarrowAssessment) -> list[Derived]:
    """The response by the study's criteria with the steps that decide, and what to look at."""
    judged = judged_responses([record.subject_id]).get(record.subject_id, [])
    return [line for each in judged if each.record.pk == record.pk for line in response_lines(each)]


def response_lines(judged: Judged) -> Iterator[Derived]:
    yield from later_line(judged, judged.later) if judged.later else first_lines(judged)
    if judged.undecided:
        yield Derived(_("To look at"), _("later counts"), open_words(judged.undecided), "warn")


def first_lines(judged: Judged) -> Iterator[Derived]:
    """What the marrow says with the counts of its day."""
    label = _("Response by the study's criteria")
    if judged.before_treatment and not judged.counts:
        yield Derived(
            label, _("before treatment"), _("A marrow before the first dose is no response assessment.")
        )
        return
    category = judged.response.category
    words = dict(ResponseCategory.choices).get(category.value) or category_words(category.value)
    yield Derived(
        label,
        str(words),
        " ".join(local(step.sentence) for step in deciding(judged.response)),
        "unknown" if category is Category.UNKNOWN else category.value,
    )
    for warning in judged.response.warnings:
        yield Derived(_("To look at"), str(WARNING_WORDS[warning]), "", "warn")


def later_line(judged: Judged, counts: LaterCounts) -> Iterator[Derived]:
    """What later counts made of this marrow, and from which day."""
    category = judged.response.category
    words = dict(ResponseCategory.choices).get(category.value) or category_words(category.value)
    label = _("From %(day)s") % {"day": judged.on.isoformat()}
    yield Derived(label, str(words), later_words(counts), category.value)


@one_reading()
def mrd_verdicts(record: MrdSample) -> list[Derived]:
    """The verdict of each method against the study's threshold."""
    lines = mrd_lines([record.subject_id]).get(record.subject_id, [])
    return [verdict_line(line) for line in lines if line.sample.pk == record.pk]


def verdict_line(line: MrdLine) -> Derived:
    label, row = _("Verdict"), str(line.line.pk)
    if line.verdict is None:
        return Derived(label, _("none"), _("no threshold in this protocol"), line=row)
    verdict = line.verdict
    source = source_words(verdict, line.line.qualifier)
    limit = [_("Limit: %(source)s.") % {"source": source}] if source else []
    notes = [str(FLAG_WORDS[flag]) for flag in verdict.flags if not said_already(verdict.verdict, flag)]
    working = " ".join([local(verdict.reason), *limit, *([f"({'; '.join(notes)})"] if notes else [])])
    return Derived(label, str(VERDICT_WORDS[verdict.verdict]), working, verdict.verdict.value, line=row)


def said_already(verdict: Verdict, flag: Flag) -> bool:
    """A low level says something beside a negative verdict only; a missing sequence is the verdict's own reason."""
    return flag is Flag.NO_INDEX or (flag is Flag.LOW_LEVEL and verdict is not Verdict.NEGATIVE)


def cns_working(record: CerebrospinalFluid, answer: CnsAnswer) -> str:
    """What was found; the ratio where it decides, the classes still possible where nothing does."""
    decided = answer.status is not None and answer.steinherz_bleyer is None
    return parts([item_words(record, CSF_ITEMS), *([] if decided else [local(answer.sentence)])])


@one_reading()
def cns(record: CerebrospinalFluid) -> list[Derived]:
    """The CNS class of this puncture, and whether it is CNS leukaemia by the protocol."""
    if record.performed_on is None:
        return []
    counts = lab_values([record.subject_id], ("wbc", "rbc")).get(record.subject_id, [])
    answer = cns_status(puncture_of(record, counts))
    plan = protocols([record.subject_id])[record.subject_id]
    found = leukemia_fact(record, answer, plan.cns2_is_cns_leukemia)
    present = {True: _("yes"), False: _("no")}.get(found.value is True) if found.known else ""
    return [
        Derived(
            facts["cns_status"].label,
            answer.status or _("not known yet"),
            cns_working(record, answer),
            "" if answer.status else "unknown",
        ),
        Derived(
            facts["cns_leukemia"].label,
            present or _("not known yet"),
            _("CNS2 and CNS3 count") if plan.cns2_is_cns_leukemia else _("CNS3 alone counts"),
            "" if present else "unknown",
        ),
    ]
