# ruff: noqa: E501 (tables are read across)
"""Adverse events: entered with their term and grades, proposed by laboratory values, taken or declined, coded."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assessments.events.meddra_upload import upload_dictionary
from assessments.events.proposals import PROPOSAL_WORK, proposals_of
from assessments.events.services import decline_proposal, draft_proposal
from assessments.events.unproposed import days_by_term, values_of
from assessments.models import AdverseEvent, EventDecision, MeddraDictionary, ProposedEvent
from tests.cast import Cast
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Draft, Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.registries import Wanted
from trialsite.casebook.selectors import draft_of
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical import ctcae
from trialsite.clinical.partial_date import PartialDate

from ..casebook.record_page import derived_of
from ..treatment.subjects import DAY1, enrolled, log, start
from .entries import enter, result

TERM = "Neutrophil count decreased"
LLN = Decimal("1.8")


def on(day: int) -> date:
    """A day of treatment; the first is 1."""
    return DAY1 + timedelta(days=day - 1)


def anc(cast: Cast, subject: Subject, day: int, text: str, number: int) -> Any:
    line = result("anc", text, "10*9/L", lln=LLN)
    slot_form = {"visit": "LOG", "repeat": number}
    return enter(cast, subject, "HEM", on(day), rows=[line], **slot_form)


@pytest.fixture
def treated(cast: Cast) -> Subject:
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO")
    return subject


@pytest.fixture
def falling(cast: Cast, treated: Subject) -> Subject:
    """ANC 1.2, 0.3, 0.8 on days 3, 6, 9."""
    for number, (day, text) in enumerate([(3, "1.2"), (6, "0.3"), (9, "0.8")], start=1):
        anc(cast, treated, day, text, number)
    return treated


def typed(**fields: str) -> dict[str, str]:
    lines = {"track-TOTAL_FORMS": "2", "track-INITIAL_FORMS": "0"}
    return {"base_version": "0", "press": "submit", "onset": "2026-01-14", **lines, **fields}


def page_of(desk: Client, subject: Subject, query: str = "") -> str:
    return desk.get(f"/subjects/{subject.pk}/adverse-events/{query}").content.decode()


def proposed(cast: Cast, subject: Subject) -> list[ProposedEvent]:
    with acting(user=cast.coordinator):
        return proposals_of(subject)


def take(cast: Cast, subject: Subject, term: str = TERM, starts_on: date | None = None) -> Slot:
    with acting(user=cast.coordinator):
        return draft_proposal(
            subject_id=subject.pk, term=term, starts_on=starts_on or on(3), by=cast.coordinator
        )


def decline(cast: Cast, subject: Subject, reason: str = "Known before") -> EventDecision:
    with acting(user=cast.coordinator):
        return decline_proposal(
            subject_id=subject.pk, term=TERM, starts_on=on(3), by=cast.coordinator, reason=reason
        )


# Entered on the page


def test_an_event_is_entered_with_its_term_and_its_grades(desk: Client, cast: Cast, treated: Subject) -> None:
    slot = Slot(treated.pk, "LOG", "AE")
    lines = {
        "track-0-since": "2026-01-14", "track-0-grade": "2", "track-1-since": "2026-01-16", "track-1-grade": "4",
    }  # fmt: skip
    answer = desk.post(slot.url(), typed(term="中性粒细胞计数降低", ongoing="yes", **lines))
    assert answer.status_code == 302
    with acting(user=cast.coordinator):
        record = AdverseEvent.objects.get(subject=treated)
        assert (record.term, record.grade, record.performed_on) == (TERM, 4, date(2026, 1, 14))
    page = desk.get(slot.url()).content.decode()
    assert "Worst grade" in page
    assert "Investigations" in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"term": "Feels unwell"}, "Choose a term of the CTCAE from the list"),
        ({"term": "Investigations - Other, specify"}, "Say in your words what happened"),
        ({"term": "Nausea", "track-0-since": "2026-01-10", "track-0-grade": "1"}, "This day lies before the onset."),
        ({"term": "Nausea", "track-0-since": "2030-01-10", "track-0-grade": "1"}, "has not come yet"),
        ({"term": "Nausea", "track-0-note": "felt sick"}, "Enter the grade, 1 to 5."),
        ({"term": "Sepsis", "track-0-since": "2026-01-14", "track-0-grade": "5", "outcome": "RECOVERED"}, "Grade 5 is death"),
        ({"term": "Sepsis", "track-0-since": "2026-01-14", "track-0-grade": "4", "outcome": "FATAL"}, "A fatal event is grade 5"),
        ({"term": "Nausea", "track-0-since": "2026-01-14", "track-0-grade": "4"}, "the CTCAE has the grades 1, 2, 3"),
        ({"term": "Nausea", "outcome": "RECOVERED"}, "The event is over: when did it end?"),
        ({"term": "Seizure"}, "of special interest by its term"),
        ({"term": "Nausea", "onset": "2026-01-10"}, "outside the window of adverse events"),
    ],
)  # fmt: skip
def test_what_does_not_agree_is_said_and_what_was_typed_stays(
    desk: Client, treated: Subject, fields: dict[str, str], sentence: str
) -> None:
    answer = desk.post(Slot(treated.pk, "LOG", "AE").url(), typed(**fields))
    page = answer.content.decode()
    assert answer.status_code in (200, 422)
    assert sentence in page
    assert fields["term"] in page


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("en", "neurotoxicity", ("Terms for it: Encephalopathy, Confusion", "“ICE score and ICANS”")),
        ("zh-hans", "神经毒性", ("对应术语：脑病、意识模糊", "ICE评分")),
    ],
)
def test_neurotoxicity_offers_its_terms_and_the_form_of_icans(
    desk: Client, cast: Cast, treated: Subject, language: str, text: str, words: tuple[str, ...]
) -> None:
    slot = Slot(treated.pk, "LOG", "AE", 1, 1)
    desk.cookies["django_language"] = language
    page = desk.post(slot.url(), typed(term=text, ongoing="yes")).content.decode()
    for word in words:
        assert word in page
    shown = "neurotoxicity · 神经毒性 · ICANS"
    assert page.count(shown) == len(ctcae.SEARCH_WORDS[0].terms)


def test_the_events_of_a_study_are_found_by_neurotoxicity(desk: Client, cast: Cast, treated: Subject) -> None:
    for term in ("Encephalopathy", "Anemia"):
        log(cast, treated, "AE", {"performed_on": on(3), "term": term, "onset": PartialDate.of(on(3))})
    page = desk.get(f"/studies/{cast.study.key}/adverse-events/?term=神经毒性").context["lines"]
    assert [one.record.term for one in page] == ["Encephalopathy"]


def test_only_the_agents_of_the_study_are_asked_and_what_was_never_given_is_not_applicable(
    desk: Client, treated: Subject
) -> None:
    page = desk.get(Slot(treated.pk, "LOG", "AE").url()).content.decode()
    assert 'name="cause_venetoclax"' not in page
    assert 'name="action_car_t"' in page
    chemo, cells = (
        page.split(f'name="cause_{agent}"')[1].split("</select>")[0] for agent in ("chemo", "car_t")
    )
    assert '<option value="NA" selected>' in cells
    assert '<option value="NA" selected>' not in chemo


def test_an_event_of_before_the_list_keeps_its_words_and_offers_its_grade_as_a_line(
    desk: Client, cast: Cast, treated: Subject
) -> None:
    onset = PartialDate.parse("2026-01-14")
    record = enter(cast, treated, "AE", on(3), visit="LOG", term="Feels unwell", onset=onset, grade=3)
    url = Slot.of_record(record).url()
    page = desk.get(f"{url}?edit=1").content.decode()
    assert 'name="track-0-grade" value="3"' in page
    change = typed(term="Feels unwell", **{"track-0-since": "2026-01-14", "track-0-grade": "3"})
    change |= {
        "base_version": "1",
        "why": "ENTRY_ERROR",
        "reason_text": "typed wrong",
        "outcome": "NOT_RECOVERED",
    }
    assert "Choose a term" not in desk.post(url, change).content.decode()


def test_the_window_stands_on_the_form(desk: Client, cast: Cast, treated: Subject) -> None:
    before, after = (PartialDate.of(on(day)) for day in (-2, 3))
    early = log(cast, treated, "AE", {"term": "Headache", "onset": before, "performed_on": before.earliest})
    late = log(cast, treated, "AE", {"term": "Headache", "onset": after, "performed_on": after.earliest})
    assert "In the window of adverse events No" in derived_of(desk, early)
    assert "Treatment-emergent No" in derived_of(desk, early)
    assert "In the window of adverse events Yes" in derived_of(desk, late)
    assert "Treatment-emergent Yes" in derived_of(desk, late)


def test_a_related_serious_event_outside_the_window_is_not_asked_about(
    desk: Client, treated: Subject
) -> None:
    fields = {"term": "Nausea", "onset": "2026-01-10", "serious": "yes", "cause_chemo": "POSSIBLE"}
    assert desk.post(Slot(treated.pk, "LOG", "AE").url(), typed(**fields)).status_code == 302


def test_the_worst_grade_goes_with_its_lines(cast: Cast, treated: Subject) -> None:
    onset = PartialDate.of(on(3))
    values = {"term": "Nausea", "onset": onset, "performed_on": on(3)}
    record = log(cast, treated, "AE", values, rows={"track": [{"since": onset, "grade": 3}]})
    with acting(user=cast.coordinator):
        submit_form(
            slot=Slot.of_record(record), values=values, rows={"track": []}, base_version=1, by=cast.coordinator,
            reason="ENTRY_ERROR: typed wrong",
        )  # fmt: skip
        assert AdverseEvent.objects.get(pk=record.pk).grade is None


# Proposed by laboratory values


def test_serial_values_propose_one_event(cast: Cast, falling: Subject) -> None:
    (found,) = proposed(cast, falling)
    assert (found.kind, found.term, found.worst_grade, found.starts_on) == ("NEW", TERM, 4, on(3))
    assert [grade for _day, grade, _text in found.track] == [2, 4, 3]


def test_values_until_the_first_dose_propose_nothing(cast: Cast) -> None:
    subject = enrolled(cast)
    anc(cast, subject, -3, "0.3", 1)
    assert proposed(cast, subject) == []
    start(cast, subject, "IND_CHEMO")
    assert proposed(cast, subject) == []


def test_a_cytopenia_of_the_baseline_is_told_and_not_proposed(
    desk: Client, cast: Cast, treated: Subject
) -> None:
    anc(cast, treated, 0, "1.2", 1)
    anc(cast, treated, 4, "0.3", 2)
    (found,) = proposed(cast, treated)
    assert found.kind == "EXPECTED"
    page = page_of(desk, treated)
    assert "1 episode that the protocol does not record" in page
    assert "graded at baseline" in page
    assert "Nothing is proposed." in page
    assert "Severe values that are not proposed" in page


def test_a_severe_value_no_worse_than_the_baseline_says_why_it_is_not_proposed(
    desk: Client, cast: Cast, treated: Subject
) -> None:
    anc(cast, treated, 0, "0.3", 1)
    anc(cast, treated, 4, "0.3", 2)
    assert proposed(cast, treated) == []
    page = page_of(desk, treated)
    assert "Not worse than at baseline." in page
    assert "Up to the start of treatment: the value is the baseline." in page


def test_a_proposal_is_taken_as_a_draft_and_is_gone_once_the_event_stands(
    desk: Client, cast: Cast, falling: Subject
) -> None:
    assert "Proposed by laboratory values" in page_of(desk, falling)
    wanted = {"term": TERM, "starts_on": on(3).isoformat(), "press": "accept"}
    answer = desk.post(f"/subjects/{falling.pk}/proposed-events/", wanted)
    slot = Slot(falling.pk, "LOG", "AE")
    assert answer.url.startswith(slot.url())
    page = desk.get(answer.url).content.decode()
    for field in (
        'name="track-1-since" value="2026-01-17"',
        'name="track-1-grade" value="4"',
        'value="2026-01-14"',
    ):
        assert field in page
    with acting(user=cast.coordinator):
        assert not AdverseEvent.objects.exists()
        draft = draft_of(slot, cast.coordinator)
    assert draft is not None
    sent = {name: texts[0] for name, texts in draft.typed.items()} | {"base_version": "0", "press": "submit"}
    assert desk.post(slot.url(), sent).status_code == 302
    with acting(user=cast.coordinator):
        assert AdverseEvent.objects.get().grade == 4
    assert proposed(cast, falling) == []


def test_a_draft_that_is_open_is_not_overwritten(cast: Cast, falling: Subject) -> None:
    take(cast, falling)
    with pytest.raises(Refused, match="You have a draft of adverse event 1"):
        take(cast, falling)


def test_a_later_value_proposes_a_change_and_recovery_an_end(cast: Cast, falling: Subject) -> None:
    onset = PartialDate.of(on(3))
    track = [{"since": onset, "grade": 2}, {"since": PartialDate.of(on(6)), "grade": 4}]
    values = {"term": TERM, "onset": onset, "performed_on": on(3), "ongoing": True}
    record = log(cast, falling, "AE", values, rows={"track": track})
    (found,) = proposed(cast, falling)
    assert (found.kind, found.event_id, [one[1] for one in found.track]) == ("CHANGED", record.pk, [3])
    with acting(user=cast.coordinator):
        rests_on = values_of(found, days_by_term(falling))
    assert [grade for _day, grade, _text in rests_on] == [2, 4, 3]
    slot = take(cast, falling)
    assert slot == Slot.of_record(record)
    with acting(user=cast.coordinator):
        draft = draft_of(slot, cast.coordinator)
    assert draft is not None
    grades = {text[0] for name, text in draft.typed.items() if name.endswith("-grade")}
    assert {"2", "4", "3"} <= grades
    anc(cast, falling, 14, "2.4", 9)
    (found,) = proposed(cast, falling)
    assert (found.kind, found.ended_on) == ("CHANGED", on(14))


def test_declined_with_a_reason_it_is_proposed_again_only_when_worse(cast: Cast, treated: Subject) -> None:
    anc(cast, treated, 3, "0.9", 1)
    assert [one.kind for one in proposed(cast, treated)] == ["NEW"]
    with pytest.raises(CheckFailed) as refusal:
        decline(cast, treated, " ")
    assert list(refusal.value.messages) == ["reason"]
    decided = decline(cast, treated)
    assert (decided.reason, decided.worst_grade, decided.known_until) == ("Known before", 3, on(3))
    assert proposed(cast, treated) == []
    anc(cast, treated, 5, "0.8", 2)
    assert proposed(cast, treated) == []
    anc(cast, treated, 6, "0.4", 3)
    assert [one.worst_grade for one in proposed(cast, treated)] == [4]
    with acting(user=cast.coordinator), pytest.raises(Refused, match="no longer stands"):
        decline_proposal(
            subject_id=treated.pk, term="Anemia", starts_on=on(3), by=cast.coordinator, reason="x y"
        )


def test_a_refused_reason_stands_again_beside_its_field(desk: Client, falling: Subject) -> None:
    sent = {"term": TERM, "starts_on": on(3).isoformat(), "press": "decline", "reason": ""}
    answer = desk.post(f"/subjects/{falling.pk}/proposed-events/", sent)
    assert answer.status_code == 422
    assert "Say why these values are no adverse event." in answer.content.decode()


def test_who_reads_only_takes_nothing_and_a_stranger_sees_nothing(
    client: Client, cast: Cast, falling: Subject
) -> None:
    with acting(user=cast.monitor), pytest.raises(PermissionDenied):
        decline_proposal(subject_id=falling.pk, term=TERM, starts_on=on(3), by=cast.monitor, reason="No")
    client.force_login(cast.monitor)
    page = page_of(client, falling)
    assert TERM in page
    assert "Enter as an event" not in page
    client.force_login(cast.stranger)
    assert client.get(f"/subjects/{falling.pk}/adverse-events/").status_code == 404
    sent = {"term": TERM, "starts_on": on(3).isoformat()}
    assert client.post(f"/subjects/{falling.pk}/proposed-events/", sent).status_code == 404
    with acting(user=cast.stranger):
        assert not ProposedEvent.objects.exists()
        assert not Draft.objects.exists()


def test_a_frozen_subject_is_not_decided_on(cast: Cast, falling: Subject) -> None:
    proposed(cast, falling)
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_subject(falling), kind="freeze", by=cast.data_manager)
    with pytest.raises(Refused):
        decline(cast, falling)


def test_the_inbox_has_one_line_a_subject_for_who_enters_its_forms(cast: Cast, falling: Subject) -> None:
    with acting(user=cast.coordinator):
        bring_up_to_date(Subject.objects.filter(pk=falling.pk))
        (line,) = PROPOSAL_WORK.lines(cast.coordinator, Wanted(10))
        assert (line.subject_id, line.detail) == (falling.pk, "1 proposal from laboratory values")
    for who in (cast.monitor, cast.stranger):
        with acting(user=who):
            assert list(PROPOSAL_WORK.lines(who, Wanted(10))) == []


def test_the_page_filters_its_events_and_asks_no_more_with_more_of_them(
    desk: Client, cast: Cast, treated: Subject
) -> None:
    def add(term: str, day: int, grade: int, **values: Any) -> None:
        onset = PartialDate.of(on(day))
        track = [{"since": onset, "grade": grade}]
        log(
            cast,
            treated,
            "AE",
            {"term": term, "onset": onset, "performed_on": on(day), **values},
            {"track": track},
        )

    add("Headache", 3, 1, stop=PartialDate.of(on(5)), cause_blinatumomab="RELATED")
    add("Sepsis", 4, 4, serious=True)
    assert "Headache" in page_of(desk, treated)
    assert "blinatumomab" in page_of(desk, treated)
    for query in ("?grade=2", "?serious=yes", "?ongoing=yes"):
        page = page_of(desk, treated, query)
        assert "Sepsis" in page
        assert "Headache" not in page
    with CaptureQueriesContext(connection) as few:
        page_of(desk, treated)
    for day in range(6, 12):
        add("Nausea", day, 1)
    page_of(desk, treated)
    with CaptureQueriesContext(connection) as many:
        page_of(desk, treated)
    assert len(many) <= len(few)


def test_the_page_stands_in_chinese(desk: Client, cast: Cast, falling: Subject) -> None:
    desk.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    page = page_of(desk, falling)
    assert "中性粒细胞计数降低" in page
    assert TERM not in page.replace(f'value="{TERM}"', "")


# MedDRA

LLT = "10000001$Made up neutropenia$10000002$$$$$$$Y$$\n10000003$Old made up term$10000002$$$$$$$N$$\n"
PT = "10000002$Made up disorder$$10000009$$\n"
ZH = "10000001$虚构的减少$\n"


def files(**texts: str | bytes) -> dict[str, Any]:
    given = {"llt": LLT, "pt": PT, "llt_zh": ZH} | texts
    return {
        name: SimpleUploadedFile(f"{name}.asc", text.encode() if isinstance(text, str) else text)
        for name, text in given.items()
    }


def upload(cast: Cast, version: str = "28.0", **texts: str | bytes) -> MeddraDictionary:
    with acting(user=cast.data_manager):
        return upload_dictionary(version=version, files=files(**texts), by=cast.data_manager)


def test_without_a_dictionary_nothing_is_asked(desk: Client, treated: Subject) -> None:
    assert "meddra_llt" not in desk.get(Slot(treated.pk, "LOG", "AE").url()).content.decode()


@pytest.mark.parametrize("text", ["10000001", "made up NEUTROPENIA", "虚构的减少"])
def test_an_event_is_coded_by_code_or_name(desk: Client, cast: Cast, treated: Subject, text: str) -> None:
    upload(cast)
    slot = Slot(treated.pk, "LOG", "AE")
    assert desk.post(slot.url(), typed(term=TERM, meddra_llt=text)).status_code == 302
    with acting(user=cast.coordinator):
        found = AdverseEvent.objects.get()
    assert (found.meddra_llt, found.meddra_llt_code, found.meddra_version) == (
        "Made up neutropenia",
        "10000001",
        "28.0",
    )
    assert (found.meddra_pt, found.meddra_pt_code) == ("Made up disorder", "10000002")
    assert "Made up disorder" in desk.get(slot.url()).content.decode()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("made up neutro", "Near it: Made up neutropenia."),
        ("Old made up term", "has no current term"),
        ("zz", "has no"),
    ],
)
def test_a_near_miss_names_the_terms_beside_it(
    desk: Client, cast: Cast, treated: Subject, text: str, sentence: str
) -> None:
    upload(cast)
    answer = desk.post(Slot(treated.pk, "LOG", "AE").url(), typed(term=TERM, meddra_llt=text))
    assert sentence in answer.content.decode()


def test_terms_come_as_they_are_typed(desk: Client, cast: Cast) -> None:
    upload(cast)
    found = desk.get("/meddra/terms/", {"meddra_llt": "made"}).content.decode()
    assert "Made up neutropenia" in found
    assert "Old made up term" not in found
    assert "option" not in desk.get("/meddra/terms/", {"meddra_llt": "m"}).content.decode()


@pytest.mark.parametrize(
    ("version", "texts", "item"),
    [
        ("twenty", {}, "version"),
        ("28.0", {"llt": "no dollars"}, "llt"),
        ("28.0", {"llt": ""}, "llt"),
        ("28.0", {"llt": LLT + LLT}, "llt"),
        ("28.0", {"pt": "10000099$Another$"}, "pt"),
        ("28.0", {"llt": b"\xff\xfe\x00"}, "llt"),
        ("28.0", {"llt_zh": "x"}, "llt_zh"),
    ],
)
def test_files_of_another_shape_are_refused_at_their_field(
    cast: Cast, version: str, texts: dict[str, Any], item: str
) -> None:
    with pytest.raises(CheckFailed) as refusal:
        upload(cast, version, **texts)
    assert list(refusal.value.messages) == [item]
    assert not MeddraDictionary.objects.exists()


def test_a_version_is_stored_once_and_only_by_data_manager_or_administrator(
    client: Client, cast: Cast
) -> None:
    upload(cast)
    with pytest.raises(CheckFailed) as refusal:
        upload(cast)
    assert "stored already" in refusal.value.messages["version"]
    for who, status in ((cast.coordinator, 403), (cast.administrator, 200), (cast.data_manager, 200)):
        client.force_login(who)
        assert client.get("/meddra/").status_code == status
    answer = client.post("/meddra/", {"version": "29.0", **files(llt="bad")})
    assert answer.status_code == 422
    assert "llt.asc, line 1" in answer.content.decode()
    assert client.post("/meddra/", {"version": "29.0", **files()}).status_code == 302
