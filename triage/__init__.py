"""The machine, and the Django project package."""

from triage.celery import app as celery_app

__version__ = "0.1.0"
__all__ = ["celery_app"]
