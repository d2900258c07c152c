"""The trail, written by PostgreSQL itself, and the door through which everyone acts."""

from .acting import acting, because

__all__ = ["acting", "because"]
