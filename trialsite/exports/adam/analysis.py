"""What the analysis datasets of a batch share: histories, endpoints, and where each record stands in SDTM."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.utils.translation import override

from outcomes.domain.endpoints import derive
from outcomes.domain.history import History
from outcomes.domain.results import EndpointResult
from outcomes.histories import history_of
from trialsite.clinical.facts import ItemAddress
from trialsite.studies.domain.protocol import EndpointPlan

from ..sdtm.reading import Found, Reading

DATES = {  # the datasets in which a source is looked for, in this order, with the variable that dates it
    "CE": "CESTDTC", "DS": "DSSTDTC", "RS": "RSDTC", "SS": "SSDTC", "FA": "FADTC", "AE": "AESTDTC", "PR": "PRSTDTC",
    "CM": "CMSTDTC", "EX": "EXSTDTC", "CP": "CPDTC", "GF": "GFDTC", "MI": "MIDTC", "LB": "LBDTC", "VS": "VSDTC",
    "EG": "EGDTC", "MB": "MBDTC", "IS": "ISDTC", "PE": "PEDTC", "MH": "MHDTC",
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """Where a record stands in SDTM: SRCDOM, SRCVAR, SRCSEQ."""

    domain: str = ""
    variable: str = ""
    sequence: int | None = None


class Analysis:
    """The analysis of one batch, read once."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    @cached_property
    def histories(self) -> Mapping[UUID, History]:
        with override("en"):
            return history_of(self.reading.ids)

    @cached_property
    def endpoints(self) -> Mapping[UUID, Sequence[tuple[EndpointPlan, EndpointResult]]]:
        """Subject → its endpoints and their sensitivity analyses, as its protocol version plans them."""
        return {
            subject.pk: [
                (plan, derive(plan, self.histories[subject.pk]))
                for plan in subject.protocol_version.protocol.analyses
            ]
            for subject in self.reading.subjects
        }

    @cached_property
    def laboratory(self) -> Mapping[str, Sequence[Found]]:
        found: dict[str, list[Found]] = defaultdict(list)
        for row in self.reading.rows("LB"):
            found[row["USUBJID"]].append(row)
        return found

    @cached_property
    def _places(self) -> Mapping[tuple[str, str], Source]:
        found: dict[tuple[str, str], Source] = {}
        for domain, variable in reversed(DATES.items()):
            for row in reversed(self.reading.rows(domain)):
                if row.get("SOURCE"):
                    found[row["SOURCE"]] = Source(domain, variable, row[f"{domain}SEQ"])
        return found

    def place(self, address: ItemAddress | None) -> Source:
        """The row of SDTM that a record became; an empty one where it became none."""
        if address is None:
            return Source()
        return self._places.get((address.table, address.row_id), Source())


def analysis_of(reading: Reading) -> Analysis:
    """The analysis of a batch, kept with it."""
    if not hasattr(reading, "analysis"):
        reading.analysis = Analysis(reading)  # type: ignore[attr-defined]
    return reading.analysis  # type: ignore[attr-defined]
