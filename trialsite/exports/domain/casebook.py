"""The casebook of one subject as files carry it: visits, forms and items as texts, without anything of Django."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Value:
    """What stands at an item: its text (ISO 8601, plain decimals, true or false) with its unit where several can be
    entered, or why it is empty."""

    text: str = ""
    unit: str = ""
    missing: str = ""


Values = Mapping[str, Value]  # item ("weight", "weight.canonical") → value


@dataclass(frozen=True)
class Signed:
    """The newest electronic signature on a form: who (user name), what it says, when."""

    by: str
    meaning: str
    at: datetime


@dataclass(frozen=True)
class FormData:
    """One form that stands. `lines`: kind of lines → number of the line → its values."""

    visit: str
    visit_repeat: int
    form: str
    form_repeat: int
    items: Values
    lines: Mapping[str, Mapping[int, Values]] = field(default_factory=dict)
    signed: Signed | None = None

    @property
    def place(self) -> tuple[str, int, str, int]:
        return self.visit, self.visit_repeat, self.form, self.form_repeat


@dataclass(frozen=True)
class SubjectData:
    """One subject (by its USUBJID) of a site with its forms, those of one visit one after the other."""

    key: str
    site: str
    forms: tuple[FormData, ...]
