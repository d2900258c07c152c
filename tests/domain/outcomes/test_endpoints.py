"""Endpoints of single subjects: worked histories, each a sentence, as a coordinator would tell them."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from outcomes.domain.endpoints import derive
from outcomes.domain.history import (
    AcuteGvhd,
    Dated,
    Death,
    History,
    MrdAt,
    NewTherapy,
    Relapse,
    RelapseSite,
    ResponseAt,
)
from outcomes.domain.plans import Switches
from outcomes.domain.results import sample_of
from trialsite.clinical.facts import ItemAddress
from trialsite.clinical.kleene import Truth
from trialsite.clinical.partial_date import PartialDate

CUT_OFF = date(2027, 11, 1)


@dataclass(frozen=True)
class Plan:
    key: str
    events: tuple[str, ...]
    kind: str = "time-to-event"
    competing: tuple[str, ...] = ()
    censor: str | None = "last_adequate_assessment"
    analysis_set: str = "CRC"
    origin: str | None = "first_crc"
    landmark_months: Decimal | None = Decimal(24)
    horizon_months: Decimal | None = None
    assessed_at: tuple[str, ...] = ()
    method: str | None = None
    analysis: str = ""


RFS = Plan("RFS", ("relapse", "death"))
OS = Plan("OS", ("death",), censor="last_known_alive", analysis_set="ALL_TREATED", origin="c1d1")
CIR = Plan("CIR", ("relapse",), "cumulative-incidence", ("death_without_relapse",))
NRM = Plan("NRM", ("death_without_relapse",), "cumulative-incidence", ("relapse",))
EFS = Plan("EFS", ("treatment_failure", "relapse", "death"), analysis_set="ALL_TREATED", origin="c1d1")
TIME_TO_CRC = Plan(
    "TIME_TO_CRC",
    ("first_crc",),
    "cumulative-incidence",
    ("death", "treatment_failure"),
    analysis_set="ALL_TREATED",
    origin="c1d1",
)
RFS_HSCT = replace(RFS, analysis_set="TRANSPLANTED", origin="hsct_d0")
OS_HSCT = replace(OS, analysis_set="TRANSPLANTED", origin="hsct_d0")
GRFS = replace(RFS_HSCT, key="GRFS", events=("agvhd_3_4", "cgvhd_systemic", "relapse", "death"))
AGVHD = replace(
    RFS_HSCT,
    key="AGVHD_2_4",
    kind="cumulative-incidence",
    events=("agvhd_2_4",),
    competing=("death", "relapse", "graft_failure"),
)


def day(text):
    return date.fromisoformat(text) if len(text) == 10 else PartialDate.parse(text)


def item(name):
    return ItemAddress("record", name, "on")


def on(text):
    return Dated(day(text), item(text))


def relapse(text, site=RelapseSite.MARROW):
    return (Relapse(day(text), item(text), site),)


def death(text, cause=""):
    return Death(day(text), item(text), cause)


# Day 1 of treatment and first complete remission that most histories below share.
BEGUN = History(c1d1=on("2026-01-28"), first_crc=on("2026-02-20"), assessments=(on("2026-02-20"),))


def told(**changes):
    """The shared beginning with what happened then; assessments are added to those of the beginning."""
    assessments = (*BEGUN.assessments, *changes.pop("assessments", ()))
    return replace(BEGUN, assessments=assessments, **changes)


def days_and_event(plan, history, cut_off=CUT_OFF, switches=None):
    result = derive(plan, history, cut_off, switches or Switches())
    return result.status.value, result.days, result.event_type


class TestRelapseAndDeath:
    def test_relapse_then_death_is_a_relapse_for_rfs_and_no_nrm(self):
        history = told(relapses=relapse("2026-12-05"), death=death("2027-03-01"))
        assert days_and_event(RFS, history) == ("EVENT", 288, "relapse")
        assert days_and_event(OS, history) == ("EVENT", 397, "death")
        assert derive(CIR, history, CUT_OFF).cause == 1
        nrm = derive(NRM, history, CUT_OFF)
        assert (nrm.cause, nrm.event_type, nrm.reason_code) == (2, "relapse", "competing")

    def test_death_in_remission_is_nrm_and_competes_with_relapse(self):
        history = told(death=death("2027-03-01", "INFECTION"))
        assert days_and_event(RFS, history) == ("EVENT", 374, "death")
        assert days_and_event(NRM, history) == ("EVENT", 374, "death_without_relapse")
        assert derive(NRM, history, CUT_OFF).cause == 1
        assert derive(CIR, history, CUT_OFF).cause == 2

    def test_relapse_and_death_on_one_day_are_a_relapse(self):
        history = told(relapses=relapse("2026-12-05"), death=death("2026-12-05"))
        assert days_and_event(RFS, history) == ("EVENT", 288, "relapse")
        assert derive(NRM, history, CUT_OFF).cause == 2

    def test_an_isolated_cns_relapse_counts(self):
        history = told(relapses=relapse("2026-11-11", RelapseSite.CNS), assessments=(on("2026-11-11"),))
        assert days_and_event(RFS, history) == ("EVENT", 264, "relapse")

    def test_a_relapse_is_dated_to_its_first_sample(self):
        history = told(relapses=relapse("2026-12-05"), assessments=(on("2026-12-12"),))
        assert days_and_event(RFS, history)[1] == 288

    def test_a_second_cancer_new_therapy_or_mrd_recurrence_is_no_event(self):
        history = told(
            assessments=(on("2027-01-10"),),
            mrd_recurrence=on("2026-10-01"),
            new_therapies=(NewTherapy(day("2026-10-10")),),
            hsct_d0=on("2026-11-01"),
            car_t_d0=on("2026-09-01"),
        )
        assert days_and_event(RFS, history) == ("CENSORED", 324, None)
        with_mrd = replace(RFS, key="MRD_RFS", events=("mrd_recurrence", "relapse", "death"))
        assert days_and_event(with_mrd, history) == ("EVENT", 223, "mrd_recurrence")

    def test_a_relapse_before_the_origin_does_not_count(self):
        history = told(relapses=relapse("2026-05-01"), hsct_d0=on("2026-08-01"), death=death("2026-12-01"))
        assert days_and_event(RFS_HSCT, history) == ("EVENT", 122, "death")
        nrm = replace(NRM, analysis_set="TRANSPLANTED", origin="hsct_d0")
        assert days_and_event(nrm, history) == ("EVENT", 122, "death_without_relapse")

    def test_an_event_on_the_day_of_origin_is_an_event_on_day_0(self):
        history = History(hsct_d0=on("2026-03-01"), death=death("2026-03-01"))
        assert days_and_event(OS_HSCT, history) == ("EVENT", 0, "death")

    def test_a_death_before_the_origin_is_asked_about(self):
        result = derive(RFS, told(death=death("2026-02-01")), CUT_OFF)
        assert (result.status, result.reason_code, result.cause) == ("UNKNOWN", "death_before_origin", None)


class TestCensoring:
    def test_a_telephone_call_prolongs_survival_but_not_relapse_free_survival(self):
        history = told(assessments=(on("2026-08-14"),), alive=(on("2026-12-01"),))
        assert days_and_event(RFS, history) == ("CENSORED", 175, None)
        assert days_and_event(OS, history) == ("CENSORED", 307, None)

    def test_a_relapse_after_the_cut_off_is_not_seen(self):
        history = told(assessments=(on("2027-10-05"),), relapses=relapse("2027-11-20"))
        assert days_and_event(RFS, history) == ("CENSORED", 592, None)
        assert days_and_event(RFS, history, None) == ("EVENT", 638, "relapse")

    def test_an_event_on_the_day_of_the_cut_off_is_seen_and_one_the_day_after_is_not(self):
        assert days_and_event(RFS, told(relapses=relapse("2027-11-01")))[0] == "EVENT"
        assert days_and_event(RFS, told(relapses=relapse("2027-11-02")))[0] == "CENSORED"

    def test_an_assessment_after_the_cut_off_does_not_count(self):
        history = told(assessments=(on("2027-10-05"), on("2027-11-02")))
        assert derive(RFS, history, CUT_OFF).date == date(2027, 10, 5)

    @pytest.mark.parametrize("later", [{"alive": (on("2027-12-24"),)}, {"death": death("2027-11-02")}])
    def test_who_lives_or_dies_after_the_cut_off_was_alive_on_it(self, later):
        result = derive(OS, told(**later), CUT_OFF)
        assert (result.status, result.date, result.reason_code) == ("CENSORED", CUT_OFF, "alive_at_cut_off")

    def test_withdrawal_from_follow_up_ends_what_is_used(self):
        history = told(
            assessments=(on("2026-06-15"), on("2026-09-01")),
            follow_up_withdrawn=on("2026-07-01"),
            relapses=relapse("2026-09-20"),
            death=death("2026-12-01"),
        )
        rfs, os = derive(RFS, history, CUT_OFF), derive(OS, history, CUT_OFF)
        assert (rfs.status, rfs.days, rfs.reason_code) == ("CENSORED", 115, "follow_up_withdrawn")
        assert (os.status, os.date) == ("CENSORED", date(2026, 7, 1))
        assert rfs.params["withdrawn"] == "2026-07-01"

    def test_withdrawal_of_all_data_takes_the_subject_out(self):
        result = derive(OS, told(data_use_withdrawn=on("2027-01-01"), death=death("2026-12-01")), CUT_OFF)
        assert (result.status, result.in_set, result.days) == ("NOT_IN_SET", False, None)

    def test_without_an_assessment_time_is_censored_at_the_origin(self):
        result = derive(RFS_HSCT, History(hsct_d0=on("2026-03-01"), alive=(on("2027-01-01"),)), CUT_OFF)
        assert (result.status, result.days, result.reason_code) == ("CENSORED", 0, "no_assessment")
        assert result.missing == ("assessment",)

    def test_follow_up_is_cut_at_the_horizon(self):
        five_years = replace(OS, horizon_months=Decimal(60))
        history = History(c1d1=on("2020-01-01"), death=death("2026-06-01"))
        result = derive(five_years, history, CUT_OFF)
        assert (result.status, result.days, result.reason_code) == ("CENSORED", 1826, "horizon")

    def test_an_event_on_the_last_day_of_the_horizon_counts_and_one_a_day_later_does_not(self):
        five_years = replace(OS, horizon_months=Decimal(60))
        first = date(2020, 1, 1)
        for days, status in ((1826, "EVENT"), (1827, "CENSORED")):
            died = Death(first + timedelta(days=days))
            assert days_and_event(five_years, History(c1d1=Dated(first), death=died))[0] == status

    def test_a_sensitivity_analysis_censors_at_transplantation(self):
        history = told(
            assessments=(on("2026-06-15"), on("2026-12-15")),
            hsct_d0=on("2026-07-01"),
            relapses=relapse("2027-01-15"),
        )
        at_hsct = Switches(censor_at=frozenset({"hsct"}))
        result = derive(RFS, history, CUT_OFF, at_hsct)
        assert (result.status, result.date) == ("CENSORED", date(2026, 7, 1))
        assert result.reason_code == "intervention"
        unseen = replace(history, assessments=(on("2026-06-15"),))
        assert derive(RFS, unseen, CUT_OFF, at_hsct).date == date(2026, 6, 15)
        assert derive(RFS_HSCT, history, CUT_OFF, at_hsct).status == "EVENT"

    def test_an_unknown_way_of_censoring_is_refused(self):
        with pytest.raises(ValueError, match="no way of censoring called never"):
            derive(replace(RFS, censor="never"), BEGUN, CUT_OFF)


class TestPartialDates:
    def test_a_death_of_a_known_month_is_the_day_after_the_last_sign_of_life(self):
        for last_alive, died in (("2027-03-12", date(2027, 3, 13)), ("2027-02-20", date(2027, 3, 1))):
            result = derive(OS, told(alive=(on(last_alive),), death=death("2027-03")), CUT_OFF)
            assert (result.date, result.imputed, result.missing) == (died, True, ("death",))
            assert result.reason_code == "event_imputed"

    def test_a_death_of_a_known_year_is_the_day_after_the_last_sign_of_life(self):
        for last_alive, died in (("2026-12-20", date(2027, 1, 1)), ("2027-05-05", date(2027, 5, 6))):
            assert derive(OS, told(alive=(on(last_alive),), death=death("2027")), CUT_OFF).date == died

    def test_a_relapse_of_a_known_month_stays_an_event_on_a_provisional_day(self):
        history = told(assessments=(on("2026-10-20"),), relapses=relapse("2026-11"))
        result = derive(RFS, history, CUT_OFF)
        assert (result.status, result.date, result.imputed) == ("EVENT", date(2026, 11, 1), True)
        assert result.missing == ("relapse",)
        assert result.params == {"event": "relapse", "date": "2026-11-01", "recorded": "2026-11"}
        last = derive(RFS, history, CUT_OFF, Switches(relapse_on_last_day=True))
        assert last.date == date(2026, 11, 30)

    def test_a_provisional_relapse_lies_after_the_last_assessment_without_it(self):
        history = told(assessments=(on("2026-11-11"),), relapses=relapse("2026-11"))
        assert derive(RFS, history, CUT_OFF).date == date(2026, 11, 12)

    def test_a_provisional_relapse_lies_after_the_origin(self):
        history = History(hsct_d0=on("2026-11-15"), relapses=relapse("2026-11"))
        assert days_and_event(RFS_HSCT, history) == ("EVENT", 1, "relapse")

    def test_a_provisional_relapse_never_lies_after_death(self):
        history = told(
            assessments=(on("2026-11-20"),), relapses=relapse("2026-11"), death=death("2026-11-20")
        )
        result = derive(RFS, history, CUT_OFF)
        assert (result.event_type, result.date) == ("relapse", date(2026, 11, 20))

    def test_an_exact_date_is_not_called_provisional(self):
        result = derive(OS, told(death=death("2027-03-01")), CUT_OFF)
        assert (result.imputed, result.missing, result.reason_code) == (False, (), "event")

    def test_treatment_failure_of_a_known_month_only_is_never_filled_in(self):
        history = told(treatment_failure=on("2026-05"), assessments=(on("2026-09-01"),))
        result = derive(EFS, history, CUT_OFF)
        assert (result.status, result.missing) == ("UNKNOWN", ("treatment_failure",))
        died_first = replace(history, death=death("2026-04-30"))
        assert days_and_event(EFS, died_first) == ("EVENT", 92, "death")

    def test_a_transplantation_of_a_known_month_only_gives_no_origin(self):
        result = derive(RFS_HSCT, History(hsct_d0=on("2026-03")), CUT_OFF)
        assert (result.in_set, result.status, result.missing) == (True, "NO_ORIGIN", ("hsct_d0",))


class TestAnalysisSets:
    def test_who_never_reached_remission_has_survival_and_event_free_survival_only(self):
        history = History(c1d1=on("2026-01-28"), treatment_failure=on("2026-03-05"))
        assert derive(RFS, history, CUT_OFF).reason_code == "no_crc"
        assert derive(RFS, history, CUT_OFF).in_set is False
        assert derive(OS, history, CUT_OFF).in_set is True
        assert days_and_event(EFS, history) == ("EVENT", 36, "treatment_failure")

    def test_a_remission_after_the_cut_off_is_not_yet_one(self):
        assert derive(RFS, BEGUN, date(2026, 2, 19)).status == "NOT_IN_SET"
        assert derive(RFS, BEGUN, date(2026, 2, 20)).status == "CENSORED"

    @pytest.mark.parametrize(
        ("plan", "reason"),
        [
            (OS, "not_treated"),
            (RFS, "no_crc"),
            (RFS_HSCT, "not_transplanted"),
            (replace(RFS, analysis_set="RANDOMISED", origin="randomisation"), "not_randomised"),
        ],
    )
    def test_an_empty_history_belongs_to_no_set_and_says_why(self, plan, reason):
        result = derive(plan, History(), CUT_OFF)
        assert (result.status, result.reason_code, result.cause) == ("NOT_IN_SET", reason, None)

    def test_the_randomised_who_are_never_transplanted_keep_their_events(self):
        itt = replace(RFS, analysis_set="RANDOMISED", origin="randomisation")
        history = History(randomised_on=on("2026-03-01"), death=death("2026-03-31"))
        assert days_and_event(itt, history) == ("EVENT", 30, "death")

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"analysis_set": "NOBODY"}, "analysis set called NOBODY"),
            ({"origin": "birth"}, "origin called birth"),
            ({"kind": "guess"}, "kind of endpoint called guess"),
            ({"events": ("joy",)}, "event called joy"),
        ],
    )
    def test_a_name_nobody_knows_is_refused(self, change, sentence):
        with pytest.raises(ValueError, match=sentence):
            derive(replace(RFS, **change), BEGUN, CUT_OFF)


class TestEventFreeSurvival:
    def test_relapse_after_remission(self):
        history = History(c1d1=on("2026-02-02"), first_crc=on("2026-03-02"), relapses=relapse("2027-01-15"))
        assert days_and_event(EFS, history) == ("EVENT", 347, "relapse")

    def test_failure_counts_on_the_day_of_its_assessment_or_on_day_1_by_the_eln_switch(self):
        history = History(c1d1=on("2026-02-10"), treatment_failure=on("2026-04-08"))
        assert days_and_event(EFS, history) == ("EVENT", 57, "treatment_failure")
        eln = derive(EFS, history, CUT_OFF, Switches(failure_on_first_day=True))
        assert (eln.days, eln.date, eln.reason_code) == (0, date(2026, 2, 10), "failure_on_first_day")

    def test_death_before_any_response_assessment_counts_on_day_1_by_the_eln_switch(self):
        early = History(c1d1=on("2026-02-10"), death=death("2026-02-20"))
        eln = Switches(failure_on_first_day=True)
        assert days_and_event(EFS, early) == ("EVENT", 10, "death")
        assert days_and_event(EFS, early, switches=eln) == ("EVENT", 0, "death")
        seen = replace(early, responses=(ResponseAt(day("2026-02-18"), category="CR"),))
        assert days_and_event(EFS, seen, switches=eln) == ("EVENT", 10, "death")

    def test_remission_without_event_is_censored_at_the_last_assessment(self):
        history = History(
            c1d1=on("2026-03-03"),
            first_crc=on("2026-04-01"),
            assessments=(on("2026-04-01"), on("2027-06-30")),
        )
        assert days_and_event(EFS, history) == ("CENSORED", 484, None)

    def test_who_withdraws_before_any_assessment_is_censored_on_day_0_and_for_survival_at_withdrawal(self):
        history = History(c1d1=on("2026-03-03"), follow_up_withdrawn=on("2026-03-12"))
        assert days_and_event(EFS, history) == ("CENSORED", 0, None)
        assert days_and_event(OS, history) == ("CENSORED", 9, None)


class TestGvhd:
    HSCT = History(hsct_d0=on("2026-03-01"))

    def after(self, days):
        return date(2026, 3, 1) + timedelta(days=days)

    def test_grade_3_acute_gvhd_ends_grfs_and_rfs_goes_on(self):
        history = replace(
            self.HSCT,
            agvhd=(AcuteGvhd(self.after(30), grade=2), AcuteGvhd(self.after(41), grade=3)),
            assessments=(Dated(self.after(360)),),
        )
        assert days_and_event(GRFS, history) == ("EVENT", 41, "agvhd_3_4")
        assert days_and_event(RFS_HSCT, history) == ("CENSORED", 360, None)
        assert days_and_event(AGVHD, history) == ("EVENT", 30, "agvhd_2_4")

    def test_relapse_before_systemic_chronic_gvhd_is_the_grfs_event(self):
        history = replace(
            self.HSCT, relapses=(Relapse(self.after(200)),), cgvhd_systemic=Dated(self.after(250))
        )
        assert days_and_event(GRFS, history) == ("EVENT", 200, "relapse")

    def test_chronic_gvhd_stays_the_grfs_event_after_therapy_ended(self):
        history = replace(
            self.HSCT, cgvhd_systemic=Dated(self.after(240)), assessments=(Dated(self.after(500)),)
        )
        assert days_and_event(GRFS, history) == ("EVENT", 240, "cgvhd_systemic")

    def test_events_of_one_day_are_named_acute_then_chronic_then_relapse_then_death(self):
        day_100 = self.after(100)
        history = replace(self.HSCT, death=Death(day_100))
        assert derive(GRFS, history, CUT_OFF).event_type == "death"
        history = replace(history, relapses=(Relapse(day_100),))
        assert derive(GRFS, history, CUT_OFF).event_type == "relapse"
        history = replace(history, cgvhd_systemic=Dated(day_100))
        assert derive(GRFS, history, CUT_OFF).event_type == "cgvhd_systemic"
        history = replace(history, agvhd=(AcuteGvhd(day_100, grade=4),))
        assert derive(GRFS, history, CUT_OFF).event_type == "agvhd_3_4"

    def test_grade_1_is_no_event_and_what_competes_has_its_own_cause(self):
        history = replace(
            self.HSCT,
            agvhd=(AcuteGvhd(self.after(20), grade=1),),
            relapses=(Relapse(self.after(60)),),
        )
        assert derive(AGVHD, history, CUT_OFF).cause == 3
        died = replace(self.HSCT, death=Death(self.after(60)))
        assert derive(AGVHD, died, CUT_OFF).cause == 2
        failed = replace(self.HSCT, graft_failure=Dated(self.after(60)))
        assert derive(AGVHD, failed, CUT_OFF).cause == 4


class TestTimeToResponse:
    def test_remission_is_the_event_and_failure_competes(self):
        assert days_and_event(TIME_TO_CRC, BEGUN) == ("EVENT", 23, "first_crc")
        failed = History(c1d1=on("2026-01-28"), treatment_failure=on("2026-03-05"))
        assert derive(TIME_TO_CRC, failed, CUT_OFF).cause == 3

    def test_mrd_is_read_by_the_method_of_the_protocol_and_where_it_counts(self):
        plan = replace(TIME_TO_CRC, events=("mrd_negative",), method="MFC", censor="last_mrd_sample")
        history = History(
            c1d1=on("2026-01-28"),
            mrd=(
                MrdAt(day("2026-02-10"), method="MFC", negative=Truth.TRUE, counts=False),
                MrdAt(day("2026-02-20"), method="NGS_IG_TR", negative=Truth.TRUE),
                MrdAt(day("2026-02-25"), method="MFC", negative=Truth.UNKNOWN),
            ),
        )
        result = derive(plan, history, CUT_OFF)
        assert (result.status, result.days, result.reason_code) == ("CENSORED", 28, "last_mrd_sample")
        negative = MrdAt(day("2026-03-20"), method="MFC", negative=Truth.TRUE)
        assert days_and_event(plan, replace(history, mrd=(*history.mrd, negative))) == (
            "EVENT",
            51,
            "mrd_negative",
        )


class TestSources:
    def test_an_event_names_the_records_of_its_origin_and_of_itself(self):
        result = derive(RFS, told(relapses=relapse("2026-12-05")), CUT_OFF)
        assert result.sources == (item("2026-02-20"), item("2026-12-05"))

    def test_a_censoring_names_the_record_of_the_last_assessment(self):
        result = derive(RFS, told(assessments=(on("2026-08-14"), on("2026-06-01"))), CUT_OFF)
        assert result.sources == (item("2026-02-20"), item("2026-08-14"))

    def test_a_sample_leaves_out_who_is_not_in_the_set_and_counts_who_has_no_time(self):
        sample = sample_of(
            [
                derive(RFS_HSCT, History(), CUT_OFF),
                derive(RFS_HSCT, History(hsct_d0=on("2026-03")), CUT_OFF),
                derive(RFS_HSCT, History(hsct_d0=on("2026-03-01"), death=death("2026-03-31")), CUT_OFF),
            ]
        )
        assert (sample.time, sample.status, sample.row, sample.uncounted) == ((30,), (1,), (2,), 1)
