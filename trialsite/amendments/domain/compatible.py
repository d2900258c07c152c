"""What an amendment may never do: give a name that the record already uses another meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trialsite.clinical.text import Text
from trialsite.studies.domain.problems import Path, dotted
from trialsite.studies.domain.protocol import ItemPlan, Protocol, ProtocolFormPlan


@dataclass(frozen=True)
class Incompatible:
    """One thing of a new version that answers already given forbid: its path in the new file, and why."""

    at: Path
    sentence: Text

    @property
    def path(self) -> str:
        return dotted(self.at)

    def __str__(self) -> str:
        return f"{self.path}: {self.sentence}" if self.path else str(self.sentence)


def compatible(old: Protocol, new: Protocol) -> list[Incompatible]:
    """Why `new` cannot follow `old` on one record; [] when it can.

    An item keeps its type and its unit, a phase its kind; an arm does not go, since subjects stand in it. Items, forms
    and visits may go (their answers stay, no longer asked) and come back as they were.
    """
    if old.key != new.key:
        return [Incompatible(("key",), _other_trial(old, new))]
    return [Incompatible(path, text) for path, text in _found(old, new)]


def _found(old: Protocol, new: Protocol) -> Iterator[tuple[Path, Text]]:
    yield from _items(old, new)
    yield from _phases(old, new)
    for key in [arm.key for arm in old.arms if arm.key not in {one.key for one in new.arms}]:
        yield (
            ("arms",),
            Text(
                f"The arm {key} of version {old.version} is gone: subjects may stand in it. Keep it.",
                f"{old.version}版的{key}组已不存在：可能已有受试者在该组，请保留。",
            ),
        )


def _items(old: Protocol, new: Protocol) -> Iterator[tuple[Path, Text]]:
    before = {form.key: form for form in old.forms}
    for number, form in enumerate(new.forms):
        known = dict(before[form.key].every_item) if form.key in before else {}
        for path, name, item in _placed(form):
            was = known.get(name)
            for part, now, then in _differing(item, was) if was else ():
                yield ("forms", number, *path, part), _other_meaning(old, form, item, now, then)


def _placed(form: ProtocolFormPlan) -> Iterator[tuple[Path, str, ItemPlan]]:
    """Each item of a form, its lines too: where it stands in the file, its name on the form."""
    for place, item in enumerate(form.items):
        yield ("items", place), item.key, item
    for number, group in enumerate(form.groups):
        for place, item in enumerate(group.items):
            yield ("groups", number, "items", place), f"{group.key}.{item.key}", item


def _differing(item: ItemPlan, was: ItemPlan) -> Iterator[tuple[str, str, str]]:
    """Type, unit and analyte of an item, where they are others than before."""
    if item.type != was.type:
        yield "type", item.type, was.type
    if item.unit != was.unit:
        yield "unit", item.unit or "—", was.unit or "—"
    if item.analyte != was.analyte:
        yield "analyte", item.analyte or "—", was.analyte or "—"


def _phases(old: Protocol, new: Protocol) -> Iterator[tuple[Path, Text]]:
    kinds = {phase.key: phase.kind for phase in old.phases}
    for number, phase in enumerate(new.phases):
        was = kinds.get(phase.key, phase.kind)
        if phase.kind != was:
            yield (
                ("phases", number, "kind"),
                Text(
                    f"The phase {phase.key} is {was} in version {old.version} and {phase.kind} here:"
                    " give the new phase another key.",
                    f"阶段{phase.key}在{old.version}版中为{was}，此处为{phase.kind}：请为新阶段另取键名。",
                ),
            )


def _other_trial(old: Protocol, new: Protocol) -> Text:
    return Text(
        f"{new.key} is another trial than {old.key}: a version follows one of its own trial.",
        f"{new.key}与{old.key}不是同一试验：新版本只能接续本试验的版本。",
    )


def _other_meaning(old: Protocol, form: ProtocolFormPlan, item: ItemPlan, now: str, then: str) -> Text:
    return Text(
        f"{form.key}.{item.key} is {then} in version {old.version} and {now} here: answers would change their"
        " meaning. Give the new item another key.",
        f"{form.key}.{item.key}在{old.version}版中为{then}，此处为{now}：已有答案的含义将改变。请为新项目另取键名。",
    )
