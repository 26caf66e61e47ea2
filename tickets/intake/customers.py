"""Customers: rows of the shop, and whom an e-mail address belongs to."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Lower

from tickets.intake import fields
from tickets.intake.fields import BadRow, Row
from tickets.intake.outcome import Effect, Outcome, acquire_advisory_lock
from tickets.models import Customer, Ticket

COLUMNS = ["external_id", "name", "email", "since", "address"]


def find_customer_by_email(email: str) -> Customer | None:
    """The customer with this address, in any case; None where there is none."""
    if not email:
        return None
    return Customer.objects.alias(lower=Lower("email")).filter(lower=email.lower()).first()


@transaction.atomic
def receive_customer(row: Row) -> Outcome:
    """Keep one customer by external id; a field the row does not have stays as it is.

    Raises BadRow.
    """
    external_id = fields.read_text(row, "external_id", 120, required=True)
    values = _read_values(row)
    acquire_advisory_lock("customers")
    customer = Customer.objects.filter(external_id=external_id).first()
    owner = find_customer_by_email(values.get("email", ""))
    if owner and owner != customer:
        if customer or owner.external_id:
            raise BadRow(
                f"email {values['email']} belongs to customer {owner.external_id or owner.pk} "
                "already: give each customer an address of their own, or none"
            )
        customer = owner
    if customer is None:
        customer = Customer.objects.create(external_id=external_id, **values)
        _link_tickets(customer)
        return Outcome(Effect.CREATED)
    return _update_customer(customer, {"external_id": external_id, **values})


def _read_values(row: Row) -> dict[str, Any]:
    fields.raise_if_not_utf8(row)
    readers: dict[str, Any] = {
        "name": lambda: fields.read_text(row, "name", 200),
        "email": lambda: fields.read_email(row, "email"),
        "since": lambda: fields.read_date(row, "since"),
        "address": lambda: fields.read_text(row, "address", 2_000),
    }
    return {name: read() for name, read in readers.items() if name in row}


def _update_customer(customer: Customer, values: dict[str, Any]) -> Outcome:
    if all(getattr(customer, name) == value for name, value in values.items()):
        return Outcome(Effect.UNCHANGED)
    for name, value in values.items():
        setattr(customer, name, value)
    customer.save(update_fields=list(values))
    _link_tickets(customer)
    return Outcome(Effect.UPDATED)


def _link_tickets(customer: Customer) -> None:
    """Give the customer the tickets of their address that came before they were known."""
    if customer.email:
        theirs = Ticket.objects.alias(lower=Lower("email")).filter(lower=customer.email.lower())
        theirs.filter(customer=None).update(customer=customer, revision=F("revision") + 1)
