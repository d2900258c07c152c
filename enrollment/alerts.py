"""What stands beside the number of a subject on every page: consent that is not complete."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from trialsite.casebook.models import Subject
from trialsite.casebook.reading import one_reading
from trialsite.casebook.states import SubjectState

from .domain.consent import missing_signers
from .facts import ages, consent_dates, consents, standing_signatures, valid_consent
from .models import MisRandomisation
from .models.consent import Signer
from .recruitment import emergency_of
from .recruitment_words import open_words


def consent_alerts(subject: Subject) -> Iterator[Any]:
    """No consent yet, or somebody who must sign at this age has not."""
    if subject.state == SubjectState.SCREEN_FAILED:
        return
    ids = [subject.pk]
    with one_reading():
        forms = consents(ids).get(subject.pk, [])
        age = ages(ids).get(subject.pk)
        on = consent_dates(ids).get(subject.pk)
    form = valid_consent(forms)
    if form is None and subject.from_paper_until:
        return  # its entry from paper says what is known of consent
    if form is None or on is None:
        yield _("No signed consent is recorded.")
        return
    assert isinstance(on.value, date)
    if subject.screened_on < on.value:
        yield _("Consent is dated after the day of screening.")
    if age is None or not isinstance(age.value, int):
        return
    signatures = {line.signer: line.signed for line in standing_signatures(form)}
    rules = subject.protocol_version.protocol.consent
    for who in missing_signers(rules.signers_at, age.value, signatures):
        yield _("Consent is missing: %(signer)s.") % {"signer": Signer(who).label}


def randomisation_alerts(subject: Subject) -> Iterator[Any]:
    """The arm was given in an emergency, or something was wrong with it."""
    protocol = subject.protocol_version.protocol
    if protocol.randomisation is None or not subject.arm:
        return
    emergency = emergency_of(subject)
    if emergency is not None and emergency.open:
        left = open_words(protocol, emergency.open)
        yield _("Randomised in an emergency. Still to fill in: %(left)s.") % {"left": left}
    elif emergency is not None:
        yield _("Randomised in an emergency.")
    for found in MisRandomisation.objects.filter(subject=subject).order_by("recorded_at"):
        yield _("Mis-randomised: %(what)s.") % {"what": found.get_kind_display()}  # type: ignore[attr-defined]
