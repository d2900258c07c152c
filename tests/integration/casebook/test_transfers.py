"""A transfer between sites: two people, every row, numbers as they were, the boundary with the subject's site."""

from datetime import date
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.utils import Error
from django.test import Client

from assessments.models import LabName, ReferenceRange, Shipment, SiteDay
from tests.cast import Cast, bare_subject
from trialsite.access.identity import show_identity
from trialsite.access.models import Person, User
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.audit.selectors import chain_breaks
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Draft, Hold, Outage, SiteBound, Subject, Transfer
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.selectors import work_of
from trialsite.casebook.services import save_draft, submit_form
from trialsite.casebook.slots import Slot
from trialsite.casebook.transfers import ask_transfer, decide_transfer
from trialsite.imports.models import ImportBatch, ImportRun, ImportSource
from trialsite.review.models import Query
from trialsite.review.queries import open_query

DAY = date(2026, 2, 1)


@pytest.fixture
def head(cast: Cast) -> User:
    """The principal investigator of the other site."""
    return User.objects.get(username="head_elsewhere")


def filled(cast: Cast) -> Subject:
    """A subject with forms, an open query, a draft, a freeze on a visit, and derived tables."""
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        submit_form(
            slot=Slot(subject.pk, "SCR", "VS"),
            values={"performed_on": subject.screened_on, "ecog": 1},
            by=cast.coordinator,
        )
        save_draft(slot=Slot(subject.pk, "SCR", "PE"), typed={"x": "1"}, base_version=0, by=cast.coordinator)
        bring_up_to_date(Subject.objects.filter(pk=subject.pk))
    with acting(user=cast.monitor):
        open_query(slot=Slot(subject.pk, "SCR", "VS"), item="weight", text="Measured?", by=cast.monitor)
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_visit(subject, "SCR", 1), kind="freeze", by=cast.data_manager)
    return subject


def ask(cast: Cast, subject: Subject, who: User | None = None, **change: object) -> Transfer:
    by = who or cast.coordinator
    told = {"to": cast.elsewhere, "transfers_on": DAY, "reason": "moved house"} | change
    with acting(user=by):
        return ask_transfer(subject=subject, by=by, **told)  # type: ignore[arg-type]


def accept(found: Transfer, by: User, head: User) -> Transfer:
    with acting(user=by):
        return decide_transfer(transfer_id=found.pk, action="accept", responsible=head, by=by)


def tables_of_subjects() -> list[str]:
    """Every table with a subject and a site, but those that stay: the trail, and the transfer itself."""
    found = []
    for model in apps.get_models():
        columns = {field.column for field in model._meta.concrete_fields}
        if {"subject_id", "site_id"} <= columns and model not in (Trail, Transfer):
            found.append(model._meta.db_table)
    return found


def count_at(table: str, subject: Subject, site_id: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT count(*) FROM "{table}" WHERE subject_id = %s AND site_id = %s', [subject.pk, site_id]
        )
        return cursor.fetchone()[0]


def test_every_row_bound_to_a_site_names_its_subject_or_is_one() -> None:
    """A new model is carried along because it has both columns; one without them would be left behind."""
    bound = {model for model in apps.get_models() if issubclass(model, SiteBound)} - {
        Subject,
        Transfer,
        Outage,
        SiteDay,
        ReferenceRange,  # of the site, whoever was measured there
        LabName,  # what a laboratory prints stays with the site
        Shipment,  # of the site, with samples of several subjects
        ImportBatch,  # of the site, with lines of several subjects
        ImportSource,
        ImportRun,
    }
    assert {model._meta.db_table for model in bound} <= set(tables_of_subjects())
    assert len(bound) > 50


def test_every_row_goes_along_and_none_stays(cast: Cast, head: User) -> None:
    subject = filled(cast)
    with acting(role="system"):
        before = {table: count_at(table, subject, cast.here.pk) for table in tables_of_subjects()}
    assert {"casebook_visit", "assessments_vitalsigns", "casebook_derivation", "review_query"} <= {
        table for table, rows in before.items() if rows
    }
    accept(ask(cast, subject), cast.stranger, head)
    with acting(role="system"):
        assert {table: count_at(table, subject, cast.elsewhere.pk) for table in before} == before
        assert not any(count_at(table, subject, cast.here.pk) for table in before)
        moved = Subject.objects.get(pk=subject.pk)
        assert moved.site == cast.elsewhere
        assert Person.objects.get(pk=moved.person_id).site == cast.elsewhere
        assert (moved.screening_number, moved.usubjid) == (subject.screening_number, subject.usubjid)
        assert Hold.objects.get(subject=subject).site == cast.elsewhere
        assert Query.objects.get(subject=subject).state == "open"
        assert chain_breaks() == []
    with acting(user=cast.coordinator):
        assert not Draft.objects.exists()  # its author sees it no more: it is at the other site


def test_the_old_site_loses_the_subject_and_the_new_one_gains_it(cast: Cast, head: User) -> None:
    subject = filled(cast)
    tables = ["casebook_visit", "assessments_vitalsigns", "review_query", "audit_trail"]

    def seen_by(user: User) -> list[bool]:
        with acting(user=user), connection.cursor() as cursor:
            found = []
            for table in tables:
                cursor.execute(f'SELECT count(*) FROM "{table}" WHERE subject_id = %s', [subject.pk])
                found.append(cursor.fetchone()[0] > 0)
            cursor.execute("SELECT count(*) FROM access_person WHERE id = %s", [subject.person_id])
            return [*found, cursor.fetchone()[0] > 0]

    assert (seen_by(cast.coordinator), seen_by(cast.stranger)) == ([True] * 5, [False] * 5)
    accept(ask(cast, subject), cast.stranger, head)
    assert (seen_by(cast.coordinator), seen_by(cast.stranger)) == ([False] * 5, [True] * 5)
    with acting(user=cast.stranger):
        shown = show_identity(person_id=subject.person_id, subject_id=subject.pk, by=cast.stranger)
    assert shown.full_name == "王小明"
    with acting(user=cast.monitor):
        assert Trail.objects.filter(subject_id=subject.pk, site_id=cast.here.pk).exists()


def test_the_trail_keeps_what_was_and_says_who_moved_it(cast: Cast, head: User) -> None:
    subject = filled(cast)
    with acting(role="system"):
        before = list(
            Trail.objects.filter(subject_id=subject.pk).order_by("id").values_list("hash", flat=True)
        )
    accept(ask(cast, subject), cast.stranger, head)
    with acting(user=cast.stranger):
        after = list(Trail.objects.filter(subject_id=subject.pk).order_by("id"))
        entry = next(one for one in after if one.table_name == "assessments_vitalsigns" and one.action == "U")
    assert [one.hash for one in after][: len(before)] == before
    assert (entry.user_id, entry.role, entry.reason) == (cast.stranger.pk, "coordinator", "moved house")
    assert entry.changes == {"site_id": [str(cast.here.pk), str(cast.elsewhere.pk)]}


def test_only_a_second_person_of_the_other_site_accepts(cast: Cast, head: User) -> None:
    found = ask(cast, filled(cast))
    for who in (cast.coordinator, cast.investigator, cast.monitor):
        with pytest.raises(PermissionDenied):
            accept(found, who, head)
    with pytest.raises(CheckFailed) as refusal:
        accept(found, cast.stranger, cast.investigator)
    assert "responsible" in refusal.value.messages


def test_no_raw_sql_of_another_role_moves_a_subject(cast: Cast) -> None:
    subject = filled(cast)
    found = ask(cast, subject)
    call = "SELECT casebook_decide_transfer(%s, true, %s, '')"
    for who in (cast.coordinator, cast.monitor, cast.statistician):
        with acting(user=who), pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(call, [found.pk, who.pk])
    with (
        acting(user=cast.stranger),
        pytest.raises(Error),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO casebook_transfer (id, study_id, site_id, subject_id, number, to_site_id, transfers_on,"
            " reason, state, asked_by_id, asked_at, decided_why) VALUES (%s, %s, %s, %s, 'x', %s, '2026-01-10',"
            " 'x', 'asked', %s, now(), '')",
            [uuid4(), cast.study.pk, cast.here.pk, subject.pk, cast.elsewhere.pk, cast.coordinator.pk],
        )


def test_a_transfer_is_decided_once(cast: Cast, head: User) -> None:
    found = ask(cast, filled(cast))
    with acting(user=cast.stranger):
        decide_transfer(transfer_id=found.pk, action="refuse", by=cast.stranger, reason="no bed")
    with pytest.raises(Refused):
        accept(found, cast.stranger, head)
    with acting(user=cast.coordinator):
        assert Subject.objects.filter(pk=found.subject_id).exists()


def test_the_sending_site_withdraws(cast: Cast, head: User) -> None:
    found = ask(cast, filled(cast))
    with acting(user=cast.coordinator):
        decide_transfer(transfer_id=found.pk, action="withdraw", by=cast.coordinator, reason="stays")
    with pytest.raises(Refused):
        accept(found, cast.stranger, head)


@pytest.mark.parametrize(
    ("change", "item"),
    [
        ({"transfers_on": date(2026, 1, 4)}, "transfers_on"),  # screened on the 5th
        ({"transfers_on": date(2999, 1, 1)}, "transfers_on"),
        ({"reason": "  "}, "reason"),
    ],
)
def test_a_wrong_request_is_refused_at_its_field(cast: Cast, change: dict[str, object], item: str) -> None:
    with pytest.raises(CheckFailed) as refusal:
        ask(cast, filled(cast), **change)
    assert item in refusal.value.messages


def test_nobody_is_transferred_to_where_they_are_or_asked_for_twice(cast: Cast) -> None:
    subject = filled(cast)
    with pytest.raises(CheckFailed):
        ask(cast, subject, to=cast.here)
    ask(cast, subject)
    with pytest.raises(Refused):
        ask(cast, subject)


def test_a_site_that_is_held_whole_hands_nobody_over(cast: Cast) -> None:
    subject = filled(cast)
    with acting(user=cast.data_manager):
        place_hold(place=Place(cast.study.pk, cast.here.pk), kind="lock", by=cast.data_manager)
    with pytest.raises(Refused):
        ask(cast, subject)


def test_a_frozen_visit_still_refuses_values_after_the_transfer(cast: Cast, head: User) -> None:
    subject = filled(cast)
    accept(ask(cast, subject), cast.stranger, head)
    with acting(user=cast.stranger), pytest.raises(Refused):
        submit_form(
            slot=Slot(subject.pk, "SCR", "VS"), values={"performed_on": DAY, "ecog": 2}, base_version=1,
            by=cast.stranger, reason="new information",
        )  # fmt: skip


def test_the_pages_ask_lead_from_the_inbox_and_say_where_the_subject_came_from(
    client: Client, cast: Cast, head: User
) -> None:
    subject = filled(cast)
    client.force_login(cast.coordinator)
    url = f"/subjects/{subject.pk}/transfer/"
    refused = client.post(url, {"to": "", "transfers_on": DAY.isoformat(), "reason": "moved house"})
    assert refused.status_code == 422
    assert "moved house" in refused.content.decode()
    told = {"to": str(cast.elsewhere.pk), "transfers_on": DAY.isoformat(), "reason": "moved house"}
    asked = client.post(url, told)
    assert asked.status_code == 302
    client.force_login(cast.stranger)
    with acting(user=cast.stranger):
        (line,) = work_of(cast.stranger, kind="transfer").lines
    assert line.url == asked.url
    assert client.get(f"/subjects/{subject.pk}/").status_code == 404
    page = client.get(line.url).content.decode()
    assert "Accept: take the subject over" in page
    assert client.post(f"{line.url}accept/", {"responsible": ""}).status_code == 422
    done = client.post(f"{line.url}accept/", {"responsible": str(head.pk)})
    assert done.url == f"/subjects/{subject.pk}/"
    header = client.get(done.url).content.decode()
    assert f"Transferred from {cast.here} on {DAY.isoformat()}." in header
    assert client.get(f"/subjects/{subject.pk}/trail/").status_code == 200
    client.force_login(cast.coordinator)
    assert client.get(f"/subjects/{subject.pk}/").status_code == 404
