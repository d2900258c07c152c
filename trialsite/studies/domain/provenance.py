"""Where every value of a protocol comes from, and which ones the sponsor still has to sign off.

An item (a mapping) carries `source` and `cite` for everything in it; its `sources` names keys that differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trialsite.studies.domain.problems import Path, dotted
from trialsite.studies.domain.values import Document, Text, text_of

TO_SIGN = ("assumption", "general-knowledge")
IDENTITY = ("key", "version")
OWN = ("source", "cite", "sources")
LABELS = ("name", "title", "text", "label")


@dataclass(frozen=True)
class Mark:
    """The source of one item or value: where it stands, what it is called, what it rests on."""

    path: str
    source: str
    cite: str
    label: Text

    @property
    def needs_signature(self) -> bool:
        """Whether the sponsor has to confirm it: assumptions and general knowledge."""
        return self.source in TO_SIGN


def marks(document: Document) -> tuple[Mark, ...]:
    """Every source given in the document, in its order: one mark per item, one more per key that differs."""
    return tuple(_walk(document, (), Text("Protocol", "方案")))


def to_sign(document: Document) -> tuple[Mark, ...]:
    """What neither a registration nor a published source gives: shown on screens, signed by the sponsor."""
    return tuple(mark for mark in marks(document) if mark.needs_signature)


def uncovered(document: Document) -> tuple[str, ...]:
    """Paths of values that nothing gives a source for; empty in a complete file."""
    return tuple(dotted(path) for path in _bare(document, ()) if path[0] not in IDENTITY)


def _walk(value: Any, path: Path, above: Text) -> Iterator[Mark]:
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _walk(one, (*path, index), above)
    elif isinstance(value, dict):
        label = _label(value, path, above)
        if "source" in value:
            yield Mark(dotted(path), value["source"], value["cite"], label)
        for key, origin in value.get("sources", {}).items():
            own = Text(f"{label.en}: {_words(key)}", f"{label.zh}: {_words(key)}")
            yield Mark(dotted((*path, key)), origin["source"], origin["cite"], own)
        for key, one in value.items():
            if key not in OWN:
                yield from _walk(one, (*path, key), label)


def _label(item: Document, path: Path, above: Text) -> Text:
    for name in LABELS:
        text = item.get(name)
        if isinstance(text, dict) and "en" in text and "zh" in text:
            return text_of(text)
    if named := item.get("method") or item.get("id"):
        return Text(str(named), str(named))
    steps = [step for step in path if isinstance(step, str)]
    if len(path) == 1 and steps:
        return Text(_words(steps[0]).capitalize(), _words(steps[0]))
    return above


def _words(key: str) -> str:
    return key.replace("_", " ")


def _bare(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, dict):
        if "source" in value:
            return
        for key, one in value.items():
            yield from _bare(one, (*path, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _bare(one, (*path, index))
    elif path and value is not None:
        yield path
