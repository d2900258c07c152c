"""Thirty subjects of a transplant trial that stand on paper, as the files of an import, with their endpoints.

Twelve are the published worked example; eighteen are invented. Of each: day 0, relapse, death, the last examination
without relapse, the last telephone call; then days from day 0 and event of relapse-free and of overall survival,
counted apart from this system (by hand for the twelve, on a calendar for the others): relapse or death, whichever is
first, else the last examination; death, else the last sign of life.
"""

import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta

from .worked_example import COURSES, day

Result = tuple[int, str]


@dataclass(frozen=True)
class OnPaper:
    name: str
    hsct: date
    relapse: date | None
    site: str
    died: date | None
    assessed: date | None
    called: date | None
    rfs: Result
    os: Result

    @property
    def screened_on(self) -> date:
        return self.hsct - timedelta(days=150)


def on(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


INVENTED: tuple[tuple[str, str, str, str, str, str, Result, Result], ...] = (
    ("H13", "2024-02-03", "2024-05-03", "", "", "2025-02-17", (90, "relapse"), (380, "")),
    ("H14", "2024-02-15", "", "2024-05-02", "", "", (77, "death"), (77, "death")),
    ("H15", "2024-02-29", "", "", "2025-01-04", "2025-03-21", (310, ""), (386, "")),
    ("H16", "2024-03-09", "2024-07-16", "2024-11-03", "", "", (129, "relapse"), (239, "death")),
    ("H17", "2024-03-20", "", "", "2025-02-03", "", (320, ""), (320, "")),
    ("H18", "2024-04-02", "2024-09-04", "", "", "2025-05-02", (155, "relapse"), (395, "")),
    ("H19", "2024-04-10", "", "", "2025-03-06", "2025-05-13", (330, ""), (398, "")),
    ("H20", "2024-04-20", "", "2024-10-16", "", "", (179, "death"), (179, "death")),
    ("H21", "2024-05-02", "2024-11-12", "", "", "2025-06-10", (194, "relapse"), (404, "")),
    ("H22", "2024-05-16", "", "", "2025-04-26", "2025-06-27", (345, ""), (407, "")),
    ("H23", "2024-05-25", "2024-12-31", "2025-04-20", "", "", (220, "relapse"), (330, "death")),
    ("H24", "2024-06-05", "", "", "2025-05-26", "2025-07-23", (355, ""), (413, "")),
    ("H25", "2024-06-18", "", "", "2025-06-13", "2025-08-08", (360, ""), (416, "")),
    ("H26", "2024-06-26", "2025-03-12", "", "", "2025-08-19", (259, "relapse"), (419, "")),
    ("H27", "2024-07-06", "", "2025-04-30", "", "", (298, "death"), (298, "death")),
    ("H28", "2024-07-18", "", "", "2025-07-28", "2025-09-16", (375, ""), (425, "")),
    ("H29", "2024-08-01", "2025-05-26", "", "", "2025-10-03", (298, "relapse"), (428, "")),
    ("H30", "2024-08-10", "", "", "2025-08-30", "2025-10-15", (385, ""), (431, "")),
)  # fmt: skip
PUBLISHED = [
    OnPaper(
        one.name,
        day(one.hsct),
        day(one.relapse) if one.relapse else None,
        one.site,
        day(one.died) if one.died else None,
        day(one.assessed) if one.assessed else None,
        day(one.contact) if one.contact else None,
        one.rfs,
        one.os,
    )
    for one in COURSES
]
SUBJECTS = PUBLISHED + [
    OnPaper(name, date.fromisoformat(hsct), on(relapse), "MARROW", on(died), on(seen), on(called), rfs, os)
    for name, hsct, relapse, died, seen, called, rfs, os in INVENTED
]


def table(*lines: tuple[object, ...]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue()


def subjects_csv(site: str, until: date, subjects: list[OnPaper] = SUBJECTS) -> str:
    head = ("site", "screening_number", "screened_on", "consented_on", "verdict", "judged_by", "judged_on")
    head += ("enrolled_on", "subject_number", "until", "why")
    return table(
        head,
        *(
            (site, f"OLD-{one.name}", one.screened_on, one.screened_on, "ELIGIBLE", "Dr Lin", one.screened_on)
            + (one.screened_on, f"VBH-{number:04d}", until, "MID_TRIAL")
            for number, one in enumerate(subjects, 1)
        ),
    )


def files(site: str, until: date) -> dict[str, str]:
    """Every file of the import."""
    contacts = [(f"OLD-{one.name}", one.assessed, "VISIT", "yes", "yes") for one in SUBJECTS if one.assessed]
    calls = [(f"OLD-{one.name}", one.called, "TELEPHONE", "yes", "") for one in SUBJECTS if one.called]
    return {
        "subjects.csv": subjects_csv(site, until),
        "HSCT.csv": table(("subject", "performed_on"), *((f"OLD-{one.name}", one.hsct) for one in SUBJECTS)),
        "REL.csv": table(
            ("subject", "performed_on", "onset", "relapse_site"),
            *((f"OLD-{one.name}", one.relapse, one.relapse, one.site) for one in SUBJECTS if one.relapse),
        ),
        "DTH.csv": table(
            ("subject", "died_on", "cause"),
            *((f"OLD-{one.name}", one.died, "INFECTION") for one in SUBJECTS if one.died),
        ),
        "SUR.csv": table(
            ("subject", "performed_on", "contact_kind", "alive", "no_relapse"), *contacts, *calls
        ),
    }
