"""Changing many tables in one step of a migration."""

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations.base import Operation


class InOneStep(Operation):
    """Several operations, none of which rests on another one's table as it was in between.

    After each single operation Django renders every model that is related to the changed one, which in a record where
    all forms stand on one subject is nearly every model: a minute for the whole house. Here they are rendered once.
    """

    reversible = True

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.__dict__.pop("apps", None)  # rendered again when the tables change
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Change tables by {len(self.operations)} operations"
