"""Pages of the MedDRA dictionary: its versions with the upload, and its terms as they are typed."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from trialsite.access.permissions import require_somewhere
from trialsite.access.requests import user_of
from trialsite.casebook.errors import CheckFailed

from ..models import MeddraDictionary
from .meddra import newest_dictionary, shown_name, terms_like
from .meddra_upload import upload_dictionary


@login_required
def dictionaries(request: HttpRequest) -> HttpResponse:
    """The versions that are stored; by POST one more, or what is wrong with its files."""
    require_somewhere(user_of(request), "dictionary.upload")
    context = {
        "dictionaries": MeddraDictionary.objects.select_related("uploaded_by").order_by("-uploaded_at")
    }
    if request.method != "POST":
        return render(request, "assessments/dictionaries.html", context)
    version = request.POST.get("version", "").strip()
    try:
        stored = upload_dictionary(version=version, files=request.FILES, by=user_of(request))
    except CheckFailed as refusal:
        wrong = {name: [sentence] for name, sentence in refusal.messages.items()}
        context |= {"version": version, "wrong": wrong}  # type: ignore[dict-item]
        return render(request, "assessments/dictionaries.html", context, status=422)
    said = {"dictionary": stored, "n": stored.terms_count}
    messages.success(
        request, _("%(dictionary)s is stored with %(n)s terms; events are coded by it from now on.") % said
    )
    return redirect("meddra")


@login_required
@require_GET
def terms(request: HttpRequest) -> HttpResponse:
    """Terms that begin with or hold what is typed, as options of the field."""
    require_somewhere(user_of(request), "record.view")
    dictionary = newest_dictionary()
    typed = request.GET.get("meddra_llt", "")[:100]
    found = terms_like(dictionary, typed) if dictionary else []
    return render(
        request, "assessments/meddra_terms.html", {"terms": [(shown_name(one), one) for one in found]}
    )
