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
from .models.consent import Signer


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
