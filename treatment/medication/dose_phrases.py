"""The dose of a concomitant medicine in words: "200 mg × 2 a day, by mouth"."""

from django.utils.translation import gettext as _

from trialsite.casebook.values import trimmed
from trialsite.listing import listed

from ..models import ConcomitantMedication


def medication_dose(record: ConcomitantMedication) -> str:
    """Number, unit and frequency where they were entered, then the route and what was said in words."""
    parts = []
    if record.amount is not None:
        amount = f"{trimmed(record.amount)} {record.get_unit_display()}".strip()
        often = record.per_day
        parts.append(
            amount if often is None else _("%(dose)s × %(n)s a day") % {"dose": amount, "n": trimmed(often)}
        )
    parts += [str(record.get_route_display()) if record.route else "", record.dose]
    return listed(part for part in parts if part)
