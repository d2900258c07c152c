"""A page as PDF, by WeasyPrint; it needs Pango, a library of the system."""

from typing import Any


class NoPdf(Exception):
    """This server has no Pango, so it makes no PDF."""


def pdf_of(page: str) -> bytes:
    """The page as PDF. Nothing is fetched: what a page needs stands in it. Raises NoPdf."""
    try:
        from weasyprint import HTML
    except OSError as error:  # a library of the system is not there
        raise NoPdf from error
    written: bytes = HTML(string=page, url_fetcher=refuse).write_pdf()
    return written


def refuse(url: str, *_args: Any, **_options: Any) -> Any:
    raise ValueError(f"A report leads nowhere, and this one asks for {url}.")
