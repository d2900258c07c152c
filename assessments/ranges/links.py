"""The way from a result without limits to where the limits of normal of a site are recorded."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from trialsite.access.permissions import may
from trialsite.access.requests import user_of
from trialsite.casebook.models import Subject
from trialsite.casebook.slots import OpenSlot

from ..domain.grading import GradeFlag, LabGrade
from ..laboratory.panels import PANELS
from ..laboratory.results import LabValue


def ranges_url(subject: Subject, analyte: str = "") -> str:
    """The reference ranges of the subject's site, those of one analyte where it is named."""
    asked = {"site": subject.site.key} | ({"analyte": analyte} if analyte else {})
    return f"{reverse('reference-ranges', args=[subject.study.key])}?{urlencode(asked)}"


def lacks_range(value: LabValue, grade: LabGrade) -> bool:
    """Whether a grade waits for a limit of normal that a range of the site would give."""
    waits = grade.grade is None and GradeFlag.LIMIT_MISSING in grade.flags
    return waits and not value.not_printed and (value.lln is None or value.uln is None)


def way_to_ranges(subject: Subject, analyte: str) -> tuple[str, str]:
    """Address and words of the link beside a result that has no grade for want of limits."""
    return ranges_url(subject, analyte), _("Reference ranges of the site")


def ranges_panel(request: HttpRequest, opened: OpenSlot) -> Mapping[str, Any] | None:
    """On a laboratory report: where its limits of normal come from, and where they are recorded."""
    subject = opened.subject
    if opened.kind.key not in PANELS or subject.site_id is None:
        return None
    here = {"study_id": subject.study_id, "site_id": subject.site_id}
    return {
        "template": "assessments/ranges_panel.html",
        "above": True,
        "on_entry": True,
        "url": ranges_url(subject),
        "may_record": may(user_of(request), "range.record", **here),
    }
