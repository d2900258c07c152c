"""Pictures and PDFs on a form: what is accepted, what is removed, who sees them, and what the trail keeps."""

import io
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from PIL.ExifTags import Base

from tests.cast import Cast, bare_subject
from trialsite.audit import acting
from trialsite.audit.models import Event, Trail
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.form_types import form_type
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.slots import Slot
from trialsite.review.attached_files import MOST_BYTES, cleaned
from trialsite.review.attachments import MOST_ON_A_FORM, attach_file, void_attachment
from trialsite.review.models import Attachment


def picture(kind: str = "JPEG", **exif: str) -> bytes:
    made, told = Image.new("RGB", (40, 20), "white"), Image.Exif()
    if exif:
        told[Base.Artist], told[Base.GPSInfo] = exif["artist"], {1: "N", 2: (39.0, 54.0, 0.0)}
    written = io.BytesIO()
    made.save(written, format=kind, exif=told)
    return written.getvalue()


def pdf(change: Any = None) -> bytes:
    document, written = pikepdf.new(), io.BytesIO()
    document.add_blank_page()
    document.docinfo["/Author"] = "Zhang San"
    if change:
        change(document)
    document.save(written)
    return written.getvalue()


def with_script(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def with_file(document: pikepdf.Pdf) -> None:
    document.attachments["list.csv"] = b"name\n"


def with_link(document: pikepdf.Pdf) -> None:
    action = pikepdf.Dictionary(S=pikepdf.Name.URI, URI="https://example.org")
    note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=action)
    document.pages[0].Annots = pikepdf.Array([document.make_indirect(note)])


# The file


@pytest.mark.parametrize(
    ("kind", "media"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
def test_a_picture_keeps_its_pixels_and_nothing_else(kind: str, media: str) -> None:
    sent = picture(kind, artist="Zhang San")
    assert b"Zhang San" in sent
    clean = cleaned(sent)
    assert clean.media_type == media
    assert b"Zhang San" not in clean.content
    with Image.open(io.BytesIO(clean.content)) as seen:
        assert (seen.size, dict(seen.getexif())) == ((40, 20), {})


def test_a_pdf_keeps_its_pages_and_loses_its_author() -> None:
    clean = cleaned(pdf())
    assert clean.media_type == "application/pdf"
    assert b"Zhang San" not in clean.content
    with pikepdf.open(io.BytesIO(clean.content)) as document:
        assert len(document.pages) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"hello", "This is no picture or PDF that can be read."),
        (b"MZ" + bytes(100), "This is no picture or PDF that can be read."),
        (picture("JPEG")[:200], "This is no picture or PDF that can be read."),
        (b"%PDF-1.7 nothing", "The PDF cannot be read."),
        (pdf(with_script), "The PDF holds scripts, forms, links or other files."),
        (pdf(with_file), "The PDF holds scripts, forms, links or other files."),
        (pdf(with_link), "The PDF holds scripts, forms, links or other files."),
        (bytes(MOST_BYTES + 1), "The file has 11 MB; accepted are up to 10 MB."),
    ],
)
def test_what_is_no_plain_picture_or_pdf_is_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(CheckFailed) as refusal:
        cleaned(content)
    assert refusal.value.messages["file"].startswith(sentence)


def test_a_protected_pdf_is_refused() -> None:
    document, written = pikepdf.new(), io.BytesIO()
    document.add_blank_page()
    document.save(written, encryption=pikepdf.Encryption(owner="a", user="b"))
    with pytest.raises(CheckFailed) as refusal:
        cleaned(written.getvalue())
    assert "protected by a password" in refusal.value.messages["file"]


# On a form


@pytest.fixture
def here(cast: Cast) -> Subject:
    return bare_subject(cast)


def slot_of(subject: Subject) -> Slot:
    return Slot(subject.pk, "SCR", "HEM")


def attach(cast: Cast, subject: Subject, **told: Any) -> Attachment:
    kind = form_type("HEM", subject)
    assert kind is not None
    with acting(user=cast.coordinator):
        opened = open_slot(slot_of(subject), subject, kind)
        given = {"content": picture(), "about": "blood count of 6 January", "redacted": True, **told}
        return attach_file(opened=opened, by=cast.coordinator, **given)


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_it_stands_on_the_form_for_whoever_verifies(cast: Cast, here: Subject) -> None:
    attached = attach(cast, here)
    page = signed_in(cast.monitor).get(slot_of(here).url()).content.decode()
    assert "blood count of 6 January" in page
    response = signed_in(cast.monitor).get(f"/attachments/{attached.pk}/")
    assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response.content.startswith(b"\xff\xd8")
    with acting(role="system"):
        opened = Event.objects.filter(kind="attachment.opened")
        assert [(one.user_id, one.details) for one in opened] == [
            (cast.monitor.pk, {"attachment": str(attached.pk)})
        ]


def test_the_trail_keeps_what_it_shows_and_its_digest_but_no_bytes(cast: Cast, here: Subject) -> None:
    attached = attach(cast, here)
    with acting(user=cast.coordinator):
        entry = Trail.objects.get(row_id=str(attached.pk))
    assert entry.changes["digest"] == attached.digest
    assert "content" not in entry.changes
    history = signed_in(cast.coordinator).get(slot_of(here).history_url).content.decode()
    assert "blood count of 6 January" in history


@pytest.mark.parametrize("who", ["stranger", "administrator"])
def test_who_may_not_see_the_record_finds_nothing(cast: Cast, here: Subject, who: str) -> None:
    attached = attach(cast, here)
    client = signed_in(getattr(cast, who))
    assert client.get(f"/attachments/{attached.pk}/").status_code == 404
    assert client.post(f"/attachments/{attached.pk}/void/", {"reason": "x"}).status_code == 404


def test_a_monitor_attaches_and_voids_nothing(cast: Cast, here: Subject) -> None:
    attached = attach(cast, here)
    client = signed_in(cast.monitor)
    told = {"file": SimpleUploadedFile("a.jpg", picture()), "about": "x", "redacted": "on"}
    assert client.post(f"{slot_of(here).url()}attachments/", told).status_code == 403
    assert client.post(f"/attachments/{attached.pk}/void/", {"reason": "x"}).status_code == 403


def test_the_page_takes_a_file_and_says_what_is_missing(cast: Cast, here: Subject) -> None:
    client, address = signed_in(cast.coordinator), f"{slot_of(here).url()}attachments/"
    refused = client.post(address, {"file": SimpleUploadedFile("a.jpg", picture()), "about": "count"})
    assert refused.status_code == 422
    assert "Remove names and numbers of the person from the file, then tick this." in refused.content.decode()
    assert 'value="count"' in refused.content.decode()
    told = {"file": SimpleUploadedFile("Zhang San.jpg", picture()), "about": "count", "redacted": "on"}
    assert client.post(address, told).status_code == 302
    page = client.get(slot_of(here).url()).content.decode()
    assert "count" in page
    assert "Zhang" not in page


def test_words_about_it_hold_no_identity(cast: Cast, here: Subject) -> None:
    with pytest.raises(CheckFailed):
        attach(cast, here, about="phone 13812345678")


def test_a_voided_file_is_gone_from_the_form_and_keeps_its_trail(cast: Cast, here: Subject) -> None:
    attached = attach(cast, here)
    with acting(user=cast.coordinator):
        with pytest.raises(CheckFailed):
            void_attachment(attachment_id=attached.pk, by=cast.coordinator, reason=" ")
        void_attachment(attachment_id=attached.pk, by=cast.coordinator, reason="of another day")
        with pytest.raises(Refused):
            void_attachment(attachment_id=attached.pk, by=cast.coordinator, reason="again")
    client = signed_in(cast.coordinator)
    assert client.get(f"/attachments/{attached.pk}/").status_code == 404
    assert "blood count of 6 January" not in client.get(slot_of(here).url()).content.decode()
    assert "of another day" in client.get(slot_of(here).history_url).content.decode()


def test_a_frozen_form_takes_no_file(cast: Cast, here: Subject) -> None:
    with acting(user=cast.data_manager):
        place = Place(here.study_id, here.site_id, here.pk)
        place_hold(place=place, kind="freeze", by=cast.data_manager, reason="cut")
    with pytest.raises(Refused):
        attach(cast, here)


def test_a_form_takes_so_many_and_no_more(cast: Cast, here: Subject) -> None:
    for _number in range(MOST_ON_A_FORM):
        attach(cast, here)
    with pytest.raises(Refused, match="At most 20 files"):
        attach(cast, here)


def test_the_panel_asks_one_query_whatever_hangs_there(
    cast: Cast, here: Subject, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(cast.monitor)
    attach(cast, here)
    client.get(slot_of(here).url())
    with django_assert_max_num_queries(60) as few:
        client.get(slot_of(here).url())
    for _number in range(5):
        attach(cast, here)
    with django_assert_num_queries(len(few.captured_queries)):
        client.get(slot_of(here).url())
