"""Which part of the record an export is made of: the subjects of one study that its reader may see, in batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from trialsite.access.models import User
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import left_out
from trialsite.casebook.states import RecordState
from trialsite.exchange.profiles import WHOLE, Release, emptied
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.models import Study

BATCH = 50  # subjects whose records are in memory at once


@dataclass(frozen=True)
class Extract:
    """The record of one study as one reader sees it. Who takes an export as of a data cut wraps it in that state."""

    study: Study
    reader: User
    release: Release = WHOLE
    cut_off: date | None = None  # the last day whose records count; None: all

    @cached_property
    def protocol(self) -> Protocol:
        """The protocol version that speaks for the study."""
        return self.study.current_version.protocol

    @property
    def everybody(self) -> QuerySet[Subject]:
        found = Subject.objects.visible_to(self.reader).filter(study=self.study)
        return found.filter(screened_on__lte=self.cut_off) if self.cut_off else found

    @property
    def withdrawn(self) -> int:
        """How many subjects are left out because they withdrew the use of their data."""
        return self.everybody.count() - self.subjects.count()

    @property
    def subjects(self) -> QuerySet[Subject]:
        """Its subjects in the order of their number, without those who withdrew the use of their data."""
        found = self.everybody
        for ids in left_out.values():
            found = found.exclude(pk__in=ids())
        return found.select_related("site", "study", "protocol_version").order_by("usubjid", "pk")

    @cached_property
    def subject_ids(self) -> list[UUID]:
        """Who is in it, settled once: every table of an export is about the same subjects."""
        return list(self.subjects.values_list("pk", flat=True))

    def batches(self) -> Iterator[list[Subject]]:
        """All subjects in their order, some at a time, so that memory does not grow with their number."""
        for first in range(0, len(self.subject_ids), BATCH):
            yield list(self.subjects.filter(pk__in=self.subject_ids[first : first + BATCH]))

    def forms(self, model: type[Any], subjects: Sequence[Subject], form: str = "") -> dict[UUID, list[Any]]:
        """Subject → their standing forms of a model as they may leave, in the order of performance; `form`: of this
        key only."""
        found = model.objects.visible_to(self.reader).filter(subject__in=subjects)
        found = found.exclude(state=RecordState.VOIDED)
        if form:
            found = found.filter(form_key=form)
        if self.cut_off:
            found = found.filter(performed_on__lte=self.cut_off)
        of: dict[UUID, list[Any]] = {one.pk: [] for one in subjects}
        for record in found.select_related("visit").order_by("subject_id", "performed_on", "pk"):
            of[record.subject_id].append(emptied(record, self.release))
        return of
