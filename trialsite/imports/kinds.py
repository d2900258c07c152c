"""The kinds of files: who may import one, how it is read, how it is entered and taken back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from assessments.domain.lab_names import folded
from trialsite.access.models import User

from . import accounts, fhir, forms, laboratory, odm, ranges, typing_in
from .models import ImportBatch, ImportKind
from .outcomes import Row, Work
from .sheets import Sheet, read_sheet


@dataclass(frozen=True)
class Target:
    """What a column may hold: its label, whether a file without it is refused, how headers usually name it."""

    label: Any
    wanted: bool = False
    names: tuple[str, ...] = ()
    hint: Any = ""


@dataclass(frozen=True)
class Kind:
    """One kind of file. `targets`: what its columns are told to hold; none: the file says it itself."""

    permission: str
    read: Callable[[str, bytes], Sheet]
    enter: Callable[[ImportBatch, list[Row], User], Work]
    take_back: Callable[..., None]
    targets: Mapping[str, Target] = field(default_factory=dict)


LABORATORY: dict[str, Target] = {
    "subject": Target(
        _("Subject number"),
        True,
        ("subject", "subject number", "subjid", "usubjid", "受试者", "受试者编号", "筛选号"),
    ),
    "date": Target(
        _("Day of the draw"),
        True,
        (
            "date",
            "collected",
            "collection date",
            "sample date",
            "sampled",
            "lbdtc",
            "采样时间",
            "采样日期",
            "采集时间",
            "日期",
        ),
        _("with the time, where it stands there"),
    ),
    "time": Target(_("Time of the draw"), False, ("time", "collection time", "采样时刻", "时间")),
    "test": Target(
        _("Test"), True, ("test", "analyte", "item", "lbtest", "lbtestcd", "项目", "项目名称", "检验项目")
    ),
    "result": Target(_("Result"), True, ("result", "value", "lborres", "结果", "检验结果")),
    "unit": Target(_("Unit"), False, ("unit", "units", "lborresu", "单位")),
    "lower": Target(_("Lower limit"), False, ("lower", "lower limit", "lln", "low", "lbornrlo", "下限")),
    "upper": Target(_("Upper limit"), False, ("upper", "upper limit", "uln", "high", "lbornrhi", "上限")),
    "range": Target(
        _("Limits in one column"),
        False,
        ("range", "reference", "reference range", "参考范围", "参考值"),
        "3.5-9.5, <40",
    ),
    "visit": Target(
        _("Visit"), False, ("visit key",), _("the key of a visit, such as SCR; else the day decides")
    ),
}
RANGES: dict[str, Target] = {
    "analyte": Target(_("Analyte"), True, ("analyte", "test", "item", "项目", "项目名称", "检验项目")),
    "unit": Target(_("Unit"), True, ("unit", "units", "单位")),
    "lower": Target(_("Lower limit"), False, ("lower", "lower limit", "lln", "low", "下限")),
    "upper": Target(_("Upper limit"), False, ("upper", "upper limit", "uln", "high", "上限")),
    "from": Target(
        _("In force from"), True, ("from", "effective from", "effective_from", "in force from", "生效日期")
    ),
    "source": Target(
        _("Source"), True, ("source", "来源"), _("the laboratory's list or notice, with its date")
    ),
    "sex": Target(_("Sex"), False, ("sex", "gender", "性别"), "M, F"),
    "age_from": Target(_("Age from"), False, ("age from", "age_from"), _("years, included")),
    "age_below": Target(_("Age below"), False, ("age below", "age_below"), _("years, not included")),
    "laboratory": Target(_("Laboratory"), False, ("laboratory", "lab", "实验室"), _("empty: the site's own")),
}
ACCOUNTS: dict[str, Target] = {
    "username": Target(_("User name"), True, ("username", "user name", "login", "account", "用户名", "账号")),
    "full_name": Target(_("Name"), True, ("full_name", "full name", "name", "姓名")),
    "email": Target(_("E-mail"), False, ("email", "e-mail", "mail", "邮箱", "电子邮件")),
    "language": Target(_("Language"), False, ("language", "lang", "语言"), "en, zh-hans"),
    "role": Target(_("Role"), True, ("role", "角色")),
    "principal": Target(
        _("principal investigator of the site"), False, ("principal", "pi", "主要研究者"), "yes, no"
    ),
    "site": Target(
        _("Site"),
        False,
        ("site", "sites", "中心"),
        _("“all” for a role at all sites; empty: the site chosen above"),
    ),
    "starts_on": Target(
        _("From"), False, ("from", "starts_on", "start", "开始", "起"), _("today, when left empty")
    ),
    "ends_on": Target(
        _("Until"), False, ("until", "ends_on", "end", "to", "结束", "止"), _("needed for an inspector")
    ),
}
KINDS: dict[str, Kind] = {
    ImportKind.LABORATORY: Kind(
        "form.submit", read_sheet, laboratory.enter_results, typing_in.take_back, LABORATORY
    ),
    ImportKind.FHIR: Kind("form.submit", fhir.read_bundle, laboratory.enter_results, typing_in.take_back),
    ImportKind.FORMS: Kind("form.submit", read_sheet, forms.enter_forms, typing_in.take_back),
    ImportKind.ODM: Kind("form.submit", odm.read_casebooks, odm.enter_casebooks, typing_in.take_back),
    ImportKind.RANGES: Kind("range.record", read_sheet, ranges.enter_ranges, ranges.take_back_range, RANGES),
    ImportKind.ACCOUNTS: Kind(
        "accounts.manage", read_sheet, accounts.enter_accounts, accounts.take_back_account, ACCOUNTS
    ),
}


def guessed(kind: Kind, columns: Sequence[str]) -> dict[str, str]:
    """Target → the column whose header says so."""
    by_name = {folded(column): column for column in columns}
    found = {}
    for key, target in kind.targets.items():
        for name in target.names:
            if folded(name) in by_name:
                found[key] = by_name.pop(folded(name))
                break
    return found


def fits(kind: Kind, mapping: Mapping[str, str], columns: Sequence[str]) -> bool:
    """Whether a mapping names columns of a file, and all that it needs."""
    wanted = {key for key, target in kind.targets.items() if target.wanted}
    return wanted <= mapping.keys() and set(mapping.values()) <= set(columns)
