"""The files of a data cut: made, kept with their digests, opened by those who may."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import grants_of
from trialsite.audit.events import record_event
from trialsite.release import release

from ..domain.cut_rows import COURSES, DEVIATIONS, ENDPOINTS, EVENTS, written
from ..models import DataCut, DataCutContent, DataCutFile
from ..study_reading import sees_arms
from .derivation import Derived
from .figures import as_json, figures_of

CSV, JSON = "text/csv", "application/json"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Made:
    """A file as it was made. `closed`: it tells arms apart; `of_subjects`: it has a line a subject."""

    content: bytes
    media_type: str
    closed: bool = False
    of_subjects: bool = False

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def data_files(found: Derived) -> dict[str, Made]:
    """Name → file of everything that is derived."""
    arms = len(found.protocol.arms) > 1
    made = {
        "endpoints.csv": Made(written(ENDPOINTS, found.endpoints), CSV, of_subjects=True),
        "subjects.csv": Made(written(COURSES, found.courses), CSV, closed=arms, of_subjects=True),
        "adverse-events.csv": Made(written(EVENTS, found.events), CSV, of_subjects=True),
        "deviations.csv": Made(written(DEVIATIONS, found.deviations), CSV, of_subjects=True),
        "figures.json": Made(as_json(figures_of(found.protocol, found.counted, by_arm=False)), JSON),
    }
    if arms:
        by_arm = as_json(figures_of(found.protocol, found.counted, by_arm=True))
        made["figures-by-arm.json"] = Made(by_arm, JSON, closed=True)
    return made


def manifest_of(cut: DataCut, found: Derived, files: Mapping[str, Made]) -> Made:
    """What the cut is, and the digest of each of its files."""
    content = {
        "study": cut.study.key,
        "name": cut.name,
        "cut_off": cut.cut_off.isoformat(),
        "taken_at": cut.taken_at.isoformat(),
        "release": release(),
        "heads": {"chains": len(cut.heads), "sha256": cut.heads_digest},
        "protocol_versions": cut.versions,
        "subjects": {"listed": len(found.courses), "left_out_use_of_data_withdrawn": found.left_out},
        "files": {name: {"sha256": one.sha256, "size": len(one.content)} for name, one in files.items()},
    }
    return Made(as_json(content), JSON)


def keep(cut: DataCut, name: str, made: Made) -> DataCutFile:
    """Keep a file of a cut with its digest."""
    kept = DataCutFile.objects.create(
        study_id=cut.study_id,
        cut=cut,
        name=name,
        media_type=made.media_type,
        closed=made.closed,
        of_subjects=made.of_subjects,
        size=len(made.content),
        sha256=made.sha256,
        release=release(),
    )
    DataCutContent.objects.create(file=kept, study_id=cut.study_id, closed=made.closed, content=made.content)
    return kept


def content_of(file: DataCutFile) -> bytes:
    """The bytes of a file as they were kept. Raises ValueError where they are not what the trail says."""
    content = bytes(DataCutContent.objects.get(pk=file.pk).content)
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise ValueError(f"The file {file.name} of the data cut {file.cut_id} is not what was kept.")
    return content


def may_open(user: User, file: DataCutFile) -> bool:
    """Whether the user may open a file: by arm, who sees arms; of subjects, who exports the whole study."""
    if file.closed and not sees_arms(user, file.cut.study):
        return False
    grants = grants_of(user)
    if file.of_subjects:
        return grants.allows("export.run", file.study_id, None)
    return grants.somewhere("figures.view", file.study_id)


def open_file(file: DataCutFile, by: User) -> bytes:
    """The content of a file for a reader, which is an event of the audit."""
    if not may_open(by, file):
        raise PermissionDenied(_("None of your roles opens this file."))
    content = content_of(file)
    details: dict[str, Any] = {"cut": str(file.cut_id), "file": file.name, "sha256": file.sha256}
    record_event(kind="export.cut", user_id=by.pk, **details)
    return content
