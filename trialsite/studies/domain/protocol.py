"""A protocol as frozen values, made from the JSON document that a file holds and the database stores.

`Protocol.from_document` trusts its input: a document is stored only after `check.check_reading` found
nothing. Consumers import every class of a protocol from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from trialsite.studies.domain.adjudication_plan import AdjudicationPlan
from trialsite.studies.domain.adverse_event_plan import DEFAULT as PLAIN_ADVERSE_EVENTS
from trialsite.studies.domain.adverse_event_plan import AdverseEventPlan
from trialsite.studies.domain.blinatumomab_plan import NO_BLINATUMOMAB, BlinatumomabPlan
from trialsite.studies.domain.deviation_plan import DeviationRule
from trialsite.studies.domain.dose_plan import (
    ACTUAL,
    ADJUSTED_WEIGHT,
    CAPPED_BSA,
    PLAIN_OBESITY,
    PLAIN_TOLERANCE,
    DoseLevels,
    DoseModifier,
    DoseTolerance,
    Equivalent,
    LysisPlan,
    ObesityPlan,
)
from trialsite.studies.domain.endpoint_plan import EndpointPlan, MrdThreshold, ResponseRules, Sensitivity
from trialsite.studies.domain.intensity_plan import CountedDrug, ReferenceDrug, ReferenceRegimen
from trialsite.studies.domain.methotrexate_plan import DEFAULT as NO_METHOTREXATE
from trialsite.studies.domain.methotrexate_plan import Glucarpidase, MethotrexatePlan, RescueRow, RescueTable
from trialsite.studies.domain.monitoring_plan import MonitoringRule
from trialsite.studies.domain.numbering import Numbering, OtherTrials
from trialsite.studies.domain.own_forms import CheckPlan, Choice, GroupPlan, ItemPlan, ProtocolFormPlan
from trialsite.studies.domain.recruitment_plan import (
    PLAIN_RECRUITMENT,
    Gate,
    LevelCap,
    MinimisationRules,
    Randomisation,
    Recruitment,
    Stage,
)
from trialsite.studies.domain.registry import RegistryEntry
from trialsite.studies.domain.sample_plan import DEFAULT as PLAIN_SAMPLES
from trialsite.studies.domain.sample_plan import SamplePlan
from trialsite.studies.domain.sites_and_strata import PlannedSite, Stratum, StratumLevel
from trialsite.studies.domain.transplant_plan import NO_TRANSPLANT_RULES, CellPlan, TransplantPlan
from trialsite.studies.domain.treatment_plan import (
    AWAIT,
    BLINATUMOMAB,
    FORBIDDEN,
    OFF_TREATMENT,
    Branch,
    DoseLevel,
    Drug,
    InfusionPart,
    Phase,
    Regimen,
    StartCondition,
)
from trialsite.studies.domain.values import Document, Rule, Text, text_of, text_or_none
from trialsite.studies.domain.visit_plan import (
    Repeat,
    VisitForm,
    VisitPlan,
)

__all__ = [
    "ACTUAL",
    "ADJUSTED_WEIGHT",
    "AWAIT",
    "BLINATUMOMAB",
    "CAPPED_BSA",
    "FORBIDDEN",
    "OFF_TREATMENT",
    "PLAIN_OBESITY",
    "PLAIN_TOLERANCE",
    "AdverseEventPlan",
    "Arm",
    "Branch",
    "CheckPlan",
    "Choice",
    "ConsentRules",
    "ConsentSigners",
    "CountedDrug",
    "Criterion",
    "DeviationRule",
    "Document",
    "DoseLevel",
    "DoseLevels",
    "DoseModifier",
    "DoseTolerance",
    "Drug",
    "EndpointPlan",
    "Equivalent",
    "Gate",
    "Glucarpidase",
    "GroupPlan",
    "InfusionPart",
    "ItemPlan",
    "LevelCap",
    "LysisPlan",
    "MethotrexatePlan",
    "MinimisationRules",
    "MrdThreshold",
    "Numbering",
    "ObesityPlan",
    "OtherTrials",
    "Phase",
    "PlannedSite",
    "Protocol",
    "ProtocolFormPlan",
    "Question",
    "Randomisation",
    "Recruitment",
    "ReferenceDrug",
    "ReferenceRegimen",
    "Regimen",
    "Registration",
    "RegistryEntry",
    "Repeat",
    "RescueRow",
    "RescueTable",
    "ResponseRules",
    "SamplePlan",
    "Screening",
    "Sensitivity",
    "Stage",
    "StartCondition",
    "Stratum",
    "StratumLevel",
    "Text",
    "VisitForm",
    "VisitPlan",
]

DEFAULT_RATIO_SET = "DNR_0_6"

KeyedT = TypeVar("KeyedT", "Arm", EndpointPlan, Phase, Regimen, VisitPlan)


@dataclass(frozen=True)
class Registration:
    """The registry entries of the trial; `nct` None where no number is stated.

    entries: what each registration text states, for the comparison with the rules of the file.
    """

    ids: tuple[str, ...]
    nct: str | None
    registry_note: Text
    entries: tuple[RegistryEntry, ...]
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> Registration:
        return cls(
            ids=tuple(document["ids"]),
            nct=document["nct"],
            registry_note=text_of(document["registry_note"]),
            entries=tuple(RegistryEntry.of(one) for one in document.get("entries", [])),
            source=document["source"],
            cite=document["cite"],
        )


@dataclass(frozen=True)
class ConsentSigners:
    """Who signs at these ages: completed years at consent, both ends included; max_age None: no upper end."""

    min_age: int
    max_age: int | None
    who: tuple[str, ...]


@dataclass(frozen=True)
class ConsentRules:
    """Who must sign consent, by age, and what follows from consent.

    again_within_days: until when a new version of the text is signed. public_sources: whether a death known from a
    public register may be entered after withdrawal from follow-up. trial_only: forms of procedures that nobody would
    have done outside the trial, which therefore need consent first.
    """

    signers: tuple[ConsentSigners, ...]
    source: str
    cite: str
    again_within_days: int = 28
    public_sources: bool = False
    trial_only: tuple[str, ...] = ()

    @classmethod
    def of(cls, document: Document) -> ConsentRules:
        signers = tuple(
            ConsentSigners(one["min_age"], one["max_age"], tuple(one["who"])) for one in document["signers"]
        )
        return cls(
            signers,
            document["source"],
            document["cite"],
            document.get("again_within_days", {"value": 28})["value"],
            document.get("public_sources", {"value": False})["value"],
            tuple(document.get("trial_only", {"value": ()})["value"]),
        )

    def signers_at(self, age_years: int) -> tuple[str, ...]:
        """Who signs at an age; () where the file says nothing for it (the age itself is then outside the
        trial).
        """
        for one in self.signers:
            if one.min_age <= age_years and (one.max_age is None or age_years <= one.max_age):
                return one.who
        return ()


@dataclass(frozen=True)
class Screening:
    """Screening numbers and how old a result may be on the first day of treatment (or at randomisation).

    windows: group → days. fact_groups: fact → group; a fact without a group has no age limit.
    """

    number_prefix: str
    windows: dict[str, int]
    fact_groups: dict[str, str]
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> Screening:
        return cls(
            number_prefix=document["number_prefix"],
            windows=dict(document["windows"]),
            fact_groups=dict(document["fact_groups"]),
            source=document["source"],
            cite=document["cite"],
        )

    def window_days(self, fact: str) -> int | None:
        """How many days a fact stays valid for eligibility; None without limit."""
        group = self.fact_groups.get(fact)
        return None if group is None else self.windows[group]


@dataclass(frozen=True)
class Criterion:
    """One eligibility criterion. An inclusion is met when its rule is true, an exclusion present when it is.

    needs: who or what supplies the missing answer. note: what the stated limit does not show, such as another
    criterion that bites earlier. bites: when that note concerns the subject (None: it is only told).
    """

    id: str
    kind: str
    text: Text
    rule: Rule
    needs: Text
    note: Text | None
    source: str
    cite: str
    bites: Rule | None = None

    @classmethod
    def of(cls, document: Document) -> Criterion:
        return cls(
            id=document["id"],
            kind=document["kind"],
            text=text_of(document["text"]),
            rule=document["rule"],
            needs=text_of(document["needs"]),
            note=text_or_none(document.get("note")),
            source=document["source"],
            cite=document["cite"],
            bites=document.get("bites"),
        )


@dataclass(frozen=True)
class Arm:
    """One arm: its phases in their usual order."""

    key: str
    name: Text
    phases: tuple[str, ...]
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> Arm:
        return cls(
            key=document["key"],
            name=text_of(document["name"]),
            phases=tuple(document["phases"]),
            source=document["source"],
            cite=document["cite"],
        )


@dataclass(frozen=True)
class Question:
    """A question that the registration leaves to the sponsor, and the answer taken until it is given."""

    id: str
    text: Text
    default: Text
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> Question:
        return cls(
            id=document["id"],
            text=text_of(document["text"]),
            default=text_of(document["default"]),
            source=document["source"],
            cite=document["cite"],
        )


@dataclass(frozen=True)
class Protocol:
    """One version of one trial's protocol. planned_enrolment and accrual_months are None where nothing is
    stated.
    """

    key: str
    version: str
    registration: Registration
    title: Text
    short_title: Text
    phase: str
    design: str
    planned_enrolment: int | None
    accrual_months: int | None
    ctcae_version: str
    bsa_formula: str
    crcl_weight: str
    cns2_is_cns_leukemia: bool
    sites: tuple[PlannedSite, ...]
    consent: ConsentRules
    screening: Screening
    numbering: Numbering
    other_trials: OtherTrials
    criteria: tuple[Criterion, ...]
    randomisation: Randomisation | None
    arms: tuple[Arm, ...]
    phases: tuple[Phase, ...]
    regimens: tuple[Regimen, ...]
    visits: tuple[VisitPlan, ...]
    mrd: tuple[MrdThreshold, ...]
    response: ResponseRules
    endpoints: tuple[EndpointPlan, ...]
    forms: tuple[ProtocolFormPlan, ...]
    questions: tuple[Question, ...]
    recruitment: Recruitment = PLAIN_RECRUITMENT
    creat_baseline_requires_gt_uln: bool = False
    adverse_events: AdverseEventPlan = PLAIN_ADVERSE_EVENTS
    samples: SamplePlan = PLAIN_SAMPLES
    transplant: TransplantPlan = NO_TRANSPLANT_RULES
    cell_therapy: CellPlan | None = None
    blinatumomab: BlinatumomabPlan = NO_BLINATUMOMAB
    obesity: ObesityPlan = PLAIN_OBESITY
    dose_tolerance: DoseTolerance = PLAIN_TOLERANCE
    methotrexate: MethotrexatePlan = NO_METHOTREXATE
    reference_regimens: tuple[ReferenceRegimen, ...] = ()
    anthracycline_ratio_set: str = DEFAULT_RATIO_SET
    deviations: tuple[DeviationRule, ...] = ()
    monitoring: tuple[MonitoringRule, ...] = ()
    adjudication: AdjudicationPlan | None = None

    @classmethod
    def from_document(cls, document: Document) -> Protocol:
        """The protocol of a checked document, whether read from YAML or from the database."""
        sites = tuple(PlannedSite.of(site) for site in document["sites"])
        randomisation = document["randomisation"]
        return cls(
            key=document["key"],
            version=document["version"],
            registration=Registration.of(document["registration"]),
            title=text_of(document["title"]["value"]),
            short_title=text_of(document["short_title"]["value"]),
            phase=document["phase"]["value"],
            design=document["design"]["value"],
            planned_enrolment=document["planned_enrolment"]["value"],
            accrual_months=document["accrual_months"]["value"],
            ctcae_version=document["ctcae_version"]["value"],
            bsa_formula=document["bsa_formula"]["value"],
            crcl_weight=document["crcl_weight"]["value"],
            cns2_is_cns_leukemia=document["cns2_is_cns_leukemia"]["value"],
            sites=sites,
            consent=ConsentRules.of(document["consent"]),
            screening=Screening.of(document["screening"]),
            numbering=Numbering.of(document.get("numbering")),
            other_trials=OtherTrials.of(document.get("other_trials")),
            criteria=tuple(Criterion.of(one) for one in document["criteria"]),
            randomisation=None if randomisation is None else Randomisation.of(randomisation, sites),
            arms=tuple(Arm.of(arm) for arm in document["arms"]),
            phases=tuple(Phase.of(phase) for phase in document["phases"]),
            regimens=tuple(Regimen.of(regimen) for regimen in document["regimens"]),
            visits=tuple(VisitPlan.of(visit) for visit in document["visits"]),
            mrd=tuple(MrdThreshold.of(one) for one in document["mrd"]),
            response=ResponseRules.of(document["response"]),
            endpoints=tuple(EndpointPlan.of(one) for one in document["endpoints"]),
            forms=tuple(ProtocolFormPlan.of(form) for form in document["forms"]),
            questions=tuple(Question.of(one) for one in document["questions"]),
            recruitment=Recruitment.of(document.get("recruitment")),
            creat_baseline_requires_gt_uln=document.get("creat_baseline_requires_gt_uln", {"value": False})[
                "value"
            ],
            adverse_events=AdverseEventPlan.of(document.get("adverse_events")),
            samples=SamplePlan.of(document.get("samples")),
            transplant=TransplantPlan.of(document.get("transplant")),
            cell_therapy=CellPlan.of(document.get("cell_therapy")),
            blinatumomab=BlinatumomabPlan.of(document.get("blinatumomab")),
            obesity=ObesityPlan.of(document.get("obesity")),
            dose_tolerance=DoseTolerance.of(document.get("dose_tolerance")),
            methotrexate=MethotrexatePlan.of(document.get("methotrexate")),
            reference_regimens=tuple(
                ReferenceRegimen.of(one) for one in document.get("reference_regimens", ())
            ),
            anthracycline_ratio_set=document.get("anthracycline_ratio_set", {"value": DEFAULT_RATIO_SET})[
                "value"
            ],
            deviations=DeviationRule.all_of(document.get("deviations", ())),
            monitoring=tuple(MonitoringRule.of(one) for one in document.get("monitoring", ())),
            adjudication=AdjudicationPlan.of(document.get("adjudication")),
        )

    def phase_of(self, key: str) -> Phase:
        """The phase with this key; KeyError where the protocol has none."""
        return _keyed(self.phases, key)

    def regimen_of(self, key: str) -> Regimen:
        """The regimen with this key; KeyError where the protocol has none."""
        return _keyed(self.regimens, key)

    def arm_of(self, key: str) -> Arm:
        """The arm with this key; KeyError where the protocol has none."""
        return _keyed(self.arms, key)

    def visit_of(self, key: str) -> VisitPlan:
        """The visit with this key; KeyError where the protocol has none."""
        return _keyed(self.visits, key)

    def endpoint_of(self, key: str) -> EndpointPlan:
        """The endpoint (or sensitivity analysis) with this key; KeyError where the protocol has none."""
        return _keyed(self.analyses, key)

    @property
    def analyses(self) -> tuple[EndpointPlan, ...]:
        """The endpoints, each followed by its sensitivity analyses."""
        return tuple(one for plan in self.endpoints for one in (plan, *plan.analyses))


def _keyed(things: tuple[KeyedT, ...], key: str) -> KeyedT:
    for thing in things:
        if thing.key == key:
            return thing
    raise KeyError(key)
