"""The document: standards, datasets, variables, code lists, methods, in the order of the schema."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lxml import etree

from trialsite.studies.domain.protocol import Protocol

from ..domain.table import Kind, Table, Variable
from ..oids import item_group_oid, item_oid, metadata_oid, study_oid
from .standards import PACKAGES, Package
from .survey import Seen, data_type, survey

ODM, DEF, XLINK = (
    "http://www.cdisc.org/ns/odm/v1.3",
    "http://www.cdisc.org/ns/def/v2.1",
    "http://www.w3.org/1999/xlink",
)
SPACES = {None: ODM, "def": DEF, "xlink": XLINK}
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
SOURCES = {"Collected": "Investigator", "Derived": "Sponsor", "Assigned": "Sponsor", "Protocol": "Sponsor"}
DATE_FORMATS = {Kind.DATE: "DATE9.", Kind.INSTANT: "DATETIME20."}

Surveys = Mapping[str, Mapping[str, Seen]]


def define_xml(
    tables: Sequence[Table],
    study: str,
    protocol: Protocol,
    standard: str,
    form: str,
    made: datetime,
    released: str = "",
) -> bytes:
    """Define-XML 2.1 of the tables of a standard (sdtm, adam) as they are written in a form (xpt, json, ndjson).

    released: what was left out, in sentences."""
    package = PACKAGES[standard]
    surveys = {table.name: survey(table) for table in tables}
    root = etree.Element(f"{{{ODM}}}ODM", nsmap=SPACES)  # type: ignore[arg-type]
    told(
        root,
        FileType="Snapshot",
        FileOID=f"DEFINE.{study}.{standard}",
        CreationDateTime=made.strftime("%Y-%m-%dT%H:%M:%S"),
        ODMVersion="1.3.2",
        Originator="BLINA Trials",
        **{"def:Context": "Other"},
    )
    one = child(root, "Study", OID=study_oid(study))
    names = child(one, "GlobalVariables")
    for name, words in (
        ("StudyName", study),
        ("StudyDescription", protocol.title.en),
        ("ProtocolName", f"{study} {protocol.version}"),
    ):
        child(names, name).text = words
    version = child(
        one,
        "MetaDataVersion",
        OID=metadata_oid(study, standard),
        Name=f"{study}, {package.name}",
        Description=" ".join(
            filter(None, (f"{package.name} {package.version} datasets of {study}.", released))
        ),
        **{"def:DefineVersion": "2.1.0"},
    )
    standards(version, package)
    for table in tables:
        dataset(version, table, surveys[table.name], package, form)
    for table in tables:
        for variable in table.variables:
            item(version, table, variable, surveys[table.name][variable.name], form)
    for table in tables:
        for variable in table.variables:
            codes(version, table, variable, surveys[table.name][variable.name], package)
    for table in tables:
        for variable in table.variables:
            if has_method(variable, surveys[table.name][variable.name]):
                method(version, table, variable)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def told(element: Any, **attributes: str) -> None:
    for name, value in attributes.items():
        space, colon, bare = name.partition(":")
        element.set(f"{{{SPACES[space]}}}{bare}" if colon else name, value)


def child(parent: Any, tag: str, **attributes: str) -> Any:
    space, colon, bare = tag.partition(":")
    made = etree.SubElement(parent, f"{{{SPACES[space]}}}{bare}" if colon else f"{{{ODM}}}{tag}")
    told(made, **attributes)
    return made


def described(parent: Any, words: str) -> None:
    text = child(child(parent, "Description"), "TranslatedText")
    text.set(LANGUAGE, "en")
    text.text = words


def standards(version: Any, package: Package) -> None:
    listed = child(version, "def:Standards")
    child(
        listed,
        "def:Standard",
        OID="STD.IG",
        Name=package.name,
        Type="IG",
        Version=package.version,
        Status="Final",
    )
    child(
        listed,
        "def:Standard",
        OID="STD.CT",
        Name="CDISC/NCI",
        Type="CT",
        PublishingSet=package.terminology,
        Version=package.terminology_version,
        Status="Final",
    )


def dataset(version: Any, table: Table, seen: Mapping[str, Seen], package: Package, form: str) -> None:
    group = child(
        version,
        "ItemGroupDef",
        OID=item_group_oid(table.name),
        Name=table.name,
        Repeating="No" if package.one_row_a_subject(table) else "Yes",
        IsReferenceData="Yes" if package.is_reference(table) else "No",
        SASDatasetName=table.name,
        Purpose=package.purpose,
        **{
            "Domain": table.name.removeprefix("SUPP"),
            "def:Structure": table.structure or "One record per row",
            "def:StandardOID": "STD.IG",
            "def:ArchiveLocationID": f"LF.{table.name}",
        },
    )
    described(group, table.label)
    for place, one in enumerate(table.variables, 1):
        refer(group, table, one, place, seen[one.name])
    kind = child(group, "def:Class", Name=package.kind_of(table))
    if sub := package.subkind_of(table):
        child(kind, "def:SubClass", Name=sub)
    leaf = child(group, "def:leaf", ID=f"LF.{table.name}", **{"xlink:href": f"{table.name.lower()}.{form}"})
    child(leaf, "def:title").text = f"{table.name.lower()}.{form}"


def refer(group: Any, table: Table, one: Variable, place: int, seen: Seen) -> None:
    reference = child(
        group,
        "ItemRef",
        ItemOID=item_oid(table.name, one.name),
        OrderNumber=str(place),
        Mandatory="Yes" if one.required else "No",
    )
    if one.name in table.keys:
        told(reference, KeySequence=str(table.keys.index(one.name) + 1))
    if has_method(one, seen):
        told(reference, MethodOID=f"MT.{table.name}.{one.name}")
    if seen.empty:
        told(reference, **{"def:HasNoData": "Yes"})


def has_method(one: Variable, seen: Seen) -> bool:
    return one.origin == "Derived" and not seen.empty


def item(version: Any, table: Table, one: Variable, seen: Seen, form: str) -> None:
    kind = data_type(one, seen, form)
    made = child(
        version,
        "ItemDef",
        OID=item_oid(table.name, one.name),
        Name=one.name,
        DataType=kind,
        SASFieldName=one.name,
    )
    if kind in ("text", "integer", "float"):
        told(made, Length=str(max(seen.longest, 1) if one.kind is not Kind.DATE else 8))
    if kind == "float":
        told(made, SignificantDigits=str(seen.decimals))
    if one.kind in DATE_FORMATS and form == "xpt":
        told(made, **{"def:DisplayFormat": DATE_FORMATS[one.kind]})
    described(made, one.label)
    if has_codes(one, seen):
        child(made, "CodeListRef", CodeListOID=code_list_oid(table, one))
    origin = child(made, "def:Origin", Type="Not Available" if seen.empty else one.origin)
    if not seen.empty:
        told(origin, Source=SOURCES[one.origin])


def has_codes(one: Variable, seen: Seen) -> bool:
    return one.codes is not None and bool(seen.values)


def code_list_oid(table: Table, one: Variable) -> str:
    return f"CL.{table.name}.{one.name}"


def codes(version: Any, table: Table, one: Variable, seen: Seen, package: Package) -> None:
    """The codes that the data use, those of the terminology with their C-codes."""
    if not has_codes(one, seen):
        return
    known = one.codes
    assert known is not None
    standard = bool(known.nci_terms)
    made = child(
        version,
        "CodeList",
        OID=code_list_oid(table, one),
        Name=f"{known.label or known.name} ({table.name}.{one.name})",
        DataType="text" if one.kind is Kind.TEXT else "float" if one.kind is Kind.DECIMAL else "integer",
        **({"def:StandardOID": "STD.CT"} if standard else {"def:IsNonStandard": "Yes"}),
    )
    for value in sorted(seen.values):
        entry = child(made, "CodeListItem", CodedValue=value)
        if standard and value not in known.terms:
            told(entry, **{"def:ExtendedValue": "Yes"})
        text = child(child(entry, "Decode"), "TranslatedText")
        text.set(LANGUAGE, "en")
        text.text = known.terms.get(value, value) or value
        if code := known.nci_terms.get(value):
            child(entry, "Alias", Context="nci:ExtCodeID", Name=code)
    if known.nci:
        child(made, "Alias", Context="nci:ExtCodeID", Name=known.nci)


def method(version: Any, table: Table, one: Variable) -> None:
    made = child(
        version,
        "MethodDef",
        OID=f"MT.{table.name}.{one.name}",
        Name=f"Derivation of {table.name}.{one.name}",
        Type="Computation",
    )
    described(made, one.method or f"Derived from the record: {one.label}.")
