"""The protocol as a document that a physician can read."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from trialsite.access.permissions import require
from trialsite.access.requests import user_of

from .domain.protocol import Protocol
from .domain.provenance import to_sign
from .selectors import studies_visible_to

SIGNS = {True: "●", False: "○", None: ""}


@login_required
def protocols(request: HttpRequest) -> HttpResponse:
    """The protocols of the studies in which this user works."""
    studies = studies_visible_to(user_of(request))
    shown = [(study, study.current_version, study.protocol) for study in studies if study.current_version]
    return render(request, "studies/protocols.html", {"studies": shown})


@login_required
def protocol(request: HttpRequest, key: str) -> HttpResponse:
    """One protocol: criteria, schedule, regimens, endpoints, and every assumption that waits for a signature."""
    study = get_object_or_404(studies_visible_to(user_of(request)), key=key)
    require(user_of(request), "protocol.view", study_id=study.pk)
    version = study.current_version
    context = {
        "study": study,
        "version": version,
        "protocol": version.protocol,
        "schedule": schedule_of(version.protocol),
        "to_sign": to_sign(version.document),
    }
    return render(request, "studies/protocol.html", context)


def schedule_of(plan: Protocol) -> dict[str, Any]:
    """The schedule of activities: form columns, and for each visit a sign per column."""
    columns = list(dict.fromkeys(form.form for visit in plan.visits for form in visit.forms))
    rows = [
        (visit, [SIGNS[asked.get(column)] for column in columns])
        for visit in plan.visits
        for asked in [{form.form: form.required for form in visit.forms}]
    ]
    return {"columns": columns, "rows": rows}
