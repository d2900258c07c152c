"""The shape of a protocol file as a JSON Schema, and its errors as sentences.

The schema is built from Python so that every item is closed (no unknown keys) and carries `source` and
`cite` in one way. It checks shape only: names that must agree with each other are the matter of `check.py`,
rules that of `trialsite.clinical.rules`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from trialsite.studies.domain.adjudication_plan import ADJUDICATED, ASKED
from trialsite.studies.domain.adverse_event_plan import AGENTS, RECORDED, STARTS
from trialsite.studies.domain.blinatumomab_plan import ACTIONS, EVENTS, LIVER_ANALYTES, MOMENTS, TERM_KINDS
from trialsite.studies.domain.deviation_plan import CLASSES
from trialsite.studies.domain.deviation_plan import RULES as DEVIATION_RULES
from trialsite.studies.domain.dose_plan import EFFECTS, MODIFIER_REASONS, OBESITY_HANDLING
from trialsite.studies.domain.methotrexate_plan import CLOCKS as COUNTED_FROM
from trialsite.studies.domain.methotrexate_plan import VERDICTS
from trialsite.studies.domain.monitoring_plan import KINDS as MONITORING_KINDS
from trialsite.studies.domain.problems import Path
from trialsite.studies.domain.reporting_clocks import SPECIAL_INTEREST
from trialsite.studies.domain.transplant_plan import CONDITIONING, DAY_0
from trialsite.studies.domain.vocabulary import ANALYSES, CENSORS

Schema = dict[str, Any]

SOURCES = ("registration", "reference", "general-knowledge", "assumption", "derived")
PHASE_KINDS = (
    *("chemotherapy", "blinatumomab", "cell-therapy", "transplant", "observation", "pre-phase"),
    "forbidden",
)
ENDPOINT_KINDS = ("time-to-event", "cumulative-incidence", "proportion", "binary-landmark")
ITEM_TYPES = (
    "text", "integer", "decimal", "quantity", "date", "partial_date", "time", "choice", "choices", "yes_no",
)  # fmt: skip
CTCAE_VERSIONS = ("5.0",)  # whose laboratory terms the system holds

KEY = {"type": "string", "pattern": r"^[A-Za-z][A-Za-z0-9_]*$", "title": "a key of letters, digits and _"}
WORDS = {"type": "string", "minLength": 1, "title": "a text"}
DECIMAL = {
    "type": "string",
    "pattern": r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$",
    "title": 'a decimal in quotes ("1.4")',
}
COUNT = {"type": "integer", "minimum": 0, "title": "a whole number, 0 or more"}
POSITIVE = {"type": "integer", "minimum": 1, "title": "a whole number, 1 or more"}
DAY = {"type": "integer", "title": "a whole number of days"}
TRUTH = {"type": "boolean", "title": "true or false"}
RULE = {"type": "object", "minProperties": 1, "title": "a rule (all, any, not, if/then or fact)"}
DAYS = {"type": "array", "items": POSITIVE, "minItems": 1, "uniqueItems": True, "title": "a list of days"}


def choice(*codes: str) -> Schema:
    """One of these codes."""
    return {"enum": list(codes), "title": f"one of {', '.join(codes)}"}


def or_null(schema: Schema) -> Schema:
    """The same, or null where the registration states nothing."""
    if "enum" in schema:
        return {"enum": [*schema["enum"], None], "title": f"{schema['title']}, or null"}
    return {**schema, "type": [schema["type"], "null"], "title": f"{schema['title']}, or null"}


def shape(required: Schema, optional: Schema | None = None) -> Schema:
    """A closed mapping: these keys, no other."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
        "title": "a mapping",
    }


PROVENANCE = shape({"source": choice(*SOURCES), "cite": WORDS})
TEXT = shape({"en": WORDS, "zh": WORDS})


def sourced(required: Schema, optional: Schema | None = None) -> Schema:
    """A closed mapping that says where its values come from; `sources` does for keys that differ."""
    own = {**required, "source": choice(*SOURCES), "cite": WORDS}
    names = [*required, *(optional or {})]
    return shape(own, {**(optional or {}), "sources": shape({}, dict.fromkeys(names, PROVENANCE))})


def many(items: Schema, *, at_least: int = 0) -> Schema:
    """A list of these."""
    return {"type": "array", "items": items, "minItems": at_least, "title": "a list"}


def valued(schema: Schema) -> Schema:
    """A single value with its source: `{value: 101, source: registration, cite: …}`."""
    return sourced({"value": schema})


SITE = sourced({"key": KEY, "name": TEXT, "timezone": WORDS, "planned": or_null(POSITIVE)})
SIGNERS = shape(
    {
        "min_age": COUNT,
        "max_age": or_null(COUNT),
        "who": many(choice("patient", "guardian", "assent"), at_least=1),
    }
)
CONSENT = sourced(
    {"signers": many(SIGNERS, at_least=1)},
    {
        "again_within_days": valued(POSITIVE),
        "public_sources": valued(TRUTH),
        "trial_only": valued(
            {"type": "array", "items": KEY, "uniqueItems": True, "title": "a list of keys of forms"}
        ),
    },
)
SCREENING = sourced(
    {
        "number_prefix": {"type": "string", "pattern": "^[A-Z]{2,5}$", "title": "two to five capitals"},
        "windows": {
            "type": "object",
            "additionalProperties": POSITIVE,
            "title": "a mapping of group to days",
        },
        "fact_groups": {"type": "object", "additionalProperties": KEY, "title": "a mapping of fact to group"},
    }
)
NUMBER = shape(
    {
        "pattern": {
            "type": "string",
            "pattern": r"^[A-Za-z0-9{}_/-]{1,30}$",
            "title": "a pattern such as S-{study}-{number}",
        },
        "width": {"type": "integer", "minimum": 1, "maximum": 8, "title": "a number of digits, 1 to 8"},
        "per": choice("study", "site"),
    }
)
NUMBERING = sourced({"screening": NUMBER, "subject": NUMBER})
OTHER_TRIALS = sourced({"running": choice("allowed", "excluded"), "ended": choice("allowed", "excluded")})
LAB_GRADES_AS_EVENTS = sourced(
    {"terms": many(WORDS, at_least=1), "record": choice(*RECORDED)},
    {"at_baseline": TRUTH, "phases": many(KEY, at_least=1), "days": POSITIVE},
)
HOURS_TO_REPORT = sourced({"hours": POSITIVE})
DAYS_TO_REPORT = sourced({"days": POSITIVE})
CLOCKS = shape(
    {
        **dict.fromkeys(("sae_form", "sae_to_sponsor", "sae_to_ethics"), HOURS_TO_REPORT),
        "special_interest": sourced({"kinds": many(choice(*SPECIAL_INTEREST)), "hours": POSITIVE}),
        **dict.fromkeys(("susar_grave", "susar_other", "susar_follow_up"), DAYS_TO_REPORT),
    }
)
ADVERSE_EVENTS = sourced(
    {
        "agents": many(choice(*AGENTS), at_least=1),
        "propose_from_grade": {"type": "integer", "minimum": 1, "maximum": 4, "title": "a grade, 1 to 4"},
        "window": sourced(
            {
                "starts": many(choice(*STARTS), at_least=1),
                "days_after_last_dose": or_null(POSITIVE),
                "days_after_car_t": or_null(POSITIVE),
                "days_after_hsct": or_null(POSITIVE),
                "days_after_randomisation": or_null(POSITIVE),
            }
        ),
    },
    {"record_as_ae": many(LAB_GRADES_AS_EVENTS), "clocks": CLOCKS},
)
CRITERION = sourced(
    {
        "id": {"type": "string", "pattern": r"^\d{3}-[IE][0-9]+[a-z]*$", "title": "an id such as 000-I5a"},
        "kind": choice("inclusion", "exclusion"),
        "text": TEXT,
        "rule": RULE,
        "needs": TEXT,
    },
    {"note": TEXT, "bites": RULE},
)
STRATUM = sourced(
    {"key": KEY, "name": TEXT, "fact": KEY},
    {
        "by_site": TRUTH,
        "levels": many(shape({"key": KEY, "name": TEXT, "rule": RULE}), at_least=2),
        "weight": POSITIVE,
    },
)
GATE = sourced({"key": KEY, "text": TEXT, "rule": RULE, "verified": TRUTH})
PROBABILITY = {
    "type": "string",
    "pattern": r"^(1|0\.[0-9]{1,6})$",
    "title": 'a probability in quotes ("0.8"), at most six decimals',
}
RANDOMISATION = sourced(
    {
        "ratio": {
            "type": "object",
            "additionalProperties": POSITIVE,
            "title": "a mapping of arm to whole number",
        },
        "strata": many(STRATUM),
    },
    {
        "method": choice("permuted_blocks", "minimisation", "list"),
        "block_sizes": many(POSITIVE, at_least=1),
        "minimisation": shape({"probability": PROBABILITY, "ties": choice("ratio", "equal")}),
        "gates": many(GATE),
    },
)
STAGE = sourced({"key": KEY, "name": TEXT, "subjects": POSITIVE})
LEVEL_CAP = sourced({"stratum": KEY, "level": KEY, "planned": POSITIVE})
RECRUITMENT = sourced(
    {"site_numbers": choice("cap", "goal"), "levels": many(LEVEL_CAP), "stages": many(STAGE)}
)
ARM = sourced({"key": KEY, "name": TEXT, "phases": many(KEY, at_least=1)})
BRANCH = sourced({"when": RULE, "to": KEY, "text": TEXT})
PHASE = sourced(
    {
        "key": KEY,
        "name": TEXT,
        "kind": choice(*PHASE_KINDS),
        "regimen": or_null(KEY),
        "days": or_null(POSITIVE),
        "starts": TEXT,
    },
    {
        "short": TEXT,
        "optional": TRUTH,
        "branches": many(BRANCH),
        "rest_days": POSITIVE,
        "late_after": POSITIVE,
        "deviation": choice("minor", "major", "critical"),
    },
)
DOSE = shape(
    {"amount": DECIMAL, "basis": choice("BSA", "KG", "FLAT")},
    {"cap": DECIMAL, "days": DAYS, "when": RULE, "source": choice(*SOURCES), "cite": WORDS},
)
EFFECT = {"amount": DECIMAL, "factor": DECIMAL, "omit": {"const": True, "title": "true"}, "hours": DECIMAL}
MODIFIER = {
    **sourced({"when": RULE, "reason": choice(*MODIFIER_REASONS), "text": TEXT}, {**EFFECT, "days": DAYS}),
    "oneOf": [{"required": [name]} for name in EFFECTS],
    "title": f"a modifier with exactly one of {', '.join(EFFECTS)}",
}
EQUIVALENT = sourced({"drug": KEY, "name": TEXT, "factor": DECIMAL}, {"cap": DECIMAL})
LYSIS = sourced(
    {
        "start": RULE,
        "form": KEY,
        **dict.fromkeys(("day", "point", "lysis", "held"), KEY),
        "checks": many(shape({"days": DAYS, "points": many(KEY, at_least=1)}), at_least=1),
    }
)
DOSE_LEVELS = sourced({"factors": many(DECIMAL, at_least=2), "drugs": many(KEY, at_least=1)})
OBESITY = sourced({"bmi_from": DECIMAL, "handling": choice(*OBESITY_HANDLING)}, {"cap": DECIMAL})
DOSE_TOLERANCE = sourced({"query_above_pct": DECIMAL, "deviation_above_pct": DECIMAL})
START_CONDITION = sourced({"key": KEY, "text": TEXT, "rule": RULE}, {"max_age_days": COUNT})
DRUG = sourced(
    {
        "key": KEY,
        "name": TEXT,
        "route": choice("IV", "CIVI", "PO", "IT", "SC", "PO_IV"),
        "unit": choice("mg", "ug", "g", "cells"),
        "days": DAYS,
        "doses": many(DOSE, at_least=1),
    },
    {
        "per_day": POSITIVE,
        "rounding": DECIMAL,
        "infusion_hours": DECIMAL,
        "modifiers": many(MODIFIER, at_least=1),
        "equivalents": many(EQUIVALENT, at_least=1),
        "tumour_lysis": LYSIS,
        "infusion_exceptions": many(shape({"hours": DECIMAL, "when": RULE}), at_least=1),  # of older files
        "parts": many(shape({"fraction": DECIMAL, "hours": DECIMAL}), at_least=2),
        "note": TEXT,
        "gates": many(START_CONDITION, at_least=1),
    },
)
REGIMEN = sourced(
    {"key": KEY, "name": TEXT, "cycle_days": POSITIVE, "drugs": many(DRUG)},
    {"dose_levels": DOSE_LEVELS, "note": TEXT},
)
HOURS = many(DECIMAL, at_least=1)
LEVEL_LIMIT = shape({"at_h": DECIMAL, "op": choice("<", "<=", ">", ">="), "umol_l": DECIMAL})
CLAUSE = {
    "anyOf": [LEVEL_LIMIT, shape({"creatinine_rise_pct": DECIMAL}, {"at_h": DECIMAL})],
    "title": "a level (at_h, op, umol_l) or a rise of creatinine (creatinine_rise_pct)",
}
LEUCOVORIN = shape(
    {"amount": DECIMAL, "basis": choice("BSA", "FLAT"), "every_h": DECIMAL},
    {"route": choice("IV", "PO"), "times": POSITIVE, "until_below": DECIMAL, "from_h": DECIMAL},
)
RESCUE_ROW = sourced(
    {
        "key": KEY,
        "verdict": choice(*VERDICTS),
        "text": TEXT,
        "any": many(many(CLAUSE, at_least=1), at_least=1),
    },
    {"leucovorin": many(LEUCOVORIN, at_least=1)},
)
RESCUE_TABLE = sourced(
    {
        "key": KEY,
        "name": TEXT,
        "infusion_h": DECIMAL,
        "infusion_within_h": DECIMAL,
        "clock": choice(*COUNTED_FROM),
        "level_within_h": DECIMAL,
        "levels_h": HOURS,
        "rows": many(RESCUE_ROW, at_least=1),
    },
    {"information_h": HOURS},
)
METHOTREXATE = sourced(
    {"discharge_below": DECIMAL, "then_every_h": DECIMAL, "tables": many(RESCUE_TABLE, at_least=1)},
    {"glucarpidase": sourced({"limits": many(LEVEL_LIMIT, at_least=1), "creatinine_rise_pct": DECIMAL})},
)
REFERENCE_DRUG = shape(
    {"key": KEY, "name": TEXT, "amount": DECIMAL, "basis": choice("BSA", "KG", "FLAT")},
    {"counts": many(shape({"drug": KEY}, {"times": DECIMAL}), at_least=1)},
)
REFERENCE_REGIMEN = sourced(
    {
        "key": KEY,
        "name": TEXT,
        "phases": many(KEY, at_least=1),
        "cycle_days": POSITIVE,
        "drugs": many(REFERENCE_DRUG, at_least=1),
    }
)
RATIO_SETS = ("DNR_0_6", "DNR_0_5", "DNR_0_83", "OLDER")  # of anthracyclines, in doxorubicin equivalents
REPEAT = shape({"count": POSITIVE}, {"every_days": POSITIVE, "every_months": POSITIVE})
FORM_CODES = many({"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$", "title": "a form code"})
VISIT = sourced(
    {"key": KEY, "name": TEXT, "anchor": WORDS, "before_days": COUNT, "after_days": COUNT},
    {
        "offset_days": DAY,
        "offset_months": DAY,
        "phase": KEY,
        "arms": many(KEY, at_least=1),
        "when": RULE,
        "repeat": REPEAT,
        "only_after_treatment": TRUTH,
        "until": KEY,
        "required": FORM_CODES,
        "optional": FORM_CODES,
        "note": TEXT,
    },
)
METHODS = ("MFC", "NGS_IG_TR", "RQPCR_IG_TR", "RTPCR_FUSION", "DPCR")
MRD = sourced(
    {
        "method": choice(*METHODS),
        "threshold": {
            "type": "string",
            "pattern": r"^0\.[0-9]*[1-9]$",
            "title": 'a fraction in quotes ("0.0001")',
        },
        "role": choice("endpoint", "gate", "secondary", "exploratory"),
    }
)
SAMPLES = sourced(
    {
        "send_days": COUNT,
        "receipt_days": COUNT,
        "report_days": shape({}, dict.fromkeys(METHODS, POSITIVE)),
        "report_days_other": POSITIVE,
    }
)
TRANSPLANT = shape(
    {
        "indications": many(
            sourced({"key": KEY, "name": TEXT}, {"when": RULE, "needs_reason": TRUTH}), at_least=1
        )
    },
    {
        "washout": sourced({"days": POSITIVE, "max_grade": COUNT}),
        "mrd_negative": sourced({"method": choice(*METHODS)}, {"until": choice(CONDITIONING, DAY_0)}),
    },
)
CELL_THERAPY = shape(
    {
        "apheresis": sourced(
            {
                "alc": DECIMAL,
                "prednisone_mg": DECIMAL,
                "steroid_days": POSITIVE,
                "days_after_blinatumomab": POSITIVE,
            }
        ),
        "aplasia": sourced({"cd19_per_ul": DECIMAL}),
    }
)
PREMEDICATION = sourced(
    {
        "moments": many(choice(*MOMENTS), at_least=1),
        "doses": many(
            shape({"drug": KEY, "amount": DECIMAL, "basis": choice("FLAT", "BSA")}, {"cap": DECIMAL}),
            at_least=1,
        ),
        "within_hours": DECIMAL,
    },
    {"from_age": COUNT, "below_age": COUNT, "first_course_only": TRUTH},
)
MODIFICATION_ROW = sourced(
    {
        "row": KEY,
        "event": choice(*EVENTS),
        "grades": many({**POSITIVE, "maximum": 5}),
        "action": choice(*ACTIONS),
        "text": TEXT,
    },
    {
        "as_row": KEY,
        "hold_days": COUNT,
        "stop_after_days": POSITIVE,
        "stop_at_start_dose": TRUTH,
        "stop_on_recurrence": TRUTH,
        "stop_above_events": POSITIVE,
    },
)
FIRST_ADVICE = sourced(
    {"key": KEY, "text": TEXT},
    {"hours_after_start": COUNT, "marrow_blasts_from_pct": DECIMAL, "blood_blasts_above_per_ul": DECIMAL},
)
DOSE_BY_WEIGHT = sourced({"fixed": DECIMAL, "per_m2": DECIMAL, "cap": DECIMAL})
BLINATUMOMAB = sourced(
    {
        "courses": many(
            shape(
                {
                    "regimens": many(KEY, at_least=1),
                    "hospital": sourced({"days": many(COUNT)}),
                    "premedication": many(PREMEDICATION),
                }
            )
        ),
        "dose_modification": sourced(
            {
                "start_dose": DOSE_BY_WEIGHT,
                "full_dose": DOSE_BY_WEIGHT,
                "escalate_after_days": POSITIVE,
                "terms": sourced(dict.fromkeys(TERM_KINDS, many(WORDS))),
                "liver": many(
                    sourced({"analyte": choice(*LIVER_ANALYTES), "above": DECIMAL, "resolved": DECIMAL})
                ),
                "rows": many(MODIFICATION_ROW, at_least=1),
            }
        ),
    },
    {"first_infusion": many(FIRST_ADVICE)},
)
DEVIATION = sourced({"rule": choice(*DEVIATION_RULES), "class": choice(*CLASSES)})
ADJUDICATION = sourced(
    {
        "forms": many(choice(*ADJUDICATED), at_least=1),
        "reviewers": POSITIVE,
        "blinded": TRUTH,
        "asks": many(choice(*ASKED)),
    }
)
MONITORING = sourced(
    {
        "key": KEY,
        "name": TEXT,
        "kind": choice(*MONITORING_KINDS),
        "endpoint": KEY,
        "n": POSITIVE,
        "pauses_recruitment": TRUTH,
    },
    {
        **dict.fromkeys(("p0", "p1", "limit", "certainty", "success"), DECIMAL),
        "r1": COUNT,
        "n1": POSITIVE,
        "r": COUNT,
        "prior": shape({"a": DECIMAL, "b": DECIMAL}),
        "looks": DAYS | {"title": "a list of whole numbers"},
        "from_n": POSITIVE,
        "every": POSITIVE,
    },
)
RESPONSE = sourced(
    {
        "criteria_set": choice("ELN2024", "ASBMT2010", "NCCN", "PAEDIATRIC"),
        "cri_allow_both_fail": TRUTH,
        "crh": TRUTH,
        "literal_mlfs_is_cri": TRUTH,
        "mrd_1pct_warning": TRUTH,
        "crc": many(choice("CR", "CRh", "CRi"), at_least=1),
        "counts_window_days": COUNT,
        "marrow_max_age_days": COUNT,
        "refractory_at": many(KEY),
    }
)
SENSITIVITY = sourced({"analysis": choice(*ANALYSES)})
ENDPOINT = sourced(
    {
        "key": KEY,
        "name": TEXT,
        "role": choice("primary", "secondary", "exploratory"),
        "kind": choice(*ENDPOINT_KINDS),
        "analysis_set": KEY,
        "origin": or_null(KEY),
        "events": many(KEY, at_least=1),
        "definition": TEXT,
    },
    {
        "competing": many(KEY),
        "censor": choice(*CENSORS),
        "landmark_months": DECIMAL,
        "landmark_days": POSITIVE,
        "horizon_months": DECIMAL,
        "assessed_at": many(KEY, at_least=1),
        "method": choice(*METHODS),
        "sensitivity": many(SENSITIVITY, at_least=1),
    },
)
CHOICES = many(shape({"code": KEY, "label": TEXT}), at_least=2)
ITEM = sourced(
    {"key": KEY, "label": TEXT, "type": choice(*ITEM_TYPES), "required": TRUTH},
    {
        "unit": WORDS,
        "choices": CHOICES,
        "help": TEXT,
        "analyte": KEY,
        "minimum": DECIMAL,
        "low": DECIMAL,
        "high": DECIMAL,
        "maximum": DECIMAL,
        "show_when": RULE,
    },
)
GROUP = shape({"key": KEY, "title": TEXT, "items": many(ITEM, at_least=1)})
CHECK = shape({"key": KEY, "at": KEY, "holds": RULE, "says": TEXT, "hard": TRUTH})
FORM = sourced(
    {"key": KEY, "title": TEXT, "items": many(ITEM, at_least=1)},
    {"groups": many(GROUP), "checks": many(CHECK)},
)
QUESTION = sourced(
    {
        "id": {"type": "string", "pattern": "^Q[0-9]{2}$", "title": "an id such as Q01"},
        "text": TEXT,
        "default": TEXT,
    }
)
ISO_DAY = {
    "type": "string",
    "pattern": r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
    "title": "a day such as 2025-09-01",
}
OUTCOME = shape(
    {"endpoint": KEY, "role": choice("primary", "secondary", "exploratory")},
    {"landmark_months": DECIMAL, "time_frame_months": DECIMAL},
)
STATEMENT = shape(
    {"about": TEXT, "says": many(shape({"value": KEY, "text": TEXT, "cite": WORDS}), at_least=2)},
    {"question": WORDS},
)
REGISTRY_ENTRY = sourced(
    {
        "id": {"type": "string", "pattern": "^[0-9]{3}$", "title": 'three digits in quotes ("000")'},
        "planned_enrolment": or_null(POSITIVE),
        "min_age": or_null(COUNT),
        "max_age": or_null(COUNT),
        "allocation": or_null(choice("single-arm", "randomised")),
        "phase": or_null(choice("I", "I/II", "II", "III")),
        "multicentre": or_null(TRUTH),
        "consent": or_null(many(choice("patient", "guardian", "assent"), at_least=1)),
        "start": or_null(ISO_DAY),
        "primary_completion": or_null(ISO_DAY),
        "completion": or_null(ISO_DAY),
        "outcomes": many(OUTCOME),
    },
    {
        "statements": many(STATEMENT),
        "questions": shape({}, {"time_frame": WORDS, "origin": WORDS, "consent": WORDS}),
    },
)
REGISTRATION = sourced(
    {
        "ids": many(
            {"type": "string", "pattern": "^[0-9]{3}$", "title": 'three digits in quotes ("000")'}, at_least=1
        ),
        "nct": or_null({"type": "string", "pattern": "^NCT[0-9]{8}$", "title": "NCT and eight digits"}),
        "registry_note": TEXT,
    },
    {"entries": many(REGISTRY_ENTRY)},
)

PROTOCOL: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **shape(
        {
            "key": {
                "type": "string",
                "pattern": "^[A-Z][A-Z0-9-]*$",
                "title": "a trial key such as BLINA-FULL",
            },
            "version": {
                "type": "string",
                "pattern": r"^[0-9]+\.[0-9]+$",
                "title": 'a version in quotes ("1.0")',
            },
            "registration": REGISTRATION,
            "title": valued(TEXT),
            "short_title": valued(TEXT),
            "phase": valued(choice("I", "I/II", "II", "III", "not stated")),
            "design": valued(choice("single-arm", "randomised")),
            "planned_enrolment": valued(or_null(POSITIVE)),
            "accrual_months": valued(or_null(POSITIVE)),
            "ctcae_version": valued(choice(*CTCAE_VERSIONS)),
            "bsa_formula": valued(choice("mosteller", "dubois", "xu")),
            "crcl_weight": valued(choice("actual", "ideal", "adjusted")),
            "cns2_is_cns_leukemia": valued(TRUTH),
            "sites": many(SITE, at_least=1),
            "consent": CONSENT,
            "screening": SCREENING,
            "criteria": many(CRITERION, at_least=1),
            "randomisation": {**RANDOMISATION, "type": ["object", "null"]},
            "arms": many(ARM, at_least=1),
            "phases": many(PHASE, at_least=1),
            "regimens": many(REGIMEN),
            "visits": many(VISIT, at_least=1),
            "mrd": many(MRD, at_least=1),
            "response": RESPONSE,
            "endpoints": many(ENDPOINT, at_least=1),
            "forms": many(FORM),
            "questions": many(QUESTION),
        },
        {
            "recruitment": RECRUITMENT,
            "numbering": NUMBERING,
            "other_trials": OTHER_TRIALS,
            "creat_baseline_requires_gt_uln": valued(TRUTH),
            "adverse_events": ADVERSE_EVENTS,
            "samples": SAMPLES,
            "transplant": TRANSPLANT,
            "cell_therapy": CELL_THERAPY,
            "blinatumomab": BLINATUMOMAB,
            "obesity": OBESITY,
            "dose_tolerance": DOSE_TOLERANCE,
            "methotrexate": METHOTREXATE,
            "reference_regimens": many(REFERENCE_REGIMEN),
            "anthracycline_ratio_set": valued(choice(*RATIO_SETS)),
            "deviations": many(DEVIATION),
            "monitoring": many(MONITORING),
            "adjudication": ADJUDICATION,
        },
    ),
}

VALIDATOR = Draft202012Validator(PROTOCOL)


def shape_problems(document: Any) -> Iterator[tuple[Path, str]]:
    """Every departure from the shape as (path, sentence); the sentence says what would be accepted."""
    for error in VALIDATOR.iter_errors(document):
        yield from _sentences(error)


def _sentences(error: ValidationError) -> Iterator[tuple[Path, str]]:
    path: Path = tuple(error.absolute_path)
    wanted = error.schema.get("title", "another value") if isinstance(error.schema, dict) else "another value"
    found = _brief(error.instance)
    match error.validator:
        case "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            yield (
                path,
                f"{_listed(missing)} {'is' if len(missing) == 1 else 'are'} missing here and must be given.",
            )
        case "additionalProperties":
            known = error.schema["properties"]
            for name in (name for name in error.instance if name not in known):
                yield (*path, name), f"The key {name} is not known here; accepted are {', '.join(known)}."
        case "minItems":
            yield path, f"At least {error.validator_value} entry is needed here."
        case "uniqueItems":
            yield path, "An entry stands here twice; each is accepted once."
        case _:
            left_out = ", or be left out" if error.instance is None and _optional(error) else ""
            yield path, f"{found} is not accepted here; it must be {wanted}{left_out}."


def _optional(error: ValidationError) -> bool:
    """Whether the key that the error is about may be left out of its mapping."""
    *above, container, name, _validator = error.absolute_schema_path
    mapping: Any = PROTOCOL
    for step in above:
        mapping = mapping[step]
    return container == "properties" and name not in mapping.get("required", ())


def _listed(names: Iterable[str]) -> str:
    words = list(names)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _brief(value: Any) -> str:
    words = json.dumps(value, ensure_ascii=False)
    return words if len(words) <= 40 else f"{words[:37]}…"
