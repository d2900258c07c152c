"""Write docs/states.md from the tables of states, so that the picture cannot differ from the code."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import translation

from trialsite.access.models import Role
from trialsite.access.permissions import ACTIONS
from trialsite.casebook.registries import Lifecycle, lifecycles
from trialsite.casebook.states import (
    HOLD_STEPS,
    SUBJECT_STEPS,
    TRANSFER_STEPS,
    TRANSITIONS,
    HoldStep,
    RecordState,
    SubjectState,
    TransferStep,
    Transition,
)

PLACE = Path("docs") / "states.md"


class Command(BaseCommand):
    help = "Writes docs/states.md: the states of a form and of a subject, as pictures and tables."

    def handle(self, *args: Any, **options: Any) -> None:
        (settings.BASE_DIR / PLACE).write_text(page(), encoding="utf-8")
        self.stdout.write(f"{PLACE} is written.")


def page() -> str:
    """The page as it should stand in docs/."""
    with translation.override("en"):
        parts = (
            "# States",
            "Generated from the tables of states (`states.py` of each room) by `manage.py draw_states`. Do not edit.",
            "## A form",
            "A draft is not a record and has no state. A slot is empty until a form is submitted, and empty again when "
            "its form is voided; a voided form stays in the record. A step that no row names is refused.",
            picture(form_arrows()),
            table(("Action", "From", "To", "Roles", "Reason"), [form_row(step) for step in TRANSITIONS]),
            "## A freeze or lock",
            "It stands on a study, a site, a subject, a visit or a form, entered or not. A freeze keeps values as they "
            "are; a lock stops review as well, and is released by a second person.",
            table(
                ("Action", "Kind", "From", "To", "Roles", "Reason"), [hold_row(step) for step in HOLD_STEPS]
            ),
            "## A subject",
            "Relapse and death are events of the record, not states. Off study comes with a coded reason and a day, "
            "and is taken back with a reason (`enrollment.disposition`).",
            picture(subject_arrows()),
            table(("State", "Next"), subject_rows()),
            *(part for one in lifecycles.values() for part in parts_of(one)),
            "## A transfer to another site",
            "The sending site asks, a second person at the receiving site decides; accepting carries every row along.",
            table(
                ("Action", "From", "To", "Taken at", "Roles", "Reason"),
                [transfer_row(step) for step in TRANSFER_STEPS],
            ),
        )
    return "\n\n".join(parts) + "\n"


def parts_of(cycle: Lifecycle) -> tuple[str, ...]:
    """The lifecycle of a later room: heading, words, picture, table."""
    states, steps = list(cycle.states), list(cycle.steps)
    arrows = [f"{state.value} : {state.label}" for state in states]
    arrows += [
        f"{source.value if source else '[*]'} --> {target.value} : {action}"
        for action, source, target, _permission, _needs in steps
    ]
    rows: list[tuple[str, ...]] = [
        (action, str(source.label) if source else "(none)", str(target.label), roles_of(permission), needs)
        for action, source, target, permission, needs in steps
    ]
    head = ("Action", "From", "To", "Roles", "Needs")
    return f"## {cycle.title}", cycle.lead, picture(arrows), table(head, rows)


def picture(arrows: list[str]) -> str:
    """A state diagram as Mermaid, which GitHub and GitLab draw."""
    return "\n".join(["```mermaid", "stateDiagram-v2", *(f"    {arrow}" for arrow in arrows), "```"])


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def form_arrows() -> list[str]:
    named = [f"{state.value} : {state.label}" for state in RecordState]
    return named + [
        f"{step.source.value if step.source else '[*]'} --> {step.target.value} : {step.action}"
        for step in TRANSITIONS
    ]


def form_row(step: Transition) -> tuple[str, ...]:
    source = str(step.source.label) if step.source else "(empty slot)"
    return (
        step.action,
        source,
        str(step.target.label),
        roles_of(step.permission),
        "required" if step.needs_reason else "",
    )


def hold_row(step: HoldStep) -> tuple[str, ...]:
    source = str(step.source.label) if step.source else "(none)"
    needs = "required" if step.needs_reason else "a second person" if step.other_person else ""
    return step.action, str(step.kind.label), source, str(step.target.label), roles_of(step.permission), needs


def transfer_row(step: TransferStep) -> tuple[str, ...]:
    source = str(step.source.label) if step.source else "(none)"
    where = "the sending site" if step.sender else "the receiving site, a second person"
    needs = "required" if step.needs_reason else ""
    return step.action, source, str(step.target.label), where, roles_of(step.permission), needs


def roles_of(permission: str) -> str:
    allowed = ACTIONS[permission].roles
    return ", ".join(str(role.label) for role in Role if role in allowed)


def subject_arrows() -> list[str]:
    named = [f"{state.value} : {state.label}" for state in SubjectState]
    steps = [f"{source.value} --> {target.value}" for source in SubjectState for target in following(source)]
    return [*named, f"[*] --> {SubjectState.SCREENING.value}", *steps]


def subject_rows() -> list[tuple[str, ...]]:
    return [
        (str(state.label), ", ".join(str(one.label) for one in following(state)) or "(end)")
        for state in SubjectState
    ]


def following(state: SubjectState) -> list[SubjectState]:
    """The states that a subject may take next, in the order of the enum."""
    return [target for target in SubjectState if target in SUBJECT_STEPS[state]]
