"""Which doses of cycles that have not begun a protocol version would change; those that began keep theirs."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.casebook.amended import ChangeKind, SubjectChange
from trialsite.casebook.fact_words import rule_words
from trialsite.casebook.models import Subject
from trialsite.casebook.names import phase_name
from trialsite.casebook.selectors import current_records
from trialsite.studies.domain.protocol import Drug, Protocol
from trialsite.studies.models import ProtocolVersion
from trialsite.studies.words import code_words, dose_words, modifier_words, runs_words

from ..models import EndOfTreatment
from ..plan.paths import cycles_of


def dry_run_doses(subjects: Sequence[Subject], version: ProtocolVersion) -> dict[UUID, list[SubjectChange]]:
    """Subject → drugs of phases still to come that are planned otherwise, that come or that go."""
    ids = [one.pk for one in subjects]
    ended = set(current_records(EndOfTreatment, ids).values_list("subject_id", flat=True))
    begun = {one: {cycle.phase for cycle in cycles} for one, cycles in cycles_of(ids).items()}
    known: dict[tuple[UUID, str], list[SubjectChange]] = {}
    found = {}
    for one in subjects:
        place = (one.protocol_version_id, one.arm)
        if place not in known:
            known[place] = list(changes(one.protocol_version.protocol, version.protocol, one.arm))
        still = [] if one.pk in ended else known[place]
        found[one.pk] = [each for each in still if each.key.partition("/")[0] not in begun.get(one.pk, ())]
    return found


def changes(old: Protocol, new: Protocol, arm: str) -> Iterator[SubjectChange]:
    """What differs in the doses of every phase of an arm (of all of them while none is drawn)."""
    before, after = phases_in(old, arm), phases_in(new, arm)
    for phase in dict.fromkeys([*after, *before]):
        was, now = doses_in(old, phase, before), doses_in(new, phase, after)
        for drug in dict.fromkeys([*now, *was]):
            if was.get(drug) != now.get(drug):
                name, then = was.get(drug, ("", ""))
                title, will = now.get(drug, ("", ""))
                what = f"{phase_name(new, phase)} · {title or name}"
                yield SubjectChange(ChangeKind.DOSE, f"{phase}/{drug}", what, then, will)
        if (phase in before) != (phase in after) and not (was or now):
            planned = _("planned")
            yield SubjectChange(
                ChangeKind.DOSE,
                f"{phase}/",
                phase_name(new, phase),
                planned if phase in before else "",
                planned if phase in after else "",
            )


def phases_in(protocol: Protocol, arm: str) -> list[str]:
    arms = [one for one in protocol.arms if not arm or one.key == arm]
    return list(dict.fromkeys(key for one in arms for key in one.phases))


def doses_in(protocol: Protocol, phase: str, planned: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Drug → its name and what is planned of it in a phase, in words."""
    regimen = protocol.phase_of(phase).regimen if phase in planned else None
    if regimen is None:
        return {}
    language = get_language() or "en"
    return {
        drug.key: (drug.name.in_language(language), drug_words(drug))
        for drug in protocol.regimen_of(regimen).drugs
    }


def drug_words(drug: Drug) -> str:
    """Doses, what changes them, days, times a day and route of a drug as the protocol writes them."""
    levels = []
    for level in drug.doses:
        when = f" ({rule_words(level.when)})" if level.when else ""
        days = f" ({runs_words(level.days)})" if level.days else ""
        levels.append(f"{dose_words(level, drug)}{days}{when}")
    levels += [f"{modifier_words(one)} ({rule_words(one.when)})" for one in drug.modifiers]
    times = f" × {drug.per_day}" if drug.per_day > 1 else ""
    return f"{', '.join(levels)}{times}; {runs_words(drug.days)}; {code_words(drug.route, 'route')}"
