"""Reads a protocol file: YAML in, a plain document with the line of every value out.

The document holds only what JSON holds, so that the same object is stored in the database and hashed:
texts, whole numbers, true/false, null, lists and mappings. Decimals and dates are texts. YAML's other
readings (`no` as false, `1:30` as ninety, `010` as eight, `.5` as a binary fraction) are not taken over:
they change values silently.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import yaml

from trialsite.studies.domain.problems import Path, ProtocolProblem, dotted
from trialsite.studies.domain.schema import shape_problems

Document = dict[str, Any]

WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)\Z")
BROKEN_NUMBER = re.compile(r"[-+]?(\d[\d_]*\.\d*|\.\d+|\d+)([eE][-+]?\d+)?\Z")
# libyaml where PyYAML was built with it: the same nodes and lines, ten times as fast.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
YAML_HINT = 'Put operators (">=") and texts with a colon in quotes; indent with spaces, never tabs.'
DEEPEST = 60  # the composer recurses: without a limit, brackets alone end the process
MOST_VALUES = 100_000  # of one file; aliases that multiply each other end here
CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True)
class Reading:
    """What was read from one file: the document, the line of every path, and every problem met on the way."""

    file: str
    document: Document
    lines: dict[Path, int] = field(repr=False)
    problems: tuple[ProtocolProblem, ...]

    def line_of(self, path: Path) -> int:
        """The line of a path, or of its nearest ancestor that stands in the file; 1 for the document
        itself.
        """
        for length in range(len(path), -1, -1):
            if (line := self.lines.get(path[:length])) is not None:
                return line
        return 1

    def problem(self, path: Path, sentence: str) -> ProtocolProblem:
        """The problem at a path of this file, with its line."""
        return ProtocolProblem(self.file, self.line_of(path), dotted(path), sentence)


class _TooLarge(Exception):
    """The file holds more values than any protocol."""


class _Walk:
    """Turns YAML nodes into plain values, noting lines and problems; one per file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.problems: list[ProtocolProblem] = []
        self.open: list[int] = []
        self.count = 0

    def refuse(self, node: yaml.Node, path: Path, sentence: str) -> None:
        line = node.start_mark.line + 1
        self.problems.append(ProtocolProblem(self.file, line, dotted(path), sentence))

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        self.count += 1
        if self.count > MOST_VALUES:
            raise _TooLarge
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, path)
        if id(node) in self.open:
            self.refuse(node, path, "This alias contains itself; write the value out instead.")
            return None
        self.open.append(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]
            return self.mapping(node, path)
        finally:
            self.open.pop()

    def mapping(self, node: yaml.Node, path: Path) -> Document:
        found: Document = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is None or key == "<<":
                self.refuse(
                    key_node, path, "A key is a plain word; lists, mappings and `<<` are not accepted."
                )
                continue
            here = (*path, key)
            if key in found:
                first = self.lines[here]
                self.refuse(
                    key_node, here, f"The key {key} stands here twice (first on line {first}); keep one."
                )
                continue
            self.lines[here] = key_node.start_mark.line + 1
            found[key] = self.value(value_node, here)
        return found

    def scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        text: str = node.value
        if node.style:
            return text
        if text in CONSTANTS:
            return CONSTANTS[text]
        if WHOLE_NUMBER.match(text):
            return int(text)
        if BROKEN_NUMBER.match(text) and not text.isdigit():
            self.refuse(node, path, f'A decimal is written in quotes, so that it stays exact: "{text}".')
        return text


def read_text(text: str, file: str) -> Reading:
    """Reads the text of a protocol file and checks its shape against the schema.

    file: the name used in problems. Every problem is collected: syntax, duplicate keys, bare decimals, shape.
    The cross-references are checked by `trialsite.studies.domain.check`.
    """
    try:
        if line := too_deep(text):
            sentence = (
                f"Lists and mappings stand in each other here more than {DEEPEST} deep; no protocol does."
            )
            return Reading(file, {}, {}, (ProtocolProblem(file, line, "", sentence),))
        nodes = list(yaml.compose_all(text, Loader=LOADER))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        sentence = f"This is not readable YAML: {error.problem or error.context}. {YAML_HINT}"
        return Reading(file, {}, {}, (ProtocolProblem(file, line, "", sentence),))
    except yaml.YAMLError as error:
        return Reading(
            file, {}, {}, (ProtocolProblem(file, 0, "", f"This is not readable YAML: {error}. {YAML_HINT}"),)
        )
    if len(nodes) != 1 or not isinstance(nodes[0], yaml.MappingNode):
        sentence = "A protocol file is one YAML document, a mapping that starts with `key:` and `version:`."
        return Reading(file, {}, {}, (ProtocolProblem(file, 1, "", sentence),))
    walk = _Walk(file)
    try:
        document: Document = walk.value(nodes[0], ())
    except _TooLarge:
        sentence = f"The file holds more than {MOST_VALUES} values; aliases count each time they are used."
        return Reading(file, {}, {}, (ProtocolProblem(file, 1, "", sentence),))
    reading = Reading(file, document, walk.lines, ())
    shape = [reading.problem(path, sentence) for path, sentence in shape_problems(document)]
    return Reading(file, document, walk.lines, ordered([*walk.problems, *shape]))


def too_deep(text: str) -> int:
    """The line at which lists and mappings stand in each other too deep; 0 where they do not."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                return event.start_mark.line + 1 if event.start_mark else 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return 0


def read_file(path: FilePath) -> Reading:
    """Reads a protocol file from disk (UTF-8); see `read_text`."""
    file = str(path)
    try:
        return read_text(path.read_text(encoding="utf-8"), file)
    except UnicodeDecodeError:
        sentence = "The file is not UTF-8; save it as UTF-8."
    except OSError as error:
        sentence = f"The file cannot be read: {error.strerror}."
    return Reading(file, {}, {}, (ProtocolProblem(file, 0, "", sentence),))


def ordered(problems: Sequence[ProtocolProblem]) -> tuple[ProtocolProblem, ...]:
    """Problems in the order of the file, each once."""
    return tuple(sorted(set(problems)))
