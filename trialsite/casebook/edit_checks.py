"""Edit checks: declared with what they guard and a version, the same on screen, by API and in imports.

Hard: physically impossible, cannot be submitted. Soft: said at the item; it is submitted with a comment, or opens a
query. Version 1 is what the first release has. A check that is added or changed later takes the next number, and a
study uses it only once it is activated there; until then the version `before` it stays in use (ADR 0020).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.clinical.partial_date import PartialDate

from .models import Subject
from .reading import one_reading
from .registries import Finding, activated_checks
from .site_day import site_today

if TYPE_CHECKING:
    from .registries import FormType

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Any]]
Run = Callable[[Values, Rows, Subject], Iterable[Finding]]


@dataclass(frozen=True)
class EditCheck:
    """One check of a form: `key` is its name within the form, `title` what it guards, `version` counts its changes.

    `before` is the version that stays in use until this one is activated; None where there was no such check."""

    do_not_call_in_templates: ClassVar[bool] = True

    key: str
    title: Any
    run: Run
    version: int = 1
    hard: bool = True
    before: "EditCheck | None" = None

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
    title: Any, *, key: str = "", version: int = 1, hard: bool = True, before: EditCheck | None = None
) -> Callable[[Run], EditCheck]:
    """Declare a function as an edit check; its key is its name, or that of the version before, unless given."""

    def declare(run: Run) -> EditCheck:
        name = key or (before.key if before else getattr(run, "__name__", "").replace("_", "-"))
        return EditCheck(name, title, run, version, hard, before)

    return declare


def run_checks(kind: "FormType", values: Values, rows: Rows, subject: Subject) -> list[Fired]:
    """Everything that the checks which the study uses find in a form."""
    in_use = checks_in_use(kind, subject.study_id)
    with one_reading(anew=True):
        return [fired for check in in_use for fired in run_check(check, values, rows, subject)]


def checks_in_use(kind: "FormType", study_id: UUID) -> list[EditCheck]:
    """The checks of a form as a study uses them; asks what is activated only where a check has changed."""
    if all(check.version == 1 for check in kind.checks):
        return list(kind.checks)
    activated = {
        key: version
        for source in activated_checks.values()
        for key, version in source(study_id, kind.key).items()
    }
    found = (version_in_use(check, activated.get(check.key, 1)) for check in kind.checks)
    return [check for check in found if check is not None]


def version_in_use(check: EditCheck, activated: int) -> EditCheck | None:
    """The newest version of a check up to the activated one; None where none of those is known."""
    found: EditCheck | None = check
    while found is not None and found.version > activated:
        found = found.before
    return found


def run_check(check: EditCheck, values: Values, rows: Rows, subject: Subject) -> list[Fired]:
    """What one check finds; once more in each language where it finds something."""
    found = list(check(values, rows, subject))
    if not found:
        return []
    by_language = []
    for language in ("en", "zh-hans"):
        # What was read may hold sentences, and those are in one language.
        with translation.override(language), one_reading(anew=True):
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
