"""Queries: asked by people and by soft checks, answered, resolved by corrections, closed; totals that agree."""

from datetime import date, timedelta
from itertools import product

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.cast import Cast, bare_subject
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.errors import Asked, CheckFailed, Refused
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import work_of
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity
from trialsite.review.models import Query, SavedFilter
from trialsite.review.queries import open_query, take_query_step, take_step_for_many
from trialsite.review.query_filters import MOST, filters_of, narrowed, save_filter
from trialsite.review.query_totals import BY_SITE, BY_SUBJECT, total, totals
from trialsite.review.states import QUERY_STEPS, QueryState, query_step

DAY = date(2026, 1, 6)
WEIGHT, WARM = "70", "36.8"


def enter(subject: Subject, cast: Cast, weight: str = WEIGHT, temperature: str = WARM, **options):
    visit = options.pop("visit", "SCR")
    values = {
        "performed_on": options.pop("on", DAY),
        "weight": Quantity.parse(weight, "kg", "weight"),
        "temperature": Quantity.parse(temperature, "Cel", "temperature"),
    }
    with acting(user=cast.coordinator):
        return submit_form(slot=Slot(subject.pk, visit, "VS"), values=values, by=cast.coordinator, **options)


def ask(cast: Cast, subject: Subject, item: str = "weight", by: User | None = None, **options) -> Query:
    by = by or cast.monitor
    with acting(user=by):
        return open_query(
            slot=Slot(subject.pk, "SCR", "VS"), item=item, text="Is this right?", by=by, **options
        )


def step(query: Query, action: str, by: User, text: str = "") -> Query:
    with acting(user=by):
        return take_query_step(query_id=query.pk, action=action, text=text, by=by)


def standing(cast: Cast) -> list[Query]:
    with acting(user=cast.monitor):
        return list(Query.objects.order_by("opened_at"))


# The table


ALLOWED = {
    (None, "propose"): "candidate",
    (None, "open"): "open",
    ("candidate", "release"): "open",
    ("candidate", "cancel"): "cancelled",
    ("candidate", "resolve"): "cancelled",
    ("open", "answer"): "answered",
    ("open", "cancel"): "cancelled",
    ("open", "resolve"): "resolved",
    ("answered", "ask_again"): "open",
    ("answered", "close"): "closed",
    ("answered", "resolve"): "resolved",
    ("resolved", "ask_again"): "open",
    ("resolved", "close"): "closed",
    ("closed", "reopen"): "open",
}
ACTIONS = sorted({one.action for one in QUERY_STEPS})


@pytest.mark.parametrize(("state", "action"), list(product([None, *QueryState.values], ACTIONS)))
def test_a_query_takes_exactly_the_steps_of_the_table(state: str | None, action: str) -> None:
    found = query_step(state, action)
    assert (found.target.value if found else None) == ALLOWED.get((state, action))


ROLES = {
    "propose": {"monitor", "data_manager", "investigator"},
    "open": {"monitor", "data_manager", "investigator"},
    "release": {"monitor", "data_manager"},
    "cancel": {"monitor", "data_manager"},
    "answer": {"coordinator", "investigator"},
    "ask_again": {"monitor", "data_manager", "investigator"},
    "close": {"monitor", "data_manager"},
    "reopen": {"monitor", "data_manager", "investigator"},
}
BEFORE = {
    "release": ("candidate",),
    "cancel": (),
    "answer": (),
    "ask_again": ("answer",),
    "close": ("answer",),
    "reopen": ("answer", "close"),
}


@pytest.mark.parametrize("part", ["coordinator", "investigator", "monitor", "data_manager", "statistician"])
@pytest.mark.parametrize("action", BEFORE)
def test_each_step_is_open_to_its_roles_only(cast: Cast, action: str, part: str) -> None:
    subject, who = bare_subject(cast), cast.people()[part]
    query = ask(cast, subject, candidate=action == "release")
    for earlier in BEFORE[action]:
        if earlier == "answer":
            step(query, "answer", cast.coordinator, "yes")
        elif earlier == "close":
            step(query, "close", cast.monitor)
    if part in ROLES[action]:
        step(query, action, who, "words")
    else:
        with pytest.raises(PermissionDenied):
            step(query, action, who, "words")


@pytest.mark.parametrize("part", ["coordinator", "statistician"])
def test_who_enters_data_does_not_open_queries(cast: Cast, part: str) -> None:
    subject = bare_subject(cast)
    with pytest.raises(PermissionDenied):
        ask(cast, subject, by=cast.people()[part])


def test_nobody_resolves_a_query_by_hand(cast: Cast) -> None:
    query = ask(cast, bare_subject(cast))
    with pytest.raises(Refused, match="correction"):
        step(query, "resolve", cast.data_manager)


@pytest.mark.parametrize("action", ["answer", "cancel"])
def test_words_are_needed_where_the_other_side_waits_for_them(cast: Cast, action: str) -> None:
    query = ask(cast, bare_subject(cast))
    who = cast.coordinator if action == "answer" else cast.monitor
    with pytest.raises(CheckFailed):
        step(query, action, who, "  ")


def test_a_query_may_stand_on_an_empty_slot_and_on_a_form_as_a_whole(cast: Cast) -> None:
    query = ask(cast, bare_subject(cast), item="")
    assert (query.item, query.state) == ("", "open")


# Soft checks


def test_a_soft_finding_is_asked_about_before_anything_is_saved(cast: Cast) -> None:
    subject = bare_subject(cast)
    with pytest.raises(Asked) as asked:
        enter(subject, cast, temperature="43", ask_about_soft=True)
    (fired,) = asked.value.fired
    assert (fired.item, fired.check.hard) == ("temperature", False)
    assert standing(cast) == []


def test_submitted_without_a_comment_it_opens_a_query_in_both_languages(cast: Cast) -> None:
    subject = bare_subject(cast)
    enter(subject, cast, temperature="43")
    (query,) = standing(cast)
    assert (query.state, query.item, query.check_key) == ("open", "temperature", "usual-vital-signs")
    assert query.check_version == 1
    assert query.text_en == "This is rarely seen. Is it right?"
    assert query.text_zh != query.text_en


def test_submitted_with_a_comment_the_query_is_answered(cast: Cast) -> None:
    subject = bare_subject(cast)
    enter(subject, cast, temperature="43", comments={"usual-vital-signs|temperature": "measured twice"})
    (query,) = standing(cast)
    with acting(user=cast.monitor):
        said = [one.text for one in query.messages.all()]
    assert (query.state, said) == ("answered", ["", "measured twice"])


def test_an_unusual_value_that_stays_is_not_asked_about_twice(cast: Cast) -> None:
    subject = bare_subject(cast)
    enter(subject, cast, temperature="43")
    enter(subject, cast, "71", "43", base_version=1, reason="typing error")
    assert len(standing(cast)) == 1


def test_a_correction_that_satisfies_the_check_resolves_its_query(cast: Cast) -> None:
    subject = bare_subject(cast)
    enter(subject, cast, temperature="43")
    enter(subject, cast, temperature="37", base_version=1, reason="typing error")
    (query,) = standing(cast)
    assert query.state == "resolved"
    assert step(query, "close", cast.data_manager).state == "closed"


def test_a_correction_leaves_a_persons_question_to_its_answer(cast: Cast) -> None:
    subject = bare_subject(cast)
    enter(subject, cast)
    query = ask(cast, subject)
    enter(subject, cast, "71", base_version=1, reason="typing error")
    assert [one.state for one in standing(cast)] == ["open"]
    assert step(query, "answer", cast.coordinator, "corrected").state == "answered"


@pytest.mark.parametrize(("weight", "asked"), [("77", False), ("77.1", True), ("63", False), ("62.9", True)])
def test_weight_is_looked_at_beyond_a_tenth_of_the_last_one(cast: Cast, weight: str, asked: bool) -> None:
    subject = bare_subject(cast)
    enter(subject, cast)
    enter(subject, cast, weight, visit="LOG", on=date(2026, 1, 20))
    assert bool(standing(cast)) == asked


@pytest.mark.parametrize(
    ("temperature", "asked"), [("34.9", True), ("35", False), ("41.5", False), ("41.6", True)]
)
def test_temperature_is_asked_about_beyond_its_usual_limits(
    cast: Cast, temperature: str, asked: bool
) -> None:
    enter(bare_subject(cast), cast, temperature=temperature)
    assert bool(standing(cast)) == asked


def test_a_submission_without_findings_asks_nothing_of_the_review_tables(cast: Cast) -> None:
    subject = bare_subject(cast)
    with CaptureQueriesContext(connection) as queries:
        enter(subject, cast)
    asked = [one["sql"] for one in queries if "review_query" in one["sql"] and "UPDATE OF" not in one["sql"]]
    assert asked == []


# Holds, totals, many at once


def test_a_lock_stops_queries_and_a_freeze_does_not(cast: Cast) -> None:
    subject = bare_subject(cast)
    query = ask(cast, subject)
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_subject(subject), kind="freeze", by=cast.data_manager)
    assert step(query, "answer", cast.coordinator, "yes").state == "answered"
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_subject(subject), kind="lock", by=cast.data_manager)
    with pytest.raises(Refused, match="locked"):
        step(query, "close", cast.monitor)
    with pytest.raises(Refused, match="locked"):
        ask(cast, subject, "temperature")


def test_totals_agree_at_subject_site_and_study_level(cast: Cast) -> None:
    first, second = bare_subject(cast), bare_subject(cast)
    elsewhere = bare_subject(cast, site=cast.elsewhere)
    for subject in (first, first, second, elsewhere):
        ask(cast, subject, item="")
    step(standing(cast)[0], "answer", cast.coordinator, "yes")
    with acting(user=cast.monitor):
        queries = Query.objects.visible_to(cast.monitor)
        by_subject, by_site = totals(queries, BY_SUBJECT), totals(queries, BY_SITE)
        at_here = totals(queries.filter(site=cast.here), BY_SUBJECT)
        (by_study,) = totals(queries, F("study__key"))
    assert by_study.sum == 4
    assert total(by_site).counts == total(by_subject).counts == by_study.counts
    assert total(at_here).counts == next(one.counts for one in by_site if one.name == cast.here.key)
    assert {one.name for one in by_subject} == {one.number for one in (first, second, elsewhere)}


def test_the_pages_of_a_subject_and_its_study_say_the_same(client: Client, cast: Cast) -> None:
    subject = bare_subject(cast)
    for _number in range(3):
        ask(cast, subject, item="")
    step(standing(cast)[0], "answer", cast.coordinator, "yes")
    with acting(user=cast.monitor):
        old = timezone.now() - timedelta(days=10)
        Query.objects.filter(pk=standing(cast)[1].pk).update(opened_at=old)
    client.force_login(cast.monitor)
    of_subject = client.get(f"/subjects/{subject.pk}/queries/").context
    of_study = client.get(f"/studies/{cast.study.key}/queries/?site={cast.here.key}").context
    assert of_subject["totals"] == of_study["by_subject"]
    assert [one.counts for one in of_subject["totals"]] == [one.counts for one in of_study["totals"]]
    assert [n for _label, n in of_subject["ages"]] == [n for _label, n in of_study["ages"]] == [2, 1, 0]


def test_many_queries_take_a_step_at_once_and_those_that_cannot_stay(cast: Cast) -> None:
    subject = bare_subject(cast)
    queries = [ask(cast, subject, item) for item in ("weight", "height", "pulse")]
    for query in queries[:2]:
        step(query, "answer", cast.coordinator, "yes")
    with acting(user=cast.data_manager):
        done = take_step_for_many(
            queries=Query.objects.visible_to(cast.data_manager), action="close", by=cast.data_manager
        )
    assert done == (2, 1)
    assert sorted(one.state for one in standing(cast)) == ["closed", "closed", "open"]


# Pages and inbox


def test_a_query_is_asked_answered_and_closed_in_the_browser(client: Client, cast: Cast) -> None:
    subject = bare_subject(cast)
    enter(subject, cast)
    url = Slot(subject.pk, "SCR", "VS").url()
    client.force_login(cast.monitor)
    client.post(f"{url}queries/", {"item": "weight", "text": "Which scale?"})
    (query,) = standing(cast)
    client.force_login(cast.coordinator)
    with acting(user=cast.coordinator):
        assert [line.kind for line in work_of(cast.coordinator, kind="query").lines] == ["query"]
    assert "Which scale?" in client.get(url).content.decode()
    client.post(f"/queries/{query.pk}/answer/", {"text": "The one on the ward."})
    client.force_login(cast.data_manager)
    page = client.get(f"/studies/{cast.study.key}/queries/?state=answered").content.decode()
    assert "Which scale?" in page
    many = f"/studies/{cast.study.key}/queries/step/?state=answered"
    asked = client.post(many, {"action": "close"}).content.decode()
    assert "1 query that can take this step of 1 subject" in asked
    assert [one.state for one in standing(cast)] == ["answered"]
    done = client.post(many, {"action": "close", "confirmed": "1"}, follow=True).content.decode()
    assert "Done for 1 query: Close the query." in done
    assert [one.state for one in standing(cast)] == ["closed"]


@pytest.mark.parametrize(
    ("item", "text", "said"), [("nonsense", "?", "no such item"), ("weight", " ", "Write a sentence")]
)
def test_a_question_that_cannot_be_asked_says_why(
    client: Client, cast: Cast, item: str, text: str, said: str
) -> None:
    subject = bare_subject(cast)
    url = Slot(subject.pk, "SCR", "VS").url()
    client.force_login(cast.monitor)
    answer = client.post(f"{url}queries/", {"item": item, "text": text}, follow=True)
    assert said in answer.content.decode()
    assert standing(cast) == []


def test_the_form_asks_about_an_unusual_value_and_takes_the_comment(client: Client, cast: Cast) -> None:
    subject = bare_subject(cast)
    url = Slot(subject.pk, "SCR", "VS").url()
    client.force_login(cast.coordinator)
    typed = {
        "press": "submit", "base_version": "0", "performed_on": "2026-01-06", "temperature": "43",
        "temperature_unit": "Cel", "weight": "70", "weight_unit": "kg", "height": "172", "height_unit": "cm",
        "ecog": "1",
    }  # fmt: skip
    asked = client.post(url, typed)
    assert asked.status_code == 422
    page = asked.content.decode()
    assert "This is rarely seen" in page
    assert 'value="43"' in page
    assert 'name="comment-usual-vital-signs|temperature"' in page
    again = client.post(url, typed | {"comment-usual-vital-signs|temperature": ""})
    assert again.status_code == 302
    assert [one.state for one in standing(cast)] == ["open"]


def test_a_stranger_finds_no_query_of_another_site(client: Client, cast: Cast) -> None:
    query = ask(cast, bare_subject(cast))
    client.force_login(cast.stranger)
    assert client.post(f"/queries/{query.pk}/answer/", {"text": "x"}).status_code == 404
    assert "Is this right?" not in client.get(f"/studies/{cast.study.key}/queries/").content.decode()


def test_the_list_takes_as_many_questions_to_the_database_for_30_queries_as_for_3(
    client: Client, cast: Cast
) -> None:
    subject = bare_subject(cast)
    client.force_login(cast.data_manager)
    counts = []
    for more in (3, 27):
        for _number in range(more):
            ask(cast, subject, item="")
        client.get(f"/studies/{cast.study.key}/queries/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/studies/{cast.study.key}/queries/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


# Saved filters


def test_a_filter_is_kept_used_again_and_its_queries_moved_at_once(client: Client, cast: Cast) -> None:
    subject = bare_subject(cast)
    for item in ("weight", "height", "pulse"):
        ask(cast, subject, item)
    for query in standing(cast)[:2]:
        step(query, "answer", cast.coordinator, "yes")
    client.force_login(cast.data_manager)
    url = f"/studies/{cast.study.key}/queries/"
    client.post(f"{url}filters/?state=answered&form=VS&page=2", {"name": "Answers to look at"})
    page = client.get(url)
    (kept,) = page.context["saved"]
    assert kept.criteria == {"state": "answered", "form": "VS"}
    assert f'href="?{kept.query}"'.replace("&", "&amp;") in page.content.decode()
    assert client.get(f"{url}?{kept.query}").context["page"].paginator.count == 2
    client.post(f"{url}step/?{kept.query}", {"action": "close", "confirmed": "1"})
    assert sorted(one.state for one in standing(cast)) == ["closed", "closed", "open"]
    client.post(f"{url}filters/{kept.pk}/remove/")
    assert not client.get(url).context["saved"]


def test_a_filter_is_its_owners_alone(client: Client, cast: Cast) -> None:
    with acting(user=cast.monitor):
        kept = save_filter(study=cast.study, name="mine", criteria={"state": "open"}, by=cast.monitor)
        assert list(filters_of(cast.study, cast.data_manager)) == []
    client.force_login(cast.data_manager)
    url = f"/studies/{cast.study.key}/queries/"
    assert not client.get(url).context["saved"]
    assert client.post(f"{url}filters/{kept.pk}/remove/").status_code == 404


def test_the_same_name_replaces_a_filter_and_their_number_is_limited(cast: Cast) -> None:
    with acting(user=cast.monitor):
        for state in ("open", "closed"):
            save_filter(
                study=cast.study, name="mine", criteria={"state": state, "page": "3"}, by=cast.monitor
            )
        assert [one.criteria for one in SavedFilter.objects.all()] == [{"state": "closed"}]
        for number in range(MOST - 1):
            save_filter(study=cast.study, name=str(number), criteria={}, by=cast.monitor)
        with pytest.raises(Refused, match="remove one"):
            save_filter(study=cast.study, name="one more", criteria={}, by=cast.monitor)
        save_filter(study=cast.study, name="mine", criteria={}, by=cast.monitor)


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_a_filter_without_a_proper_name_is_refused_at_it(cast: Cast, name: str) -> None:
    with acting(user=cast.monitor), pytest.raises(CheckFailed) as refusal:
        save_filter(study=cast.study, name=name, criteria={}, by=cast.monitor)
    assert list(refusal.value.messages) == ["name"]


def test_what_somebody_types_into_the_address_filters_nothing_odd(cast: Cast) -> None:
    ask(cast, bare_subject(cast))
    with acting(user=cast.monitor):
        everything = Query.objects.visible_to(cast.monitor)
        odd = {"state": "nonsense", "age": "-3", "origin": "moon"}
        assert list(narrowed(everything, odd)) == list(narrowed(everything, {}))


def test_the_subjects_queries_are_as_many_questions_to_the_database_for_many(
    client: Client, cast: Cast
) -> None:
    subject = bare_subject(cast)
    client.force_login(cast.data_manager)
    counts = []
    for more in (3, 20):
        for _number in range(more):
            ask(cast, subject, item="")
        client.get(f"/subjects/{subject.pk}/queries/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/subjects/{subject.pk}/queries/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
