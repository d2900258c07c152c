"""The laboratory terms of CTCAE v5.0, in SI units.

Source: Common Terminology Criteria for Adverse Events (CTCAE) v5.0, National Cancer Institute, 27 November 2017;
limits as the pharmaverse `admiral` criteria file prints them, QTc, INR, LVEF and the terms without numbers from the
text itself. Upper ends are exclusive on the worse side: "< 1.0–0.5" gives 0.5 grade 3. In the printed gaps between
whole numbers (QTc 480–481 ms, sodium 129–130, LVEF 39–40 and 50–51 %) the worse grade begins right beyond the better.
"""

from ..terms import Term
from .high import HIGH_TERMS
from .low import LOW_TERMS

TERMS: dict[str, Term] = {term.key: term for term in (*LOW_TERMS, *HIGH_TERMS)}
