"""Annotations of items are what the code of SDTM does: its variables, its codes, the values of the record."""

import inspect
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.cast import Cast
from trialsite.audit import acting
from trialsite.casebook.items import values_of
from trialsite.casebook.models import ProtocolForm
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity
from trialsite.exports.extract import Extract
from trialsite.exports.odm.definitions import Form, Group, Item, forms_of
from trialsite.exports.sdtm import disease, events, findings, remarks, subjects, treatment
from trialsite.exports.sdtm.annotation import Annotated, Annotation
from trialsite.exports.sdtm.annotations import annotated, annotations
from trialsite.exports.sdtm.dataset import source
from trialsite.exports.sdtm.reading import Found, Reading
from trialsite.exports.sdtm.standard import term_lists
from trialsite.exports.sdtm.tables import BY_NAME, Sdtm
from trialsite.exports.sdtm.text import iso, moment, number, pieces, plain

Filled = tuple[Cast, dict[str, Any]]
MODULES = (disease, events, findings, remarks, subjects, treatment)
WRITTEN = "\n".join(inspect.getsource(one) for one in MODULES)
QUALIFIERS = {f"AE{kind}{short}" for kind in ("REL", "ACN") for short, _name in events.AGENT_NAMES.values()}
OWN_TESTS = {*findings.OWN_TESTS, disease.ECOG_TEST[0]}
CODES = {
    "MHTERM": set(events.HISTORY.values()),
    "COREF": {form for form, _model, _item in remarks.remarked()},
}
MAPPED = {  # whose texts are said in other words, and why
    ("HEM.results", "analyte"): "a code of the terminology",
    ("CHEM.results", "analyte"): "a code of the terminology",
    ("COAG.results", "analyte"): "a code of the terminology",
    ("CHEM.results", "uln"): "limits of a site are those that stand now",
    ("CYC", "phase"): "ETCD has eight characters",
    ("EX.doses", "drug"): "the name of the drug",
    ("HSCT", "indication"): "the words of the protocol",
    ("CM", "medicine"): "the English name of a known medicine",
}
SOMETIMES = {  # when it is not written
    ("ICF.signatures", "signed_on"): "of a signature that is no assent",
    ("MH", "performed_on"): "nothing answered with yes",
    ("CHEM.results", "finding"): "no finding",
    ("COAG.results", "finding"): "no finding",
    ("PREG", "performed_on"): "no result",
    ("AE.track", "since"): "one grade only",
    **{
        ("SAE", item): "stands in the rows of the event that the report is about"
        for items in events.CRITERIA.values()
        for item in items
    },
    ("EX.doses", "prescribed"): "given as prescribed",
    ("EX.doses", "reason"): "given as prescribed",
    ("BLI.segments", "stop_reason"): "an ordinary end",
    ("MTX", "start"): "the same day's dose is in the form of doses",
    ("MTX", "end"): "the same day's dose is in the form of doses",
    ("MTX", "dose"): "the same day's dose is in the form of doses",
    ("CAR", "step"): "a step that is no procedure",
    ("CAR", "performed_on"): "a step that is no procedure",
    ("CAR", "lot"): "no infusion, or the arm has no CAR-T cells",
}
NOT_SUBMITTED = {  # what SDTM does not take: decide here on every new item
    "DM": "performed_on birth_date",
    "ICF": "text_version version_approved before_procedures",
    "ICF.signatures": "signer signed",
    "MH": "prior_therapy_reviewed infection_kind nyha strong_cyp3a_inducer uncontrolled_illness_text",
    "DX": "newly_dx emd cd19_pct morphology_done cytochemistry_done immunophenotype_done karyotype_done "
    "molecular_done hypodiploidy complex_karyotype ph_like",
    "EL": "performed_on leuk_infiltration_liver hsct_within_60_days willing_hsct refused will_comply "
    "cannot_consent_or_comply not_childbearing contraception_agreed pregnancy_planned "
    "investigator_unsuitable unsuitable_reason",
    "HEM.results": "limits_from comment",
    "CHEM.results": "limits_from comment",
    "COAG.results": "limits_from comment",
    "PREG": "lactating",
    "ECG": "acute_mi severe_arrhythmia",
    "ECHO": "lvef cardiomegaly valvular_disease congenital_disease",
    "PFT": "fev1_pp fvc_pp dlco_pp",
    "HCI": "performed_on arrhythmia cardiac ibd diabetes cerebrovascular psychiatric hepatic_mild obesity "
    "infection rheumatologic peptic_ulcer renal pulmonary_moderate solid_tumour heart_valve "
    "pulmonary_severe hepatic_severe",
    "BM": "evaluable trilineage pb_blasts pb_blasts_confirmed extramedullary extramedullary_new counts_on "
    "anc anc.canonical platelets platelets.canonical gcsf_7d platelets_7d",
    "BM.sites": "place method finding note",
    "MRD": "time_point hemodilution",
    "MRD.results": "reported_text dna_ng cd19_gating_adequate index_found clone_id",
    "CSF": "clinical_signs clinically_absent blasts it_given it_drugs",
    "IMG": "region finding",
    "CRS": "temperature temperature.canonical other_cause anticytokine hypotension vasopressor "
    "second_vasopressor vasopressin oxygen oxygen_flow fio2_pct fatal ctcae_grade ctcae_reason "
    "tocilizumab steroid",
    "ICE": "year month city hospital orientation naming command writing attention consciousness sedated "
    "seizure motor_weakness oedema tremor haemorrhage other_cause fatal ctcae_grade",
    "AE": "site_aware_at sponsor_told_at performed_on meddra_version",
    "AE.track": "action note",
    "SAE": "event report_kind follow_up_number what_changed performed_on site_aware_at sponsor_told_at "
    "ethics_told_at narrative treatment outcome reporter",
    "ADM": "left_on ward reason planned planned_days event",
    "AGV": "skin_pct bullae bilirubin bilirubin.canonical upper_gi_symptoms stool_ml stool_episodes "
    "severe_gut skin liver upper_gi lower_gi stage_reason gvhd_class systemic_steroid "
    "steroid_response",
    "CGV": "skin_pct sclerosis skin_explained mouth eyes joints genital gut weight_loss_pct gi_explained "
    "bilirubin bilirubin.canonical bilirubin_raised alt_times alp_times liver_explained fev1_pct "
    "breath lungs_explained skin gi liver lungs stage_reason gvhd_class onset_on systemic_therapy_on",
    "CHI": "specimen donor_pct method told_by",
    "ENG": "neutrophils_on platelets_on graft_failure graft_failure_on told_by",
    "CYC": "delay_reason height height.canonical weight weight.canonical weighed_on child_pugh dose_level "
    "dose_level_reason ended_on end_reason",
    "EX.doses": "note",
    "BLI": "line_flushed premedication_listed",
    "BLI.segments": "bag",
    "MTX": "urine_ph effusion planned_hours",
    "MTX.levels": "from_line creatinine creatinine.canonical",
    "CM": "inhibitor performed_on",
    "TF": "units reason",
    "DON": "performed_on donor donor_available hla_match donor_sex donor_age typed_on recipient_cmv "
    "recipient_group conditioning_planned",
    "DON.candidates": "relation hla_a hla_b hla_c hla_drb1 hla_dqb1 dsa cmv blood_group age chosen",
    "HSCT": "indication_reason mnc cd3 manipulated abo_mismatch conditioning_on conditioning prophylaxis atg "
    "ptcy told_by",
    "HSCT.conditioning_drugs": "note",
    "HSCT.prophylaxis_drugs": "note",
    "GVT": "told_by",
    "GVT.drugs": "systemic note",
    "CAR": "apheresis_on lymphocytes lymphocytes.canonical lymphodepletion_on bridging product "
    "transduction_pct viability weight weight.canonical tocilizumab steroid told_by",
    "CAR.bridges": "note",
    "CTX": "told_by",
    "CTX.courses": "doses note",
    "BCA": "cd19_cells igg igg.canonical ivig car_copies car_pct told_by",
    "REF": "kind performed_on hospital contact planned_on called_off_on called_off_why",
    "EOT": "last_dose_on",
    "DEV": "performed_on deviation_class what action reported",
    "REL": "extramedullary_place bm_blast_pct bm_blast_pct.canonical confirmed_on",
    "SPM": "malignancy_text histology car_positive",
    "DTH": "cause_text learned_on performed_on",
    "SUR": "contact_kind lost no_relapse new_therapy new_therapy_on attempt",
    "CALL": "called_at call_result informant disease_told next_call_on",
    "WD": "performed_on degree withdrawal_reason withdrawn_by told_how told_to",
}  # fmt: skip


def registered(cast: Cast) -> Iterator[Group]:
    """Every form of the system and every kind of its lines."""
    for form in forms_of(Extract(cast.study, cast.data_manager)):
        if form.main.model is not ProtocolForm:
            yield from form.groups


def place(group: Group) -> str:
    return ".".join(filter(None, (group.form, group.name)))


def test_an_annotation_says_what_annotated_forms_say() -> None:
    said = [str(one) for one in annotated("VS", "", "height").sdtm]
    assert said == ["VSORRES, VSORRESU where VSTESTCD = HEIGHT"]
    assert [str(one) for one in annotated("AE", "track", "since").sdtm] == ["AETRACK in SUPPAE"]
    assert annotated("EL", "", "refused") == Annotated()
    assert annotated("AE", "", "onset").only_variable == "AESTDTC"
    assert annotated("VS", "", "height").only_variable == ""  # with its unit they are two
    assert annotated("AE", "", "special_interest").only_variable == ""  # a supplemental qualifier is none


def every_annotation() -> list[Annotation]:
    return [one for known in annotations().values() for one in known.sdtm]


def test_every_variable_is_one_of_its_dataset_or_a_qualifier_that_is_written() -> None:
    for one in every_annotation():
        parent = BY_NAME[one.dataset.removeprefix("SUPP")]
        assert {name for name, _code in one.where} <= set(parent.names), one
        if parent.name == one.dataset:
            assert set(one.variables) <= set(parent.names), one
        else:
            assert all(name in QUALIFIERS or f'"{name}"' in WRITTEN for name in one.variables), one


def test_every_code_of_a_condition_is_written() -> None:
    terms = {
        variable.name: {
            term for code in variable.lists if code in term_lists() for term in term_lists()[code].terms
        }
        for dataset in BY_NAME.values()
        for variable in dataset.variables
    }
    for one in every_annotation():
        for name, code in one.where:
            known = CODES.get(name, set())
            assert code in known or f'"{code}"' in WRITTEN, one
            if name.endswith("TESTCD") and name != "PETESTCD" and code not in OWN_TESTS:
                assert code in terms[name], one


def test_every_annotated_item_is_asked_and_every_other_was_decided_on(filled: Filled) -> None:
    cast, _subjects = filled
    with acting(user=cast.data_manager):
        groups = list(registered(cast))
    items = {(one.form, one.name, item.name) for one in groups for item in one.items}
    assert set(annotations()) <= items
    left = {
        place(one): " ".join(
            item.name for item in one.items if not annotated(one.form, one.name, item.name).sdtm
        )
        for one in groups
    }
    assert {key: names for key, names in left.items() if names} == NOT_SUBMITTED


def test_the_values_of_the_record_stand_in_their_variables(filled: Filled) -> None:
    cast, _subjects = filled
    with acting(user=cast.data_manager):
        assert compared(Sdtm(Extract(cast.study, cast.data_manager))) > 50


Rows = list[tuple[str, Found]]


def compared(sdtm: Sdtm) -> int:
    """How many values were found in the rows of their record; a failure names those that were not.

    Of an item with codes, and of yes or no, the mapping decides what is written: for them something must stand there.
    The day of a form alone in CO is written with a remark only.
    """
    counted, missed = 0, []
    groups = [
        (form, group)
        for form in forms_of(sdtm.extract)
        for group in form.groups
        if form.main.model is not ProtocolForm
    ]
    for reading in sdtm.readings():
        rows = rows_of(reading)
        for form, group in groups:
            for record, here in records_of(reading, form, group, rows):
                values = values_of(record)
                for item in group.items:
                    known, value = annotated(group.form, group.name, item.name).sdtm, values.get(item.of)
                    if not known or value in (None, "", False):
                        continue
                    found = [text for one in known for text in texts(one, here)]
                    said = written(item, value, ZoneInfo(record.site.timezone))
                    in_co_alone = all(one.dataset == "CO" for one in known)
                    if any(same(said, text) for text in found):
                        counted += 1
                    elif not in_co_alone and (place(group), item.name) not in (
                        MAPPED if found else SOMETIMES
                    ):
                        missed.append((place(group), item.name, said, found))
    assert missed == []
    return counted


def rows_of(reading: Reading) -> dict[Any, Rows]:
    """The rows by the record that they came from; those that do not say by subject."""
    found: dict[Any, Rows] = {}
    for name in BY_NAME:
        for row in reading.rows(name):
            found.setdefault(row.get("SOURCE") or row["USUBJID"], []).append((name, row))
    return found


def records_of(
    reading: Reading, form: Form, group: Group, rows: dict[Any, Rows]
) -> Iterator[tuple[Any, Rows]]:
    """The forms of a group, or its lines, with the rows from the form and from its lines, or from the line."""
    for subject in reading.subjects:
        for record in reading.forms(form.main.model, subject, form.key):
            own = rows.get(source(record), [])
            if group.name:
                for line in reading.lines(group.model, record):
                    yield line, own + rows.get(source(line), [])
            else:
                lines = [line for kind in form.lines for line in reading.lines(kind.model, record)]
                of_lines = [row for line in lines for row in rows.get(source(line), [])]
                yield record, own + of_lines + rows[subject.usubjid]


def texts(one: Annotation, rows: Rows) -> Iterator[Any]:
    """What stands in the variables of an annotation, in the rows of which its condition holds."""
    name = one.dataset.removeprefix("SUPP")
    for of, row in rows:
        if of == name and all(row.get(variable) == code for variable, code in one.where):
            for variable in one.variables:
                value = row["SUPP"].get(variable, ("", ""))[1] if one.dataset != of else row.get(variable)
                if value not in ("", None):
                    yield value if isinstance(value, int | Decimal) else value.upper()


def written(item: Item, value: Any, zone: ZoneInfo) -> Any:
    """A value as SDTM writes it: "" for what a mapping decides."""
    if item.codes or isinstance(value, bool):
        return ""
    if isinstance(value, Quantity):
        if item.derived:
            return None if value.canonical is None else findings.significant(value.canonical)
        return f"{value.comparator}{number(value.value)}"
    if isinstance(value, datetime):
        return moment(value, zone)
    if isinstance(value, time):
        return f"T{value:%H:%M}"
    if isinstance(value, date | PartialDate):
        return iso(value)
    if isinstance(value, int | Decimal):
        return value
    return next(pieces(plain(value))).upper()


def same(said: Any, text: Any) -> bool:
    """A text stands within a text, a number as a number or as the text of one, alone or after its day."""
    if isinstance(said, str):
        return said in str(text)
    return text == said if isinstance(text, int | Decimal) else number(said) in text.split()
