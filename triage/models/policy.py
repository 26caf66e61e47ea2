"""What customers are told rests on: policies in dated versions, and how they are searched."""

from __future__ import annotations

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone


class Policy(models.Model):
    """A policy by its stable id; what it says is in its versions."""

    slug = models.SlugField(max_length=80, unique=True)

    class Meta:
        ordering = ["slug"]
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return self.slug


@pghistory.track()
class PolicyVersion(models.Model):
    """One wording of a policy, from the day it took effect until the next one did. Never edited."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, blank=True)
    source = models.URLField(blank=True)
    sha256 = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["policy", "number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="version_number_once"),
            models.UniqueConstraint(fields=["policy", "effective_from"], name="one_version_a_day"),
            models.CheckConstraint(
                condition=Q(effective_to__isnull=True) | Q(effective_to__gt=F("effective_from")),
                name="version_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.number}"


class Clause(models.Model):
    """One clause of one version; ``ref`` ("returns.window") is the same in every version."""

    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="clauses")
    ref = models.CharField(max_length=160)
    position = models.PositiveIntegerField()
    heading = models.CharField(max_length=200)
    text = models.TextField()

    class Meta:
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "ref"], name="clause_once_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.ref} (version {self.version.number})"

    def get_absolute_url(self) -> str:
        return reverse("triage:clause", args=[self.ref, self.version.number])


class TunedEncoder(models.Model):
    """The encoder tuned on this shop's own questions and clauses; else the plain one searches."""

    weights = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    base_sha256 = models.CharField(max_length=64)
    report = models.JSONField(default=dict)
    active = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    activated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    activated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["active"], condition=Q(active=True), name="one_active_encoder"
            ),
            models.CheckConstraint(
                condition=Q(active=False) | Q(activated_by__isnull=False),
                name="encoder_is_activated_by_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"tuned encoder {self.pk}"


class EncoderChange(models.Model):
    """Who had clauses found by which encoder from when on; none is the plain one. Never changed."""

    encoder = models.ForeignKey(TunedEncoder, models.PROTECT, null=True, related_name="changes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        triggers = [
            pgtrigger.Protect(
                name="encoder_change_is_for_ever",
                operation=pgtrigger.Update | pgtrigger.Delete,
            )
        ]

    def __str__(self) -> str:
        return f"{self.encoder or 'the plain encoder'} by {self.by}"
