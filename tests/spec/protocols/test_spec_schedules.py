# ruff: noqa: E501 (tables are read across)
"""The schedules of activities of the four trials, row by row as they were agreed, against the four files.

Each line was written by hand from the schedule of its trial: visit · anchor · target · window · forms required ·
forms if indicated. ECOG stands in the form VS; AE, CM, TF and PD run continuously and stand at no visit. What a file
asks beyond its schedule, leaves out or counts from another day, stands in BEYOND, WITHOUT and COUNTED with the reason:
nothing else may differ.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from trialsite.studies.domain.protocol import Protocol, VisitPlan
from trialsite.studies.domain.read import read_file

FOLDER = Path(__file__).parents[3] / "trialsite" / "studies" / "protocols"
KEYS = ("BLINA-FULL", "VIP-BLINA-HSCT", "BLINA-VEN", "BLINA-INTENS")


@cache
def protocol(key: str) -> Protocol:
    return Protocol.from_document(read_file(FOLDER / f"{key}.yaml").document)


FULL = """
SCR           | screening                | 0d         | 0/14  | ICF DM MH DX EL VS PE HEM CHEM COAG ECG ECHO VIR PREG BM MRD CSF |
IND_D1        | c1d1                     | 0d         | 0/0   | VS PE HEM CHEM COAG EX                        | ECG ECHO CSF
IND_D4        | c1d1                     | 3d         | 1/1   | VS PE HEM CHEM EX                             | COAG
IND_D8        | c1d1                     | 7d         | 2/2   | VS PE HEM CHEM COAG CSF BLI                   | ECG ECHO
IND_BLI_DAILY | phase:IND_BLINA          | 0d ×7/1d   | 0/0   | CRS ICE                                       |
IND_D15       | c1d1                     | 14d        | 1/1   | VS PE HEM CHEM BLI CRS ICE                    | COAG BM MRD
IND_EOI1      | end_of_blinatumomab      | 1d         | 2/2   | VS PE HEM CHEM BM MRD CSF CRS ICE             | COAG
IND_EOI2      | infusion_end:IND_EXT     | 1d         | 2/2   | VS PE HEM CHEM BM MRD CRS ICE                 | COAG
CONS1_D1      | phase:CONS1_HCVAD_A      | 0d         | 7/7   | VS PE HEM CHEM COAG ECHO PREG CSF EX          |
CONS1_D8      | phase:CONS1_HCVAD_A      | 7d         | 2/2   | VS PE HEM CHEM EX                             | COAG CSF
CONS1_D15     | phase:CONS1_HCVAD_A      | 14d        | 2/2   | VS PE HEM CHEM EX                             | COAG CSF
CONS1_END     | phase:CONS1_HCVAD_A      | 21d        | 5/5   | VS PE HEM CHEM BM MRD                         |
CONS2_D1      | phase:CONS2_BLINA        | 0d         | 7/7   | VS PE HEM CHEM COAG PREG CSF BLI CRS ICE      |
CONS2_D8      | phase:CONS2_BLINA        | 7d         | 2/2   | VS PE HEM CHEM BLI CRS ICE                    | COAG CSF
CONS2_D15     | phase:CONS2_BLINA        | 14d        | 2/2   | VS PE HEM CHEM BLI CRS ICE                    | COAG CSF
CONS2_END     | phase:CONS2_BLINA        | 28d        | 5/5   | VS PE HEM CHEM BM MRD                         |
CONS3_D1      | phase:CONS3_HCVAD_B      | 0d         | 7/7   | VS PE HEM CHEM COAG PREG CSF EX               |
CONS3_D8      | phase:CONS3_HCVAD_B      | 7d         | 2/2   | VS PE HEM CHEM EX                             | COAG CSF
CONS3_D15     | phase:CONS3_HCVAD_B      | 14d        | 2/2   | VS PE HEM CHEM EX                             | COAG CSF
CONS3_END     | phase:CONS3_HCVAD_B      | 21d        | 5/5   | VS PE HEM CHEM BM MRD                         |
CONS4_D1      | phase:CONS4_BLINA        | 0d         | 7/7   | VS PE HEM CHEM COAG PREG CSF BLI CRS ICE      |
CONS4_D8      | phase:CONS4_BLINA        | 7d         | 2/2   | VS PE HEM CHEM BLI CRS ICE                    | COAG CSF
CONS4_D15     | phase:CONS4_BLINA        | 14d        | 2/2   | VS PE HEM CHEM BLI CRS ICE                    | COAG CSF
CONS4_END     | phase:CONS4_BLINA        | 28d        | 5/5   | VS PE HEM CHEM BM MRD                         |
CAR_APH       | phase:CONS4_BLINA        | 42d        | 0/14  | VS PE HEM CHEM COAG ECHO PREG CAR             |
CAR_LD        | phase:CAR_T              | 0d         | 1/1   | VS PE HEM CHEM COAG ECG EX CAR                |
CAR_D0        | car_t_d0                 | 0d         | 0/0   | VS PE HEM CHEM COAG EX CAR CRS ICE            |
CAR_DAILY     | car_t_d0                 | 1d ×14/1d  | 0/0   | CRS ICE                                       |
CAR_D3        | car_t_d0                 | 3d         | 1/1   | VS PE HEM CHEM COAG EX                        |
CAR_D7        | car_t_d0                 | 7d         | 1/1   | VS PE HEM CHEM COAG EX                        |
CAR_D14       | car_t_d0                 | 14d        | 1/1   | VS PE HEM CHEM COAG EX                        |
CAR_D28       | car_t_d0                 | 28d        | 3/3   | VS PE HEM CHEM COAG BM MRD EX CAR             |
EOT           | last_dose                | 30d        | 7/7   | VS PE HEM CHEM ECG ECHO PREG BM MRD EOT       |
FU_Q3M        | first_crc                | 3m ×7/3m   | 14/14 | VS PE HEM CHEM BM MRD SUR                     | ECG ECHO CSF
LM24          | first_crc                | 24m        | 0/45  | VS PE HEM CHEM BM MRD SUR                     | ECG ECHO CSF
FU_Q6M        | first_crc                | 30m ×6/6m  | 30/30 | SUR                                           | VS PE HEM CHEM BM MRD
"""

PRE_HSCT = """
HSCT_PRE      | conditioning             | -1d        | 13/0  | VS PE HEM CHEM COAG ECG ECHO PFT HCI DON BM MRD | VIR PREG CSF
"""

AFTER_GRAFT = """
HSCT_D0       | hsct_d0                  | 0d         | 0/0   | VS HEM CHEM EX HSCT                           |
HSCT_WEEKLY   | hsct_d0                  | 7d ×3/7d   | 2/2   | HEM CHEM ENG AGV SUR                          |
HSCT_D28      | hsct_d0                  | 28d        | 2/2   | HEM CHEM BM MRD ENG CHI AGV SUR               |
HSCT_D42      | hsct_d0                  | 42d        | 7/7   | HEM CHEM VIR AGV CHI SUR                      |
HSCT_D60      | hsct_d0                  | 60d        | 7/7   | HEM CHEM VIR BM MRD AGV CHI SUR               |
HSCT_D80      | hsct_d0                  | 80d        | 7/7   | HEM CHEM VIR AGV CHI SUR                      |
HSCT_D100     | hsct_d0                  | 100d       | 7/7   | HEM CHEM VIR BM MRD AGV CHI SUR               |
HSCT_M6       | hsct_d0                  | 6m         | 14/14 | HEM CHEM BM MRD CGV CHI SUR                   | AGV
HSCT_M9       | hsct_d0                  | 9m         | 14/14 | HEM CHEM BM MRD CGV CHI SUR                   | AGV
HSCT_M12      | hsct_d0                  | 12m        | 14/14 | HEM CHEM BM MRD PFT CGV CHI SUR               | AGV
HSCT_M15      | hsct_d0                  | 15m        | 14/14 | HEM CHEM BM MRD CGV CHI SUR                   | AGV
HSCT_M18      | hsct_d0                  | 18m        | 14/14 | HEM CHEM BM MRD CGV CHI SUR                   | AGV
HSCT_M24      | hsct_d0                  | 24m        | 30/30 | HEM BM MRD CGV SUR                            |
"""

LATE_AFTER_GRAFT = """
HSCT_M30      | hsct_d0                  | 30m        | 30/30 | HEM CGV SUR                                   |
HSCT_M36      | hsct_d0                  | 36m        | 30/30 | HEM CGV SUR                                   |
"""

VIP = """
SCR           | screening                | 0d         | 0/28  | ICF DM MH DX EL VS PE HEM CHEM COAG VIR PREG ECG HCI DON PFT ECHO BM MRD |
IND_D1        | c1d1                     | 0d         | 0/0   | VS HEM CHEM COAG EX                           |
IND_D8        | c1d1                     | 7d         | 1/1   | VS HEM CHEM EX                                |
IND_D15       | c1d1                     | 14d        | 2/2   | VS HEM CHEM COAG CSF BLI                      | BM MRD
IND_BLI_DAILY | phase:IND_BLINA          | 0d ×7/1d   | 0/0   | CRS ICE                                       |
IND_D22       | c1d1                     | 21d        | 1/1   | VS HEM CHEM BLI                               |
IND_STEP_DAILY | infusion_day:IND_BLINA:8 | 0d ×3/1d  | 0/0   | CRS ICE                                       |
ASSESS1       | end_of_blinatumomab      | 1d         | 3/3   | VS HEM CHEM BM MRD BLI                        |
CONS1_D1      | phase:CONS1_VDCP         | 0d         | 3/14  | HEM CHEM EX                                   |
CONS1_D8      | phase:CONS1_VDCP         | 7d         | 2/2   | HEM CHEM EX                                   |
CONS1_D15     | phase:CONS1_VDCP         | 14d        | 2/2   | HEM CHEM EX                                   |
CONS1_D22     | phase:CONS1_VDCP         | 21d        | 2/2   | HEM CHEM EX                                   |
CONS1_END     | phase:CONS1_VDCP         | 27d        | 5/5   | HEM CHEM BM MRD                               |
CONS2_D1      | phase:CONS2_VP_MTX       | 0d         | 3/14  | HEM CHEM EX                                   |
CONS2_D2      | phase:CONS2_VP_MTX       | 1d         | 0/0   | HEM CHEM EX                                   |
CONS2_D3      | phase:CONS2_VP_MTX       | 2d         | 0/0   | HEM CHEM EX                                   |
CONS2_D4      | phase:CONS2_VP_MTX       | 3d         | 0/0   | HEM CHEM EX                                   |
CONS2_D8      | phase:CONS2_VP_MTX       | 7d         | 2/2   | HEM CHEM EX                                   |
CONS2_D15     | phase:CONS2_VP_MTX       | 14d        | 2/2   | HEM CHEM EX                                   |
CONS2_END     | phase:CONS2_VP_MTX       | 27d        | 5/5   | HEM CHEM BM MRD                               |
ASSESS2       | conditioning             | -1d        | 13/0  | VS PE HEM CHEM COAG ECG ECHO PFT HCI DON BM MRD |
"""

VEN = """
SCR           | screening                | 0d         | 0/14  | ICF DM MH DX EL VS PE HEM CHEM COAG VIR PREG ECG ECHO BM MRD TLS |
C1_D1         | c1d1                     | 0d         | 0/0   | HEM CHEM COAG TLS EX                          |
C1_D4         | c1d1                     | 3d         | 1/1   | HEM CHEM COAG TLS EX                          |
C1_D8         | c1d1                     | 7d         | 1/1   | HEM CHEM BLI                                  | TLS
C1_BLI_DAILY  | infusion_day:C1:1        | 0d ×7/1d   | 0/0   | CRS ICE                                       |
C1_D15        | c1d1                     | 14d        | 1/1   | HEM CHEM BLI                                  | TLS
C1_D22        | c1d1                     | 21d        | 1/1   | HEM CHEM BLI                                  | TLS
EOC1          | phase:C1                 | 27d        | 2/5   | HEM CHEM BM MRD                               |
C2_D1         | phase:C2                 | 0d         | 0/0   | HEM CHEM TLS EX BLI CRS ICE                   |
C2_D2         | phase:C2                 | 1d         | 0/0   | HEM CHEM TLS EX BLI CRS ICE                   |
C2_D3         | phase:C2                 | 2d         | 0/0   | HEM CHEM TLS EX BLI CRS ICE                   |
C2_D4         | phase:C2                 | 3d         | 0/0   | HEM CHEM TLS EX BLI CRS ICE                   |
C2_D8         | phase:C2                 | 7d         | 1/1   | HEM CHEM EX BLI                               | TLS CRS ICE
C2_D15        | phase:C2                 | 14d        | 1/1   | HEM CHEM EX BLI                               | TLS CRS ICE
C2_D22        | phase:C2                 | 21d        | 1/1   | HEM CHEM EX BLI                               | TLS CRS ICE
EOC2          | phase:C2                 | 27d        | 2/5   | HEM CHEM BM MRD                               |
FU_Q3M        | c1d1                     | 3m ×8/3m   | 14/14 | HEM BM MRD SUR                                |
FU_Q6M        | c1d1                     | 30m ×6/6m  | 30/30 | HEM SUR                                       |
"""

INTENS = """
SCR           | screening                | 0d         | 0/14  | ICF DM MH DX EL VS PE HEM CHEM VIR PREG ECG ECHO PFT HCI DON BM MRD |
RAND          | randomisation            | 0d         | 0/0   | EL                                            |
A_D1          | randomisation            | 0d         | 0/5   | HEM CHEM BLI                                  |
A_D2          | phase:BLINA              | 1d         | 1/1   | HEM CHEM BLI                                  |
A_D3          | phase:BLINA              | 2d         | 1/1   | HEM CHEM BLI                                  |
A_D8          | phase:BLINA              | 7d         | 1/1   | HEM CHEM BLI CRS ICE                          |
A_DAILY       | phase:BLINA              | 0d ×7/1d   | 0/0   | CRS ICE                                       |
A_D15         | phase:BLINA              | 14d        | 1/1   | HEM CHEM BLI CRS ICE                          |
B_WAIT        | randomisation            | 7d ×8/7d   | 3/3   | HEM CHEM SUR                                  | EX CM
ITT_Q3M       | randomisation            | 3m ×7/3m   | 14/14 | HEM BM MRD SUR                                |
ITT_M24       | randomisation            | 24m        | 0/45  | HEM BM MRD SUR                                |
"""

SURVIVAL = """
SUR_Q3M       | {anchor}                 | 3m ×8/3m   | 14/14 | SUR                                           |
SUR_Q6M       | {anchor}                 | 30m ×{late}/6m | 30/30 | SUR                                       |
"""

TABLES = {
    "BLINA-FULL": FULL + PRE_HSCT + AFTER_GRAFT + LATE_AFTER_GRAFT + SURVIVAL.format(anchor="c1d1", late=6),
    "VIP-BLINA-HSCT": VIP
    + AFTER_GRAFT.replace("18m        | 14/14", "18m | 0/45")
    + LATE_AFTER_GRAFT
    + SURVIVAL.format(anchor="c1d1", late=2),
    "BLINA-VEN": VEN + PRE_HSCT + AFTER_GRAFT + LATE_AFTER_GRAFT + SURVIVAL.format(anchor="c1d1", late=6),
    "BLINA-INTENS": INTENS
    + PRE_HSCT
    + AFTER_GRAFT.replace("24m        | 30/30 | HEM BM MRD CGV SUR", "24m | 0/45 | HEM BM MRD CGV CHI SUR")
    + SURVIVAL.format(anchor="randomisation", late=6),
}

ARMS = {"A_D1": "A", "A_D2": "A", "A_D3": "A", "A_D8": "A", "A_DAILY": "A", "A_D15": "A", "B_WAIT": "B"}

# What a file asks beyond its schedule: trial ("" all), visit, forms, "X" required or "o" if indicated, why.
BEYOND = [
    ("BLINA-FULL", "SCR", "IMG CM", "o", "imaging of extramedullary disease and medication before the study"),
    ("BLINA-FULL", "CONS1_D1", "ECG", "o", "the column has ECG and ECHO together; only ECHO is asked"),
    ("BLINA-FULL", "CONS2_D1", "ECG", "o", "as before"),
    ("BLINA-FULL", "CONS3_D1", "ECG", "o", "as before"),
    ("BLINA-FULL", "CONS4_D1", "ECG", "o", "as before"),
    ("BLINA-FULL", "CAR_LD", "CSF", "o", "lumbar puncture with the block"),
    ("BLINA-FULL", "CAR_D3", "CAR TF", "o", "course after cells"),
    ("BLINA-FULL", "CAR_D7", "CAR TF", "o", "course after cells"),
    ("BLINA-FULL", "CAR_D14", "CAR TF", "o", "course after cells"),
    ("BLINA-FULL", "CAR_D28", "TF", "o", "course after cells"),
    ("BLINA-FULL", "IND_BLI_DAILY", "VS", "o", "temperature of the day for CRS"),
    ("BLINA-FULL", "CAR_DAILY", "VS", "o", "temperature of the day for CRS"),
    ("VIP-BLINA-HSCT", "SCR", "CSF IMG CM", "o", "CNS status and extramedullary disease where suspected"),
    ("VIP-BLINA-HSCT", "IND_D1", "PE", "o", "examination on the ward"),
    ("VIP-BLINA-HSCT", "IND_D8", "BM", "o", "blasts in blood stand in HEM; a marrow of that day has a place"),
    ("VIP-BLINA-HSCT", "IND_D22", "COAG", "o", "during blinatumomab"),
    ("VIP-BLINA-HSCT", "IND_BLI_DAILY", "VS", "o", "temperature of the day for CRS"),
    ("VIP-BLINA-HSCT", "IND_STEP_DAILY", "VS", "o", "temperature of the day for CRS"),
    ("VIP-BLINA-HSCT", "ASSESS1", "COAG", "o", "during blinatumomab"),
    ("VIP-BLINA-HSCT", "CONS1_D1", "VS", "X", "weight, from which doses are planned"),
    ("VIP-BLINA-HSCT", "CONS1_D1", "CSF COAG", "o", "lumbar puncture with the block"),
    ("VIP-BLINA-HSCT", "CONS2_D1", "VS", "X", "weight, from which doses are planned"),
    ("VIP-BLINA-HSCT", "CONS2_D1", "CSF COAG", "o", "lumbar puncture with the block"),
    ("VIP-BLINA-HSCT", "ASSESS2", "VIR PREG CSF", "o", "before conditioning, where due"),
    ("BLINA-VEN", "SCR", "CSF IMG CM", "o", "CNS status and extramedullary disease where suspected"),
    ("BLINA-VEN", "C1_D1", "VS", "X", "weight, from which doses are planned"),
    ("BLINA-VEN", "C1_D1", "PE CSF", "o", "lumbar puncture with the cycle"),
    ("BLINA-VEN", "C1_D4", "VS", "o", "on the ward"),
    ("BLINA-VEN", "C1_D8", "VS", "X", "weight, from which the blinatumomab dose is chosen"),
    ("BLINA-VEN", "C1_D8", "CSF", "o", "lumbar puncture before blinatumomab"),
    ("BLINA-VEN", "C1_BLI_DAILY", "VS", "o", "temperature of the day for CRS"),
    ("BLINA-VEN", "C1_D15", "CRS ICE", "o", "during blinatumomab"),
    ("BLINA-VEN", "C1_D22", "CRS ICE", "o", "during blinatumomab"),
    ("BLINA-VEN", "C2_D1", "VS", "X", "weight, from which doses are planned"),
    ("BLINA-VEN", "FU_Q3M", "PE CHEM", "o", "at the clinic"),
    ("BLINA-VEN", "FU_Q6M", "PE BM", "o", "at the clinic"),
    ("BLINA-INTENS", "SCR", "COAG CSF CM", "o", "before transplantation, where due"),
    ("BLINA-INTENS", "RAND", "VS", "X", "weight, from which the blinatumomab dose is chosen"),
    ("BLINA-INTENS", "RAND", "HEM CHEM", "o", "results of the day"),
    ("BLINA-INTENS", "A_D1", "VS CSF", "X", "weight for the dose; one intrathecal dose before each blinatumomab cycle"),
    ("BLINA-INTENS", "A_D1", "COAG", "o", "before lumbar puncture"),
    ("BLINA-INTENS", "A_DAILY", "VS", "o", "temperature of the day for CRS"),
    ("BLINA-INTENS", "ITT_Q3M", "PE CHEM", "o", "at the clinic"),
    ("BLINA-INTENS", "ITT_M24", "PE CHEM", "o", "at the clinic"),
    ("", "HSCT_D0", "EX TF", "o", "conditioning ends before the graft: EX where something is given that day"),
    ("", "HSCT_WEEKLY", "CHI TF", "o", "early chimerism and transfusions"),
    ("", "HSCT_D28", "TF", "o", "transfusions"),
    *(("", f"HSCT_M{month}", "PE", "o", "examination for chronic GVHD") for month in (6, 9, 12, 15, 18, 24)),
    *((key, f"HSCT_M{month}", "PE", "o", "as before") for key in KEYS[:3] for month in (30, 36)),
]  # fmt: skip

# What a file leaves out of its schedule's required forms, and why.
WITHOUT = [
    ("", "HSCT_D0", "EX", "conditioning ends before the graft; it is entered on the days on which it is given"),
    ("BLINA-FULL", "CAR_D3", "EX", "nothing is given after the cells"),
    ("BLINA-FULL", "CAR_D7", "EX", "nothing is given after the cells"),
    ("BLINA-FULL", "CAR_D14", "EX", "nothing is given after the cells"),
    ("BLINA-FULL", "CAR_D28", "EX", "nothing is given after the cells"),
    ("VIP-BLINA-HSCT", "CONS1_D15", "EX", "the last infusion of VDCP is on day 8"),
    ("VIP-BLINA-HSCT", "CONS1_D22", "EX", "the last infusion of VDCP is on day 8"),
    ("VIP-BLINA-HSCT", "CONS2_D8", "EX", "methotrexate and vincristine are given on day 1"),
    ("VIP-BLINA-HSCT", "CONS2_D15", "EX", "methotrexate and vincristine are given on day 1"),
    ("BLINA-VEN", "FU_Q3M", "SUR", "the survival contact of the same day is a visit of its own (SUR_Q3M)"),
    ("BLINA-VEN", "FU_Q6M", "SUR", "the survival contact of the same day is a visit of its own (SUR_Q6M)"),
    ("BLINA-INTENS", "ITT_Q3M", "SUR", "the survival contact of the same day is a visit of its own (SUR_Q3M)"),
    ("BLINA-INTENS", "ITT_M24", "SUR", "the survival contact of the same day is a visit of its own (SUR_Q3M)"),
]  # fmt: skip

# Where a row above stands on another day than the schedule has it: what the schedule says, and why.
COUNTED = [
    ("BLINA-FULL", "SCR", "day 1 of cycle 1 − 14 to − 1", "day 1 is not known yet while screening goes on"),
    ("VIP-BLINA-HSCT", "SCR", "day 1 of cycle 1 − 28 to − 1", "as before"),
    ("BLINA-VEN", "SCR", "day 1 of cycle 1 − 14 to − 1", "as before"),
    ("BLINA-INTENS", "SCR", "at most 14 days before randomisation", "as before"),
    ("BLINA-FULL", "CAR_APH", "from the day of the cells", "cells are collected weeks before: after consolidation 4"),
    ("BLINA-FULL", "CAR_LD", "from the day of the cells", "lymphodepletion begins before: day 1 of its phase"),
    ("BLINA-FULL", "CAR_D0", "± 1 day", "the day of the cells is the anchor itself"),
    ("BLINA-FULL", "FU_Q3M", "months 3 to 24", "month 24 is the landmark visit (LM24, − 0 / + 45 days)"),
    ("BLINA-INTENS", "ITT_Q3M", "months 3 to 24", "month 24 is the landmark visit (ITT_M24, − 0 / + 45 days)"),
    ("BLINA-INTENS", "B_WAIT", "weekly until conditioning", "8 weeks at most; a longer wait has unscheduled visits"),
]  # fmt: skip


def rows(key: str) -> dict[str, list[str]]:
    """Visit → its columns as written above."""
    lines = [line for line in TABLES[key].splitlines() if line.strip()]
    return {cells[0]: cells[1:] for cells in ([cell.strip() for cell in line.split("|")] for line in lines)}


def written(key: str, name: str) -> tuple[str, str, str, set[str], set[str]]:
    """Anchor, target, window and forms of a row, with what differs on purpose."""
    anchor, target, window, required, optional = rows(key)[name]
    asked, indicated = set(required.split()), set(optional.split())
    asked -= {form for trial, visit, some, _why in WITHOUT for form in some.split() if (trial or key, visit) == (key, name)}  # fmt: skip
    for trial, visit, some, how, _why in BEYOND:
        if (trial or key, visit) == (key, name):
            (asked if how == "X" else indicated).update(some.split())
    return anchor, target, window, asked, indicated


def planned(plan: VisitPlan) -> tuple[str, str, str, set[str], set[str]]:
    """The same of a visit of a file."""
    target = f"{plan.offset_months}m" if plan.offset_months is not None else f"{plan.offset_days}d"
    if plan.repeat is not None:
        every = f"{plan.repeat.every_months}m" if plan.repeat.every_months else f"{plan.repeat.every_days}d"
        target += f" ×{plan.repeat.count}/{every}"
    return (
        plan.anchor,
        target,
        f"{plan.before_days}/{plan.after_days}",
        {one.form for one in plan.forms if one.required},
        {one.form for one in plan.forms if not one.required},
    )


PLACES = [(key, name) for key in KEYS for name in rows(key)]


@pytest.mark.parametrize("key", KEYS)
def test_a_file_plans_the_visits_of_its_schedule_and_no_others(key: str) -> None:
    assert {one.key for one in protocol(key).visits} == set(rows(key))


@pytest.mark.parametrize(("key", "name"), PLACES)
def test_a_visit_is_planned_as_its_row_says(key: str, name: str) -> None:
    assert planned(protocol(key).visit_of(name)) == written(key, name)


@pytest.mark.parametrize("key", KEYS)
def test_only_the_arms_of_the_randomised_trial_divide_the_visits(key: str) -> None:
    divided = {one.key: "".join(one.arms) for one in protocol(key).visits if one.arms}
    assert divided == (ARMS if key == "BLINA-INTENS" else {})


@pytest.mark.parametrize("key", KEYS)
def test_follow_up_waits_for_the_end_of_treatment_but_survival_contacts_do_not(key: str) -> None:
    after = {one.key for one in protocol(key).visits if one.only_after_treatment}
    assert after == ({"FU_Q3M", "FU_Q6M"} if key in ("BLINA-FULL", "BLINA-VEN") else set())


@pytest.mark.parametrize("place", [(trial, visit) for trial, visit, *_ in [*BEYOND, *WITHOUT, *COUNTED]])
def test_each_difference_names_a_visit_that_exists(place: tuple[str, str]) -> None:
    trial, visit = place
    assert all(visit in rows(key) for key in ([trial] if trial else KEYS))
