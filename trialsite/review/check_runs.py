"""Dry runs of edit checks on saved forms, and the activation of checks that a release has changed."""

import logging
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import acting
from trialsite.casebook.edit_checks import EditCheck
from trialsite.casebook.errors import Refused
from trialsite.casebook.items import values_of
from trialsite.casebook.reading import one_reading
from trialsite.casebook.registries import FormType, forms
from trialsite.casebook.selectors import standing_of_kind
from trialsite.casebook.states import RecordState
from trialsite.casebook.tasks import handed_over
from trialsite.studies.models import Study

from .models import ActivatedCheck, CheckRun

log = logging.getLogger(__name__)
SEES_CHECKS = "query.close"  # who looks at what checks ask: monitors and data managers
CHUNK = 500  # saved forms that are read at a time


def start_dry_run(*, study: Study, by: User) -> CheckRun:
    """Ask a worker to run every check on the saved forms that `by` may see."""
    require(by, SEES_CHECKS, study_id=study.pk)
    run = CheckRun.objects.create(study=study, asked_by=by)
    transaction.on_commit(lambda: hand_over(run, by))
    return run


def hand_over(run: CheckRun, by: User) -> None:
    """Give a run to a worker; without a broker it has failed, and its page says so."""
    from .tasks import dry_run_checks

    if not handed_over(dry_run_checks, run.pk, by.pk):
        log.warning("No broker: a dry run of edit checks was not started.")
        with acting(user=by):
            end_run(run, failed=True)


def end_run(run: CheckRun, results: Mapping[str, Any] | None = None, *, failed: bool = False) -> None:
    run.results, run.failed, run.ended_at = dict(results or {}), failed, timezone.now()
    run.save(update_fields=["results", "failed", "ended_at"])


def dry_run(study: Study, by: User) -> dict[str, Any]:
    """On how many of the saved forms that `by` may see each check, in its newest version, would fire."""
    return {kind.key: dry_run_of_form(kind, study, by) for kind in forms.values() if kind.checks}


def dry_run_of_form(kind: FormType, study: Study, by: User) -> dict[str, Any]:
    seen, fires = 0, dict.fromkeys((check.key for check in kind.checks), 0)
    for _subject, records in groupby(saved_forms(kind, study, by), key=lambda record: record.subject_id):
        with one_reading(anew=True):  # what the checks ask about a subject is read once for all its forms
            for record in records:
                seen += 1
                for check in kind.checks:
                    fires[check.key] += fires_on(check, kind, record)
    found = {check.key: {"version": check.version, "fires": fires[check.key]} for check in kind.checks}
    return {"forms": seen, "checks": found}


def saved_forms(kind: FormType, study: Study, by: User) -> Iterator[Any]:
    """The forms of a kind that stand, subject by subject, with their lines."""
    found = kind.model.objects.visible_to(by).filter(study=study, form_key=kind.key)  # type: ignore[attr-defined]
    found = found.exclude(state=RecordState.VOIDED).order_by("subject_id", "pk")
    found = found.select_related("subject__study", "subject__site", "subject__protocol_version")
    return found.prefetch_related(*(row.accessor for row in kind.rows)).iterator(chunk_size=CHUNK)


def fires_on(check: EditCheck, kind: FormType, record: Any) -> bool:
    """Whether a check finds something in a saved form, handed to it as a submission would."""
    rows = {row.name: [values_of(line) for line in standing_of_kind(row, record)] for row in kind.rows}
    return any(True for _finding in check(values_of(record), rows, record.subject))


# Activation


@transaction.atomic
def activate_check(*, study: Study, form_key: str, check_key: str, by: User) -> ActivatedCheck:
    """Use the newest version of a check in a study from now on, after a dry run showed on how many forms it fires."""
    require(by, "check.activate", study_id=study.pk)
    check = newest(form_key, check_key)
    if check is None:
        raise Refused(_("There is no such edit check."))
    tested = tested_by(newest_run(study, by, ended=True), form_key, check)
    if tested is None:
        raise Refused(
            _("Do a dry run first: nobody knows yet on how many saved forms this version would fire.")
        )
    seen, fires = tested
    try:
        with transaction.atomic():
            return ActivatedCheck.objects.create(
                study=study,
                form_key=form_key,
                check_key=check_key,
                version=check.version,
                forms=seen,
                would_fire=fires,
                activated_by=by,
            )
    except IntegrityError as error:
        raise Refused(_("This version is in use already.")) from error


def newest(form_key: str, check_key: str) -> EditCheck | None:
    """A changed check of a form by its key."""
    kind = forms.get(form_key)
    checks = kind.checks if kind else ()
    return next((one for one in checks if one.key == check_key and one.version > 1), None)


def tested_by(run: CheckRun | None, form_key: str, check: EditCheck) -> tuple[int, int] | None:
    """How many saved forms a run saw and on how many this version of a check fired; None where it did not test it."""
    form = run.results.get(form_key) if run else None
    found = form["checks"].get(check.key) if form else None
    return (form["forms"], found["fires"]) if form and found and found["version"] == check.version else None


def newest_run(study: Study, by: User, *, ended: bool = False) -> CheckRun | None:
    """The newest dry run that somebody asked for; with `ended`, of those that gave results."""
    found = CheckRun.objects.filter(study=study, asked_by=by)
    if ended:
        found = found.filter(ended_at__isnull=False, failed=False)
    return found.order_by("-asked_at").first()


def activated_versions(study_id: UUID, form_key: str) -> Mapping[str, int]:
    """Key of a check of a form → the newest version that is activated in a study."""
    found = ActivatedCheck.objects.filter(study_id=study_id, form_key=form_key)
    return dict(found.values_list("check_key").annotate(Max("version")))
