"""One's own reminders, and the week sheet of a ward."""

from datetime import date, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from trialsite.access.encryption import decrypted
from trialsite.access.errors import AccessRefused
from trialsite.access.forms import show_refusal
from trialsite.access.permissions import require_somewhere
from trialsite.access.requests import user_of
from trialsite.audit.moment import now
from trialsite.studies.selectors import places_visible_to, studies_visible_to

from .deliveries import sent_to
from .forms import PlanForm
from .models import Channel, ReminderPlan
from .plans import choose_reminders, new_secret, plan_of, zones
from .week_sheet import week_of


@never_cache
@login_required
def reminders(request: HttpRequest) -> HttpResponse:
    """How often, when and by which way one is reminded, and what was sent."""
    user = user_of(request)
    require_somewhere(user, "record.view")
    plan = plan_of(user)
    choices = zones()
    initial = {item: getattr(plan, item) for item in ("frequency", "weekday", "hour", "zone", "channel")}
    form = PlanForm(
        request.POST or None,
        initial=initial | {"language": user.language},
        zones=with_own(choices, plan.zone),
    )
    if request.method == "POST" and form.is_valid():
        try:
            secret = choose_reminders(values=form.cleaned_data, by=user)
        except AccessRefused as refusal:
            show_refusal(form, refusal)
        else:
            return secret_shown(request, secret) if secret else chosen(request)
    return page(request, form, plan, status=422 if form.errors else 200)


def with_own(choices: list[str], zone: str) -> list[str]:
    """The zones to choose from, with the one chosen before although no site lies there any more."""
    return choices if zone in choices else [zone, *choices]


def page(request: HttpRequest, form: PlanForm, plan: ReminderPlan, status: int) -> HttpResponse:
    url = decrypted(plan.webhook_url)
    context = {
        "form": form,
        "plan": plan,
        "robot": urlsplit(url).hostname if url else "",
        "by_webhook": plan.channel == Channel.WEBHOOK,
        "sent": sent_to(user_of(request)),
    }
    return render(request, "reminders/reminders.html", context, status=status)


def chosen(request: HttpRequest) -> HttpResponse:
    messages.success(request, _("Your reminders are set."))
    return redirect("reminders")


def secret_shown(request: HttpRequest, secret: str) -> HttpResponse:
    return render(request, "reminders/secret.html", {"secret": secret})


@never_cache
@login_required
@require_POST
def another_secret(request: HttpRequest) -> HttpResponse:
    """Make another secret for one's webhook and show it, this once."""
    try:
        return secret_shown(request, new_secret(by=user_of(request)))
    except AccessRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("reminders")


@login_required
def week_sheet(request: HttpRequest) -> HttpResponse:
    """Who is expected at a site in one week, day by day, to be printed."""
    user = user_of(request)
    require_somewhere(user, "record.view")
    sites, studies = list(places_visible_to(user)), list(studies_visible_to(user).order_by("key"))
    asked = request.GET.get("site", "")
    site = next((one for one in sites if one.key == asked), sites[0] if sites else None)
    study = request.GET.get("study", "") if request.GET.get("study") in {one.key for one in studies} else ""
    printed_at = now().astimezone(ZoneInfo(site.timezone if site else "UTC"))
    monday = monday_of(request.GET.get("from", ""), printed_at.date())
    context = {
        "site": site,
        "sites": sites,
        "studies": studies,
        "study": study,
        "monday": monday,
        "sunday": monday + timedelta(days=6),
        "earlier": monday - timedelta(weeks=1),
        "later": monday + timedelta(weeks=1),
        "sheet": week_of(user, site=site, study=study, monday=monday) if site else None,
        "printed_at": printed_at.strftime("%Y-%m-%d %H:%M"),
    }
    return render(request, "reminders/week_sheet.html", context)


def monday_of(text: str, today: date) -> date:
    """The Monday of the week of a day in ISO; of today at the site when there is none or it is no day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today
    return day - timedelta(days=day.weekday())
