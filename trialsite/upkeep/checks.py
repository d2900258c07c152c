"""Trying a backup: restored into a database of its own, compared with what was written down, its trail verified."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings
from psycopg2 import sql

from trialsite.demo.environment import FOREIGN

from .address import Address, BackupError, program
from .backups import run
from .contents import Contents, contents_of, differences
from .kept import DIGESTS, DUMP, REPORT, Backup, fingerprint, write_json

TOLD = 20  # of the problems in the report; how many there are it says besides


def check_backup(backup: Backup, server: Address) -> list[str]:
    """Restore a backup beside the database, write the report of what differs into its folder, and return that."""
    problems, contents = found_in(backup, server)
    report = {
        "checked_at": datetime.now(UTC).isoformat(),
        "passed": not problems,
        "tables": len(contents.tables) if contents else 0,
        "rows": contents.rows if contents else 0,
        "chains": len(contents.heads) if contents else 0,
        "problems": problems[:TOLD],
        "number_of_problems": len(problems),
    }
    write_json(backup.folder / REPORT, report)
    return problems


def found_in(backup: Backup, server: Address) -> tuple[list[str], Contents | None]:
    """What is wrong with a backup, and what the restored database held, as far as it came to that."""
    try:
        manifest = backup.manifest()
        told = Contents.read(manifest)
        damaged = list(damaged_files(backup.folder, manifest["files"]))
    except (BackupError, KeyError, TypeError, ValueError, AttributeError):
        return [f"{backup.folder.name}: what was written down with the dump is missing or altered"], None
    if damaged:
        return damaged, None
    with scratch_database(server) as scratch:
        try:
            restore(backup, scratch)
            with scratch.connected() as connection, connection.cursor() as cursor:
                contents = contents_of(cursor)
        except (BackupError, psycopg2.Error) as problem:
            return [next(iter(str(problem).splitlines()), "It cannot be restored.")], None
        return [*differences(told, contents), *verify(backup, scratch)], contents


def damaged_files(folder: Path, files: Mapping[str, Any]) -> Iterator[str]:
    """The files that are not byte for byte those that were written."""
    if DUMP not in files:
        yield f"{DUMP}: what was written down does not name it"
    for name, told in files.items():
        path = folder / Path(name).name
        if not path.is_file():
            yield f"{name}: the file is missing"
        elif fingerprint(path) != told:
            yield f"{name}: the file is not the one that was written"
    if (folder / DIGESTS).exists() and DIGESTS not in files:
        yield f"{DIGESTS}: what was written down does not name it"


@contextmanager
def scratch_database(server: Address) -> Iterator[Address]:
    """An empty database `<name>_check` that only the backup role and superusers enter; gone afterwards."""
    scratch = server.of(f"{server.database}_check")
    name = sql.Identifier(scratch.database)
    with server.connected() as connection, connection.cursor() as cursor:
        try:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
            cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(name))
        except psycopg2.errors.ObjectInUse:
            raise BackupError(f"Another check uses the database {scratch.database}.") from None
        except psycopg2.Error as error:
            raise BackupError(f"{scratch.database} cannot be made: {str(error).strip()}") from error
        try:
            cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
            yield scratch
        finally:
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def restore(backup: Backup, into: Address) -> None:
    """Run pg_restore, which stops at the first thing that it cannot do."""
    command: list[str | Path] = [program("pg_restore"), "--exit-on-error", "--no-owner", "--no-privileges"]
    run([*command, "--no-password", f"--dbname={into.database}", backup.folder / DUMP], into)


def verify(backup: Backup, scratch: Address) -> list[str]:
    """What verify_audit says of the restored trail, held against the digests that were copied with it."""
    inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    done = subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "verify_audit"],
        env={
            **inherited,
            "DJANGO_SETTINGS_MODULE": "trialsite.settings",
            "DATABASE_URL": scratch.url(),
            "DIGEST_PATH": str(backup.folder / DIGESTS),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return []
    said = done.stdout.splitlines() or [(done.stderr.splitlines() or ["it did not start"])[-1]]
    return [f"verify_audit: {line}" for line in said]
