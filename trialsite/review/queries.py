"""Opening queries, taking their steps, and what a submission does to them."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import may, require
from trialsite.casebook.edit_checks import Fired
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.holds import Place, holds_on, refuse_where_held
from trialsite.casebook.prepared import Bound, Prepared
from trialsite.casebook.registries import Submitted
from trialsite.casebook.services import locked_subject
from trialsite.casebook.slots import OpenSlot, Slot

from .models import Query, QueryMessage
from .states import QUERY_STEPS, STANDING, QueryState, QueryStep, query_step

MANY = 200  # queries that one bulk step moves


def items_of(opened: OpenSlot) -> list[tuple[str, str]]:
    """Every item of a form that can be asked about, with its label; the form as a whole first."""
    form = opened.kind.form({})
    items = [
        (item, str(form.fields[item].label))
        for section in form.get_sections()
        for item in section.items
        if item in form.fields
    ]
    return [("", _("The form as a whole")), *items]


def ask_about(*, opened: OpenSlot, item: str, text: str, by: User) -> Query:
    """Ask about one of a form's items, or about the form as a whole."""
    if item not in dict(items_of(opened)):
        raise CheckFailed({"item": _("This form has no such item.")})
    return open_query(slot=opened.slot, item=item, text=text, by=by)


@transaction.atomic
def open_query(*, slot: Slot, item: str = "", text: str, candidate: bool = False, by: User) -> Query:
    """Ask about an item of a slot, or about the form as a whole, entered or not."""
    subject = locked_subject(slot.subject_id, by, review=True)
    step = allowed(query_step(None, "propose" if candidate else "open"))
    require(by, step.permission, study_id=subject.study_id, site_id=subject.site_id)
    refuse_where_held(holds_on(subject), slot=slot, review=True)
    refuse_words(step, text)
    query = Query(**vars(Place.of_slot(subject, slot)), item=item, text_en=text.strip(), text_zh=text.strip())
    return opened(query, step, by, text)


def opened(query: Query, step: QueryStep, by: User, text: str = "") -> Query:
    query.state, query.opened_by = step.target, by
    query.save(force_insert=True)
    say(query, step.action, by, text)
    return query


@transaction.atomic
def take_query_step(*, query_id: UUID, action: str, text: str = "", by: User) -> Query:
    """Answer, close, cancel, ask again …: as the table of steps allows."""
    found = Query.objects.visible_to(by).get(pk=query_id)
    subject = locked_subject(found.subject_id, by, review=True)
    query = Query.objects.select_for_update().get(pk=query_id)
    refuse_where_held(holds_on(subject), slot=query.slot, review=True)
    step = allowed(query_step(query.state, action))
    if not step.permission:
        raise Refused(_("A query is resolved by a correction of the value, not by hand."))
    require(by, step.permission, study_id=query.study_id, site_id=query.site_id)
    refuse_words(step, text)
    return moved(query, step, by, text)


def take_step_for_many(*, queries: QuerySet[Query], action: str, text: str = "", by: User) -> tuple[int, int]:
    """Take a step for every query of a list for which it is allowed: how many moved, and how many did not."""
    done = 0
    ids = list(queries.order_by("subject_id", "pk").values_list("pk", flat=True)[:MANY])
    for query_id in ids:
        try:
            with transaction.atomic():
                take_query_step(query_id=query_id, action=action, text=text, by=by)
            done += 1
        except CheckFailed:
            raise
        except Refused:
            continue
    return done, len(ids) - done


def moved(query: Query, step: QueryStep, by: User, text: str = "") -> Query:
    query.state, query.moved_at = step.target, timezone.now()
    query.save(update_fields=["state", "moved_at"])
    say(query, step.action, by, text)
    return query


def say(query: Query, action: str, by: User, text: str) -> None:
    QueryMessage.objects.create(
        query=query,
        subject_id=query.subject_id,
        study_id=query.study_id,
        site_id=query.site_id,
        action=action,
        text=text.strip(),
        said_by=by,
    )


def allowed(step: QueryStep | None) -> QueryStep:
    if step is None:
        raise Refused(_("This step is not possible as the query stands now."))
    return step


def refuse_words(step: QueryStep, text: str) -> None:
    """Refuse a step that says too little, or names a person."""
    if step.needs_text and not text.strip():
        raise CheckFailed({"text": _("Write a sentence: the other side sees only this.")})
    refuse_identifiers({"text": text})


# With a submission


def somehow_queried() -> Exists:
    """Whether a subject (the row asked about) has queries of checks with which somebody still has something to do."""
    return Exists(of_checks().filter(subject=OuterRef("pk")))


def of_checks() -> QuerySet[Query]:
    """The queries that a submission may resolve."""
    return Query.objects.filter(check_key__gt="", state__in=STANDING)


def follow_submission(told: Submitted) -> None:
    """Open queries for soft findings, and resolve those whose check finds nothing any more."""
    queried = getattr(told.opened.subject, "queried", True)
    if not told.fired and not queried:
        return
    standing = checks_asking(told.opened.slot) if queried else []
    asked = {(query.check_key, query.item) for query in standing}
    firing = {(one.check.key, told.item_of(one)) for one in told.fired}
    for one in told.fired:
        if not told.past and (one.check.key, told.item_of(one)) not in asked:
            open_for_check(told, one)
    for query in standing:
        if (query.check_key, query.item) not in firing:
            moved(query, allowed(query_step(query.state, "resolve")), told.by)


def prompting_checks(opened: OpenSlot, changed: Collection[str], fires: Collection[tuple[str, str]]) -> str:
    """The checks that asked about saved values which a correction changes, or in which they find nothing any more.

    Their standing queries say so: each was opened when its check fired on what was saved."""
    if not getattr(opened.subject, "queried", True):
        return ""
    asked = {
        f"check {query.check_key} v{query.check_version}"
        for query in checks_asking(opened.slot)
        if query.item in changed or (query.check_key, query.item) not in fires
    }
    return ", ".join(sorted(asked))


def open_for_check(told: Submitted, fired: Fired) -> Query:
    """The query of a soft finding, with the author's comment as its answer where there is one."""
    query = Query(
        **vars(Place.of_slot(told.opened.subject, told.opened.slot)),
        item=told.item_of(fired),
        check_key=fired.check.key,
        check_version=fired.check.version,
        text_en=fired.message_en,
        text_zh=fired.message_zh,
    )
    opened(query, allowed(query_step(None, "open")), told.by)
    comment = told.comments.get(fired.name, "")
    if comment:
        moved(query, allowed(query_step(QueryState.OPEN, "answer")), told.by, comment)
    return query


def checks_asking(slot: Slot) -> list[Query]:
    """The queries of checks at a slot with which somebody still has something to do."""
    return asking_at(**slot.columns)


SLOT = ("subject_id", "visit_key", "visit_repeat", "form_key", "form_repeat")
asking_at = Prepared(lambda: of_checks().filter(**{column: Bound(column) for column in SLOT}))


def at_slot(slot: Slot) -> QuerySet[Query]:
    return Query.objects.filter(**slot.columns)


def steps_for(query: Query, user: User) -> list[QueryStep]:
    """The steps that this user may take with a query as it stands."""
    return [
        step
        for step in QUERY_STEPS
        if step.source == query.state
        and step.permission
        and may(user, step.permission, study_id=query.study_id, site_id=query.site_id)
    ]


def with_messages(queries: QuerySet[Query]) -> Iterable[Query]:
    return queries.select_related("opened_by").prefetch_related("messages__said_by")
