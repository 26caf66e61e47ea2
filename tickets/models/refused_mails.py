"""Mails that could not be taken in: kept with the reason until an admin has looked."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from tickets.models.ticket import Ticket

MAX_PLACE_CHARS = 500


class RefusedMail(models.Model):
    """What came and was refused, byte for byte. ``ticket`` is where it went in the end.

    ``raw`` is empty where it is too large to keep: then it is only at ``place``.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    place = models.CharField(max_length=MAX_PLACE_CHARS)
    reason = models.TextField()
    raw = models.BinaryField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=1)
    refused_at = models.DateTimeField(default=timezone.now)
    ticket = models.ForeignKey(
        Ticket, models.SET_NULL, null=True, blank=True, related_name="refused_mails"
    )
    taken_in_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-refused_at", "-id"]
        verbose_name = "mail that was refused"
        verbose_name_plural = "mails that were refused"

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"[:200]
