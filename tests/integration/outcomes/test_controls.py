"""Historical controls: uploaded as versions, refused line by line, and compared with the study's curve."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from outcomes.domain.one_sample import PublishedCurve, one_sample_log_rank
from outcomes.models import HistoricalControl
from tests.cast import Cast, make_cast
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.clinical.partial_date import PartialDate

from .worked_example import COURSES, enter

PAGE = "/dashboards/VIP-BLINA-HSCT/endpoints/RFS/controls/"
WEIGHTED = "?method=weights"
POINTS = "time,survival\n0,1\n180,0.7\n365,0.5\n730,0.4\n"
SUBJECTS = "time,status,sex\n" + "".join(f"{100 + 40 * n},{n % 2},{'MFF'[n % 3]}\n" for n in range(20))


@pytest.fixture
def derived(hsct_cast: Cast, subjects: dict[str, Subject]) -> Cast:
    """The worked example with everything derived."""
    with acting(user=hsct_cast.monitor):
        bring_up_to_date(Subject.objects.all())
    return hsct_cast


def upload(client: Client, who: User, text: str = POINTS, **changed: Any) -> Any:
    client.force_login(who)
    fields = {
        "name": "Registry 2010",
        "source": "Published series",
        "period_from": "2005",
        "period_to": "2010",
        "origin": "hsct_d0",
        "events": ["relapse", "death"],
        "censor": "last_adequate_assessment",
        "definition": "From transplantation to relapse or death",
        "unit": "days",
        "file": SimpleUploadedFile("control.csv", text.encode()),
    }
    return client.post(PAGE, fields | changed)


def page(client: Client, who: User, query: str = "", status: int = 200) -> str:
    client.force_login(who)
    answer = client.get(PAGE + query)
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode())


def stored(cast: Cast) -> list[HistoricalControl]:
    with acting(user=cast.statistician):
        return list(HistoricalControl.objects.order_by("version"))


def test_an_upload_is_a_version_that_never_changes(hsct_cast: Cast, client: Client) -> None:
    assert upload(client, hsct_cast.statistician).status_code == 302
    assert (
        upload(client, hsct_cast.data_manager, unit="months", text="time,survival\n12,0.5\n").status_code
        == 302
    )
    first, second = stored(hsct_cast)
    assert (first.version, second.version, first.key) == (1, 2, second.key)
    assert first.rows[1] == [180.0, 0.7]
    assert second.rows == [[365.25, 0.5]]
    assert len(first.digest) == 64
    with acting(user=hsct_cast.statistician), pytest.raises(ProgrammingError), transaction.atomic():
        HistoricalControl.objects.filter(pk=first.pk).update(name="other")
    assert "version 2" in page(client, hsct_cast.statistician)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"text": "time,survival\n10,0.9\n20,0.95\n"}, "Line 3: the times must rise"),
        ({"text": "time,status,shoe_size\n10,1,42\n"}, "shoe_size is no fact of a subject"),
        ({"name": " "}, "Say it in 1 to 200 characters."),
        ({"period_to": "2001"}, "The last year must not lie before the first."),
        ({"period_from": "two"}, "Enter a year such as 2015."),
        ({"events": []}, "Choose the events that count"),
        ({"origin": "birth"}, "Choose one of the list."),
        ({"file": ""}, "Choose the CSV file."),
    ],
)
def test_a_refused_upload_says_why_and_stores_nothing(
    hsct_cast: Cast, client: Client, changed: dict[str, Any], sentence: str
) -> None:
    answer = upload(client, hsct_cast.statistician, **changed)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert stored(hsct_cast) == []


def test_only_who_keeps_the_data_or_the_statistics_uploads(hsct_cast: Cast, client: Client) -> None:
    for who in (hsct_cast.coordinator, hsct_cast.monitor, hsct_cast.inspector):
        assert upload(client, who).status_code == 403
        assert "Add a historical control" not in page(client, who)
    assert stored(hsct_cast) == []


def test_strangers_do_not_learn_of_the_page(hsct_cast: Cast, client: Client) -> None:
    other = make_cast("BLINA-VEN", prefix="ven_")
    for who in (other.statistician, hsct_cast.administrator):
        page(client, who, status=404)
        assert upload(client, who).status_code == 404
    client.force_login(hsct_cast.statistician)
    assert client.get(PAGE.replace("RFS", "CIR")).status_code == 404  # not a survival endpoint


def test_the_study_beside_a_published_curve(derived: Cast, client: Client) -> None:
    upload(client, derived.statistician)
    days, status = [one.rfs[0] for one in COURSES], [int(bool(one.rfs[1])) for one in COURSES]
    expected = one_sample_log_rank(days, status, PublishedCurve((180, 365, 730), (0.7, 0.5, 0.4)))
    text = page(client, derived.monitor)
    assert f"{expected.observed} / {expected.expected:.1f}" in text
    assert f"{expected.ratio.value:.2f}" in text
    assert "Origin, events and censoring are defined alike." in text
    assert "p0 of the control" in text
    assert "the limit does not lie above p0" in text
    assert "Weighted comparison" not in text


def test_every_difference_of_definition_stands_beside_the_figure(derived: Cast, client: Client) -> None:
    upload(client, derived.statistician, origin="c1d1", events=["death"], censor="other")
    text = page(client, derived.coordinator)
    assert "The definitions differ" in text
    assert "events: study: death, relapse; control: death" in text
    assert "otherwise, see the definition" in text
    assert "counted from: study:" in text


def test_subjects_are_compared_one_by_one_with_their_balance(
    derived: Cast, subjects: dict[str, Subject], client: Client
) -> None:
    upload(client, derived.statistician, text=SUBJECTS)
    assert "12 subjects of the study are left out" in page(client, derived.statistician, WEIGHTED)
    for number, subject in enumerate(subjects.values()):
        by = derived.coordinator if subject.site_id == derived.here.pk else derived.stranger
        born = PartialDate.parse("1990-03-01")
        enter(
            subject, by, "DM", "SCR", performed_on=subject.screened_on, sex="MF"[number % 2], birth_date=born
        )
    asked_for = page(client, derived.statistician)
    assert "Compared subject by subject" in asked_for
    assert "Weighted comparison" not in asked_for
    text = page(client, derived.statistician, WEIGHTED)
    assert "Weighted comparison" in text
    assert "Hazard ratio, study to control" in text
    assert 'sex: Male</th><td class="num" data-label="Study">0.50</td>' in text
    assert "left out" not in text
    assert "Weighted comparison" not in page(client, derived.coordinator, WEIGHTED)
    assert "Weighted comparison" not in page(client, derived.statistician, "?method=nonsense")
    assert "Matched comparison" in page(client, derived.data_manager, "?method=matching")


def test_reading_many_controls_asks_no_more_of_the_database(derived: Cast, client: Client) -> None:
    upload(client, derived.statistician)
    page(client, derived.monitor)
    with CaptureQueriesContext(connection) as one:
        page(client, derived.monitor)
    upload(client, derived.statistician, name="Another")
    page(client, derived.monitor)
    with CaptureQueriesContext(connection) as two:
        page(client, derived.monitor)
    assert len(two) <= len(one)
