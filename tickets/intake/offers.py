"""Offers: what the shop sells now, by its article number."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction

from tickets.intake import fields
from tickets.intake.fields import BadRow, Row
from tickets.intake.outcome import (
    Effect,
    Outcome,
    Received,
    acquire_advisory_lock,
    get_single,
    list_good,
    try_each,
)
from tickets.models import Offer

COLUMNS = ["sku", "product", "name", "unit_price", "currency", "available"]
OFFER_FIELDS = [name for name in COLUMNS if name != "sku"]


def receive_offer(row: Row) -> Outcome:
    """Keep one offer by its article number; a field the row does not have gets its default.

    Raises BadRow.
    """
    return get_single(receive_offers([row]))


@transaction.atomic
def receive_offers(rows: Sequence[Row]) -> list[Received]:
    """Keep offers of different article numbers, each as by ``receive_offer``, together."""
    read = try_each(_read_values, rows)
    acquire_advisory_lock("offers")
    there = Offer.objects.filter(sku__in=[values["sku"] for values in list_good(read)])
    known = {offer.sku: offer for offer in there}
    changed = [
        known[values["sku"]]
        for values in list_good(read)
        if values["sku"] in known and _change_offer(known[values["sku"]], values)
    ]
    Offer.objects.bulk_update(changed, OFFER_FIELDS)
    new = [values for values in list_good(read) if values["sku"] not in known]
    Offer.objects.bulk_create(Offer(**values) for values in new)
    effects = dict.fromkeys(known, Effect.UNCHANGED)
    effects |= {offer.sku: Effect.UPDATED for offer in changed}
    return [
        each if isinstance(each, BadRow) else Outcome(effects.get(each["sku"], Effect.CREATED))
        for each in read
    ]


def list_offer_keys(row: Row) -> list[str]:
    """What no two rows of one batch have."""
    return list_good(try_each(_read_sku, [row]))


def _change_offer(offer: Offer, values: dict[str, Any]) -> bool:
    """Set the values; return whether any differed."""
    changed = any(getattr(offer, name) != value for name, value in values.items())
    for name, value in values.items():
        setattr(offer, name, value)
    return changed


def _read_sku(row: Row) -> str:
    fields.raise_if_not_utf8(row)
    return fields.read_text(row, "sku", 120, required=True)


def _read_values(row: Row) -> dict[str, Any]:
    sku, currency = _read_sku(row), fields.read_currency(row)
    price = fields.read_amount(row, "unit_price", currency, required=True)
    return {
        "sku": sku,
        "product": fields.read_text(row, "product", 120, required=True),
        "name": fields.read_text(row, "name", 200, required=True),
        "currency": currency,
        "unit_price": price or Decimal("0.00"),
        "available": fields.read_flag(row, "available") if "available" in row else True,
    }
