"""Where a form stands in a subject's casebook: visit, form, and the repeat of each."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.urls import reverse

from .models import LOG, Subject, Visit

if TYPE_CHECKING:
    from .registries import FormType

_PART = re.compile(r"^(?P<key>[A-Za-z0-9_+\-]+)\.(?P<repeat>[1-9][0-9]{0,3})$")


def parsed(part: str) -> tuple[str, int] | None:
    """Key and repeat of one part of an address ("IND-D8.1"); None when it is not of that form."""
    match = _PART.match(part)
    return (match["key"], int(match["repeat"])) if match else None


@dataclass(frozen=True)
class Slot:
    """The address of a form that may or may not have been entered yet."""

    subject_id: UUID
    visit_key: str
    form_key: str
    visit_repeat: int = 1
    form_repeat: int = 1

    @classmethod
    def parse(cls, subject_id: UUID, visit: str, form: str) -> "Slot | None":
        """A slot from the two parts of its URL ("IND-D8.1", "VS.1"); None when they are not of that form."""
        visit_part, form_part = parsed(visit), parsed(form)
        if visit_part is None or form_part is None:
            return None
        return cls(subject_id, visit_part[0], form_part[0], visit_part[1], form_part[1])

    @classmethod
    def of_record(cls, record: Any) -> "Slot":
        """Where a saved form stands."""
        visit = record.visit
        return cls(record.subject_id, visit.key, record.form_key, visit.repeat, record.form_repeat)

    @property
    def columns(self) -> dict[str, Any]:
        """The slot as the columns of a row that stands on it: a draft, a hold, a query."""
        return dict(vars(self))

    @property
    def continuous(self) -> bool:
        return self.visit_key == LOG

    def url(self, name: str = "form") -> str:
        return reverse(
            name,
            args=[
                self.subject_id,
                f"{self.visit_key}.{self.visit_repeat}",
                f"{self.form_key}.{self.form_repeat}",
            ],
        )

    @property
    def draft_url(self) -> str:
        return self.url("draft")

    @property
    def move_url(self) -> str:
        return self.url("form-move")

    @property
    def another_url(self) -> str:
        return self.url("form-another")

    @property
    def history_url(self) -> str:
        return self.url("form-history")


@dataclass(frozen=True)
class OpenSlot:
    """A slot with what stands in it: its subject, the kind of form, and visit and record as far as there are any."""

    slot: Slot
    subject: Subject
    kind: "FormType"
    visit: Visit | None
    record: Any
