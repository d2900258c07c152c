"""Recognising at screening who was screened before, at any site and in any trial, by hashes that tell nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from trialsite.access.encryption import fingerprints
from trialsite.access.identity import (
    Identity,
    normal_national_id,
    persons_with_hospital_number,
    persons_with_national_id,
)
from trialsite.access.models import Membership, User
from trialsite.audit.events import record_event
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.models import Subject
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.models import Site, Study

from .domain.recognition import Known, Part, Stop, Way, way_on


@dataclass(frozen=True)
class Match:
    """An earlier part of the person. Elsewhere (`subject` None) only the site and whom to ask are told."""

    known: Known
    site: Site
    usubjid: str
    subject: Subject | None = None
    contact: str = ""

    @property
    def words(self) -> str:
        """What may be said of it."""
        if self.subject is None:
            return _(
                "This person is known at another site or in another study: %(site)s. Ask there: %(who)s."
            ) % {
                "site": self.site,
                "who": self.contact or _("the site's principal investigator"),
            }
        return _("%(number)s in %(study)s, %(site)s: %(state)s.") % {
            "number": self.subject.number,
            "study": self.subject.study,
            "site": self.subject.site,
            "state": self.subject.get_state_display(),
        }


class Recognised(CheckFailed):
    """Somebody who is known: nothing was made. `way` is how it may go on, None where it may not."""

    def __init__(self, item: str, sentence: str, matches: Sequence[Match], way: Way | None) -> None:
        super().__init__({item: sentence})
        self.matches, self.way = tuple(matches), way


def recognise(study: Study, site: Site, identity: Identity, by: User) -> list[Match]:
    """Every earlier part of the person that may be told to this reader, the latest first; the look is an event."""
    here = persons_with_national_id(identity.national_id)
    known = persons_with_hospital_number(identity.hospital_number).filter(site=site)
    people = {*here.values_list("pk", flat=True), *known.values_list("pk", flat=True)}
    subjects = Subject.objects.filter(person__in=people).select_related("study", "site", "protocol_version")
    own = [match_here(subject, study) for subject in subjects.order_by("-screened_on", "-screening_number")]
    found = own + matches_elsewhere(study, site, identity)
    if found:
        record_event(
            kind="identity.recognised",
            user_id=by.pk,
            study=str(study.pk),
            site=str(site.pk),
            subjects=[str(one.subject.pk) for one in own if one.subject],
            elsewhere=[str(one.site.pk) for one in found if one.subject is None],
        )
    return found


def match_here(subject: Subject, study: Study) -> Match:
    known = Known(subject.study_id == study.pk, Part.of(subject.state), here=True)
    return Match(known, subject.site, subject.usubjid, subject)


def matches_elsewhere(study: Study, site: Site, identity: Identity) -> list[Match]:
    """Parts at places that this reader's roles do not open, by the database's own function."""
    number = normal_national_id(identity.national_id)
    if not number:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT study_id, site_id, state, usubjid FROM enrolment_known_elsewhere(%s, %s, %s)",
            [fingerprints(number), study.pk, site.pk],
        )
        rows = cursor.fetchall()
    sites = Site.objects.in_bulk([row[1] for row in rows])
    contacts = principals_of(rows)
    return [
        Match(
            Known(study_id == study.pk, Part.of(state), here=False),
            sites[site_id],
            usubjid,
            contact=contacts.get((study_id, site_id), ""),
        )
        for study_id, site_id, state, usubjid in rows
    ]


def principals_of(rows: Sequence[Any]) -> dict[tuple[UUID | None, UUID | None], str]:
    """Who leads each place."""
    found = Membership.objects.filter(
        principal=True, ended_at=None, study__in={row[0] for row in rows}, site__in={row[1] for row in rows}
    ).select_related("user")
    return {(one.study_id, one.site_id): str(one.user) for one in found}


def settle(
    matches: Sequence[Match], protocol: Protocol, known_as: str, previous: Subject | None
) -> tuple[Subject | None, str]:
    """The earlier subject and the USUBJID that go on with a person; Recognised until that is said, or where it may not.

    `known_as` is what whoever screens says on seeing the matches, a Way; naming the earlier subject says it too.
    """
    if not matches:
        return previous, previous.usubjid if previous else ""
    rule = protocol.other_trials
    way = way_on([one.known for one in matches], running_allowed=rule.running, ended_allowed=rule.ended)
    named = Way.RESCREENING if previous else known_as
    if isinstance(way, Stop) or named != way:
        item = "hospital_number" if all(one.subject for one in matches) else "national_id"
        raise Recognised(item, sentence_of(way, matches), matches, None if isinstance(way, Stop) else way)
    if previous is None:
        again = [one.subject for one in matches if one.subject and one.known.same_study]
        previous = again[0] if again else None
    return previous, previous.usubjid if previous else matches[-1].usubjid


def sentence_of(way: Way | Stop, matches: Sequence[Match]) -> str:
    """What the finding means, in one sentence."""
    own = [one for one in matches if one.known.same_study] or list(matches)
    what = own[0].words
    return {
        Stop.IN_THIS_STUDY: _("This person takes part in this study already. %(what)s"),
        Stop.OTHER_TRIAL_RUNS: _("The protocol excludes whoever takes part in another trial. %(what)s"),
        Stop.OTHER_TRIAL_ENDED: _("The protocol excludes whoever took part in another trial. %(what)s"),
        Way.RESCREENING: _(
            "This person was screened for this study before. %(what)s Say below how to go on."
        ),
        Way.OTHER_TRIAL: _("This person is known from another trial. %(what)s Say below how to go on."),
    }[way] % {"what": what}
