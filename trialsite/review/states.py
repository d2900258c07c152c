"""The lifecycle of a query as one table: state → action → next state, with the roles that may take it."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class QueryState(models.TextChoices):
    """Where a query stands."""

    CANDIDATE = "candidate", _("Candidate")
    OPEN = "open", _("Open")
    ANSWERED = "answered", _("Answered")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")


S = QueryState
STANDING = (S.CANDIDATE, S.OPEN, S.ANSWERED, S.RESOLVED)  # somebody still has something to do


@dataclass(frozen=True)
class QueryStep:
    """One allowed step. An empty permission is the system's own step, taken with a correction."""

    action: str
    source: QueryState | None
    target: QueryState
    permission: str
    label: Any
    needs_text: bool = False


QUERY_STEPS: tuple[QueryStep, ...] = (
    QueryStep("propose", None, S.CANDIDATE, "query.open", _("Propose"), needs_text=True),
    QueryStep("open", None, S.OPEN, "query.open", _("Ask"), needs_text=True),
    QueryStep("release", S.CANDIDATE, S.OPEN, "query.close", _("Send to the site")),
    QueryStep("cancel", S.CANDIDATE, S.CANCELLED, "query.close", _("Cancel the query"), needs_text=True),
    QueryStep("answer", S.OPEN, S.ANSWERED, "query.answer", _("Answer"), needs_text=True),
    QueryStep("resolve", S.OPEN, S.RESOLVED, "", _("Resolved by a correction")),
    QueryStep("resolve", S.ANSWERED, S.RESOLVED, "", _("Resolved by a correction")),
    QueryStep("resolve", S.CANDIDATE, S.CANCELLED, "", _("Resolved by a correction")),
    QueryStep("cancel", S.OPEN, S.CANCELLED, "query.close", _("Cancel the query"), needs_text=True),
    QueryStep("ask_again", S.ANSWERED, S.OPEN, "query.open", _("Ask again"), needs_text=True),
    QueryStep("ask_again", S.RESOLVED, S.OPEN, "query.open", _("Ask again"), needs_text=True),
    QueryStep("close", S.ANSWERED, S.CLOSED, "query.close", _("Close the query")),
    QueryStep("close", S.RESOLVED, S.CLOSED, "query.close", _("Close the query")),
    QueryStep("reopen", S.CLOSED, S.OPEN, "query.open", _("Open again"), needs_text=True),
)
ACTION_LABELS = list({step.action: (step.action, step.label) for step in QUERY_STEPS}.values())
_BY_STEP = {(step.source, step.action): step for step in QUERY_STEPS}


def query_step(source: QueryState | str | None, action: str) -> QueryStep | None:
    """The step that `action` takes from `source`, or None when the table does not allow it."""
    return _BY_STEP.get((QueryState(source) if source else None, action))
