"""The lists of gaps in records from paper: of one subject, and of the subjects of a study."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trialsite.access.requests import user_of
from trialsite.casebook.casebook_page import subject_context
from trialsite.casebook.selectors import subject_or_404
from trialsite.studies.selectors import study_open_to

from .gaps import gaps_of, gaps_of_study, subjects_from_paper
from .models.gaps import KINDS


@login_required
def subject_gaps(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """What the record of one subject from paper lacks."""
    subject = subject_or_404(user_of(request), subject_id)
    context = {**subject_context(request, subject, "subject-gaps"), "gaps": gaps_of(subject)}
    return render(request, "assessments/subject_gaps.html", context)


@login_required
def gaps(request: HttpRequest, key: str) -> HttpResponse:
    """The subjects of a study from paper, each with the number of its gaps of each kind."""
    user = user_of(request)
    study = study_open_to(user, key, "record.view")
    page = Paginator(subjects_from_paper(user, study), 50).get_page(request.GET.get("page"))
    counted = gaps_of_study(user, study).filter(subject__in=[one.pk for one in page])
    numbers = {
        (subject, kind): count
        for subject, kind, count in counted.order_by().values_list("subject_id", "kind").annotate(Count("pk"))
    }
    context = {
        "study": study,
        "page": page,
        "kinds": [label for _kind, label in KINDS],
        "lines": [(one, [(label, numbers.get((one.pk, kind), 0)) for kind, label in KINDS]) for one in page],
        "total": gaps_of_study(user, study).count(),
    }
    return render(request, "assessments/gaps.html", context)
