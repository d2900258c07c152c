"""The inbox line of doses: a weight that drifted since cycle 1 while a phase goes on."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Abs
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.models import VitalSigns
from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.casebook.due import work_line
from trialsite.casebook.outages import of_the_past
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource
from trialsite.casebook.states import RecordState, SubjectState
from trialsite.clinical.body import drift_pct, drifted, round_half_up

from ..models import CycleStart, DosePlan

KINDS = {"weight": gettext_lazy("Compute the doses by the new weight")}
TENTH = Decimal(10)


def dose_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """Running phases whose weight drifted by a tenth or more, for those who decide on treatment; one query."""
    if wanted.kind not in ("", "weight"):
        return
    ours = reach_of(user, "treatment.decide")
    if wanted.study:
        ours &= Q(study__key=wanted.study)
    if wanted.site:
        ours &= Q(site__key=wanted.site)
    told = 0
    for cycle in drifting(ours):
        if not drifted(cycle.now_kg, cycle.first_kg, cycle.dosed_kg):
            continue
        told += 1
        if told > wanted.limit:
            return
        words = _("%(now)s kg, %(percent)s %% from cycle 1") % {
            "now": f"{cycle.now_kg.normalize():f}",
            "percent": f"{round_half_up(drift_pct(cycle.now_kg, cycle.first_kg), 1):+}",
        }
        url = reverse("treatment", args=[cycle.subject_id])
        yield work_line(cycle.subject, "weight", KINDS["weight"], cycle.now_on, url, words)


def drifting(ours: Q) -> Any:
    """The phases that go on, with weights of cycle 1, of the plan and of now, where now differs by a tenth."""
    standing = CycleStart.objects.exclude(state=RecordState.VOIDED).exclude(performed_on=None)
    own = standing.filter(subject=OuterRef("subject"))
    weighed = (
        VitalSigns.objects.filter(
            subject=OuterRef("subject"),
            performed_on__gte=OuterRef("performed_on"),
            weight_canonical__isnull=False,
            weight_comparator="",
        )
        .exclude(state=RecordState.VOIDED)
        .order_by("-performed_on", "-pk")
    )
    plans = DosePlan.objects.filter(cycle=OuterRef("pk")).order_by("-number")
    first = own.filter(weight_canonical__isnull=False).order_by("performed_on", "pk")
    return (
        standing.filter(ours, ended_on=None, subject__state=SubjectState.ENROLLED)
        .filter(pk=Subquery(own.order_by("-performed_on", "-pk").values("pk")[:1]))
        .annotate(
            now_kg=Subquery(weighed.values("weight_canonical")[:1]),
            now_on=Subquery(weighed.values("performed_on")[:1]),
            first_kg=Subquery(first.values("weight_canonical")[:1]),
            dosed_kg=Subquery(plans.values("weight_kg")[:1]),
        )
        .annotate(off_first=Abs(F("now_kg") - F("first_kg")), off_plan=Abs(F("now_kg") - F("dosed_kg")))
        .filter(Q(off_first__gte=F("first_kg") / TENTH) | Q(off_plan__gte=F("dosed_kg") / TENTH))
        .exclude(dosed_kg=None)
        .exclude(of_the_past("now_on"))
        .select_related("subject__study", "subject__site")
        .order_by("now_on", "subject__subject_number")
    )


DOSE_WORK = WorkSource(KINDS, dose_work)
