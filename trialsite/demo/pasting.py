"""What a pasted report left in the laboratory tray of the synthetic record: rows that nobody has looked at yet."""

from assessments.domain.lab_paste import read_block
from assessments.laboratory.tray import assign_row, dismiss_row, keep_rows, waiting
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import Subject

LABORATORY = "检验科"
LEFT = """采样时间：{day} 07:40
项目\t结果\t单位\t参考范围
血清总钙量\t1.15\tmmol/L\t1.10-1.34
前白蛋白 PA\t182\tmg/L\t200-430
降钙素原 PCT\t0.12\tng/mL\t<0.05
血糖(急)\t6.8\tmmol/L\t3.9-6.1
"""


def paste(subject: Subject, coordinator: User) -> None:
    """The coordinator pasted a report; one row was named since, one dismissed, the others wait."""
    day = subject.enrolled_on or subject.screened_on
    with acting(user=coordinator):
        rows = read_block(LEFT.format(day=day.isoformat())).unmatched
        keep_rows(subject=subject, rows=rows, laboratory=LABORATORY, by=coordinator)
        for row in waiting(subject):
            if row.label.startswith("血糖"):
                assign_row(row_id=row.pk, analyte="glucose", by=coordinator)
            elif row.label.startswith("前白蛋白"):
                dismiss_row(row_id=row.pk, by=coordinator, reason="The protocol does not ask for it.")
