"""As of any instant the database stands as it stood: every table, under the reader's own rights."""

import contextlib
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, models
from django.utils import timezone

from tests.cast import PASSWORD, Cast, bare_subject, make_cast
from tests.integration.assessments.entries import result
from tests.integration.audit.moments import clock
from tests.integration.casebook.test_forms import DAY, enter, weight
from trialsite.access.models import Delegation, Duty, Membership, Person, Role, Training, TrainingKind, User
from trialsite.access.services import create_user, end_role, grant_role
from trialsite.access.staffing import end_delegation, record_training, sign_delegation, withdraw_training
from trialsite.audit import acting
from trialsite.audit.as_of import as_of, shadowed_models
from trialsite.audit.models import Event, Trail
from trialsite.audit.moment import now
from trialsite.audit.protection import Renamed
from trialsite.casebook.errors import Refused
from trialsite.casebook.models import Derivation, Draft, Subject, Visit
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.registries import forms
from trialsite.casebook.services import (
    change_state,
    record_missed_visit,
    save_draft,
    submit_form,
    undo_missed_visit,
)
from trialsite.casebook.slots import Slot
from trialsite.studies.models import Site

VITALS = forms["VS"].model
Snapshot = dict[str, list[dict[str, Any]]]


def snapshot() -> Snapshot:
    """Every row of every table in the trail that the acting reader sees, redacted columns left out."""
    found = {}
    with connection.cursor() as cursor:
        for table, (_model, protection) in shadowed_models().items():
            if protection.trail and protection.rows != "identity":
                hidden = [] if protection.app == ("insert",) else list(protection.redacted)
                cursor.execute(
                    f'SELECT jsonb_strip_nulls(to_jsonb(t) - %s::text[]) FROM "{table}" t ORDER BY id',
                    [hidden],
                )
                found[table] = [row for (row,) in cursor.fetchall()]
    return found


def reading(
    cast: Cast, instant: datetime, what: Callable[[], Any], who: User | None = None, **scope: Any
) -> Any:
    with acting(user=who or cast.data_manager), as_of(instant, **scope):
        return what()


class Clerk:
    """Somebody who does one thing after another, as the services allow it, in an order that chance chooses."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.cast, self.chance = cast, random.Random(seed)
        self.subjects = [bare_subject(cast), bare_subject(cast, site=cast.elsewhere)]
        self.done = 0

    def act(self) -> None:
        self.done += 1
        act = self.chance.choice(
            [self.enter, self.enter, self.enter, self.lines, self.lines, self.void, self.miss, self.undo, self.draft,
             self.open_account, self.end_a_role, self.train, self.delegate, self.new_subject]
        )  # fmt: skip
        with contextlib.suppress(Refused):  # no form at a visit that was not done
            act()

    def enter(self) -> None:
        subject = self.chance.choice(self.subjects)
        by = self.staff(subject)
        with acting(user=by):
            slot = Slot(subject.pk, "SCR", "VS")
            standing = VITALS.objects.filter(subject=subject).exclude(state="voided").first()
            values = {"performed_on": DAY, "weight": weight(f"{60 + self.done}.50"), "ecog": self.done % 3}
            missing = {"pulse": "NOT_DONE"} if self.chance.random() < 0.5 else {}
            version = standing.version if standing else None
            reason = "typing error" if standing else ""
            submit_form(slot=slot, values=values, missing=missing, base_version=version, by=by, reason=reason)

    def lines(self) -> None:
        subject = self.chance.choice(self.subjects)
        by, kind = self.staff(subject), forms["HEM"]
        with acting(user=by):
            standing = kind.model.objects.filter(subject=subject).exclude(state="voided").first()
            wanted = [result("anc", f"{self.done}.5", "10*9/L"), result("platelets", "<20", "10*9/L")]
            submit_form(
                slot=Slot(subject.pk, "SCR", "HEM"),
                values={"performed_on": DAY},
                rows={"results": wanted[: self.chance.randint(1, 2)]},
                base_version=standing.version if standing else None,
                by=by,
                reason="transcription error" if standing else "",
            )

    def void(self) -> None:
        with acting(user=self.cast.coordinator):
            record = VITALS.objects.filter(state="submitted", site=self.cast.here).first()
            if record:
                change_state(record=record, action="void", by=self.cast.coordinator, reason="wrong subject")

    def miss(self) -> None:
        subject = self.subjects[0]
        with acting(user=self.cast.coordinator):
            standing = Visit.objects.filter(subject=subject, key="SCR")
            if not standing.exists():
                record_missed_visit(
                    subject_id=subject.pk, key="SCR", by=self.cast.coordinator, reason="UNWELL"
                )

    def undo(self) -> None:
        with acting(user=self.cast.coordinator):
            for visit in Visit.objects.exclude(missed_reason=""):
                undo_missed_visit(
                    subject_id=visit.subject_id, key=visit.key, by=self.cast.coordinator, reason="it was done"
                )

    def draft(self) -> None:
        with acting(user=self.cast.coordinator):
            slot = Slot(self.subjects[0].pk, "SCR", "VS")
            save_draft(slot=slot, typed={"ecog": "1"}, base_version=0, by=self.cast.coordinator)

    def open_account(self) -> None:
        admin = self.cast.administrator
        with acting(user=admin):
            fresh = create_user(
                username=f"new-{self.done}", password=PASSWORD, full_name=f"New {self.done}", by=admin
            )
            grant_role(user=fresh, role=Role.MONITOR, study_id=self.cast.study.pk, by=admin)

    def train(self) -> None:
        person, head = self.cast.coordinator, self.cast.investigator
        member = Membership.objects.get(user=person)
        with acting(user=head):
            standing = Training.objects.filter(user=person, kind="GCP", withdrawn_at=None)
            if standing.count() > 1:
                withdraw_training(training=standing[0], membership=member, by=head, reason="entered twice")
            else:
                record_training(
                    user=person, kind=TrainingKind.GCP, completed_on=DAY, membership=member, by=head
                )

    def delegate(self) -> None:
        head = self.cast.investigator
        with acting(user=head):
            standing = Delegation.objects.get(membership__user=self.cast.coordinator, ended_at=None)
            end_delegation(delegation=standing, by=head, reason="another duty")
            sign_delegation(
                membership=standing.membership, duties=self.chance.sample(Duty.values, 3), username=head.username,
                starts_on=timezone.now().date(), password=PASSWORD, by=head,
            )  # fmt: skip

    def end_a_role(self) -> None:
        admin = self.cast.administrator
        with acting(user=admin):
            held = Membership.objects.filter(user__username__startswith="new-", ends_on=None).first()
            if held:
                end_role(membership=held, by=admin)

    def new_subject(self) -> None:
        site = self.chance.choice([self.cast.here, self.cast.elsewhere])
        self.subjects.append(bare_subject(self.cast, site=site))

    def staff(self, subject: Subject) -> User:
        return self.cast.coordinator if subject.site_id == self.cast.here.pk else self.cast.stranger


@pytest.mark.parametrize("seed", [1, 2])
def test_as_of_each_instant_is_what_stood_then(committed_db, seed: int) -> None:
    cast = make_cast()
    clerk = Clerk(cast, seed)
    seen: list[tuple[datetime, Snapshot]] = []
    for _step in range(25):
        clerk.act()
        with acting(user=cast.data_manager):
            seen.append((clock(), snapshot()))
    clerk.chance.shuffle(seen)
    for instant, stood in seen:
        assert reading(cast, instant, snapshot) == stood
    with acting(user=cast.data_manager):
        assert snapshot() == max(seen, key=lambda pair: pair[0])[1]


def weight_of(record: Any) -> str:
    return VITALS.objects.get(pk=record.pk).weight.text


def fail_after_reading(record: Any, weight: str) -> None:
    assert weight_of(record) == weight
    raise ZeroDivisionError


def test_the_orm_reads_what_stood_then_and_afterwards_what_stands(corrected) -> None:
    cast, record, then = corrected
    with acting(user=cast.monitor):
        assert weight_of(record) == "71"
        with as_of(then):
            assert weight_of(record) == "70"
            assert now() == then
        assert weight_of(record) == "71"
        assert now() > then


def test_one_subjects_pages_fold_one_subjects_forms(corrected) -> None:
    cast, record, _then = corrected
    other = bare_subject(cast)
    with acting(user=cast.coordinator):
        enter(other, cast)
    found = reading(
        cast, clock(), lambda: list(VITALS.objects.values_list("pk", flat=True)), subject_id=record.subject_id
    )
    assert found == [record.pk]


def test_before_the_first_entry_there_is_nothing(corrected) -> None:
    cast, _record, then = corrected
    assert reading(cast, then - timedelta(days=1), Subject.objects.count) == 0


def test_a_request_is_seen_whole_or_not_at_all(corrected) -> None:
    cast, record, _then = corrected
    with acting(user=cast.coordinator):
        enter(Subject.objects.get(pk=record.subject_id), cast, "72", base_version=2, reason="typing error")
        middle = clock()
        Visit.objects.create(
            subject_id=record.subject_id, study=cast.study, site=cast.here, key="X", repeat=1
        )
    assert reading(cast, middle, lambda: weight_of(record)) == "71"
    assert reading(cast, clock(), lambda: weight_of(record)) == "72"


def test_a_reader_folds_only_what_their_memberships_open(corrected) -> None:
    cast, _record, then = corrected

    def counts() -> list[int]:
        return [
            Subject.objects.count(),
            VITALS.objects.count(),
            Person.objects.count(),
            Trail.objects.count(),
        ]

    assert reading(cast, then, counts, cast.stranger)[:3] == [0, 0, 0]
    assert reading(cast, then, counts, cast.coordinator)[:3] == [1, 1, 1]
    assert reading(cast, then, counts, cast.monitor)[:3] == [1, 1, 0]  # identity is for site staff
    with acting(user=cast.administrator):
        held = Membership.objects.get(user=cast.monitor)
        end_role(membership=held, by=cast.administrator)
    assert reading(cast, then, counts, cast.monitor) == [
        0,
        0,
        0,
        0,
    ]  # by today's rights, not by those of then


def test_training_and_delegation_are_asked_for_as_they_are_today(corrected) -> None:
    cast, _record, then = corrected
    head = cast.investigator
    with acting(user=head):
        member = Membership.objects.get(user=cast.coordinator)
        end_delegation(delegation=Delegation.objects.get(membership=member), by=head, reason="on leave")
    assert reading(cast, then, Subject.objects.count, cast.coordinator) == 0
    with acting(user=head):
        sign_delegation(
            membership=member, duties=[Duty.ENTRY], starts_on=timezone.now().date(), username=head.username,
            password=PASSWORD, by=head,
        )  # fmt: skip
    assert reading(cast, then, Subject.objects.count, cast.coordinator) == 1
    with acting(user=head):
        training = Training.objects.get(user=cast.coordinator, kind="GCP")
        withdraw_training(training=training, membership=member, by=head, reason="not a course in GCP")
    assert reading(cast, then, Subject.objects.count, cast.coordinator) == 0


def test_identity_and_passwords_stay_hidden(corrected) -> None:
    cast, _record, then = corrected
    person = reading(cast, then, lambda: Person.objects.get().full_name, cast.coordinator)
    assert person == "***"
    assert reading(cast, then, lambda: User.objects.get(pk=cast.monitor.pk).password) == "***"


def test_accounts_sites_and_protocols_stand_as_they_stood(corrected) -> None:
    cast, _record, then = corrected
    with acting(role="system"):
        User.objects.filter(pk=cast.monitor.pk).update(full_name="Another Name")
        Site.objects.filter(pk=cast.here.pk).update(name_en="Another Hospital")
    assert reading(cast, then, lambda: User.objects.get(pk=cast.monitor.pk).full_name) == "Monitor"
    assert reading(cast, then, lambda: Site.objects.get(pk=cast.here.pk).name_en) == cast.here.name_en
    content = reading(cast, then, lambda: Subject.objects.get().protocol_version.file.content)
    assert content["key"] == "BLINA-FULL"


def test_the_trail_ends_at_the_instant(corrected) -> None:
    cast, record, then = corrected
    entries = reading(cast, then, lambda: Trail.objects.filter(row_id=str(record.pk)).count())
    assert entries == 1


def test_drafts_are_not_shown_and_projections_are_derived_from_what_stood(corrected) -> None:
    cast, record, then = corrected
    with acting(user=cast.coordinator):
        slot = Slot(record.subject_id, "SCR", "VS")
        save_draft(slot=slot, typed={"ecog": "1"}, base_version=1, by=cast.coordinator)
        bring_up_to_date(Subject.objects.all())
        with as_of(then):
            assert Draft.objects.count() == 0
            assert Derivation.objects.count() == 0
            bring_up_to_date(Subject.objects.all())
            assert Derivation.objects.count() == 1
        assert Draft.objects.count() == 1


def test_what_is_written_inside_is_gone_and_events_are_kept(corrected) -> None:
    cast, record, then = corrected

    def write() -> None:
        VITALS.objects.filter(pk=record.pk).update(weight_text="99")
        Event.objects.create(kind="export.csv", user_id=cast.data_manager.pk)

    with acting(user=cast.data_manager):
        before = Trail.objects.filter(row_id=str(record.pk)).count()
    reading(cast, then, write)
    with acting(user=cast.data_manager):
        assert weight_of(record) == "71"
        assert Trail.objects.filter(row_id=str(record.pk)).count() == before
    with acting(role="system"):
        assert Event.objects.filter(kind="export.csv").count() == 1


def test_a_failure_leaves_nothing_behind(corrected) -> None:
    cast, record, then = corrected
    with acting(user=cast.monitor):
        with pytest.raises(ZeroDivisionError), as_of(then):
            fail_after_reading(record, "70")
        assert weight_of(record) == "71"


def test_a_rolled_back_savepoint_inside_does_not_let_the_present_through(corrected) -> None:
    cast, record, then = corrected
    with acting(user=cast.monitor), as_of(then):
        with pytest.raises(ZeroDivisionError), acting(user=cast.monitor):
            fail_after_reading(record, "70")
        assert weight_of(record) == "70"


def test_nobody_else_acts_inside(corrected) -> None:
    cast, _record, then = corrected
    with acting(user=cast.monitor), as_of(then):
        with pytest.raises(RuntimeError, match="rights"):
            acting(user=cast.coordinator).__enter__()
        with pytest.raises(RuntimeError, match="already"):
            as_of(then).__enter__()


def test_as_of_needs_an_actor(committed_db) -> None:
    with pytest.raises(RuntimeError, match="acting"):
        as_of(clock()).__enter__()


def test_a_trail_written_before_a_rename_folds_under_the_new_name(corrected, monkeypatch) -> None:
    """The trail says `weight_text` and `extra.soc`; the table of today has the names that the model declares."""
    cast, record, _then = corrected
    with acting(user=cast.coordinator):
        VITALS.objects.filter(pk=record.pk).update(extra={"soc": "a"})
    then = clock()
    with connection_of_owner() as cursor:  # the migration
        cursor.execute("ALTER TABLE assessments_vitalsigns RENAME weight_text TO body_mass_text")
    monkeypatch.setattr(
        VITALS,
        "renamed",
        (
            Renamed("weight_text", "mass_text", "assessments.0007"),
            Renamed("mass_text", "body_mass_text", "assessments.0008"),
            Renamed("extra.soc", "extra.organ_class", "BLINA-FULL 2"),
        ),
        raising=False,
    )
    with acting(user=cast.coordinator), connection.cursor() as cursor:
        cursor.execute("UPDATE assessments_vitalsigns SET body_mass_text = '80' WHERE id = %s", [record.pk])

    def row() -> tuple[str, dict]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT body_mass_text, extra::text FROM assessments_vitalsigns")
            return cursor.fetchone()

    assert reading(cast, then, row) == ("71", '{"organ_class": "a"}')
    assert reading(cast, clock(), row)[0] == "80"


def test_a_column_made_later_has_its_default_and_a_dropped_one_is_left_out(corrected, monkeypatch) -> None:
    cast, _record, then = corrected
    with connection_of_owner() as cursor:
        cursor.execute(
            "ALTER TABLE assessments_vitalsigns ADD posture varchar(10) NOT NULL DEFAULT 'SITTING'"
        )
        cursor.execute("ALTER TABLE assessments_vitalsigns DROP COLUMN ecog")
    posture = models.CharField(max_length=10, default="SITTING", name="posture")
    posture.set_attributes_from_name("posture")
    monkeypatch.setattr(VITALS._meta, "concrete_fields", (*VITALS._meta.concrete_fields, posture))
    from trialsite.audit import as_of as module

    monkeypatch.setattr(module, "defaults_of", module.defaults_of.__wrapped__)

    def row() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT posture FROM assessments_vitalsigns")
            return cursor.fetchone()[0]

    assert reading(cast, then, row) == "SITTING"


def connection_of_owner():
    from django.db import connections

    return connections["owner"].cursor()
