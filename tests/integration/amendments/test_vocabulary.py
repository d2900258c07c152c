"""The names that a protocol file may use stand on a page for whoever may add one."""

import pytest
from django.test import Client

from tests.cast import Cast

URL = "/protocols/vocabulary/"


def test_who_may_add_a_version_finds_every_name_from_the_upload_page(cast: Cast, client: Client) -> None:
    client.force_login(cast.data_manager)
    assert URL in client.get("/protocols/upload/").content.decode()
    page = client.get(URL).content.decode()
    for name in (
        "mrd_verdict_screening",
        "BCP_ALL",
        "phase:&lt;PHASE&gt;",
        "landmark_months",
        "AWAIT",
        "SAFETY",
    ):
        assert f"<code>{name}" in page or name in page, name


def test_it_is_read_in_chinese_too(cast: Cast, client: Client) -> None:
    client.force_login(cast.data_manager)
    page = client.get(URL, headers={"accept-language": "zh-hans"}).content.decode()
    assert "方案文件中的名称" in page


@pytest.mark.parametrize("part", ["coordinator", "monitor", "administrator", "stranger"])
def test_it_is_closed_to_who_adds_no_version(cast: Cast, client: Client, part: str) -> None:
    client.force_login(cast.people()[part])
    assert client.get(URL).status_code == 403
