"""Finding the form type of a key: one of the system's own, or one that the subject's protocol declares."""

from dataclasses import replace

from django.utils.translation import get_language

from trialsite.studies.domain.protocol import ProtocolFormPlan

from .models import ProtocolForm, ProtocolLine, Subject
from .own_items import line_page, page_with
from .own_rules import own_checks
from .registries import FormType, RowType, forms
from .versions import asks_for, named, retired_items


def form_type(key: str, subject: Subject) -> FormType | None:
    """The form `key` as this subject's protocol version knows it; None when there is no such form.

    One of every trial has the items that the protocol adds to it. One of the trial that only earlier versions have is
    no longer asked for: it is read, not entered.
    """
    known, protocol = forms.get(key), subject.protocol_version.protocol
    plan = named(protocol, "forms", key) if known is None or asks_for(protocol, key) else None
    if plan is None:
        return known
    own = {item.key: item for item in plan.items}
    if known is not None:
        return replace(
            known,
            form=page_with(plan, known.form),
            checks=(*known.checks, *own_checks(plan)),
            retired=retired_items(protocol, key),
            own=own,
        )
    return FormType(
        key=key,
        title=plan.title.in_language(get_language() or "en"),
        model=ProtocolForm,
        form=page_with(plan),
        rows=rows_of(plan),
        checks=own_checks(plan),
        continuous=False,
        repeats=True,
        asked=asks_for(protocol, key),
        retired=retired_items(protocol, key),
        own=own,
    )


def rows_of(plan: ProtocolFormPlan) -> tuple[RowType, ...]:
    """The repeating lines of a trial's own form."""
    return tuple(
        RowType(
            group.key,
            ProtocolLine,
            line_page(group),
            group.title.in_language(get_language() or "en"),
            group=group.key,
        )
        for group in plan.groups
    )
