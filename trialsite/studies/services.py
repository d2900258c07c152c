"""Loading protocols and opening sites: every write."""

from datetime import date
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from trialsite.access.models import User

from .domain.digest import digest
from .domain.protocol import Protocol
from .models import Activation, ProtocolFile, ProtocolVersion, Site, Study, StudySite

PROTOCOLS = Path(__file__).parent / "protocols"


class ProtocolRefused(Exception):
    """A protocol version that cannot be loaded; the message says why."""


def load_protocol(
    *, document: dict[str, Any], text: str = "", by: User | None
) -> tuple[ProtocolVersion, bool]:
    """Store a checked protocol document as an immutable version; the same document again changes nothing.

    `text` is the file that holds the document. Returns the version and whether it is new. Raises ProtocolRefused when
    another document already has this version.
    """
    study, _created = Study.objects.get_or_create(key=document["key"])
    fingerprint = digest(document)
    known = study.versions.filter(version=document["version"]).first()
    if known is not None:
        if known.digest == fingerprint:
            return known, False
        raise ProtocolRefused(
            _(
                "%(study)s %(version)s is loaded already with other content. A change needs a new version number."
            )
            % {"study": study.key, "version": document["version"]}
        )
    version = ProtocolVersion.objects.create(
        study=study, version=document["version"], digest=fingerprint, loaded_by=by
    )
    ProtocolFile.objects.create(study=study, version=version, content=document, text=text)
    return version, True


def open_planned_sites(*, version: ProtocolVersion, on: date, by: User | None) -> list[StudySite]:
    """Activate the sites that the protocol file names, on a day, under this version."""
    protocol: Protocol = version.protocol
    opened = []
    for planned in protocol.sites:
        site, _created = Site.objects.get_or_create(
            key=planned.key,
            defaults={
                "name_en": planned.name.en,
                "name_zh": planned.name.zh,
                "timezone": planned.timezone,
            },
        )
        place, new = StudySite.objects.get_or_create(
            study=version.study,
            site=site,
            defaults={"protocol_version": version, "activated_on": on, "planned": planned.planned},
        )
        if new:
            keep_first_activation(place)
        opened.append(place)
    return opened


def keep_first_activation(place: StudySite) -> None:
    """Note that a site was opened under the version it runs, where no activation says so yet."""
    here = {"study_id": place.study_id, "site_id": place.site_id}
    if not Activation.objects.filter(**here).exists():
        Activation.objects.create(
            **here,
            version_id=place.protocol_version_id,
            approved_on=place.activated_on,
            in_force_from=place.activated_on,
        )
