"""Consent texts and deviations of the synthetic record: two versions in one study, and what was decided on reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import translation

from enrollment.consent_versions import add_consent_version, approvals_by_site, approve_consent_version
from enrollment.domain.consent_versions import in_force
from treatment.deviation_rules.drafts import draft_deviations_of_all
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.site_day import site_today
from trialsite.deviations.models import Deviation
from trialsite.deviations.services import decide_deviation, report_deviation
from trialsite.deviations.states import DeviationState
from trialsite.studies.domain.deviation_plan import DOSE
from trialsite.studies.models import Study, StudySite

from .stories.screening_forms import CONSENT_TEXT

WITH_CONSENT_TEXTS = "BLINA-VEN"
FIRST_TEXT = date(2020, 1, 2), date(2020, 2, 3)  # dated, approved: before any story begins


@dataclass(frozen=True)
class Reported:
    """A deviation that the site reported, and the step that was taken with it ("" leaves the draft)."""

    kind: str
    weight: str
    words: str
    step: str = ""
    reason: str = ""


REPORTS = (
    Reported("visit", "minor", "The marrow was drawn four days after the window.", "accept"),
    Reported("other", "minor", "The diary was lost.", "reject", "No diary is asked for by this protocol."),
    Reported("treatment", "minor", "Two doses of dexamethasone were left out.", "reclass", "It is a dose."),
    Reported("visit", "minor", "The blood count of day 15 was not done."),
)


DECISIONS = (
    ("accept", ""),
    ("reject", "Left out for toxicity, as the chart says: no departure."),
)  # others stay drafts


def deviate(subject: Subject, told: Reported, coordinator: User, monitor: User) -> None:
    """The site reports a deviation of a subject; the monitor decides on it, or has not come to it yet."""
    with acting(user=coordinator):
        found = report_deviation(
            subject=subject,
            kind=told.kind,
            weight=told.weight,
            evidence=told.words,
            occurred_on=subject.enrolled_on or subject.screened_on,
            by=coordinator,
        )
    if told.step:
        decide_deviation(
            deviation_id=found.pk, action=told.step, weight="major", reason=told.reason, by=monitor
        )


def decide_on_drafts(study: Study, people: Mapping[str, User]) -> None:
    """Draft what the rules find; of the doses the monitor accepts the first and rejects the second."""
    draft_deviations_of_all(study)
    monitor = people["monitor"]
    with translation.override("en"), acting(user=monitor, reason=""):
        doses = Deviation.objects.filter(study=study, rule=DOSE, state=DeviationState.DRAFT)
        for found, (action, reason) in zip(doses.order_by("occurred_on", "pk"), DECISIONS, strict=False):
            decide_deviation(deviation_id=found.pk, action=action, reason=reason, by=monitor)
        bring_up_to_date(Subject.objects.filter(study=study))


def keep_consent_texts(study: Study, subjects: Sequence[Subject], people: Mapping[str, User]) -> None:
    """Record the text that everybody signed and, from today on, a newer one that ongoing subjects sign again."""
    if study.key != WITH_CONSENT_TEXTS or not subjects or study.consent_versions.exists():  # type: ignore[attr-defined]
        return
    today = min(site_today(one) for one in subjects)
    if any(one.screened_on >= today for one in subjects):
        return
    keep_text(study, CONSENT_TEXT.removesuffix(" (zh)"), *FIRST_TEXT, people["data.manager"])
    keep_text(study, "V3.0", today - timedelta(days=20), today, people["data.manager"])


def text_to_sign(subject: Subject, on: date) -> str:
    """The text in force at the subject's site on a day; the one of all stories where no texts are kept."""
    approvals = approvals_by_site(subject.study_id).get(subject.site_id, [])
    standing = in_force(approvals, on).get("zh")
    return standing.name if standing else CONSENT_TEXT


def keep_text(study: Study, label: str, dated_on: date, approved_on: date, by: User) -> None:
    with acting(user=by, reason=""):
        version = add_consent_version(
            study=study,
            label=label,
            language="zh",
            dated_on=dated_on,
            protocol_version=study.current_version,
            again=True,
            by=by,
        )
        for place in StudySite.objects.filter(study=study).select_related("site"):
            approve_consent_version(version=version, site=place.site, approved_on=approved_on, by=by)
