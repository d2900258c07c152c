"""Items and forms of the trial that a version adds, and answers that it no longer asks for: they are kept."""

from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trialsite.casebook.amended import ChangeKind, SubjectChange
from trialsite.casebook.models import ProtocolForm, Subject
from trialsite.casebook.names import form_title, local
from trialsite.casebook.registries import forms
from trialsite.casebook.states import RecordState
from trialsite.studies.domain.protocol import ItemPlan, Protocol
from trialsite.studies.models import ProtocolVersion

Items = dict[tuple[str, str], ItemPlan]


def dry_run_items(subjects: Sequence[Subject], version: ProtocolVersion) -> dict[UUID, list[SubjectChange]]:
    """Subject → its answers that are no longer asked for, and what is asked from then on."""
    old, new = items_of(subjects[0].protocol_version.protocol), items_of(version.protocol)
    retired = {place: plan for place, plan in old.items() if place not in new}
    added = [change_of(version.protocol, place, new[place]) for place in new if place not in old]
    answers = answers_to([one.pk for one in subjects], retired) if retired else {}
    return {
        one.pk: [*retirements(version.protocol, retired, answers.get(one.pk, Counter())), *added]
        for one in subjects
    }


def items_of(protocol: Protocol) -> Items:
    """The items of the trial's own forms by (form, item)."""
    return {(form.key, item.key): item for form in protocol.forms for item in form.items}


def change_of(protocol: Protocol, place: tuple[str, str], plan: ItemPlan) -> SubjectChange:
    what = f"{form_title(protocol, place[0])} · {local(plan.label)}"
    return SubjectChange(ChangeKind.ITEM_ADDED, ".".join(place), what, "", _("asked from then on"))


def answers_to(subject_ids: Sequence[UUID], items: Items) -> dict[UUID, Counter[tuple[str, str]]]:
    """Subject → how often each of the items was answered, or said why it is empty."""
    found: dict[UUID, Counter[tuple[str, str]]] = {}
    keys = {form for form, _item in items}
    for model in {forms[key].model if key in forms else ProtocolForm for key in keys}:
        records = model.objects.filter(subject_id__in=subject_ids, form_key__in=keys)
        records = records.exclude(state=RecordState.VOIDED)
        for subject_id, form, extra, missing in records.values_list(
            "subject_id", "form_key", "extra", "missing"
        ):
            given = {item for item, value in extra.items() if value not in (None, "")} | set(missing)
            here = found.setdefault(subject_id, Counter())
            here.update((form, item) for item in given if (form, item) in items)
    return found


def retirements(
    protocol: Protocol, retired: Items, answers: Counter[tuple[str, str]]
) -> Iterator[SubjectChange]:
    for place, plan in retired.items():
        if count := answers[place]:
            what = f"{form_title(protocol, place[0])} · {local(plan.label)}"
            before = ngettext("%(n)s answer", "%(n)s answers", count) % {"n": count}
            yield SubjectChange(
                ChangeKind.ITEM_RETIRED, ".".join(place), what, before, _("kept, no longer asked for")
            )
