"""Which analytes the three laboratory forms print, in the order of a hospital's report."""

from trialsite.clinical.units import analyte, unit_beside

PANELS: dict[str, tuple[str, ...]] = {
    "HEM": ("wbc", "anc", "lymphocytes", "rbc", "haemoglobin", "platelets", "neutrophils_pct", "bands_pct", "cd4",
            "pb_blasts"),
    "CHEM": (
        "alt", "ast", "alp", "ggt", "ldh", "bilirubin", "bilirubin_direct", "albumin", "creatinine", "urea",
        "uric_acid", "glucose", "sodium", "potassium", "chloride", "calcium", "magnesium", "phosphate",
        "amylase", "lipase", "ck", "calcium_ionised", "triglycerides", "cholesterol", "crp", "ferritin", "igg",
        "methotrexate",
    ),
    "COAG": ("inr", "aptt", "fibrinogen"),
}  # fmt: skip
ROUTINE: dict[str, tuple[str, ...]] = {
    "HEM": PANELS["HEM"][:6],
    "CHEM": PANELS["CHEM"][:18],
    "COAG": PANELS["COAG"],
}


def analyte_label(key: str, language: str) -> str:
    """The analyte with the unit in which its limits stand: "Creatinine (µmol/L)"."""
    found = analyte(key)
    name, unit = found.label.in_language(language), unit_beside(found.canonical)
    return f"{name} ({unit})" if unit else name
