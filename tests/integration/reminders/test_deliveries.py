"""Reminders: made once a person and day, delivered once, tried again, in the reader's language and without identity."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from tests.cast import Cast, bare_subject, make_cast
from trialsite.access.errors import AccessRefused
from trialsite.access.identity import rotate_keys
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.registries import WorkLine
from trialsite.casebook.selectors import WorkPage
from trialsite.reminders.contents import MOST_BYTES, Message, as_markdown, message_of, to_tell
from trialsite.reminders.deliveries import deliver_reminder, make_reminders, waiting
from trialsite.reminders.models import Reminder, ReminderPlan, ReminderState
from trialsite.reminders.plans import choose_reminders, new_secret
from trialsite.reminders.tasks import deliver, look
from trialsite.reminders.webhooks import DeliveryFailed, address_of, send_webhook

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAILY: dict[str, Any] = {
    "frequency": "daily",
    "weekday": 0,
    "hour": 6,
    "zone": "Asia/Shanghai",
    "channel": "email",
    "webhook_url": "",
    "language": "en",
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def run(text: str) -> int:
    """One look of the clock at a local time, and what it asks for; how many reminders arrived."""
    with time_machine.travel(at(text), tick=False):
        make_reminders()
        return sum(deliver_reminder(one) for one in waiting())


def rows(**wanted: Any) -> list[Reminder]:
    with acting(role="system"):
        return list(
            Reminder.objects.filter(**wanted).select_related("user").order_by("day", "user__username")
        )


def choose(user: User, when: str = "2026-01-01T00:00", **values: Any) -> str:
    with time_machine.travel(at(when), tick=False), acting(user=user):
        return choose_reminders(values=DAILY | values, by=user)


@pytest.fixture
def crew(cast: Cast) -> Cast:
    """A cast with one subject whose screening ends on 2026-01-19."""
    bare_subject(cast)
    return cast


def test_a_reminder_names_numbers_and_windows_and_no_person(crew: Cast) -> None:
    assert run("2026-01-22T06:00") == 1
    (sent,) = mail.outbox
    assert sent.to == ["coordinator@hospital.invalid"]
    assert "3 days late" in sent.body
    assert "1 × Complete the screening" in sent.body
    assert "http://127.0.0.1:8000/subjects/" in sent.body
    assert "王小明" not in sent.body + sent.subject


def test_it_goes_out_once_a_day_however_often_the_clock_looks(crew: Cast) -> None:
    assert [run(f"2026-01-10T{hour}:00") for hour in ("06", "06", "07", "17")] == [1, 0, 0, 0]
    assert run("2026-01-11T06:00") == 1
    assert len(mail.outbox) == 2
    assert [one.state for one in rows(user=crew.coordinator)] == ["delivered", "delivered"]


@pytest.mark.parametrize(("time", "sent"), [("05:59", 0), ("06:00", 1)])
def test_nothing_leaves_before_its_hour(crew: Cast, time: str, sent: int) -> None:
    assert run(f"2026-01-10T{time}") == sent


def test_who_has_nothing_to_do_gets_nothing_and_the_row_says_so(crew: Cast) -> None:
    assert run("2026-01-10T06:00") == 1
    assert [one.state for one in rows(user=crew.stranger)] == ["nothing_due"]


def test_those_who_chose_nothing_are_reminded_only_as_coordinators(crew: Cast) -> None:
    run("2026-01-10T06:00")
    assert {one.user.username for one in rows()} == {"coordinator", "stranger"}
    choose(crew.investigator)
    choose(crew.coordinator, frequency="off")
    run("2026-01-11T06:00")
    assert {one.user.username for one in rows(day="2026-01-11")} == {"investigator", "stranger"}


def test_a_weekly_reminder_comes_on_its_weekday(crew: Cast) -> None:
    choose(crew.coordinator, frequency="weekly", weekday=2, hour=8)  # Wednesday
    assert [run(f"2026-01-{day}T09:00") for day in ("12", "13", "14", "15")] == [0, 0, 1, 0]


def test_it_is_in_the_language_of_its_reader(crew: Cast) -> None:
    choose(crew.coordinator, language="zh-hans")
    run("2026-01-10T06:00")
    assert "件待办" in mail.outbox[0].subject
    assert "完成筛选" in mail.outbox[0].body or "筛选" in mail.outbox[0].body


def test_a_mail_server_that_is_down_delays_and_loses_nothing(
    crew: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_args: Any, **_options: Any) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", down)
        assert [run(f"2026-01-10T06:{minute}") for minute in ("00", "00", "01", "02")] == [0, 0, 0, 0]
        (waits,) = rows(user=crew.coordinator)
        assert (waits.state, waits.attempts) == ("waiting", 2)  # not tried before its pause is over
        assert waits.failure == "mail: ConnectionRefusedError"
        assert waits.next_try_at == at("2026-01-10T06:03")
    assert run("2026-01-10T07:10") == 1
    assert len(mail.outbox) == 1
    (sent,) = rows(user=crew.coordinator)
    assert (sent.state, sent.attempts) == ("delivered", 3)


def test_every_attempt_has_the_same_message_id(crew: Cast) -> None:
    run("2026-01-10T06:00")
    (row,) = rows(user=crew.coordinator)
    with acting(role="system"):
        Reminder.objects.filter(pk=row.pk).update(state="waiting", delivered_at=None)  # a worker died here
    assert run("2026-01-10T06:05") == 1
    first, second = (sent.extra_headers["Message-ID"] for sent in mail.outbox)
    assert first == second == f"<reminder-{row.pk}@hospital.invalid>"


def test_an_older_reminder_lapses_when_the_next_is_due(crew: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", lambda *_: (_ for _ in ()).throw(OSError))
        run("2026-01-10T06:00")
    assert run("2026-01-11T06:00") == 1
    assert [one.state for one in rows(user=crew.coordinator)] == ["lapsed", "delivered"]
    assert len(mail.outbox) == 1


def test_an_account_that_was_closed_gets_nothing_more(crew: Cast) -> None:
    with time_machine.travel(at("2026-01-10T06:00"), tick=False):
        make_reminders()
        with acting(role="system"):
            User.objects.filter(pk=crew.coordinator.pk).update(is_active=False)
        assert not any(deliver_reminder(one) for one in waiting())
    assert mail.outbox == []


def test_a_line_with_a_day_of_reminding_is_told_from_that_day_on() -> None:
    day = at("2026-01-10T06:00").date()
    lines = [
        line_of(remind_on=each) for each in (None, day - timedelta(days=1), day, day + timedelta(days=1))
    ]
    assert to_tell(lines, day) == lines[:3]


def test_a_weekly_reminder_tells_what_is_to_be_told_until_the_next(
    crew: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monday = at("2026-01-12T06:00").date()
    lines = [line_of(remind_on=monday + timedelta(days=each)) for each in (0, 6, 7)]
    monkeypatch.setattr(
        "trialsite.reminders.contents.work_of", lambda *_args, **_options: WorkPage(lines, 1, more=False)
    )
    for frequency, told in (("daily", lines[:1]), ("weekly", lines[:2])):
        choose(crew.coordinator, frequency=frequency)
        with acting(user=crew.coordinator):
            assert message_of(crew.coordinator, monday).lines == told


def line_of(**values: Any) -> WorkLine:
    told: dict[str, Any] = {
        "kind": "visits",
        "verb": "Do the visit",
        "subject_id": None,
        "subject_number": "B-1",
    }
    told |= {"study_key": "S", "site_key": "A", "due": None, "latest": None, "url": "/x/"}
    return WorkLine(**(told | values))


# Two workers, and tasks


def test_a_second_worker_leaves_what_the_first_has_in_hand(committed_db: str) -> None:
    crew = make_cast()
    bare_subject(crew)
    with time_machine.travel(at("2026-01-10T06:00"), tick=False):
        make_reminders()
        (row,) = [one for one in rows() if one.user_id == crew.coordinator.pk]
        found: list[bool] = []

        def other_worker() -> None:
            try:
                found.append(deliver_reminder(row.pk))
            finally:
                connection.close()

        with acting(role="system"):
            Reminder.objects.select_for_update().get(pk=row.pk)
            worker = threading.Thread(target=other_worker)
            worker.start()
            worker.join(20)
        assert found == [False]
        assert mail.outbox == []
        assert deliver_reminder(row.pk)
        assert not deliver_reminder(row.pk)
    assert len(mail.outbox) == 1


def test_the_tasks_ask_for_what_waits(crew: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(deliver, "delay", asked.append)
    with time_machine.travel(at("2026-01-10T06:00"), tick=False):
        assert look() == 2
        assert look() == 2  # the queue lost them: they are asked for again
        assert {deliver(one) for one in asked} == {True, False}
        assert look() == 0
    assert len(mail.outbox) == 1


# Webhooks


class Receiver(HTTPServer):
    """A group robot on this machine that remembers what it got and answers as told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Robot)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers = [(200, b'{"errcode": 0, "errmsg": "ok"}')]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/cgi-bin/webhook/send?key=secret-key"


class Robot(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers.items()), body))
        status, answer = self.server.answers[min(len(self.server.got), len(self.server.answers)) - 1]
        self.send_response(status)
        if status == 302:
            self.send_header("Location", self.server.url)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def robot(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_HOSTS, settings.WEBHOOK_PRIVATE = ("127.0.0.1",), True
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve_forever, args=(0.05,))
    thread.start()
    yield receiver
    receiver.shutdown()
    thread.join()
    receiver.server_close()


def test_a_robot_gets_a_signed_message_in_the_shape_of_wecom(crew: Cast, robot: Receiver) -> None:
    secret = choose(crew.coordinator, channel="webhook", webhook_url=robot.url)
    assert run("2026-01-22T06:00") == 1
    ((headers, body),) = robot.got
    message = json.loads(body)
    assert message["msgtype"] == "markdown"
    assert "3 days late" in message["markdown"]["content"]
    assert "王小明" not in body.decode()
    signed = headers["X-Trials-Timestamp"].encode() + b"." + body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-Trials-Signature"] == f"sha256={expected}"
    assert headers["X-Trials-Timestamp"] == str(int(at("2026-01-22T06:00").timestamp()))
    assert headers["X-Trials-Delivery"] == str(rows(user=crew.coordinator)[0].pk)
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ((500, b""), "answered with status 500"),
        ((302, b""), "answered with status 302"),  # not followed
        ((200, b'{"errcode": 93000, "errmsg": "invalid webhook url"}'), "refused with code 93000"),
    ],
)
def test_what_a_robot_refuses_is_tried_again(
    crew: Cast, robot: Receiver, answer: tuple[int, bytes], failure: str
) -> None:
    choose(crew.coordinator, channel="webhook", webhook_url=robot.url)
    robot.answers = [answer, (200, b"ok")]
    assert run("2026-01-10T06:00") == 0
    assert [(one.state, one.failure) for one in rows(user=crew.coordinator)] == [("waiting", failure)]
    assert run("2026-01-10T06:01") == 1
    assert len({headers["X-Trials-Delivery"] for headers, _body in robot.got}) == 1
    assert len(robot.got) == 2


def test_a_robot_is_called_at_public_addresses_only(settings: Settings) -> None:
    settings.WEBHOOK_HOSTS, settings.WEBHOOK_PRIVATE = ("localhost", "127.0.0.1"), False
    with pytest.raises(DeliveryFailed, match="not on the public internet"):
        address_of("localhost", 443)
    with pytest.raises(DeliveryFailed, match="not allowed"):
        send_webhook(url="http://127.0.0.1/x", secret="s", markdown="x", delivery="1", timestamp=1)


def test_a_long_message_fits_and_says_how_much_is_left() -> None:
    lines = [line_of(subject_number=f"受试者-{number:04d}") for number in range(300)]
    text = as_markdown(
        Message(at("2026-01-10T06:00").date(), "300 things", [("Visit", 300)], lines, False), "en"
    )
    assert len(text.encode()) <= MOST_BYTES
    shown = text.count("受试者")
    assert 0 < shown < 300
    assert f"{300 - shown} more in the inbox" in text


# Choosing


def test_address_and_secret_lie_encrypted_and_turn_with_the_keys(
    crew: Cast, robot: Receiver, settings: Settings
) -> None:
    secret = choose(crew.coordinator, channel="webhook", webhook_url=robot.url)
    settings.IDENTITY_KEYS = ("another key of thirty-two characters", *settings.IDENTITY_KEYS)
    with acting(role="system"):
        kept = ReminderPlan.objects.get()
        assert "secret-key" not in kept.webhook_url
        assert secret not in kept.webhook_secret
        before = kept.webhook_secret
        rotate_keys()
        kept.refresh_from_db()
        assert kept.webhook_secret != before
        told = json.dumps(
            list(Trail.objects.filter(table_name=ReminderPlan._meta.db_table).values("changes"))
        )
        assert "secret-key" not in told
        assert before not in told
    assert run("2026-01-10T06:00") == 1


@pytest.mark.parametrize(
    ("values", "item"),
    [
        ({"channel": "webhook"}, "webhook_url"),
        ({"channel": "webhook", "webhook_url": "https://evil.example/x"}, "webhook_url"),
        ({"channel": "webhook", "webhook_url": "http://qyapi.weixin.qq.com/x"}, "webhook_url"),
    ],
)
def test_an_address_that_may_not_be_is_refused(cast: Cast, values: dict[str, Any], item: str) -> None:
    with pytest.raises(AccessRefused) as refused:
        choose(cast.coordinator, **values)
    assert list(refused.value.messages) == [item]


def test_who_has_no_address_is_told(cast: Cast) -> None:
    cast.coordinator.email = ""
    with pytest.raises(AccessRefused, match="administrator can add one"):
        choose(cast.coordinator)
    assert choose(cast.coordinator, frequency="off") == ""


def test_another_secret_needs_a_robot(cast: Cast) -> None:
    with acting(user=cast.coordinator), pytest.raises(AccessRefused, match="group robot first"):
        new_secret(by=cast.coordinator)


FORM = {name: str(value) for name, value in DAILY.items()}


def test_the_page_keeps_what_was_chosen(desk: Client, cast: Cast) -> None:
    page = desk.get("/reminders/").content.decode()
    assert '<option value="daily" selected' in page
    answer = desk.post(
        "/reminders/", FORM | {"frequency": "weekly", "weekday": "4", "hour": "17", "language": "zh-hans"}
    )
    assert answer.status_code == 302
    with acting(role="system"):
        plan = ReminderPlan.objects.get(user=cast.coordinator)
        assert (plan.frequency, plan.weekday, plan.hour) == ("weekly", 4, 17)
        assert User.objects.get(pk=cast.coordinator.pk).language == "zh-hans"


def test_the_secret_is_shown_once(desk: Client, cast: Cast, robot: Receiver) -> None:
    shown = desk.post("/reminders/", FORM | {"channel": "webhook", "webhook_url": robot.url}).content.decode()
    assert "It is shown this once." in shown
    page = desk.get("/reminders/").content.decode()
    assert "127.0.0.1" in page
    assert "secret-key" not in page
    another = desk.post("/reminders/secret/").content.decode()
    assert "It is shown this once." in another
    assert another != shown


def test_a_refused_address_stays_beside_its_sentence(desk: Client, cast: Cast) -> None:
    answer = desk.post("/reminders/", FORM | {"channel": "webhook", "webhook_url": "https://evil.example/x"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Messages go to these hosts only: qyapi.weixin.qq.com." in page
    assert "https://evil.example/x" in page


def test_reminders_are_for_those_who_see_a_record(client: Client, cast: Cast) -> None:
    client.force_login(cast.administrator)
    assert client.get("/reminders/").status_code == 403


def test_states_have_words() -> None:
    assert all(str(state.label) for state in ReminderState)
