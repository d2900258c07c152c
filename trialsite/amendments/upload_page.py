"""Adding a version of a protocol in the browser: a file or its text, refused with what is wrong line by line."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from trialsite.access.permissions import require_somewhere
from trialsite.access.requests import user_of
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.protocol_vocabulary import tables
from trialsite.studies.models import Site

from .uploads import Added, FileRefused, NotConfirmed, Unconfirmed, add_version


@login_required
def upload(request: HttpRequest) -> HttpResponse:
    """The form; by POST, store the version or say what stands in the way, with the text as it was sent."""
    require_somewhere(user_of(request), "protocol.upload")
    if request.method != "POST":
        return render(request, "amendments/upload.html", {"text": ""})
    context: dict[str, Any] = {}
    try:
        context["text"] = text_of(request)
        return stored(
            request,
            add_version(
                text=context["text"],
                seen=request.POST.getlist("seen"),
                new_study=request.POST.get("new_study", ""),
                by=user_of(request),
            ),
        )
    except FileRefused as refusal:
        context |= {"refused": refusal.sentence, "problems": refusal.problems, "problem_count": refusal.count}
    except NotConfirmed as asked:
        context |= {"refused": asked.sentence, **asked_context(asked.unconfirmed, request)}
        if context["unticked"]:
            context["refused"] = _("Nothing was stored: a box below is not ticked.")
    except CheckFailed as refusal:
        context |= {"errors": list(refusal.messages.values())}
    except Refused as refusal:
        context |= {"errors": [refusal.sentence]}
    return render(request, "amendments/upload.html", context, status=422)


@login_required
@require_GET
def vocabulary(request: HttpRequest) -> HttpResponse:
    """Every name that a protocol file may use."""
    require_somewhere(user_of(request), "protocol.upload")
    return render(request, "amendments/vocabulary.html", {"tables": tables()})


def text_of(request: HttpRequest) -> str:
    """The text of the file that was chosen, else what was pasted."""
    file = request.FILES.get("file")
    if file is None:
        return request.POST.get("text", "").replace("\r\n", "\n")
    try:
        return file.read().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as problem:
        raise CheckFailed({"file": _("The file is not UTF-8; save it as UTF-8.")}) from problem


def asked_context(unconfirmed: Unconfirmed, request: HttpRequest) -> dict[str, Any]:
    """What has to be ticked; for a new study also which of its sites the system knows."""
    protocol = unconfirmed.protocol
    known = {one.key: one for one in Site.objects.filter(key__in=[one.key for one in protocol.sites])}
    return {
        "asked": unconfirmed,
        "unticked": unticked_words() if "asked" in request.POST else {},
        "sites": [(one, known.get(one.key)) for one in protocol.sites],
        "ticked": request.POST.getlist("seen"),
        "ticked_study": request.POST.get("new_study", ""),
    }


def unticked_words() -> dict[str, list[str]]:
    """What to say beside a box that was left empty when the file was sent to be stored."""
    return {
        "study": [_("Tick this if a new study is meant; otherwise give the file the key of its study.")],
        "finding": [_("Tick this once you have read it and let it stand; otherwise change the file.")],
    }


def stored(request: HttpRequest, added: Added) -> HttpResponse:
    """Say what comes next, and go on to the versions of the study."""
    version = added.version
    named = {"study": version.study.key, "version": version.version}
    if not added.new:
        messages.info(request, _("%(study)s %(version)s was stored before with this very content.") % named)
    elif added.new_study:
        messages.success(
            request,
            _(
                "%(study)s %(version)s is stored. Next: an administrator gives the roles in this new study (data"
                " manager; at each site investigator and coordinator), their trainings are recorded, and the version"
                " is activated at each site."
            )
            % named,
        )
    else:
        messages.success(
            request,
            _("%(study)s %(version)s is stored. It is in force nowhere until it is activated.") % named,
        )
    return redirect("protocol-versions", version.study.key)
