"""Reading a version, the list, the difference, findings and sign-off."""

import html
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.cast import PASSWORD, Cast, make_cast
from tests.integration.amendments.files import NEXT, changed, shipped
from trialsite.access.models import User
from trialsite.amendments.models import SignOff
from trialsite.amendments.selectors import file_text
from trialsite.amendments.sign_off import unsigned_words
from trialsite.amendments.uploads import add_version
from trialsite.audit import acting
from trialsite.audit.models import Event, Trail
from trialsite.studies.domain.provenance import to_sign
from trialsite.studies.domain.read import read_text
from trialsite.studies.models import ProtocolVersion

KEYS = ("BLINA-FULL", "VIP-BLINA-HSCT", "BLINA-VEN", "BLINA-INTENS")


@pytest.fixture
def next_version(cast: Cast) -> ProtocolVersion:
    """Version 1.1: ECOG up to 2, a longer accrual."""
    text = changed(
        shipped(),
        NEXT,
        ("value: [0, 1, 2, 3]", "value: [0, 1, 2]"),
        ("accrual_months: {value: 36", "accrual_months: {value: 48"),
    )
    with acting(user=cast.data_manager):
        return add_version(text=text, seen=["consent@000"], by=cast.data_manager).version


def page(client: Client, user: User, url: str, status: int = 200) -> str:
    client.force_login(user)
    answer = client.get(url)
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


HALF_WIDTH = re.compile(r"[\u4e00-\u9fff]{2}[:;,] [\u4e00-\u9fff]{4}")


def test_the_chinese_page_has_chinese_punctuation_and_marks_english_sources(
    cast: Cast, client: Client
) -> None:
    client.cookies["django_language"] = "zh-hans"
    words = page(client, cast.coordinator, f"/protocols/{cast.study.key}/")
    shown = html.unescape(re.sub(r"<[^>]+>", "", words))
    assert HALF_WIDTH.findall(shown) == []
    assert 'lang="en" title="来源（英文原文）：' in words
    assert '<span lang="zh-hans">假设' in words


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("key", KEYS)
def test_each_protocol_is_read_whole_in_both_languages(
    db: None, client: Client, key: str, language: str
) -> None:
    cast = make_cast(key)
    client.cookies["django_language"] = language
    client.force_login(cast.coordinator)
    words = client.get(f"/protocols/{key}/").content.decode()
    protocol = cast.version.protocol
    named = [*protocol.criteria, *protocol.visits, *protocol.phases, *protocol.endpoints, *protocol.questions]
    named += [drug for regimen in protocol.regimens for drug in regimen.drugs]
    named += [item for form in protocol.forms for item in form.items]
    for one in named:
        text = next(getattr(one, a) for a in ("name", "label", "text", "title") if hasattr(one, a))
        shown = text.zh if language == "zh-hans" else text.en
        assert (
            shown.replace("'", "&#x27;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
            in words
        )
    for part in (
        "trial",
        "registry",
        "criteria",
        "consent",
        "path",
        "regimens",
        "schedule",
        "mrd",
        "endpoints",
        "to-sign",
    ):
        assert f'id="{part}"' in words


def test_a_property_that_is_assumed_is_marked_at_its_place(cast: Cast, client: Client) -> None:
    words = page(client, cast.coordinator, "/protocols/BLINA-FULL/")
    endpoints = words[words.index('id="endpoints"') : words.index('id="questions"')]
    assert re.search(r'source-assumption"[^>]*><span[^>]*>assumption: counted from', endpoints)
    assert len(to_sign(cast.version.document)) > 100
    assert words.count("source-assumption") + words.count("source-general-knowledge") > len(
        to_sign(cast.version.document)
    )


def test_every_version_has_a_page_and_says_when_it_is_not_in_force(
    cast: Cast, client: Client, next_version: ProtocolVersion
) -> None:
    assert "This is not the version in force." in page(
        client, cast.monitor, "/protocols/BLINA-FULL/versions/1.1/"
    )
    assert "This is not the version in force." not in page(
        client, cast.monitor, "/protocols/BLINA-FULL/versions/1.0/"
    )
    assert page(client, cast.monitor, "/protocols/BLINA-FULL/versions/9.9/", 404)


def test_the_list_says_where_a_version_is_in_force(
    cast: Cast, client: Client, next_version: ProtocolVersion
) -> None:
    words = page(client, cast.investigator, "/protocols/BLINA-FULL/versions/")
    new, old = words.index('versions/1.1/">1.1'), words.index('versions/1.0/">1.0')
    assert "nowhere" in words[new:old]
    assert "SGH" in words[old:]
    assert "not signed off" in words[old:]
    assert "Data_Manager".replace("_", " ") in words[new:old]


def test_the_queries_of_the_list_do_not_grow_with_versions(
    cast: Cast, client: Client, next_version: ProtocolVersion
) -> None:
    client.force_login(cast.monitor)
    client.get("/protocols/BLINA-FULL/versions/")

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            client.get("/protocols/BLINA-FULL/versions/")
        return len(found)

    before = count()
    for number in ("1.2", "1.3"):
        with acting(user=cast.data_manager):
            text = changed(shipped(), ('version: "1.0"', f'version: "{number}"'))
            add_version(text=text, seen=["consent@000"], by=cast.data_manager)
    assert count() == before


def test_the_file_comes_back_as_it_was_written(
    cast: Cast, client: Client, next_version: ProtocolVersion
) -> None:
    client.force_login(cast.statistician)
    answer = client.get("/protocols/BLINA-FULL/versions/1.1/file/")
    assert answer.content.decode() == next_version.file.text
    assert 'filename="BLINA-FULL-1.1.yaml"' in answer["Content-Disposition"]
    with acting(role="system"):
        assert Event.objects.filter(kind="protocol.file", user_id=cast.statistician.pk).count() == 1
    assert "criteria:" in client.get("/protocols/BLINA-FULL/versions/1.0/file/").content.decode()


def test_a_version_without_its_text_is_written_anew_and_reads_the_same(cast: Cast) -> None:
    assert cast.version.file.text == ""
    reading = read_text(file_text(cast.version), "anew")
    assert (reading.problems, reading.document) == ((), cast.version.document)


def test_the_difference_says_old_and_new_in_trial_words(
    cast: Cast, client: Client, next_version: ProtocolVersion
) -> None:
    words = page(client, cast.monitor, "/protocols/BLINA-FULL/difference/")
    assert "From version 1.0 to 1.1" in words
    assert "0 / 1 / 2 / 3" in words
    assert "Planned accrual, months" in words
    assert "These versions say the same." in page(
        client, cast.monitor, "/protocols/BLINA-FULL/difference/?old=1.1&new=1.1"
    )
    assert page(client, cast.monitor, "/protocols/BLINA-FULL/difference/?old=7.7", 404)


@pytest.mark.parametrize(
    "name",
    [
        "protocol",
        "protocol-versions",
        "protocol-difference",
        "protocol-version",
        "protocol-file",
        "protocol-sign-off",
    ],
)
def test_strangers_to_the_study_get_404(cast: Cast, client: Client, name: str) -> None:
    other = make_cast("BLINA-VEN", prefix="other_")
    arguments = ["BLINA-FULL", "1.0"][
        : 2 if name in ("protocol-version", "protocol-file", "protocol-sign-off") else 1
    ]
    assert page(client, other.data_manager, reverse(name, args=arguments), 404)


def test_a_data_manager_acknowledges_findings_of_a_stored_version(cast: Cast, client: Client) -> None:
    assert "not acknowledged yet" in page(client, cast.data_manager, "/protocols/BLINA-FULL/")
    url = "/protocols/BLINA-FULL/versions/1.0/findings/"
    assert client.post(url, {}).status_code == 422
    assert client.post(url, {"seen": ["consent@000", "made-up"]}).status_code == 302
    assert cast.version.seen_findings.get().codes == ["consent@000"]
    assert "seen by Data Manager" in page(client, cast.monitor, "/protocols/BLINA-FULL/")
    client.force_login(cast.monitor)
    assert client.post(url, {"seen": ["consent@000"]}).status_code == 403


def test_assumptions_are_signed_for_the_sponsor_with_the_password_typed_again(
    cast: Cast, client: Client
) -> None:
    url = "/protocols/BLINA-FULL/versions/1.0/sign-off/"
    client.force_login(cast.investigator)
    told = {
        "username": cast.investigator.username,
        "password": "wrong",
        "reference": "Letter 12 of the sponsor",
    }
    refused = client.post(url, told)
    assert refused.status_code == 422
    assert "This is not your password. Nothing was signed." in refused.content.decode()
    assert "Letter 12 of the sponsor" in refused.content.decode()
    assert "have not been signed off" in unsigned_words(cast.version)
    assert client.post(url, told | {"password": PASSWORD}).status_code == 302
    signed = SignOff.objects.get()
    assert (signed.digest, signed.assumptions) == (cast.version.digest, len(to_sign(cast.version.document)))
    assert (signed.signed_by, signed.reference) == (cast.investigator, "Letter 12 of the sponsor")
    assert unsigned_words(cast.version) == ""
    assert "Letter 12 of the sponsor" in page(client, cast.monitor, url)
    with acting(role="system"):
        assert (
            Trail.objects.filter(table_name="amendments_signoff", user_id=cast.investigator.pk).count() == 1
        )
    trail = page(client, cast.monitor, "/trail/?study=BLINA-FULL")
    assert "Sign-off of assumptions" in trail
    assert "Letter 12 of the sponsor" in trail
    assert str(cast.version.pk) not in trail[trail.index("Sign-off of assumptions") :][:2000]
    client.force_login(cast.investigator)
    again = client.post(url, told | {"password": PASSWORD})
    assert "You have signed off this version already." in again.content.decode()


@pytest.mark.parametrize("part", ["coordinator", "monitor", "statistician", "inspector"])
def test_others_read_the_sign_off_and_do_not_sign(cast: Cast, client: Client, part: str) -> None:
    user = cast.people()[part]
    words = page(client, user, "/protocols/BLINA-FULL/versions/1.0/sign-off/")
    assert 'name="password"' not in words
    told = {"username": user.username, "password": PASSWORD}
    assert client.post("/protocols/BLINA-FULL/versions/1.0/sign-off/", told).status_code == 403
    assert not SignOff.objects.exists()
