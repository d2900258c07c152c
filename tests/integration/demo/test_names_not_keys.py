"""No key of a protocol and no code of the system stands on a page where a name in the reader's language exists."""

import html
import io
import re

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import forms
from trialsite.casebook.selectors import records_of
from trialsite.demo.stories.telling import TRIALS
from trialsite.studies.domain.protocol import Protocol

OF_SUBJECT = ("subject", "eligibility", "treatment", "assessments", "outcomes", "subject-trail")
OF_STUDY = ("dashboard", "protocol")
PLACES = (
    "inbox",
    "subjects",
    "screening",
    "calendar",
    "week-sheet",
    "reminders",
    "dashboards",
    "protocols",
    "trail",
)
LANGUAGES = ("en", "zh-hans")
PRODUCT = "BLINA"  # the system's own name; also the key of an arm
UNSEEN = re.compile(r"<(script|style|head)\b.*?</\1>|<[^>]*>", re.DOTALL)
QUOTED_FILE = re.compile(
    r'<section id="to-sign">.*?</section>', re.DOTALL
)  # the protocol file in its own words
SNAKE = re.compile(r"(?<![\w.@/-])[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+(?![\w@/-])")


def visible_text(page: str) -> str:
    """What a reader sees of a page: no attributes, no scripts."""
    return html.unescape(UNSEEN.sub(" ", QUOTED_FILE.sub("", page)))


def keys_of(protocol: Protocol) -> set[str]:
    """The keys of a protocol that are no words of the field: not in its own names, not the code of a form."""
    named = [*protocol.visits, *protocol.phases, *protocol.endpoints, *protocol.regimens, *protocol.arms]
    said = " ".join(f"{one.name.en} {one.name.zh}" for one in named)
    said += " ".join(f"{phase.short.en} {phase.short.zh}" for phase in protocol.phases)
    words = {*re.findall(r"[\w-]+", said, re.ASCII), *forms, PRODUCT}
    return {one.key for one in named if len(one.key) > 2} - words


def keys_on(page: str, protocol: Protocol) -> set[str]:
    text = visible_text(page)
    shown = {key for key in keys_of(protocol) if re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", text)}
    return shown | set(SNAKE.findall(text))


def addresses(subject: Subject, user: User) -> list[str]:
    """The main pages, those of the subject and of its study, and one form of each kind that was entered."""
    study = subject.study.key
    found = [reverse(name) for name in PLACES] + [reverse(name, args=[study]) for name in OF_STUDY]
    endpoints = subject.protocol_version.protocol.endpoints
    found += [reverse("dashboard-endpoint", args=[study, one.key]) for one in endpoints]
    found += [reverse(name, args=[subject.pk]) for name in OF_SUBJECT]
    with acting(user=user):
        entered = {line.form_key: line.slot(subject.pk) for line in records_of(subject)}
    found += [slot.url() for slot in entered.values()]
    return found + [slot.history_url for slot in entered.values()]


@pytest.fixture
def protocols(committed_db: str) -> None:
    call_command("load_protocol", "--all", stdout=io.StringIO())


@pytest.mark.parametrize("study", TRIALS)
def test_pages_show_names_and_no_keys(protocols: None, client: Client, study: str) -> None:
    call_command("demo_data", study=study, subjects=3, seed="names", workers=1, stdout=io.StringIO())
    user = User.objects.get(username="data.manager")
    with acting(user=user):
        subjects = Subject.objects.select_related("study", "protocol_version").exclude(enrolled_on=None)
        subject = max(subjects, key=lambda one: len(records_of(one)))
    client.force_login(user)
    found = {}
    for language in LANGUAGES:
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        for address in addresses(subject, user):
            answer = client.get(address)
            assert answer.status_code == 200, address
            if keys := keys_on(answer.content.decode(), subject.protocol_version.protocol):
                found[language, address] = keys
    assert not found
