"""Reminders arrive once although mail server, worker and broker go down: real processes, really killed."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests.cast import Cast, bare_subject, make_cast
from tests.integration.mail_sink import MailSink
from tests.integration.reminders.test_deliveries import Receiver
from trialsite.access.encryption import encrypted
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.demo import commands, places
from trialsite.demo.children import wait_until
from trialsite.demo.roles import with_database
from trialsite.demo.servers import embedded_redis, free_port
from trialsite.reminders.models import Reminder, ReminderPlan

REPOSITORY = Path(__file__).resolve().parents[2]


class House:
    """Worker and clock as processes of their own, a broker that can be killed, and where reminders arrive."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.redis_port, self.mail_port = free_port(), free_port()
        self.robot = Receiver()
        threading.Thread(target=self.robot.serve_forever, args=(0.05,), daemon=True).start()
        self.environment = {
            **os.environ,
            "DATABASE_URL": with_database(os.environ["DATABASE_URL"], database),
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(self.mail_port),
            "WEBHOOK_HOSTS": "127.0.0.1",
            "WEBHOOK_PRIVATE": "1",
            "REMINDER_SECONDS": "1",
            "REMINDER_PAUSE_SECONDS": "1",
        }
        self.environment.pop("DATABASE_OWNER_URL", None)
        self.processes: list[subprocess.Popen[bytes]] = []

    @contextlib.contextmanager
    def broker(self) -> Iterator[Any]:
        with embedded_redis(self.folder, self.redis_port, durable=False) as redis:
            yield redis

    def start(self, name: str, command: tuple[str, ...]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                env=self.environment,
                cwd=REPOSITORY,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        return self.start("worker", commands.WORKER)

    def clock(self) -> subprocess.Popen[bytes]:
        return self.start("clock", commands.beat(str(self.folder / "beat-schedule")))

    def said(self) -> str:
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{log.name}:\n{log.read_text(errors='replace')[-3000:]}" for log in logs)

    def end(self) -> None:
        for process in self.processes:
            kill(process)
        self.robot.shutdown()
        self.robot.server_close()


def kill(process: subprocess.Popen[bytes]) -> None:
    """The process and those it started, without a word."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def house(tmp_path: Path, committed_db: str) -> Iterator[House]:
    folder = tmp_path / "run"
    folder.mkdir()
    found = House(folder, committed_db)
    yield found
    found.end()
    places.remove_data(folder)


def remind(user: User, **values: Any) -> None:
    """A plan that has been due for an hour or two."""
    hour = (timezone.now() - timedelta(hours=1)).hour
    chosen_at = timezone.now() - timedelta(days=3)
    ReminderPlan.objects.create(
        user=user, frequency="daily", hour=hour, zone="UTC", chosen_at=chosen_at, **values
    )


def people_of(house: House) -> Cast:
    """Two who are reminded by mail and one by a robot, all with something to do."""
    cast = make_cast()
    bare_subject(cast)
    bare_subject(cast, site=cast.elsewhere)
    with acting(role="system"):
        remind(cast.coordinator)
        remind(cast.stranger)
        robot = {"webhook_url": encrypted(house.robot.url), "webhook_secret": encrypted("secret")}
        remind(cast.investigator, channel="webhook", **robot)
    return cast


def states(*columns: str) -> list[Any]:
    with acting(role="system"):
        return list(Reminder.objects.order_by("user__username").values_list("user__username", *columns))


def comes_to_be(condition: Callable[[], bool], house: House, what: str, seconds: float = 120.0) -> None:
    assert wait_until(condition, seconds=seconds, pause_seconds=0.1), (
        f"not {what}: {states('state', 'failure')}\n{house.said()}"
    )


def by_mail(*wanted: str) -> bool:
    found = [row[1] for row in states("state") if row[0] in ("coordinator", "stranger")]
    return len(found) == 2 and all(state in wanted for state in found)


def test_each_reminder_arrives_once_though_mail_server_worker_and_broker_go_down(house: House) -> None:
    people_of(house)
    with house.broker() as broker:
        worker, clock = house.worker(), house.clock()
        # The mail server is down: deliveries fail and wait; the robot gets its own all the same.
        comes_to_be(
            lambda: sum(row[1] > 0 for row in states("attempts") if row[0] != "investigator") == 2,
            house,
            "tried while the mail server is down",
        )
        assert by_mail("waiting")
        # It comes back and falls silent in the middle of a mail; the worker is killed there.
        sink = MailSink(house.mail_port)
        sink.silent.set()
        comes_to_be(sink.in_the_middle.is_set, house, "in the middle of a mail")
        kill(worker)
        assert sink.taken == []
        assert by_mail("waiting")
        os.kill(broker.child.process.pid, signal.SIGKILL)
        broker.child.process.wait()
    # No broker: a worker and the clock try in vain; what is due stands in the database.
    worker = house.worker()
    time.sleep(3)
    assert by_mail("waiting")
    assert sink.taken == []
    sink.silent.clear()
    with house.broker():
        for process, again in ((worker, house.worker), (clock, house.clock)):
            if process.poll() is not None:  # whoever runs the servers starts again what has ended
                again()
        comes_to_be(lambda: by_mail("delivered"), house, "delivered after the outage")
        comes_to_be(lambda: len(house.robot.got) > 0, house, "posted")
        time.sleep(3)  # the clock goes on looking
    assert sorted(sink.by_id().values()) == [1, 1]
    assert {mail["To"] for mail in sink.taken} == {
        "coordinator@hospital.invalid",
        "stranger@hospital.invalid",
    }
    assert len(house.robot.got) == 1
    assert [row[1] for row in states("state")] == ["delivered"] * 3
    sink.shutdown()
    sink.server_close()
