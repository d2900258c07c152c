"""Amended protocols for the tests: a file that ships with a few changes, loaded as its next version."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from typing import Any

from tests.cast import OPENED, Cast
from trialsite.access.models import TrainingKind, User
from trialsite.access.staffing import record_training
from trialsite.amendments.activation import Approval, activate_version, move_subjects
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.protocol_check import form_items
from trialsite.casebook.registries import anchors, facts, forms
from trialsite.studies.domain.check import check
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.schema import shape_problems
from trialsite.studies.domain.vocabulary import starts_an_anchor
from trialsite.studies.models import Activation, ProtocolVersion, Site
from trialsite.studies.services import load_protocol

Change = Callable[[dict[str, Any]], None]
ASSUMED = {"source": "assumption", "cite": "made up for a test"}
APPROVED = date(2024, 6, 3)


def amended(document: dict[str, Any], version: str, *changes: Change) -> dict[str, Any]:
    """A document as its next version, with changes; it must still pass the check of protocol files."""
    new = deepcopy(document)
    new["version"] = version
    for change in changes:
        change(new)
    assert problems_in(new) == []
    return new


def problems_in(document: dict[str, Any]) -> list[Any]:
    """What the check of protocol files says to a document."""
    if wrong := list(shape_problems(document)):
        return wrong
    known = {name for name in anchors if not starts_an_anchor(name)}
    return list(check(Protocol.from_document(document), set(facts), known, set(forms), form_items()))


def loaded(cast: Cast, version: str, *changes: Change) -> ProtocolVersion:
    """The next version of the cast's study; everybody here is trained in it."""
    with acting(role="system"):
        found, new = load_protocol(document=amended(cast.version.document, version, *changes), by=None)
        assert new
        for person in (cast.coordinator, cast.investigator):
            train(person, found)
    return found


def train(person: User, version: ProtocolVersion) -> None:
    record_training(user=person, kind=TrainingKind.PROTOCOL, version=version, completed_on=OPENED, by=None)


def activate(
    cast: Cast,
    version: ProtocolVersion,
    site: Site | None = None,
    *,
    on: date = APPROVED,
    start: date | None = None,
) -> Activation:
    """Put a version in force at a site, as the data manager does."""
    approval = Approval(on, "2024-EC-17", start or on)
    with acting(user=cast.data_manager):
        return activate_version(
            version=version, site=site or cast.here, approval=approval, by=cast.data_manager
        )


def moved(cast: Cast, version: ProtocolVersion, *subjects: Subject) -> list[Subject]:
    """The subjects after the version came into force here."""
    activate(cast, version)
    move_subjects(cast.study.pk, cast.here.pk)
    with acting(role="system"):
        found = Subject.objects.select_related("study", "site", "protocol_version")
        return [found.get(pk=one.pk) for one in subjects]


# Changes


def visit_of(document: dict[str, Any], key: str) -> dict[str, Any]:
    return next(one for one in document["visits"] if one["key"] == key)


def widen(key: str, before: int, after: int) -> Change:
    """Another window of a visit."""

    def change(document: dict[str, Any]) -> None:
        visit_of(document, key).update(before_days=before, after_days=after)

    return change


def drop_visit(key: str) -> Change:
    def change(document: dict[str, Any]) -> None:
        document["visits"].remove(visit_of(document, key))

    return change


def add_visit(like: str, key: str, days: int) -> Change:
    """A visit as another one, some days later."""

    def change(document: dict[str, Any]) -> None:
        visit = deepcopy(visit_of(document, like))
        visit.update(key=key, name={"en": f"Added {key}", "zh": f"新增{key}"}, offset_days=days)
        document["visits"].append(visit)

    return change


def form_of(document: dict[str, Any], key: str) -> dict[str, Any]:
    return next(one for one in document["forms"] if one["key"] == key)


def add_item(form: str, key: str, **settings: Any) -> Change:
    """One more item of a form that only this trial has."""

    def change(document: dict[str, Any]) -> None:
        label = {"en": key.capitalize(), "zh": f"{key}（新）"}
        item = {"key": key, "label": label, "type": "text", "required": False, **ASSUMED, **settings}
        form_of(document, form)["items"].append(item)

    return change


def drop_item(form: str, key: str) -> Change:
    def change(document: dict[str, Any]) -> None:
        items = form_of(document, form)["items"]
        items[:] = [one for one in items if one["key"] != key]

    return change


def add_form(key: str, at: str, *items: dict[str, Any]) -> Change:
    """A form that only this trial has, required at a visit."""

    def change(document: dict[str, Any]) -> None:
        title = {"en": f"Form {key}", "zh": f"表单{key}"}
        document["forms"].append({"key": key, "title": title, "items": list(items), **ASSUMED})
        visit_of(document, at).setdefault("required", []).append(key)

    return change


def drop_form(key: str) -> Change:
    """A form of this trial goes, from every visit too."""

    def change(document: dict[str, Any]) -> None:
        document["forms"] = [one for one in document["forms"] if one["key"] != key]
        for visit in document["visits"]:
            for part in ("required", "optional"):
                if part in visit:
                    visit[part] = [one for one in visit[part] if one != key]
        for drug in (one for regimen in document["regimens"] for one in regimen["drugs"]):
            if drug.get("tumour_lysis", {}).get("form") == key:
                del drug["tumour_lysis"]

    return change
