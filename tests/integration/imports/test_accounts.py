"""Accounts and roles from a file: opened, given, taken back, refused by line; for administrators alone."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.cast import Cast
from trialsite.access.errors import AccessRefused
from trialsite.access.models import Duty, Membership, Role, User
from trialsite.access.passwords import replace_password
from trialsite.access.services import close_account, end_role, grant_role
from trialsite.access.staffing import sign_delegation
from trialsite.audit import acting
from trialsite.audit.models import Event, Trail
from trialsite.imports.models import ImportBatch, ImportSource
from trialsite.imports.services import StandsChanged, cancel_import, reverse_import

from .staging import committed, rows, staged, statuses, taken_back

HEADER = "user name,name,e-mail,role,from,until,principal,site\n"
ZHANG = "zhang.san,张三,zhang@hospital.invalid,coordinator,,,,\n"


def tried(cast: Cast, *lines: str, by: User | None = None) -> ImportBatch:
    content = (HEADER + "".join(lines)).encode()
    return staged(cast, "accounts", content, "staff.csv", by or cast.administrator)


def entered(cast: Cast, *lines: str) -> ImportBatch:
    return committed(tried(cast, *lines), cast.administrator)


def roles(username: str) -> list[tuple[str, Any, bool]]:
    """The roles of an account that were not ended: role, site, principal investigator."""
    found = Membership.objects.filter(user__username=username, ended_at=None).order_by("role")
    return [(one.role, one.site and one.site.key, one.principal) for one in found.select_related("site")]


def test_a_preview_opens_nothing_and_entering_opens_the_account_with_its_role(cast: Cast) -> None:
    batch = tried(cast, ZHANG)
    today = timezone.now().date()
    assert [(row.status, row.subject, row.place, row.changes) for row in rows(batch)] == [
        (
            "new",
            "zhang.san",
            f"Coordinator · {cast.here.key}",
            [["Account", "", "张三 · zhang@hospital.invalid"], ["Role", "", f"from {today}"]],
        )
    ]
    assert not User.objects.filter(username="zhang.san").exists()
    committed(batch, cast.administrator)
    account = User.objects.get(username="zhang.san")
    assert (account.full_name, account.email, account.language) == ("张三", "zhang@hospital.invalid", "en")
    assert account.must_change_password
    assert roles("zhang.san") == [("coordinator", cast.here.key, False)]


def test_what_was_entered_is_as_it_stands_and_another_role_is_given_to_the_same_account(cast: Cast) -> None:
    entered(cast, ZHANG)
    assert statuses(tried(cast, ZHANG)) == [("same", [])]
    batch = entered(cast, ZHANG, "zhang.san,张三,,监查员,,,,全部\n")
    assert [row.status for row in rows(batch)] == ["same", "new"]
    assert roles("zhang.san") == [("coordinator", cast.here.key, False), ("monitor", None, False)]


def test_nothing_of_persons_stays_with_an_import(cast: Cast) -> None:
    batch = entered(cast, ZHANG)
    told = f"{batch.rows} {batch.touched}"
    assert "张三" not in told
    assert "hospital" not in told
    gone = tried(cast, ZHANG.replace("zhang", "li"))
    with acting(user=cast.administrator):
        cancel_import(batch_id=gone.pk, by=cast.administrator)
        assert list(ImportBatch.objects.values_list("pk", flat=True)) == [batch.pk]
        events = "".join(str(one.details) for one in Event.objects.filter(kind__startswith="import."))
    assert "张三" not in events


def test_the_trail_says_which_import_and_line_opened_an_account(cast: Cast) -> None:
    batch = entered(cast, ZHANG)
    with acting(user=cast.administrator):
        entry = Trail.objects.get(table_name="access_user", row_id=User.objects.get(username="zhang.san").pk)
    assert entry.reason == f"Import {batch.short_id} of staff.csv, line 2"
    assert entry.user_id == cast.administrator.pk


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        (",张三,,coordinator,,,,\n", ["username"]),
        ("zhang.san,,,coordinator,,,,\n", ["full_name"]),
        ("zhang.san,张三,no address,coordinator,,,,\n", ["email"]),
        ("zhang.san,张三,,,,,,\n", ["role"]),
        ("zhang.san,张三,,cook,,,,\n", ["role"]),
        ("zhang.san,张三,,administrator,,,,\n", ["role"]),
        ("zhang.san,张三,,coordinator,soon,,,\n", ["starts_on"]),
        ("zhang.san,张三,,coordinator,2020-01-01,,,\n", ["starts_on"]),
        ("zhang.san,张三,,coordinator,,2020-01-01,,\n", ["ends_on"]),
        ("zhang.san,张三,,coordinator,,,yes,\n", ["principal"]),
        ("zhang.san,张三,,investigator,,,yes,\n", ["principal"]),  # the site has one
        ("zhang.san,张三,,investigator,,,perhaps,\n", ["principal"]),
        ("zhang.san,张三,,coordinator,,,,all\n", ["site"]),
        ("zhang.san,张三,,coordinator,,,,elsewhere\n", ["site"]),
        ("zhang.san,张三,,inspector,,,,\n", ["site"]),
        ("zhang.san,张三,,inspector,,,,all\n", ["ends_on"]),
        ("zhang.san,11010519491231002X,,coordinator,,,,\n", [""]),
        ("coordinator,Somebody Else,,coordinator,,,,\n", ["full_name"]),
        ("coordinator,Coordinator,other@hospital.invalid,coordinator,,,,\n", ["email"]),
        ("Coordinator,Coordinator,,coordinator,,,,\n", ["username"]),
        ("coordinator,Coordinator,,investigator,,,,\n", ["role"]),
    ],
)
def test_a_line_that_is_not_certain_is_refused_at_its_column(
    cast: Cast, line: str, columns: list[str]
) -> None:
    assert statuses(tried(cast, line)) == [("rejected", columns)]


def test_a_committee_and_an_inspector_serve_the_whole_study(cast: Cast) -> None:
    until = timezone.now().date() + timedelta(days=30)
    entered(cast, f"wu,吴,,视察员,,{until},,all\n".replace("视察员", "inspector"), "wang,王,,chair,,,,all\n")
    assert roles("wu") == [("inspector", None, False)]
    assert roles("wang") == [("chair", None, False)]


# The way back


def test_reversing_ends_the_roles_and_closes_the_accounts_that_were_opened(cast: Cast) -> None:
    batch = entered(
        cast, ZHANG, "zhang.san,张三,,monitor,,,,all\n", "statistician,Statistician,,monitor,,,,\n"
    )
    taken_back(batch, cast.administrator)
    assert roles("zhang.san") == []
    assert not User.objects.get(username="zhang.san").is_active
    assert User.objects.get(username="statistician").is_active
    assert roles("statistician") == [("statistician", None, False)]
    assert statuses(tried(cast, ZHANG)) == [("rejected", ["username"])]  # it is closed


def reversing_is_refused(cast: Cast, batch: ImportBatch) -> None:
    with acting(user=cast.administrator):
        with pytest.raises(StandsChanged):
            reverse_import(batch_id=batch.pk, reason="wrong file", by=cast.administrator)
        reverse_import(batch_id=batch.pk, reason="wrong file", leave_changed=True, by=cast.administrator)


def test_an_account_that_its_owner_uses_is_left(cast: Cast) -> None:
    batch = entered(cast, ZHANG)
    with acting(user=cast.administrator):
        replace_password(User.objects.get(username="zhang.san"), "correct-horse-2", one_time=True)
        replace_password(User.objects.get(username="zhang.san"), "correct-horse-3", one_time=False)
    reversing_is_refused(cast, batch)
    assert roles("zhang.san") == [("coordinator", cast.here.key, False)]


def test_an_account_with_another_role_and_a_role_that_somebody_ended_are_left(cast: Cast) -> None:
    batch, other = entered(cast, ZHANG), entered(cast, ZHANG.replace("zhang", "li"))
    with acting(user=cast.administrator):
        account = User.objects.get(username="zhang.san")
        grant_role(user=account, role=Role.MONITOR, study_id=cast.study.pk, by=cast.administrator)
        end_role(membership=Membership.objects.get(user__username="li.san"), by=cast.administrator)
    reversing_is_refused(cast, batch)
    reversing_is_refused(cast, other)
    assert len(roles("zhang.san")) == 2


def test_a_role_to_which_duties_were_delegated_is_left(cast: Cast) -> None:
    batch = entered(cast, ZHANG)
    with acting(user=cast.investigator):
        sign_delegation(
            membership=Membership.objects.get(user__username="zhang.san"),
            duties=[Duty.ENTRY],
            starts_on=timezone.now().date(),
            username="investigator",
            password="correct-horse-battery",
            by=cast.investigator,
        )
    reversing_is_refused(cast, batch)


def test_an_account_with_a_role_and_the_own_one_are_not_closed(cast: Cast) -> None:
    with acting(user=cast.administrator):
        for account in (cast.coordinator, cast.administrator):
            with pytest.raises(AccessRefused):
                close_account(user=account, by=cast.administrator, reason="left the site")
    with acting(user=cast.data_manager), pytest.raises(PermissionDenied):
        close_account(user=cast.coordinator, by=cast.data_manager, reason="left the site")


# Who sees it


def test_only_administrators_import_accounts_and_they_import_nothing_else(cast: Cast) -> None:
    for name, user in cast.people().items():
        if name != "administrator":
            with pytest.raises(PermissionDenied):
                tried(cast, ZHANG, by=user)
    for kind, content in (("forms", b"subject,visit\n1,2\n"), ("ranges", b"analyte,unit\nALT,U/L\n")):
        with pytest.raises(PermissionDenied):
            staged(cast, kind, content, "VS.csv", cast.administrator)


def test_the_database_shows_files_of_accounts_to_administrators_and_other_files_to_the_site(
    cast: Cast,
) -> None:
    own = tried(cast, ZHANG)
    content = b"subject,visit,weight\nnobody,SCR,70\n"
    forms = staged(cast, "forms", content, "VS.csv", cast.coordinator)
    for user in cast.people().values():
        with acting(user=user), connection.cursor() as cursor:
            seen = {own.pk} if user == cast.administrator else {forms.pk} if reads(cast, user) else set()
            cursor.execute("SELECT id FROM imports_importbatch")
            assert {one for (one,) in cursor.fetchall()} == seen
            assert set(ImportBatch.objects.visible_to(user).values_list("pk", flat=True)) == seen
            assert ImportSource.objects.filter(kind="accounts").exists() == (user == cast.administrator)
            cursor.execute("UPDATE imports_importbatch SET source = 'x' WHERE kind = 'accounts'")
            assert cursor.rowcount == (user == cast.administrator)


def reads(cast: Cast, user: User) -> bool:
    return user not in (cast.stranger, cast.adjudicator, cast.chair)


def test_the_pages_lead_an_administrator_from_file_to_reversal(client: Client, cast: Cast) -> None:
    client.force_login(cast.administrator)
    assert "from a file" in client.get(reverse("accounts")).content.decode()
    address = reverse("imports", args=[cast.study.key])
    assert client.get(reverse("import-studies")).url == address
    shown = client.get(address).content.decode()
    assert "Accounts (CSV)" in shown
    assert "Forms (CSV)" not in shown
    content = (HEADER + ZHANG).encode()
    sent = {"site": cast.here.key, "kind": "accounts", "files": SimpleUploadedFile("staff.csv", content)}
    assert "Which column holds what?" in client.post(address, sent).content.decode()
    batch = tried(cast, ZHANG)
    one = reverse("import", args=[cast.study.key, batch.pk])
    assert "zhang@hospital.invalid" in client.get(one).content.decode()
    assert client.post(one, {"press": "commit"}).status_code == 302
    assert "zhang@hospital.invalid" not in client.get(one).content.decode()
    assert client.post(one, {"press": "reverse", "reason": "wrong file"}).status_code == 302
    assert "closed" in client.get(reverse("accounts")).content.decode()


def test_nobody_else_finds_an_import_of_accounts(client: Client, cast: Cast) -> None:
    batch = tried(cast, ZHANG)
    address = reverse("import", args=[cast.study.key, batch.pk])
    for name, user in cast.people().items():
        client.force_login(user)
        assert client.get(address).status_code == (200 if name == "administrator" else 404)
        assert client.get(address + "tray/").status_code == (200 if name == "administrator" else 404)
