"""The dictionary of medicines, what meets venetoclax and vinca alkaloids, and corticosteroids in prednisone."""

from datetime import date
from decimal import Decimal as D

import pytest

from treatment.domain.interactions import Exposure, Taken, interactions, stands
from treatment.domain.steroids import Course, Gap, in_dexamethasone, steroid_days
from treatment.medication.dictionary import dictionary, parse
from trialsite.clinical.kleene import Truth

NAMES = [
    # as typed                              medicine
    ("posaconazole",                        "POSACONAZOLE"),
    ("Posaconazole 300 mg qd",              "POSACONAZOLE"),
    ("泊沙康唑肠溶片",                       "POSACONAZOLE"),
    ("诺科飞",                              "POSACONAZOLE"),
    ("ＶＦＥＮＤ",                           "VORICONAZOLE"),
    ("注射用甲泼尼龙琥珀酸钠",               "METHYLPREDNISOLONE"),
    ("泼尼松龙",                            "PREDNISOLONE"),
    ("醋酸泼尼松片",                        "PREDNISONE"),
    ("甲强龙",                              "METHYLPREDNISOLONE"),
    ("methylprednisolone",                  "METHYLPREDNISOLONE"),
    ("rhG-CSF",                             "FILGRASTIM"),
    ("聚乙二醇化重组人粒细胞刺激因子注射液", "PEGFILGRASTIM"),
    ("isoniazid",                           None),
    ("traditional Chinese medicine",        None),
    ("VCRX",                                None),
    ("",                                    None),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "key"), NAMES)
def test_a_name_is_recognised_or_nothing_is_claimed(typed, key):
    found = dictionary().recognise(typed)
    assert (found.key if found else None) == key


def test_every_name_of_the_dictionary_finds_its_own_medicine():
    wrong = [
        (name, found.key if found else None)
        for one in dictionary().medicines
        for name in one.names
        if (found := dictionary().recognise(name)) is not one
    ]
    assert wrong == []


def test_a_class_that_nobody_declared_is_refused():
    with pytest.raises(ValueError, match="no class"):
        parse(
            {
                "version": "1",
                "classes": {},
                "medicines": [{"key": "A", "en": "A", "zh": "甲", "classes": ["x"]}],
            }
        )


EQUAL = [
    # of 5 mg of prednisone                 mg       prednisone mg
    ("PREDNISONE",                          "5",     "5"),
    ("METHYLPREDNISOLONE",                  "4",     "5"),
    ("DEXAMETHASONE",                       "0.75",  "5"),
    ("HYDROCORTISONE",                      "20",    "5"),
    ("DEXAMETHASONE",                       "12",    "80"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "mg", "prednisone"), EQUAL)
def test_corticosteroids_in_prednisone(key, mg, prednisone):
    assert dictionary().by_key[key].prednisone_mg(D(mg)) == D(prednisone)


def test_what_is_no_corticosteroid_equals_no_prednisone():
    assert dictionary().by_key["POSACONAZOLE"].prednisone_mg(D(300)) is None


def day(text):
    return date.fromisoformat(f"2026-{text}")


def taking(name, first, last="", sure=True):
    medicine = dictionary().recognise(name)
    days = (day(first), day(last) if last else date.max)
    return Taken(medicine, name, days, days if sure else None)


def on(drug, *days, planned=False):
    return [Exposure(drug, day(one), planned) for one in days]


VEN, VCR, VDS = "VENETOCLAX", "VINCRISTINE", "VINDESINE"
MEETINGS = [
    # medicine                                     treatment                    rule
    (taking("posaconazole", "03-01"),              on(VEN, "03-05"),            "venetoclax-posaconazole"),
    (taking("voriconazole", "03-01"),              on(VEN, "03-05"),            "venetoclax-strong-inhibitor"),
    (taking("clarithromycin", "03-01"),            on(VEN, "03-05"),            "venetoclax-strong-inhibitor"),
    (taking("fluconazole", "03-01"),               on(VEN, "03-05"),            "venetoclax-moderate-inhibitor"),
    (taking("ciclosporin", "03-01"),               on(VEN, "03-05"),            "venetoclax-moderate-inhibitor"),
    (taking("rifampicin", "03-01"),                on(VEN, "03-05"),            "venetoclax-strong-inducer"),
    (taking("micafungin", "03-01"),                on(VEN, "03-05"),            None),
    (taking("voriconazole", "03-01", "03-04"),     on(VEN, "03-07"),            "venetoclax-strong-inhibitor"),
    (taking("voriconazole", "03-01", "03-04"),     on(VEN, "03-08"),            None),  # 3 days after it is over
    (taking("voriconazole", "03-06"),              on(VEN, "03-05"),            None),
    (taking("rifampicin", "03-01", "03-04"),       on(VEN, "03-18"),            "venetoclax-strong-inducer"),
    (taking("rifampicin", "03-01", "03-04"),       on(VEN, "03-19"),            None),
    (taking("voriconazole", "03-08"),              on(VCR, "03-01"),            "vinca-azole"),
    (taking("voriconazole", "03-09"),              on(VCR, "03-01"),            None),  # 7 days after the dose
    (taking("fluconazole", "03-01", "03-04"),      on(VDS, "03-11"),            "vinca-azole"),
    (taking("fluconazole", "03-01", "03-04"),      on(VDS, "03-12"),            None),
    (taking("clarithromycin", "03-01"),            on(VCR, "03-05"),            None),  # no azole
    (taking("posaconazole", "03-01"),              [],                          None),
]  # fmt: skip


@pytest.mark.parametrize(("medicine", "exposures", "rule"), MEETINGS)
def test_what_meets_the_treatment(medicine, exposures, rule):
    found = interactions([medicine], exposures)
    assert [one.rule.key for one in found] == ([rule] if rule else [])


def test_dates_that_are_not_exact_leave_it_open():
    (found,) = interactions([taking("voriconazole", "03-01", "03-31", sure=False)], on(VEN, "03-05"))
    assert found.certain is Truth.UNKNOWN
    (sure,) = interactions([taking("voriconazole", "03-01", "03-31")], on(VEN, "03-05"))
    assert sure.certain is Truth.TRUE


def test_planned_days_are_told_from_given_ones():
    (found,) = interactions([taking("voriconazole", "03-01")], on(VEN, "03-05", planned=True))
    assert found.planned
    (both,) = interactions(
        [taking("voriconazole", "03-01")], on(VEN, "03-05") + on(VEN, "03-06", planned=True)
    )
    assert (both.planned, both.first, both.last) == (False, day("03-05"), day("03-06"))


def test_each_drug_has_a_line_of_its_own():
    found = interactions([taking("voriconazole", "03-01")], on(VEN, "03-05") + on(VCR, "03-06"))
    assert [one.rule.key for one in found] == ["venetoclax-strong-inhibitor", "vinca-azole"]


STANDING = [
    # last day of the medicine   last dose   today     stands
    ("",                         "03-05",    "03-10",  True),
    ("",                         "03-05",    "03-19",  True),   # 14 days later
    ("",                         "03-05",    "03-20",  False),
    ("03-06",                    "03-05",    "03-09",  True),   # acts for 3 days more
    ("03-06",                    "03-05",    "03-10",  False),
    ("",                         "03-25",    "03-10",  True),   # planned
]  # fmt: skip


@pytest.mark.parametrize(("last", "dose", "today", "still"), STANDING)
def test_an_interaction_stands_while_both_are_near(last, dose, today, still):
    (found,) = interactions([taking("voriconazole", "03-01", last)], on(VEN, dose))
    assert stands(found, day(today), 14) is still


def course(mg, first, last, *gaps):
    return Course("x", D(mg) if mg else None, (day(first), day(last)) if first else None, gaps)


def test_corticosteroids_add_up_over_days_and_between_dates():
    # 40 mg on five days, 10 mg more on two of them from another medicine, 100 mg of premedication on one
    found = steroid_days(
        [course("40", "03-02", "03-06"), course("10", "03-05", "03-09")],
        [(day("03-02"), D(100))],
        day("03-06"),
    )
    assert found.complete
    assert found.total() == 40 * 5 + 10 * 2 + 100  # nothing after today
    assert found.total(day("03-05")) == 100
    assert found.total(day("03-03"), day("03-05")) == 40 * 3 + 10
    assert found.total(day("04-01")) == 0
    assert in_dexamethasone(D(100)) == 15


def test_weeks_begin_on_monday_and_an_empty_one_is_shown():
    found = steroid_days([], [(day("03-01"), D(5)), (day("03-02"), D(7)), (day("03-16"), D(1))], day("03-31"))
    assert found.weeks() == {day("02-23"): 5, day("03-02"): 7, day("03-09"): 0, day("03-16"): 1}
    assert found.weeks(day("03-02"), day("03-02")) == {day("03-02"): 7}
    assert steroid_days([], [], day("03-31")).weeks() == {}


def test_a_course_without_dose_or_sure_days_makes_the_sum_a_lower_bound():
    found = steroid_days(
        [
            course("", "03-02", "03-06", Gap.DOSE),
            course("40", "", "", Gap.DATES),
            course("5", "03-02", "03-02"),
        ],
        [],
        day("03-31"),
    )
    assert (found.total(), found.complete, len(found.incomplete)) == (5, False, 2)
