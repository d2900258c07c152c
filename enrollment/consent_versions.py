"""Versions of the consent text: recording them and their approvals, and which may be signed where and when."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit.moment import now
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.models import Subject
from trialsite.casebook.reading import read_once
from trialsite.listing import listed
from trialsite.studies.models import ProtocolVersion, Site, Study

from .domain.consent_versions import Approval, in_force, is_in_force, replaced_by
from .models import ConsentApproval, ConsentVersion
from .models.consent_versions import ConsentLanguage


@transaction.atomic
def add_consent_version(
    *,
    study: Study,
    label: str,
    language: str,
    dated_on: date | None,
    protocol_version: ProtocolVersion | None,
    again: bool,
    by: User,
) -> ConsentVersion:
    """Record a version of the consent text of a study; CheckFailed names what is missing or there already."""
    require(by, "consent.version", study_id=study.pk)
    label = label.strip()
    wrong = {}
    if not label or len(label) > 40:
        wrong["label"] = _("Give the version as it stands on the document, with at most 40 characters.")
    elif ConsentVersion.objects.filter(study=study, label=label, language=language).exists():
        wrong["label"] = _("This version is recorded in this language already.")
    if language not in ConsentLanguage.values:
        wrong["language"] = _("Choose the language of the document.")
    if dated_on is None:
        wrong["dated_on"] = _("Enter the date that stands on the document.")
    elif dated_on > now().date():
        wrong["dated_on"] = _("This day has not come yet at the site.")
    if protocol_version is None:
        wrong["protocol_version"] = _("Choose the protocol version that the text belongs to.")
    if wrong:
        raise CheckFailed(wrong)
    assert dated_on is not None
    assert protocol_version is not None
    refuse_identifiers({"label": label})
    return ConsentVersion.objects.create(
        study=study,
        label=label,
        language=language,
        dated_on=dated_on,
        protocol_version=protocol_version,
        again=again,
        recorded_by=by,
    )


@transaction.atomic
def approve_consent_version(
    *, version: ConsentVersion | None, site: Site | None, approved_on: date | None, by: User, reason: str = ""
) -> ConsentApproval:
    """Record from which day a version may be signed at a site; again, with a reason, to put that right.

    Without a day the version is not approved there any more."""
    if version is None or site is None:
        raise CheckFailed(
            {"version": _("Choose the version.")} if version is None else {"site": _("Choose the site.")}
        )
    require(by, "consent.approval", study_id=version.study_id, site_id=site.pk)
    known = [
        one for one in rows_at(version.study_id) if (one.version_id, one.site_id) == (version.pk, site.pk)
    ]
    refuse_impossible_approval(version, site, approved_on, bool(known), reason)
    refuse_identifiers({"reason": reason})
    return ConsentApproval.objects.create(
        study_id=version.study_id,
        site=site,
        version=version,
        approved_on=approved_on,
        reason=reason.strip(),
        recorded_by=by,
    )


def refuse_impossible_approval(
    version: ConsentVersion, site: Site, approved_on: date | None, known: bool, reason: str
) -> None:
    wrong = {}
    if approved_on is None and not known:
        wrong["approved_on"] = _("Enter the day of the approval.")
    elif approved_on and approved_on > now().astimezone(ZoneInfo(site.timezone)).date():
        wrong["approved_on"] = _("This day has not come yet at the site.")
    elif approved_on and approved_on < version.dated_on:
        wrong["approved_on"] = _("This lies before the date of the document (%(day)s).") % {
            "day": version.dated_on
        }
    if known and not reason.strip():
        wrong["reason"] = _("Say why: a change to the record needs a reason.")
    if wrong:
        raise CheckFailed(wrong)


def rows_at(study_id: UUID) -> list[ConsentApproval]:
    """The approvals of a study's versions as they stand: the last row of each version and site."""
    rows = ConsentApproval.objects.filter(study_id=study_id).select_related("version", "recorded_by")
    standing = {(row.version_id, row.site_id): row for row in rows.order_by("recorded_at", "pk")}
    return [row for row in standing.values() if row.approved_on]


def approvals_by_site(study_id: UUID) -> Mapping[UUID, list[Approval]]:
    """Site → the approvals that stand there; {} for a study that keeps no versions."""

    def read() -> dict[UUID, list[Approval]]:
        found: dict[UUID, list[Approval]] = {}
        for row in rows_at(study_id):
            found.setdefault(row.site_id, []).append(approval_of(row))
        return found

    return read_once(("consent approvals", study_id), read)


def approval_of(row: ConsentApproval) -> Approval:
    assert row.approved_on is not None
    version = row.version
    return Approval(version.name, version.language, version.dated_on, row.approved_on, version.again)


def keeps_versions(study_id: UUID) -> bool:
    """Whether a study has a register of consent texts; without one the form's own question counts."""
    return read_once(
        ("consent versions", study_id), lambda: ConsentVersion.objects.filter(study_id=study_id).exists()
    )


def approved_for(subject: Subject, name: str, on: date | None, said: bool | None) -> bool | None:
    """Whether a version could be signed by this subject on a day; where no versions are kept, what the form says."""
    if not keeps_versions(subject.study_id):
        return said
    if on is None:
        return None
    return is_in_force(approvals_by_site(subject.study_id).get(subject.site_id, []), name, on)


def refusal_of_version(subject: Subject, name: str, on: date) -> str:
    """Why a version cannot have been signed at the subject's site on a day; "" where it can."""
    if not keeps_versions(subject.study_id):
        return ""
    approvals = approvals_by_site(subject.study_id).get(subject.site_id, [])
    if is_in_force(approvals, name, on):
        return ""
    newer = replaced_by(approvals, name, on)
    if newer is not None:
        return _(
            "Since %(day)s version %(newer)s is in force at this site: the old one is not signed any more."
        ) % {
            "day": newer.approved_on.isoformat(),
            "newer": newer.name,
        }
    known = listed(one.name for one in in_force(approvals, on).values()) or "–"
    return _("This version was not approved at this site on %(day)s. Approved then: %(known)s.") % {
        "day": on.isoformat(),
        "known": known,
    }


def names_at(subject: Subject) -> list[str]:
    """The versions ever approved at the subject's site, the latest first."""
    found = approvals_by_site(subject.study_id).get(subject.site_id, [])
    return [one.name for one in sorted(found, key=lambda one: one.approved_on, reverse=True)]
