"""Edit checks of a study: how often they fired, what followed, the dry run, and the activation of changed ones."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cast import Cast, bare_subject
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.edit_checks import EditCheck, edit_check, version_in_use
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Finding, forms
from trialsite.casebook.services import change_state, submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity
from trialsite.review.check_pages import asked_by_checks
from trialsite.review.check_runs import activate_check, dry_run, newest_run, start_dry_run
from trialsite.review.models import ActivatedCheck, CheckRun, Query
from trialsite.review.tasks import dry_run_checks

DAY = date(2026, 1, 6)


def heavy(limit: int, **options) -> EditCheck:
    """A check that asks about weights above a limit."""

    @edit_check("Weight", key="heavy", **options)
    def check(values, rows, subject) -> Iterator[Finding]:
        weight = values.get("weight")
        if weight is not None and weight.canonical > limit:
            yield Finding("weight", f"above {limit}")

    return check


def declare(monkeypatch: pytest.MonkeyPatch, *checks: EditCheck) -> None:
    monkeypatch.setitem(forms._entries, "VS", replace(forms["VS"], checks=checks))


def enter(subject: Subject, cast: Cast, weight: str, visit: str = "SCR", **options):
    who = cast.stranger if subject.site_id == cast.elsewhere.pk else cast.coordinator
    values = {"performed_on": DAY, "weight": Quantity.parse(weight, "kg", "weight"), "ecog": 1}
    with acting(user=who):
        return submit_form(slot=Slot(subject.pk, visit, "VS"), values=values, by=who, **options)


def asked(cast: Cast) -> list[str]:
    with acting(user=cast.monitor):
        return list(Query.objects.order_by("opened_at").values_list("text_en", flat=True))


def ran(cast: Cast, by: User) -> CheckRun:
    """A dry run that a worker has done."""
    with acting(user=by):
        run = start_dry_run(study=cast.study, by=by)
    dry_run_checks(str(run.pk), str(by.pk))
    with acting(user=by):
        return CheckRun.objects.get(pk=run.pk)


def activate(cast: Cast, by: User | None = None, check: str = "heavy") -> ActivatedCheck:
    by = by or cast.data_manager
    with acting(user=by):
        return activate_check(study=cast.study, form_key="VS", check_key=check, by=by)


# Which version is in use


def test_version_one_needs_no_activation_and_costs_no_query(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(monkeypatch, heavy(100, hard=False))
    subject = bare_subject(cast)
    with CaptureQueriesContext(connection) as seen:
        enter(subject, cast, "120")
    assert asked(cast) == ["above 100"]
    assert not any("activatedcheck" in one["sql"] for one in seen)


@pytest.mark.parametrize(
    ("activated", "in_use"),
    [(1, 1), (2, 2), (3, 3), (4, 3)],
    ids=["none", "second", "third", "of a later release"],
)
def test_the_newest_activated_version_is_in_use(activated: int, in_use: int) -> None:
    third = heavy(80, version=3, before=heavy(90, version=2, before=heavy(100)))
    found = version_in_use(third, activated)
    assert found is not None
    assert found.version == in_use


def test_a_new_check_asks_nothing_until_it_is_activated(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, heavy(100, version=2, hard=False))
    enter(bare_subject(cast), cast, "120")
    assert asked(cast) == []
    ran(cast, cast.data_manager)
    activate(cast)
    enter(bare_subject(cast), cast, "120")
    assert asked(cast) == ["above 100"]


def test_the_version_before_stays_in_use_until_the_change_is_activated(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(monkeypatch, heavy(90, version=2, hard=False, before=heavy(100, hard=False)))
    enter(bare_subject(cast), cast, "95")
    enter(bare_subject(cast), cast, "120")
    assert asked(cast) == ["above 100"]
    ran(cast, cast.data_manager)
    activate(cast)
    enter(bare_subject(cast), cast, "95")
    assert asked(cast) == ["above 100", "above 90"]
    with acting(user=cast.monitor):
        assert list(Query.objects.order_by("opened_at").values_list("check_version", flat=True)) == [1, 2]


def test_a_hard_check_that_waits_refuses_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, heavy(100, version=2))
    enter(bare_subject(cast), cast, "120")
    ran(cast, cast.data_manager)
    activate(cast)
    with pytest.raises(CheckFailed) as refusal:
        enter(bare_subject(cast), cast, "120")
    assert refusal.value.messages == {"weight": "above 100"}


# The dry run


def test_a_dry_run_counts_saved_forms_and_changes_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(monkeypatch, heavy(200, hard=False))
    for weight in ("95", "120", "130"):
        enter(bare_subject(cast), cast, weight)
    voided = enter(bare_subject(cast), cast, "140")
    with acting(user=cast.coordinator):
        change_state(record=voided, action="void", by=cast.coordinator, reason="wrong person")
    declare(monkeypatch, heavy(100, version=2, hard=False))
    run = ran(cast, cast.data_manager)
    assert run.results["VS"] == {"forms": 3, "checks": {"heavy": {"version": 2, "fires": 2}}}
    assert asked(cast) == []


def test_a_dry_run_sees_lines_and_what_the_real_checks_read(cast: Cast) -> None:
    subject = bare_subject(cast)
    enter(subject, cast, "70")
    values, lines = (
        {"performed_on": DAY},
        [{"analyte": "platelets", "result": Quantity.parse("100", "10*9/L", "platelets")}],
    )
    with acting(user=cast.coordinator):
        submit_form(
            slot=Slot(subject.pk, "SCR", "HEM"), values=values, rows={"results": lines}, by=cast.coordinator
        )
    run = ran(cast, cast.data_manager)
    assert {form: found["forms"] for form, found in run.results.items() if found["forms"]} == {
        "VS": 1,
        "HEM": 1,
    }
    assert not any(check["fires"] for found in run.results.values() for check in found["checks"].values())


def test_a_dry_run_counts_only_what_its_reader_may_see(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, heavy(100, hard=False))
    enter(bare_subject(cast), cast, "95")
    enter(bare_subject(cast, site=cast.elsewhere), cast, "120")
    with acting(user=cast.data_manager):
        assert dry_run(cast.study, cast.data_manager)["VS"]["forms"] == 2
    with acting(user=cast.coordinator):
        assert dry_run(cast.study, cast.coordinator)["VS"]["forms"] == 1


def test_a_dry_run_reads_forms_in_a_number_of_queries_that_does_not_grow(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(monkeypatch, heavy(100, hard=False))

    def reads() -> int:
        with acting(user=cast.data_manager), CaptureQueriesContext(connection) as seen:
            dry_run(cast.study, cast.data_manager)
        return len(seen)

    enter(bare_subject(cast), cast, "95")
    reads()  # the first also reads the roles
    before = reads()
    for _ in range(5):
        enter(bare_subject(cast), cast, "95")
    assert reads() == before


# Activation


def test_nothing_is_activated_before_its_dry_run(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, heavy(100, version=2))
    with pytest.raises(Refused, match="dry run first"):
        activate(cast)
    ran(cast, cast.monitor)
    with pytest.raises(Refused, match="dry run first"):
        activate(cast)
    ran(cast, cast.data_manager)
    declare(monkeypatch, heavy(90, version=3))
    with pytest.raises(Refused, match="dry run first"):
        activate(cast)


def test_an_activation_keeps_what_the_dry_run_said_in_the_studys_trail(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(monkeypatch, heavy(100, version=2, hard=False))
    enter(bare_subject(cast), cast, "120")
    ran(cast, cast.data_manager)
    found = activate(cast)
    assert (found.version, found.forms, found.would_fire) == (2, 1, 1)
    with acting(user=cast.data_manager):
        entry = Trail.objects.get(row_id=str(found.pk))
        assert entry.chain == f"study:{cast.study.pk}"
        assert entry.user_id == cast.data_manager.pk
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            ActivatedCheck.objects.update(would_fire=0)


def test_nothing_is_activated_twice_and_nothing_unknown(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, heavy(100, version=2))
    ran(cast, cast.data_manager)
    activate(cast)
    with pytest.raises(Refused, match="in use already"):
        activate(cast)
    with pytest.raises(Refused, match="no such"):
        activate(cast, check="nonsense")


@pytest.mark.parametrize("part", ["coordinator", "investigator", "monitor", "statistician", "administrator"])
def test_only_data_managers_activate(cast: Cast, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    declare(monkeypatch, heavy(100, version=2))
    with pytest.raises(PermissionDenied, match="activate changed edit checks"):
        activate(cast, cast.people()[part])


# What followed, and the page


def test_firing_and_the_corrections_that_followed_are_counted(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(monkeypatch, heavy(100, hard=False))
    corrected, kept = bare_subject(cast), bare_subject(cast)
    enter(corrected, cast, "120")
    enter(corrected, cast, "70", base_version=1, reason="typing error")
    enter(kept, cast, "120")
    enter(kept, cast, "125", base_version=1, reason="weighed again")
    with acting(user=cast.monitor):
        assert asked_by_checks(cast.study, cast.monitor) == {("VS", "heavy"): (2, 1)}
    with acting(user=cast.stranger):
        assert asked_by_checks(cast.study, cast.stranger) == {}


def test_a_data_manager_sees_runs_and_activates_in_the_browser(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trialsite.review.check_runs.hand_over", lambda run, by: None)
    declare(monkeypatch, heavy(90, version=2, hard=False, before=heavy(100, hard=False)))
    enter(bare_subject(cast), cast, "120")
    client.force_login(cast.data_manager)
    url = f"/studies/{cast.study.key}/checks/"
    page = client.get(url)
    assert "Version 1 stays in use until then." in page.content.decode()
    assert "Do a dry run first" in page.content.decode()
    assert page.context["lines"][0].fired >= 0
    client.post(f"{url}dry-run/")
    assert client.get(url)["Refresh"] == "4"
    with acting(user=cast.data_manager):
        run = newest_run(cast.study, cast.data_manager)
    assert run is not None
    dry_run_checks(str(run.pk), str(cast.data_manager.pk))
    page = client.get(url)
    assert "Refresh" not in page
    assert "It would fire on 1 saved form of 1." in page.content.decode()
    client.post(f"{url}activate/", {"form": "VS", "check": "heavy"})
    assert not client.get(url).context["waiting"]


def test_a_run_that_no_worker_took_says_so(client: Client, cast: Cast) -> None:
    with acting(user=cast.monitor):
        run = start_dry_run(study=cast.study, by=cast.monitor)
        run.failed, run.ended_at = True, run.asked_at
        run.save()
    client.force_login(cast.monitor)
    assert "no worker could be reached" in client.get(f"/studies/{cast.study.key}/checks/").content.decode()


@pytest.mark.parametrize(
    ("part", "status"),
    [
        ("monitor", 200),
        ("data_manager", 200),
        ("coordinator", 403),
        ("statistician", 403),
        ("administrator", 404),
    ],
)
def test_the_page_is_for_those_who_follow_up_queries(
    client: Client, cast: Cast, part: str, status: int
) -> None:
    client.force_login(cast.people()[part])
    url = f"/studies/{cast.study.key}/checks/"
    assert client.get(url).status_code == status
    if status != 200:
        assert client.post(f"{url}dry-run/").status_code == status
        assert client.post(f"{url}activate/").status_code == status


def test_every_check_of_the_system_has_its_words_in_both_languages(client: Client, cast: Cast) -> None:
    client.force_login(cast.data_manager)
    lines = client.get(f"/studies/{cast.study.key}/checks/").context["lines"]
    assert len(lines) == sum(len(kind.checks) for kind in forms.values())
    assert not [line.check.key for line in lines if line.titles[0] == line.titles[1]]


def test_a_check_has_one_name_in_its_form() -> None:
    for kind in forms.values():
        keys = [check.key for check in kind.checks]
        assert len(keys) == len(set(keys)), kind.key
