"""The numbers of subjects, by the scheme of the protocol, from counters that never give one twice."""

from trialsite.casebook.services import next_number
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.models import Site, Study


def new_number(kind: str, study: Study, site: Site, protocol: Protocol) -> str:
    """The next "screening" or "subject" number. A site in it is the one that gave the number, for good."""
    rule = getattr(protocol.numbering, kind)
    running = next_number(rule.series(kind, study.key, site.key))
    return rule.number(prefix=protocol.screening.number_prefix, site=site.key, running=running)
