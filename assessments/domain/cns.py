"""CNS status from the first lumbar puncture: COG classes, with the Steinherz-Bleyer correction for blood.

Classes as the Children's Oncology Group defines them. CSF cells are per µL; blood cells per µL, of the same
day or one day apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trialsite.clinical.kleene import Truth, all_of, negate
from trialsite.clinical.quantity import Quantity, compare
from trialsite.clinical.text import Text

CSF_WBC_LIMIT = Decimal(5)
CSF_RBC_LIMIT = Decimal(10)
STEINHERZ_BLEYER_LIMIT = Decimal(2)
BY_RATIO = ("CNS2c", "CNS3b")  # the classes that the ratio tells apart
BLOOD_DAYS_APART = 1


@dataclass(frozen=True)
class LumbarPuncture:
    """What was found. blasts: seen in the cytospin. clinical_signs: cranial nerve palsy or a mass."""

    csf_wbc: Quantity | Decimal | None = None
    csf_rbc: Quantity | Decimal | None = None
    blasts: Truth = Truth.UNKNOWN
    clinical_signs: Truth = Truth.UNKNOWN
    blood_wbc: Decimal | None = None
    blood_rbc: Decimal | None = None
    csf_on: date | None = None
    blood_on: date | None = None


@dataclass(frozen=True)
class CnsAnswer:
    """The class (None while undecided), those still possible, the ratio, and one sentence of working."""

    status: str | None
    possible: tuple[str, ...]
    steinherz_bleyer: Decimal | None
    sentence: Text


def steinherz_bleyer(puncture: LumbarPuncture) -> Decimal | None:
    """(CSF white ÷ CSF red) ÷ (blood white ÷ blood red).

    None when a count is missing, censored or 0, or the blood was not taken within a day.
    """
    counts = (puncture.csf_wbc, puncture.csf_rbc, puncture.blood_wbc, puncture.blood_rbc)
    csf_wbc, csf_rbc, blood_wbc, blood_rbc = (_exact(count) for count in counts)
    if csf_wbc is None or not csf_rbc or not blood_wbc or not blood_rbc:
        return None
    if puncture.csf_on is not None and puncture.blood_on is not None:
        apart = abs((puncture.blood_on - puncture.csf_on).days)
        if apart > BLOOD_DAYS_APART:
            return None
    return csf_wbc * blood_rbc / (csf_rbc * blood_wbc)


def cns_status(puncture: LumbarPuncture) -> CnsAnswer:
    """The CNS class of a lumbar puncture.

    Clinical signs alone make CNS3c. Without blasts CNS1, whatever the counts. With blasts: fewer than 5
    white cells CNS2a (fewer than 10 red cells) or CNS2b; 5 or more CNS3a (fewer than 10 red cells),
    otherwise CNS3b when the Steinherz-Bleyer ratio is above 2 and CNS2c when it is not."""
    ratio = steinherz_bleyer(puncture)
    seen, quiet = puncture.blasts, negate(puncture.clinical_signs)
    many = compare(puncture.csf_wbc, ">=", CSF_WBC_LIMIT)
    bloody = compare(puncture.csf_rbc, ">=", CSF_RBC_LIMIT)
    over = compare(ratio, ">", STEINHERZ_BLEYER_LIMIT)
    few, clean = negate(many), negate(bloody)
    rules = {
        "CNS1": (quiet, negate(seen)),
        "CNS2a": (quiet, seen, few, clean),
        "CNS2b": (quiet, seen, few, bloody),
        "CNS2c": (quiet, seen, many, bloody, negate(over)),
        "CNS3a": (quiet, seen, many, clean),
        "CNS3b": (quiet, seen, many, bloody, over),
        "CNS3c": (puncture.clinical_signs,),
    }
    possible = tuple(name for name, parts in rules.items() if all_of(parts) is not Truth.FALSE)
    status = possible[0] if len(possible) == 1 else None
    return CnsAnswer(status, possible, ratio, _sentence(status, possible, ratio))


def is_cns_leukemia(answer: CnsAnswer, cns2_counts: bool) -> Truth:
    """Whether the possible classes are CNS leukaemia: CNS3 always, CNS2 only where the protocol says so."""
    counted = ("CNS3", "CNS2") if cns2_counts else ("CNS3",)
    each = [Truth.of(name.startswith(counted)) for name in answer.possible]
    return each[0] if len(set(each)) == 1 else Truth.UNKNOWN


def _exact(count: Quantity | Decimal | None) -> Decimal | None:
    if isinstance(count, Quantity):
        if count.comparator:
            return None
        return count.value if count.canonical is None else count.canonical
    return count


def _sentence(status: str | None, possible: tuple[str, ...], ratio: Decimal | None) -> Text:
    decides = status in (None, *BY_RATIO)
    worked = (
        "" if ratio is None or not decides else f" (Steinherz-Bleyer {ratio.quantize(Decimal('0.01')):f})"
    )
    if status is not None:
        return Text(f"{status}{worked}.", f"{status}{worked}。")
    names = ", ".join(possible)
    return Text(f"Not decided yet; still possible: {names}{worked}.", f"尚未确定；可能为：{names}{worked}。")
