"""What the shop knows of a customer: rows that arrive by import and are facts."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q, Sum, Value
from django.db.models.functions import Cast, Concat, Lower

from tickets.models.amounts import MONEY_FIELD_OPTIONS, MoneyField


class Customer(models.Model):
    """A person who buys; ``external_id`` is the shop's own id.

    A ``seeded`` one does not exist: they belong to a seeded check of approvals.
    """

    external_id = models.CharField(max_length=120, unique=True, null=True, blank=True)
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    address = models.TextField(blank=True)
    since = models.DateField(null=True, blank=True)
    seeded = models.BooleanField(default=False, editable=False)

    class Meta:
        # The constraint leaves out empty addresses, so a look-up by address cannot use it.
        indexes = [models.Index(Lower("email"), name="customer_by_email")]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=~Q(email=""), name="customer_email_is_unique"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email or f"customer {self.pk}"


class Order(models.Model):
    """An order; a date that the shop never told is null, never guessed."""

    class Status(models.TextChoices):
        PENDING = "pending"
        PAID = "paid"
        SHIPPED = "shipped"
        DELIVERED = "delivered"
        CANCELLED = "cancelled"
        RETURNED = "returned"

    number = models.CharField(max_length=60, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="orders")
    status = models.CharField(max_length=20, choices=Status, default=Status.PENDING)
    currency = models.CharField(max_length=3, default="GBP")
    placed_at = models.DateTimeField(null=True, blank=True)
    promised_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    tracking = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [models.Index(fields=["customer", "-placed_at"])]

    def __str__(self) -> str:
        return self.number

    @classmethod
    def free_number(cls, *numbers: str) -> None:
        """Free the numbers for real orders.

        A made-up order of a seeded check that has one of them gets another.
        """
        taken = cls.objects.filter(number__in=numbers, customer__seeded=True)
        taken.update(number=Concat(Value("made up "), Cast("pk", models.CharField())))

    def compute_paid_total(self) -> Decimal:
        """What was captured for this order, in its currency."""
        return self._sum_payments(Payment.Kind.CAPTURE)

    def compute_refunded_total(self) -> Decimal:
        """What went back already, in its currency."""
        return self._sum_payments(Payment.Kind.REFUND)

    def _sum_payments(self, kind: str) -> Decimal:
        total = self.payments.filter(kind=kind).aggregate(total=Sum("amount"))["total"]
        return total or Decimal("0.00")


class OrderLine(models.Model):
    """One line of an order; the price is per piece.

    ``tax`` is on top of the price, for the whole line; 0 where the price has it in it.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=120, blank=True)
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=120, blank=True)
    quantity = models.PositiveIntegerField(default=1)
    unit_price = MoneyField(**MONEY_FIELD_OPTIONS)
    final_sale = models.BooleanField(default=False)
    tax = MoneyField(**MONEY_FIELD_OPTIONS, default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(tax__gte=0), name="line_tax_not_negative"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="line_has_a_quantity"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="line_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"


class Payment(models.Model):
    """Money that moved at the shop's payment side: captured, or given back."""

    REPLACEMENT = "replacement"
    """The method of what went back as a thing, worth the amount: no money moved."""

    class Kind(models.TextChoices):
        CAPTURE = "capture"
        REFUND = "refund"

    order = models.ForeignKey(Order, models.CASCADE, related_name="payments")
    kind = models.CharField(max_length=10, choices=Kind)
    amount = MoneyField(**MONEY_FIELD_OPTIONS)
    at = models.DateTimeField(null=True, blank=True)
    method = models.CharField(max_length=60, blank=True)
    reference = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_is_positive"),
            models.UniqueConstraint(
                fields=["order", "kind", "reference"],
                condition=~Q(reference=""),
                name="payment_reference_is_unique",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
