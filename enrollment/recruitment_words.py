"""Recruitment in words: why it stands still, what a stratum and its levels are called."""

from collections.abc import Iterable, Mapping

from django.db.models import Q
from django.utils.translation import gettext as _

from trialsite.casebook.names import local
from trialsite.listing import listed_apart, told
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.models import Site, Study

from .models import RecruitmentPause
from .states import PauseState


def level_name(protocol: Protocol, key: str) -> str:
    """A level of a stratum ("risk=HIGH") by its names."""
    factor, _equals, level = key.partition("=")
    for stratum in protocol.randomisation.strata if protocol.randomisation else ():
        for one in stratum.levels:
            if (stratum.key, one.key) == (factor, level):
                return told(local(stratum.name), local(one.name))
    return key


def stage_name(protocol: Protocol, key: str) -> str:
    """A stage of recruitment by its name; one that this version does not have by its key."""
    return next((local(one.name) for one in protocol.recruitment.stages if one.key == key), key)


def rule_name(protocol: Protocol, key: str) -> str:
    """The same of a stopping rule."""
    return next((local(one.name) for one in protocol.monitoring if one.key == key), key)


def pause_words(protocol: Protocol, pause: RecruitmentPause) -> str:
    """Why recruitment stands still."""
    if pause.stage:
        stage = stage_name(protocol, pause.stage)
        return _(
            "Recruitment is paused: the stage “%(stage)s” is full, and it is not decided yet to go on."
        ) % {"stage": stage}
    if pause.rule:
        return _(
            "Recruitment is paused: the stopping rule “%(rule)s” is met (%(evidence)s assessed subjects),"
            " and it is not decided yet to go on."
        ) % {"rule": rule_name(protocol, pause.rule), "evidence": pause.evidence}
    if pause.site_id:
        return _("Recruitment is paused at this site: %(reason)s") % {"reason": pause.reason}
    return _("Recruitment is paused in the whole study: %(reason)s") % {"reason": pause.reason}


def pauses_in_words(study: Study, site: Site) -> list[str]:
    """What keeps a site from enrolling now, a sentence each."""
    standing = RecruitmentPause.objects.filter(
        Q(site=None) | Q(site=site), study=study, state=PauseState.PAUSED
    )
    return [pause_words(study.protocol, pause) for pause in standing.order_by("paused_at")]


def open_words(protocol: Protocol, still: Iterable[tuple[str, str]]) -> str:
    """What of an emergency allocation is still to be filled in."""
    gates = (
        {one.key: local(one.text) for one in protocol.randomisation.gates} if protocol.randomisation else {}
    )
    words = {"confirmation": _("confirm eligibility"), "gate": ""}
    return listed_apart(words[code] or gates.get(name, name) for code, name in still)


def missing_words(missing: Iterable[Mapping[str, str]]) -> str:
    """What was not confirmed when an arm was given in an emergency."""
    words = {
        "confirmation": _("eligibility was not confirmed"),
        "criterion": _("criteria were unknown"),
        "gate": _("a condition was not shown"),
    }
    return listed_apart(
        f"{words[one['code']]} ({one['id']})" if one["id"] else words[one["code"]] for one in missing
    )
