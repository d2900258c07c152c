"""The package of a case: the clinical evidence on which a member judges, blinded where the protocol says so.

A blinded package names what it shows: no item that it does not name reaches it, whatever a form comes to ask. What
people write freely is left out, since it may name an arm or a hospital; the cause of a death in words is shown.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from trialsite.casebook.items import item_in_words
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import anchor_dates, anchors
from trialsite.listing import listed_apart, told
from trialsite.review.contents import FormContent, contents_of
from trialsite.review.item_words import value_in_words
from trialsite.studies.domain.adjudication_plan import DEATH, RELAPSE

from .cases import Case, behind_the_blind

# Form → the items that a blinded package shows, and of its lines the columns; in the order of the package.
EVIDENCE: Mapping[str, tuple[str, ...]] = {
    RELAPSE: ("bm_blast_pct", "cd19_negative"),
    DEATH: ("died_on", "cause_text", "certainty", "autopsy"),
    "BM": (
        *(
            "evaluable",
            "bm_blast_pct",
            "pb_blasts",
            "pb_blasts_confirmed",
            "extramedullary",
            "extramedullary_new",
        ),
        *("counts_on", "anc", "platelets", "gcsf_7d", "platelets_7d", "trilineage"),
        *("sites.place", "sites.method", "sites.finding"),
    ),
    "MRD": (
        *("specimen", "hemodilution", "results.method", "results.reported_text", "results.qualifier"),
        *("results.value", "results.lod", "results.loq", "results.cells_analysed"),
    ),
    "HEM": ("results.analyte", "results.result"),
    "CSF": ("clinical_signs", "clinically_absent", "csf_wbc", "csf_rbc", "blasts"),
    "IMG": ("modality", "region", "finding"),
}
AROUND = {"HEM": (timedelta(days=60), timedelta(days=30))}  # of blood counts those before and after the event


@dataclass(frozen=True)
class Piece:
    """One form as evidence: its day, the study day (None where unknown), label and value of its items, its lines."""

    on: date | None
    study_day: int | None
    items: Sequence[tuple[str, str]]
    lines: Sequence[str]

    @property
    def words(self) -> str:
        """The items in one line."""
        return listed_apart(told(label, value) for label, value in self.items)


@dataclass(frozen=True)
class Evidence:
    """All that one kind of form tells, the newest first."""

    title: str
    pieces: Sequence[Piece]


@dataclass(frozen=True)
class Package:
    """What a member sees of a case. `day_one`: from which study days count; `subject` where it is not blinded."""

    case: Case
    evidence: Sequence[Evidence]
    day_one: date | None
    subject: Subject | None


def package_of(case: Case) -> Package:
    """The evidence of a case, read for the committee."""
    with behind_the_blind():
        subject = Subject.objects.select_related("protocol_version", "study", "site").get(
            pk=case.record.subject_id
        )
        first = day_one(subject)
        found = [one for one in contents_of(subject) if is_evidence(one, case)]
        evidence = [
            Evidence(str(kind[0].kind.title), [piece_of(one, case, first) for one in newest_first(kind)])
            for key in EVIDENCE
            if (kind := [one for one in found if one.slot.form_key == key])
        ]
    return Package(case, evidence, first, None if case.plan.blinded else subject)


def day_one(subject: Subject) -> date | None:
    """The first day of treatment, else of randomisation, else of transplantation."""
    for name in ("c1d1", "randomisation", "hsct_d0"):
        if name in anchors and (day := anchor_dates([subject.pk], name).get(subject.pk)):
            return day
    return None


def study_day(on: date | None, first: date | None) -> int | None:
    """Day 1 is the first day, the day before it day -1 (CDISC --DY)."""
    if on is None or first is None:
        return None
    days = (on - first).days
    return days + 1 if days >= 0 else days


def is_evidence(one: FormContent, case: Case) -> bool:
    """Whether a form belongs into the package: of the events that which is judged, of blood counts those around it."""
    key, on = one.slot.form_key, one.record.performed_on
    if key in (RELAPSE, DEATH):
        return one.record.pk == case.id
    if key in AROUND and on and case.record.performed_on:
        before, after = AROUND[key]
        return case.record.performed_on - before <= on <= case.record.performed_on + after
    return key in EVIDENCE


def newest_first(forms: Sequence[FormContent]) -> list[FormContent]:
    return sorted(forms, key=lambda one: one.record.performed_on or date.min, reverse=True)


def piece_of(one: FormContent, case: Case, first: date | None) -> Piece:
    on = one.record.performed_on
    lines: dict[str, list[str]] = {}
    items = []
    for item, words in shown(one, case.plan.blinded):
        name, _dot, rest = item.partition(".")
        if rest:
            lines.setdefault(f"{name}.{rest.partition('.')[0]}", []).append(words)
        else:
            items.append((item_in_words(item.rstrip("!"), one.kind), words))
    return Piece(on, study_day(on, first), items, [" · ".join(line) for line in lines.values()])


def shown(one: FormContent, blinded: bool) -> Iterator[tuple[str, str]]:
    """The items of a form that the package shows, with their values in words; the day stands above them."""
    for item, text in one.content.items():
        name, _dot, rest = item.rstrip("!").partition(".")
        plain = f"{name}.{rest.partition('.')[2]}" if rest else name
        if plain != "performed_on" and (not blinded or plain in EVIDENCE[one.slot.form_key]):
            yield item, value_in_words(item, text, one.kind, one.record.subject)


def investigator_of(package: Package) -> Mapping[str, Any]:
    """Who and what is behind a case that is not blinded: number, site, arm."""
    subject = package.subject
    return (
        {}
        if subject is None
        else {"number": subject.number, "site": subject.site, "arm": subject.get_arm_display()}
    )
