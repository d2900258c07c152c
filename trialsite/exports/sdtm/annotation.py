"""What an annotated case report form says beside an item: where SDTM takes it, and what CDASH calls it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Annotation:
    """The variables of one dataset that take an item, in the rows of which `where` holds.

    `dataset`: "VS", or "SUPPAE": then `variables` are names of qualifiers (QNAM), and `where` is of the parent."""

    dataset: str
    variables: tuple[str, ...]
    where: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """As annotated forms say it: "VSORRES, VSORRESU where VSTESTCD = HEIGHT", "AETRACK in SUPPAE"."""
        place = f" in {self.dataset}" if self.dataset.startswith("SUPP") else ""
        where = " and ".join(f"{name} = {code}" for name, code in self.where)
        return f"{', '.join(self.variables)}{place}{' where ' if where else ''}{where}"


@dataclass(frozen=True)
class Annotated:
    """What is known of one item: SDTM takes it so, CDASH (CDASHIG 2.2) calls it so; `cdash` is () without a name."""

    sdtm: tuple[Annotation, ...] = ()
    cdash: tuple[str, ...] = ()

    def __add__(self, other: "Annotated") -> "Annotated":
        return Annotated(self.sdtm + other.sdtm, self.cdash + other.cdash)

    @property
    def only_variable(self) -> str:
        """The one variable of SDTM that takes the item; "" with several, none, or a supplemental qualifier."""
        found = {(one.dataset, each) for one in self.sdtm for each in one.variables}
        [(dataset, variable)] = found if len(found) == 1 else {("SUPP", "")}
        return "" if dataset.startswith("SUPP") else variable


NOT_SUBMITTED = Annotated()
Items = Mapping[str, Annotated]
Sheet = tuple[str, Items]  # a form, or one kind of its lines ("EX.doses"), with its items


def took(dataset: str, variables: str, cdash: str = "", **where: str) -> Annotated:
    """Variables of one dataset and names of CDASH, each parted by spaces."""
    return Annotated(
        (Annotation(dataset, tuple(variables.split()), tuple(where.items())),), tuple(cdash.split())
    )


def result(item: str, prefix: str, cdash: str = "", **where: str) -> Items:
    """A quantity: as collected with its unit, and in the standard unit."""
    names = f"{cdash} {cdash}U" if cdash else ""
    return {
        item: took(prefix, f"{prefix}ORRES {prefix}ORRESU", names, **where),
        f"{item}.canonical": took(prefix, f"{prefix}STRESN", **where),
    }


def sheet(place: str, /, **items: Annotated) -> Sheet:
    return place, items
