"""Work that is too long for a page: training, tuning, proposals, what-if. The row is the queue."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Job(models.Model):
    """One piece of long work, who asked for it, and what came of it.

    ``kind`` is a key of ``triage.pipeline.jobs.KINDS``; ``wanted`` and ``result`` are what that
    function takes and returns, as JSON. ``doing`` says what it is at, ``percent`` how far it came.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Working"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    kind = models.CharField(max_length=20)
    wanted = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    result = models.JSONField(default=dict)
    doing = models.CharField(max_length=120, blank=True)
    percent = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["queued", "running"]),
                name="job_is_open",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False),
                name="running_job_has_a_lease",
            ),
            models.CheckConstraint(condition=Q(percent__lte=100), name="job_percent_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
