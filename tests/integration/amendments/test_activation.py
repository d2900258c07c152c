"""A protocol version comes into force site by site; ongoing subjects move to it, the others stay."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from enrollment.screening import screen_subject
from tests.cast import OPENED, Cast, bare_subject
from trialsite.amendments.activation import Approval, activate_version, bring_into_force, move_subjects
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Subject
from trialsite.casebook.services import move_subject, submit_form
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import SubjectState
from trialsite.studies.models import Activation, ProtocolVersion, StudySite
from trialsite.studies.selectors import version_in_force

from .versions import APPROVED, activate, add_item, loaded, widen

TOMORROW = timezone.now().date() + timedelta(days=2)  # whatever the site's zone


@pytest.fixture
def cast(ven_cast: Cast) -> Cast:
    return ven_cast


@pytest.fixture
def second(cast: Cast) -> ProtocolVersion:
    return loaded(cast, "2.0", add_item("TLS", "lactate"))


def in_force(cast: Cast, on: date, *, elsewhere: bool = False) -> str | None:
    with acting(role="system"):
        site = cast.elsewhere if elsewhere else cast.here
        found = version_in_force(study=cast.study, site=site, on=on)
        return found.version if found else None


def version_of(subject: Subject) -> str:
    with acting(role="system"):
        return Subject.objects.get(pk=subject.pk).protocol_version.version


FIRST = "1.0"


def test_a_site_is_opened_under_its_first_version(cast: Cast) -> None:
    first = cast.version.version
    assert in_force(cast, OPENED - timedelta(days=1)) is None
    assert in_force(cast, OPENED) == first
    with acting(role="system"):
        assert Activation.objects.filter(site=cast.here).count() == 1


def test_a_version_is_in_force_from_its_day_on_at_its_site_only(cast: Cast, second: ProtocolVersion) -> None:
    activate(cast, second)
    before = APPROVED - timedelta(days=1)
    assert [in_force(cast, before), in_force(cast, APPROVED)] == [cast.version.version, "2.0"]
    assert in_force(cast, APPROVED, elsewhere=True) == cast.version.version


def test_the_day_in_force_may_lie_after_the_approval(cast: Cast, second: ProtocolVersion) -> None:
    activate(cast, second, start=APPROVED + timedelta(days=10))
    assert in_force(cast, APPROVED + timedelta(days=9)) == cast.version.version
    assert in_force(cast, APPROVED + timedelta(days=10)) == "2.0"


@pytest.mark.parametrize(
    ("approval", "items"),
    [
        (Approval(None, "", None), {"approved_on", "reference", "in_force_from"}),
        (Approval(TOMORROW, "EC", TOMORROW), {"approved_on"}),
        (Approval(APPROVED, " ", APPROVED), {"reference"}),
        (Approval(APPROVED, "EC", APPROVED - timedelta(days=1)), {"in_force_from"}),
        (Approval(APPROVED, "call 13800138000", APPROVED), {"reference"}),
        (Approval(OPENED - timedelta(days=2), "EC", OPENED - timedelta(days=1)), {"in_force_from"}),
    ],
)
def test_what_is_missing_or_wrong_of_an_approval_is_said_at_its_field(
    cast: Cast, second: ProtocolVersion, approval: Approval, items: set[str]
) -> None:
    with acting(user=cast.data_manager), pytest.raises(CheckFailed) as refusal:
        activate_version(version=second, site=cast.here, approval=approval, by=cast.data_manager)
    assert set(refusal.value.messages) == items


def test_only_the_data_manager_activates(cast: Cast, second: ProtocolVersion) -> None:
    for part, person in cast.people().items():
        if part == "data_manager":
            continue
        with acting(user=person), pytest.raises(PermissionDenied):
            activate_version(
                version=second, site=cast.here, approval=Approval(APPROVED, "EC", APPROVED), by=person
            )


def test_a_version_is_activated_once_at_a_site_and_never_goes_back(
    cast: Cast, second: ProtocolVersion
) -> None:
    third = loaded(cast, "3.0", widen("SCR", 20, 0))
    activate(cast, third)
    with pytest.raises(Refused, match="activated there already"):
        activate(cast, third)
    with pytest.raises(Refused, match=r"later version 3\.0"):
        activate(cast, second, start=APPROVED + timedelta(days=1))


def test_an_item_of_another_type_is_refused_at_activation_too(cast: Cast) -> None:
    def other_type(document: dict[str, Any]) -> None:
        item = next(one for one in document["forms"][0]["items"] if one["key"] == "potassium_mmol_l")
        item["type"] = "integer"

    second = loaded(cast, "2.0", other_type)
    with pytest.raises(Refused, match="another key"):
        activate(cast, second)


def test_an_activation_is_never_changed(cast: Cast, second: ProtocolVersion) -> None:
    found = activate(cast, second)
    for statement in ("UPDATE studies_activation SET reference = 'x'", "DELETE FROM studies_activation"):
        with (
            acting(user=cast.data_manager),
            pytest.raises(Exception, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    with acting(role="system"):
        (entry,) = Trail.objects.filter(row_id=str(found.pk))
    assert (entry.user_id, entry.changes["reference"]) == (cast.data_manager.pk, "2024-EC-17")


def test_the_database_refuses_a_day_before_the_approval(cast: Cast, second: ProtocolVersion) -> None:
    with acting(user=cast.data_manager), pytest.raises(IntegrityError), transaction.atomic():
        Activation.objects.create(
            study=cast.study,
            site=cast.here,
            version=second,
            approved_on=APPROVED,
            in_force_from=APPROVED - timedelta(days=1),
            reference="EC",
            activated_by=cast.data_manager,
        )


# Screening


def screened(cast: Cast, on: date, name: str = "王小明") -> Subject:
    with acting(user=cast.coordinator):
        return screen_subject(
            study=cast.study, site=cast.here, full_name=name, screened_on=on, by=cast.coordinator
        )


def test_a_subject_takes_the_version_in_force_on_the_day_of_screening(
    cast: Cast, second: ProtocolVersion
) -> None:
    activate(cast, second)
    assert screened(cast, APPROVED).protocol_version.version == "2.0"
    assert (
        screened(cast, APPROVED - timedelta(days=1), "李明").protocol_version.version == cast.version.version
    )


def test_nobody_is_screened_where_no_version_is_in_force(cast: Cast) -> None:
    """A site that was opened before its first version comes into force."""
    with acting(role="system"):
        place = StudySite.objects.get(study=cast.study, site=cast.here)
        place.activated_on = OPENED - timedelta(days=30)
        place.save()
    with pytest.raises(CheckFailed) as refusal:
        screened(cast, OPENED - timedelta(days=1))
    assert "No protocol version is in force" in refusal.value.messages["screened_on"]


# Ongoing subjects


def test_ongoing_subjects_move_and_those_of_another_site_stay(cast: Cast, second: ProtocolVersion) -> None:
    subject, other = bare_subject(cast), bare_subject(cast, site=cast.elsewhere)
    activate(cast, second)
    assert move_subjects(cast.study.pk, cast.here.pk) == 1
    assert (version_of(subject), version_of(other)) == ("2.0", cast.version.version)
    assert move_subjects(cast.study.pk, cast.here.pk) == 0


def test_nobody_goes_back_to_an_earlier_version(cast: Cast, second: ProtocolVersion) -> None:
    """A subject that comes from a site with a later version keeps it."""
    subject = bare_subject(cast, site=cast.elsewhere)
    with acting(role="system"):
        Subject.objects.filter(pk=subject.pk).update(protocol_version=second)
    assert move_subjects(cast.study.pk, cast.elsewhere.pk) == 0
    assert version_of(subject) == "2.0"


def test_a_move_stands_in_the_trail_with_its_approval(cast: Cast, second: ProtocolVersion) -> None:
    subject = bare_subject(cast)
    activate(cast, second)
    move_subjects(cast.study.pk, cast.here.pk)
    with acting(role="system"):
        entry = Trail.objects.filter(row_id=str(subject.pk), action="U").latest("id")
    assert "protocol version 2.0" in entry.reason
    assert "2024-EC-17" in entry.reason
    assert entry.changes["protocol_version_id"] == [str(cast.version.pk), str(second.pk)]


def test_a_record_keeps_the_version_under_which_it_was_entered(cast: Cast, second: ProtocolVersion) -> None:
    subject = bare_subject(cast)
    values = {"performed_on": subject.screened_on, "ecog": 1}
    with acting(user=cast.coordinator):
        record = submit_form(slot=Slot(subject.pk, "SCR", "VS"), values=values, by=cast.coordinator)
    activate(cast, second)
    move_subjects(cast.study.pk, cast.here.pk)
    with acting(user=cast.coordinator):
        again = submit_form(
            slot=Slot(subject.pk, "SCR", "VS"),
            values=values | {"ecog": 2},
            base_version=1,
            reason="typing error",
            by=cast.coordinator,
        )
    assert (record.protocol_version_id, again.protocol_version_id) == (cast.version.pk, cast.version.pk)


def died(cast: Cast, subject: Subject) -> None:
    with acting(user=cast.coordinator):
        submit_form(
            slot=Slot(subject.pk, "LOG", "DTH"),
            values={"performed_on": date(2026, 2, 1)},
            by=cast.coordinator,
        )


def failed(cast: Cast, subject: Subject) -> None:
    with acting(user=cast.coordinator):
        move_subject(subject, SubjectState.SCREEN_FAILED, failure_reason="ineligible")


def left(cast: Cast, subject: Subject) -> None:
    with acting(user=cast.coordinator):
        move_subject(subject, SubjectState.ENROLLED, enrolled_on=date(2026, 1, 9), subject_number="V-001")
        move_subject(subject, SubjectState.OFF_STUDY)


def locked(cast: Cast, subject: Subject) -> None:
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_subject(subject), kind="lock", by=cast.data_manager)


@pytest.mark.parametrize("ended", [died, failed, left, locked])
def test_who_is_dead_off_study_or_locked_stays(
    cast: Cast, second: ProtocolVersion, ended: Callable[[Cast, Subject], None]
) -> None:
    subject = bare_subject(cast)
    ended(cast, subject)
    activate(cast, second)
    assert move_subjects(cast.study.pk, cast.here.pk) == 0
    assert version_of(subject) == cast.version.version


def test_on_the_day_the_hourly_task_lets_site_and_subjects_follow(
    cast: Cast, second: ProtocolVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = bare_subject(cast)
    activate(cast, second, start=TOMORROW)
    assert bring_into_force() == 0
    assert version_of(subject) == cast.version.version
    monkeypatch.setattr("trialsite.amendments.activation.today_at", lambda site: TOMORROW)
    assert bring_into_force() == 1
    assert version_of(subject) == "2.0"
    with acting(role="system"):
        place = StudySite.objects.get(study=cast.study, site=cast.here)
    assert place.protocol_version_id == second.pk
