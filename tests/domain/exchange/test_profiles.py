"""What of a row leaves under which profile, and where its dates go."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.models import AdverseEvent, MrdResult
from enrollment.models import Demographics, Diagnosis
from trialsite.access.models import Profile
from trialsite.casebook.domain.nature import Nature
from trialsite.clinical.partial_date import PartialDate
from trialsite.exchange.profiles import (
    FARTHEST,
    WHOLE,
    Release,
    apply,
    nature_of,
    offset_days,
    other_id,
    shifted,
    staying,
)

BIRTH = ("text", "earliest", "latest")
SUBJECT = UUID("01900000-0000-7000-8000-000000000001")
NATURES = {
    "birth_date": Nature.IDENTIFYING,
    "comment": Nature.FREE_TEXT,
    "results.note": Nature.FREE_TEXT,
    "kmt2a_r": Nature.GENETIC,
}
ROW = {
    "birth_date": {"text": "1990-05", "earliest": "1990-05-01", "latest": "1990-05-31"},
    "comment": "seen by her brother",
    "kmt2a_r": True,
    "age": 35,
    "performed_on": "2026-03-01",
    "results": [{"value": "1.5", "note": "haemolytic"}],
    "missing": {"comment": "NOT_DONE", "weight": "NOT_DONE"},
}


def test_the_whole_record_leaves_as_it_stands() -> None:
    assert apply(ROW, SUBJECT, NATURES, WHOLE) == ROW


@pytest.mark.parametrize("genetic", [True, False])
@pytest.mark.parametrize("profile", Profile)
def test_each_profile_leaves_out_what_it_says(profile: Profile, genetic: bool) -> None:
    release = Release(profile, genetic)
    kept = apply(ROW, SUBJECT, NATURES, release)
    whole = profile is Profile.IDENTIFIED
    assert ("birth_date" in kept, "comment" in kept) == (whole, whole)
    assert ("note" in kept["results"][0], "comment" in kept["missing"]) == (whole, whole)
    assert ("kmt2a_r" in kept) == genetic
    assert (kept["age"], kept["results"][0]["value"], kept["missing"]["weight"]) == (35, "1.5", "NOT_DONE")
    assert (kept["performed_on"] == ROW["performed_on"]) == (profile is not Profile.DATE_SHIFTED)
    assert set(release.left_out(NATURES)) == {
        name for name in NATURES if not (genetic if name == "kmt2a_r" else whole)
    }


def test_a_row_of_no_subject_keeps_its_dates() -> None:
    assert apply({"on": "2026-03-01"}, None, {}, Release(Profile.DATE_SHIFTED)) == {"on": "2026-03-01"}


def test_the_shift_is_never_0_and_reaches_both_ends() -> None:
    found = {offset_days(UUID(int=number)) for number in range(6000)}
    assert found == {*range(-FARTHEST, 0), *range(1, FARTHEST + 1)}


def test_a_subject_has_one_shift_and_another_key_gives_another(settings) -> None:
    subjects = [uuid4() for _ in range(20)]
    before = [offset_days(one) for one in subjects]
    assert before == [offset_days(str(one)) for one in subjects]
    settings.EXPORT_KEY = "another key"
    assert before != [offset_days(one) for one in subjects]


@given(
    st.dates(date(1950, 1, 1), date(2100, 1, 1)),
    st.dates(date(1950, 1, 1), date(2100, 1, 1)),
    st.integers(-FARTHEST, FARTHEST),
)
def test_days_between_two_dates_stay(first: date, last: date, days: int) -> None:
    assert shifted(last, days) - shifted(first, days) == last - first
    assert shifted(first.isoformat(), days) == shifted(first, days).isoformat()


@pytest.mark.parametrize(
    ("value", "days", "moved"),
    [
        (date(2026, 3, 1), -1, date(2026, 2, 28)),
        (datetime(2026, 3, 1, 23, 30, tzinfo=UTC), 2, datetime(2026, 3, 3, 23, 30, tzinfo=UTC)),
        ("2026-03-01T23:30:00Z", 2, "2026-03-03T23:30:00Z"),
        ("CR 2026-03-01..2026-04-01; relapse 2026-05-02", 1, "CR 2026-03-02..2026-04-02; relapse 2026-05-03"),
        ("2026-03", 40, "2026-04"),
        ("2026-03", 5, "2026-03"),
        ("2026-03 2; 2026-03-30 3", 40, "2026-04 2; 2026-05-09 3"),
        ("2026-13", 40, "2026-13"),
        ("2026-02-31", 5, "2026-02-31"),
        ("BLINA-FULL-01-0007", 9, "BLINA-FULL-01-0007"),
        (PartialDate.parse("2026"), 182, PartialDate.parse("2026")),
        (PartialDate.parse("2026"), -183, PartialDate.parse("2025")),
        (PartialDate.parse("2026-03-05"), 30, PartialDate.parse("2026-04-04")),
        (
            {"text": "2026-03", "earliest": "2026-03-01", "latest": "2026-03-31"},
            40,
            {"text": "2026-04", "earliest": "2026-04-01", "latest": "2026-04-30"},
        ),
        (["2026-03-01", 7, None, True], 1, ["2026-03-02", 7, None, True]),
        (None, 5, None),
    ],
)
def test_every_kind_of_date_moves_as_precise_as_it_was(value, days, moved) -> None:
    assert shifted(value, days) == moved


def test_an_id_becomes_another_that_tells_no_time_and_is_the_same_everywhere() -> None:
    other = other_id(SUBJECT)
    assert other != SUBJECT
    assert other.version == 5
    assert shifted(f"{SUBJECT}.1.3", 5) == f"{other}.1.3"
    assert shifted({"subject": str(SUBJECT), "record": SUBJECT}, 5) == {
        "subject": str(other),
        "record": other,
    }


@pytest.mark.parametrize(
    ("model", "item", "nature"),
    [
        (Demographics, "birth_date", Nature.IDENTIFYING),
        (Demographics, "sex", Nature.PLAIN),
        (Diagnosis, "kmt2a_r", Nature.GENETIC),
        (Diagnosis, "cd19_pct", Nature.PLAIN),
        (MrdResult, "clone_id", Nature.GENETIC),
        (AdverseEvent, "term", Nature.PLAIN),
        (AdverseEvent, "specified", Nature.FREE_TEXT),
        (AdverseEvent, "grade", Nature.PLAIN),
    ],
)
def test_an_item_is_what_its_model_says_else_what_its_column_looks_like(model, item, nature) -> None:
    assert nature_of(model, item) is nature


@pytest.mark.parametrize(
    ("model", "release", "gone"),
    [
        (AdverseEvent, WHOLE, set()),
        (AdverseEvent, Release(Profile.CODED, genetic=True), {"specified", "comment"}),
        (Diagnosis, Release(Profile.IDENTIFIED, genetic=True), set()),
        (Diagnosis, Release(Profile.IDENTIFIED, genetic=False), set(Diagnosis.natures)),
        (Demographics, Release(Profile.DATE_SHIFTED, genetic=True), {f"birth_date_{part}" for part in BIRTH}),
    ],
)
def test_the_columns_that_stay_behind_are_those_of_the_natures(model, release, gone) -> None:
    assert set(staying(model, release)) == gone


def test_a_shift_of_one_day_is_a_day_at_midnight_too() -> None:
    at = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    assert shifted(at, 1) - at == timedelta(days=1)
