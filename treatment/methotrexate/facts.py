"""What is known before high-dose methotrexate: urine pH, effusions, medicines that slow its elimination."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from enrollment.item_facts import fact_of_item, record_fact
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import FactSource
from trialsite.casebook.selectors import current_records
from trialsite.casebook.site_day import site_today
from trialsite.clinical.facts import Fact, Why

from ..domain.medicines import SLOWS_METHOTREXATE
from ..medication.dictionary import dictionary
from ..medication.taken import span
from ..models import ConcomitantMedication, MethotrexateInfusion

DAYS_BEFORE = 2  # 48 hours, in days: medicines are recorded by the day


def interaction_on(records: Iterable[Any], day: date) -> tuple[Fact, str]:
    """Whether one of these medicines was taken in the 48 hours before a day, and its name.

    Taken for sure on one of those days: yes. Perhaps, by dates that are known in part: unknown. Otherwise no."""
    first = day - timedelta(days=DAYS_BEFORE)
    perhaps: tuple[Fact, str] | None = None
    for one in records:
        medicine = dictionary().recognise(one.medicine)
        if medicine is None or not medicine.classes & SLOWS_METHOTREXATE:
            continue
        possible, sure = span(one.started, one.stopped)
        if sure is not None and sure[0] <= day and sure[1] >= first:
            return Fact(True, on=one.performed_on, source=one.address("medicine")), one.medicine
        if possible[0] <= day and possible[1] >= first:
            perhaps = Fact.missing(Why.UNKNOWN, source=one.address("medicine")), one.medicine
    return perhaps or (Fact(False), "")


def interactions(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
    """The same for many subjects, before today."""
    by_subject: dict[UUID, list[Any]] = {one: [] for one in subject_ids}
    for record in current_records(ConcomitantMedication, subject_ids).order_by("performed_on"):
        by_subject[record.subject_id].append(record)
    days = {
        one.pk: site_today(one) for one in Subject.objects.filter(pk__in=subject_ids).select_related("site")
    }
    return {one: interaction_on(by_subject[one], day)[0] for one, day in days.items()}


def facts() -> dict[str, FactSource]:
    """What the room registers of methotrexate."""
    return {
        "methotrexate_interaction": FactSource(
            interactions, _("medicines that slow the elimination of methotrexate"), form="CM"
        ),
        "urine_ph": record_fact(
            MethotrexateInfusion, "MTX", lambda record: fact_of_item(record, "urine_ph"), _("urine pH")
        ),
        "serous_effusion": record_fact(
            MethotrexateInfusion,
            "MTX",
            lambda record: fact_of_item(record, "effusion"),
            _("pleural effusion or ascites"),
        ),
    }
