"""Each outcome form in one line, and what of it stands beside the subject's number and on the timeline."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import standing_records
from trialsite.casebook.slots import Slot

from .models import ContactAttempt, Death, Relapse, SecondMalignancy, SurvivalContact, Withdrawal
from .withdrawals import withdrawals_of


def joined(*parts: Any) -> str:
    return " · ".join(str(part) for part in parts if part not in (None, ""))


def relapse_summary(record: Relapse) -> str:
    place = record.extramedullary_place or record.get_relapse_site_display()  # type: ignore[attr-defined]
    return joined(place, _("first evidence %(day)s") % {"day": record.onset})


def malignancy_summary(record: SecondMalignancy) -> str:
    return joined(record.malignancy_text, _("diagnosed %(day)s") % {"day": record.diagnosed_on})


def death_summary(record: Death) -> str:
    return joined(record.died_on, record.get_cause_display())  # type: ignore[attr-defined]


def contact_summary(record: SurvivalContact) -> str:
    alive = {True: _("alive"), False: _("dead")}.get(record.alive, "")  # type: ignore[arg-type]
    disease = _("no evidence of relapse") if record.no_relapse else ""
    return joined(record.get_contact_kind_display(), alive, disease)  # type: ignore[attr-defined]


def attempt_summary(record: ContactAttempt) -> str:
    return joined(
        record.get_call_result_display(),  # type: ignore[attr-defined]
        record.get_informant_display(),  # type: ignore[attr-defined]
        record.get_disease_told_display(),  # type: ignore[attr-defined]
    )


def withdrawal_summary(record: Withdrawal) -> str:
    return joined(record.get_degree_display())  # type: ignore[attr-defined]


def outcome_alerts(subject: Subject) -> Iterator[Any]:
    """Death, relapse, second malignancy and withdrawal, beside the subject's number on every page."""
    for death in standing(Death, subject):
        yield _("Died %(day)s: %(cause)s.") % {"day": death.died_on, "cause": death.get_cause_display()}
    for relapse in sorted(standing(Relapse, subject), key=lambda one: one.onset_earliest or date.max):
        yield _("Relapse %(day)s: %(place)s.") % {
            "day": relapse.onset,
            "place": relapse.get_relapse_site_display(),
        }
    for malignancy in standing(SecondMalignancy, subject):
        yield _("Second malignancy %(day)s: %(what)s.") % {
            "day": malignancy.diagnosed_on,
            "what": malignancy.malignancy_text,
        }
    for one in withdrawals_of([subject.pk]):
        yield _("Withdrawal of consent %(day)s: %(degree)s.") % {
            "day": one.performed_on,
            "degree": one.get_degree_display(),
        }


def outcome_lanes(subject: Subject) -> Iterator[Mapping[str, Any]]:
    """Relapse, second malignancy, death and withdrawal on the timeline."""
    items = [
        *[
            lane_item(gettext_lazy("Relapse"), one.onset_earliest, "relapse", one)
            for one in standing(Relapse, subject)
        ],
        *[
            lane_item(gettext_lazy("Second malignancy"), one.diagnosed_on_earliest, "event", one)
            for one in standing(SecondMalignancy, subject)
        ],
        *[
            lane_item(gettext_lazy("Death"), one.died_on_earliest, "death", one)
            for one in standing(Death, subject)
        ],
        *[
            lane_item(gettext_lazy("Withdrawal"), one.performed_on, "withdrawal", one)
            for one in standing(Withdrawal, subject)
        ],
    ]
    if items:
        yield {"label": gettext_lazy("Outcome"), "items": sorted(items, key=lambda item: item["start"])}


def standing(model: Any, subject: Subject) -> list[Any]:
    return standing_records(model, [subject.pk]).get(subject.pk, [])


def lane_item(label: Any, start: Any, kind: str, record: Any) -> dict[str, Any]:
    return {"label": label, "start": start, "end": None, "kind": kind, "url": record_url(record)}


def record_url(record: Any) -> str:
    """Where a record stands in the casebook."""
    return Slot.of_record(record).url()
