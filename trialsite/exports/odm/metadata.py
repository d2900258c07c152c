"""What a study asks, who works on it and where, as ODM: Study with its metadata, and AdminData."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from trialsite.access.models import Membership, User
from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.formfields import MISSING_REASONS
from trialsite.casebook.trail_filters import trail_visible_to
from trialsite.casebook.worksheets import Words, in_both
from trialsite.clinical.units import unit_label
from trialsite.review.models import Level, Meaning, meaning_words

from ..extract import Extract
from ..sdtm.annotation import Annotated
from ..sdtm.annotations import annotated
from .definitions import Definitions, Form, Group, Item, Visit, of_text
from .elements import (
    MISSING,
    codes_oid,
    element,
    form_oid,
    group_oid,
    item_oid,
    said,
    signature_oid,
    site_oid,
    study_oid,
    unit_oid,
    user_oid,
    version_oid,
    visit_oid,
    yes,
)

SYSTEM = "system"
CANONICAL = "M.CANONICAL"


def study_element(extract: Extract, study: Definitions) -> Any:
    """The study with its units and all that it asks."""
    key, protocol = extract.study.key, extract.protocol
    title = of_text(protocol.title)
    return element(
        "Study",
        element(
            "GlobalVariables",
            element("StudyName", text=key),
            element("StudyDescription", text=f"{title.en} {title.zh}"),
            element("ProtocolName", text=key),
        ),
        element("BasicDefinitions", *map(unit_element, units_of(study))),
        element(
            "MetaDataVersion",
            element("Protocol", said("Description", title), *map(visit_ref, numbered(study.visits))),
            *map(visit_def, study.visits),
            *map(form_def, study.forms),
            *map(group_def, study.groups),
            *(item_def(group, item) for group, item in items_of(study)),
            *(codes_def(group, item) for group, item in items_of(study) if item.codes and not item.several),
            missing_codes(),
            *(condition_def(group, item) for group, item in items_of(study) if item.condition),
            canonical_method(),
            OID=version_oid(key),
            Name=f"All versions of the protocol: {', '.join(versions_of(extract))}",
        ),
        OID=study_oid(key),
    )


def versions_of(extract: Extract) -> list[str]:
    return list(extract.study.versions.order_by("loaded_at", "version").values_list("version", flat=True))


def numbered(visits: Iterable[Visit]) -> Iterator[tuple[int, Visit]]:
    return enumerate(visits, start=1)


def items_of(study: Definitions) -> Iterator[tuple[Group, Item]]:
    for group in study.groups:
        yield from ((group, item) for item in group.items)


def units_of(study: Definitions) -> list[str]:
    return sorted({unit for _group, item in items_of(study) for unit in item.units})


def unit_element(unit: str) -> Any:
    return element(
        "MeasurementUnit",
        said("Symbol", Words(unit_label(unit) or unit, "")),
        element("Alias", Context="UCUM", Name=unit),
        OID=unit_oid(unit),
        Name=unit,
    )


# Visits, forms and groups


def visit_ref(numbered_visit: tuple[int, Visit]) -> Any:
    number, visit = numbered_visit
    return element("StudyEventRef", StudyEventOID=visit_oid(visit.key), OrderNumber=number, Mandatory="No")


def visit_def(visit: Visit) -> Any:
    refs = (
        element("FormRef", FormOID=form_oid(form), OrderNumber=number, Mandatory=yes(required))
        for number, (form, required) in enumerate(visit.forms.items(), start=1)
    )
    return element(
        "StudyEventDef",
        said("Description", visit.title),
        *refs,
        OID=visit_oid(visit.key),
        Name=visit.title.en,
        Repeating=yes(visit.repeating),
        Type=visit.type,
    )


def form_def(form: Form) -> Any:
    refs = (
        element(
            "ItemGroupRef",
            ItemGroupOID=group_oid(form.key, group.name),
            OrderNumber=number,
            Mandatory=yes(not group.name),
        )
        for number, group in enumerate(form.groups, start=1)
    )
    return element(
        "FormDef",
        said("Description", form.title),
        *refs,
        OID=form_oid(form.key),
        Name=form.title.en,
        Repeating=yes(form.repeating),
    )


def group_def(group: Group) -> Any:
    refs = (item_ref(group, item, number) for number, item in enumerate(group.items, start=1))
    return element(
        "ItemGroupDef",
        said("Description", group.title),
        *refs,
        element("Alias", Context="table", Name=group.table),
        OID=group_oid(group.form, group.name),
        Name=group.title.en,
        Repeating=yes(bool(group.name)),
    )


def item_ref(group: Group, item: Item, number: int) -> Any:
    return element(
        "ItemRef",
        ItemOID=oid_of(group, item),
        OrderNumber=number,
        Mandatory=yes(item.required),
        MethodOID=CANONICAL if item.derived else None,
        CollectionExceptionConditionOID=condition_oid(group, item) if item.condition else None,
    )


# Items


def oid_of(group: Group, item: Item) -> str:
    return item_oid(group.form, group.name, item.name)


def condition_oid(group: Group, item: Item) -> str:
    return f"C.{oid_of(group, item).partition('.')[2]}"


def item_def(group: Group, item: Item) -> Any:
    """An item; its aliases are its column in the raw table of its group, and what SDTM and CDASH call it.

    The schema allows one alias a context: several annotations stand in one, parted by semicolons."""
    known = annotation_of(group, item)
    fixed = item.units[0] if len(item.units) == 1 else None
    checks = (
        element(
            "RangeCheck",
            element("CheckValue", text=f"{limit.value:f}"),
            element("MeasurementUnitRef", MeasurementUnitOID=unit_oid(fixed)) if fixed else None,
            Comparator=limit.comparator,
            SoftHard="Hard" if limit.hard else "Soft",
        )
        for limit in item.limits
    )
    coded = item.codes and not item.several
    return element(
        "ItemDef",
        said("Question", item.label),
        *(element("MeasurementUnitRef", MeasurementUnitOID=unit_oid(unit)) for unit in item.units),
        *checks,
        element("CodeListRef", CodeListOID=codes_oid(oid_of(group, item))) if coded else None,
        element("Alias", Context="column", Name=column_of(group, item)),
        element("Alias", Context="SDTM", Name="; ".join(map(str, known.sdtm))) if known.sdtm else None,
        element("Alias", Context="CDASH", Name=", ".join(known.cdash)) if known.cdash else None,
        OID=oid_of(group, item),
        Name=item.name,
        DataType=item.type,
        Length=item.length
        or (max(len(code) for code, _words in item.codes) if coded and item.type == "text" else None),
        Origin="Derived" if item.derived else "CRF",
        SDSVarName=known.only_variable or None,
    )


def annotation_of(group: Group, item: Item) -> Annotated:
    return annotated(group.form, group.name, item.name)


def column_of(group: Group, item: Item) -> str:
    """The column of the raw table in which the value stands: of what has parts, the text."""
    has_parts = item.name in group.model.composites or any(
        one.derived and one.of == item.name for one in group.items
    )
    return f"{item.name}.text" if has_parts and not item.derived else item.name


def codes_def(group: Group, item: Item) -> Any:
    oid = oid_of(group, item)
    kind = item.type if item.type in ("integer", "float") else "text"
    return code_list(codes_oid(oid), item.label.en or item.name, item.codes, kind)


def code_list(oid: str, name: str, codes: Iterable[tuple[str, Words]], kind: str = "text") -> Any:
    terms = (
        element("CodeListItem", said("Decode", words), CodedValue=code, OrderNumber=number)
        for number, (code, words) in enumerate(codes, start=1)
    )
    return element("CodeList", *terms, OID=oid, Name=name, DataType=kind)


def missing_codes() -> Any:
    codes = [(code, in_both(lambda words=words: words)) for code, words in MISSING_REASONS if code]
    return code_list(MISSING, "Why an item is empty", codes)


def condition_def(group: Group, item: Item) -> Any:
    assert item.condition is not None
    oid = condition_oid(group, item)
    return element("ConditionDef", said("Description", item.condition), OID=oid, Name=oid)


def canonical_method() -> Any:
    words = in_both(lambda: _("converted to the standard unit of its analyte by exact factors"))
    return element(
        "MethodDef",
        said("Description", words),
        OID=CANONICAL,
        Name="Value in the standard unit",
        Type="Computation",
    )


# People and places


def admin_element(extract: Extract) -> Any:
    """Who works on the study, its sites and what signatures say. Names of people leave with identified data only."""
    study = extract.study
    members = Membership.objects.filter(study=study).values("user")
    acted = trail_visible_to(extract.reader).filter(study_id=study.pk, user_id__isnull=False).order_by()
    users = User.objects.filter(Q(pk__in=members) | Q(pk__in=acted.values("user_id"))).order_by("username")
    named = not extract.release.holds_back(Nature.IDENTIFYING)
    system = element("User", element("LoginName", text=SYSTEM), OID=user_oid(SYSTEM), UserType="Other")
    return element(
        "AdminData",
        system,
        *(user_element(one, named) for one in users),
        *(site_element(one) for one in study.study_sites.select_related("site").order_by("site__key")),
        *(signature_def(meaning) for meaning in Meaning.values),
        StudyOID=study_oid(study.key),
    )


def user_element(user: User, named: bool) -> Any:
    full = element("FullName", text=user.full_name) if named and user.full_name else None
    return element(
        "User", element("LoginName", text=user.username), full, OID=user_oid(user.username), UserType="Other"
    )


def site_element(one: Any) -> Any:
    reference = element(
        "MetaDataVersionRef",
        StudyOID=study_oid(one.study.key),
        MetaDataVersionOID=version_oid(one.study.key),
        EffectiveDate=one.activated_on.isoformat(),
    )
    return element(
        "Location", reference, OID=site_oid(one.site.key), Name=one.site.name_en, LocationType="Site"
    )


def signature_def(meaning: str) -> Any:
    with_words = in_both(lambda: meaning_words(meaning, Level.FORM))
    return element(
        "SignatureDef",
        element("Meaning", text=with_words.en),
        element("LegalReason", text="The signer takes responsibility under 21 CFR Part 11."),
        OID=signature_oid(meaning),
        Methodology="Electronic",
    )
