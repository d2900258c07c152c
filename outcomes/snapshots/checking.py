"""Whether a data cut still gives what was kept: heads, files byte by byte, and where they differ line by line."""

import json
from collections.abc import Mapping
from typing import Any

from trialsite.audit.digests import broken_heads
from trialsite.release import release

from ..domain.cut_rows import KEYS, read
from ..domain.differing_lines import Line, differing_lines, differing_values
from ..models import DataCut
from ..models.snapshots import digest_of_heads
from .files import Made, content_of

MOST_LINES = 200  # of one file that are listed


def checked(cut: DataCut, made: Mapping[str, Made], most: int = MOST_LINES) -> dict[str, Any]:
    """What differs between the files of a cut and those derived anew: the `results` of a run.

    `most`: how many lines of a file are listed; others are counted."""
    files: dict[str, str] = {}
    lines: list[list[str]] = []
    left = 0
    kept = {one.name: one for one in cut.files.filter(name__in=made)}
    for name, anew in made.items():
        before = content_of(kept[name]) if name in kept else None
        files[name] = "missing" if before is None else "same" if before == anew.content else "differs"
        if before is not None and before != anew.content:
            differing = [[name, *line] for line in lines_of(name, before, anew.content)]
            lines += differing[:most]
            left += len(differing[most:])
    heads = [tuple(head) for head in cut.heads]
    broken = [list(one) for one in broken_heads(heads)]  # type: ignore[arg-type]
    if digest_of_heads(heads) != cut.heads_digest:  # type: ignore[arg-type]
        broken.append(["heads", 0])
    return {
        "release": release(),
        "heads": broken,
        "files": files,
        "lines": lines,
        "left": left,
    }


def lines_of(name: str, before: bytes, after: bytes) -> list[Line]:
    """Where two contents of a file differ: what, column or figure, was, is."""
    if name in KEYS:
        return differing_lines(read(before), read(after), KEYS[name])
    return differing_values(json.loads(before), json.loads(after))
