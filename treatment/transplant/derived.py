"""What the forms of donor and transplantation give: matches, blood groups, day counts, wash-out, MRD before it."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from enrollment.item_facts import label_of
from trialsite.casebook.fact_words import rule_words
from trialsite.casebook.names import local
from trialsite.casebook.registries import Derived, facts_of
from trialsite.casebook.selectors import standing_lines
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules import evaluate, facts_named, parse_rule
from trialsite.studies.domain.transplant_plan import Indication

from ..domain.graft import LOCI, HlaMatch, abo_mismatch, hla_match
from ..models import Donor, DonorCandidate, GvhdTreatment, Transplant
from ..models.transplant import AboMismatch, GvhdTreated
from .evidence import Evidence, first_graft, mrd_before_graft, washout_before_graft

TONES = {Truth.TRUE: "done", Truth.FALSE: "warn", Truth.UNKNOWN: "unknown"}


def donor(record: Donor) -> list[Derived]:
    """Of each candidate the matched alleles and the mismatch of blood groups."""
    return [
        line
        for one in standing_lines(record.candidates)  # type: ignore[attr-defined]
        for line in candidate_lines(record, one)
    ]


def candidate_lines(record: Donor, one: DonorCandidate) -> Iterator[Derived]:
    found = match_of(one)
    if found is not None:
        loci = " + ".join(
            f"{label_of(DonorCandidate, locus)} {getattr(one, locus)}"
            for locus in LOCI
            if getattr(one, locus) is not None
        )
        yield Derived(_("HLA"), str(found), loci, "" if found.complete else "unknown", line=str(one.pk))
    mismatch = abo_mismatch(one.blood_group, record.recipient_group)
    if mismatch:
        groups = f"{one.get_blood_group_display()} → {record.get_recipient_group_display()}"  # type: ignore[attr-defined]
        yield Derived(_("ABO mismatch"), str(AboMismatch(mismatch).label), groups, line=str(one.pk))


def match_of(one: DonorCandidate) -> HlaMatch | None:
    return hla_match({locus: getattr(one, locus) for locus in LOCI})


def transplant(record: Transplant) -> list[Derived]:
    """What shows the indication, and what conditioning was to wait for."""
    found = list(indication_line(record))
    first = first_graft(record.subject)
    if first is not None and first.pk == record.pk:
        for label, evidence in (
            (_("MRD before transplantation"), mrd_before_graft(record.subject)),
            (_("Wash-out before conditioning"), washout_before_graft(record.subject)),
        ):
            if evidence is not None:
                found.append(evidence_line(label, evidence))
    return found


def evidence_line(label: str, one: Evidence) -> Derived:
    words = {Truth.TRUE: _("kept"), Truth.FALSE: _("not kept"), Truth.UNKNOWN: _("unknown")}
    return Derived(label, words[one.truth], local(one.reason), TONES[one.truth])


def indication_line(record: Transplant) -> Iterator[Derived]:
    """What the record says to the chosen indication, where the protocol gives the rule that shows it."""
    found = record.subject.protocol_version.protocol.transplant.indication_of(record.indication)
    if found is None or found.when is None:
        return
    truth = shown(found, record.subject_id)
    words = {Truth.TRUE: _("shown"), Truth.FALSE: _("not shown"), Truth.UNKNOWN: _("unknown")}
    yield Derived(_("Indication by the record"), words[truth], rule_words(found.when), TONES[truth])


def shown(one: Indication, subject_id: object) -> Truth:
    """Whether the record shows an indication now; UNKNOWN for one that a person says."""
    if one.when is None:
        return Truth.UNKNOWN
    rule = parse_rule(one.when)
    return evaluate(rule, facts_of(subject_id, facts_named(rule))).truth  # type: ignore[arg-type]


def gvhd_treatment(record: GvhdTreatment) -> list[Derived]:
    """Since when chronic GVHD is treated systemically: it counts for survival free of GVHD and relapse."""
    days = [
        one.started_on
        for one in standing_lines(record.drugs)  # type: ignore[attr-defined]
        if one.treated == GvhdTreated.CHRONIC and one.systemic
    ]
    if not days:
        return []
    label = _("Systemic treatment of chronic GVHD since")
    return [Derived(label, min(days).isoformat(), _("the first day of its agents on this form"))]
