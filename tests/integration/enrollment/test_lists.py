"""Lists by every method: sealed, their digest published before use, unreadable, and made again by the script."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.test import Client

from enrollment.domain.minimisation import Earlier, MinimisationPlan, minimised_arm
from enrollment.domain.randomisation import draw_list
from enrollment.lists import PUBLISHED, import_list, published_lists
from enrollment.models import RandomisationList
from tests.cast import Cast, bare_subject
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.models import Event, Trail
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import Subject

from .candidates import confirmed, enrolled
from .trials import SEED, STRATUM, enrolled_of, given, intens, make_list, minimised, owner_rows, randomised

SCRIPT = Path(settings.BASE_DIR) / "bin" / "reproduce-randomisation"
STRATA = [
    f"risk={risk};site={site}" for risk in ("KMT2A_TP53", "OTHER") for site in ("SGH", "BJH", "GZH", "CDH")
]
ARMS = "ABBA"


def imported(document: dict[str, Any]) -> None:
    del document["randomisation"]["block_sizes"]
    document["randomisation"]["method"] = "list"


def file_of(arms: str = ARMS, first: int = 1) -> str:
    lines = [f"{stratum},{n},{arm}" for stratum in STRATA for n, arm in enumerate(arms, start=first)]
    return "\n".join(["stratum,number,arm", *lines]) + "\n"


def seal(cast: Cast, text: str, by: User | None = None) -> RandomisationList:
    by = by or cast.data_manager
    with acting(user=by):
        return import_list(study=cast.study, text=text, by=by)


# The digest


def test_the_digest_is_published_on_page_api_and_file_before_the_first_use(
    client: Client, committed_db: str
) -> None:
    cast = intens()
    said = make_list()
    (row,) = owner_rows("SELECT digest, places FROM enrollment_randomisationlist")
    assert row[0] in said
    client.force_login(cast.coordinator)
    assert row[0] in client.get("/recruitment/BLINA-INTENS/").content.decode()
    (told,) = client.get("/api/v1/randomisation-lists/").json()["results"]
    assert (told["digest"], told["places"]) == row
    (line,) = published_lists(Path(settings.DIGEST_PATH).with_name(PUBLISHED))
    assert (line["digest"], line["study"]) == (row[0], "BLINA-INTENS")
    assert owner_rows("SELECT count(*) FROM enrollment_randomisation") == [(0,)]


def test_a_list_of_before_is_not_used_until_its_digest_is_published(committed_db: str) -> None:
    cast = intens()
    make_list()
    with acting(role="system", using="owner"):
        owner_rows("DELETE FROM enrollment_randomisationlist")
    with pytest.raises(Refused, match="no digest of it is published"):
        given(cast)
    make_list()
    assert given(cast).slot_number == 1


def test_a_longer_list_has_a_digest_of_its_own(committed_db: str) -> None:
    intens()
    make_list(slots=4)
    make_list(slots=4)
    make_list(slots=12)
    numbers = owner_rows("SELECT number, places FROM enrollment_randomisationlist ORDER BY 1")
    assert [number for number, _places in numbers] == [1, 2]
    assert numbers[0][1] < numbers[1][1]
    assert len(list(published_lists(Path(settings.DIGEST_PATH).with_name(PUBLISHED)))) == 2


def test_a_seed_that_can_be_guessed_is_refused_and_a_file_gets_a_random_one(
    committed_db: str, tmp_path: Path
) -> None:
    intens()
    with pytest.raises(CommandError, match="short"):
        make_list("elevenchars")
    place = tmp_path / "seed"
    for _ in range(2):
        call_command("make_randomisation_list", study="BLINA-INTENS", seed_file=str(place), stdout=StringIO())
    assert (len(place.read_text().strip()), place.stat().st_mode & 0o077) == (64, 0)
    assert owner_rows("SELECT count(*) FROM enrollment_randomisationlist") == [(1,)]


# Making it again


def reproduced(tmp_path: Path, client: Client, cast: Cast, seed: str, *more: str) -> tuple[int, str]:
    """Run the script on what the API gives, alone: no site packages, nothing of the system on its path."""
    client.force_login(cast.statistician)
    files = {
        "plan.json": client.get("/api/v1/randomisation-lists/").content,
        "seed": seed.encode(),
        "given.csv": b"".join(client.get("/api/v1/randomisations/", {"format": "csv"}).streaming_content),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    names = ["--plan", "plan.json", "--seed-file", "seed", "--allocations", "given.csv", *more]
    done = subprocess.run(
        [sys.executable, "-I", "-S", SCRIPT, *names],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_script_makes_the_list_again_and_checks_every_arm(
    client: Client, committed_db: str, tmp_path: Path
) -> None:
    cast = intens()
    make_list()
    for _ in range(3):
        given(cast)
    code, said = reproduced(tmp_path, client, cast, SEED, "--show")
    assert code == 0, said
    assert "The list is proved." in said
    assert "3 allocations, 0 that do not agree." in said
    rows = owner_rows("SELECT stratum, number, block, block_size, arm FROM enrollment_randomisationslot")
    assert {"|".join(map(str, row)) for row in rows} <= set(said.splitlines())
    assert reproduced(tmp_path, client, cast, "another seed altogether")[0] == 1


def test_the_script_finds_an_arm_that_was_changed(client: Client, committed_db: str, tmp_path: Path) -> None:
    cast = intens()
    make_list()
    record = given(cast)
    other = "B" if record.arm == "A" else "A"
    with acting(role="system", using="owner"):
        owner_rows("UPDATE enrollment_randomisation SET arm = %s", other)
    code, said = reproduced(tmp_path, client, cast, SEED)
    assert code == 1
    assert f"has {other}, the list gives {record.arm}" in said


# Minimisation


def test_minimisation_gives_what_the_rule_gives_and_the_script_makes_it_again(
    client: Client, committed_db: str, tmp_path: Path
) -> None:
    cast = intens(minimised)
    make_list(slots=20)
    plan = MinimisationPlan({"A": 1, "B": 1}, {"risk": 1, "site": 1}, Decimal("0.8"))
    earlier: list[Earlier] = []
    for number, draw in enumerate(draw_list(SEED, 5), start=1):
        record = given(cast)
        levels = record.stratum.split(";")
        assert (record.slot_number, record.stratum) == (number, STRATUM)
        assert record.arm == minimised_arm(plan, levels, earlier, draw)
        earlier.append(Earlier(record.arm, frozenset(levels)))
    code, said = reproduced(tmp_path, client, cast, SEED)
    assert code == 0, said
    assert "5 allocations, 0 that do not agree." in said


@pytest.mark.parametrize(
    ("ratio", "weight", "ties"),
    [({"A": 1, "B": 1}, 1, "ratio"), ({"A": 2, "B": 1}, 3, "ratio"), ({"A": 3, "B": 2}, 2, "equal")],
)
def test_database_and_rule_agree_on_any_history(
    committed_db: str, ratio: dict[str, int], weight: int, ties: str
) -> None:
    def change(document: dict[str, Any]) -> None:
        minimised(document)
        document["randomisation"]["ratio"] = ratio
        document["randomisation"]["strata"][1]["weight"] = weight
        document["randomisation"]["minimisation"]["ties"] = ties

    cast = intens(change)
    make_list(slots=40)
    plan = MinimisationPlan(ratio, {"site": 1, "risk": weight}, Decimal("0.8"), ties)
    earlier: list[Earlier] = []
    for number, draw in enumerate(draw_list(SEED, 40), start=1):
        stratum = STRATA[draw % len(STRATA)]
        asked = "SELECT randomisation_minimised(enrolment_plan(%s), %s, %s, %s)"
        (found,) = owner_rows(asked, cast.study.pk, cast.study.pk, stratum, draw)[0]
        assert found == minimised_arm(plan, stratum.split(";"), earlier, draw), number
        subject = bare_subject(cast)
        owner_rows(
            "UPDATE enrollment_randomisationslot SET subject_id = %s, taken_at = now(), stratum = %s, arm = %s"
            " WHERE study_id = %s AND number = %s",
            subject.pk, stratum, found, cast.study.pk, number,
        )  # fmt: skip
        earlier.append(Earlier(found, frozenset(stratum.split(";"))))


# An imported list


def test_an_imported_list_is_sealed_used_in_order_and_proved(
    client: Client, committed_db: str, tmp_path: Path
) -> None:
    cast = intens(imported)
    made = seal(cast, file_of())
    assert (made.method, made.places, made.sealed_by) == ("imported", 32, cast.data_manager)
    assert [given(cast).arm for _ in range(3)] == list(ARMS[:3])
    (line,) = published_lists(Path(settings.DIGEST_PATH).with_name(PUBLISHED))
    assert line["digest"] == made.digest
    salt = StringIO()
    call_command("reveal_randomisation_salt", study="BLINA-INTENS", stdout=salt)
    (tmp_path / "list.csv").write_text(file_of())
    code, said = reproduced(tmp_path, client, cast, salt.getvalue(), "--list", "list.csv")
    assert code == 0, said
    (tmp_path / "list.csv").write_text(file_of("BABA"))
    assert reproduced(tmp_path, client, cast, salt.getvalue(), "--list", "list.csv")[0] == 1


def test_an_imported_list_is_never_replaced_and_may_go_on(committed_db: str) -> None:
    cast = intens(imported)
    seal(cast, file_of())
    with pytest.raises(CheckFailed, match="Some items") as refusal:
        seal(cast, file_of("BABA"))
    assert "never replaced" in refusal.value.messages["file"]
    assert seal(cast, file_of("AB", first=5)).number == 2
    arms = owner_rows(
        "SELECT arm FROM enrollment_randomisationslot WHERE stratum = %s ORDER BY number", STRATUM
    )
    assert "".join(arm for (arm,) in arms) == ARMS + "AB"


@pytest.mark.django_db
def test_who_imports_is_a_data_manager_and_the_protocol_asks_for_it() -> None:
    cast = intens(imported)
    for who in (cast.coordinator, cast.investigator, cast.statistician):
        with acting(user=who), pytest.raises(PermissionDenied):
            import_list(study=cast.study, text=file_of(), by=who)
        with (
            acting(user=who),
            pytest.raises(ProgrammingError, match="Only a data manager"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT randomisation_seal_list(%s, '[]', 'x', '{}')", [cast.study.pk])


@pytest.mark.django_db
def test_a_trial_with_blocks_takes_no_file(client: Client) -> None:
    cast = intens()
    with acting(user=cast.data_manager), pytest.raises(Refused, match="takes no imported list"):
        import_list(study=cast.study, text=file_of(), by=cast.data_manager)


def test_the_page_takes_the_file_and_says_what_is_wrong_with_one(client: Client, committed_db: str) -> None:
    cast = intens(imported)
    client.force_login(cast.data_manager)

    def send(text: bytes | None) -> Any:
        file = {} if text is None else {"file": SimpleUploadedFile("list.csv", text)}
        return client.post("/recruitment/BLINA-INTENS/lists/", file)

    wrong = send(file_of().replace(",2,B", ",2,C", 1).encode())
    assert wrong.status_code == 422
    assert "Line 3: the protocol has no arm “C”." in wrong.content.decode()
    assert send(None).status_code == 422
    assert send(b"\xff\xfe").status_code == 422
    assert send(file_of().encode()).status_code == 302
    page = client.get("/recruitment/BLINA-INTENS/").content.decode()
    (digest,) = owner_rows("SELECT digest FROM enrollment_randomisationlist")[0]
    assert digest in page


# Nobody reads ahead

TABLES = ("enrollment_randomisationslot", "enrollment_randomisationsalt")
PATHS: tuple[Callable[[str], str], ...] = (
    "SELECT * FROM {}".format,
    "COPY {} TO STDOUT".format,
    "TABLE {}".format,
    "SELECT count(*) FROM {}".format,
    "EXPLAIN ANALYZE SELECT * FROM {}".format,
    "UPDATE {} SET study_id = study_id RETURNING *".format,
    "DELETE FROM {} RETURNING *".format,
    "CREATE TEMP TABLE mine AS SELECT * FROM {}".format,
    "SELECT query_to_xml('SELECT * FROM {}', true, false, '')".format,
    "SELECT pg_relation_filepath('{0}'), (SELECT string_agg(l::text, '') FROM {0} l)".format,
)


@pytest.mark.parametrize("change", [lambda document: None, minimised], ids=["blocks", "minimisation"])
def test_no_statement_of_the_web_role_reads_a_future_place(
    committed_db: str, change: Callable[[dict[str, Any]], None]
) -> None:
    cast = intens(change)
    make_list()
    given(cast)
    statements = [path(table) for table in TABLES for path in PATHS]
    plan = "(SELECT enrolment_plan(study_id) FROM studies_studysite LIMIT 1)"
    statements.append(f"SELECT randomisation_minimised({plan}, '{cast.study.pk}', '{STRATUM}', 1)")
    for who in ({"user": cast.statistician}, {"user": cast.investigator}, {"role": "system"}):
        for statement in statements:
            with (
                acting(**who),
                pytest.raises(ProgrammingError, match="permission denied"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)
        with acting(**who), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stats WHERE tablename = ANY (%s)", [list(TABLES)])
            assert cursor.fetchone() == (0,)


def test_no_page_api_export_trail_event_file_or_log_holds_the_seed_or_a_future_place(
    client: Client, committed_db: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The list is imported with arms in an order that can be looked for in everything that leaves the system."""
    cast = intens(imported)
    client.force_login(cast.data_manager)
    with caplog.at_level("DEBUG"):
        file = SimpleUploadedFile("list.csv", file_of("ABBABAAB").encode())
        client.post("/recruitment/BLINA-INTENS/lists/", {"file": file})
        subject = enrolled(cast)
        randomised(cast, subject)
        told = everything(client, cast, subject)
    (salt,) = owner_rows("SELECT salt FROM enrollment_randomisationsalt")[0]
    with acting(role="system"):
        told += [str(row) for row in Trail.objects.values_list("changes", "reason")]
    told += [str(row) for row in Event.objects.values_list("kind", "details")]
    told += Path(settings.DIGEST_PATH).with_name(PUBLISHED).read_text()
    whole = "\n".join([*told, *caplog.messages])
    assert "BLINA-INTENS" in whole
    for secret in (salt, f"{STRATUM},2,B", f'"{STRATUM}", "number": 2', f"{STRATUM}|2|0|0|B"):
        assert secret not in whole
    numbers = {row["slot_number"] for row in csv.DictReader(io.StringIO(csv_of(client, cast)))}
    assert numbers == {"1"}


def everything(client: Client, cast: Cast, subject: Subject) -> list[str]:
    """What each role gets of pages and API on randomisation."""
    pages = [
        f"/subjects/{subject.pk}/eligibility/",
        f"/subjects/{subject.pk}/",
        f"/subjects/{subject.pk}/trail/",
        "/recruitment/",
        "/recruitment/BLINA-INTENS/",
        "/protocols/BLINA-INTENS/",
        "/trail/",
        "/api/v1/randomisation-lists/",
        "/api/v1/randomisations/",
        "/api/v1/recruitment/",
        "/api/v1/trail/",
    ]
    found = []
    for person in cast.people().values():
        client.force_login(person)
        found += [client.get(page).content.decode() for page in pages]
    return found


def csv_of(client: Client, cast: Cast) -> str:
    client.force_login(cast.statistician)
    answer: Any = client.get("/api/v1/randomisations/", {"format": "csv"})
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def test_the_public_record_of_a_list_says_nothing_of_its_order(committed_db: str) -> None:
    cast = intens()
    make_list()
    with acting(user=cast.statistician):
        plan = RandomisationList.objects.get().plan
    assert set(plan) == {"method", "ratio", "block_sizes", "strata", "minimisation", "places"}
    assert json.dumps(plan).count("KMT2A_TP53") == 1
    assert enrolled_of(cast, confirmed(cast)).arm == ""
