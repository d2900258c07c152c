"""The swimmer plot of a study: who is shown, in which order, drawn and as a table."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from assessments.disease.mrd_results import VERDICT_WORDS
from assessments.disease.responses import category_words
from trialsite.access.models import User
from trialsite.casebook.charts import NARROW, WIDE
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.reading import one_reading
from trialsite.casebook.states import SubjectState
from trialsite.studies.models import Study

from ..dashboard_page import arm_name, several_arms
from ..study_reading import sees_arms
from .drawing import shaped, swimmer_drawing
from .reading import BEST, Outline, Swimmer, kept_outlines_of, swimmers_of

Ordered = TypeVar("Ordered", Swimmer, Outline)
SHOWN = 60
SHOWN_STATES = (SubjectState.ENROLLED, SubjectState.OFF_STUDY)
DIED = "died"  # how the dead are listed, whatever state their records have
MRD = ("NEGATIVE", "POSITIVE", "INDETERMINATE")
SORTS = {
    "time": _("time on study"),
    "arm": _("arm"),
    "outcome": _("outcome"),
    "number": _("subject number"),
}
LEGEND = (
    ("response", _("response")),
    ("response-open", _("response not decided")),
    ("no-response", _("no response")),
    ("mrd-negative", _("MRD negative")),
    ("mrd-positive", _("MRD positive")),
    ("mrd-indeterminate", _("MRD indeterminate")),
    ("car-t", _("CAR-T")),
    ("hsct", _("HSCT")),
    ("relapse", _("relapse")),
    ("death", _("death")),
)
BARS = (
    ("pre_phase", _("pre-phase")),
    ("chemotherapy", _("chemotherapy")),
    ("blinatumomab", _("phase with blinatumomab")),
    ("transplant", _("phase of transplantation")),
    ("cell_therapy", _("phase of CAR-T cells")),
    ("observation", _("observation")),
    ("infusion", _("blinatumomab running")),
)


def enrolled_in(user: User, study: Study) -> Sequence[Subject]:
    """The enrolled subjects of a study at the user's own sites."""
    found = Subject.objects.visible_to(user).filter(study=study, state__in=SHOWN_STATES)
    bring_up_to_date(found)
    return list(found.prefetch_related("site").order_by("subject_number", "pk"))


def swimmer_context(user: User, study: Study, asked: Mapping[str, str]) -> dict[str, Any]:
    """The page: filters, one page of rows as a drawing for two widths, and the same as a table.

    Who may not see figures by arm before the study is locked is not offered the arms to compare here either."""
    by_arm = several_arms(study.protocol) and sees_arms(user, study)
    if not by_arm:
        asked = {name: value for name, value in asked.items() if name != "arm" and value != "arm"}
    subjects = enrolled_in(user, study)
    with one_reading():
        everybody = kept_outlines_of(narrowed(subjects, asked))
        rows = in_order([one for one in everybody if fits(one, asked)], asked.get("sort", ""))
    page = Paginator(rows, SHOWN).get_page(asked.get("page"))
    graft, months = asked.get("from") == "hsct", asked.get("unit") == "months"
    drawn = [one.subject for one in page.object_list]
    prefetch_related_objects(drawn, "protocol_version", "study")
    shown = swimmers_of(drawn)
    protocol = study.protocol
    return {
        "study": study,
        "asked": asked,
        "csv": "/api/v1/courses/?" + urlencode({"format": "csv", "study": study.key} | filters_of(asked)),
        "page": page,
        "rows": [table_row(one, protocol) for one in shown],
        "graft": graft,
        "months": months,
        "drawings": {
            "wide": swimmer_drawing(shown, graft=graft, months=months, width=WIDE),
            "narrow": swimmer_drawing(shown, graft=graft, months=months, width=NARROW),
        },
        "undrawn": sum(one.day0(graft) is None for one in shown),
        "legend": [(shaped(kind, 8, 9), words) for kind, words in LEGEND],
        "bars": BARS,
        "arms": [(arm.key, arm_name(protocol, arm.key)) for arm in protocol.arms] if by_arm else [],
        "pooled": several_arms(protocol) and not by_arm,
        "sites": sorted({(one.site.key, str(one.site)) for one in subjects}),
        "states": [*((state.value, state.label) for state in SHOWN_STATES), (DIED, _("Died"))],
        "responses": [(one, category_words(one)) for one in BEST],
        "verdicts": [(one, VERDICT_WORDS[one]) for one in MRD],
        "sorts": [(key, words) for key, words in SORTS.items() if key != "arm" or by_arm],
    }


def filters_of(asked: Mapping[str, str]) -> dict[str, str]:
    """What was asked that says who is shown, as the list over REST takes it."""
    return {name: asked[name] for name in ("arm", "site", "state", "response", "mrd") if asked.get(name)}


def narrowed(subjects: Iterable[Subject], asked: Mapping[str, str]) -> list[Subject]:
    """By arm and site, which the subject itself says."""
    return [
        one
        for one in subjects
        if (not asked.get("arm") or one.arm == asked["arm"])
        and (not asked.get("site") or one.site.key == asked["site"])
    ]


def fits(one: Outline, asked: Mapping[str, str]) -> bool:
    """By state, best response and last MRD, which the course says; "none" asks for those without any."""
    response, mrd, state = asked.get("response"), asked.get("mrd"), asked.get("state")
    if state and state != (DIED if one.died_on else one.subject.state):
        return False
    return (not response or one.best == ("" if response == "none" else response)) and (
        not mrd or one.mrd == ("" if mrd == "none" else mrd)
    )


def in_order(rows: list[Ordered], sort: str) -> list[Ordered]:
    """The longest on study first, unless asked otherwise; by outcome the dead and relapsed come last."""
    by_number = sorted(rows, key=lambda one: one.subject.number)
    longest = sorted(by_number, key=lambda one: -time_on_study(one))
    match sort:
        case "number":
            return by_number
        case "arm":
            return sorted(longest, key=lambda one: one.subject.arm)
        case "outcome":
            return sorted(longest, key=lambda one: (one.died_on is not None, one.relapsed_on is not None))
    return longest


def time_on_study(one: Swimmer | Outline) -> int:
    first: date | None = one.started_on or one.subject.enrolled_on
    return (one.last - first).days if first else -1


def table_row(one: Swimmer, protocol: Any) -> dict[str, Any]:
    return {
        "swimmer": one,
        "subject": one.subject,
        "arm": arm_name(protocol, one.subject.arm) if one.subject.arm else "",
        "events": [event for event in one.events if event.kind in ("car-t", "hsct", "relapse", "death")],
    }
