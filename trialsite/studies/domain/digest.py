"""The digest that identifies a protocol version."""

from __future__ import annotations

import hashlib
import json

from trialsite.studies.domain.values import Document


def canonical(document: Document) -> str:
    """The document as JSON in one fixed way: keys sorted, no spaces, UTF-8 characters as they are."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(document: Document) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal: the same for the same content whatever its layout in
    YAML.
    """
    return hashlib.sha256(canonical(document).encode("utf-8")).hexdigest()
