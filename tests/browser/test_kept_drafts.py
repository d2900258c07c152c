"""What cannot be sent is kept on the device, encrypted, comes back for its author, and is gone after log-out."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Error, Page, Route, expect

from tests.cast import PASSWORD, Cast, bare_subject
from tests.chromium import find_chromium
from trialsite.access.models import LoginSession
from trialsite.audit import acting
from trialsite.casebook.models import Draft
from trialsite.demo.commands import is_healthy, web, web_status
from trialsite.demo.roles import with_database
from trialsite.demo.servers import HOST, free_port

from .conftest import QUIET, WAIT_MS, Desks, cast_with_passwords
from .desk import Desk

ROOT = Path(__file__).resolve().parents[2]
KEPT = "Not sent yet: kept on this device, will be sent"
SECRET = "64.6 written at the bedside"

COPIES = """async () => {
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open("drafts");
    request.onupgradeneeded = () => request.result.createObjectStore("copies", { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const copies = await new Promise((resolve) => {
    const request = database.transaction("copies").objectStore("copies").getAll();
    request.onsuccess = () => resolve(request.result);
  });
  database.close();
  const text = (bytes) => new TextDecoder("latin1").decode(bytes);
  return copies.map((copy) => ({
    names: Object.keys(copy).sort(),
    text: Object.values(copy).map((value) => typeof value === "string" ? value : text(value)).join(" "),
    keys: Object.values(copy).filter((value) => value instanceof CryptoKey).length,
  }));
}"""


@pytest.fixture
def trial(live_site: str) -> Cast:
    return cast_with_passwords("BLINA-FULL")


@pytest.fixture
def form(trial: Cast) -> str:
    return f"/subjects/{bare_subject(trial).pk}/slots/SCR.1/VS.1/"


def copies(page: Page) -> list[dict[str, Any]]:
    return page.evaluate(COPIES)


def state(desk: Desk) -> Any:
    return desk.page.locator("#draft-state")


def typed_in(desk: Desk, label: str = "Weight") -> str:
    return desk.item(label).locator("input:not([type=hidden])").first.input_value()


def typed_offline(desk: Desk, form: str, text: str = SECRET) -> None:
    """The form is open, then the network goes, then something is typed."""
    desk.open(form)
    desk.page.wait_for_load_state("networkidle")
    desk.page.context.set_offline(True)
    desk.fill({"Weight": text})
    expect(state(desk)).to_have_text(KEPT)


def drafts_of(trial: Cast) -> list[dict[str, Any]]:
    with acting(user=trial.coordinator):
        return [draft.typed for draft in Draft.objects.all()]


def test_without_a_network_what_is_typed_is_kept_unreadable_and_sent_when_it_is_back(
    at_desk: Desks, trial: Cast, form: str
) -> None:
    desk = at_desk("coordinator")
    typed_offline(desk, form)
    (copy,) = copies(desk.page)
    assert copy["names"] == ["id", "iv", "owner", "sealed"]
    assert copy["keys"] == 0
    for word in ("bedside", "weight", "subjects", "coordinator", str(trial.coordinator.pk)):
        assert word not in copy["text"]
    assert drafts_of(trial) == []
    desk.page.context.set_offline(False)
    expect(state(desk)).to_contain_text("Draft saved")
    assert copies(desk.page) == []
    assert [typed["weight"] for typed in drafts_of(trial)] == [[SECRET]]


def test_two_encryptions_of_one_text_share_nothing(at_desk: Desks, form: str) -> None:
    desk = at_desk("coordinator")
    typed_offline(desk, form)
    first = copies(desk.page)[0]["text"]
    desk.fill({"Weight": SECRET + "!"})
    desk.page.wait_for_timeout(2_000)
    desk.fill({"Weight": SECRET})
    desk.page.wait_for_timeout(2_000)
    assert copies(desk.page)[0]["text"] != first


class OwnBrowser:
    """A browser with a profile on disk, whose processes a test can kill."""

    def __init__(self, chromium: Browser, profile: Path, site: str) -> None:
        self.profile = profile
        self.context = chromium.browser_type.launch_persistent_context(
            str(profile), executable_path=find_chromium(), args=list(QUIET), base_url=site, locale="en-GB"
        )
        self.context.set_default_timeout(WAIT_MS)

    def kill(self) -> None:
        """SIGKILL to every process that runs on this profile."""
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"--user-data-dir={self.profile}".encode() in (place / "cmdline").read_bytes().split(
                    b"\0"
                ):
                    os.kill(int(place.name), signal.SIGKILL)
        with contextlib.suppress(Error):
            self.context.close()


def test_a_killed_browser_loses_nothing_even_without_a_network(
    chromium: Browser, live_site: str, trial: Cast, form: str, tmp_path: Path
) -> None:
    first = OwnBrowser(chromium, tmp_path / "profile", live_site)
    desk = Desk(first.context.new_page())
    desk.log_in("coordinator", PASSWORD)
    typed_offline(desk, form)
    first.kill()
    assert drafts_of(trial) == []

    second = OwnBrowser(chromium, tmp_path / "profile", live_site)
    desk = Desk(second.context.new_page())
    desk.open(form)
    if "/login/" in desk.page.url:
        desk.fill({"User name": "coordinator", "Password": PASSWORD})
        desk.press("Log in")
    expect(state(desk)).to_contain_text("What this device had kept is back and saved.")
    assert typed_in(desk) == SECRET
    second.context.close()


def test_an_expired_session_leads_through_the_log_in_back_to_the_form_as_it_was(
    at_desk: Desks, trial: Cast, form: str
) -> None:
    desk = at_desk("coordinator")
    desk.open(form)
    desk.fill({"Date": "2026-01-05"})
    expect(state(desk)).to_contain_text("Draft saved")
    LoginSession.objects.all().delete()
    desk.fill({"Weight": SECRET})
    expect(state(desk)).to_contain_text("Your session has ended. What you typed is kept on this device.")
    desk.press("Submit")
    assert typed_in(desk) == SECRET  # still here: nothing was sent into the log-in page
    desk.page.get_by_role("link", name="Log in again").click()
    desk.fill({"User name": "coordinator", "Password": PASSWORD})
    desk.press("Log in")
    expect(state(desk)).to_contain_text("What this device had kept is back and saved.")
    assert (typed_in(desk), typed_in(desk, "Date")) == (SECRET, "2026-01-05")
    assert copies(desk.page) == []


class OwnServer:
    """A web server in a process of its own on the test's database, which a test can kill and start again."""

    def __init__(self, database: str) -> None:
        self.port = free_port()
        self.environment = {
            **os.environ,
            "DATABASE_URL": with_database(os.environ["DATABASE_URL"], database),
        }
        self.environment.pop("DATABASE_OWNER_URL", None)
        self.start()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        command = [sys.executable, *web(f"{HOST}:{self.port}")]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + 60
        while not is_healthy(web_status(self.port)):
            assert time.monotonic() < until, "The web server does not start."
            time.sleep(0.2)

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=10)


@pytest.fixture
def server(committed_db: str) -> Iterator[OwnServer]:
    server = OwnServer(committed_db)
    yield server
    server.kill()


def test_a_server_that_is_killed_and_started_again_gets_what_was_typed_meanwhile(
    server: OwnServer, chromium: Browser
) -> None:
    trial = cast_with_passwords("BLINA-FULL")
    form = f"/subjects/{bare_subject(trial).pk}/slots/SCR.1/VS.1/"
    context = chromium.new_context(base_url=server.url, locale="en-GB")
    context.set_default_timeout(WAIT_MS)
    desk = Desk(context.new_page())
    desk.log_in("coordinator", PASSWORD)
    desk.open(form)
    desk.fill({"Date": "2026-01-05"})
    expect(state(desk)).to_contain_text("Draft saved")
    server.kill()
    desk.fill({"Weight": SECRET})
    expect(state(desk)).to_have_text(KEPT)
    server.start()
    expect(state(desk)).to_contain_text("Draft saved")
    assert [typed["weight"] for typed in drafts_of(trial)] == [[SECRET]]
    desk.open(form)
    assert (typed_in(desk), typed_in(desk, "Date")) == (SECRET, "2026-01-05")
    context.close()


def test_a_network_that_fails_during_the_save_loses_nothing(at_desk: Desks, trial: Cast, form: str) -> None:
    desk = at_desk("coordinator")
    desk.open(form)
    held: list[Route] = []
    desk.page.route("**/draft/", lambda route: route.continue_() if held else held.append(route))
    with desk.page.expect_request("**/draft/"):
        desk.fill({"Weight": "half"})
    desk.fill({"Weight": SECRET})  # while the first is on its way
    desk.page.wait_for_timeout(1_900)
    assert len(copies(desk.page)) == 1
    held[0].abort()
    expect(state(desk)).to_contain_text("Draft saved")
    assert [typed["weight"] for typed in drafts_of(trial)] == [[SECRET]]


def test_log_out_removes_what_was_kept_in_every_window(at_desk: Desks, trial: Cast, form: str) -> None:
    desk = at_desk("coordinator")
    typed_offline(desk, form)
    other = Desk(desk.page.context.new_page())
    desk.page.context.route("**/draft/", lambda route: route.abort())
    desk.page.context.set_offline(False)
    other.open("/")
    assert len(copies(other.page)) == 1
    other.page.get_by_label("Account").click()
    other.press("Log out")
    expect(other.page).to_have_url(re.compile("/login/"))
    expect(state(desk)).to_have_text("You logged out in another window.")
    desk.fill({"Weight": "typed after that"})
    desk.page.wait_for_timeout(2_500)
    assert copies(other.page) == []
    assert drafts_of(trial) == []


def test_log_out_tells_the_browser_to_drop_everything(trial: Cast, live_site: str) -> None:
    client = Client()
    client.force_login(trial.coordinator)
    assert client.post("/logout/")["Clear-Site-Data"] == '"storage"'


def test_somebody_else_at_the_same_device_finds_nothing(at_desk: Desks, trial: Cast, form: str) -> None:
    desk = at_desk("coordinator")
    typed_offline(desk, form)
    desk.page.goto("about:blank")
    desk.page.context.set_offline(False)
    desk.page.context.clear_cookies()  # the session ended without a log-out
    desk.log_in("investigator", PASSWORD)
    desk.page.wait_for_load_state("networkidle")
    assert copies(desk.page) == []
    desk.open(form)
    assert typed_in(desk) == ""


def test_a_copy_is_sent_from_any_page_and_found_in_the_inbox(at_desk: Desks, trial: Cast, form: str) -> None:
    desk = at_desk("coordinator")
    typed_offline(desk, form)
    desk.page.goto("about:blank")
    desk.page.context.set_offline(False)
    desk.open("/subjects/")
    desk.page.wait_for_load_state("networkidle")
    assert copies(desk.page) == []
    assert [typed["weight"] for typed in drafts_of(trial)] == [[SECRET]]
    desk.open("/")
    desk.sees("Screening · Vital signs")


def test_of_two_windows_the_newer_draft_stays_until_somebody_chooses(
    at_desk: Desks, trial: Cast, form: str
) -> None:
    first = at_desk("coordinator")
    second = Desk(first.page.context.new_page())
    for desk in (first, second):
        desk.open(form)
    first.fill({"Weight": "61"})
    expect(state(first)).to_contain_text("Draft saved")
    second.fill({"Weight": "62"})
    expect(second.page.locator("#draft-newer")).to_contain_text(
        "Another window saved a newer draft of this form."
    )
    assert [typed["weight"] for typed in drafts_of(trial)] == [["61"]]
    second.press("Submit")
    expect(second.page.get_by_text("Submitted: Vital signs.")).to_have_count(0)
    second.press("Keep what stands here instead")
    expect(state(second)).to_contain_text("Draft saved")
    assert [typed["weight"] for typed in drafts_of(trial)] == [["62"]]
    first.fill({"Pulse": "80"})
    expect(first.page.locator("#draft-newer")).to_be_visible()
    first.press("Leave what is saved, drop the other")
    expect(first.item("Weight").locator("input:not([type=hidden])").first).to_have_value("62")
    assert typed_in(first, "Pulse") == ""


def test_a_kept_copy_that_is_older_than_the_saved_draft_is_offered(
    at_desk: Desks, trial: Cast, form: str
) -> None:
    desk = at_desk("coordinator")
    typed_offline(desk, form, "61")
    desk.page.goto("about:blank")
    desk.page.context.set_offline(False)
    elsewhere = at_desk("coordinator")
    elsewhere.open(form)
    elsewhere.fill({"Weight": "62"})
    expect(state(elsewhere)).to_contain_text("Draft saved")
    desk.open(form)
    expect(desk.page.locator("#draft-newer")).to_be_visible()
    assert typed_in(desk) == "62"
    desk.press("Take what this device kept")
    expect(desk.item("Weight").locator("input:not([type=hidden])").first).to_have_value("61")
    assert copies(desk.page) == []
