"""Derived tables, kept behind the record by no more than one reader: refreshed by a task, recomputed when behind."""

from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from trialsite.audit.models import Chain

from .models import Derivation, Subject
from .reading import one_reading
from .registries import projections

DERIVING, LOCKS = 7_301, 64  # the kind of lock, and how many of it there are


def refresh(subject: Subject) -> None:
    """Derive every projection of one subject anew and note how much of its record they have seen.

    One is written before the next is derived: endpoints rest on the visits planned by the same record."""
    seen = Chain.objects.filter(chain=f"subject:{subject.pk}").values_list("length", flat=True).first() or 0
    with one_reading(anew=True):
        for kind in projections.values():
            rows = list(kind.derive(subject))
            kind.model.objects.filter(subject=subject).delete()
            for row in rows:
                row.subject_id, row.study_id, row.site_id = subject.pk, subject.study_id, subject.site_id  # type: ignore[attr-defined]
            kind.model.objects.bulk_create(rows)
    Derivation.objects.update_or_create(
        subject=subject,
        defaults={
            "study_id": subject.study_id,
            "site_id": subject.site_id,
            "chain_length": seen,
            "protocol_version_id": subject.protocol_version_id,
        },
    )


def behind(subjects: QuerySet[Subject]) -> list[UUID]:
    """Which of the subjects have changed since their projections were derived."""
    try:
        sql, params = subjects.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:  # of nobody
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.id FROM casebook_subject s JOIN audit_chain c ON c.chain = 'subject:' || s.id"
            f" LEFT JOIN casebook_derivation d ON d.subject_id = s.id"
            f" WHERE s.id IN ({sql}) AND (d.chain_length IS DISTINCT FROM c.length"
            f" OR d.protocol_version_id <> s.protocol_version_id)",
            params,
        )
        return [row[0] for row in cursor.fetchall()]


def bring_up_to_date(subjects: QuerySet[Subject]) -> None:
    """Recompute the projections of those subjects that are behind; one query when none is."""
    stale = behind(subjects)
    if stale:
        wait_for_others(stale)
        still = behind(Subject.objects.filter(pk__in=stale))
        for subject in Subject.objects.filter(pk__in=still).select_related(
            "protocol_version", "study", "site"
        ):
            refresh(subject)


def wait_for_others(subject_ids: list[UUID]) -> None:
    """Wait until nobody else derives these subjects, and keep others waiting until this transaction ends.

    Two who found the same subject behind would both write its rows. A few locks stand for all subjects, taken in one
    order, so that nobody waits in a circle.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, slot) FROM (SELECT DISTINCT abs(hashtext(id::text) %% %s) AS slot"
            " FROM unnest(%s::uuid[]) AS id ORDER BY slot) AS slots",
            [DERIVING, LOCKS, subject_ids],
        )
