"""When something departs from the protocol: a visit, a sample for MRD, each with the sentence that says so.

Doses are judged by `domain.ledger`, grafts by `domain.graft`. None: nothing departs, or it cannot be told yet.
"""

from __future__ import annotations

from datetime import date

from trialsite.clinical.text import Text


def visit_departure(name: Text, first: date, last: date, done_on: date | None, today: date) -> Text | None:
    """A visit outside its window, of which both days count; not done is told from the day after the last one."""
    window = Text(f"{name.en} ({first} to {last})", f"{name.zh}（{first}至{last}）")
    if done_on is None:
        if today <= last:
            return None
        return Text(
            f"{window.en}: the window is over and nothing is recorded.",
            f"{window.zh}：窗口期已过，无任何记录。",
        )
    if done_on < first:
        days, way = (first - done_on).days, Text("early", "提前")
    elif done_on > last:
        days, way = (done_on - last).days, Text("late", "延迟")
    else:
        return None
    unit = "day" if days == 1 else "days"
    return Text(
        f"{window.en}: done on {done_on}, {days} {unit} {way.en}.",
        f"{window.zh}：实际完成于{done_on}，{way.zh}{days}天。",
    )


def sample_departure(
    name: Text, last: date, today: date, *, drawn: bool, measured: bool, done_on: date | None
) -> Text | None:
    """A visit that asks for MRD whose window closed without a sample in the log or a form of MRD.

    drawn: a sample stands in the log that was neither voided nor rejected. The last day of the window counts."""
    if today <= last or drawn or measured:
        return None
    done = Text(
        "the visit was not done" if done_on is None else f"the visit was done on {done_on}",
        "访视未完成" if done_on is None else f"访视于{done_on}完成",
    )
    return Text(
        f"{name.en}: no sample for MRD is logged and no MRD is entered; the window ended on {last}, {done.en}.",
        f"{name.zh}：未登记MRD标本，也未录入MRD结果；窗口期已于{last}结束，{done.zh}。",
    )
