"""The schedule of a protocol: visits from their anchors, with the forms at each."""

from __future__ import annotations

from dataclasses import dataclass

from trialsite.studies.domain.values import Document, Rule, Text, text_of, text_or_none


@dataclass(frozen=True)
class VisitForm:
    """A form at a visit: required, or filled in when clinically indicated."""

    form: str
    required: bool


@dataclass(frozen=True)
class Repeat:
    """The visit comes `count` times in all, the first at the visit's own offset, then every so many days or
    months.
    """

    count: int
    every_days: int | None = None
    every_months: int | None = None


@dataclass(frozen=True)
class VisitPlan:
    """One visit (or series): target = anchor + offset, window `before_days` before to `after_days` after.

    anchor: a name of `vocabulary.ANCHORS`, or one that names a phase (`vocabulary.PHASE_ANCHORS`: its day 1, its last
    day, the actual end of its infusion; `DAY_ANCHORS`: a cumulative day of its infusion). Exactly one of
    offset_days and offset_months is given; months are calendar months. arms: () for every arm. when: the rule
    under which the visit is planned (None: always). only_after_treatment: not planned while its target lies
    before the end of protocol treatment. until: an anchor; visits whose target lies on or after it are not
    planned.
    """

    key: str
    name: Text
    anchor: str
    offset_days: int | None
    offset_months: int | None
    before_days: int
    after_days: int
    phase: str | None
    arms: tuple[str, ...]
    when: Rule | None
    repeat: Repeat | None
    only_after_treatment: bool
    until: str | None
    forms: tuple[VisitForm, ...]
    note: Text | None
    source: str
    cite: str

    @property
    def assesses_disease(self) -> bool:
        """Whether an adequate disease assessment is due: a marrow, or blood count with examination and statement."""
        required = {one.form for one in self.forms if one.required}
        return "BM" in required or {"HEM", "SUR"} <= required

    @classmethod
    def of(cls, document: Document) -> VisitPlan:
        repeat = document.get("repeat")
        required = [VisitForm(form, True) for form in document.get("required", [])]
        optional = [VisitForm(form, False) for form in document.get("optional", [])]
        return cls(
            key=document["key"],
            name=text_of(document["name"]),
            anchor=document["anchor"],
            offset_days=document.get("offset_days"),
            offset_months=document.get("offset_months"),
            before_days=document["before_days"],
            after_days=document["after_days"],
            phase=document.get("phase"),
            arms=tuple(document.get("arms", [])),
            when=document.get("when"),
            repeat=None if repeat is None else Repeat(**repeat),
            only_after_treatment=document.get("only_after_treatment", False),
            until=document.get("until"),
            forms=(*required, *optional),
            note=text_or_none(document.get("note")),
            source=document["source"],
            cite=document["cite"],
        )
