"""The admin's knobs: limits, rungs and phrases."""

from __future__ import annotations

import pghistory
from django.db import models

from triage.models.taxonomy import Intent


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
