"""Reading which part of the casebook a form of a page speaks of."""

from collections.abc import Mapping
from uuid import UUID

from django.http import Http404

from trialsite.access.models import User
from trialsite.casebook.holds import Place
from trialsite.casebook.selectors import subject_or_404
from trialsite.casebook.slots import Slot, parsed
from trialsite.studies.models import Site
from trialsite.studies.selectors import sites_visible_to, study_or_404


def place_or_404(user: User, told: Mapping[str, str]) -> Place:
    """The place that `subject` (with `visit` and `form` as addresses write them) or `study` (with `site`) names."""
    if told.get("subject"):
        return place_of_subject(user, told)
    study = study_or_404(user, told.get("study", ""))
    site: Site | None = None
    if told.get("site"):
        site = sites_visible_to(user, study).filter(key=told["site"]).first()
        if site is None:
            raise Http404
    return Place(study.pk, site.pk if site else None)


def place_of_subject(user: User, told: Mapping[str, str]) -> Place:
    try:
        subject = subject_or_404(user, UUID(told["subject"]))
    except ValueError as error:
        raise Http404 from error
    if not told.get("visit"):
        return Place.of_subject(subject)
    visit = parsed(told["visit"])
    if visit is None:
        raise Http404
    if not told.get("form"):
        return Place.of_visit(subject, *visit)
    slot = Slot.parse(subject.pk, told["visit"], told["form"])
    if slot is None:
        raise Http404
    return Place.of_slot(subject, slot)
