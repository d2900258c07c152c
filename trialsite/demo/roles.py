"""The roles and the database of the demo and of the tests, made by a superuser."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from trialsite.demo.children import ServerError

OWNER = "trial_owner"
APP = "trial_app"
BACKUP = "trial_backup"
DATABASE = "trials"
OLDEST_POSTGRES = 16
ROLES_SQL = Path(__file__).with_name("roles.sql")
RIGHTS_SQL = Path(__file__).with_name("rights.sql")


def prepare_database(superuser_url: str, database: str = DATABASE) -> None:
    """Make the database and the roles with their rights, where they are not there yet."""
    create_database(superuser_url, database)
    run_in_database(superuser_url, database, ROLES_SQL, RIGHTS_SQL)


def create_database(admin_url: str, database: str) -> None:
    """Make an empty database where there is none."""
    with _connected(admin_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def clone_database(admin_url: str, template: str, clone: str) -> None:
    """Copy a database to which nobody is connected, with the roles' rights in the copy."""
    with _connected(admin_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY").format(
                sql.Identifier(clone), sql.Identifier(template), sql.Identifier(OWNER)
            )
        )
    run_in_database(admin_url, clone, RIGHTS_SQL)


def run_in_database(admin_url: str, database: str, *files: Path) -> None:
    """Run SQL files in a database (the same files that docker-compose runs)."""
    with _connected(with_database(admin_url, database)) as connection, connection.cursor() as cursor:
        for file in files:
            cursor.execute(file.read_text(encoding="utf-8"))


def drop_database(superuser_url: str, database: str) -> None:
    """Remove a database and end the sessions on it."""
    with _connected(superuser_url) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def check_server(url: str, variable: str) -> None:
    """Refuse a server that does not answer, or that is older than PostgreSQL 16, with a sentence."""
    try:
        with _connected(url) as connection:
            version = connection.server_version // 10000
    except psycopg2.Error as error:
        raise ServerError(f"{variable} leads nowhere: {str(error).strip()}") from None
    if version < OLDEST_POSTGRES:
        raise ServerError(f"{variable} leads to PostgreSQL {version}; {OLDEST_POSTGRES} or newer is needed.")


def with_database(url: str, database: str) -> str:
    """The same server and role, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


@contextlib.contextmanager
def _connected(url: str) -> Iterator[Connection]:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        yield connection
    finally:
        connection.close()
