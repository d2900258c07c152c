"""Somebody who is known is recognised at screening, across sites and trials, and nobody is named by it."""

import pytest
from django.test import Client

from enrollment.recognition import Recognised
from enrollment.services import fail_screening, screen_subject
from tests.cast import Cast, cast_of, document_of, employ
from trialsite.access.models import Person, Role
from trialsite.audit import acting
from trialsite.audit.models import Event
from trialsite.casebook.models import Subject
from trialsite.studies.services import load_protocol, open_planned_sites

from .candidates import SCREENED, days_ago, enter, small_cast, small_document

NATIONAL_ID = "11010519491231002X"


def screen(crew: Cast, who: str = "coordinator", **options: object) -> Subject:
    user = crew.people()[who]
    site = crew.elsewhere if who == "stranger" else crew.here
    told = {"study": crew.study, "site": site, "full_name": "王小明", "national_id": NATIONAL_ID} | options
    with acting(user=user):
        return screen_subject(screened_on=SCREENED, by=user, **told)  # type: ignore[arg-type]


def fail(crew: Cast, subject: Subject) -> Subject:
    with acting(user=crew.coordinator):
        return fail_screening(subject=subject, reason="not eligible", by=crew.coordinator)


def test_who_is_in_screening_is_not_screened_twice(crew: Cast) -> None:
    first = screen(crew)
    with pytest.raises(Recognised) as found:
        screen(crew, known_as="rescreening")
    assert first.screening_number in str(found.value.messages)
    assert found.value.way is None


def test_a_screen_failure_is_recognised_and_goes_on_once_that_is_said(crew: Cast) -> None:
    first = fail(crew, screen(crew))
    with pytest.raises(Recognised) as found:
        screen(crew)
    assert found.value.way == "rescreening"
    with acting(role="system"):
        assert (Subject.objects.count(), Person.objects.count()) == (1, 1)
    again = screen(crew, known_as="rescreening")
    assert again.previous == first
    assert (again.person_id, again.usubjid) == (first.person_id, first.usubjid)
    assert again.screening_number != first.screening_number


def test_another_site_is_told_where_to_ask_and_nothing_else(crew: Cast) -> None:
    here = screen(crew)
    with pytest.raises(Recognised) as found:
        screen(crew, "stranger")
    sentence = " ".join(found.value.messages.values())
    assert str(crew.here) in sentence
    assert str(crew.investigator) in sentence
    assert here.screening_number not in sentence
    assert "王小明" not in sentence
    assert found.value.matches[0].subject is None


def test_that_somebody_was_recognised_is_an_event_of_who_looked(crew: Cast) -> None:
    screen(crew)
    with acting(user=crew.stranger), pytest.raises(Recognised):
        screen_subject(
            study=crew.study, site=crew.elsewhere, full_name="x", national_id=NATIONAL_ID,
            screened_on=SCREENED, by=crew.stranger,
        )  # fmt: skip
    with acting(role="system"):
        event = Event.objects.get(kind="identity.recognised")
    assert event.user_id == crew.stranger.pk
    assert event.details["elsewhere"] == [str(crew.here.pk)]
    assert NATIONAL_ID not in str(event.details)


@pytest.mark.parametrize(("running", "stops"), [("excluded", True), ("allowed", False)])
def test_the_protocol_says_whether_a_second_trial_is_possible(db: None, running: str, stops: bool) -> None:
    crew = small_cast()
    first = screen(crew)
    document = small_document("BLINA-INTENS", None)
    document["other_trials"] = document["other_trials"] | {"running": running}
    with acting(role="system"):
        version, _new = load_protocol(document=document, by=None)
        open_planned_sites(version=version, on=days_ago(100), by=None)
        employ(crew.investigator, Role.INVESTIGATOR, version, crew.here, principal=True)
    user = crew.investigator
    with acting(user=user):
        options = {
            "study": version.study, "site": crew.here, "full_name": "王小明", "national_id": NATIONAL_ID,
            "screened_on": SCREENED, "by": user,
        }  # fmt: skip
        with pytest.raises(Recognised) as found:
            screen_subject(**options)  # type: ignore[arg-type]
        assert first.screening_number in str(found.value.messages)
        if stops:
            assert "excludes" in str(found.value.messages)
            assert found.value.way is None
        else:
            second = screen_subject(**options, known_as="other_trial")  # type: ignore[arg-type]
            assert second.usubjid == first.usubjid
            assert (second.previous, second.screening_number) == (None, "S-BIN-0001")


def test_the_page_offers_how_to_go_on_and_keeps_what_was_typed(client: Client, crew: Cast) -> None:
    fail(crew, screen(crew))
    client.force_login(crew.coordinator)
    page = client.get("/screening/").content.decode()
    place = page.split('name="place"')[1].split('value="')[1].split('"')[0]
    typed = {
        "place": place, "screened_on": SCREENED.isoformat(), "full_name": "王小明", "national_id": NATIONAL_ID,
    }  # fmt: skip
    refused = client.post("/screening/", typed)
    assert refused.status_code == 422
    told = refused.content.decode()
    assert "This person is known" in told
    assert "screen again for this study" in told
    assert NATIONAL_ID in told
    wrong = client.post("/screening/", typed | {"press": "wrong"})
    assert wrong.status_code == 302
    with acting(role="system"):
        assert Subject.objects.count() == 1
    gone_on = client.post("/screening/", typed | {"known_as": "rescreening"})
    assert gone_on.url.endswith("/carry-over/")


def test_results_in_window_are_carried_over_with_their_date_and_marked(client: Client, crew: Cast) -> None:
    first = screen(crew)
    enter(first, crew.coordinator, "VS", SCREENED, ecog=1)
    enter(first, crew.coordinator, "DX", days_ago(60), dx="BCP_ALL", newly_dx=True)
    again = screen_again(crew, first)
    client.force_login(crew.coordinator)
    url = f"/subjects/{again.pk}/carry-over/"
    page = client.get(url).content.decode()
    assert "too old: to be done again" in page  # marrow: 28 days
    ids = [
        part.split('"')[0]
        for part in page.split('name="records" value="')[1:]
        if "disabled" not in part.split(">")[0]
    ]
    assert len(ids) == 1
    assert client.post(url, {"records": ids}).status_code == 302
    with acting(user=crew.coordinator):
        form = client.get(f"/subjects/{again.pk}/slots/SCR.1/VS.1/").content.decode()
    assert f"Carried over from {first.screening_number}" in form
    assert SCREENED.isoformat() in form
    refused = client.post(url, {"records": ids})
    assert refused.status_code == 422
    assert "stands here already" in refused.content.decode()


def screen_again(crew: Cast, first: Subject) -> Subject:
    fail(crew, first)
    return screen(crew, known_as="rescreening")


def test_numbers_by_site_count_at_each_site(db: None) -> None:
    document = small_document("BLINA-FULL", None)
    document["numbering"] = document_of("VIP-BLINA-HSCT")["numbering"]
    crew = cast_of(document)
    first, second = screen(crew, national_id=""), screen(crew, "stranger", national_id="")
    third = screen(crew, national_id="")
    assert first.screening_number == f"S-BLF-{crew.here.key}-001"
    assert second.screening_number == f"S-BLF-{crew.elsewhere.key}-001"
    assert third.screening_number == f"S-BLF-{crew.here.key}-002"
