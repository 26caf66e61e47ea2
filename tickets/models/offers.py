"""What the shop sells now: rows that arrive by import, to tell what an exchange comes to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tickets.models.amounts import MONEY_FIELD_OPTIONS, MoneyField


class Offer(models.Model):
    """One thing on sale; those of the same ``product`` are kinds of it and can be exchanged.

    The options stand in the name, after the first comma: "Lamp, colour: black, size: small".
    """

    sku = models.CharField(max_length=120, unique=True)
    product = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3, default="GBP")
    unit_price = MoneyField(**MONEY_FIELD_OPTIONS)
    available = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["product"])]
        constraints = [
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="offer_price_not_negative"),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="offer_has_a_currency"
            ),
        ]

    def __str__(self) -> str:
        return self.name
