"""What was typed is never lost: a refused form stands again, its words in their field, the sentence beside it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.cast import Cast, bare_subject
from tests.integration.review.entries import enter
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Hold, Subject
from trialsite.casebook.slots import Slot
from trialsite.review.models import Query
from trialsite.review.queries import open_query, take_query_step

CALL = "call 13800138000"
FOUND = "a mobile telephone number (…8000)"


@dataclass
class Scene:
    """A subject with a form, an open query on it and a frozen visit elsewhere."""

    cast: Cast
    subject: Subject
    query: Query
    hold: Hold

    @property
    def slot(self) -> str:
        return Slot(self.subject.pk, "SCR", "VS").url()

    @property
    def study(self) -> str:
        return f"/studies/{self.cast.study.key}/"


@pytest.fixture
def scene(cast: Cast, signer: User) -> Scene:
    subject = bare_subject(cast)
    enter(subject, cast)
    with acting(user=cast.monitor):
        query = open_query(slot=Slot(subject.pk, "SCR", "VS"), text="Which scale?", by=cast.monitor)
    with acting(user=cast.data_manager):
        hold = place_hold(place=Place(cast.study.pk, cast.elsewhere.pk), kind="freeze", by=cast.data_manager)
    return Scene(cast, subject, query, hold)


def send(client: Client, scene: Scene, part: str, address: str, typed: dict[str, object]) -> str:
    """The page that follows a form which is refused."""
    client.force_login(scene.cast.people()[part])
    answer = client.post(address, typed)
    assert answer.status_code == 422
    return unescape(answer.content.decode())


def form_of(page: str, address: str) -> str:
    """The form of a page that is sent to an address."""
    found = re.search(rf'<form[^>]* action="{re.escape(address)}[?"].*?</form>', page, re.DOTALL)
    assert found, f"no form for {address}"
    return found[0]


Sent = tuple[str, str, dict[str, object]]
WORDS: dict[str, tuple[str, Callable[[Scene], Sent]]] = {
    "question": ("text", lambda s: ("monitor", f"{s.slot}queries/", {"item": "weight"})),
    "answer": ("text", lambda s: ("coordinator", f"/queries/{s.query.pk}/answer/", {})),
    "answer on the subject's page": (
        "text",
        lambda s: (
            "coordinator",
            f"/queries/{s.query.pk}/answer/",
            {"next": f"/subjects/{s.subject.pk}/queries/?state=open#q1"},
        ),
    ),
    "cancellation": ("text", lambda s: ("monitor", f"/queries/{s.query.pk}/cancel/", {})),
    "step of many": (
        "text",
        lambda s: ("data_manager", f"{s.study}queries/step/?state=open", {"action": "cancel"}),
    ),
    "freeze of a site": (
        "reason",
        lambda s: (
            "data_manager",
            "/holds/",
            {
                "study": s.cast.study.key,
                "site": s.cast.here.key,
                "kind": "lock",
                "next": f"{s.study}holds/",
                "confirmed": "1",
            },
        ),
    ),
    "release": (
        "reason",
        lambda s: ("data_manager", f"/holds/{s.hold.pk}/unfreeze/", {"next": f"{s.study}holds/"}),
    ),
    "plan": ("seed", lambda s: ("data_manager", f"{s.study}verification/plan/", {"sample_percent": "35"})),
    "void": ("reason", lambda s: ("coordinator", f"{s.slot}void/", {})),
}


@pytest.mark.parametrize("what", WORDS)
def test_refused_words_stand_in_their_field_with_the_sentence(
    client: Client, scene: Scene, what: str
) -> None:
    name, told = WORDS[what]
    part, address, others = told(scene)
    page = send(client, scene, part, address, others | {name: CALL})
    form = form_of(page, address.partition("?")[0])
    assert f'value="{CALL}"' in form
    assert FOUND in (form if what != "void" else page)
    assert "This was not taken" not in page


def test_what_was_chosen_beside_the_words_stays_chosen(client: Client, scene: Scene) -> None:
    asked = f"{scene.slot}queries/"
    page = send(client, scene, "monitor", asked, {"item": "weight", "text": CALL})
    assert '<option value="weight" selected>' in form_of(page, asked)
    _name, told = WORDS["freeze of a site"]
    part, address, others = told(scene)
    form = form_of(send(client, scene, part, address, others | {"reason": CALL}), address)
    assert f'<option value="{scene.cast.here.key}" selected>' in form
    assert '<option value="lock" selected>' in form
    plan = f"{scene.study}verification/plan/"
    page = send(client, scene, "data_manager", plan, {"sample_percent": "101", "seed": "s-2"})
    assert 'value="101"' in form_of(page, plan)
    assert 'value="s-2"' in form_of(page, plan)


def test_a_name_of_a_filter_that_is_too_long_can_be_shortened(client: Client, scene: Scene) -> None:
    address, name = f"{scene.study}queries/filters/", "x" * 61
    page = send(client, scene, "monitor", f"{address}?state=open", {"name": name})
    assert f'value="{name}"' in form_of(page, address)
    assert "at most 60" in form_of(page, address)


def test_ticked_items_stay_ticked(client: Client, scene: Scene) -> None:
    address = f"{scene.slot}verification/"
    page = send(client, scene, "monitor", address, {"items": ["weight", "nonsense"]})
    form = form_of(page, address)
    assert re.search(r'value="weight"[^>]* checked', form)
    assert not re.search(r'value="ecog"[^>]* checked', form)
    assert "no such item: nonsense" in form


@pytest.mark.parametrize("level", ["form", "visit", "casebook"])
def test_a_refused_signature_keeps_all_but_the_password(
    client: Client, scene: Scene, signer: User, level: str
) -> None:
    address = {
        "form": f"{scene.slot}signatures/",
        "visit": f"/subjects/{scene.subject.pk}/visits/SCR.1/signatures/",
        "casebook": f"/subjects/{scene.subject.pk}/signatures/",
    }[level]
    typed = {
        "meaning": "reviewed",
        "username": signer.username,
        "password": "not-the-one",
        "content_hash": "x",
    }
    page = send(client, scene, "investigator", address, typed)
    form = form_of(page, address)
    assert '<option value="reviewed" selected>' in form
    assert f'value="{signer.username}"' in form
    assert "This is not your password" in form
    assert "not-the-one" not in page


def test_a_refusal_of_the_whole_keeps_the_words_too(client: Client, scene: Scene) -> None:
    with acting(user=scene.cast.data_manager):
        place_hold(place=Place.of_subject(scene.subject), kind="lock", by=scene.cast.data_manager)
    address = f"/queries/{scene.query.pk}/answer/"
    page = send(client, scene, "coordinator", address, {"text": "The ward's scale."})
    assert "This subject is locked" in page
    assert 'value="The ward\'s scale."' in form_of(page, address)


def test_words_whose_form_is_gone_are_shown_to_be_copied(client: Client, scene: Scene) -> None:
    with acting(user=scene.cast.monitor):
        take_query_step(query_id=scene.query.pk, action="cancel", text="asked twice", by=scene.cast.monitor)
    address = f"/queries/{scene.query.pk}/answer/"
    page = send(client, scene, "coordinator", address, {"text": "The ward's scale."})
    assert "This step is not possible as the query stands now." in page
    assert "The ward's scale." in page.partition("This was not taken")[2]


def test_an_answer_on_a_form_that_is_open_for_entry_is_shown_to_be_copied(
    client: Client, scene: Scene
) -> None:
    with acting(user=scene.cast.monitor):
        empty = open_query(slot=Slot(scene.subject.pk, "SCR", "PE"), text="Done?", by=scene.cast.monitor)
    page = send(client, scene, "coordinator", f"/queries/{empty.pk}/answer/", {"text": CALL})
    left = page.partition("This was not taken")[2]
    assert CALL in left
    assert FOUND in left


FIELD_FOR_WORDS = re.compile(r'method="post".*<input[^>]*name="(text|reason|name|seed)"', re.DOTALL)


def test_every_field_for_words_of_a_review_page_shows_them_again() -> None:
    pages = Path(settings.BASE_DIR, "templates", "review").glob("*.html")
    texts = {page.name: page.read_text("utf-8") for page in pages}
    written = {name: text for name, text in texts.items() if FIELD_FOR_WORDS.search(text)}
    assert len(written) >= 6
    assert [name for name, text in written.items() if "typed_at" not in text] == []
