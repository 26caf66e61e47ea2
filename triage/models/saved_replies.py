"""Saved replies: what people wrote once to answer a question, and when each wording holds."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from tickets.audit.change_reasons import list_of_words
from tickets.models import Message, Ticket
from triage.contract.languages import REPLY_LANGUAGES
from triage.contract.order_status import STATE_WORDS
from triage.contract.wording_slots import WORDING_KINDS, find_unknown_fields

MAX_WORDING_CHARS = 3000


def check_fields(text: str) -> None:
    """Refuse a name in braces that no wording may use."""
    unknown = find_unknown_fields(text)
    if unknown:
        raise ValidationError(
            f"There is no value {{{unknown[0]}}}. These can be used: "
            + ", ".join(f"{{{name}}}" for name in WORDING_KINDS)
        )


def check_states(value: object) -> None:
    """Refuse what is no list of states of an order."""
    list_of_words(value)
    if isinstance(value, list) and set(value) - set(STATE_WORDS):
        raise ValidationError(f"An order is one of {', '.join(STATE_WORDS)}.")


def check_channels(value: object) -> None:
    """Refuse what is no list of channels."""
    list_of_words(value)
    if isinstance(value, list) and set(value) - set(Ticket.Channel.values):
        raise ValidationError(f"A channel is one of {', '.join(Ticket.Channel.values)}.")


@pghistory.track()
class SavedReply(models.Model):
    """An answer to one question; ``questions`` are examples of how customers ask it."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=120, help_text="What it answers, in a few words")
    questions = models.JSONField(
        validators=[list_of_words],
        help_text="How customers ask this, one sentence each; five or more find it well",
    )
    intents = models.JSONField(
        default=list,
        blank=True,
        validators=[list_of_words],
        help_text="The labels it is for; none for all of them",
    )
    active = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["title"]
        verbose_name_plural = "saved replies"

    def __str__(self) -> str:
        return self.title


@pghistory.track()
class SavedWording(models.Model):
    """One wording of a saved reply and the condition under which it holds; the first that does is
    used. ``clause_sha256`` is the digest of the clause's text as it was when a person last read
    both: where another text is in force, the wording is not used.
    """

    reply = models.ForeignKey(SavedReply, models.CASCADE, related_name="wordings")
    position = models.PositiveIntegerField(default=1)
    language = models.CharField(
        max_length=8,
        blank=True,
        choices=[("", "English"), *((code, one.name) for code, one in REPLY_LANGUAGES.items())],
        help_text="Used for messages in this language alone",
    )
    text = models.TextField(
        max_length=MAX_WORDING_CHARS,
        validators=[check_fields],
        help_text="Without greeting and closing. Values: "
        + ", ".join(f"{{{name}}}" for name in WORDING_KINDS),
    )
    states = models.JSONField(default=list, blank=True, validators=[check_states])
    min_days_since_delivery = models.PositiveIntegerField(null=True, blank=True)
    max_days_since_delivery = models.PositiveIntegerField(null=True, blank=True)
    min_days_since_purchase = models.PositiveIntegerField(null=True, blank=True)
    max_days_since_purchase = models.PositiveIntegerField(null=True, blank=True)
    late = models.BooleanField(null=True, blank=True)
    final_sale = models.BooleanField(null=True, blank=True)
    refunded = models.BooleanField(null=True, blank=True)
    categories = models.JSONField(default=list, blank=True, validators=[list_of_words])
    channels = models.JSONField(default=list, blank=True, validators=[check_channels])
    clause = models.CharField(
        max_length=160, blank=True, help_text="What it rests on, such as delivery.tracking"
    )
    clause_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    task = models.CharField(
        max_length=200,
        blank=True,
        help_text="What a person has to do before this is sent; it has to be ticked",
    )

    class Meta:
        ordering = ["reply", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(max_days_since_delivery__isnull=True)
                | Q(min_days_since_delivery__isnull=True)
                | Q(max_days_since_delivery__gte=F("min_days_since_delivery")),
                name="wording_delivery_days_are_a_span",
                violation_error_message="The most days cannot be fewer than the least.",
            ),
            models.CheckConstraint(
                condition=Q(max_days_since_purchase__isnull=True)
                | Q(min_days_since_purchase__isnull=True)
                | Q(max_days_since_purchase__gte=F("min_days_since_purchase")),
                name="wording_purchase_days_are_a_span",
                violation_error_message="The most days cannot be fewer than the least.",
            ),
            models.CheckConstraint(
                condition=Q(clause="", clause_sha256="") | (~Q(clause="") & ~Q(clause_sha256="")),
                name="wording_knows_its_clause",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class SentReply(models.Model):
    """What a person answered to the first question of a ticket, as far as it may serve again.

    ``text`` is without greeting, closing and the values of its order; ``doubts`` say why it may
    hold for nobody else. Whom it went to, and what they asked, stays in the message alone.
    ``delivered``: whether the order had arrived by then; None where it is about none.
    """

    message = models.OneToOneField(
        Message, models.CASCADE, primary_key=True, related_name="sent_reply"
    )
    text = models.TextField()
    doubts = models.JSONField(default=list)
    delivered = models.BooleanField(null=True)

    class Meta:
        verbose_name_plural = "sent replies"

    def __str__(self) -> str:
        return self.text[:60]


class ReplyProposal(models.Model):
    """Sent replies that answer the same question: a saved reply, if a person says so.

    ``text`` is the one of them that serves best, ``questions`` are how the customers put it, the
    nearest to the middle first; ``label`` is a slug, empty for none. ``like`` is the saved reply
    that answers most of these questions already.
    """

    class State(models.TextChoices):
        OPEN = "open", "Waiting"
        TAKEN = "taken", "Made a saved reply"
        REFUSED = "refused", "Refused"

    title = models.CharField(max_length=120)
    label = models.CharField(max_length=80, blank=True)
    text = models.TextField()
    doubts = models.JSONField(default=list)
    questions = models.JSONField(default=list)
    sources = models.ManyToManyField(SentReply, related_name="+")
    like = models.ForeignKey(SavedReply, models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    reply = models.ForeignKey(SavedReply, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open") | Q(decided_by__isnull=False),
                name="reply_proposal_is_decided_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(state="taken", reply__isnull=False)
                | (~Q(state="taken") & Q(reply__isnull=True)),
                name="taken_reply_proposal_has_a_reply",
            ),
        ]

    def __str__(self) -> str:
        return self.title
