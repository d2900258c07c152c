"""The page of the verification plan: what is planned, how far it is at each site and form, and what is next."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cast import Cast, bare_subject
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import forms
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity
from trialsite.review.contents import content_of
from trialsite.review.models import FormToVerify
from trialsite.review.progress import Progress, forms_of_the_plan, next_to_verify, progress_by
from trialsite.review.verification import items_to_verify, plan_verification, verify_items

DAY = date(2026, 1, 6)


def url(cast: Cast, more: str = "") -> str:
    return f"/studies/{cast.study.key}/verification/{more}"


def enter(subject: Subject, cast: Cast, form: str = "VS", visit: str = "SCR", **options):
    who = cast.stranger if subject.site_id == cast.elsewhere.pk else cast.coordinator
    values = {
        "VS": {
            "performed_on": DAY,
            "weight": Quantity.parse(options.pop("weight", "70"), "kg", "weight"),
            "ecog": 1,
        },
        "DTH": {"performed_on": DAY, "died_on": None, "cause": "DISEASE"},
        "SUR": {"performed_on": DAY, "alive": True, "no_relapse": None},
    }[form]
    with acting(user=who):
        return submit_form(slot=Slot(subject.pk, visit, form), values=values, by=who, **options)


def share(cast: Cast, percent: int) -> None:
    with acting(user=cast.data_manager):
        plan_verification(study=cast.study, sample_percent=percent, seed="s", by=cast.data_manager)


def verify(cast: Cast, subject: Subject, *items: str, form: str = "VS", visit: str = "SCR") -> None:
    with acting(user=cast.monitor):
        opened = open_slot(Slot(subject.pk, visit, form), subject, forms[form])
        verify_items(opened=opened, items=items, by=cast.monitor)


def progress(cast: Cast, part: str = "site__key", by: User | None = None) -> dict[str, tuple[int, int]]:
    by = by or cast.monitor
    with acting(user=by):
        found = progress_by(forms_of_the_plan(cast.study, by), part)
    return {one.key: (one.items, one.verified) for one in found}


@pytest.mark.parametrize("percent", [0, 100])
def test_the_plan_counts_what_each_form_asks_for(cast: Cast, percent: int) -> None:
    subject = bare_subject(cast)
    share(cast, percent)
    enter(subject, cast)
    enter(subject, cast, form="SUR", visit="LOG")
    expected = {}
    with acting(user=cast.monitor):
        for form, visit in (("VS", "SCR"), ("SUR", "LOG")):
            opened = open_slot(Slot(subject.pk, visit, form), subject, forms[form])
            if wanted := items_to_verify(opened, content_of(opened.kind, opened.record)):
                expected[form] = (len(wanted), 0)
    assert expected
    assert progress(cast, "form_key") == expected


def test_verifying_moves_the_progress_and_a_correction_moves_it_back(cast: Cast) -> None:
    subject = bare_subject(cast)
    share(cast, 100)
    enter(subject, cast)
    (total, _none), *_rest = progress(cast).values()
    verify(cast, subject, "weight", "ecog")
    assert progress(cast) == {cast.here.key: (total, 2)}
    enter(subject, cast, weight="71", base_version=1, reason="typing error")
    assert progress(cast) == {cast.here.key: (total, 1)}


def test_what_the_plan_does_not_ask_for_is_no_progress(cast: Cast) -> None:
    subject = bare_subject(cast)
    share(cast, 0)
    enter(subject, cast, form="SUR", visit="LOG")
    enter(subject, cast)
    before = progress(cast)
    verify(cast, subject, "weight")
    assert progress(cast) == before


def test_a_new_plan_derives_nothing_anew(cast: Cast) -> None:
    subject = bare_subject(cast)
    share(cast, 0)
    enter(subject, cast)
    assert progress(cast) == {}
    with acting(user=cast.monitor):
        derived = set(FormToVerify.objects.values_list("pk", flat=True))
    share(cast, 100)
    assert progress(cast)
    with acting(user=cast.monitor):
        assert set(FormToVerify.objects.values_list("pk", flat=True)) == derived


def test_sites_and_forms_sum_to_the_same(cast: Cast) -> None:
    share(cast, 100)
    for site in (cast.here, cast.elsewhere):
        subject = bare_subject(cast, site=site)
        enter(subject, cast)
        enter(subject, cast, form="SUR", visit="LOG")
    verify(cast, subject, "weight")
    sites, of_forms = progress(cast), progress(cast, "form_key")
    assert set(sites) == {cast.here.key, cast.elsewhere.key}
    assert [sum(n) for n in zip(*sites.values(), strict=True)] == [
        sum(n) for n in zip(*of_forms.values(), strict=True)
    ]
    assert set(progress(cast, by=cast.stranger)) == {cast.elsewhere.key}


def test_the_next_form_is_the_first_with_something_left(cast: Cast) -> None:
    subject = bare_subject(cast)
    share(cast, 100)
    enter(subject, cast)
    enter(subject, cast, visit="IND_D1")
    with acting(user=cast.monitor):
        first = next_to_verify(cast.study, cast.monitor)
        assert first is not None
        opened = open_slot(first, subject, forms["VS"])
        verify_items(opened=opened, items=content_of(opened.kind, opened.record), by=cast.monitor)
        second = next_to_verify(cast.study, cast.monitor)
    assert second is not None
    assert {first.visit_key, second.visit_key} == {"SCR", "IND_D1"}


def test_a_hundred_percent_means_that_nothing_is_left() -> None:
    assert (Progress("", 1000, 999).percent, Progress("", 3, 3).percent, Progress("", 0, 0).percent) == (
        99,
        100,
        100,
    )


def test_a_monitor_finds_the_plan_in_the_navigation_and_goes_to_the_next_form(
    client: Client, cast: Cast
) -> None:
    subject = bare_subject(cast)
    share(cast, 100)
    enter(subject, cast)
    client.force_login(cast.monitor)
    assert 'href="/review/"' in client.get("/").content.decode()
    assert f'href="{url(cast)}"' in client.get("/review/").content.decode()
    page = client.get(url(cast))
    assert "Next form to verify" in page.content.decode()
    form = Slot(subject.pk, "SCR", "VS").url()
    assert f'href="{form}#verification"' in page.content.decode()
    assert client.get(url(cast, "next/")).url == f"{form}#verification"
    verify(cast, subject, *[name for name, *_rest in panel(client, form)])
    assert "Next form to verify" in client.get(form).content.decode()
    assert client.get(url(cast, "next/")).url == url(cast)
    assert client.get(url(cast)).context["total"].left == 0


def panel(client: Client, form: str) -> list[tuple]:
    panels = client.get(form).context["panels"]
    return next(one["items"] for one in panels if "next_url" in one)


def test_a_data_manager_changes_the_plan_in_the_browser(client: Client, cast: Cast) -> None:
    subject = bare_subject(cast)
    enter(subject, cast)
    client.force_login(cast.data_manager)
    client.post(url(cast, "plan/"), {"sample_percent": "100", "seed": "2026-b"})
    page = client.get(url(cast))
    assert (page.context["plan"].sample_percent, page.context["plan"].seed) == (100, "2026-b")
    assert [number for _pk, number in page.context["sampled"]] == [subject.usubjid]
    for wrong in ("101", "", "many"):
        client.post(url(cast, "plan/"), {"sample_percent": wrong, "seed": "x"})
    assert client.get(url(cast)).context["plan"].seed == "2026-b"


def test_a_monitor_does_not_change_the_plan(client: Client, cast: Cast) -> None:
    client.force_login(cast.monitor)
    assert client.post(url(cast, "plan/"), {"sample_percent": "1", "seed": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("part", "status"), [("coordinator", 403), ("statistician", 403), ("administrator", 404)]
)
def test_the_plan_is_for_monitors_and_data_managers(
    client: Client, cast: Cast, part: str, status: int
) -> None:
    client.force_login(cast.people()[part])
    assert client.get(url(cast)).status_code == client.get(url(cast, "next/")).status_code == status


def test_the_critical_items_stand_in_words(client: Client, cast: Cast) -> None:
    client.force_login(cast.monitor)
    critical = dict(client.get(url(cast)).context["critical"])
    assert str(forms["DTH"].title) in critical
    assert not [item for items in critical.values() for item in items if "_" in item or "." in item]


def test_the_page_reads_as_often_for_many_forms_as_for_one(client: Client, cast: Cast) -> None:
    share(cast, 100)
    client.force_login(cast.monitor)

    def reads() -> int:
        progress(cast)
        with CaptureQueriesContext(connection) as seen:
            client.get(url(cast))
        return len(seen)

    enter(bare_subject(cast), cast)
    reads()  # what a process reads once
    before = reads()
    for _ in range(4):
        enter(bare_subject(cast), cast)
    assert reads() == before
