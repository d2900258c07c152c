"""A protocol as a document that a physician can read: what every version says, and what of it is assumed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialsite.access.models import User
from trialsite.access.permissions import may
from trialsite.studies.domain.protocol import Protocol, VisitPlan
from trialsite.studies.domain.provenance import to_sign
from trialsite.studies.domain.registry_findings import RegistryFinding, registry_findings
from trialsite.studies.models import ProtocolVersion

from .models import SeenFindings
from .selectors import reads_whole_study
from .sign_off import sign_offs_of, unsigned_words
from .uploads import seen_codes

SIGNS = {True: "●", False: "○", None: ""}


@dataclass(frozen=True)
class Schedule:
    """The schedule of activities: form columns, and for each visit its place in the file and a sign per column."""

    columns: Sequence[str]
    rows: Sequence[tuple[int, VisitPlan, Sequence[str]]]


@dataclass(frozen=True)
class FindingLine:
    """A contradiction between registry and rules, and who has seen it."""

    finding: RegistryFinding
    seen: SeenFindings | None


def reading_context(version: ProtocolVersion, user: User) -> dict[str, Any]:
    """What the pages of one version show."""
    protocol, study = version.protocol, version.study
    findings = finding_lines(version)
    return {
        "study": study,
        "version": version,
        "protocol": protocol,
        "schedule": schedule_of(protocol),
        "to_sign": to_sign(version.document),
        "findings": findings,
        "unseen": sum(line.seen is None for line in findings),
        "sign_offs": sign_offs_of(version),
        "unsigned": unsigned_words(version),
        "may_upload": may(user, "protocol.upload", study_id=study.pk),
        "may_sign": may(user, "protocol.sign", study_id=study.pk),
        "without_role": not reads_whole_study(user, study),
        "current": study.current_version.pk == version.pk,
    }


def finding_lines(version: ProtocolVersion) -> list[FindingLine]:
    seen = seen_codes(version)
    return [FindingLine(one, seen.get(one.code)) for one in registry_findings(version.protocol)]


def schedule_of(plan: Protocol) -> Schedule:
    """Visits by forms: a dot where a form is required, a ring where it is filled in if clinically indicated."""
    columns = list(dict.fromkeys(form.form for visit in plan.visits for form in visit.forms))
    return Schedule(
        columns,
        [
            (number, visit, [SIGNS[asked.get(column)] for column in columns])
            for number, visit in enumerate(plan.visits)
            for asked in [{form.form: form.required for form in visit.forms}]
        ],
    )
