"""What of a transplantation or cell therapy elsewhere is in the casebook, and what is still asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from assessments.models import AcuteGvhd, Chimerism, Engraftment, MarrowAssessment
from trialsite.casebook.models import CasebookRecord, Subject
from trialsite.casebook.registries import follow_up_ends, forms
from trialsite.casebook.selectors import standing_records

from ..domain.referral import (
    D28,
    D100,
    Asked,
    Kind,
    Sent,
    State,
    Told,
    Wanted,
    asked_for,
    counts_for,
    next_due,
    open_still,
    waits_for_letter,
)
from ..models import BCellAplasia, CellTherapy, OpenReferral, Referral, Transplant
from ..models.cells import CellStep

GRAFT_ITEMS = ("donor", "graft_source", "cd34")
PRODUCT_ITEMS = ("product", "dose")
# The form in which a thing is entered, by what is referred for.
FORM_OF = {
    Kind.HSCT: {Wanted.DAY0: "HSCT", Wanted.GRAFT: "HSCT", Wanted.D28: "ENG", Wanted.D100: "AGV"},
    Kind.CAR_T: {Wanted.DAY0: "CAR", Wanted.GRAFT: "CAR", Wanted.D28: "BM", Wanted.D100: "BCA"},
}

ANSWERS = (Transplant, CellTherapy, Engraftment, Chimerism, AcuteGvhd, MarrowAssessment, BCellAplasia)
Held = Mapping[
    type[CasebookRecord], Mapping[UUID, Sequence[Any]]
]  # the forms that answer, by model and subject


@dataclass(frozen=True)
class Standing:
    """A referral, the form that tells its day 0 where there is one, and what is asked for."""

    referral: Referral
    day0_form: Any
    things: tuple[Asked, ...]

    @property
    def day0_on(self) -> date | None:
        """Day 0, once a form tells it."""
        return self.day0_form.performed_on if self.day0_form else None

    @property
    def open(self) -> bool:
        return open_still(self.things)

    def waits_for_letter(self, on: date) -> bool:
        """Whether what was done elsewhere on a day is still to be told."""
        return self.day0_on is not None and waits_for_letter(self.things, self.day0_on, on)

    def form_of(self, what: Wanted, lacks: Sequence[str] = ()) -> str:
        """The key of the form in which something is entered: of what lacks the first that is a form."""
        own = FORM_OF[Kind(self.referral.kind)][what]
        return next((key for key in lacks if key in forms), own)


def referrals_of(subject: Subject, today: date) -> list[Standing]:
    """How each referral of a subject stands on a day, the earliest first."""
    return referrals_among({subject.pk: today}).get(subject.pk, [])


def referrals_among(days: Mapping[UUID, date]) -> dict[UUID, list[Standing]]:
    """The same for several subjects, each on a day of its site; the number of queries does not grow with them."""
    sent = standing_records(Referral, list(days))
    found = {subject: [one for one in sent[subject] if one.performed_on] for subject in days}
    referred = [subject for subject, referrals in found.items() if referrals]
    if not referred:
        return {}
    held: Held = {model: standing_records(model, referred) for model in ANSWERS}
    ends = follow_up_ends(referred)
    return {
        subject: [standing(one, ends.get(subject), days[subject], held) for one in found[subject]]
        for subject in referred
    }


def standing(one: Referral, follow_up_ended: date | None, today: date, held: Held) -> Standing:
    assert one.performed_on is not None
    sent = Sent(Kind(one.kind), one.performed_on, one.planned_on, one.called_off_on, follow_up_ended)
    form = day0_of(one, held)
    return Standing(one, form, asked_for(sent, told(one, form, held), today))


def day0_of(one: Referral, held: Held) -> Transplant | CellTherapy | None:
    """The form of day 0 that came after the referral."""
    assert one.performed_on is not None
    model: Any = Transplant if one.kind == Kind.HSCT else CellTherapy
    for form in held[model][one.subject_id]:
        infused = model is Transplant or form.step == CellStep.INFUSION
        if infused and form.performed_on and form.performed_on >= one.performed_on:
            return form  # type: ignore[no-any-return]
    return None


def told(one: Referral, form: Any, held: Held) -> Told:
    """What the casebook holds of it, and what lacks: items of the form of day 0 and kinds of forms."""
    if form is None:
        return Told(None, {})
    items = GRAFT_ITEMS if one.kind == Kind.HSCT else PRODUCT_ITEMS
    empty = tuple(item for item in items if form.item(item) in (None, "") and not form.missing.get(item))
    day0 = form.performed_on
    later = graft_lacks(one, day0, held) if one.kind == Kind.HSCT else cell_lacks(one, day0, held)
    return Told(day0, {Wanted.GRAFT: empty, **later})


def graft_lacks(one: Referral, day0: date, held: Held) -> Mapping[Wanted, tuple[str, ...]]:
    """D+28: whether it engrafted, and chimerism; D+100: acute GVHD, and chimerism."""
    engrafted = any(
        each.neutrophils_on or each.graft_failure not in ("", "NONE")
        for each in after(one, Engraftment, day0, held)
    )
    chimerism = [
        each.performed_on for each in after(one, Chimerism, day0, held) if each.donor_pct is not None
    ]
    return {
        Wanted.D28: lacking(ENG=engrafted, CHI=any(counts_for(D28, day, day0) for day in chimerism)),
        Wanted.D100: lacking(
            AGV=late(one, AcuteGvhd, D100, day0, held),
            CHI=any(counts_for(D100, day, day0) for day in chimerism),
        ),
    }


def cell_lacks(one: Referral, day0: date, held: Held) -> Mapping[Wanted, tuple[str, ...]]:
    """D+28: the marrow; D+100: B cells."""
    return {
        Wanted.D28: lacking(BM=late(one, MarrowAssessment, D28, day0, held)),
        Wanted.D100: lacking(BCA=late(one, BCellAplasia, D100, day0, held)),
    }


def lacking(**there: bool) -> tuple[str, ...]:
    """The kinds of forms that are not in."""
    return tuple(key for key, known in there.items() if not known)


def after(one: Referral, model: type[CasebookRecord], day0: date, held: Held) -> list[Any]:
    return [each for each in held[model][one.subject_id] if each.performed_on and each.performed_on >= day0]


def late(one: Referral, model: type[CasebookRecord], day: int, day0: date, held: Held) -> bool:
    """Whether a form is late enough to say how it is at D+28 or D+100."""
    return any(counts_for(day, each.performed_on, day0) for each in after(one, model, day0, held))


def derive_referrals(subject: Subject) -> Iterator[OpenReferral]:
    """One row for each referral of which something is still to be learned."""
    for one in referrals_of(subject, date.max):
        due = next_due(one.things)
        if due is None:
            continue
        still = [each for each in one.things if each.state not in (State.IN, State.NOT_ASKED)]
        first = next(each for each in still if each.due == due)
        yield OpenReferral(
            referral=one.referral,
            kind=one.referral.kind,
            hospital=one.referral.hospital,
            wanted=first.what.value,
            due=due,
            still=len(still),
        )
