"""Pasted laboratory reports, as hospitals and spreadsheets give them: what is read, what waits, what is left out."""

import pytest

from assessments.domain.lab_paste import Pasted, read_block

VERTICAL = """姓名：张三  性别：男  年龄：35岁  床号：12
采样时间：2026-03-01 08:15  报告时间：2026-03-01 11:02
序号\t项目\t结果\t提示\t单位\t参考范围
1\t白细胞计数(WBC)\t0.8\t↓\t10^9/L\t3.5-9.5
2\t中性粒细胞绝对值(NEUT#)\t<0.1\tL\t10^9/L\t1.8--6.3
3\t中性粒细胞百分比(NEUT%)\t12.5\tL\t%\t40-75
4\t前白蛋白(PA)\t182\tL\tmg/L\t200-430
"""
LONG = """姓名\t住院号\t采样时间\t项目\t结果\t单位\t参考范围
张三\t123456\t2026-03-01 08:00\tWBC\t0.8\t10^9/L\t3.5-9.5
张三\t123456\t2026-03-02 08:00\tWBC\t0.9\t10^9/L\t3.5-9.5
"""
MATRIX = """项目\t单位\t2026-03-01\t2026-03-03 08:00\t2026/3/5
WBC\t10^9/L\t0.8\t1.2 ↓\t
PLT\t10^9/L\t23\t\t45
TBIL\tumol/L\t-\t12.1\t13.0
"""
ONE_DRAW_A_ROW = """日期\tWBC(10^9/L)\tHGB\tPLT
2026-03-01\t0.8\t92\t23
2026-03-02\t0.9\t88\t20
"""
NAME_BESIDE = "张三\tWBC\t0.8\t10^9/L\n张三\tHGB\t90\tg/L\n张三\tPLT\t20\t10^9/L\n"

# name, block, what stands in the draws ("day time: analyte=result[unit](limits)"), what waits ("label: why")
TABLE: list[tuple[str, str, list[str], list[str]]] = [
    (
        "a report of a Chinese hospital",
        VERTICAL,
        ["2026-03-01 08:15: wbc=0.8[10*9/L](3.5..9.5) anc=<0.1[10*9/L](1.8..6.3) neutrophils_pct=12.5[%](40..75)"],
        ["前白蛋白(PA): name"],
    ),
    (
        "a long list with a column for everything",
        LONG,
        ["2026-03-01 08:00: wbc=0.8[10*9/L](3.5..9.5)", "2026-03-02 08:00: wbc=0.9[10*9/L](3.5..9.5)"],
        [],
    ),
    (
        "one draw a column, with empty cells",
        MATRIX,
        [
            "2026-03-01 -: wbc=0.8[10*9/L] platelets=23[10*9/L]",
            "2026-03-03 08:00: wbc=1.2[10*9/L] bilirubin=12.1[umol/L]",
            "2026-03-05 -: platelets=45[10*9/L] bilirubin=13.0[umol/L]",
        ],
        [],
    ),
    (
        "one draw a row, units in the head",
        ONE_DRAW_A_ROW,
        [
            "2026-03-01 -: wbc=0.8[10*9/L] haemoglobin=92[] platelets=23[]",
            "2026-03-02 -: wbc=0.9[10*9/L] haemoglobin=88[] platelets=20[]",
        ],
        [],
    ),
    ("spaces between", "WBC 白细胞  0.8  10^9/L  3.5-9.5", ["- -: wbc=0.8[10*9/L](3.5..9.5)"], []),
    (
        "full width, a flag",
        "PLT　血小板　２３　↓　109/L　125～350",
        ["- -: platelets=23[10*9/L](125..350)"],
        [],
    ),
    ("semicolons", "WBC;白细胞;0.8;10*9/L;3.5-9.5", ["- -: wbc=0.8[10*9/L](3.5..9.5)"], []),
    ("limits below a number", "ALT 谷丙转氨酶 45 ↑ U/L <40", ["- -: alt=45[U/L](..40)"], []),
    ("a flag of letters before", "*ALT\tH 45\tU/L\t0-40", ["- -: alt=45[U/L](0..40)"], []),
    ("limits in another unit", "CREA 肌酐 1.2 mg/dL 0.5-1.1", ["- -: creatinine=1.2[mg/dL](44.2..97.24)"], []),
    ("a thousand with its mark stays as printed", "ALT;;1,234;U/L;0-40", ["- -: alt=1,234[U/L](0..40)"], []),
    (
        "the same analyte twice at one time stays apart",
        "2026-03-01 08:00\nK 3.1 mmol/L 3.5-5.3\nNa 140 mmol/L\nK 5.6 mmol/L 3.5-5.3\nNa 141 mmol/L\n",
        [
            "2026-03-01 08:00: potassium=3.1[mmol/L](3.5..5.3) sodium=140[mmol/L]",
            "2026-03-01 08:00: potassium=5.6[mmol/L](3.5..5.3) sodium=141[mmol/L]",
        ],
        [],
    ),
    (
        "a name that repeats is nobody's analyte",
        NAME_BESIDE,
        ["- -: wbc=0.8[10*9/L] haemoglobin=90[g/L] platelets=20[10*9/L]"],
        [],
    ),
    # What waits for a person
    ("ionised calcium is no calcium", "离子钙 Ca 1.15 mmol/L 1.10-1.34", [], ["离子钙 Ca: two-names"]),
    ("creatinine of urine", "尿肌酐 8.1 mmol/L", [], ["尿肌酐: specimen"]),
    ("urea is blood's", "尿素 5.1 mmol/L", ["- -: urea=5.1[mmol/L]"], []),
    ("two names", "ALT/AST 1.2 U/L", [], ["ALT/AST: two-names"]),
    ("a unit that it has not", "LYM 85 %", [], ["LYM: unit"]),
    ("the share by its unit", "NEUT 85 %", ["- -: neutrophils_pct=85[%]"], []),
    ("count or percentage", "中性粒细胞 85", [], ["中性粒细胞: no-unit"]),
    ("the count has its own sign", "NEUT# 0.85", ["- -: anc=0.85[]"], []),
    ("a word for a result", "HBsAg 阴性", [], ["HBsAg: number"]),
    (
        "a value fewer than dates",
        "项目 2026-03-01 2026-03-03\nWBC 0.8 1.2\nPLT 23",
        ["2026-03-01 -: wbc=0.8[]", "2026-03-03 -: wbc=1.2[]"],
        ["PLT: column"],
    ),
    # What is no result
    ("a person", "张三 男 35", [], []),
    ("an empty block", "  \n\n", [], []),
]  # fmt: skip


def draws_of(pasted: Pasted) -> list[str]:
    found = []
    for draw in pasted.draws:
        cells = []
        for key, cell in draw.cells.items():
            limits = f"({cell.lln or ''}..{cell.uln})" if cell.uln is not None else ""
            limits = limits.replace("(..", "(0..") if cell.lln == 0 else limits
            cells.append(f"{key}={cell.text}[{cell.unit}]{limits}")
        moment = f"{draw.on or '-'} {f'{draw.at:%H:%M}' if draw.at else '-'}"
        found.append(f"{moment}: {' '.join(cells)}")
    return found


@pytest.mark.parametrize(
    ("block", "draws", "waits"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_a_pasted_block(block: str, draws: list[str], waits: list[str]) -> None:
    pasted = read_block(block)
    assert draws_of(pasted) == draws
    assert [f"{row.label}: {row.why.value}" for row in pasted.unmatched] == waits


# What was said about a person is counted and not kept.
@pytest.mark.parametrize(
    ("block", "lines"), [(VERTICAL, 1), (LONG, 2), (NAME_BESIDE, 1), (MATRIX, 0), ("WBC 0.8 10^9/L", 0)]
)
def test_nothing_of_a_person_is_kept(block: str, lines: int) -> None:
    pasted = read_block(block)
    assert pasted.identity == lines
    assert "张三" not in str(pasted.draws) + str(pasted.unmatched)
    assert "123456" not in str(pasted.draws) + str(pasted.unmatched)


@pytest.mark.parametrize(
    ("learned", "draws"),
    [({"血清总钙量": "calcium"}, ["- -: calcium=1.15[mmol/L]"]), ({"血清总镁量": "calcium"}, [])],
)
def test_a_name_that_a_site_told_is_known(learned: dict[str, str], draws: list[str]) -> None:
    assert draws_of(read_block("血清总钙量 1.15 mmol/L", learned)) == draws


def test_a_line_that_holds_no_result_is_counted() -> None:
    assert read_block("张三 男 35\nWBC 0.8 10^9/L\n").left_out == 1
    assert read_block("WBC 0.8 10^9/L\n").left_out == 0
