"""Accounts of a file, one role to a line: opened with a role, given one, or refused. No password stands there."""

import secrets
from dataclasses import dataclass
from datetime import date
from functools import cache

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from enrollment.import_columns import accepted_words
from trialsite.access.errors import AccessRefused
from trialsite.access.forms import AccountForm, day_field
from trialsite.access.models import Membership, Role, User
from trialsite.access.services import close_account, create_user, end_role, grant_role, roles_of
from trialsite.audit import because
from trialsite.casebook.errors import Refused
from trialsite.clinical.identifiers import EMAIL, identifiers_in

from .models import ImportBatch
from .outcomes import NEW, SAME, Row, Touched, Work
from .progress import step_by_step
from .typing_in import LONGEST, ChangedSince, reason_of

LANGUAGES = ("en", "zh-hans")
ANSWERS = {
    "yes": "yes",
    "true": "yes",
    "1": "yes",
    "是": "yes",
    "no": "no",
    "false": "no",
    "0": "no",
    "否": "no",
}
EVERYWHERE = ("all", "all sites", "全部", "所有中心")
GIVEN = tuple(role for role in Role if role != Role.ADMINISTRATOR)  # at a site or in a study


class LineForm(forms.Form):
    """What a line says of a role; shape only."""

    role = forms.ChoiceField(
        choices=[(role.value, role.value) for role in GIVEN],
        error_messages={"invalid_choice": gettext_lazy("There is no role of this name.")},
    )
    principal = forms.ChoiceField(
        choices=[("yes", "yes"), ("no", "no")],
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Answer yes or no.")},
    )
    site = forms.ChoiceField(
        choices=[("all", "all")],
        required=False,
        error_messages={
            "invalid_choice": gettext_lazy("Only the site chosen for the import (empty), or all.")
        },
    )
    starts_on = day_field("", required=False)
    ends_on = day_field("", required=False)


@dataclass(frozen=True)
class Entry:
    """A role that a line gives. `starts_on`: None where the line does not say, which is today."""

    role: Role
    principal: bool
    everywhere: bool
    starts_on: date | None
    ends_on: date | None


def enter_accounts(batch: ImportBatch, rows: list[Row], by: User) -> Work:
    """Open the account and give the role of every line that can be; the others are rejected in their rows."""
    work = Work(rows)
    for row in step_by_step(rows):
        if row.rejected:
            continue
        if any(one.kind != EMAIL for cell in row.cells.values() for one in identifiers_in(cell)):
            row.cells = {}
            row.reject("", _("An identifier of a person stands in this line: it was not kept."))
            continue
        entry = entry_of(row)
        if entry is None:
            continue
        try:
            with because(reason_of(batch, [row.line])[:LONGEST]), transaction.atomic():
                enter(batch, row, entry, work, by)
        except AccessRefused as refusal:
            for column, words in refusal.messages.items():
                row.reject(column, words)
        except PermissionDenied as refusal:
            row.reject("", str(refusal))
    return work


def entry_of(row: Row) -> Entry | None:
    """The role that a line gives; None once it is rejected."""
    typed = {name: row.cells.get(name, "") for name in LineForm.base_fields}
    typed["role"] = role_words().get(typed["role"].casefold(), typed["role"])
    typed["principal"] = ANSWERS.get(typed["principal"].casefold(), typed["principal"])
    typed["site"] = "all" if typed["site"].casefold() in EVERYWHERE else typed["site"]
    form = LineForm(typed)
    if typed["role"] == Role.ADMINISTRATOR:
        row.reject("role", _("An administrator serves the system: give this role on the page of accounts."))
    elif not form.is_valid():
        for name, errors in form.errors.items():
            row.reject(name, str(errors[0]), accepted_words(form.fields[name]))
    if row.rejected:
        return None
    told = form.cleaned_data
    return Entry(
        Role(told["role"]),
        told["principal"] == "yes",
        told["site"] == "all",
        told["starts_on"],
        told["ends_on"],
    )


@cache
def role_words() -> dict[str, str]:
    """What a role is called in a file, in small letters → the role."""
    found = {role.value: role.value for role in Role}
    for language in LANGUAGES:
        with override(language):
            found |= {str(role.label).casefold(): role.value for role in Role}
    return found


def enter(batch: ImportBatch, row: Row, entry: Entry, work: Work, by: User) -> None:
    """Give the role of a line, to an account that stands or is opened for it. Raises AccessRefused."""
    username = row.cells.get("username", "")
    user = User.objects.filter(username__iexact=username).first()
    opened = user is None
    if user is None:
        user = open_account(row, username, by)
    else:
        refuse_other_person(user, row)
    row.subject, row.place = username, place_words(batch, entry)
    if standing(batch, user, entry) is not None:
        row.status = SAME
        return
    given = grant_role(
        user=user,
        role=entry.role,
        study_id=batch.study_id,
        site_id=None if entry.everywhere else batch.site_id,
        principal=entry.principal,
        starts_on=entry.starts_on,
        ends_on=entry.ends_on,
        by=by,
    )
    row.status = NEW
    row.changes = [[_("Role"), "", days_words(given)]]
    if opened:
        row.changes.insert(0, [_("Account"), "", " · ".join(filter(None, (user.full_name, user.email)))])
    back = {"account": str(user.pk)} if opened else {}
    work.touched.append(Touched(str(given.pk), 0, True, number=username, place=row.place, back=back))


def open_account(row: Row, username: str, by: User) -> User:
    """An account whose password nobody knows: its first one is given on the page of accounts. Raises AccessRefused."""
    typed = {name: row.cells.get(name, "") for name in ("full_name", "email")}
    language = row.cells.get("language", LANGUAGES[0]).casefold()
    form = AccountForm(
        typed | {"username": username, "language": language, "password": secrets.token_urlsafe(32)}
    )
    if not form.is_valid():
        raise AccessRefused({name: str(errors[0]) for name, errors in form.errors.items()})
    return create_user(**form.cleaned_data, by=by)


def refuse_other_person(user: User, row: Row) -> None:
    """An account that stands is only taken for the one of a line where nothing that the line says is otherwise."""
    if user.username != row.cells["username"]:
        raise AccessRefused({"username": _("There is an account whose name differs in capitals only.")})
    if not user.is_active:
        raise AccessRefused({"username": _("The account of this name is closed.")})
    if row.cells.get("full_name", user.full_name) != user.full_name:
        raise AccessRefused(
            {"full_name": _("There is an account of this user name, of somebody with another name.")}
        )
    if row.cells.get("email", user.email).casefold() != user.email.casefold():
        raise AccessRefused({"email": _("The account of this user name has another e-mail address.")})


def standing(batch: ImportBatch, user: User, entry: Entry) -> Membership | None:
    """The same role of a person at the same place, on the same days as far as the line says them."""
    found = Membership.objects.filter(
        user=user,
        study=batch.study,
        site=None if entry.everywhere else batch.site,
        role=entry.role,
        principal=entry.principal,
        ends_on=entry.ends_on,
        ended_at=None,
    )
    return (found.filter(starts_on=entry.starts_on) if entry.starts_on else found).first()


def place_words(batch: ImportBatch, entry: Entry) -> str:
    role = _("Principal investigator") if entry.principal else str(entry.role.label)
    return f"{role} · {_('all sites') if entry.everywhere else batch.site.key}"


def days_words(given: Membership) -> str:
    words = _("from %(from)s to %(to)s") if given.ends_on else _("from %(from)s")
    return words % {"from": given.starts_on.isoformat(), "to": given.ends_on}


def take_back_account(one: Touched, *, reason: str, by: User) -> None:
    """End a role that an import gave, and close the account that it opened. Raises ChangedSince, Refused.

    Changed is a role that somebody ended or delegated duties to, and an account that has another role or whose owner
    has logged in."""
    given = Membership.objects.select_related("user").filter(pk=one.record).first()
    if given is None or given.ended_at is not None or given.delegations.filter(ended_at=None).exists():
        raise ChangedSince
    account = User.objects.select_for_update().get(pk=given.user_id)
    if one.back and (roles_of(account).exclude(pk=given.pk).exists() or not account.must_change_password):
        raise ChangedSince
    try:
        if roles_of(account).filter(pk=given.pk).exists():
            end_role(membership=given, by=by, reason=reason)
        if one.back and account.is_active:
            close_account(user=account, by=by, reason=reason)
    except AccessRefused as refusal:
        raise Refused(str(refusal)) from refusal
