"""All SDTM tables of one export: the domains with data, their supplemental qualifiers, the trial design."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from ..domain.table import Row, Table
from ..extract import Extract
from ..spool import Spool
from . import disease, events, findings, remarks, subjects, treatment, trial
from .dataset import Dataset, project, table_of
from .reading import Found, Reading
from .trial import Design

CLINICAL: tuple[Dataset, ...] = (
    *subjects.DATASETS,
    *treatment.DATASETS,
    *events.DATASETS,
    *findings.DATASETS,
    *disease.DATASETS,
    *remarks.DATASETS,
)
BY_NAME = {one.name: one for one in CLINICAL}


def nothing(_reading: Reading, _subject: Any) -> tuple[Found, ...]:
    return ()


PLANNED = "Protocol"
RELATED = ("RS", "CP", "GF", "CE", "FA")
TRIAL_DESIGN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # the permissible variables; the keys
    "TA": ((), ("ARMCD", "TAETORD")),
    "TE": (("TEENRL", "TEDUR"), ("ETCD",)),
    "TV": (("TVENRL",), ("VISITNUM", "ARMCD")),
    "TI": (("TIVERS",), ("IETESTCD", "TIVERS")),
    "TS": (("TSVALNF",), ("TSPARMCD", "TSSEQ")),
}


class Sdtm:
    """The SDTM of one extract. All rows are made in one walk over the batches of subjects: each is read once, and
    memory does not grow with the number of subjects."""

    def __init__(self, extract: Extract) -> None:
        self.extract = extract
        makers = {one.name: partial(Reading.rows, name=one.name) for one in CLINICAL}
        self.spool = Spool(self.readings, makers | {"RELREC": links})

    @cached_property
    def design(self) -> Design:
        return Design(self.extract.study)

    def readings(self) -> Iterator[Reading]:
        for batch in self.extract.batches():
            yield Reading(self.extract, self.design, batch, BY_NAME)

    def rows(self, name: str) -> Iterator[Found]:
        return self.spool.rows(name)

    def tables(self) -> list[Table]:
        """Trial design and the domains that have rows; the others are not written at all."""
        found = [self.planned(name) for name in TRIAL_DESIGN]
        for one in CLINICAL:
            table = self.clinical(one)
            if next(table.rows(), None) is not None:
                found.append(table)
                supp = self.supplement(one)
                if next(supp.rows(), None) is not None:
                    found.append(supp)
        links = self.related()
        if next(links.rows(), None) is not None:
            found.append(links)
        return found

    def clinical(self, one: Dataset) -> Table:
        def rows() -> Iterator[Row]:
            return project(one, self.rows(one.name))

        order = tuple(name for name in one.order if name in one.names)
        return table_of(one, rows, ("STUDYID", "USUBJID", *order))

    def supplement(self, of: Dataset) -> Table:
        one = Dataset(f"SUPP{of.name}", nothing)
        sequence = f"{of.name}SEQ"

        def rows() -> Iterator[Row]:
            for row in self.rows(of.name):
                for name, (label, value) in row["SUPP"].items():
                    yield {
                        "STUDYID": row["STUDYID"],
                        "RDOMAIN": of.name,
                        "USUBJID": row["USUBJID"],
                        "IDVAR": sequence if sequence in row else "",
                        "IDVARVAL": str(row[sequence]) if sequence in row else "",
                        "QNAM": name,
                        "QLABEL": label,
                        "QVAL": value,
                        "QORIG": "Collected",
                        "QEVAL": "",
                    }

        label = f"Supplemental Qualifiers for {of.name}"
        return table_of(one, rows, ("STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM"), label)

    def related(self) -> Table:
        """RELREC: each verdict on MRD with the measurement that it judges, each event with the findings about it."""
        one = Dataset("RELREC", nothing)

        keys = ("STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "RELID")
        return table_of(one, lambda: self.rows("RELREC"), keys)

    def planned(self, name: str) -> Table:
        kept, keys = TRIAL_DESIGN[name]
        one = Dataset(name, nothing, kept)
        one = replace(
            one, origins=dict.fromkeys(one.names, PLANNED) | {"STUDYID": "Assigned", "DOMAIN": "Assigned"}
        )
        makers: dict[str, Callable[[], Iterator[Row]]] = {
            "TA": lambda: trial.arms(self.design),
            "TE": lambda: trial.elements(self.design),
            "TV": lambda: trial.visits(self.design),
            "TI": lambda: trial.criteria(self.design),
            "TS": self.summary,
        }

        def rows() -> Iterator[Row]:
            found = [dict(row) for row in makers[name]()]
            found.sort(key=lambda row: [row.get(each, "") for each in keys])
            return project(one, found)

        return table_of(one, rows, ("STUDYID", *keys))

    def summary(self) -> Iterator[Row]:
        enrolled, started = 0, ""
        for row in self.rows("DM"):
            enrolled += row["ARMCD"] != ""
            started = min(filter(None, (started, row["RFICDTC"])), default="")
        return trial.summary(self.design, started, enrolled, masked=self.extract.release.shifts)


def links(reading: Reading) -> Iterator[Found]:
    """The rows of RELREC of a batch."""
    ends: dict[tuple[str, str], list[tuple[str, Found]]] = {}
    for name in RELATED:
        for row in reading.rows(name):
            if linked := row.get("LINK"):
                ends.setdefault((row["USUBJID"], linked), []).append((name, row))
    for (subject, linked), pair in ends.items():
        if len(pair) > 1:
            for name, row in pair:
                yield {
                    "STUDYID": row["STUDYID"],
                    "RDOMAIN": name,
                    "USUBJID": subject,
                    "IDVAR": f"{name}SEQ",
                    "IDVARVAL": str(row[f"{name}SEQ"]),
                    "RELTYPE": "",
                    "RELID": linked,
                }


def left_out(extract: Extract) -> tuple[str, ...]:
    """The datasets that stay behind."""
    return tuple(one.name for one in CLINICAL if extract.release.holds_back(one.nature))


def tables(extract: Extract) -> list[Table]:
    """The SDTM tables of one extract that have rows, trial design first."""
    return Sdtm(extract).tables()
