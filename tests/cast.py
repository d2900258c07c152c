"""A fixed cast for the tests: one study at two sites, one person for each role, and a stranger from the other site."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.utils import timezone

from trialsite.access.identity import Identity, register_person
from trialsite.access.models import COMMITTEE, Duty, Membership, Role, TrainingKind, User
from trialsite.access.services import grant_role
from trialsite.access.staffing import record_training, sign_delegation
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
    inspector: User
    adjudicator: User
    chair: User
    administrator: User
    stranger: User

    def people(self) -> dict[str, User]:
        """Everybody by the name of the part they play."""
        names = (
            "coordinator investigator monitor data_manager statistician inspector adjudicator chair administrator"
            " stranger"
        )
        return {name: getattr(self, name) for name in names.split()}


NO_FIGURES = ("administrator", "adjudicator", "chair")  # the parts that open neither record nor figures


@cache
def document_of(key: str) -> dict[str, Any]:
    """A protocol that ships, read once a test run."""
    return read_file(Path(PROTOCOLS) / f"{key}.yaml").document


def user(name: str, password: str | None = None) -> User:
    """An account, as a rule without a usable password: most tests log in by force."""
    account = User(username=name, full_name=name.replace("_", " ").title(), email=f"{name}@hospital.invalid")
    account.set_password(password)
    account.save()
    return account


def make_cast(key: str = "BLINA-FULL", prefix: str = "") -> Cast:
    """Load a protocol that ships, open its sites, and let the cast work there. Call inside no context."""
    return cast_of(document_of(key), prefix)


def cast_of(document: dict[str, Any], prefix: str = "") -> Cast:
    """The same for any protocol document."""
    with acting(role="system"):
        version, _new = load_protocol(document=document, by=None)
        here, elsewhere = (
            place.site for place in open_planned_sites(version=version, on=OPENED, by=None)[:2]
        )
        names = [role.value for role in Role] + ["stranger"]
        people = {
            name: user(f"{prefix}{name}", PASSWORD if name == "investigator" else None) for name in names
        }
        head = user(f"{prefix}head_elsewhere", PASSWORD)  # the stranger's principal investigator
        employ(people["investigator"], Role.INVESTIGATOR, version, here, principal=True)
        employ(head, Role.INVESTIGATOR, version, elsewhere, principal=True)
        employ(people["coordinator"], Role.COORDINATOR, version, here, head=people["investigator"])
        employ(people["stranger"], Role.COORDINATOR, version, elsewhere, head=head)
        study_wide = (Role.MONITOR, Role.DATA_MANAGER, Role.STATISTICIAN, Role.INSPECTOR)
        for role in (*study_wide, *COMMITTEE):
            employ(people[role.value], role, version)
        grant_role(user=people["administrator"], role=Role.ADMINISTRATOR, starts_on=OPENED, by=None)
    return Cast(study=version.study, version=version, here=here, elsewhere=elsewhere, **people)


def employ(
    account: User,
    role: Role,
    version: ProtocolVersion,
    site: Site | None = None,
    *,
    principal: bool = False,
    head: User | None = None,
) -> Membership:
    """Give an account an active role: with its trainings and, signed by `head`, its duties at a site."""
    today = timezone.now().date()
    membership = grant_role(
        user=account,
        role=role,
        study_id=version.study_id,
        site_id=site.pk if site else None,
        principal=principal,
        starts_on=OPENED,
        ends_on=today + timedelta(days=730) if role == Role.INSPECTOR else None,
        by=None,
    )
    if role != Role.INSPECTOR:
        for kind in TrainingKind:
            about = version if kind == TrainingKind.PROTOCOL else None
            record_training(user=account, kind=kind, version=about, completed_on=today, by=None)
    if head is not None:
        with acting(user=head):
            sign_delegation(
                membership=membership,
                duties=Duty.values,
                starts_on=today,
                username=head.username,
                password=PASSWORD,
                by=head,
            )
    return membership


def bare_subject(cast: Cast, *, site: Site | None = None, by: User | None = None) -> Subject:
    """A subject as screening leaves it, for tests of the casebook beneath the enrolment room."""
    site = site or cast.here
    by = by or (cast.coordinator if site == cast.here else cast.stranger)
    with acting(user=by):
        person = register_person(study_id=cast.study.pk, site_id=site.pk, identity=Identity("王小明"), by=by)
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
