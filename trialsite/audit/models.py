"""The trail: tables that PostgreSQL writes and nobody changes."""

import json
from decimal import Decimal
from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from .protection import Protection


class ExactDecoder(json.JSONDecoder):
    """Reads numbers as they were written, not as binary fractions."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "parse_float": Decimal})


class Trail(models.Model):
    """One change of one row: who, role, site, when (UTC), why, which request, and each changed item.

    `changes` maps item to its value (insert) or to [old, new] (update); items inside `extra` and `missing` appear as
    `extra.<item>`. `prompt` is what asked for the change: an edit check with its version, or a query.
    `hash` = sha256(hash of the entry before it in the same chain, then this entry). `transaction`: which one wrote it
    (0: one before this was kept); no part of the hash.
    """

    protection = Protection(rows="trail", app=())

    class Action(models.TextChoices):
        INSERT = "I"
        UPDATE = "U"
        DELETE = "D"

    id = models.BigAutoField(primary_key=True)
    chain = models.TextField()
    position = models.BigIntegerField()
    at = models.DateTimeField()
    user_id = models.UUIDField(null=True)
    role = models.TextField()
    study_id = models.UUIDField(null=True)
    site_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(null=True)
    table_name = models.TextField()
    row_id = models.TextField()
    action = models.CharField(max_length=1, choices=Action)
    changes = models.JSONField(decoder=ExactDecoder)
    reason = models.TextField()
    request_id = models.TextField()
    hash = models.BinaryField()
    prompt = models.TextField(default="", db_default="")
    transaction = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "audit_trail"
        constraints = [models.UniqueConstraint(fields=["chain", "position"], name="trail_position")]
        indexes = [
            models.Index(fields=["row_id", "id"], name="trail_row"),
            models.Index(fields=["study_id", "-id"], name="trail_study"),
            models.Index(fields=["table_name", "id"], name="trail_table"),
            BrinIndex(fields=["at"], name="trail_at"),
            models.Index(fields=["transaction", "id"], name="trail_transaction"),
        ]

    def __str__(self) -> str:
        return f"{self.chain} {self.position}"


class Chain(models.Model):
    """The head of one chain: how long it is and the hash of its last entry."""

    protection = Protection(app=())

    chain = models.TextField(primary_key=True)
    length = models.BigIntegerField()
    head = models.BinaryField()

    class Meta:
        db_table = "audit_chain"

    def __str__(self) -> str:
        return f"{self.chain} {self.length}"


class Event(models.Model):
    """Something that happened without changing the record: a log-in, a failed log-in, an export, a view of identity."""

    protection = Protection(trail="user", app=("insert",))

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(auto_now_add=True)
    kind = models.TextField()
    user_id = models.UUIDField(null=True)
    details = models.JSONField(default=dict)
    request_id = models.TextField(default="")

    class Meta:
        db_table = "audit_event"
        indexes = [models.Index(fields=["kind", "-at"], name="event_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at}"


class Digest(models.Model):
    """The digest of the heads of all chains at an instant, chained to the one before; published every hour."""

    protection = Protection(trail="system", app=())

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    chains = models.BigIntegerField()
    previous = models.TextField()
    digest = models.TextField()

    class Meta:
        db_table = "audit_digest"

    def __str__(self) -> str:
        return f"{self.pk} {self.digest}"


class DigestHead(models.Model):
    """The head of a chain that had moved since the digest before."""

    protection = Protection(app=())

    id = models.BigAutoField(primary_key=True)
    digest = models.ForeignKey(Digest, on_delete=models.PROTECT, related_name="heads")
    chain = models.TextField()
    position = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "audit_digest_head"
        constraints = [models.UniqueConstraint(fields=["chain", "digest"], name="digest_head_once")]

    def __str__(self) -> str:
        return f"{self.chain} {self.position}"
