"""The machine's work on a ticket and the proof of it: runs, receipts, drafts, corrections."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from tickets.models.ticket import Message, Ticket

# An edit laid over another must not hide whose hands the reply went through.
KEEP_ALL_EDITORS_SQL = """
    IF TG_OP = 'UPDATE' THEN
        NEW.hands := OLD.hands || (
            SELECT COALESCE(jsonb_agg(hand), '[]') FROM jsonb_array_elements(NEW.hands) AS hand
            WHERE NOT OLD.hands @> hand
        );
    END IF;
    IF NEW.edited_by_id IS NOT NULL AND NOT NEW.hands @> to_jsonb(NEW.edited_by_id) THEN
        NEW.hands := NEW.hands || to_jsonb(NEW.edited_by_id);
    END IF;
    RETURN NEW;
"""


class Run(models.Model):
    """One pass of the machine over a ticket, and its place in the queue.

    The row is the queue: a worker claims it by a conditional UPDATE that sets
    ``holder`` and ``lease_until``; whoever holds the lease may write, nobody else.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Working"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        REPLACED = "replaced", "Replaced"

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="runs")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=120, default="arrived")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    attempt = models.PositiveIntegerField(default=0)
    holder = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    woken_at = models.DateTimeField(null=True, blank=True)
    case_sha256 = models.CharField(max_length=64, blank=True)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["queued", "running"]),
                name="run_is_open",
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(state="queued", requested_by__isnull=False),
                name="run_that_a_person_waits_for",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="running") | (Q(lease_until__isnull=False) & ~Q(holder="")),
                name="running_has_a_lease",
            ),
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(state__in=["queued", "running"]), name="one_open_run"
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of ticket {self.ticket_id}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)


class Receipt(models.Model):
    """The proof of one step, or of one decision of a person. Never changed, never deleted.

    Values, not foreign keys: what the receipt says must not move when the world does.
    ``body_sha256`` covers the canonical JSON of the body and the previous receipt's
    digest, so that a change anywhere is visible from there on.
    """

    FREE_CLASSES = ("general", "hosted")

    class Actor(models.TextChoices):
        MODEL = "model"
        RULE = "rule"
        HUMAN = "human"

    seq = models.PositiveBigIntegerField(unique=True)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="receipts")
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="receipts")
    attempt = models.PositiveIntegerField(default=1)
    step = models.CharField(max_length=40)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10, choices=Actor)
    actor = models.CharField(max_length=200)
    status = models.CharField(max_length=12)

    model_requested = models.CharField(max_length=120, blank=True)
    model_served = models.CharField(max_length=120, blank=True)
    swap_reason = models.TextField(blank=True)
    model_class = models.CharField(max_length=20, blank=True)
    weights_sha256 = models.CharField(max_length=64, blank=True)
    runtime = models.JSONField(default=dict)
    prompt_sha256 = models.CharField(max_length=64, blank=True)
    constraint_sha256 = models.CharField(max_length=64, blank=True)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    finish_reason = models.CharField(max_length=40, blank=True)
    left_machine = models.BooleanField(default=False)

    inputs = models.JSONField(default=list)
    output = models.JSONField(default=dict)
    output_sha256 = models.CharField(max_length=64, blank=True)
    label = models.CharField(max_length=120, blank=True)
    confidence = models.FloatField(null=True)
    promise = models.JSONField(default=dict)
    citations = models.JSONField(default=list)
    claims = models.JSONField(default=list)
    checks = models.JSONField(default=list)

    limits = models.JSONField(default=dict)
    limits_sha256 = models.CharField(max_length=64, blank=True)
    ladder = models.JSONField(default=list)
    tried = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    budget_ms = models.PositiveIntegerField(null=True)
    latency_ms = models.PositiveIntegerField(null=True)
    cost = models.DecimalField(max_digits=12, decimal_places=6, default=0)

    previous_sha256 = models.CharField(max_length=64, blank=True)
    body_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["seq"]
        indexes = [
            # Who pays asks it of every ticket; the rows themselves are wide.
            models.Index(
                fields=["ticket", "seq"],
                include=["actor_kind", "status", "label"],
                condition=Q(step="classify"),
                name="receipt_of_classify",
            ),
            # Which tickets a clause was used for: every citation would be read otherwise.
            GinIndex(
                fields=["citations"],
                opclasses=["jsonb_path_ops"],
                condition=Q(step="retrieve"),
                name="receipt_cites",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(model_requested=F("model_served"))
                | Q(model_served="")
                | ~Q(swap_reason=""),
                name="no_silent_model_swap",
            ),
            models.UniqueConstraint(
                fields=["run", "attempt", "step"],
                condition=Q(run__isnull=False) & ~Q(actor_kind="human"),
                name="one_receipt_a_step_attempt",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="receipts_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
            pgtrigger.Trigger(
                name="receipts_are_never_truncated",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func="RAISE EXCEPTION 'receipts are append-only';",
            ),
        ]

    def __str__(self) -> str:
        return f"receipt {self.seq}: {self.step} {self.status}"

    def get_absolute_url(self) -> str:
        return reverse("tickets:receipt", args=[self.pk])

    @property
    def has_free_wording(self) -> bool:
        """Whether a model wrote the text that was not made for it: what rows and clauses say
        was checked, the wording between them was not.
        """
        return self.step in ("summarize", "draft") and self.model_class in self.FREE_CLASSES


class Draft(models.Model):
    """A reply that waits for a person. ``body`` is the machine's and stays; edits stand beside it.

    ``parts`` is the body in pieces, so that a page can link each value to its row:
    ``[{"text": …, "ref": "order:HP-1", "kind": "fact"|"clause"|""}, …]``.
    ``hands`` are the ids of all who ever edited it; the database keeps them, in order.
    ``tasks`` are what a person has to do before it may be sent, in sentences.
    """

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="drafts")
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="drafts")
    composed_by = models.CharField(max_length=120)
    body = models.TextField()
    parts = models.JSONField(default=list)
    edited_body = models.TextField(blank=True)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    edited_at = models.DateTimeField(null=True, blank=True)
    hands = models.JSONField(default=list, editable=False)
    tasks = models.JSONField(default=list)
    message = models.OneToOneField(
        Message, models.PROTECT, null=True, blank=True, related_name="draft"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(edited_by__isnull=True, edited_at__isnull=True)
                | Q(edited_by__isnull=False, edited_at__isnull=False),
                name="an_edit_has_who_and_when",
            ),
            models.UniqueConstraint(
                fields=["run"], condition=Q(run__isnull=False), name="one_draft_a_run"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="every_hand_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=KEEP_ALL_EDITORS_SQL,
            )
        ]

    def __str__(self) -> str:
        return f"draft {self.pk} of ticket {self.ticket_id}"

    @property
    def text(self) -> str:
        return self.edited_body or self.body


class Correction(models.Model):
    """A person said that a step was wrong: what it said, what is right, and why."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="corrections")
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="corrections")
    step = models.CharField(max_length=40)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    why = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.step}: {self.before} → {self.after}"
