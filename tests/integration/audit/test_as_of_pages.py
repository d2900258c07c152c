"""Every page, list and export as of an instant: the address, the links, the banner, and that nothing is written."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from outcomes.dashboards.pages import PAGES
from tests.cast import make_cast
from tests.integration.audit.moments import clock
from trialsite.access.models import Delegation, Membership, User
from trialsite.access.services import end_role
from trialsite.access.staffing import end_delegation
from trialsite.audit import acting
from trialsite.audit.middleware import prefix_of
from trialsite.casebook.services import change_state
from trialsite.casebook.slots import Slot


def visitor(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def streamed(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def address(record: Any) -> str:
    return Slot(record.subject_id, "SCR", "VS").url()


def test_a_page_shows_what_stood_then_under_a_banner(corrected) -> None:
    cast, record, then = corrected
    client = visitor(cast.monitor)
    answer = client.get(address(record), {"as_of": then.isoformat()}, follow=True)
    (redirected,) = answer.redirect_chain
    assert redirected[0] == prefix_of(then) + address(record).lstrip("/")
    page = answer.content.decode()
    assert "70 kg" in page
    assert "71 kg" not in page
    assert f"<time>{then.isoformat(sep=' ')}</time>" in page
    assert f'class="btn btn-sm btn-light" href="{address(record)}"' in page  # the way out
    now = client.get(address(record)).content.decode()
    assert "71 kg" in now
    assert "<time>" not in now


def test_every_link_of_such_a_page_stays_there(corrected) -> None:
    cast, _record, then = corrected
    client = visitor(cast.monitor)
    for name in ("inbox", "subjects", "trail", "api-guide", "protocols", "calendar"):
        page = client.get(prefix_of(then) + reverse(name).lstrip("/")).content.decode()
        links = [part.split('"')[0] for part in page.split('href="/')[1:]]
        inside = [link for link in links if not link.startswith("static/")]
        outside = [link for link in inside if not link.startswith("as-of/")]
        assert len(inside) > 5, name
        assert outside == [reverse(name).lstrip("/")], name  # the way out alone


def test_a_list_an_export_and_the_api_stand_as_they_stood(corrected) -> None:
    cast, record, then = corrected
    client = visitor(cast.monitor)
    with acting(user=cast.coordinator):
        change_state(record=record, action="void", by=cast.coordinator, reason="wrong subject")
    as_of = {"as_of": then.isoformat()}
    (found,) = client.get("/api/v1/forms/VS/", as_of).json()["results"]
    assert (found["weight"]["text"], found["state"], found["version"]) == ("70", "submitted", 1)
    text = streamed(client.get("/api/v1/forms/VS/", as_of | {"format": "csv"}))
    assert ",70," in text
    assert ",71," not in text
    (found,) = client.get("/api/v1/forms/VS/").json()["results"]
    assert (found["weight"]["text"], found["state"]) == ("71", "voided")
    (found,) = client.get(f"{prefix_of(then)}api/v1/forms/VS/").json()["results"]
    assert found["weight"]["text"] == "70"
    before = {"as_of": (then - timedelta(days=30)).isoformat()}
    assert client.get("/api/v1/forms/VS/", before).json()["results"] == []
    assert client.get("/api/v1/subjects/", before).json()["results"] == []


def test_pages_of_the_api_keep_the_instant(corrected) -> None:
    cast, record, _then = corrected
    with acting(user=cast.coordinator):
        subject = record.subject
        subject.pk, subject.screening_number, subject._state.adding = None, "T-2", True
        subject.pk = type(record).objects.first().pk
        subject.save(force_insert=True)
    answer = visitor(cast.monitor).get("/api/v1/subjects/", {"as_of": clock().isoformat(), "page_size": 1})
    assert "as_of=" in answer.json()["next"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_written_at_an_earlier_instant(corrected, method: str) -> None:
    cast, record, then = corrected
    client = visitor(cast.coordinator)
    answer = getattr(client, method)(prefix_of(then) + address(record).lstrip("/"), {"press": "submit"})
    assert answer.status_code == 405
    assert "Nothing can be changed there" in answer.content.decode()


def test_no_button_offers_a_change(corrected) -> None:
    cast, record, then = corrected
    client = visitor(cast.coordinator)
    assert "?edit=1" in client.get(address(record)).content.decode()
    assert "?edit=1" not in client.get(prefix_of(then) + address(record).lstrip("/")).content.decode()


def test_language_and_log_out_work_there_too(corrected) -> None:
    cast, _record, then = corrected
    client = visitor(cast.coordinator)
    prefix = prefix_of(then)
    with translation.override("en"):  # what a request chooses is not left to the next test
        answer = client.post(f"{prefix}i18n/setlang/", {"language": "zh-hans", "next": f"{prefix}subjects/"})
        assert answer.headers["Location"] == f"{prefix}subjects/"
        assert client.post(f"{prefix}logout/").status_code == 302


def test_ones_own_account_works_there_as_it_stands_today(corrected) -> None:
    cast, _record, then = corrected
    client, prefix = visitor(cast.coordinator), prefix_of(then)
    for name in ("account", "my-access", "change-password", "second-factor"):
        assert client.get(prefix + reverse(name).lstrip("/")).status_code == 200, name
    assert client.post(f"{prefix}account/sessions/stay/").status_code == 204


def test_nobody_is_looked_up_as_of_an_instant(corrected) -> None:
    cast, record, then = corrected
    client, page = visitor(cast.coordinator), reverse("subject", args=[record.subject_id])
    assert "Show identity" in client.get(page).content.decode()
    assert "Show identity" not in client.get(prefix_of(then) + page.lstrip("/")).content.decode()
    assert client.post(f"{prefix_of(then)}{page.lstrip('/')}identity/").status_code == 405


def test_staff_pages_show_who_worked_there_then(corrected) -> None:
    cast, _record, then = corrected
    client = visitor(cast.data_manager)
    pages = [reverse(name, args=["BLINA-FULL"]) for name in ("study-staff", "training-log", "delegation-log")]
    with acting(user=cast.administrator):
        end_role(membership=Membership.objects.get(user=cast.monitor), by=cast.administrator)
    with acting(user=cast.investigator):
        delegation = Delegation.objects.get(membership__user=cast.coordinator)
        end_delegation(delegation=delegation, by=cast.investigator, reason="on leave")
    for page in pages:
        assert client.get(prefix_of(then) + page.lstrip("/")).status_code == 200
    there = client.get(prefix_of(then) + pages[0].lstrip("/")).content.decode()
    today = client.get(pages[0]).content.decode()
    assert "Monitor" in there
    assert "Delegation missing." not in there
    assert "Delegation missing." in today
    assert cast.monitor.full_name not in today.partition("<main")[2]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("yesterday", "is no instant"),
        ("2026-03-01T12:00", "Say where the clock showed"),
        ("2999-01-01T12:00:00+08:00", "has not come yet"),
    ],
)
def test_what_is_no_instant_is_refused_with_a_sentence(committed_db, text: str, sentence: str) -> None:
    client = visitor(make_cast().monitor)
    for url in (f"/as-of/{text}/subjects/", f"/subjects/?as_of={text}".replace("+", "%2B")):
        page = client.get(url)
        assert page.status_code == 400
        assert sentence in page.content.decode()
    answer = client.get("/api/v1/subjects/", {"as_of": text})
    assert answer.status_code == 400
    assert sentence in answer.json()["detail"]


@pytest.mark.parametrize(("language", "sentence"), [("en", "has not come yet"), ("zh-hans", "尚未到来")])
def test_what_is_no_instant_is_refused_in_the_readers_language(
    corrected, language: str, sentence: str
) -> None:
    cast, _record, _then = corrected
    client = visitor(cast.monitor)
    client.cookies["django_language"] = language
    with translation.override("zh-hans" if language == "en" else "en"):  # of who was answered before
        answer = client.get("/subjects/", {"as_of": "2999-01-01T12:00Z"})
    assert answer.status_code == 400
    assert sentence in answer.content.decode()


def test_the_instant_is_chosen_by_day_time_and_zone(corrected) -> None:
    cast, _record, _then = corrected
    client = visitor(cast.monitor)
    asked = {"at": "2026-03-01T20:00", "zone": "Asia/Shanghai", "page": "/subjects/"}
    answer = client.get("/as-of/", asked)
    if timezone.now().isoformat() > "2026-03-01T12":
        assert answer.headers["Location"] == "/as-of/2026-03-01T20:00:00+08:00/subjects/"
    refused = client.get("/as-of/", asked | {"at": "2999-01-01T00:00"})
    assert refused.status_code == 422
    assert "has not come yet" in refused.content.decode()
    assert "2999-01-01T00:00" in refused.content.decode()
    elsewhere = client.get("/as-of/", asked | {"page": "https://elsewhere.invalid/"})
    assert elsewhere.headers["Location"].endswith("+08:00/")


def test_a_strangers_role_opens_no_page_of_then(corrected) -> None:
    cast, record, then = corrected
    client = visitor(cast.stranger)
    assert client.get(prefix_of(then) + address(record).lstrip("/")).status_code == 404
    assert client.get("/api/v1/forms/VS/", {"as_of": then.isoformat()}).json()["results"] == []


def test_dashboards_count_what_stood_then(corrected) -> None:
    cast, _record, then = corrected
    client = visitor(cast.data_manager)
    earlier = (then - timedelta(days=1)).isoformat()
    page = client.get(f"{prefix_of(then)}dashboards/BLINA-FULL/")
    assert page.status_code == 200
    assert page.context["flow"].screened == 1
    before = client.get("/api/v1/endpoints/", {"as_of": earlier}).json()
    assert before["results"] == []
    assert client.get("/api/v1/endpoints/", {"as_of": then.isoformat()}).json()["results"]


def test_every_page_of_the_dashboards_opens_as_of_an_earlier_instant(corrected) -> None:
    cast, _record, then = corrected
    client = visitor(cast.data_manager)
    for page in PAGES:
        assert client.get(f"{prefix_of(then)}dashboards/BLINA-FULL/{page}/").status_code == 200, page
    for more in ("", "?json", "?by=sex"):
        page = f"{prefix_of(then)}dashboards/BLINA-FULL/endpoints/OS/{more}"
        assert client.get(page).status_code == 200, more
    listed = client.get(f"{prefix_of(then)}dashboards/BLINA-FULL/cells/group/?line=sex")
    assert len(listed.context["lines"]) == 1


def test_the_number_of_statements_does_not_grow_with_subjects(
    corrected, django_assert_max_num_queries
) -> None:
    cast, _record, then = corrected
    client = visitor(cast.monitor)
    with django_assert_max_num_queries(40):
        client.get(f"{prefix_of(then)}subjects/")
