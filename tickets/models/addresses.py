"""What is known of addresses that replies go to."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class FailedAddress(models.Model):
    """An address (in lower case) at which a reply did not arrive; until its owner writes again."""

    address = models.CharField(max_length=320, unique=True)
    because = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.address}: {self.because}"
