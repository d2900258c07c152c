"""Reading an ODM 1.3.2 snapshot that this system wrote: its casebooks, one subject at a time."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree

from ..domain.casebook import FormData, Signed, SubjectData, Value, Values
from .elements import ODM

SUBJECT = f"{{{ODM}}}SubjectData"
SNAPSHOT = "Snapshot"


class NotReadable(ValueError):
    """A file that is no ODM 1.3 snapshot of this system; its message is a sentence."""


def read_odm(path: Path) -> Iterator[SubjectData]:
    """The casebooks of a file in its order. Raises NotReadable, also half way through."""
    with path.open("rb") as file:
        yield from subjects_in(file, path.name)


def subjects_in(file: BinaryIO, name: str) -> Iterator[SubjectData]:
    return map(subject_of, subject_elements_in(file, name))


def subject_elements_in(file: BinaryIO, name: str) -> Iterator[Any]:
    """The subjects of a snapshot as elements, each for as long as nobody asks for the next. Raises NotReadable.

    A file that declares a document type is refused: no ODM file needs one, and only with one can entities grow."""
    try:
        events = etree.iterparse(
            file, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False
        )
        _event, root = next(events)
        if root.getroottree().docinfo.doctype:
            raise NotReadable(f"{name} declares a document type: an ODM file has none.")
        if root.tag != f"{{{ODM}}}ODM" or root.get("FileType", SNAPSHOT) != SNAPSHOT:
            raise NotReadable(f"{name} is no ODM 1.3 file of type {SNAPSHOT}.")
        for event, found in events:
            if event == "end" and found.tag == SUBJECT:
                yield found
                found.clear(keep_tail=False)
                while found.getprevious() is not None:
                    del found.getparent()[0]
    except etree.XMLSyntaxError as wrong:
        raise NotReadable(f"{name} is no well-formed XML: {wrong.msg}.") from wrong


def subject_of(found: Any) -> SubjectData:
    forms = tuple(
        form_of(visit, form) for visit in each(found, "StudyEventData") for form in each(visit, "FormData")
    )
    site = first(found, "SiteRef")
    return SubjectData(found.get("SubjectKey"), named(site, "LocationOID", "SITE."), forms)


def form_of(visit: Any, form: Any) -> FormData:
    key = named(form, "FormOID", "F.")
    items: Values = {}
    lines: dict[str, dict[int, Values]] = {}
    for group in each(form, "ItemGroupData"):
        oid = group.get("ItemGroupOID")
        name = oid.removeprefix(f"IG.{key}").removeprefix(".")
        values = values_of(group, f"I.{oid.removeprefix('IG.')}.")
        if name:
            lines.setdefault(name, {})[int(group.get("ItemGroupRepeatKey"))] = values
        else:
            items = values
    signature = first(form, "Signature")
    return FormData(
        named(visit, "StudyEventOID", "SE."),
        int(visit.get("StudyEventRepeatKey", 1)),
        key,
        int(form.get("FormRepeatKey", 1)),
        items,
        lines,
        None if signature is None else signed_of(signature),
    )


def values_of(group: Any, prefix: str) -> Values:
    return {named(one, "ItemOID", prefix): value_of(one) for one in each(group, "ItemData")}


def value_of(found: Any) -> Value:
    unit = first(found, "MeasurementUnitRef")
    why = found.find(f".//{{{ODM}}}FlagValue")
    return Value(
        found.get("Value", ""),
        "" if unit is None else named(unit, "MeasurementUnitOID", "MU."),
        "" if why is None else why.text,
    )


def signed_of(found: Any) -> Signed:
    return Signed(
        named(first(found, "UserRef"), "UserOID", "USER."),
        named(first(found, "SignatureRef"), "SignatureOID", "SIG."),
        datetime.fromisoformat(first(found, "DateTimeStamp").text),
    )


def each(found: Any, name: str) -> Iterator[Any]:
    return found.iterchildren(f"{{{ODM}}}{name}")  # type: ignore[no-any-return]


def first(found: Any, name: str) -> Any:
    return found.find(f"{{{ODM}}}{name}")


def named(found: Any, attribute: str, prefix: str) -> str:
    """The name behind the prefix of an identifier. Raises NotReadable where it is another's."""
    oid = "" if found is None else found.get(attribute, "")
    if not oid.startswith(prefix):
        raise NotReadable(f"“{oid}” is no {attribute} of this system: it would begin with {prefix}.")
    return oid.removeprefix(prefix)  # type: ignore[no-any-return]
