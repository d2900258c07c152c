"""The log of samples of the synthetic record, and what a laboratory declared, through the services of the rooms."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import translation

from assessments.disease.declarations import declare_limits, standing_declarations
from assessments.models import LoggedSample, MrdSample, PlannedVisit
from assessments.samples.services import draw_sample, ship_samples, take_sample_step
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook import projections
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import current_records
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import SubjectState
from trialsite.studies.models import Study

from .accounts import demo_password, staff_of
from .stories.draws import Draw
from .stories.tubes import LABORATORY, Tube, tube

RECENT_DAYS = 45
SUBJECTS = 10  # of a study: the log begins where somebody has come to it
LIMITS = {"MFC": ("0.002", "0.005"), "NGS_IG_TR": ("0.0001", "0.0003")}


def sample_study(study: Study, people: Mapping[str, User]) -> None:
    """Log the tubes of the last weeks of some subjects, and one declaration for each method of the study."""
    declare(study, people["data.manager"])
    with acting(user=people["data.manager"]):
        found = Subject.objects.filter(study=study, state=SubjectState.ENROLLED).select_related(
            "study", "site", "protocol_version"
        )
        subjects = list(found.order_by("-enrolled_on", "pk")[:SUBJECTS])
    for subject in subjects:
        coordinator, _investigator = staff_of(subject.site.key, dict(people))
        with translation.override("en"), acting(user=coordinator, reason=""):
            for visit, method, specimen, way in ways_of(subject):
                log_tube(subject, visit, method, specimen, way, coordinator)
            projections.refresh(subject)
            connection.run_on_commit.clear()


def declare(study: Study, by: User) -> None:
    """What the central laboratory has signed of each method of the study."""
    with acting(user=by, reason=""):
        if standing_declarations().filter(study=study).exists():
            return
        for method in dict.fromkeys(one.method for one in study.protocol.mrd):
            lod, loq = LIMITS.get(method, ("0.001", "0.003"))
            declare_limits(
                study=study,
                laboratory=LABORATORY,
                method=method,
                lod_percent=Decimal(lod),
                loq_percent=Decimal(loq),
                signed_on=date(2023, 1, 10),
                valid_from=None,
                signatory="Dr. Li",
                document="TMF 8.2",
                password=demo_password(),
                by=by,
            )


def ways_of(subject: Subject) -> Iterable[tuple[tuple[str, int], str, str, Tube]]:
    """The tubes of the last weeks: of entered MRD forms, and of visits that come to their form later."""
    draw, today = Draw(f"{subject.usubjid}:tubes"), site_today(subject)
    since = today - timedelta(days=RECENT_DAYS)
    methods = list(dict.fromkeys(one.method for one in subject.protocol_version.protocol.mrd))
    forms = current_records(MrdSample, [subject.pk]).filter(performed_on__gte=since, performed_on__lt=today)
    for form in forms.select_related("visit").order_by("performed_on", "pk"):
        assert form.performed_on is not None
        for method in methods:
            at = (form.visit.key, form.visit.repeat) if form.visit.key != "LOG" else ("", 1)
            yield at, method, form.specimen, tube(draw, form.performed_on, today, reported=True)
    visits = PlannedVisit.objects.filter(
        subject=subject, done_on=None, missed=False, target__gte=since, target__lt=today
    )
    for visit in visits.order_by("target", "pk"):
        if any(one["form"] == "MRD" and one["required"] for one in visit.forms):
            assert visit.target is not None
            for method in methods:
                yield (visit.key, visit.repeat), method, "BM_FIRST_PULL", tube(draw, visit.target, today)


def log_tube(
    subject: Subject, visit: tuple[str, int], method: str, specimen: str, way: Tube, by: User
) -> LoggedSample:
    """One tube through the services, as far as it came."""
    zone = ZoneInfo(subject.site.timezone)

    def at(day: date, hour: int) -> datetime:
        return datetime.combine(day, time(hour, 20), zone)

    sample = draw_sample(
        subject=subject, method=method, specimen=specimen, drawn_at=at(way.drawn_on, 9), visit=visit, by=by
    )
    if way.sent_on:
        ship_samples(
            study=subject.study,
            site=subject.site,
            sample_ids=[sample.pk],
            laboratory=LABORATORY,
            courier="SF Express",
            consignment=f"SF{sample.pk.int % 10**9:09d}",
            sent_at=at(way.sent_on, 8),
            by=by,
        )
    if way.received_on and way.state == "rejected":
        rejected = at(way.received_on, 15)
        take_sample_step(
            sample_id=sample.pk, action="reject", happened_at=rejected, reject_reason="CLOTTED", by=by
        )
    elif way.received_on:
        take_sample_step(sample_id=sample.pk, action="receive", happened_at=at(way.received_on, 15), by=by)
    if way.reported_on:
        take_sample_step(sample_id=sample.pk, action="report", happened_at=at(way.reported_on, 16), by=by)
    return sample
