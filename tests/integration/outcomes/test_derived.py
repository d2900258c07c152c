"""Which endpoints an outcome form touches, on its page."""

from datetime import date

from django.test import Client

from tests.cast import Cast
from trialsite.clinical.partial_date import PartialDate

from ..casebook.record_page import derived_of
from ..treatment.subjects import enrolled, log, start


def test_a_death_names_the_endpoints_it_ends_with_their_reason(client: Client, cast: Cast) -> None:
    client.force_login(cast.coordinator)
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO")
    day = date(2026, 3, 4)
    record = log(
        cast, subject, "DTH", {"performed_on": day, "died_on": PartialDate.of(day), "cause": "DISEASE"}
    )
    shown = derived_of(client, record)
    assert "Overall survival Event Death on 2026-03-04 (2026-01-12 – 2026-03-04)" in shown
    assert "Complete remission (CRc) rate" not in shown


def test_a_contact_that_shows_life_is_where_survival_is_censored(client: Client, cast: Cast) -> None:
    client.force_login(cast.coordinator)
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO")
    values = {"performed_on": date(2026, 4, 1), "contact_kind": "VISIT", "alive": True}
    shown = derived_of(client, log(cast, subject, "SUR", values))
    assert "Overall survival Censored Known alive on 2026-04-01" in shown
