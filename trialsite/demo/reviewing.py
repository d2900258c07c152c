"""What monitor, data manager and investigator did with the synthetic record so far, through the services of review."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import cycle

from django.db import connection
from django.utils import translation

from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook import projections
from trialsite.casebook.form_types import form_type
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.items import values_of
from trialsite.casebook.models import Subject
from trialsite.casebook.reasons import ChangeReason
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import OpenSlot, Slot
from trialsite.casebook.states import HoldKind, SubjectState
from trialsite.review.contents import content_of
from trialsite.review.models import Meaning
from trialsite.review.queries import open_query, take_query_step
from trialsite.review.signatures import Ceremony, sign_visit, visit_to_sign
from trialsite.review.verification import items_to_verify, verify_items
from trialsite.studies.models import Study

from .accounts import demo_password, staff_of
from .deviating import REPORTS, Reported, deviate, keep_consent_texts
from .pasting import paste
from .stories.measured import quantity

SCREENING = "SCR"
VERIFIED = ("ICF", "DM", "DX")
EACH_VERIFIED, EACH_ASKED, EACH_SIGNED = 2, 5, 4  # every second enrolled subject, every fifth …
FROZEN_SUBJECTS = 2
PASTED = (1, 4)  # whose laboratory reports were pasted, by their number among the enrolled


@dataclass(frozen=True)
class Asked:
    """A query of the monitor, and how far it came: the site's answer, whether it was closed."""

    form: str
    item: str
    text: str
    answer: str = ""
    closed: bool = False


QUERIES = (
    Asked("VS", "weight", "The ward chart has another weight on this day. Which one is right?"),
    Asked(
        "DX",
        "",
        "Please file the report of the central review.",
        "The report was filed today behind the diagnosis.",
    ),
    Asked("ICF", "", "The page with the date is hard to read in the scan.", "Scanned again.", closed=True),
    Asked(
        "HEM",
        "",
        "No time of the sample on the report. Drawn before the first dose? 报告单无采样时间，是否在首次给药前采集？",
    ),
    Asked("PE", "performed_on", "Was the examination on the day of the vital signs?", "Yes, in the morning."),
)


@dataclass(frozen=True)
class Reviewers:
    """Who looks at a site's record."""

    monitor: User
    manager: User
    coordinator: User
    investigator: User


Task = Callable[[Subject, Reviewers], None]


def review_study(study: Study, people: Mapping[str, User]) -> None:
    """Verify, ask, sign, correct and freeze a part of what stands, the same part each time."""
    with acting(user=people["data.manager"]):
        found = Subject.objects.filter(study=study).select_related("study", "site", "protocol_version")
        subjects = list(found.order_by("screening_number"))
    enrolled = [one for one in subjects if one.state == SubjectState.ENROLLED]
    failed = [one for one in subjects if one.state == SubjectState.SCREEN_FAILED]
    questions = cycle(QUERIES)
    for number, subject in enumerate(enrolled):
        tasks: list[Task] = []
        if number % EACH_VERIFIED == 0:
            tasks.append(verify)
        if number % EACH_SIGNED == 0:
            tasks.append(sign)
        if number == 0:
            tasks.append(correct)  # what was signed: the signature goes stale
        if number % EACH_ASKED == 0:
            tasks.append(partial(ask, asked=next(questions)))
        if number < len(REPORTS):
            tasks.append(partial(report, told=REPORTS[number]))
        if number in PASTED:
            tasks.append(paste_report)
        look_at(subject, people, tasks)
    keep_consent_texts(study, subjects, people)
    for subject in failed[:FROZEN_SUBJECTS]:
        look_at(subject, people, [freeze])


def look_at(subject: Subject, people: Mapping[str, User], tasks: Iterable[Task]) -> None:
    """Do some of this with one subject, in one transaction."""
    reviewers = Reviewers(
        people["monitor"], people["data.manager"], *staff_of(subject.site.key, dict(people))
    )
    with translation.override("en"), acting(user=reviewers.monitor, reason=""):
        for task in tasks:
            task(subject, reviewers)
        projections.refresh(subject)
        connection.run_on_commit.clear()  # the projections are derived: no worker has to do it again


def opened(subject: Subject, form: str) -> OpenSlot | None:
    """A form of the screening visit, where it was entered."""
    kind = form_type(form, subject)
    if kind is None:
        return None
    found = open_slot(Slot(subject.pk, SCREENING, form), subject, kind)
    return found if found.record is not None else None


def verify(subject: Subject, by: Reviewers) -> None:
    """Compare what the plan asks for with the source."""
    for form in VERIFIED:
        there = opened(subject, form)
        items = items_to_verify(there, content_of(there.kind, there.record)) if there else []
        if there and items:
            verify_items(opened=there, items=items, by=by.monitor)


def ask(subject: Subject, by: Reviewers, asked: Asked) -> None:
    slot = Slot(subject.pk, SCREENING, asked.form)
    query = open_query(slot=slot, item=asked.item, text=asked.text, by=by.monitor)
    if asked.answer:
        with acting(user=by.coordinator):
            take_query_step(query_id=query.pk, action="answer", text=asked.answer, by=by.coordinator)
    if asked.closed:
        with acting(user=by.manager):
            take_query_step(query_id=query.pk, action="close", by=by.manager)


def report(subject: Subject, by: Reviewers, told: Reported) -> None:
    deviate(subject, told, by.coordinator, by.monitor)


def paste_report(subject: Subject, by: Reviewers) -> None:
    paste(subject, by.coordinator)


def sign(subject: Subject, by: Reviewers) -> None:
    """Sign the screening visit."""
    with acting(user=by.investigator):
        what = visit_to_sign(subject, SCREENING, 1)
        told = Ceremony(Meaning.REVIEWED, by.investigator.username, demo_password(), content_hash=what.digest)
        sign_visit(subject_id=subject.pk, key=SCREENING, repeat=1, told=told, by=by.investigator)


def correct(subject: Subject, by: Reviewers) -> None:
    """Put a typing error right: the pulse of the screening visit."""
    there = opened(subject, "VS")
    if there is None or not there.record.pulse:
        return
    values = values_of(there.record)
    values["pulse"] = quantity("pulse", values["pulse"].value + 2)
    with acting(user=by.coordinator, reason=ChangeReason.TYPING.value):
        submit_form(
            slot=there.slot,
            values=values,
            base_version=there.record.version,
            by=by.coordinator,
            reason=ChangeReason.TYPING.value,
        )


def freeze(subject: Subject, by: Reviewers) -> None:
    with acting(user=by.manager):
        place_hold(
            place=Place.of_subject(subject), kind=HoldKind.FREEZE, by=by.manager, reason="screening cleaned"
        )
