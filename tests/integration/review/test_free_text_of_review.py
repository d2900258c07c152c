"""What people write about the record takes no identifier of a person: queries, comments, holds, moves, reasons."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.cast import Cast, bare_subject
from tests.integration.review.test_holds import LEVELS, enter, hold, step
from tests.integration.review.test_queries import ask
from tests.integration.review.test_queries import enter as enter_vitals
from tests.integration.review.test_queries import step as query_step
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.holds import place_hold
from trialsite.casebook.models import Hold, Subject
from trialsite.casebook.moves import move_form
from trialsite.casebook.slots import Slot
from trialsite.review.models import Query, QueryMessage
from trialsite.review.queries import open_query
from trialsite.review.verification import plan_verification

CALL = "call 13800138000"
FOUND = "a mobile telephone number (…8000)"
VITALS = {
    "press": "submit", "base_version": "0", "performed_on": "2026-01-06", "temperature": "43",
    "temperature_unit": "Cel", "weight": "70", "weight_unit": "kg", "height": "172", "height_unit": "cm", "ecog": "1",
}  # fmt: skip
COMMENT = "comment-usual-vital-signs|temperature"


def opens_a_query(cast: Cast, subject: Subject) -> None:
    with acting(user=cast.monitor):
        open_query(slot=Slot(subject.pk, "SCR", "VS"), text=CALL, by=cast.monitor)


def answers_a_query(cast: Cast, subject: Subject) -> None:
    query_step(ask(cast, subject), "answer", cast.coordinator, CALL)


def corrects(cast: Cast, subject: Subject) -> None:
    enter(subject, cast)
    enter(subject, cast, "71", base_version=1, reason=f"typing error: {CALL}")


def comments(cast: Cast, subject: Subject) -> None:
    enter_vitals(subject, cast, temperature="43", comments={"usual-vital-signs|temperature": CALL})


def freezes(cast: Cast, subject: Subject) -> None:
    with acting(user=cast.data_manager):
        place_hold(place=LEVELS["form"](subject), kind="freeze", by=cast.data_manager, reason=CALL)


def unfreezes(cast: Cast, subject: Subject) -> None:
    step(hold(cast, LEVELS["form"](subject)), "unfreeze", cast.data_manager, CALL)


def moves(cast: Cast, subject: Subject) -> None:
    enter(subject, cast)
    to = Slot(bare_subject(cast).pk, "SCR", "VS")
    with acting(user=cast.coordinator):
        move_form(
            slot=Slot(subject.pk, "SCR", "VS"), to=to, base_version=1, by=cast.coordinator, reason="other", text=CALL
        )  # fmt: skip


def plans(cast: Cast, subject: Subject) -> None:
    with acting(user=cast.data_manager):
        plan_verification(study=cast.study, sample_percent=10, seed=CALL, by=cast.data_manager)


@pytest.mark.parametrize(
    ("write", "item"),
    [
        (opens_a_query, "text"), (answers_a_query, "text"), (corrects, "reason_text"),
        (comments, "comment-usual-vital-signs|temperature"), (freezes, "reason"), (unfreezes, "reason"),
        (moves, "text"), (plans, "seed"),
    ],
)  # fmt: skip
def test_an_identifier_is_refused_where_it_stands(
    cast: Cast, write: Callable[[Cast, Subject], None], item: str
) -> None:
    with pytest.raises(CheckFailed) as refusal:
        write(cast, bare_subject(cast))
    assert set(refusal.value.messages) == {item}
    assert FOUND in refusal.value.messages[item]


def test_the_form_says_at_the_comment_what_was_found(client: Client, cast: Cast) -> None:
    url = Slot(bare_subject(cast).pk, "SCR", "VS").url()
    client.force_login(cast.coordinator)
    answer = client.post(url, VITALS | {COMMENT: CALL})
    page = answer.content.decode()
    assert answer.status_code == 422
    questions = page[page.index('id="questions"') :]
    assert FOUND in questions
    assert f'value="{CALL}"' in questions
    assert client.post(url, VITALS | {COMMENT: "measured twice"}).status_code == 302
    with acting(user=cast.monitor):
        assert [one.state for one in Query.objects.all()] == ["answered"]


def test_the_form_says_at_the_reason_what_was_found(client: Client, cast: Cast) -> None:
    subject = bare_subject(cast)
    enter_vitals(subject, cast)
    client.force_login(cast.coordinator)
    typed = VITALS | {"base_version": "1", "temperature": "37", "reason": "other", "reason_text": CALL}
    answer = client.post(Slot(subject.pk, "SCR", "VS").url(), typed)
    assert answer.status_code == 422
    assert FOUND in answer.content.decode().partition("Why does the record change?")[2]


def test_a_refused_question_or_hold_says_so_on_the_page_and_keeps_nothing(client: Client, cast: Cast) -> None:
    subject = bare_subject(cast)
    record = enter_vitals(subject, cast)
    url = Slot(subject.pk, "SCR", "VS").url()
    client.force_login(cast.data_manager)
    asked = client.post(f"{url}queries/", {"item": "weight", "text": CALL}, follow=True)
    assert FOUND in asked.content.decode()
    place = {
        "study": cast.study.key,
        "subject": str(subject.pk),
        "kind": "freeze",
        "reason": CALL,
        "next": url,
    }
    held = client.post("/holds/", place, follow=True)
    assert FOUND in held.content.decode()
    with acting(user=cast.data_manager):
        assert not Query.objects.filter(subject=record.subject_id).exists()
        assert not QueryMessage.objects.exists()
        assert not Hold.objects.exists()
