"""Reading studies and protocols."""

from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.http import Http404

from trialsite.access.models import User
from trialsite.access.permissions import grants_of, may, refuse_page

from .domain.protocol import Protocol
from .models import Activation, Site, Study, StudySite

if TYPE_CHECKING:
    from .models import ProtocolVersion

_protocols: dict[str, Protocol] = {}


def protocol_of(version: "ProtocolVersion") -> Protocol:
    """The protocol of a loaded version; built once a process, since a version never changes."""
    if version.digest not in _protocols:
        _protocols[version.digest] = Protocol.from_document(version.document)
    return _protocols[version.digest]


def studies_visible_to(user: User) -> QuerySet[Study]:
    """The studies in which the user has a role."""
    ids = {study for study, _site, _role in grants_of(user).rows if study}
    return Study.objects.filter(pk__in=ids)


def study_or_404(user: User, key: str) -> Study:
    """The study, if the user has a role in it; a stranger does not learn that it exists."""
    study = studies_visible_to(user).filter(key=key).first()
    if study is None:
        raise Http404
    return study


def study_open_to(user: User, key: str, action: str) -> Study:
    """The same for a page: refused where the user may not take the action in the whole study."""
    study = study_or_404(user, key)
    if not may(user, action, study_id=study.pk):
        refuse_page()
    return study


def sites_visible_to(user: User, study: Study) -> QuerySet[Site]:
    """The sites of a study that the user's memberships open."""
    rows = [site for study_id, site, _role in grants_of(user).rows if study_id == study.pk]
    sites = Site.objects.filter(study_sites__study=study)
    return sites if None in rows else sites.filter(pk__in=[site for site in rows if site])


def places_visible_to(user: User) -> QuerySet[Site]:
    """The sites of all studies that the user's memberships open, by key."""
    rows = [(study, site) for study, site, _role in grants_of(user).rows if study]
    whole = [study for study, site in rows if site is None]
    single = [site for _study, site in rows if site]
    return Site.objects.filter(Q(study_sites__study__in=whole) | Q(pk__in=single)).distinct().order_by("key")


def study_site(*, study: Study, site: Site) -> StudySite:
    return StudySite.objects.select_related("protocol_version").get(study=study, site=site)


def version_in_force(*, study: Study, site: Site, on: date) -> "ProtocolVersion | None":
    """The protocol version under which a site works on a day: of those that came into force by then, the last.

    None before the first. A site opened before activations were kept runs the version with which it was opened.
    """
    activations = Activation.objects.filter(study=study, site=site).select_related("version")
    known = activations.filter(in_force_from__lte=on).order_by("-in_force_from", "-activated_at").first()
    if known is not None:
        return known.version
    if activations.exists():
        return None
    place = StudySite.objects.select_related("protocol_version").filter(study=study, site=site).first()
    return place.protocol_version if place is not None and place.activated_on <= on else None


def studies_with_staff_for(user: User) -> QuerySet[Study]:
    """The studies whose training and delegation logs the user may see: all of them for an administrator."""
    if grants_of(user).allows("staff.view", None, None):
        return Study.objects.all()
    return studies_visible_to(user)
