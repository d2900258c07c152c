"""Randomisation of BLINA-INTENS: the sealed list, the next place of the stratum, once and for all."""

from collections import Counter
from io import StringIO
from threading import Barrier, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, connections, transaction

from enrollment.domain.randomisation import allocation_list
from enrollment.models import Randomisation
from enrollment.services import randomise_subject
from tests.cast import Cast
from trialsite.audit import acting
from trialsite.casebook.errors import Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import anchor_dates
from trialsite.casebook.site_day import site_today

from .candidates import SCREENED, confirmed, enrolled, enter, small_cast

SEED = "a seed that nobody guesses"


@pytest.fixture
def trial(committed_db: str) -> Cast:
    """BLINA-INTENS with the criteria that need no laboratory, in a database of its own (two roles write)."""
    return small_cast("BLINA-INTENS", planned=None)


@pytest.fixture
def listed(trial: Cast) -> Cast:
    make_list()
    return trial


def make_list(seed: str = SEED, slots: int = 8) -> str:
    out = StringIO()
    call_command(
        "make_randomisation_list",
        study="BLINA-INTENS",
        seed=seed,
        slots_per_stratum=slots,
        stdout=out,
        stderr=StringIO(),
    )
    return out.getvalue()


def owner_rows(query: str) -> list[tuple]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def randomised(cast: Cast, subject: Subject) -> Randomisation:
    with acting(user=cast.coordinator):
        return randomise_subject(subject=subject, randomised_on=site_today(subject), by=cast.coordinator)


def test_the_list_is_balanced_within_each_stratum(trial: Cast) -> None:
    assert "places added" in make_list(slots=8)
    counts: dict[str, Counter] = {}
    for stratum, block, arm in owner_rows("SELECT stratum, block, arm FROM enrollment_randomisationslot"):
        counts.setdefault(f"{stratum}/{block}", Counter())[arm] += 1
    assert {key.split("/")[0] for key in counts} == {
        f"risk={risk};site={site}"
        for risk in ("KMT2A_TP53", "OTHER")
        for site in ("SGH", "BJH", "GZH", "CDH")
    }
    assert all(count["A"] == count["B"] for count in counts.values())


def test_the_same_seed_extends_the_list_and_another_seed_is_refused(trial: Cast) -> None:
    make_list(slots=4)
    before = owner_rows("SELECT stratum, number, arm FROM enrollment_randomisationslot ORDER BY 1, 2")
    make_list(slots=12)
    after = owner_rows("SELECT stratum, number, arm FROM enrollment_randomisationslot ORDER BY 1, 2")
    assert set(before) < set(after)
    with pytest.raises(CommandError, match="another seed"):
        make_list(seed="another seed that nobody guesses", slots=12)


def test_a_study_without_randomisation_has_no_list(committed_db: str) -> None:
    small_cast("BLINA-FULL")
    with pytest.raises(CommandError, match="not a study with randomisation"):
        call_command("make_randomisation_list", study="BLINA-FULL", seed=SEED)


def test_enrolment_sets_no_arm_and_randomisation_gives_the_next_place_of_the_stratum(listed: Cast) -> None:
    expected = allocation_list(SEED, ["risk=KMT2A_TP53;site=SGH"], {"A": 1, "B": 1}, (4, 6), 8)
    for number in range(1, 4):
        subject = enrolled(listed)
        assert subject.arm == ""
        record = randomised(listed, subject)
        assert record.stratum == "risk=KMT2A_TP53;site=SGH"
        assert record.slot_number == number
        assert record.arm == expected[number - 1].arm
        with acting(user=listed.coordinator):
            assert Subject.objects.get(pk=subject.pk).arm == record.arm
            assert anchor_dates([subject.pk], "randomisation") == {subject.pk: record.randomised_on}


def test_a_subject_is_randomised_once(listed: Cast) -> None:
    subject = enrolled(listed)
    first = randomised(listed, subject)
    with pytest.raises(Refused, match="already"):
        randomised(listed, subject)
    with acting(user=listed.coordinator):
        assert list(Randomisation.objects.all()) == [first]


def test_nobody_is_randomised_before_enrolment_or_without_a_list(trial: Cast) -> None:
    with pytest.raises(Refused, match="Only an enrolled subject"):
        randomised(trial, confirmed(trial))
    with pytest.raises(Refused, match="has not made the randomisation list"):
        randomised(trial, enrolled(trial))


def test_a_record_that_changed_after_confirmation_is_not_randomised(listed: Cast) -> None:
    subject = enrolled(listed)
    enter(subject, listed.coordinator, "DX", SCREENED, kmt2a_r=None)
    with pytest.raises(Refused, match="confirm it again"):
        randomised(listed, subject)
    assert owner_rows("SELECT count(*) FROM enrollment_randomisationslot WHERE subject_id IS NOT NULL") == [
        (0,)
    ]


def test_an_exhausted_stratum_says_so(trial: Cast) -> None:
    make_list(slots=1)
    places = owner_rows(
        "SELECT count(*) FROM enrollment_randomisationslot WHERE stratum = 'risk=KMT2A_TP53;site=SGH'"
    )[0][0]
    for _ in range(places):
        randomised(trial, enrolled(trial))
    with pytest.raises(Refused, match="used up"):
        randomised(trial, enrolled(trial))


FORBIDDEN = (
    "SELECT * FROM enrollment_randomisationslot",
    "SELECT arm FROM enrollment_randomisationslot WHERE subject_id IS NULL",
    "SELECT count(*) FROM enrollment_randomisationslot",
    "UPDATE enrollment_randomisationslot SET arm = 'A'",
    "INSERT INTO enrollment_randomisationslot (id) VALUES (gen_random_uuid())",
    "DELETE FROM enrollment_randomisationslot",
    "COPY enrollment_randomisationslot TO STDOUT",
    "TRUNCATE enrollment_randomisationslot",
)


def test_the_application_role_cannot_touch_the_list(listed: Cast) -> None:
    for statement in FORBIDDEN:
        for who in ({"user": listed.statistician}, {"role": "system"}):
            with (
                acting(**who),
                pytest.raises(ProgrammingError, match="permission denied"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)


def test_the_trail_knows_nothing_of_places_that_were_not_given(listed: Cast) -> None:
    subject = enrolled(listed)
    record = randomised(listed, subject)
    rows = owner_rows(
        "SELECT table_name, changes::text FROM audit_trail WHERE table_name LIKE 'enrollment_random%'"
    )
    assert [table for table, _changes in rows] == ["enrollment_randomisation"]
    assert record.stratum in rows[0][1]


def test_the_slot_function_serves_only_staff_of_the_site(listed: Cast) -> None:
    subject = enrolled(listed)
    for who in (listed.stranger, listed.statistician, listed.monitor, listed.administrator):
        with (
            acting(user=who),
            pytest.raises(ProgrammingError, match="No subject of yours"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(
                "SELECT * FROM randomisation_take_slot(%s, %s)", [subject.pk, "risk=KMT2A_TP53;site=SGH"]
            )


def test_two_randomisations_at_once_take_two_places(listed: Cast) -> None:
    subjects = [enrolled(listed), enrolled(listed)]
    start, places = Barrier(2), []

    def take(subject: Subject) -> None:
        try:
            with acting(user=listed.coordinator):
                start.wait(timeout=10)
                record = randomise_subject(
                    subject=subject, randomised_on=site_today(subject), by=listed.coordinator
                )
                places.append(record.slot_number)
        finally:
            connection.close()

    threads = [Thread(target=take, args=[subject]) for subject in subjects]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(places) == [1, 2]
