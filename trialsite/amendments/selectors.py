"""Reading the versions of protocols, as far as a user's roles open them."""

from collections.abc import Sequence
from dataclasses import dataclass

import yaml
from django.db.models import Prefetch, QuerySet
from django.http import Http404

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.studies.domain.provenance import to_sign
from trialsite.studies.models import ProtocolVersion, Study
from trialsite.studies.selectors import studies_visible_to, study_or_404

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
    """The study whose protocol the user may read; 404 for a stranger."""
    study = study_or_404(user, key)
    require(user, "protocol.view", study_id=study.pk)
    return study


def versions_visible_to(user: User) -> QuerySet[ProtocolVersion]:
    """Every version of the studies in which the user has a role, the newest first."""
    found = ProtocolVersion.objects.filter(study__in=studies_visible_to(user))
    return found.select_related("study", "loaded_by").order_by("-loaded_at", "-pk")


def version_or_404(study: Study, number: str) -> ProtocolVersion:
    found = study.versions.select_related("file", "loaded_by", "study").filter(version=number).first()
    if found is None:
        raise Http404
    return found


def version_lines(study: Study) -> list[VersionLine]:
    """The versions of a study, the newest first; four queries, whatever their number."""
    signed = Prefetch("sign_offs", SignOff.objects.select_related("signed_by").order_by("signed_at"))
    found = study.versions.select_related("file", "loaded_by").prefetch_related(signed)
    versions = list(found.order_by("-loaded_at", "-pk"))
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
