"""The commands that make up a running system. `make demo` and docker-compose.yml run the same ones.

`python -m trialsite.demo.commands PORT` asks whether the web process on that port answers (a health check).
"""

import http.client
import sys

HOST = "127.0.0.1"
LOG_IN_PAGE = "/login/"
MIGRATE = ("manage.py", "migrate", "--database", "owner")
LOAD_PROTOCOLS = ("manage.py", "load_protocol", "--all")
WORKER = (
    *("-m", "celery", "-A", "trialsite", "worker"),
    *("--concurrency", "2", "--without-gossip", "--without-mingle", "--loglevel", "INFO"),
)


def beat(schedule: str) -> tuple[str, ...]:
    """The clock of the recurring tasks; it keeps its last times in the file `schedule`."""
    command = ("-m", "celery", "-A", "trialsite", "beat", "--pidfile=", "--loglevel", "INFO")
    return (*command, "--schedule", schedule)


def web(address: str) -> tuple[str, ...]:
    """The web process on an address such as 127.0.0.1:8000."""
    command = ("-m", "gunicorn", "trialsite.wsgi:application", "--workers", "2", "--threads", "4")
    return (
        *command,
        "--graceful-timeout",
        "5",
        "--access-logfile",
        "-",
        "--no-control-socket",
        "--bind",
        address,
    )


def web_status(port: int) -> int:
    """The status with which the log-in page answers; 0 where nothing answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", LOG_IN_PAGE)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def is_healthy(status: int) -> bool:
    """Whether this answer comes from a working application; a redirection or a refused host does."""
    return 0 < status < http.HTTPStatus.INTERNAL_SERVER_ERROR


if __name__ == "__main__":
    sys.exit(not is_healthy(web_status(int(sys.argv[1]))))
