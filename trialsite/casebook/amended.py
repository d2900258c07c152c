"""What a protocol version would change for a subject, as each room tells it: the lines of a dry run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from .registries import Registry

if TYPE_CHECKING:
    from trialsite.studies.models import ProtocolVersion

    from .models import Subject


class ChangeKind(models.TextChoices):
    """What kind of thing changes, in the order of a dry run."""

    CRITERION = "criterion", _("Eligibility criterion")
    CONFIRMATION = "confirmation", _("Confirmed eligibility to sign again")
    VISIT_ADDED = "visit_added", _("Visit added")
    VISIT_MOVED = "visit_moved", _("Visit moved")
    VISIT_DROPPED = "visit_dropped", _("Visit dropped")
    FORMS = "forms", _("Forms of a visit")
    DOSE = "dose", _("Dose of a cycle not begun")
    ITEM_RETIRED = "item_retired", _("Answers no longer asked for")
    ITEM_ADDED = "item_added", _("Item or form added")
    VERIFICATION = "verification", _("Items to verify")


@dataclass(frozen=True)
class SubjectChange:
    """One thing that changes for one subject: what it is (`key` in the protocol, `what` in words), before and after."""

    kind: ChangeKind
    key: str
    what: str
    before: str = ""
    after: str = ""


Changes = Mapping[UUID, Sequence[SubjectChange]]
# Subjects of one version, and the version they would go to → what changes for each. Nothing is written; the number of
# queries does not grow with the subjects.
dry_runs: "Registry[Callable[[Sequence[Subject], ProtocolVersion], Changes]]" = Registry("dry run")
