"""Columns that many forms have: yes/no/unknown answers, coded choices, percentages, scores."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


def yes_no(label: Any, help_text: Any = "") -> models.BooleanField:
    """A question answered yes or no; empty is unknown and never no."""
    return models.BooleanField(label, null=True, blank=True, help_text=help_text)


def code(label: Any, choices: Any, help_text: Any = "") -> models.CharField:
    """One code of a list."""
    return models.CharField(
        label, max_length=30, choices=choices, blank=True, default="", help_text=help_text
    )


def percentage(label: Any, help_text: Any = "", highest: int = 100, lowest: int = 0) -> models.DecimalField:
    """A share or percent of predicted, exact, one decimal; above `highest` it is a slip of the key."""
    return models.DecimalField(
        label,
        max_digits=5,
        decimal_places=1,
        null=True,
        blank=True,
        help_text=help_text,
        validators=[MinValueValidator(lowest), MaxValueValidator(highest)],
    )


def amount(label: Any, help_text: Any = "", highest: int = 99999) -> models.DecimalField:
    """A measured amount, exact, up to two decimals; above `highest` it is a slip of the key."""
    return models.DecimalField(
        label,
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=help_text,
        validators=[MinValueValidator(0), MaxValueValidator(highest)],
    )


def score(label: Any, highest: int, help_text: Any = "", lowest: int = 0) -> models.PositiveSmallIntegerField:
    """A whole number from 0 to `highest`."""
    return models.PositiveSmallIntegerField(
        label,
        null=True,
        blank=True,
        help_text=help_text,
        validators=[MinValueValidator(lowest), MaxValueValidator(highest)],
    )


def judged(label: Any, choices: Any, help_text: Any = "") -> models.PositiveSmallIntegerField:
    """A score that somebody judges, each number with its words."""
    return models.PositiveSmallIntegerField(
        label, null=True, blank=True, choices=choices, help_text=help_text
    )


def words(label: Any, help_text: Any = "", length: int = 300) -> models.CharField:
    """A short text."""
    return models.CharField(label, max_length=length, blank=True, default="", help_text=help_text)


class DataSource(models.TextChoices):
    """From whom the site knows it."""

    OWN = "OWN", _("Our own records")
    LETTER = "LETTER", _("Discharge letter of another hospital")
    PHONE = "PHONE", _("Telephone")


def data_source() -> models.CharField:
    """From whom the site knows what it enters of a treatment elsewhere; empty: its own records."""
    return code(_("Source of this information"), DataSource, _("empty: our own records"))
