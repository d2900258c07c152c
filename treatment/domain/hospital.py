"""Days in hospital that the label advises at the start of a course of blinatumomab."""

from __future__ import annotations

from trialsite.studies.domain.blinatumomab_plan import CourseRules


def hospital_days(rules: CourseRules | None, course: int) -> int:
    """The first days of a subject's first, second, … course to be spent in hospital; 0 where none are advised."""
    days = rules.hospital_days if rules else ()
    return days[course - 1] if 0 < course <= len(days) else 0
