"""Columns that many forms share: a question with yes, no or no answer yet; a code from a list."""

from typing import Any

from django.db import models


def question(label: Any, help_text: Any = "") -> models.BooleanField:
    """A yes-or-no question; None is unanswered, never no."""
    return models.BooleanField(label, null=True, blank=True, help_text=help_text)


def choice(label: Any, choices: Any, help_text: Any = "") -> models.CharField:
    """A code from a list; empty is unanswered."""
    return models.CharField(
        label, max_length=30, choices=choices, blank=True, default="", help_text=help_text
    )
