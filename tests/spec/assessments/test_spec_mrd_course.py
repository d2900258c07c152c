"""MRD over time, as a table of samples by day and what they say. The definitions are assumptions."""

from datetime import date, timedelta

import pytest

from assessments.domain.mrd import Verdict
from assessments.domain.mrd_course import MrdCourse, MrdState, Sample, TimePoint, mrd_course
from trialsite.clinical.kleene import Truth

START = date(2026, 3, 1)
VERDICTS = {"+": Verdict.POSITIVE, "-": Verdict.NEGATIVE, "?": Verdict.INDETERMINATE}
POINTS = {"eoi": TimePoint.END_OF_INDUCTION, "cons": TimePoint.AFTER_CONSOLIDATION}


def course(text: str, relapse: int | None = None) -> MrdCourse:
    """Samples written as `day sign [time point | ngs | not-crc | crc?]`, separated by commas."""
    samples = []
    for one in text.split(","):
        day, sign, *more = one.split()
        samples.append(
            Sample(
                on=START + timedelta(days=int(day)),
                method="NGS_IG_TR" if "ngs" in more else "MFC",
                verdict=VERDICTS[sign],
                in_crc=Truth.FALSE if "not-crc" in more else Truth.UNKNOWN if "crc?" in more else Truth.TRUE,
                time_point=next((POINTS[word] for word in more if word in POINTS), TimePoint.OTHER),
            )
        )
    return mrd_course(samples, "MFC", None if relapse is None else START + timedelta(days=relapse))


TABLE = [
    # samples, standing, events as (day, state)
    ("0 -", "NEGATIVE", [(0, "NEG_FIRST")]),
    ("0 + eoi, 30 -", "NEGATIVE", [(30, "NEG_FIRST"), (30, "CONVERSION")]),
    ("0 + eoi", "POSITIVE_EOI", []),
    # M-10
    ("-30 -, 0 +, 14 +", "RECURRENCE", [(-30, "NEG_FIRST"), (0, "RECURRENCE")]),
    ("-30 -, 0 +", "POSITIVE_UNCONFIRMED", [(-30, "NEG_FIRST"), (0, "POSITIVE_UNCONFIRMED")]),
    ("-30 -, 0 +, 6 +", "POSITIVE_UNCONFIRMED", [(-30, "NEG_FIRST"), (0, "POSITIVE_UNCONFIRMED")]),
    ("-30 -, 0 +, 7 +", "RECURRENCE", [(-30, "NEG_FIRST"), (0, "RECURRENCE")]),
    ("-30 -, 0 +, 28 +", "RECURRENCE", [(-30, "NEG_FIRST"), (0, "RECURRENCE")]),
    ("-30 -, 0 +, 29 +", "POSITIVE_UNCONFIRMED", [(-30, "NEG_FIRST"), (0, "POSITIVE_UNCONFIRMED")]),
    ("-30 -, 0 +, 0 + ngs", "RECURRENCE", [(-30, "NEG_FIRST"), (0, "RECURRENCE")]),
    ("-30 -, 0 +, 1 + ngs", "POSITIVE_UNCONFIRMED", [(-30, "NEG_FIRST"), (0, "POSITIVE_UNCONFIRMED")]),
    (
        "-30 -, 0 +, 5 -, 14 +",
        "POSITIVE_UNCONFIRMED",
        [
            (-30, "NEG_FIRST"),
            (0, "POSITIVE_UNCONFIRMED"),
            (5, "CONVERSION"),
            (14, "POSITIVE_UNCONFIRMED"),
        ],
    ),
    # M-11
    ("0 + eoi, 60 + cons", "PERSISTENT", [(60, "PERSISTENT")]),
    ("0 + eoi, 30 ?, 60 + cons", "PERSISTENT", [(60, "PERSISTENT")]),
    ("0 + eoi, 60 ? cons", "POSITIVE_EOI", []),
    (
        "0 + eoi, 30 -, 60 + cons",
        "POSITIVE_UNCONFIRMED",
        [(30, "NEG_FIRST"), (30, "CONVERSION"), (60, "POSITIVE_UNCONFIRMED")],
    ),
    # What does not count
    ("0 - not-crc", None, []),
    ("0 - crc?", None, []),
    ("0 ?", None, []),
    ("0 - ngs", None, []),
]


@pytest.mark.parametrize(("samples", "standing", "events"), TABLE, ids=[row[0] for row in TABLE])
def test_mrd_states(samples: str, standing: str | None, events: list[tuple[int, str]]) -> None:
    found = course(samples)
    assert found.standing == standing
    assert {((one.on - START).days, one.state.name) for one in found.events} == set(events)


def test_r_10_two_positives_in_remission_are_a_recurrence_and_not_a_relapse() -> None:
    assert course("-60 -, 0 +, 14 +").first(MrdState.RECURRENCE) == START


def test_haematological_relapse_supersedes_a_recurrence_of_the_same_day() -> None:
    superseded = course("-30 -, 0 +, 14 +", relapse=0)
    assert [one.state for one in superseded.events] == [MrdState.NEG_FIRST]
    later = course("-30 -, 0 +, 14 +", relapse=15)
    assert later.first(MrdState.RECURRENCE) == START


def test_an_unconfirmed_positive_says_when_the_second_sample_is_due() -> None:
    (event,) = [one for one in course("-30 -, 0 +").events if one.confirm]
    assert event.confirm == (date(2026, 3, 8), date(2026, 3, 29))
    assert "2026-03-08 to 2026-03-29" in event.sentence.en
