"""Reading a study's figures over all its sites, through the database's own functions: counts without identifiers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.http import Http404

from trialsite.access.models import User
from trialsite.access.permissions import grants_of
from trialsite.audit.moment import earlier_instant
from trialsite.studies.domain.protocol import EndpointPlan, Protocol
from trialsite.studies.models import Study
from trialsite.studies.selectors import study_or_404

from .figures import Counted


@dataclass(frozen=True)
class AccrualRow:
    """What happened at one site in one month."""

    site_key: str
    month: date
    screened: int
    failed: int
    enrolled: int


@dataclass(frozen=True)
class Flow:
    """How many subjects reached each station, of one arm or of all together."""

    arm: str = ""
    screened: int = 0
    in_screening: int = 0
    failed: int = 0
    enrolled: int = 0
    randomised: int = 0
    treated: int = 0
    in_crc: int = 0
    transplanted: int = 0
    relapsed: int = 0
    died: int = 0
    withdrawn: int = 0
    off_study: int = 0

    @classmethod
    def total(cls, flows: Iterable["Flow"]) -> "Flow":
        """All arms together."""
        rows = list(flows)
        names = [name for name in cls.__dataclass_fields__ if name != "arm"]
        return cls("", **{name: sum(getattr(row, name) for row in rows) for name in names})


def sees_figures(user: User, study: Study) -> bool:
    """Whether one of the user's roles opens the figures of the study."""
    return grants_of(user).somewhere("figures.view", study.pk)


def study_with_figures(user: User, key: str) -> Study:
    """The study, if the user has a role in it that sees its figures; a stranger does not learn that it exists."""
    found = study_or_404(user, key)
    if not sees_figures(user, found):
        raise Http404
    return found


def plan_or_404(protocol: Protocol, key: str) -> EndpointPlan:
    """The endpoint (or sensitivity analysis) of an address."""
    try:
        return protocol.endpoint_of(key)
    except KeyError as unknown:
        raise Http404 from unknown


def sees_arms(user: User, study: Study) -> bool:
    """Whether the user may see figures by arm: the roles that may, and everybody once the study is locked."""
    return study.locked_at is not None or grants_of(user).somewhere("figures.by_arm", study.pk)


def counting(name: str, *tables: str) -> str:
    """The function that counts: over the whole study, or as of an earlier instant over what the reader's role opens.

    `tables`: what it reads, for the statement to name, so that they stand there as of the instant (audit.as_of).
    """
    return f"{name}_here /* {', '.join(tables)} */" if earlier_instant() else name


def counted_times(study: Study, endpoints: Sequence[str]) -> list[Counted]:
    """Days and causes of the endpoints over all sites, counted."""
    with connection.cursor() as cursor:
        times = counting("study_endpoint_times", "outcomes_endpointresult")
        cursor.execute(
            f"SELECT endpoint, arm, days, status, cause, event_type, n FROM {times}(%s, %s)",
            [study.pk, list(endpoints)],
        )
        return [Counted(*row) for row in cursor.fetchall()]


def endpoint_sequences(study: Study, endpoints: Sequence[str]) -> dict[str, list[bool | None]]:
    """Whether each subject of the analysis set reached the endpoint, in the order of inclusion over all sites and arms.

    None: not assessed yet."""
    found: dict[str, list[bool | None]] = {one: [] for one in endpoints}
    with connection.cursor() as cursor:
        name = counting("study_endpoint_sequence", "outcomes_endpointresult", "casebook_subject")
        cursor.execute(f"SELECT endpoint, reached FROM {name}(%s, %s)", [study.pk, list(found)])
        for endpoint, reached in cursor.fetchall():
            found[endpoint].append(reached)
    return found


def accrual_of(study: Study) -> list[AccrualRow]:
    """Screening and enrolment by site and month."""
    with connection.cursor() as cursor:
        accrual = counting("study_accrual", "casebook_subject", "studies_site")
        cursor.execute(
            f"SELECT site_key, month, screened, failed, enrolled FROM {accrual}(%s) ORDER BY month, site_key",
            [study.pk],
        )
        return [AccrualRow(*row) for row in cursor.fetchall()]


def flows_of(study: Study) -> list[Flow]:
    """The stations of the study, one row for each arm that the user may tell apart."""
    with connection.cursor() as cursor:
        flow = counting("study_flow", "casebook_subject", "outcomes_subjectcourse")
        cursor.execute(
            "SELECT arm, screened, in_screening, failed, enrolled, randomised, treated, in_crc, transplanted,"
            f" relapsed, died, withdrawn, off_study FROM {flow}(%s) ORDER BY arm",
            [study.pk],
        )
        return [Flow(*row) for row in cursor.fetchall()]


def subjects_behind(study: Study) -> int:
    """How many subjects of the study have entries that the figures do not hold yet."""
    if earlier_instant():
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT study_behind(%s)", [study.pk])
        return cursor.fetchone()[0]
