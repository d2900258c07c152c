"""Write docs/protocol-vocabulary.md from the registered names, so that the page cannot differ from the code."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import translation

from trialsite.casebook.protocol_vocabulary import Cell, Table, tables

PLACE = Path("docs") / "protocol-vocabulary.md"


class Command(BaseCommand):
    help = "Writes docs/protocol-vocabulary.md: every fact, form, anchor, event and set that a protocol file may name."

    def handle(self, *args: Any, **options: Any) -> None:
        (settings.BASE_DIR / PLACE).write_text(page(), encoding="utf-8")
        self.stdout.write(f"{PLACE} is written.")


def page() -> str:
    """The page as it should stand in docs/."""
    with translation.override("en"):
        parts = [
            "# Vocabulary of protocol files",
            "Generated from the code by `manage.py draw_vocabulary`. Do not edit. How a file is written:"
            " [write a protocol](how-to/write-a-protocol.md). The system shows the same at `/protocols/vocabulary/`.",
            *(part_of(one) for one in tables()),
        ]
    return "\n\n".join(parts) + "\n"


def part_of(table: Table) -> str:
    """Heading, lead and table."""
    lines = [
        table.head,
        ["---" for _ in table.head],
        *([written(cell) for cell in row] for row in table.rows),
    ]
    return f"## {table.title}\n\n{table.lead}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def written(cell: Cell) -> str:
    text = str(cell.text).replace("|", "\\|")
    return f"`{text}`" if cell.code and text else text
