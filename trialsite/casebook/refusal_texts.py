"""Sentences that are translated by value when they are shown, listed here so that translators find them.

The clinical rules know nothing of Django: a Refusal carries an English template, and `formfields.sentence` translates
it. A step of a form is named by its code in the sentence that refuses it (`services.allowed_step`).
"""

from django.utils.translation import gettext_noop

REFUSALS: tuple[str, ...] = (
    gettext_noop("“{analyte}” has no entry in the unit table."),
    gettext_noop("{analyte} is not accepted in “{unit}”. Accepted: {accepted}."),
    gettext_noop("Enter a number such as 5.2 or <0.1, or say why there is no result."),
    gettext_noop(
        "“{text}” contains a comma, which could mark thousands or decimals. "
        "Write thousands without a mark (1234) and decimals with a point (1.234)."
    ),
    gettext_noop(
        "“{text}” is not a number. Enter a number such as 5.2, with <, ≤, > or ≥ before it if the "
        "laboratory reports a limit (<0.1)."
    ),
    gettext_noop("“{text}” has more than {digits} digits. Enter the result with at most {digits} digits."),
    gettext_noop("“{text}” is not a date: {month} has {days} days."),
    gettext_noop(
        "“{text}” is not a date. Enter year, month and day as 2026-03-05; "
        "if the day is unknown 2026-03, if the month is unknown 2026."
    ),
    gettext_noop("“{text}” is not a date of this trial: the year must lie between {first} and {last}."),
    gettext_noop(
        "“{text}” has a day without a month. If the month is unknown, enter the year alone ({year})."
    ),
    gettext_noop("“{text}” is not a date: the month must be 01 to 12."),
    gettext_noop("“{text}” is not a date: “{part}” is neither a number nor UN for unknown."),
)

STEPS: tuple[str, ...] = (
    gettext_noop("submit"),
    gettext_noop("correct"),
    gettext_noop("void"),
)
