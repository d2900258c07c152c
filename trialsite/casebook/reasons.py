"""Why the record changes: one code from a list, and words where they add to it; the trail keeps both as one text."""

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .errors import CheckFailed


class ChangeReason(models.TextChoices):
    """Why a submitted form changes."""

    TYPING = "typing error", gettext_lazy("Typing error")
    SOURCE = "source corrected", gettext_lazy("The source was corrected")
    NEW = "new information", gettext_lazy("New information")
    QUERY = "answer to a query", gettext_lazy("Answer to a query")
    OTHER = "other", gettext_lazy("Other: say what")


class MoveReason(models.TextChoices):
    """Why a form stood with the wrong subject."""

    CHOSEN = "wrong subject chosen", gettext_lazy("The wrong subject was chosen at entry")
    NAMESAKE = "subjects confused", gettext_lazy("Two subjects were confused (similar name or number)")
    LABEL = "source mixed up", gettext_lazy("A report or a sample was labelled wrongly")
    OTHER = "other", gettext_lazy("Other: say what")


LISTS: tuple[type[models.TextChoices], ...] = (ChangeReason, MoveReason)


def joined(code: str, text: str) -> str:
    """Code and words as the trail keeps them: the words alone where the code is "other"."""
    text = text.strip()
    if code == "other":
        return text
    return f"{code}: {text}" if text else code


def split(reason: str) -> tuple[str, str]:
    """The code and the words of a reason; words without a code have the code "other"."""
    for code in codes():
        if reason == code:
            return code, ""
        if reason.startswith(f"{code}: "):
            return code, reason.removeprefix(f"{code}: ")
    return ("other", reason) if reason else ("", "")


def codes() -> dict[str, str]:
    """Every code but "other" with its words in the reader's language."""
    return {one.value: str(one.label) for kind in LISTS for one in kind if one.value != "other"}


def in_words(reason: str) -> str:
    """A reason of the trail in the reader's language; somebody's own words as they were written."""
    code, text = split(reason)
    return ": ".join(filter(None, (codes().get(code, ""), text)))


def refuse_unclear_move(code: str, text: str) -> None:
    """A move has one reason from the list; "other" needs words."""
    if code not in MoveReason.values:
        raise CheckFailed({"why": _("Choose why the form stood with the wrong subject.")})
    if code == MoveReason.OTHER and not text.strip():
        raise CheckFailed({"text": _("Say in your words why.")})
