"""Invented people: names of no one in particular, ages and bodies as a haematology ward would see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .draws import Draw
from .story import Disease, Person

FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余"
GIVEN_M = [
    "建国",
    "志强",
    "伟",
    "磊",
    "军",
    "勇",
    "明",
    "超",
    "浩然",
    "子轩",
    "宇航",
    "俊杰",
    "国华",
    "文博",
    "海涛",
    "家豪",
    "鹏飞",
    "立新",
    "永康",
    "思源",
    "德胜",
    "一鸣",
]
GIVEN_F = [
    "娟",
    "秀英",
    "敏",
    "静",
    "丽",
    "婷",
    "雪梅",
    "桂兰",
    "玉珍",
    "欣怡",
    "梓涵",
    "晓燕",
    "海燕",
    "佳琪",
    "文静",
    "红霞",
    "春梅",
    "雨桐",
    "思颖",
    "淑华",
    "美玲",
    "芳",
]
POOR_RISK = {
    "kmt2a_r": 7.0,
    "tp53_mut": 5.0,
    "hypodiploidy": 3.0,
    "ph_like": 15.0,
    "ikzf1": 14.0,
    "mef2d_r": 3.0,
    "hlf_r": 0.5,
    "myc_r": 1.5,
    "igh_r": 4.0,
    "znf384_r": 4.0,
    "pax5alt": 5.0,
    "iamp21": 1.0,
    "complex_karyotype": 4.0,
}


@dataclass(frozen=True)
class Ages:
    """Whom a trial sees: adults about a middle age, with a share of minors of 15 to 17."""

    low: int
    high: int
    middle: int = 38
    minors_pct: float = 0.0


def person(draw: Draw, ages: Ages, on: date, code: str) -> Person:
    """Somebody who comes to screening on a day. `code` makes the hospital number, which says that it is invented."""
    sex = "M" if draw.chance(54) else "F"
    minor = draw.chance(ages.minors_pct)
    years = draw.whole(15, 17) if minor else age(draw, ages)
    birth = on - timedelta(days=int(years * 365.2425) + draw.whole(1, 364))
    tall = draw.around(171 if sex == "M" else 159, 6, 0, low=142)
    heavy = draw.around(68 if sex == "M" else 57, 9, 1, low=41)
    name = draw.one_of(FAMILY) + draw.one_of(GIVEN_M if sex == "M" else GIVEN_F)
    return Person(
        full_name=name,
        hospital_number=f"DEMO-{code}",
        sex=sex,
        birth_date=birth,
        height_cm=int(tall),
        weight_kg=heavy,
        childbearing=sex == "F" and years < 50,
        minor=years < 18,
    )


def age(draw: Draw, ages: Ages) -> int:
    """Completed years of an adult inside the limits of the trial, with room for the coming birthday."""
    while True:
        years = int(draw.around(ages.middle, 13, 0))
        if max(ages.low, 18) <= years < ages.high:
            return years


def disease(draw: Draw, diagnosed_on: date, *, high_risk: bool = False) -> Disease:
    """B-cell precursor ALL, Ph-negative; with `high_risk` at least one poor-risk feature."""
    found = {name for name, percent in POOR_RISK.items() if draw.chance(percent)}
    if high_risk and not found:
        found = {draw.weighted(POOR_RISK)}
    return Disease(
        diagnosed_on=diagnosed_on,
        wbc=min(draw.log_around(9, 1.2), Decimal(320)),
        blasts_pct=draw.whole(46, 96),
        cd19_pct=draw.number(72, 99.8),
        features=frozenset(found),
    )
