"""The design of the trial as the protocol file has it: elements, visits and their numbers; TA, TE, TV, TI, TS."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trialsite.casebook.models import UNSCHEDULED
from trialsite.studies.domain.protocol import Arm, Criterion, Phase, Protocol, VisitPlan
from trialsite.studies.models import ProtocolVersion, Study

from ..domain.table import Row
from .standard import IG_VERSION, MODEL_VERSION, TERMINOLOGY_VERSION, list_named
from .text import plain, shortened

SCREENING = "SCRN"
UNPLANNED_FROM = 9000  # numbers of visits that no version of the protocol plans
EPOCHS = {"pre-phase": "RUN-IN", "observation": "FOLLOW-UP"}
LONGEST_ELEMENT = 40


@dataclass(frozen=True)
class PlannedElement:
    """One element of the trial: its code of at most 8 characters, its name, its epoch and the rules of its ends."""

    code: str
    name: str
    epoch: str
    starts: str
    ends: str
    days: int | None
    phase: str = ""


@dataclass(frozen=True)
class NumberedVisit:
    """A visit with its number and name, each of which stands for one visit over the whole study."""

    number: int
    name: str
    planned: bool
    plan: VisitPlan | None = None


class Design:
    """The design of one study over all versions of its protocol; `protocol` is the one that speaks for it."""

    def __init__(self, study: Study) -> None:
        self.study = study
        versions = list(ProtocolVersion.objects.filter(study=study).order_by("-loaded_at"))
        self.protocol: Protocol = study.current_version.protocol
        self.protocols = [self.protocol, *(one.protocol for one in versions if one.protocol != self.protocol)]
        self.elements = elements_of(self.protocols)
        self.visits = numbered_visits(self.protocols)
        self.arms = {arm.key: arm for protocol in reversed(self.protocols) for arm in protocol.arms}
        self.criteria = criteria_codes(self.protocols)

    def arm_elements(self, arm: str) -> list[PlannedElement]:
        """The elements of an arm in their planned order, screening first."""
        found = self.arms.get(arm)
        phases = found.phases if found else ()
        return [self.elements[SCREENING], *(self.elements[phase] for phase in phases)]

    def visit(self, key: str, repeat: int) -> NumberedVisit:
        """A visit by key and repeat; one that nobody planned is numbered apart."""
        known = self.visits.get((key, repeat))
        if known is not None:
            return known
        if key == UNSCHEDULED:
            return NumberedVisit(UNPLANNED_FROM + repeat, f"Unscheduled {repeat}", planned=False)
        place = sorted(self.visits).index(min(self.visits, key=lambda one: (one[0] != key, one)))
        return NumberedVisit(
            UNPLANNED_FROM + 100 * (place + 1) + repeat, f"{key} {repeat} (unplanned)", planned=False
        )


def elements_of(protocols: list[Protocol]) -> dict[str, PlannedElement]:
    """Screening and every phase of any version by key."""
    found = {
        SCREENING: PlannedElement(
            SCREENING, "Screening", "SCREENING", "Informed consent", "First day of protocol treatment", None
        )
    }
    codes = {SCREENING, "UNPLAN"}
    for protocol in protocols:
        last = {arm.phases[-1] for arm in protocol.arms if arm.phases}
        for phase in protocol.phases:
            if phase.key not in found and not phase.forbidden:
                code = element_code(phase.key, codes)
                codes.add(code)
                found[phase.key] = element(phase, code, phase.key in last)
    return found


def element(phase: Phase, code: str, last: bool) -> PlannedElement:
    name = plain(phase.name.en)
    if len(name) > LONGEST_ELEMENT:
        name = shortened(plain(phase.short.en), LONGEST_ELEMENT)
    ends = (
        f"{phase.days} days after the start of the element"
        if phase.days
        else "Start of the next element or end"
    )
    return PlannedElement(
        code,
        name,
        epoch_of(phase, name, last),
        shortened(plain(phase.starts.en)),
        ends,
        phase.days,
        phase.key,
    )


def epoch_of(phase: Phase, name: str, last: bool) -> str:
    """The epoch of a phase: observation at the end of an arm is follow-up, in between it is observation."""
    if phase.kind == "observation":
        return "FOLLOW-UP" if last else "OBSERVATION"
    if name.startswith("Induction"):
        return "INDUCTION TREATMENT"
    return EPOCHS.get(phase.kind, "TREATMENT")


def element_code(key: str, taken: set[str]) -> str:
    """A code of at most 8 letters and digits for a phase: its key, else its first part and initials."""
    parts = re.sub(r"[^A-Z0-9_]", "", key.upper()).split("_")
    code = "".join(parts)
    if len(code) > 8 and len(parts) > 1:
        code = parts[0][:6] + "".join(part[0] for part in parts[1:] if part)
    code = code[:8]
    n = 2
    while code in taken:
        code, n = f"{code[:7]}{n}", n + 1
    return code


def numbered_visits(protocols: list[Protocol]) -> dict[tuple[str, int], NumberedVisit]:
    """Each visit of any version with its number, those of the current version first and in their order."""
    found: dict[tuple[str, int], NumberedVisit] = {}
    names: set[str] = set()
    for protocol in protocols:
        for plan in protocol.visits:
            for repeat in range(1, (plan.repeat.count if plan.repeat else 1) + 1):
                if (plan.key, repeat) in found:
                    continue
                name = plain(plan.name.en) + (f", no. {repeat}" if plan.repeat else "")
                name = name if name not in names else f"{name} ({plan.key})"
                names.add(name)
                found[plan.key, repeat] = NumberedVisit(len(found) + 1, name, planned=True, plan=plan)
    return found


def criteria_codes(protocols: list[Protocol]) -> dict[str, str]:
    """Criterion → its code of at most 8 characters that begins with a letter."""
    ids = list(dict.fromkeys(one.id for protocol in protocols for one in protocol.criteria))
    short = {one: re.sub(r"[^A-Z0-9]", "", one.rpartition("-")[2].upper()) for one in ids}
    doubled = {code for code in short.values() if list(short.values()).count(code) > 1}
    return {
        one: code
        if code not in doubled and code[:1].isalpha()
        else f"C{re.sub('[^A-Z0-9]', '', one.upper())}"[:8]
        for one, code in short.items()
    }


def arms(design: Design) -> Iterator[Row]:
    """TA: the planned elements of each arm."""
    for arm in design.protocol.arms:
        planned = design.arm_elements(arm.key)
        for order, one in enumerate(planned, 1):
            yield {
                "STUDYID": design.study.key,
                "DOMAIN": "TA",
                "ARMCD": arm.key,
                "ARM": plain(arm.name.en),
                "TAETORD": order,
                "ETCD": one.code,
                "ELEMENT": one.name,
                "TABRANCH": branch_of(design.protocol, arm) if order == 1 else "",
                "TATRANS": transition_of(design, one),
                "EPOCH": one.epoch,
            }


def branch_of(protocol: Protocol, arm: Arm) -> str:
    if protocol.randomisation and len(protocol.arms) > 1:
        return f"Randomized to {arm.key}"
    return ""


def transition_of(design: Design, one: PlannedElement) -> str:
    """What may follow an element other than the next one, as its branches say."""
    phase = next((each for each in design.protocol.phases if each.key == one.phase), None)
    said = [
        f"{plain(branch.text.en)}: go to {design.elements[branch.to].code}"
        for branch in (phase.branches if phase else ())
        if branch.to in design.elements
    ]
    return shortened("; ".join(said))


def elements(design: Design) -> Iterator[Row]:
    """TE: the elements of the arms."""
    used = {one.code for arm in design.protocol.arms for one in design.arm_elements(arm.key)}
    for one in design.elements.values():
        if one.code in used:
            yield {
                "STUDYID": design.study.key,
                "DOMAIN": "TE",
                "ETCD": one.code,
                "ELEMENT": one.name,
                "TESTRL": one.starts,
                "TEENRL": one.ends,
                "TEDUR": f"P{one.days}D" if one.days else "",
            }


def visits(design: Design) -> Iterator[Row]:
    """TV: the planned visits, of an arm where they are not planned in every one."""
    for one in design.visits.values():
        plan = one.plan
        assert plan is not None
        for arm in plan.arms or ("",):
            yield {
                "STUDYID": design.study.key,
                "DOMAIN": "TV",
                "VISITNUM": one.number,
                "VISIT": one.name,
                "ARMCD": arm,
                "TVSTRL": shortened(start_of_visit(plan, design)),
                "TVENRL": "",
            }


def start_of_visit(plan: VisitPlan, design: Design) -> str:
    after = (
        f"{plan.offset_days} days"
        if plan.offset_days is not None
        else f"{plan.offset_months} calendar months"
    )
    return f"{after} from {plan.anchor}, {plan.before_days} days before to {plan.after_days} days after" + (
        f"; then every {repeat_words(plan)}" if plan.repeat else ""
    )


def repeat_words(plan: VisitPlan) -> str:
    assert plan.repeat is not None
    if plan.repeat.every_days:
        return f"{plan.repeat.every_days} days"
    return f"{plan.repeat.every_months} months"


def criteria(design: Design) -> Iterator[Row]:
    """TI: the criteria of every version."""
    seen: set[tuple[str, str]] = set()
    for protocol in design.protocols:
        for one in protocol.criteria:
            text = criterion_text(one)
            if (one.id, text) not in seen:
                seen.add((one.id, text))
                yield {
                    "STUDYID": design.study.key,
                    "DOMAIN": "TI",
                    "IETESTCD": design.criteria[one.id],
                    "IETEST": text,
                    "IECAT": category_of(one),
                    "TIVERS": protocol.version,
                }


def criterion_text(one: Criterion) -> str:
    return shortened(plain(one.text.en))


def category_of(one: Criterion) -> str:
    return "EXCLUSION" if one.kind.upper().startswith("EX") else "INCLUSION"


PHASES = {
    "I": "PHASE I TRIAL",
    "I/II": "PHASE I/II TRIAL",
    "II": "PHASE II TRIAL",
    "II/III": "PHASE II/III TRIAL",
    "III": "PHASE III TRIAL",
    "IV": "PHASE IV TRIAL",
}


@dataclass(frozen=True)
class Parameter:
    """One value of the trial summary: in words, and by `list` a term of CDISC; "" with a null flavour where unknown."""

    code: str
    value: str = ""
    list: str = ""
    flavour: str = ""
    reference: str = ""
    reference_code: str = ""


def summary(design: Design, started: str = "", subjects: int = 0, *, masked: bool = False) -> Iterator[Row]:
    """TS: the trial summary. `started`: the first consent; `subjects`: how many were enrolled; `masked`: dates are
    moved, so the first consent, which is one subject's, is not said."""
    names = list_named("TSPARMCD").terms
    labels = {concept: value for value, concept in list_named("TSPARM").terms.items()}
    counts: dict[str, int] = {}
    for one in parameters(design, "" if masked else started, subjects):
        counts[one.code] = counts.get(one.code, 0) + 1
        terms: Mapping[str, str] = list_named(one.list).terms if one.list else {}
        code = one.reference_code or (terms.get(one.value, "") if one.value else "")
        reference = one.reference or ("CDISC CT" if code else "")
        yield {
            "STUDYID": design.study.key,
            "DOMAIN": "TS",
            "TSSEQ": counts[one.code],
            "TSPARMCD": one.code,
            "TSPARM": labels[names[one.code]],
            "TSVAL": shortened(plain(one.value)),
            "TSVALNF": ""
            if one.value
            else "MSK"
            if masked and one.code == "SSTDTC"
            else one.flavour or "UNK",
            "TSVALCD": code,
            "TSVCDREF": reference,
            "TSVCDVER": TERMINOLOGY_VERSION if reference == "CDISC CT" else "",
        }


def parameters(design: Design, started: str, subjects: int) -> Iterator[Parameter]:
    protocol = design.protocol
    randomised = protocol.randomisation is not None
    yield Parameter("ACTSUB", str(subjects) if subjects else "")
    yield Parameter("ADAPT", "N", "NY")
    yield Parameter("ADDON", "N", "NY")
    least = min((one.min_age for one in protocol.consent.signers), default=None)
    most = max((one.max_age for one in protocol.consent.signers if one.max_age is not None), default=None)
    yield Parameter("AGEMIN", f"P{least}Y" if least is not None else "")
    yield Parameter("AGEMAX", f"P{most}Y" if most is not None else "", flavour="PINF")
    yield Parameter("EXTTIND", "N", "NY")
    yield Parameter("FCNTRY", "CHN")
    yield Parameter("HLTSUBJI", "N", "NY")
    yield Parameter(
        "INDIC", "B-cell precursor acute lymphoblastic leukemia, Philadelphia chromosome negative"
    )
    yield Parameter("INTMODEL", "PARALLEL" if len(protocol.arms) > 1 else "SINGLE GROUP", "INTMODEL")
    yield Parameter("INTTYPE", "BIOLOGIC", "INTTYPE")
    months = protocol.accrual_months
    yield Parameter("LENGTH", f"P{months}M" if months else "")
    yield Parameter("NARMS", str(len(protocol.arms)))
    yield Parameter("NCOHORT", flavour="NA")
    for role, code in (("primary", "PRI"), ("secondary", "SEC"), ("exploratory", "EXP")):
        for plan in protocol.endpoints:
            if plan.role == role:
                if code != "EXP":
                    yield Parameter("OBJPRIM" if code == "PRI" else "OBJSEC", f"To estimate: {plan.name.en}")
                yield Parameter(f"OUTMS{code}", plan.name.en)
    yield Parameter("ONGOSIND", "N" if design.study.locked_at else "Y", "NY")
    yield Parameter("PCLAS", "CD19-directed bispecific CD3 T-cell engager")
    yield Parameter("PDPSTIND", "N", "NY")
    yield Parameter("PDSTIND", "N", "NY")
    yield Parameter("PIPIND", "N", "NY")
    yield Parameter("PLANSUB", str(protocol.planned_enrolment) if protocol.planned_enrolment else "")
    yield Parameter("RANDOM", "Y" if randomised else "N", "NY")
    if randomised and len(protocol.arms) > 1:
        yield Parameter("RANDQT", "0.5")
        for stratum in protocol.randomisation.strata if protocol.randomisation else ():
            yield Parameter("STRATFCT", stratum.name.en)
    yield Parameter("RDIND", "Y", "NY")
    for registry in protocol.registration.ids:
        yield Parameter("REGID", f"Registration {registry}")
    yield Parameter("SDTIGVER", IG_VERSION)
    yield Parameter("SDTMVER", MODEL_VERSION)
    yield Parameter("SENDTC")
    yield Parameter("SEXPOP", "BOTH", "SEXPOP")
    yield Parameter("SPONSOR")
    yield Parameter("SSTDTC", started)
    yield Parameter(
        "STOPRULE", "Rules of monitoring of the protocol file" if protocol.monitoring else "", flavour="NA"
    )
    yield Parameter("STYPE", "INTERVENTIONAL", "STYPE")
    yield Parameter("TBLIND", "OPEN LABEL", "TBLIND")
    if randomised:
        yield Parameter("TCNTRL", "ACTIVE", "TCNTRL")
    else:
        yield Parameter("TCNTRL", "NONE", "TCNTRL")
    yield Parameter("TDIGRP", "Newly diagnosed B-cell precursor acute lymphoblastic leukemia")
    yield Parameter("THERAREA", "Oncology, hematology")
    yield Parameter("TINDTP", "TREATMENT", "TINDTP")
    yield Parameter("TITLE", protocol.title.en)
    yield Parameter("TPHASE", PHASES.get(protocol.phase, ""), "TPHASE", flavour="UNK")
    yield Parameter("TRT", "BLINATUMOMAB")
    yield Parameter("TTYPE", "EFFICACY", "TTYPE")
    yield Parameter("TTYPE", "SAFETY", "TTYPE")
