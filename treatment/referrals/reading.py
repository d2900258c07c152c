"""What of a transplantation or cell therapy elsewhere is in the casebook, and what is still asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

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


@dataclass(frozen=True)
class Standing:
    """A referral, the form that tells its day 0 where there is one, and what is asked for."""

    referral: Referral
    day0_form: Any
    things: tuple[Asked, ...]

    @property
    def open(self) -> bool:
        return open_still(self.things)

    def form_of(self, what: Wanted, lacks: Sequence[str] = ()) -> str:
        """The key of the form in which something is entered: of what lacks the first that is a form."""
        own = FORM_OF[Kind(self.referral.kind)][what]
        return next((key for key in lacks if key in forms), own)


def referrals_of(subject: Subject, today: date) -> list[Standing]:
    """How each referral of a subject stands on a day, the earliest first."""
    found = [one for one in standing_records(Referral, [subject.pk])[subject.pk] if one.performed_on]
    if not found:
        return []
    end = follow_up_ends([subject.pk]).get(subject.pk)
    return [standing(one, end, today) for one in found]


def standing(one: Referral, follow_up_ended: date | None, today: date) -> Standing:
    assert one.performed_on is not None
    sent = Sent(Kind(one.kind), one.performed_on, one.planned_on, one.called_off_on, follow_up_ended)
    form = day0_of(one)
    return Standing(one, form, asked_for(sent, told(one, form), today))


def day0_of(one: Referral) -> Transplant | CellTherapy | None:
    """The form of day 0 that came after the referral."""
    assert one.performed_on is not None
    model: Any = Transplant if one.kind == Kind.HSCT else CellTherapy
    for form in standing_records(model, [one.subject_id])[one.subject_id]:
        infused = model is Transplant or form.step == CellStep.INFUSION
        if infused and form.performed_on and form.performed_on >= one.performed_on:
            return form
    return None


def told(one: Referral, form: Any) -> Told:
    """What the casebook holds of it, and what lacks: items of the form of day 0 and kinds of forms."""
    if form is None:
        return Told(None, {})
    items = GRAFT_ITEMS if one.kind == Kind.HSCT else PRODUCT_ITEMS
    empty = tuple(item for item in items if form.item(item) in (None, "") and not form.missing.get(item))
    day0 = form.performed_on
    later = graft_lacks(one, day0) if one.kind == Kind.HSCT else cell_lacks(one, day0)
    return Told(day0, {Wanted.GRAFT: empty, **later})


def graft_lacks(one: Referral, day0: date) -> Mapping[Wanted, tuple[str, ...]]:
    """D+28: whether it engrafted, and chimerism; D+100: acute GVHD, and chimerism."""
    engrafted = any(
        each.neutrophils_on or each.graft_failure not in ("", "NONE")
        for each in after(one, Engraftment, day0)
    )
    chimerism = [each.performed_on for each in after(one, Chimerism, day0) if each.donor_pct is not None]
    return {
        Wanted.D28: lacking(ENG=engrafted, CHI=any(counts_for(D28, day, day0) for day in chimerism)),
        Wanted.D100: lacking(
            AGV=late(one, AcuteGvhd, D100, day0),
            CHI=any(counts_for(D100, day, day0) for day in chimerism),
        ),
    }


def cell_lacks(one: Referral, day0: date) -> Mapping[Wanted, tuple[str, ...]]:
    """D+28: the marrow; D+100: B cells."""
    return {
        Wanted.D28: lacking(BM=late(one, MarrowAssessment, D28, day0)),
        Wanted.D100: lacking(BCA=late(one, BCellAplasia, D100, day0)),
    }


def lacking(**there: bool) -> tuple[str, ...]:
    """The kinds of forms that are not in."""
    return tuple(key for key, known in there.items() if not known)


def after(one: Referral, model: type[CasebookRecord], day0: date) -> list[Any]:
    found = standing_records(model, [one.subject_id])[one.subject_id]
    return [each for each in found if each.performed_on and each.performed_on >= day0]


def late(one: Referral, model: type[CasebookRecord], day: int, day0: date) -> bool:
    """Whether a form is late enough to say how it is at D+28 or D+100."""
    return any(counts_for(day, each.performed_on, day0) for each in after(one, model, day0))


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
