"""Protocol versions of one study in their order: what an earlier one asked for keeps its name and its answers."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from trialsite.studies.domain.protocol import ItemPlan, Protocol, ProtocolFormPlan
from trialsite.studies.models import ProtocolVersion
from trialsite.studies.selectors import version_in_force

from .domain.paper import from_paper
from .models import Subject
from .reading import read_once


def lineage(protocol: Protocol) -> Iterator[Protocol]:
    """A version, then those loaded before it, the newest first; nobody is asked before the second is."""
    yield protocol
    for version in earlier_versions(protocol):
        yield version.protocol


def earlier_versions(protocol: Protocol) -> list[ProtocolVersion]:
    """The versions of the study that were loaded before this one, the newest first; read once in a reading."""

    def read() -> list[ProtocolVersion]:
        loaded = ProtocolVersion.objects.filter(study__key=protocol.key).order_by("-loaded_at", "-pk")
        names = [one.version for one in loaded]
        return list(loaded[names.index(protocol.version) + 1 :]) if protocol.version in names else []

    return read_once(("earlier versions", protocol.key, protocol.version), read)


def named(protocol: Protocol, part: str, key: str) -> Any:
    """A visit, phase, form… ("visits", "phases") by its key: of this version, or of the last that had it; or None."""
    if not key:
        return None
    found = (one for version in lineage(protocol) for one in getattr(version, part) if one.key == key)
    return next(found, None)


def asks_for(protocol: Protocol, form_key: str) -> bool:
    """Whether this version has the form as one of its own."""
    return any(plan.key == form_key for plan in protocol.forms)


def form_plans(protocol: Protocol, form_key: str) -> Iterator[ProtocolFormPlan]:
    """A form of the trial as this version has it and as earlier ones had it."""
    return (plan for version in lineage(protocol) for plan in version.forms if plan.key == form_key)


def item_plan(protocol: Protocol, form_key: str, item: str) -> ItemPlan | None:
    """An item of a form of the trial: of this version, or of the last that asked for it."""
    plans = (one for plan in form_plans(protocol, form_key) for one in plan.items if one.key == item)
    return next(plans, None)


def own_item(protocol: Protocol, item: str) -> ItemPlan | None:
    """An item by its key alone, whatever form of the trial it stands on."""
    plans = (
        one
        for version in lineage(protocol)
        for form in version.forms
        for _name, one in form.every_item
        if one.key == item
    )
    return next(plans, None)


def retired_items(protocol: Protocol, form_key: str) -> dict[str, ItemPlan]:
    """The items of a form of the trial that earlier versions asked for and this one does not, by key."""
    found: dict[str, ItemPlan] = {}
    asked = {item.key for plan in protocol.forms if plan.key == form_key for item in plan.items}
    for plan in form_plans(protocol, form_key):
        for item in plan.items:
            if item.key not in asked:
                found.setdefault(item.key, item)
    return found


def version_of_entry(subject: Subject, day: date | None) -> ProtocolVersion:
    """The version of a form that is entered: the subject's; of a day from paper the one in force at its site then."""
    if day is None or not from_paper(day, subject.from_paper_until):
        return subject.protocol_version
    then = version_in_force(study=subject.study, site=subject.site, on=day)
    return then or subject.protocol_version
