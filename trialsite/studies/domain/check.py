"""Checks that the names inside one protocol file agree with each other and with what the system knows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trialsite.studies.domain.adjudication_plan import adjudication_problems
from trialsite.studies.domain.adverse_event_plan import adverse_event_problems
from trialsite.studies.domain.blinatumomab_plan import blinatumomab_problems
from trialsite.studies.domain.deviation_plan import deviation_problems
from trialsite.studies.domain.endpoint_plan import EndpointPlan
from trialsite.studies.domain.form_checks import form_problems
from trialsite.studies.domain.intensity_plan import reference_problems
from trialsite.studies.domain.methotrexate_plan import methotrexate_problems
from trialsite.studies.domain.monitoring_plan import monitoring_problems
from trialsite.studies.domain.numbering import numbering_problems
from trialsite.studies.domain.own_form_checks import FormItems, own_form_problems
from trialsite.studies.domain.problems import Path, ProtocolProblem, dotted
from trialsite.studies.domain.protocol import AWAIT, OFF_TREATMENT, Protocol
from trialsite.studies.domain.provenance import uncovered
from trialsite.studies.domain.read import Reading, ordered
from trialsite.studies.domain.recruitment_checks import randomisation_problems, recruitment_problems
from trialsite.studies.domain.regimen_checks import regimen_problems
from trialsite.studies.domain.rule_checks import rule_problems, unknown_fact
from trialsite.studies.domain.sample_plan import sample_problems
from trialsite.studies.domain.transplant_plan import transplant_problems
from trialsite.studies.domain.vocabulary import (
    ANALYSIS_SETS,
    ANCHOR_FORMS,
    ENDPOINT_NEEDS,
    EVENTS,
    ORIGINS,
    phase_of_anchor,
)

Found = Iterator[tuple[Path, str]]


def check(
    protocol: Protocol,
    known_facts: Collection[str],
    known_anchors: Collection[str],
    known_forms: Collection[str],
    form_items: FormItems | None = None,
) -> tuple[ProtocolProblem, ...]:
    """Every disagreement in a protocol, without file and line; () when there is none.

    known_facts, known_anchors, known_forms: the names that the rooms have registered; form_items: the items of those
    forms, with the kind of those that a rule may name.
    """
    found = _problems(protocol, known_facts, known_anchors, known_forms, form_items)
    return ordered([ProtocolProblem("", 0, dotted(path), sentence) for path, sentence in found])


def check_reading(
    reading: Reading,
    known_facts: Collection[str],
    known_anchors: Collection[str],
    known_forms: Collection[str],
    form_items: FormItems | None = None,
) -> tuple[ProtocolProblem, ...]:
    """Every problem of a file that was read: its own, and when its shape is right every disagreement."""
    if reading.problems:
        return reading.problems
    protocol = Protocol.from_document(reading.document)
    found = _problems(protocol, known_facts, known_anchors, known_forms, form_items)
    problems = [reading.problem(path, sentence) for path, sentence in found]
    bare = [ProtocolProblem(reading.file, 1, path, NO_SOURCE) for path in uncovered(reading.document)]
    return ordered([*problems, *bare])


NO_SOURCE = "Nothing says where this value comes from; give `source` and `cite` here or around it."


def _problems(
    protocol: Protocol,
    facts: Collection[str],
    anchors: Collection[str],
    forms: Collection[str],
    form_items: FormItems | None,
) -> Found:
    yield from _repeated(protocol)
    yield from rule_problems(protocol, facts)
    yield from regimen_problems(protocol)
    yield from _registry(protocol)
    yield from _sites(protocol)
    yield from _consent(protocol)
    yield from _screening(protocol, facts)
    yield from numbering_problems(protocol.numbering)
    yield from _criteria(protocol)
    yield from randomisation_problems(protocol, facts)
    yield from recruitment_problems(protocol)
    yield from _phases(protocol)
    yield from _visits(protocol, anchors, {*forms, *(form.key for form in protocol.forms)})
    yield from _endpoints(protocol)
    yield from own_form_problems(protocol, forms, form_items or {})
    yield from form_problems(protocol)
    yield from adverse_event_problems(protocol)
    yield from sample_problems(protocol)
    yield from transplant_problems(protocol)
    yield from blinatumomab_problems(protocol)
    yield from methotrexate_problems(protocol)
    yield from reference_problems(protocol)
    yield from deviation_problems(protocol)
    yield from monitoring_problems(protocol)
    yield from adjudication_problems(protocol)


def _repeated(protocol: Protocol) -> Found:
    lists: dict[str, list[str]] = {
        "sites": [site.key for site in protocol.sites],
        "arms": [arm.key for arm in protocol.arms],
        "phases": [phase.key for phase in protocol.phases],
        "regimens": [regimen.key for regimen in protocol.regimens],
        "visits": [visit.key for visit in protocol.visits],
        "endpoints": [endpoint.key for endpoint in protocol.endpoints],
        "forms": [form.key for form in protocol.forms],
        "monitoring": [rule.key for rule in protocol.monitoring],
        "reference_regimens": [regimen.key for regimen in protocol.reference_regimens],
    }
    for name, keys in lists.items():
        yield from _twice((name,), keys, "key")
    yield from _twice(("criteria",), [criterion.id for criterion in protocol.criteria], "id")
    yield from _twice(("questions",), [question.id for question in protocol.questions], "id")
    yield from _twice(("mrd",), [f"{one.method} {one.role}" for one in protocol.mrd], "method")
    for number, form in enumerate(protocol.forms):
        yield from _twice(("forms", number, "items"), [item.key for item in form.items], "key")


def _twice(path: Path, keys: Iterable[str], field: str) -> Found:
    seen: set[str] = set()
    for index, key in enumerate(keys):
        if key in seen:
            yield (*path, index, field), f"{key} stands in {dotted(path)} twice; each is accepted once."
        seen.add(key)


def _registry(protocol: Protocol) -> Found:
    ids, questions = protocol.registration.ids, [question.id for question in protocol.questions]
    entries = protocol.registration.entries
    yield from _twice(("registration", "entries"), [entry.id for entry in entries], "id")
    for number, entry in enumerate(entries):
        here: Path = ("registration", "entries", number)
        if entry.id not in ids:
            yield (*here, "id"), _not_one_of("registration", entry.id, ids)
        for about, question in entry.questions.items():
            if question not in questions:
                yield (*here, "questions", about), _not_one_of("question", question, questions)
        for place, statement in enumerate(entry.statements):
            if statement.question is not None and statement.question not in questions:
                at: Path = (*here, "statements", place, "question")
                yield at, _not_one_of("question", statement.question, questions)


def _sites(protocol: Protocol) -> Found:
    for number, site in enumerate(protocol.sites):
        try:
            ZoneInfo(site.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            sentence = f"{site.timezone} is no time zone; accepted is a name such as Asia/Shanghai."
            yield ("sites", number, "timezone"), sentence


def _consent(protocol: Protocol) -> Found:
    signers = protocol.consent.signers
    for number, one in enumerate(signers):
        if one.max_age is not None and one.max_age < one.min_age:
            yield ("consent", "signers", number, "max_age"), "max_age must not be below min_age."
    for number, (before, after) in enumerate(pairwise(signers), start=1):
        if before.max_age is None or after.min_age != before.max_age + 1:
            sentence = "Ages must follow each other without gap or overlap: min_age is the age after max_age."
            yield ("consent", "signers", number, "min_age"), sentence


def _screening(protocol: Protocol, facts: Collection[str]) -> Found:
    for fact, group in protocol.screening.fact_groups.items():
        here: Path = ("screening", "fact_groups", fact)
        if fact not in facts:
            yield here, unknown_fact(fact, facts)
        if group not in protocol.screening.windows:
            yield here, _not_one_of("window", group, protocol.screening.windows)


def _criteria(protocol: Protocol) -> Found:
    for number, criterion in enumerate(protocol.criteria):
        registration, _, letter = criterion.id.partition("-")
        if registration not in protocol.registration.ids:
            yield (
                ("criteria", number, "id"),
                f"{criterion.id} begins with none of this trial's registrations"
                f" ({', '.join(protocol.registration.ids)}).",
            )
        if (letter[0] == "I") != (criterion.kind == "inclusion"):
            sentence = f"{criterion.id} must be an {'inclusion' if letter[0] == 'I' else 'exclusion'}."
            yield ("criteria", number, "kind"), sentence


def _phases(protocol: Protocol) -> Found:
    phases = [phase.key for phase in protocol.phases]
    regimens = [regimen.key for regimen in protocol.regimens]
    ends = [*phases, OFF_TREATMENT, AWAIT]
    used = {key for arm in protocol.arms for key in arm.phases}
    for number, arm in enumerate(protocol.arms):
        for place, key in enumerate(arm.phases):
            if key not in phases:
                yield ("arms", number, "phases", place), _not_one_of("phase", key, phases)
    for number, phase in enumerate(protocol.phases):
        here: Path = ("phases", number)
        if phase.forbidden != bool(phase.deviation):
            yield here, "A phase of the kind forbidden, and no other, says the class of its deviation."
        if phase.forbidden and phase.key in used:
            yield (*here, "key"), f"An arm has the phase {phase.key}, which is forbidden."
        if phase.key not in used and not phase.forbidden:
            yield (*here, "key"), f"No arm has the phase {phase.key}; name it in an arm or leave it out."
        if phase.regimen is not None and phase.regimen not in regimens:
            yield (*here, "regimen"), _not_one_of("regimen", phase.regimen, regimens)
        for place, branch in enumerate(phase.branches):
            if branch.to not in ends:
                yield (*here, "branches", place, "to"), _not_one_of("phase", branch.to, ends)


def _visits(protocol: Protocol, anchors: Collection[str], forms: Collection[str]) -> Found:
    phases = [phase.key for phase in protocol.phases]
    arms = [arm.key for arm in protocol.arms]
    for number, visit in enumerate(protocol.visits):
        here: Path = ("visits", number)
        named = phase_of_anchor(visit.anchor)
        if named and named not in phases:
            yield (*here, "anchor"), _not_one_of("phase", named, phases)
        if not named and visit.anchor not in anchors:
            yield (*here, "anchor"), _not_one_of("anchor", visit.anchor, [*anchors, *ANCHOR_FORMS])
        if (visit.offset_days is None) == (visit.offset_months is None):
            yield here, "A visit needs exactly one of offset_days and offset_months."
        if visit.repeat and (visit.repeat.every_days is None) == (visit.repeat.every_months is None):
            yield (*here, "repeat"), "A repeat needs exactly one of every_days and every_months."
        if visit.until is not None and visit.until not in anchors:
            yield (*here, "until"), _not_one_of("anchor", visit.until, anchors)
        if visit.phase is not None and visit.phase not in phases:
            yield (*here, "phase"), _not_one_of("phase", visit.phase, phases)
        for place, arm in enumerate(visit.arms):
            if arm not in arms:
                yield (*here, "arms", place), _not_one_of("arm", arm, arms)
        codes = [form.form for form in visit.forms]
        for code in dict.fromkeys(codes):
            if code not in forms:
                yield here, _not_one_of("form", code, forms)
            if codes.count(code) > 1:
                yield here, f"The form {code} stands at this visit twice; make it required or optional."


def _endpoints(protocol: Protocol) -> Found:
    visits = [visit.key for visit in protocol.visits]
    methods = [threshold.method for threshold in protocol.mrd]
    if not any(endpoint.role == "primary" for endpoint in protocol.endpoints):
        yield ("endpoints",), "One endpoint must have the role primary."
    for place, key in enumerate(protocol.response.refractory_at):
        if key not in visits:
            yield ("response", "refractory_at", place), _not_one_of("visit", key, visits)
    for number, endpoint in enumerate(protocol.endpoints):
        here: Path = ("endpoints", number)
        for name, events in (("events", endpoint.events), ("competing", endpoint.competing)):
            for place, event in enumerate(events):
                if event not in EVENTS:
                    yield (*here, name, place), _not_one_of("event", event, EVENTS)
        if both := set(endpoint.events) & set(endpoint.competing):
            yield (*here, "competing"), f"{', '.join(sorted(both))} cannot be event and competing at once."
        if endpoint.analysis_set not in ANALYSIS_SETS:
            yield (*here, "analysis_set"), _not_one_of("set", endpoint.analysis_set, ANALYSIS_SETS)
        if endpoint.origin is not None and endpoint.origin not in ORIGINS:
            yield (*here, "origin"), _not_one_of("origin", endpoint.origin, ORIGINS)
        for name in ENDPOINT_NEEDS[endpoint.kind]:
            if name == "origin" and endpoint.origin is None:
                yield (*here, name), f"A {endpoint.kind} endpoint needs an origin: {', '.join(ORIGINS)}."
            elif not getattr(endpoint, name):
                yield here, f"A {endpoint.kind} endpoint needs `{name}`."
        if endpoint.landmark_months is not None and endpoint.landmark_days is not None:
            yield (*here, "landmark_days"), "Give landmark_months or landmark_days, not both."
        if endpoint.method is not None and endpoint.method not in methods:
            yield (*here, "method"), _not_one_of("MRD method", endpoint.method, methods)
        for place, one in enumerate(endpoint.sensitivity):
            if unfit := _unfit(endpoint, one.analysis, protocol):
                yield (*here, "sensitivity", place), unfit
        for place, key in enumerate(endpoint.assessed_at):
            if key not in visits:
                yield (*here, "assessed_at", place), _not_one_of("visit", key, visits)


OF_RESPONSE = {"crc", "cr_or_cri", "first_crc", "treatment_failure"}


def _unfit(endpoint: EndpointPlan, analysis: str, protocol: Protocol) -> str:
    """Why an endpoint cannot have this sensitivity analysis; empty where it can."""
    timed = endpoint.kind in ("time-to-event", "cumulative-incidence")
    if analysis.startswith("censored_") and not timed:
        return f"{analysis} needs an endpoint with a time axis; {endpoint.key} is a {endpoint.kind}."
    if analysis == "relapse_on_last_day" and not {"relapse", "death_without_relapse"} & set(endpoint.events):
        return f"{analysis} needs relapse among the events of {endpoint.key}."
    if analysis == "failure_on_first_day" and "treatment_failure" not in endpoint.events:
        return f"{analysis} needs treatment_failure among the events of {endpoint.key}."
    if analysis == "competing_death_only" and "death" not in endpoint.competing:
        return f"{analysis} needs death among what competes with {endpoint.key}."
    if analysis == "not_evaluable_as_failure" and endpoint.kind != "binary-landmark":
        return f"{analysis} needs a binary-landmark endpoint; {endpoint.key} is a {endpoint.kind}."
    if analysis == "response_by_counts" and not OF_RESPONSE & set(endpoint.events):
        return f"{analysis} needs one of {', '.join(sorted(OF_RESPONSE))} among the events of {endpoint.key}."
    if analysis == "response_by_counts" and not protocol.response.literal_mlfs_is_cri:
        return f"{analysis} needs literal_mlfs_is_cri: otherwise the responses are by counts already."
    if [one.analysis for one in endpoint.sensitivity].count(analysis) > 1:
        return f"{analysis} stands twice at {endpoint.key}."
    return ""


def _not_one_of(noun: str, name: str, accepted: Iterable[str]) -> str:
    return f"There is no {noun} called {name}; accepted are {', '.join(accepted)}."
