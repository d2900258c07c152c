"""Each form of screening in one line."""

from typing import Any

from django.utils.translation import gettext as _

from trialsite.listing import listed


def joined(*parts: Any) -> str:
    return " · ".join(str(part) for part in parts if part not in (None, ""))


def person_summary(record: Any) -> str:
    return joined(record.birth_date, record.get_sex_display())


def consent_summary(record: Any) -> str:
    signed = [
        line.get_signer_display() for line in record.signatures.all() if line.signed and not line.voided
    ]
    return joined(record.text_version, listed(str(one) for one in signed))


def history_summary(record: Any) -> str:
    courses = [line for line in record.therapies.all() if not line.voided]
    drugs = listed(line.drug or str(line.get_kind_display()) for line in courses)
    if not drugs and record.prior_therapy_reviewed:
        drugs = _("no earlier treatment")
    return joined(drugs, f"NYHA {record.nyha}" if record.nyha not in ("", "NONE") else "")


def diagnosis_summary(record: Any) -> str:
    cd19 = f"CD19 {record.cd19_pct.normalize():f} %" if record.cd19_pct is not None else ""
    return joined(record.get_dx_display(), cd19)


def statements_summary(record: Any) -> str:
    if record.refused:
        return _("refuses to take part")
    return (
        _("unsuitable: %(reason)s") % {"reason": record.unsuitable_reason}
        if record.investigator_unsuitable
        else ""
    )
