"""Who the subjects are and what became of them: DM, DS, SV, SE, IE, SS, DD, DV."""

from collections.abc import Iterator

from enrollment.models import Consent, Demographics
from enrollment.models.background import Ethnicity
from enrollment.models.consent import Signer
from enrollment.models.log import EndReason, FailureCode
from outcomes.models import Death, SurvivalContact
from outcomes.models.events import Certainty, DeathCause
from treatment.models import EndOfTreatment
from treatment.models.course import DISPOSITION_TERMS
from trialsite.casebook.models import LOG, MissedReason, Subject
from trialsite.deviations.models import Deviation
from trialsite.deviations.states import COUNTED, DeviationKind, Weight

from .dataset import Dataset, source, spid
from .reading import Found, Reading
from .standard import test_names
from .text import iso, plain, yes_no
from .trial import category_of, criterion_text

RACES: dict[str, str] = {
    Ethnicity.HAN: "ASIAN",
    Ethnicity.OTHER: "UNKNOWN",
    Ethnicity.NOT_STATED: "NOT REPORTED",
}
PARTICIPATION, TREATMENT = "STUDY PARTICIPATION", "STUDY TREATMENT"


def demographics(reading: Reading, subject: Subject) -> Iterator[Found]:
    """DM: one row. The day of birth stays in the casebook: it is an identifier."""
    course = reading.courses[subject.pk]
    known = next(iter(reversed(reading.forms(Demographics, subject))), None)
    age = reading.fact(subject, "age_years")
    arm = reading.design.arms.get(course.arm)
    name = plain(arm.name.en) if arm else ""
    untreated = bool(course.why_no_arm)
    yield {
        "SUBJID": subject.number,
        "RFSTDTC": course.reference_start,
        "RFENDTC": "" if untreated else course.last_day,
        "RFXSTDTC": course.first_exposure,
        "RFXENDTC": course.last_exposure,
        "RFICDTC": course.consented,
        "RFPENDTC": course.last_day,
        "DTHDTC": iso(course.died),
        "DTHFL": "Y" if course.died else "",
        "SITEID": subject.site.key,
        "AGE": int(age) if age is not None else None,
        "AGEU": "YEARS" if age is not None else "",
        "SEX": known.sex if known and known.sex else "U",
        "RACE": RACES.get(known.ethnicity if known else "", "UNKNOWN"),
        "ARMCD": course.arm,
        "ARM": name,
        "ACTARMCD": "" if untreated else course.arm,
        "ACTARM": "" if untreated else name,
        "ARMNRS": course.why_no_arm,
        "COUNTRY": COUNTRIES.get(subject.site.timezone, "CHN"),
        "DMDTC": course.consented,
        "SUPP": {
            "ETHNGRP": ("Ethnic Group", known.ethnicity if known else ""),
            "SCRNUM": ("Screening Number", subject.screening_number),
            "PROTVER": ("Protocol Version", subject.protocol_version.version),
        },
        "SOURCE": source(known) if known else None,
    }


COUNTRIES = {"Asia/Shanghai": "CHN", "Asia/Urumqi": "CHN", "Asia/Hong_Kong": "HKG", "Asia/Taipei": "TWN"}


def disposition(reading: Reading, subject: Subject) -> Iterator[Found]:
    """DS: milestones (consent, assent, enrolment, randomisation) and the ends of treatment and participation."""
    for consent in reading.forms(Consent, subject):
        yield from consents(reading, consent)
    if subject.enrolled_on:
        yield milestone("ENTERED INTO TRIAL", "Enrolled", iso(subject.enrolled_on))
    if (drawn := reading.randomisations.get(subject.pk)) is not None:
        yield milestone("RANDOMIZED", "Randomized", iso(drawn.randomised_on))
    for end in reading.forms(EndOfTreatment, subject):
        if end.performed_on:
            term = DISPOSITION_TERMS.get(end.reason, "OTHER")
            yield ended(
                term, f"End of treatment: {end.get_reason_display()}", end.performed_on, TREATMENT, end
            )
            break
    yield from ends(reading, subject)


def consents(reading: Reading, record: Consent) -> Iterator[Found]:
    yield milestone("INFORMED CONSENT OBTAINED", "Informed consent", iso(record.performed_on), record)
    for one in reading.lines(record.signatures.model, record):
        if one.signer == Signer.ASSENT and one.signed and one.signed_on:
            yield milestone("INFORMED ASSENT OBTAINED", "Informed assent", iso(one.signed_on), record)


def milestone(code: str, term: str, day: str, record: object = None) -> Found:
    row: Found = {"DSTERM": term, "DSDECOD": code, "DSCAT": "PROTOCOL MILESTONE", "DSSTDTC": day}
    return row if record is None else row | {"DSSPID": spid(record), "SOURCE": source(record)}


def ended(code: str, term: str, day: object, part: str, record: object = None) -> Found:
    row: Found = {
        "DSTERM": term,
        "DSDECOD": code,
        "DSCAT": "DISPOSITION EVENT",
        "DSSCAT": part,
        "DSSTDTC": iso(day),
    }
    if hasattr(record, "form_key"):
        row |= {"DSSPID": spid(record), "SOURCE": source(record)}
    return row


def ends(reading: Reading, subject: Subject) -> Iterator[Found]:
    """How participation ended: screen failure, leaving, death. A death after another end is an event apart."""
    failure, left = reading.failures.get(subject.pk), reading.dispositions.get(subject.pk)
    if failure is not None:
        yield ended("SCREEN FAILURE", str(FailureCode(failure.code).label), failure.failed_on, PARTICIPATION)
    if left is not None and left.reason != EndReason.DEATH:
        yield ended(left.reason, str(left.get_reason_display()), left.ended_on, PARTICIPATION)
    for death in reading.forms(Death, subject):
        row = ended("DEATH", "Death", death.died_on, PARTICIPATION, death)
        if failure is not None or (left is not None and left.reason != EndReason.DEATH):
            row |= {"DSCAT": "OTHER EVENT", "DSSCAT": ""}
        yield row
        break


def visits(reading: Reading, subject: Subject) -> Iterator[Found]:
    """SV: the visits at which something was recorded, and those that were recorded as not done."""
    days = reading.days[subject.pk]
    for one in reading.visits.get(subject.pk, []):
        if one.key == LOG:
            continue
        numbered, here = reading.design.visit(one.key, one.repeat), days.get((one.key, one.repeat), [])
        if not here and not one.missed_reason:
            continue
        row: Found = {
            "VISITNUM": numbered.number,
            "VISIT": numbered.name,
            "SVPRESP": "Y" if numbered.planned else "",
            "SVOCCUR": yes_no(bool(here)) if numbered.planned else "",
            "SVSTDTC": iso(min(here, default=None)),
            "SVENDTC": iso(max(here, default=None)),
            "SVUPDES": "" if numbered.planned else (reading.words(one, "added_why") or "Unscheduled visit"),
        }
        if not here:
            row["SVREASOC"] = str(MissedReason(one.missed_reason).label)
        yield row


def subject_elements(reading: Reading, subject: Subject) -> Iterator[Found]:
    """SE: screening, the phases as they began, follow-up."""
    for one in reading.courses[subject.pk].elements:
        yield {
            "ETCD": one.code,
            "ELEMENT": one.name if one.code != "UNPLAN" else "",
            "TAETORD": one.order,
            "EPOCH": one.epoch,
            "SESTDTC": one.start,
            "SEENDTC": one.end,
            "SEUPDES": f"Phase outside the arm: {one.name}" if one.code == "UNPLAN" else "",
        }


def criteria(reading: Reading, subject: Subject) -> Iterator[Found]:
    """IE: the criteria that stood against a subject whose screening failed."""
    failure = reading.failures.get(subject.pk)
    known = {one.id: one for protocol in reversed(reading.design.protocols) for one in protocol.criteria}
    for id_ in failure.criteria if failure else ():
        if (one := known.get(id_)) is None:
            continue
        answer = "N" if category_of(one) == "INCLUSION" else "Y"
        yield {
            "IETESTCD": reading.design.criteria[one.id],
            "IETEST": criterion_text(one),
            "IECAT": category_of(one),
            "IEORRES": answer,
            "IESTRESC": answer,
            "IEDTC": iso(failure.failed_on) if failure else "",
        }


def survival(reading: Reading, subject: Subject) -> Iterator[Found]:
    """SS: alive or dead, at each contact and at death."""
    name = test_names("SSTESTCD", "SSTEST")["SURVSTAT"]
    for contact in reading.forms(SurvivalContact, subject):
        if contact.alive is None or not contact.performed_on:
            continue
        status = "ALIVE" if contact.alive else "DEAD"
        yield {
            "SSSPID": spid(contact),
            "SSTESTCD": "SURVSTAT",
            "SSTEST": name,
            "SSORRES": status,
            "SSSTRESC": status,
            "VISIT_OF": contact,
            "SSDTC": iso(contact.performed_on),
            "SOURCE": source(contact),
        }


def death_details(reading: Reading, subject: Subject) -> Iterator[Found]:
    """DD: cause of death, where it is known from, autopsy."""
    names = test_names("DTHDXCD", "DTHDX")
    for death in reading.forms(Death, subject):
        answers = {
            "PRCDTH": str(DeathCause(death.cause).label).upper(),
            "INFOSCOD": str(Certainty(death.certainty).label).upper() if death.certainty else "",
            "AUTOPIND": yes_no(death.autopsy),
        }
        for code, answer in answers.items():
            if answer:
                yield {
                    "DDSPID": spid(death),
                    "DDTESTCD": code,
                    "DDTEST": names[code],
                    "DDORRES": answer,
                    "DDSTRESC": answer,
                    "DDDTC": iso(death.died_on),
                    "SOURCE": source(death),
                }
        break


def deviations(reading: Reading, subject: Subject) -> Iterator[Found]:
    """DV: the deviations of the register that were accepted."""
    for one in registered(reading).get(subject.pk, []):
        kind = str(DeviationKind(one.kind).label)
        decoded = f"{kind}: {one.rule_name}" if one.rule else kind
        yield {
            "DVSPID": f"DEVIATION.{one.pk}",
            "DVTERM": reading.words(one, "evidence_en") or decoded,
            "DVDECOD": decoded,
            "DVCAT": str(Weight(one.weight).value).upper(),
            "DVSTDTC": iso(one.occurred_on),
            "SOURCE": source(one),
        }


def registered(reading: Reading) -> dict[object, list[Deviation]]:
    if not hasattr(reading, "deviations"):
        found: dict[object, list[Deviation]] = {}
        rows = Deviation.objects.visible_to(reading.extract.reader).filter(
            subject__in=reading.ids, state__in=COUNTED
        )
        for row in rows:
            found.setdefault(row.subject_id, []).append(row)
        reading.deviations = found  # type: ignore[attr-defined]
    return reading.deviations  # type: ignore[attr-defined]


DATASETS = (
    Dataset(
        "DM",
        demographics,
        ("DMDTC", "DMDY"),
        methods={
            "AGE": "Completed years at the day of informed consent.",
            "RFENDTC": "Last day of which anything is known of a treated subject.",
            "RFPENDTC": "Last day of which anything is known of the subject; the day of death.",
            "RFSTDTC": "Day of first exposure of a subject treated in the arm.",
        },
        origins={
            "AGE": "Derived",
            "RFSTDTC": "Derived",
            "RFENDTC": "Derived",
            "RFPENDTC": "Derived",
            "ARM": "Assigned",
            "ARMCD": "Assigned",
            "ACTARM": "Assigned",
            "ACTARMCD": "Assigned",
            "ARMNRS": "Assigned",
            "AGEU": "Assigned",
            "COUNTRY": "Assigned",
            "SITEID": "Assigned",
            "SUBJID": "Assigned",
        },
    ),
    Dataset("DS", disposition, ("DSSPID", "DSSCAT", "EPOCH"), ("DSSTDTC", "DSDECOD", "DSTERM")),
    Dataset("SV", visits, ("VISIT", "SVREASOC", "SVUPDES", "EPOCH", "SVSTDY", "SVENDY"), ("VISITNUM",)),
    Dataset(
        "SE",
        subject_elements,
        ("ELEMENT", "TAETORD", "EPOCH", "SESTDY", "SEENDY", "SEUPDES"),
        ("SESTDTC", "TAETORD"),
    ),
    Dataset("IE", criteria, ("IEDTC", "IEDY", "EPOCH"), ("IETESTCD",)),
    Dataset("SS", survival, ("SSSPID", "VISIT", "SSDY", "EPOCH"), ("SSDTC", "SSTESTCD", "SSSPID")),
    Dataset("DD", death_details, ("DDSPID", "DDDY"), ("DDTESTCD",)),
    Dataset(
        "DV",
        deviations,
        ("DVSPID", "DVDECOD", "DVCAT", "DVSTDTC", "DVSTDY", "EPOCH"),
        ("DVSTDTC", "DVDECOD", "DVSPID"),
    ),
)
