"""Customers: rows of the shop, and whom an e-mail address belongs to."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Lower

from tickets.intake import fields
from tickets.intake.fields import BadRow, Row
from tickets.intake.outcome import Did, Outcome, one_at_a_time
from tickets.models import Customer, Ticket

COLUMNS = ["external_id", "name", "email", "since", "address"]


def customer_by_email(email: str) -> Customer | None:
    """The customer with this address, in any case."""
    if not email:
        return None
    return Customer.objects.alias(lower=Lower("email")).filter(lower=email.lower()).first()


@transaction.atomic
def receive_customer(row: Row) -> Outcome:
    """One customer by external id; a field the row does not have stays as it is. Raises BadRow."""
    external_id = fields.text(row, "external_id", 120, required=True)
    values = _values(row)
    one_at_a_time("customers")
    customer = Customer.objects.filter(external_id=external_id).first()
    owner = customer_by_email(values.get("email", ""))
    if owner and owner != customer:
        if customer or owner.external_id:
            raise BadRow(
                f"email {values['email']} belongs to customer {owner.external_id or owner.pk} already:"
                " give each customer an address of their own, or none"
            )
        customer = owner
    if customer is None:
        customer = Customer.objects.create(external_id=external_id, **values)
        _adopt(customer)
        return Outcome(Did.CREATED)
    return _update(customer, {"external_id": external_id, **values})


def _values(row: Row) -> dict[str, Any]:
    fields.whole_row(row)
    readers: dict[str, Any] = {
        "name": lambda: fields.text(row, "name", 200),
        "email": lambda: fields.email(row, "email"),
        "since": lambda: fields.day(row, "since"),
        "address": lambda: fields.text(row, "address", 2_000),
    }
    return {name: read() for name, read in readers.items() if name in row}


def _update(customer: Customer, values: dict[str, Any]) -> Outcome:
    if all(getattr(customer, name) == value for name, value in values.items()):
        return Outcome(Did.UNCHANGED)
    for name, value in values.items():
        setattr(customer, name, value)
    customer.save(update_fields=list(values))
    _adopt(customer)
    return Outcome(Did.UPDATED)


def _adopt(customer: Customer) -> None:
    """Tickets that came before their customer was known belong to them now."""
    if customer.email:
        theirs = Ticket.objects.alias(lower=Lower("email")).filter(lower=customer.email.lower())
        theirs.filter(customer=None).update(customer=customer, revision=F("revision") + 1)
