"""A fixed cast for the tests: one study at two sites, one person for each role, and a stranger from the other site."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from trialsite.access.models import Person, Role, User
from trialsite.access.services import grant_role
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.services import next_number
from trialsite.studies.domain.read import read_file
from trialsite.studies.models import ProtocolVersion, Site, Study
from trialsite.studies.services import PROTOCOLS, load_protocol, open_planned_sites

OPENED = date(2024, 1, 1)
PASSWORD = "correct-horse-battery"


@dataclass
class Cast:
    """The study, its first two sites, and who works there. `stranger` coordinates the other site only."""

    study: Study
    version: ProtocolVersion
    here: Site
    elsewhere: Site
    coordinator: User
    investigator: User
    monitor: User
    data_manager: User
    statistician: User
    administrator: User
    stranger: User

    def people(self) -> dict[str, User]:
        """Everybody by the name of the part they play."""
        names = "coordinator investigator monitor data_manager statistician administrator stranger"
        return {name: getattr(self, name) for name in names.split()}


@cache
def document_of(key: str) -> dict[str, Any]:
    """A protocol that ships, read once a test run."""
    return read_file(Path(PROTOCOLS) / f"{key}.yaml").document


def user(name: str) -> User:
    """An account without a usable password: most tests log in by force."""
    account = User(username=name, full_name=name.replace("_", " ").title(), email=f"{name}@hospital.invalid")
    account.set_unusable_password()
    account.save()
    return account


def make_cast(key: str = "BLINA-FULL", prefix: str = "") -> Cast:
    """Load a protocol that ships, open its sites, and let the cast work there. Call inside no context."""
    with acting(role="system"):
        version, _new = load_protocol(document=document_of(key), by=None)
        here, elsewhere = (
            place.site for place in open_planned_sites(version=version, on=OPENED, by=None)[:2]
        )
        people = {role.value: user(f"{prefix}{role.value}") for role in Role} | {
            "stranger": user(f"{prefix}stranger")
        }
        study = version.study
        places: dict[str, dict] = {
            "coordinator": {"study_id": study.pk, "site_id": here.pk},
            "investigator": {"study_id": study.pk, "site_id": here.pk},
            "monitor": {"study_id": study.pk},
            "data_manager": {"study_id": study.pk},
            "statistician": {"study_id": study.pk},
            "administrator": {},
        }
        for name, place in places.items():
            grant_role(user=people[name], role=Role(name), starts_on=OPENED, by=None, **place)
        grant_role(
            user=people["stranger"],
            role=Role.COORDINATOR,
            study_id=study.pk,
            site_id=elsewhere.pk,
            starts_on=OPENED,
            by=None,
        )
    return Cast(study=study, version=version, here=here, elsewhere=elsewhere, **people)


def bare_subject(cast: Cast, *, site: Site | None = None, by: User | None = None) -> Subject:
    """A subject as screening leaves it, for tests of the casebook beneath the enrolment room."""
    site = site or cast.here
    with acting(user=by or (cast.coordinator if site == cast.here else cast.stranger)):
        person = Person.objects.create(study=cast.study, site=site, full_name="王小明")
        number = f"T-{next_number('test')}"
        return Subject.objects.create(
            study=cast.study,
            site=site,
            person=person,
            usubjid=number,
            screening_number=number,
            screened_on=date(2026, 1, 5),
            protocol_version=cast.version,
        )
