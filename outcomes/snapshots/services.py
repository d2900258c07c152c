"""Taking a data cut, making its files, checking it again: each as its person, and each said how far it is."""

import logging
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import grants_of, refusal
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.tasks import handed_over
from trialsite.release import release
from trialsite.studies.models import Study

from ..models import CutRun, CutWork, DataCut
from ..models.snapshots import Head, digest_of_heads
from .checking import checked
from .derivation import Progress, derived
from .files import MANIFEST, Made, data_files, keep, manifest_of
from .report import REPORTS, make_reports

log = logging.getLogger(__name__)
TAKES_CUTS = "cut.take"
PATIENCE = timedelta(hours=2)  # after which nobody waits for a run any more


def may_take(user: User, study: Study) -> bool:
    """Whether the user may take cuts: in the whole study, since a cut holds the whole study."""
    return grants_of(user).allows(TAKES_CUTS, study.pk, None)


def require_whole(user: User, study: Study) -> None:
    if not may_take(user, study):
        raise PermissionDenied(refusal(user, TAKES_CUTS, study.pk))


@transaction.atomic
def take_cut(*, study: Study, name: str, cut_off: date | None, reason: str, by: User) -> DataCut:
    """Take a data cut of the record as it stands, and have its files made.

    Raises CheckFailed at name, cut_off or reason; PermissionDenied."""
    require_whole(by, study)
    name, reason = name.strip(), reason.strip()
    refuse_mistakes(study, name, cut_off, reason)
    heads, instant = heads_of(study)
    assert cut_off is not None
    cut = DataCut.objects.create(
        study=study,
        name=name,
        cut_off=cut_off,
        reason=reason,
        taken_at=instant,
        taken_by=by,
        heads=heads,
        heads_digest=digest_of_heads(heads),
        versions=dict(study.versions.order_by("version").values_list("version", "digest")),
        protocol_version=study.current_version,
        release=release(),
    )
    start(cut, CutWork.MAKE, by)
    return cut


def refuse_mistakes(study: Study, name: str, cut_off: date | None, reason: str) -> None:
    wrong = {}
    if not name:
        wrong["name"] = _("Give the cut a name.")
    elif len(name) > DataCut._meta.get_field("name").max_length:  # type: ignore[operator]
        wrong["name"] = _("At most 60 characters.")
    elif DataCut.objects.filter(study=study, name=name).exists():
        wrong["name"] = _("This study has a data cut of this name already.")
    if cut_off is None:
        wrong["cut_off"] = _("Give the day: YYYY-MM-DD.")
    elif cut_off > timezone.now().date():
        wrong["cut_off"] = _("This day has not come yet.")
    if not reason:
        wrong["reason"] = _("Say in a few words what the cut is for.")
    elif len(reason) > DataCut._meta.get_field("reason").max_length:  # type: ignore[operator]
        wrong["reason"] = _("At most 300 characters.")
    if wrong:
        raise CheckFailed(wrong)
    refuse_identifiers({"name": name, "reason": reason})


def heads_of(study: Study) -> tuple[list[Head], Any]:
    """The heads of the study's chains in one snapshot, and an instant that is not before any entry they hold."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT chain, position, hash FROM study_heads(%s)", [study.pk])
        heads = [(chain, position, head) for chain, position, head in cursor.fetchall()]
        cursor.execute("SELECT clock_timestamp()")
        return heads, cursor.fetchone()[0]


# The work


def start(cut: DataCut, work: CutWork, by: User) -> CutRun:
    """Ask a worker for it."""
    run = CutRun.objects.create(cut=cut, work=work, asked_by=by)
    transaction.on_commit(lambda: hand_over(run, by))
    return run


def hand_over(run: CutRun, by: User) -> None:
    """Give a run to a worker; without a broker it has failed, and its page says so."""
    from .tasks import work_on_cut

    if not handed_over(work_on_cut, run.pk, by.pk):
        log.warning("No broker: the work on a data cut was not started.")
        with acting(user=by):
            end(run, failed=True)


@transaction.atomic
def ask_again(*, cut: DataCut, work: str, by: User) -> CutRun:
    """Have a cut checked, its report made, or its files where that failed. Raises Refused while a worker is at it."""
    require_whole(by, cut.study)
    if work not in CutWork.values:
        raise Refused(_("There is no such work on a data cut."))
    latest = latest_run(cut)
    if latest is not None and latest.state in ("queued", "running") and not given_up(latest):
        raise Refused(_("A worker is at this cut already."))
    made = cut.files.filter(name=MANIFEST).exists()
    if work == CutWork.REPORT and cut.files.filter(name__startswith=REPORTS).exists():
        raise Refused(_("The report of this cut is made already."))
    if work == CutWork.MAKE and made:
        raise Refused(_("The files of this cut are made already."))
    if work != CutWork.MAKE and not made:
        raise Refused(_("First the files of the cut have to be made."))
    return start(cut, CutWork(work), by)


def latest_run(cut: DataCut) -> CutRun | None:
    return CutRun.objects.filter(cut=cut).order_by("-asked_at").first()


def given_up(run: CutRun) -> bool:
    """Whether nobody waits for a run any more."""
    return run.ended_at is None and timezone.now() - run.last_sign > PATIENCE


def work(run: CutRun, by: User) -> None:
    """Do what was asked for; each step of it says how far it is in a transaction of its own."""

    def progress(done: int, total: int) -> None:
        with acting(user=by):
            run.done, run.total, run.started_at = done, total, run.started_at or timezone.now()
            run.save(update_fields=["done", "total", "started_at"])

    try:
        WORKS[CutWork(run.work)](run, by, progress)
    except Exception:
        with acting(user=by):
            run.refresh_from_db()
            if run.ended_at is None:
                end(run, failed=True)
        raise


def make(run: CutRun, by: User, progress: Progress) -> None:
    """Derive a cut and keep its files."""
    found = derived(run.cut, progress)
    made = data_files(found)
    with acting(user=by):
        keep_all(run.cut, {**made, MANIFEST: manifest_of(run.cut, found, made)})
        end(run)


def check(run: CutRun, by: User, progress: Progress) -> None:
    """Derive a cut again and compare."""
    made = data_files(derived(run.cut, progress))
    with acting(user=by):
        end(run, checked(run.cut, made))


def report(run: CutRun, by: User, progress: Progress) -> None:
    """Make the report to the board of the files of a cut, and keep it."""
    made, can_print = make_reports(run.cut, progress)
    with acting(user=by):
        keep_all(run.cut, made)
        end(run, {} if can_print else {"without_pdf": True})


def keep_all(cut: DataCut, made: Mapping[str, Made]) -> None:
    """Keep the files of one run, unless another run has kept them meanwhile."""
    if not cut.files.filter(name__in=made).exists():
        for name, one in made.items():
            keep(cut, name, one)


WORKS = {CutWork.MAKE: make, CutWork.CHECK: check, CutWork.REPORT: report}


def end(run: CutRun, results: dict[str, Any] | None = None, *, failed: bool = False) -> None:
    run.results, run.failed, run.ended_at = results or {}, failed, timezone.now()
    run.save(update_fields=["results", "failed", "ended_at"])
