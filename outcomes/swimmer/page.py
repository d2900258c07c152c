"""The swimmer plot of a study: who is shown, in which order, drawn and as a table."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Collate, Least, NullIf
from django.utils.translation import gettext_lazy as _

from assessments.disease.mrd_results import VERDICT_WORDS
from assessments.disease.responses import category_words
from trialsite.access.models import User
from trialsite.casebook.charts import NARROW, WIDE
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.site_day import day_of_site
from trialsite.casebook.states import SubjectState
from trialsite.studies.models import Site, Study

from ..dashboard_page import arm_name, several_arms
from ..study_reading import sees_arms
from .drawing import shaped, swimmer_drawing
from .reading import BEST, Swimmer, swimmers_of

SHOWN = 30
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


def enrolled_in(user: User, study: Study) -> QuerySet[Subject]:
    """The enrolled subjects of a study at the user's own sites, their courses up to date."""
    found = Subject.objects.visible_to(user).filter(study=study, state__in=SHOWN_STATES)
    bring_up_to_date(found)
    return found.filter(course__isnull=False)


def swimmer_context(user: User, study: Study, asked: Mapping[str, str]) -> dict[str, Any]:
    """The page: filters, one page of rows as a drawing for two widths, and the same as a table.

    Who may not see figures by arm before the study is locked is not offered the arms to compare here either."""
    by_arm = several_arms(study.protocol) and sees_arms(user, study)
    if not by_arm:
        asked = {name: value for name, value in asked.items() if name != "arm" and value != "arm"}
    subjects = enrolled_in(user, study)
    rows = in_order(narrowed(subjects, asked), asked.get("sort", ""))
    page = Paginator(rows.prefetch_related("site", "protocol_version", "study"), SHOWN).get_page(
        asked.get("page")
    )
    graft, months = asked.get("from") == "hsct", asked.get("unit") == "months"
    shown = swimmers_of(list(page.object_list))
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
        "sites": [(one.key, str(one)) for one in sites_of(subjects)],
        "states": [*((state.value, state.label) for state in SHOWN_STATES), (DIED, _("Died"))],
        "responses": [(one, category_words(one)) for one in BEST],
        "verdicts": [(one, VERDICT_WORDS[one]) for one in MRD],
        "sorts": [(key, words) for key, words in SORTS.items() if key != "arm" or by_arm],
    }


def filters_of(asked: Mapping[str, str]) -> dict[str, str]:
    """What was asked that says who is shown, as the list over REST takes it."""
    return {name: asked[name] for name in ("arm", "site", "state", "response", "mrd") if asked.get(name)}


def sites_of(subjects: QuerySet[Subject]) -> QuerySet[Site]:
    return Site.objects.filter(pk__in=subjects.values("site")).order_by("key")


def narrowed(subjects: QuerySet[Subject], asked: Mapping[str, str]) -> QuerySet[Subject]:
    """By arm, site, state, best response and last MRD; "none" asks for those without any."""
    columns = {
        "arm": "arm",
        "site": "site__key",
        "response": "course__best_response",
        "mrd": "course__last_mrd",
    }
    for name, column in columns.items():
        if value := asked.get(name):
            none = value == "none" and column.startswith("course")
            subjects = subjects.filter(**{column: "" if none else value})
    if state := asked.get("state"):
        died = Q(course__died_on__isnull=False)
        subjects = subjects.filter(died if state == DIED else ~died & Q(state=state))
    return subjects


def in_order(subjects: QuerySet[Subject], sort: str) -> QuerySet[Subject]:
    """The longest on study first, unless asked otherwise; by outcome the dead and relapsed come last."""
    last = Least("course__ended_on", "course__died_on", day_of_site())
    since = last - Coalesce("course__started_on", "enrolled_on")
    number = Collate(Coalesce(NullIf("subject_number", Value("")), "screening_number"), "C")
    longest = (Coalesce(since, timedelta(days=-1)).desc(), number, "pk")
    first: dict[str, tuple[Any, ...]] = {
        "number": (number, "pk"),
        "arm": (Collate("arm", "C"), *longest),
        "outcome": (known("course__died_on"), known("course__relapsed_on"), *longest),
    }
    return subjects.order_by(*first.get(sort, longest))


def known(column: str) -> Case:
    """0 before 1: those without the day first."""
    return Case(When(**{f"{column}__isnull": True}, then=0), default=1)


def table_row(one: Swimmer, protocol: Any) -> dict[str, Any]:
    return {
        "swimmer": one,
        "subject": one.subject,
        "arm": arm_name(protocol, one.subject.arm) if one.subject.arm else "",
        "events": [event for event in one.events if event.kind in ("car-t", "hsct", "relapse", "death")],
    }
