"""Tickets and their messages, as customers and agents see them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.conf import settings
from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Lower
from django.db.transaction import TransactionManagementError
from django.urls import reverse
from django.utils import timezone

from tickets.models.shop import Customer
from tickets.prepared import Given, PreparedQuery

if TYPE_CHECKING:
    from tickets.models.work import Run


STUCK_AFTER = timedelta(minutes=10)
MAX_ATTENTION_CHARS = 300


class RealTickets(models.Manager["Ticket"]):
    """Tickets of customers, without those made up to check our own attention."""

    def get_queryset(self) -> models.QuerySet[Ticket]:
        return super().get_queryset().filter(seeded=False)


class Ticket(models.Model):
    """One conversation. ``label`` and ``urgency`` are what model or person believe now.

    A ``seeded`` one was made up as a seeded check of approvals: no list, count or model
    sees it, because ``objects`` leaves it out, and nothing is ever sent on it.
    """

    class Status(models.TextChoices):
        NEW = "new", "New"
        READY = "ready", "Draft ready"
        ATTENTION = "attention", "Needs a person"
        WAITING = "waiting", "Waiting for customer"
        CLOSED = "closed", "Closed"

    class Channel(models.TextChoices):
        EMAIL = "email"
        FORM = "form"
        IMPORT = "import"

    class Urgency(models.IntegerChoices):
        LOW = 1
        NORMAL = 2
        HIGH = 3
        URGENT = 4

    class Mood(models.TextChoices):
        UNREAD = "", "not read"
        CALM = "calm"
        UPSET = "upset"
        THREATENING = "threatening"

    external_id = models.CharField(max_length=200, unique=True, null=True, blank=True)
    channel = models.CharField(max_length=10, choices=Channel)
    subject = models.CharField(max_length=300, blank=True)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="tickets"
    )
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True, max_length=320)
    status = models.CharField(max_length=10, choices=Status, default=Status.NEW)
    received_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(auto_now=True)
    revision = models.PositiveIntegerField(default=1)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="tickets"
    )
    label = models.CharField(max_length=80, blank=True)
    label_name = models.CharField(max_length=120, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    labelled_by = models.CharField(max_length=200, blank=True)
    urgency = models.PositiveSmallIntegerField(choices=Urgency, default=Urgency.NORMAL)
    mood = models.CharField(max_length=12, choices=Mood, default=Mood.UNREAD, blank=True)
    language = models.CharField(max_length=8, blank=True, help_text="ISO 639, empty if unclear")
    attention = models.CharField(max_length=MAX_ATTENTION_CHARS, blank=True)
    seeded = models.BooleanField(default=False, editable=False)

    objects = RealTickets()
    everything = models.Manager["Ticket"]()

    class Meta:
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(fields=["-received_at", "-id"]),
            models.Index(fields=["status", "-received_at", "-id"]),
            models.Index(Lower("email"), name="ticket_by_email"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__range=(0, 1)),
                name="ticket_confidence_is_a_share",
            )
        ]
        triggers = [pgtrigger.ReadOnly(name="seeded_stays_seeded", fields=["seeded"])]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"

    def get_absolute_url(self) -> str:
        return reverse("tickets:ticket", args=[self.pk])

    @classmethod
    def get_locked(cls, pk: int) -> Ticket:
        """The ticket, its row locked until the transaction ends.

        The order of locks is ticket, run or draft, chain of receipts: whoever needs
        several takes them so, or two of them wait for each other.
        """
        if not connection.in_atomic_block:
            raise TransactionManagementError("A ticket is locked inside a transaction alone.")
        found: Ticket | None = LOCKED.fetch_first(ticket=pk)
        if found is None:
            raise cls.DoesNotExist(f"There is no ticket {pk}.")
        return found

    @property
    def sender(self) -> str:
        return str(self.customer) if self.customer else self.name or self.email or "Unknown sender"

    def get_current_run(self) -> Run | None:
        """The newest run, None where there is none."""
        return self.runs.order_by("-id").first()

    def mark_ready(self, **values: Any) -> None:
        self.update_row(status=self.Status.READY, attention="", **values)

    def mark_attention(self, why: str, **values: Any) -> None:
        """Cut to what the column holds: the receipts say all of it. Each mark over a letter counts,
        as it does for PostgreSQL and not for Django's Truncator.
        """
        cut = f"{why[: MAX_ATTENTION_CHARS - 1].rstrip()}…"
        told = why if len(why) <= MAX_ATTENTION_CHARS else cut
        self.update_row(status=self.Status.ATTENTION, attention=told, **values)

    def mark_waiting(self) -> None:
        self.update_row(status=self.Status.WAITING, attention="")

    def mark_reopened(self) -> None:
        """Back to NEW, as the customer wrote again and all of it is to be looked at anew."""
        self.update_row(status=self.Status.NEW, attention="")

    def mark_closed(self) -> None:
        self.update_row(status=self.Status.CLOSED, attention="")

    def change_label(self, label: str, name: str, confidence: float | None, by: str) -> None:
        self.update_row(label=label, label_name=name, confidence=confidence, labelled_by=by)

    def update_row(self, **values: Any) -> None:
        """Write the values and count up the revision, which is right here where the row is
        locked.
        """
        values["changed_at"] = timezone.now()
        rows = Ticket.everything.filter(pk=self.pk)
        rows.update(**values, revision=models.F("revision") + 1)
        for name, value in {**values, "revision": self.revision + 1}.items():
            setattr(self, name, value)


LOCKED = PreparedQuery(
    lambda: Ticket.everything.filter(pk=Given("ticket")).select_for_update(no_key=True).order_by()
)
# A seeded check looks like any other ticket, and its customer does not exist.
REFUSE_SEEDED_MESSAGE_SQL = """
    IF EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.id = NEW.ticket_id AND t.seeded) THEN
        RAISE EXCEPTION 'nothing is sent on a made-up ticket'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'nothing_is_sent_on_a_check';
    END IF;
    RETURN NEW;
"""


class Message(models.Model):
    """One mail, form post or note of a ticket.

    ``text`` is what the writer wrote now; ``quoted`` and ``signature`` are what their
    mail program put around it; ``hidden`` are words in it that its writer's mail program does
    not show, which count for nothing. ``raw`` is what arrived, byte for byte. ``automatic`` is
    what a machine wrote, such as the reply of somebody who is away. ``forwarded_by`` is the
    colleague who forwarded what ``sender`` wrote. A reply that failed is handed over again at
    ``retry_at``, unless a person set it aside. Of an imported reply ``sender`` is who wrote it.
    """

    class Direction(models.TextChoices):
        IN = "in", "from the customer"
        OUT = "out", "to the customer"
        NOTE = "note", "internal note"

    class Delivery(models.TextChoices):
        NONE = "", "not for sending"
        QUEUED = "queued", "waiting to be sent"
        SENDING = "sending", "being sent"
        SENT = "sent", "sent"
        FAILED = "failed", "could not be sent"
        DOUBT = "doubt", "may or may not have been sent"
        DELAYED = "delayed", "sent, but late"
        BOUNCED = "bounced", "did not arrive"
        IMPORTED = "imported", "sent by another program"

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="messages")
    direction = models.CharField(max_length=4, choices=Direction)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    sender = models.CharField(max_length=320, blank=True)
    forwarded_by = models.CharField(max_length=320, blank=True)
    at = models.DateTimeField(default=timezone.now)
    message_id = models.CharField(max_length=400, unique=True, null=True, blank=True)
    in_reply_to = models.CharField(max_length=400, blank=True)
    references = models.TextField(blank=True)
    text = models.TextField(blank=True)
    quoted = models.TextField(blank=True)
    signature = models.TextField(blank=True)
    hidden = models.TextField(blank=True)
    html = models.TextField(blank=True)
    raw = models.BinaryField(null=True, blank=True)
    automatic = models.BooleanField(default=False)
    delivery = models.CharField(max_length=8, choices=Delivery, default=Delivery.NONE, blank=True)
    delivery_since = models.DateTimeField(null=True, blank=True)
    delivery_note = models.CharField(max_length=300, blank=True)
    delivery_tries = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    set_aside_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "id"]
        indexes = [
            models.Index(
                fields=["ticket"],
                condition=Q(delivery__in=["queued", "sending", "failed", "doubt", "bounced"]),
                name="message_not_sent",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(direction="out") | Q(delivery=""), name="only_outgoing_is_delivered"
            ),
            models.CheckConstraint(
                condition=~Q(direction="out") | Q(author__isnull=False) | Q(delivery="imported"),
                name="outgoing_has_a_person",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="nothing_is_sent_on_a_check",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__direction="out"),
                func=REFUSE_SEEDED_MESSAGE_SQL,
            )
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.at:%Y-%m-%d %H:%M}"

    @classmethod
    def get_stuck_time(cls) -> datetime:
        """What has been waiting since before then seems to be sent by nothing."""
        return timezone.now() - STUCK_AFTER

    @classmethod
    def build_unsent_filter(cls, stuck_before: Any = None) -> Q:
        """Replies that did not leave and that somebody has to know of: failed, come back, in
        doubt, or waiting for so long that nothing seems to send them.

        ``stuck_before``: those that wait since before this time, or before a gap for it.
        """
        before = cls.get_stuck_time() if stuck_before is None else stuck_before
        stuck = Q(delivery="queued", at__lt=before)
        lost = Q(delivery__in=["failed", "bounced"], set_aside_at=None)
        return Q(delivery="doubt") | lost | stuck


class Attachment(models.Model):
    """A file that came with a message, kept in the row so that it arrives whole or not at all."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=120)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()

    def __str__(self) -> str:
        return self.name
