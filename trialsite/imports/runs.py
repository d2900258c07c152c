"""Steps with a large file, taken by a worker as the person who asked: asked for, gone on with, stopped, ended.

A step and the end of its run are one transaction, and a run ends once: by its worker, or by whoever stops it or starts
it again. So nothing is entered twice, whoever else is at it, and what a dead worker began is as if it had never been.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError, connections, transaction
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.errors import Refused
from trialsite.casebook.tasks import handed_over

from .models import ImportBatch, ImportRun, ImportState, ImportStep
from .progress import heard_by
from .selectors import standing
from .services import (
    PreviewMoved,
    StandsChanged,
    cancel_import,
    checked_reason,
    commit_import,
    keep_file,
    names_to_tell,
    refuse_commit,
    refuse_step,
    reverse_import,
    stage_again,
    stage_import,
    tell_names,
)
from .sheets import Sheet

log = logging.getLogger(__name__)
AT_ONCE = 200  # lines of a file that is worked on while its person waits
PATIENCE = timedelta(minutes=5)  # without a sign, after which a run can be started again
SECONDS = 0.5  # between two signs


class Stopped(Exception):
    """The run was ended by somebody else: nothing of it is kept."""


Step = Callable[..., Any]
STEPS: Mapping[str, Step] = {
    ImportStep.AGAIN: stage_again,
    ImportStep.NAMES: tell_names,
    ImportStep.COMMIT: commit_import,
    ImportStep.REVERSE: reverse_import,
}


# Asking


@transaction.atomic
def import_file(*, sheet: Sheet, by: User, **told: Any) -> ImportBatch:
    """Keep a file and try it out: a small one now, a large one by a worker. Raises what `keep_file` raises."""
    if len(sheet.lines) <= AT_ONCE:
        return stage_import(sheet=sheet, by=by, **told)
    batch = keep_file(sheet=sheet, by=by, **told)
    start(batch, ImportStep.AGAIN, {}, by)
    return batch


def take_import_step(*, batch: ImportBatch, step: str, told: Mapping[str, Any], by: User) -> ImportRun | None:
    """Take a step with a small file; of a large one ask a worker to, and give the run.

    `told`: what the step takes beside. Raises what it raises, and Refused where a worker is at it."""
    if batch.lines <= AT_ONCE:
        STEPS[step](batch_id=batch.pk, by=by, **told)
        return None
    refuse_early(batch, step, told, by)
    with transaction.atomic():
        return start(batch, ImportStep(step), dict(told), by)


def refuse_early(batch: ImportBatch, step: str, told: Mapping[str, Any], by: User) -> None:
    """Refuse before a worker begins what the step would refuse as it begins."""
    refuse_step(batch, by, ImportState.COMMITTED if step == ImportStep.REVERSE else ImportState.STAGED)
    if step == ImportStep.COMMIT:
        refuse_commit(batch, told.get("preview", ""))
    elif step == ImportStep.REVERSE:
        checked_reason(told.get("reason", ""))
    elif step == ImportStep.NAMES:
        names_to_tell(batch, told.get("names", {}))


def start(batch: ImportBatch, step: ImportStep, told: dict[str, Any], by: User) -> ImportRun:
    """Give a step to a worker once the transaction is kept, in place of one that gave no sign for long."""
    before = run_of(batch)
    if before is not None and given_up(before):
        ended(before)
    run = ImportRun(batch=batch, study_id=batch.study_id, site_id=batch.site_id, step=step, told=told)
    run.language, run.asked_by = get_language() or "en", by
    run.total = standing(batch) if step == ImportStep.REVERSE else batch.lines
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError as problem:
        raise Refused(_("A worker is at this import already.")) from problem
    transaction.on_commit(lambda: hand_over(run, by))
    return run


def start_again(*, batch: ImportBatch, by: User) -> ImportRun:
    """Ask again for what a worker began and gave no sign of since, or what failed."""
    before = run_of(batch)
    if before is None:
        raise Refused(_("Nothing was begun with this import."))
    refuse_early(batch, before.step, before.told, by)
    with transaction.atomic():
        return start(batch, ImportStep(before.step), before.told, by)


def hand_over(run: ImportRun, by: User) -> None:
    from .tasks import take_step

    if not handed_over(take_step, run.pk, by.pk):
        log.warning("No broker: a step with an import was not begun.")
        with acting(user=by), override(run.language):
            ended(run, failed=True, sentence=_("No worker could be reached. Start it again."))


def run_of(batch: ImportBatch) -> ImportRun | None:
    """The newest run of an import."""
    return next(iter(batch.runs.all()), None)


def given_up(run: ImportRun) -> bool:
    """Whether nobody waits for a run any more."""
    return run.ended_at is None and timezone.now() - run.last_sign > PATIENCE


def at_work(run: ImportRun | None) -> bool:
    """Whether a worker is at it, or will be."""
    return run is not None and run.ended_at is None and not given_up(run)


def stop_import_run(*, batch: ImportBatch, by: User) -> None:
    """Stop what a worker does with an import: it keeps nothing of it. Raises Refused where it has ended meanwhile."""
    refuse_step(batch, by, ImportState(batch.state))
    run = run_of(batch)
    if run is None or not ended(run, failed=True, sentence=_("It was stopped.")):
        raise Refused(_("No worker is at this import."))


def cancel(*, batch: ImportBatch, by: User) -> None:
    """Delete a staged import; where a worker holds it, that one does so when it sees that it was stopped."""
    refuse_step(batch, by, ImportState.STAGED)
    try:
        with transaction.atomic():
            ImportBatch.objects.select_for_update(nowait=True).get(pk=batch.pk)
            cancel_import(batch_id=batch.pk, by=by)
    except OperationalError as problem:
        run = run_of(batch)
        if run is None or not ended(run, failed=True, cancelled=True, sentence=_("It was cancelled.")):
            raise Refused(_("Somebody is at this import just now: try again.")) from problem


def ended(run: ImportRun, **how: Any) -> bool:
    """End a run, unless somebody has ended it before."""
    found = ImportRun.objects.filter(pk=run.pk, ended_at=None)
    return bool(found.update(ended_at=timezone.now(), **how))


# Working


def work(run_id: UUID, by: User) -> None:
    """Do what was asked for, unless it has ended."""
    with acting(user=by):
        run = ImportRun.objects.visible_to(by).filter(pk=run_id, asked_by=by, ended_at=None).first()
    if run is None:
        return
    with override(run.language):
        try:
            take(run, by)
        except Stopped:
            log.info("A step with an import was stopped.")
            with acting(user=by):
                if ImportRun.objects.filter(pk=run.pk, cancelled=True).exists():
                    cancel_import(batch_id=run.batch_id, by=by)
        except StandsChanged as refusal:
            fail(run, by, refusal.sentence, left=refusal.places)
        except (Refused, PermissionDenied) as refusal:
            fail(run, by, str(refusal))
        except Exception:
            fail(run, by, _("The system failed at this; nothing was kept. Its log says more."))
            raise


def take(run: ImportRun, by: User) -> None:
    """Take the step and end its run, in one transaction; where the record has moved, the file is looked at anew."""
    try:
        with heard(run, by), acting(user=by):
            STEPS[run.step](batch_id=run.batch_id, by=by, **run.told)
            end_or_undo(run)
    except PreviewMoved as moved:
        with heard(run, by), acting(user=by):
            stage_again(batch_id=run.batch_id, by=by)
            end_or_undo(run, failed=True, sentence=moved.sentence)
    except ImportBatch.DoesNotExist as problem:  # cancelled before it began
        raise Stopped from problem


def end_or_undo(run: ImportRun, **how: Any) -> None:
    if not ended(run, done=run.total, **how):
        raise Stopped


def fail(run: ImportRun, by: User, sentence: str, left: Sequence[str] = ()) -> None:
    with acting(user=by):
        ended(run, failed=True, sentence=sentence, left=list(left))


@contextmanager
def heard(run: ImportRun, by: User) -> Iterator[None]:
    """How far it is, said on a connection of its own: nobody sees what the other does before it is done."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        done, said_at = 0, 0.0

        def say() -> bool:
            with acting(user=by):
                found = ImportRun.objects.filter(pk=run.pk, ended_at=None)
                return bool(found.update(done=min(done, run.total), seen_at=timezone.now()))

        def listener(count: int) -> None:
            nonlocal done, said_at
            done += count
            if time.monotonic() - said_at >= SECONDS:
                said_at = time.monotonic()
                if not beside.submit(say).result():
                    raise Stopped

        try:
            with heard_by(listener):
                listener(0)
                yield
        finally:
            beside.submit(connections.close_all).result()
