"""Asking for an export and making it, as its reader and under what they may see."""

import logging
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from outcomes.models import DataCut
from outcomes.snapshots.derivation import record_of
from trialsite.access.models import Profile, User
from trialsite.access.permissions import grants_of, refusal
from trialsite.audit import acting
from trialsite.audit.events import record_event
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.tasks import handed_over
from trialsite.exchange.profiles import Release
from trialsite.studies.models import Study

from .bundle import PARTS, Progress, chosen, digest, make_bundle, removed
from .extract import Extract
from .models import Export

log = logging.getLogger(__name__)
EXPORTS = "export.run"
KEPT = timedelta(days=7)
PATIENCE = timedelta(hours=24)  # after which nobody waits for a run any more
LONGEST_PURPOSE = 300


def path_of(order: Export) -> Path:
    return Path(settings.EXPORTS_PATH) / f"{order.pk}.zip"


@transaction.atomic
def ask_for_export(
    *,
    study: Study,
    parts: Sequence[str],
    profile: str,
    purpose: str,
    by: User,
    genetic: bool = False,
    byte_order_mark: bool = True,
    cut: DataCut | None = None,
) -> Export:
    """Ask a worker for a bundle. Raises CheckFailed at parts, profile, purpose or cut; PermissionDenied."""
    if not grants_of(by).somewhere(EXPORTS, study.pk):
        raise PermissionDenied(refusal(by, EXPORTS, study.pk))
    purpose = purpose.strip()
    wrong = {}
    if not parts or set(parts) - PARTS.keys():
        wrong["parts"] = _("Choose one or more of: %(parts)s.") % {"parts": ", ".join(PARTS)}
    if profile not in Profile.values:
        wrong["profile"] = _("Choose one of: %(profiles)s.") % {"profiles": ", ".join(Profile.values)}
    if not purpose or len(purpose) > LONGEST_PURPOSE:
        wrong["purpose"] = _("Say in a few words what the export is for: 1 to %(n)s characters.") % {
            "n": LONGEST_PURPOSE
        }
    if cut is not None and cut.study_id != study.pk:
        wrong["cut"] = _("This data cut is of another study.")
    if wrong:
        raise CheckFailed(wrong)
    refuse_identifiers({"purpose": purpose})
    order = Export.objects.create(
        study=study,
        asked_by=by,
        purpose=purpose,
        parts=chosen(parts),
        profile=profile,
        genetic=genetic,
        byte_order_mark=byte_order_mark,
        cut=cut,
    )
    told = {"export": str(order.pk), "study": study.key, "parts": order.parts, "profile": profile}
    record_event(kind="export.asked", user_id=by.pk, purpose=purpose, genetic=genetic, **told)
    transaction.on_commit(lambda: hand_over(order, by))
    return order


def hand_over(order: Export, by: User) -> None:
    """Give an export to a worker; without a broker it has failed, and its page says so."""
    from .tasks import make_export

    if not handed_over(make_export, order.pk, by.pk):
        log.warning("No broker: an export was not started.")
        with acting(user=by):
            end(order, sentence=_("No worker could be reached. Ask for it again."))


def given_up(order: Export) -> bool:
    """Whether nobody waits for an export any more."""
    return order.ended_at is None and timezone.now() - order.last_sign > PATIENCE


def make(order: Export, by: User) -> None:
    """Make the bundle of an export and keep it for some days."""
    target = path_of(order)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (
            tempfile.TemporaryDirectory(dir=target.parent) as folder,
            said_beside(order, by) as progress,
            state_of(order, by) as extract,
        ):
            results = make_bundle(order, extract, Path(folder), target, progress)
        with acting(user=by):
            keep(order, results)
    except Exception as problem:
        removed(target)
        with acting(user=by):
            end(order, sentence=f"{type(problem).__name__}: {problem}"[:500])
        raise


@contextmanager
def state_of(order: Export, by: User) -> Iterator[Extract]:
    """Inside, the record stands still: as the data cut has it, or as it is when the first table is read."""
    release = Release(Profile(order.profile), order.genetic)
    if order.cut is not None:
        with record_of(order.cut):
            yield Extract(order.study, by, release, order.cut.cut_off)
        return
    with acting(user=by):
        bring_up_to_date(Extract(order.study, by).subjects)
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with acting(user=by):
            yield Extract(order.study, by, release)


@contextmanager
def said_beside(order: Export, by: User) -> Iterator[Progress]:
    """How far it is, said on a connection of its own: the one that reads stands still until it is done."""
    with ThreadPoolExecutor(max_workers=1) as beside:

        def said(done: int, total: int) -> None:
            with acting(user=by):
                began = order.started_at or timezone.now()
                order.started_at = began
                Export.objects.filter(pk=order.pk).update(done=done, total=total, started_at=began)

        def progress(done: int, total: int) -> None:
            order.done, order.total = done, total
            beside.submit(said, done, total).result()

        try:
            yield progress
        finally:
            beside.submit(connections.close_all).result()


def keep(order: Export, results: dict[str, Any]) -> None:
    whole = digest(path_of(order))
    order.size, order.sha256 = whole["size"], whole["sha256"]
    order.expires_at = timezone.now() + KEPT
    order.results = results
    end(order)
    record_event(
        kind="export.made",
        user_id=order.asked_by_id,
        export=str(order.pk),
        rows=sum_of(results),
        sha256=order.sha256,
    )


def sum_of(results: dict[str, Any]) -> int:
    return sum(rows or 0 for rows in results["files"].values())


def end(order: Export, *, sentence: str = "") -> None:
    """Say that the work has ended; with a sentence that it failed, and why."""
    order.ended_at, order.failed = timezone.now(), bool(sentence)
    if sentence:
        order.results = {"sentence": sentence}
    order.save(
        update_fields=[
            "ended_at",
            "failed",
            "results",
            "size",
            "sha256",
            "expires_at",
            "done",
            "total",
            "started_at",
        ]
    )


def remove_expired() -> int:
    """Remove the files of exports whose time is over; how many."""
    over = Export.objects.filter(expires_at__lte=timezone.now(), size__gt=0)
    count = 0
    for order in over:
        removed(path_of(order))
        order.size = 0
        order.save(update_fields=["size"])
        count += 1
    return count
