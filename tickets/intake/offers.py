"""Offers: what the shop sells now, by its article number."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction

from tickets.intake import fields
from tickets.intake.fields import Row
from tickets.intake.outcome import Effect, Outcome, acquire_advisory_lock
from tickets.models import Offer

COLUMNS = ["sku", "product", "name", "unit_price", "currency", "available"]


@transaction.atomic
def receive_offer(row: Row) -> Outcome:
    """Keep one offer by its article number; a field the row does not have gets its default.

    Raises BadRow.
    """
    fields.raise_if_not_utf8(row)
    sku = fields.read_text(row, "sku", 120, required=True)
    values = _read_values(row)
    acquire_advisory_lock("offers")
    offer = Offer.objects.filter(sku=sku).first()
    if offer is None:
        Offer.objects.create(sku=sku, **values)
        return Outcome(Effect.CREATED)
    if all(getattr(offer, name) == value for name, value in values.items()):
        return Outcome(Effect.UNCHANGED)
    Offer.objects.filter(pk=offer.pk).update(**values)
    return Outcome(Effect.UPDATED)


def _read_values(row: Row) -> dict[str, Any]:
    currency = fields.read_currency(row)
    price = fields.read_amount(row, "unit_price", currency, required=True)
    return {
        "product": fields.read_text(row, "product", 120, required=True),
        "name": fields.read_text(row, "name", 200, required=True),
        "currency": currency,
        "unit_price": price or Decimal("0.00"),
        "available": fields.read_flag(row, "available") if "available" in row else True,
    }
