"""ADaM (ADaMIG 1.3) of one study."""

from ..domain.table import Table
from ..extract import Extract


def tables(extract: Extract) -> list[Table]:
    return []
