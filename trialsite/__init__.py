"""The project: settings, URLs, Celery, and what every room shares."""

from .celery import app as celery_app

__all__ = ["celery_app"]
