"""What a protocol and the casebook call a visit, a form, a phase, an anchor, in the reader's language."""

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from trialsite.clinical.text import Text
from trialsite.studies.domain.protocol import AWAIT, OFF_TREATMENT, Protocol

from .models import LOG, UNSCHEDULED
from .registries import anchors, forms, pages_of_drafts
from .versions import named

ENDS = {OFF_TREATMENT: gettext_lazy("off treatment"), AWAIT: gettext_lazy("wait")}


def local(text: Text) -> str:
    return text.in_language(get_language() or "en")


def name_of(protocol: Protocol, part: str, key: str) -> str:
    """What a part of the protocol is called, in this version or in the last that had it; otherwise its key."""
    found = named(protocol, part, key)
    return local(found.name) if found else key


def visit_title(protocol: Protocol, key: str) -> str:
    """A visit or series of visits; one that no version plans by its key."""
    if key == UNSCHEDULED:
        return _("Unscheduled visit")
    return _("Log") if key == LOG else name_of(protocol, "visits", key)


def visit_name(protocol: Protocol, key: str, repeat: int = 1) -> str:
    """A visit with its number in a series."""
    plan = None if key in (LOG, UNSCHEDULED) else named(protocol, "visits", key)
    title = visit_title(protocol, key)
    series = key == UNSCHEDULED or (plan and plan.repeat)
    return numbered(title, repeat) if repeat > 1 or series else title


def numbered(visit: str, repeat: int) -> str:
    """A visit of a series: its name and which one it is."""
    return _("%(visit)s · no. %(n)s") % {"visit": visit, "n": repeat}


def form_title(protocol: Protocol, key: str) -> str:
    """A form of the system, or one that only this trial has or had."""
    if key in forms:
        return str(forms[key].title)
    if key in pages_of_drafts:
        return str(pages_of_drafts[key][0])
    plan = named(protocol, "forms", key)
    return local(plan.title) if plan else key


def phase_name(protocol: Protocol, key: str) -> str:
    """A phase, or what ends the path."""
    if key in ENDS:
        return str(ENDS[key])
    return name_of(protocol, "phases", key)


def regimen_name(protocol: Protocol, key: str) -> str:
    return name_of(protocol, "regimens", key)


def arm_name(protocol: Protocol, key: str) -> str:
    return name_of(protocol, "arms", key)


def indication_name(protocol: Protocol, key: str) -> str:
    """Why a subject is transplanted, by the name that the protocol gives it."""
    found = protocol.transplant.indication_of(key)
    return local(found.name) if found else key


PHASE_DAYS = {
    "phase": gettext_lazy("the start of %(phase)s"),
    "phase_end": gettext_lazy("the end of %(phase)s"),
    "infusion_end": gettext_lazy("the actual end of the infusion of %(phase)s"),
    "infusion_day": gettext_lazy("day %(day)s of the infusion of %(phase)s"),
}


def anchor_name(protocol: Protocol, anchor: str) -> str:
    """The day from which visits or endpoints count: a registered anchor, or a day of a phase or of its infusion."""
    kind, _colon, rest = anchor.partition(":")
    if rest and kind in PHASE_DAYS:
        phase, _colon, day = rest.partition(":")
        return PHASE_DAYS[kind] % {"phase": phase_name(protocol, phase), "day": day}
    return str(anchors[kind].label) if kind in anchors else anchor
