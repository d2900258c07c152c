"""What the treatment page advises before the first blinatumomab, and until when."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.test import Client

from tests.cast import Cast
from tests.integration.assessments.entries import enter
from treatment.infusion.first import blasts_before, lines_of
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.clinical.quantity import Quantity

from .subjects import enrolled, log

DAY = date(2026, 1, 9)


def advice(cast: Cast, subject: Subject) -> list[tuple[str, str]]:
    with acting(user=cast.coordinator):
        plan = subject.protocol_version.protocol.blinatumomab.first_infusion
        return [
            (one.advice.key, one.answer.truth.value if one.answer else "") for one in lines_of(subject, plan)
        ]


def test_without_a_marrow_the_page_says_that_it_is_unknown(cast: Cast, client: Client) -> None:
    subject = enrolled(cast)
    assert advice(cast, subject) == [("PRE_PHASE", "UNKNOWN"), ("INTRATHECAL", ""), ("ANTIPYRETIC", "")]
    client.force_login(cast.coordinator)
    page = client.get(f"/subjects/{subject.pk}/treatment/").content.decode()
    assert "Before the first blinatumomab" in page
    assert "Marrow blasts unknown" in page
    enter(cast, subject, "BM", DAY, bm_blast_pct=Quantity.parse("72", "%", "blasts"))
    assert advice(cast, subject)[0] == ("PRE_PHASE", "TRUE")
    page = client.get(f"/subjects/{subject.pk}/treatment/").content.decode()
    assert "Marrow blasts 72 % on 2026-01-09" in page
    client.cookies["django_language"] = "zh-hans"
    page = client.get(f"/subjects/{subject.pk}/treatment/").content.decode()
    assert "2026-01-09骨髓原始细胞72 %" in page


def test_a_marrow_after_the_first_infusion_says_nothing_of_the_pre_phase(cast: Cast) -> None:
    subject = enrolled(cast)
    enter(cast, subject, "BM", DAY, bm_blast_pct=Quantity.parse("72", "%", "blasts"))
    with acting(user=cast.coordinator):
        before = datetime(2026, 1, 8, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
        assert blasts_before(subject, before).marrow is None
        same = blasts_before(subject, before + timedelta(days=1)).marrow
    assert same is not None
    assert same.on == DAY


def test_what_is_advised_in_the_first_hours_is_shown_until_they_are_over(cast: Cast) -> None:
    from django.utils import timezone

    for hours, shown in ((47, ["ANTIPYRETIC"]), (49, [])):
        subject = enrolled(cast)
        start = timezone.now() - timedelta(hours=hours)
        stretch = {"start": start, "stop": None, "rate": 9, "stop_reason": ""}
        log(cast, subject, "BLI", {"performed_on": start.date()}, {"segments": [stretch]})
        assert [key for key, _truth in advice(cast, subject)] == shown
