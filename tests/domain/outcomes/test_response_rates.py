"""Response endpoints of single subjects: responders, the not yet assessed and the never assessed."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest

from outcomes.domain.endpoints import derive
from outcomes.domain.history import Dated, Death, History, MrdAt, Relapse, ResponseAt, VisitWindow
from outcomes.domain.results import responders_of
from trialsite.clinical.kleene import Truth

CUT_OFF = date(2027, 11, 1)
YES, NO, UNCLEAR = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


@dataclass(frozen=True)
class Plan:
    key: str
    events: tuple[str, ...]
    kind: str = "proportion"
    analysis_set: str = "ALL_TREATED"
    origin: str | None = None
    competing: tuple[str, ...] = ()
    censor: str | None = None
    landmark_months: Decimal | None = None
    horizon_months: Decimal | None = None
    assessed_at: tuple[str, ...] = ("EOC1", "EOC2")
    method: str | None = "MFC"
    analysis: str = ""


CRC = Plan("CRC_RATE", ("crc",))
CR_CRI = Plan("CR_CRI", ("cr_or_cri",))
MRD = Plan("MRD_NEG", ("mrd_negative",))
MRD_CR = Plan("MRD_NEG_CR", ("mrd_negative_cr",))
TWO_YEARS = Plan(
    "RFS_2Y",
    ("alive_relapse_free",),
    kind="binary-landmark",
    analysis_set="EVALUABLE_24M",
    origin="hsct_d0",
    landmark_months=Decimal(24),
    assessed_at=(),
)
TREATED = History(c1d1=Dated(date(2026, 2, 2)))
WINDOWS = (VisitWindow("EOC1", date(2026, 3, 6)), VisitWindow("EOC2", date(2026, 4, 3)))


def response(visit, category, on="2026-03-02", in_crc=UNCLEAR, cr_or_cri=UNCLEAR):
    return ResponseAt(
        date.fromisoformat(on), visit=visit, category=category, in_crc=in_crc, cr_or_cri=cr_or_cri
    )


def mrd(visit, negative, on="2026-03-02", method="MFC", counts=True):
    return MrdAt(date.fromisoformat(on), visit=visit, method=method, negative=negative, counts=counts)


def answer(plan, history, cut_off=CUT_OFF):
    result = derive(plan, history, cut_off)
    return result.status.value, result.cause, result.reason_code


def treated(**changes):
    return replace(TREATED, **changes)


class TestAtVisits:
    def test_the_best_of_the_visits_counts(self):
        history = treated(
            responses=(
                response("EOC1", "NR", in_crc=NO),
                response("EOC2", "CR", "2026-03-30", in_crc=YES),
            )
        )
        assert answer(CRC, history) == ("EVENT", 1, "responder")
        assert derive(CRC, history, CUT_OFF).date == date(2026, 3, 30)

    def test_a_response_after_the_cut_off_is_not_seen(self):
        history = treated(responses=(response("EOC1", "CR", in_crc=YES),))
        assert answer(CRC, history, date(2026, 3, 1))[0] == "UNKNOWN"
        assert answer(CRC, history, date(2026, 3, 2))[0] == "EVENT"

    def test_no_at_every_visit_is_no(self):
        history = treated(
            responses=(
                response("EOC1", "NR", in_crc=NO),
                response("EOC2", "NR", "2026-03-30", in_crc=NO),
            )
        )
        assert answer(CRC, history) == ("NO_EVENT", 0, "non_responder")

    def test_a_visit_to_come_keeps_the_answer_open(self):
        history = treated(responses=(response("EOC1", "NR", in_crc=NO),), windows=WINDOWS)
        result = derive(CRC, history, date(2026, 4, 3))
        assert (result.status, result.cause, result.missing) == ("UNKNOWN", None, ("EOC2",))
        assert answer(CRC, history, date(2026, 4, 4)) == ("NO_EVENT", 0, "non_responder")

    def test_what_was_never_assessed_counts_as_not_reached(self):
        history = treated(windows=WINDOWS)
        assert answer(CRC, history) == ("NO_EVENT", 0, "not_assessed")
        assert answer(CRC, history, date(2026, 2, 20)) == ("UNKNOWN", None, "not_yet_assessed")

    @pytest.mark.parametrize(
        "end",
        [
            {"death": Death(date(2026, 2, 20))},
            {"treatment_failure": Dated(date(2026, 2, 20))},
            {"follow_up_withdrawn": Dated(date(2026, 2, 20))},
            {"relapses": (Relapse(date(2026, 2, 20)),)},
        ],
    )
    def test_who_died_failed_relapsed_or_withdrew_before_the_visit_did_not_respond(self, end):
        assert answer(CRC, treated(**end), date(2026, 2, 20)) == ("NO_EVENT", 0, "not_assessed")
        assert answer(CRC, treated(**end), date(2026, 2, 19))[0] == "UNKNOWN"

    def test_without_a_cut_off_a_later_record_shows_that_the_window_has_closed(self):
        assert answer(CRC, treated(windows=WINDOWS), None)[0] == "UNKNOWN"
        assert answer(CRC, treated(windows=WINDOWS, alive=(Dated(date(2026, 5, 1)),)), None)[0] == "NO_EVENT"

    def test_an_unclear_assessment_waits_for_a_better_one_until_the_window_closes(self):
        history = treated(responses=(response("EOC1", "NE"), response("EOC2", "NE", "2026-03-30")))
        assert answer(CRC, history) == ("UNKNOWN", None, "indeterminate")
        assert answer(CRC, replace(history, windows=WINDOWS)) == ("NO_EVENT", 0, "indeterminate")

    def test_cr_or_cri_is_answered_by_the_protocols_own_rule(self):
        history = treated(responses=(response("EOC1", "MLFS", in_crc=NO, cr_or_cri=YES),))
        assert answer(CR_CRI, history)[0] == "EVENT"
        assert answer(CRC, history)[0] == "UNKNOWN"


class TestMrd:
    def test_only_the_named_method_is_read(self):
        history = treated(mrd=(mrd("EOC1", YES, method="NGS_IG_TR"), mrd("EOC1", NO)))
        assert answer(MRD, history)[0] == "UNKNOWN"
        assert answer(replace(MRD, method="NGS_IG_TR"), history)[0] == "EVENT"

    def test_a_negative_sample_outside_remission_does_not_count_where_the_protocol_says_so(self):
        assert answer(MRD, treated(mrd=(mrd("EOC1", YES),)))[0] == "EVENT"
        assert answer(MRD, treated(mrd=(mrd("EOC1", YES, counts=False),)))[0] == "UNKNOWN"

    def test_without_named_visits_what_lies_before_treatment_is_baseline(self):
        any_time = replace(MRD, assessed_at=())
        baseline = mrd("", YES, on="2026-02-02")
        assert answer(any_time, treated(mrd=(baseline,))) == ("UNKNOWN", None, "not_yet_assessed")
        assert answer(any_time, treated(mrd=(baseline, mrd("", YES, on="2026-02-03"))))[0] == "EVENT"


class TestMrdNegativeCr:
    def test_cr_and_negative_mrd_at_one_visit(self):
        history = treated(responses=(response("EOC1", "CR"),), mrd=(mrd("EOC1", YES),))
        assert answer(MRD_CR, history) == ("EVENT", 1, "responder")

    @pytest.mark.parametrize(
        ("category", "negative"), [("CRi", YES), ("CRh", YES), ("CR", NO), ("MLFS", UNCLEAR)]
    )
    def test_cri_or_positive_mrd_is_no(self, category, negative):
        history = treated(
            responses=(response("EOC1", category), response("EOC2", category, "2026-03-30")),
            mrd=(mrd("EOC1", negative), mrd("EOC2", negative, "2026-03-30")),
        )
        assert answer(MRD_CR, history) == ("NO_EVENT", 0, "non_responder")

    def test_cr_at_one_visit_and_negative_mrd_at_the_other_do_not_make_it(self):
        history = treated(
            responses=(response("EOC1", "CR"), response("EOC2", "CRi", "2026-03-30")),
            mrd=(mrd("EOC1", NO), mrd("EOC2", YES, "2026-03-30")),
        )
        assert answer(MRD_CR, history)[0] == "NO_EVENT"

    @pytest.mark.parametrize(
        ("responses", "samples", "status"),
        [
            ((response("EOC1", "CR"),), (), "UNKNOWN"),
            ((response("EOC1", "NR"),), (), "NO_EVENT"),
            ((), (mrd("EOC1", YES),), "UNKNOWN"),
            ((), (mrd("EOC1", NO),), "NO_EVENT"),
            ((response("EOC1", ""),), (mrd("EOC1", YES),), "UNKNOWN"),
            ((response("EOC1", "CR"),), (mrd("EOC1", UNCLEAR),), "UNKNOWN"),
        ],
    )
    def test_half_of_the_pair_can_only_say_no(self, responses, samples, status):
        only_first = replace(MRD_CR, assessed_at=("EOC1",))
        assert answer(only_first, treated(responses=responses, mrd=samples))[0] == status


class TestSafety:
    SAFETY = Plan("SAFETY", ("ae_grade_3",), analysis_set="SAFETY", assessed_at=(), method=None)

    def test_a_severe_adverse_event_makes_a_yes_and_none_recorded_a_no(self):
        severe = treated(severe_adverse_events=(Dated(date(2026, 3, 1)),))
        assert answer(self.SAFETY, severe)[:2] == ("EVENT", 1)
        assert answer(self.SAFETY, TREATED) == ("NO_EVENT", 0, "none_recorded")
        assert answer(self.SAFETY, severe, date(2026, 2, 28))[:2] == ("NO_EVENT", 0)

    def test_the_randomised_who_had_no_study_drug_belong_to_the_set(self):
        assert derive(self.SAFETY, History(randomised_on=Dated(date(2026, 1, 1))), CUT_OFF).in_set is True
        assert derive(self.SAFETY, History(), CUT_OFF).in_set is False

    def test_an_unknown_event_of_a_proportion_is_refused(self):
        with pytest.raises(ValueError, match="called joy"):
            derive(replace(self.SAFETY, events=("joy",)), TREATED, CUT_OFF)


class TestTwoYearsWithoutRelapse:
    """Landmark 2028-03-01, evaluable from 2028-04-15."""

    GRAFTED = History(hsct_d0=Dated(date(2026, 3, 1)))
    LATE = date(2028, 6, 1)

    def grafted(self, *assessed, **changes):
        return replace(
            self.GRAFTED, assessments=tuple(Dated(date.fromisoformat(day)) for day in assessed), **changes
        )

    def test_remission_shortly_before_two_years_is_not_evaluable_and_not_achieved(self):
        history = self.grafted("2027-12-20")
        rfs = replace(
            TWO_YEARS,
            kind="time-to-event",
            analysis_set="TRANSPLANTED",
            events=("relapse", "death"),
            censor="last_adequate_assessment",
        )
        cut_off = date(2027, 12, 31)
        assert derive(rfs, history, cut_off).days == 659
        result = derive(TWO_YEARS, history, cut_off)
        assert (result.status, result.in_set, result.cause) == ("NOT_IN_SET", False, None)
        assert result.reason_code == "follow_up_too_short"
        assert result.params == {"evaluable_on": "2028-04-15", "months": "24"}
        assert answer(TWO_YEARS, history, self.LATE) == ("UNKNOWN", None, "landmark_not_evaluable")

    def test_the_set_opens_45_days_after_the_landmark_whatever_the_outcome(self):
        died = self.grafted(death=Death(date(2026, 5, 1)))
        assert derive(TWO_YEARS, died, date(2028, 4, 14)).in_set is False
        assert answer(TWO_YEARS, died, date(2028, 4, 15)) == ("NO_EVENT", 0, "landmark_not_reached")

    def test_an_assessment_on_the_landmark_achieves_it_and_one_a_day_earlier_does_not(self):
        assert answer(TWO_YEARS, self.grafted("2028-03-01"), self.LATE)[:2] == ("EVENT", 1)
        assert answer(TWO_YEARS, self.grafted("2028-02-29"), self.LATE)[0] == "UNKNOWN"

    def test_a_relapse_after_an_assessment_past_the_landmark_takes_nothing_back(self):
        history = self.grafted("2028-03-10", relapses=(Relapse(date(2028, 5, 1)),))
        assert answer(TWO_YEARS, history, self.LATE)[:2] == ("EVENT", 1)

    def test_a_relapse_up_to_the_landmark_misses_it(self):
        history = self.grafted("2028-03-10", relapses=(Relapse(date(2028, 3, 1)),))
        assert answer(TWO_YEARS, history, self.LATE)[:2] == ("NO_EVENT", 0)

    def test_a_relapse_past_the_landmark_without_an_assessment_before_it_is_not_evaluable(self):
        history = self.grafted("2028-02-01", relapses=(Relapse(date(2028, 3, 20)),))
        assert answer(TWO_YEARS, history, self.LATE)[0] == "UNKNOWN"

    def test_without_a_cut_off_the_set_cannot_be_told(self):
        result = derive(TWO_YEARS, self.grafted("2028-03-10"), None)
        assert (result.in_set, result.status, result.reason_code) == (None, "UNKNOWN", "no_cut_off")

    def test_a_death_before_the_origin_is_asked_about(self):
        died = self.grafted(death=Death(date(2026, 2, 1)))
        assert answer(TWO_YEARS, died, self.LATE) == ("UNKNOWN", None, "death_before_origin")

    def test_a_landmark_in_part_months_is_refused(self):
        half = replace(TWO_YEARS, landmark_months=Decimal("18.5"))
        with pytest.raises(ValueError, match="whole months"):
            derive(half, self.grafted(), self.LATE)


def test_responders_are_counted_among_those_with_an_answer():
    histories = [
        treated(responses=(response("EOC1", "CR", in_crc=YES),)),
        treated(death=Death(date(2026, 2, 20))),
        TREATED,
        History(),
    ]
    counts = responders_of(derive(CRC, history, CUT_OFF) for history in histories)
    assert (counts.responders, counts.n, counts.pending) == (1, 2, 1)
