"""Blank worksheets to be printed: the list of a study's visits, and the sheets of one visit or of all."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from trialsite.access.requests import user_of
from trialsite.studies.selectors import study_open_to

from .worksheets import blank_visits, keys_of_visits, titles_of_visits


@login_required
def worksheets(request: HttpRequest, key: str) -> HttpResponse:
    """The visits of a study, each with its worksheets."""
    study = study_open_to(user_of(request), key, "protocol.view")
    context = {"study": study, "visits": titles_of_visits(study.protocol)}
    return render(request, "casebook/worksheets.html", context)


@login_required
def printed(request: HttpRequest, key: str) -> HttpResponse:
    """The worksheets of the visit that is asked for, or of the whole study, as one page to print."""
    study = study_open_to(user_of(request), key, "protocol.view")
    keys, visit = keys_of_visits(study.protocol), request.GET.get("visit", "")
    if visit and visit not in keys:
        raise Http404
    sheets = blank_visits(study, study.current_version, [visit] if visit else keys)
    context = {"study": study, "version": study.current_version, "visits": sheets}
    return render(request, "casebook/worksheets_print.html", context)
