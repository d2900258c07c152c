"""What the processes of `make demo` and of the commands on temporary servers see of the environment."""

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from trialsite.demo.children import Child, ServerError
from trialsite.demo.roles import APP, DATABASE, OWNER, check_server, prepare_database
from trialsite.demo.servers import embedded_postgres, embedded_redis

FOREIGN = ("DATABASE_OWNER_URL", "DATABASE_BACKUP_URL")  # addresses with more rights than the application has
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Servers:
    """The addresses of the database (both roles) and the broker, and the servers we started ourselves."""

    app_url: str
    owner_url: str
    redis_url: str
    children: tuple[Child, ...]


def run_folder() -> Path:
    """Where the demo keeps data, logs and mail: `.run/` of this clone, or TRIALSITE_RUN_DIR."""
    return Path(os.environ.get("TRIALSITE_RUN_DIR") or REPOSITORY / ".run").resolve()


def port_from(variable: str) -> int | None:
    """A port from the environment; None where it names none."""
    text = os.environ.get(variable, "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise ServerError(f"{variable} is '{text}': a port is a number from 1 to 65535.")
    return int(text)


@contextlib.contextmanager
def servers(run_dir: Path, *, durable: bool = True) -> Iterator[Servers]:
    """The servers that the environment names, or embedded ones with both roles and the database made."""
    with contextlib.ExitStack() as stack:
        children: list[Child] = []
        if os.environ.get("DATABASE_URL"):
            app_url, owner_url = _own_database()
        else:
            postgres = stack.enter_context(embedded_postgres(run_dir, port_from("PGPORT"), durable))
            prepare_database(postgres.superuser_url())
            app_url, owner_url = postgres.url(APP, DATABASE), postgres.url(OWNER, DATABASE)
            children.append(postgres.child)
        redis_url = os.environ.get("REDIS_URL", "")
        if not redis_url:
            redis = stack.enter_context(embedded_redis(run_dir, port_from("REDISPORT"), durable))
            redis_url = redis.url
            children.append(redis.child)
        yield Servers(app_url, owner_url, redis_url, tuple(children))


def app_environment(run_dir: Path, found: Servers) -> dict[str, str]:
    """What web, worker and beat see: the app role only."""
    settings = {
        "DJANGO_SETTINGS_MODULE": "trialsite.settings",
        "TRIALSITE_RUN_DIR": str(run_dir),
        "DATABASE_URL": found.app_url,
        "REDIS_URL": found.redis_url,
        "SECRET_KEY": os.environ.get("SECRET_KEY") or secret_of(run_dir, "secret_key"),
        "IDENTITY_KEYS": os.environ.get("IDENTITY_KEYS") or secret_of(run_dir, "identity_key"),
        "EMAIL_FILE_PATH": os.environ.get("EMAIL_FILE_PATH") or str(run_dir / "mail"),
        "DIGEST_PATH": os.environ.get("DIGEST_PATH") or str(run_dir / "digests.jsonl"),
        "EXPORTS_PATH": os.environ.get("EXPORTS_PATH") or str(run_dir / "exports"),
        "PYTHONUNBUFFERED": "1",
    }
    inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return {**inherited, **settings}


def owner_environment(environment: Mapping[str, str], found: Servers) -> dict[str, str]:
    """What a migration sees: the owner role beside the app role."""
    return {**environment, "DATABASE_OWNER_URL": found.owner_url}


def secret_of(run_dir: Path, name: str) -> str:
    """A secret of the demo's own, made once and readable by its owner only."""
    file = run_dir / name
    with contextlib.suppress(FileExistsError):
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as output:
            output.write(secrets.token_urlsafe(50))
    key = file.read_text(encoding="ascii")
    if not key:
        file.unlink()
        return secret_of(run_dir, name)
    return key


def _own_database() -> tuple[str, str]:
    app_url, owner_url = os.environ["DATABASE_URL"], os.environ.get("DATABASE_OWNER_URL", "")
    if not owner_url:
        raise ServerError(
            "DATABASE_URL is set and DATABASE_OWNER_URL is not. Migrations run as the owner: set both. "
            "trialsite/demo/roles.sql makes the roles."
        )
    check_server(owner_url, "DATABASE_OWNER_URL")
    check_server(app_url, "DATABASE_URL")
    return app_url, owner_url
