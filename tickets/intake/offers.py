"""Offers: what the shop sells now, by its article number."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction

from tickets.intake import fields
from tickets.intake.fields import BadRow, Row
from tickets.intake.outcome import Did, Outcome, one_at_a_time
from tickets.models import Offer

COLUMNS = ["sku", "product", "name", "unit_price", "currency", "available"]


@transaction.atomic
def receive_offer(row: Row) -> Outcome:
    """One offer by its article number; what the row does not have is as it is by default.

    Raises BadRow.
    """
    fields.whole_row(row)
    sku = fields.text(row, "sku", 120, required=True)
    values = _values(row)
    one_at_a_time("offers")
    offer = Offer.objects.filter(sku=sku).first()
    if offer is None:
        Offer.objects.create(sku=sku, **values)
        return Outcome(Did.CREATED)
    if all(getattr(offer, name) == value for name, value in values.items()):
        return Outcome(Did.UNCHANGED)
    Offer.objects.filter(pk=offer.pk).update(**values)
    return Outcome(Did.UPDATED)


def _values(row: Row) -> dict[str, Any]:
    currency = fields.text(row, "currency", 3).upper() or "GBP"
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
        raise BadRow(f"currency is {currency!r}: write three letters, such as GBP")
    return {
        "product": fields.text(row, "product", 120, required=True),
        "name": fields.text(row, "name", 200, required=True),
        "currency": currency,
        "unit_price": fields.money(row, "unit_price", required=True) or Decimal("0.00"),
        "available": fields.flag(row, "available") if "available" in row else True,
    }
