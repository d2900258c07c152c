"""Elements of ODM 1.3.2, and the identifiers by which a file names its parts."""

from collections.abc import Iterable
from typing import Any

from lxml import etree

from trialsite.casebook.worksheets import Words

ODM = "http://www.cdisc.org/ns/odm/v1.3"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MISSING = "CL.MISSING"  # why an item is empty: the flag of what is null


def element(name: str, *children: Any, text: str | None = None, **attributes: Any) -> Any:
    """An element with its attributes (those that are None are left out) and its children (None: no child)."""
    made = etree.Element(f"{{{ODM}}}{name}", nsmap={None: ODM})
    for key, value in attributes.items():
        if value is not None:
            made.set(key, printable(str(value)))
    made.text = None if text is None else printable(text)
    made.extend([child for child in children if child is not None])
    return made


def printable(text: str) -> str:
    """A text without the control characters that XML cannot hold."""
    return "".join(
        one
        for one in text
        if one in "\t\n\r" or " " <= one <= "\ud7ff" or "\ue000" <= one <= "\ufffd" or one > "\uffff"
    )


def said(name: str, words: Words) -> Any:
    """An element that holds a text in both languages."""
    texts = []
    for language, text in (("en", words.en), ("zh", words.zh)):
        if text:
            one = element("TranslatedText", text=text)
            one.set(LANG, language)
            texts.append(one)
    return element(name, *texts)


def yes(answer: bool) -> str:
    return "Yes" if answer else "No"


def study_oid(key: str) -> str:
    return f"STUDY.{key}"


def version_oid(key: str) -> str:
    return f"MDV.{key}"


def visit_oid(key: str) -> str:
    return f"SE.{key}"


def form_oid(key: str) -> str:
    return f"F.{key}"


def group_oid(form: str, group: str = "") -> str:
    return ".".join(filter(None, ("IG", form, group)))


def item_oid(form: str, group: str, item: str) -> str:
    return ".".join(filter(None, ("I", form, group, item)))


def unit_oid(unit: str) -> str:
    return f"MU.{unit}"


def user_oid(name: str) -> str:
    return f"USER.{name}"


def site_oid(key: str) -> str:
    return f"SITE.{key}"


def signature_oid(meaning: str) -> str:
    return f"SIG.{meaning}"


def codes_oid(item: str) -> str:
    return f"CL.{item.partition('.')[2]}"


def all_of(parts: Iterable[Iterable[Any]]) -> list[Any]:
    return [one for part in parts for one in part]
