"""Edit checks: declared with what they guard and a version, the same on screen, by API and in imports.

Hard: physically impossible, cannot be submitted. Soft: said at the item; it is submitted with a comment, or opens a
query.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.clinical.partial_date import PartialDate

from .models import Subject
from .registries import Finding
from .site_day import site_today

if TYPE_CHECKING:
    from .registries import FormType

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Any]]
Run = Callable[[Values, Rows, Subject], Iterable[Finding]]


@dataclass(frozen=True)
class EditCheck:
    """One check of a form: `key` is its name within the form, `title` what it guards, `version` counts its changes."""

    key: str
    title: Any
    run: Run
    version: int = 1
    hard: bool = True

    def __call__(self, values: Values, rows: Rows, subject: Subject) -> Iterable[Finding]:
        return self.run(values, rows, subject)


@dataclass(frozen=True)
class Fired:
    """A check that found something: at which item, the sentence as the author reads it and in both languages."""

    check: EditCheck
    item: str
    message: str
    message_en: str
    message_zh: str

    @property
    def name(self) -> str:
        """How a page names it when it asks for a comment."""
        return f"{self.check.key}|{self.item}"


def edit_check(
    title: Any, *, key: str = "", version: int = 1, hard: bool = True
) -> Callable[[Run], EditCheck]:
    """Declare a function as an edit check; its key is its name unless another is given."""

    def declare(run: Run) -> EditCheck:
        return EditCheck(key or getattr(run, "__name__", "").replace("_", "-"), title, run, version, hard)

    return declare


def run_checks(kind: "FormType", values: Values, rows: Rows, subject: Subject) -> list[Fired]:
    """Everything that the checks of a form find."""
    return [fired for check in kind.checks for fired in run_check(check, values, rows, subject)]


def run_check(check: EditCheck, values: Values, rows: Rows, subject: Subject) -> list[Fired]:
    """What one check finds; once more in each language where it finds something."""
    found = list(check(values, rows, subject))
    if not found:
        return []
    by_language = []
    for language in ("en", "zh-hans"):
        with translation.override(language):
            by_language.append([str(finding.message) for finding in check(values, rows, subject)])
    return [
        Fired(check, finding.item, str(finding.message), en, zh)
        for finding, en, zh in zip(found, *by_language, strict=True)
    ]


def not_in_the_future(*items: str) -> EditCheck:
    """The days of these items have come at the site; of a partial date its first possible day."""

    @edit_check(gettext_lazy("Days that have come"), key=f"not-in-the-future-{items[0]}")
    def check(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
        today = site_today(subject)
        for item in items:
            day = first_day(values.get(item))
            if day and day > today:
                yield Finding(item, _("This day has not come yet at the site."))

    return check


def first_day(value: Any) -> date | None:
    """The first possible day of a date or partial date."""
    return value.earliest if isinstance(value, PartialDate) else value if isinstance(value, date) else None


def last_day(value: Any) -> date | None:
    """The last possible day of a date or partial date."""
    return value.latest if isinstance(value, PartialDate) else value if isinstance(value, date) else None
