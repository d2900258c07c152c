"""Making a backup: one snapshot of the database, dumped whole, with what it holds written down beside it."""

import fcntl
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from .address import Address, BackupError, program
from .contents import contents_of
from .kept import DIGESTS, DUMP, MANIFEST, Backup, draft_in, fingerprint, folder_for_us, publish, write_json

LOCK_SECONDS = 60  # how long a dump waits for a migration that is under way


def take_backup(folder: Path, source: Address) -> Backup:
    """Back the database up into a folder of its own within `folder`; BackupError where that fails.

    The published digests are copied first, so that the dump holds every digest that the copy names. What the dump
    holds is read in the very snapshot that pg_dump reads.
    """
    with folder_for_us(folder), draft_in(folder) as draft:
        taken_at = datetime.now(UTC)
        copy_digests(draft / DIGESTS)
        with source.connected() as connection, connection.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone() or ("",)
            dump(source, snapshot, draft / DUMP)
            contents = contents_of(cursor)
            cursor.execute("COMMIT")
            release = connection.server_version
        manifest = {
            "taken_at": taken_at.isoformat(),
            "database": source.database,
            "postgres": release,
            "files": {file.name: fingerprint(file) for file in sorted(draft.iterdir())},
            **contents.as_json(),
        }
        write_json(draft / MANIFEST, manifest)
        return publish(draft, taken_at)


def copy_digests(to: Path) -> None:
    """Copy the published file while nobody adds a line to it."""
    path = Path(settings.DIGEST_PATH)
    if path.exists():
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            with to.open("wb") as copy:
                shutil.copyfileobj(file, copy)


def dump(source: Address, snapshot: str, to: Path) -> None:
    """Run pg_dump on a snapshot that is open. It refuses by itself where a policy would hide rows from its role."""
    command: list[str | Path] = [
        program("pg_dump"),
        "--format=custom",
        f"--snapshot={snapshot}",
        f"--file={to}",
    ]
    run([*command, "--no-password", f"--lock-wait-timeout={LOCK_SECONDS}s"], source)


def run(command: list[str | Path], on: Address) -> None:
    """Run one of PostgreSQL's programs; BackupError with the first line of what it says: later ones quote rows."""
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", **on.environment()}
    try:
        done = subprocess.run(
            [str(part) for part in command],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            umask=0o077,
            check=False,
        )
    except OSError as error:
        raise BackupError(f"{command[0]} cannot be run: {error.strerror}.") from error
    if done.returncode != 0:
        said = next(iter(done.stderr.splitlines()), f"it ended with {done.returncode}")
        raise BackupError(f"{Path(command[0]).name} failed: {said}")
