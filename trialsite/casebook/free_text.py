"""Free text holds no identity: names and numbers of persons stand apart from the record."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from trialsite.clinical.identifiers import EMAIL, MOBILE, RESIDENT_ID, identifiers_in
from trialsite.listing import listed

from .errors import CheckFailed


def refuse_identifiers(texts: Mapping[str, Any]) -> None:
    """Refuse texts (item → text) in which an identifier of a person stands; CheckFailed says which and why."""
    wrong = {item: sentence for item, text in texts.items() if (sentence := identifier_sentence(text))}
    if wrong:
        raise CheckFailed(wrong)


def texts_of(values: Mapping[str, Any], rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Every text of a form and its lines, by its address: "comment", or "results.2.comment"."""
    texts = {item: value for item, value in values.items() if isinstance(value, str)}
    for kind, lines in rows.items():
        for number, line in enumerate(lines):
            texts |= {
                f"{kind}.{number}.{item}": value for item, value in line.items() if isinstance(value, str)
            }
    return texts


def identifier_sentence(text: Any) -> str:
    """What was found in a text and why it may not stand there; "" when nothing was."""
    found = identifiers_in(text) if isinstance(text, str) else []
    if not found:
        return ""
    kinds = {
        RESIDENT_ID: _("a resident identity number"),
        MOBILE: _("a mobile telephone number"),
        EMAIL: _("an e-mail address"),
    }
    named = listed(f"{kinds[each.kind]} (…{each.ending})" for each in found)
    return _(
        "This text holds %(found)s. The record tells nobody who a subject is: take it out, and write it, "
        "where it is needed, with the identity of the person."
    ) % {"found": named}
