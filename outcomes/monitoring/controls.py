"""Historical controls: taking a file as one version, and reading the newest of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from outcomes.domain.control_file import ControlFile, ControlProblem, read_control
from outcomes.domain.curve import days
from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.casebook import registries
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.listing import listed
from trialsite.studies.domain.protocol import EndpointPlan
from trialsite.studies.domain.vocabulary import CENSORS, EVENTS, ORIGINS
from trialsite.studies.models import Study

from ..models import HistoricalControl

LARGEST = 1_000_000  # bytes
OTHER = "other"
FIRST_YEAR, LAST_YEAR = 1970, 2100
TEXTS = {"name": 200, "source": 500, "definition": 1000}


@dataclass(frozen=True)
class ControlFields:
    """What is said of a control beside its file, as it was typed; `unit`: of the times, days or months."""

    name: str
    source: str
    period_from: str
    period_to: str
    origin: str
    events: Sequence[str]
    censor: str
    definition: str
    unit: str


@transaction.atomic
def upload_control(
    *, study: Study, plan: EndpointPlan, fields: ControlFields, file: Any, by: User
) -> HistoricalControl:
    """Store a file as the next version of the control of this name.

    Raises CheckFailed at the field that is wrong, with the line of the file; then nothing is stored."""
    require(by, "control.upload", study_id=study.pk)
    wrong = dict(problems_of(fields))
    content, read = b"", None
    try:
        content = content_of(file)
        read = read_file(content)
    except CheckFailed as refusal:
        wrong |= refusal.messages
    if wrong or read is None:
        raise CheckFailed(wrong)
    refuse_identifiers({name: getattr(fields, name) for name in TEXTS})
    key = slugify(fields.name, allow_unicode=True)[:40] or "control"
    earlier = HistoricalControl.objects.filter(study=study, endpoint=plan.key, key=key)
    with because(f"historical control {fields.name.strip()}"):
        return HistoricalControl.objects.create(
            study=study,
            endpoint=plan.key,
            key=key,
            version=earlier.count() + 1,
            period_from=int(fields.period_from),
            period_to=int(fields.period_to),
            origin=fields.origin,
            events=sorted(set(fields.events)),
            censor=fields.censor,
            kind=read.kind,
            covariates=list(read.covariates),
            rows=[row_of(row, fields.unit) for row in read.rows],
            digest=sha256(content).hexdigest(),
            uploaded_by=by,
            **{name: getattr(fields, name).strip() for name in TEXTS},
        )


def problems_of(fields: ControlFields) -> Mapping[str, str]:
    """What is missing or cannot be, at its field."""
    wrong = {}
    for name, most in TEXTS.items():
        text = getattr(fields, name).strip()
        if not text or len(text) > most:
            wrong[name] = _("Say it in 1 to %(n)s characters.") % {"n": most}
    for name in ("period_from", "period_to"):
        year = getattr(fields, name)
        if not (year.isdecimal() and FIRST_YEAR <= int(year) <= LAST_YEAR):
            wrong[name] = _("Enter a year such as 2015.")
    if not wrong and int(fields.period_to) < int(fields.period_from):
        wrong["period_to"] = _("The last year must not lie before the first.")
    accepted = {"origin": (*ORIGINS, OTHER), "censor": (*CENSORS, OTHER), "unit": ("days", "months")}
    for name, codes in accepted.items():
        if getattr(fields, name) not in codes:
            wrong[name] = _("Choose one of the list.")
    if not fields.events or not set(fields.events) <= {*EVENTS, OTHER}:
        wrong["events"] = _("Choose the events that count, or “other”.")
    return wrong


def content_of(file: Any) -> bytes:
    if file is None:
        raise CheckFailed({"file": _("Choose the CSV file.")})
    if file.size > LARGEST:
        raise CheckFailed({"file": _("The file is larger than 1 MB.")})
    return bytes(file.read())


def read_file(content: bytes) -> ControlFile:
    """The file as it is accepted; a covariate is a fact that the system knows of the study's subjects."""
    try:
        read = read_control(content.decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        raise CheckFailed({"file": _("The file is not UTF-8 text.")}) from problem
    except ControlProblem as problem:
        raise CheckFailed({"file": problem.sentence.in_language(get_language() or "en")}) from problem
    if unknown := [name for name in read.covariates if name not in registries.facts]:
        raise CheckFailed(
            {
                "file": _(
                    "Line 1: %(names)s is no fact of a subject; accepted are the facts of the vocabulary of protocol"
                    " files, such as age_years or sex."
                )
                % {"names": listed(unknown)}
            }
        )
    return read


def row_of(row: Sequence[str], unit: str) -> list[Any]:
    """A row with its time in days; covariates as they were written."""
    time = float(Decimal(row[0]))
    return [days(time) if unit == "months" else time, float(row[1]), *row[2:]]


def newest_controls(study: Study, endpoint: str) -> list[HistoricalControl]:
    """The newest version of each control of an endpoint."""
    found: dict[str, HistoricalControl] = {}
    versions = HistoricalControl.objects.filter(study=study, endpoint=endpoint).select_related("uploaded_by")
    for one in versions.order_by("key", "-version"):
        found.setdefault(one.key, one)
    return list(found.values())
