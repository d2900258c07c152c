"""Every main page, on a desk and on a telephone, in both languages: it fits, and nothing goes wrong beneath it."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import Page, Request, expect

from outcomes.dashboards.pages import PAGES
from tests.cast import OPENED, PASSWORD, bare_subject
from tests.integration.imports.staging import staged
from tests.integration.imports.test_accounts import HEADER, ZHANG
from tests.integration.imports.test_odm import NO_ECOG, WEIGHT, odm, vital_signs
from tests.integration.outcomes.committee import convene, decide
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.demo.accounts import demo_password
from trialsite.studies.domain.read import read_file
from trialsite.studies.services import PROTOCOLS, load_protocol, open_planned_sites

from .conftest import Desks, Windows, cast_with_passwords, with_passwords
from .desk import Desk

STUDY = "BLINA-FULL"
DESK, TELEPHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
LANGUAGES = {"en": "English", "zh-hans": "中文"}
LEFT_THE_PAGE = "net::ERR_ABORTED"  # the reader went on before a picture had come
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

OF_SUBJECT = (
    "subject", "eligibility", "treatment", "assessments", "outcomes", "subject-trail", "participation",
    "subject-transfer",
)  # fmt: skip
DASHBOARDS = [f"dashboard-{name}" for name in PAGES]
PLACES = {
    "coordinator": (
        "inbox",
        "subjects",
        "screening",
        "prescreening",
        "calendar",
        "call-list",
        "week-sheet",
        "reminders",
        "paper",
    ),
    "statistician": ("dashboards", "protocols", "api-guide", "webhooks", "trail"),
    "administrator": ("accounts", "staff", "account", "change-password", "second-factor", "my-access"),
}
OF_STUDY = {
    "coordinator": (
        "gaps",
        "paper-new",
        "paper-import",
        "outages",
        "worksheets",
        "worksheets-print",
        "reference-ranges",
        "imports",
    ),
    "statistician": (
        "dashboard",
        "dashboard-flow",
        *DASHBOARDS,
        "cuts",
        "cut-new",
        "exports",
        "protocol",
        "protocol-versions",
        "protocol-difference",
    ),
    "administrator": ("study-staff", "training-log", "delegation-log", "access-on", "imports"),
}


@pytest.fixture
def subject(live_site: str) -> Subject:
    """Two synthetic subjects with long histories; gives the one enrolled first."""
    document = read_file(Path(PROTOCOLS) / f"{STUDY}.yaml").document
    with acting(role="system"):
        version, _new = load_protocol(document=document, by=None)
        open_planned_sites(version=version, on=OPENED, by=None)
    call_command("demo_data", study=STUDY, subjects=2, seed="browser", workers=1, stdout=StringIO())
    with acting(user=User.objects.get(username="data.manager")):
        return Subject.objects.select_related("site").exclude(enrolled_on=None).order_by("enrolled_on")[0]


def account(role: str, subject: Subject) -> str:
    """The demo account of a role; coordinators sit at the subject's site."""
    at_site = role == "coordinator" and subject.site.key != "SGH"
    return f"{role}.{subject.site.key.lower()}" if at_site else role


def addresses(role: str, subject: Subject) -> list[str]:
    """The pages that a role looks at."""
    found = [reverse(name) for name in PLACES[role]]
    found += [reverse(name, args=[STUDY]) for name in OF_STUDY.get(role, ())]
    if role == "statistician":
        found.append(reverse("dashboard-endpoint", args=[STUDY, "OS"]))
    if role == "coordinator":
        forms = reverse("subject", args=[subject.pk]) + "slots/"
        found += [reverse(name, args=[subject.pk]) for name in OF_SUBJECT]
        found += [f"{forms}SCR.1/VS.1/", f"{forms}SCR.1/CHEM.1/?edit=1", f"{forms}LOG.1/AE.99/"]
        found += [f"{forms}SCR.1/VS.1/history/"]
        found.append(reverse("visit-not-done", args=[subject.pk, "SUR_Q6M.1"]))
    return found


class Watch:
    """Writes down whatever goes wrong in a window: scripts, policy, requests."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("console", lambda said: said.type == "error" and self.note(said.text))
        page.on("pageerror", lambda error: self.note(str(error)))
        page.on("requestfailed", self.note_request)
        page.on(
            "response", lambda answer: answer.status >= 400 and self.note(f"{answer.url} {answer.status}")
        )

    def note(self, problem: str) -> None:
        self.problems.append(f"{self.page.url}: {problem}")

    def note_request(self, request: Request) -> None:
        if request.failure != LEFT_THE_PAGE:
            self.note(f"{request.url} failed: {request.failure}")

    def look_at(self, address: str, language: str) -> None:
        """Open a page and see whether it fits a desk's screen and a telephone's."""
        self.page.set_viewport_size(DESK)
        self.page.goto(address)
        expect(self.page.locator("html")).to_have_attribute("lang", language)
        for size in (DESK, TELEPHONE):
            self.page.set_viewport_size(size)
            beyond = self.page.evaluate(TOO_WIDE)
            if beyond > 0:
                self.note(f"{beyond} px too wide at {size['width']} px in {language}")


def test_every_main_page_fits_and_is_free_of_errors(subject: Subject, windows: Windows) -> None:
    problems = []
    for role in PLACES:
        desk = Desk(windows().new_page())
        watch = Watch(desk.page)
        desk.log_in(account(role, subject), demo_password())
        for language, button in LANGUAGES.items():
            desk.page.set_viewport_size(DESK)
            desk.press(button)
            for address in addresses(role, subject):
                watch.look_at(address, language)
        problems += watch.problems
    assert problems == []


def test_the_pages_of_a_committee_fit_and_are_free_of_errors(live_site: str, windows: Windows) -> None:
    committee = convene()
    cast = with_passwords(committee.cast)
    decide(cast.adjudicator, committee.relapse, words="Blasts of 37 % in an evaluable marrow.")
    pages = {
        cast.adjudicator: [reverse("adjudications"), reverse("inbox")]
        + [reverse("adjudication", args=[one.pk]) for one in (committee.relapse, committee.death)],
        cast.data_manager: [
            reverse("dashboard-adjudications", args=[cast.study.key]),
            reverse("protocol", args=[cast.study.key]),
        ],
        cast.coordinator: [reverse("outcomes", args=[committee.subject.pk])],
    }
    problems = []
    for who, own in pages.items():
        desk = Desk(windows().new_page())
        watch = Watch(desk.page)
        desk.log_in(who.username, PASSWORD)
        for language, button in LANGUAGES.items():
            desk.page.set_viewport_size(DESK)
            desk.press(button)
            for place in own:
                watch.look_at(place, language)
        problems += watch.problems
    assert problems == []


def test_previews_of_casebooks_and_of_accounts_fit_and_are_free_of_errors(
    live_site: str, windows: Windows
) -> None:
    cast = cast_with_passwords(STUDY)
    bare_subject(cast)
    kept = {"coordinator": vital_signs(WEIGHT + NO_ECOG), "administrator": HEADER + ZHANG}
    refused = {
        "coordinator": vital_signs('<ItemData ItemOID="WEIGHT" Value="70"/>', visit="SE.IND_D15"),
        "administrator": "coordinator,Somebody Else,,coordinator,,,,\nli.na,李娜,li@hospital.invalid,cook,,,,\n",
    }
    files = {
        "coordinator": ("odm", "odm.xml", odm(kept["coordinator"] + refused["coordinator"])),
        "administrator": ("accounts", "staff.csv", kept["administrator"] + refused["administrator"]),
    }
    problems = []
    for name, (kind, file, content) in files.items():
        batch = staged(cast, kind, content.encode(), file, getattr(cast, name))
        desk = Desk(windows().new_page())
        watch = Watch(desk.page)
        desk.log_in(name, PASSWORD)
        for language, button in LANGUAGES.items():
            desk.page.set_viewport_size(DESK)
            desk.press(button)
            watch.look_at(reverse("import", args=[cast.study.key, batch.pk]), language)
        problems += watch.problems
    assert problems == []


def test_the_log_in_page_fits_and_is_free_of_errors(live_site: str, windows: Windows) -> None:
    desk = Desk(windows().new_page())
    watch = Watch(desk.page)
    for language, button in LANGUAGES.items():
        desk.open("/login/")
        desk.press(button)
        watch.look_at("/login/", language)
    assert watch.problems == []


WIDE_PART = "document.body.insertAdjacentHTML('beforeend', '<table><td>' + 'x'.repeat(400) + '</td></table>')"
SCRIPT_IN_PAGE = "document.head.append(Object.assign(document.createElement('script'), {text: '1'}))"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (f"addEventListener('load', () => {WIDE_PART})", "px too wide at 390 px in en"),
        (f"addEventListener('load', () => {{ {SCRIPT_IN_PAGE} }})", "Content Security Policy"),
        ("addEventListener('load', () => { new Image().src = '/static/none.svg' })", "none.svg 404"),
        ("addEventListener('load', () => { throw new Error('a slip') })", "a slip"),
    ],
    ids=["wide part", "script in page", "missing file", "error of a script"],
)
def test_what_goes_wrong_in_a_page_is_seen(live_site: str, windows: Windows, fault: str, said: str) -> None:
    page = windows().new_page()
    watch = Watch(page)
    page.add_init_script(fault)
    watch.look_at("/login/", "en")
    page.wait_for_load_state("networkidle")
    assert any(said in problem for problem in watch.problems), watch.problems


def test_a_switch_of_language_keeps_the_page(live_site: str, at_desk: Desks) -> None:
    cast_with_passwords(STUDY)
    desk = at_desk("coordinator")
    desk.open("/subjects/?study=BLINA-FULL&q=BLF")
    for language, button in reversed(LANGUAGES.items()):
        desk.press(button)
        expect(desk.page.locator("html")).to_have_attribute("lang", language)
        expect(desk.page).to_have_url(re.compile(r"/subjects/\?study=BLINA-FULL&q=BLF$"))
        desk.open("/subjects/?study=BLINA-FULL&q=BLF")
        expect(desk.page.locator("html")).to_have_attribute("lang", language)
