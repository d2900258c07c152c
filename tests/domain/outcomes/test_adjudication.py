"""A committee's case from its decisions, and endpoints by the committee's events beside those of the investigators."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from outcomes.domain.adjudication import (
    AWAITS,
    Decision,
    Pair,
    Stage,
    Verdict,
    adjudicated,
    agreement_of,
    standing_of,
)
from outcomes.domain.endpoints import derive
from outcomes.domain.history import Adjudication, Dated, Death, History, Relapse
from tests.domain.outcomes.test_endpoints import CUT_OFF, NRM, OS, RFS
from trialsite.clinical.facts import ItemAddress
from trialsite.clinical.partial_date import PartialDate

REMISSION, RELAPSED, DIED = date(2026, 2, 20), date(2026, 12, 5), date(2027, 3, 1)
FORM, DEATH_FORM = ItemAddress("rel", "1", "onset"), ItemAddress("dth", "1", "died_on")
SAYS = ItemAddress("decision", "1", "event_date")


def decision(by="A", verdict=Verdict.CONFIRMED, on="2026-12-05", *, seen=1, chair=False, cause="", at=0):
    said = PartialDate.parse(on) if on else None
    when = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(days=at)
    return Decision(
        by, chair, seen, verdict, when, ItemAddress("decision", f"{by}{at}", "event_date"), said, cause
    )


def standing(*decisions, version=1, reviewers=2):
    return standing_of(decisions, version, reviewers)


NO_EVENT = {"verdict": Verdict.NOT_EVENT, "on": ""}


@pytest.mark.parametrize(
    ("decisions", "stage", "decided"),
    [
        ([], Stage.REVIEW, None),
        ([decision("A")], Stage.REVIEW, None),
        ([decision("A"), decision("A", at=1)], Stage.REVIEW, None),  # one member twice is one review
        ([decision("A"), decision("B", at=1)], Stage.CLOSED, "B1"),
        ([decision("A"), decision("B", on="2026-12-06", at=1)], Stage.CHAIR, None),
        ([decision("A"), decision("B", on="2026-12", at=1)], Stage.CHAIR, None),
        ([decision("A"), decision("B", **NO_EVENT, at=1)], Stage.CHAIR, None),
        ([decision("A", **NO_EVENT), decision("B", **NO_EVENT, at=1)], Stage.CLOSED, "B1"),
        ([decision("A", cause="GVHD"), decision("B", cause="INFECTION", at=1)], Stage.CHAIR, None),
        # who corrects may come to agree
        ([decision("A"), decision("B", **NO_EVENT, at=1), decision("B", at=2)], Stage.CLOSED, "B2"),
        (
            [decision("A"), decision("B", **NO_EVENT, at=1), decision("C", chair=True, at=2)],
            Stage.CLOSED,
            "C2",
        ),
    ],
)
def test_agreement_closes_a_case_and_the_chair_what_is_disputed(decisions, stage, decided):
    found = standing(*decisions)
    assert found.stage is stage
    assert (found.decided.source.row_id if found.decided else None) == decided
    assert not found.reopened


def test_a_decision_counts_for_the_version_of_the_form_that_it_saw():
    both = [decision("A"), decision("B", at=1)]
    again = standing(*both, version=2)
    assert (again.stage, again.reviews, again.decided, again.reopened) == (Stage.REVIEW, (), None, True)
    closed = standing(*both, decision("A", seen=2, at=3), decision("B", seen=2, at=4), version=2)
    assert (closed.stage, closed.reopened) == (Stage.CLOSED, True)
    disputed = [decision("A"), decision("B", **NO_EVENT, at=1), decision("C", chair=True, at=2)]
    anew = [decision("A", seen=2, at=3), decision("B", **NO_EVENT, seen=2, at=4)]
    assert standing(*disputed, *anew, version=2).stage is Stage.CHAIR  # the chair saw another version


def test_three_reviewers_have_to_agree_where_three_are_asked():
    two = [decision("A"), decision("B", at=1)]
    assert standing(*two, reviewers=3).stage is Stage.REVIEW
    assert standing(*two, decision("C", at=2), reviewers=3).stage is Stage.CLOSED
    assert standing(*two, decision("C", **NO_EVENT, at=2), reviewers=3).stage is Stage.CHAIR
    assert standing(decision("A"), reviewers=1).stage is Stage.CLOSED


# Endpoints


def history(*said: Adjudication, **more) -> History:
    told = {
        "c1d1": Dated(date(2026, 1, 5)),
        "first_crc": Dated(REMISSION),
        "relapses": (Relapse(RELAPSED, FORM),),
        "death": Death(DIED, DEATH_FORM, "LEUKAEMIA"),
        "assessments": (Dated(date(2026, 8, 1)),),
        "adjudications": said,
    }
    return History(**{**told, **more})


def verdict(verdict=Verdict.CONFIRMED, on=None, event=FORM, **more) -> Adjudication:
    return Adjudication(event, SAYS, verdict, on and PartialDate.parse(on), **more)


def both(plan, told):
    results = [derive(replace(plan, analysis=one), told, CUT_OFF) for one in ("", "investigator")]
    return [(one.status.value, one.days, one.event_type) for one in results]


THE_SAME = ("EVENT", 288, "relapse")


def test_without_a_committee_both_analyses_are_the_same():
    assert both(RFS, history()) == [THE_SAME, THE_SAME]
    assert derive(RFS, history(), CUT_OFF).missing == ()


def test_an_open_case_leaves_the_investigators_event_and_says_so():
    told = history(Adjudication(FORM))
    assert both(RFS, told) == [THE_SAME, THE_SAME]
    assert derive(RFS, told, CUT_OFF).missing == (AWAITS,)
    assert derive(replace(RFS, analysis="investigator"), told, CUT_OFF).missing == ()
    assert derive(OS, told, CUT_OFF).missing == ()  # it does not rest on the relapse


def test_a_confirmed_event_has_the_committees_date_and_names_decision_and_form():
    told = history(verdict(on="2026-11-30"))
    assert both(RFS, told) == [("EVENT", 283, "relapse"), THE_SAME]
    found = derive(RFS, told, CUT_OFF)
    assert (SAYS in found.sources, FORM in found.sources, found.missing) == (True, True, ())


def test_a_date_that_the_committee_knows_in_part_is_provisional():
    found = derive(RFS, history(verdict(on="2026-11")), CUT_OFF)
    assert (found.status.value, found.imputed, found.event_type) == ("EVENT", True, "relapse")


def test_a_confirmed_event_without_a_date_keeps_the_investigators():
    assert both(RFS, history(verdict())) == [THE_SAME, THE_SAME]


def test_what_is_no_event_does_not_count_and_its_decision_is_named_all_the_same():
    told = history(verdict(Verdict.NOT_EVENT))
    died = (DIED - REMISSION).days
    assert both(RFS, told) == [("EVENT", died, "death"), THE_SAME]
    assert both(NRM, told)[0] == ("EVENT", died, "death_without_relapse")
    assert SAYS in derive(RFS, told, CUT_OFF).sources
    alive = history(verdict(Verdict.NOT_EVENT), death=None)
    assert both(RFS, alive)[0] == ("CENSORED", (date(2026, 8, 1) - REMISSION).days, None)


def test_what_could_not_be_assessed_stays_as_the_investigator_has_it():
    told = history(verdict(Verdict.NOT_ASSESSABLE))
    assert both(RFS, told) == [THE_SAME, THE_SAME]
    found = derive(RFS, told, CUT_OFF)
    assert (found.missing, SAYS in found.sources) == ((), True)


def test_a_death_takes_date_and_cause():
    told = history(verdict(on="2027-02-28", event=DEATH_FORM, cause="INFECTION"))
    assert both(OS, told) == [("EVENT", 419, "death"), ("EVENT", 420, "death")]
    death = adjudicated(told).death
    assert death is not None
    assert (death.cause, death.source) == ("INFECTION", SAYS)
    kept = adjudicated(history(verdict(event=DEATH_FORM))).death
    assert kept is not None
    assert (kept.cause, kept.on) == ("LEUKAEMIA", DIED)


def test_each_event_is_judged_by_itself():
    second = ItemAddress("rel", "2", "onset")
    relapses = (Relapse(RELAPSED, FORM), Relapse(date(2027, 1, 5), second))
    told = history(verdict(Verdict.NOT_EVENT), Adjudication(second), relapses=relapses)
    found = derive(RFS, told, CUT_OFF)
    assert (found.date, found.missing) == (date(2027, 1, 5), (AWAITS,))


# Agreement


def test_agreement_counts_closed_cases_of_those_that_could_be_assessed():
    on = PartialDate.parse("2026-12-05")
    pairs = [
        Pair(on, "", decision()),
        Pair(on, "GVHD", decision(on="2026-12-06", cause="GVHD")),
        Pair(on, "GVHD", decision(on="", cause="INFECTION")),
        Pair(on, "", decision(**NO_EVENT)),
        Pair(on, "", decision(verdict=Verdict.NOT_ASSESSABLE, on="")),
    ]
    found = agreement_of(pairs)
    assert (found.closed, found.confirmed, found.not_event, found.not_assessable) == (5, 3, 1, 1)
    assert (found.dated, found.same_date, found.caused, found.same_cause) == (2, 1, 2, 1)
    assert found.share == Decimal("0.75")
    assert agreement_of([]).share is None
