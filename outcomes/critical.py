"""Which items the endpoints of a protocol rest on: they are verified against source in every subject.

Derived from the endpoint definitions (origin, events, censoring), so that an amended endpoint changes the plan with it.
Items of lines are named without their number ("results.value").
"""

from trialsite.casebook.models import Subject
from trialsite.studies.domain.protocol import Protocol

Items = frozenset[tuple[str, str]]

RELAPSE = frozenset({("REL", "onset"), ("REL", "relapse_site")})
DEATH = frozenset({("DTH", "died_on"), ("DTH", "cause")})
RESPONSE = frozenset(
    {
        ("BM", "performed_on"),
        ("BM", "bm_blast_pct"),
        ("BM", "extramedullary"),
        ("BM", "investigator_response"),
    }
)
MRD = frozenset(
    {
        ("MRD", "performed_on"),
        *(("MRD", f"results.{item}") for item in ("method", "qualifier", "value", "lod")),
    }
)
CONTACT = frozenset({("SUR", "performed_on"), ("SUR", "alive"), ("SUR", "no_relapse")})
GRAFT = frozenset({("HSCT", "performed_on")})
ACUTE = frozenset({("AGV", "performed_on")})
CHRONIC = frozenset({("CGV", "performed_on"), ("CGV", "systemic_therapy_on")})
GVHD_DRUGS = frozenset(("GVT", f"drugs.{item}") for item in ("treated", "systemic", "started_on"))
ALWAYS = frozenset({("ICF", "performed_on")})  # consent: without it no datum counts

RESTS_ON: dict[str, Items] = {
    "relapse": RELAPSE,
    "death": DEATH,
    "death_without_relapse": DEATH | RELAPSE,
    "alive_relapse_free": DEATH | RELAPSE | CONTACT,
    "treatment_failure": RESPONSE,
    "first_crc": RESPONSE,
    "crc": RESPONSE,
    "cr_or_cri": RESPONSE,
    "mrd_negative": MRD,
    "mrd_negative_cr": MRD | RESPONSE,
    "mrd_recurrence": MRD,
    "last_mrd_sample": MRD,
    "agvhd_2_4": ACUTE,
    "agvhd_3_4": ACUTE,
    "cgvhd": CHRONIC,
    "cgvhd_moderate_severe": CHRONIC,
    "cgvhd_systemic": CHRONIC | GVHD_DRUGS,
    "ae_grade_3": frozenset({("AE", "track.grade"), ("AE", "onset")}),
    "hsct_d0": GRAFT,
    "c1d1": frozenset({("CYC", "performed_on"), ("CYC", "phase")}),
    "last_adequate_assessment": RESPONSE | CONTACT,
    "last_known_alive": CONTACT,
}


def critical_items(subject: Subject) -> Items:
    """The critical (form, item) pairs of the protocol under which a subject is treated."""
    return critical_of(subject.protocol_version.protocol)


def critical_of(protocol: Protocol) -> Items:
    names = [
        name
        for endpoint in protocol.endpoints
        for name in (endpoint.origin, endpoint.censor, *endpoint.events, *endpoint.competing)
        if name
    ]
    return ALWAYS.union(*(RESTS_ON.get(name, frozenset()) for name in names))
