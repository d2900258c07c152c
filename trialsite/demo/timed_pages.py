"""The pages that the benchmark looks at: what is looked at all day, and every dashboard of a study."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from outcomes.consort_page import STATIONS
from outcomes.dashboards.pages import PAGES
from outcomes.models import HistoricalControl
from outcomes.monitoring.controls import ControlFields, upload_control
from trialsite.access.models import Membership, Role, User
from trialsite.audit import acting
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.slots import Slot
from trialsite.studies.models import Study

STUDY = "BLINA-FULL"
ONE_PAGE, WHOLE_STUDY = 1.3, 5.0  # how much longer a page may take at 10,000 subjects than at 100


@dataclass(frozen=True)
class Page:
    """A page, who looks at it, and how much longer it may take at 10,000 subjects (None: only milliseconds count)."""

    name: str
    who: User
    url: str
    bar: float | None = ONE_PAGE


def pages() -> Iterator[Page]:
    """What a coordinator sees at one site, what a data manager sees over the study, all dashboards among it."""
    here, subject = coordinator_and_subject()
    over = who_is(Role.DATA_MANAGER)
    one = f"/subjects/{subject.pk}/"
    yield Page("subject list", over, "/subjects/")
    yield Page("screening log", here, "/screening/")
    yield Page("one subject", here, one)
    yield Page("eligibility dossier", here, f"{one}eligibility/")
    yield Page("assessments", here, f"{one}assessments/")
    yield Page("treatment", here, f"{one}treatment/")
    yield Page("outcomes", here, f"{one}outcomes/")
    yield Page("a blank form", here, Slot(subject.pk, LOG, "HEM").url())
    yield Page("inbox", here, "/")
    yield Page("calendar", here, "/calendar/", WHOLE_STUDY)
    yield Page("queries of the study", over, f"/studies/{STUDY}/queries/")
    yield Page("REST list of subjects", over, "/api/v1/subjects/")
    yield Page("study dashboard", over, reverse("dashboard", args=[STUDY]), WHOLE_STUDY)
    yield from dashboards(over)


def dashboards(over: User) -> Iterator[Page]:
    """Every other dashboard; whoever sees all sites has the longest lists behind the numbers."""
    endpoint = reverse("dashboard-endpoint", args=[STUDY, "OS"])
    yield Page("all studies", over, reverse("dashboards"), None)
    yield Page("endpoint OS", over, endpoint, None)
    yield Page("endpoint RFS, sensitivity", over, reverse("dashboard-endpoint", args=[STUDY, "RFS"]), None)
    yield Page("endpoint NRM, incidence", over, reverse("dashboard-endpoint", args=[STUDY, "NRM"]), None)
    yield Page("historical controls", over, f"{endpoint}controls/", None)
    yield Page("controls weighted", over, f"{endpoint}controls/?method=weights", None)
    for name in PAGES:
        yield Page(f"page {name}", over, reverse(f"dashboard-{name}", args=[STUDY]), None)
    yield Page("flow", over, reverse("dashboard-flow", args=[STUDY]), None)
    yield Page("monitoring", over, reverse("dashboard-monitoring", args=[STUDY]), None)
    yield Page("courses", over, reverse("dashboard-courses", args=[STUDY]), None)
    yield Page("behind a station", over, reverse("dashboard-station", args=[STUDY, list(STATIONS)[3]]), None)
    for topic in ("ae", "mrd", "overdue", "sdv"):
        yield Page(f"behind {topic}", over, reverse("dashboard-cell", args=[STUDY, topic]), None)


def who_is(role: Role) -> User:
    return User.objects.get(pk=Membership.objects.filter(role=role, study__key=STUDY).values("user")[:1])


def coordinator_and_subject() -> tuple[User, Subject]:
    membership = Membership.objects.filter(role=Role.COORDINATOR, study__key=STUDY).select_related("user")[0]
    with acting(user=membership.user):
        return membership.user, Subject.objects.visible_to(membership.user).filter(state="enrolled").earliest(
            "screening_number"
        )


def keep_control(rows: int = 200) -> HistoricalControl:
    """A historical control of overall survival with two covariates, made up, for the page that compares."""
    study, by = Study.objects.get(key=STUDY), who_is(Role.STATISTICIAN)
    lines = [f"{30 + 37 * n % 900},{n % 2},{20 + n % 50},{'MF'[n % 3 % 2]}" for n in range(rows)]
    content = "\n".join(["time,status,age_years,sex", *lines]).encode()
    fields = ControlFields(
        name="Made up for the benchmark", source="invented", period_from="2010", period_to=str(date.today().year),
        origin="c1d1", events=("death",), censor="last_known_alive", definition="Overall survival", unit="days",
    )  # fmt: skip
    with acting(user=by):
        plan = study.protocol.endpoint_of("OS")
        return upload_control(
            study=study, plan=plan, fields=fields, file=SimpleUploadedFile("control.csv", content), by=by
        )
