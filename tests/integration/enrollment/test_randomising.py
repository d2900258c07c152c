"""Randomisation of BLINA-INTENS: the sealed list, the next place of the stratum, once and for all."""

from collections import Counter
from copy import deepcopy
from functools import partial
from threading import Barrier, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.test import Client

from enrollment.conditions import NotReady
from enrollment.domain.randomisation import allocation_list
from enrollment.models import Randomisation
from enrollment.services import confirm_eligibility, randomise_subject
from tests.cast import PASSWORD, Cast, document_of
from trialsite.audit import acting
from trialsite.casebook.errors import Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import anchor_dates
from trialsite.casebook.site_day import site_today
from trialsite.clinical.quantity import Quantity

from .candidates import SCREENED, confirmed, eligible, enrolled, enter, small_cast
from .trials import SEED, STRATUM, enrolled_of, intens, make_list, owner_rows, randomised, verify, with_gate


@pytest.fixture
def trial(committed_db: str) -> Cast:
    """BLINA-INTENS with the criteria that need no laboratory, in a database of its own (two roles write)."""
    return intens()


@pytest.fixture
def listed(trial: Cast) -> Cast:
    make_list()
    return trial


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
    with pytest.raises(Refused, match="list is not sealed yet"):
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
        "SELECT table_name, changes::text FROM audit_trail WHERE table_name LIKE 'enrollment_random%' ORDER BY id"
    )
    tables = [table for table, _changes in rows]
    assert tables == ["enrollment_randomisationlist", "enrollment_randomisation"]
    assert '"arm"' not in rows[0][1]
    assert record.stratum in rows[1][1]


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


def test_fifty_at_once_over_the_last_ten_places_get_ten_without_gap_or_repeat(trial: Cast) -> None:
    """Blocks of 4 and 6: this seed gives the stratum a list of 14 places, of which four are given before."""
    seed = "seed of fourteen places 3"
    make_list(seed, slots=11)
    count = "SELECT count(*) FROM enrollment_randomisationslot WHERE stratum = %s AND subject_id IS NULL"
    subjects = [enrolled(trial) for _ in range(54)]
    before = owner_rows(count, STRATUM)[0][0] - 10
    for subject in subjects[:before]:
        randomised(trial, subject)
    rest = subjects[before : before + 50]
    start, places, refused = Barrier(50), [], []

    def take(subject: Subject) -> None:
        try:
            with acting(user=trial.coordinator):
                start.wait(timeout=60)
                record = randomise_subject(
                    subject=subject, randomised_on=site_today(subject), by=trial.coordinator
                )
            places.append(record.slot_number)
        except Refused as refusal:
            refused.append(refusal.sentence)
        finally:
            connection.close()

    threads = [Thread(target=take, args=[subject]) for subject in rest]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert sorted(places) == list(range(before + 1, before + 11))
    assert len(refused) == 40
    assert all("used up" in sentence for sentence in refused)
    given = owner_rows("SELECT number, arm FROM enrollment_randomisationslot WHERE subject_id IS NOT NULL")
    with acting(user=trial.coordinator):
        kept = set(Randomisation.objects.values_list("slot_number", "arm"))
    assert set(given) == kept
    assert len(kept) == before + 10


# Conditions


def test_every_condition_that_is_missing_is_named(committed_db: str) -> None:
    cast = intens(with_gate)
    subject = enrolled(cast)
    enter(subject, cast.coordinator, "DX", SCREENED, kmt2a_r=None)
    with pytest.raises(NotReady) as refusal:
        randomised(cast, subject)
    assert [one.code for one in refusal.value.missing] == [
        "confirmation",
        "criterion",
        "stratum",
        "gate",
        "list",
    ]
    for part in ("confirm it again", "stratum cannot be told", "CD19 report seen", "not sealed yet"):
        assert part in refusal.value.sentence


def test_a_result_that_must_be_verified_is_until_it_is_corrected(committed_db: str) -> None:
    cast = intens(with_gate)
    make_list()
    subject = enrolled(cast)
    with pytest.raises(Refused, match="Not compared with the source yet: CD19 report seen"):
        randomised(cast, subject)
    verify(cast, subject, "DX", "dx")
    with pytest.raises(Refused, match="Not compared with the source yet"):
        randomised(cast, subject)
    verify(cast, subject, "DX", "cd19_pct")
    assert randomised(cast, subject).slot_number == 1


def test_the_mrd_result_of_the_shipped_protocol_must_be_verified_line_by_line(committed_db: str) -> None:
    gates = deepcopy(document_of("BLINA-INTENS")["randomisation"]["gates"])
    cast = intens(lambda document: document["randomisation"].__setitem__("gates", gates))
    make_list()
    subject = eligible(cast)
    quantity = partial(Quantity.parse, unit="%", analyte="mrd")
    line = {"method": "MFC", "qualifier": "QUANTIFIED", "value": quantity("0.004")}
    rows = {"results": [line]}
    enter(subject, cast.coordinator, "MRD", SCREENED, rows, specimen="BM_FIRST_PULL", time_point="SCREENING")
    with acting(user=cast.investigator):
        confirm_eligibility(subject=subject, password=PASSWORD, by=cast.investigator)
    subject = enrolled_of(cast, subject)
    with pytest.raises(Refused, match="Not compared with the source yet: MRD negative"):
        randomised(cast, subject)
    verify(cast, subject, "MRD", "results.1.method", "results.1.qualifier")
    with pytest.raises(Refused, match="Not compared with the source yet: MRD negative"):
        randomised(cast, subject)
    verify(cast, subject, "MRD", "results.1.value")
    assert randomised(cast, subject).slot_number == 1


def test_the_page_lists_what_is_missing_and_then_gives_the_arm(client: Client, committed_db: str) -> None:
    cast = intens(with_gate)
    subject = enrolled(cast)
    client.force_login(cast.coordinator)
    page = client.get(f"/subjects/{subject.pk}/eligibility/").content.decode()
    assert "Not compared with the source yet: CD19 report seen." in page
    assert "The randomisation list is not sealed yet" in page
    assert "Randomise now" not in page
    make_list()
    verify(cast, subject, "DX")
    assert "Randomise now" in client.get(f"/subjects/{subject.pk}/eligibility/").content.decode()
