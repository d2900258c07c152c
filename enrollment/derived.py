"""What this room works out from the forms of screening: the facts that rules read, in words."""

from django.utils.translation import gettext as _

from trialsite.casebook.fact_words import answered, fact_label, fact_words, parts
from trialsite.casebook.reading import one_reading
from trialsite.casebook.registries import Derived
from trialsite.clinical.dates import AgeBounds
from trialsite.clinical.facts import Fact
from trialsite.listing import listed

from .domain.consent import required_signers
from .facts import PH_TESTS, ages, ages_at_consent, complete_consents, days_of, ph_fact, risk_fact
from .item_facts import label_of
from .models import Consent, Demographics, Diagnosis, MedicalHistory
from .models.background import TherapyKind
from .models.consent import Signer


def derived(name: str, fact: Fact | None, working: str) -> Derived:
    """A fact with its working; one that is missing says so."""
    if fact is None or not fact.known:
        return Derived(fact_label(name), _("not known yet"), working, "unknown")
    return Derived(fact_label(name), fact_words(name, fact), working)


@one_reading()
def person(record: Demographics) -> list[Derived]:
    """Age at consent."""
    fact = ages([record.subject_id]).get(record.subject_id)
    on = fact.on if fact else None
    working = (
        _("completed years from %(birth)s to %(day)s") % {"birth": record.birth_date, "day": on}
        if on
        else _("The birth date and a signed consent are both needed.")
    )
    return [derived("age_years", fact, working)]


@one_reading()
def consent(record: Consent) -> list[Derived]:
    """Whether everybody has signed who must at this age."""
    fact = complete_consents([record.subject_id]).get(record.subject_id)
    age = ages_at_consent([record.subject_id]).get(record.subject_id)
    return [derived("consent_complete", fact, signers_in_words(record, age))]


def signers_in_words(record: Consent, age: AgeBounds | None) -> str:
    if age is None:
        return _("The age at consent is not known.")
    rules = record.subject.protocol_version.protocol.consent
    names = [str(Signer(who).label) for who in required_signers(rules.signers_at, age.low)]
    return _("at %(age)s years must sign: %(signers)s") % {"age": age.low, "signers": listed(names)}


def history(record: MedicalHistory) -> list[Derived]:
    """Days of earlier treatment."""
    kinds = (("hydroxyurea_days", TherapyKind.HYDROXYUREA), ("steroid_days", TherapyKind.STEROID))
    return [derived(name, days_of(kind)(record), courses_in_words(record, kind)) for name, kind in kinds]


def courses_in_words(record: MedicalHistory, kind: str) -> str:
    """The courses that count, or that nobody has said whether there are others."""
    courses = [line for line in record.therapies.all() if not line.voided and line.kind == kind]  # type: ignore[attr-defined]
    spans = listed(f"{line.start or '?'} – {line.stop or '?'}" for line in courses)
    if record.prior_therapy_reviewed is not True:
        return parts([*([spans] if spans else []), _("the list is not said to be complete")])
    return spans or _("no course in a list that is complete")


def diagnosis(record: Diagnosis) -> list[Derived]:
    """The Philadelphia chromosome over all tests, and high-risk genetics over all features."""
    tests = [
        answered(label_of(Diagnosis, test), getattr(record, f"get_{test}_display")())
        for test in PH_TESTS
        if getattr(record, test)
    ]
    risk = risk_fact(record)
    features = risk.working or (
        _("every feature is absent") if risk.known else _("not every feature is answered")
    )
    return [
        derived("ph_status", ph_fact(record), parts(tests) or _("no test is recorded")),
        derived("high_risk", risk, features),
    ]
