"""What a protocol and the casebook call a visit, a form, a phase, an anchor, in the reader's language."""

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from trialsite.clinical.text import Text
from trialsite.studies.domain.protocol import AWAIT, OFF_TREATMENT, Protocol

from .models import LOG
from .registries import anchors, forms

ENDS = {OFF_TREATMENT: gettext_lazy("off treatment"), AWAIT: gettext_lazy("wait")}


def local(text: Text) -> str:
    return text.in_language(get_language() or "en")


def visit_title(protocol: Protocol, key: str) -> str:
    """A visit or series of visits; one that this protocol version does not plan by its key."""
    if key == LOG:
        return _("Log")
    return next((local(plan.name) for plan in protocol.visits if plan.key == key), key)


def visit_name(protocol: Protocol, key: str, repeat: int = 1) -> str:
    """A visit with its number in a series."""
    series = any(plan.key == key and plan.repeat for plan in protocol.visits)
    title = visit_title(protocol, key)
    return numbered(title, repeat) if repeat > 1 or series else title


def numbered(visit: str, repeat: int) -> str:
    """A visit of a series: its name and which one it is."""
    return _("%(visit)s · no. %(n)s") % {"visit": visit, "n": repeat}


def form_title(protocol: Protocol, key: str) -> str:
    """A form of the system, or one that only this protocol has."""
    if key in forms:
        return str(forms[key].title)
    return next((local(plan.title) for plan in protocol.forms if plan.key == key), key)


def phase_name(protocol: Protocol, key: str) -> str:
    """A phase, or what ends the path."""
    if key in ENDS:
        return str(ENDS[key])
    return next((local(phase.name) for phase in protocol.phases if phase.key == key), key)


def regimen_name(protocol: Protocol, key: str) -> str:
    return next((local(one.name) for one in protocol.regimens if one.key == key), key)


def arm_name(protocol: Protocol, key: str) -> str:
    return next((local(arm.name) for arm in protocol.arms if arm.key == key), key)


def anchor_name(protocol: Protocol, anchor: str) -> str:
    """The day from which visits or endpoints count: a registered anchor, or a phase's start or end."""
    kind, _colon, phase = anchor.partition(":")
    if phase:
        pattern = _("the end of %(phase)s") if kind == "phase_end" else _("the start of %(phase)s")
        return pattern % {"phase": phase_name(protocol, phase)}
    return str(anchors[kind].label) if kind in anchors else anchor
