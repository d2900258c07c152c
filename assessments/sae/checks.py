"""Edit checks of SAE reports and stays in hospital."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.audit.moment import now
from trialsite.casebook.edit_checks import edit_check
from trialsite.casebook.models import Subject
from trialsite.casebook.names import local
from trialsite.casebook.registries import Finding
from trialsite.casebook.selectors import current_records
from trialsite.clinical.kleene import Truth

from ..domain.admissions import serious_stay
from ..domain.sae import Criterion, is_serious
from ..models import Admission
from .derive import stay_of

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Values]]
INSTANTS = ("site_aware_at", "sponsor_told_at", "ethics_told_at")


@edit_check(gettext_lazy("At least one criterion of seriousness"))
def some_criterion(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A report in which every criterion is answered with no is about no SAE."""
    answers = {one: values.get(one.value) for one in Criterion}
    if is_serious(answers) is Truth.FALSE:
        yield Finding("death", _("No criterion is met: then the event is not serious and needs no report."))


@edit_check(gettext_lazy("Instants of the report in order, none in the future"))
def instants_in_order(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Nobody is told before the site knows."""
    aware = values.get("site_aware_at")
    for item in INSTANTS:
        at = values.get(item)
        if at is None:
            continue
        if at > now():
            yield Finding(item, _("This instant has not come yet."))
        elif aware is not None and at < aware:
            yield Finding(item, _("This lies before the site knew."))


@edit_check(gettext_lazy("A planned or social admission is no SAE"), hard=False)
def admission_counts(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Planned stays for treatment, social stays and relapse itself make no event serious: asked about, not refused."""
    day = values.get("performed_on")
    if not values.get(Criterion.HOSPITALISATION.value) or day is None:
        return
    for record in current_records(Admission, [subject.pk]).filter(performed_on__lte=day):
        stay = stay_of(record)
        if stay is None or (stay.left_on is not None and stay.left_on < day):
            continue
        verdict = serious_stay(stay)
        if verdict.truth is Truth.FALSE:
            yield Finding(
                Criterion.HOSPITALISATION.value,
                _("%(why)s Admitted on %(day)s. Is this criterion right?")
                % {"why": local(verdict.reasons[0]), "day": stay.admitted_on},
            )
            return


@edit_check(gettext_lazy("Outcome and reporter stand in the report"), hard=False)
def report_complete(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A report without outcome or reporter is asked about: the sponsor asks for both."""
    if not values.get("outcome"):
        yield Finding("outcome", _("The report names no outcome. Is it not known yet?"))
    if not (values.get("reporter") or "").strip():
        yield Finding("reporter", _("Who reports it is not named: role and department."))


@edit_check(gettext_lazy("Discharge not before the admission"))
def stay_in_order(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A stay ends on the day of admission at the earliest."""
    admitted, left = values.get("performed_on"), values.get("left_on")
    if admitted and left and left < admitted:
        yield Finding("left_on", _("The discharge lies before the admission."))
