"""The sponsor's sign-off of what a version assumes, with name and password typed again."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.casebook.errors import Refused
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.review.signatures import refuse_other_person
from trialsite.studies.domain.provenance import to_sign
from trialsite.studies.models import ProtocolVersion

from .models import SignOff


def sign_off(
    *, version: ProtocolVersion, username: str, password: str, reference: str = "", by: User
) -> SignOff:
    """Sign for the sponsor that the assumptions of a version hold; `reference` names the sponsor's document.

    Raises CheckFailed at "username" or "password", Refused where there is nothing to sign or the person has signed.
    """
    require(by, "protocol.sign", study_id=version.study_id)
    refuse_other_person(username, password, by)
    refuse_identifiers({"reference": reference})
    open_assumptions = len(to_sign(version.document))
    if not open_assumptions:
        raise Refused(_("This version assumes nothing: there is nothing to sign."))
    with transaction.atomic():
        if version.sign_offs.filter(signed_by=by).exists():
            raise Refused(_("You have signed off this version already."))
        return SignOff.objects.create(
            study_id=version.study_id,
            version=version,
            digest=version.digest,
            assumptions=open_assumptions,
            reference=reference.strip(),
            signer_name=by.full_name,
            signed_by=by,
        )


def sign_offs_of(version: ProtocolVersion) -> list[SignOff]:
    return list(version.sign_offs.select_related("signed_by").order_by("signed_at"))


def unsigned_words(version: ProtocolVersion) -> str:
    """What to say where a version is activated: how many assumptions nobody has signed for the sponsor; "" for none."""
    count = len(to_sign(version.document))
    if not count or version.sign_offs.exists():
        return ""
    return ngettext(
        "%(n)s assumption of this version has not been signed off for the sponsor.",
        "%(n)s assumptions of this version have not been signed off for the sponsor.",
        count,
    ) % {"n": count}
