"""Edit checks of the outcome forms: what cannot be so, said at its item.

A partial date is refused only when none of its possible days can be right.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.casebook.edit_checks import EditCheck, edit_check, first_day, last_day
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Finding, anchors, facts
from trialsite.casebook.selectors import current_records

from .domain.attempts import Disease, Result
from .models import Death, Relapse, SurvivalContact
from .models.attempts import Informant
from .models.events import ContactKind, RelapseSite

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Values]]


def not_before_life(item: str) -> EditCheck:
    """A check that an item lies after birth."""

    @edit_check(gettext_lazy("Not before birth"), key="not-before-birth")
    def check(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
        day, birth = last_day(values.get(item)), birth_of(subject)
        if day and birth and day < birth:
            yield Finding(item, _("This lies before the subject's birth (%(day)s).") % {"day": birth})

    return check


def not_before_consent(item: str) -> EditCheck:
    """A check that an item lies on or after the day of consent, or of screening while no consent is recorded."""

    @edit_check(gettext_lazy("Not before consent"), key="not-before-consent")
    def check(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
        day = last_day(values.get(item))
        consent = (
            anchors["consent"].select([subject.pk], "").get(subject.pk) if "consent" in anchors else None
        )
        begun = consent or subject.screened_on
        if day and day < begun:
            yield Finding(item, _("This lies before consent (%(day)s).") % {"day": begun})

    return check


def not_after_death(*items: str) -> EditCheck:
    """A check that nothing of these items happens to somebody who has died."""

    @edit_check(gettext_lazy("Not after death"), key="not-after-death")
    def check(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
        death = current_records(Death, [subject.pk]).first()
        for item in items:
            day = first_day(values.get(item))
            if death and day and death.died_on and day > death.died_on.latest:
                yield Finding(
                    item, _("The subject died on %(day)s: this cannot be later.") % {"day": death.died_on}
                )

    return check


@edit_check(gettext_lazy("A contact that found the subject dead has a death form"), hard=False)
def dead_says_death_form(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A contact that found the subject dead belongs with a death form: said, not refused."""
    if values.get("alive") is False and not current_records(Death, [subject.pk]).exists():
        yield Finding("alive", _("Enter the death form as well: it carries date and cause."))


@edit_check(gettext_lazy("Remission is not told by telephone"))
def telephone_shows_no_remission(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Freedom from relapse is stated after examination and a blood count, which no telephone gives."""
    if values.get("contact_kind") == ContactKind.TELEPHONE and values.get("no_relapse"):
        yield Finding("no_relapse", _("A telephone call cannot show that there is no relapse."))


@edit_check(gettext_lazy("The place of a relapse outside the marrow"))
def relapse_place_named(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A relapse outside marrow and CNS names its place."""
    if values.get("relapse_site") == RelapseSite.EXTRAMEDULLARY and not values.get("extramedullary_place"):
        yield Finding("extramedullary_place", _("Say in which place."))


@edit_check(gettext_lazy("Confirmed not before its first evidence"))
def seen_not_before_onset(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """What is confirmed had begun before."""
    onset, confirmed = first_day(values.get("onset")), values.get("confirmed_on")
    if onset and confirmed and confirmed < onset:
        yield Finding("confirmed_on", _("This lies before the first evidence."))


@edit_check(gettext_lazy("A diagnosis is not known before it is made"))
def diagnosed_before_told(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """What a form tells of has happened by its day."""
    told, diagnosed = values.get("performed_on"), first_day(values.get("diagnosed_on"))
    if told and diagnosed and diagnosed > told:
        yield Finding(
            "diagnosed_on", _("This lies after the day of this information (%(day)s).") % {"day": told}
        )


@edit_check(gettext_lazy("Death dated as its form"))
def death_dated_with_its_form(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """The day of the form is a possible day of death."""
    day, died_on = values.get("performed_on"), values.get("died_on")
    if day and died_on and not died_on.contains(day):
        yield Finding(
            "died_on", _("The form is dated %(day)s, which is no possible day of this death.") % {"day": day}
        )


@edit_check(gettext_lazy("Death after the last contact alive"))
def death_after_contacts(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Nobody is seen alive after the day of death."""
    day = last_day(values.get("died_on"))
    if day is None:
        return
    seen = current_records(SurvivalContact, [subject.pk]).filter(alive=True, performed_on__gt=day)
    last = seen.order_by("-performed_on").values_list("performed_on", flat=True).first()
    if last:
        yield Finding("died_on", _("A contact of %(day)s found the subject alive.") % {"day": last})


@edit_check(gettext_lazy("Death after relapse"))
def death_after_relapse(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Nobody relapses after the day of death."""
    day = last_day(values.get("died_on"))
    if day is None:
        return
    later = current_records(Relapse, [subject.pk]).filter(onset_earliest__gt=day).first()
    if later:
        yield Finding("died_on", _("A relapse is recorded after this day (%(day)s).") % {"day": later.onset})


@edit_check(gettext_lazy("What was said, where somebody was reached"))
def says_what_was_told(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Who reached somebody says what was told; of nobody reached nothing is told."""
    reached = values.get("call_result") in (Result.REACHED, Result.FAMILY)
    if reached and not values.get("disease_told"):
        yield Finding("disease_told", _("Say what was told of the subject, or that it is not known."))
    if values.get("call_result") == Result.NOT_REACHED and values.get("disease_told"):
        yield Finding("disease_told", _("Nobody was reached: leave this empty, or change the result."))
    if values.get("call_result") == Result.REACHED and values.get("disease_told") == Disease.DIED:
        yield Finding("disease_told", _("Who was reached is alive. Choose 'Family reached' for a death."))


@edit_check(gettext_lazy("The informant fits the result"))
def informant_fits(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """The family is not the subject, and of nobody reached there is no informant."""
    result, informant = values.get("call_result"), values.get("informant")
    if result == Result.FAMILY and informant == Informant.SUBJECT:
        yield Finding("informant", _("The subject spoke: choose 'Reached', or another informant."))
    if result == Result.NOT_REACHED and informant:
        yield Finding("informant", _("Nobody was reached: leave this empty, or change the result."))


@edit_check(gettext_lazy("The next call after this one"))
def next_call_later(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """The next call comes after the one that is recorded."""
    day, planned = values.get("performed_on"), values.get("next_call_on")
    if day and planned and planned <= day:
        yield Finding("next_call_on", _("Choose a day after this call."))


@edit_check(gettext_lazy("What was told has its form"), hard=False)
def told_has_its_form(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A death or relapse told on the telephone belongs on its own form: said, not refused."""
    told = values.get("disease_told")
    if told == Disease.DIED and not current_records(Death, [subject.pk]).exists():
        yield Finding("disease_told", _("Enter the death form as well: it carries date and cause."))
    if told == Disease.ALIVE_RELAPSED and not current_records(Relapse, [subject.pk]).exists():
        yield Finding(
            "disease_told", _("Enter the relapse form as well: it carries the date and the findings.")
        )


def birth_of(subject: Subject) -> date | None:
    """The earliest day on which the subject can have been born, as far as it is recorded."""
    source = facts.get("birth_date")
    fact = source.select([subject.pk]).get(subject.pk) if source else None
    return first_day(fact.value) if fact else None
