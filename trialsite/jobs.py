"""How far the job of a worker is, as the row that asks for it tells."""

from datetime import datetime
from typing import Any


class Job:
    """A model with `asked_at`, `started_at`, `ended_at`, `failed`, and `done` of `total`."""

    asked_at: Any
    started_at: Any
    ended_at: Any
    failed: Any
    done: Any
    total: Any

    @property
    def begun_at(self) -> datetime | None:
        """When a worker was seen at it: when it began, or last."""
        begun: datetime | None = self.started_at
        return begun

    @property
    def state(self) -> str:
        """queued, running, done or failed."""
        if self.failed:
            return "failed"
        if self.ended_at:
            return "done"
        return "running" if self.begun_at else "queued"

    @property
    def percent(self) -> int:
        return int(100 * self.done // self.total) if self.total else 0

    @property
    def last_sign(self) -> datetime:
        sign: datetime = self.begun_at or self.asked_at
        return sign
