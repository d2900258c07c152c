"""Confirmed eligibility read back: the dossier as it was, and which of its inputs were corrected afterwards."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from trialsite.audit.models import Trail
from trialsite.casebook.models import Subject
from trialsite.casebook.states import SubjectState
from trialsite.clinical.facts import ItemAddress
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules import Answer, Evidence
from trialsite.clinical.verdicts import CriterionKind, CriterionVerdict, SubjectDecision, SubjectVerdict

from .domain.eligibility import CriterionLine, Dossier
from .models import Confirmation

OF_THE_ROW = ("state", "voided")  # changes that take the whole row away


def is_decided(subject: Subject) -> bool:
    """Whether enrolment, and where there are several arms randomisation, has been done."""
    return subject.state in (SubjectState.ENROLLED, SubjectState.OFF_STUDY) and bool(subject.arm)


def stored_dossier(confirmation: Confirmation) -> Dossier:
    """The dossier as the investigator confirmed it; later results do not touch it."""
    data = confirmation.dossier
    criteria = {one.id: one for one in confirmation.protocol_version.protocol.criteria}
    lines = tuple(
        CriterionLine(
            id=line["id"],
            kind=CriterionKind(line["kind"]),
            text=criteria[line["id"]].text,
            verdict=CriterionVerdict(line["verdict"]),
            answer=stored_answer(line["answer"]),
            rule=line["rule"],
            needs=criteria[line["id"]].needs,
            note=criteria[line["id"]].note,
            bites=line.get("bites", False),
        )
        for line in data["lines"]
    )
    decision = SubjectDecision(SubjectVerdict(data["verdict"]), tuple(data["because"]))
    return Dossier(lines, decision, date.fromisoformat(data["reference_day"]))


def stored_answer(data: Mapping[str, Any]) -> Answer:
    evidence = tuple(stored_evidence(one) for one in data["evidence"])
    return Answer(Truth(data["truth"]), evidence, tuple(data["missing"]))


def stored_evidence(data: Mapping[str, Any]) -> Evidence:
    limit = data["limit"]
    return Evidence(
        fact=data["fact"],
        value=stored_value(data["value"]),
        unit=data["unit"],
        comparator=data["comparator"],
        operator=data["operator"],
        limit=tuple(map(stored_value, limit)) if isinstance(limit, list) else stored_value(limit),
        limit_text=data["limit_text"],
        on=date.fromisoformat(data["on"]) if data["on"] else None,
        source=stored_address(data["source"]),
        truth=Truth(data["truth"]),
        why=data["why"],
        working=data["working"],
        of=data["of"],
        of_source=stored_address(data["of_source"]),
        missing=tuple(data["missing"]),
        decides=data["decides"],
    )


def stored_value(value: Any) -> Any:
    """Numbers are kept as text: read them as the exact decimals they were; everything else as it stands."""
    if not isinstance(value, str):
        return value
    try:
        return Decimal(value)
    except InvalidOperation:
        return value


def stored_address(data: Mapping[str, str] | None) -> ItemAddress | None:
    return ItemAddress(data["table"], data["row_id"], data["item"]) if data else None


def corrected_inputs(confirmation: Confirmation) -> list[str]:
    """The facts of a confirmation whose item was corrected or voided since, as the trail tells.

    Later results (a new laboratory report) are other rows and correct nothing.
    """
    sources = {name: one["source"] for name, one in confirmation.inputs.items() if one["source"]}
    changes = Trail.objects.filter(
        chain=f"subject:{confirmation.subject_id}",
        row_id__in={row for _table, row, _item in sources.values()},
        action=Trail.Action.UPDATE,
        at__gt=confirmation.confirmed_at,
    ).values_list("row_id", "changes")
    touched: dict[str, set[str]] = {}
    for row, items in changes:
        touched.setdefault(row, set()).update(items)
    return [
        name
        for name, (_table, row, item) in sources.items()
        if any(concerns(key, item) for key in touched.get(row, ()))
    ]


def concerns(key: str, item: str) -> bool:
    """Whether a changed column belongs to an item: the item, a part of it, its reason, or its whole row."""
    return key in (item, f"missing.{item}", f"extra.{item}", *OF_THE_ROW) or key.startswith(f"{item}_")
