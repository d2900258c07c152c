"""Every reason is a sentence in both languages, and every endpoint of the four protocols gives one."""

import re
import string
from datetime import date, timedelta
from pathlib import Path

import pytest

import trialsite.studies
from outcomes.domain.endpoints import derive
from outcomes.domain.history import (
    AcuteGvhd,
    Dated,
    Death,
    History,
    MrdAt,
    Relapse,
    ResponseAt,
    VisitWindow,
)
from outcomes.domain.occurrences import FINDERS, SAME_DAY_ORDER
from outcomes.domain.plans import ORIGINS, SETS, Switches
from outcomes.domain.results import EVENT_WORDS, REASONS, Status, reason_sentence
from trialsite.clinical.kleene import Truth
from trialsite.clinical.partial_date import PartialDate
from trialsite.studies.domain import vocabulary
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_file

FILES = sorted((Path(trialsite.studies.__file__).parent / "protocols").glob("*.yaml"))
PROTOCOLS = {path.stem: Protocol.from_document(read_file(path).document) for path in FILES}
PLANS = [
    pytest.param(plan, id=f"{key} {plan.key}") for key, one in PROTOCOLS.items() for plan in one.analyses
]

START = date(2024, 1, 1)


def at(days):
    return Dated(START + timedelta(days=days))


BEGUN = History(
    c1d1=at(0), randomised_on=at(1), first_crc=at(28), hsct_d0=at(120), assessments=(at(28), at(150))
)
HISTORIES = [
    History(),
    History(c1d1=at(0), randomised_on=at(0)),
    BEGUN,
    History(c1d1=at(0), treatment_failure=at(40), death=Death(START + timedelta(days=90))),
    History(
        **{name: getattr(BEGUN, name) for name in ("c1d1", "first_crc", "hsct_d0")},
        follow_up_withdrawn=at(300),
    ),
    History(c1d1=at(0), hsct_d0=Dated(PartialDate.parse("2024-05")), first_crc=at(28), randomised_on=at(2)),
    History(c1d1=at(0), data_use_withdrawn=at(9)),
    History(c1d1=at(0), first_crc=at(28), hsct_d0=at(120), death=Death(START + timedelta(days=20))),
    History(
        c1d1=at(0), first_crc=at(28), hsct_d0=at(120), treatment_failure=Dated(PartialDate.parse("2024-06"))
    ),
    History(
        c1d1=at(0),
        first_crc=at(28),
        hsct_d0=at(120),
        randomised_on=at(30),
        relapses=(Relapse(PartialDate.parse("2024-11")),),
        death=Death(PartialDate.parse("2025")),
        agvhd=(AcuteGvhd(START + timedelta(days=150), grade=3),),
        responses=(ResponseAt(START + timedelta(days=28), category="CR", in_crc=Truth.TRUE, visit="EOC1"),),
        mrd=(MrdAt(START + timedelta(days=28), visit="EOC1", method="MFC", negative=Truth.TRUE),),
        windows=(VisitWindow("EOC2", START + timedelta(days=60)),),
        severe_adverse_events=(at(10),),
    ),
]


def names_in(template):
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("code", REASONS)
def test_a_reason_says_the_same_things_in_both_languages(code):
    text = REASONS[code]
    assert names_in(text.zh) <= names_in(text.en)
    assert re.search("[一-鿿]", text.zh)
    assert not re.search("[一-鿿]", text.en)


def test_a_reason_is_filled_with_words_of_its_language():
    params = {"event": "relapse", "date": "2026-12-05"}
    assert reason_sentence("event", params) == "Relapse on 2026-12-05"
    assert reason_sentence("event", params, "zh-hans") == "2026-12-05 发生复发"


def test_every_event_set_and_origin_a_protocol_may_name_is_known_here():
    assert set(vocabulary.EVENTS) <= set(EVENT_WORDS)
    assert set(vocabulary.ORIGINS) == set(ORIGINS)
    assert set(vocabulary.ANALYSIS_SETS) == {*SETS, "EVALUABLE_24M"}
    assert set(FINDERS) == set(SAME_DAY_ORDER)


@pytest.mark.parametrize("cut_off", [None, date(2024, 2, 15), date(2026, 12, 31)], ids=str)
@pytest.mark.parametrize("plan", PLANS)
def test_every_endpoint_of_the_protocols_gives_every_history_a_consistent_answer(plan, cut_off):
    for history in HISTORIES:
        for switches in (Switches(), Switches(True, frozenset({"hsct", "car_t", "new_therapy"}), True)):
            result = derive(plan, history, cut_off, switches)
            assert reason_sentence(result.reason_code, result.params)
            assert reason_sentence(result.reason_code, result.params, "zh-hans")
            assert (result.cause is None) == (
                result.status in (Status.UNKNOWN, Status.NO_ORIGIN, Status.NOT_IN_SET)
            )
            if result.days is not None:
                assert result.days >= 0
                assert result.origin + timedelta(days=result.days) == result.date
                assert cut_off is None or result.date <= cut_off
            if result.status is Status.EVENT:
                assert result.event_type in (*plan.events, *plan.competing)
