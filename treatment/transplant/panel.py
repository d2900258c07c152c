"""The transplantation of a subject on its treatment page: from work-up to day +100, what is in and what is missing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.models import AcuteGvhd, Chimerism, ChronicGvhd, Engraftment
from trialsite.casebook.fact_words import fact_words
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import facts_of, forms
from trialsite.casebook.selectors import standing_lines, standing_records
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import Slot
from trialsite.listing import listed

from ..domain.milestones import D28_BY, D100_BY, ENGRAFTED_BY, StepState, When, step_state
from ..domain.referral import D28, D100, counts_for
from ..models import Donor, GvhdTreatment, Transplant
from .derived import match_of
from .evidence import first_graft, mrd_before_graft, washout_before_graft

FULL_DONOR_PCT = 95  # above it donor chimerism is full
STATES: dict[StepState, tuple[str, Any]] = {
    StepState.IN: ("done", gettext_lazy("is in")),
    StepState.MISSING: ("due", gettext_lazy("missing")),
    StepState.TO_COME: ("upcoming", gettext_lazy("to come")),
}
NOW = When()


@dataclass(frozen=True)
class Step:
    """One line of the panel."""

    label: Any
    tone: str
    state: Any
    value: str
    url: str


def transplant_context(subject: Subject) -> dict[str, Any]:
    """The panel, for a subject with a donor work-up that fixed a day, a graft or a step after it; {} for others."""
    here = [subject.pk]
    donors, graft = standing_records(Donor, here)[subject.pk], first_graft(subject)
    begun = standing_records(Transplant, here)[subject.pk]
    if not begun and not any(one.conditioning_planned for one in donors):
        return {}
    form = graft or (begun[-1] if begun else None)
    day0 = graft.performed_on if graft else None
    evidence = [one for one in (mrd_before_graft(subject), washout_before_graft(subject)) if one is not None]
    return {
        "transplant_steps": list(steps(subject, donors, form, day0)),
        "transplant_day": None if day0 is None else (site_today(subject) - day0).days,
        "transplant_day0": day0,
        "transplant_evidence": evidence,
        "chimerism": chimerism_lines(standing_records(Chimerism, here)[subject.pk], day0),
    }


def steps(
    subject: Subject, donors: Sequence[Donor], graft: Transplant | None, day0: date | None
) -> Iterator[Step]:
    """The steps in their order."""
    here, today = [subject.pk], site_today(subject)
    line = Lines(subject, day0, today)
    planned = max((one.conditioning_planned for one in donors if one.conditioning_planned), default=None)
    indication = graft.get_indication_display() if graft and graft.indication else ""
    hctci = facts_of(subject.pk, ["hctci"])["hctci"]
    donor = donors[-1] if donors else None
    yield line.of(_("HCT-CI"), "HCI", None, fact_words("hctci", hctci) if hctci.known else "", NOW)
    told = donor_words(donor)
    if not told and graft and graft.donor:
        yield line.of(_("Donor"), "HSCT", graft, graft.get_donor_display(), NOW)
    else:
        yield line.of(_("Donor"), "DON", donor, told, NOW)
    yield line.of(_("Indication"), "HSCT", graft, indication, When(day=planned))
    yield line.of(_("Conditioning"), "HSCT", graft, conditioning_words(graft), When(day=planned))
    yield line.of(_("GVHD prophylaxis"), "HSCT", graft, prophylaxis_words(graft), When(after_day0=0))
    yield line.of(_("Day 0 and graft"), "HSCT", graft, graft_words(graft), When(after_day0=0))
    engraftment = standing_records(Engraftment, here)[subject.pk]
    for label, item in ((_("Neutrophils"), "neutrophils_on"), (_("Platelets"), "platelets_on")):
        record, words = recovered(engraftment, item, day0)
        yield line.of(label, "ENG", record, words, When(after_day0=ENGRAFTED_BY))
    chimerism = [one for one in standing_records(Chimerism, here)[subject.pk] if one.performed_on]
    acute = [one for one in standing_records(AcuteGvhd, here)[subject.pk] if one.performed_on]
    for day, by in ((D28, D28_BY), (D100, D100_BY)):
        found = [one for one in chimerism if day0 and counts_for(day, one.performed_on, day0)]
        label = _("Chimerism at D+%(n)s") % {"n": day}
        yield line.of(label, "CHI", *first_words(found), When(after_day0=by))
    found = [one for one in acute if day0 and counts_for(D100, one.performed_on, day0)]
    yield line.of(_("Acute GVHD at D+100"), "AGV", *first_words(found), When(after_day0=D100_BY))
    yield from line.further(_("Acute GVHD, latest"), acute)
    yield from line.further(_("Chronic GVHD"), standing_records(ChronicGvhd, here)[subject.pk])
    yield from line.further(_("Treatment of GVHD"), standing_records(GvhdTreatment, here)[subject.pk])


@dataclass(frozen=True)
class Lines:
    """Makes the lines of one subject."""

    subject: Subject
    day0: date | None
    today: date

    def of(self, label: Any, key: str, record: Any, words: str, when: When) -> Step:
        tone, state = STATES[step_state(bool(words), when, self.day0, self.today)]
        return Step(label, tone, state, words, self.url(key, record))

    def url(self, key: str, record: Any) -> str:
        """The form where it stands, else a new one in the log."""
        if record is not None:
            return Slot.of_record(record).url()
        return reverse("new-log-form", args=[self.subject.pk, key])

    def further(self, label: Any, records: Sequence[Any]) -> Iterator[Step]:
        """What is shown only where it is recorded: the latest form of a kind."""
        if records:
            tone, state = STATES[StepState.IN]
            yield Step(label, tone, state, summary(records[-1]), Slot.of_record(records[-1]).url())


def summary(record: Any) -> str:
    """A form in one line, with its day."""
    own = forms[record.form_key].summary
    return joined(record.performed_on, own(record) if own else "")


def first_words(records: Sequence[Any]) -> tuple[Any, str]:
    return (records[0], summary(records[0])) if records else (None, "")


def joined(*parts: Any) -> str:
    return " · ".join(str(part) for part in parts if part not in (None, ""))


def donor_words(donor: Donor | None) -> str:
    """The best donor with the match that the chosen candidate shows, else as it was typed."""
    if donor is None or not donor.donor:
        return ""
    chosen = [one for one in standing_lines(donor.candidates) if one.chosen]  # type: ignore[attr-defined]
    match = match_of(chosen[0]) if chosen else None
    dsa = _("donor-specific antibodies") if chosen and chosen[0].dsa else ""
    return joined(donor.get_donor_display(), match or donor.hla_match, dsa)  # type: ignore[attr-defined]


def conditioning_words(graft: Transplant | None) -> str:
    """The first day, the intensity and the agents."""
    if graft is None or graft.conditioning_on is None:
        return ""
    agents = agents_of(graft.conditioning_drugs) or graft.conditioning  # type: ignore[attr-defined]
    return joined(graft.conditioning_on, graft.get_intensity_display(), agents)  # type: ignore[attr-defined]


def prophylaxis_words(graft: Transplant | None) -> str:
    return "" if graft is None else agents_of(graft.prophylaxis_drugs) or graft.prophylaxis  # type: ignore[attr-defined]


def agents_of(lines: Any) -> str:
    return listed(dict.fromkeys(str(one.get_agent_display()) for one in standing_lines(lines)))


def graft_words(graft: Transplant | None) -> str:
    """Day 0, the source of the graft, CD34-positive cells."""
    if graft is None or graft.performed_on is None or not graft.graft_source:
        return ""
    cd34 = f"CD34+ {graft.cd34.normalize():f} × 10⁶/kg" if graft.cd34 is not None else ""
    return joined(graft.performed_on, graft.get_graft_source_display(), cd34)  # type: ignore[attr-defined]


def recovered(records: Iterable[Any], item: str, day0: date | None) -> tuple[Any, str]:
    """The form that says on which day cells came back, and that day; a graft that failed says so."""
    for one in records:
        day = getattr(one, item)
        if day is not None and day0 is not None:
            return one, joined(day, _("day +%(n)s") % {"n": (day - day0).days})
        if one.graft_failure not in ("", "NONE"):
            return one, str(one.get_graft_failure_display())
    return None, ""


def chimerism_lines(records: Iterable[Chimerism], day0: date | None) -> list[dict[str, Any]]:
    """Donor chimerism over time: day, specimen, share, whether it is full."""
    return [
        {
            "on": one.performed_on,
            "day": None if day0 is None else (one.performed_on - day0).days,
            "specimen": one.get_specimen_display(),  # type: ignore[attr-defined]
            "donor_pct": one.donor_pct,
            "full": one.donor_pct > FULL_DONOR_PCT,
            "method": one.method,
            "url": Slot.of_record(one).url(),
        }
        for one in records
        if one.performed_on is not None and one.donor_pct is not None
    ]
