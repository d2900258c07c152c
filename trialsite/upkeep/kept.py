"""The folder of the backups: one folder for each, whole or not there, the old ones removed."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from trialsite.demo.places import held

from .address import BackupError

DUMP = "trials.dump"
DIGESTS = "digests.jsonl"
MANIFEST = "manifest.json"
REPORT = "check.json"
NAME = "%Y-%m-%dT%H%M%SZ"
UNFINISHED = ".unfinished-"


@dataclass(frozen=True)
class Backup:
    """One backup: the dump, the digests that were published by then, what the dump holds, and how its check went."""

    folder: Path

    @property
    def taken_at(self) -> datetime:
        return datetime.strptime(self.folder.name, NAME).replace(tzinfo=UTC)

    def manifest(self) -> dict[str, Any]:
        """What was written down with the dump; BackupError where it is missing or cannot be read."""
        return read_json(self.folder / MANIFEST)

    def is_good(self) -> bool:
        """Whether it was restored once and nothing differed."""
        try:
            return read_json(self.folder / REPORT)["passed"] is True
        except (BackupError, KeyError):
            return False


def backups_in(folder: Path) -> list[Backup]:
    """The whole backups of a folder, the oldest first."""
    found = []
    for one in folder.iterdir():
        try:
            datetime.strptime(one.name, NAME)
        except ValueError:
            continue
        found.append(Backup(one))
    return sorted(found, key=lambda backup: backup.taken_at)


@contextmanager
def folder_for_us(folder: Path) -> Iterator[None]:
    """The folder of the backups, made where it is missing, ours alone until the end."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with held(folder):
            yield
    except BlockingIOError:
        raise BackupError(f"Another backup is being made in {folder}.") from None


@contextmanager
def draft_in(folder: Path) -> Iterator[Path]:
    """A folder for a backup that is being made; it is gone when that fails, or by the next one after a crash."""
    for left_over in folder.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left_over)
    draft = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder))
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def publish(draft: Path, taken_at: datetime) -> Backup:
    """Give a finished draft its name: until here nobody sees it, from here on it is whole."""
    for file in draft.iterdir():
        file.chmod(0o600)
        flush(file)
    flush(draft)
    backup = Backup(draft.parent / taken_at.strftime(NAME))
    draft.rename(backup.folder)
    flush(draft.parent)
    return backup


def remove_old(folder: Path, *, keep_days: int, now: datetime) -> list[Backup]:
    """Remove what is older than so many days, but never the last good one; what was removed."""
    found = backups_in(folder)
    last_good = next((backup for backup in reversed(found) if backup.is_good()), None)
    oldest = now - timedelta(days=keep_days)
    old = [backup for backup in found if backup.taken_at < oldest and backup != last_good]
    for backup in old:
        going = backup.folder.rename(
            folder / f"{UNFINISHED}{backup.folder.name}"
        )  # never half a backup under its name
        shutil.rmtree(going)
    return old


def write_json(path: Path, content: Any) -> None:
    """Write a file for its owner only, whole or not at all."""
    draft = path.with_name(f".{path.name}")
    draft.unlink(missing_ok=True)
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        json.dump(content, file, indent=1, ensure_ascii=False)
    flush(draft)
    draft.rename(path)
    flush(path.parent)


def read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BackupError(f"{path} is missing or cannot be read.") from error
    if not isinstance(content, dict):
        raise BackupError(f"{path} is missing or cannot be read.")
    return content


def fingerprint(path: Path) -> dict[str, Any]:
    """Size in bytes and SHA-256 of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}


def flush(path: Path) -> None:
    """Wait until the disk has a file or folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
