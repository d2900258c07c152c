"""What a rule of deviations finds in the record of a subject, before anybody decides on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from trialsite.clinical.facts import ItemAddress
from trialsite.clinical.text import Text

from .states import Weight


@dataclass(frozen=True)
class Found:
    """One departure. `key` tells apart what a rule finds several times in a subject and stays the same while the
    evidence changes (a line of a form, a visit); `sources` are the items that it rests on."""

    kind: str
    key: str
    evidence: Text
    occurred_on: date
    weight: str = Weight.MINOR
    sources: Sequence[ItemAddress] = ()

    def in_class(self, weight: str) -> "Found":
        """The same in the class that a protocol gives to its rule."""
        return replace(self, weight=Weight(weight))
