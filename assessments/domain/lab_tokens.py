"""The smallest parts of a pasted report: cells, results, flags, units, ranges, dates, words about a person."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from .lab_names import analytes_of

FLAG = r"[↑↓⬆⬇▲▼⇧⇩]+|(?<![A-Za-z])(?:HH|LL|H|L|N)(?![A-Za-z0-9/])|偏?[高低](?![一-鿿])|正常|\*+"
NUMBER = r"(?:[0-9][0-9,]*(?:\.[0-9]+)?|\.[0-9]+)"
RESULT = re.compile(rf"(?:{FLAG})?\s*(?P<text>[<>≤≥]?=?\s*[+-]?{NUMBER})\s*(?P<rest>.*)")
BETWEEN = r"(?:-{1,2}|~|至|到)"
RANGE = re.compile(rf"[(\[]?\s*(?P<low>{NUMBER})\s*{BETWEEN}\s*(?P<high>{NUMBER})\s*[)\]]?")
LIMIT = re.compile(rf"[(\[]?\s*(?P<sign>[<>≤≥])=?\s*(?P<number>{NUMBER})\s*[)\]]?")
UNIT = re.compile(
    r"(?:[x×*]\s*)?10(?:\^|\*{1,2}|E)?(?:[0-9]{1,2}|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2})/(?:m?L|[uµμ]L|mm3|mm³)"
    r"|%|‰|s|sec|秒|fL|pg|INR|ratio|比值|mm/h|mmHg|K/[uµμ]L"
    r"|[A-Za-zµμ个]{0,6}/(?:[0-9.]*[A-Za-zµμ]{1,4}[²³2-3]?)",
    re.IGNORECASE,
)
WORDS = re.compile(
    r"阴性|阳性|弱阳性|未检出|检出|溶血|脂血|凝块|标本不合格"
    r"|negative|positive|not detected|detected|haemolysed|[(]?[-+±]{1,4}[)]?",
    re.IGNORECASE,
)
DATE = re.compile(r"(20[0-9]{2})[-/.年](1[0-2]|0?[1-9])[-/.月](3[01]|[12][0-9]|0?[1-9])日?")
TIME = re.compile(r"(?<![0-9:])([01]?[0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9])?(?![0-9:])")
SAMPLED = re.compile(r"采样|采集|采血|抽血|标本时间|送检时间|collect|sampl|drawn", re.IGNORECASE)
PERSON = re.compile(
    r"姓名|患者|病人|床号|床位|住院号|病案号|病历号|门诊号|登记号|就诊卡|身份证|电话|手机|性别|年龄|出生|住址|地址|科室|病区|诊断"
    r"|医生|医师|申请者|检验者|审核者|报告者|条码|样本号|标本号|样本编号|标本编号"
    r"|\bpatient\b|\bname\s*[:：]|\bmrn\b|\bdob\b|\bsex\b|\bage\b|\bphone\b|\baddress\b|\bphysician\b|\bward\b|\bbed\b",
    re.IGNORECASE,
)
ROLES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("", PERSON),
    ("range", re.compile(r"参考|正常值|范围|reference|range", re.IGNORECASE)),
    ("unit", re.compile(r"单位|unit", re.IGNORECASE)),
    ("flag", re.compile(r"提示|标志|异常|状态|flag|abn", re.IGNORECASE)),
    ("result", re.compile(r"结果|测定值|result|value", re.IGNORECASE)),
    ("moment", re.compile(r"采样|采集|采血|日期|时间|date|time|collect", re.IGNORECASE)),
    (
        "item",
        re.compile(r"项目|名称|缩写|代码|代号|英文|检验|指标|item|test|analyte|code|abbr", re.IGNORECASE),
    ),
)
NUMBERING = re.compile(r"[0-9]{1,3}[.、)]?")
NOTHING = {"", "-", "--", "/", "—", "未做", "ND", "n/a"}
DASHES = re.compile(r"(?<=[0-9])\s*(?:--|[—–−～~]+|-)\s*(?=[0-9.])")


@dataclass(frozen=True)
class Line:
    """One line as cells; `counted` where tabs or semicolons tell the columns, so that an empty one keeps its place."""

    cells: list[str]
    counted: bool


@dataclass(frozen=True)
class Result:
    """A number with its comparator, as printed, and the unit that stood beside it."""

    text: str
    unit: str


def half_width(text: str) -> str:
    """Full-width letters, digits and spaces as half-width ones; raised digits and Chinese stay."""
    narrow = (chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else " " if c in "\u3000\u00a0" else c for c in text)
    plain = "".join(narrow).replace("\r\n", "\n").replace("\r", "\n")
    return DASHES.sub(lambda found: "-", plain)


def cells_of(line: str) -> Line:
    """A line cut at tabs, else at semicolons or bars, else at spaces; moments stay in one cell."""
    for between in ("\t", ";", "|"):
        if line.count(between) >= (1 if between == "\t" else 2):
            return Line([cell.strip() for cell in line.split(between)], counted=True)
    joined = re.sub(rf"({DATE.pattern})[ T]+(?=[0-9]{{1,2}}:)", r"\1T", line.strip())
    joined = re.sub(r"([<>≤≥]=?)\s+(?=[0-9])", r"\1", joined)
    return Line([cell.replace("T", " ") if DATE.match(cell) else cell for cell in joined.split()], False)


def repeated_columns(lines: Sequence[Line]) -> set[int]:
    """Columns before the results that say the same in three lines and more: a name or number of a person.

    Where a header names the columns it says itself which ones are left out."""
    counted = [line.cells for line in lines if line.counted and not is_header(line)]
    if len(counted) < 3 or any(columns_of_list(line) for line in lines):
        return set()
    found: set[int] = set()
    for at in range(min(map(len, counted)) - 1):
        said = {cells[at] for cells in counted}
        one = next(iter(said))
        if len(said) == 1 and one and not about_results(one):
            if result_of(one) and any(is_unit(cells[at + 1]) for cells in counted):
                break
            found.add(at)
        elif all(result_or_words(cells[at]) for cells in counted if cells[at]):
            break  # from here on there are results
    return found


def about_results(cell: str) -> bool:
    """Whether a cell may well say the same in every line: a day, a unit, a range, a flag, an analyte."""
    flag = bool(re.fullmatch(FLAG, cell))
    known = flag or bool(moment_of(cell)) or is_unit(cell) or is_range(cell) or is_words(cell)
    return known or bool(analytes_of(cell, {}))


# What a cell holds


def result_of(cell: str) -> Result | None:
    """The number in a cell with the unit beside it; None where it holds no number, or a unit, range or date."""
    text = cell.strip()
    if text in NOTHING or is_unit(text) or (is_range(text) and not LIMIT.fullmatch(text)) or moment_of(text):
        return None
    match = RESULT.fullmatch(text)
    if match is None:
        return None
    rest = re.sub(FLAG, "", match["rest"]).strip()
    if rest and not is_unit(rest):
        return None
    return Result(re.sub(r"\s+", "", match["text"]), rest)


def is_unit(cell: str) -> bool:
    return bool(UNIT.fullmatch(cell.strip().strip("()（）")))


def is_range(cell: str) -> bool:
    return bool(RANGE.fullmatch(cell.strip()) or LIMIT.fullmatch(cell.strip()))


def is_words(cell: str) -> bool:
    """A result in words: positive, not detected."""
    return cell.strip() not in NOTHING and bool(WORDS.fullmatch(cell.strip()))


def limits_of(cell: str) -> tuple[Decimal | None, Decimal | None]:
    """Lower and upper limit of a printed range: `3.5-9.5`, `<40`, `>60`."""
    text = cell.strip()
    if both := RANGE.fullmatch(text):
        return number(both["low"]), number(both["high"])
    if one := LIMIT.fullmatch(text):
        limit = number(one["number"])
        return (None, limit) if one["sign"] in "<≤" else (limit, None)
    return None, None


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def plain_unit(unit: str) -> str:
    """A printed unit in a spelling that the unit table reads: `109/L` lost the height of its 9, 秒 are seconds."""
    text = unit.strip().strip("()（）")
    text = re.sub(r"^[x×*]?\s*10(?=(?:9|12|6|3)/)", "10^", text)
    return {"秒": "s", "比值": "INR", "ratio": "INR"}.get(text, text)


def name_and_unit(label: str) -> tuple[str, str]:
    """A name with its unit in brackets apart: "WBC(10^9/L)"."""
    match = re.fullmatch(r"(.*?)\s*[(\[（]([^()（）\[\]]+)[)\]）]\s*", label)
    if match and match[1] and is_unit(match[2]):
        return match[1].strip(), match[2].strip()
    return label.strip(), ""


def label_and_rest(line: Line, until: int | None = None) -> tuple[str, list[str]]:
    """The name of a row, in one cell or several, and the cells from the result on; a number of the row is dropped."""
    cells = list(line.cells)
    if len(cells) > 2 and NUMBERING.fullmatch(cells[0]) and not result_or_words(cells[1]):
        cells, until = cells[1:], None if until is None else until - 1
    cells_of_name: list[str] = []
    for at, cell in enumerate(cells):
        if until is not None and at >= until:
            break
        if result_or_words(cell) and cells_of_name:
            return clean(cells_of_name), [one for one in cells[at:] if one]
        if until is not None and (is_unit(cell) or is_range(cell)):
            continue
        cells_of_name.append(cell)
    return clean(cells_of_name), [one for one in cells[len(cells_of_name) :] if one] if until else []


def clean(cells: Sequence[str]) -> str:
    return re.sub(r"^[*★▲\s]+", "", " ".join(filter(None, cells))).rstrip(":： ")


def result_or_words(cell: str) -> bool:
    return result_of(cell) is not None or is_words(cell)


# When, and whose


def moment_of(text: str) -> tuple[date, time | None] | None:
    """The day in a text with its time of day; None where there is none, or no such day."""
    match = DATE.search(text)
    if match is None:
        return None
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    clock = TIME.search(text, match.end())
    return day, time(int(clock[1]), int(clock[2])) if clock else None


def moments_in(line: Line) -> dict[int, tuple[date, time | None]]:
    return {at: moment for at, cell in enumerate(line.cells) if (moment := moment_of(cell))}


def only_moments(line: Line) -> bool:
    """Whether a line has dates and, besides, at most words that say what they are."""
    others = [cell for cell in line.cells if cell and not moment_of(cell)]
    return not any(result_or_words(cell) or is_unit(cell) for cell in others) and len(others) <= 1


def only_times(line: Line) -> bool:
    filled = [cell for cell in line.cells[1:] if cell]
    return bool(filled) and all(TIME.fullmatch(cell) for cell in filled)


def with_times(
    dated: Mapping[int, tuple[date, time | None]], line: Line
) -> dict[int, tuple[date, time | None]]:
    """The draws of a header with the times that the line under it gives."""
    found = {}
    for at, (day, clock) in dated.items():
        match = TIME.fullmatch(line.cells[at]) if at < len(line.cells) else None
        found[at] = day, time(int(match[1]), int(match[2])) if match else clock
    return found


def sampled_at(line: Line) -> tuple[date, time | None] | None:
    """The moment of sampling that stands in a line about a person; dates of birth and of printing are not it."""
    text = " ".join(line.cells)
    said = SAMPLED.search(text)
    return moment_of(text[said.end() :]) if said else None


def about_a_person(line: Line) -> bool:
    text = " ".join(line.cells)
    return bool(PERSON.search(text)) or bool(SAMPLED.search(text) and moment_of(text))


def is_header(line: Line) -> bool:
    """Whether a line names columns: at least two of name, result, unit, range; or a name and dates."""
    if any(result_of(cell) for cell in line.cells):
        return False
    roles = set(filter(None, roles_of(line)))
    dates = bool(moments_in(line))
    return len(roles - {"moment"}) >= 2 or ("item" in roles and dates) or is_row_of_names(line)


def is_row_of_names(line: Line) -> bool:
    """The head of a table with one draw a row: a word for the day, then names of analytes."""
    first, *rest = line.cells
    named = [cell for cell in rest if analytes_of(name_and_unit(cell)[0], {})]
    return role_of(first) == "moment" and len(named) >= 1 and not any(map(moment_of, line.cells))


def roles_of(line: Line) -> list[str]:
    """What each column of a header holds; "" where nothing of a result."""
    return [role_of(cell) for cell in line.cells]


def columns_of_list(line: Line) -> list[str]:
    """The roles of a header that names at least the analyte and the result; otherwise none."""
    found = roles_of(line)
    return found if line.counted and {"item", "result"} <= set(found) else []


def role_of(cell: str) -> str:
    return next((role for role, words in ROLES if words.search(cell)), "")


def persons_in(line: Line) -> int:
    return sum(bool(PERSON.search(cell)) for cell in line.cells)
