"""What a reminder says: the reader's inbox, counted by kind and line by line, without identity."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trialsite.access.models import User
from trialsite.casebook.registries import WorkLine
from trialsite.casebook.selectors import work_of

from .domain.periods import Frequency, told_through
from .plans import plan_of

MOST_LINES = 300  # what is read of the inbox; a reminder says how many it shows
MOST_BYTES = 4096  # of a WeCom robot's markdown, in UTF-8
ROOM_FOR_THE_REST = 160


@dataclass(frozen=True)
class Message:
    """One reminder in the reader's language: a title, the counts by kind, the lines."""

    day: date
    title: str
    counts: Sequence[tuple[str, int]]
    lines: Sequence[WorkLine]
    more: bool


def message_of(user: User, day: date) -> Message:
    """The reminder of one person for one day, in that person's language; as that person, with those rights."""
    with translation.override(user.language):
        page = work_of(user, size=MOST_LINES)
        frequency = Frequency(plan_of(user).frequency)
        lines = to_tell(page.lines, told_through(frequency, day))
        n = len(lines)
        title = ngettext("%(n)d thing to do", "%(n)d things to do", n) % {"n": n}
        late = sum(line.standing == "late" for line in lines)
        if page.more:
            title = _("More than %(n)d things to do") % {"n": n}
        if late:
            title = _("%(due)s, %(late)d late") % {"due": title, "late": late}
        return Message(day, title, counted(lines), lines, page.more)


def to_tell(lines: Iterable[WorkLine], through: date) -> list[WorkLine]:
    """The lines of the inbox that a reminder tells: all but those of which a day after `through` is to remind."""
    return [line for line in lines if line.remind_on is None or line.remind_on <= through]


def counted(lines: Iterable[WorkLine]) -> list[tuple[str, int]]:
    """How many lines there are of each verb, in the order in which the first of each stands."""
    counts: dict[str, int] = {}
    for line in lines:
        counts[str(line.verb)] = counts.get(str(line.verb), 0) + 1
    return list(counts.items())


def as_mail(message: Message, language: str) -> str:
    """The text of the mail: counts, then lines by study and site."""
    places: dict[tuple[str, str], list[WorkLine]] = {}
    for line in message.lines:
        places.setdefault((line.study_key, line.site_key), []).append(line)
    with translation.override(language):
        context = {"message": message, "places": places, "site_url": settings.SITE_URL}
        return render_to_string("reminders/mail.txt", context)


def as_markdown(message: Message, language: str) -> str:
    """The text of a group robot: counts, then as many lines as it takes, and how many stand in the inbox only."""
    with translation.override(language):
        text = f"**{message.title}** · {message.day:%Y-%m-%d}\n"
        text += "".join(f"> {verb}: {count}\n" for verb, count in message.counts)
        shown = 0
        for line in message.lines:
            told = f"- {markdown_line(line)}\n"
            if len((text + told).encode()) > MOST_BYTES - ROOM_FOR_THE_REST:
                break
            text, shown = text + told, shown + 1
        left = len(message.lines) - shown
        rest = (
            ngettext("%(n)d more in the inbox", "%(n)d more in the inbox", left) % {"n": left} if left else ""
        )
        link = f"[{rest or _('Open the inbox')}]({settings.SITE_URL}/)"
        return text + link


def markdown_line(line: WorkLine) -> str:
    """Subject (leading to the place), what, where in the plan, until when."""
    number = f"[{line.subject_number or line.study_key}]({settings.SITE_URL}{line.url})"
    return " · ".join(str(part) for part in (number, line.verb, line.detail, line.standing_words) if part)
