"""Reference ranges of a site: recorded, corrected with every grade that moves, withdrawn; limits of results follow."""

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.domain.ranges import WhyNoLimits
from assessments.laboratory.grades import graded_values
from assessments.laboratory.limits import limits_for
from assessments.models import LabResult, ReferenceRange
from assessments.ranges.services import (
    GradesMove,
    RangeEntry,
    digest_of_moved,
    moved_grades,
    record_range,
    withdraw_range,
)
from tests.cast import Cast, bare_subject
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Subject
from trialsite.casebook.slots import Slot

from .entries import enter, fact, result

DAY = date(2026, 1, 6)
FROM = date(2025, 1, 1)


def entry(**given: Any) -> RangeEntry:
    """ALT of everybody at the site's own laboratory, up to 40 U/L from 2025 on."""
    plain = {
        "analyte": "alt",
        "unit": "U/L",
        "lln": D(7),
        "uln": D(40),
        "effective_from": FROM,
        "source": "list of 2025",
    }
    return RangeEntry(**(plain | given))


def record(cast: Cast, by: User | None = None, seen: str = "", **given: Any) -> ReferenceRange:
    by = by or cast.coordinator
    replaces, reason = given.pop("replaces", None), given.pop("reason", "")
    with acting(user=by):
        return record_range(
            study=cast.study,
            site=cast.here,
            entry=entry(**given),
            replaces=replaces,
            seen=seen,
            by=by,
            reason=reason,
        )


def alt(cast: Cast, subject: Subject, text: str = "130", on: date = DAY, **more: Any) -> Any:
    """A chemistry with one ALT whose limits are those of the site."""
    lines = [result("alt", text, "U/L", limits_from="SITE_RANGE")]
    return enter(cast, subject, "CHEM", on, visit="SCR", rows=lines, **more)


def grades(cast: Cast, subject: Subject, term: str = "alt_increased") -> list[Any]:
    with acting(user=cast.coordinator):
        found = graded_values([subject.pk]).get(subject.pk, [])
        return [one.grade for one in found if one.term.key == term]


def test_a_result_takes_the_range_in_force_on_its_day(cast: Cast, subject: Subject) -> None:
    record(cast)
    record(cast, uln=D(50), effective_from=date(2026, 1, 6))
    alt(cast, subject, "130")
    (grade,) = grades(cast, subject)  # 130 is 2.6 × 50; of the range before it would be 3.25 × 40
    assert (grade.grade, grade.sentence.en.split("; ")[1]) == (1, "grade 1 is > ULN 50.")
    with acting(user=cast.coordinator):
        assert limits_for(subject, "alt", date(2026, 1, 5)).uln == D(40)
        assert limits_for(subject, "alt", date(2026, 1, 6)).uln == D(50)
        assert limits_for(subject, "alt", date(2024, 12, 31)).why is WhyNoLimits.NO_RANGE
        line = LabResult.objects.get(subject=subject)
    assert (line.lln, line.uln) == (D(7), D(50))


def test_the_limit_of_a_fact_is_that_of_the_range(cast: Cast, subject: Subject) -> None:
    first = record(cast)
    alt(cast, subject)
    assert fact(cast, subject, "alt_uln").value == D(40)
    with pytest.raises(GradesMove) as moving:
        record(cast, uln=D(50), replaces=first, reason="typing error")
    record(
        cast,
        uln=D(50),
        replaces=first,
        reason="typing error",
        seen=digest_of_moved(moving.value.moved),
    )
    assert fact(cast, subject, "alt_uln").value == D(50)


def test_a_range_in_another_unit_is_converted_and_kept_as_entered(cast: Cast, subject: Subject) -> None:
    found = record(cast, analyte="creatinine", unit="mg/dL", lln=D("0.5"), uln=D("1.2"))
    assert (found.uln, found.unit, found.uln_canonical) == (D("1.2"), "mg/dL", D("106.08"))


def test_an_outside_laboratory_never_takes_the_sites_range(cast: Cast, subject: Subject) -> None:
    record(cast)
    with pytest.raises(CheckFailed) as refused:
        alt(cast, subject, laboratory="Outside laboratory")
    assert "no range of this laboratory" in refused.value.messages["results.0.limits_from"]
    lines = [result("alt", "500", "U/L", limits_from="NOT_PRINTED")]
    enter(cast, subject, "CHEM", DAY, rows=lines, laboratory="Outside laboratory")
    (grade,) = grades(cast, subject)
    assert grade.grade is None
    assert "not gradable, because the report printed no range" in grade.sentence.en
    assert fact(cast, subject, "alt_uln").value is None


def test_an_outside_laboratory_may_have_ranges_of_its_own(cast: Cast, subject: Subject) -> None:
    record(cast)
    record(cast, laboratory="Outside  Laboratory", uln=D(60))
    alt(cast, subject, laboratory="outside laboratory")
    (grade,) = grades(cast, subject)
    assert grade.grade == 1
    with acting(user=cast.coordinator):
        assert limits_for(subject, "alt", DAY, "OUTSIDE LABORATORY").uln == D(60)


def test_a_line_asks_for_a_range_that_is_there(cast: Cast, subject: Subject) -> None:
    with pytest.raises(CheckFailed) as refused:
        alt(cast, subject)
    assert list(refused.value.messages) == ["results.0.limits_from"]


def test_a_range_by_sex_waits_for_the_sex(cast: Cast, subject: Subject) -> None:
    record(cast, sex="M", uln=D(50))
    record(cast, sex="F", uln=D(35))
    with pytest.raises(CheckFailed, match=r".") as refused:
        alt(cast, subject)
    assert "depends on the sex" in refused.value.messages["results.0.limits_from"]


def test_a_correction_shows_what_moves_and_stores_nothing_before(cast: Cast, subject: Subject) -> None:
    first = record(cast)
    alt(cast, subject, "130")
    assert grades(cast, subject)[0].grade == 2
    with pytest.raises(GradesMove) as shown:
        record(cast, uln=D(50), replaces=first, reason="typing error")
    (one,) = shown.value.moved
    assert (one.subject, one.analyte, one.on, one.term) == (
        subject.number,
        "alt",
        "2026-01-06",
        "alt_increased",
    )
    assert (one.old, one.new) == ("2", "1")
    with acting(user=cast.coordinator):
        assert ReferenceRange.objects.filter(withdrawn_at=None).count() == 1
    assert grades(cast, subject)[0].grade == 2
    second = record(
        cast, uln=D(50), replaces=first, reason="typing error", seen=digest_of_moved(shown.value.moved)
    )
    assert grades(cast, subject)[0].grade == 1
    assert second.moved == [[subject.number, "alt", "2026-01-06", "alt_increased", "2", "1"]]
    with acting(user=cast.coordinator):
        first.refresh_from_db()
        assert (first.withdrawn_why, first.withdrawn_by) == ("typing error", cast.coordinator)
    with pytest.raises(Refused, match="replaced or withdrawn already"):
        record(cast, uln=D(60), replaces=first, reason="again")


def test_what_was_confirmed_is_what_was_shown(cast: Cast, subject: Subject) -> None:
    first = record(cast)
    alt(cast, subject, "130")
    with pytest.raises(GradesMove):
        record(cast, uln=D(50), replaces=first, reason="typing error", seen="of another list")


def test_a_correction_that_moves_nothing_needs_no_second_look(cast: Cast, subject: Subject) -> None:
    first = record(cast)
    alt(cast, subject, "30")
    assert record(cast, uln=D(41), replaces=first, reason="typing error").moved == []


def test_withdrawing_leaves_results_without_limits_and_says_so_before(cast: Cast, subject: Subject) -> None:
    first = record(cast)
    alt(cast, subject, "130")
    with acting(user=cast.coordinator), pytest.raises(CheckFailed):
        withdraw_range(found=first, by=cast.coordinator, reason=" ")
    with acting(user=cast.coordinator), pytest.raises(GradesMove) as shown:
        withdraw_range(found=first, by=cast.coordinator, reason="of another hospital")
    assert [(one.old, one.new) for one in shown.value.moved] == [("2", "")]
    with acting(user=cast.coordinator):
        withdraw_range(
            found=first,
            by=cast.coordinator,
            reason="of another hospital",
            seen=digest_of_moved(shown.value.moved),
        )
    (grade,) = grades(cast, subject)
    assert "no range of the site is in force on this day" in grade.sentence.en
    assert "该日无本中心生效的参考范围" in grade.sentence.zh


def test_no_grade_moves_where_the_site_is_frozen(cast: Cast, subject: Subject) -> None:
    first = record(cast)
    alt(cast, subject, "130")
    with acting(user=cast.data_manager):
        place_hold(place=Place(cast.study.pk, cast.here.pk), kind="freeze", by=cast.data_manager)
    with pytest.raises(Refused, match="frozen or locked") as refused:
        record(cast, uln=D(50), replaces=first, reason="typing error")
    assert not isinstance(refused.value, GradesMove)
    assert record(cast, uln=D(41), replaces=first, reason="typing error").uln == D(41)


WRONG = [
    ({"lln": None, "uln": None}, "lln"),
    ({"lln": D(41)}, "uln"),
    ({"lln": D(-1)}, "lln"),
    ({"unit": "mg/dL"}, "unit"),
    ({"analyte": "vibes"}, "analyte"),
    ({"effective_from": None}, "effective_from"),
    ({"source": " "}, "source"),
    ({"age_from": D(18), "age_below": D(18)}, "age_below"),
    ({"age_from": D(131)}, "age_from"),
    ({"age_below": D("-0.1")}, "age_below"),
]


@pytest.mark.parametrize(("given", "item"), WRONG)
def test_what_cannot_be_a_range_is_said_at_its_item(cast: Cast, given: dict[str, Any], item: str) -> None:
    with pytest.raises(CheckFailed) as refused:
        record(cast, **given)
    assert list(refused.value.messages) == [item]


def test_the_same_people_have_one_range_a_day(cast: Cast) -> None:
    record(cast, laboratory="Outside")
    with pytest.raises(CheckFailed, match=r".") as refused:
        record(cast, laboratory="OUTSIDE ")
    assert list(refused.value.messages) == ["effective_from"]
    assert record(cast, sex="F").sex == "F"
    assert record(cast, age_below=D(18)).age_below == D(18)


@pytest.mark.parametrize("who", ["investigator", "monitor", "statistician", "inspector", "stranger"])
def test_who_may_not_record_a_range(cast: Cast, who: str) -> None:
    with pytest.raises(PermissionDenied):
        record(cast, by=cast.people()[who])


def test_the_stranger_sees_no_range_of_this_site(cast: Cast, client: Client) -> None:
    found = record(cast)
    with acting(user=cast.stranger):
        assert not ReferenceRange.objects.exists()
    client.force_login(cast.stranger)
    for name in ("reference-range-correct", "reference-range-moved"):
        assert client.get(reverse(name, args=[cast.study.key, found.pk])).status_code == 404
    answer = client.post(
        reverse("reference-range-withdraw", args=[cast.study.key, found.pk]), {"reason": "no"}
    )
    assert answer.status_code == 404
    page = client.get(reverse("reference-ranges", args=[cast.study.key])).content.decode()
    assert "list of 2025" not in page
    assert client.get("/api/v1/reference-ranges/").json()["results"] == []


def test_the_page_lists_records_and_corrects(cast: Cast, subject: Subject, desk: Client) -> None:
    address = reverse("reference-range-new", args=[cast.study.key])
    page = desk.get(f"{address}?site={cast.here.key}&analyte=alt").content.decode()
    assert "Record a reference range" in page
    typed = {"site": cast.here.key, "analyte": "alt", "unit": "U/L", "lln": "7", "uln": "abc"}
    refused = desk.post(address, typed)
    assert refused.status_code == 422
    said = refused.content.decode()
    assert "Enter a number such as 3.5." in said
    assert 'value="abc"' in said
    missing = desk.post(address, typed | {"uln": "40"})
    assert "Enter the first day on which this range holds." in missing.content.decode()
    good = typed | {"uln": "40", "effective_from": "2025-01-01", "source": "list of 2025"}
    assert desk.post(address, good).status_code == 302
    alt(cast, subject, "130")
    with acting(user=cast.coordinator):
        found = ReferenceRange.objects.get()
    listed = desk.get(reverse("reference-ranges", args=[cast.study.key])).content.decode()
    assert "7–40 U/L" in listed
    assert "list of 2025" in listed
    correct = reverse("reference-range-correct", args=[cast.study.key, found.pk])
    shown = desk.post(correct, good | {"uln": "50", "reason": "typing error"})
    words = shown.content.decode()
    assert shown.status_code == 200
    assert "1 grade changes with this" in words
    assert subject.number in words
    seen = words.split('name="seen" value="')[1].split('"')[0]
    csv = desk.post(correct, good | {"uln": "50", "reason": "typing error", "press": "csv"})
    assert f"{subject.number},alt,2026-01-06,alt_increased,2,1" in csv.content.decode()
    assert desk.post(correct, good | {"uln": "50", "reason": "typing error", "seen": seen}).status_code == 302
    with acting(user=cast.coordinator):
        now = ReferenceRange.objects.get(withdrawn_at=None)
    stored = desk.get(reverse("reference-range-moved", args=[cast.study.key, now.pk]))
    assert "alt_increased,2,1" in stored.content.decode()
    everything = desk.get(reverse("reference-ranges", args=[cast.study.key]) + "?all=on").content.decode()
    assert "typing error" in everything


def test_the_page_stands_in_chinese(cast: Cast, desk: Client) -> None:
    record(cast)
    desk.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    page = desk.get(reverse("reference-ranges", args=[cast.study.key])).content.decode()
    assert "参考范围" in page
    assert "所有人" in page


def test_the_form_offers_the_limits_of_the_range(cast: Cast, subject: Subject, desk: Client) -> None:
    record(cast)
    page = desk.get(Slot(subject.pk, "SCR", "CHEM").url()).content.decode()
    assert '<option value="SITE_RANGE" selected>Range of the site</option>' in page


def test_the_list_of_the_api_has_withdrawn_ones_too(cast: Cast, client: Client) -> None:
    first = record(cast)
    record(cast, uln=D(41), replaces=first, reason="typing error")
    client.force_login(cast.coordinator)
    rows = client.get("/api/v1/reference-ranges/").json()["results"]
    assert len(rows) == 2
    (row,) = client.get("/api/v1/reference-ranges/?standing=true").json()["results"]
    assert (D(row["uln"]), row["replaces"], row["reason"]) == (D(41), str(first.pk), "typing error")


def test_the_queries_of_a_preview_do_not_grow_with_subjects(cast: Cast, subject: Subject) -> None:
    first = record(cast)
    alt(cast, subject, "130")
    one = queries_of_preview(cast, first)
    for _another in range(3):
        alt(cast, bare_subject(cast), "130")
    assert queries_of_preview(cast, first) == one


def queries_of_preview(cast: Cast, first: ReferenceRange) -> int:
    with acting(user=cast.coordinator), CaptureQueriesContext(connection) as queries:
        moved_grades(cast.study, cast.here, None, first)
    return len(queries)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Alanine aminotransferase increased 2 → 1: 1 result"),
        ("zh-hans", "丙氨酸氨基转移酶升高 2 → 1：1 个结果"),
    ],
)
def test_the_trail_sums_the_grades_that_moved_in_words(
    client: Client, cast: Cast, subject: Subject, language: str, words: str
) -> None:
    first = record(cast)
    alt(cast, subject)
    with pytest.raises(GradesMove) as moving:
        record(cast, uln=D(50), replaces=first, reason="typing error")
    seen = digest_of_moved(moving.value.moved)
    record(cast, uln=D(50), replaces=first, reason="typing error", seen=seen)
    client.force_login(cast.data_manager)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    page = client.get("/trail/").content.decode()
    assert words in page
    assert "alt_increased" not in page
