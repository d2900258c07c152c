"""A page and a program at the same form: what each sends, and what each is told."""

import html
import re
from typing import Any

from django.test import Client

from trialsite.casebook.slots import Slot

ERRORS = re.compile(r'<div class="field-errors" id="id_([^"]+)_error">(.*?)</div>', re.DOTALL)
SENTENCE = re.compile(r"<span>(.*?)</span>", re.DOTALL)
VITALS = {"performed_on": "2026-01-06", "weight": "70", "weight_unit": "kg", "ecog": "1"}


def api(slot: Slot) -> str:
    """The address of a slot in the API."""
    return f"/api/v1{slot.url()}"


def put(client: Client, slot: Slot, fields: dict[str, Any], **told: Any) -> Any:
    """Submit or correct a form by the API."""
    return client.put(api(slot), {"fields": fields, **told}, content_type="application/json")


def sentences_on(page: str) -> dict[str, list[str]]:
    """Field → the sentences beside it, as a page shows them."""
    return {
        name: [html.unescape(sentence) for sentence in SENTENCE.findall(box)]
        for name, box in ERRORS.findall(page)
    }
