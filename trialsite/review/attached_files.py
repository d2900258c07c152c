"""What a file must be to stand on a form: a picture or PDF by its content, small enough, with nothing hidden in it."""

import io
from dataclasses import dataclass
from typing import Any

import pikepdf
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from trialsite.casebook.errors import CheckFailed

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 60_000_000
MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
PDF = "application/pdf"
SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", PDF: "pdf"}
# What a PDF may do beside showing pages.
ACTIVE_OF_DOCUMENT = ("/OpenAction", "/AA", "/AcroForm", "/Collection")
ACTIVE_NAMES = ("/JavaScript", "/EmbeddedFiles")
Image.MAX_IMAGE_PIXELS = MOST_PIXELS


@dataclass(frozen=True)
class CleanFile:
    """A file as it is kept: without metadata, with the type that its content has."""

    content: bytes
    media_type: str


def cleaned(content: bytes) -> CleanFile:
    """The file without its metadata. Raises CheckFailed at `file` for what is not accepted."""
    if not content:
        raise refused(_("The file is empty."))
    if len(content) > MOST_BYTES:
        raise refused(
            _("The file has %(size)s MB; accepted are up to %(most)s MB.")
            % {"size": -(-len(content) // 1024**2), "most": MOST_BYTES // 1024**2}
        )
    return clean_pdf(content) if content.startswith(b"%PDF-") else clean_picture(content)


def clean_picture(content: bytes) -> CleanFile:
    """A picture drawn again as it is seen: place, camera and everything else that stood beside the pixels is gone."""
    try:
        with Image.open(io.BytesIO(content), formats=list(MEDIA_TYPES)) as picture:
            kind = str(picture.format)
            picture.load()
            seen = ImageOps.exif_transpose(picture)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise refused(
            _("This is no picture or PDF that can be read. Accepted are JPEG, PNG, WebP and PDF.")
        ) from error
    bare = seen.convert("RGB") if kind == "JPEG" and seen.mode not in ("RGB", "L") else seen
    bare.info = {}
    written = io.BytesIO()
    bare.save(written, format=kind, **({"quality": 90} if kind in ("JPEG", "WEBP") else {}))
    return CleanFile(written.getvalue(), MEDIA_TYPES[kind])


def clean_pdf(content: bytes) -> CleanFile:
    """A PDF that only shows pages, without its metadata."""
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            refuse_active(document)
            del document.docinfo
            for name in ("/Metadata", "/PieceInfo"):
                if name in document.Root:
                    del document.Root[name]
            written = io.BytesIO()
            document.remove_unreferenced_resources()
            document.save(written)
    except pikepdf.PasswordError as error:
        raise refused(_("The PDF is protected by a password. Save it without one.")) from error
    except pikepdf.PdfError as error:
        raise refused(_("The PDF cannot be read. Save it again, or take a picture of the pages.")) from error
    return CleanFile(written.getvalue(), PDF)


def refuse_active(document: pikepdf.Pdf) -> None:
    """Refuse what runs, asks or carries other files."""
    names: Any = document.Root.get("/Names", {})
    active = any(name in document.Root for name in ACTIVE_OF_DOCUMENT) or any(
        name in names for name in ACTIVE_NAMES
    )
    on_pages = any(
        "/AA" in page or any("/A" in note or "/AA" in note for note in page.get("/Annots", []))
        for page in document.pages
    )
    if active or on_pages or len(document.attachments):
        raise refused(
            _("The PDF holds scripts, forms, links or other files. Print it to a new PDF, and attach that.")
        )


def refused(sentence: str) -> CheckFailed:
    return CheckFailed({"file": sentence})
