"""A role opens nothing without its trainings and its delegation: on the screens, by API and in raw SQL alike."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.utils import Error
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.cast import OPENED, PASSWORD, Cast, bare_subject, employ, user
from trialsite.access.errors import AccessRefused
from trialsite.access.models import Delegation, Duty, Membership, Role, Training, TrainingKind, User
from trialsite.access.permissions import grants_of
from trialsite.access.services import end_role, grant_role
from trialsite.access.staffing import end_delegation, record_training, sign_delegation, withdraw_training
from trialsite.access.standing import standings_now, standings_on
from trialsite.audit import acting
from trialsite.audit.models import Event, Trail

TODAY = timezone.now().date()
KINDS = {"GCP", "PROTOCOL", "SYSTEM"}


def sees(someone: User) -> tuple[bool, bool]:
    """Whether the services and, in raw SQL, the database open the record to somebody now."""
    someone.__dict__.pop("_grants", None)
    with acting(user=someone), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM casebook_subject")
        return grants_of(someone).somewhere("record.view"), cursor.fetchone()[0] > 0


def new_coordinator(cast: Cast) -> tuple[User, Membership]:
    """A coordinator of the first site with the role and nothing else."""
    with acting(role="system"):
        account = user("new")
        return account, grant_role(
            user=account, role=Role.COORDINATOR, study_id=cast.study.pk, site_id=cast.here.pk, by=None
        )


def train(account: User, cast: Cast, kinds: set[str] = KINDS, **options: object) -> None:
    with acting(role="system"):
        for kind in map(TrainingKind, kinds):
            version = cast.version if kind == TrainingKind.PROTOCOL else None
            record_training(user=account, kind=kind, version=version, completed_on=TODAY, by=None, **options)


def delegated(membership: Membership, cast: Cast, **options: object) -> Delegation:
    signing = {
        "duties": [Duty.ENTRY],
        "starts_on": TODAY,
        "username": cast.investigator.username,
        "password": PASSWORD,
        "by": cast.investigator,
    }
    with acting(user=cast.investigator):
        return sign_delegation(membership=membership, **signing | options)


def missing_of(membership: Membership) -> tuple[set[str], bool]:
    (standing,) = standings_now(Membership.objects.filter(pk=membership.pk))
    return set(standing.missing), standing.delegated


@pytest.mark.parametrize("absent", sorted(KINDS))
def test_a_role_without_one_of_its_trainings_opens_nothing(cast: Cast, absent: str) -> None:
    bare_subject(cast)
    account, membership = new_coordinator(cast)
    train(account, cast, KINDS - {absent})
    delegated(membership, cast)
    assert missing_of(membership) == ({absent}, True)
    assert sees(account) == (False, False)
    train(account, cast, {absent})
    assert sees(account) == (True, True)


def test_a_trained_person_without_a_delegation_sees_nothing(cast: Cast) -> None:
    bare_subject(cast)
    account, membership = new_coordinator(cast)
    train(account, cast)
    assert missing_of(membership) == (set(), False)
    assert sees(account) == (False, False)
    delegated(membership, cast)
    assert sees(account) == (True, True)


def test_an_expired_training_closes_the_role(cast: Cast) -> None:
    bare_subject(cast)
    account, membership = new_coordinator(cast)
    delegated(membership, cast)
    train(account, cast, {"PROTOCOL", "SYSTEM"})
    with acting(role="system"):
        record_training(
            user=account,
            kind=TrainingKind.GCP,
            completed_on=TODAY - timedelta(days=400),
            expires_on=TODAY - timedelta(days=1),
            by=None,
        )
    assert sees(account) == (False, False)


def test_gcp_holds_36_months_unless_said_otherwise(cast: Cast) -> None:
    account, _membership = new_coordinator(cast)
    with acting(role="system"):
        gcp = record_training(user=account, kind=TrainingKind.GCP, completed_on=date(2026, 2, 28), by=None)
        system = record_training(
            user=account, kind=TrainingKind.SYSTEM, completed_on=date(2026, 2, 28), by=None
        )
    assert (gcp.expires_on, system.expires_on) == (date(2029, 2, 28), None)


def test_training_in_a_version_that_the_site_does_not_run_does_not_count(cast: Cast) -> None:
    from tests.cast import document_of
    from trialsite.studies.services import load_protocol

    account, membership = new_coordinator(cast)
    delegated(membership, cast)
    train(account, cast, {"GCP", "SYSTEM"})
    with acting(role="system"):
        other, _new = load_protocol(document=document_of("BLINA-FULL") | {"version": "next"}, by=None)
        record_training(user=account, kind=TrainingKind.PROTOCOL, version=other, completed_on=TODAY, by=None)
    assert missing_of(membership) == ({"PROTOCOL"}, True)


def test_a_withdrawn_training_and_an_ended_delegation_close_the_role_at_once(cast: Cast) -> None:
    bare_subject(cast)
    membership = Membership.objects.get(user=cast.coordinator)
    line = Training.objects.get(user=cast.coordinator, kind=TrainingKind.GCP)
    with acting(user=cast.data_manager):
        withdraw_training(
            training=line, membership=membership, by=cast.data_manager, reason="another person's certificate"
        )
    assert sees(cast.coordinator) == (False, False)
    train(cast.coordinator, cast, {"GCP"})
    assert sees(cast.coordinator) == (True, True)
    with acting(user=cast.investigator):
        end_delegation(
            delegation=membership.delegations.get(), by=cast.investigator, reason="moved to another ward"
        )
        assert Trail.objects.filter(table_name="access_delegation", reason="moved to another ward").exists()
    assert sees(cast.coordinator) == (False, False)


def test_a_refused_reason_stands_again_beside_its_sentence(cast: Cast, client: Client) -> None:
    membership = Membership.objects.get(user=cast.coordinator)
    line = Training.objects.get(user=cast.coordinator, kind=TrainingKind.GCP)
    client.force_login(cast.data_manager)
    address = reverse("withdraw-training", args=[membership.pk, line.pk])
    answer = client.post(address, {"reason": "   "})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert (
        f'<details open><summary class="text-danger">Withdraw</summary><form method="post" action="{address}"'
        in page
    )
    assert 'value="   " autofocus' in page
    assert '<div class="field-errors"><p>' in page
    line.refresh_from_db()
    assert line.withdrawn_at is None
    client.post(address, {"reason": "another person's certificate"})
    answer = client.post(address, {"reason": "once more"})
    assert "This training is withdrawn already." in answer.content.decode()


@pytest.mark.parametrize("role", [Role.MONITOR, Role.DATA_MANAGER, Role.STATISTICIAN])
def test_study_wide_roles_need_their_trainings_and_no_delegation(cast: Cast, role: Role) -> None:
    bare_subject(cast)
    with acting(role="system"):
        account = user("new")
        grant_role(user=account, role=role, study_id=cast.study.pk, by=None)
    assert sees(account) == (False, False)
    train(account, cast)
    assert sees(account) == (True, True)


def test_administrators_and_principal_investigators_need_no_delegation(cast: Cast) -> None:
    assert grants_of(cast.administrator).somewhere("accounts.manage")
    assert not Delegation.objects.filter(membership__user=cast.investigator).exists()
    assert grants_of(cast.investigator).somewhere("eligibility.sign")


# Signing


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"password": "not it"}, "not your user name and password"),
        ({"username": "coordinator"}, "not your user name and password"),
        ({"duties": []}, "Choose the duties"),
        ({"duties": ["EVERYTHING"]}, "Choose the duties"),
        ({"starts_on": TODAY - timedelta(days=1)}, "day of the signature or later"),
        ({"ends_on": TODAY - timedelta(days=1)}, "before the first"),
    ],
)
def test_what_cannot_be_signed_is_said(cast: Cast, change: dict, sentence: str) -> None:
    _account, membership = new_coordinator(cast)
    with pytest.raises(AccessRefused, match=sentence):
        delegated(membership, cast, **change)
    assert not membership.delegations.exists()


def test_a_wrong_password_under_a_delegation_is_an_event(cast: Cast) -> None:
    _account, membership = new_coordinator(cast)
    client = Client()
    client.force_login(cast.investigator)
    typed = {
        "duties": ["ENTRY"],
        "starts_on": TODAY.isoformat(),
        "username": "investigator",
        "password": "no",
    }
    answer = client.post(f"/staff-members/{membership.pk}/delegations/", typed)
    assert answer.status_code == 422
    assert "Nothing was signed" in answer.content.decode()
    assert Event.objects.filter(kind="delegation.password_wrong", user_id=cast.investigator.pk).exists()


def test_only_the_principal_investigator_of_the_site_signs(cast: Cast) -> None:
    _account, membership = new_coordinator(cast)
    head = User.objects.get(username="head_elsewhere")
    with acting(role="system"):
        second = user("second", PASSWORD)
    employ_here = employ_as_investigator(second, cast)
    assert grants_of(second).somewhere("eligibility.sign"), employ_here
    for signer, refused in (
        (head, PermissionDenied),
        (second, AccessRefused),
        (cast.coordinator, PermissionDenied),
    ):
        with acting(user=signer), pytest.raises(refused):
            sign_delegation(
                membership=membership,
                duties=[Duty.ENTRY],
                starts_on=TODAY,
                username=signer.username,
                password=PASSWORD,
                by=signer,
            )


def employ_as_investigator(account: User, cast: Cast) -> Membership:
    with acting(role="system"):
        return employ(account, Role.INVESTIGATOR, cast.version, cast.here, head=cast.investigator)


def test_one_delegation_stands_at_a_time(cast: Cast) -> None:
    membership = Membership.objects.get(user=cast.coordinator)
    with pytest.raises(AccessRefused, match="stands in these days already"):
        delegated(membership, cast)


def test_nobody_keeps_their_own_training_log(cast: Cast) -> None:
    with acting(user=cast.data_manager), pytest.raises(AccessRefused, match="own training log"):
        record_training(
            user=cast.data_manager, kind=TrainingKind.SYSTEM, completed_on=TODAY, by=cast.data_manager
        )


def test_a_sites_investigator_records_no_training_of_study_wide_roles(cast: Cast) -> None:
    membership = Membership.objects.get(user=cast.monitor)
    with acting(user=cast.investigator), pytest.raises(PermissionDenied):
        record_training(
            user=cast.monitor,
            kind=TrainingKind.SYSTEM,
            completed_on=TODAY,
            membership=membership,
            by=cast.investigator,
        )


# Roles


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"role": Role.COORDINATOR}, "works at a site"),
        ({"role": Role.INSPECTOR}, "until when"),
        ({"role": Role.INSPECTOR, "here": True, "ends_on": TODAY}, "the whole study"),
        ({"role": Role.MONITOR, "principal": True}, "an investigator of the site"),
        ({"role": Role.INVESTIGATOR, "here": True, "principal": True}, "has a principal investigator"),
        ({"role": Role.MONITOR, "starts_on": TODAY - timedelta(days=1)}, "today or later"),
        ({"role": Role.MONITOR, "ends_on": TODAY - timedelta(days=1)}, "before the first"),
    ],
)
def test_roles_that_cannot_be(cast: Cast, given: dict, sentence: str) -> None:
    site = cast.here.pk if given.pop("here", False) else None
    with acting(user=cast.administrator), pytest.raises(AccessRefused, match=sentence):
        grant_role(
            user=cast.administrator, study_id=cast.study.pk, site_id=site, by=cast.administrator, **given
        )


def test_an_ended_role_closes_at_once_stays_in_the_book_and_can_be_given_again(cast: Cast) -> None:
    bare_subject(cast)
    membership = Membership.objects.get(user=cast.monitor)
    with acting(user=cast.administrator):
        end_role(membership=membership, by=cast.administrator)
    assert sees(cast.monitor) == (False, False)
    members = Membership.objects.filter(user=cast.monitor)
    assert [each.active for each in standings_on(members, TODAY)] == [True]
    with acting(user=cast.administrator):
        grant_role(user=cast.monitor, role=Role.MONITOR, study_id=cast.study.pk, by=cast.administrator)
    assert sees(cast.monitor) == (True, True)
    assert members.count() == 2


def test_two_roles_at_one_place_in_the_same_days_are_refused(cast: Cast) -> None:
    with acting(user=cast.administrator), pytest.raises(AccessRefused, match="end that one first"):
        grant_role(
            user=cast.monitor,
            role=Role.INSPECTOR,
            study_id=cast.study.pk,
            ends_on=TODAY + timedelta(days=3),
            by=cast.administrator,
        )


# Who could do what


def test_who_could_do_what_tells_training_and_delegation_of_that_day(cast: Cast) -> None:
    members = Membership.objects.filter(user=cast.coordinator)
    (today,) = standings_on(members, TODAY)
    assert today.active
    assert "enter and correct forms" in today.actions
    (before,) = standings_on(
        members, TODAY - timedelta(days=1)
    )  # the role held; nothing was recorded or signed yet
    assert (before.active, set(before.missing), before.delegated) == (False, KINDS, False)
    assert before.actions == []
    assert standings_on(members, OPENED - timedelta(days=1)) == []


def test_what_ends_in_the_course_of_a_day_counts_on_that_day_only(cast: Cast) -> None:
    membership = Membership.objects.get(user=cast.coordinator)
    with acting(user=cast.investigator):
        end_delegation(delegation=membership.delegations.get(), by=cast.investigator, reason="left")
    members = Membership.objects.filter(user=cast.coordinator)
    assert [each.active for each in standings_on(members, TODAY)] == [True]
    assert [each.delegated for each in standings_on(members, TODAY + timedelta(days=1))] == [False]


@pytest.mark.parametrize(
    ("part", "status"),
    [
        ("administrator", 200),
        ("data_manager", 200),
        ("inspector", 200),
        ("monitor", 403),
        ("coordinator", 403),
    ],
)
def test_who_may_ask_who_could_do_what(client: Client, cast: Cast, part: str, status: int) -> None:
    client.force_login(cast.people()[part])
    answer = client.get(f"/staff/{cast.study.key}/access/", {"day": TODAY.isoformat()})
    assert answer.status_code == status
    if status == 200:
        assert cast.coordinator.full_name in answer.content.decode()


def test_a_day_that_cannot_be_read_is_said(client: Client, cast: Cast) -> None:
    client.force_login(cast.data_manager)
    text = client.get(f"/staff/{cast.study.key}/access/", {"day": "yesterday"}).content.decode()
    assert "year, month, day" in text
    assert "yesterday" in text


# Pages


def test_who_only_waits_is_told_what_is_missing_and_from_whom(client: Client, cast: Cast) -> None:
    account, _membership = new_coordinator(cast)
    client.force_login(account)
    assert client.get("/").url == "/my-access/"
    text = client.get("/my-access/").content.decode()
    assert "Training missing: Good clinical practice, Protocol version, This system" in text
    assert "Delegation missing" in text
    assert cast.investigator.full_name in text
    assert cast.data_manager.full_name in text
    assert client.get("/subjects/").status_code == 403
    assert client.get("/api/v1/subjects/").status_code == 403


def test_the_whole_way_in_the_browser(client: Client, cast: Cast) -> None:
    account, membership = new_coordinator(cast)
    page = f"/staff-members/{membership.pk}/"
    client.force_login(cast.data_manager)
    for kind in sorted(KINDS):
        typed = {"kind": kind, "completed_on": TODAY.isoformat()}
        typed |= {"version": str(cast.version.pk)} if kind == "PROTOCOL" else {}
        assert client.post(page + "trainings/", typed).status_code == 302
    client.force_login(cast.investigator)
    typed = {"duties": ["ENTRY", "SAFETY"], "starts_on": TODAY.isoformat()}
    typed |= {"username": "investigator", "password": PASSWORD}
    assert client.post(page + "delegations/", typed).status_code == 302
    client.force_login(account)
    assert client.get("/subjects/").status_code == 200
    client.force_login(cast.inspector)
    log = client.get(f"/staff/{cast.study.key}/delegations/").content.decode()
    assert "Entry and correction of the record; Assessment and report of adverse events" in log
    assert cast.investigator.full_name in log
    assert "Good clinical practice" in client.get(f"/staff/{cast.study.key}/trainings/").content.decode()


def test_the_logs_of_a_site_are_not_another_sites(client: Client, cast: Cast) -> None:
    membership = Membership.objects.get(user=cast.coordinator)
    with acting(role="system"):
        User.objects.filter(pk=cast.coordinator.pk).update(full_name="Li Juan")
    client.force_login(cast.stranger)
    assert client.get(f"/staff-members/{membership.pk}/").status_code == 404
    for log in ("", "trainings/", "delegations/"):
        text = client.get(f"/staff/{cast.study.key}/{log}").content.decode()
        assert "Li Juan" not in text
    assert client.post(f"/staff-members/{membership.pk}/delegations/", {}).status_code == 404


def test_the_pages_of_the_staff_ask_no_more_for_more_people(client: Client, cast: Cast) -> None:
    client.force_login(cast.administrator)
    pages = [f"/staff/{cast.study.key}/{log}" for log in ("", "trainings/", "delegations/", "access/")]

    def queries(page: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(page)
        return len(asked)

    queries(pages[0])  # the first request of a log-in notes when it was
    few = [queries(page) for page in pages]
    for number in range(3):
        with acting(role="system"):
            account = user(f"new{number}")
            employ(account, Role.COORDINATOR, cast.version, cast.here, head=cast.investigator)
    assert [queries(page) for page in pages] == few


# The database says the same


@pytest.mark.parametrize("part", ["inspector", "coordinator", "investigator", "data_manager"])
def test_nobody_but_an_administrator_changes_roles_in_raw_sql(cast: Cast, part: str) -> None:
    with (
        acting(user=cast.people()[part]),
        pytest.raises(Error, match="Only an administrator changes roles"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE access_membership SET role = 'data_manager', ends_on = NULL WHERE user_id = app_user_id()"
        )


def test_a_delegation_that_the_principal_did_not_sign_is_refused_by_the_database(cast: Cast) -> None:
    _account, membership = new_coordinator(cast)
    line = {"study": cast.study, "site": cast.here, "membership": membership, "duties": ["ENTRY"]}
    for by, signer in ((cast.coordinator, cast.coordinator), (cast.coordinator, cast.investigator)):
        refused = pytest.raises(Error, match="signed by the principal investigator")
        with acting(user=by), refused, transaction.atomic():
            Delegation.objects.create(**line, starts_on=TODAY, signed_by=signer)


def test_what_was_signed_does_not_change(cast: Cast) -> None:
    with acting(user=cast.investigator), pytest.raises(Error, match="does not change"), transaction.atomic():
        Delegation.objects.filter(membership__user=cast.coordinator).update(duties=["CONSENT"])
