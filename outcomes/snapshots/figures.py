"""The figures of a data cut as JSON: every endpoint of the study, pooled, and by arm in a file of its own."""

import json
from collections.abc import Sequence
from typing import Any

from trialsite.studies.domain.protocol import Protocol

from ..domain.intervals import Estimate
from ..figures import Counted, Figure, Group, figure


def figures_of(protocol: Protocol, rows: Sequence[Counted], by_arm: bool) -> dict[str, Any]:
    """Endpoint → its figures; times in days, shares as fractions."""
    return {plan.key: figure_of(figure(plan, rows, by_arm)) for plan in protocol.analyses}


def figure_of(shown: Figure) -> dict[str, Any]:
    return {
        "kind": shown.plan.kind,
        "role": shown.plan.role,
        "analysis_set": shown.plan.analysis_set,
        "uncounted": shown.uncounted,
        "events_by_type": dict(sorted(shown.by_type.items())),
        "groups": [group_of(shown, group) for group in shown.groups],
    }


def group_of(shown: Figure, group: Group) -> dict[str, Any]:
    """One curve or proportion: of an arm, or of all together ("")."""
    told: dict[str, Any] = {
        "arm": group.arm,
        "n": group.n,
        "events": group.count(1),
        "competing": group.n - group.count(0) - group.count(1),
    }
    if not shown.timed:
        return told | {"proportion": estimate_of(shown.proportion(group).estimate)}
    return told | {
        "landmark_days": shown.landmark_days,
        "at_landmark": estimate_of(shown.landmark(group)) if group.n else None,
        "at_risk": shown.landmark_at_risk(group) if group.n else 0,
        "median_days": estimate_of(shown.median(group)) if group.n else None,
    }


def estimate_of(found: Estimate | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"value": found.value, "se": found.se, "lower": found.lower, "upper": found.upper}


def as_json(content: Any) -> bytes:
    """JSON whose bytes depend on its content alone."""
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
