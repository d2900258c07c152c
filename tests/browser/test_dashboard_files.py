"""A chart is saved as a file of its own, drawn in the browser under the page's own rules of content."""

from pathlib import Path

import pytest

from tests.integration.outcomes.filled_study import FEVER, event, treated
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date

from .conftest import Desks, cast_with_passwords


@pytest.mark.parametrize(("kind", "begins"), [("SVG", b"<svg"), ("PNG", b"\x89PNG")])
def test_a_chart_is_saved_as_a_file(kind: str, begins: bytes, live_site: str, at_desk: Desks) -> None:
    cast = cast_with_passwords("BLINA-FULL")
    event(cast, treated(cast, cast.here), FEVER, 3, 5)
    with acting(user=cast.monitor):
        bring_up_to_date(Subject.objects.all())
    desk = at_desk("statistician")
    desk.open("/dashboards/BLINA-FULL/safety/")
    with desk.page.expect_download() as caught:
        desk.page.locator("#terms").get_by_role("button", name=kind).first.click()
    found = caught.value
    assert found.suggested_filename == f"BLINA-FULL-terms.{kind.lower()}"
    content = Path(found.path()).read_bytes()
    assert content.startswith(begins)
    if kind == "SVG":
        text = content.decode()
        assert "Fever" in text
        assert 'class="' not in text
        assert 'fill="rgb(232, 179, 76)"' in text  # the colour of grade 3 without a stylesheet
