"""Pre-screening: one person against every trial that recruits at the site, and the log of it that names nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import may, require
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.site_day import today_at
from trialsite.keys import new_id
from trialsite.studies.models import Site, StudySite

from .domain.eligibility import assess_eligibility
from .domain.prescreening import Look, facts_of_answers
from .models import AgeBand, PreOutcome, PreReason, PreScreening

REFUSALS = [one for one in PreReason if one.name.startswith("REFUSES_")]
OTHERS = [one for one in PreReason if one not in REFUSALS]


@dataclass(frozen=True)
class TrialLook:
    """One trial of the site with what the values say for it."""

    place: StudySite
    look: Look

    @property
    def key(self) -> str:
        return self.place.study.key


def sites_to_prescreen(user: User) -> list[Site]:
    """The sites at which this user may screen, each once."""
    places = StudySite.objects.select_related("site").order_by("site__key")
    open_to = [
        one for one in places if may(user, "subject.screen", study_id=one.study_id, site_id=one.site_id)
    ]
    return list({one.site_id: one.site for one in open_to}.values())


def look_at_trials(site: Site, answers: Mapping[str, object], on: date, user: User) -> list[TrialLook]:
    """Every trial that recruits at the site on that day and in which this user screens, looked at with the values."""
    facts = facts_of_answers(answers, on)
    places = StudySite.objects.filter(site=site, activated_on__lte=on, study__locked_at=None)
    found = []
    for place in places.select_related("study", "site", "protocol_version").order_by("study__key"):
        if may(user, "subject.screen", study_id=place.study_id, site_id=place.site_id):
            dossier = assess_eligibility(place.protocol_version.protocol.criteria, facts, on)
            found.append(TrialLook(place, Look.of(dossier)))
    return found


@dataclass(frozen=True)
class Said:
    """What came of one trial, as it is recorded."""

    outcome: str
    reason: str = ""


def record_prescreening(
    *,
    site: Site,
    assessed_on: date,
    answers: Mapping[str, object],
    sex: str = "",
    said: Mapping[str, Said],
    by: User,
) -> list[PreScreening]:
    """Keep one look at one person: a line for each trial with its outcome, and nothing that tells who it was.

    `said` maps study key to outcome; a trial that criteria speak against is recorded as not eligible, whatever is said.
    Raises CheckFailed at "said-<study key>" where a refusal or another outcome has no reason.
    """
    if assessed_on > today_at(site):
        raise CheckFailed({"assessed_on": _("This day has not come yet at the site.")})
    looks = look_at_trials(site, answers, assessed_on, by)
    if not looks:
        raise Refused(_("No trial recruits at this site on that day."))
    outcomes = {one.key: outcome_of(one, said.get(one.key)) for one in looks}
    refuse_without_reason(outcomes)
    person, years = new_id(), answers.get("age_years")
    rows = []
    for one in looks:
        require(by, "subject.screen", study_id=one.place.study_id, site_id=site.pk)
        rows.append(
            PreScreening(
                study_id=one.place.study_id,
                site=site,
                person_key=person,
                protocol_version=one.place.protocol_version,
                assessed_on=assessed_on,
                age_band=AgeBand.of(years if isinstance(years, int) else None),
                sex=sex,
                outcome=outcomes[one.key].outcome,
                reason=outcomes[one.key].reason,
                against=[line.id for line in one.look.against],
                unknown=len(one.look.unknown),
                recorded_at=timezone.now(),
                recorded_by=by,
            )
        )
    return PreScreening.objects.bulk_create(rows)


def outcome_of(one: TrialLook, said: Said | None) -> Said:
    """The outcome of a trial: what was said, where nothing stands against it."""
    if not one.look.promising:
        return Said(PreOutcome.NOT_ELIGIBLE)
    said = said or Said(PreOutcome.PROMISING)
    keeps = said.outcome in (PreOutcome.REFUSED, PreOutcome.OTHER)
    return Said(said.outcome, said.reason if keeps else "")


def refuse_without_reason(outcomes: Mapping[str, Said]) -> None:
    fitting: dict[str, Sequence[str]] = {PreOutcome.REFUSED: REFUSALS, PreOutcome.OTHER: OTHERS}
    wrong = {
        f"said-{key}": _("Choose a reason that goes with the outcome.")
        for key, said in outcomes.items()
        if said.outcome in fitting and said.reason not in fitting[said.outcome]
    }
    wrong |= {
        f"said-{key}": _("Choose what came of it.")
        for key, said in outcomes.items()
        if said.outcome not in PreOutcome.values
    }
    if wrong:
        raise CheckFailed(wrong)


def mark_screened(line: PreScreening, subject: Subject) -> None:
    """Join a promising line to who was screened from it; the line itself still tells nobody's name."""
    line = PreScreening.objects.select_for_update().get(pk=line.pk)
    if line.outcome != PreOutcome.PROMISING or line.subject_id is not None:
        raise Refused(_("Nobody can be screened from this line of the pre-screening log any more."))
    if (line.study_id, line.site_id) != (subject.study_id, subject.site_id):
        raise Refused(_("This line of the pre-screening log belongs to another study or site."))
    line.subject = subject
    line.save(update_fields=["subject"])


# Reading


def prescreening_log(user: User, asked: Mapping[str, str]) -> QuerySet[PreScreening]:
    """The log at the reader's sites, the latest first, narrowed by study, site, outcome, reason and criterion."""
    columns = {
        "study": "study__key",
        "site": "site__key",
        "outcome": "outcome",
        "reason": "reason",
        "criterion": "against__contains",
    }
    narrowed = Q()
    for name, column in columns.items():
        if asked.get(name):
            narrowed &= Q(**{column: [asked[name]] if name == "criterion" else asked[name]})
    rows = PreScreening.objects.visible_to(user).filter(narrowed)
    related = ("study", "site", "subject", "protocol_version")
    return rows.select_related(*related).order_by("-assessed_on", "-recorded_at", "pk")


def promising_line(user: User, line_id: UUID) -> PreScreening | None:
    """A line from which this user may screen."""
    line = PreScreening.objects.visible_to(user).filter(pk=line_id, outcome=PreOutcome.PROMISING).first()
    here: dict[str, Any] = {"study_id": line.study_id, "site_id": line.site_id} if line else {}
    return line if line and line.subject_id is None and may(user, "subject.screen", **here) else None
