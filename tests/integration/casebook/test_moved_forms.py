"""A form of the wrong subject goes to the right one: voided there, created here, linked, all or nothing."""

from datetime import date
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client

from tests.cast import Cast, bare_subject, employ, make_cast
from tests.integration.assessments.entries import enter, fact, result
from tests.integration.treatment.subjects import enrolled, start
from trialsite.access.models import Role, User
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.audit.selectors import chain_breaks
from trialsite.casebook.errors import CheckFailed, Refused, UnknownForm
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Draft, MovedForm, Subject
from trialsite.casebook.moves import move_form, preview_move
from trialsite.casebook.reasons import MoveReason
from trialsite.casebook.selectors import records_of
from trialsite.casebook.services import save_draft
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity

DAY = date(2026, 1, 6)
LINES = [result("anc", "1.50", "10*9/L", lln=2, uln=7), result("platelets", "<20", "10*9/L")]


@pytest.fixture
def wrong(cast: Cast) -> Subject:
    return bare_subject(cast)


@pytest.fixture
def right(cast: Cast) -> Subject:
    return bare_subject(cast)


@pytest.fixture
def report(cast: Cast, wrong: Subject) -> Any:
    return enter(
        cast, wrong, "HEM", DAY, rows=LINES, laboratory="Central", missing={"sample_time": "UNKNOWN"}
    )


def weights(cast: Cast, subject: Subject, text: str = "70") -> Any:
    return enter(cast, subject, "VS", DAY, weight=Quantity.parse(text, "kg", "weight"), ecog=1)


def at_screening(subject: Subject, form: str = "HEM") -> Slot:
    return Slot(subject.pk, "SCR", form)


def move(cast: Cast, wrong: Subject, right: Subject, form: str = "HEM", **options: Any) -> Any:
    by = options.pop("by", cast.coordinator)
    given = {"base_version": 1, "reason": MoveReason.LABEL, "to": at_screening(right, form)} | options
    with acting(user=by):
        return move_form(slot=at_screening(wrong, form), by=by, **given)


def standing(cast: Cast, subject: Subject) -> list[str]:
    with acting(user=cast.coordinator):
        return [line.form_key for line in records_of(subject)]


def test_a_report_moves_with_its_lines_and_reasons_why_items_are_empty(
    cast: Cast, wrong: Subject, right: Subject, report: Any
) -> None:
    moved = move(cast, wrong, right, text="label of the tube")
    with acting(user=cast.coordinator):
        report.refresh_from_db()
        lines = [
            (line.line, line.analyte, line.result.text, line.lln, line.uln) for line in moved.lines.all()
        ]
    assert (report.state, moved.state, moved.subject_id) == ("voided", "submitted", right.pk)
    assert (moved.performed_on, moved.laboratory, moved.missing) == (
        DAY,
        "Central",
        {"sample_time": "UNKNOWN"},
    )
    assert lines == [(1, "anc", "1.50", 2, 7), (2, "platelets", "<20", None, None)]
    assert (standing(cast, wrong), standing(cast, right)) == ([], ["HEM"])


def test_both_trails_hold_the_step_with_its_reason_and_the_link(
    cast: Cast, wrong: Subject, right: Subject, report: Any
) -> None:
    moved = move(cast, wrong, right, text="label of the tube")
    with acting(user=cast.coordinator):
        sides = {one.direction: one for one in MovedForm.objects.all()}
        for subject in (wrong, right):
            last = Trail.objects.filter(subject_id=subject.pk).order_by("-id")[:2]
            assert {one.reason for one in last} == {"source mixed up: label of the tube"}
            assert last[0].table_name == "casebook_movedform"
    assert (sides["out"].record_id, sides["out"].other_record_id) == (report.pk, moved.pk)
    assert (sides["in"].record_id, sides["in"].other_record_id) == (moved.pk, report.pk)
    assert (sides["out"].subject_id, sides["in"].subject_id) == (wrong.pk, right.pk)


def test_what_is_derived_from_either_follows(
    cast: Cast, wrong: Subject, right: Subject, report: Any,
    django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    told: list[Any] = []
    monkeypatch.setattr("trialsite.casebook.events._subscribers", [lambda subject, by: told.append(subject)])
    assert fact(cast, wrong, "anc").known
    with django_capture_on_commit_callbacks(execute=True):
        move(cast, wrong, right)
    assert set(told) == {wrong.pk, right.pk}
    assert not fact(cast, wrong, "anc").known
    assert fact(cast, right, "anc").value == Quantity.parse("1.50", "10*9/L", "anc").value


def test_a_preview_says_what_would_happen_and_changes_nothing(
    cast: Cast, wrong: Subject, right: Subject, report: Any
) -> None:
    with acting(user=cast.coordinator):
        before = Trail.objects.count()
        preview = preview_move(slot=at_screening(wrong), to=at_screening(right), by=cast.coordinator)
        assert Trail.objects.count() == before
        assert not MovedForm.objects.exists()
    leaving = {one.label: (one.before, one.after) for one in preview.leaves.effects}
    coming = {one.label: (one.before, one.after) for one in preview.goes_to.effects}
    (label,) = [name for name, (was, _now) in leaving.items() if was.startswith("1.5 ")]
    assert leaving[label][1] == ""
    assert coming[label] == ("", leaving[label][0])
    assert [one.label for one in preview.leaves.derived] == [one.label for one in preview.goes_to.derived]
    assert preview.warnings == ()


def test_dates_that_do_not_fit_and_doubles_are_warned_of(cast: Cast, wrong: Subject, right: Subject) -> None:
    enter(cast, wrong, "HEM", date(2026, 1, 2), rows=LINES)
    enter(cast, wrong, "CHEM", date(2026, 1, 2))
    enter(cast, right, "HEM", date(2026, 1, 2), visit="LOG", rows=LINES)
    with acting(user=cast.coordinator):
        said = preview_move(slot=at_screening(wrong), to=at_screening(right), by=cast.coordinator).warnings
    assert any("before the screening" in one for one in said), said
    assert any("same date already" in one for one in said), said
    assert any("Chemistry" in one for one in said), said


def test_a_form_moves_between_sites_for_those_who_work_at_both(
    cast: Cast, wrong: Subject, report: Any
) -> None:
    far = bare_subject(cast, site=cast.elsewhere)
    with pytest.raises(Subject.DoesNotExist):
        move(cast, wrong, far)
    with acting(role="system"):
        head = User.objects.get(username="head_elsewhere")
        employ(cast.coordinator, Role.COORDINATOR, cast.version, cast.elsewhere, head=head)
    moved = move(cast, wrong, far)
    assert moved.site_id == cast.elsewhere.pk
    with acting(user=cast.stranger):
        assert [one.direction for one in MovedForm.objects.all()] == ["in"]
    with acting(user=cast.investigator):
        assert [one.direction for one in MovedForm.objects.all()] == ["out"]


@pytest.mark.parametrize("part", ["monitor", "data_manager", "statistician"])
def test_only_site_staff_move_forms(
    cast: Cast, wrong: Subject, right: Subject, report: Any, part: str
) -> None:
    with pytest.raises(PermissionDenied, match="move a form to another subject"):
        move(cast, wrong, right, by=cast.people()[part])


@pytest.mark.parametrize("kind", ["freeze", "lock"])
def test_a_form_that_is_frozen_or_locked_stays(
    cast: Cast, wrong: Subject, right: Subject, report: Any, kind: str
) -> None:
    hold(cast, wrong, kind)
    with pytest.raises(Refused, match="frozen" if kind == "freeze" else "locked"):
        move(cast, wrong, right, base_version=report.version)
    assert standing(cast, right) == []


def test_a_place_that_is_held_takes_no_form(cast: Cast, wrong: Subject, right: Subject, report: Any) -> None:
    hold(cast, right, "freeze")
    with pytest.raises(Refused, match="frozen"):
        move(cast, wrong, right, base_version=report.version)


def hold(cast: Cast, subject: Subject, kind: str) -> None:
    """Freeze or lock the place of the report."""
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_slot(subject, at_screening(subject)), kind=kind, by=cast.data_manager)


def test_a_refusal_takes_all_of_it_back(cast: Cast, wrong: Subject, right: Subject, report: Any) -> None:
    enter(cast, right, "HEM", DAY, rows=LINES)
    with pytest.raises(Refused, match="stands there already"):
        move(cast, wrong, right)
    assert (standing(cast, wrong), standing(cast, right)) == (["HEM"], ["HEM"])


def test_hard_checks_of_the_right_subject_refuse(
    cast: Cast, wrong: Subject, right: Subject, report: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trialsite.casebook import services

    def refuse(opened: Any, values: Any, rows: Any) -> list[Any]:
        if opened.subject == right:
            raise CheckFailed({"performed_on": "Not possible there."})
        return []

    monkeypatch.setattr(services, "soft_findings", refuse)
    with pytest.raises(CheckFailed):
        move(cast, wrong, right)
    assert (standing(cast, wrong), standing(cast, right)) == (["HEM"], [])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"base_version": 7}, "Look again"),
        ({"to": "self"}, "already"),
        ({"to": "CHEM"}, "same form"),
        ({"to": "nowhere"}, "no visit NOWHERE"),
        ({"to": "later"}, "no such visit"),
    ],
)
def test_a_move_that_makes_no_sense_is_refused(
    cast: Cast, wrong: Subject, right: Subject, report: Any, options: dict[str, Any], sentence: str
) -> None:
    places = {
        "self": Slot(wrong.pk, "LOG", "HEM"),
        "CHEM": at_screening(right, "CHEM"),
        "nowhere": Slot(right.pk, "NOWHERE", "HEM"),
        "later": Slot(right.pk, "SCR", "HEM", 7),
    }
    if "to" in options:
        options = {"to": places[options["to"]]}
    with pytest.raises(Refused, match=sentence):
        move(cast, wrong, right, **options)


def test_a_form_that_the_other_protocol_does_not_have_is_refused(
    cast: Cast, wrong: Subject, right: Subject, report: Any
) -> None:
    with pytest.raises(UnknownForm):
        move(cast, wrong, right, to=at_screening(right, "NOPE"))


def test_a_subject_of_another_study_is_refused(cast: Cast, wrong: Subject, report: Any) -> None:
    other = make_cast("BLINA-VEN", "ven_")
    foreign = bare_subject(other)
    with acting(role="system"):
        employ(cast.coordinator, Role.COORDINATOR, other.version, other.here, head=other.investigator)
    with pytest.raises(Refused, match="another study"):
        move(cast, wrong, foreign)


@pytest.mark.parametrize(
    ("reason", "text", "item"), [("", "", "why"), ("nonsense", "", "why"), ("other", " ", "text")]
)
def test_a_move_says_why(
    cast: Cast, wrong: Subject, right: Subject, report: Any, reason: str, text: str, item: str
) -> None:
    with pytest.raises(CheckFailed) as refusal:
        move(cast, wrong, right, reason=reason, text=text)
    assert set(refusal.value.messages) == {item}


@pytest.mark.parametrize("side", ["wrong", "right"])
def test_what_the_mover_has_typed_at_either_place_is_not_lost(
    cast: Cast, wrong: Subject, right: Subject, report: Any, side: str
) -> None:
    slot = at_screening({"wrong": wrong, "right": right}[side])
    with acting(user=cast.coordinator):
        save_draft(slot=slot, typed={"comment": ["half a word"]}, base_version=0, by=cast.coordinator)
    with pytest.raises(Refused, match="submit or discard it first"):
        move(cast, wrong, right)
    with acting(user=cast.coordinator):
        assert Draft.objects.count() == 1


def test_an_answer_that_is_not_offered_for_the_right_subject_does_not_move(cast: Cast) -> None:
    intens = make_cast("BLINA-INTENS", "intens_")
    wrong, right = enrolled(intens, "A"), enrolled(intens, "B")
    start(intens, wrong, "BLINA")
    with acting(user=intens.coordinator), pytest.raises(CheckFailed) as refusal:
        preview_move(
            slot=Slot(wrong.pk, "LOG", "CYC"), to=Slot(right.pk, "LOG", "CYC"), by=intens.coordinator
        )
    assert set(refusal.value.messages) == {"phase"}


def test_two_opposite_moves_at_once_both_happen(committed_db: str) -> None:
    cast = make_cast()
    first, second = bare_subject(cast), bare_subject(cast)
    weights(cast, first)
    enter(cast, second, "HEM", DAY, rows=LINES)
    start, outcomes = Barrier(2), []

    def go(wrong: Subject, right: Subject, form: str) -> None:
        try:
            start.wait(timeout=10)
            move(cast, wrong, right, form)
            outcomes.append("moved")
        except Exception as problem:
            outcomes.append(repr(problem))
        finally:
            connection.close()

    threads = [Thread(target=go, args=args) for args in ((first, second, "VS"), (second, first, "HEM"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert outcomes == ["moved", "moved"]
    assert (standing(cast, first), standing(cast, second)) == (["HEM"], ["VS"])
    with acting(role="system"):
        assert chain_breaks() == []


# The pages


def text(answer: Any) -> str:
    return answer.content.decode()


def test_the_page_leads_from_the_number_to_the_place_to_the_confirmation(
    desk: Client, wrong: Subject, right: Subject, report: Any
) -> None:
    url = at_screening(wrong).url()
    assert f"{url}move/" in text(desk.get(url))
    found = text(desk.get(f"{url}move/?q={right.number}"))
    assert f"?to={right.pk}" in found
    assert "SCR.1/HEM.1" in text(desk.get(f"{url}move/?to={right.pk}"))
    chosen = {"to": right.pk, "place": "SCR.1/HEM.1"}
    seen = text(desk.get(f"{url}move/", chosen))
    assert "What would happen" in seen
    assert "&lt;20" in seen
    unclear = desk.post(f"{url}move/", chosen | {"base_version": 1, "why": "other"})
    assert unclear.status_code == 422
    assert "Say in your words why." in text(unclear)
    done = desk.post(f"{url}move/", chosen | {"base_version": 1, "why": "other", "text": "two <b>Wangs</b>"})
    assert done.url == at_screening(right).url()
    there, here = text(desk.get(done.url)), text(desk.get(url))
    assert f"stood with subject {wrong.number} first" in there
    assert "&lt;b&gt;Wangs" in there
    assert f"moved to subject {right.number}" in here
    assert done.url in here
    for subject, words in ((wrong, "moved to another subject"), (right, "moved here from another subject")):
        assert words in text(desk.get(f"/subjects/{subject.pk}/trail/"))


def test_a_strangers_subject_is_never_found(desk: Client, cast: Cast, wrong: Subject, report: Any) -> None:
    far = bare_subject(cast, site=cast.elsewhere)
    url = f"{at_screening(wrong).url()}move/"
    assert "No other subject" in text(desk.get(f"{url}?q={far.number}"))
    assert desk.get(f"{url}?to={far.pk}").status_code == 404
    assert desk.post(url, {"to": far.pk, "place": "SCR.1/HEM.1"}).status_code == 404
    assert desk.get(f"{url}?to=nonsense").status_code == 404


def test_an_empty_slot_has_nothing_to_move_and_a_monitor_may_not(
    desk: Client, cast: Cast, wrong: Subject, report: Any
) -> None:
    assert desk.get(f"{at_screening(wrong, 'VS').url()}move/").status_code == 404
    desk.force_login(cast.monitor)
    assert desk.get(f"{at_screening(wrong).url()}move/").status_code == 403
    assert "move/" not in text(desk.get(at_screening(wrong).url()))


def test_what_cannot_stand_there_is_said_before_anybody_confirms(
    desk: Client, cast: Cast, wrong: Subject, right: Subject, report: Any
) -> None:
    hold(cast, wrong, "freeze")
    seen = text(desk.get(f"{at_screening(wrong).url()}move/", {"to": right.pk, "place": "SCR.1/HEM.1"}))
    assert "This form is frozen" in seen
    assert "Move to" not in seen


def test_the_api_gives_the_other_side(
    desk: Client, cast: Cast, wrong: Subject, right: Subject, report: Any
) -> None:
    moved = move(cast, wrong, right)
    rows = {row["id"]: row for row in desk.get("/api/v1/forms/HEM/").json()["results"]}
    assert rows[str(report.pk)]["moved_to"] == str(moved.pk)
    assert rows[str(report.pk)]["moved_from"] is None
    assert rows[str(moved.pk)]["moved_from"] == str(report.pk)
