"""The flow of a study as its page shows it: words for codes, links for the reader's own counts, a table beside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from enrollment.models import EndReason, FailureCode, PreOutcome, PreReason
from treatment.models.course import EndOfTreatmentReason
from trialsite.access.models import User
from trialsite.access.permissions import grants_of
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import subjects_visible_to
from trialsite.clinical.dates import add_months
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.models import Study, StudySite

from .domain.consort import LINE, PAD, Box, Counted, Line, draw, tally
from .study_reading import counting, sees_arms

STATIONS: dict[str, Any] = {
    "assessed": _("Assessed before screening"),
    "not_screened": _("Not screened"),
    "to_screen": _("To be screened"),
    "screened": _("Screened"),
    "in_screening": _("In screening"),
    "failed": _("Screen failures"),
    "failed_criterion": _("Screen failures by criterion"),
    "enrolled": _("Enrolled"),
    "randomised": _("Randomised"),
    "received": _("Received the treatment"),
    "not_received": _("Have not received it"),
    "in_crc": _("In complete remission"),
    "transplanted": _("Transplanted"),
    "relapsed": _("Relapsed"),
    "withdrawn": _("Withdrawals of consent"),
    "completed": _("Completed treatment"),
    "discontinued": _("Discontinued treatment"),
    "left": _("Left the study"),
    "died": _("Died"),
    "followed": _("In follow-up"),
    "analysed": _("Analysed for the primary endpoint"),
    "not_analysed": _("Not in its analysis set"),
}
LOGGED = {"assessed": {}, "not_screened": {}, "to_screen": {"outcome": PreOutcome.PROMISING.value}}
TABLES = (
    "casebook_subject", "outcomes_subjectcourse", "outcomes_endpointresult", "enrollment_prescreening",
    "enrollment_screenfailure", "enrollment_disposition", "treatment_endoftreatment",
)  # fmt: skip


def words_of_reason(protocol: Protocol, station: str, reason: str) -> str:
    """A reason in the reader's words: a code of its list, or a criterion by its id and text."""
    if station == "failed_criterion":
        language = get_language() or "en"
        texts = {one.id: one.text.in_language(language) for one in protocol.criteria}
        return f"{reason} {texts.get(reason, '')}".strip()
    lists: dict[str, Any] = {
        "not_screened": {**dict(PreOutcome.choices), **dict(PreReason.choices)},
        "failed": dict(FailureCode.choices),
        "discontinued": dict(EndOfTreatmentReason.choices),
        "left": dict(EndReason.choices),
    }
    return str(lists.get(station, {}).get(reason, reason))


def counts_of(user: User, study: Study) -> list[Counted]:
    """The flow counted over all sites: those of the reader, and the others together."""
    with connection.cursor() as cursor:
        consort = counting("study_consort", *TABLES)
        cursor.execute(
            f"SELECT site_id, arm, station, reason, n FROM {consort}(%s, %s)",
            [study.pk, primary_endpoint(study)],
        )
        rows = cursor.fetchall()
    own = own_sites(user, study)
    return tally((site in own, arm, station, reason, n) for site, arm, station, reason, n in rows)


def own_sites(user: User, study: Study) -> set[UUID]:
    """The sites at which this reader sees the record of the study."""
    grants = grants_of(user)
    sites = StudySite.objects.filter(study=study).values_list("site_id", flat=True)
    return {site for site in sites if grants.allows("record.view", study.pk, site)}


def primary_endpoint(study: Study) -> str:
    """The key of the endpoint whose analysis set the flow ends in."""
    plans = study.protocol.endpoints
    return next((one.key for one in plans if one.role == "primary"), plans[0].key)


@dataclass(frozen=True)
class ShownLine:
    """A line with its words, its place in the box, and where its own count leads."""

    text: str
    all: int
    own: int
    others: int
    href: str
    depth: int
    x: int = 0
    y: int = 0


@dataclass(frozen=True)
class ShownBox:
    """A box with its lines."""

    box: Box
    number_x: int
    name: str
    name_y: int
    lines: tuple[ShownLine, ...]


def consort_context(user: User, study: Study) -> dict[str, Any]:
    """The drawing and the table of a study's flow."""
    protocol, counts = study.protocol, counts_of(user, study)
    columns = arms_of(user, study)
    drawing = draw(counts, columns, randomised=protocol.randomisation is not None)
    boxes = [shown_box(box, protocol, study) for box in drawing.boxes]
    return {
        "study": study,
        "protocol": protocol,
        "drawing": drawing,
        "boxes": boxes,
        "others": any(one.others for one in counts),
        "pooled": len(protocol.arms) > 1 and len(columns) == 1,
    }


def arms_of(user: User, study: Study) -> Sequence[tuple[str | None, str]]:
    """The columns: each arm by its name where the reader may tell arms apart, otherwise everybody together."""
    arms = study.protocol.arms
    if len(arms) < 2 or not sees_arms(user, study):
        return [(None, "")]
    language = get_language() or "en"
    return [(arm.key, arm.name.in_language(language)) for arm in arms]


def shown_box(box: Box, protocol: Protocol, study: Study) -> ShownBox:
    first = box.y + PAD + LINE // 2 + 5
    lines = tuple(
        shown_line(line, protocol, study, box.x + PAD, first + LINE * (number + bool(box.name)))
        for number, line in enumerate(box.lines)
    )
    return ShownBox(box, box.x + box.width - PAD, box.name, first, lines)


def shown_line(line: Line, protocol: Protocol, study: Study, x: int, y: int) -> ShownLine:
    reason = words_of_reason(protocol, line.station, line.reason) if line.reason else ""
    text = reason or str(STATIONS[line.station])
    href = link_of(line, study) if line.own else ""
    return ShownLine(text, line.all, line.own, line.others, href, line.depth, x + 14 * line.depth, y)


def link_of(line: Line, study: Study) -> str:
    """Where the subjects behind a count stand: the log of pre-screening, or a list of the own sites."""
    if line.station in LOGGED:
        asked = {"study": study.key, **LOGGED[line.station]}
        if line.reason:
            asked["outcome" if line.reason in PreOutcome.values and line.reason != "OTHER" else "reason"] = (
                line.reason
            )
        return f"{reverse('prescreening')}?{urlencode(asked)}"
    return station_link(study, line.station, reason=line.reason, arm=line.arm)


def station_link(study: Study, station: str, **asked: str) -> str:
    """Where the subjects at a station are listed; `asked`: reason, arm, site and month, as far as they narrow it."""
    address = reverse("dashboard-station", args=[study.key, station])
    narrowed = urlencode({name: value for name, value in asked.items() if value})
    return f"{address}?{narrowed}" if narrowed else address


def in_month(subjects: QuerySet[Subject], station: str, month: str) -> QuerySet[Subject]:
    """Those who were screened, or at "enrolled" enrolled, in a month (2026-03); an unclear one narrows nothing."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        return subjects
    day = "enrolled_on" if station == "enrolled" else "screened_on"
    return subjects.filter(**{f"{day}__gte": first, f"{day}__lt": add_months(first, 1)})


def subjects_at(
    user: User, study: Study, station: str, reason: str = "", arm: str = "", site: str = ""
) -> QuerySet[Subject]:
    """The subjects of the reader's own sites at a station, by the same definition as the counts."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT subject_id FROM study_consort_subjects_here /* {', '.join(TABLES)} */ (%s, %s)"
            " WHERE station = %s AND (%s = '' OR reason = %s) AND (%s = '' OR arm = %s) AND subject_id IS NOT NULL",
            [study.pk, primary_endpoint(study), station, reason, reason, arm, arm],
        )
        ids = [row[0] for row in cursor.fetchall()]
    found = subjects_visible_to(user).filter(pk__in=ids).order_by("screening_number")
    return found.filter(site__key=site) if site else found
