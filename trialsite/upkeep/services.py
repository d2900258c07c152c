"""Backups on record: each one is an event, which administrators see on the page of accounts."""

import logging
from datetime import UTC, datetime
from pathlib import Path

from django.db import Error

from trialsite.audit.events import BACKUP_FAILED, BACKUP_PASSED, record_event

from .address import BackupError, address_of_backup
from .backups import take_backup
from .checks import check_backup
from .kept import Backup, remove_old

log = logging.getLogger(__name__)


def back_up(*, folder: Path, keep_days: int) -> Backup:
    """Make a backup, try it, and only then remove old ones; BackupError, on record, where anything is wrong."""
    try:
        backup = take_backup(folder, address_of_backup())
    except (BackupError, OSError, Error) as failure:
        record(BACKUP_FAILED, step="backup")
        raise BackupError(f"No backup was made. {failure}") from failure
    try_backup(backup=backup)
    remove_old(folder, keep_days=keep_days, now=datetime.now(UTC))
    return backup


def try_backup(*, backup: Backup) -> None:
    """Restore a backup and compare; BackupError, on record, where anything differs."""
    try:
        problems = check_backup(backup, address_of_backup())
    except (BackupError, OSError, Error) as failure:
        record(BACKUP_FAILED, step="check", backup=backup.folder.name)
        raise BackupError(f"{backup.folder} could not be checked. {failure}") from failure
    if problems:
        record(BACKUP_FAILED, step="check", backup=backup.folder.name, problems=len(problems))
        raise BackupError("\n".join([f"{backup.folder} is not good:", *problems]))
    record(BACKUP_PASSED, backup=backup.folder.name)


def record(kind: str, **details: object) -> None:
    """Write the event; where the database itself is away, the log has to do."""
    try:
        record_event(kind=kind, user_id=None, **details)
    except Error:
        log.exception("%s could not be recorded.", kind)
