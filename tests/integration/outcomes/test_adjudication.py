"""A committee judges events: who sees what, how a case closes and opens again, and what endpoints make of it."""

import re
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from outcomes.adjudication.cases import case_number, cases_for
from outcomes.adjudication.packages import study_day
from outcomes.explanations import explanation
from outcomes.models import AdjudicationDecision
from tests.architecture.test_urls import PAGES, SUBJECT_PAGES, address
from tests.standing import Standing, standing
from trialsite.access.errors import AccessRefused
from trialsite.access.models import Membership, Role, User
from trialsite.access.services import grant_role
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.errors import CheckFailed, Held, Refused
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Subject
from trialsite.casebook.services import change_state

from ..casebook.test_transfers import accept, ask
from .committee import (
    ARM,
    DIED,
    GRAFT,
    NARRATIVE,
    RELAPSED,
    Committee,
    convene,
    corrected,
    decide,
    result,
)
from .test_cuts import checked_again, cut_of, of, rows_of
from .worked_example import relapsed

standing_committee = standing(convene)


@pytest.fixture
def committee(standing_committee: Standing, db: None) -> Committee:
    found: Committee = standing_committee.value()
    return found


def page(client: Client, who: User, url: str, status: int = 200, **posted: str) -> str:
    client.force_login(who)
    answer = client.post(url, posted) if posted else client.get(url)
    assert answer.status_code == status, answer.content.decode()[:500]
    return re.sub(r"\s+", " ", answer.content.decode())


def package(record: Any) -> str:
    return reverse("adjudication", args=[record.pk])


def stage(committee: Committee, record: Any) -> tuple[str, bool]:
    with acting(user=committee.cast.adjudicator):
        found = next(one for one in cases_for(committee.cast.adjudicator) if one.id == record.pk)
    return found.standing.stage.value, found.standing.reopened


# Who sees what


def test_a_member_opens_no_page_of_the_record(client: Client, committee: Committee) -> None:
    for who in (committee.cast.adjudicator, committee.cast.chair):
        client.force_login(who)
        for name in SUBJECT_PAGES:
            url = address(name, committee.subject)
            assert {client.get(url).status_code, client.post(url).status_code} <= {404, 405}, name


def test_no_other_page_tells_a_member_anything_of_a_subject(client: Client, committee: Committee) -> None:
    subject = committee.subject
    client.force_login(committee.cast.adjudicator)
    telling = {subject.number, subject.usubjid, str(subject.pk), ARM, str(committee.relapse.pk)}
    opened = set()
    for name in (one for one in PAGES if one not in {"adjudications", "inbox"}):
        answer = client.get(address(name, subject).replace("BLINA-FULL", committee.cast.study.key))
        if answer.status_code == 200 and not answer.streaming:
            opened.add(name)
            html = answer.content.decode()
            assert [one for one in telling if one in html] == [], name
    assert not opened & {
        "subjects",
        "calendar",
        "samples",
        "trail",
        "review",
        "dashboards",
        "dashboard",
        "cuts",
    }


def test_the_database_shows_a_member_no_row_of_the_record(committee: Committee) -> None:
    decide(committee.cast.adjudicator, committee.relapse)
    with acting(user=committee.second):
        assert not Subject.objects.exists()
        assert not type(committee.relapse).objects.exists()
        assert not AdjudicationDecision.objects.exists()  # of the other member
        assert not Trail.objects.filter(subject_id=committee.subject.pk).exists()
    with acting(user=committee.cast.adjudicator):
        assert AdjudicationDecision.objects.count() == 1
    with acting(user=committee.cast.coordinator):
        assert AdjudicationDecision.objects.count() == 1  # endpoints rest on it, whoever derives them
    with acting(user=committee.cast.stranger):
        assert not AdjudicationDecision.objects.exists()


def test_nobody_writes_a_decision_in_another_name(committee: Committee) -> None:
    made = decide(committee.cast.adjudicator, committee.relapse)
    made.pk, made.decided_by = None, committee.second
    for who in (committee.cast.adjudicator, committee.cast.data_manager, committee.cast.coordinator):
        with acting(user=who), pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            made.save(force_insert=True)
    with acting(user=committee.cast.adjudicator), pytest.raises(DatabaseError), transaction.atomic():
        AdjudicationDecision.objects.update(verdict="NOT_EVENT")


def test_strangers_and_the_sites_own_get_no_package(client: Client, committee: Committee) -> None:
    for name, who in committee.cast.people().items():
        expected = 200 if name in ("adjudicator", "chair") else 404
        page(client, who, package(committee.relapse), expected)
    assert "Log in" in client_of_nobody().get(package(committee.relapse), follow=True).content.decode()


def client_of_nobody() -> Client:
    return Client()


def test_a_blinded_package_tells_neither_arm_site_number_nor_the_investigators_judgement(
    client: Client, committee: Committee
) -> None:
    cast, subject = committee.cast, committee.subject
    hidden = [ARM, cast.here.key, str(cast.here), subject.number, str(subject.pk), "Coordinator"]
    hidden += ["as the investigator sees it", "seen at our ward", "surely a relapse", "Site of relapse"]
    for who in (cast.adjudicator, cast.chair):
        for record in (committee.relapse, committee.death):
            html = page(client, who, package(record)).replace("Chair of adjudication", "")
            html = re.sub(r'(csrfmiddlewaretoken" value|"X-CSRFToken": |nonce)[=" ]*[^" ]*', "", html)
            assert [one for one in hidden if one in html] == []
        relapse, death = (page(client, who, package(one)) for one in (committee.relapse, committee.death))
        assert "37 %" in relapse
        assert f"{RELAPSED}" in relapse
        assert "Response by the investigator" not in relapse
        assert "Date of first evidence" not in relapse
        assert NARRATIVE in death
        evidence = death[: death.index('id="decide"')] if 'id="decide"' in death else death
        assert "Infection" not in evidence  # the investigator's cause; the form of the decision offers it
    assert case_number(committee.relapse.pk) in page(client, cast.adjudicator, "/adjudications/")
    listed = page(client, cast.adjudicator, "/adjudications/") + page(client, cast.adjudicator, "/")
    assert [one for one in (subject.number, ARM, str(subject.pk)) if one in listed] == []


def test_study_days_count_from_the_first_day_without_a_day_0(client: Client, committee: Committee) -> None:
    first = date(2024, 1, 10)
    assert [study_day(one, first) for one in (first, date(2024, 1, 9), date(2024, 1, 11), None)] == [
        1,
        -1,
        2,
        None,
    ]
    assert study_day(first, None) is None


@pytest.mark.django_db
def test_a_package_that_is_not_blinded_tells_who_it_is(client: Client) -> None:
    committee = convene(blinded=False)
    html = page(client, committee.cast.adjudicator, package(committee.relapse))
    assert committee.subject.number in html
    assert str(committee.cast.here) in html
    assert "surely a relapse" in html
    assert "as the investigator sees it" in html


def test_the_second_reviewer_does_not_see_the_first(client: Client, committee: Committee) -> None:
    decide(committee.cast.adjudicator, committee.relapse, words="the first one's grounds")
    for who in (committee.second, committee.cast.chair):
        assert "the first one's grounds" not in page(client, who, package(committee.relapse)).replace(
            "&#x27;", "'"
        )
    own = page(client, committee.cast.adjudicator, package(committee.relapse)).replace("&#x27;", "'")
    assert "the first one's grounds" in own
    decide(committee.second, committee.relapse, "NOT_EVENT", words="other grounds")
    for who in (committee.cast.adjudicator, committee.second, committee.cast.chair):
        html = page(client, who, package(committee.relapse)).replace("&#x27;", "'")
        assert "the first one's grounds" in html
        assert "other grounds" in html


# Deciding


def test_reviewers_who_agree_close_a_case_and_nobody_decides_after(committee: Committee) -> None:
    assert stage(committee, committee.relapse) == ("review", False)
    decide(committee.cast.adjudicator, committee.relapse)
    assert stage(committee, committee.relapse) == ("review", False)
    decide(committee.second, committee.relapse)
    assert stage(committee, committee.relapse) == ("closed", False)
    for who in (committee.cast.adjudicator, committee.second, committee.cast.chair):
        with pytest.raises(Refused, match="This case is closed"):
            decide(who, committee.relapse, reason="another look")


def test_the_chair_decides_where_they_disagree_and_only_there(committee: Committee) -> None:
    with pytest.raises(Refused, match="so far they do not"):
        decide(committee.cast.chair, committee.relapse)
    decide(committee.cast.adjudicator, committee.relapse)
    decide(committee.second, committee.relapse, "NOT_EVENT")
    assert stage(committee, committee.relapse) == ("chair", False)
    made = decide(committee.cast.chair, committee.relapse, "NOT_EVENT")
    assert made.chair
    assert made.event_date is None  # only confirmed events have one
    assert stage(committee, committee.relapse) == ("closed", False)


def test_a_third_reviewer_is_not_needed(committee: Committee) -> None:
    with acting(role="system"):
        from tests.cast import employ, user

        third = user("third_reviewer")
        employ(third, Role.ADJUDICATOR, committee.cast.version)
    decide(committee.cast.adjudicator, committee.relapse)
    decide(committee.second, committee.relapse, "NOT_EVENT")
    with pytest.raises(Refused, match="waits for the chair"):
        decide(third, committee.relapse)


def test_a_reviewer_corrects_with_a_reason_while_the_case_is_open(committee: Committee) -> None:
    decide(committee.cast.adjudicator, committee.relapse)
    with pytest.raises(CheckFailed) as refused:
        decide(committee.cast.adjudicator, committee.relapse, "NOT_EVENT")
    assert list(refused.value.messages) == ["reason"]
    decide(committee.cast.adjudicator, committee.relapse, "NOT_EVENT", reason="read the marrow again")
    decide(committee.second, committee.relapse, "NOT_EVENT")
    assert stage(committee, committee.relapse) == ("closed", False)
    with acting(user=committee.cast.data_manager):
        rows = Trail.objects.filter(table_name="outcomes_adjudicationdecision").order_by("position")
        assert [(one.chain, one.role, one.reason) for one in rows] == [
            (f"subject:{committee.subject.pk}", "adjudicator", reason)
            for reason in ("", "read the marrow again", "")
        ]


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ({"verdict": ""}, ["verdict"]),
        ({"verdict": "MAYBE"}, ["verdict"]),
        ({"event_date": ""}, ["event_date"]),
        ({"event_date": "2024-02-30"}, ["event_date"]),
        ({"event_date": "2199"}, ["event_date"]),
        ({"cause": ""}, ["cause"]),
        ({"cause": "FATE"}, ["cause"]),
        ({"words": " "}, ["words"]),
        ({"words": "x" * 1001}, ["words"]),
        ({"words": "call 13812345678"}, ["words"]),
        ({"verdict": "NOT_EVENT", "event_date": "", "cause": "", "words": ""}, ["words"]),
    ],
)
def test_what_is_missing_is_said_at_its_field(
    committee: Committee, typed: dict[str, str], fields: list[str]
) -> None:
    with pytest.raises(CheckFailed) as refused:
        decide(committee.cast.adjudicator, committee.death, **typed)
    assert list(refused.value.messages) == fields
    with acting(role="system"):
        assert not AdjudicationDecision.objects.exists()


def test_the_page_keeps_what_was_typed(client: Client, committee: Committee) -> None:
    typed = {"seen": "1", "verdict": "CONFIRMED", "event_date": "2024-13", "words": "blasts in marrow"}
    html = page(client, committee.cast.adjudicator, package(committee.relapse), 422, **typed)
    assert "blasts in marrow" in html
    assert 'value="2024-13"' in html
    typed["event_date"] = "2024-07"
    page(client, committee.cast.adjudicator, package(committee.relapse), 302, **typed)
    with acting(role="system"):
        (made,) = AdjudicationDecision.objects.all()
    assert (made.event_date_text, made.verdict, made.seen) == ("2024-07", "CONFIRMED", 1)


def test_who_read_an_earlier_form_reads_again_before_deciding(committee: Committee) -> None:
    corrected(committee, date(2024, 7, 10))
    with pytest.raises(Refused, match="corrected meanwhile"):
        decide(committee.cast.adjudicator, committee.relapse, seen="1")


def test_a_correction_of_the_form_opens_a_closed_case_again(client: Client, committee: Committee) -> None:
    decide(committee.cast.adjudicator, committee.relapse)
    decide(committee.second, committee.relapse)
    corrected(committee, date(2024, 7, 10))
    assert stage(committee, committee.relapse) == ("review", True)
    html = page(client, committee.second, package(committee.relapse))
    assert "the case is open again" in html
    assert "on an earlier version of the form" in html
    decide(committee.cast.adjudicator, committee.relapse)
    decide(committee.second, committee.relapse)
    assert stage(committee, committee.relapse) == ("closed", True)


@pytest.mark.parametrize("level", ["study", "site", "subject"])
def test_a_locked_casebook_takes_no_decision_and_a_frozen_one_does(committee: Committee, level: str) -> None:
    subject, over = committee.subject, committee.cast.data_manager
    place = {
        "study": Place(subject.study_id),
        "site": Place(subject.study_id, subject.site_id),
        "subject": Place.of_subject(subject),
    }[level]
    with acting(user=over):
        place_hold(place=place, kind="freeze", by=over)
    decide(committee.cast.adjudicator, committee.relapse)
    with acting(user=over):
        place_hold(place=place, kind="lock", by=over)
    with pytest.raises(Held):
        decide(committee.second, committee.relapse)


def test_a_voided_form_is_no_case(committee: Committee) -> None:
    by = committee.cast.coordinator
    with acting(user=by):
        change_state(record=committee.death, action="void", reason="wrong subject", by=by)
    with acting(user=committee.cast.adjudicator):
        assert [one.id for one in cases_for(committee.cast.adjudicator)] == [committee.relapse.pk]
    with pytest.raises(Http404):
        decide(committee.cast.adjudicator, committee.death)


def test_a_committee_is_of_the_whole_study_and_trained(committee: Committee) -> None:
    cast = committee.cast
    with acting(role="system"):
        from tests.cast import user

        other = user("untrained")
        with pytest.raises(AccessRefused):
            grant_role(user=other, role=Role.CHAIR, study_id=cast.study.pk, site_id=cast.here.pk, by=None)
        grant_role(user=other, role=Role.ADJUDICATOR, study_id=cast.study.pk, by=None)
        assert Membership.objects.filter(user=other).exists()
    with acting(user=other):
        assert cases_for(other) == []


# Inbox and lists


def test_the_inbox_names_the_cases_that_wait_for_a_member(client: Client, committee: Committee) -> None:
    number, url = case_number(committee.relapse.pk), package(committee.relapse)
    inbox = page(client, committee.cast.adjudicator, "/")
    assert url in inbox
    assert number in inbox
    assert url not in page(client, committee.cast.chair, "/")
    decide(committee.cast.adjudicator, committee.relapse)
    assert url not in page(client, committee.cast.adjudicator, "/")
    assert url in page(client, committee.second, "/")
    decide(committee.second, committee.relapse, "NOT_EVENT")
    assert url in page(client, committee.cast.chair, "/")
    assert url not in page(client, committee.cast.coordinator, "/")


def test_the_overview_counts_agreement_and_is_for_the_sponsors_side(
    client: Client, committee: Committee
) -> None:
    cast = committee.cast
    decide(cast.adjudicator, committee.relapse, event_date="2024-07-10")
    decide(committee.second, committee.relapse, event_date="2024-07-10")
    decide(cast.adjudicator, committee.death)
    url = f"/dashboards/{cast.study.key}/adjudications/"
    for who in (cast.data_manager, cast.statistician, cast.inspector):
        html = page(client, who, url)
        assert "1 (100.0 %)" in html  # the relapse is confirmed
        assert "0/1" in html  # on another date
        assert "2024-07-10 <span" in html
        assert "case closed" in html
    for who in (cast.coordinator, cast.investigator, cast.monitor):
        page(client, who, url, 403)
    for who in (cast.adjudicator, cast.chair):
        page(client, who, url, 404)
    assert url in page(client, cast.data_manager, f"/dashboards/{cast.study.key}/")
    assert url not in page(client, cast.monitor, f"/dashboards/{cast.study.key}/")


def test_the_api_lists_decisions_for_those_who_see_how_a_committee_judged(
    client: Client, committee: Committee
) -> None:
    decide(committee.cast.adjudicator, committee.relapse)
    client.force_login(committee.cast.statistician)
    (row,) = client.get("/api/v1/adjudications/").json()["results"]
    assert (row["verdict"], row["event_date"], row["case"]) == (
        "CONFIRMED", f"{RELAPSED}", case_number(committee.relapse.pk),
    )  # fmt: skip
    for who in (committee.cast.coordinator, committee.cast.adjudicator, committee.cast.stranger):
        client.force_login(who)
        answer = client.get("/api/v1/adjudications/")
        assert answer.status_code == 403 or answer.json()["results"] == []


def test_queries_of_the_lists_do_not_grow_with_cases(client: Client, committee: Committee) -> None:
    def counted() -> list[int]:
        found = []
        for who, url in (
            (committee.cast.adjudicator, "/adjudications/"),
            (committee.cast.data_manager, f"/dashboards/{committee.cast.study.key}/adjudications/"),
        ):
            page(client, who, url)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                page(client, who, url)
            found.append(len(queries))
        return found

    decide(committee.cast.adjudicator, committee.relapse)
    before = counted()
    for on in (date(2024, 8, 1), date(2024, 8, 20), date(2024, 9, 1)):
        decide(
            committee.cast.adjudicator, relapsed(committee.subject, committee.cast.coordinator, on), words="x"
        )
    assert counted() == before


# Endpoints


def days(on: date) -> int:
    return (on - GRAFT).days


def test_endpoints_use_what_the_committee_decided(committee: Committee) -> None:
    awaiting = result(committee, "RFS")
    assert (awaiting.days, awaiting.missing) == (days(RELAPSED), ["adjudication"])
    decide(committee.cast.adjudicator, committee.relapse, event_date="2024-07-10")
    assert result(committee, "RFS").missing == ["adjudication"]
    made = decide(committee.second, committee.relapse, event_date="2024-07-10")
    found = result(committee, "RFS")  # the decision moved the chain of the subject
    assert (found.days, found.missing) == (days(date(2024, 7, 10)), [])
    assert ["outcomes_adjudicationdecision", str(made.pk), "event_date"] in found.sources
    assert [committee.relapse._meta.db_table, str(committee.relapse.pk), "onset"] in found.sources
    assert result(committee, "RFS-investigator").days == days(RELAPSED)
    corrected(committee, date(2024, 7, 12))
    again = result(committee, "RFS")
    assert (again.days, again.missing) == (days(date(2024, 7, 12)), ["adjudication"])


def test_what_is_no_event_counts_for_the_investigators_analysis_only(committee: Committee) -> None:
    decide(committee.cast.adjudicator, committee.relapse, "NOT_EVENT")
    decide(committee.second, committee.relapse)
    assert result(committee, "RFS").event_type == "relapse"  # disputed: the investigator's so far
    decide(committee.cast.chair, committee.relapse, "NOT_EVENT")
    found, other = result(committee, "RFS"), result(committee, "RFS-investigator")
    assert (found.event_type, found.days) == ("death", days(DIED))
    assert (other.event_type, other.days) == ("relapse", days(RELAPSED))


def test_the_paragraph_says_whose_events_were_used(client: Client, committee: Committee) -> None:
    cast = committee.cast
    plan = cast.version.protocol.endpoint_of("RFS")
    own = cast.version.protocol.endpoint_of("RFS-investigator")
    assert "until the committee has decided" in explanation(plan, result(committee, "RFS"))
    assert "awaiting adjudication" in explanation(plan, result(committee, "RFS"))
    decide(cast.adjudicator, committee.relapse)
    decide(committee.second, committee.relapse)
    assert "in place of the investigator's judgement" in explanation(plan, result(committee, "RFS"))
    assert "those of the investigator" in explanation(own, result(committee, "RFS-investigator"))
    html = page(client, cast.coordinator, reverse("outcomes", args=[committee.subject.pk]))
    assert "Decision of the committee" in html


def test_a_cut_takes_the_decisions_that_stood_at_its_instant(committee: Committee) -> None:
    cast, subject = committee.cast, committee.subject
    decide(cast.adjudicator, committee.relapse, event_date="2024-07-10")
    before = cut_of(cast, cut_off=date(2025, 1, 1))
    row = of(before, subject, "RFS")
    assert (row["days"], row["missing"]) == (str(days(RELAPSED)), "adjudication")
    decide(committee.second, committee.relapse, event_date="2024-07-10")
    assert checked_again(before, cast.statistician).agrees
    after = cut_of(cast, name="later", cut_off=date(2025, 1, 1))
    row = of(after, subject, "RFS")
    assert (row["days"], row["missing"]) == (str(days(date(2024, 7, 10))), "")
    (course,) = rows_of(after, "subjects.csv")
    assert course["relapsed_on"] == "2024-07-10"


def test_decisions_go_along_with_a_subject_to_another_site(committee: Committee) -> None:
    cast = committee.cast
    decide(cast.adjudicator, committee.relapse)
    accept(ask(cast, committee.subject), cast.stranger, User.objects.get(username="head_elsewhere"))
    with acting(user=cast.coordinator):
        assert not AdjudicationDecision.objects.exists()
    with acting(user=cast.stranger):
        assert AdjudicationDecision.objects.get().site_id == cast.elsewhere.pk
    decide(committee.second, committee.relapse)
    assert stage(committee, committee.relapse) == ("closed", False)
