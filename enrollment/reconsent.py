"""Who has to consent again: a newer text approved at the site, or a birthday from which others sign."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.casebook import registries
from trialsite.casebook.due import work_line
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource
from trialsite.casebook.selectors import most_pressing
from trialsite.casebook.site_day import on_each_day, site_days
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import SubjectState
from trialsite.studies.models import Study

from .consent_versions import approvals_by_site
from .domain.consent_versions import Approval, good_enough, newest_to_sign_again, others_sign_on
from .dossier_page import slot_of_form
from .facts import consents, standing_signatures
from .item_facts import latest_records
from .models import Consent, ConsentStanding, Demographics
from .models.consent import Signer

KIND = "consent-again"
KINDS = {KIND: gettext_lazy("Ask for consent again")}
BEFORE_BIRTHDAY = timedelta(days=28)  # assumption: the inbox tells so long before


def derive_standing(subject: Subject) -> Iterable[ConsentStanding]:
    """Where the consent of an ongoing subject stands; nothing of who was never asked, failed or is followed no more."""
    forms = consents([subject.pk]).get(subject.pk, [])
    last = last_consent(forms)
    slot = slot_of_form(subject, "ICF")
    if last is None or slot is None or subject.state not in (SubjectState.SCREENING, SubjectState.ENROLLED):
        return
    if registries.follow_up_ends([subject.pk]).get(subject.pk) is not None:
        return
    assert last.performed_on is not None
    person = latest_records(Demographics, "DM", [subject.pk]).get(subject.pk)
    birth = person.birth_date.earliest if person and person.birth_date else None
    rules = subject.protocol_version.protocol.consent
    signed = {line.signer for line in standing_signatures(last) if line.signed}
    yield ConsentStanding(
        text_version=last.text_version,
        consented_on=last.performed_on,
        others_sign_on=others_sign_on(rules.signers_at, birth, signed, last.performed_on),
        visit_key=slot.visit_key,
        forms=max(form.form_repeat for form in forms),
    )


def last_consent(forms: Iterable[Consent]) -> Consent | None:
    """The latest form that the patient or a guardian signed."""
    signed = [
        form
        for form in forms
        if form.performed_on
        and any(
            line.signed and line.signer in (Signer.PATIENT, Signer.GUARDIAN)
            for line in standing_signatures(form)
        )
    ]
    return max(signed, key=lambda form: (form.performed_on, form.pk.int), default=None)


# The inbox


def consent_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """Subjects who are to sign again where this user enters forms, the first due first."""
    mine = wanted.of(ConsentStanding.objects.filter(reach_of(user, "form.submit")))
    mine = mine.select_related("subject__study", "subject__site", "subject__protocol_version")
    return most_pressing([of_newer_texts(mine, wanted), of_birthdays(mine, wanted)])


def of_newer_texts(mine: QuerySet[ConsentStanding], wanted: Wanted) -> Iterator[WorkLine]:
    """One question for all sites at which a newer text asks for consent again."""
    days = site_days()
    asked: dict[tuple[Any, Any], Approval] = {}
    behind = Q(pk__in=[])
    for study in Study.objects.filter(consent_versions__isnull=False).distinct():
        for site_id, approvals in approvals_by_site(study.pk).items():
            today = days[site_id]
            newest = newest_to_sign_again(approvals, today)
            if newest is not None:
                asked[study.pk, site_id] = newest
                enough = good_enough(approvals, today)
                behind |= Q(study=study, site_id=site_id) & ~Q(text_version__in=enough)
    found = list(mine.filter(behind).order_by("consented_on", "pk")[: wanted.limit])
    lines = [newer_text_line(one, asked[one.study_id, one.site_id]) for one in found]
    return iter(sorted(lines, key=lambda line: (line.due or date.max, line.subject_number)))


def newer_text_line(standing: ConsentStanding, newest: Approval) -> WorkLine:
    rules = standing.subject.protocol_version.protocol.consent
    due = newest.approved_on + timedelta(days=rules.again_within_days)
    told = {"newer": newest.name, "day": newest.approved_on.isoformat(), "signed": standing.text_version}
    return line_of(
        standing, due, _("version %(newer)s, approved here on %(day)s; signed was %(signed)s") % told
    )


def of_birthdays(mine: QuerySet[ConsentStanding], wanted: Wanted) -> Iterator[WorkLine]:
    """Subjects whose birthday lets others sign, from some weeks before on."""
    near = on_each_day(site_days(), lambda day: Q(others_sign_on__lte=day + BEFORE_BIRTHDAY))
    soon = mine.filter(near)
    for standing in soon.order_by("others_sign_on", "pk")[: wanted.limit]:
        told = {"day": standing.others_sign_on}
        yield line_of(
            standing, standing.others_sign_on, _("birthday on %(day)s: now signs for themselves") % told
        )


def line_of(standing: ConsentStanding, due: date | None, detail: str) -> WorkLine:
    slot = Slot(standing.subject_id, standing.visit_key, "ICF", 1, standing.forms + 1)
    return work_line(standing.subject, KIND, KINDS[KIND], due, slot.url(), detail)


CONSENT_WORK = WorkSource(KINDS, consent_work)
