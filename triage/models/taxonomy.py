"""The taxonomy and what is learned of it: intents, their examples and the trained versions."""

from __future__ import annotations

from typing import Any

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from pgvector.django import VectorField

from tickets.audit.change_reasons import list_of_words
from tickets.models import Ticket

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


class Embedding(models.Model):
    """The vector of a text by one encoder, kept so that the next training need not make it anew."""

    text_sha256 = models.CharField(max_length=64)
    encoder = models.CharField(max_length=200)
    vector = VectorField(dimensions=DIMENSIONS)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["encoder", "text_sha256"], name="text_once_an_encoder")
        ]

    def __str__(self) -> str:
        return f"{self.text_sha256[:12]} by {self.encoder}"


class IntentEncoder(models.Model):
    """The encoder tuned on labelled texts, for the versions that point to it and nothing else.

    ``seen`` are the digests of the texts it was tuned on: none of them is evidence for a
    precision guarantee.
    """

    weights = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    base_sha256 = models.CharField(max_length=64)
    seen = models.JSONField()
    report = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"encoder {self.pk}, tuned on labelled texts"


class Classifier(models.Model):
    """A trained version: safetensors bytes in the row, so that every worker sees the same one.

    ``comparison`` sets it beside ``compared_with``, the version that ran when it was trained.
    ``encoder_sha256`` is the pinned encoder's; ``encoder`` what was tuned of it, None: nothing.
    ``first_checks_done``: people checked so many of its labels that a smaller share will do.
    """

    weights = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    labels = models.JSONField()
    promise = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    comparison = models.JSONField(default=dict)
    compared_with = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+"
    )
    encoder_sha256 = models.CharField(max_length=64)
    encoder = models.ForeignKey(
        IntentEncoder, models.PROTECT, null=True, blank=True, related_name="versions"
    )
    active = models.BooleanField(default=False)
    first_checks_done = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["active"], condition=Q(active=True), name="one_active_classifier"
            )
        ]

    def __str__(self) -> str:
        return f"classifier {self.pk}, {len(self.labels)} labels"

    def get_foreign_promise(self) -> dict[str, Any]:
        """The precision guarantee of its labels of other languages; empty where it gives none."""
        found = ForeignClassifier.objects.filter(classifier=self).values_list("promise", flat=True)
        return dict(found.first() or {})


class ForeignClassifier(models.Model):
    """The part of a version that labels what is not written in English: weights of its own, made
    from the same examples by an encoder of many languages, and their precision guarantee.
    """

    classifier = models.OneToOneField(Classifier, models.CASCADE, related_name="foreign")
    weights = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    promise = models.JSONField(default=dict)
    encoder_sha256 = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"other languages of classifier {self.classifier_id}"


class Activation(models.Model):
    """Who put which version to work, when and why. Never changed: a way back is one more row."""

    classifier = models.ForeignKey(Classifier, models.PROTECT, related_name="activations")
    instead_of = models.ForeignKey(Classifier, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    why = models.CharField(max_length=300)

    class Meta:
        ordering = ["-pk"]
        triggers = [
            pgtrigger.Protect(
                name="activation_is_for_ever", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return f"{self.classifier} by {self.by}"


OTHER_LANGUAGES = "other languages"  # no label's slug has a space
"""What an alarm names that is about the part of a version for other languages than English."""


class Alarm(models.Model):
    """A precision guarantee that no longer holds; while it is open nothing is labelled by it.

    ``label`` is the slug it is about, empty for all labels together.
    """

    classifier = models.ForeignKey(Classifier, models.CASCADE, related_name="alarms")
    label = models.CharField(max_length=80, blank=True)
    because = models.CharField(max_length=400)
    since = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["classifier", "label"],
                condition=Q(ended_at=None),
                name="one_open_alarm_a_label",
            )
        ]

    def __str__(self) -> str:
        return self.because


class IntentProposal(models.Model):
    """A group of unlabelled tickets that may be an intent of its own."""

    class State(models.TextChoices):
        OPEN = "open", "Waiting"
        TAKEN = "taken", "Made an intent"
        REFUSED = "refused", "Refused"

    name = models.CharField(max_length=120)
    words = models.JSONField(default=list)
    tickets = models.ManyToManyField(Ticket, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    intent = models.ForeignKey(Intent, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open") | Q(decided_by__isnull=False),
                name="proposal_is_decided_by_a_person",
            )
        ]

    def __str__(self) -> str:
        return self.name
