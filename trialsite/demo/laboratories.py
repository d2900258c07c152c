"""The laboratories of the sites: two with ranges of their own, one that sends clotting to an outside laboratory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from assessments.domain.ranges import LimitsFrom
from assessments.models import ReferenceRange
from assessments.ranges.services import GradesMove, RangeEntry, digest_of_moved, record_range
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.clinical.units import canonical_unit
from trialsite.studies.models import Site, Study

from .stories.laboratory import LIMITS

WITH_RANGES = ("SGH", "BJH")
SENDS_CLOTTING_OUT = "CDH"
OUTSIDE = "金域医学检验中心"
SINCE = date(2015, 1, 1)
LIST = "检验科参考区间表 2015 / reference list of the laboratory, 2015"
BY_SEX = {"haemoglobin": {"M": ("130", "175"), "F": ("115", "150")}}
CORRECTED = ("SGH", "ldh", ("120", "230"), "Upper limit mistyped: the list gives 230")


def keep_ranges(study: Study, people: Mapping[str, User]) -> None:
    """Record the ranges of the sites that have a list, before the first report is entered."""
    by = people["data.manager"]
    with acting(user=by, reason=""):
        if ReferenceRange.objects.filter(study=study).exists():
            return
        for site in Site.objects.filter(study_sites__study=study, key__in=WITH_RANGES):
            for analyte, limits in LIMITS.items():
                for sex, (low, high) in BY_SEX.get(analyte, {"": limits}).items():
                    record_range(study=study, site=site, entry=entry(analyte, low, high, sex), by=by)


def correct_a_range(study: Study, people: Mapping[str, User]) -> None:
    """A limit was mistyped: the data manager looks at the grades that move, and corrects it."""
    key, analyte, (low, high), reason = CORRECTED
    by = people["data.manager"]
    with acting(user=by, reason=""):
        found = ReferenceRange.objects.filter(study=study, site__key=key, analyte=analyte, withdrawn_at=None)
        wrong = found.select_related("site").first()
        if wrong is None or wrong.replaces_id is not None:
            return
        asked: dict[str, Any] = {
            "study": study,
            "site": wrong.site,
            "entry": entry(analyte, low, high),
            "replaces": wrong,
            "by": by,
            "reason": reason,
        }
        try:
            record_range(**asked)
        except GradesMove as shown:
            record_range(**asked, seen=digest_of_moved(shown.moved))


def entry(analyte: str, low: str, high: str, sex: str = "") -> RangeEntry:
    return RangeEntry(
        analyte=analyte,
        unit=canonical_unit(analyte),
        lln=Decimal(low),
        uln=Decimal(high),
        effective_from=SINCE,
        source=LIST,
        sex=sex,
    )


def as_reported(
    site: str, form: str, lines: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
    """A report as its site enters it: items of the report, and its lines with where their limits come from."""
    if site in WITH_RANGES:
        own = {"limits_from": LimitsFrom.SITE_RANGE.value, "lln": None, "uln": None}
        return {}, [{**line, **own} for line in lines]
    if site == SENDS_CLOTTING_OUT and form == "COAG":
        none = {"limits_from": LimitsFrom.NOT_PRINTED.value, "lln": None, "uln": None}
        return {"laboratory": OUTSIDE}, [{**line, **none} for line in lines]
    return {}, [{**line, "limits_from": LimitsFrom.REPORT.value} for line in lines]
