"""Who may do what: one table of actions and the roles that may take them."""

from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.audit.moment import earlier_instant

from .models import Role, User

COORDINATOR, INVESTIGATOR, MONITOR = Role.COORDINATOR, Role.INVESTIGATOR, Role.MONITOR
DATA_MANAGER, STATISTICIAN, ADMINISTRATOR = Role.DATA_MANAGER, Role.STATISTICIAN, Role.ADMINISTRATOR

SITE_STAFF = frozenset({COORDINATOR, INVESTIGATOR})
CLINICAL = frozenset({COORDINATOR, INVESTIGATOR, MONITOR, DATA_MANAGER, STATISTICIAN})


@dataclass(frozen=True)
class Action:
    """Something a person may do, in words, and the roles that may."""

    words: object
    roles: frozenset[Role]


ACTIONS: dict[str, Action] = {
    "record.view": Action(gettext_lazy("see the record"), CLINICAL),
    "identity.view": Action(gettext_lazy("see who a subject is"), SITE_STAFF),
    "subject.screen": Action(gettext_lazy("screen a subject"), SITE_STAFF),
    "form.submit": Action(gettext_lazy("enter and correct forms"), SITE_STAFF),
    "form.void": Action(gettext_lazy("void a form"), SITE_STAFF),
    "form.move": Action(gettext_lazy("move a form to another subject"), SITE_STAFF),
    "hold.freeze": Action(gettext_lazy("freeze"), frozenset({DATA_MANAGER})),
    "hold.lock": Action(gettext_lazy("lock and unlock"), frozenset({DATA_MANAGER})),
    "query.open": Action(gettext_lazy("open queries"), frozenset({MONITOR, DATA_MANAGER, INVESTIGATOR})),
    "query.answer": Action(gettext_lazy("answer queries"), SITE_STAFF),
    "query.close": Action(gettext_lazy("close queries"), frozenset({MONITOR, DATA_MANAGER})),
    "source.verify": Action(gettext_lazy("verify against source"), frozenset({MONITOR})),
    "source.plan": Action(gettext_lazy("plan source verification"), frozenset({DATA_MANAGER})),
    "record.sign": Action(gettext_lazy("sign the record"), frozenset({INVESTIGATOR})),
    "eligibility.sign": Action(gettext_lazy("confirm eligibility"), frozenset({INVESTIGATOR})),
    "subject.enrol": Action(gettext_lazy("enrol a subject"), SITE_STAFF),
    "subject.randomise": Action(gettext_lazy("randomise a subject"), SITE_STAFF),
    "treatment.decide": Action(gettext_lazy("decide on treatment"), frozenset({INVESTIGATOR})),
    "figures.view": Action(gettext_lazy("see the study's figures"), CLINICAL),
    "figures.by_arm": Action(
        gettext_lazy("see figures by arm before lock"), frozenset({STATISTICIAN, DATA_MANAGER})
    ),
    "protocol.view": Action(gettext_lazy("read the protocol"), CLINICAL),
    "trail.view": Action(gettext_lazy("read the audit trail"), CLINICAL),
    "export.run": Action(gettext_lazy("pull exports"), CLINICAL),
    "accounts.manage": Action(gettext_lazy("manage accounts"), frozenset({ADMINISTRATOR})),
}


AT_ANY_INSTANT = ("figures.by_arm", "export.run", "subject.screen", "accounts.manage")  # these open pages too


def roles_for(action: str) -> frozenset[Role]:
    """The roles that may take an action; nobody changes anything of what is read as of an earlier instant."""
    changes = not action.endswith(".view") and action not in AT_ANY_INSTANT
    return frozenset() if changes and earlier_instant() else ACTIONS[action].roles


@dataclass(frozen=True)
class Grants:
    """The current memberships of one user, read once a request."""

    rows: tuple[tuple[UUID | None, UUID | None, str], ...] = field(default=())

    def allows(self, action: str, study_id: UUID | None, site_id: UUID | None) -> bool:
        roles = roles_for(action)
        return any(
            role in roles and (study is None or study == study_id) and (site is None or site == site_id)
            for study, site, role in self.rows
        )

    def somewhere(self, action: str, study_id: UUID | None = None) -> bool:
        """Whether the user may take the action at any place (of the study)."""
        roles = roles_for(action)
        return any(
            role in roles and (study_id is None or study in (None, study_id)) for study, _, role in self.rows
        )


CURRENT_ROLES = """
    SELECT study_id, site_id, role FROM public.access_membership
    WHERE user_id = %(user)s AND starts_on <= %(today)s AND (ends_on IS NULL OR ends_on >= %(today)s)"""


def grants_of(user: User | AnonymousUser) -> Grants:
    """The memberships of `user` that hold today (UTC), cached on the user object; asked in every request."""
    if not user.is_authenticated:
        return Grants()
    cached = user.__dict__.get("_grants")
    if cached is None:
        with connection.cursor() as cursor:
            cursor.execute(CURRENT_ROLES, {"user": user.pk, "today": timezone.now().date()})
            cached = user.__dict__["_grants"] = Grants(tuple(cursor.fetchall()))
    return cached


def may(
    user: User | AnonymousUser, action: str, *, study_id: UUID | None, site_id: UUID | None = None
) -> bool:
    """Whether the user may take the action at a site; without a site, at any site of the study."""
    grants = grants_of(user)
    return grants.somewhere(action, study_id) if site_id is None else grants.allows(action, study_id, site_id)


def reach_of(user: User | AnonymousUser, action: str) -> Q:
    """The rows (with study and site) at whose place the user may take the action, as a condition."""
    reach = Q(pk__in=[])
    for study_id, site_id, role in grants_of(user).rows:
        if study_id and role in ACTIONS[action].roles:
            reach |= Q(study_id=study_id, **({"site_id": site_id} if site_id else {}))
    return reach


def require(
    user: User | AnonymousUser, action: str, *, study_id: UUID | None, site_id: UUID | None = None
) -> None:
    """Refuse with a sentence unless one of the user's current roles at this place may take the action."""
    if not may(user, action, study_id=study_id, site_id=site_id):
        roles = ", ".join(sorted(str(role.label) for role in ACTIONS[action].roles))
        raise PermissionDenied(
            _("Your role here does not allow you to %(action)s. Roles that may: %(roles)s.")
            % {"action": ACTIONS[action].words, "roles": roles}
        )
