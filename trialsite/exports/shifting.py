"""Tables of CDISC with the dates of each subject moved, as a profile asks that shifts dates."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from trialsite.clinical.partial_date import PartialDate
from trialsite.exchange.profiles import shifted, shifted_partial

from .domain.table import Row, Table

YEAR = re.compile(r"\d{4}")


def moved(table: Table, days: Mapping[str, int]) -> Table:
    """The same table with dates moved and other ids. `days`: USUBJID → by how many; a table of no subjects stays."""
    if "USUBJID" not in table.columns:
        return table

    def rows() -> Iterator[Row]:
        for row in table.rows():
            by = days[row["USUBJID"]]
            yield {name: moved_value(name, value, by) for name, value in row.items()}

    return replace(table, rows=rows)


def moved_value(name: str, value: Any, by: int) -> Any:
    """A value of a column as it leaves; a date is as precise as it was, days counted from treatment stay."""
    if name.endswith("DTC") and YEAR.fullmatch(value):
        return shifted_partial(PartialDate.parse(value), by).text
    return shifted(value, by)
