"""Reading the versions of protocols, as far as a user's roles open them."""

from collections.abc import Sequence
from dataclasses import dataclass

import yaml
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404

from trialsite.access.models import User
from trialsite.access.permissions import may, require
from trialsite.studies.domain.provenance import to_sign
from trialsite.studies.models import ProtocolVersion, Study
from trialsite.studies.selectors import studies_visible_to

from .activation_lines import InForce, activations_of
from .models import SignOff


@dataclass(frozen=True)
class VersionLine:
    """One version in the list: where it is in force, and who signed its assumptions."""

    version: ProtocolVersion
    places: Sequence[InForce]
    sign_offs: Sequence[SignOff]
    assumptions: int
    before: ProtocolVersion | None  # the version loaded just before


def study_to_read(user: User, key: str) -> Study:
    """The study whose protocol the user may read: by a role in it, or who added a version; 404 for a stranger."""
    study = studies_visible_to(user).filter(key=key).first()
    if study is None:
        study = Study.objects.filter(versions__in=versions_added_by(user), key=key).first()
    if study is None:
        raise Http404
    if not versions_added_by(user).filter(study=study).exists():
        require(user, "protocol.view", study_id=study.pk)
    return study


def versions_added_by(user: User) -> QuerySet[ProtocolVersion]:
    return ProtocolVersion.objects.filter(loaded_by=user)


def reads_whole_study(user: User, study: Study) -> bool:
    """Whether the user reads every version of the study; else only those they added."""
    return may(user, "protocol.view", study_id=study.pk)


def versions_to_read(user: User, study: Study) -> QuerySet[ProtocolVersion]:
    """The versions of the study that the user may read, the newest first."""
    found = study.versions.all() if reads_whole_study(user, study) else study.versions.filter(loaded_by=user)
    return found.select_related("file", "loaded_by", "study").order_by("-loaded_at", "-pk")


def versions_visible_to(user: User) -> QuerySet[ProtocolVersion]:
    """Every version of the studies in which the user has a role, and those they added; the newest first."""
    found = ProtocolVersion.objects.filter(Q(study__in=studies_visible_to(user)) | Q(loaded_by=user))
    return found.select_related("study", "loaded_by").order_by("-loaded_at", "-pk")


def version_or_404(study: Study, number: str, user: User) -> ProtocolVersion:
    found = versions_to_read(user, study).filter(version=number).first()
    if found is None:
        raise Http404
    return found


def version_of_study(study: Study, user: User) -> ProtocolVersion:
    """The version that speaks for the study; for who added some and has no role, the newest of those."""
    if reads_whole_study(user, study):
        return version_or_404(study, study.current_version.version, user)
    return versions_to_read(user, study)[0]


def version_lines(study: Study, user: User) -> list[VersionLine]:
    """The versions of a study, the newest first; four queries, whatever their number."""
    signed = Prefetch("sign_offs", SignOff.objects.select_related("signed_by").order_by("signed_at"))
    versions = list(versions_to_read(user, study).prefetch_related(signed))
    places = activations_of(study)
    return [
        VersionLine(
            one, places.get(one.pk, []), list(one.sign_offs.all()), len(to_sign(one.document)), before
        )
        for one, before in zip(versions, [*versions[1:], None], strict=True)
    ]


def file_text(version: ProtocolVersion) -> str:
    """The file as it was written; one that was loaded without its text, written anew from its content."""
    if version.file.text:
        return version.file.text
    return yaml.safe_dump(version.document, allow_unicode=True, sort_keys=False, width=110)
