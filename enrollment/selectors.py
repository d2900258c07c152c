"""What enrolment shows: facts together, the dossier, the standing confirmation, the screening log."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from trialsite.access.models import User
from trialsite.access.permissions import grants_of, may, reach_of
from trialsite.audit.moment import earlier_instant
from trialsite.casebook import registries
from trialsite.casebook.models import Subject
from trialsite.casebook.reading import one_reading
from trialsite.casebook.selectors import subjects_visible_to
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import SubjectState
from trialsite.clinical.facts import Fact
from trialsite.clinical.rules import evaluate, facts_named, parse_rule
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.models import ProtocolVersion, StudySite

from .domain.eligibility import Dossier, assess_eligibility, stratum_of, within_windows
from .domain.randomisation import stratum_key
from .models import Confirmation, EmergencyAllocation, Randomisation
from .snapshots import corrected_inputs, is_decided

Facts = Mapping[str, Fact]
_names: dict[str, tuple[str, ...]] = {}


def rule_facts(version: ProtocolVersion) -> tuple[str, ...]:
    """The facts that a protocol version's criteria and strata ask for, each once."""
    if version.digest not in _names:
        protocol = version.protocol
        rules = [criterion.rule for criterion in protocol.criteria]
        plan = protocol.randomisation
        rules += [level.rule for stratum in (plan.strata if plan else ()) for level in stratum.levels]
        rules += [gate.rule for gate in (plan.gates if plan else ())]
        rules += [criterion.bites for criterion in protocol.criteria if criterion.bites is not None]
        found = [name for rule in rules for name in sorted(facts_named(parse_rule(rule)))]
        _names[version.digest] = tuple(dict.fromkeys(found))
    return _names[version.digest]


def facts_of_subjects(subject_ids: Sequence[UUID], names: Iterable[str]) -> dict[UUID, dict[str, Fact]]:
    """The named facts of many subjects, at most one query a fact; what nobody recorded is a missing fact."""
    found: dict[UUID, dict[str, Fact]] = {one: {} for one in subject_ids}
    with one_reading():
        for name in names:
            source = registries.facts.get(name)
            values = source.select(subject_ids) if source and subject_ids else {}
            for one in subject_ids:
                found[one][name] = values.get(one) or Fact.missing()
    return found


def facts_for_rules(subject: Subject) -> dict[str, Fact]:
    """The facts of one subject that its protocol's rules ask for."""
    return facts_of_subjects([subject.pk], rule_facts(subject.protocol_version))[subject.pk]


def reference_day(subject: Subject) -> date:
    """The day on which screening windows are judged: randomisation or first dose, until then today there."""
    kind = "randomisation" if subject.protocol_version.protocol.randomisation else "c1d1"
    anchor = registries.anchors.get(kind)
    known = anchor.select([subject.pk], "") if anchor else {}
    return known.get(subject.pk) or site_today(subject)


def day_of_dossier(subject: Subject, facts: Facts) -> date:
    """As the reference day; after a screen failure the day of the last result, since nothing ages any more."""
    if subject.state == SubjectState.SCREEN_FAILED:
        return max([fact.on for fact in facts.values() if fact.on], default=subject.screened_on)
    return reference_day(subject)


def assess(subject: Subject, facts: Facts, on: date) -> Dossier:
    """The dossier of a subject on a day, from facts that were read before."""
    protocol = subject.protocol_version.protocol
    return assess_eligibility(
        protocol.criteria,
        facts,
        on,
        fact_groups=protocol.screening.fact_groups,
        windows=protocol.screening.windows,
    )


def dossier_of(subject: Subject, on: date | None = None) -> Dossier:
    """The dossier of a subject as the record stands now."""
    return assess(subject, facts_for_rules(subject), on or reference_day(subject))


# What was confirmed


def inputs_of(facts: Facts) -> dict[str, dict[str, Any]]:
    """The facts in JSON types, as a confirmation keeps them."""
    return {
        name: {
            "value": None if fact.value is None else str(fact.value),
            "unit": fact.unit,
            "comparator": fact.comparator,
            "on": fact.on.isoformat() if fact.on else None,
            "why": str(fact.why),
            "source": [fact.source.table, fact.source.row_id, fact.source.item] if fact.source else None,
        }
        for name, fact in sorted(facts.items())
    }


def changed_inputs(confirmation: Confirmation, facts: Facts) -> list[str]:
    """The facts that differ from what was confirmed; where a value stands in the record does not count."""
    now = inputs_of(facts)

    def told(inputs: Mapping[str, Any], name: str) -> dict[str, Any]:
        return {part: value for part, value in inputs.get(name, {}).items() if part != "source"}

    names = dict.fromkeys([*confirmation.inputs, *now])
    return [name for name in names if told(confirmation.inputs, name) != told(now, name)]


def latest_confirmations(subject_ids: Iterable[UUID]) -> dict[UUID, Confirmation]:
    """The latest confirmation of each subject that has one."""
    rows = Confirmation.objects.filter(subject_id__in=list(subject_ids)).select_related(
        "confirmed_by", "protocol_version"
    )
    return {row.subject_id: row for row in rows.order_by("confirmed_at")}


@dataclass(frozen=True)
class Standing:
    """Whether a confirmation still holds: what changed since, and whether the rules are the same."""

    confirmation: Confirmation | None
    changed: tuple[str, ...] = ()
    other_rules: bool = False

    @property
    def holds(self) -> bool:
        return self.confirmation is not None and not self.changed and not self.other_rules


def standing_of(subject: Subject, facts: Facts) -> Standing:
    """The latest confirmation of a subject against the record: while a decision waits every input as it is now,
    afterwards only what was corrected.
    """
    confirmation = latest_confirmations([subject.pk]).get(subject.pk)
    if confirmation is not None and is_decided(subject):
        return Standing(confirmation, tuple(corrected_inputs(confirmation)))
    return standing(confirmation, subject, facts)


def standing(confirmation: Confirmation | None, subject: Subject, facts: Facts) -> Standing:
    if confirmation is None:
        return Standing(None)
    return Standing(
        confirmation,
        tuple(changed_inputs(confirmation, facts)),
        confirmation.rule_digest != subject.protocol_version.digest,
    )


# Strata


def levels_of(protocol: Protocol, facts: Facts) -> dict[str, str | None]:
    """The level of each stratification factor; None where it cannot be told yet."""
    assert protocol.randomisation is not None
    return {
        stratum.key: stratum_of(
            {level.key: evaluate(parse_rule(level.rule), facts) for level in stratum.levels}
        )
        for stratum in protocol.randomisation.strata
    }


def stratum_of_subject(subject: Subject, facts: Facts, on: date) -> str | None:
    """The key of the subject's stratum on a day, or None while a factor is unknown."""
    protocol = subject.protocol_version.protocol
    usable = within_windows(facts, protocol.screening.fact_groups, protocol.screening.windows, on)
    levels = levels_of(protocol, usable)
    known = {factor: level for factor, level in levels.items() if level is not None}
    return stratum_key(known) if len(known) == len(levels) else None


def randomisation_of(subject: Subject) -> Randomisation | None:
    found = Randomisation.objects.filter(subject=subject)
    return found.select_related("randomised_by", "emergency__allocated_by").first()


def day_to_confirm(subject: Subject) -> date | None:
    """The day of an emergency allocation, by which eligibility that is confirmed afterwards is judged."""
    found = EmergencyAllocation.objects.filter(subject=subject).select_related("randomisation").first()
    return found.randomisation.randomised_on if found else None


def consent_is_complete(subject: Subject) -> bool:
    """Whether everybody who must sign consent has signed, as far as the record shows."""
    facts = facts_of_subjects([subject.pk], ["consent_complete"])
    return facts[subject.pk]["consent_complete"].value is True


# Places and slots


def places_taken(study_id: UUID) -> int:
    """How many subjects of a study are enrolled, over all sites; a number and nothing else.

    As of an earlier instant: those of the sites that the reader's role opens.
    """
    if earlier_instant():
        return Subject.objects.filter(study_id=study_id).exclude(subject_number="").count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT enrolment_places_taken(%s)", [study_id])
        return cursor.fetchone()[0]


def list_is_made(study_id: UUID) -> bool:
    """Whether the study has a randomisation list."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT randomisation_list_made(%s)", [study_id])
        return cursor.fetchone()[0]


# Screening


def places_open_to(user: User) -> list[StudySite]:
    """Where this user may screen a person."""
    studies = {study for study, _site, _role in grants_of(user).rows if study}
    rows = StudySite.objects.filter(study_id__in=studies).select_related("study", "site", "protocol_version")
    return [
        row
        for row in rows.order_by("study__key", "site__key")
        if may(user, "subject.screen", study_id=row.study_id, site_id=row.site_id)
    ]


def places_seen_by(user: User) -> QuerySet[StudySite]:
    """The sites of studies at which this user sees the record."""
    return (
        StudySite.objects.filter(reach_of(user, "record.view")).select_related("site").order_by("site__key")
    )


def screening_log(user: User, study_key: str = "", state: str = "", site_key: str = "") -> QuerySet[Subject]:
    """Everybody who was screened, the latest first."""
    log = subjects_visible_to(user)
    if study_key:
        log = log.filter(study__key=study_key)
    if state:
        log = log.filter(state=state)
    if site_key:
        log = log.filter(site__key=site_key)
    return log.order_by("-screened_on", "-screening_number")
