"""Protocol files for the tests: one that ships, changed as a text, so that lines stay where people wrote them."""

from trialsite.studies.services import PROTOCOLS


def shipped(key: str = "BLINA-FULL") -> str:
    return (PROTOCOLS / f"{key}.yaml").read_text(encoding="utf-8")


def changed(text: str, *changes: tuple[str, str]) -> str:
    """The text with each old passage replaced once; a passage that does not stand there fails the test."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


NEXT = ('version: "1.0"', 'version: "1.1"')
