"""What a study is compared and reported by: an invented historical control, and a data cut with its report."""

from collections.abc import Mapping

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from outcomes.models import DataCut
from outcomes.monitoring.controls import ControlFields, upload_control
from outcomes.snapshots.services import ask_again, latest_run, take_cut, work
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.studies.models import Study

from .stories.draws import Draw

COMPARED = "BLINA-FULL"
CUT = "VIP-BLINA-HSCT"
SUBJECTS = 90
MEDIAN_DAYS = 520.0
FOLLOWED_DAYS = (200, 1500)
CONTROL = ControlFields(
    name="Invented control of the demonstration",
    source="Drawn at random by the demonstration; no publication stands behind it.",
    period_from="2012",
    period_to="2018",
    origin="first_crc",
    events=("relapse", "death"),
    censor="last_known_alive",
    definition="From the first complete remission to relapse or death from any cause.",
    unit="days",
)


def compare_study(study: Study, people: Mapping[str, User]) -> None:
    """Give one study its historical control."""
    if study.key != COMPARED:
        return
    by = people["statistician"]
    file = SimpleUploadedFile("control.csv", control_file().encode())
    with acting(user=by, reason=""):
        upload_control(study=study, plan=study.protocol.endpoint_of("RFS"), fields=CONTROL, file=file, by=by)


def control_file() -> str:
    """Times from remission with the age and sex that the comparison is weighted by."""
    draw = Draw("historical control")
    lines = ["time,status,age_years,sex"]
    for _number in range(SUBJECTS):
        event, followed = draw.log_around(MEDIAN_DAYS, 1.0, 0), draw.whole(*FOLLOWED_DAYS)
        status = int(event <= followed)
        time, age = (event if status else followed), draw.whole(18, 59)
        lines.append(f"{time},{status},{age},{draw.one_of('FM')}")
    return "\n".join(lines)


def cut_study(study: Study, people: Mapping[str, User]) -> None:
    """Take a data cut of one study as of today, make its files and its report."""
    if study.key != CUT or DataCut.objects.filter(study=study).exists():
        return
    by = people["statistician"]
    with acting(user=by, reason=""):
        cut = take_cut(
            study=study,
            name="DSMB-1",
            cut_off=timezone.now().date(),
            reason="first meeting of the board",
            by=by,
        )
        made = latest_run(cut)
    assert made is not None
    work(made, by)
    with acting(user=by, reason=""):
        report = ask_again(cut=cut, work="report", by=by)
    work(report, by)
