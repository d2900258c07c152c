"""Estimate and test any file of times with the engine of the dashboards, to be checked against another program."""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser
from numpy.typing import NDArray

from outcomes.domain.curve import days
from outcomes.domain.survival_report import Figures, Observations, survival_report

MONTHS = (6, 12, 18, 24, 36, 48, 60)
SHOWN_PROBLEMS = 10


class Command(BaseCommand):
    help = (
        "Kaplan-Meier, log-rank, Cox, cumulative incidence and Gray's test of a CSV file with the columns id, time "
        "(days), status (0 censored, 1.. the cause) and, where there are any, group, stratum and covariates."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--time", default="time", help="column of the time in days")
        parser.add_argument(
            "--status", default="status", help="column of the status: 0 censored, 1.. the cause"
        )
        parser.add_argument("--group", help="column of the group (default: group, where there is one)")
        parser.add_argument("--stratum", help="column of the stratum (default: stratum, where there is one)")
        parser.add_argument("--covariates", default="", help="columns for the Cox model, separated by commas")
        parser.add_argument(
            "--at", default="", help="times to report, separated by commas (default: 6, 12, 18 … months)"
        )
        parser.add_argument(
            "--tau", type=float, help="end of the restricted mean (default: earliest last day of a group)"
        )
        parser.add_argument(
            "--json", action="store_true", help="everything in full precision; null: not estimable"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        data = observations(options["file"], options)
        last = float(data.time.max(initial=0))
        at = times(options["at"]) or [one for one in map(days, MONTHS) if one <= last] or [last]
        if options["tau"] is not None and options["tau"] < 0:
            raise CommandError("--tau is a time after the origin, 0 or more.")
        report = survival_report(data, at, options["tau"])
        if options["json"]:
            self.stdout.write(json.dumps(report, allow_nan=False))
        else:
            self.stdout.write("\n".join(lines(report)))


def times(text: str) -> list[float]:
    """The times of `--at`, in their order."""
    try:
        found = [float(one) for one in text.split(",") if one.strip()]
    except ValueError:
        raise CommandError(f"--at takes times in days, separated by commas, not “{text}”.") from None
    if not all(0 <= one < float("inf") for one in found):
        raise CommandError("--at takes times of 0 days or more.")
    return found


def observations(file: Path, options: dict[str, Any]) -> Observations:
    """The rows of the file. CommandError names the file, the line and the column of what cannot be."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.reader(opened)
            header = [one.strip() for one in next(reader, [])]
            rows = [row for row in reader if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{file} could not be read as CSV in UTF-8: {error}") from None
    wanted = [one.strip() for one in options["covariates"].split(",") if one.strip()]
    named = [
        options["time"],
        options["status"],
        *filter(None, (options["group"], options["stratum"])),
        *wanted,
    ]
    if missing := [name for name in named if name not in header]:
        raise CommandError(
            f"{file} has no column {', '.join(missing)}. Its columns: {', '.join(header) or 'none'}."
        )
    if not rows:
        raise CommandError(f"{file} has no rows.")
    columns = Columns(header, rows)
    group = options["group"] or ("group" if "group" in header else None)
    stratum = options["stratum"] or ("stratum" if "stratum" in header else None)
    found = Observations(
        time=columns.numbers(options["time"], "a number of days, 0 or more", lambda values: values >= 0),
        status=columns.numbers(
            options["status"],
            "0 or the whole number of a cause",
            lambda values: (values >= 0) & (values % 1 == 0),
        ).astype(np.int64),
        group=columns.words(group) if group else None,
        stratum=columns.words(stratum) if stratum else None,
        covariates={name: columns.either(name) for name in wanted},
    )
    if columns.problems:
        more = len(columns.problems) - SHOWN_PROBLEMS
        told = [f"{file}, {one}" for one in columns.problems[:SHOWN_PROBLEMS]]
        raise CommandError("\n".join(told + ([f"… and {more} more."] if more > 0 else [])))
    return found


class Columns:
    """The cells of a file by column; what cannot be read is collected in `problems`, line by line."""

    def __init__(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.header, self.rows = header, rows
        self.problems: list[str] = []

    def cells(self, name: str) -> list[str]:
        place = self.header.index(name)
        return [row[place].strip() if place < len(row) else "" for row in self.rows]

    def words(self, name: str) -> NDArray[np.str_]:
        cells = np.array(self.cells(name))
        self.refuse(name, cells, cells == "", "a word or number")
        return cells

    def numbers(self, name: str, allowed: str, holds: Any) -> NDArray[np.float64]:
        cells = self.cells(name)
        try:
            values = np.array(cells, dtype=np.float64)
        except ValueError:
            values = np.array([number_or_nan(one) for one in cells])
        right = np.isfinite(values)
        right[right] = holds(values[right])
        self.refuse(name, cells, ~right, allowed)
        return np.where(right, values, 0.0)

    def either(self, name: str) -> NDArray[Any]:
        """Numbers where every cell is one, words otherwise."""
        values = np.array([number_or_nan(one) for one in self.cells(name)])
        return values if np.isfinite(values).all() else self.words(name)

    def refuse(
        self, name: str, cells: Sequence[str] | NDArray[np.str_], wrong: NDArray[np.bool_], allowed: str
    ) -> None:
        self.problems += [
            f"line {number + 2}, column {name}: “{cells[number]}” is not {allowed}."
            for number in np.flatnonzero(wrong).tolist()
        ]


def number_or_nan(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def lines(report: Figures) -> Iterator[str]:
    """The report to read: six digits, one line a figure, “–” where it is not estimable."""
    for name, km in report["km"].items():
        yield f"{name}: {km['n']} subjects, {km['n_events']} events, last day {shown(km['max_time'])}"
        yield from lines_at(km["at"], report["cif"][name])
        mean, middle = km["rmst"], km["median"]
        yield f"  median {shown(middle['estimate'])} ({limits(middle, 'ci_loglog_')})"
        yield f"  restricted mean to {shown(mean['tau'])}: {shown(mean['estimate'])} (se {shown(mean['se'])})"
        yield f"  median follow-up, reverse Kaplan-Meier: {shown(km['followup_reverse_km_median']['estimate'])}"
    for name, test in report["logrank"].items():
        yield f"log-rank, {name}: chi2 {shown(test['chi2'])}, df {test['df']}, p {shown(test['p'])}"
    for name, causes in report["gray"].items():
        for cause, test in causes.items():
            yield f"Gray, {name}, {cause}: {shown(test['stat'])}, df {test['df']}, p {shown(test['p'])}"
    for name, model in report["cox"].items():
        for place, column in enumerate(model["coefficients"]):
            one = {key: values[place] for key, values in model.items()}
            yield f"Cox, {name}, {column}: HR {shown(one['hr'])} ({limits(one, 'ci_')}), p {shown(one['p_wald'])}"


def lines_at(survival: Figures, incidence: Figures) -> Iterator[str]:
    """What holds at each of the days asked for."""
    causes = {name: one["at"] for name, one in incidence.items() if name != "n"}
    for place, day in enumerate(survival["time"]):
        at = {key: values[place] for key, values in survival.items()}
        yield f"  S({day:g}) {shown(at['surv'])} ({limits(at, 'ci_loglog_')}, log-log), at risk {at['n_risk']}"
        for cause, one in causes.items():
            yield f"  F({day:g}) {cause} {shown(one['cif'][place])} (se {shown(one['se_aalen'][place])}, Aalen)"


def limits(figures: Figures, prefix: str) -> str:
    return f"{shown(figures[prefix + 'lower'])} – {shown(figures[prefix + 'upper'])}"


def shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.6g}"
