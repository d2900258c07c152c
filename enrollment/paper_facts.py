"""What of a subject from paper would be refused today, read from its record, and whether it is signed."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.casebook.due import work_line
from trialsite.casebook.models import Subject
from trialsite.casebook.names import local
from trialsite.casebook.reading import read_once, record_until
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource
from trialsite.review.contents import digest_of
from trialsite.studies.domain.protocol import Protocol

from .domain.eligibility import Dossier
from .domain.refused_today import PaperEnrolment, Refusal, WouldBeRefused, refused_today
from .models import JudgedThen, PaperEntry, PaperFacts, PaperSignature, Randomisation
from .selectors import dossier_of

Content = dict[str, str]
SIGN = gettext_lazy("Sign the enrolment on paper")
VERDICTS = {JudgedThen.ELIGIBLE: True, JudgedThen.INELIGIBLE: False, JudgedThen.NOT_DOCUMENTED: None}
WORDS = {
    Refusal.NOT_CONFIRMED_HERE: gettext_lazy(
        "Eligibility was judged on paper (%(about)s), not confirmed here."
    ),
    Refusal.NOT_ELIGIBLE_THEN: gettext_lazy(
        "Judged not eligible on paper (%(about)s), and enrolled all the same."
    ),
    Refusal.NOT_JUDGED: gettext_lazy("No judgement of eligibility is documented."),
    Refusal.CONSENT_MISSING: gettext_lazy("No date of consent is known."),
    Refusal.CONSENT_LATE: gettext_lazy("Consent was signed on %(about)s, after enrolment."),
    Refusal.SITE_NOT_OPEN: gettext_lazy("Screened before the site opened here on %(about)s."),
    Refusal.STUDY_FULL: gettext_lazy("Enrolled beyond the planned number: %(about)s places."),
    Refusal.CRITERION_AGAINST: gettext_lazy("Against enrolment: %(about)s"),
    Refusal.CRITERION_UNKNOWN: gettext_lazy("Unknown: %(about)s"),
    Refusal.LIST_NOT_DRAWN: gettext_lazy("The arm was allocated on paper, not from the list kept here."),
}
OF_CRITERIA = (Refusal.CRITERION_AGAINST, Refusal.CRITERION_UNKNOWN)


def entry_of(subject: Subject) -> PaperEntry | None:
    """How the subject was entered from paper; None of one that is followed here from the start."""
    if subject.from_paper_until is None:
        return None
    return PaperEntry.objects.filter(subject=subject).select_related("entered_by").first()


def would_be_refused(subject: Subject, entry: PaperEntry) -> tuple[WouldBeRefused, ...]:
    """Everything that would stop the enrolment today; nothing of a subject that was not enrolled."""
    if subject.enrolled_on is None:
        return ()
    paper = PaperEnrolment(
        enrolled_on=subject.enrolled_on,
        consented_on=entry.consented_on,
        judged_by=entry.judged_by,
        judged_on=entry.judged_on,
        eligible=VERDICTS[JudgedThen(entry.verdict)],
        taken=entry.places_taken,
        planned=entry.places_planned,
        site_open_on=entry.site_open_on,
        randomised=Randomisation.objects.filter(subject=subject, from_paper=True).exists(),
    )
    return refused_today(paper, dossier_then(subject).lines)


def dossier_then(subject: Subject) -> Dossier:
    """The dossier on the day of enrolment, from what the record tells of days until then; read once in a reading."""

    def read() -> Dossier:
        assert subject.enrolled_on is not None
        with record_until(subject.enrolled_on):
            return dossier_of(subject, subject.enrolled_on)

    return read_once(("dossier then", subject.pk), read)


def facts_to_sign(subject: Subject) -> Content:
    """What is signed, each fact by its name; empty where nothing is to be signed."""
    entry = entry_of(subject)
    found = would_be_refused(subject, entry) if entry else ()
    return {f"{one.refusal} {one.about}".strip(): "" for one in found}


def words_of(one: WouldBeRefused, protocol: Protocol) -> str:
    """A fact as people read it; a criterion with its text."""
    about = one.about
    if one.refusal in OF_CRITERIA:
        text = next((local(each.text) for each in protocol.criteria if each.id == one.about), "")
        about = f"{one.about} {text}".strip()
    return str(WORDS[one.refusal]) % {"about": about}


@dataclass(frozen=True)
class ToSign:
    """What waits for a signature on the page of a subject: facts in words, their digest, who signed what."""

    facts: list[str]
    digest: str
    signatures: list[tuple[PaperSignature, bool]]  # the newest first; whether it still says what stands here

    @property
    def signed(self) -> bool:
        return not self.facts or any(holds for _one, holds in self.signatures)


def to_sign(subject: Subject, entry: PaperEntry) -> ToSign:
    """The facts of a subject with their signatures."""
    protocol = subject.protocol_version.protocol
    digest = digest_of(facts_to_sign(subject))
    given = PaperSignature.objects.filter(subject=subject).order_by("-signed_at", "-pk")
    facts = [words_of(one, protocol) for one in would_be_refused(subject, entry)]
    return ToSign(facts, digest, [(one, one.content_hash == digest) for one in given])


# For the inbox


def derive_paper_facts(subject: Subject) -> Iterator[PaperFacts]:
    """The row of the projection; none where nothing is to be signed."""
    content = facts_to_sign(subject)
    if content:
        yield PaperFacts(content=content, content_hash=digest_of(content))


def unsigned(facts: QuerySet[PaperFacts]) -> QuerySet[PaperFacts]:
    """Those that nobody has signed as they stand now."""
    signed = PaperSignature.objects.filter(subject=OuterRef("subject"), content_hash=OuterRef("content_hash"))
    return facts.filter(~Exists(signed))


def signing_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """One line for each subject from paper whose enrolment this investigator has to sign."""
    facts = wanted.of(PaperFacts.objects.filter(reach_of(user, "eligibility.sign")))
    found = (
        unsigned(facts).select_related("subject__study", "subject__site").order_by("subject__subject_number")
    )
    for one in found[: wanted.limit]:
        url = reverse("paper-record", args=[one.subject_id])
        yield work_line(one.subject, "paper-sign", SIGN, None, url, _("would be refused today, and is kept"))


PAPER_WORK = WorkSource({"paper-sign": SIGN}, signing_work)
