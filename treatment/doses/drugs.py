"""Names of drugs: those of the protocols that ship, and what transplant centres add."""

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trialsite.clinical.text import Text

OTHER = "OTHER"
DRUGS: dict[str, Text] = {
    "ATG": Text("Antithymocyte globulin", "抗胸腺细胞球蛋白"),
    "BUSULFAN": Text("Busulfan", "白消安"),
    "CAR_T_CELLS": Text("CD19 CAR-T cells", "CD19 CAR-T细胞"),
    "CYCLOPHOSPHAMIDE": Text("Cyclophosphamide", "环磷酰胺"),
    "CYTARABINE": Text("Cytarabine", "阿糖胞苷"),
    "CYTARABINE_IT": Text("Intrathecal cytarabine", "鞘内注射阿糖胞苷"),
    "DAUNORUBICIN": Text("Daunorubicin", "柔红霉素"),
    "DEXAMETHASONE": Text("Dexamethasone", "地塞米松"),
    "DEXAMETHASONE_IT": Text("Intrathecal dexamethasone", "鞘内注射地塞米松"),
    "DOXORUBICIN": Text("Doxorubicin", "多柔比星"),
    "EPIRUBICIN": Text("Epirubicin", "表柔比星"),
    "ETOPOSIDE": Text("Etoposide", "依托泊苷"),
    "FLUDARABINE": Text("Fludarabine", "氟达拉滨"),
    "IDARUBICIN": Text("Idarubicin", "伊达比星"),
    "LEUCOVORIN": Text("Leucovorin", "亚叶酸钙"),
    "LEUCOVORIN_FIRST": Text("Leucovorin (day 2)", "亚叶酸钙（第2天）"),
    "MELPHALAN": Text("Melphalan", "美法仑"),
    "MESNA": Text("Mesna", "美司钠"),
    "METHOTREXATE": Text("Methotrexate", "甲氨蝶呤"),
    "METHOTREXATE_IT": Text("Intrathecal methotrexate", "鞘内注射甲氨蝶呤"),
    "METHYLPREDNISOLONE": Text("Methylprednisolone", "甲泼尼龙"),
    "MITOXANTRONE": Text("Mitoxantrone", "米托蒽醌"),
    "PEGASPARGASE": Text("Pegaspargase", "培门冬酶"),
    "PREDNISONE": Text("Prednisone", "泼尼松"),
    "TBI": Text("Total body irradiation", "全身照射"),
    "VENETOCLAX": Text("Venetoclax", "维奈克拉"),
    "VINCRISTINE": Text("Vincristine", "长春新碱"),
    "VINDESINE": Text("Vindesine", "长春地辛"),
}


def drug_name(key: str) -> str:
    """A drug by its name in the reader's language; a key that nobody named as it stands."""
    if key == OTHER:
        return str(_("Other: say what"))
    return DRUGS[key].in_language(get_language() or "en") if key in DRUGS else key


def drug_choices(*more: str) -> list[tuple[str, str]]:
    """All drugs as choices by name, those of `more` (a protocol's own) included, "other" last."""
    keys = {*DRUGS, *(key for key in more if key)} - {OTHER}
    return [
        ("", "—"),
        *sorted(((key, drug_name(key)) for key in keys), key=lambda one: one[1]),
        (OTHER, drug_name(OTHER)),
    ]
