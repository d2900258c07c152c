"""Who may do what: one table of actions and the roles that may take them."""

from dataclasses import dataclass, field
from typing import NoReturn
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.audit.moment import earlier_instant
from trialsite.listing import listed

from .models import Role, User

COORDINATOR, INVESTIGATOR, MONITOR = Role.COORDINATOR, Role.INVESTIGATOR, Role.MONITOR
DATA_MANAGER, STATISTICIAN, ADMINISTRATOR = Role.DATA_MANAGER, Role.STATISTICIAN, Role.ADMINISTRATOR
INSPECTOR = Role.INSPECTOR
ADJUDICATOR, CHAIR = Role.ADJUDICATOR, Role.CHAIR

SITE_STAFF = frozenset({COORDINATOR, INVESTIGATOR})
CLINICAL = frozenset({COORDINATOR, INVESTIGATOR, MONITOR, DATA_MANAGER, STATISTICIAN})
READERS = CLINICAL | {INSPECTOR}


@dataclass(frozen=True)
class Action:
    """Something a person may do, in words, and the roles that may."""

    words: object
    roles: frozenset[Role]


ACTIONS: dict[str, Action] = {
    "record.view": Action(gettext_lazy("see the record"), READERS),
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
    "consent.version": Action(gettext_lazy("record versions of the consent text"), frozenset({DATA_MANAGER})),
    "consent.approval": Action(
        gettext_lazy("record approvals of a consent text"), frozenset({COORDINATOR, DATA_MANAGER})
    ),
    "deviation.report": Action(
        gettext_lazy("report deviations"), frozenset({COORDINATOR, INVESTIGATOR, MONITOR, DATA_MANAGER})
    ),
    "deviation.decide": Action(gettext_lazy("decide on deviations"), frozenset({MONITOR, DATA_MANAGER})),
    "sae.assess": Action(
        gettext_lazy("assess serious adverse events for the sponsor"), frozenset({MONITOR, DATA_MANAGER})
    ),
    "check.activate": Action(gettext_lazy("activate changed edit checks"), frozenset({DATA_MANAGER})),
    "record.sign": Action(gettext_lazy("sign the record"), frozenset({INVESTIGATOR})),
    "eligibility.sign": Action(gettext_lazy("confirm eligibility"), frozenset({INVESTIGATOR})),
    "subject.enrol": Action(gettext_lazy("enrol a subject"), SITE_STAFF),
    "subject.randomise": Action(gettext_lazy("randomise a subject"), SITE_STAFF),
    "subject.randomise_emergency": Action(
        gettext_lazy("randomise in an emergency"), frozenset({INVESTIGATOR})
    ),
    "randomisation.flag": Action(
        gettext_lazy("record what was wrong with a randomisation"), SITE_STAFF | {DATA_MANAGER}
    ),
    "randomisation.import": Action(gettext_lazy("seal a randomisation list"), frozenset({DATA_MANAGER})),
    "place.hold": Action(gettext_lazy("hold a place"), SITE_STAFF),
    "recruitment.pause": Action(
        gettext_lazy("pause and resume recruitment"), frozenset({INVESTIGATOR, DATA_MANAGER})
    ),
    "sample.log": Action(gettext_lazy("log and send samples"), SITE_STAFF),
    # What a central laboratory tells reaches the site or the sponsor's data manager.
    "sample.receive": Action(
        gettext_lazy("record what a laboratory says of samples"), SITE_STAFF | {DATA_MANAGER}
    ),
    "laboratory.declare": Action(
        gettext_lazy("record declarations of laboratories"), frozenset({DATA_MANAGER})
    ),
    "subject.leave": Action(gettext_lazy("take a subject off study"), SITE_STAFF),
    "subject.transfer": Action(gettext_lazy("transfer a subject to another site"), SITE_STAFF),
    "subject.enter_from_paper": Action(
        gettext_lazy("enter a subject from paper"), frozenset({COORDINATOR, DATA_MANAGER})
    ),
    "outage.record": Action(gettext_lazy("record an outage"), frozenset({COORDINATOR, DATA_MANAGER})),
    "site.days": Action(
        gettext_lazy("say on which days a site is closed"),
        frozenset({COORDINATOR, INVESTIGATOR, DATA_MANAGER}),
    ),
    "range.record": Action(
        gettext_lazy("record reference ranges of laboratories"), frozenset({COORDINATOR, DATA_MANAGER})
    ),
    "treatment.decide": Action(gettext_lazy("decide on treatment"), frozenset({INVESTIGATOR})),
    "figures.view": Action(gettext_lazy("see the study's figures"), READERS),
    "figures.by_arm": Action(
        gettext_lazy("see figures by arm before lock"), frozenset({STATISTICIAN, DATA_MANAGER})
    ),
    "adjudication.decide": Action(
        gettext_lazy("judge events of the committee"), frozenset({ADJUDICATOR, CHAIR})
    ),
    "adjudication.view": Action(
        gettext_lazy("see how a committee judged"), frozenset({DATA_MANAGER, STATISTICIAN, INSPECTOR})
    ),
    "cut.take": Action(gettext_lazy("take data cuts"), frozenset({STATISTICIAN, DATA_MANAGER})),
    "control.upload": Action(
        gettext_lazy("upload historical controls"), frozenset({DATA_MANAGER, STATISTICIAN})
    ),
    "protocol.view": Action(gettext_lazy("read the protocol"), READERS),
    "protocol.upload": Action(gettext_lazy("add versions of protocols"), frozenset({DATA_MANAGER})),
    "protocol.activate": Action(
        gettext_lazy("put versions of protocols in force at sites"), frozenset({DATA_MANAGER})
    ),
    "protocol.sign": Action(
        gettext_lazy("sign off a protocol's assumptions"), frozenset({DATA_MANAGER, INVESTIGATOR})
    ),
    "dictionary.upload": Action(
        gettext_lazy("upload dictionaries"), frozenset({DATA_MANAGER, ADMINISTRATOR})
    ),
    "trail.view": Action(gettext_lazy("read the audit trail"), READERS),
    "export.run": Action(gettext_lazy("pull exports"), CLINICAL),
    "staff.view": Action(
        gettext_lazy("see the training and delegation logs"), READERS | frozenset({ADMINISTRATOR})
    ),
    "training.record": Action(
        gettext_lazy("record trainings"), frozenset({INVESTIGATOR, DATA_MANAGER, ADMINISTRATOR})
    ),
    "delegation.sign": Action(gettext_lazy("delegate duties"), frozenset({INVESTIGATOR})),
    "delegation.end": Action(gettext_lazy("end a delegation"), frozenset({INVESTIGATOR, ADMINISTRATOR})),
    "access.review": Action(
        gettext_lazy("see who could do what on a day"), frozenset({DATA_MANAGER, INSPECTOR, ADMINISTRATOR})
    ),
    "accounts.manage": Action(gettext_lazy("manage accounts"), frozenset({ADMINISTRATOR})),
}


AT_ANY_INSTANT = (  # these open pages too
    "figures.by_arm",
    "export.run",
    "subject.screen",
    "access.review",
    "accounts.manage",
)


def roles_for(action: str) -> frozenset[Role]:
    """The roles that may take an action; nobody changes anything of what is read as of an earlier instant."""
    changes = not action.endswith(".view") and action not in AT_ANY_INSTANT
    return frozenset() if changes and earlier_instant() else ACTIONS[action].roles


Rows = tuple[tuple[UUID | None, UUID | None, str], ...]


@dataclass(frozen=True)
class Grants:
    """The memberships of one user that hold today, read once a request.

    `rows` are active; `waiting` are those whose training or delegation is missing: they open nothing.
    """

    rows: Rows = field(default=())
    waiting: Rows = field(default=())

    def allows(self, action: str, study_id: UUID | None, site_id: UUID | None) -> bool:
        return allowed(self.rows, action, study_id, site_id)

    def would_allow(self, action: str, study_id: UUID | None, site_id: UUID | None) -> bool:
        """Whether only training or delegation stands between the user and the action."""
        return allowed(self.waiting, action, study_id, site_id)

    @property
    def only_waits(self) -> bool:
        """Whether the user has roles and none of them is active."""
        return bool(self.waiting) and not self.rows

    def somewhere(self, action: str, study_id: UUID | None = None) -> bool:
        """Whether the user may take the action at any place (of the study)."""
        roles = roles_for(action)
        return any(
            role in roles and (study_id is None or study in (None, study_id)) for study, _, role in self.rows
        )


def allowed(rows: Rows, action: str, study_id: UUID | None, site_id: UUID | None) -> bool:
    roles = roles_for(action)
    return any(
        role in roles and (study is None or study == study_id) and (site is None or site == site_id)
        for study, site, role in rows
    )


# The day is the database's, as for row-level security: both must say the same.
CURRENT_ROLES = "SELECT study_id, site_id, role, active FROM access_grants(%s)"


def grants_of(user: User | AnonymousUser) -> Grants:
    """The memberships of `user` that hold today (UTC), cached on the user object; asked in every request."""
    if not user.is_authenticated:
        return Grants()
    cached = user.__dict__.get("_grants")
    if cached is None:
        with connection.cursor() as cursor:
            cursor.execute(CURRENT_ROLES, [user.pk])
            found = cursor.fetchall()
        if (only := user.__dict__.get("only_study")) is not None:
            found = [row for row in found if row[0] == only]
        cached = user.__dict__["_grants"] = Grants(
            rows=tuple(row[:3] for row in found if row[3]),
            waiting=tuple(row[:3] for row in found if not row[3]),
        )
    return cached


def may(
    user: User | AnonymousUser, action: str, *, study_id: UUID | None, site_id: UUID | None = None
) -> bool:
    """Whether the user may take the action at a site; without a site, at any site of the study."""
    grants = grants_of(user)
    return grants.somewhere(action, study_id) if site_id is None else grants.allows(action, study_id, site_id)


def reach_of(user: User | AnonymousUser, action: str, *, site: str = "site_id") -> Q:
    """The rows (with study and site) at whose place the user may take the action, as a condition.

    `site` names the column of the site where it is another one.
    """
    reach = Q(pk__in=[])
    for study_id, site_id, role in grants_of(user).rows:
        if study_id and role in ACTIONS[action].roles:
            reach |= Q(study_id=study_id, **({site: site_id} if site_id else {}))
    return reach


def studies_reached(user: User | AnonymousUser, action: str) -> set[UUID]:
    """The studies in which the user may take the action, everywhere or at a site."""
    rows = grants_of(user).rows
    return {study_id for study_id, _site, role in rows if study_id and role in ACTIONS[action].roles}


def require_somewhere(user: User, action: str) -> None:
    """Refuse a page to whom no role lets take the action anywhere."""
    if not grants_of(user).somewhere(action):
        refuse_page()


def refuse_page() -> NoReturn:
    raise PermissionDenied(_("None of your roles opens this page."))


def require(
    user: User | AnonymousUser, action: str, *, study_id: UUID | None, site_id: UUID | None = None
) -> None:
    """Refuse with a sentence unless one of the user's active roles at this place may take the action."""
    if not may(user, action, study_id=study_id, site_id=site_id):
        raise PermissionDenied(refusal(user, action, study_id, site_id))


def refusal(
    user: User | AnonymousUser, action: str, study_id: UUID | None, site_id: UUID | None = None
) -> str:
    """Why the user may not take the action, and who may."""
    if grants_of(user).would_allow(action, study_id, site_id):
        return _("Your role here is not active yet: 'My access' says what is missing and who helps.")
    roles = listed(sorted(str(role.label) for role in ACTIONS[action].roles))
    return _("Your role here does not allow you to %(action)s. Roles that may: %(roles)s.") % {
        "action": ACTIONS[action].words,
        "roles": roles,
    }
