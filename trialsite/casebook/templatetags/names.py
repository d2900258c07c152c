"""Keys of a protocol and of the casebook by their names, for templates."""

from typing import Any

from django import template

from trialsite.casebook.fact_words import rule_words
from trialsite.casebook.models import Subject
from trialsite.casebook.names import anchor_name, form_title, phase_name, visit_name
from trialsite.casebook.sign_off import Part, parts_to_sign
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.models import ProtocolVersion

register = template.Library()
register.filter("rule_words", rule_words)


@register.filter
def visit_of(place: Any, subject: Subject) -> str:
    """The visit of a slot or draft."""
    return visit_name(subject.protocol_version.protocol, place.visit_key, place.visit_repeat)


@register.filter
def form_of(place: Any, subject: Subject) -> str:
    """The title of the form of a slot or draft."""
    return form_title(subject.protocol_version.protocol, place.form_key)


@register.filter
def title_in(form_key: str, protocol: Protocol) -> str:
    """The title of a form that a protocol asks for."""
    return form_title(protocol, form_key)


@register.filter
def phase_in(key: str, protocol: Protocol) -> str:
    """A phase, or what ends the path, by its name."""
    return phase_name(protocol, key)


@register.filter
def anchor_in(anchor: str, protocol: Protocol) -> str:
    """The day from which a visit or an endpoint counts, by its name."""
    return anchor_name(protocol, anchor)


@register.filter
def assumptions(version: ProtocolVersion) -> list[Part]:
    """What the sponsor still has to sign of a protocol version, in words."""
    return parts_to_sign(version.protocol, version.document)
