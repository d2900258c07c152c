"""Every way to write, thrown at a casebook that is frozen, locked or signed.

The ways are enumerated: every service that takes `by`, every form that is registered, every address under a subject,
every task. One that is added later fails here until it is tried, or is named as one that does not write the record.
"""

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from assessments.domain.lab_match import Unmatched, Why
from assessments.laboratory.saving import save_draws
from assessments.laboratory.tray import assign_row, dismiss_row, keep_rows
from assessments.laboratory.typed import Column
from assessments.models import Admission, LabTrayRow, LoggedSample, SeriousEvent
from assessments.sae.services import assess_sae, decline_proposal
from assessments.samples.services import draw_sample, ship_samples, take_sample_step
from enrollment.carrying import carry_over, offers_to
from enrollment.disposition import leave_study, return_to_study
from enrollment.screening import fail_screening, screen_subject
from enrollment.services import (
    confirm_eligibility,
    enrol_subject,
    give_back_place,
    hold_place,
    randomise_in_emergency,
    randomise_subject,
    record_mis_randomisation,
)
from tests.architecture.test_urls import SUBJECT_PAGES, address
from tests.cast import PASSWORD, Cast
from tests.integration.enrollment.candidates import (
    SCREENED,
    TODAY,
    confirmed,
    eligible,
    screened,
)
from tests.standing import Standing, standing
from treatment.doses.services import replan_doses
from treatment.models import CycleStart
from treatment.plan.decisions import decide_next_phase
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.guards import protected_models
from trialsite.audit.models import Trail
from trialsite.casebook.added_visits import add_visit
from trialsite.casebook.errors import Refused
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.moves import move_form
from trialsite.casebook.reasons import MoveReason
from trialsite.casebook.registries import forms
from trialsite.casebook.selectors import open_slot, planned_visits, records_of
from trialsite.casebook.services import (
    change_state,
    record_missed_visit,
    submit_form,
    undo_missed_visit,
)
from trialsite.casebook.slots import Slot
from trialsite.celery import app as celery
from trialsite.clinical.quantity import Quantity
from trialsite.deviations.models import Deviation
from trialsite.deviations.services import decide_deviation, draft_deviation, report_deviation
from trialsite.review.contents import content_of, digest_of
from trialsite.review.models import Query, Signature
from trialsite.review.queries import open_query, take_query_step, take_step_for_many
from trialsite.review.signatures import (
    Ceremony,
    Signable,
    casebook_to_sign,
    sign_casebook,
    sign_form,
    sign_visit,
    standing_on,
    visit_to_sign,
)
from trialsite.review.verification import verify_items

ROOMS = (
    "trialsite.casebook",
    "trialsite.review",
    "trialsite.deviations",
    "enrollment",
    "assessments",
    "treatment",
    "outcomes",
    "trialsite.exports",
    "trialsite.imports",
)
VITALS = {"weight": Quantity.parse("70", "kg", "weight")}
SEEN = TODAY - timedelta(days=1)  # a day on which every form can have been done


@pytest.fixture
def cast(standing_crew: Standing, db: None) -> Cast:
    cast: Cast = standing_crew.value()
    return cast


standing_prepared = standing(lambda cast: prepared(cast, eligible(cast)), on="standing_crew")


@pytest.fixture
def subject(standing_prepared: Standing, db: None) -> Subject:
    """Screened and eligible, with vital signs, an open query, and a visit recorded as not done."""
    subject: Subject = standing_prepared.value()
    return subject


def prepared(cast: Cast, subject: Subject) -> Subject:
    with acting(user=cast.coordinator):
        submit_form(slot=vitals(subject), values={"performed_on": SEEN, **VITALS}, by=cast.coordinator)
        first, _second = free_visits(subject)
        record_missed_visit(
            subject_id=subject.pk, key=first[0], repeat=first[1], by=cast.coordinator, reason="UNWELL"
        )
    with acting(user=cast.monitor):
        open_query(slot=vitals(subject), item="weight", text="Which scale?", by=cast.monitor)
    return subject


def vitals(subject: Subject) -> Slot:
    return Slot(subject.pk, "SCR", "VS")


def free_visits(subject: Subject) -> list[tuple[str, int]]:
    """Two planned visits of which nothing was recorded when the subject was prepared."""
    done = {(line.visit_key, line.visit_repeat) for line in records_of(subject)}
    rows = [(row.key, row.repeat) for row in planned_visits(subject)]
    return [row for row in rows if row not in done][:2]


# What must not change


def tables(*stopped: str) -> list[str]:
    """The tables that a hold stops: of "values" alone, or of "review" as well."""
    return [model._meta.db_table for model, protection in protected_models() if protection.held in stopped]


def snapshot(subject: Subject, *stopped: str) -> list[int]:
    """Every change of a subject's rows in those tables so far: PostgreSQL writes each into the trail itself."""
    with acting(role="system"):
        entries = Trail.objects.filter(chain=f"subject:{subject.pk}", table_name__in=tables(*stopped))
        return list(entries.order_by("pk").values_list("pk", flat=True))


def test_what_a_hold_stops_is_in_the_subjects_trail() -> None:
    assert {protection.trail for _model, protection in protected_models() if protection.held} == {"subject"}
    assert len(tables("values", "review")) > 50


STOPPED = {"freeze": ("values",), "lock": ("values", "review")}
HELD_WORD = {"freeze": "frozen", "lock": "locked"}


def places(cast: Cast, subject: Subject, slot: Slot | None) -> Iterator[Place]:
    """Every place that holds a slot, the widest first; without one those that hold the whole subject."""
    yield Place(cast.study.pk)
    yield Place(cast.study.pk, subject.site_id)
    yield Place.of_subject(subject)
    if slot:
        yield Place.of_visit(subject, slot.visit_key, slot.visit_repeat)
        if slot.form_key:
            yield Place.of_slot(subject, slot)


def place_for(cast: Cast, subject: Subject, slot: Slot) -> Place:
    """One place that holds a slot, another for the next form: over all forms every place has its turn.

    Every form is tried at every place by its service; page and API ask that service."""
    found = list(places(cast, subject, slot))
    return found[sorted(forms).index(slot.form_key) % len(found)]


@contextmanager
def undone() -> Iterator[None]:
    """Take back what is done inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def refused_everywhere(
    cast: Cast, subject: Subject, kind: str, slot: Slot | None, by: User, write: Callable[[], Any]
) -> None:
    """`write` is refused by the hold's own sentence at every place that holds it, and leaves no trace."""
    before = snapshot(subject, *STOPPED[kind])
    for place in places(cast, subject, slot):
        with undone():
            with acting(user=cast.data_manager):
                place_hold(place=place, kind=kind, by=cast.data_manager)
            with acting(user=by), pytest.raises(Refused, match=HELD_WORD[kind]):
                write()
            assert snapshot(subject, *STOPPED[kind]) == before


# Every service


@dataclass(frozen=True)
class Write:
    """A service as it would succeed if nothing were held.

    `review`: it goes on where frozen; `at`: the slot it writes to; `make`: another subject than the prepared one;
    `tried`: whether it is shown to succeed where nothing is held (randomisation needs a sealed list)."""

    by: str
    do: Callable[[Cast, Subject, User], Any]
    review: bool = False
    at: Callable[[Subject], Slot] | None = None
    make: Callable[[Cast], Subject] | None = None
    tried: bool = True


def vital_signs(subject: Subject) -> Any:
    return open_slot(vitals(subject), subject, forms["VS"])


def correct(cast: Cast, subject: Subject, by: User) -> Any:
    values = {"performed_on": SEEN, "weight": Quantity.parse("71", "kg", "weight")}
    return submit_form(slot=vitals(subject), values=values, base_version=1, by=by, reason="typing error")


def void(cast: Cast, subject: Subject, by: User) -> Any:
    return change_state(record=vital_signs(subject).record, action="void", by=by, reason="wrong person")


def move(cast: Cast, subject: Subject, by: User) -> Any:
    other = Subject.objects.exclude(pk=subject.pk).get()
    to = vitals(other)
    return move_form(slot=vitals(subject), to=to, base_version=1, by=by, reason=MoveReason.LABEL)


def with_another(cast: Cast) -> Subject:
    eligible(cast)
    return prepared(cast, eligible(cast))


def miss(cast: Cast, subject: Subject, by: User) -> Any:
    key, repeat = free_visits(subject)[1]
    return record_missed_visit(subject_id=subject.pk, key=key, repeat=repeat, by=by, reason="UNWELL")


def undo(cast: Cast, subject: Subject, by: User) -> Any:
    key, repeat = free_visits(subject)[0]
    return undo_missed_visit(subject_id=subject.pk, key=key, repeat=repeat, by=by, reason="it was done")


def the_query(subject: Subject) -> Query:
    return Query.objects.get(subject=subject, item="weight")


def told(by: User, what: Signable) -> Ceremony:
    return Ceremony("reviewed", by.username, PASSWORD, what.digest)


def sign_vitals(cast: Cast, subject: Subject, by: User) -> Any:
    opened = vital_signs(subject)
    what = Signable(subject, content_of(opened.kind, opened.record), opened.record.pk)
    return sign_form(opened=opened, told=told(by, what), by=by)


def sign_screening(cast: Cast, subject: Subject, by: User) -> Any:
    what = visit_to_sign(subject, "SCR", 1)
    return sign_visit(subject_id=subject.pk, key="SCR", repeat=1, told=told(by, what), by=by)


def sign_all(cast: Cast, subject: Subject, by: User) -> Any:
    return sign_casebook(subject_id=subject.pk, told=told(by, casebook_to_sign(subject)), by=by)


def on_treatment(cast: Cast) -> Subject:
    """Enrolled, with a phase begun and its weight corrected, so that doses can be planned anew."""
    subject = confirmed(cast)
    with acting(user=cast.coordinator):
        subject = enrol_subject(subject=subject, enrolled_on=TODAY, by=cast.coordinator)
        phases = subject.protocol_version.protocol.phases
        phase = next(one.key for one in phases if one.regimen)
        slot = Slot(subject.pk, LOG, "CYC")
        values = {
            "performed_on": TODAY,
            "phase": phase,
            **VITALS,
            "height": Quantity.parse("170", "cm", "height"),
        }
        submit_form(slot=slot, values=values, by=cast.coordinator)
        values["weight"] = Quantity.parse("50", "kg", "weight")
        submit_form(slot=slot, values=values, base_version=1, by=cast.coordinator, reason="OTHER: corrected")
    return subject


def decide(cast: Cast, subject: Subject, by: User) -> Any:
    return decide_next_phase(
        subject_id=subject.pk,
        kind="OFF_TREATMENT",
        decided_on=TODAY,
        by=by,
        reason="wish of the subject",
    )


def holding(cast: Cast) -> Subject:
    """In screening, with a place held."""
    subject = prepared(cast, eligible(cast))
    with acting(user=cast.coordinator):
        hold_place(subject=subject, by=cast.coordinator)
    return subject


def replan(cast: Cast, subject: Subject, by: User) -> Any:
    cycle = CycleStart.objects.get(subject=subject)
    return replan_doses(cycle_id=cycle.pk, by=by, reason="weight corrected")


def draft(cast: Cast, subject: Subject, by: User) -> Deviation:
    return draft_deviation(
        subject=subject, kind="consent", rule="a-rule", evidence="It happened.", occurred_on=SEEN, by=by
    )


def report(cast: Cast, subject: Subject, by: User) -> Deviation:
    return report_deviation(
        subject=subject, kind="other", weight="minor", evidence="It happened.", occurred_on=SEEN, by=by
    )


def with_a_deviation(cast: Cast) -> Subject:
    subject = prepared(cast, eligible(cast))
    with acting(user=cast.coordinator):
        draft(cast, subject, cast.coordinator)
    return subject


def accept(cast: Cast, subject: Subject, by: User) -> Deviation:
    found = Deviation.objects.get(subject=subject)
    return decide_deviation(deviation_id=found.pk, action="accept", by=by)


def with_a_serious_event(cast: Cast) -> Subject:
    """With a report of a serious event, and an admission that nobody had planned."""
    subject = prepared(cast, eligible(cast))
    aware = timezone.now() - timedelta(hours=1)
    report = {
        "performed_on": SEEN,
        "event": 1,
        "report_kind": "INITIAL",
        "death": True,
        "site_aware_at": aware,
    }
    admission = {"performed_on": SEEN, "reason": "OTHER", "planned": False}
    with acting(user=cast.coordinator):
        for form, values in (("AE", {"performed_on": SEEN}), ("SAE", report), ("ADM", admission)):
            submit_form(slot=in_log(form)(subject), values=values, by=cast.coordinator)
    return subject


def in_log(form: str) -> Callable[[Subject], Slot]:
    return lambda subject: Slot(subject.pk, LOG, form)


def assess(cast: Cast, subject: Subject, by: User) -> Any:
    report = SeriousEvent.objects.get(subject=subject)
    return assess_sae(sae_id=report.pk, values={"comment": "Seen."}, by=by)


def decline(cast: Cast, subject: Subject, by: User) -> Any:
    stay = Admission.objects.get(subject=subject)
    return decline_proposal(
        admission_id=stay.pk, criterion="hospitalisation", by=by, reason="One night of observation."
    )


def enrolled(cast: Cast) -> Subject:
    subject = confirmed(cast)
    with acting(user=cast.coordinator):
        return enrol_subject(subject=subject, enrolled_on=TODAY, by=cast.coordinator)


def gone(cast: Cast) -> Subject:
    subject = prepared(cast, enrolled(cast))
    with acting(user=cast.coordinator):
        leave(cast, subject, cast.coordinator)
    return subject


def leave(cast: Cast, subject: Subject, by: User) -> Any:
    return leave_study(subject=subject, ended_on=TODAY, by=by, reason="LOST TO FOLLOW-UP")


def screened_again(cast: Cast) -> Subject:
    """Somebody whose earlier screening has an examination that still holds."""
    first = screened(cast)
    with acting(user=cast.coordinator):
        submit_form(slot=Slot(first.pk, "SCR", "PE"), values={"performed_on": SEEN}, by=cast.coordinator)
        failed = fail_screening(subject=first, reason="not eligible", by=cast.coordinator)
        return screen_subject(
            study=cast.study, site=cast.here, full_name="王小明", screened_on=SEEN, previous=failed,
            by=cast.coordinator,
        )  # fmt: skip


def carry(cast: Cast, subject: Subject, by: User) -> Any:
    return carry_over(subject=subject, records=[one.line.id for one in offers_to(subject)], by=by)


DRAWN = timezone.now() - timedelta(days=1)


def draw(cast: Cast, subject: Subject, by: User) -> Any:
    return draw_sample(subject=subject, method="MFC", specimen="PB", drawn_at=DRAWN, by=by)


def with_a_sample(cast: Cast) -> Subject:
    subject = prepared(cast, eligible(cast))
    with acting(user=cast.coordinator):
        draw(cast, subject, cast.coordinator)
    return subject


def receive(cast: Cast, subject: Subject, by: User) -> Any:
    found = LoggedSample.objects.get(subject=subject)
    return take_sample_step(sample_id=found.pk, action="receive", happened_at=timezone.now(), by=by)


def ship(cast: Cast, subject: Subject, by: User) -> Any:
    found = [LoggedSample.objects.get(subject=subject).pk]
    return ship_samples(
        study=cast.study, site=cast.here, sample_ids=found, laboratory="L", sent_at=timezone.now(), by=by
    )


def screening(subject: Subject) -> Slot:
    return Slot(subject.pk, "SCR", "")


def pasted(cast: Cast, subject: Subject, by: User) -> Any:
    row = Unmatched("血清总钙量", "1.15", "mmol/L", "", SEEN, None, Why.NAME)
    return keep_rows(subject=subject, rows=[row], by=by)


def with_a_tray(cast: Cast) -> Subject:
    subject = prepared(cast, eligible(cast))
    with acting(user=cast.coordinator):
        pasted(cast, subject, cast.coordinator)
    return subject


def assign(cast: Cast, subject: Subject, by: User) -> Any:
    return assign_row(row_id=LabTrayRow.objects.get(subject=subject).pk, analyte="calcium", by=by)


def dismiss(cast: Cast, subject: Subject, by: User) -> Any:
    return dismiss_row(row_id=LabTrayRow.objects.get(subject=subject).pk, by=by, reason="not asked for")


def draws(cast: Cast, subject: Subject, by: User) -> Any:
    column = Column({"date": SEEN.isoformat(), "visit": LOG}, {"wbc": "4.1"})
    return save_draws(subject=subject, columns=[column], units={}, by=by)


WRITES = {
    "keep_rows": Write("coordinator", pasted),
    "assign_row": Write("coordinator", assign, make=with_a_tray),
    "dismiss_row": Write("coordinator", dismiss, make=with_a_tray),
    "save_draws": Write("coordinator", draws),
    "submit_form": Write("coordinator", correct, at=vitals),
    "change_state": Write("coordinator", void, at=vitals),
    "move_form": Write("coordinator", move, at=vitals, make=with_another),
    "record_missed_visit": Write("coordinator", miss),
    "undo_missed_visit": Write("coordinator", undo),
    "add_visit": Write(
        "coordinator",
        lambda cast, subject, by: add_visit(
            subject_id=subject.pk, on=TODAY, forms=["VS"], by=by, reason="fever at home"
        ),
    ),
    "fail_screening": Write(
        "coordinator",
        lambda cast, subject, by: fail_screening(subject=subject, reason="CONSENT_WITHDRAWN", by=by),
    ),
    "confirm_eligibility": Write(
        "investigator",
        lambda cast, subject, by: confirm_eligibility(subject=subject, password=PASSWORD, by=by),
    ),
    "enrol_subject": Write(
        "coordinator",
        lambda cast, subject, by: enrol_subject(subject=subject, enrolled_on=TODAY, by=by),
        make=confirmed,
    ),
    "randomise_subject": Write(
        "coordinator",
        lambda cast, subject, by: randomise_subject(subject=subject, randomised_on=TODAY, by=by),
        make=confirmed,
        tried=False,
    ),
    "randomise_in_emergency": Write(
        "investigator",
        lambda cast, subject, by: randomise_in_emergency(
            subject=subject, randomised_on=TODAY, password=PASSWORD, by=by, reason="cannot wait"
        ),
        tried=False,
    ),
    "record_mis_randomisation": Write(
        "coordinator",
        lambda cast, subject, by: record_mis_randomisation(
            subject=subject, kind="INELIGIBLE", found_on=TODAY, by=by, reason="read again"
        ),
        tried=False,
    ),
    "hold_place": Write("coordinator", lambda cast, subject, by: hold_place(subject=subject, by=by)),
    "give_back_place": Write(
        "coordinator", lambda cast, subject, by: give_back_place(subject=subject, by=by), make=holding
    ),
    "leave_study": Write("coordinator", leave, make=enrolled),
    "return_to_study": Write(
        "coordinator",
        lambda cast, subject, by: return_to_study(subject=subject, by=by, reason="found again"),
        make=gone,
    ),
    "carry_over": Write("coordinator", carry, make=screened_again),
    "replan_doses": Write("investigator", replan, make=on_treatment),
    "decide_next_phase": Write("investigator", decide, make=on_treatment),
    "draw_sample": Write("coordinator", draw),
    "take_sample_step": Write("coordinator", receive, make=with_a_sample),
    "ship_samples": Write("coordinator", ship, make=with_a_sample),
    "draft_deviation": Write("coordinator", draft, review=True),
    "report_deviation": Write("coordinator", report, review=True),
    "decide_deviation": Write("monitor", accept, review=True, make=with_a_deviation),
    "assess_sae": Write("data_manager", assess, review=True, at=in_log("SAE"), make=with_a_serious_event),
    "decline_proposal": Write("coordinator", decline, at=in_log("ADM"), make=with_a_serious_event),
    "open_query": Write(
        "monitor",
        lambda cast, subject, by: open_query(slot=vitals(subject), item="height", text="?", by=by),
        review=True,
        at=vitals,
    ),
    "take_query_step": Write(
        "coordinator",
        lambda cast, subject, by: take_query_step(
            query_id=the_query(subject).pk, action="answer", text="The ward's.", by=by
        ),
        review=True,
        at=vitals,
    ),
    "verify_items": Write(
        "monitor",
        lambda cast, subject, by: verify_items(opened=vital_signs(subject), items=["weight"], by=by),
        review=True,
        at=vitals,
    ),
    "sign_form": Write("investigator", sign_vitals, review=True, at=vitals),
    "sign_visit": Write("investigator", sign_screening, review=True, at=vitals),
    "sign_casebook": Write("investigator", sign_all, review=True, at=vitals),
}
ELSEWHERE = {
    "attach_file": "stands beside the values: tried in tests/integration/review/test_attachments.py",
    "void_attachment": "tried there",
    "take_step_for_many": "takes each query's own step: tried below, since it leaves what is refused",
    "keep_drafts": "leaves who is held: tried in tests/integration/treatment/test_deviation_rules.py",
    "screen_subject": "makes a subject that is not there yet: tried below",
    "record_prescreening": "a log of people who are no subjects",
    "ask_transfer": "asks and moves nothing: tried in tests/integration/casebook/test_transfers.py",
    "decide_transfer": "takes holds along and changes no value: tried there",
    "place_hold": "places the hold itself",
    "take_hold_step": "releases the hold itself",
    "lock_slot": "only locks the row for the caller",
    "submit_typed": "what page and API hand to submit_form: tried by both below",
    "ask_about": "open_query after a look at the item: tried by the API below",
    "preview_move": "changes nothing: tried as move_form",
    "save_draft": "a draft is nobody's record",
    "forget_draft": "a draft is nobody's record",
    "forget_name": "the site's names of analytes",
    "save_filter": "one person's filter",
    "forget_filter": "one person's filter",
    "pause_recruitment": "the study's recruitment",
    "resume_recruitment": "the study's recruitment",
    "import_list": "the study's sealed list",
    "add_consent_version": "the study's set-up",
    "approve_consent_version": "the study's set-up",
    "enter_from_paper": "makes a subject: refused at a held site in test_from_paper",
    "import_from_paper": "makes subjects by enter_from_paper and submit_form",
    "name_later": "identity, not the record",
    "sign_paper_facts": "a subject from paper: tried in test_from_paper",
    "record_site_days": "the site's days",
    "withdraw_site_day": "the site's days",
    "open_feed": "one person's feed",
    "close_feed": "one person's feed",
    "record_outage": "the site's outages",
    "withdraw_outage": "the site's outages",
    "record_range": "the site's reference ranges",
    "withdraw_range": "the site's reference ranges",
    "plan_verification": "the study's plan",
    "activate_check": "the study's checks",
    "start_dry_run": "counts only",
    "decide_case": "needs a committee: stopped at every place in tests/integration/outcomes/test_adjudication.py",
    "remember_name": "the site's names of analytes",
    "stage_import": "tries out and keeps nothing: tried in tests/integration/imports",
    "import_file": "stage_import, or a worker's",
    "keep_file": "keeps what a file says, beside the record",
    "take_import_step": "one of the steps below, or a worker's: tried in tests/integration/imports",
    "start_again": "a step that a worker begins anew",
    "stop_import_run": "keeps nothing of what a worker does",
    "cancel": "cancel_import, or what a worker does once it was stopped",
    "stage_again": "tries out and keeps nothing",
    "tell_names": "the site's names of analytes",
    "commit_import": "submits by submit_typed; lines of what is held are rejected: tried there",
    "cancel_import": "deletes what was only staged",
    "reverse_import": "takes back by take_back",
    "take_back": "submit_typed and change_state on what an import entered",
    "take_back_range": "withdraw_range and record_range",
    "take_back_account": "accounts and roles, not the record",
    "enter_typed": "hands to submit_typed",
    "take_cut": "the study's data cuts, which read the record",
    "ask_for_export": "a file, made of what is read",
    "ask_again": "the files of a data cut",
    "record_attempt": "submit_form of CALL, tried as a form; its contact is another",
    "draft_proposal": "a draft is nobody's record",
    "decide_beyond_limit": "needs a course at its limit: tried in treatment/test_anthracyclines_and_intensity",
    "decline_proposal": "tried in assessments/test_adverse_events, where values propose an event",
    "upload_dictionary": "the dictionary, not the record",
    "upload_control": "a historical control, not the record",
    "send_notices": "mail: tried in test_sae_notices",
    "draft_deviations": "the register, by keep_drafts: a locked casebook keeps its own in test_deviation_rules",
    "draft_report": "a draft is nobody's record",
    "draft_from_stay": "a draft is nobody's record",
    "declare_limits": "the study's laboratories",
    "withdraw_declaration": "the study's laboratories",
}


def services() -> set[str]:
    """Every function of the rooms that takes `by` by keyword only: what may write."""
    found = set()
    for room in ROOMS:
        for module in pkgutil.walk_packages(import_module(room).__path__, f"{room}."):
            if ".migrations" in module.name or ".management" in module.name:
                continue
            loaded = import_module(module.name)
            for name, function in inspect.getmembers(loaded, inspect.isfunction):
                own = inspect.unwrap(function)
                by = inspect.signature(own).parameters.get("by")
                if own.__module__ == module.name and by is not None and by.kind is by.KEYWORD_ONLY:
                    found.add(name)
    return found


def test_every_service_is_tried_or_named() -> None:
    assert services() == set(WRITES) | set(ELSEWHERE)


def subject_for(cast: Cast, name: str) -> Subject:
    make = WRITES[name].make
    return make(cast) if make else prepared(cast, eligible(cast))


@pytest.mark.parametrize("kind", ["freeze", "lock"])
@pytest.mark.parametrize("name", sorted(WRITES))
def test_a_service_is_stopped_at_every_place_that_is_held(cast: Cast, name: str, kind: str) -> None:
    write, subject = WRITES[name], subject_for(cast, name)
    by = cast.people()[write.by]
    if write.review and kind == "freeze":
        with acting(user=cast.data_manager):
            place_hold(place=Place(cast.study.pk), kind=kind, by=cast.data_manager)
        with acting(user=by):
            write.do(cast, subject, by)
        return
    slot = write.at(subject) if write.at else None
    refused_everywhere(cast, subject, kind, slot, by, lambda: write.do(cast, subject, by))


@pytest.mark.parametrize("name", sorted(name for name, write in WRITES.items() if write.tried))
def test_the_same_service_writes_where_nothing_is_held(cast: Cast, name: str) -> None:
    write, subject = WRITES[name], subject_for(cast, name)
    by = cast.people()[write.by]
    before = snapshot(subject, "values", "review")
    with acting(user=by):
        write.do(cast, subject, by)
    assert snapshot(subject, "values", "review") != before


def test_many_queries_at_once_leave_those_that_are_locked(cast: Cast, subject: Subject) -> None:
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_subject(subject), kind="lock", by=cast.data_manager)
    before = snapshot(subject, "values", "review")
    with acting(user=cast.coordinator):
        queries = Query.objects.visible_to(cast.coordinator)
        done = take_step_for_many(queries=queries, action="answer", text="yes", by=cast.coordinator)
    assert done[0] == 0
    assert snapshot(subject, "values", "review") == before


@pytest.mark.parametrize("kind", ["freeze", "lock"])
@pytest.mark.parametrize("level", ["study", "site"])
def test_nobody_is_screened_into_a_held_study_or_site(cast: Cast, kind: str, level: str) -> None:
    with acting(user=cast.data_manager):
        place = Place(cast.study.pk, cast.here.pk if level == "site" else None)
        place_hold(place=place, kind=kind, by=cast.data_manager)
    with acting(user=cast.coordinator), pytest.raises(Refused, match=HELD_WORD[kind]):
        screen_subject(
            study=cast.study, site=cast.here, full_name="王小明", screened_on=SCREENED, by=cast.coordinator
        )
    with acting(role="system"):
        assert not Subject.objects.exists()


# Every form


def empty_slot(subject: Subject, key: str) -> Slot:
    """A slot of a form where nothing stands."""
    return Slot(subject.pk, LOG if forms[key].continuous else "SCR", key, 1, 7)


@pytest.mark.parametrize("key", sorted(forms))
def test_no_form_is_entered_by_service_or_page_where_anything_is_held(
    client: Client, cast: Cast, key: str
) -> None:
    subject = screened(cast)
    slot, by = empty_slot(subject, key), cast.investigator
    client.force_login(by)
    for kind in ("freeze", "lock"):
        refused_everywhere(
            cast,
            subject,
            kind,
            slot,
            by,
            lambda: submit_form(slot=slot, values={"performed_on": SEEN}, by=by),
        )
        before = snapshot(subject, *STOPPED[kind])
        with undone():
            with acting(user=cast.data_manager):
                place_hold(place=place_for(cast, subject, slot), kind=kind, by=cast.data_manager)
            answer = client.post(slot.url(), {"press": "submit", "performed_on": SEEN.isoformat()})
            assert answer.status_code == 422
            assert snapshot(subject, *STOPPED[kind]) == before


MORE: dict[str, dict[str, Any]] = {  # what a form needs besides its date
    "CYC": {"phase": "PREPHASE"},
    "MTX": {"start": timezone.now() - timedelta(days=1), "planned_hours": Decimal(24), "dose": Decimal(5000)},
    "SAE": {"report_kind": "INITIAL"},
}


@pytest.mark.parametrize("key", sorted(forms))
def test_the_same_form_is_entered_where_nothing_is_held_and_makes_signatures_stale(
    cast: Cast, key: str
) -> None:
    subject = screened(cast)
    with acting(user=cast.coordinator):
        submit_form(slot=vitals(subject), values={"performed_on": SEEN, **VITALS}, by=cast.coordinator)
    with acting(user=cast.investigator):
        for sign in (sign_vitals, sign_all):
            sign(cast, subject, cast.investigator)
        assert stale(subject) == {"form": False, "casebook": False}
        by = cast.investigator
        values = {"performed_on": SEEN} | MORE.get(key, {})
        record = submit_form(slot=empty_slot(subject, key), values=values, by=by)
        assert stale(subject) == {"form": False, "casebook": True}
        change_state(record=record, action="void", by=by, reason="wrong person")
        assert stale(subject) == {"form": False, "casebook": False}


def stale(subject: Subject) -> dict[str, bool]:
    """Whether each signature of a subject is stale, by its level."""
    found = {}
    opened = vital_signs(subject)
    record = opened.record
    scopes = {
        "form": Signable(
            subject, content_of(opened.kind, record) if record else {}, record.pk if record else None
        ),
        "visit": visit_to_sign(subject, "SCR", 1),
        "casebook": casebook_to_sign(subject),
    }
    for signature in Signature.objects.filter(subject=subject):
        (standing,) = standing_on(scopes[signature.level], [signature])
        found[str(signature.level)] = standing.stale
    return found


# What signed data may suffer


CHANGES = {"submit_form": True, "change_state": True, "move_form": True, "record_missed_visit": False,
           "undo_missed_visit": False, "fail_screening": False, "confirm_eligibility": False}  # fmt: skip


@pytest.mark.parametrize("name", sorted(name for name, write in WRITES.items() if write.tried))
def test_a_write_makes_stale_exactly_what_it_changes(cast: Cast, name: str) -> None:
    """A form's signature by a change of the form, a visit's and a casebook's too; review leaves all of them."""
    write, subject = WRITES[name], subject_for(cast, name)
    if name in ("enrol_subject", "replan_doses", "leave_study", "carry_over", "decide_next_phase"):
        subject = prepared(cast, subject)
    signer, by = cast.investigator, cast.people()[write.by]
    signs = [one for one in (sign_vitals, sign_screening, sign_all) if not name.startswith("sign_")]
    with acting(user=signer):
        for sign in signs:
            sign(cast, subject, signer)
        content = digest_of(casebook_to_sign(subject).content)
    with acting(user=by):
        write.do(cast, subject, by)
    with acting(user=signer):
        changed = digest_of(casebook_to_sign(subject).content) != content
        found = stale(subject)
    of_the_form = CHANGES.get(name, False)
    of_the_visit = of_the_form or name == "carry_over"
    assert changed == (of_the_visit or name in ("record_missed_visit", "undo_missed_visit", "save_draws"))
    if signs:
        assert found == {"form": of_the_form, "visit": of_the_visit, "casebook": changed}


# Every address and every task


def bodies(subject: Subject) -> Iterator[dict[str, Any]]:
    """What one might send: enough of everything that the pages read."""
    slot = vitals(subject)
    told = {
        "reason": "typing error", "text": "because", "item": "weight", "items": ["weight", "performed_on"],
        "action": "answer", "state": "voided", "performed_on": SEEN.isoformat(), "weight": "72", "weight_unit": "kg",
        "base_version": "1", "meaning": "reviewed", "username": "investigator", "password": PASSWORD,
        "content_hash": "0" * 64, "on": SEEN.isoformat(), "enrolled_on": TODAY.isoformat(), "confirm": "on",
        "to": f"{slot.visit_key}.1", "number": "",
    }  # fmt: skip
    for press in ("submit", "move", "confirm", "enrol", "fail", ""):
        yield told | {"press": press}


@pytest.mark.parametrize("name", sorted(SUBJECT_PAGES))
def test_no_address_of_a_locked_subject_changes_anything(
    client: Client, cast: Cast, subject: Subject, name: str
) -> None:
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_subject(subject), kind="lock", by=cast.data_manager)
    before = snapshot(subject, "values", "review")
    for part in ("coordinator", "investigator", "monitor", "statistician"):
        client.force_login(cast.people()[part])
        for body in bodies(subject):
            assert client.post(address(name, subject), body).status_code < 500
    assert snapshot(subject, "values", "review") == before


# Every write of the API


@dataclass(frozen=True)
class Call:
    """A request to the API as it would succeed if nothing were held; `review`: it goes on where frozen."""

    by: str
    method: str
    address: Callable[[Subject], str]
    body: Callable[[Client, Subject], dict[str, Any]]
    review: bool = False


def slot_by_api(subject: Subject) -> str:
    return f"/api/v1{vitals(subject).url()}"


def named(subject: Subject, **more: Any) -> dict[str, Any]:
    return {"subject": str(subject.pk), "visit": "SCR.1", "form": "VS.1", **more}


def ceremony(*at: str) -> Callable[[Client, Subject], dict[str, Any]]:
    """Sign what there is to read at a form, a visit or a casebook."""

    def body(client: Client, subject: Subject) -> dict[str, Any]:
        asked = {name: text for name, text in named(subject).items() if name in ("subject", *at)}
        read = client.get("/api/v1/signatures/content/", asked).json()
        told = {"meaning": "reviewed", "username": "investigator", "password": PASSWORD}
        return asked | told | {"content_hash": read["content_hash"]}

    return body


def corrected(_client: Client, _subject: Subject) -> dict[str, Any]:
    return {"fields": {"weight": "71"}, "base_version": 1, "reason": "typing error"}


def answered(subject: Subject) -> str:
    with acting(role="system"):
        return f"/api/v1/queries/{the_query(subject).pk}/answer/"


CALLS = {
    "correct": Call("coordinator", "put", slot_by_api, corrected),
    "void": Call("coordinator", "delete", slot_by_api, lambda client, subject: {"reason": "wrong person"}),
    "ask": Call(
        "monitor",
        "post",
        lambda subject: "/api/v1/queries/",
        lambda client, subject: named(subject, item="height", text="?"),
        review=True,
    ),
    "answer": Call(
        "coordinator", "post", answered, lambda client, subject: {"text": "The ward's."}, review=True
    ),
    "verify": Call(
        "monitor",
        "post",
        lambda subject: "/api/v1/verifications/",
        lambda client, subject: named(subject, items=["weight"]),
        review=True,
    ),
    **{
        f"sign {level}": Call(
            "investigator", "post", lambda subject: "/api/v1/signatures/", ceremony(*at), review=True
        )
        for level, at in (("form", ("visit", "form")), ("visit", ("visit",)), ("casebook", ()))
    },
}


@pytest.mark.parametrize("kind", ["freeze", "lock"])
@pytest.mark.parametrize("name", CALLS)
def test_the_api_is_stopped_at_every_place_that_is_held(
    client: Client, cast: Cast, subject: Subject, name: str, kind: str
) -> None:
    call = CALLS[name]
    client.force_login(cast.people()[call.by])
    body, send = call.body(client, subject), getattr(client, call.method)
    before = snapshot(subject, *STOPPED[kind])
    for place in places(cast, subject, vitals(subject)):
        with undone():
            with acting(user=cast.data_manager):
                place_hold(place=place, kind=kind, by=cast.data_manager)
            answer = send(call.address(subject), body, content_type="application/json")
            if call.review and kind == "freeze":
                assert answer.status_code in (200, 201), answer.content
                continue
            assert answer.status_code == 423, answer.content
            assert HELD_WORD[kind] in answer.json()["detail"]
            assert snapshot(subject, *STOPPED[kind]) == before


@pytest.mark.parametrize("key", sorted(forms))
def test_no_form_is_entered_by_the_api_where_anything_is_held(client: Client, cast: Cast, key: str) -> None:
    subject = screened(cast)
    slot, by = empty_slot(subject, key), cast.investigator
    client.force_login(by)
    body = {"fields": {"performed_on": SEEN.isoformat()}}
    for kind in ("freeze", "lock"):
        before = snapshot(subject, *STOPPED[kind])
        with undone():
            with acting(user=cast.data_manager):
                place_hold(place=place_for(cast, subject, slot), kind=kind, by=cast.data_manager)
            answer = client.put(f"/api/v1{slot.url()}", body, content_type="application/json")
            assert answer.status_code == 423, answer.content
            assert HELD_WORD[kind] in answer.json()["detail"]
            assert snapshot(subject, *STOPPED[kind]) == before


def our_tasks() -> set[str]:
    celery.autodiscover_tasks(force=True)
    return {name for name in celery.tasks if not name.startswith("celery.")}


NO_RECORD = {
    "exchange.forget_answers": "deletes kept answers, tried in test_idempotency",
    "exchange.tell_webhooks": "asks for the task below, for each webhook",
    "exchange.tell_webhook": "reads the trail and tells of it: test_webhooks",
    "reminders.look": "asks for the task below, for each reminder that waits",
    "reminders.deliver": "reads the inbox and sends it: test_deliveries",
    "audit.publish_digest": "a digest of the trail",
    "assessments.send_sae_notices": "starts the task below for each person",
    "assessments.notify_of_saes": "mail, tried in test_sae_notices",
    "review.dry_run_checks": "counts, tried in test_checks",
    "amendments.bring_into_force": "starts the task below at each site on its day",
    "amendments.move_subjects_of_site": "who is held stays, tried in test_activation",
    "outcomes.work_on_cut": "reads the record as of a cut, tried in test_cuts",
    "imports.take_step": "types into forms as their page does, tried in test_by_a_worker",
    "exports.make": "reads the record, tried in test_exports",
    "exports.remove_expired": "removes files, tried in test_exports",
    "outcomes.check_stopping_rules": "pauses recruitment, tried in test_monitoring",
    "treatment.draft_deviations_daily": "drafts nothing where locked: test_deviation_rules",
}


def test_no_task_changes_a_locked_subject(cast: Cast, subject: Subject) -> None:
    arguments: dict[str, tuple[str, ...]] = {
        "casebook.refresh_subject": (str(subject.pk), str(cast.coordinator.pk)),
        "treatment.draft_deviations": (str(subject.pk), str(cast.coordinator.pk)),
    }
    assert our_tasks() == set(arguments) | set(NO_RECORD)
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_subject(subject), kind="lock", by=cast.data_manager)
    before = snapshot(subject, "values", "review")
    for name in arguments:
        celery.tasks[name](*arguments[name])
    assert snapshot(subject, "values", "review") == before
