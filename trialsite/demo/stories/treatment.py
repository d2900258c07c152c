"""Giving treatment phase by phase, until something stops it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from .draws import Draw
from .story import Flare, Interruption, Span

CRS_GRADES = {1: 68.0, 2: 28.0, 3: 4.0}
NEURO_GRADES = {1: 74.0, 2: 18.0, 3: 8.0}
PUMP_STARTS_AT = 10  # o'clock, at the site
END_REASONS = {"RELAPSE": "RELAPSE", "DEATH": "OTHER", "LOST": "OTHER", "SUBJECT": "DECISION"}


@dataclass
class Treatment:
    """The phases given so far; after `stop_on` nothing more is given."""

    draw: Draw
    stop_on: date | None = None
    stop_reason: str = ""
    spans: list[Span] = field(default_factory=list)
    flares: list[Flare] = field(default_factory=list)
    over: bool = False

    @property
    def ended_on(self) -> date:
        """The last day of treatment so far."""
        return self.spans[-1].end

    def give(self, phase: str, start: date, days: int, regimen: str | None) -> date:
        """Chemotherapy, cells or conditioning from a day on; gives the last day that was reached."""
        return self._add(Span(phase, start, start + timedelta(days=days - 1), regimen))

    def infuse(
        self,
        phase: str,
        start: date,
        days: int,
        regimen: str,
        *,
        first: bool = False,
        offset: int = 0,
        phase_days: int = 0,
    ) -> date:
        """Blinatumomab around the clock for `days` from day `offset` + 1 of a phase of at least `phase_days`.

        Gives the last day of the phase. CRS and neurotoxicity come with the first course; grade 3, or
        neurotoxicity of grade 2, stops the pump.
        """
        flares = self._flares(start + timedelta(days=offset), first)
        interruptions = [
            Interruption(
                (flare.onset - start).days * 24 + self.draw.whole(2, 20), self.draw.whole(18, 60), "AE"
            )
            for flare in flares
            if flare.grade >= 3 or (flare.kind == "ICANS" and flare.grade == 2)
        ][:1]
        if not interruptions and self.draw.chance(6):
            reason = self.draw.weighted({"LINE": 60.0, "PUMP": 30.0, "PROCEDURE": 10.0})
            at_hours = self.draw.whole((offset + 2) * 24, (offset + days - 3) * 24)
            interruptions.append(Interruption(at_hours, self.draw.whole(2, 9), reason))
        pause = sum(each.hours for each in interruptions)
        stopped = start + timedelta(days=offset + days + (PUMP_STARTS_AT + pause) // 24)
        end = max(stopped, start + timedelta(days=phase_days - 1))
        given = self._add(Span(phase, start, end, regimen, interruptions=tuple(interruptions)))
        self.flares += [flare for flare in flares if not self.over or flare.onset <= given]
        return given

    def flare(self, kind: str, onset: date, days: int, grade: int) -> None:
        """Cytokine release or neurotoxicity outside an infusion of blinatumomab."""
        if not self.over or onset <= self.ended_on:
            self.flares.append(Flare(kind, onset, days, grade))

    def _flares(self, start: date, first: bool) -> list[Flare]:
        flares = []
        if self.draw.chance(30 if first else 5):
            onset = self.draw.after(start, 1, 3)
            flares.append(Flare("CRS", onset, self.draw.whole(1, 3), self.draw.weighted(CRS_GRADES)))
        if self.draw.chance(9 if first else 3):
            onset = self.draw.after(start, 2, 6)
            flares.append(Flare("ICANS", onset, self.draw.whole(1, 3), self.draw.weighted(NEURO_GRADES)))
        return flares

    def _add(self, span: Span) -> date:
        if self.over:
            return self.ended_on if self.spans else span.start
        if self.stop_on and self.stop_on <= span.end:
            self.over = True
            if self.stop_on <= span.start:
                return self.ended_on if self.spans else span.start
            last = self.stop_on - timedelta(days=1)
            span = Span(
                span.phase,
                span.start,
                last,
                span.regimen,
                END_REASONS.get(self.stop_reason, "OTHER"),
                tuple(
                    each
                    for each in span.interruptions
                    if each.at_hours + each.hours < (last - span.start).days * 24
                ),
            )
        self.spans.append(span)
        return span.end
