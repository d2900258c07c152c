"""Twelve transplanted subjects of a worked example, entered as the forms a site would enter.

Day 0 is the origin; the cut-off lies on 2027-11-01. All dates stand 730 days earlier here, so that none lies in the
future; days between them are unchanged.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.cast import Cast
from trialsite.access.identity import Identity, register_person
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.services import next_number, next_repeat, submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.partial_date import PartialDate
from trialsite.studies.models import Site

EARLIER = timedelta(days=730)


def day(text: str) -> date:
    return date.fromisoformat(text) - EARLIER


CUT_OFF = day("2027-11-01")


@dataclass(frozen=True)
class Course:
    """One subject's course: day 0, then what was recorded, and the published result of each endpoint."""

    name: str
    hsct: str
    relapse: str = ""
    site: str = "MARROW"
    died: str = ""
    assessed: str = ""
    contact: str = ""
    acute: str = ""
    systemic: str = ""
    rfs: tuple[int, str] = (0, "")
    os: tuple[int, str] = (0, "")
    grfs: tuple[int, str] = (0, "")


COURSES = (
    Course(
        "P01",
        "2026-01-10",
        relapse="2026-07-15",
        died="2026-10-01",
        rfs=(186, "relapse"),
        os=(264, "death"),
        grfs=(186, "relapse"),
    ),
    Course("P02", "2026-01-20", died="2026-04-05", rfs=(75, "death"), os=(75, "death"), grfs=(75, "death")),
    Course(
        "P03",
        "2026-02-01",
        assessed="2027-09-20",
        contact="2027-10-25",
        rfs=(596, ""),
        os=(631, ""),
        grfs=(596, ""),
    ),
    Course(
        "P04",
        "2026-02-14",
        relapse="2026-11-30",
        contact="2027-10-20",
        rfs=(289, "relapse"),
        os=(613, ""),
        grfs=(289, "relapse"),
    ),
    Course(
        "P05",
        "2026-03-01",
        acute="2026-04-02",
        assessed="2027-08-30",
        contact="2027-10-30",
        rfs=(547, ""),
        os=(608, ""),
        grfs=(32, "agvhd_3_4"),
    ),
    Course("P06", "2026-03-15", assessed="2026-09-01", rfs=(170, ""), os=(170, ""), grfs=(170, "")),
    Course(
        "P07",
        "2026-04-01",
        systemic="2026-12-01",
        assessed="2027-10-01",
        contact="2027-10-28",
        rfs=(548, ""),
        os=(575, ""),
        grfs=(244, "cgvhd_systemic"),
    ),
    Course(
        "P08",
        "2026-04-20",
        assessed="2027-10-12",
        contact="2027-11-01",
        rfs=(540, ""),
        os=(560, ""),
        grfs=(540, ""),
    ),
    Course(
        "P09",
        "2026-05-05",
        systemic="2026-09-15",
        died="2027-03-20",
        rfs=(319, "death"),
        os=(319, "death"),
        grfs=(133, "cgvhd_systemic"),
    ),
    Course(
        "P10",
        "2026-05-20",
        relapse="2026-12-24",
        died="2026-12-24",
        rfs=(218, "relapse"),
        os=(218, "death"),
        grfs=(218, "relapse"),
    ),
    Course(
        "P11",
        "2026-06-01",
        assessed="2027-10-15",
        contact="2027-10-30",
        rfs=(501, ""),
        os=(516, ""),
        grfs=(501, ""),
    ),
    Course(
        "P12",
        "2026-06-15",
        relapse="2027-02-01",
        site="CNS",
        contact="2027-10-29",
        rfs=(231, "relapse"),
        os=(501, ""),
        grfs=(231, "relapse"),
    ),
)


def subject_at(cast: Cast, site: Site, screened_on: date, by: User, **options: Any) -> Subject:
    """A subject screened and enrolled on a day, as the casebook knows it."""
    with acting(user=by):
        person = register_person(study_id=cast.study.pk, site_id=site.pk, identity=Identity("李小红"), by=by)
        number = f"W-{next_number('worked')}"
        enrolled = {"state": "enrolled", "enrolled_on": screened_on, "subject_number": number}
        return Subject.objects.create(
            study=cast.study,
            site=site,
            person=person,
            usubjid=number,
            screening_number=number,
            screened_on=screened_on,
            protocol_version=cast.version,
            **(enrolled | options),
        )


def enter(subject: Subject, by: User, form: str, visit: str = LOG, **values: Any) -> Any:
    """Submit one form."""
    with acting(user=by):
        repeat = next_repeat(subject=subject, form_key=form, visit_key=visit)
        return submit_form(slot=Slot(subject.pk, visit, form, 1, repeat), values=values, by=by)


def relapsed(subject: Subject, by: User, on: str | date, site: str = "MARROW") -> Any:
    onset = day(on) if isinstance(on, str) else on
    return enter(subject, by, "REL", performed_on=onset, onset=PartialDate.of(onset), relapse_site=site)


def died(subject: Subject, by: User, on: str, cause: str = "INFECTION") -> Any:
    return enter(subject, by, "DTH", performed_on=day(on), died_on=PartialDate.of(day(on)), cause=cause)


def seen(subject: Subject, by: User, on: str, **values: Any) -> Any:
    given = {"contact_kind": "VISIT", "alive": True, "no_relapse": True} | values
    return enter(subject, by, "SUR", performed_on=day(on), **given)


def called(subject: Subject, by: User, on: str) -> Any:
    return seen(subject, by, on, contact_kind="TELEPHONE", no_relapse=None)


def transplanted(subject: Subject, by: User, on: str) -> Any:
    return enter(subject, by, "HSCT", performed_on=day(on))


def enter_course(subject: Subject, by: User, course: Course) -> None:
    """The forms of one course, in the order in which a site would enter them."""
    transplanted(subject, by, course.hsct)
    if course.acute:
        enter(
            subject,
            by,
            "AGV",
            visit="HSCT_D28",
            performed_on=day(course.acute),
            skin=0,
            liver=0,
            upper_gi=0,
            lower_gi=2,
        )
    if course.systemic:
        enter(
            subject,
            by,
            "CGV",
            visit="HSCT_M6",
            performed_on=day(course.systemic),
            mouth=1,
            skin=1,
            eyes=1,
            systemic_therapy_on=day(course.systemic),
        )
    if course.relapse:
        relapsed(subject, by, course.relapse, course.site)
    if course.assessed:
        seen(subject, by, course.assessed)
    if course.contact:
        called(subject, by, course.contact)
    if course.died:
        died(subject, by, course.died)


def enter_all(cast: Cast) -> dict[str, Subject]:
    """The twelve subjects: P01 to P08 here, P09 to P12 at the other site."""
    found = {}
    for number, course in enumerate(COURSES):
        site, by = (cast.here, cast.coordinator) if number < 8 else (cast.elsewhere, cast.stranger)
        subject = subject_at(cast, site, day(course.hsct) - timedelta(days=150), by)
        enter_course(subject, by, course)
        found[course.name] = subject
    return found
