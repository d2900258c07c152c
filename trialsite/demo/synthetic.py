"""Telling stories to the services: each subject is screened, entered and followed as the staff of its site would do it.

Nothing goes around a service, and the trail shows the instant of entry: today. One transaction a subject.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone, translation

from assessments.laboratory.panels import PANELS
from assessments.visits.plans import derive_visits
from enrollment.models import FailureCode
from enrollment.selectors import list_is_made
from enrollment.services import (
    confirm_eligibility,
    enrol_subject,
    fail_screening,
    randomise_subject,
    screen_subject,
)
from trialsite.access.models import User
from trialsite.access.permissions import may
from trialsite.audit import acting
from trialsite.casebook import projections
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.form_types import form_type
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.services import record_missed_visit, submit_form
from trialsite.casebook.slots import Slot
from trialsite.review.contents import content_of
from trialsite.review.verification import verify_items
from trialsite.studies.models import Site, Study

from .accounts import demo_password, staff_of
from .assessing import assess_reports
from .calling import try_in_vain
from .deciding import decide_before
from .deviating import text_to_sign
from .laboratories import as_reported, keep_ranges
from .stories.candidates import REFUSES
from .stories.draws import Draw
from .stories.missed import missed_visits
from .stories.story import Entry, Story
from .stories.telling import story


class StoryRefused(Exception):
    """A service refused a part of a story: the story and the rules disagree."""


@dataclass(frozen=True)
class Staff:
    """Who enters a site's record."""

    coordinator: User
    investigator: User
    monitor: User


def subjects_in(study: Study, user: User) -> int:
    """How many subjects of a study the user can see."""
    with acting(user=user):
        return Subject.objects.visible_to(user).filter(study=study).count()


def tell_stories(
    study: Study, count: int, seed: str, people: Mapping[str, User], today: date | None = None
) -> Iterator[str]:
    """Make `count` subjects of a study; yields the number of each as it is done."""
    on = today or timezone.now().astimezone(ZoneInfo("Asia/Shanghai")).date()
    already = subjects_in(study, people["data.manager"])
    sites = {site.key: site for site in Site.objects.filter(study_sites__study=study)}
    keep_ranges(study, people)
    for number in range(1, count + 1):
        told = story(study.protocol, number, count, f"{seed}+{already}" if already else seed, on)
        yield tell(
            told, study, sites[told.site], Staff(*staff_of(told.site, dict(people)), people["monitor"]), on
        )


def tell(told: Story, study: Study, site: Site, staff: Staff, today: date) -> str:
    """One subject from screening to today, in one transaction."""
    with translation.override("en"), acting(user=staff.coordinator, reason=""):
        subject = screen(told, study, site, staff)
        enter(subject, told.screening, staff)
        if told.failure:
            code = FailureCode.CONSENT if told.obstacle == REFUSES.key else FailureCode.NOT_ELIGIBLE
            fail_screening(subject=subject, reason=told.failure, code=code, by=staff.coordinator)
        elif told.enrolled_on:
            arm = follow(subject, told, staff)
            subject = as_it_stands(subject)
            enter(subject, told.entries.get(arm, ()), staff)
        subject = as_it_stands(subject)
        if subject.arm in told.courses:
            say_what_was_missed(subject, told, today, staff)
            assess_reports(subject, today, staff.coordinator, staff.monitor)
        projections.refresh(subject)
        if try_in_vain(subject, told.number, today, staff.coordinator):
            projections.refresh(subject)
        connection.run_on_commit.clear()  # the projections are derived: no worker has to do it again
    return subject.number


def as_it_stands(subject: Subject) -> Subject:
    return Subject.objects.select_related("protocol_version", "study", "site").get(pk=subject.pk)


def screen(told: Story, study: Study, site: Site, staff: Staff) -> Subject:
    person = told.person
    return screen_subject(
        study=study,
        site=site,
        full_name=f"{person.full_name}（虚构）",
        hospital_number=person.hospital_number,
        phone=f"139 0000 {told.number:04d}",
        screened_on=told.screened_on,
        by=staff.coordinator,
    )


def follow(subject: Subject, told: Story, staff: Staff) -> str:
    """Confirm, enrol and, where the trial does, randomise; gives the arm, none when the study is full."""
    assert told.enrolled_on is not None
    with acting(user=staff.investigator):
        confirm_eligibility(
            subject=subject, password=demo_password(), on=told.enrolled_on, by=staff.investigator
        )
    try:
        enrolled = enrol_subject(subject=subject, enrolled_on=told.enrolled_on, by=staff.coordinator)
    except Refused as refusal:
        fail_screening(subject=subject, reason=refusal.sentence, by=staff.coordinator)
        return ""
    if told.randomised and list_is_made(subject.study_id):
        verify_mrd(enrolled, staff)
        return randomise_subject(subject=enrolled, randomised_on=told.enrolled_on, by=staff.coordinator).arm
    return enrolled.arm


def verify_mrd(subject: Subject, staff: Staff) -> None:
    """The monitor compares the MRD report of screening with its source, as the gate of randomisation asks."""
    kind = form_type("MRD", subject)
    assert kind is not None
    with acting(user=staff.monitor):
        opened = open_slot(Slot(subject.pk, "SCR", "MRD"), subject, kind)
        verify_items(opened=opened, items=content_of(kind, opened.record), by=staff.monitor)


def say_what_was_missed(subject: Subject, told: Story, today: date, staff: Staff) -> None:
    """Record the visits of the plan that were not done, as far as the coordinator has come to it."""
    draw = Draw(f"{told.person.hospital_number}:missed")
    for missed in missed_visits(draw, told.courses[subject.arm], derive_visits(subject), today):
        record_missed_visit(
            subject_id=subject.pk,
            key=missed.visit,
            repeat=missed.repeat,
            text=missed.text,
            by=staff.coordinator,
            reason=missed.reason,
        )


def enter(subject: Subject, entries: tuple[Entry, ...], staff: Staff) -> None:
    """Submit forms in their order, each by who enters it at the site."""
    taken: Counter[tuple[str, int, str]] = Counter()
    for entry in entries:
        place = (entry.visit, entry.visit_repeat, entry.form)
        taken[place] += 1
        submit(subject, entry, taken[place], staff)


def submit(subject: Subject, entry: Entry, form_repeat: int, staff: Staff) -> None:
    kind = form_type(entry.form, subject)
    if kind is None:
        raise StoryRefused(f"{subject.study.key} has no form {entry.form}.")
    place = {"study_id": subject.study_id, "site_id": subject.site_id}
    investigator = entry.investigator or not may(staff.coordinator, kind.permission, **place)
    by = staff.investigator if investigator else staff.coordinator
    slot = Slot(subject.pk, entry.visit, entry.form, entry.visit_repeat, form_repeat)
    values = {"performed_on": entry.on, **entry.values}
    if entry.form == "ICF":
        values["text_version"] = text_to_sign(subject, entry.on)
    if entry.form == "CYC":
        decide_before(subject, entry.values["phase"], entry.on, staff.investigator)
    rows = entry.rows
    if entry.form in PANELS and "results" in rows:
        reported, lines = as_reported(subject.site.key, entry.form, rows["results"])
        values, rows = {**reported, **values}, {**rows, "results": lines}
    try:
        if investigator:
            with acting(user=by):
                submit_form(slot=slot, values=values, rows=rows, missing=entry.missing, by=by)
        else:
            submit_form(slot=slot, values=values, rows=rows, missing=entry.missing, by=by)
    except CheckFailed as refusal:
        raise StoryRefused(f"{entry.visit} {entry.form} of {entry.on}: {refusal.messages}") from refusal
