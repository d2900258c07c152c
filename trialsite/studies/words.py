"""The codes of protocol files in words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

DESIGNS = {"single-arm": _("single arm"), "randomised": _("randomised")}
PHASES_OF_TRIALS = {"not stated": _("not stated")}
ROUTES = {
    "IV": _("intravenous"),
    "CIVI": _("continuous infusion"),
    "PO": _("oral"),
    "PO_IV": _("oral or intravenous"),
    "IT": _("intrathecal"),
    "SC": _("subcutaneous"),
}
UNITS = {"ug": "µg", "U": "IU", "cells": _("cells")}
MRD_METHODS = {
    "MFC": _("Flow cytometry"),
    "NGS_IG_TR": _("NGS of IG/TR"),
    "RQPCR_IG_TR": _("RQ-PCR of IG/TR"),
    "RTPCR_FUSION": _("RT-PCR of a fusion"),
    "DPCR": _("Digital PCR"),
}
ROLES = {
    "endpoint": _("endpoint"),
    "gate": _("decision on treatment"),
    "primary": _("primary"),
    "secondary": _("secondary"),
    "exploratory": _("exploratory"),
}
ANALYSIS_SETS = {
    "ALL_TREATED": _("all treated"),
    "CRC": _("in complete remission (CRc)"),
    "TRANSPLANTED": _("transplanted"),
    "RANDOMISED": _("randomised subjects"),
    "EVALUABLE_24M": _("evaluable at 24 months"),
    "SAFETY": _("safety set"),
}
CODES: Mapping[str, Mapping[str, Any]] = {
    "analysis set": ANALYSIS_SETS,
    "design": DESIGNS,
    "method": MRD_METHODS,
    "phase": PHASES_OF_TRIALS,
    "role": ROLES,
    "route": ROUTES,
    "unit": UNITS,
}


def code_words(code: Any, kind: str) -> str:
    """A code of a protocol file in the reader's words; what is said in the field as it is written stays."""
    return str(CODES[kind].get(str(code), code))
