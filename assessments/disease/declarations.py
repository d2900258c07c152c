"""What laboratories declare of their MRD methods: recording, withdrawing, and reading for many results at once."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.passwords import is_own_password
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.audit.moment import now
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.models import Derivation
from trialsite.casebook.reading import read_once
from trialsite.studies.models import Study

from ..domain.mrd import Declaration, Method
from ..models import MrdDeclaration
from ..models.disease import MrdMethod

# (study, laboratory as it is compared, method) → its declarations
Declared = Mapping[tuple[UUID, str, str], list[Declaration]]


def same_laboratory(name: str) -> str:
    """A laboratory's name as it is compared: without regard to capitals and spaces."""
    return "".join(name.split()).casefold()


def standing_declarations() -> QuerySet[MrdDeclaration]:
    return MrdDeclaration.objects.filter(withdrawn_at=None)


def declarations_of(study_ids: Collection[UUID]) -> Declared:
    """The standing declarations of some studies; one query, read once in a reading."""

    def read() -> Declared:
        found: dict[tuple[UUID, str, str], list[Declaration]] = defaultdict(list)
        for one in standing_declarations().filter(study__in=study_ids):
            place = (one.study_id, same_laboratory(one.laboratory), one.method)
            found[place].append(
                Declaration(Method(one.method), one.valid_from, one.lod, one.loq, one.signed_on)
            )
        return found

    return read_once(("declarations", tuple(sorted(map(str, study_ids)))), read)


def declared_for(declared: Declared, study_id: UUID, laboratory: str, method: str) -> tuple[Declaration, ...]:
    """What one laboratory declared of a method; nothing where the form names no laboratory."""
    return tuple(declared.get((study_id, same_laboratory(laboratory), method), ()))


@transaction.atomic
def declare_limits(
    *,
    study: Study,
    laboratory: str,
    method: str,
    lod_percent: Decimal | None,
    loq_percent: Decimal | None,
    signed_on: date | None,
    valid_from: date | None,
    signatory: str,
    document: str,
    password: str,
    by: User,
) -> MrdDeclaration:
    """Record a laboratory's signed declaration; limits in percent. Whoever records it signs with the own password.

    Results judged before are judged again with it: their derived tables are brought up to date when next read."""
    require(by, "laboratory.declare", study_id=study.pk)
    refuse_incomplete(laboratory, method, lod_percent, loq_percent, signed_on, valid_from, signatory)
    if not is_own_password(by, password):
        raise CheckFailed({"password": _("This is not your password.")})
    refuse_identifiers({"laboratory": laboratory, "document": document})
    assert lod_percent is not None
    assert signed_on is not None
    found = MrdDeclaration.objects.create(
        study=study,
        laboratory=laboratory.strip(),
        method=method,
        lod=lod_percent / 100,
        loq=None if loq_percent is None else loq_percent / 100,
        signed_on=signed_on,
        valid_from=valid_from or signed_on,
        signatory=signatory.strip(),
        document=document.strip(),
        recorded_by=by,
    )
    derive_anew(study)
    return found


def refuse_incomplete(
    laboratory: str,
    method: str,
    lod: Decimal | None,
    loq: Decimal | None,
    signed_on: date | None,
    valid_from: date | None,
    signatory: str,
) -> None:
    """CheckFailed names everything that is missing or cannot be."""
    wrong = {}
    if not laboratory.strip():
        wrong["laboratory"] = _("Name the laboratory as the MRD forms name it.")
    if method not in MrdMethod.values:
        wrong["method"] = _("Choose the method.")
    if lod is None:
        wrong["lod"] = _("Enter the limit of detection in percent, such as 0.002.")
    elif not 0 < lod <= 100:
        wrong["lod"] = _("This must be above 0 and at most 100 %. Check the unit.")
    if loq is not None and not 0 < loq <= 100:
        wrong["loq"] = _("This must be above 0 and at most 100 %. Check the unit.")
    elif loq is not None and lod is not None and loq < lod:
        wrong["loq"] = _("What can be quantified can be detected: this lies below the limit of detection.")
    if signed_on is None:
        wrong["signed_on"] = _("Enter the date that stands on the declaration.")
    elif signed_on > now().date():
        wrong["signed_on"] = _("This day has not come yet.")
    if valid_from is not None and valid_from > now().date():
        wrong["valid_from"] = _("This day has not come yet.")
    if not signatory.strip():
        wrong["signatory"] = _("Say who signed it at the laboratory.")
    if wrong:
        raise CheckFailed(wrong)


@transaction.atomic
def withdraw_declaration(*, declaration: MrdDeclaration, by: User, reason: str) -> MrdDeclaration:
    """Take back a declaration that was recorded wrongly: no result rests on it any more."""
    found = MrdDeclaration.objects.select_for_update().get(pk=declaration.pk)
    require(by, "laboratory.declare", study_id=found.study_id)
    if found.withdrawn_at:
        raise Refused(_("This declaration is withdrawn already."))
    if not reason.strip():
        raise CheckFailed({"reason": _("Say in your words why.")})
    refuse_identifiers({"reason": reason})
    with because(reason):
        found.withdrawn_by, found.withdrawn_at, found.withdrawn_why = by, timezone.now(), reason.strip()
        found.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_why"])
    derive_anew(found.study)
    return found


def derive_anew(study: Study) -> None:
    """Mark what is derived from the records of a study as behind: a declaration changes verdicts, not records."""
    Derivation.objects.filter(study=study).update(chain_length=-1)
