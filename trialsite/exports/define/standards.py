"""What Define-XML calls the packages of each standard and their datasets."""

from collections.abc import Callable
from dataclasses import dataclass

from ..domain.table import Table
from ..sdtm.standard import IG_VERSION, TERMINOLOGY_VERSION, dataset

CLASSES = {
    "Special-Purpose": "SPECIAL PURPOSE",
    "Findings About": "FINDINGS ABOUT",
}


@dataclass(frozen=True)
class Package:
    """A standard: its name and version, its terminology, and the class of each of its datasets."""

    name: str
    version: str
    terminology: str
    terminology_version: str
    purpose: str
    kind_of: Callable[[Table], str]
    subkind_of: Callable[[Table], str]
    is_reference: Callable[[Table], bool]
    one_row_a_subject: Callable[[Table], bool]


def sdtm_class(table: Table) -> str:
    kind = dataset(table.name).kind
    return CLASSES.get(kind, kind.upper())


def adam_class(table: Table) -> str:
    columns = table.columns
    if table.name == "ADSL":
        return "SUBJECT LEVEL ANALYSIS DATASET"
    return "BASIC DATA STRUCTURE" if "PARAMCD" in columns else "OCCURRENCE DATA STRUCTURE"


def adam_subclass(table: Table) -> str:
    if "CNSR" in table.columns:
        return "TIME-TO-EVENT"
    return "ADVERSE EVENT" if "AETERM" in table.columns else ""


PACKAGES = {
    "sdtm": Package(
        "SDTMIG",
        IG_VERSION,
        "SDTM",
        TERMINOLOGY_VERSION,
        "Tabulation",
        sdtm_class,
        lambda table: "",
        lambda table: table.name in ("TA", "TE", "TV", "TI", "TS"),
        lambda table: table.name == "DM",
    ),
    "adam": Package(
        "ADaMIG",
        "1.3",
        "ADaM",
        TERMINOLOGY_VERSION,
        "Analysis",
        adam_class,
        adam_subclass,
        lambda table: False,
        lambda table: table.name == "ADSL",
    ),
}
