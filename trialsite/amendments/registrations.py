"""What other rooms read by name from the versions of protocols: how the trail speaks of them, and their dry run."""

from collections.abc import Callable, Mapping
from typing import Any

from trialsite.casebook.amended import dry_runs
from trialsite.casebook.registries import TrailWords, trail_words
from trialsite.studies.models import Activation

from .activation_lines import version_words
from .dry_run_items import dry_run_items
from .models import SeenFindings, SignOff


def showing(model: Any, *columns: str) -> Callable[[Mapping[str, Any]], set[str]]:
    """Hide everything but these columns: keys, who and when stand in the line already."""
    hidden = {field.attname for field in model._meta.concrete_fields} - set(columns)
    return lambda changes: hidden & set(changes)


def codes_words(codes: Any) -> str:
    """The names of findings, one after the other."""
    return ", ".join(codes) if isinstance(codes, list) else str(codes)


trail_words.register(
    SignOff._meta.db_table, TrailWords(hidden=showing(SignOff, "assumptions", "reference", "digest"))
)
trail_words.register(
    SeenFindings._meta.db_table,
    TrailWords(hidden=showing(SeenFindings, "codes"), values={"codes": codes_words}),
)
trail_words.register(
    Activation._meta.db_table,
    TrailWords(
        hidden=showing(Activation, "version_id", "approved_on", "reference", "in_force_from"),
        values={"version_id": version_words},
    ),
)
dry_runs.register("items", dry_run_items)
