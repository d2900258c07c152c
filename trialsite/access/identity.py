"""Who a subject is: written encrypted, read one person at a time, each view an event of the audit."""

from dataclasses import astuple, dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from trialsite.audit.events import record_event

from .encryption import decrypted, encrypted, fingerprint, fingerprints, re_encrypted
from .errors import AccessRefused
from .models import Person, SecondFactor, User
from .permissions import require

FEWEST_DIGITS, MOST_DIGITS, LONGEST_PHONE = 5, 15, 200  # ITU E.164 numbers have at most 15 digits


@dataclass(frozen=True)
class Identity:
    """Name and numbers of one person."""

    full_name: str
    hospital_number: str = ""
    national_id: str = ""
    phone: str = ""


def register_person(*, study_id: UUID, site_id: UUID, identity: Identity, by: User) -> Person:
    """Keep the identity of a person at a site, encrypted."""
    require(by, "subject.screen", study_id=study_id, site_id=site_id)
    return Person.objects.create(study_id=study_id, site_id=site_id, **kept(identity))


def kept(identity: Identity) -> dict[str, str]:
    """An identity as the columns of a person keep it."""
    name, hospital_number, national_id, phone = (part.strip() for part in astuple(identity))
    return {
        "full_name": encrypted(name),
        "hospital_number": encrypted(hospital_number),
        "national_id": encrypted(national_id),
        "phone": encrypted(phone),
        "national_id_hash": fingerprint(normal_national_id(national_id)),
        "hospital_number_hash": fingerprint(hospital_number),
    }


def is_unnamed(person_id: UUID) -> bool:
    """Whether the name of a person was left for later, as far as the reader may see identities."""
    return Person.objects.filter(pk=person_id, full_name="").exists()


def fill_identity(*, person_id: UUID, identity: Identity, by: User) -> bool:
    """Fill in an identity that was left for later; False where there is one already."""
    person = Person.objects.select_for_update().get(pk=person_id)
    require(by, "subject.screen", study_id=person.study_id, site_id=person.site_id)
    if person.full_name:
        return False
    for column, value in kept(identity).items():
        setattr(person, column, value)
    person.save()
    return True


def show_identity(*, person_id: UUID, subject_id: UUID, by: User) -> Identity:
    """Who a subject is; that `by` looked, at whose identity and when, is an event."""
    person = Person.objects.get(pk=person_id)
    require(by, "identity.view", study_id=person.study_id, site_id=person.site_id)
    record_event(
        kind="identity.viewed",
        user_id=by.pk,
        person=str(person.pk),
        subject=str(subject_id),
        study=str(person.study_id),
        site=str(person.site_id),
    )
    return Identity(
        decrypted(person.full_name),
        decrypted(person.hospital_number),
        decrypted(person.national_id),
        decrypted(person.phone),
    )


def show_phone(*, person_id: UUID, subject_id: UUID, by: User) -> str:
    """The numbers under which a subject is called; that `by` looked is an event, as a look at the identity is."""
    person = Person.objects.get(pk=person_id)
    require(by, "identity.view", study_id=person.study_id, site_id=person.site_id)
    record_event(
        kind="identity.viewed",
        user_id=by.pk,
        person=str(person.pk),
        subject=str(subject_id),
        study=str(person.study_id),
        site=str(person.site_id),
        part="phone",
    )
    return decrypted(person.phone)


def change_phone(*, person_id: UUID, phone: str, by: User) -> None:
    """Keep other numbers for a person: several with whose they are, one a line. Raises AccessRefused (per item)."""
    person = Person.objects.select_for_update().get(pk=person_id)
    require(by, "subject.screen", study_id=person.study_id, site_id=person.site_id)
    lines = [line.strip() for line in phone.splitlines() if line.strip()]
    if any(not FEWEST_DIGITS <= sum(map(str.isdigit, line)) <= MOST_DIGITS for line in lines):
        raise AccessRefused(
            {
                "phone": _(
                    "Write one number a line, with 5 to 15 digits, and whose it is: 138 0000 0000 mother."
                )
            }
        )
    if sum(map(len, lines)) > LONGEST_PHONE:
        raise AccessRefused({"phone": _("That is too long: at most 200 characters.")})
    person.phone = encrypted("\n".join(lines))
    person.save(update_fields=["phone"])


def persons_with_national_id(national_id: str) -> QuerySet[Person]:
    """The persons with this national id, as far as the reader may see identities; nobody is named by it."""
    number = normal_national_id(national_id)
    return Person.objects.filter(national_id_hash__in=fingerprints(number) if number else [])


def persons_with_hospital_number(hospital_number: str) -> QuerySet[Person]:
    """The persons with this hospital number; a number is a site's own, so the caller names the site."""
    number = hospital_number.strip()
    return Person.objects.filter(hospital_number_hash__in=fingerprints(number) if number else [])


def normal_national_id(national_id: str) -> str:
    return national_id.strip().replace(" ", "").upper()


def rotate_keys() -> int:
    """Bring every encrypted value and every hash under the first key; returns how many rows there were.

    Runs as the system. Afterwards the other keys may leave the environment.
    """
    rows = 0
    for person in Person.objects.select_for_update():
        for item in ("full_name", "hospital_number", "national_id", "phone"):
            setattr(person, item, re_encrypted(getattr(person, item)))
        person.national_id_hash = fingerprint(normal_national_id(decrypted(person.national_id)))
        person.hospital_number_hash = fingerprint(decrypted(person.hospital_number))
        person.save()
        rows += 1
    for factor in SecondFactor.objects.select_for_update():
        factor.secret = re_encrypted(factor.secret)
        factor.save(update_fields=["secret"])
        rows += 1
    return rows + sum(map(rotate_columns, apps.get_models()))


def rotate_columns(model: type[Any]) -> int:
    """The same for a model of another room that names its encrypted columns in `encrypted`."""
    columns = getattr(model, "encrypted", ())
    rows = list(model.objects.select_for_update()) if columns else []
    for row in rows:
        for column in columns:
            setattr(row, column, re_encrypted(getattr(row, column)))
        row.save(update_fields=columns)
    return len(rows)
