"""Medicines that change what venetoclax or a vinca alkaloid does, by the days of both.

Each rule is data with its window and source. A medicine that the dictionary does not know gives no answer; partial
dates give UNKNOWN where only some of the possible days meet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from trialsite.clinical.kleene import Truth
from trialsite.clinical.text import Text

from .medicines import AZOLE, CYP3A_MODERATE, CYP3A_STRONG, PGP, STRONG_INDUCER, Medicine

VENETOCLAX = "VENETOCLAX"
VINCAS = ("VINCRISTINE", "VINDESINE")
WATCHED = (VENETOCLAX, *VINCAS)  # the treatment whose days matter
POSACONAZOLE = "POSACONAZOLE"


@dataclass(frozen=True)
class Rule:
    """A class of medicines beside treatment. before_days: how long after its last day a medicine still acts;
    after_days: how long after a dose of the treatment a medicine that begins still matters."""

    key: str
    classes: tuple[str, ...]
    drugs: tuple[str, ...]
    before_days: int
    after_days: int
    says: Text
    source: str
    cite: str
    only: str = ""  # of one medicine alone


LABEL = "venetoclax label: dose with CYP3A and P-gp inhibitors; the reduced figures are to be verified by the sponsor"
# In the order in which they are tried: of the rules about venetoclax the first that fits a medicine speaks.
RULES: tuple[Rule, ...] = (
    Rule(
        "venetoclax-posaconazole",
        (CYP3A_STRONG,),
        (VENETOCLAX,),
        3,
        0,
        Text(
            "reduce venetoclax: 10, 20, 50 mg on days 1–3, then 70 mg; the earlier dose 2–3 days after stopping it",
            "须减少维奈克拉剂量：第1–3天为10、20、50 mg，之后70 mg；停用该药2–3天后恢复原剂量",
        ),
        "general-knowledge",
        LABEL,
        only=POSACONAZOLE,
    ),
    Rule(
        "venetoclax-strong-inhibitor",
        (CYP3A_STRONG,),
        (VENETOCLAX,),
        3,
        0,
        Text(
            "reduce venetoclax: 10, 20, 50 mg on days 1–3, then 100 mg; the earlier dose 2–3 days after stopping it",
            "须减少维奈克拉剂量：第1–3天为10、20、50 mg，之后100 mg；停用该药2–3天后恢复原剂量",
        ),
        "general-knowledge",
        LABEL,
    ),
    Rule(
        "venetoclax-moderate-inhibitor",
        (CYP3A_MODERATE, PGP),
        (VENETOCLAX,),
        3,
        0,
        Text(
            "halve venetoclax; the earlier dose 2–3 days after stopping it",
            "维奈克拉剂量减半；停用该药2–3天后恢复原剂量",
        ),
        "reference",
        LABEL,
    ),
    Rule(
        "venetoclax-strong-inducer",
        (STRONG_INDUCER,),
        (VENETOCLAX,),
        14,
        0,
        Text(
            "venetoclax loses its effect with a strong CYP3A inducer: avoid it, choose another medicine",
            "CYP3A强诱导剂会使维奈克拉失效：应避免合用，改用其他药物",
        ),
        "assumption",
        "venetoclax label: avoid strong inducers; that induction fades within 14 days is an assumption",
    ),
    Rule(
        "vinca-azole",
        (AZOLE,),
        VINCAS,
        7,
        7,
        Text(
            "azoles slow the breakdown of vinca alkaloids: risk of severe neuropathy, ileus and low sodium; "
            "prefer an echinocandin around these days",
            "唑类药物会减慢长春碱类的代谢，可致严重神经病变、肠梗阻和低钠血症；此期间建议改用棘白菌素类",
        ),
        "assumption",
        "labels of vincristine and of the azoles; the window of 7 days before and after is an assumption",
    ),
)


@dataclass(frozen=True)
class Taken:
    """A medicine beside the treatment: the days between which it may have been taken, and surely was.

    `sure` is None where no day is sure. A medicine that goes on ends at the latest day there is."""

    medicine: Medicine
    text: str
    possible: tuple[date, date]
    sure: tuple[date, date] | None
    url: str = ""


@dataclass(frozen=True)
class Exposure:
    """A day with a dose of the treatment, given or planned."""

    drug: str
    on: date
    planned: bool = False


@dataclass(frozen=True)
class Interaction:
    """One medicine beside one drug: the first and last day of the treatment that it concerns.

    certain is UNKNOWN where partial dates leave open whether their days meet."""

    rule: Rule
    taken: Taken
    drug: str
    first: date
    last: date
    planned: bool
    certain: Truth


def interactions(taken: Iterable[Taken], exposures: Sequence[Exposure]) -> list[Interaction]:
    """Every medicine that meets treatment, in the order of the medicines; one line for a medicine and a drug."""
    found: list[Interaction] = []
    for one in taken:
        for drug in dict.fromkeys(each.drug for each in exposures):
            days = [each for each in exposures if each.drug == drug]
            found += [line for rule in first_rule(one.medicine, drug) if (line := meeting(rule, one, days))]
    return found


def first_rule(medicine: Medicine, drug: str) -> Iterator[Rule]:
    """The first rule that speaks of this medicine and this drug; none of most."""
    for rule in RULES:
        named = not rule.only or rule.only == medicine.key
        if drug in rule.drugs and named and medicine.classes & set(rule.classes):
            yield rule
            return


def meeting(rule: Rule, taken: Taken, days: Sequence[Exposure]) -> Interaction | None:
    """The days of treatment that lie within the window of a medicine; None when none can."""
    possible = [one for one in days if within(one.on, taken.possible, rule)]
    if not possible:
        return None
    sure = [one for one in possible if taken.sure is not None and within(one.on, taken.sure, rule)]
    concerned = sure or possible
    return Interaction(
        rule,
        taken,
        concerned[0].drug,
        min(one.on for one in concerned),
        max(one.on for one in concerned),
        all(one.planned for one in concerned),
        Truth.TRUE if sure else Truth.UNKNOWN,
    )


def stands(found: Interaction, today: date, recent_days: int) -> bool:
    """Whether it still matters: the medicine still acts, and treatment is planned or was given within recent days."""
    acting = ends(found.taken.possible[1], found.rule) >= today
    return acting and found.last >= today - timedelta(days=recent_days)


def ends(last: date, rule: Rule) -> date:
    """The last day on which a medicine still acts."""
    return date.max if last == date.max else last + timedelta(days=rule.before_days)


def within(day: date, span: tuple[date, date], rule: Rule) -> bool:
    """Whether a dose on a day meets a medicine of these days."""
    first, last = span
    since = first if first == date.min else first - timedelta(days=rule.after_days)
    return since <= day <= ends(last, rule)
