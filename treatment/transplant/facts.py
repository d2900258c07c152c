"""The facts that donor, graft and cells give to rules."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from enrollment.item_facts import fact_of_item, record_fact
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import FactSource
from trialsite.casebook.selectors import current_records
from trialsite.casebook.site_day import site_today
from trialsite.clinical.facts import Fact

from ..anchors import car_t_d0, hsct_d0
from ..models import Donor, Transplant

Days = Callable[[Sequence[UUID], str], Mapping[UUID, date]]


def transplanted(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
    """Whether an allogeneic graft was infused; no until one is recorded."""
    found = {subject_id: Fact(False) for subject_id in subject_ids}
    grafts = current_records(Transplant, subject_ids).exclude(performed_on=None)
    for one in grafts.order_by("-performed_on"):
        found[one.subject_id] = Fact(True, on=one.performed_on, source=one.address("performed_on"))
    return found


def days_since(anchor: Days) -> Callable[[Sequence[UUID]], dict[UUID, Fact]]:
    """The days from an anchor to the day at the site on which it is asked; missing while it has not come."""

    def select(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
        found = anchor(subject_ids, "")
        subjects = Subject.objects.filter(pk__in=list(found)).select_related("site")
        return {
            one.pk: Fact((site_today(one) - found[one.pk]).days, "d", on=found[one.pk]) for one in subjects
        }

    return select


def transplant_facts() -> dict[str, FactSource]:
    """What the room registers of donor, graft and cells."""
    return {
        "transplanted": FactSource(transplanted, _("transplanted"), form="HSCT"),
        "hsct_indication": record_fact(
            Transplant, "HSCT", lambda record: fact_of_item(record, "indication"), _("indication")
        ),
        "graft_source": record_fact(
            Transplant, "HSCT", lambda record: fact_of_item(record, "graft_source"), _("graft")
        ),
        "days_since_hsct": FactSource(days_since(hsct_d0), _("days since transplantation"), "d", "HSCT"),
        "days_since_car_t": FactSource(
            days_since(car_t_d0), _("days since the infusion of CAR-T cells"), "d", "CAR"
        ),
        "donor": record_fact(Donor, "DON", lambda record: fact_of_item(record, "donor"), _("best donor")),
        "donor_available": record_fact(
            Donor,
            "DON",
            lambda record: fact_of_item(record, "donor_available"),
            _("donor identified and available"),
        ),
    }
