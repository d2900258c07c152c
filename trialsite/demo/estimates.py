"""Survival estimates of a million rows against R in the same run, or statsmodels where R is not installed."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from shutil import which
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from outcomes.domain.incidence import cumulative_incidence
from outcomes.domain.intervals import IntArray
from outcomes.domain.survival import kaplan_meier

ROWS, DAYS, TURNS = 1_000_000, 3650, 5
KM, CIF = "Kaplan–Meier", "cumulative incidence"
IN_R = """
suppressMessages({library(survival); library(cmprsk)})
place <- commandArgs(trailingOnly = TRUE)
rows <- as.integer(place[2]); turns <- as.integer(place[3])
file <- file(place[1], "rb")
time <- as.numeric(readBin(file, "integer", rows)); status <- as.numeric(readBin(file, "integer", rows))
event <- as.numeric(status > 0)
taken <- function(fit) median(sapply(seq_len(turns), function(turn) { gc(); sum(system.time(fit())[1:2]) }))
cat(taken(function() survfit(Surv(time, event) ~ 1, conf.type = "log-log")),
    taken(function() cuminc(time, status, cencode = 0)))
"""
Taken = dict[str, float]


def times_of_estimates(rows: int = ROWS) -> tuple[Taken, str, Taken]:
    """Seconds of processor that the fits of so many rows in whole days take here, and with whom else.

    Each fit gives curve, error and log-log limits at every day, where the other side gives them too.
    """
    days, status = made_up(rows)
    event = (status > 0).astype(np.int64)
    ours = {
        KM: timed(lambda: kaplan_meier(days, event).band()),
        CIF: timed(lambda: [one.band() for one in cumulative_incidence(days, status).by_cause]),
    }
    if which("Rscript") and (theirs := times_in_r(days, status)):
        return ours, "R survival and cmprsk", theirs
    with np.errstate(divide="ignore", invalid="ignore"):  # statsmodels divides by 0 at the last event
        theirs = {
            KM: timed(lambda: SurvfuncRight(days, event), turns=1),
            CIF: timed(lambda: CumIncidenceRight(days, status), turns=1),
        }
    return ours, "statsmodels", theirs


def made_up(rows: int) -> tuple[IntArray, IntArray]:
    """Whole days up to ten years, a third each censored, of cause 1 and of cause 2."""
    rng = np.random.default_rng(1)
    return rng.integers(1, DAYS, rows), rng.integers(0, 3, rows)


def times_in_r(days: IntArray, status: IntArray) -> Taken:
    """The fits alone, timed inside R; {} where its packages are missing."""
    with TemporaryDirectory() as folder:
        data = Path(folder) / "rows"
        data.write_bytes(days.astype("<i4").tobytes() + status.astype("<i4").tobytes())
        asked = ["Rscript", "-e", IN_R, str(data), str(days.size), str(TURNS)]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    return {} if answer.returncode else dict(zip((KM, CIF), map(float, answer.stdout.split()), strict=True))


def timed(work: Callable[[], object], turns: int = TURNS) -> float:
    taken = []
    for _turn in range(turns):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return median(taken)
