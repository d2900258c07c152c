"""Pages of cytokine release and neurotoxicity."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.forms import CasebookForm, Section

from ..models import CytokineRelease, IceScore

ICE_ITEMS = (
    "year",
    "month",
    "city",
    "hospital",
    "orientation",
    "naming",
    "command",
    "writing",
    "attention",
)


class CytokineReleaseForm(CasebookForm):
    """Device and vasopressors are asked for; the coarser answers of earlier records are offered where they stand."""

    model = CytokineRelease
    sections = (
        Section(_("Day"), "performed_on", "temperature", "other_cause", "anticytokine"),
        Section(_("Circulation"), "hypotension", "vasopressor", "second_vasopressor", "vasopressin"),
        Section(_("Breathing"), "oxygen", "oxygen_flow", "fio2_pct"),
        Section(
            _("Grade and treatment"),
            "fatal",
            "ctcae_grade",
            "ctcae_reason",
            "tocilizumab",
            "steroid",
            "comment",
        ),
    )
    earlier_answers = {
        "hypotension": {"ONE_PRESSOR", "PRESSORS"},
        "oxygen": {"LOW_FLOW", "HIGH_FLOW", "PRESSURE"},
    }

    def for_subject(self, subject: Any, record: Any) -> None:
        for item, codes in self.earlier_answers.items():
            unoffered = codes - {getattr(record, item, "")}
            field: Any = self.fields[item]
            field.choices = [(code, label) for code, label in field.choices if code not in unoffered]


class IceScoreForm(CasebookForm):
    """The calculator: a small script adds up what is chosen; the score itself is computed from the saved answers."""

    model = IceScore
    sections = (
        Section(
            _("ICE"),
            "performed_on",
            *ICE_ITEMS,
        ),
        Section(_("Other domains"), "consciousness", "sedated", "seizure", "motor_weakness", "oedema"),
        Section(_("What is no part of ICANS"), "tremor", "haemorrhage", "other_cause"),
        Section(_("Grade"), "fatal", "ctcae_grade", "comment"),
    )

    class Media:
        js = ("house/ice.js",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for item in ICE_ITEMS:
            self.fields[item].widget.attrs["data-ice"] = item
        self.fields["attention"].widget.attrs |= {
            "data-ice-words": _("ICE score: {n} of 10"),
            "data-ice-open": _("ICE score: not all items are answered yet"),
        }
