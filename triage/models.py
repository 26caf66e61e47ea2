"""The admin's knobs: intents, policies, limits, rungs, and the trained classifier."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from pgvector.django import VectorField

from tickets.reasons import list_of_words

DIMENSIONS = 384


@pghistory.track()
class Intent(models.Model):
    """One label of the taxonomy."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    phrases = models.JSONField(
        default=list,
        blank=True,
        validators=[list_of_words],
        help_text='Exact wordings that name this intent by themselves: ["where is my order"]',
    )
    money = models.BooleanField(default=False, help_text="May lead to money back")
    dated_by_purchase = models.BooleanField(
        default=False, help_text="The terms in force on the day of purchase apply"
    )
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class IntentExample(models.Model):
    """A text that is, or (with no intent) is not, a request of this shop."""

    intent = models.ForeignKey(
        Intent, models.CASCADE, related_name="examples", null=True, blank=True
    )
    text = models.TextField()
    source = models.CharField(max_length=80, default="admin")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["intent", "text"], name="example_once_an_intent")
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Classifier(models.Model):
    """A trained head: safetensors bytes in the row, so that every worker sees the same one."""

    weights = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    labels = models.JSONField()
    promise = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    encoder_sha256 = models.CharField(max_length=64)
    active = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["active"], condition=Q(active=True), name="one_active_classifier"
            )
        ]

    def __str__(self) -> str:
        return f"classifier {self.pk}, {len(self.labels)} labels"


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
    embedding = VectorField(dimensions=DIMENSIONS, null=True, blank=True)

    class Meta:
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "ref"], name="clause_once_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.ref} (version {self.version.number})"

    def get_absolute_url(self) -> str:
        return reverse("triage:clause", args=[self.ref, self.version.number])


@pghistory.track()
class Limit(models.Model):
    """A number a step is held to; without a row the step's own default is in force."""

    step = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    value = models.FloatField()

    class Meta:
        ordering = ["step", "name"]
        constraints = [models.UniqueConstraint(fields=["step", "name"], name="one_limit_a_name")]

    def __str__(self) -> str:
        return f"{self.step}: {self.name} = {self.value:g}"


@pghistory.track()
class Rung(models.Model):
    """One rung of a step's ladder; without rows the step's own default ladder is in force."""

    step = models.CharField(max_length=40)
    position = models.PositiveIntegerField()
    engine = models.CharField(max_length=120)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["step", "position"]
        constraints = [
            models.UniqueConstraint(fields=["step", "position"], name="one_engine_a_rung")
        ]

    def __str__(self) -> str:
        return f"{self.step}, rung {self.position}: {self.engine}"


@pghistory.track()
class Phrase(models.Model):
    """A wording that replies have to have or must not have; the check of a draft names it."""

    class Rule(models.TextChoices):
        HAS_TO = "has to", "has to say"
        MUST_NOT = "must not", "must not say"

    rule = models.CharField(max_length=20, choices=Rule)
    text = models.CharField(
        max_length=200,
        help_text="As whole words; capitals and line breaks do not matter. A whole sentence that "
        "has to be said is added where a draft lacks it.",
    )
    intent = models.ForeignKey(
        Intent, models.PROTECT, null=True, blank=True, help_text="Only for this one; empty for all"
    )
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["rule", "text"]
        constraints = [
            models.UniqueConstraint(
                fields=["text", "intent"], name="phrase_once_an_intent", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        of = f", for {self.intent}" if self.intent else ""
        return f"A reply {self.get_rule_display()} “{self.text}”{of}"
