"""Pages of protocols: all of them, one to read, its versions, its file, findings and sign-off."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from trialsite.access.permissions import grants_of, may
from trialsite.access.requests import user_of
from trialsite.audit.events import record_event
from trialsite.casebook.shown_again import Answer
from trialsite.studies.models import ProtocolVersion
from trialsite.studies.selectors import studies_visible_to

from .reading import reading_context
from .selectors import file_text, study_to_read, version_lines, version_of_study, version_or_404
from .sign_off import sign_off
from .uploads import may_add_version, see_findings, stays_without_staff


@login_required
def protocols(request: HttpRequest) -> HttpResponse:
    """The protocols of the studies in which this user works."""
    user = user_of(request)
    studies = list(studies_visible_to(user))
    context = {
        "studies": [(one, one.current_version, one.protocol) for one in studies if one.current_version],
        "without_staff": stays_without_staff(user, [one.pk for one in studies]),
        "may_upload": grants_of(user).somewhere("protocol.upload"),
    }
    return render(request, "amendments/protocols.html", context)


def version_to_read(request: HttpRequest, key: str, version: str) -> ProtocolVersion:
    user = user_of(request)
    return version_or_404(study_to_read(user, key), version, user)


@login_required
def protocol(request: HttpRequest, key: str) -> HttpResponse:
    """The protocol of a study as it is in force."""
    user = user_of(request)
    version = version_of_study(study_to_read(user, key), user)
    return render(request, "amendments/protocol.html", reading_context(version, user_of(request)))


@login_required
def protocol_version(request: HttpRequest, key: str, version: str) -> HttpResponse:
    """One version of a protocol, whether it is in force or not."""
    found = version_to_read(request, key, version)
    return render(request, "amendments/protocol.html", reading_context(found, user_of(request)))


@login_required
def versions(request: HttpRequest, key: str) -> HttpResponse:
    """Every version of a study's protocol: loaded when and by whom, in force where, signed off by whom."""
    study = study_to_read(user_of(request), key)
    context = {
        "study": study,
        "lines": version_lines(study, user_of(request)),
        "may_activate": may(user_of(request), "protocol.activate", study_id=study.pk),
        "may_upload": may_add_version(user_of(request), study),
    }
    return render(request, "amendments/versions.html", context)


@login_required
@require_GET
def protocol_file(request: HttpRequest, key: str, version: str) -> HttpResponse:
    """The file of a version, to keep or to start the next one from."""
    found = version_to_read(request, key, version)
    record_event(kind="protocol.file", user_id=user_of(request).pk, study=key, version=version)
    response = HttpResponse(file_text(found), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{key}-{found.version}.yaml"'
    return response


@login_required
@require_POST
def findings(request: HttpRequest, key: str, version: str) -> HttpResponse:
    """Record which findings a data manager has read."""
    found = version_to_read(request, key, version)
    answer = Answer(request, reverse("protocol-version", args=[key, version]) + "#registry")
    with answer.refusals():
        see_findings(version=found, seen=request.POST.getlist("seen"), by=user_of(request))
        messages.success(request, _("Recorded."))
    return answer.response()


@login_required
@sensitive_post_parameters("password")
def sign_off_page(request: HttpRequest, key: str, version: str) -> HttpResponse:
    """What the sponsor has to sign of a version, and who did; by POST, sign it."""
    found = version_to_read(request, key, version)
    if request.method == "POST":
        answer = Answer(request, request.path)
        with answer.refusals():
            told = {name: request.POST.get(name, "") for name in ("username", "password", "reference")}
            sign_off(version=found, **told, by=user_of(request))
            messages.success(request, _("Signed."))
        return answer.response()
    return render(request, "amendments/sign_off.html", reading_context(found, user_of(request)))
