"""What pages and the API read of an import, without all of its rows."""

import json
from collections.abc import Sequence
from typing import overload

from django.db import connection
from django.db.models import Func, IntegerField, Q, QuerySet

from trialsite.access.models import User
from trialsite.access.permissions import may
from trialsite.studies.models import Site, Study
from trialsite.studies.selectors import sites_visible_to, studies_visible_to

from .kinds import KINDS
from .models import ImportBatch
from .outcomes import STATUSES, Row

ACCOUNTS = "accounts.manage"
ROWS = """
SELECT one.row FROM imports_importbatch batch, jsonb_array_elements(batch.rows) WITH ORDINALITY AS one(row, place)
WHERE batch.id = %s AND (%s = '' OR one.row->>'status' = %s) ORDER BY one.place OFFSET %s LIMIT %s
"""


class Lines(Sequence[Row]):
    """The lines of an import in their order, of one status or ("") all; only those that are looked at are read."""

    def __init__(self, batch: ImportBatch, status: str = "") -> None:
        self.batch_id, self.status = batch.pk, status if status in STATUSES else ""
        self.length: int = batch.counts.get(self.status, 0) if self.status else batch.lines

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, int):
            return self[at : at + 1][0]
        start, stop, _step = at.indices(self.length)
        with connection.cursor() as cursor:
            cursor.execute(ROWS, [self.batch_id, self.status, self.status, start, max(0, stop - start)])
            return [Row(**json.loads(text)) for (text,) in cursor.fetchall()]


def studies_of(user: User) -> QuerySet[Study]:
    """The studies into which this user may have something to import: administrators open accounts in each."""
    return Study.objects.all() if may(user, ACCOUNTS, study_id=None) else studies_visible_to(user)


def sites_of(user: User, study: Study) -> QuerySet[Site]:
    """The sites of a study that this user sees, all of them where the user manages accounts."""
    every = may(user, ACCOUNTS, study_id=None)
    return Site.objects.filter(study_sites__study=study) if every else sites_visible_to(user, study)


def kinds_at(user: User, study: Study, site: Site) -> list[str]:
    """The kinds of files that this user imports at a site."""
    return [
        key for key, kind in KINDS.items() if may(user, kind.permission, study_id=study.pk, site_id=site.pk)
    ]


def places_of(user: User, study: Study) -> list[Site]:
    """The sites at which this user imports something."""
    return [site for site in sites_of(user, study).order_by("key") if kinds_at(user, study, site)]


def imports_open_to(user: User, *studies: Study) -> QuerySet[ImportBatch]:
    """The imports of these studies (none named: of all) where this user enters such data, without their rows."""
    where = Q(pk__in=[])
    for study in studies or studies_of(user):
        for site in places_of(user, study):
            where |= Q(study=study, site=site, kind__in=kinds_at(user, study, site))
    found = ImportBatch.objects.visible_to(user).filter(where).defer("rows", "touched")
    beside = found.select_related("study", "site", "staged_by", "committed_by", "reversed_by")
    return beside.prefetch_related("runs__asked_by")


def standing(batch: ImportBatch) -> int:
    """How many records an import entered or changed, or left when it was reversed."""
    length = Func("touched", function="jsonb_array_length", output_field=IntegerField())
    return int(ImportBatch.objects.filter(pk=batch.pk).values_list(length, flat=True)[0])
